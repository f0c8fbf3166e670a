//! What happens when a state is tested: it is found, checked, tried out, and what follows is told.

use super::mock::Outcome;
use super::{Refused, TestState, TestStatus, Tested, context, mock};
use crate::Orchestrator;
use crate::call::Caller;
use engine::{
    Claim, Cursor, ExecutionFacts, Inspector, MapItem, Mock, Phase, Place, Step, StepContext, Trigger, TryOut,
    VariableLimits,
};
use language::Machine;
use language::machine::StateName;
use model::{Failure, Payload, Seq, StateMachineArn, StrandId, Timestamp, Variables, error_name};
use std::time::Duration;

/// The longest test.
///
/// Source: Step Functions API reference, TestState: "can run for up to five minutes".
const LONGEST: Duration = Duration::from_mins(5);

/// A test under way.
struct Test {
    machine: Machine,
    name: StateName,
    facts: ExecutionFacts,
    inspector: Inspector,
    deadline: Timestamp,
}

impl Orchestrator {
    /// TestState.
    pub async fn test_state(&self, request: TestState) -> Result<Tested, Refused> {
        let (machine, name) = find(&request)?;
        // Found a moment ago.
        let Some(state) = machine.state(name.as_str()) else { return Err(not_found()) };
        let outcome = mock::check(state, &request)?;
        let items = mock::items(state, request.configuration.map_item_reader_data.as_deref())?;
        if let Some(inner) = &request.configuration.error_caused_by_state
            && !machine.inside(&name).contains(&StateName::from(inner.as_str()))
        {
            return Err(Refused::validation("errorCausedByState must name a state inside of the tested state"));
        }
        let facts = self.facts_of_test(&request);
        let given = request.context.as_deref().map(context::parse).transpose()?;
        let mut place = Place::root();
        if given.is_none() && machine.is_iterated(&name) {
            place.item = Some(MapItem { index: 0, value: request.input.clone() });
        }
        let mock = outcome.map(|outcome| engine_mock(outcome, &request));
        place.variables.own = Variables::from_values(request.variables);
        let deadline = facts.started + self.settings().longest_call.map_or(LONGEST, |longest| longest.min(LONGEST));
        let test = Test { machine, name, facts, inspector: Inspector::new(given), deadline };
        let tried = TryOut {
            state: &test.name,
            input: request.input,
            place,
            retries: request.configuration.retrier_retry_count,
            mock: mock.as_ref(),
            items: items.as_ref(),
        };
        let step = self.step_of_test(&test, |context| engine::try_out(&test.machine, tried, context));
        let step = self.to_its_end(&test, step).await;
        let tested = test.tell(step);
        mock::check_iterations(&tested.inspection, request.configuration.map_iteration_failure_count)?;
        Ok(tested)
    }

    /// Lets a state that is not mocked do its work.
    async fn to_its_end(&self, test: &Test, mut step: Option<Step>) -> Option<Step> {
        loop {
            let trigger = match &step.as_ref()?.cursor.phase {
                Phase::Calling(call) => {
                    let left = test.deadline.since(self.now()).max(Duration::from_millis(1));
                    Caller { longest: Some(left), ..self.caller(&test.facts.arn) }.outcome(call).await
                }
                Phase::Waiting(waiting) if !waiting.retry => {
                    let until = waiting.until.min(test.deadline);
                    self.ports().clock.sleep(until.since(self.now())).await;
                    if waiting.until > test.deadline {
                        return Some(timed_out(step?));
                    }
                    Trigger::TimerFired
                }
                Phase::Ready { .. } | Phase::Waiting(_) | Phase::Pending(_) | Phase::Forked(_) | Phase::Ended(_) => {
                    return step;
                }
            };
            let cursor: Cursor<Payload> = step?.cursor;
            step = self.step_of_test(test, |context| engine::step(&test.machine, &cursor, trigger, context));
        }
    }

