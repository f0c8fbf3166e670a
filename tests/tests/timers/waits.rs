//! Wait states, from nothing to a year.

use crate::{happened, only};
use acceptance::timing::{Scene, both};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use simulation::{Deployment, Options};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

fn wait(field: &str, value: &Value) -> Value {
    json!({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", field: value, "End": true}}})
}

/// The execution entered its Wait at once, and left it at this time.
async fn waited(scene: &Scene, execution: &Value, millis: u64) -> Result<()> {
    let end = scene.ended(execution, Duration::from_millis(millis) + Duration::from_hours(1)).await?;
    ensure!(end["status"] == "SUCCEEDED", "{end}");
    let left = [("WaitStateExited", millis), ("ExecutionSucceeded", millis)];
    let history = scene.history(execution).await?;
    happened(&history, &[&[("ExecutionStarted", 0), ("WaitStateEntered", 0)], &left[..]].concat())
}

#[test]
fn a_wait_lasts_as_long_as_it_says() -> Result<()> {
    both(&async |scene: &Scene| {
        let seconds = [0, 1, 14 * MINUTE + 59, 15 * MINUTE, 15 * MINUTE + 1, 20 * MINUTE + 59, HOUR, HOUR + 1, DAY];
        let by_path = scene.create("by-path", &wait("SecondsPath", &json!("$.seconds"))).await?;
        let mut executions = Vec::new();
        for seconds in seconds {
            let name = format!("for-{seconds}");
            // The language has no Wait of more than 99,999,999 s, and none of 0 s but by path.
            if seconds > 0 {
                executions.push((seconds, scene.run(&name, &wait("Seconds", &json!(seconds)), &json!({})).await?));
            }
            executions.push((seconds, scene.start(&by_path, &name, &json!({"seconds": seconds})).await?));
        }
        for (seconds, execution) in &executions {
            waited(scene, execution, seconds * 1_000).await?;
        }
        ensure!(scene.world.timers().count() == 0, "{} timers are parked", scene.world.timers().count());
        Ok(())
    })
}

#[test]
fn a_wait_of_a_year_ends_on_time_though_nobody_looked_until_its_last_day() -> Result<()> {
    both(&async |scene: &Scene| {
        let execution = scene.run("year", &wait("Seconds", &json!(YEAR)), &json!({})).await?;
        scene.sweeps.every(0);
        scene.sleep(Duration::from_secs(YEAR - HOUR)).await;
        ensure!(scene.described(&execution).await?["status"] == "RUNNING");
        scene.sweeps.every(1);
        waited(scene, &execution, YEAR * 1_000).await
    })
}

#[test]
fn an_execution_that_waits_for_longer_than_it_is_kept_is_kept_and_seldom_written_again() -> Result<()> {
    let options = Options {
        deployment: Deployment::Functions,
        settings: |settings| settings.retention = Some(Duration::from_secs(10 * DAY)),
        ..Options::default()
    };
    Scene::play(options, None, &async |scene: &Scene| {
        let execution = scene.run("long", &wait("Seconds", &json!(100 * DAY)), &json!({})).await?;
        scene.sweeps.every(0);
        scene.sweeps.look_through();
        scene.sleep(Duration::from_secs(100 * DAY - HOUR)).await;
        ensure!(scene.described(&execution).await?["status"] == "RUNNING");
        // Whatever is written again costs as much as the first time: once for each half of its time, not once a day.
        let retained = scene.sweeps.retained();
        ensure!((10..=25).contains(&retained), "it was written again {retained} times in 100 days");
        scene.sweeps.every(1);
        waited(scene, &execution, 100 * DAY * 1_000).await
    })
}

#[test]
fn the_longest_wait_of_the_language_goes_by_path() -> Result<()> {
    both(&async |scene: &Scene| {
        scene.sweeps.every(5);
        let by_path = scene.create("by-path", &wait("SecondsPath", &json!("$"))).await?;
        let execution = scene.start(&by_path, "longest", &json!(99_999_999_u64)).await?;
        // Three years: it has begun, and is not over before its time.
        scene.sleep(Duration::from_secs(3)).await;
        let history = scene.history(&execution).await?;
        happened(&history, &[("ExecutionStarted", 0), ("WaitStateEntered", 0)])?;
        let parked = usize::from(scene.world.options().deployment == Deployment::Functions);
        ensure!(scene.world.timers().count() == parked, "{} timers are parked", scene.world.timers().count());
        Ok(())
    })
}

#[test]
fn a_wait_ends_at_its_timestamp() -> Result<()> {
    both(&async |scene: &Scene| {
        // The clock of a world begins with 2026, to the microsecond.
        let by_path = scene.create("by-path", &wait("TimestampPath", &json!("$"))).await?;
        let mut executions = Vec::new();
        for (index, (timestamp, millis)) in [
            ("2025-12-31T23:59:59Z", 0),
            ("1969-07-20T20:17:40Z", 0),
            ("0001-01-01T00:00:00Z", 0),
            ("2026-01-01T00:00:00Z", 0),
            ("2026-01-01T00:00:10Z", 10_000),
            ("2026-01-01T00:00:10.250Z", 10_250),
            ("2026-01-01T00:00:10.123456789Z", 10_123),
            ("2026-01-01T01:00:20+01:00", 20_000),
            ("2025-12-31T18:30:30.5-05:30", 30_500),
            ("2026-01-01T00:20:00Z", 20 * 60_000),
            ("2026-01-02T05:30:00.001+05:30", 24 * 3_600_000 + 1),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("at-{index}");
            executions.push((millis, scene.run(&name, &wait("Timestamp", &json!(timestamp)), &json!({})).await?));
            executions.push((millis, scene.start(&by_path, &name, &json!(timestamp)).await?));
        }
        for (millis, execution) in &executions {
            let end = scene.ended(execution, Duration::from_hours(48)).await?;
            ensure!(end["status"] == "SUCCEEDED", "{end}");
            let history = scene.history(execution).await?;
            let exited = only(&history, "WaitStateExited")?.at;
            // They began a few microseconds into the year.
            ensure!(exited + 20 >= *millis && exited <= millis + 20, "left at {exited} ms, expected {millis}");
            let left: f64 = end["stopDate"].to_string().parse()?;
            ensure!(
                *millis == 0 || (left - 1_767_225_600.0) * 1_000.0 >= f64::from(u32::try_from(*millis)?) - 0.001,
                "it left early: {left}, {millis}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_hostile_timestamp_fails_the_execution_with_words() -> Result<()> {
    both(&async |scene: &Scene| {
        let by_path = scene.create("by-path", &wait("TimestampPath", &json!("$.at"))).await?;
        let no_format =
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format";
        let too_long = "Wait state delay is too long.";
        let missing = "The TimestampPath parameter does not reference an input value: $.at";
        for (index, (input, cause)) in [
            (json!({"at": 5}), no_format),
            (json!({"at": null}), no_format),
            (json!({"at": true}), no_format),
            (json!({"at": []}), no_format),
            (json!({"at": ""}), no_format),
            (json!({"at": "tomorrow"}), no_format),
            (json!({"at": "2026-01-01"}), no_format),
            (json!({"at": "2026-01-01T00:00:00"}), no_format),
            (json!({"at": "2026-01-01 00:00:00Z"}), no_format),
            (json!({"at": "2026-02-30T00:00:00Z"}), no_format),
            (json!({"at": "2026-01-01T25:00:00Z"}), no_format),
            (json!({"at": "2026-01-01T00:00:00+99:00"}), no_format),
            (json!({"at": "99999-01-01T00:00:00Z"}), no_format),
            (json!({"at": "2026-01-01T00:00:00Z\u{0}"}), no_format),
            (json!({"at": "２０２６-01-01T00:00:00Z"}), no_format),
            (json!({"at": "9999-12-31T23:59:59Z"}), too_long),
            (json!({"at": "2095-01-01T00:00:00Z"}), too_long),
            (json!({}), missing),
        ]
        .into_iter()
        .enumerate()
        {
            let execution = scene.start(&by_path, &format!("hostile-{index}"), &input).await?;
            let end = scene.ended(&execution, Duration::from_mins(1)).await?;
            ensure!(end["error"] == "States.Runtime", "{input}: {end}");
            ensure!(end["cause"].as_str().is_some_and(|said| said.contains(cause)), "{input}: {end}");
        }
        Ok(())
    })
}

#[test]
fn a_hostile_number_of_seconds_fails_the_execution_or_is_over() -> Result<()> {
    both(&async |scene: &Scene| {
        let by_path = scene.create("by-path", &wait("SecondsPath", &json!("$.seconds"))).await?;
        let no_long = Some("The SecondsPath parameter cannot be parsed as a long value: $.seconds == ");
        let too_long = Some("Wait state delay is too long.");
        let missing = Some("The SecondsPath parameter does not reference an input value: $.seconds");
        for (index, (input, cause)) in [
            (r#"{"seconds": 0}"#, None),
            (r#"{"seconds": -1}"#, None),
            (r#"{"seconds": -9223372036854775808}"#, None),
            (r#"{"seconds": 1.5}"#, no_long),
            (r#"{"seconds": "3"}"#, no_long),
            (r#"{"seconds": null}"#, no_long),
            (r#"{"seconds": [3]}"#, no_long),
            (r#"{"seconds": 1e400}"#, no_long),
            (r#"{"seconds": 9223372036854775808}"#, no_long),
            (r#"{"seconds": 9223372036854775807}"#, too_long),
            (r#"{"seconds": 2147483648}"#, too_long),
            ("{}", missing),
        ]
        .into_iter()
        .enumerate()
        {
            let execution = scene.start(&by_path, &format!("hostile-{index}"), &serde_json::from_str(input)?).await?;
            let end = scene.ended(&execution, Duration::from_mins(1)).await?;
            match cause {
                None => ensure!(end["status"] == "SUCCEEDED", "{input}: {end}"),
                Some(cause) => {
                    ensure!(end["error"] == "States.Runtime", "{input}: {end}");
                    ensure!(end["cause"].as_str().is_some_and(|said| said.contains(cause)), "{input}: {end}");
                }
            }
        }
        Ok(())
    })
}
