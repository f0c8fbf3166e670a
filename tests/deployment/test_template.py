"""What no linter says of template.yaml: limits of event source mappings, loop detection, policies, environments."""

import itertools
import json
import re

import pytest

import template

ENVIRONMENT = {
    "TABLE_NAME",
    "BUCKET_NAME",
    "STEP_QUEUE_URL",
    "TASK_QUEUE_URL",
    "EXPRESS_QUEUE_URL",
    "DEAD_QUEUE_URL",
    "TOKEN_KEY",
    "STATES_PER_INVOCATION",
    "INLINE_PAYLOAD_BYTES",
    "RETENTION_DAYS",
    "REDRIVE_WINDOW_DAYS",
    "PAYLOAD_LIMIT_BYTES",
    "RECONCILE_EVERY_MINUTES",
    "RATCHET_LOG",
    "FUNCTION_TIMEOUT_SECONDS",
    "ACCOUNT_ID",
    "PARTITION",
}
# The longest that an execution can run, in days.
LONGEST_RUN_DAYS = 366
# How the ARN of a queue of this stack begins.
PREFIX = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"


@pytest.fixture(scope="session")
def source():
    return template.source()


@pytest.fixture(scope="session")
def resources():
    return template.translated()["Resources"]


def of_type(resources: dict, kind: str) -> dict:
    found = {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}
    assert found, f"there is no {kind}"
    return found


def evaluate(template_: dict, node, parameters: dict):
    """What CloudFormation makes of a node: references to parameters, conditions, NoValue."""
    if isinstance(node, list):
        return [evaluate(template_, it, parameters) for it in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, argument),) = node.items()
        recurse = lambda it: evaluate(template_, it, parameters)  # noqa: E731
        if function == "Ref":
            return None if argument == "AWS::NoValue" else parameters.get(argument, node)
        if function == "Fn::If":
            condition, then, otherwise = argument
            return recurse(then if recurse({"Condition": condition}) else otherwise)
        if function == "Condition":
            return recurse(template_["Conditions"][argument])
        if function == "Fn::Equals":
            return recurse(argument[0]) == recurse(argument[1])
        if function == "Fn::Not":
            return not recurse(argument[0])
        if function == "Fn::And":
            return all(recurse(it) for it in argument)
        if function == "Fn::Or":
            return any(recurse(it) for it in argument)
    return {key: it for key, node_ in node.items() if (it := evaluate(template_, node_, parameters)) is not None}


