//! Collects the events of one step and keeps track of which event follows which.

use crate::{Cursor, Phase, Place, StepContext};
use model::history::{Event, Kind};
use model::{EventRef, Payload, Seq};

/// Collects the events of one step.
pub(crate) struct Writer<'a> {
    context: &'a StepContext<'a>,
    events: Vec<Event<Payload>>,
    last: Option<EventRef>,
    count: u64,
}

impl<'a> Writer<'a> {
    /// Goes on after what the cursor saw last.
    pub(crate) fn new(context: &'a StepContext<'a>, cursor: &Cursor<Payload>) -> Self {
        Self::after(context, cursor.last.clone(), cursor.events)
    }

    /// Goes on after this event, the last of so many.
    pub(crate) fn after(context: &'a StepContext<'a>, last: Option<EventRef>, count: u64) -> Self {
        Self { context, events: Vec::new(), last, count }
    }

    /// What the step may know.
    pub(crate) fn context(&self) -> &'a StepContext<'a> {
        self.context
    }

    /// The event that the next one follows.
    pub(crate) fn last(&self) -> Option<&EventRef> {
        self.last.as_ref()
    }

    /// The number that the next event will have, as far as this strand knows.
    pub(crate) fn next_id(&self) -> u64 {
        self.count + 1
    }

    /// How many events this step has written so far.
    pub(crate) fn written(&self) -> u64 {
        u64::try_from(self.events.len()).unwrap_or(u64::MAX)
    }

    /// The events so far belong to other strands too: these many more.
    pub(crate) fn count_others(&mut self, events: u64) {
        self.count += events;
    }

    /// The line of control goes on after this event.
    pub(crate) fn continue_after(&mut self, event: Option<EventRef>) {
        self.last = event;
    }

    /// An event of the line of control.
    pub(crate) fn put(&mut self, kind: Kind<Payload>) {
        let previous = self.last.clone();
        self.last = Some(self.push(previous, kind));
    }

    /// An event of the line of control that AWS writes before it knows that the state was entered: in the step that enters
    /// it, both follow the same event.
    pub(crate) fn put_while_entering(&mut self, kind: Kind<Payload>) {
        let previous = match self.events.last() {
            Some(Event { previous, kind: Kind::StateEntered { .. } }) => previous.clone(),
            Some(_) | None => self.last.clone(),
        };
        self.last = Some(self.push(previous, kind));
    }

    /// An event beside the line of control: it follows `previous`, and nothing follows it.
    pub(crate) fn put_aside(&mut self, previous: Option<EventRef>, kind: Kind<Payload>) {
        self.push(previous, kind);
    }

    /// The step's result.
    pub(crate) fn finish(self, since: Seq, place: Place<Payload>, phase: Phase<Payload>) -> crate::Step {
        let cursor = Cursor { since, last: self.last, events: self.count, place, phase };
        crate::Step { events: self.events, cursor }
    }

    fn push(&mut self, previous: Option<EventRef>, kind: Kind<Payload>) -> EventRef {
        let in_step = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        let event = EventRef {
            strand: self.context.strand.clone(),
            seq: self.context.seq,
            index: self.context.events_before.saturating_add(in_step),
        };
        self.events.push(Event { previous, kind });
        self.count += 1;
        event
    }
}
