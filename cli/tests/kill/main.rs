//! `kill -9` loses nothing.
//!
//! The real `ratchet local` runs several hundred executions with Waits, retries, Parallel, Map, task tokens and
//! activities, is killed again and again at random moments, and is started again on the same data. Then every
//! execution must have ended as it must, every history must be whole, and no call may have been made twice without a
//! Retry: by the word of the history, and by that of the functions, which live in this process and keep a log.
//!
//! What runs is in `workload`; what a history must be like, in `history`; histories against callees, in `audit`.
//! A failure names its seed: `KILL_SEED=n cargo test -p ratchet-cli --test kill` kills at the same moments again.
#![cfg(unix)]

mod audit;
mod callee;
mod client;
mod definition;
mod history;
mod mutilated;
mod people;
mod random;
mod server;
mod workload;

use anyhow::{Context as _, bail, ensure};
use audit::Kill;
use callee::Callee;
use client::{Client, Endpoint};
use definition::Definition;
use history::Event;
use people::People;
use random::Random;
use serde_json::{Value, json};
use server::Server;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use workload::{Expected, Machine};

const KILLS: u64 = 12;
/// Clients that start executions at the same time.
const CLIENTS: usize = 6;
/// How long anything may take. A machine under load needs much less; only a hang takes as long.
const PATIENCE: Duration = Duration::from_mins(3);
/// Problems that are printed.
const SHOWN: usize = 25;

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice() -> anyhow::Result<()> {
    let seed = match std::env::var("KILL_SEED") {
        Ok(text) => text.parse().with_context(|| format!("KILL_SEED is a number, not {text}"))?,
        Err(_) => Duration::from_secs_f64(now()?).subsec_nanos().into(),
    };
    println!("seed {seed}");
    let folder = tempfile::tempdir()?;
    let result = run(seed, folder.path());
    if result.is_err() {
        println!("data and logs are kept in {}", folder.keep().display());
    }
    result.with_context(|| format!("seed {seed}; again: KILL_SEED={seed} cargo test -p ratchet-cli --test kill"))
}

/// An execution that a client started.
struct Started {
    arn: String,
    machine: usize,
}

fn run(seed: u64, folder: &Path) -> anyhow::Result<()> {
    let mut random = Random::seeded(seed);
    let (ask, questions) = mpsc::channel();
    let callee = Callee::start(Random::seeded(random.next()), ask)?;
    let tasks = folder.join("tasks.toml");
    std::fs::write(&tasks, format!("[lambda.\"*\"]\nurl = \"http://{}\"\n", callee.address))?;
    let mut killer = Killer { folder, tasks: &tasks, endpoint: Endpoint::default(), starts: 0, kills: Vec::new() };
    let mut server = killer.start()?;
    killer.found(&mut server)?;

    let mut client = Client::new(&killer.endpoint);
    let activity = client.must("CreateActivity", &json!({"name": "by-hand"}), PATIENCE)?;
    let activity = activity["activityArn"].as_str().context("an activityArn")?.to_owned();
    let machines = workload::machines(&activity);
    let mut arns = Vec::new();
    for machine in &machines {
        let body = json!({
            "name": machine.name,
            "definition": machine.definition.to_string(),
            "roleArn": "arn:aws:iam::123456789012:role/kill",
        });
        let created = client.must("CreateStateMachine", &body, PATIENCE)?;
        arns.push(created["stateMachineArn"].as_str().context("a stateMachineArn")?.to_owned());
    }
    let people = People::start(&killer.endpoint, Random::seeded(random.next()), questions, &activity, 3);
    let starter = Starter::begin(&killer.endpoint, &machines, &arns);

    let mut jobs: Vec<(usize, usize)> = machines
        .iter()
        .enumerate()
        .flat_map(|(machine, of)| (0..of.executions).map(move |number| (machine, number)))
        .collect();
    random.shuffle(&mut jobs);
    let total = jobs.len();
    let batch = total.div_ceil(usize::try_from(KILLS)?);
    let began = Instant::now();
    for round in 0..KILLS {
        for job in jobs.split_off(jobs.len().saturating_sub(batch)) {
            starter.start(job);
        }
        let wait = Duration::from_millis(random.between(120, 1_300));
        std::thread::sleep(wait);
        killer.kill(&mut server)?;
        println!("kill {round} {:?} after the start, {} calls so far", wait, callee.calls().len());
        server = killer.start()?;
        if random.between(0, 2) == 0 {
            // While it is about to find out what there is to go on with.
            let wait = Duration::from_millis(random.between(0, 120));
            std::thread::sleep(wait);
            killer.kill(&mut server)?;
            println!("  and {wait:?} after it was started again");
            server = killer.start()?;
        }
        killer.found(&mut server)?;
    }
    let started = starter.finish()?;
    ensure!(started.len() == total, "{} of {total} executions were started", started.len());
    all_end(&mut client, &arns, &mut server)?;
    println!("all have ended {:?} after the first start; killed {} times", began.elapsed(), killer.kills.len());

    let given = people.finish(PATIENCE)?;
    let before = histories(&mut client, &started)?;
    let mut problems = check_ends(&mut client, &machines, &arns, &started, &before)?;
    for (arn, events) in &before {
        let machine = started.iter().find(|started| started.arn == *arn).map_or(0, |started| started.machine);
        let of = &machines[machine];
        for problem in history::check(events, &Definition::read(&of.definition)) {
            problems.push(format!("{arn}: {problem}"));
        }
    }
    let (counted, found) = audit::check(&before, &callee.calls(), &given, &killer.kills);
    problems.extend(found);
    println!("{counted}");

    // What has ended is as durable as what runs.
    killer.kill(&mut server)?;
    server = killer.start()?;
    killer.found(&mut server)?;
    let after = histories(&mut client, &started)?;
    for (arn, events) in &before {
        let same = after.get(arn).is_some_and(|after| format!("{after:?}") == format!("{events:?}"));
        if !same {
            problems.push(format!("{arn}: another history after one more restart"));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let count = problems.len();
    if let Some(events) = before.iter().find(|(arn, _)| problems[0].starts_with(arn.as_str())).map(|(_, events)| events)
    {
        for event in events {
            println!("{:4} {:4} {:.3} {} {}", event.id, event.previous, event.time, event.kind, event.details);
        }
    }
    problems.truncate(SHOWN);
    bail!("{count} problems:\n{}\n\nthe server's last words:\n{}", problems.join("\n"), server.said())
}

/// Starts and kills servers on one data directory.
struct Killer<'a> {
    folder: &'a Path,
    tasks: &'a Path,
    endpoint: Endpoint,
    starts: usize,
    kills: Vec<Kill>,
}

impl Killer<'_> {
    fn start(&mut self) -> anyhow::Result<Server> {
        self.starts += 1;
        Server::start(&self.folder.join("data"), self.tasks, self.folder.join(format!("server-{}.log", self.starts)))
    }

    fn found(&self, server: &mut Server) -> anyhow::Result<()> {
        self.endpoint.set(Some(server.address(PATIENCE)?));
        Ok(())
    }

    fn kill(&mut self, server: &mut Server) -> anyhow::Result<()> {
        let before = now()?;
        server.kill()?;
        self.endpoint.set(None);
        self.kills.push(Kill { before, after: now()? });
        Ok(())
    }
}

