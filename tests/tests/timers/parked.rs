//! Parked timers: thousands of them, sweeps that are cut short, schedules that rest, and what it costs.
//!
//! The first half runs in a world of the simulation, the second on the deployed system with an AWS that counts.

use acceptance::cloud::prices::Usage;
use acceptance::cloud::system::{Options as SystemOptions, System, TABLE};
use acceptance::cloud::{Effect, Fault, Service};
use acceptance::timing::Scene;
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use model::{ExecutionArn, Timestamp};
use orchestrator::ports::{Clock, Minute, Timers};
use serde_json::{Value, json};
use simulation::{Deployment, Faults, Options};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn functions() -> Options {
    Options { deployment: Deployment::Functions, ..Options::default() }
}

/// Waits until the time that its input says.
fn until() -> Value {
    json!({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "TimestampPath": "$", "End": true}}})
}

/// So many executions, each with the second at which its Wait ends.
async fn wait_all(scene: &Scene, seconds: impl Iterator<Item = u64>) -> Result<Vec<(Value, i64)>> {
    let machine = scene.create("machine", &until()).await?;
    // Whole seconds: what is written down of a time are its milliseconds.
    let began = Timestamp::from_micros(scene.now().as_micros() / 1_000_000 * 1_000_000);
    let mut started = Vec::new();
    for (index, seconds) in seconds.enumerate() {
        let due = began + Duration::from_secs(seconds);
        let execution = scene.start(&machine, &index.to_string(), &json!(due.to_string())).await?;
        started.push((execution, due.as_micros()));
    }
    Ok(started)
}

/// How late each execution ended, in microseconds; an error if one has not, or was early.
async fn lateness(scene: &Scene, started: &[(Value, i64)]) -> Result<Vec<i64>> {
    let mut late = Vec::new();
    for (execution, due) in started {
        let arn = execution.as_str().context("an ARN")?.parse()?;
        let meta = orchestrator::ports::Journal::meta(scene.world.journal().as_ref(), &arn).await?;
        let meta = meta.context("it was started")?;
        let stopped = meta.stopped.with_context(|| format!("{arn} has not ended"))?;
        ensure!(stopped.as_micros() >= *due, "{arn} ended {} us early", due - stopped.as_micros());
        late.push(stopped.as_micros() - due);
    }
    Ok(late)
}

/// All have ended, none of them so much later than its time.
async fn ended_within(scene: &Scene, started: &[(Value, i64)], bound: Duration) -> Result<()> {
    let latest = lateness(scene, started).await?.into_iter().max().unwrap_or_default();
    ensure!(latest <= i64::try_from(bound.as_micros())?, "one ended {latest} us late");
    ensure!(scene.world.timers().count() == 0, "{} timers are left", scene.world.timers().count());
    Ok(())
}

#[test]
fn five_thousand_waits_over_six_hours_end_each_at_its_time() -> Result<()> {
    Scene::play(functions(), None, &async |scene: &Scene| {
        // Spread by a number that shares nothing with the number of seconds.
        let seconds = (0..5_000_u64).map(|index| 901 + index * 7_919 % 21_600);
        let started = wait_all(scene, seconds).await?;
        ensure!(scene.world.timers().count() > 4_900, "{} are parked", scene.world.timers().count());
        scene.sleep(HOUR * 7).await;
        ended_within(scene, &started, Duration::from_millis(20)).await?;
        let sent: usize = scene.sweeps.done().iter().map(|swept| swept.sent).sum();
        ensure!(sent == started.len(), "{sent} were sent of {}", started.len());
        Ok(())
    })
}

#[test]
fn three_thousand_waits_that_end_in_one_minute_end_each_at_its_time() -> Result<()> {
    Scene::play(functions(), None, &async |scene: &Scene| {
        let started = wait_all(scene, (0..3_000_u64).map(|index| 2_400 + index % 60)).await?;
        ensure!(scene.world.timers().count() == started.len());
        scene.sleep(HOUR).await;
        // Their clock moves by a microsecond with each look of each of them.
        ended_within(scene, &started, Duration::from_millis(200)).await?;
        let most = scene.sweeps.done().iter().map(|swept| swept.sent).max().unwrap_or_default();
        ensure!(most > 100, "no sweep had more than one page: {most}");
        Ok(())
    })
}

