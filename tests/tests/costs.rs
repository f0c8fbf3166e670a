//! What executions cost on AWS, counted request by request on the adapters, and priced: the regression guard of the
//! design's figures.
//!
//! Payloads are under 1 KB, each invocation gets one message unless a row says otherwise, and every function has been
//! called before, so that what it keeps in memory is there. Counts are exact: whoever changes one changes the bill.

use acceptance::cloud::prices::Usage;
use acceptance::cloud::system::{Options, System};
use acceptance::cloud::{Request, Service};
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use model::QualifiedArn;
use orchestrator::ports::ExecutionStatus;
use orchestrator::{CreateAlias, Routing};
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long the functions of these tests take.
const CALLEE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let table = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(table()));
    match table {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            eprintln!("\n{} counts are not what they were:\n{}", wrong.len(), wrong.join("\n"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// The table, with what is wrong in it.
#[derive(Default)]
struct Table {
    wrong: Vec<String>,
}

/// What a row must count: writes, halves of reads, requests to SQS, invocations.
type Counts = [u64; 4];

impl Table {
    fn head() {
        println!(
            "{:<40} {:>7} {:>7} {:>7} {:>7} {:>10} {:>8}",
            "per million, us-east-1", "writes", "reads", "SQS", "invoc.", "dollars", "design"
        );
    }

    /// A row. Its dollars are those of one part of it, where it has several.
    fn row(&mut self, name: &str, usage: &Usage, parts: u32, counts: Counts, design: Option<f64>) {
        let found = [usage.writes, usage.half_reads, usage.sqs, usage.invoked()];
        let each = |count: u64| u32::try_from(count).map_or(f64::NAN, |count| f64::from(count) / f64::from(parts));
        let design = design.map_or_else(|| "-".to_owned(), |dollars| format!("{dollars:.2}"));
        println!(
            "{name:<40} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {:>10.2} {design:>8}",
            each(found[0]),
            each(found[1]) / 2.0,
            each(found[2]),
            each(found[3]),
            usage.dollars_per_million() / f64::from(parts),
        );
        self.ensure(found == counts, || format!("{name}: {found:?}, expected {counts:?}"));
    }

    fn ensure(&mut self, holds: bool, why: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(why());
        }
    }
}

async fn table() -> Result<Vec<String>> {
    let mut table = Table::default();
    let one = Options::default();
    let eight = Options { states_per_invocation: 8, ..one.clone() };
    Table::head();

    let pass = json!({ "Type": "Pass" });
    let choice = json!({
        "Type": "Choice", "Choices": [{ "Variable": "$.absent", "IsPresent": false }], "Default": "End"
    });
    table.row("Pass", &more(&one, &pass, 1).await?, 1, [1, 0, 3, 1], Some(2.07));
    table.row("Choice", &more(&one, &choice, 1).await?, 1, [1, 0, 3, 1], Some(2.07));
    let plain = whole(&one, &chain(0, &pass), json!({}), ExecutionStatus::Succeeded).await?;
    for (name, last, status) in [
        ("Succeed, beyond a Pass", json!({ "Type": "Succeed" }), ExecutionStatus::Succeeded),
        ("Fail, beyond a Pass", json!({ "Type": "Fail", "Error": "E", "Cause": "C" }), ExecutionStatus::Failed),
    ] {
        let ended = whole(&one, &json!({ "StartAt": "End", "States": { "End": last } }), json!({}), status).await?;
        table.row(name, &ended.usage.beyond(&plain.usage), 1, [0, 0, 0, 0], None);
    }
    table.row("Pass, ten executions in batches of 10", &in_batches(&pass).await?, 100, [100, 0, 30, 10], Some(0.77));
    table.row("Pass, 8 states per invocation", &more(&eight, &pass, 8).await?, 8, [1, 0, 3, 1], Some(0.4));

    let wait = |seconds: u32| json!({ "Type": "Wait", "Seconds": seconds });
    let short = more(&one, &wait(60), 1).await?;
    // The step into the Wait has a message, and the timer has one.
    table.row("Wait of a minute", &short, 1, [2, 2, 6, 2], Some(2.69));
    let rarely = Options { sweep_every: Duration::from_mins(4), ..one.clone() };
    let parked = more(&rarely, &wait(1_000), 1).await?;
    table.row("Wait of 1,000 s, beyond", &parked.beyond(&short), 1, [2, 0, 0, 0], Some(1.25));
    table.row("timer, an idle minute", &idle_minutes(10).await?, 10, [1, 900, 0, 10], None);

    let simple = more(&one, &task(), 1).await?;
    // Four requests to SQS: the function takes hold of the message, so that its loss is noticed within a minute.
    table.row("Task, callee 100 ms", &simple, 1, [2, 0, 4, 1], Some(3.05));
    table.row("Task, chained", &more(&eight, &task(), 1).await?, 1, [1, 0, 0, 0], Some(0.99));
    let mut retried = task();
    retried["Parameters"]["FunctionName"] = json!("flaky");
    retried["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1 }]);
    table.row("Retry after 1 s, beyond a Task", &more(&one, &retried, 1).await?.beyond(&simple), 1, [2, 2, 4, 1], None);
    let callback = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "desk", "Payload": { "token.$": "$$.Task.Token" } }
    });
    // With the answer's safety wake, which finds the execution ended.
    table.row("callback", &more(&one, &callback, 1).await?, 1, [3, 6, 7, 3], Some(6.06));

    let branch = |index: usize| json!({ "StartAt": format!("P{index}"), "States": { format!("P{index}"): { "Type": "Pass", "End": true } } });
    let parallel = json!({ "StartAt": "All", "States": { "All": {
        "Type": "Parallel", "Branches": [branch(0), branch(1), branch(2)], "End": true
    } } });
    let parallel = whole(&one, &parallel, json!({}), ExecutionStatus::Succeeded).await?.usage.beyond(&plain.usage);
    table.row("Parallel of 3 Passes, beyond a Pass", &parallel, 1, [10, 6, 10, 4], None);

    maps(&mut table, &plain).await?;
    in_jsonata(&mut table, &plain, &simple).await?;

    let end = &plain.ends();
    table.row("end", end, 1, [2, 0, 0, 0], Some(1.88));
    let start = plain.usage.beyond(end).beyond(&more(&one, &pass, 1).await?);
    // The fourth write is the safety wake's, which finds the execution ended and closes it once more.
    table.row("start, with the safety wake", &start, 1, [3, 4, 3, 2], Some(4.71));
    versions(&mut table, &plain).await?;
    let order = order(&task(), &json!([{ "Variable": "$.ok", "BooleanEquals": true, "Next": "Charge" }]));
    let orders = whole(&one, &order, json!({}), ExecutionStatus::Succeeded).await?;
    table.row("order of five states", &orders.usage, 1, ORDER, Some(19.9));
    let chained = whole(&eight, &order, json!({}), ExecutionStatus::Succeeded).await?;
    table.row("order, 8 states per invocation", &chained.usage, 1, ORDER_CHAINED, Some(11.7));

    a_payload_is_stored_once(&mut table, &chain(8, &pass)).await?;
    Ok(table.wrong)
}

