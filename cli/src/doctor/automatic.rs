//! The checks that are made by API calls.

use super::door::{Answer, Door};
use super::machines::{self, Machines};
use super::stack::{Metrics, Stack};
use super::{Check, Error, Found, hops};
use aws::Connection;
use orchestrator::ports::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// States of the chain: more than twice what loop detection lets through.
const CHAIN: usize = 40;
/// Items of the Map: the same for a user's function.
const ITEMS: usize = 30;
/// How long an execution of these may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long metrics may take until they show.
const METRICS: Duration = Duration::from_mins(6);
const BETWEEN_LOOKS: Duration = Duration::from_secs(15);
/// An input that must get through, in bytes.
const LARGE: usize = 3_000_000;
/// A body that cannot: with a third more for base64, it is larger than Lambda's event of 6 MB.
const TOO_LARGE: usize = 5_000_000;

const DOORS: Check = Check {
    number: 3,
    title: "The doors let in who signs for them, and nobody else",
    does: "ListStateMachines through the HTTP API (signed for execute-api) and the function URL (signed for lambda), \
           and through both signed for another service, which must be answered 403.",
    costs: "4 requests",
};
const LOOPS: Check = Check {
    number: 1,
    title: "Loop detection stops neither our functions nor a user's",
    does: "Runs a chain of 40 Pass states, and with --function a Map that calls it 30 times; then looks whether \
           CloudWatch counts RecursiveInvocationsDropped for any of them. Metrics take some minutes.",
    costs: "some 110 transitions, 30 calls of your function, 8 metric requests: under $0.001",
};
const HOPS: Check = Check {
    number: 5,
    title: "How long one hop takes",
    does: "Reads the history of the chain: the time from one state's start to the next's.",
    costs: "1 request",
};
const SIZES: Check = Check {
    number: 9,
    title: "Sizes at the door",
    does: "Starts an execution with an input of 3 MB and reads its output; sends a body of 5 MB, which must be refused \
           with a status of 413.",
    costs: "3 MB in S3 until the payload's retention ends: under $0.001",
};

/// In the order in which they are made.
pub(super) const ALL: [Check; 4] = [DOORS, LOOPS, HOPS, SIZES];

/// Makes all checks, and prints each when it is made.
pub(super) async fn run(connection: &Connection, stack: &str, function: Option<&str>) -> Result<Vec<Found>, Error> {
    let stack = Stack::describe(connection, stack).await?;
    let api = Door::new(connection, stack.output("ApiEndpoint")?, "execute-api");
    let url = Door::new(connection, stack.output("FunctionUrl")?, "lambda");
    let mut machines = Machines::new(&api, stack.output("TaskRoleArn")?);
    let mut all = Vec::new();
    all.push(told(&DOORS, doors(connection, &api, &url).await));
    let (found, chain) = match loops(connection, &stack, &mut machines, function).await {
        Ok((found, chain)) => (Ok(found), Some(chain)),
        Err(error) => (Err(error), None),
    };
    all.push(told(&LOOPS, found));
    all.push(told(&HOPS, latency(&api, chain.as_deref()).await));
    all.push(told(&SIZES, Ok(sizes(&api, &mut machines).await)));
    machines.delete().await;
    Ok(all)
}

fn told(check: &Check, found: Result<Found, Error>) -> Found {
    // A check that could not be made proves nothing.
    let found = found.unwrap_or_else(|error| Found::Bad(format!("could not be checked: {error}")));
    let (word, text) = match &found {
        Found::Good(text) => ("good", text),
        Found::Bad(text) => ("BAD", text),
        Found::Skipped(text) => ("skipped", text),
    };
    println!(
        "{}. {}\n   does: {}\n   costs: {}\n   {word}: {text}",
        check.number, check.title, check.does, check.costs
    );
    found
}

async fn doors(connection: &Connection, api: &Door, url: &Door) -> Result<Found, Error> {
    let mut wrong = Vec::new();
    for (name, door) in [("HTTP API", api), ("function URL", url)] {
        let request = json!({ "maxResults": 1 });
        let signed = door.call("ListStateMachines", &request).await?;
        if signed.status != 200 {
            wrong.push(format!("the {name} answers {signed} to a request signed for it"));
        }
        let elsewhere = Door::new(connection, door.url(), "states").call("ListStateMachines", &request).await?;
        if elsewhere.status != 403 {
            wrong.push(format!("the {name} answers {elsewhere} to a request signed for another service, not 403"));
        }
    }
    Ok(if wrong.is_empty() { Found::Good("all four as expected".into()) } else { Found::Bad(wrong.join("; ")) })
}