#[test]
fn waits_end_when_the_schedule_runs_again_and_not_before_their_time() -> Result<()> {
    for rest in [4, 10, 90, 26 * 60, 3 * 24 * 60] {
        Scene::play(functions(), None, &async |scene: &Scene| {
            // Some are due before the schedule rests, some while it does, and some after.
            let last = rest * 60 + 7_200;
            let started = wait_all(scene, (0..200_u64).map(|index| 901 + index * last / 200)).await?;
            // Something waits all the time.
            scene.run("long", &until(), &json!("2026-12-01T00:00:00Z")).await?;
            scene.sleep(HOUR / 2).await;
            scene.sweeps.every(0);
            scene.sleep(Duration::from_mins(rest)).await;
            scene.sweeps.every(1);
            let goes_on = scene.now().as_micros() + 60_000_000;
            scene.sleep(Duration::from_secs(last) + HOUR).await;
            for ((execution, due), late) in started.iter().zip(lateness(scene, &started).await?) {
                // Whatever was sent five minutes ahead, the rest with the first sweep that there was again.
                let bound = (goes_on - due).max(0) + 50_000;
                ensure!(late <= bound, "{execution} was {late} us late, at most {bound}");
                ensure!(rest > 4 || late < 50_000, "{execution} was {late} us late after {rest} minutes");
            }
            ensure!(scene.world.timers().count() == 1, "{} timers are left", scene.world.timers().count());
            // Sweeps look at an hour that is past, and no further.
            let watermark = scene.world.timers().watermark().await?.context("it was swept")?;
            let behind = Minute::of(scene.now()).0 - watermark.0;
            ensure!((60..=71).contains(&behind), "the watermark is {behind} minutes behind");
            Ok(())
        })
        .with_context(|| format!("a rest of {rest} minutes"))?;
    }
    Ok(())
}

#[test]
fn the_first_sweep_of_all_finds_what_was_parked_while_there_was_no_schedule() -> Result<()> {
    for rest in [2, 23] {
        Scene::play(functions(), None, &async |scene: &Scene| {
            scene.sweeps.every(0);
            let started = wait_all(scene, (0..50_u64).map(|index| 901 + index * 3)).await?;
            scene.sleep(HOUR * rest).await;
            ensure!(scene.world.timers().count() == started.len());
            scene.sweeps.every(1);
            scene.sleep(Duration::from_mins(2)).await;
            ended_within(scene, &started, HOUR * (rest + 1)).await
        })
        .with_context(|| format!("{rest} hours"))?;
    }
    Ok(())
}

#[test]
fn nothing_is_lost_when_sweeps_die_in_the_middle() -> Result<()> {
    for seed in 1..=6 {
        // Crashes between any two calls: also between the send and the removal.
        let faults = Faults { refused: 5, crashes: 15, at_most: 40, ..Faults::default() };
        let options = Options { seed, faults, ..functions() };
        Scene::play_through(options, None, &async |scene: &Scene| {
            // Not the first sweep of all, which looks back a day.
            scene.world.timers().set_watermark(Minute(Minute::of(scene.now()).0 - 60)).await?;
            let started = wait_all(scene, (0..200_u64).map(|index| 1_200 + index % 240)).await?;
            scene.sleep(HOUR * 2).await;
            let late = lateness(scene, &started).await?;
            ensure!(scene.world.timers().count() == 0, "{} timers are left", scene.world.timers().count());
            ensure!(scene.world.generations() > 1, "nothing crashed");
            // Each crash costs the rest of a sweep at most, and the next one comes a minute later.
            let latest = late.into_iter().max().unwrap_or_default();
            let bound = i64::from(scene.world.generations()) * 60_000_000;
            println!("{} lives, {latest} us late at most", scene.world.generations());
            ensure!(latest < bound, "one was {latest} us late");
            Ok(())
        })
        .with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

/// The deployed system, with so many executions whose Waits end at one time an hour ahead, parked.
async fn parked(system: &System, count: usize) -> Result<Vec<ExecutionArn>> {
    let wait = json!({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3_600, "End": true}}});
    let machine = system.create("machine", &wait).await?;
    let names: Vec<_> = (0..count).map(|index| format!("wait-{index}")).collect();
    let mut started = Vec::new();
    for some in names.chunks(20) {
        started.extend(try_join_all(some.iter().map(|name| system.start(&machine, name, json!({})))).await?);
    }
    // The safety wakes come, and find that all is well.
    quiet(system).await?;
    Ok(started)
}

