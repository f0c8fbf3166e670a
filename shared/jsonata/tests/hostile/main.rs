//! Expressions made to hang, to exhaust memory or to overflow the stack. Each ends, on a thread with the smallest stack
//! that is common, with a value or an error; the table that is printed tells by which bound.
//!
//! Without optimization, steps are bounded more tightly. `cargo test --release --test hostile -- --nocapture` takes the
//! default bounds and shows what the longest takes; `HOSTILE_STEPS` sets another bound.

mod depth;
mod functions;
mod growth;
mod loops;
mod patterns;
mod syntax;

use ratchet_jsonata::{Dialect, Expression, Limit, Limits, Options, Seeded};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The stack of a worker of the usual runtimes, and of a test.
const STACK: usize = 2 * 1024 * 1024;

/// Steps without optimization.
const FEW_STEPS: u64 = 100_000;

/// Longest that one evaluation may take: without optimization, on a busy machine; and with it.
const PATIENCE: Duration = if cfg!(debug_assertions) { Duration::from_mins(1) } else { Duration::from_secs(3) };

fn limits() -> Limits {
    let default = Limits::default();
    let steps = std::env::var("HOSTILE_STEPS").ok().and_then(|steps| steps.parse().ok());
    Limits { steps: steps.unwrap_or(if cfg!(debug_assertions) { FEW_STEPS } else { default.steps }), ..default }
}

fn own(expressions: &[&str]) -> Vec<String> {
    expressions.iter().map(|expr| (*expr).to_owned()).collect()
}

fn repeat(open: &str, middle: &str, close: &str, times: usize) -> String {
    [open.repeat(times), middle.to_owned(), close.repeat(times)].concat()
}

fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread starts");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What became of an expression: `value`, `syntax`, `error` or the bound that was hit.
fn fate(expr: &Expression, input: &Value, dialect: Dialect, limits: Limits) -> &'static str {
    let mut random = Seeded::new(1);
    let options = Options { limits, dialect, random: Some(&mut random), ..Options::default() };
    match expr.evaluate_with(input, options) {
        Ok(_) => "value",
        Err(error) => match error.limit() {
            Some(Limit::Depth) => "depth",
            Some(Limit::Steps) => "steps",
            Some(Limit::Memory) => "memory",
            Some(Limit::Nesting) => "nesting",
            None => "error",
        },
    }
}

/// Time that this thread has run, where the system tells that: other programs may keep a machine busy. Else, time that
/// has passed.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), Self::run())
    }

    fn run() -> Option<Duration> {
        let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        statistics.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }

    fn elapsed(&self) -> Duration {
        match (self.1, Self::run()) {
            (Some(start), Some(now)) => now.saturating_sub(start),
            _ => self.0.elapsed(),
        }
    }
}

/// What became of the expressions of one kind.
#[derive(Default)]
struct Row {
    fates: BTreeMap<&'static str, usize>,
    /// Most steps, as a power of two, that one took which was not stopped by their bound.
    steps: u64,
    slowest: (Duration, String),
}

impl Row {
    fn add(&mut self, expr: &str, input: &Value) {
        let start = Clock::start();
        let parsed = Expression::parse(expr);
        self.time(&start, expr);
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                return *self.fates.entry(if error.limit().is_some() { "depth" } else { "syntax" }).or_insert(0) += 1;
            }
        };
        let start = Clock::start();
        drop(parsed.references());
        self.time(&start, expr);
        // A deeper bound in the reference's dialect: what fits the stack, not what AWS has.
        for (dialect, depth) in [(Dialect::Aws, limits().depth), (Dialect::Reference, 200)] {
            let start = Clock::start();
            let fate = fate(&parsed, input, dialect, Limits { depth, ..limits() });
            self.time(&start, expr);
            *self.fates.entry(fate).or_insert(0) += 1;
            if fate != "steps" {
                self.steps = self.steps.max(steps_of(&parsed, input, dialect, depth));
            }
        }
    }

    fn time(&mut self, start: &Clock, expr: &str) {
        let taken = start.elapsed();
        let shown: String = expr.chars().take(120).collect();
        assert!(taken < PATIENCE, "{shown} took {taken:?}");
        if taken > self.slowest.0 {
            self.slowest = (taken, shown);
        }
    }
}

