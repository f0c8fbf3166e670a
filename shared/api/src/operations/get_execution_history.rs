//! GetExecutionHistory.
//!
//! Where answers have a largest size, a page ends before the event that has no room. An event that has no room even
//! alone comes without its data, and says so.

use crate::arns;
use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::{DataText, Dialect, Instant};
use model::history::HistoryEvent;
use orchestrator::{HistoryRequest, Orchestrator};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value, json};

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
    list: Vec<HistoryEvent>,
    view: View,
    /// Whether the first event, then the only one, has no room for its data.
    is_cut: bool,
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.list.len()))?;
        for event in &self.list {
            list.serialize_element(&Event { of: event, view: self.view, is_cut: self.is_cut })?;
        }
        list.end()
    }
}

/// How events are shown.
#[derive(Clone, Copy, Debug)]
struct View {
    include_data: bool,
    dialect: Dialect,
}

struct Event<'a> {
    of: &'a HistoryEvent,
    view: View,
    is_cut: bool,
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { of: event, view, is_cut } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &Instant(event.timestamp, view.dialect))?;
        map.serialize_entry("type", event.kind.type_name())?;
        map.serialize_entry("id", &event.id)?;
        map.serialize_entry("previousEventId", &event.previous_event_id)?;
        if let Some((member, mut fields)) = event.kind.details(view.include_data) {
            if *is_cut {
                cut(&mut fields);
            }
            map.serialize_entry(member, &Details { fields: &fields, dialect: view.dialect })?;
        }
        map.end()
    }
}

/// The members of an event's details that hold payloads.
const DATA: [&str; 3] = ["input", "output", "parameters"];

/// Takes payloads out, as AWS's shape says that they are not whole. Parameters must be there, so they say it
/// themselves.
fn cut(fields: &mut Map<String, Value>) {
    for name in DATA {
        let Some(bytes) = fields.get(name).and_then(Value::as_str).map(str::len) else { continue };
        if name == "parameters" {
            let text = format!("{bytes} bytes, more than an answer can hold here");
            fields.insert(name.to_owned(), Value::from(Value::from(text).to_string()));
        } else {
            fields.remove(name);
            fields.insert(format!("{name}Details"), json!({"truncated": true}));
        }
    }
}

struct Details<'a> {
    fields: &'a Map<String, Value>,
    dialect: Dialect,
}

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (name, value) in self.fields {
            match value {
                Value::String(text) if DATA.contains(&name.as_str()) => {
                    map.serialize_entry(name, &DataText(text, self.dialect))?;
                }
                _ => map.serialize_entry(name, value)?,
            }
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
    let include_data = input.optional_flag("includeExecutionData").unwrap_or(true);
    let view = View { include_data, dialect: input.dialect() };
    let mut request = HistoryRequest { after: list.after(input.text("nextToken"))?, limit: input.page_size(), reverse };
    loop {
        let page = orchestrator.execution_history(&execution, &request).await?;
        let fitting = input.room().map_or(page.events.len(), |room| fitting(&page.events, view, room));
        let is_cut = fitting == 0 && page.events.len() == 1;
        if fitting == page.events.len() || is_cut {
            let events = Events { list: page.events, view, is_cut };
            return Ok(Answer { events, next_token: list.token(page.next) });
        }
        // A page's token continues after its last event alone, so the page that fits is asked for. The next one is
        // looked at again: events of other strands may have come between.
        request.limit = u32::try_from(fitting).unwrap_or(1).max(1);
    }
}

/// How many of the first events have room together.
fn fitting(events: &[HistoryEvent], view: View, room: Room) -> usize {
    let mut size = 0_usize;
    let fits = |event: &&HistoryEvent| {
        // One more for the comma.
        size = size.saturating_add(room.size_of(&Event { of: event, view, is_cut: false })).saturating_add(1);
        size <= room.bytes()
    };
    events.iter().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::history::{Kind, Service, StateType};
    use model::{Payload, Timestamp};

    fn history_event(kind: Kind<Payload>) -> HistoryEvent {
        HistoryEvent { id: 2, previous_event_id: 0, timestamp: Timestamp::from_micros(1_732_186_800_123_456), kind }
    }

    fn entered() -> Result<HistoryEvent, serde_json::Error> {
        let input = Payload::from_text("{\"x\": 1.0}")?;
        Ok(history_event(Kind::StateEntered { state_type: StateType::Pass, name: "A".into(), input }))
    }

    fn text(event: HistoryEvent, view: View, is_cut: bool) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Events { list: vec![event], view, is_cut })
    }

    fn details(text: &str) -> Result<Value, serde_json::Error> {
        let mut events: Vec<Value> = serde_json::from_str(text)?;
        Ok(events.remove(0)["stateEnteredEventDetails"].take())
    }

    const ALL: View = View { include_data: true, dialect: Dialect::AwsJson };

    #[test]
    fn an_event_has_its_details_under_the_member_of_its_type() -> Result<(), serde_json::Error> {
        let text = text(entered()?, ALL, false)?;
        assert!(text.starts_with(r#"[{"timestamp":1732186800.123,"type":"PassStateEntered","id":2,"#), "{text}");
        let expected = json!({"input": "{\"x\": 1.0}", "inputDetails": {"truncated": false}, "name": "A"});
        assert_eq!(details(&text)?, expected);
        Ok(())
    }

    #[test]
    fn data_is_left_out_on_demand() -> Result<(), serde_json::Error> {
        let view = View { include_data: false, ..ALL };
        assert_eq!(details(&text(entered()?, view, false)?)?, json!({"name": "A"}));
        Ok(())
    }

    #[test]
    fn in_plain_json_data_is_a_value() -> Result<(), serde_json::Error> {
        let text = text(entered()?, View { dialect: Dialect::Plain, ..ALL }, false)?;
        assert!(text.starts_with(r#"[{"timestamp":"2024-11-21T11:00:00.123Z","type":"PassStateEntered","#), "{text}");
        assert!(text.contains(r#""input":{"x": 1.0},"inputDetails":{"truncated":false}"#), "{text}");
        Ok(())
    }

    #[test]
    fn data_that_is_cut_out_says_so() -> Result<(), serde_json::Error> {
        let expected = json!({"inputDetails": {"truncated": true}, "name": "A"});
        assert_eq!(details(&text(entered()?, ALL, true)?)?, expected);
        let service = Service { resource_type: "lambda".into(), resource: "invoke".into() };
        let parameters = Payload::from_text("[1,2]")?;
        let scheduled = Kind::TaskScheduled { service, region: "r".into(), parameters, timeout: None, heartbeat: None };
        let text = text(history_event(scheduled), ALL, true)?;
        assert!(text.contains(r#""parameters":"\"5 bytes, more than an answer can hold here\"""#), "{text}");
        Ok(())
    }

    #[test]
    fn events_that_have_no_room_wait_for_the_next_page() -> Result<(), serde_json::Error> {
        let events = vec![entered()?, entered()?, entered()?];
        let room = |bytes: usize| Room::new(bytes, crate::options::Front::Direct);
        let one = room(usize::MAX).size_of(&Event { of: &events[0], view: ALL, is_cut: false });
        let reserve = 10_000 - room(10_000).bytes();
        let fitting_into = |bytes: usize| fitting(&events, ALL, room(reserve + bytes));
        assert_eq!([0, one, one + 1, 2 * one + 2, 9 * one].map(fitting_into), [0, 0, 1, 2, 3]);
        Ok(())
    }
}
