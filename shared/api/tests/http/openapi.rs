//! The document is true: every call that it gives as an example is made, and answered as it says.

use crate::schema::{problems, resolve};
use crate::support::{Api, Done, Fault};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// The activity of the document's examples.
const PACK: &str = "arn:aws:states:us-east-1:123456789012:activity:pack";

/// A call of the document.
struct Example {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
    responses: Value,
}

async fn document(api: &Api) -> Result<Value, Fault> {
    let answer = api.plain("GET", "/openapi.json", None).await?;
    assert_eq!((answer.status.as_u16(), &answer.headers["content-type"]), (200, &"application/json".parse()?));
    Ok(answer.body)
}

/// A world in which the document's examples make sense: its machine, its execution, an activity.
async fn world(document: &Value, without: &str) -> Result<Api, Fault> {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "pack"})).await?;
    for path in ["/state-machines", "/state-machines/{name}/executions"] {
        if without == format!("post {path}") {
            break;
        }
        for example in examples(document, path, "post") {
            let answer = send(&api, &example).await?;
            assert_eq!(answer.0, 201, "{} {}: {}", example.method, example.path, answer.1);
        }
    }
    Ok(api)
}

/// A token of a task that waits.
async fn token(api: &Api) -> Result<Value, Fault> {
    let states = json!({"Pack": {"Type": "Task", "Resource": PACK, "End": true}});
    let definition = json!({"StartAt": "Pack", "States": states});
    let machine = json!({"name": "packing", "definition": definition, "roleArn": crate::support::ROLE});
    api.plain("POST", "/state-machines", Some(&machine)).await?;
    api.plain("POST", "/state-machines/packing/executions", Some(&json!({}))).await?;
    let poll = json!({"activityArn": PACK});
    Ok(api.ok("GetActivityTask", poll).await?["taskToken"].take())
}

/// The values of examples, by name: `example` is one without a name.
fn examples_of(thing: &Value) -> Vec<(String, Value)> {
    if let Some(example) = thing.get("example") {
        return vec![(String::new(), example.clone())];
    }
    let named = thing.get("examples").and_then(Value::as_object);
    named.into_iter().flatten().map(|(name, example)| (name.clone(), example["value"].clone())).collect()
}

/// All calls that the document gives as examples of a method on a path: one for each name of an example, and for
/// each value of the parameter in the path.
fn examples(document: &Value, path: &str, method: &str) -> Vec<Example> {
    let operation = &document["paths"][path][method];
    let parameters: Vec<&Value> =
        operation["parameters"].as_array().into_iter().flatten().map(|it| resolve(document, it)).collect();
    let of = |place: &str| parameters.iter().copied().filter(|it| it["in"] == place).collect::<Vec<_>>();
    let mut paths = vec![path.to_owned()];
    for parameter in of("path") {
        let slot = format!("{{{}}}", parameter["name"].as_str().unwrap_or_default());
        paths = examples_of(parameter)
            .iter()
            .flat_map(|(_, value)| {
                paths.iter().map(|path| path.replace(&slot, value.as_str().unwrap_or_default())).collect::<Vec<_>>()
            })
            .collect();
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let query: Vec<String> = of("query")
        .iter()
        .flat_map(|it| {
            examples_of(it)
                .into_iter()
                .map(|(_, value)| format!("{}={}", it["name"].as_str().unwrap_or_default(), text(&value)))
        })
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let (media_type, content) =
        operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next()).unzip();
    let bodies = content.map(examples_of).unwrap_or_default();
    let targets: Vec<(String, Value)> = of("header").iter().flat_map(|it| examples_of(it)).collect();
    let bodies: Vec<(String, Option<Value>)> = if bodies.is_empty() {
        vec![(String::new(), None)]
    } else {
        bodies.into_iter().map(|(name, body)| (name, Some(body))).collect()
    };
    let mut found = Vec::new();
    for path in &paths {
        for (name, body) in &bodies {
            let mut headers: Vec<(String, String)> =
                media_type.iter().map(|it| ("content-type".to_owned(), (*it).clone())).collect();
            let target = targets.iter().find(|(target, _)| target == name);
            headers.extend(target.map(|(_, target)| ("x-amz-target".to_owned(), text(target))));
            found.push(Example {
                method: method.to_uppercase(),
                path: format!("{path}{query}"),
                headers,
                body: body.clone(),
                responses: operation["responses"].clone(),
            });
        }
    }
    found
}