/// One execution, measured.
struct Measured {
    usage: Usage,
    requests: Vec<Request>,
}

impl Measured {
    /// The writes that close META.
    fn ends(&self) -> Usage {
        let is_end = |request: &&Request| {
            request.service == Service::DynamoDb
                && request.operation == "UpdateItem"
                && request.mentions("\"META\"")
                && request.status == Some(200)
        };
        Usage::of(&self.requests.iter().filter(is_end).cloned().collect::<Vec<_>>())
    }
}

async fn system(options: &Options) -> Result<System> {
    let system = System::deploy(options).await?;
    system.cloud.lambda().create("work", |_| async {
        tokio::time::sleep(CALLEE).await;
        Ok(json!({ "ok": true }))
    });
    let cloud = system.cloud.clone();
    // Every other call fails.
    system.cloud.lambda().create("flaky", move |_| {
        let calls = cloud.lambda().calls().into_iter().filter(|call| call.function == "flaky").count();
        async move {
            tokio::time::sleep(CALLEE).await;
            if calls.is_multiple_of(2) {
                Ok(json!({ "ok": true }))
            } else {
                Err(json!({ "errorType": "Busy", "errorMessage": "come again" }))
            }
        }
    });
    // Answers a second later, by a request to the API.
    let api = Arc::clone(&system.api);
    system.cloud.lambda().create("desk", move |call| {
        let (api, token) = (Arc::clone(&api), call.event["token"].as_str().unwrap_or_default().to_owned());
        async move {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let answered = api.send_task_success(&token, model::Payload::from_value(json!({}))).await;
                assert!(answered.is_ok(), "{answered:?}");
            });
            Ok(Value::Null)
        }
    });
    Ok(system)
}

