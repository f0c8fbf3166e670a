//! Amazon Resource Names of machines, executions and activities.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Why a text is not the ARN it should be; AWS's texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not begin as an ARN does.
    #[error("Invalid ARN prefix: {0}")]
    Prefix(String),
    /// It is an ARN with too few parts, or an empty one.
    #[error("Invalid ARN: {0}")]
    Shape(String),
    /// It names another kind of resource.
    #[error("Resource type not valid in this context: {0}")]
    ResourceType(String),
}

/// The account and region that ARNs are made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: Arc<str>,
    /// Such as `us-east-1`.
    pub region: Arc<str>,
    /// Twelve digits.
    pub account: Arc<str>,
}

macro_rules! arn {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $parts:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The ARN's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The place it is in.
            pub fn place(&self) -> Place {
                let mut parts = self.0.split(':').skip(1);
                let partition = parts.next().unwrap_or_default().into();
                let region = parts.nth(1).unwrap_or_default().into();
                let account = parts.next().unwrap_or_default().into();
                Place { partition, region, account }
            }

            fn part(&self, index: usize) -> &str {
                self.0.split(':').nth(index).unwrap_or_default()
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                check(text, $kind, $parts)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

arn!(
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`, without a version or an alias.
    StateMachineArn, "stateMachine", 7
);
arn!(
    /// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, or `...:express:MACHINE:NAME:ID` of one that ran in memory.
    ///
    /// A text is parsed as one of the first kind alone: no operation takes the other.
    ExecutionArn, "execution", 8
);
arn!(
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`.
    ActivityArn, "activity", 7
);

impl StateMachineArn {
    /// The ARN of the machine with this name.
    pub fn new(place: &Place, name: &str) -> Self {
        Self(resource(place, "stateMachine", name).into())
    }

    /// The machine's name.
    pub fn name(&self) -> &str {
        self.part(6)
    }

    /// The ARN of an execution of this machine.
    pub fn execution(&self, name: &str) -> ExecutionArn {
        ExecutionArn(resource(&self.place(), "execution", &format!("{}:{name}", self.name())).into())
    }

    /// The ARN of an Express execution of this machine. Its name need not be its own; its id is.
    pub fn express_execution(&self, name: &str, id: &str) -> ExecutionArn {
        ExecutionArn(resource(&self.place(), "express", &format!("{}:{name}:{id}", self.name())).into())
    }

    /// The ARN of a test of one of its states: recorded, an Express execution's without an id.
    pub fn test(&self, name: &str) -> ExecutionArn {
        ExecutionArn(resource(&self.place(), "express", &format!("{}:{name}", self.name())).into())
    }
}

impl ExecutionArn {
    /// Whether it ran in memory.
    pub fn is_express(&self) -> bool {
        self.part(5) == "express"
    }

    /// The execution's name.
    pub fn name(&self) -> &str {
        self.part(7)
    }

    /// The ARN of its machine.
    pub fn state_machine(&self) -> StateMachineArn {
        StateMachineArn::new(&self.place(), self.part(6))
    }
}

impl ActivityArn {
    /// The ARN of the activity with this name.
    pub fn new(place: &Place, name: &str) -> Self {
        Self(resource(place, "activity", name).into())
    }

    /// The activity's name.
    pub fn name(&self) -> &str {
        self.part(6)
    }
}

fn resource(place: &Place, kind: &str, rest: &str) -> String {
    format!("arn:{}:states:{}:{}:{kind}:{rest}", place.partition, place.region, place.account)
}

fn check(text: &str, kind: &str, parts: usize) -> Result<(), Error> {
    let found: Vec<&str> = text.split(':').collect();
    if found.first() != Some(&"arn") || found.len() < 2 {
        return Err(Error::Prefix(text.into()));
    }
    if found.get(2) != Some(&"states") || found.len() < 7 {
        return Err(Error::Shape(text.into()));
    }
    if found[5] != kind {
        return Err(Error::ResourceType(found[5].into()));
    }
    if found.len() != parts || found[3..].iter().any(|part| part.is_empty()) {
        return Err(Error::Shape(text.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_names_its_machine() -> Result<(), Error> {
        let arn: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?;
        assert_eq!(arn.name(), "one");
        assert_eq!(arn.state_machine().as_str(), "arn:aws:states:us-east-1:123456789012:stateMachine:pay");
        assert_eq!(arn.state_machine().execution("one"), arn);
        Ok(())
    }

    #[test]
    fn an_express_execution_has_a_name_and_an_id_and_is_taken_by_no_operation() -> Result<(), Error> {
        let machine: StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?;
        let arn = machine.express_execution("one", "u-1");
        assert_eq!(arn.as_str(), "arn:aws:states:us-east-1:123456789012:express:pay:one:u-1");
        assert!(arn.is_express() && !machine.execution("one").is_express());
        assert_eq!((arn.name(), arn.state_machine()), ("one", machine));
        assert_eq!(arn.as_str().parse::<ExecutionArn>(), Err(Error::ResourceType("express".into())));
        Ok(())
    }

    #[test]
    fn what_is_no_arn_is_refused_in_aws_words() {
        let refused = |text: &str| text.parse::<ExecutionArn>().map_err(|error| error.to_string()).err();
        assert_eq!(refused("not_a_valid_arn").as_deref(), Some("Invalid ARN prefix: not_a_valid_arn"));
        assert_eq!(
            refused("arn:aws:states:us-east-1:123456789012:express:m:n:u").as_deref(),
            Some("Resource type not valid in this context: express")
        );
    }
}