def statements(resources: dict):
    """Every statement of every policy, with the name of what holds it."""
    for name, it in resources.items():
        properties = it["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties[key] for key in ("PolicyDocument", "AssumeRolePolicyDocument") if key in properties]
        for document in documents:
            for statement in document["Statement"]:
                yield name, statement


def rules_allow(source: dict, parameters: dict) -> bool:
    """Whether CloudFormation accepts these parameters, the others at their defaults."""
    defaults = {name: str(it["Default"]) for name, it in source["Parameters"].items()}
    given = {**defaults, **parameters}
    applying = [it for it in source["Rules"].values() if evaluate(source, it.get("RuleCondition", True), given)]
    return all(evaluate(source, it["Assert"], given) for rule in applying for it in rule["Assertions"])


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def mapping_of_each_queue(resources: dict):
    for name, mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        queue = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        function = mapping["FunctionName"]["Ref"]
        yield name, mapping, resources[queue]["Properties"], resources[function]["Properties"]


def test_every_function_in_the_tree_is_in_the_template_and_none_else(source):
    folders = {f"functions/{it.parent.name}" for it in (template.ROOT / "functions").glob("*/Cargo.toml")}
    assert {it["CodeUri"] for it in template.functions(source).values()} == folders


def test_every_function_is_built_by_cargo_lambda_from_its_own_folder(source):
    for name, it in template.functions(source).items():
        assert source["Resources"][name]["Metadata"] == {"BuildMethod": "rust-cargolambda"}, name
        # Two packages of a workspace must not share a program's name; this is the name that the builder looks for.
        manifest = (template.ROOT / it["CodeUri"] / "Cargo.toml").read_text()
        assert f'name = "{it["CodeUri"].removeprefix("functions/")}"' in manifest, name


def test_loop_detection_is_off_for_every_function(resources):
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        assert it.get("RecursiveLoop") == "Allow", name


def test_no_function_reserves_concurrency_or_publishes_an_alias(resources):
    # Reserved concurrency makes pollers throw healthy messages away; an alias misses changed parameter values.
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        assert "ReservedConcurrentExecutions" not in it, name
    assert not [name for name, it in resources.items() if it["Type"] == "AWS::Lambda::Alias"]


def test_every_function_has_the_same_settings_and_its_own_time_limit(resources):
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        variables = it["Environment"]["Variables"]
        assert set(variables) == ENVIRONMENT, name
        assert variables["FUNCTION_TIMEOUT_SECONDS"] == str(it["Timeout"]), name


def test_the_functions_read_no_setting_that_the_template_does_not_make():
    read = (template.ROOT / "shared" / "deployment" / "src" / "settings.rs").read_text()
    names = set(re.findall(r'reader\s*\.(?:or|required)(?:::<\w+>)?\("([A-Z_]+)"', read))
    # Lambda itself says the region; RATCHET_LOG is the log's.
    assert names - {"AWS_REGION"} == ENVIRONMENT - {"RATCHET_LOG"}


def test_the_settings_name_what_they_say(resources):
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        variables = it["Environment"]["Variables"]
        assert variables["TABLE_NAME"] == {"Ref": "Table"}, name
        assert variables["BUCKET_NAME"] == {"Ref": "Bucket"}, name
        assert variables["STEP_QUEUE_URL"] == {"Ref": "StepQueue"}, name
        assert variables["TASK_QUEUE_URL"] == {"Ref": "TaskQueue"}, name
        assert variables["EXPRESS_QUEUE_URL"] == {"Ref": "ExpressQueue"}, name
        assert variables["DEAD_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}, name


def test_the_token_key_is_drawn_by_secrets_manager_and_stands_nowhere(source, resources):
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        assert it["Environment"]["Variables"]["TOKEN_KEY"] == {"Fn::Sub": "{{resolve:secretsmanager:${TokenKey}}}"}, name
    assert "GenerateSecretString" in resources["TokenKey"]["Properties"]
    assert "TokenKey" not in json.dumps(source["Outputs"])


def test_every_function_logs_json_to_a_group_that_forgets(resources):
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        group = resources[it["LoggingConfig"]["LogGroup"]["Ref"]]
        assert it["LoggingConfig"]["LogFormat"] == "JSON", name
        assert group["Type"] == "AWS::Logs::LogGroup" and "RetentionInDays" in group["Properties"], name


def test_a_batch_is_at_most_ten_waits_for_nobody_and_fails_by_the_message(resources):
    # More than ten needs a window of a second at least, in every hop.
    for name, mapping, *_ in mapping_of_each_queue(resources):
        assert 1 <= mapping["BatchSize"] <= 10, name
        assert "MaximumBatchingWindowInSeconds" not in mapping, name
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


@pytest.mark.parametrize("bound,tasks,pollers", itertools.product(["0", "2", "1000"], ["0", "3", "999"], ["0", "2", "200"]))
def test_a_mapping_has_a_bound_or_pollers_or_neither_but_never_both(source, resources, bound, tasks, pollers):
    parameters = {"MaximumConcurrency": bound, "MaximumTaskConcurrency": tasks, "MaximumExpressConcurrency": tasks}
    parameters["ProvisionedPollers"] = pollers
    bounds = {"AdvanceSteps": bound, "TaskTasks": tasks, "ExpressStarts": tasks}
    for name, mapping, *_ in mapping_of_each_queue(resources):
        made = evaluate(source, mapping, parameters)
        assert not ("ScalingConfig" in made and "ProvisionedPollerConfig" in made), name
        if name in bounds:
            assert ("ScalingConfig" in made) == (bounds[name] != "0" and pollers == "0"), name
            assert ("ProvisionedPollerConfig" in made) == (pollers != "0"), name
            if "ScalingConfig" in made:
                assert made["ScalingConfig"] == {"MaximumConcurrency": bounds[name]}, name
        if "ProvisionedPollerConfig" in made:
            assert made["ProvisionedPollerConfig"] == {"MinimumPollers": pollers}, name


@pytest.mark.parametrize("parameter", ["MaximumConcurrency", "MaximumTaskConcurrency", "MaximumExpressConcurrency"])
@pytest.mark.parametrize(
    "bound,pollers,allowed", [("0", "0", True), ("2", "0", True), ("0", "2", True), ("2", "2", False), ("1", "0", False)]
)
def test_the_rules_refuse_a_bound_with_pollers_and_a_bound_of_one(source, parameter, bound, pollers, allowed):
    assert rules_allow(source, {parameter: bound, "ProvisionedPollers": pollers}) == allowed


def alarms_on(resources: dict, metric: str, dimension: str, name: dict) -> list:
    """The alarms on this metric of one queue or function."""
    wanted = [{"Name": dimension, "Value": name}]
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    return [it for it in alarms if it["MetricName"] == metric and it["Dimensions"] == wanted]


@pytest.mark.parametrize("queue,patience", [("StepQueue", 300), ("TaskQueue", 1800), ("ExpressQueue", 900)])
def test_the_age_of_the_oldest_message_of_each_queue_is_watched_and_shown(resources, queue, patience):
    (alarm,) = alarms_on(resources, "ApproximateAgeOfOldestMessage", "QueueName", {"Fn::GetAtt": [queue, "QueueName"]})
    assert (alarm["Statistic"], alarm["Threshold"], alarm["Period"]) == ("Maximum", patience, 60)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    # A queue that nobody uses says nothing.
    assert alarm["TreatMissingData"] == "notBreaching"
    dashboard = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert f'"ApproximateAgeOfOldestMessage", "QueueName", "${{{queue}.QueueName}}"' in dashboard


@pytest.mark.parametrize("function", ["Advance", "Task", "Express"])
def test_whoever_is_throttled_is_noticed(resources, function):
    (alarm,) = alarms_on(resources, "Throttles", "FunctionName", {"Ref": function})
    assert alarm["Threshold"] == 1 and alarm["TreatMissingData"] == "notBreaching"


def test_a_timer_that_does_not_run_is_noticed_and_one_that_fails_too(resources):
    (silent,) = alarms_on(resources, "Invocations", "FunctionName", {"Ref": "Timer"})
    assert silent["ComparisonOperator"] == "LessThanThreshold" and silent["TreatMissingData"] == "breaching"
    (failing,) = alarms_on(resources, "Errors", "FunctionName", {"Ref": "Timer"})
    assert (failing["Threshold"], failing["DatapointsToAlarm"]) == (1, 3)


@pytest.mark.parametrize("kept,payloads,allowed", [(90, 456, True), (0, 0, True), (90, 0, True), (0, 456, False)])
def test_the_rules_refuse_executions_that_outlive_their_payloads(source, kept, payloads, allowed):
    assert rules_allow(source, {"RetentionDays": str(kept), "PayloadDays": str(payloads)}) == allowed


def test_a_message_stays_invisible_for_as_long_as_its_function_may_run(resources):
    for name, _, queue, function in mapping_of_each_queue(resources):
        assert queue["VisibilityTimeout"] >= function["Timeout"], name


def test_every_queue_keeps_messages_as_long_as_can_be_and_dead_letters_no_shorter(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    longest = max(it["MessageRetentionPeriod"] for it in queues.values())
    assert longest == 1209600
    assert all(it["MessageRetentionPeriod"] == longest for it in queues.values())


@pytest.mark.parametrize(
    "letters,of", [("DeadLetterQueue", {"StepQueue", "TaskQueue"}), ("ExpressDeadLetterQueue", {"ExpressQueue"})]
)
def test_every_queue_redrives_to_its_dead_letters_and_they_name_it(resources, letters, of):
    queues = of_type(resources, "AWS::SQS::Queue")
    dead = queues[letters]
    assert "RedrivePolicy" not in dead
    named = {it["Fn::Sub"].removeprefix(PREFIX) for it in dead["RedriveAllowPolicy"]["sourceQueueArns"]}
    assert named == {queues[name]["QueueName"]["Fn::Sub"] for name in of}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [letters, "Arn"]}, "maxReceiveCount": 10}
    assert {name for name, it in queues.items() if it.get("RedrivePolicy") == redrive} == of


def test_the_dead_letters_worker_takes_off_the_receives_that_the_queues_allow(resources):
    consumer = (template.ROOT / "shared" / "queue" / "src" / "consumer.rs").read_text()
    taken_off = int(re.search(r"RECEIVED_BEFORE: u32 = (\d+);", consumer).group(1))
    for name in ["StepQueue", "TaskQueue"]:
        assert resources[name]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == taken_off, name


def test_what_holds_data_is_kept_when_the_stack_goes(resources):
    kinds = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}
    kept = [name for name, it in resources.items() if it["Type"] in kinds]
    assert len(kept) == 3
    for name in kept:
        assert resources[name]["DeletionPolicy"] == "Retain", name
        assert resources[name]["UpdateReplacePolicy"] == "Retain", name
    assert resources["Table"]["Properties"]["DeletionProtectionEnabled"] is True


