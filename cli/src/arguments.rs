//! The command line: what `ratchet` is told, and the help that teaches it.

mod cloud;
mod limits;

pub(crate) use cloud::{Bridge, Doctor};
pub(crate) use limits::Limits;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  ratchet run examples/order-pipeline              run a folder and watch it
  ratchet run flow.asl.json --input '{\"n\": 3}'     run a definition
  ratchet validate flow.asl.json                   every mistake in it, with line and column
  ratchet local                                    serve the API on http://127.0.0.1:8083
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083

Help on one of them: ratchet run --help";

const RUN: &str = "\
A folder holds
  workflow.asl.json   the definition, in Amazon States Language
  input.json          the input, if --input gives none ({} if there is none at all)
  tasks.toml          what its functions do on this machine:

      [lambda.validate-order]
      command = \"python3 validate.py\"     # event on stdin, answer on stdout
      [lambda.charge-card]
      url = \"http://localhost:9000\"       # anything that speaks the Lambda Invoke API
      [lambda.\"*\"]
      return = { ok = true }              # all others

Progress goes to stderr, the output to stdout as JSON. Every step is on disk before it counts:
stop with Ctrl-C (or pull the plug) and run again with the same --name to go on.

Exit code: 0 succeeded, 1 failed, 2 wrong arguments or definition, 3 timed out or aborted,
130 stopped by Ctrl-C.

Examples:
  ratchet run examples/order-pipeline
  ratchet run examples/order-pipeline --input '{\"orderId\": \"A-1\", \"items\": []}' | jq .status
  ratchet run flow.asl.json --input @order.json --tasks staging.toml
  ratchet run flow.asl.json --name nightly-17      again: goes on, or prints the result
  ratchet run flow.asl.json --tasks MockConfigFile.json --test-case RetryPath";

const LOCAL: &str = "\
Unmodified AWS tools work with it:
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083
  boto3.client(\"stepfunctions\", endpoint_url=\"http://127.0.0.1:8083\")
  export AWS_ENDPOINT_URL_SFN=http://127.0.0.1:8083      any SDK
Clients want credentials and a region set; any will do.

Executions survive: after a stop, a crash or a kill -9 the next start goes on with all of them.

With a MockConfigFile.json among --tasks, a test case is started as with Step Functions Local:
--state-machine-arn arn:...:stateMachine:Leads#HappyPath (kept in memory: not after a restart).";

const VALIDATE: &str = "\
Prints each finding under its line; where stdout is no terminal, as file:line:column: error: message [CODE].
Exit code: 0 no errors, 1 errors, 2 a file is missing.

Examples:
  ratchet validate examples/*/workflow.asl.json
  cat flow.asl.json | ratchet validate -";

const BENCH: &str = "\
Everything goes through HTTP and is durable: 100 Pass states in one execution; 500 executions of
10 Pass states, 16 at a time; a Map of 1,000 items. Without --endpoint a `ratchet local` of its own
is started, whose time until ready and memory when idle are measured too. Build with --release.";

/// Reads the command line; ends the process with help or an error if that is what it asks for.
pub(crate) fn parse() -> Command {
    Cli::parse().command
}

/// Durable workflows in Amazon States Language, on this machine.
#[derive(Debug, Parser)]
#[command(name = "ratchet", version, after_help = EXAMPLES, arg_required_else_help = true, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a state machine and watch it; durable, and resumable by --name
    Run(Run),
    /// Serve the Step Functions API on this machine
    Local(Local),
    /// Check definitions: every mistake with its line and column
    Validate(Validate),
    /// Measure how fast executions run
    Bench(Bench),
    /// Move messages from SQS queues to functions, as event source mappings do
    #[cfg_attr(not(feature = "aws"), command(hide = true, disable_help_flag = true))]
    Bridge(Bridge),
    /// Check a deployed stack for what only a real account shows
    #[cfg_attr(not(feature = "aws"), command(hide = true, disable_help_flag = true))]
    Doctor(Doctor),
}

#[derive(Debug, Args)]
#[command(after_help = RUN)]
pub(crate) struct Run {
    /// A folder with workflow.asl.json, or a definition
    #[arg(value_name = "FOLDER|DEFINITION")]
    pub(crate) what: PathBuf,
    /// The input: JSON, @FILE, or @- for stdin
    #[arg(long, short, value_name = "JSON|@FILE")]
    pub(crate) input: Option<String>,
    /// What functions do: a tasks.toml, or a MockConfigFile.json; may be given several times
    #[arg(long, short, value_name = "FILE")]
    pub(crate) tasks: Vec<PathBuf>,
    /// The execution's name; run again with the same name to go on
    #[arg(long, short)]
    pub(crate) name: Option<String>,
    /// Where the journal is kept [default: .ratchet/runs/NAME]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The test case of a MockConfigFile.json to run
    #[arg(long, value_name = "NAME")]
    pub(crate) test_case: Option<String>,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

#[derive(Debug, Args)]
#[command(after_help = LOCAL)]
pub(crate) struct Local {
    /// The port; 0 takes any that is free
    #[arg(long, short, default_value_t = 8083)]
    pub(crate) port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Where executions are kept
    #[arg(long, short, value_name = "DIR", default_value = ".ratchet/local")]
    pub(crate) data: PathBuf,
    /// What functions do: a tasks.toml, or a MockConfigFile.json; may be given several times [default: tasks.toml]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) tasks: Vec<PathBuf>,
    /// The test case of a MockConfigFile.json for executions that are started without one
    #[arg(long, value_name = "NAME")]
    pub(crate) test_case: Option<String>,
    /// The region of ARNs
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// The account of ARNs
    #[arg(long, default_value = "123456789012", value_parser = account)]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

#[derive(Debug, Args)]
#[command(after_help = VALIDATE)]
pub(crate) struct Validate {
    /// Definitions, or folders with a workflow.asl.json; - is stdin
    #[arg(required = true, value_name = "DEFINITION")]
    pub(crate) definitions: Vec<PathBuf>,
    /// How findings are printed; by default pretty on a terminal and short elsewhere
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// What the machines are
    #[arg(long = "type", value_enum, default_value_t = Type::Standard)]
    pub(crate) machine_type: Type,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Each under its line
    Pretty,
    /// One line each, for editors and logs
    Short,
    /// One document, for tools
    Json,
}

/// The type of a state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Type {
    Standard,
    Express,
}

impl From<Type> for language::MachineType {
    fn from(value: Type) -> Self {
        match value {
            Type::Standard => Self::Standard,
            Type::Express => Self::Express,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = BENCH)]
pub(crate) struct Bench {
    /// How often each measurement is taken
    #[arg(long, short, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) runs: u32,
    /// Drive this server instead of one of our own
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Where our own server keeps its data [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account is twelve digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
