//! From which queue to which function, and how.

use std::str::FromStr;
use std::time::Duration;

/// Most messages that SQS hands out at once. An event source mapping takes more only if it waits for them.
const MAX_BATCH: usize = 10;
/// Most invocations at once that an event source mapping can be set to.
const MAX_CONCURRENCY: usize = 1_000;

/// One event source mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) queue_url: String,
    /// Where the function is invoked.
    pub(crate) function: String,
    /// Messages in one event.
    pub(crate) batch: usize,
    /// Invocations at once.
    pub(crate) concurrency: usize,
    /// How long an invocation may take; none: the queue's visibility timeout.
    pub(crate) timeout: Option<Duration>,
}

/// What is wrong with a mapping as it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("a mapping is QUEUE_URL=FUNCTION_URL[,batch=N][,concurrency=N][,timeout=SECONDS]")]
    Form,
    #[error("{0}: not a URL that begins with http:// or https://")]
    QueueUrl(String),
    #[error("{0}: not a URL that begins with http:// (functions run on this machine)")]
    FunctionUrl(String),
    #[error("{name}: must be a number from 1 to {most}, found {found}")]
    Range { name: &'static str, most: usize, found: String },
    #[error("{0}: unknown; options are batch, concurrency and timeout")]
    Unknown(String),
}

impl FromStr for Mapping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(',');
        let (queue_url, function) = parts.next().and_then(|head| head.split_once('=')).ok_or(Error::Form)?;
        if !queue_url.starts_with("http://") && !queue_url.starts_with("https://") {
            return Err(Error::QueueUrl(queue_url.to_owned()));
        }
        let mut mapping = Self {
            queue_url: queue_url.to_owned(),
            function: function_url(function)?,
            batch: MAX_BATCH,
            concurrency: 5,
            timeout: None,
        };
        for option in parts {
            let (name, value) = option.split_once('=').ok_or(Error::Form)?;
            match name {
                "batch" => mapping.batch = number("batch", value, MAX_BATCH)?,
                "concurrency" => mapping.concurrency = number("concurrency", value, MAX_CONCURRENCY)?,
                "timeout" => mapping.timeout = Some(Duration::from_secs(number("timeout", value, 900)? as u64)),
                other => return Err(Error::Unknown(other.to_owned())),
            }
        }
        Ok(mapping)
    }
}

impl Mapping {
    /// The queue's name.
    pub(crate) fn queue_name(&self) -> &str {
        self.queue_url.rsplit('/').next().unwrap_or(&self.queue_url)
    }
}

/// Reads where a function is invoked.
pub(crate) fn function_url(text: &str) -> Result<String, Error> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err(Error::FunctionUrl(text.to_owned())),
    }
}

/// The function's name in `.../functions/NAME/invocations`, or else the whole.
pub(crate) fn function_name(url: &str) -> &str {
    url.split_once("/functions/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(url)
}

fn number(name: &'static str, text: &str, most: usize) -> Result<usize, Error> {
    let found = text.parse().ok().filter(|number| (1..=most).contains(number));
    found.ok_or_else(|| Error::Range { name, most, found: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "http://127.0.0.1:4566/123456789012/steps";
    const FUNCTION: &str = "http://127.0.0.1:9001/2015-03-31/functions/advance/invocations";

    fn check(options: &str, expected: Result<(usize, usize, Option<u64>), &str>) {
        let mapping = format!("{QUEUE}={FUNCTION}{options}").parse::<Mapping>();
        match (mapping, expected) {
            (Ok(found), Ok((batch, concurrency, timeout))) => {
                assert_eq!((found.queue_url.as_str(), found.function.as_str()), (QUEUE, FUNCTION));
                assert_eq!((found.queue_name(), function_name(&found.function)), ("steps", "advance"));
                let seconds = found.timeout.map(|timeout| timeout.as_secs());
                assert_eq!((found.batch, found.concurrency, seconds), (batch, concurrency, timeout));
            }
            (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected),
            (found, _) => panic!("{options}: {found:?}"),
        }
    }

    #[test]
    fn a_mapping_has_the_defaults_of_lambda_and_options_change_them() {
        check("", Ok((10, 5, None)));
        check(",batch=1", Ok((1, 5, None)));
        check(",concurrency=40,timeout=900", Ok((10, 40, Some(900))));
    }

    #[test]
    fn what_lambda_would_not_take_is_refused() {
        check(",batch=11", Err("batch: must be a number from 1 to 10, found 11"));
        check(",concurrency=0", Err("concurrency: must be a number from 1 to 1000, found 0"));
        check(",window=1", Err("window: unknown; options are batch, concurrency and timeout"));
        let form = Error::Form.to_string();
        check(",batch", Err(&form));
        assert_eq!(QUEUE.parse::<Mapping>(), Err(Error::Form));
        assert!(matches!("steps=http://a/b".parse::<Mapping>(), Err(Error::QueueUrl(_))));
        assert!(matches!(format!("{QUEUE}=https://a/b").parse::<Mapping>(), Err(Error::FunctionUrl(_))));
    }
}