/// Status, body, media type.
async fn send(api: &Api, example: &Example) -> Result<(u16, Value, String), Fault> {
    let mut request = Request::builder().method(example.method.as_str()).uri(&example.path);
    for (name, value) in &example.headers {
        request = request.header(name, value);
    }
    let body = match &example.body {
        Some(body) => {
            let mut body = body.clone();
            if body.get("taskToken").is_some() {
                body["taskToken"] = token(api).await?;
            }
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    let answer = api.send(request.body(body)?).await?;
    let media_type = answer.headers.get("content-type").map(|value| value.to_str()).transpose()?.unwrap_or_default();
    Ok((answer.status.as_u16(), answer.body, media_type.split(';').next().unwrap_or_default().to_owned()))
}

#[tokio::test(start_paused = true)]
async fn every_example_is_answered_as_the_document_says() -> Done {
    let document = document(&Api::new().await).await?;
    let (mut calls, mut wrong) = (0, Vec::new());
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in methods.as_object().into_iter().flatten().map(|(method, _)| method) {
            for example in examples(&document, path, method) {
                let api = world(&document, &format!("{method} {path}")).await?;
                if path == "/state-machines/{name}/executions" && method == "post" {
                    for machine in examples(&document, "/state-machines", "post") {
                        send(&api, &machine).await?;
                    }
                }
                let is_redrive = |(_, value): &(String, String)| value.ends_with(".RedriveExecution");
                if path == "/executions/{arn}/redrive" || example.headers.iter().any(is_redrive) {
                    // Only what has ended is redriven.
                    for stop in examples(&document, "/executions/{arn}/stop", "post") {
                        send(&api, &stop).await?;
                    }
                }
                let what = format!("{} {} {:?}", example.method, example.path, example.headers);
                calls += 1;
                let (status, body, media_type) = send(&api, &example).await?;
                let Some(response) = example.responses.get(status.to_string()).filter(|_| status < 300) else {
                    wrong.push(format!("{what}: {status} {body}"));
                    continue;
                };
                match response.get("content") {
                    Some(content) => match content.get(&media_type) {
                        Some(content) => {
                            let found = problems(&document, &content["schema"], &body);
                            wrong.extend(found.into_iter().map(|problem| format!("{what}: {problem}")));
                        }
                        None => wrong.push(format!("{what}: answered with '{media_type}'")),
                    },
                    None if body == "" => {}
                    None => wrong.push(format!("{what}: has a body: {body}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(calls > 50, "the document has {calls} examples");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_example_is_as_its_own_schema_says() -> Done {
    let document = document(&Api::new().await).await?;
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter = resolve(&document, parameter);
                let is_token = parameter["name"] == "nextToken";
                assert!(is_token || !examples_of(parameter).is_empty(), "{method} {path}: {parameter} has no example");
                for (_, example) in examples_of(parameter) {
                    assert_eq!(problems(&document, &parameter["schema"], &example), [""; 0], "{method} {path}");
                }
            }
            for content in operation["requestBody"]["content"].as_object().into_iter().flatten().map(|(_, it)| it) {
                assert!(!examples_of(content).is_empty(), "{method} {path}: the body has no example");
                for (_, example) in examples_of(content) {
                    assert_eq!(problems(&document, &content["schema"], &example), [""; 0], "{method} {path}");
                }
            }
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn refusals_are_as_the_document_says() -> Done {
    let api = Api::new().await;
    let document = document(&api).await?;
    for (method, path) in
        [("get", "/executions/{arn}"), ("get", "/state-machines/{name}"), ("put", "/state-machines/{name}")]
    {
        for example in examples(&document, path, method) {
            let (status, body, media_type) = send(&api, &example).await?;
            assert_eq!(status, 404, "{method} {path}: {body}");
            let schema = &example.responses["404"]["content"][&media_type]["schema"];
            assert_eq!(problems(&document, schema, &body), [""; 0], "{method} {path}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_reference_of_the_document_leads_somewhere() -> Done {
    let document = document(&Api::new().await).await?;
    let (mut left, mut count) = (vec![&document], 0);
    while let Some(value) = left.pop() {
        if value.get("$ref").is_some() {
            count += 1;
            assert!(resolve(&document, value).is_object(), "{value}");
        }
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => left.extend(members.values()),
            _ => {}
        }
    }
    assert!(count > 20, "{count}");
    Ok(())
}
