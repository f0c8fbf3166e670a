//! Why a text is no JSON, in the words of AWS's parser.

use language::Code;
use model::limits::AWS_MAX_PAYLOAD_BYTES;

/// What is wrong with an input or output that `error` refused.
///
/// The `language` crate reads definitions as AWS does, and has its parser's words; the place that AWS puts
/// behind them there is absent here.
pub(crate) fn explain(text: &str, error: &serde_json::Error) -> String {
    if text.trim().is_empty() {
        return "No content to map due to end-of-input".to_owned();
    }
    // What AWS refuses for its size has no words of AWS's, and the parser of definitions is not made for megabytes.
    if text.len() > AWS_MAX_PAYLOAD_BYTES {
        return error.to_string();
    }
    let findings = language::parse(text).err().unwrap_or_default();
    let words = findings.into_iter().find(|finding| finding.code == Code::InvalidJsonDescription);
    match words {
        Some(finding) => match finding.message.split_once("\n at [Source") {
            Some((words, _)) => words.to_owned(),
            None => finding.message,
        },
        // Only this parser's limits are left: nesting above 127 levels, half of a surrogate pair.
        None => error.to_string(),
    }
}