def test_the_table_is_as_the_store_expects_it(resources):
    table = resources["Table"]["Properties"]
    keys = lambda it: {key["KeyType"]: key["AttributeName"] for key in it["KeySchema"]}  # noqa: E731
    assert keys(table) == {"HASH": "pk", "RANGE": "sk"}
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "list" and keys(index) == {"HASH": "list_pk", "RANGE": "list_sk"}
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["meta", "status", "stopped", "expires"]}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert "LocalSecondaryIndexes" not in table and "TableName" not in table


def test_payloads_outlive_the_longest_execution_and_its_retention(source, resources):
    default = lambda name: source["Parameters"][name]["Default"]  # noqa: E731
    assert default("PayloadDays") >= LONGEST_RUN_DAYS + default("RetentionDays")
    configuration = resources["Bucket"]["Properties"]["LifecycleConfiguration"]
    for days, expected in [("456", [("executions/", "456")]), ("0", [])]:
        rules = [it for it in evaluate(source, configuration, {"PayloadDays": days})["Rules"] if it]
        assert [(it["Prefix"], it["ExpirationInDays"]) for it in rules if "ExpirationInDays" in it] == expected


def test_the_bucket_is_private(resources):
    assert all(resources["Bucket"]["Properties"]["PublicAccessBlockConfiguration"].values())
    assert len(resources["Bucket"]["Properties"]["PublicAccessBlockConfiguration"]) == 4


