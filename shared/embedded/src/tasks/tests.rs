//! Files in, answers out, through the port.

use super::*;
use orchestrator::ports::{CallContext, InvokeOptions};
use std::error::Error as StdError;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

type Outcome = Result<(), Box<dyn StdError + Send + Sync>>;

fn tasks(files: &[(&str, &str)]) -> Result<LocalTasks, Box<dyn StdError>> {
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        paths.push(path);
    }
    Ok(LocalTasks::read(&paths)?)
}

/// What a call comes to: the answer, `failed` with the error's payload, or `error` with its name.
async fn call(tasks: &LocalTasks, function: &str, event: &str, attempt: u64) -> Result<String, Box<dyn StdError>> {
    let execution: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:Leads:one".parse()?;
    let context = CallContext { execution: &execution, state: "Check", attempt };
    Ok(
        match tasks.invoke(FunctionCall { function, payload: event, options: InvokeOptions::default(), context }).await
        {
            Ok(FunctionReply::Returned { payload, .. }) => payload,
            Ok(FunctionReply::Failed { payload }) => format!("failed {payload}"),
            Err(failure) => format!("error {}", failure.error.unwrap_or_default()),
        },
    )
}

struct Told(UnboundedSender<String>);

#[async_trait]
impl Callbacks for Told {
    async fn succeed(&self, token: &str, output: &str) -> Outcome {
        Ok(self.0.send(format!("{token} {output}"))?)
    }

    async fn fail(&self, token: &str, failure: Failure) -> Outcome {
        Ok(self.0.send(format!("{token} {}", failure.error.unwrap_or_default()))?)
    }
}

const CHECK: &str = "arn:aws:lambda:us-east-1:123456789012:function:check";

#[tokio::test]
async fn attempts_are_answered_in_turn_and_the_last_answer_repeats() -> Result<(), Box<dyn StdError>> {
    let tasks = tasks(&[(
        "tasks.toml",
        r#"
        [lambda.check]
        attempts = [
            { error = { name = "Busy", cause = "later" } },
            { error = "Lambda.TooManyRequestsException" },
            { return = { total = 1.50 } },
        ]
        [lambda."*"]
        echo = true
        "#,
    )])?;
    let busy = r#"failed {"errorMessage":"later","errorType":"Busy"}"#;
    assert_eq!(call(&tasks, CHECK, "{}", 0).await?, busy);
    assert_eq!(call(&tasks, CHECK, "{}", 1).await?, "error Lambda.TooManyRequestsException");
    assert_eq!(call(&tasks, CHECK, "{}", 2).await?, r#"{"total":1.50}"#);
    assert_eq!(call(&tasks, CHECK, "{}", 9).await?, r#"{"total":1.50}"#);
    assert_eq!(call(&tasks, "other", "[1.0]", 0).await?, "[1.0]");
    Ok(())
}

#[tokio::test]
async fn a_stand_in_answers_the_token_of_the_event() -> Result<(), Box<dyn StdError>> {
    let tasks = tasks(&[(
        "tasks.toml",
        r#"
        [lambda.ask]
        callback = { return = { approved = true } }
        [lambda.deny]
        callback = { error = "Refused", token = "$.detail.id" }
        "#,
    )])?;
    let (sender, mut told) = unbounded_channel();
    tasks.set_callbacks(Arc::new(Told(sender)));
    assert_eq!(call(&tasks, "ask", r#"{"taskToken": "T1"}"#, 0).await?, "null");
    assert_eq!(told.recv().await.as_deref(), Some(r#"T1 {"approved":true}"#));
    assert_eq!(call(&tasks, "deny", r#"{"detail": {"id": "T2"}}"#, 0).await?, "null");
    assert_eq!(told.recv().await.as_deref(), Some("T2 Refused"));
    assert!(call(&tasks, "ask", "{}", 0).await?.contains("Ratchet.NoTaskToken"));
    Ok(())
}

#[tokio::test]
async fn a_function_without_an_entry_fails_and_says_what_to_add() -> Result<(), Box<dyn StdError>> {
    let tasks = tasks(&[("tasks.toml", "[lambda.chekc]\necho = true\n")])?;
    let failure = tasks.shared.no_such_function(CHECK);
    let cause = failure.cause.unwrap_or_default();
    assert!(cause.contains("add [lambda.check]") && cause.contains("tasks.toml"), "{cause}");
    assert!(cause.ends_with("It has [lambda.chekc]: was that meant?"), "{cause}");
    assert_eq!(call(&tasks, CHECK, "{}", 0).await?, "error Lambda.ResourceNotFoundException");
    Ok(())
}

const MOCKS: &str = r#"{
    "StateMachines": {"Leads": {"TestCases": {"Happy": {"Check": "Good"}, "Other": {"Elsewhere": "Good"}}}},
    "MockedResponses": {"Good": {"0": {"Return": {"StatusCode": 200, "Payload": 7}}}}
}"#;

#[tokio::test]
async fn a_mocked_state_calls_nothing_and_the_others_call_their_functions() -> Result<(), Box<dyn StdError>> {
    let files = [("MockConfigFile.json", MOCKS), ("tasks.toml", "[lambda.check]\nreturn = 1\n")];
    for (case, expected) in [("Happy", "7"), ("Other", "1")] {
        let tasks = tasks(&files)?;
        tasks.choose_test_case(Some("Leads"), case)?;
        assert_eq!(call(&tasks, CHECK, "{}", 0).await?, expected, "{case}");
    }
    Ok(())
}

#[tokio::test]
async fn an_execution_may_have_a_test_case_of_its_own() -> Result<(), Box<dyn StdError>> {
    let tasks = tasks(&[("MockConfigFile.json", MOCKS)])?;
    assert!(tasks.missing_test_case().is_some_and(|message| message.contains("--test-case")));
    assert_eq!(call(&tasks, CHECK, "{}", 0).await?, "error States.Runtime");
    let execution = "arn:aws:states:us-east-1:123456789012:execution:Leads:one".parse()?;
    tasks.choose_test_case_of(&execution, "Happy")?;
    assert_eq!(call(&tasks, CHECK, "{}", 0).await?, "7");
    assert!(tasks.choose_test_case_of(&execution, "Hapy").is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_of_a_function_run_at_once_than_it_allows() -> Result<(), Box<dyn StdError>> {
    let tasks = tasks(&[(
        "tasks.toml",
        r#"
        [lambda.check]
        return = 1
        delay = "100ms"
        concurrency = 8
        [lambda."*"]
        return = 2
        delay = "100ms"
        "#,
    )])?;
    let began = tokio::time::Instant::now();
    let calls = (0..1_000).map(|_| call(&tasks, CHECK, "{}", 0));
    let answers = futures::future::try_join_all(calls).await?;
    assert!(answers.iter().all(|answer| answer == "1"));
    // 125 times eight.
    assert_eq!(began.elapsed().as_millis(), 12_500);
    let began = tokio::time::Instant::now();
    futures::future::try_join_all((0..1_000).map(|_| call(&tasks, "other", "{}", 0))).await?;
    assert_eq!(began.elapsed().as_millis(), 100);
    Ok(())
}

#[test]
fn concurrency_is_a_number_of_calls() {
    for wrong in ["0", "-1", "\"8\"", "1.5", "10001", "true"] {
        let text = format!("[lambda.check]\necho = true\nconcurrency = {wrong}\n");
        let said = tasks(&[("tasks.toml", &text)]).map(drop).expect_err(wrong).to_string();
        assert!(said.contains("from 1 to 10000"), "{wrong}: {said}");
    }
}