/// Waits until no message is left.
async fn quiet(system: &System) -> Result<()> {
    for _ in 0..20_000 {
        if system.cloud.sqs().count(system.step_queue()) == 0 {
            return Ok(());
        }
        system.clock().sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("messages are left: {:?}", system.cloud.sqs().bodies(system.step_queue()))
}

/// All have ended, and no message is left or was given up.
async fn all_ended(system: &System, started: &[ExecutionArn]) -> Result<()> {
    quiet(system).await?;
    ensure!(system.dead_letters().is_empty(), "{:?}", system.dead_letters());
    for execution in started {
        let status = system.status(execution)?;
        ensure!(status == "SUCCEEDED", "{execution} is {status}");
    }
    Ok(())
}

fn on_aws(body: &impl AsyncFn(&System) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let system = System::deploy(&SystemOptions { batch_size: 10, ..SystemOptions::default() }).await?;
        // Its first sweep, which looks back a day, is over.
        let minute = Minute::of(system.clock().now()).0 - 60;
        let watermark = json!({
            "TableName": TABLE,
            "Item": {"pk": {"S": "SETTINGS"}, "sk": {"S": "WATERMARK"}, "minute": {"N": minute.to_string()}}
        });
        system.cloud.dynamodb().behind("PutItem", &watermark)?;
        body(&system).await
    })
}

#[test]
fn a_parked_timer_costs_a_put_a_deletion_and_a_tenth_of_a_request() -> Result<()> {
    const COUNT: usize = 200;
    on_aws(&async |system: &System| {
        system.cloud.take_requests();
        let started = parked(system, COUNT).await?;
        let parks = Usage::of(&of_timers(system, "PutItem"));
        let bytes = bytes_of_a_timer(system)?;
        system.clock().sleep(Duration::from_mins(58)).await;
        system.cloud.take_requests();
        let began = system.clock().elapsed();
        let swept = system.sweep_within(Duration::from_secs(33)).await?;
        let took = system.clock().elapsed().saturating_sub(began);
        ensure!(swept.sent == COUNT && !swept.unfinished, "{swept:?}");
        let requests = system.take_requests();
        let sweep = Usage::of(&requests);
        println!(
            "{COUNT} timers of {bytes} bytes: parked with {} writes, swept with {} writes, {} reads and {} requests to SQS \
             in {took:?}, {} requests in all",
            parks.writes,
            sweep.writes,
            sweep.half_reads / 2,
            sweep.sqs,
            requests.len()
        );
        let count = u64::try_from(COUNT)?;
        ensure!(bytes < 500, "more than a write unit's half: {bytes} bytes");
        // The safety wake of a start settles the strand a minute later, and so parks its timer once more.
        ensure!(parks.writes == count * 2, "{parks:?}");
        ensure!(sweep.writes - count <= 1, "a deletion each, and now and then the watermark: {sweep:?}");
        ensure!(sweep.sqs == count / 10, "messages are sent in batches of ten: {}", sweep.sqs);
        // 76 minutes of a full sweep in all shards at most, and the pages of one minute.
        ensure!(sweep.half_reads < 2_000, "{sweep:?}");
        all_ended(system, &started).await
    })
}

/// How much DynamoDB stores for a timer on the average: names and values, and 100 bytes for the item.
fn bytes_of_a_timer(system: &System) -> Result<usize> {
    let found = system.cloud.dynamodb().behind("Scan", &json!({"TableName": TABLE}))?;
    let items = found["Items"].as_array().context("a scan gives items")?.iter();
    let timers: Vec<_> = items.filter(|item| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("T#"))).collect();
    ensure!(!timers.is_empty(), "none is parked");
    let size = |value: &Value| match value.as_object().and_then(|value| value.iter().next()) {
        // Base64 has four characters for three bytes.
        Some((kind, Value::String(text))) if kind == "B" => text.len() * 3 / 4,
        Some((_, Value::String(text))) => text.len(),
        _ => 0,
    };
    let sizes =
        timers.iter().filter_map(|item| item.as_object()).flatten().map(|(name, value)| name.len() + size(value));
    Ok(sizes.sum::<usize>() / timers.len() + 100)
}

/// Requests so far of this operation that are about timers.
fn of_timers(system: &System, operation: &str) -> Vec<acceptance::cloud::Request> {
    let requests = system.cloud.requests().into_iter();
    requests.filter(|request| request.operation == operation && request.text().contains("\"T#")).collect()
}

