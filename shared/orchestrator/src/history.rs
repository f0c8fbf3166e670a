//! The history of an execution, derived from its journal.
//!
//! The events of all strands in the order of (time, strand, record, place in it), numbered from 1. References
//! between events are kept by place, and get their numbers here.

use crate::{Error, Orchestrator, Record, RecordKey, RunKey};
use model::history::{Event, HistoryEvent};
use model::{EventRef, ExecutionArn, Payload, Seq, StrandId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// Which part of a history is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Continues after a page.
    pub after: Option<String>,
    /// The most events.
    pub limit: u32,
    /// Newest first.
    pub reverse: bool,
}

/// A page of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// The events.
    pub events: Vec<HistoryEvent>,
    /// Continues after them; none: there are no more.
    pub next: Option<String>,
}

impl Orchestrator {
    /// GetExecutionHistory.
    pub async fn execution_history(
        &self,
        execution: &ExecutionArn,
        request: &HistoryRequest,
    ) -> Result<HistoryPage, Error> {
        let invalid = || Error::InvalidPageToken(request.after.clone().unwrap_or_default());
        // The token is the number of the last event given and its place, which must still be the same.
        let after = match &request.after {
            None => None,
            Some(token) => {
                let (number, place) = token.split_once(' ').ok_or_else(invalid)?;
                Some((number.parse::<usize>().map_err(|_| invalid())?, place))
            }
        };
        let meta = self.meta(execution).await?;
        let run = RunKey { execution: meta.execution, run: meta.run };
        let stored = self.ports().journal.records(&run).await?;
        let mut placed = Vec::new();
        for record in self.open_all(&stored).await? {
            let Record { key: RecordKey { strand, seq, .. }, time, events, .. } = record;
            place_events(&strand, seq, time, events, &mut placed);
        }
        let numbers = number(&mut placed);
        let total = placed.len();
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let indexes: Vec<usize> = match (after, request.reverse) {
            (None, false) => (0..total).take(limit).collect(),
            (None, true) => (0..total).rev().take(limit).collect(),
            (Some((number, place)), reverse) => {
                let index = number.checked_sub(1).ok_or_else(invalid)?;
                if placed.get(index).is_none_or(|event| text(&event.place) != place) {
                    return Err(invalid());
                }
                if reverse { (0..index).rev().take(limit).collect() } else { (number..total).take(limit).collect() }
            }
        };
        let next = indexes.last().copied().filter(|last| if request.reverse { *last > 0 } else { last + 1 < total });
        let next = next.map(|last| format!("{} {}", last + 1, text(&placed[last].place)));
        let events = indexes.into_iter().map(|index| placed[index].numbered(index, &numbers)).collect();
        Ok(HistoryPage { events, next })
    }

    /// All records of an execution, those of one strand in the order of their numbers: for whoever looks on from
    /// the middle.
    pub async fn records(&self, execution: &ExecutionArn) -> Result<Vec<Record>, Error> {
        let meta = self.meta(execution).await?;
        let run = RunKey { execution: meta.execution, run: meta.run };
        self.open_all(&self.ports().journal.records(&run).await?).await
    }
}

/// All events of an execution that lie there, as its history has them.
pub(crate) fn whole(mut placed: Vec<Placed>) -> Vec<HistoryEvent> {
    let numbers = number(&mut placed);
    placed.iter().enumerate().map(|(index, event)| event.numbered(index, &numbers)).collect()
}

/// Puts the events in order, and says which number each has.
fn number(placed: &mut [Placed]) -> HashMap<EventRef, u64> {
    placed.sort_by(|one, other| (one.time, &one.place).cmp(&(other.time, &other.place)));
    (1..).zip(placed.iter()).map(|(id, event)| (event.place.clone(), id)).collect()
}

/// An event, and where and when it was written.
pub(crate) struct Placed {
    time: Timestamp,
    place: EventRef,
    event: Event<Payload>,
}

impl Placed {
    /// The event at this index of a history.
    fn numbered(&self, index: usize, numbers: &HashMap<EventRef, u64>) -> HistoryEvent {
        let previous = self.event.previous.as_ref().and_then(|place| numbers.get(place));
        HistoryEvent {
            id: u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1),
            previous_event_id: previous.copied().unwrap_or(0),
            timestamp: self.time,
            kind: self.event.kind.clone(),
        }
    }
}

/// Notes where the events of one record lie.
pub(crate) fn place_events(
    strand: &StrandId,
    seq: Seq,
    time: Timestamp,
    events: Vec<Event<Payload>>,
    placed: &mut Vec<Placed>,
) {
    for (index, event) in (0_u32..).zip(events) {
        let time = time + Duration::from_micros(u64::from(index));
        placed.push(Placed { time, place: EventRef { strand: strand.clone(), seq, index }, event });
    }
}

fn text(place: &EventRef) -> String {
    let EventRef { strand, seq, index } = place;
    let strand: &StrandId = strand;
    format!("{strand}:{seq}.{index}")
}