/// The use of AWS by one execution of the machine, from its start until nothing is on the way.
async fn whole(options: &Options, definition: &Value, input: Value, status: ExecutionStatus) -> Result<Measured> {
    let system = system(options).await?;
    let machine = system.create("machine", definition).await?;
    // The first one fills the caches.
    for name in ["first", "second"] {
        begin(&system);
        let execution = system.start(&machine, name, input.clone()).await?;
        let described = system.settled(&execution).await?;
        ensure!(described.summary.status == status, "{:?}: {:?}", described.summary.status, described.failure);
    }
    measured(&system)
}

/// Forgets what was before.
fn begin(system: &System) {
    system.take_requests();
    system.take_invocations();
    system.cloud.lambda().forget();
}

/// What there was since then, but for what `timer` reads each minute, whether or not there is a timer: that belongs
/// to no execution.
fn measured(system: &System) -> Result<Measured> {
    ensure!(system.dead_letters().is_empty(), "{:?}", system.dead_letters());
    // The bill is worked out twice: by the documentation's rules, and by the emulator.
    let disagreements = system.cloud.dynamodb().disagreements();
    ensure!(disagreements.is_empty(), "{disagreements:#?}");
    let mut requests = system.take_requests();
    let is_timers = |request: &Request| matches!(request.operation.as_str(), "DeleteItem" | "SendMessageBatch");
    requests.retain(|request| &*request.caller != "timer" || is_timers(request));
    let mut invocations = system.take_invocations();
    invocations.remove("timer");
    let calls = system.cloud.lambda().calls();
    let count = |of: fn(&str) -> bool| calls.iter().filter(|call| of(&call.function)).count();
    // Whoever answers a callback calls the API.
    let answers = count(|function| function == "desk");
    *invocations.entry("api".to_owned()).or_default() += u64::try_from(answers)?;
    invocations.retain(|_, count| *count > 0);
    let http_api = invocations.get("api").copied().unwrap_or_default();
    let waited = CALLEE * u32::try_from(count(|function| function != "desk"))?;
    Ok(Measured { usage: Usage { invocations, waited, http_api, ..Usage::of(&requests) }, requests })
}

/// A machine with so many of this state, one after another, and a Pass at the end.
fn chain(count: usize, state: &Value) -> Value {
    let mut states = Map::new();
    for number in 0..count {
        let mut state = state.clone();
        let next = if number + 1 == count { "End".to_owned() } else { format!("S{}", number + 1) };
        match state.get_mut("Choices").and_then(Value::as_array_mut) {
            Some(choices) => choices.iter_mut().for_each(|choice| choice["Next"] = json!(next)),
            None => state["Next"] = json!(next),
        }
        states.insert(format!("S{number}"), state);
    }
    states.insert("End".to_owned(), json!({ "Type": "Pass", "End": true }));
    let first = if count == 0 { "End" } else { "S0" };
    json!({ "StartAt": first, "States": states })
}

/// What so many more of this state cost.
async fn more(options: &Options, state: &Value, count: usize) -> Result<Usage> {
    let few = whole(options, &chain(1, state), json!({}), ExecutionStatus::Succeeded).await?.usage;
    let many = whole(options, &chain(1 + count, state), json!({}), ExecutionStatus::Succeeded).await?.usage;
    Ok(many.beyond(&few))
}

/// What ten more states cost in each of ten executions that go side by side, a hundred in all.
async fn in_batches(state: &Value) -> Result<Usage> {
    let options = Options { batch_size: 10, batch_window: Duration::from_secs(1), ..Options::default() };
    let mut usages = Vec::new();
    for count in [1, 11] {
        let system = system(&options).await?;
        let machine = system.create("machine", &chain(count, state)).await?;
        for round in ["first", "second"] {
            begin(&system);
            let names: Vec<_> = (0..10).map(|number| format!("{round}-{number}")).collect();
            let started = try_join_all(names.iter().map(|name| system.start(&machine, name, json!({})))).await?;
            for execution in started {
                system.settled(&execution).await?;
            }
        }
        usages.push(measured(&system)?.usage);
    }
    let few = usages.first().context("one run")?;
    Ok(usages.last().context("another run")?.beyond(few))
}

