//! Inputs and outputs that callers give: JSON, or refused.

use crate::explain::explain;
use crate::refusal::Refusal;
use model::Payload;

/// The input of an execution; the empty object if there is none.
pub(crate) fn input(text: Option<&str>) -> Result<Payload, Refusal> {
    let Some(text) = text else { return Ok(Payload::empty()) };
    Payload::from_text(text).map_err(|error| {
        let why = explain(text, &error);
        Refusal::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'"))
    })
}

/// The output of a task.
pub(crate) fn output(text: &str) -> Result<Payload, Refusal> {
    Payload::from_text(text).map_err(|error| {
        let why = explain(text, &error);
        Refusal::new("InvalidOutput", format!("Invalid Output: '{why}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, why: &str) {
        let expected = format!("Invalid State Machine Execution Input: '{why}'");
        let refused = input(Some(text)).err().map(|refusal| (refusal.code, refusal.message));
        assert_eq!(refused, Some(("InvalidExecutionInput", expected)), "{text}");
    }

    #[test]
    fn an_input_that_is_no_json_is_refused_in_the_parsers_words() {
        let wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        check("not json", &format!("Unrecognized token 'not': was expecting {wanted}"));
        check("", "No content to map due to end-of-input");
    }

    #[test]
    fn no_input_is_the_empty_object_and_spaces_stay() {
        assert_eq!(input(None).map(|payload| payload.text().to_owned()), Ok("{}".to_owned()));
        assert_eq!(input(Some("[ 1.0 ]")).map(|payload| payload.text().to_owned()), Ok("[ 1.0 ]".to_owned()));
    }

    #[test]
    fn an_output_has_an_error_of_its_own() {
        assert_eq!(output("{").err().map(|refusal| refusal.code), Some("InvalidOutput"));
    }
}
