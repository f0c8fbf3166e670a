//! Those who answer from outside: humans with task tokens, and activities' workers. Each answer carries a mark of its
//! own, so that the history shows whether it counted.

use crate::callee::Question;
use crate::client::{Client, Endpoint, Failed};
use crate::random::Random;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long an answer is repeated that nobody takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// An answer that was given, and what the service said to it.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) about: String,
    pub(crate) mark: u64,
    /// The service's error; none: it was taken.
    pub(crate) refused: Option<String>,
}

/// Humans and workers.
#[derive(Clone)]
pub(crate) struct People {
    endpoint: Endpoint,
    marks: Arc<AtomicU64>,
    open: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    given: Arc<Mutex<Vec<anyhow::Result<Given>>>>,
}

impl People {
    /// They begin: each question of the receiver is answered by a human, and workers poll the activity.
    pub(crate) fn start(
        endpoint: &Endpoint,
        mut random: Random,
        questions: mpsc::Receiver<Question>,
        activity: &str,
        workers: usize,
    ) -> Self {
        let people = Self {
            endpoint: endpoint.clone(),
            marks: Arc::default(),
            open: Arc::default(),
            over: Arc::default(),
            given: Arc::default(),
        };
        for number in 0..workers {
            let (worker, activity) = (people.clone(), activity.to_owned());
            std::thread::spawn(move || worker.work(&activity, &format!("worker-{number}")));
        }
        let humans = people.clone();
        std::thread::spawn(move || {
            for question in questions {
                humans.open.fetch_add(1, Ordering::SeqCst);
                // Often before the call that asked has returned.
                let thinking = Duration::from_millis(random.between(0, 4) * random.between(0, 150));
                let human = humans.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(thinking);
                    human.answer(&question.token, question.key);
                    human.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        people
    }

    /// What they said, once all have been heard.
    pub(crate) fn finish(&self, patience: Duration) -> anyhow::Result<Vec<Given>> {
        self.over.store(true, Ordering::SeqCst);
        let until = Instant::now() + patience;
        while self.open.load(Ordering::SeqCst) > 0 {
            anyhow::ensure!(Instant::now() < until, "answers to task tokens are still on their way after {patience:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    fn answer(&self, token: &str, about: String) {
        let mark = self.marks.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({ "taskToken": token, "output": json!({ "mark": mark }).to_string() });
        let sent = Client::new(&self.endpoint).insist("SendTaskSuccess", &body, PATIENCE);
        let given = sent.map(|answer| Given { about, mark, refused: answer.result.err().map(|refusal| refusal.error) });
        self.given.lock().unwrap_or_else(PoisonError::into_inner).push(given);
    }

    fn work(&self, activity: &str, name: &str) {
        let mut client = Client::new(&self.endpoint);
        let body = json!({ "activityArn": activity, "workerName": name });
        while !self.over.load(Ordering::SeqCst) {
            match client.call("GetActivityTask", &body) {
                Ok(task) => {
                    if let (Some(token), Some(input)) = (task["taskToken"].as_str(), task["input"].as_str()) {
                        self.open.fetch_add(1, Ordering::SeqCst);
                        // A heartbeat that is refused says that the task is over, which the answer will say too.
                        let _ = client.call("SendTaskHeartbeat", &json!({ "taskToken": token }));
                        let input: Value = serde_json::from_str(input).unwrap_or_default();
                        self.answer(token, crate::callee::key(&input));
                        self.open.fetch_sub(1, Ordering::SeqCst);
                    }
                }
                // A worker whose poll was cut off polls again.
                Err(Failed::NoAnswer(_) | Failed::Refused { .. }) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}
