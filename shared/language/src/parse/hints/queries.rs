//! Expressions of JSONata that certainly come to nothing, though AWS takes them.

use crate::diagnostic::Code;
use crate::parse::report::{Place, Report};
use crate::references::RESERVED;
use expression::Query;

/// The members of `$states`.
const MEMBERS: [&str; 4] = ["input", "result", "errorOutput", "context"];

/// Seen: TestState in us-east-1 in August 2026, for `$eval`.
pub(in crate::parse) fn check(report: &Report, place: impl Fn() -> Place, query: &Query) {
    let references = query.references();
    for member in references.members(RESERVED).filter(|member| !MEMBERS.contains(member)) {
        let message = format!("'${RESERVED}' has no '{member}': the path finds nothing");
        report
            .warning_in(Code::ImpossiblePath, &place, message)
            .help(format!("It has {}; write ${RESERVED}.input.{member} for a field of the input", MEMBERS.join(", ")));
    }
    let is_called = query.source().contains("$eval(") && references.names().any(|name| name == "eval");
    if is_called && !query.source().contains(":=") {
        report
            .warning_in(
                Code::UnassignedVariable,
                &place,
                "Step Functions has no function '$eval': the expression fails",
            )
            .help("Use '$parse' to read JSON from a text");
    }
}
