//! The subcommands, one a file.

mod bench;
mod cloud;
mod local;
mod result;
mod run;
mod test_cases;
mod validate;

use crate::arguments::Command;
use crate::error::Error;

/// Does what was asked for; the exit code.
pub(crate) fn run(command: Command) -> Result<u8, Error> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Local(arguments) => local::run(&arguments),
        Command::Validate(arguments) => Ok(validate::run(&arguments)),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Bridge(arguments) => cloud::bridge(&arguments),
        Command::Doctor(arguments) => cloud::doctor(&arguments),
    }
}