/// Clients that start executions, and stop those that are there to be stopped.
struct Starter {
    jobs: mpsc::Sender<(usize, usize)>,
    clients: Vec<std::thread::JoinHandle<anyhow::Result<Vec<Started>>>>,
}

impl Starter {
    fn begin(endpoint: &Endpoint, machines: &[Machine], arns: &[String]) -> Self {
        let (jobs, queue) = mpsc::channel::<(usize, usize)>();
        let queue = Arc::new(Mutex::new(queue));
        let facts: Arc<Vec<(String, &'static str, Value, Expected)>> = Arc::new(
            machines
                .iter()
                .zip(arns)
                .map(|(machine, arn)| (arn.clone(), machine.name, machine.input.clone(), machine.expected))
                .collect(),
        );
        let clients = (0..CLIENTS).map(|_| {
            let (queue, facts, mut client) = (Arc::clone(&queue), Arc::clone(&facts), Client::new(endpoint));
            std::thread::spawn(move || {
                let mut started = Vec::new();
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((machine, number)) = job else { return Ok(started) };
                    let (state_machine, name, input, expected) = &facts[machine];
                    let name = format!("{name}-{number}");
                    let mut input = input.clone();
                    if let Some(fields) = input.as_object_mut() {
                        fields.insert("until".to_owned(), soon()?.into());
                    }
                    let body = json!({ "stateMachineArn": state_machine, "name": name, "input": input.to_string() });
                    let answer = client.insist("StartExecution", &body, PATIENCE)?;
                    let arn = match answer.result {
                        Ok(value) => value["executionArn"].as_str().context("an executionArn")?.to_owned(),
                        // An attempt without an answer had started it, and it has ended since.
                        Err(refusal) if answer.repeated && refusal.error == "ExecutionAlreadyExists" => {
                            format!("{}:{name}", state_machine.replace(":stateMachine:", ":execution:"))
                        }
                        Err(refusal) => bail!("StartExecution of {name}: {}: {}", refusal.error, refusal.message),
                    };
                    if *expected == Expected::Aborted {
                        let body = json!({ "executionArn": arn, "error": "Stopped", "cause": "by the test" });
                        client.must("StopExecution", &body, PATIENCE)?;
                    }
                    started.push(Started { arn, machine });
                }
            })
        });
        Self { jobs, clients: clients.collect() }
    }

    fn start(&self, job: (usize, usize)) {
        // Where the clients failed, `finish` says why.
        let _ = self.jobs.send(job);
    }

    fn finish(self) -> anyhow::Result<Vec<Started>> {
        drop(self.jobs);
        let mut started = Vec::new();
        for client in self.clients {
            started.extend(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(started)
    }
}

/// Two to three seconds from now, in UTC.
fn soon() -> anyhow::Result<String> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let seconds = now()? as i64 + 3;
    Ok(jiff::Timestamp::from_second(seconds)?.to_string())
}

/// Seconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "the test stands outside of the process whose clock is a port")]
fn now() -> anyhow::Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64())
}

/// Waits until no execution runs any more.
fn all_end(client: &mut Client, arns: &[String], server: &mut Server) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        server.must_live()?;
        let mut running = Vec::new();
        for arn in arns {
            let body = json!({ "stateMachineArn": arn, "statusFilter": "RUNNING" });
            running.extend(client.all("ListExecutions", body, "executions")?);
        }
        if running.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            for execution in running.iter().take(3) {
                println!("{} is still running:", execution["executionArn"]);
                for event in history_of(client, execution["executionArn"].as_str().unwrap_or_default())? {
                    println!("{:4} {:4} {:.3} {} {}", event.id, event.previous, event.time, event.kind, event.details);
                }
            }
            bail!("{} executions are still running after {PATIENCE:?}; the server: {}", running.len(), server.said());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn history_of(client: &mut Client, arn: &str) -> anyhow::Result<Vec<Event>> {
    // Small pages, so that there are several.
    let body = json!({ "executionArn": arn, "maxResults": 60 });
    Ok(client.all("GetExecutionHistory", body, "events")?.iter().map(Event::read).collect())
}

fn histories(client: &mut Client, started: &[Started]) -> anyhow::Result<BTreeMap<String, Vec<Event>>> {
    started.iter().map(|started| Ok((started.arn.clone(), history_of(client, &started.arn)?))).collect()
}

/// Each execution ended as it must, and lists and descriptions agree with its history.
fn check_ends(
    client: &mut Client,
    machines: &[Machine],
    arns: &[String],
    started: &[Started],
    histories: &BTreeMap<String, Vec<Event>>,
) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for arn in arns {
        let body = json!({ "stateMachineArn": arn, "maxResults": 7 });
        for execution in client.all("ListExecutions", body, "executions")? {
            let arn = execution["executionArn"].as_str().unwrap_or_default().to_owned();
            listed.entry(arn).or_default().push(execution["status"].as_str().unwrap_or_default().to_owned());
        }
    }
    for Started { arn, machine } in started {
        let machine = &machines[*machine];
        let described = client.must("DescribeExecution", &json!({ "executionArn": arn }), PATIENCE)?;
        let status = described["status"].as_str().unwrap_or_default();
        let statuses = listed.remove(arn).unwrap_or_default();
        if statuses != [status] {
            problems.push(format!("{arn}: listed as {statuses:?}, described as {status}"));
        }
        let events = histories.get(arn).map(Vec::as_slice).unwrap_or_default();
        let Some((first, last)) = events.first().zip(events.last()) else {
            problems.push(format!("{arn}: no history"));
            continue;
        };
        let agrees = last.kind.to_uppercase() == format!("EXECUTION{}", status.replace('_', ""))
            && described["input"] == first.details["input"]
            && described["output"] == last.details["output"]
            && (status == "TIMED_OUT" || described["error"] == last.details["error"])
            && (status == "TIMED_OUT" || described["cause"] == last.details["cause"])
            && near(&described["startDate"], first.time)
            && near(&described["stopDate"], last.time);
        if !agrees {
            problems.push(format!("{arn}: described as {described}, but it ends with {last:?}"));
        }
        let error = described["error"].as_str().unwrap_or_default();
        let fits = match machine.expected {
            Expected::Succeeded => status == "SUCCEEDED",
            Expected::SucceededOrUnknown => status == "SUCCEEDED" || (status == "FAILED" && error == "Lambda.Unknown"),
            Expected::Failed(expected) => status == "FAILED" && error == expected,
            Expected::Aborted => status == "ABORTED" && error == "Stopped",
            Expected::TimedOut => status == "TIMED_OUT",
        };
        if !fits {
            problems.push(format!("{arn}: expected {:?}, found {described}", machine.expected));
        }
        if let (Some(expected), false) = (&machine.entered, error == "Lambda.Unknown") {
            let mut entered: BTreeMap<&str, usize> = BTreeMap::new();
            for event in events.iter().filter(|event| event.is_entered()) {
                *entered.entry(event.text("name")).or_default() += 1;
            }
            if entered != *expected {
                problems.push(format!("{arn}: states were entered {entered:?}, expected {expected:?}"));
            }
        }
        if machine.name == "map" {
            let output: Value = serde_json::from_str(last.text("output")).unwrap_or_default();
            if output != workload::map_output() {
                problems.push(format!("{arn}: gave {output}"));
            }
        }
    }
    problems.extend(listed.keys().map(|arn| format!("{arn}: listed, but nobody started it")));
    Ok(problems)
}

/// The same instant, as far as it is written.
fn near(date: &Value, time: f64) -> bool {
    date.as_f64().is_some_and(|date| (date - time).abs() < 0.02)
}
