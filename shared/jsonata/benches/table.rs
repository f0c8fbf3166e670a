//! The speed of JSONata, here and elsewhere: the same expressions over the same data in this crate, in `jsonata@2.0.6` on
//! Node (whose folder `JSONATA_JS` names) and in the crate `jsonata-core`, in one run that ends with a table.
//!
//! Everybody parses once, warms up, and tells how long it takes and what comes out, which must be the same. An
//! evaluation starts from what the engine has, `serde_json` values, and ends in one. The crate must convert them; what it
//! needs without that stands in brackets. JavaScript is spared it, and still counts as a rival.
//!
//! The crate is built by a package of its own, `benches/rival`, so that no other build pays for it.

#[path = "table/measure.rs"]
mod measure;
#[path = "table/rows.rs"]
mod rows;

use measure::measure;
use ratchet_jsonata::{Expression, Options, Variable};
use serde_json::{Value, json};
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// What somebody needs for a row, in microseconds.
type Times = Vec<Option<f64>>;

fn main() {
    // Of the arguments that `cargo bench` passes, only a part of a row's name means something here.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let rows: Vec<_> = rows::ROWS.into_iter().filter(|(name, _)| name.contains(&filter)).collect();
    let states = rows::states();
    println!("$states has {} bytes; microseconds per evaluation, parsed once", states.to_string().len());
    let (ours, results): (Times, Vec<Value>) = rows.iter().map(|(_, text)| evaluate(text, &states)).unzip();
    let task = json!({ "states": states, "rows": rows });
    let mut columns = vec![("ratchet-jsonata", ours)];
    let mut unconverted = vec![None; rows.len()];
    match node().and_then(|mut node| ask(&mut node, &task)) {
        Ok(answers) => columns.push(("jsonata-js", times(&answers, "time", &results))),
        Err(error) => {
            println!("SKIPPED: jsonata-js: {error}; have node, and JSONATA_JS name the folder of jsonata@2.0.6");
        }
    }
    match ask(&mut rival(), &task) {
        Ok(answers) => {
            columns.push(("jsonata-core", times(&answers, "converted", &results)));
            unconverted = times(&answers, "time", &results);
        }
        Err(error) => println!("SKIPPED: jsonata-core: {error}; its package benches/rival must build"),
    }
    print(&rows, &columns, &unconverted);
}

/// How long it takes here, and what comes out.
fn evaluate(text: &str, states: &Value) -> (Option<f64>, Value) {
    let expression = Expression::parse(text).expect(text);
    let member = |name| Variable::Json(&states[name]);
    let evaluate = || {
        let members = vec![("input", member("input")), ("context", member("context"))];
        let variables = [("states", Variable::Object(members))];
        let options = Options { variables: &variables, ..Options::default() };
        expression.evaluate_with(None, options).expect(text).into_json()
    };
    (Some(measure(evaluate)), evaluate().unwrap_or_default())
}

fn node() -> Result<Command, Error> {
    let module = std::env::var_os("JSONATA_JS").ok_or_else(|| Error::other("JSONATA_JS is not set"))?;
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/table/reference.js")).env("JSONATA_JS", module);
    Ok(node)
}

fn rival() -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rival");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--release", "--locked", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("rival"));
    cargo
}

/// Gives a program the task, and reads its answers: one for each row.
fn ask(program: &mut Command, task: &Value) -> Result<Vec<Value>, Error> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(task.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(Error::other(format!("it ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

/// The times under that name, of answers that came to the same results as we.
fn times(answers: &[Value], name: &str, results: &[Value]) -> Times {
    assert_eq!(answers.len(), results.len(), "an answer for each row");
    for (answer, result) in answers.iter().zip(results) {
        assert!(is_equal(&answer["result"], result), "{} here, there {}", result, answer["result"]);
    }
    answers.iter().map(|answer| answer[name].as_f64()).collect()
}

/// Equal, numbers by what they are worth: 1.0 and 1 are one number.
fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| is_equal(left, right)))
        }
        (left, right) => left == right,
    }
}

fn print(rows: &[(&str, &str)], columns: &[(&str, Times)], unconverted: &[Option<f64>]) {
    let line = |name: &str, cells: Vec<String>| {
        print!("{name:<26}");
        for cell in cells {
            print!("{cell:>17}");
        }
        println!();
    };
    println!();
    line(
        "",
        columns.iter().map(|(name, _)| *name).chain(["to the best", "(unconverted)"]).map(str::to_owned).collect(),
    );
    for (index, (row, _)) in rows.iter().enumerate() {
        let times: Vec<Option<f64>> = columns.iter().map(|(_, times)| times[index]).collect();
        let best = times.iter().skip(1).copied().flatten().min_by(f64::total_cmp);
        let ratio = times[0].zip(best).map(|(ours, best)| best / ours);
        line(row, times.into_iter().map(cell).chain([cell(ratio) + "x", cell(unconverted[index])]).collect());
    }
    println!();
}

fn cell(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}