    fn step_of_test<T>(&self, test: &Test, step: impl FnOnce(&StepContext<'_>) -> T) -> T {
        let (now, token) = (self.now(), self.fresh_id());
        let claim = Claim { worker: self.settings().process.clone(), expires: now + self.settings().claim_lifetime };
        step(&StepContext {
            now,
            seed: self.ports().clock.random(),
            strand: &StrandId::root(),
            seq: 1,
            events_before: 0,
            execution: &test.facts,
            variable_limits: self.settings().max_payload_bytes.map(|_| VariableLimits::AWS),
            max_payload_bytes: self.settings().max_payload_bytes,
            inspector: Some(&test.inspector),
            claim: &claim,
            token: &|_: Seq| token.clone(),
        })
    }

    /// The execution that a test would be.
    fn facts_of_test(&self, request: &TestState) -> ExecutionFacts {
        let machine = StateMachineArn::new(&self.settings().place, &self.fresh_id());
        ExecutionFacts {
            arn: machine.test(&self.fresh_id()),
            machine,
            role_arn: request.role_arn.clone().unwrap_or_default(),
            input: request.input.clone(),
            started: self.now(),
            is_synchronous: true,
        }
    }
}

/// The machine, and the state of it that is tested.
fn find(request: &TestState) -> Result<(Machine, StateName), Refused> {
    match &request.state_name {
        None => {
            let parsed = language::parse_state_to_test(&request.definition).map_err(Refused::Definition)?;
            Ok((parsed.machine, language::LONE_STATE.into()))
        }
        Some(name) => {
            let machine = language::parse_to_test(&request.definition).map_err(Refused::Definition)?.machine;
            let name = StateName::from(name.as_str());
            machine.state(name.as_str()).ok_or_else(not_found)?;
            Ok((machine, name))
        }
    }
}

fn not_found() -> Refused {
    Refused::validation("State not found in definition")
}

fn engine_mock(outcome: Outcome, request: &TestState) -> Mock {
    let failed_iterations = request.configuration.map_iteration_failure_count.unwrap_or_default();
    match outcome {
        Outcome::Result(result) => Mock::Result { result, failed_iterations },
        Outcome::Failure(failure) => Mock::Failure(failure),
    }
}

/// A test that takes too long.
fn timed_out(step: Step) -> Step {
    let phase = Phase::Ended(engine::Outcome::Failed(Failure::named(error_name::TIMEOUT)));
    Step { cursor: Cursor { phase, ..step.cursor }, ..step }
}

impl Test {
    /// What came of it.
    fn tell(&self, step: Option<Step>) -> Tested {
        let inspection = self.inspector.inspection();
        let mut tested = Tested {
            status: TestStatus::Succeeded,
            input: self.facts.input.clone(),
            output: None,
            failure: None,
            next_state: None,
            variables: None,
            inspection,
        };
        let Some(step) = step else {
            tested.status = TestStatus::Failed;
            return tested;
        };
        let Cursor { place, phase, .. } = step.cursor;
        tested.variables = (!place.variables.are_empty()).then(|| place.variables.own.clone());
        match phase {
            Phase::Ready { state, input } => {
                tested.output = Some(input);
                tested.next_state = Some(state);
                if tested.inspection.catcher.is_some() {
                    tested.status = TestStatus::CaughtError;
                    tested.failure.clone_from(&tested.inspection.failure);
                }
            }
            Phase::Ended(engine::Outcome::Succeeded { output }) => tested.output = Some(output),
            Phase::Ended(
                engine::Outcome::Failed(failure)
                | engine::Outcome::Aborted(failure)
                | engine::Outcome::TimedOut(failure),
            ) => {
                tested.status = TestStatus::Failed;
                tested.failure = Some(failure);
            }
            Phase::Waiting(_) | Phase::Calling(_) | Phase::Pending(_) | Phase::Forked(_) => {
                tested.status = TestStatus::Retriable;
                tested.failure.clone_from(&tested.inspection.failure);
            }
        }
        tested
    }
}
