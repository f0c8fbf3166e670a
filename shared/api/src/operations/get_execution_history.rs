//! GetExecutionHistory.

use crate::arns;
use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::wire::Instant;
use model::history::HistoryEvent;
use orchestrator::{HistoryRequest, Orchestrator};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

const MEMBERS: &[Member] = &[
    Member::arn("executionArn").required(),
    Member::max_results(),
    Member::flag("reverseOrder"),
    Member::next_token(1024),
    Member::flag("includeExecutionData"),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    events: Events,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug)]
struct Events {
    events: Vec<HistoryEvent>,
    include_data: bool,
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.events.len()))?;
        for event in &self.events {
            list.serialize_element(&Event { event, include_data: self.include_data })?;
        }
        list.end()
    }
}

struct Event<'a> {
    event: &'a HistoryEvent,
    include_data: bool,
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { event, include_data } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &Instant(event.timestamp))?;
        map.serialize_entry("type", event.kind.type_name())?;
        map.serialize_entry("id", &event.id)?;
        map.serialize_entry("previousEventId", &event.previous_event_id)?;
        if let Some((member, details)) = event.kind.details(*include_data) {
            map.serialize_entry(member, &details)?;
        }
        map.end()
    }
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let reverse = input.flag("reverseOrder");
    let order = if reverse { "reverse" } else { "" };
    let list = List { operation: "GetExecutionHistory", of: &[execution.as_str(), order] };
    let request = HistoryRequest { after: list.after(input.text("nextToken"))?, limit: input.page_size(), reverse };
    let page = orchestrator.execution_history(&execution, &request).await?;
    let include_data = input.optional_flag("includeExecutionData").unwrap_or(true);
    Ok(Answer { events: Events { events: page.events, include_data }, next_token: list.token(page.next) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::history::{Kind, StateType};
    use model::{Payload, Timestamp};
    use serde_json::{Value, json};

    fn event(include_data: bool) -> Result<Value, serde_json::Error> {
        let kind = Kind::StateEntered {
            state_type: StateType::Pass,
            name: "A".into(),
            input: Payload::from_text("{\"x\": 1.0}")?,
        };
        let timestamp = Timestamp::from_micros(1_732_186_800_123_456);
        let event = HistoryEvent { id: 2, previous_event_id: 0, timestamp, kind };
        let text = serde_json::to_string(&Events { events: vec![event], include_data })?;
        assert!(text.starts_with(r#"[{"timestamp":1732186800.123,"type":"PassStateEntered","id":2,"#), "{text}");
        let mut events: Vec<Value> = serde_json::from_str(&text)?;
        Ok(events.remove(0)["stateEnteredEventDetails"].take())
    }

    #[test]
    fn an_event_has_its_details_under_the_member_of_its_type() -> Result<(), serde_json::Error> {
        let details = json!({"input": "{\"x\": 1.0}", "inputDetails": {"truncated": false}, "name": "A"});
        assert_eq!(event(true)?, details);
        Ok(())
    }

    #[test]
    fn data_is_left_out_on_demand() -> Result<(), serde_json::Error> {
        assert_eq!(event(false)?, json!({"name": "A"}));
        Ok(())
    }
}
