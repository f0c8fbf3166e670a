//! `ratchet`: run, serve and check state machines on this machine.
//!
//! Arguments are in `arguments`, each subcommand in a file of `commands`; `host` puts the parts together.

mod arguments;
mod backlog;
mod bench;
#[cfg(feature = "aws")]
mod bridge;
mod callbacks;
mod commands;
mod definition;
#[cfg(feature = "aws")]
mod doctor;
mod error;
mod findings;
mod host;
mod input;
mod suggestion;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(arguments::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => error.report(),
    }
}
