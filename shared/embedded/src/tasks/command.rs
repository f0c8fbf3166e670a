//! A function that is a program: its event on stdin, its answer on stdout, its log on stderr.

use super::config::{CommandLine, Line};
use super::{Request, reply};
use model::{Failure, error_name};
use orchestrator::FunctionReply;
use serde_json::Value;
use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Most bytes of an answer, as on Lambda.
///
/// Source: Lambda quotas, "Invocation payload (request and response)": 6 MB.
const MAX_ANSWER_BYTES: usize = 6_291_556;
/// Lines of stderr that a failure's cause repeats.
const TAIL_LINES: usize = 10;
/// Most bytes of such a line.
const MAX_LINE_BYTES: u64 = 8_192;
/// What a program leaves running may hold its pipes open: after its end they are read for this long.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// Runs the program once. Dropping the future kills it, with everything that it started.
pub(super) async fn run(
    line: &CommandLine,
    request: &Request,
    endpoint: Option<&str>,
    note: &(dyn Fn(&str) + Send + Sync),
) -> Result<FunctionReply, Failure> {
    let mut command = command(&line.line);
    command
        .env("AWS_LAMBDA_FUNCTION_NAME", &request.name)
        .env("RATCHET_EXECUTION_ARN", &request.execution)
        .env("RATCHET_STATE", &request.state)
        .env("RATCHET_ATTEMPT", request.attempt.to_string())
        .envs(request.client_context.iter().map(|context| ("RATCHET_CLIENT_CONTEXT", context)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(endpoint) = endpoint {
        // The second one is what the SDKs and the AWS CLI look for.
        command.env("RATCHET_ENDPOINT", endpoint).env("AWS_ENDPOINT_URL_SFN", endpoint);
    }
    if !line.folder.as_os_str().is_empty() {
        command.current_dir(&line.folder);
    }
    let not_started = |error: std::io::Error| {
        let cause = format!("failed to start {} ({}): {error}", describe(&line.line), line.place);
        Failure::new("Lambda.SdkClientException", cause)
    };
    let mut running = Running(command.spawn().map_err(not_started)?);
    let (stdin, stdout, stderr) = (running.0.stdin.take(), running.0.stdout.take(), running.0.stderr.take());

    let mut answer = Vec::new();
    let mut tail = VecDeque::new();
    let status = {
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A program need not read its event.
                let _ = stdin.write_all(request.event.as_bytes()).await;
            }
        };
        let pipes = async {
            tokio::join!(feed, collect(stdout, &mut answer), follow(stderr, &mut tail, note));
        };
        let mut pipes = std::pin::pin!(pipes);
        let status = tokio::select! {
            () = &mut pipes => running.0.wait().await,
            status = running.0.wait() => {
                let _ = tokio::time::timeout(AFTER_THE_END, &mut pipes).await;
                status
            }
        };
        status.map_err(|error| Failure::new(error_name::LAMBDA_UNKNOWN, format!("lost the program: {error}")))?
    };
    Ok(judge(line, request, status, &answer, &tail))
}

