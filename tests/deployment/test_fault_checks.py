"""The checks find what they are for: each passes for what is right, and fails when one thing in it is not."""

import asyncio
import random
from collections import Counter, defaultdict
from types import SimpleNamespace

import pytest

import fault_checks
from fault_machines import MACHINES, Case

ARN = "arn:aws:states:us-east-1:123456789012:execution:m:one"
VISIT = ("T", None, "2026-11-21T18:00:00.000Z", 0)


def world() -> fault_checks.Checks:
    """One execution that made one call, was stopped too late, and is all right."""
    execution = SimpleNamespace(
        machine="m", name="one", arn=ARN, case=Case({}, output=7), status="SUCCEEDED",
        is_started=True, stopped_at=None, redrives=0, tokens={}, accepted=[],
    )  # fmt: skip
    callee = SimpleNamespace(calls=defaultdict(Counter), times=defaultdict(list))
    callee.calls["one"][*VISIT, 0] = 1
    callee.times["one"] = [100.0]
    checks = fault_checks.Checks(
        SimpleNamespace(callee=callee), SimpleNamespace(executions=[execution], problems=[]), {}, Counter()
    )
    types = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskSucceeded", "TaskStateExited"]
    types.append("ExecutionSucceeded")
    checks.described[ARN] = {"status": "SUCCEEDED", "output": "7"}
    checks.histories[ARN] = [{"id": n + 1, "previousEventId": n, "type": it} for n, it in enumerate(types)]
    checks.metas[ARN] = {"run": {"S": "r"}}
    phases = [{"Ready": {}}, {"Calling": {}}, {"Ended": {}}]
    checks.runs[ARN, "r"]["0"] = {seq: {"cursor": {"phase": phase}} for seq, phase in enumerate(phases)}
    checks.left = {"StepQueue": 0}
    return checks


def failing(checks: fault_checks.Checks) -> str:
    """What the checks say that fail, together."""
    said = []
    for _, check in fault_checks.CHECKS:
        try:
            asyncio.run(check(checks))
        except AssertionError as error:
            said.append(str(error))
    return "; ".join(said)


def only(checks: fault_checks.Checks):
    (execution,) = checks.driver.executions
    return execution


def test_what_is_right_passes():
    assert failing(world()) == ""


def lost(it):
    only(it).status = it.described[ARN]["status"] = "RUNNING"


def never_there(it):
    it.described[ARN]["status"] = "ExecutionDoesNotExist"


def failed(it):
    it.described[ARN] = {"status": "FAILED", "error": "States.Runtime"}


def another_output(it):
    it.described[ARN]["output"] = "8"


def another_cause(it):
    only(it).case = Case({}, status="FAILED", error="Broke", cause="on purpose")
    it.described[ARN] = {"status": "FAILED", "error": "Broke", "cause": "of itself"}


def output_of_no_token(it):
    only(it).case = Case({}, has_token=True)
    only(it).tokens = {"t": 6}


def output_of_a_token_that_lost(it):
    only(it).case = Case({}, has_token=True)
    only(it).tokens, only(it).accepted = {"t": 6, "u": 7}, [6]


def called_twice(it):
    it.system.callee.calls["one"][*VISIT, 0] = 2


def called_unscheduled(it):
    it.system.callee.calls["one"][*VISIT, 1] = 1


def gap_in_the_history(it):
    del it.histories[ARN][2]


def two_terminal_events(it):
    it.histories[ARN].append({"id": 7, "previousEventId": 6, "type": "ExecutionAborted"})


def redriven_unseen(it):
    only(it).redrives = 1


def no_terminal_event(it):
    it.histories[ARN].pop()


def refers_forward(it):
    it.histories[ARN][1]["previousEventId"] = 4


def gap_in_a_strand(it):
    del it.runs[ARN, "r"]["0"][1]


def open_strand(it):
    it.runs[ARN, "r"]["0/1.0"] = {0: {"cursor": {"phase": {"Waiting": {}}}}}


def goes_on_after_its_end(it):
    it.runs[ARN, "r"]["0"][3] = {"cursor": {"phase": {"Ended": {}}}}


def no_record(it):
    it.runs.clear()


def called_after_the_stop(it):
    only(it).stopped_at = 100.0 - fault_checks.CLAIMED_BEFORE - 1


def message_left(it):
    it.left["StepQueue"] = 1


def problem_of_a_user(it):
    it.driver.problems.append("one: StartExecution: 500")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lost, "still running"),
        (never_there, "ExecutionDoesNotExist"),
        (failed, "FAILED: States.Runtime"),
        (another_output, "output 8, expected 7"),
        (another_cause, "Broke: of itself"),
        (output_of_no_token, "output 7, sent {6}"),
        (output_of_a_token_that_lost, "accepted [6]"),
        (called_twice, "called 2 times"),
        (called_unscheduled, "2 attempts called, 1 scheduled"),
        (gap_in_the_history, "numbered [1, 2, 4, 5, 6]"),
        (two_terminal_events, "ends at [5, 6]"),
        (redriven_unseen, "redriven 1 times"),
        (no_terminal_event, "ends with"),
        (refers_forward, "refers forward"),
        (gap_in_a_strand, "records [0, 2]"),
        (open_strand, "is open at 0"),
        (goes_on_after_its_end, "ended 2 times"),
        (no_record, "no record"),
        (called_after_the_stop, "11.0 s after"),
        (message_left, "StepQueue: 1"),
        (problem_of_a_user, "StartExecution: 500"),
    ],
    ids=lambda it: getattr(it, "__name__", ""),
)
def test_what_is_wrong_is_found(wrong, said):
    checks = world()
    wrong(checks)
    assert said in failing(checks), failing(checks)


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_says_what_must_come_of_it(name):
    definition, make_case = MACHINES[name]()
    case = make_case(random.Random(1))
    assert definition["StartAt"] in definition["States"]
    assert case.has_token or case.output is not None or case.status != "SUCCEEDED"