/// Also gives the execution of the chain.
async fn loops(
    connection: &Connection,
    stack: &Stack,
    machines: &mut Machines<'_>,
    function: Option<&str>,
) -> Result<(Found, String), Error> {
    let began = bootstrap::SystemClock.now();
    let chain = machines.run("chain", &machines::chain(CHAIN), "{}", PATIENCE).await?;
    let mut said = vec![format!("{CHAIN} Pass states: {}", chain.status)];
    let mut wrong = chain.status != "SUCCEEDED";
    let mut counted: Vec<String> = stack.functions().map(str::to_owned).collect();
    if let Some(arn) = function {
        let map = machines.run("map", &machines::map_of_calls(arn, ITEMS), "{}", PATIENCE).await?;
        said.push(format!("Map of {ITEMS} calls: {}{}", map.status, map.cause()));
        wrong |= map.status != "SUCCEEDED";
        counted.push(function_name(arn).to_owned());
    } else {
        said.push("no Map was run: name a function with --function".to_owned());
    }
    let metrics = Metrics::new(connection, began);
    let advance = stack.physical("Advance")?;
    // What counts invocations would have counted what was dropped. One invocation takes a batch of wakes, so that
    // their number says only that the minute has been counted.
    let mut waited = Duration::ZERO;
    while metrics.sum(advance, "Invocations").await? < 1.0 && waited < METRICS {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        waited += BETWEEN_LOOKS;
    }
    if waited >= METRICS {
        said.push(
            "CloudWatch has counted no invocation of advance yet: look at RecursiveInvocationsDropped later".into(),
        );
        wrong = true;
    }
    for name in &counted {
        let dropped = metrics.sum(name, "RecursiveInvocationsDropped").await?;
        if dropped > 0.0 {
            said.push(format!("{name}: {dropped} invocations were dropped as loops"));
            wrong = true;
        }
    }
    let said = said.join("; ");
    Ok((if wrong { Found::Bad(said) } else { Found::Good(format!("{said}; nothing was dropped")) }, chain.arn))
}

async fn latency(api: &Door, chain: Option<&str>) -> Result<Found, Error> {
    let Some(chain) = chain else { return Ok(Found::Skipped("the chain did not run".to_owned())) };
    let mut events: Vec<Value> = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request = json!({ "executionArn": chain, "maxResults": 1000 });
        if let (Some(fields), false) = (request.as_object_mut(), token.is_null()) {
            fields.insert("nextToken".to_owned(), token.clone());
        }
        let page = api.call("GetExecutionHistory", &request).await?.success("GetExecutionHistory")?;
        events.extend(page["events"].as_array().cloned().unwrap_or_default());
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    Ok(match hops::of_history(&events) {
        Some(hops) => {
            Found::Good(format!("{hops} (measured once, cold start included: run it again for warm figures)"))
        }
        None => Found::Bad("the history shows no two states".to_owned()),
    })
}

async fn sizes(api: &Door, machines: &mut Machines<'_>) -> Found {
    let input = json!({ "text": "x".repeat(LARGE) }).to_string();
    let mut wrong = Vec::new();
    match machines.run("large", &machines::chain(1), &input, PATIENCE).await {
        Ok(large) if large.status != "SUCCEEDED" => {
            wrong.push(format!("an input of 3 MB: {}{}", large.status, large.cause()));
        }
        Ok(large) if large.output.as_deref() != Some(&input) => {
            let found = large.output.as_deref().map_or(0, str::len);
            wrong.push(format!("an input of {} bytes came back as another output, of {found} bytes", input.len()));
        }
        Ok(_) => {}
        Err(error) => wrong.push(format!("an input of 3 MB: {error}")),
    }
    match api.call("StartExecution", &json!({ "name": "x".repeat(TOO_LARGE) })).await {
        Ok(Answer { status: 413, .. }) => {}
        Ok(answer) => wrong.push(format!("a body of 5 MB was answered {answer}, not 413")),
        Err(error) => wrong.push(format!("a body of 5 MB: {error}")),
    }
    if wrong.is_empty() { Found::Good("3 MB went through, 5 MB: 413".into()) } else { Found::Bad(wrong.join("; ")) }
}

/// The name in a function's ARN, or the text itself.
fn function_name(arn: &str) -> &str {
    arn.split_once(":function:").and_then(|(_, rest)| rest.split(':').next()).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_name_is_found_in_its_arn() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
        assert_eq!(function_name(arn), "orders");
        assert_eq!(function_name(&format!("{arn}:live")), "orders");
        assert_eq!(function_name("orders"), "orders");
    }
}