def test_no_role_may_scan_or_do_everything_of_a_service(resources):
    for name, statement in statements(resources):
        if statement["Effect"] == "Deny":
            continue
        for action in as_list(statement["Action"]):
            assert "*" not in action, f"{name}: {action}"
            assert action.lower() != "dynamodb:scan", name


def test_no_role_may_act_on_every_resource(resources):
    for name, statement in statements(resources):
        if statement["Effect"] == "Allow" and "Principal" not in statement:
            assert "*" not in as_list(statement["Resource"]), name


def test_every_function_has_a_role_of_its_own_without_policies_of_aws(resources):
    roles = {}
    for name, it in of_type(resources, "AWS::Lambda::Function").items():
        roles.setdefault(it["Role"]["Fn::GetAtt"][0], set()).add(name)
    # One program behind two doors.
    assert roles.pop("ApiRole") == {"Api", "ApiSync"}
    assert all(len(it) == 1 for it in roles.values())
    for name, it in of_type(resources, "AWS::IAM::Role").items():
        managed = it.get("ManagedPolicyArns", [])
        assert managed in ([], [{"Ref": "WakePolicy"}]), name


def test_only_what_runs_tasks_may_call_functions_and_only_those_listed(source, resources):
    callers = [(name, it) for name, it in statements(resources) if "lambda:InvokeFunction" in as_list(it["Action"])]
    # The schedule's role is SAM's.
    (own,) = [(name, it) for name, it in callers if name != "TimerEveryMinuteRole"]
    assert own[0] == "TaskCalls" and own[1]["Resource"] == {"Ref": "TaskFunctionArns"}
    assert resources["TaskCalls"]["Properties"]["Roles"] == [{"Ref": "TaskRole"}, {"Ref": "ExpressRole"}, {"Ref": "ApiRole"}]
    assert resources["TaskCalls"]["Condition"] == "TasksMayCallFunctions"


