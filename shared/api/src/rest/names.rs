//! Machines and executions as paths name them: by ARN, or by name alone; a version or an alias may follow the name.

use crate::names;
use crate::refusal::Refusal;
use model::StateMachineArn;
use model::arn::Place;

/// The ARN of a machine: `name` and `name:qualifier` are short forms, what has more colons is an ARN.
pub(super) fn machine(place: &Place, named: &str) -> Result<String, Refusal> {
    let (name, qualifier) = match named.split_once(':') {
        Some((_, rest)) if rest.contains(':') => return Ok(named.to_owned()),
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (named, None),
    };
    names::check(name)?;
    let machine = StateMachineArn::new(place, name);
    Ok(qualifier.map_or_else(|| machine.to_string(), |qualifier| machine.alias(qualifier).to_string()))
}

/// The ARN of an execution: `machine:name` is the short form, what has more colons is an ARN.
pub(super) fn execution(place: &Place, named: &str) -> Result<String, Refusal> {
    match named.split_once(':') {
        Some((machine, name)) if !name.contains(':') => {
            names::check(machine)?;
            names::check(name)?;
            Ok(StateMachineArn::new(place, machine).execution(name).as_str().to_owned())
        }
        Some(_) => Ok(named.to_owned()),
        None => Err(Refusal::invalid_arn(format!("{named} is neither the ARN of an execution nor machine:name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() }
    }

    #[test]
    fn a_name_stands_for_an_arn_of_this_place() {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:pay";
        assert_eq!(super::machine(&place(), "pay").as_deref(), Ok(machine));
        assert_eq!(super::machine(&place(), machine).as_deref(), Ok(machine));
        assert_eq!(super::machine(&place(), "pay:PROD"), Ok(format!("{machine}:PROD")));
        assert_eq!(super::machine(&place(), "pay:12"), Ok(format!("{machine}:12")));
        let execution = "arn:aws:states:us-east-1:123456789012:execution:pay:one";
        assert_eq!(super::execution(&place(), "pay:one").as_deref(), Ok(execution));
        assert_eq!(super::execution(&place(), execution).as_deref(), Ok(execution));
        let odd = "arn:aws:states:us-east-1:123456789012:execution:arn:aws";
        assert_eq!(super::execution(&place(), "arn:aws").as_deref(), Ok(odd));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let code = |result: Result<String, Refusal>| result.err().map(|refusal| refusal.code);
        assert_eq!(code(machine(&place(), "a b")), Some("InvalidName"));
        assert_eq!(code(execution(&place(), "pay:a/b")), Some("InvalidName"));
        assert_eq!(code(execution(&place(), "pay")), Some("InvalidArn"));
    }
}
