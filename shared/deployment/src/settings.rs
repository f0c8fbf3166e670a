//! The settings of the deployed functions: the same names in each, set by `template.yaml`.

use bootstrap::settings::{Error, Reader};
use model::arn::Place;
use std::time::Duration;

/// Bytes of the key that task tokens are signed with, at least.
const MIN_TOKEN_KEY_BYTES: usize = 32;

/// The settings of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The DynamoDB table.
    pub table: String,
    /// The S3 bucket.
    pub bucket: String,
    /// The URL of the queue that `advance` handles.
    pub step_queue: String,
    /// The URL of the queue that `task` handles.
    pub task_queue: String,
    /// The URL of the queue that `express` handles.
    pub express_queue: String,
    /// The URL of the queue that `dead` handles.
    pub dead_queue: String,
    /// What task tokens are signed with.
    pub token_key: Vec<u8>,
    /// Partition, region and account of its ARNs.
    pub place: Place,
    /// States that one invocation runs on through before it commits.
    pub states_per_invocation: u32,
    /// Payloads of more bytes go to S3.
    pub inline_payload_bytes: usize,
    /// How long an execution is kept after its end; none: for ever.
    pub retention: Option<Duration>,
    /// For how long after its end an execution can be redriven.
    pub redrive_window: Duration,
    /// The largest input, output or result; none: any that the doors let through. AWS: 262,144 bytes.
    pub max_payload_bytes: Option<usize>,
    /// After how long Lambda stops this function.
    pub function_timeout: Duration,
    /// How often the running executions are looked through for those to which nobody is on the way.
    pub reconcile_every: Duration,
}

impl Settings {
    /// Reads them, or says everything that is wrong with them.
    pub fn read(mut reader: Reader) -> Result<Self, Error> {
        let settings = Self::from(&mut reader);
        reader.finish()?;
        Ok(settings)
    }

    /// The names of all settings.
    pub fn names() -> Vec<String> {
        let mut reader = Reader::new([]);
        Self::from(&mut reader);
        reader.asked().to_vec()
    }

    fn from(reader: &mut Reader) -> Self {
        let token_key = reader.required::<String>("TOKEN_KEY").into_bytes();
        if !token_key.is_empty() && token_key.len() < MIN_TOKEN_KEY_BYTES {
            reader.refuse("TOKEN_KEY", format!("it has {} bytes; {MIN_TOKEN_KEY_BYTES} are needed", token_key.len()));
        }
        let days = reader.or("RETENTION_DAYS", 90_u64);
        let max_payload_bytes = reader.or("PAYLOAD_LIMIT_BYTES", 0_usize);
        let states_per_invocation = reader.or("STATES_PER_INVOCATION", 1_u32);
        if states_per_invocation == 0 {
            reader.refuse("STATES_PER_INVOCATION", "it must be at least 1");
        }
        Self {
            table: reader.required("TABLE_NAME"),
            bucket: reader.required("BUCKET_NAME"),
            step_queue: reader.required("STEP_QUEUE_URL"),
            task_queue: reader.required("TASK_QUEUE_URL"),
            express_queue: reader.required("EXPRESS_QUEUE_URL"),
            dead_queue: reader.required("DEAD_QUEUE_URL"),
            token_key,
            place: Place {
                partition: reader.or("PARTITION", "aws".to_owned()).into(),
                region: reader.required::<String>("AWS_REGION").into(),
                account: reader.required::<String>("ACCOUNT_ID").into(),
            },
            states_per_invocation,
            inline_payload_bytes: reader.or("INLINE_PAYLOAD_BYTES", model::limits::AWS_MAX_PAYLOAD_BYTES),
            retention: (days > 0).then(|| Duration::from_secs(days.saturating_mul(24 * 60 * 60))),
            redrive_window: Duration::from_secs(reader.or("REDRIVE_WINDOW_DAYS", 14_u64).saturating_mul(24 * 60 * 60)),
            max_payload_bytes: (max_payload_bytes > 0).then_some(max_payload_bytes),
            function_timeout: Duration::from_secs(reader.required("FUNCTION_TIMEOUT_SECONDS")),
            reconcile_every: Duration::from_secs(60 * reader.or("RECONCILE_EVERY_MINUTES", 1_440_u64).max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(more: &[(&str, &str)]) -> Reader {
        let queues = ["STEP_QUEUE_URL", "TASK_QUEUE_URL", "EXPRESS_QUEUE_URL", "DEAD_QUEUE_URL"];
        let names = ["TABLE_NAME", "BUCKET_NAME", "ACCOUNT_ID"];
        let given = queues.iter().chain(&names).map(|name| ((*name).to_owned(), "x".to_owned()));
        let others =
            [("AWS_REGION", "eu-central-1"), ("FUNCTION_TIMEOUT_SECONDS", "10"), ("TOKEN_KEY", &"k".repeat(32))];
        let others = others.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Reader::new(given.chain(others))
    }

    #[test]
    fn what_is_absent_has_the_defaults_of_the_template() {
        let settings = Settings::read(reader(&[])).expect("nothing is missing");
        assert_eq!(settings.states_per_invocation, 1);
        assert_eq!(settings.inline_payload_bytes, 262_144);
        assert_eq!(settings.retention, Some(Duration::from_hours(90 * 24)));
        assert_eq!(settings.redrive_window, model::limits::AWS_REDRIVE_WINDOW);
        assert_eq!(settings.max_payload_bytes, None);
    }

    #[test]
    fn zero_days_keep_for_ever() {
        let settings = Settings::read(reader(&[("RETENTION_DAYS", "0")])).expect("it is a number");
        assert_eq!(settings.retention, None);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let wrong = Settings::read(reader(&[("TOKEN_KEY", "short"), ("STATES_PER_INVOCATION", "0")]));
        let text = wrong.map(drop).expect_err("two are wrong").to_string();
        let expected = "TOKEN_KEY: it has 5 bytes; 32 are needed; STATES_PER_INVOCATION: it must be at least 1";
        assert_eq!(text, expected);
        let missing = Settings::read(Reader::new([])).map(drop).expect_err("nothing is there").to_string();
        assert!(missing.starts_with("missing TOKEN_KEY, TABLE_NAME, BUCKET_NAME"), "{missing}");
    }
}
