//! Inputs and outputs that callers give: JSON, or refused.
//!
//! They may have megabytes, so they are moved, not copied, and no tree is built of them: that takes
//! many times their size, and nothing here looks into them.

use crate::explain::explain;
use crate::refusal::Refusal;
use model::{Payload, json};

/// The input of an execution; the empty object if there is none.
pub(crate) fn input(text: Option<String>) -> Result<Payload, Refusal> {
    let Some(text) = text else { return Ok(Payload::empty()) };
    checked(text)
        .map_err(|why| Refusal::new("InvalidExecutionInput", format!("Invalid State Machine Execution Input: '{why}'")))
}

/// The output of a task.
pub(crate) fn output(text: String) -> Result<Payload, Refusal> {
    checked(text).map_err(|why| Refusal::new("InvalidOutput", format!("Invalid Output: '{why}'")))
}

/// A payload, or why it is none.
fn checked(text: String) -> Result<Payload, String> {
    match json::check(&text) {
        Ok(()) => Ok(Payload::from_checked(text)),
        Err(error) => Err(explain(&text, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, why: &str) {
        let expected = format!("Invalid State Machine Execution Input: '{why}'");
        let refused = input(Some(text.to_owned())).err().map(|refusal| (refusal.code, refusal.message));
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
        assert_eq!(
            input(Some("[ 1.0 ]".to_owned())).map(|payload| payload.text().to_owned()),
            Ok("[ 1.0 ]".to_owned())
        );
    }

    #[test]
    fn an_output_has_an_error_of_its_own() {
        assert_eq!(output("{".to_owned()).err().map(|refusal| refusal.code), Some("InvalidOutput"));
    }

    /// What is taken unread here must have a value when somebody asks later.
    #[test]
    fn what_is_taken_is_what_has_a_value() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let texts = [
            "null",
            "true",
            "-0",
            "1e999999",
            "0.1000",
            "01",
            "1.",
            "-",
            "1e",
            "NaN",
            "\"\\ud83d\"",
            "\"\\ud83d\\ude00\"",
            "\"\\x\"",
            "\"\t\"",
            "{\"a\":1,}",
            "[1 2]",
            "{} {}",
            "{\"a\":1,\"a\":[{}]}",
            "[1,[2,{\"b\":[null]}]]",
            " 1 ",
            "{\"$serde_json::private::Number\":\"abc\"}",
            "{\"$serde_json::private::Number\":\"5\"}",
            "{\"$serde_json::private::Number\":5}",
            "{\"\\u0024serde_json::private::Number\":\"x\"}",
            "{\"a\":1,\"$serde_json::private::Number\":\"abc\"}",
            "{1:2}",
            "[",
            "{\"a\"",
            "",
            "\u{feff}1",
            "tru",
        ];
        let texts = texts.into_iter().map(str::to_owned);
        for text in texts.chain([126, 127, 128, 129].map(nested)).chain([126, 127, 128].map(objects)) {
            assert_eq!(input(Some(text.clone())).is_ok(), json::parse(&text).is_ok(), "{text}");
        }
    }
}
