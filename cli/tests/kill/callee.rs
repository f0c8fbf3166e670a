//! The functions that the executions call: a server in the test's own process, so it survives every kill and its
//! word counts. It speaks the Lambda Invoke API and keeps a log of every call.

use crate::client::{content_length, read_line};
use crate::random::Random;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufReader, Error, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// One call, as the callee saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who called, and in which attempt; see [`key`].
    pub(crate) key: String,
    /// What the answer carries, to be found again in the history.
    pub(crate) serial: u64,
    /// The error it was answered with, if any.
    pub(crate) error: Option<&'static str>,
}

/// Names one attempt of one visit of a state of one execution: no two calls may have the same.
pub(crate) fn key(payload: &Value) -> String {
    let part = |name: &str| match &payload[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!(
        "{} {} n={} entered={} retry={}",
        part("execution"),
        part("state"),
        part("n"),
        part("entered"),
        part("retry")
    )
}

/// A question that somebody must answer by a task token.
pub(crate) struct Question {
    pub(crate) key: String,
    pub(crate) token: String,
}

/// The functions.
#[derive(Clone)]
pub(crate) struct Callee {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    calls: Vec<Call>,
    /// How often each state of an execution was called, for those that fail at first.
    seen: HashMap<String, u64>,
    random: Random,
    questions: mpsc::Sender<Question>,
}

impl Callee {
    /// Begins to listen.
    pub(crate) fn start(random: Random, questions: mpsc::Sender<Question>) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let state = State { calls: Vec::new(), seen: HashMap::new(), random, questions };
        let callee = Self { address: listener.local_addr()?, state: Arc::new(Mutex::new(state)) };
        let own = callee.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let callee = own.clone();
                // A connection ends with the server's process, which is no failure here.
                std::thread::spawn(move || callee.serve(stream));
            }
        });
        Ok(callee)
    }

    /// Every call so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) -> Result<(), Error> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        loop {
            read_line(&mut stream, &mut line)?;
            let length = content_length(&mut stream)?;
            let mut body = vec![0; length];
            stream.read_exact(&mut body)?;
            let event: Value = serde_json::from_slice(&body).map_err(Error::other)?;
            let (answer, failed, delay) = self.answer(&event);
            std::thread::sleep(delay);
            let failed = if failed { "X-Amz-Function-Error: Unhandled\r\n" } else { "" };
            let answer = answer.to_string();
            let response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Amz-Executed-Version: $LATEST\r\n{failed}\
                 Content-Length: {}\r\n\r\n{answer}",
                answer.len()
            );
            stream.get_mut().write_all(response.as_bytes())?;
        }
    }

    /// Notes the call before anything else: from here on it has happened.
    fn answer(&self, event: &Value) -> (Value, bool, Duration) {
        let mut state = self.lock();
        let serial = state.calls.len() as u64 + 1;
        let visit = format!("{} {} {}", event["execution"], event["state"], event["n"]);
        let seen = state.seen.entry(visit).or_default();
        *seen += 1;
        let error = if event["declined"] == json!(true) {
            Some("Declined")
        } else if event["fail"].as_u64().is_some_and(|times| *seen <= times) {
            Some("Flaky")
        } else {
            None
        };
        let key = key(event);
        state.calls.push(Call { key: key.clone(), serial, error });
        let delay = Duration::from_millis(state.random.between(1, 40));
        if let (Some(token), None) = (event["token"].as_str(), error) {
            // The test may be over.
            let _ = state.questions.send(Question { key, token: token.to_owned() });
        }
        match error {
            Some(name) => (json!({ "errorType": name, "errorMessage": format!("call {serial}") }), true, delay),
            None => (json!({ "serial": serial, "n": event["n"] }), false, delay),
        }
    }
}