/// What `timer` costs where there is nothing to do.
async fn idle_minutes(minutes: u32) -> Result<Usage> {
    let system = system(&Options::default()).await?;
    system.sweep().await?;
    begin(&system);
    for _ in 0..minutes {
        tokio::time::sleep(Duration::from_mins(1)).await;
        system.sweep().await?;
    }
    let requests = system.take_requests();
    Ok(Usage { invocations: system.take_invocations(), ..Usage::of(&requests) })
}

fn task() -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "work" },
        "ResultSelector": { "ok.$": "$.Payload.ok" }
    })
}

fn task_in_jsonata() -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "work" },
        "Output": { "ok": "{% $states.result.Payload.ok %}" }
    })
}

/// What an order counts, and where eight of its states go in one invocation.
const ORDER: Counts = [13, 4, 21, 7];
const ORDER_CHAINED: Counts = [9, 4, 7, 3];

/// An order of five states; three are this task.
fn order(task: &Value, in_stock: &Value) -> Value {
    let task = |next: &str| {
        let mut task = task.clone();
        task["Next"] = json!(next);
        task
    };
    json!({ "StartAt": "Validate", "States": {
        "Validate": task("InStock"),
        "InStock": { "Type": "Choice", "Choices": in_stock, "Default": "Charge" },
        "Charge": task("Ship"),
        "Ship": task("Done"),
        "Done": { "Type": "Succeed" }
    } })
}

/// An item costs the same in a Map of a hundred and in one of a thousand.
///
/// Where all begin at once, the parent is woken when all have ended; else once for each quarter of those that may run.
async fn maps(table: &mut Table, plain: &Measured) -> Result<()> {
    let each = json!({
        "Type": "Map", "ItemsPath": "$.items", "ResultPath": null, "OutputPath": "$.done", "ItemProcessor": one_pass()
    });
    let mut smallest: Option<f64> = None;
    for (items, counts) in [(10_u32, MAP_OF_TEN), (100, [310, 56, 233, 110]), (1_000, [3_104, 900, 2_325, 1_100])] {
        let usage = map(&each, items).await?.beyond(&plain.usage);
        table.row(&format!("Map of {items}, each item a Pass"), &usage, items, counts, None);
        let each = usage.dollars_per_million() / f64::from(items);
        let most = *smallest.get_or_insert(each) * 1.01;
        table.ensure(each <= most, || format!("an item of {items} costs {each:.2}, at most {most:.2} was expected"));
    }
    Ok(())
}

/// What a Map of ten items counts, each of them a Pass, beyond a Pass.
const MAP_OF_TEN: Counts = [31, 6, 24, 11];

/// A Map of so many `$.items`.
async fn map(each: &Value, items: u32) -> Result<Usage> {
    let mut each = each.clone();
    each["End"] = json!(true);
    let system = system(&Options::default()).await?;
    let machine = system.create("machine", &json!({ "StartAt": "Each", "States": { "Each": each } })).await?;
    for (name, items) in [("first", 1), ("second", items)] {
        begin(&system);
        let input = json!({ "items": (0..items).collect::<Vec<_>>(), "done": true });
        let execution = system.start(&machine, name, input).await?;
        let described = system.settled(&execution).await?;
        ensure!(described.summary.status == ExecutionStatus::Succeeded, "{:?}", described.failure);
    }
    Ok(measured(&system)?.usage)
}

fn one_pass() -> Value {
    json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } })
}

