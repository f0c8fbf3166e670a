//! The model: what can happen next, and what the world is then.

use crate::defects::Defect;
use crate::properties::Violations;
use crate::protocol::Protocol;
use crate::record::{Cause, Phase, Record, Strand};
use crate::state::Budget;
use crate::state::{Kind, Message, Meta, State};
use crate::turn::Turn;
use crate::worker::{Op, Then, Worker};
use stateright::Model;

/// What can happen. Numbers are places in the vectors of the [`State`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Somebody calls StopExecution.
    Stop,
    /// Somebody calls RedriveExecution.
    Redrive,
    /// Somebody calls SendTaskSuccess with this token.
    Answer(usize),
    /// A message is brought to a worker.
    Deliver {
        /// The message.
        message: usize,
        /// The process of the worker.
        process: u8,
        /// Whether a copy of it stays behind.
        copy: bool,
    },
    /// A worker dies.
    Crash(usize),
    /// A message becomes visible though its worker lives.
    Expire(usize),
    /// The answer to the put that a worker is about to make is lost.
    LoseAnswer {
        /// The worker.
        worker: usize,
        /// Whether the put was carried out.
        is_applied: bool,
    },
    /// A worker makes its next request.
    Act {
        /// The worker.
        worker: usize,
        /// What it does where it has the choice.
        choice: Choice,
    },
}

/// What a worker does with a record whose writer may still be at work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// It goes on.
    GoOn,
    /// It gives the message back.
    GiveBack,
}

impl Protocol {
    fn may_be_delivered(&self, state: &State, message: &Message) -> bool {
        let is_early = message.safety && self.defect != Some(Defect::SafetyComesEarly);
        let poisons = self.has_poison();
        let has_caller =
            || state.workers.iter().any(|worker| worker.message.kind.is_api() || poisons && worker.breaks_off());
        let waits = message.after.is_some_and(|(strand, seq)| state.is_at_work(strand, seq));
        !(waits || is_early && has_caller())
    }