#[test]
fn a_sweep_that_runs_out_of_time_is_gone_on_with() -> Result<()> {
    on_aws(&async |system: &System| {
        let started = parked(system, 250).await?;
        system.clock().sleep(Duration::from_mins(58)).await;
        let (mut sent, mut sweeps) = (0, 0);
        loop {
            let began = system.clock().elapsed();
            let swept = system.sweep_within(Duration::from_millis(300)).await?;
            // As long as a look at the minutes before takes; and then one page of a hundred.
            let took = system.clock().elapsed().saturating_sub(began);
            ensure!(took < Duration::from_secs(1), "a sweep that had 300 ms took {took:?}");
            (sent, sweeps) = (sent + swept.sent, sweeps + 1);
            if sent == started.len() {
                break;
            }
            ensure!(sweeps < 200, "it never comes to an end: {sent} are sent");
        }
        ensure!(sweeps > 1, "{sent} were sent in {sweeps} sweeps");
        all_ended(system, &started).await
    })
}

#[test]
fn timers_are_sent_before_they_are_removed() -> Result<()> {
    on_aws(&async |system: &System| {
        let started = parked(system, 80).await?;
        system.clock().sleep(Duration::from_mins(58)).await;
        // Not one can be removed: all of the first page are sent, and all are there the next time.
        system.cloud.inject(Fault::every(Service::DynamoDb, "DeleteItem", Effect::ServerError));
        ensure!(system.sweep().await.is_err(), "a sweep that fails says so");
        let sent = system.cloud.sqs().count(system.step_queue());
        ensure!(sent >= 50, "{sent} were sent");
        system.cloud.heal();
        // And not one is removed that cannot be sent.
        system.cloud.inject(Fault::every(Service::Sqs, "SendMessageBatch", Effect::ServerError));
        ensure!(system.sweep().await.is_err());
        ensure!(system.cloud.sqs().count(system.step_queue()) == sent, "something was sent");
        system.cloud.heal();
        let swept = system.sweep_within(Duration::from_secs(33)).await?;
        ensure!(swept.sent == started.len(), "{swept:?}");
        // Those that were sent twice find their waits over.
        all_ended(system, &started).await
    })
}

#[test]
fn a_timer_that_the_queue_never_takes_holds_up_no_other() -> Result<()> {
    on_aws(&async |system: &System| {
        let wait = json!({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3_600, "End": true}}});
        let machine = system.create("machine", &wait).await?;
        // Its wake is longer than those of the others by as much as its name is.
        system.start(&machine, &"x".repeat(80), json!({})).await?;
        system.clock().sleep(Duration::from_secs(1)).await;
        let started = parked(system, 30).await?;
        let queue = acceptance::cloud::sqs::QueueSettings { max_bytes: 320, ..Default::default() };
        system.cloud.sqs().create_queue(system.step_queue(), queue);
        system.clock().sleep(Duration::from_mins(58)).await;
        let swept = system.sweep_within(Duration::from_secs(33)).await?;
        ensure!(swept.sent == started.len() && swept.refused == 1, "{swept:?}");
        Ok(())
    })
}

#[test]
fn a_schedule_that_was_off_for_a_day_catches_up_sweep_by_sweep() -> Result<()> {
    on_aws(&async |system: &System| {
        let started = parked(system, 20).await?;
        system.sweep().await?;
        system.clock().sleep(Duration::from_hours(24)).await;
        // As many requests as there are minutes in all shards take longer than an invocation has.
        system.cloud.set_latency(Duration::from_millis(20));
        let (mut sent, mut sweeps) = (0, 0);
        loop {
            let began = system.clock().elapsed();
            let swept = system.sweep_within(Duration::from_secs(33)).await?;
            let took = system.clock().elapsed().saturating_sub(began);
            ensure!(took < Duration::from_secs(40), "an invocation of 50 s was too short: {took:?}");
            (sent, sweeps) = (sent + swept.sent, sweeps + 1);
            if !swept.unfinished {
                break;
            }
            ensure!(sweeps < 10, "it does not come forward");
            system.clock().sleep(Duration::from_secs(27)).await;
        }
        println!("a day was caught up with in {sweeps} sweeps");
        ensure!(sent == started.len(), "{sent} were sent");
        ensure!(sweeps > 1, "there was nothing to catch up with");
        all_ended(system, &started).await
    })
}
