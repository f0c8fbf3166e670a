//! Whether something in a definition may read the execution's input from the context object.
//!
//! The answer is taken from the text, so that no way to write an expression is forgotten: in doubt it may.

/// What follows the context object in a path that leads elsewhere.
const ELSEWHERE: [&str; 10] = [
    ".Execution.Id",
    ".Execution.Name",
    ".Execution.RoleArn",
    ".Execution.StartTime",
    ".Execution.RedriveCount",
    ".Execution.RedriveTime",
    ".Map",
    ".State",
    ".StateMachine",
    ".Task",
];

/// What of `$states` is not the context object.
const NO_CONTEXT: [&str; 3] = [".input", ".result", ".errorOutput"];

/// Whether a path or an expression in the definition may reach the input: `$$.Execution.Input`, or in JSONata
/// `$states.context.Execution.Input`.
pub(super) fn may_be_read(text: &str) -> bool {
    // An escape may spell any character.
    text.contains("\\u")
        || paths(text, "$$").any(|path| !leads(path, &ELSEWHERE))
        || paths(text, "$states").any(may_read_through_states)
}

/// What follows each occurrence of a root.
fn paths<'t>(text: &'t str, root: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(root).map(|(at, found)| &text[at + found.len()..])
}

fn may_read_through_states(path: &str) -> bool {
    // The operator `%` leads back up. A quotation mark within the expression would have a backslash before it.
    let end = path.find("%}\"").unwrap_or(path.len());
    let climbs = path[..end].contains('%');
    let leads_elsewhere = match path.strip_prefix(".context") {
        Some(rest) => leads(rest, &ELSEWHERE),
        None => leads(path, &NO_CONTEXT) || path.starts_with(is_of_name),
    };
    climbs || !leads_elsewhere
}

/// Whether a path begins with one of these fields.
fn leads(path: &str, fields: &[&str]) -> bool {
    let rests = fields.iter().filter_map(|field| path.strip_prefix(field));
    rests.into_iter().any(|rest| !rest.starts_with(is_of_name))
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_reads_no_input() {
        for text in [
            "$.Execution.Input",
            "$$.Execution.Id $$.State.Name $$.Map.Item.Value",
            "{% $states.input.context %}",
            "{% $states.result & $states.errorOutput.Cause %}",
            "{% $states.context.Execution.Name & $states.context.Task.Token %}",
            "{% $statesman %}",
            "{% $states.input %}\", \"7 % 5",
        ] {
            assert!(!may_be_read(&format!("[\"{text}\"]")), "{text}");
        }
    }

    #[test]
    fn in_doubt_the_input_may_be_read() {
        for text in [
            "$$.Execution.Input",
            "$$",
            "$$.Execution",
            "$$.Execution.Idea",
            "\\u0024$.Execution.Input",
            "{% $states.context.Execution.Input.a %}",
            "{% $states.context %}",
            "{% $string($states) %}",
            "{% $states . context.Execution.Input %}",
            "{% $states.`context`.Execution.Input %}",
            "{% $states.*.Execution.Input %}",
            "{% $states.inputs %}",
            "{% $states.input.%.context.Execution.Input %}",
            "{% $states.context.State.%.Execution.Input %}",
            "{% $states.input['%}'].%.context.Execution.Input %}",
            "{% ($s := $states; $s.context.Execution.Input) %}",
        ] {
            assert!(may_be_read(&format!("[\"{text}\"]")), "{text}");
        }
    }
}
