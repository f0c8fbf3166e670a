//! `ratchet doctor --aws`: the checks of a deployed stack that only a real account can make.
//!
//! Not yet run against AWS. What can be asked by API calls is asked here; what needs a person's eye, another stack or
//! days is a list of steps in `manual`.

mod automatic;
mod door;
mod hops;
mod machines;
mod manual;
mod stack;

use crate::arguments::Doctor;
use aws::{Connection, ConnectionError, SignedError};

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("failed to {what}: {source}{}", reason(source))]
    Call {
        what: String,
        #[source]
        source: SignedError,
    },
    #[error("the stack {stack} has no output {output}: is it one of Ratchet's?")]
    NoOutput { stack: String, output: &'static str },
    #[error("failed to read the answer to {what}: {found}")]
    Answer { what: String, found: String },
    #[error("execution {name} has not ended within {seconds} s: it is {status}")]
    NotEnded { name: String, seconds: u64, status: String },
}

/// What a signed client's error has below its own text.
fn reason(error: &SignedError) -> String {
    std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default()
}

/// What a check came to.
#[derive(Debug)]
pub(crate) enum Found {
    /// As it should be.
    Good(String),
    /// Something to mend.
    Bad(String),
    /// Not looked at, and why.
    Skipped(String),
}

/// One check: its number in the documentation, and what it looks at.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) number: u8,
    pub(crate) title: &'static str,
    pub(crate) does: &'static str,
    pub(crate) costs: &'static str,
}

const NOT_YET_RUN: &str =
    "These checks were written from AWS's documentation and have not yet been run against AWS: read with care.";

/// Makes the checks and prints each; the exit code.
pub(crate) async fn run(arguments: &Doctor) -> Result<u8, Error> {
    println!("{NOT_YET_RUN}\n");
    if arguments.list {
        for check in automatic::ALL {
            println!("{}. {}\n   does: {}\n   costs: {}\n", check.number, check.title, check.does, check.costs);
        }
        manual::print();
        return Ok(0);
    }
    let connection = Connection::from_environment().await?;
    let findings = automatic::run(&connection, &arguments.stack, arguments.function.as_deref()).await?;
    println!("\nFor a person (`ratchet doctor --list` has the steps): {}", manual::titles());
    let bad = findings.iter().filter(|found| matches!(found, Found::Bad(_))).count();
    let skipped = findings.iter().filter(|found| matches!(found, Found::Skipped(_))).count();
    println!("{} good, {bad} to mend, {skipped} skipped", findings.len() - bad - skipped);
    Ok(u8::from(bad > 0))
}