    /// Processes that differ in what they remember, and are free.
    fn processes<'s>(&self, state: &'s State) -> impl Iterator<Item = u8> + use<'s> {
        let is_busy = |process: u8| state.workers.iter().any(|worker| worker.process == process);
        let is_new = |process: u8| !state.acted.iter().any(|(of, ..)| *of == process);
        let mut has_new = false;
        (0..self.bounds.processes.max(1)).filter(move |process| {
            let fresh = is_new(*process);
            let first_new = !fresh || !has_new;
            // Without memory, all are the same.
            let free = !is_busy(*process) || state.acted.is_empty();
            has_new |= fresh && free;
            free && first_new
        })
    }

    fn call_api(&self, state: State, strand: Strand, kind: Kind) -> State {
        self.begin(state, Worker::new(Message::new(strand, kind), u8::MAX))
    }

    fn begin(&self, state: State, worker: Worker) -> State {
        let mut turn = Turn { protocol: self, state, worker };
        turn.worker.calls = turn.makes_calls();
        turn.begin();
        turn.skip_notes();
        // What is read first may as well be read as late as the message comes, unless it comes to others meanwhile.
        let reads = turn.worker.stack.last().is_some_and(Op::is_read);
        let works_on = !reads || turn.state.budget.expiries > 0 || turn.perform(Choice::GoOn);
        Self::end(turn, works_on)
    }

    fn act(&self, state: &State, worker: usize, then: impl FnOnce(&mut Turn<'_>) -> bool) -> State {
        let mut state = state.clone();
        let worker = state.workers.remove(worker);
        let mut turn = Turn { protocol: self, state, worker };
        let works_on = then(&mut turn);
        Self::end(turn, works_on)
    }

    /// The world after a worker's turn.
    fn end(mut turn: Turn<'_>, mut works_on: bool) -> State {
        let Budget { crashes, expiries, .. } = turn.state.budget;
        // A message that is sent at once and comes late is as good as one that is sent late, if nothing befalls the
        // sender in between.
        while works_on && crashes == 0 && expiries == 0 && turn.worker.is_about_to_send() {
            works_on = turn.perform(Choice::GoOn);
        }
        // Nobody waits for whoever has nothing left to do and no message to acknowledge.
        let is_over = turn.worker.stack == [Op::Done] && !turn.worker.owns && !turn.worker.message.kind.is_api();
        let works_on = works_on && !is_over;
        let Turn { mut state, worker, .. } = turn;
        if works_on {
            state.employ(worker);
        }
        state
    }

    fn crash(&self, mut state: State, worker: usize) -> State {
        state.budget.crashes -= 1;
        let worker = state.workers.remove(worker);
        state.acted.retain(|(process, ..)| *process != worker.process);
        if worker.owns {
            state.send(self.brought_again(worker.message));
        }
        if let Kind::Callback(since) = worker.message.kind {
            // The caller has no answer, and asks again.
            let key = (worker.message.strand, since);
            if let Some(token) = state.tokens.iter_mut().find(|token| (token.strand, token.since) == key) {
                token.uses += 1;
            }
        }
        state
    }

    /// What a worker may do with its next request.
    fn choices(&self, state: &State, worker: &Worker) -> &'static [Choice] {
        match worker.stack.last() {
            Some(Op::Head { strand, then: Then::Answer { seq, .. } }) => {
                if state.is_live(*strand, *seq) {
                    &[Choice::GiveBack]
                } else if !state.is_at_work(*strand, *seq) {
                    &[Choice::GoOn]
                } else if self.bounds.slow {
                    &[Choice::GoOn, Choice::GiveBack]
                } else {
                    &[Choice::GiveBack]
                }
            }
            _ => &[Choice::GoOn],
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State {
            journal: Vec::new(),
            sets: Vec::new(),
            meta: Meta::default(),
            queue: Vec::new(),
            workers: Vec::new(),
            tokens: Vec::new(),
            acted: Vec::new(),
            budget: self.bounds.budget,
            asked: None,
            answered: false,
            violations: Violations::default(),
        };
        if self.bounds.starts {
            return vec![self.call_api(state, Strand::ROOT, Kind::Start)];
        }
        let phase = Phase::Ready { at: 0 };
        let first = Record { phase, since: 0, attempts: 0, cause: Cause::Started, writer: 0, redrives: 0 };
        state.append(Strand::ROOT, first);
        state.send(Message { carry: Some((0, first)), ..Message::new(Strand::ROOT, Kind::Step(0)) });
        if self.machine.timeout {
            state.send(Message::new(Strand::ROOT, Kind::ExecutionTimeout(0)));
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let Budget { crashes, copies, expiries, doubts, stops, redrives } = state.budget;
        let is_open = state.meta.end.is_none() && !state.journal.is_empty();
        if stops > 0 && is_open {
            actions.push(Action::Stop);
        }
        if redrives > 0 && state.meta.end.is_some_and(|end| end != crate::record::Outcome::Succeeded) {
            actions.push(Action::Redrive);
        }
        for (at, token) in state.tokens.iter().enumerate() {
            if token.uses > 0 {
                actions.push(Action::Answer(at));
            }
        }
        let at_work = state.workers.iter().filter(|worker| !worker.message.kind.is_api()).count();
        if at_work < self.bounds.workers {
            for (at, message) in state.queue.iter().enumerate() {
                let is_copy = at > 0 && state.queue[at - 1] == *message;
                if is_copy || !self.may_be_delivered(state, message) {
                    continue;
                }
                for process in self.processes(state) {
                    actions.push(Action::Deliver { message: at, process, copy: false });
                    if copies > 0 {
                        actions.push(Action::Deliver { message: at, process, copy: true });
                    }
                }
            }
        }
        for (at, worker) in state.workers.iter().enumerate() {
            if at > 0 && state.workers[at - 1] == *worker {
                continue;
            }
            // To die before a read is to die before what comes after it.
            if crashes > 0 && !worker.stack.last().is_none_or(Op::is_read) {
                actions.push(Action::Crash(at));
            }
            if expiries > 0 && worker.owns {
                actions.push(Action::Expire(at));
            }
            if doubts > 0 && matches!(worker.stack.last(), Some(Op::Put { doubt: 0, .. })) {
                actions.push(Action::LoseAnswer { worker: at, is_applied: true });
                actions.push(Action::LoseAnswer { worker: at, is_applied: false });
            }
            for choice in self.choices(state, worker) {
                actions.push(Action::Act { worker: at, choice: *choice });
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        Some(match action {
            Action::Stop => {
                let asked = last.head(Strand::ROOT).map(|(_, head)| head.redrives);
                let budget = Budget { stops: last.budget.stops - 1, ..last.budget };
                self.call_api(
                    State { budget, asked, ..last.clone() },
                    Strand::ROOT,
                    Kind::Stop(asked.unwrap_or_default()),
                )
            }
            Action::Redrive => {
                let budget = Budget { redrives: last.budget.redrives - 1, ..last.budget };
                self.call_api(State { budget, ..last.clone() }, Strand::ROOT, Kind::Redrive)
            }
            Action::Answer(token) => {
                let mut state = last.clone();
                let token = &mut state.tokens[token];
                token.uses -= 1;
                let (strand, since) = (token.strand, token.since);
                self.call_api(state, strand, Kind::Callback(since))
            }
            Action::Deliver { message, process, copy } => {
                let mut state = last.clone();
                let message = if copy {
                    state.budget.copies -= 1;
                    state.queue[message]
                } else {
                    state.queue.remove(message)
                };
                let message = Message { after: None, ..message };
                self.begin(state, Worker::new(message, process))
            }
            Action::Crash(worker) => self.crash(last.clone(), worker),
            Action::Expire(worker) => {
                let mut state = last.clone();
                state.budget.expiries -= 1;
                let mut worker = state.workers.remove(worker);
                state.send(self.brought_again(worker.message));
                worker.owns = false;
                state.employ(worker);
                state
            }
            Action::LoseAnswer { worker, is_applied } => self.act(last, worker, |turn| {
                turn.lose_answer(is_applied);
                true
            }),
            Action::Act { worker, choice } => self.act(last, worker, |turn| turn.perform(choice)),
        })
    }
}
