"""The workflows that run under faults, and what must come of each execution whatever happens.

Every Task is tried again for any error, often enough that only something lost could make it fail.
"""

import json
import random
from dataclasses import dataclass

import template
from emulator import ACCOUNT, REGION
from fault_callee import FROM

ALWAYS = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 60}
ACTIVITY = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:work"
# Whatever happens to a call but for what the function itself says.
LOST_CALLS = [
    "Lambda.Unknown",
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.SdkClientException",
    "States.Timeout",
]
# For what is inside of something that is tried again as a whole.
NEVER = object()


@dataclass
class Case:
    """One execution: its input, and its end."""

    input: dict
    status: str = "SUCCEEDED"
    output: object = None
    error: str | None = None
    cause: str | None = None
    # Whether the driver stops it, which may come too late.
    is_stopped: bool = False
    # Whether it fails, is redriven once what it fails for is mended, and then ends as this says.
    is_redriven: bool = False
    # Its output is what one of the tokens brought.
    has_token: bool = False


def task(function: str, payload: dict, retry=ALWAYS, **state) -> dict:
    """A Task state that tells its callee which attempt it is."""
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", **state}
    state["Parameters"] = {"FunctionName": function, "Payload": {"from": FROM, **payload}}
    state.setdefault("OutputPath", "$.Payload")
    if state["OutputPath"] is NEVER or "ResultSelector" in state or "ResultPath" in state:
        del state["OutputPath"]
    if retry is not NEVER:
        state["Retry"] = [*state.pop("Before", []), retry]
    return state


def wait(seconds: int, **state) -> dict:
    return {"Type": "Wait", "Seconds": seconds, **state}


def machine(start: str, states: dict, **more) -> dict:
    return {"StartAt": start, "States": states, **more}


def processor(start: str, states: dict) -> dict:
    return {"ProcessorConfig": {"Mode": "INLINE"}, **machine(start, states)}


def order_pipeline():
    """The example, as it stands but for what tells the attempts apart and tries again."""
    folder = template.ROOT / "examples" / "order-pipeline"
    definition = json.loads((folder / "workflow.asl.json").read_text())
    # Its message would stay in the queue for as long.
    del definition["TimeoutSeconds"]

    def amend(states: dict):
        for state in states.values():
            for branch in state.get("Branches", []):
                amend(branch["States"])
            if state["Type"] != "Task":
                continue
            if "lambda:invoke" in state["Resource"]:
                state["Parameters"]["Payload"]["from"] = FROM
            elif "InputPath" in state:
                state["Parameters"] = {"from": FROM, "lineCount.$": "States.ArrayLength($)"}
            else:
                state["Parameters"]["from"] = FROM
            state["Retry"] = [it for it in state.get("Retry", []) if it["ErrorEquals"] != ["States.ALL"]]
            # A retrier that has no attempts left takes none after it into account.
            for it in state["Retry"]:
                it["MaxAttempts"] = 60
                it["BackoffRate"] = 1
            state["Retry"].append(ALWAYS)

    amend(definition["States"])
    output = {"orderId": "A-1001", "status": "SHIPPED", "total": 84, "receipt": "rc_5Kd2", "tracking": "RX-shelf-2"}
    input_ = json.loads((folder / "input.json").read_text())
    return definition, lambda _: Case(input_, output=output)


def waits():
    states = {
        "Short": wait(1, Next="None"),
        "None": wait(0, Next="Past"),
        "Past": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "Asked"},
        "Asked": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True},
    }

    def case(dice: random.Random):
        input_ = {"seconds": dice.randint(0, 4), "kept": dice.random()}
        return Case(input_, output=input_)

    return machine("Short", states), case


