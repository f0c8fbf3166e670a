//! What CloudFormation and CloudWatch say about a stack.

use super::Error;
use aws::{Connection, SignedClient, SignedRequest};
use axum::http::Method;
use model::Timestamp;
use orchestrator::ports::Clock;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A stack that exists.
#[derive(Debug)]
pub(crate) struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
    /// Logical and physical names of its Lambda functions.
    functions: BTreeMap<String, String>,
}

/// Lambda's metrics since an instant.
#[derive(Debug)]
pub(crate) struct Metrics {
    client: SignedClient,
    since: Timestamp,
}

impl Stack {
    /// Asks CloudFormation for its outputs and functions.
    pub(crate) async fn describe(connection: &Connection, name: &str) -> Result<Self, Error> {
        let client = connection.service("CloudFormation", "cloudformation");
        let ask = async |action| query(&client, action, "2010-05-15", &[("StackName", name)]).await;
        let described = ask("DescribeStacks").await?;
        let resources = ask("DescribeStackResources").await?;
        let functions = members(&resources, "LogicalResourceId", "PhysicalResourceId", |member| {
            between(member, "ResourceType") == Some("AWS::Lambda::Function")
        });
        Ok(Self {
            name: name.to_owned(),
            outputs: members(&described, "OutputKey", "OutputValue", |_| true),
            functions,
        })
    }

    pub(crate) fn output(&self, name: &'static str) -> Result<&str, Error> {
        let missing = || Error::NoOutput { stack: self.name.clone(), output: name };
        self.outputs.get(name).map(String::as_str).ok_or_else(missing)
    }

    /// The names of its functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.values().map(String::as_str)
    }

    /// The name of the function with this name in the template.
    pub(crate) fn physical(&self, logical: &'static str) -> Result<&str, Error> {
        let missing = || Error::NoOutput { stack: self.name.clone(), output: logical };
        self.functions.get(logical).map(String::as_str).ok_or_else(missing)
    }
}

impl Metrics {
    pub(crate) fn new(connection: &Connection, since: Timestamp) -> Self {
        Self { client: connection.service("CloudWatch", "monitoring"), since }
    }

    /// The sum of this metric of the function.
    pub(crate) async fn sum(&self, function: &str, metric: &str) -> Result<f64, Error> {
        // Whole minutes are counted; one is begun before and after.
        let since = Timestamp::from_micros(self.since.as_micros() - 60_000_000).to_string();
        let until = Timestamp::from_micros(bootstrap::SystemClock.now().as_micros() + 60_000_000).to_string();
        let fields = [
            ("Namespace", "AWS/Lambda"),
            ("MetricName", metric),
            ("Dimensions.member.1.Name", "FunctionName"),
            ("Dimensions.member.1.Value", function),
            ("StartTime", &since),
            ("EndTime", &until),
            ("Period", "60"),
            ("Statistics.member.1", "Sum"),
        ];
        let answer = query(&self.client, "GetMetricStatistics", "2010-08-01", &fields).await?;
        Ok(sums(&answer))
    }
}

/// A call in the protocol of AWS's oldest services: fields of a form, an answer in XML.
async fn query(
    client: &SignedClient,
    action: &'static str,
    version: &str,
    fields: &[(&str, &str)],
) -> Result<String, Error> {
    let mut body = format!("Action={action}&Version={version}");
    for (name, value) in fields {
        body.extend(["&", name, "=", &form_encoded(value)]);
    }
    let request = SignedRequest::new(Method::POST, "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .idempotent();
    let failed = |source| Error::Call { what: action.to_owned(), source };
    let response = client.send(request).await.map_err(failed)?;
    if !response.is_success() {
        return Err(failed(response.refusal()));
    }
    Ok(String::from_utf8_lossy(response.body()).into_owned())
}

fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Two elements of each `member` that has both.
fn members(xml: &str, key: &str, value: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let member = |member: &str| Some((between(member, key)?.to_owned(), plain(between(member, value)?)));
    xml.split("<member>").filter(|part| wanted(part)).filter_map(member).collect()
}

fn sums(xml: &str) -> f64 {
    xml.split("<member>").filter_map(|member| between(member, "Sum")?.trim().parse::<f64>().ok()).sum()
}

fn between<'a>(xml: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{element}>"))?;
    rest.split_once(&format!("</{element}>")).map(|(found, _)| found)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_and_functions_are_found_in_the_answers() {
        let described = "<DescribeStacksResult><Stacks><member><StackName>r</StackName><Outputs>\
            <member><OutputKey>ApiEndpoint</OutputKey><OutputValue>https://a/?x=1&amp;y=2</OutputValue></member>\
            <member><Description>d</Description><OutputValue>t</OutputValue><OutputKey>TableName</OutputKey></member>\
            </Outputs><Tags><member><Key>k</Key><Value>v</Value></member></Tags></member></Stacks>";
        let outputs = members(described, "OutputKey", "OutputValue", |_| true);
        let expected = [("ApiEndpoint", "https://a/?x=1&y=2"), ("TableName", "t")];
        assert_eq!(outputs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn metrics_are_summed() {
        let answer = "<GetMetricStatisticsResult><Datapoints><member><Timestamp>t</Timestamp><Sum>2.0</Sum></member>\
            <member><Sum>40.0</Sum><Unit>Count</Unit></member></Datapoints><Label>Invocations</Label>";
        assert!((sums(answer) - 42.0).abs() < f64::EPSILON);
        assert!(sums("<Datapoints/><Label>RecursiveInvocationsDropped</Label>").abs() < f64::EPSILON);
    }

    #[test]
    fn forms_are_encoded() {
        assert_eq!(form_encoded("2026-11-21T09:00:00.000Z a&b=é"), "2026-11-21T09%3A00%3A00.000Z%20a%26b%3D%C3%A9");
    }
}