/// The least power of two whose steps are enough.
fn steps_of(expr: &Expression, input: &Value, dialect: Dialect, depth: usize) -> u64 {
    let mut steps = 1024;
    while fate(expr, input, dialect, Limits { depth, steps, ..limits() }) == "steps" {
        steps *= 2;
    }
    steps
}

#[test]
fn every_hostile_expression_ends() {
    let kinds = [
        ("depth of expressions", depth::deep()),
        ("recursion", depth::recursive()),
        ("strings", growth::strings()),
        ("sequences", growth::sequences()),
        ("objects", growth::objects()),
        ("values shared and nested", growth::shared()),
        ("numbers and their pictures", functions::numbers()),
        ("dates and their pictures", functions::dates()),
        ("sorting", functions::sorting()),
        ("regular expressions", patterns::patterns()),
        ("large work in loops", loops::loops()),
        ("large texts", syntax::syntax()),
    ];
    on_small_stack(|| {
        let input = json!({"a": [{"a": [1, 2, {"b": 3}], "b": 1}], "b": [[[1]]]});
        let (mut total, mut slowest) = (0, (Duration::ZERO, String::new()));
        for (kind, expressions) in kinds {
            let mut row = Row::default();
            for expr in &expressions {
                row.add(expr, &input);
            }
            let fates: Vec<_> = row.fates.iter().map(|(fate, count)| format!("{fate} {count}")).collect();
            println!(
                "{kind:<27} {:>3} expressions; in two dialects: {}; else up to {} steps; slowest {} ms",
                expressions.len(),
                fates.join(", "),
                row.steps,
                row.slowest.0.as_millis()
            );
            total += expressions.len();
            slowest = slowest.max(row.slowest);
        }
        println!("{total} in all; the slowest took {:?}: {}", slowest.0, slowest.1);
    });
}

#[test]
fn what_is_done_in_loops_is_well_formed() {
    for expr in loops::loops() {
        assert!(Expression::parse(&expr).is_ok(), "{}", &expr[..expr.len().min(200)]);
    }
}

#[test]
fn input_that_nests_deeper_than_any_bound_is_refused_or_passed_on() {
    on_small_stack(|| {
        let mut input = json!(1);
        for _ in 0..10_000 {
            input = Value::Array(vec![input]);
        }
        for expr in
            ["**", "*", "$string($)", "$ = $$", "a", "$clone($)", "$spread($)", "$keys($)", "$boolean($)", "$count($)"]
        {
            fate(&Expression::parse(expr).expect(expr), &input, Dialect::Reference, limits());
        }
        // Dropping such a value level by level is the caller's to see to.
        while let Some(inner) = input.as_array_mut().and_then(Vec::pop) {
            input = inner;
        }
    });
}

#[test]
fn input_of_long_numbers_and_names_costs_what_it_takes() {
    let long = "9".repeat(100_000);
    let input: Value =
        serde_json::from_str(&format!(r#"{{"n": 0.{long}, "a": [0.{long}], "{long}": 1}}"#)).expect("JSON");
    for work in [
        "$n + 1",
        "$n = $n",
        "$sum($a)",
        "$max($a)",
        "$a = [$n]",
        "$n in $a",
        "$sort($append($a, $a))",
        "$string($n)",
        "$keys($)",
    ] {
        let text = format!("($n := n; $a := a; $f := function($i) {{ ({work}; $f($i + 1)) }}; $f(0))");
        let start = Clock::start();
        let fate = fate(&Expression::parse(&text).expect("parses"), &input, Dialect::Reference, limits());
        assert!(fate == "steps" && start.elapsed() < PATIENCE, "{work}: {fate} after {:?}", start.elapsed());
    }
}