def retry_and_catch():
    states = {
        "Flaky": task(
            "flaky",
            {"failures.$": "$.failures"},
            ResultSelector={"answer.$": "$.Payload"},
            ResultPath="$.flaky",
            Next="Decline",
        ),
        "Decline": task(
            "decline",
            {},
            retry={**ALWAYS, "ErrorEquals": LOST_CALLS},
            Catch=[{"ErrorEquals": ["CardDeclined"], "ResultPath": "$.problem", "Next": "Told"}],
            Next="Never",
        ),
        "Never": {"Type": "Fail", "Error": "Reached"},
        "Told": {
            "Type": "Pass",
            "Parameters": {"flaky.$": "$.flaky.answer", "problem.$": "$.problem.Error"},
            "End": True,
        },
    }
    output = {"flaky": "at last", "problem": "CardDeclined"}
    return machine("Flaky", states), lambda dice: Case({"failures": dice.randint(0, 3)}, output=output)


def parallel():
    branches = [
        machine("One", {"One": task("echo", {"value.$": "$.value"}, End=True)}),
        machine("Two", {"Two": wait(1, Next="Three"), "Three": {"Type": "Pass", "Result": "two", "End": True}}),
        machine("Four", {"Four": task("echo", {"value": 4}, Next="Five"), "Five": {"Type": "Pass", "End": True}}),
    ]
    states = {"P": {"Type": "Parallel", "Branches": branches, "End": True}}

    def case(dice: random.Random):
        value = dice.randint(0, 10**9)
        return Case({"value": value}, output=[value, "two", 4])

    return machine("P", states), case


def map_of_tasks():
    item = task("echo", {"value.$": "$.n", "item.$": "$.n"}, End=True)
    states = {
        "M": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 5,
            "ItemProcessor": processor("I", {"I": item}),
            "End": True,
        }
    }

    def case(dice: random.Random):
        count = dice.randint(0, 9)
        return Case({"items": [{"n": n} for n in range(count)]}, output=list(range(count)))

    return machine("M", states), case


def map_in_windows():
    """More iterations than are begun at once."""
    item = {"Type": "Pass", "Parameters": {"more.$": "States.MathAdd($.n, 1000)"}, "End": True}
    states = {
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor("I", {"I": item}), "End": True}
    }
    count = 55
    input_ = {"items": [{"n": n} for n in range(count)]}
    return machine("M", states), lambda _: Case(input_, output=[{"more": n + 1000} for n in range(count)])


def nested():
    """A Map in a Parallel in a Map; the Parallel is tried again as a whole."""
    inner = task("echo", {"value.$": "$", "item.$": "$"}, retry=NEVER, End=True)
    left = {
        "Inner": {"Type": "Map", "ItemsPath": "$.numbers", "ItemProcessor": processor("T", {"T": inner}), "End": True}
    }
    is_more = {"Variable": "$.n", "NumericGreaterThan": 0, "Next": "More"}
    right = {
        "Look": {"Type": "Choice", "Choices": [is_more], "Default": "Zero"},
        "More": wait(1, Next="Zero"),
        "Zero": {"Type": "Pass", "InputPath": "$.n", "End": True},
    }
    branches = [machine("Inner", left), machine("Look", right)]
    both = {"Both": {"Type": "Parallel", "Branches": branches, "Retry": [ALWAYS], "End": True}}
    states = {
        "Outer": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor("Both", both), "End": True}
    }

    def case(dice: random.Random):
        items = [{"n": n, "numbers": [n * 10 + it for it in range(dice.randint(1, 3))]} for n in range(dice.randint(1, 3))]
        return Case({"items": items}, output=[[it["numbers"], it["n"]] for it in items])

    return machine("Outer", states), case


def callback():
    state = task("keep-token", {"token.$": "$$.Task.Token"}, OutputPath="$", TimeoutSeconds=15, End=True)
    state["Resource"] += ".waitForTaskToken"
    return machine("Ask", {"Ask": state}), lambda _: Case({}, has_token=True)