/// States in JSONata cost what those in JSONPath cost; an expression that fails costs nothing by itself.
async fn in_jsonata(table: &mut Table, plain: &Measured, simple: &Usage) -> Result<()> {
    let one = Options::default();
    let state = |more: &Value| {
        let mut state = more.clone();
        state["QueryLanguage"] = json!("JSONata");
        state
    };
    let pass = state(&json!({
        "Type": "Pass", "Output": { "n": "{% $sum([1..10]) %}" }, "Assign": { "id": "{% $uuid() %}" }
    }));
    let choice = state(&json!({
        "Type": "Choice", "Choices": [{ "Condition": "{% $not($exists($states.input.absent)) %}" }], "Default": "End"
    }));
    let wait = state(&json!({ "Type": "Wait", "Seconds": "{% 6 * 10 %}" }));
    let task = state(&task_in_jsonata());
    for (name, state, counts) in [
        ("Pass, with Output and Assign", &pass, [1, 0, 3, 1]),
        ("Choice", &choice, [1, 0, 3, 1]),
        ("Wait of a minute", &wait, [2, 2, 6, 2]),
        ("Task, callee 100 ms", &task, [2, 0, 4, 1]),
    ] {
        table.row(&format!("JSONata: {name}"), &more(&one, state, 1).await?, 1, counts, None);
    }
    let mut caught = task.clone();
    caught["Output"] = json!("{% $states.result.absent %}");
    caught["Catch"] = json!([{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "End" }]);
    let usage = whole(&one, &chain(1, &caught), json!({}), ExecutionStatus::Succeeded).await?.usage;
    let beyond = usage.beyond(&plain.usage).beyond(simple);
    table.row("JSONata: Output fails and is caught, beyond", &beyond, 1, [0, 0, 0, 0], None);
    let each = state(&json!({
        "Type": "Map", "Items": "{% $states.input.items %}", "ItemSelector": { "n": "{% $states.context.Map.Item.Value %}" },
        "ItemProcessor": one_pass(), "Output": "{% $states.input.done %}"
    }));
    let usage = map(&each, 10).await?.beyond(&plain.usage);
    table.row("JSONata: Map of 10, each item a Pass", &usage, 10, MAP_OF_TEN, None);
    for (name, states_per_invocation, counts) in
        [("order of five states", 1, ORDER), ("order, 8 states per invocation", 8, ORDER_CHAINED)]
    {
        let options = Options { states_per_invocation, ..one.clone() };
        let in_stock = json!([{ "Condition": "{% $states.input.ok %}", "Next": "Charge" }]);
        let mut order = order(&task_in_jsonata(), &in_stock);
        order["QueryLanguage"] = json!("JSONata");
        let usage = whole(&options, &order, json!({}), ExecutionStatus::Succeeded).await?.usage;
        table.row(&format!("JSONata: {name}"), &usage, 1, counts, None);
    }
    Ok(())
}

/// A start reads one item, whatever it names: the machine, a version, or an alias, which knows its versions' revisions.
async fn versions(table: &mut Table, plain: &Measured) -> Result<()> {
    let system = system(&Options::default()).await?;
    let machine = system.create("machine", &chain(0, &json!({ "Type": "Pass" }))).await?;
    system.take_requests();
    let version = system.api.publish_version(&machine, None, None).await?;
    table.row("publish a version", &Usage::of(&system.take_requests()), 1, [2, 4, 0, 0], None);
    let alias = CreateAlias {
        arn: machine.alias("PROD"),
        description: None,
        routing: vec![Routing { version: version.number, weight: 100 }],
    };
    let alias = system.api.create_alias(alias).await?;
    table.row("create an alias", &Usage::of(&system.take_requests()), 1, [2, 8, 0, 0], None);
    let named: [(&str, QualifiedArn); 2] =
        [("a version", machine.version(version.number).into()), ("an alias", alias.arn.into())];
    for (name, arn) in named {
        for round in ["first", "second"] {
            begin(&system);
            let execution =
                system.start_by(arn.clone(), &format!("{}-{round}", name.replace(' ', "-")), json!({})).await?;
            system.settled(&execution).await?;
        }
        let beyond = measured(&system)?.usage.beyond(&plain.usage);
        table.row(&format!("start by {name}, beyond by the machine"), &beyond, 1, [0, 0, 0, 0], None);
    }
    Ok(())
}

/// 10 KB that pass through eight states are written by the first record, and nowhere else.
async fn a_payload_is_stored_once(table: &mut Table, definition: &Value) -> Result<()> {
    let mut state = 1_u64;
    let text: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap_or(0))
    })
    .filter(char::is_ascii_alphanumeric)
    .take(10_240)
    .collect();
    let small = whole(&Options::default(), definition, json!({ "x": 1 }), ExecutionStatus::Succeeded).await?;
    let large = whole(&Options::default(), definition, json!({ "x": text }), ExecutionStatus::Succeeded).await?;
    let written = |measured: &Measured| measured.requests.iter().map(|r| r.units.written_bytes).collect::<Vec<_>>();
    let sum = |measured: &Measured| written(measured).iter().sum::<u64>();
    let beyond = sum(&large).saturating_sub(sum(&small));
    println!("10 KB through 8 states: {beyond} bytes more are written than with 7 bytes");
    table.ensure(beyond < 11_000, || format!("10 KB are written as {beyond} bytes"));
    let count = written(&large).into_iter().filter(|bytes| *bytes > 2_000).count();
    table.ensure(count == 1, || format!("10 KB lie in {count} items"));
    Ok(())
}
