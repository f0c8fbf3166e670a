//! Settings from the environment: read once, every problem in one message.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Every setting that is missing or wrong: `missing TABLE_NAME; QUEUE_URL: not a URL`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    missing: Vec<String>,
    wrong: Vec<(String, String)>,
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if !self.missing.is_empty() {
            write!(f, "missing {}", self.missing.join(", "))?;
            separator = "; ";
        }
        for (name, why) in &self.wrong {
            write!(f, "{separator}{name}: {why}")?;
            separator = "; ";
        }
        Ok(())
    }
}

/// Reads settings, and remembers what was wrong with them.
///
/// ```
/// # use ratchet_bootstrap as bootstrap;
/// use bootstrap::settings::{Error, Reader};
///
/// struct Settings {
///     table: String,
///     states_per_invocation: u32,
/// }
///
/// fn settings(mut reader: Reader) -> Result<Settings, Error> {
///     let table = reader.required("TABLE_NAME");
///     let states_per_invocation = reader.or("STATES_PER_INVOCATION", 1);
///     reader.finish()?;
///     Ok(Settings { table, states_per_invocation })
/// }
/// # let _ = settings;
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    values: HashMap<String, String>,
    asked: Vec<String>,
    problems: Error,
}

impl Reader {
    /// Reads the environment of this process. Values that are not UTF-8 count as absent.
    pub fn from_environment() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::new(std::env::vars_os().filter_map(text))
    }

    /// Reads these values.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            values: values.into_iter().collect(),
            asked: Vec::new(),
            problems: Error { missing: Vec::new(), wrong: Vec::new() },
        }
    }

    /// A setting that must be there. What is returned when it is not is never used: [`Reader::finish`] fails.
    pub fn required<T>(&mut self, name: &str) -> T
    where
        T: FromStr<Err: Display> + Default,
    {
        let value = self.optional(name);
        if !self.values.contains_key(name) {
            self.problems.missing.push(name.to_owned());
        }
        value.unwrap_or_default()
    }

    /// A setting that may be absent.
    pub fn optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        self.asked.push(name.to_owned());
        match self.values.get(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, error);
                None
            }
        }
    }

    /// A setting with a default.
    pub fn or<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name).unwrap_or(default)
    }

    /// The names of all settings that were asked for so far.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Notes that a value will not do, for a reason of the binary's own.
    pub fn refuse(&mut self, name: &str, why: impl Display) {
        self.problems.wrong.push((name.to_owned(), why.to_string()));
    }

    /// All problems at once, if there were any.
    pub fn finish(self) -> Result<(), Error> {
        let Error { missing, wrong } = &self.problems;
        if missing.is_empty() && wrong.is_empty() { Ok(()) } else { Err(self.problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(values: &[(&str, &str)]) -> Reader {
        Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_problem_is_in_one_message() {
        let mut reader = reader(&[("COUNT", "many"), ("QUEUE_URL", "here")]);
        let _: String = reader.required("TABLE_NAME");
        let _: u32 = reader.or("COUNT", 1);
        let _: String = reader.required("BUCKET");
        reader.refuse("QUEUE_URL", "not a URL");
        let message = reader.finish().err().map(|error| error.to_string());
        let expected = "missing TABLE_NAME, BUCKET; COUNT: invalid digit found in string; QUEUE_URL: not a URL";
        assert_eq!(message.as_deref(), Some(expected));
    }

    #[test]
    fn a_wrong_value_is_not_a_missing_one() {
        let mut reader = reader(&[("COUNT", "")]);
        let _: u32 = reader.required("COUNT");
        let message = reader.finish().err().map(|error| error.to_string());
        assert_eq!(message.as_deref(), Some("COUNT: cannot parse integer from empty string"));
    }

    #[test]
    fn what_is_there_is_read_and_the_rest_has_its_default() {
        let mut reader = reader(&[("TABLE_NAME", "t"), ("COUNT", "7")]);
        assert_eq!(reader.required::<String>("TABLE_NAME"), "t");
        assert_eq!(reader.optional::<u32>("COUNT"), Some(7));
        assert_eq!(reader.or("SECONDS", 30_u64), 30);
        assert_eq!(reader.finish(), Ok(()));
    }
}