def activity():
    """A worker asks for the task. One whose answer was lost does not know of it, and sends no heartbeat."""
    state = {
        "Type": "Task",
        "Resource": ACTIVITY,
        "Parameters": {"from": FROM},
        "TimeoutSeconds": 30,
        "HeartbeatSeconds": 8,
        "Retry": [ALWAYS],
        "End": True,
    }
    return machine("Work", {"Work": state}), lambda _: Case({}, has_token=True)


def large():
    """Payloads that lie in the bucket, there and back."""
    states = {
        "Make": task("make-large", {"letter.$": "$.letter", "length.$": "$.length"}, Next="Keep"),
        "Keep": {"Type": "Pass", "Next": "Measure"},
        "Measure": task("measure", {"text.$": "$.text"}, End=True),
    }

    def case(dice: random.Random):
        letter, length = dice.choice("abcdefg"), dice.randint(3_000, 120_000)
        input_ = {"letter": letter, "length": length, "ballast": letter * dice.randint(0, 30_000)}
        return Case(input_, output={"length": length, "letters": letter})

    return machine("Make", states), case


def stopped():
    item = task("slow", {"value.$": "$.n", "item.$": "$.n"}, End=True)
    states = {
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor("I", {"I": item}), "Next": "W"},
        "W": wait(2, End=True),
    }
    input_ = {"items": [{"n": n} for n in range(8)]}
    end = {"status": "ABORTED", "error": "Enough", "cause": "the test says so", "output": list(range(8))}
    return machine("M", states), lambda _: Case(input_, is_stopped=True, **end)


def fails():
    """A branch fails while the others are at work."""
    branches = [
        machine("T", {"T": task("slow", {"value": 1}, Next="U"), "U": task("slow", {"value": 2}, End=True)}),
        machine("W", {"W": wait(1, Next="F"), "F": {"Type": "Fail", "Error": "Broke", "Cause": "on purpose"}}),
        machine("L", {"L": wait(8, End=True)}),
    ]
    states = {"P": {"Type": "Parallel", "Branches": branches, "End": True}}
    return machine("P", states), lambda _: Case({}, status="FAILED", error="Broke", cause="on purpose")


def redriven():
    """A branch fails for a reason that somebody mends."""
    mended = task("mendable", {}, retry={**ALWAYS, "ErrorEquals": LOST_CALLS}, End=True)
    branches = [
        machine("Slow", {"Slow": task("slow", {"value.$": "$.value"}, End=True)}),
        machine("Broken", {"Broken": mended}),
        machine("Long", {"Long": wait(4, Next="Even"), "Even": {"Type": "Pass", "Result": 2, "End": True}}),
    ]
    states = {
        "Both": {"Type": "Parallel", "Branches": branches, "Next": "After"},
        "After": task("echo", {"value.$": "$"}, End=True),
    }

    def case(dice: random.Random):
        value = dice.randint(0, 10**9)
        return Case({"value": value}, is_redriven=True, output=[value, "mended", 2])

    return machine("Both", states), case


def counts():
    states = {
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "to.$": "$.to"}, "Next": "Enough"},
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThanPath": "$.to", "Next": "Add"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }

    def case(dice: random.Random):
        to = dice.randint(1, 8)
        return Case({"n": 0, "to": to}, output={"n": to, "to": to})

    return machine("Add", states), case


def task_times_out():
    return machine("T", {"T": task("hang", {}, TimeoutSeconds=3, End=True)}), lambda _: Case({}, output="in time")


def times_out():
    states = {"W": wait(45, End=True)}
    return machine("W", states, TimeoutSeconds=3), lambda _: Case({}, status="TIMED_OUT")


MACHINES = {
    "order-pipeline": order_pipeline,
    "waits": waits,
    "retry-and-catch": retry_and_catch,
    "parallel": parallel,
    "map-of-tasks": map_of_tasks,
    "map-in-windows": map_in_windows,
    "nested": nested,
    "callback": callback,
    "activity": activity,
    "large": large,
    "stopped": stopped,
    "fails": fails,
    "redriven": redriven,
    "counts": counts,
    "task-times-out": task_times_out,
    "times-out": times_out,
}
