//! What the SDK does not tell of a call: whether it came to the point of sending, and the answer's headers.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::{Arc, OnceLock};

/// Watches one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchange {
    begun: Arc<OnceLock<()>>,
    headers: Arc<OnceLock<Vec<(String, String)>>>,
}

impl Exchange {
    /// Whether the request was given to the connection: before, credentials or the endpoint may fail.
    pub(super) fn was_begun(&self) -> bool {
        self.begun.get().is_some()
    }

    /// The answer's headers by name, written as AWS's own client reports them.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        self.headers.get().cloned().unwrap_or_default()
    }
}

impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.begun.get_or_init(|| ());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.headers.get_or_init(|| {
            let headers = context.response().headers().iter_bytes();
            let mut headers: Vec<_> =
                headers.map(|(name, value)| (as_reported(name), String::from_utf8_lossy(value).into_owned())).collect();
            headers.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
            headers
        });
        Ok(())
    }
}

/// The name as recorded executions have it: words begin with capitals, but for two names.
fn as_reported(name: &str) -> String {
    match name {
        "x-amzn-requestid" => return "x-amzn-RequestId".to_owned(),
        "x-amzn-remapped-content-length" => return "x-amzn-Remapped-Content-Length".to_owned(),
        _ => {}
    }
    let mut starts_word = true;
    let letter = |letter: char| {
        let letter = if starts_word { letter.to_ascii_uppercase() } else { letter };
        starts_word = letter == '-';
        letter
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::as_reported;

    #[test]
    fn headers_are_named_as_recorded() {
        let names = ["content-type", "x-amz-executed-version", "x-amzn-trace-id", "x-amzn-requestid", "date"];
        let expected = ["Content-Type", "X-Amz-Executed-Version", "X-Amzn-Trace-Id", "x-amzn-RequestId", "Date"];
        assert_eq!(names.map(as_reported), expected);
    }
}
