"""The local cloud: what it starts is what the template has."""

import cloud
import template

QUEUES = ("StepQueue", "TaskQueue", "ExpressQueue", "DeadLetterQueue", "ExpressDeadLetterQueue")
RESOURCES = {name: f"the-{name}" for name in ("Table", "Bucket", *QUEUES)}


def test_every_function_is_served_once_with_all_its_settings():
    served = cloud.functions(RESOURCES, 9001)
    source = template.source()
    assert {f"functions/{it.name}" for it in served} == {it["CodeUri"] for it in template.functions(source).values()}
    assert [it.port for it in served] == list(range(9001, 9001 + len(served)))
    common = set(source["Globals"]["Function"]["Environment"]["Variables"])
    for it in served:
        assert common | {"FUNCTION_TIMEOUT_SECONDS"} <= set(it.settings), it.name
        assert it.settings["TABLE_NAME"] == "the-Table"
        assert int(it.settings["FUNCTION_TIMEOUT_SECONDS"]) == it.timeout
        assert all(isinstance(value, str) and "{{" not in value for value in it.settings.values()), it.settings


def test_every_event_source_of_the_template_has_its_part():
    served = {it.name: it for it in cloud.functions(RESOURCES, 9001)}
    assert {name: it.queues for name, it in served.items() if it.queues} == {
        "advance": [("StepQueue", 10)],
        "task": [("TaskQueue", 1)],
        "express": [("ExpressQueue", 10)],
        "dead": [("DeadLetterQueue", 1)],
    }
    assert [name for name, it in served.items() if it.is_scheduled] == ["timer"]
