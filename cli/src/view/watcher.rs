//! Looks on as records are put, and shows them: a picture on a terminal, lines elsewhere.

use super::live::Screen;
use super::plain;
use super::tree::{Change, Tree};
use bootstrap::SystemClock;
use model::{ExecutionArn, Payload, StrandId};
use orchestrator::Record;
use orchestrator::ports::{Clock, Observer};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How often a picture is drawn while something goes on.
const FRAME: Duration = Duration::from_millis(80);

/// Where and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watching {
    /// A picture on the terminal at stderr.
    Picture { colors: bool },
    /// Lines on stderr.
    Lines,
    /// Nothing.
    Nothing,
}

impl Watching {
    /// What suits stderr, as NO_COLOR and TERM ask.
    pub(crate) fn for_stderr(quiet: bool) -> Self {
        let colors = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if quiet {
            Self::Nothing
        } else if std::io::stderr().is_terminal() && !dumb {
            Self::Picture { colors }
        } else {
            Self::Lines
        }
    }
}

/// What to tell about a task token that waits for an answer, from the state and the request.
type OnToken = dyn Fn(&str, &Payload) -> Option<String> + Send + Sync;

/// Shows one execution. Others that the same process runs pass unseen.
pub(crate) struct Watcher {
    execution: ExecutionArn,
    watching: Watching,
    state: Mutex<State>,
    /// Told once the execution has ended.
    ended: Notify,
    /// Told of tokens that wait for an answer: state and request.
    on_token: Box<OnToken>,
}

struct State {
    tree: Tree,
    screen: Screen,
    /// Lines that go above the picture at the next frame.
    above: Vec<String>,
    is_silent: bool,
}

impl Watcher {
    /// `on_token` says what to tell about a task token that waits for an answer.
    pub(crate) fn new(execution: ExecutionArn, title: String, watching: Watching, on_token: Box<OnToken>) -> Arc<Self> {
        let colors = matches!(watching, Watching::Picture { colors: true });
        let state =
            State { tree: Tree::default(), screen: Screen::new(title, colors), above: Vec::new(), is_silent: false };
        Arc::new(Self { execution, watching, state: Mutex::new(state), ended: Notify::new(), on_token })
    }

    /// Takes in what happened before this process began, without telling it line by line.
    pub(crate) fn catch_up(&self, records: &[Record]) {
        let mut state = self.lock();
        for record in records {
            let _ = state.tree.apply(record);
        }
    }

    /// Shows a line above the picture, or among the other lines.
    pub(crate) fn say(&self, line: String) {
        let mut state = self.lock();
        match self.watching {
            Watching::Picture { .. } if !state.is_silent => state.above.push(line),
            Watching::Picture { .. } | Watching::Lines | Watching::Nothing => tell(&line),
        }
    }

    /// Draws until the execution has ended; then draws it once more.
    pub(crate) async fn draw_until_ended(&self) {
        loop {
            let is_over = tokio::select! {
                () = self.ended.notified() => true,
                () = tokio::time::sleep(FRAME) => self.lock().tree.ended.is_some(),
            };
            self.draw();
            if is_over {
                return;
            }
        }
    }

    /// Draws the picture as it is now.
    pub(crate) fn draw(&self) {
        let mut state = self.lock();
        if let (Watching::Picture { .. }, false) = (self.watching, state.is_silent) {
            let State { tree, screen, above, .. } = &mut *state;
            // A terminal that is gone is no reason to stop the work.
            let _ = screen.draw(tree, SystemClock.now(), above);
            above.clear();
        }
    }

    /// Draws no more: what follows is the last word.
    pub(crate) fn finish(&self) {
        self.draw();
        self.lock().is_silent = true;
    }

    /// Looks at the tree as it is now.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Tree) -> T) -> T {
        at(&self.lock().tree)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watcher {
    fn recorded(&self, execution: &ExecutionArn, record: &Record) {
        if *execution != self.execution {
            return;
        }
        let mut state = self.lock();
        let changes = state.tree.apply(record);
        let strand = &record.key.strand;
        for change in &changes {
            let mut said = Vec::new();
            if self.watching == Watching::Lines && !plain::is_too_much(change, siblings(&state.tree, strand)) {
                let started = state.tree.started.unwrap_or(record.time);
                said.extend(plain::line(change, &state.tree.path(strand), started, record.time));
            }
            if let Change::Token(name, request) = change {
                said.extend((self.on_token)(name, request));
            }
            for line in said.iter().flat_map(|text| text.lines()) {
                match self.watching {
                    Watching::Picture { .. } => state.above.push(line.to_owned()),
                    Watching::Lines | Watching::Nothing => tell(line),
                }
            }
        }
        if state.tree.ended.is_some() {
            self.ended.notify_one();
        }
    }
}

/// How many children the strand's own fork has: the largest one around it.
fn siblings(tree: &Tree, strand: &StrandId) -> u32 {
    let mut most = 0;
    let mut strand = strand.clone();
    while let Some((parent, fork, _)) = strand.parent() {
        let steps = tree.strand(&parent).map(|found| found.steps.as_slice()).unwrap_or_default();
        let total = steps.iter().filter_map(|step| step.fork).find(|(at, _)| *at == fork).map_or(0, |(_, total)| total);
        most = most.max(total);
        strand = parent;
    }
    most
}

fn tell(line: &str) {
    // Nobody may read stderr any more.
    let _ = writeln!(std::io::stderr(), "{line}");
}