def test_every_function_may_read_the_settings_of_the_table_that_it_opens(resources):
    table = {"Fn::GetAtt": ["Table", "Arn"]}
    functions = of_type(resources, "AWS::Lambda::Function")
    assert functions
    for name, function in functions.items():
        role = function["Role"]["Fn::GetAtt"][0]
        own = [it for holder, it in statements(resources) if holder == role and table in as_list(it.get("Resource"))]
        allowed = {action for it in own for action in as_list(it["Action"])}
        assert {"dynamodb:GetItem", "dynamodb:Query"} <= allowed, name


def test_every_door_asks_for_a_signature(resources):
    body = resources["HttpApi"]["Properties"]["Body"]
    operations = [operation for path in body["paths"].values() for operation in path.values()]
    assert operations and all(it["security"] == [{"AWS_IAM": []}] for it in operations)
    assert {"/", "/reader", "/starter", "/worker"} <= set(body["paths"])
    for name, it in of_type(resources, "AWS::Lambda::Url").items():
        assert it["AuthType"] == "AWS_IAM", name


def test_the_http_apis_function_ends_before_the_http_api_does(resources):
    assert resources["Api"]["Properties"]["Timeout"] < 30
    assert resources["ApiSync"]["Properties"]["Timeout"] > 300


def test_the_timer_runs_every_minute_and_is_never_repeated(resources):
    (schedule,) = of_type(resources, "AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert "Name" not in schedule
    assert resources["Timer"]["Properties"]["Timeout"] < 60
    (asynchronous,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    assert asynchronous["MaximumRetryAttempts"] == 0


def test_every_alarm_is_sent_and_has_words(resources):
    for name, it in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert it["AlarmActions"] == {"Fn::If": ["AlarmsAreSent", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}, name
        assert it["AlarmDescription"].endswith((".", "?")), name


def test_a_start_that_was_given_up_raises_an_alarm(resources):
    queue = {"Fn::GetAtt": ["ExpressDeadLetterQueue", "QueueName"]}
    (alarm,) = alarms_on(resources, "ApproximateNumberOfMessagesVisible", "QueueName", queue)
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


def test_an_express_execution_has_five_minutes_and_its_function_some_more(resources):
    assert resources["Express"]["Properties"]["Timeout"] > 300


def test_a_dead_letter_raises_an_alarm_although_the_function_dead_hides_it(resources):
    queue = {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    (alarm,) = [it for it in alarms if it["Dimensions"] == [queue]]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesNotVisible"
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


def test_the_dashboard_is_json(resources):
    text = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert json.loads(re.sub(r"\$\{[^}]*\}", "x", text))["widgets"]


def test_every_parameter_is_used_and_explained(source):
    used = json.dumps({key: source[key] for key in ("Resources", "Conditions", "Globals")})
    grouped = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    in_groups = sorted(name for group in grouped for name in group["Parameters"])
    assert in_groups == sorted(source["Parameters"])
    for name, it in source["Parameters"].items():
        assert f'"Ref": "{name}"' in used, name
        assert it["Description"], name
