//! ARNs of machines with a qualifier: the number of a version or the name of an alias.

use crate::StateMachineArn;
use crate::arn::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:NUMBER`: a version of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionArn {
    /// The machine.
    pub machine: StateMachineArn,
    /// From 1, without gaps, in the order in which versions were published.
    pub number: u32,
}

/// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME:ALIAS`: an alias of a machine's versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasArn {
    /// The machine.
    pub machine: StateMachineArn,
    /// The alias.
    pub name: Arc<str>,
}

/// What an ARN of a machine names, qualified or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QualifiedArn {
    /// The machine as it stands.
    Machine(StateMachineArn),
    /// One of its versions.
    Version(VersionArn),
    /// One of its aliases.
    Alias(AliasArn),
}

/// The version that an execution runs, and the alias that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qualifier {
    /// The version's number.
    pub version: u32,
    /// The alias, where the execution was started by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Arc<str>>,
}

impl StateMachineArn {
    /// The ARN of the version with this number.
    pub fn version(&self, number: u32) -> VersionArn {
        VersionArn { machine: self.clone(), number }
    }

    /// The ARN of the alias with this name.
    pub fn alias(&self, name: &str) -> AliasArn {
        AliasArn { machine: self.clone(), name: name.into() }
    }
}

impl QualifiedArn {
    /// The machine.
    pub fn machine(&self) -> &StateMachineArn {
        match self {
            Self::Machine(machine) => machine,
            Self::Version(version) => &version.machine,
            Self::Alias(alias) => &alias.machine,
        }
    }
}

impl FromStr for QualifiedArn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((machine, qualifier)) = text.rsplit_once(':').filter(|_| text.split(':').count() == 8) else {
            return text.parse().map(Self::Machine);
        };
        if qualifier.is_empty() {
            return Err(Error::Shape(text.into()));
        }
        let machine: StateMachineArn = machine.parse()?;
        // Numbers are written in one way; what looks otherwise is an alias that nothing has.
        Ok(match qualifier.parse::<u32>() {
            Ok(number) if number > 0 && number.to_string() == qualifier => {
                Self::Version(VersionArn { machine, number })
            }
            Ok(_) | Err(_) => Self::Alias(AliasArn { machine, name: qualifier.into() }),
        })
    }
}

impl fmt::Display for QualifiedArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(machine) => machine.fmt(f),
            Self::Version(version) => version.fmt(f),
            Self::Alias(alias) => alias.fmt(f),
        }
    }
}

impl fmt::Display for VersionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.machine, self.number)
    }
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.machine, self.name)
    }
}

impl From<StateMachineArn> for QualifiedArn {
    fn from(machine: StateMachineArn) -> Self {
        Self::Machine(machine)
    }
}

impl From<VersionArn> for QualifiedArn {
    fn from(version: VersionArn) -> Self {
        Self::Version(version)
    }
}

impl From<AliasArn> for QualifiedArn {
    fn from(alias: AliasArn) -> Self {
        Self::Alias(alias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qualifier_is_the_number_of_a_version_or_the_name_of_an_alias() -> Result<(), Error> {
        let machine: StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:pay".parse()?;
        let read = |qualifier: &str| format!("{machine}{qualifier}").parse::<QualifiedArn>();
        assert_eq!(read("")?, machine.clone().into());
        assert_eq!(read(":12")?, machine.version(12).into());
        for name in ["PROD", "1a", "0", "01", "-1", "99999999999"] {
            assert_eq!(read(&format!(":{name}"))?, machine.alias(name).into(), "{name}");
        }
        for qualifier in ["", ":12", ":PROD"] {
            let arn = read(qualifier)?;
            assert_eq!((arn.to_string(), arn.machine()), (format!("{machine}{qualifier}"), &machine));
        }
        assert!(read(":").is_err() && read(":1:2").is_err() && "arn".parse::<QualifiedArn>().is_err());
        Ok(())
    }
}
