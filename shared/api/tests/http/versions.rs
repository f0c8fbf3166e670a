//! Versions and aliases, as callers use them.

use crate::support::{ACTIVITY, Api, Done, Fault, MACHINE, ROLE};
use serde_json::{Value, json};

/// The ARN of a version or an alias of the machine.
fn qualified(qualifier: &str) -> String {
    format!("{MACHINE}:{qualifier}")
}

fn definition(comment: &str) -> String {
    json!({"Comment": comment, "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}).to_string()
}

fn routing(versions: &[(&str, u32)]) -> Value {
    let route =
        |(version, weight): &(&str, u32)| json!({"stateMachineVersionArn": qualified(version), "weight": weight});
    versions.iter().map(route).collect()
}

/// A machine with this many versions, which differ.
async fn machine(api: &Api, versions: usize) -> Done {
    let create = json!({"name": "m", "definition": definition("0"), "roleArn": ROLE});
    api.ok("CreateStateMachine", create).await?;
    for number in 1..=versions {
        let change =
            json!({"stateMachineArn": MACHINE, "definition": definition(&number.to_string()), "publish": true});
        let updated = api.ok("UpdateStateMachine", change).await?;
        assert_eq!(updated["stateMachineVersionArn"], qualified(&number.to_string()));
    }
    Ok(())
}

async fn alias(api: &Api, name: &str, versions: &[(&str, u32)]) -> Result<Value, Fault> {
    api.ok("CreateStateMachineAlias", json!({"name": name, "routingConfiguration": routing(versions)})).await
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_created_with_its_first_version_or_without_one() -> Done {
    let api = Api::new().await;
    let create = |extra: Value| {
        let mut create = json!({"name": "m", "definition": definition("0"), "roleArn": ROLE});
        if let (Some(create), Value::Object(extra)) = (create.as_object_mut(), extra) {
            create.extend(extra);
        }
        create
    };
    let published = create(json!({"publish": true, "versionDescription": "first"}));
    let created = api.ok("CreateStateMachine", published.clone()).await?;
    assert_eq!(created["stateMachineVersionArn"], qualified("1"));
    // The same again is the same; whether to publish, and the description, are part of it.
    assert_eq!(api.ok("CreateStateMachine", published).await?, created);
    let taken = format!("State Machine Already Exists: '{MACHINE}'");
    for other in [json!({}), json!({"publish": true}), json!({"publish": true, "versionDescription": "other"})] {
        api.refused("CreateStateMachine", create(other), "StateMachineAlreadyExists", &taken).await?;
    }
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": qualified("1")})).await?;
    assert_eq!((&described["description"], described.get("revisionId")), (&json!("first"), None));
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described.get("description"), None);
    Ok(())
}

/// Publishing later does not change how it was created.
#[tokio::test(start_paused = true)]
async fn a_machine_that_was_published_later_was_created_without_a_version() -> Done {
    let api = Api::new().await;
    let create = json!({"name": "m", "definition": definition("0"), "roleArn": ROLE});
    let created = api.ok("CreateStateMachine", create.clone()).await?;
    api.ok("PublishStateMachineVersion", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(api.ok("CreateStateMachine", create).await?, created);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_revision_is_published_once_and_only_while_it_is_the_newest() -> Done {
    let api = Api::new().await;
    machine(&api, 0).await?;
    let publish = json!({"stateMachineArn": MACHINE, "revisionId": "INITIAL", "description": "one"});
    let first = api.ok("PublishStateMachineVersion", publish.clone()).await?;
    assert_eq!((&first["stateMachineVersionArn"], first["creationDate"].is_number()), (&json!(qualified("1")), true));
    // What is written about it is not part of what makes two requests the same.
    let again = api.ok("PublishStateMachineVersion", json!({"stateMachineArn": MACHINE, "description": "two"})).await?;
    assert_eq!(again, first);
    let change = json!({"stateMachineArn": MACHINE, "definition": definition("1")});
    let newest = api.ok("UpdateStateMachine", change).await?["revisionId"].take();
    let message = format!(
        "Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is {}.",
        newest.as_str().unwrap_or_default()
    );
    api.refused("PublishStateMachineVersion", publish, "ConflictException", &message).await?;
    let publish = json!({"stateMachineArn": MACHINE, "revisionId": newest});
    let second = api.ok("PublishStateMachineVersion", publish).await?;
    assert_eq!(second["stateMachineVersionArn"], qualified("2"));
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": qualified("2")})).await?;
    assert_eq!((&described["stateMachineArn"], &described["revisionId"]), (&json!(qualified("2")), &newest));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_keeps_the_version_and_the_alias_that_it_was_started_by() -> Done {
    let api = Api::new().await;
    machine(&api, 2).await?;
    alias(&api, "PROD", &[("1", 100)]).await?;
    let (version, alias) = (json!(qualified("1")), json!(qualified("PROD")));
    for (by, expected) in [
        (json!(MACHINE), [None, None]),
        (json!(qualified("2")), [Some(json!(qualified("2"))), None]),
        (alias.clone(), [Some(version), Some(alias)]),
    ] {
        let started = api.ok("StartExecution", json!({"stateMachineArn": by})).await?;
        let execution = json!({"executionArn": started["executionArn"]});
        let described = api.ok("DescribeExecution", execution.clone()).await?;
        let history = api.ok("GetExecutionHistory", execution.clone()).await?;
        let listed = api.ok("ListExecutions", json!({"stateMachineArn": by})).await?;
        for found in [&described, &history["events"][0]["executionStartedEventDetails"], &listed["executions"][0]] {
            let arns = ["stateMachineVersionArn", "stateMachineAliasArn"].map(|member| found.get(member).cloned());
            assert_eq!(arns, expected, "{found}");
        }
        assert_eq!(described["stateMachineArn"], MACHINE);
        let of = api.ok("DescribeStateMachineForExecution", execution).await?;
        let newest = api.ok("DescribeStateMachine", json!({"stateMachineArn": by})).await?;
        assert_eq!((&of["stateMachineArn"], &of["definition"]), (&json!(MACHINE), &newest["definition"]));
    }
    let count = async |by: &str| -> Result<Option<usize>, Fault> {
        let listed = api.ok("ListExecutions", json!({"stateMachineArn": by})).await?;
        Ok(listed["executions"].as_array().map(Vec::len))
    };
    assert_eq!(count(MACHINE).await?, Some(3));
    assert_eq!((count(&qualified("1")).await?, count(&qualified("PROD")).await?), (Some(1), Some(1)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_described_as_a_machine_by_the_version_that_gets_most() -> Done {
    let api = Api::new().await;
    machine(&api, 2).await?;
    alias(&api, "PROD", &[("2", 30), ("1", 70)]).await?;
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": qualified("PROD")})).await?;
    assert_eq!((&described["stateMachineArn"], &described["name"]), (&json!(qualified("1")), &json!("m")));
    assert_eq!(described["definition"], definition("1"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_created_once_changed_and_gone() -> Done {
    let api = Api::new().await;
    machine(&api, 2).await?;
    let create = json!({"name": "PROD", "description": "live", "routingConfiguration": routing(&[("1", 100)])});
    let created = api.ok("CreateStateMachineAlias", create.clone()).await?;
    assert_eq!(created["stateMachineAliasArn"], qualified("PROD"));
    assert_eq!(api.ok("CreateStateMachineAlias", create.clone()).await?, created);
    let taken = "Failed to create alias because an alias with the same name and a different routing configuration \
                 already exists.";
    for (member, other) in [("routingConfiguration", routing(&[("2", 100)])), ("description", json!("other"))] {
        let mut create = create.clone();
        create[member] = other;
        api.refused("CreateStateMachineAlias", create, "ConflictException", taken).await?;
    }
    let named = json!({"stateMachineAliasArn": qualified("PROD")});
    let nothing = "Either the description or the RoutingConfiguration must be specified";
    api.refused("UpdateStateMachineAlias", named.clone(), "ValidationException", nothing).await?;
    let both = routing(&[("2", 40), ("1", 60)]);
    let change = json!({"stateMachineAliasArn": qualified("PROD"), "routingConfiguration": both});
    let updated = api.ok("UpdateStateMachineAlias", change).await?;
    let described = api.ok("DescribeStateMachineAlias", named.clone()).await?;
    let expected = json!({
        "stateMachineAliasArn": qualified("PROD"), "name": "PROD", "description": "live", "routingConfiguration": both,
        "creationDate": created["creationDate"], "updateDate": updated["updateDate"],
    });
    assert_eq!(described, expected);
    for _ in 0..2 {
        assert_eq!(api.ok("DeleteStateMachineAlias", named.clone()).await?, json!({}));
    }
    let missing = "Request references a resource that does not exist.";
    for operation in ["DescribeStateMachineAlias", "UpdateStateMachineAlias"] {
        let mut input = named.clone();
        input["description"] = json!("x");
        api.refused(operation, input, "ResourceNotFound", missing).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_or_in_use_is_refused_in_aws_words() -> Done {
    let api = Api::new().await;
    machine(&api, 2).await?;
    alias(&api, "B", &[("1", 100)]).await?;
    alias(&api, "A", &[("1", 50), ("2", 50)]).await?;
    let version = json!({"stateMachineVersionArn": qualified("1")});
    let in_use = "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                  version: [A, B]";
    api.refused("DeleteStateMachineVersion", version, "ConflictException", in_use).await?;
    for qualifier in ["3", "C"] {
        let arn = qualified(qualifier);
        let missing = format!("State Machine Does Not Exist: '{arn}'");
        for operation in ["StartExecution", "DescribeStateMachine", "ListExecutions"] {
            api.refused(operation, json!({"stateMachineArn": arn}), "StateMachineDoesNotExist", &missing).await?;
        }
    }
    // What takes a machine takes neither a version nor an alias of it.
    let arn = qualified("1");
    let missing = format!("State Machine Does Not Exist: '{arn}'");
    for operation in ["PublishStateMachineVersion", "ListStateMachineVersions"] {
        api.refused(operation, json!({"stateMachineArn": arn}), "StateMachineDoesNotExist", &missing).await?;
    }
    let shape = format!("Invalid Arn: 'Invalid ARN: {arn}'");
    let tag = json!({"resourceArn": arn, "tags": [{"key": "a", "value": "b"}]});
    api.refused("TagResource", tag, "InvalidArn", &shape).await?;
    api.refused("DescribeStateMachineAlias", json!({"stateMachineAliasArn": arn}), "InvalidArn", &shape).await?;
    let activity = json!({"stateMachineVersionArn": ACTIVITY});
    let kind = "Invalid Arn: 'Resource type not valid in this context: activity'";
    api.refused("DeleteStateMachineVersion", activity, "InvalidArn", kind).await?;
    let lost = json!({"name": "C", "routingConfiguration": routing(&[("3", 100)])});
    let missing = "Request references a resource that does not exist.";
    api.refused("CreateStateMachineAlias", lost, "ResourceNotFound", missing).await
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_with_tokens_of_their_own() -> Done {
    let api = Api::new().await;
    machine(&api, 5).await?;
    for (name, version) in [("C", "1"), ("A", "2"), ("B", "1")] {
        alias(&api, name, &[(version, 100)]).await?;
    }
    let list = async |operation: &str, arn: &str| -> Result<Vec<String>, Fault> {
        let (mut found, mut token) = (Vec::new(), Value::Null);
        loop {
            let input = json!({"stateMachineArn": arn, "maxResults": 2, "nextToken": token});
            let page = api.ok(operation, input).await?;
            let items = page.as_object().and_then(|page| page.values().find_map(Value::as_array));
            for item in items.into_iter().flatten().filter_map(Value::as_object) {
                let arn = item.values().find_map(Value::as_str).unwrap_or_default();
                found.push(arn.trim_start_matches(MACHINE).to_owned());
            }
            token = page["nextToken"].clone();
            if token.is_null() {
                return Ok(found);
            }
        }
    };
    assert_eq!(list("ListStateMachineVersions", MACHINE).await?, [":5", ":4", ":3", ":2", ":1"]);
    assert_eq!(list("ListStateMachineAliases", MACHINE).await?, [":A", ":B", ":C"]);
    assert_eq!(list("ListStateMachineAliases", &qualified("1")).await?, [":B", ":C"]);
    let page = api.ok("ListStateMachineVersions", json!({"stateMachineArn": MACHINE, "maxResults": 2})).await?;
    let foreign = json!({"stateMachineArn": MACHINE, "nextToken": page["nextToken"]});
    api.refused("ListStateMachineAliases", foreign, "InvalidToken", "Invalid Token: 'Invalid token'").await
}

#[tokio::test(start_paused = true)]
async fn a_machine_has_a_hundred_aliases_at_most() -> Done {
    let api = Api::new().await;
    machine(&api, 1).await?;
    for number in 0..100 {
        alias(&api, &format!("v{number}"), &[("1", 100)]).await?;
    }
    let more = json!({"name": "more", "routingConfiguration": routing(&[("1", 100)])});
    let answer = api.call("CreateStateMachineAlias", &more).await?;
    assert_eq!((answer.status.as_u16(), &answer.body["__type"]), (402, &json!("ServiceQuotaExceededException")));
    api.ok("DeleteStateMachineAlias", json!({"stateMachineAliasArn": qualified("v7")})).await?;
    api.ok("CreateStateMachineAlias", more).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_machine_has_a_thousand_versions_at_most_and_those_deleted_do_not_count() -> Done {
    let api = Api::new().await;
    machine(&api, 1_000).await?;
    let change = json!({"stateMachineArn": MACHINE, "definition": definition("more"), "publish": true});
    let answer = api.call("UpdateStateMachine", &change).await?;
    assert_eq!((answer.status.as_u16(), &answer.body["__type"]), (402, &json!("ServiceQuotaExceededException")));
    // Nothing of it was done.
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described["definition"], definition("1000"));
    api.ok("DeleteStateMachineVersion", json!({"stateMachineVersionArn": qualified("7")})).await?;
    assert_eq!(api.ok("UpdateStateMachine", change).await?["stateMachineVersionArn"], qualified("1001"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deleted_machine_takes_its_versions_and_aliases() -> Done {
    let api = Api::new().await;
    machine(&api, 2).await?;
    alias(&api, "PROD", &[("1", 100)]).await?;
    let started = api.ok("StartExecution", json!({"stateMachineArn": qualified("PROD")})).await?;
    api.ok("DeleteStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    for qualifier in ["1", "PROD"] {
        let arn = qualified(qualifier);
        let missing = format!("State Machine Does Not Exist: '{arn}'");
        api.refused("StartExecution", json!({"stateMachineArn": arn}), "StateMachineDoesNotExist", &missing).await?;
    }
    // What was started by them is described as before.
    let described = api.ok("DescribeExecution", json!({"executionArn": started["executionArn"]})).await?;
    assert_eq!(described["stateMachineAliasArn"], qualified("PROD"));
    machine(&api, 1).await
}