fn command(line: &Line) -> Command {
    let mut command = match line {
        Line::Words(words) => {
            let mut command = Command::new(words.first().map_or("", String::as_str));
            command.args(words.iter().skip(1));
            command
        }
        Line::Shell(line) => {
            let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
            let mut command = Command::new(shell);
            command.arg(flag).arg(line);
            command
        }
    };
    // A group of its own, so that what a shell line starts can be killed with it.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// A program that is killed with its process group unless it has ended.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Once it was waited for it has no id any more: the number may be another's by now.
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn collect(stdout: Option<impl AsyncRead + Unpin>, answer: &mut Vec<u8>) {
    let Some(mut stdout) = stdout else { return };
    // One byte more than allowed tells that there was more.
    while answer.len() <= MAX_ANSWER_BYTES {
        match stdout.read_buf(answer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

async fn follow(stderr: Option<impl AsyncRead + Unpin>, tail: &mut VecDeque<String>, note: &(dyn Fn(&str) + Sync)) {
    let Some(stderr) = stderr else { return };
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut stderr).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        note(&text);
        if tail.len() == TAIL_LINES {
            tail.pop_front();
        }
        tail.push_back(text);
    }
}

/// What the program's end means.
fn judge(
    line: &CommandLine,
    request: &Request,
    status: ExitStatus,
    answer: &[u8],
    tail: &VecDeque<String>,
) -> FunctionReply {
    let failed = |name: &str, message: &str| FunctionReply::Failed { payload: reply::error_payload(name, message) };
    let returned = |payload: String| reply::returned_with_log(request, payload, tail.iter());
    let said = if tail.is_empty() {
        String::new()
    } else {
        format!("; the end of its stderr:\n{}", tail.iter().map(String::as_str).collect::<Vec<_>>().join("\n"))
    };
    if answer.len() > MAX_ANSWER_BYTES {
        return failed(
            "Function.ResponseSizeTooLarge",
            &format!("{} answered with more than {MAX_ANSWER_BYTES} bytes", describe(&line.line)),
        );
    }
    let text = std::str::from_utf8(answer).map(str::trim);
    let parsed = text.ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if !status.success() {
        return match parsed.as_ref().and_then(reply::error_payload_of) {
            Some(payload) => FunctionReply::Failed { payload },
            None => failed(
                "Runtime.ExitError",
                &format!("{} ({}) ended with {status}{said}", describe(&line.line), line.place),
            ),
        };
    }
    match (text, parsed) {
        (Ok(""), _) => returned("null".into()),
        (Ok(_), Some(value)) if value.get("errorMessage").is_some() && value.get("errorType").is_some() => {
            match reply::error_payload_of(&value) {
                Some(payload) => FunctionReply::Failed { payload },
                None => returned(value.to_string()),
            }
        }
        (Ok(text), Some(_)) => returned(text.to_owned()),
        (Ok(_) | Err(_), None) | (Err(_), Some(_)) => {
            let shown: String = String::from_utf8_lossy(answer).chars().take(200).collect();
            failed(
                "Runtime.InvalidResponse",
                &format!(
                    "{} ({}) must print JSON and nothing else on stdout (its log belongs on stderr), but printed: \
                     {shown}{said}",
                    describe(&line.line),
                    line.place
                ),
            )
        }
    }
}

/// The command in few words: its first line.
fn describe(line: &Line) -> String {
    let words = match line {
        Line::Shell(line) => line.trim().to_owned(),
        Line::Words(words) => words.join(" "),
    };
    let first = words.lines().next().unwrap_or_default();
    let shown: String = first.chars().take(60).collect();
    let dots = if shown.len() < words.len() { " ..." } else { "" };
    format!("`{shown}{dots}`")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use orchestrator::ports::InvocationType;

    async fn check(line: &str, expected: &str) {
        let line = CommandLine { line: Line::Shell(line.into()), folder: "".into(), place: "tasks.toml:2".into() };
        let request = Request {
            name: "f".into(),
            version: "$LATEST".into(),
            event: "{\"n\": 1.0}".into(),
            execution: "arn".into(),
            state: "Pay".into(),
            attempt: 3,
            kind: InvocationType::RequestResponse,
            client_context: None,
            tails_log: false,
        };
        let found = match run(&line, &request, Some("http://localhost:1"), &|_| {}).await {
            Ok(FunctionReply::Returned { payload, .. }) => payload,
            Ok(FunctionReply::Failed { payload }) => format!("failed {payload}"),
            Err(failure) => format!("error {failure:?}"),
        };
        assert_eq!(found, expected, "{}", describe(&line.line));
    }

    #[tokio::test]
    async fn a_program_gets_its_event_and_its_circumstances() {
        check("cat", "{\"n\": 1.0}").await;
        check("echo \"[$RATCHET_ATTEMPT, \\\"$RATCHET_STATE\\\"]\"", "[3, \"Pay\"]").await;
        check("true", "null").await;
        check("echo \"\\\"$RATCHET_ENDPOINT\\\"\"", "\"http://localhost:1\"").await;
    }

    #[tokio::test]
    async fn every_way_to_fail_is_a_failure_with_a_name() {
        check(
            "echo '{\"errorType\": \"Declined\", \"errorMessage\": \"no\"}'",
            "failed {\"errorMessage\":\"no\",\"errorType\":\"Declined\"}",
        )
        .await;
        check(
            "echo '{\"errorType\": \"Declined\", \"errorMessage\": \"no\"}'; exit 1",
            "failed {\"errorMessage\":\"no\",\"errorType\":\"Declined\"}",
        )
        .await;
        check(
            "echo oops >&2; exit 3",
            "failed {\"errorMessage\":\"`echo oops >&2; exit 3` (tasks.toml:2) ended with exit status: 3; the end of \
             its stderr:\\noops\",\"errorType\":\"Runtime.ExitError\"}",
        )
        .await;
        check(
            "echo hello",
            "failed {\"errorMessage\":\"`echo hello` (tasks.toml:2) must print JSON and nothing else on stdout (its \
             log belongs on stderr), but printed: hello\\n\",\"errorType\":\"Runtime.InvalidResponse\"}",
        )
        .await;
    }

    #[tokio::test]
    async fn a_program_that_leaves_another_behind_does_not_hold_its_answer_back() {
        check("sleep 5 & echo 1", "1").await;
    }

    #[tokio::test]
    async fn dropping_the_call_kills_what_the_program_started() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let held = folder.path().join("held");
        assert!(std::process::Command::new("mkfifo").arg(&held).status()?.success());
        // A grandchild holds the pipe open until it is gone.
        let line = CommandLine {
            line: Line::Shell("sleep 60 > held & wait".into()),
            folder: folder.path().to_path_buf(),
            place: String::new(),
        };
        let request = Request {
            name: "f".into(),
            version: String::new(),
            event: String::new(),
            execution: String::new(),
            state: String::new(),
            attempt: 0,
            kind: InvocationType::RequestResponse,
            client_context: None,
            tails_log: false,
        };
        let opened = tokio::task::spawn_blocking(move || std::fs::File::open(held));
        let pipe = tokio::select! {
            _ = run(&line, &request, None, &|_| {}) => return Err("the program ended by itself".into()),
            opened = opened => opened??,
        };
        let end = tokio::task::spawn_blocking(move || std::io::read_to_string(pipe));
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), end).await???, "");
        Ok(())
    }
}
