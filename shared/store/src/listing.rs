//! Lists of executions, newest first.
//!
//! A machine's executions lie in the index `list` under `L#<machine arn>#<shard>`, by their start and name. A list asks
//! all shards at once and merges them; a token names the last place that was given out, below which every shard goes
//! on. Status and expiry are filters of the query: they save answers, not reads, so that a page for a rare status looks
//! at a bounded number of executions, and may have fewer than were asked for, or none, and a token all the same.
//!
//! The index is eventually consistent: an execution that began or ended within the last second or so may be missing, or
//! be shown as it was.

use crate::batch;
use crate::catalog::names::{self, MACHINES, MACHINES_GONE};
use crate::item::{Item, damaged, n, s, text};
use crate::keys::{self, Key, LIST, LIST_PK, LIST_SK};
use crate::meta::{self, EXPIRES, STATUS};
use crate::page::{self, List};
use crate::table::Table;
use futures::future::try_join_all;
use model::StateMachineArn;
use orchestrator::ports::{Error, ExecutionStatus, Meta, Page};
use std::collections::{HashMap, VecDeque};

/// What [`Error::Unavailable`] calls the journal.
const WHAT: &str = "journal";

/// As on AWS, the most that one page has.
const MAX_PAGE: u32 = 1_000;

/// How often one page asks each shard, at most.
const MAX_ROUNDS: u32 = 12;

/// Looked at by one request with a filter that most executions may not pass.
const FILTERED_BATCH: usize = 200;

/// Asked of each shard beyond its even share, as names do not fall evenly.
const UNEVEN: usize = 8;

/// Machines that one page over all machines visits, at most.
const MAX_VISITS: usize = 50;

/// Executions of this machine, newest first, or of all machines.
///
/// Over all machines the order is by machine name, those that were deleted last, and newest first within each one; and
/// each META is read from the table itself, so that it is whole and as it stands. Such a list has every execution that
/// was there when it began, with one exception: those of a machine that was deleted before it and is made anew during it
/// may be missing until the next list.
pub(crate) async fn executions(
    table: &Table,
    machine: Option<&StateMachineArn>,
    status: Option<ExecutionStatus>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Meta>, Error> {
    let limit = limit.clamp(1, MAX_PAGE) as usize;
    match machine {
        Some(machine) => {
            let below = page::place(List::Executions, after, |place| is_place(place).then(|| place.to_owned()))?;
            let Part { found, rest } = of_machine(table, machine, status, below, limit).await?;
            Ok(Page { items: found, next: rest.map(|place| page::token(List::Executions, &place)) })
        }
        None => {
            let place = page::place(List::AllExecutions, after, Place::read)?;
            of_all(table, status, place.unwrap_or_default(), limit).await
        }
    }
}

/// Whether this is a sort key of the index, as [`keys::by_time`] writes it.
fn is_place(text: &str) -> bool {
    text.split_once('#').is_some_and(|(time, name)| {
        time.len() == keys::by_time(0, "").len() - 1
            && time.bytes().all(|byte| byte.is_ascii_digit())
            && !name.is_empty()
    })
}

/// Some executions of one machine, and below which place there may be more.
struct Part {
    found: Vec<Meta>,
    rest: Option<String>,
}

async fn of_machine(
    table: &Table,
    machine: &StateMachineArn,
    status: Option<ExecutionStatus>,
    below: Option<String>,
    limit: usize,
) -> Result<Part, Error> {
    let share = (limit + 1).div_ceil(table.list_shards().max(1) as usize) + UNEVEN;
    let batch = if status.is_some() { share.max(FILTERED_BATCH) } else { share };
    let request = Request { table, status, below, batch: i32::try_from(batch).unwrap_or(i32::MAX) };
    merged(&request, machine, limit).await
}

/// The shards of a machine's list as one.
async fn merged(request: &Request<'_>, machine: &StateMachineArn, limit: usize) -> Result<Part, Error> {
    let shards = 0..request.table.list_shards().max(1);
    let mut shards: Vec<Shard> = shards.map(|shard| Shard::new(keys::list(machine, shard))).collect();
    let (mut found, mut last) = (Vec::new(), None);
    let mut rounds = 0;
    loop {
        if shards.iter().any(Shard::is_dry) {
            if rounds == MAX_ROUNDS {
                break;
            }
            rounds += 1;
            try_join_all(shards.iter_mut().filter(|shard| shard.is_dry()).map(|shard| shard.read(request))).await?;
            continue;
        }
        match newest(&mut shards) {
            None => return Ok(Part { found, rest: None }),
            Some(_) if found.len() == limit => return Ok(Part { found, rest: last }),
            Some((place, meta)) => {
                found.push(meta);
                last = Some(place);
            }
        }
    }
    // Enough was looked at. What lies above the floor is whole: no shard has anything unread there.
    let mut floor = floor_of(&shards);
    while let Some((place, meta)) = newest(&mut shards).filter(|(place, _)| Some(place) > floor.as_ref()) {
        if found.len() == limit {
            return Ok(Part { found, rest: last });
        }
        found.push(meta);
        last = Some(place);
        floor = floor_of(&shards);
    }
    Ok(Part { found, rest: floor })
}

/// The place down to which all shards were read.
fn floor_of(shards: &[Shard]) -> Option<String> {
    shards.iter().filter(|shard| shard.is_dry()).filter_map(|shard| shard.seen.clone()).max()
}

/// Takes the newest of what was read.
fn newest(shards: &mut [Shard]) -> Option<(String, Meta)> {
    let newest = shards.iter_mut().max_by(|one, other| one.first().cmp(&other.first()))?;
    newest.found.pop_front()
}

/// What is asked of every shard.
struct Request<'t> {
    table: &'t Table,
    status: Option<ExecutionStatus>,
    below: Option<String>,
    batch: i32,
}

/// One shard of a machine's list, as far as it was read.
struct Shard {
    pk: String,
    /// Read and not yet given out, newest first.
    found: VecDeque<(String, Meta)>,
    /// The place of the last execution looked at, whether or not it passed the filter.
    seen: Option<String>,
    /// Where the next request begins.
    start: Option<Item>,
    is_read: bool,
}

impl Shard {
    fn new(pk: String) -> Self {
        Self { pk, found: VecDeque::new(), seen: None, start: None, is_read: false }
    }

    fn first(&self) -> Option<&str> {
        self.found.front().map(|(place, _)| place.as_str())
    }

    /// Whether the next one of this shard is not known.
    fn is_dry(&self) -> bool {
        self.found.is_empty() && !self.is_read
    }

    async fn read(&mut self, request: &Request<'_>) -> Result<(), Error> {
        let table = request.table;
        let mut condition = format!("{LIST_PK} = :pk");
        let mut query = table.query(&self.pk).index_name(LIST).scan_index_forward(false).limit(request.batch);
        if let Some(below) = &request.below {
            condition.push_str(" AND ");
            condition.push_str(LIST_SK);
            condition.push_str(" < :below");
            query = query.expression_attribute_values(":below", s(below));
        }
        let mut filter = "(attribute_not_exists(#expires) OR #expires > :now)".to_owned();
        query = query
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":now", n(table.now().as_micros().div_euclid(1_000_000)));
        if let Some(status) = request.status {
            filter.push_str(" AND #status = :status");
            query = query
                .expression_attribute_names("#status", STATUS)
                .expression_attribute_values(":status", s(status.as_str()));
        }
        let query = query
            .key_condition_expression(condition)
            .filter_expression(filter)
            .set_exclusive_start_key(self.start.take());
        let answer = query.send().await.map_err(table.refused(WHAT, "Query"))?;
        for item in answer.items.unwrap_or_default() {
            let place = place_of(&item)?;
            self.seen = Some(place.clone());
            if let Some(meta) = readable(&item)? {
                self.found.push_back((place, meta));
            }
        }
        self.start = answer.last_evaluated_key;
        match &self.start {
            None => self.is_read = true,
            Some(last) => self.seen = Some(place_of(last)?),
        }
        Ok(())
    }
}

fn place_of(item: &Item) -> Result<String, Error> {
    Ok(text(item, LIST_SK).map_err(damaged("of the index", LIST))?.to_owned())
}

/// The META in this item. One that is damaged is left out, so that it does not hide all others.
fn readable(item: &Item) -> Result<Option<Meta>, Error> {
    match meta::of(item) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            tracing::error!("an execution is missing from lists: {error}");
            Ok(None)
        }
    }
}

/// A place in the list over all machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    /// Whether it is among the machines that were deleted.
    is_gone: bool,
    /// The machine; none: before the first one.
    machine: Option<StateMachineArn>,
    /// The place in the machine's list; none: after the machine.
    below: Option<String>,
}

impl Place {
    fn write(&self) -> String {
        let machine = self.machine.as_ref().map_or("", StateMachineArn::as_str);
        format!("{}\n{machine}\n{}", u8::from(self.is_gone), self.below.as_deref().unwrap_or_default())
    }

    fn read(text: &str) -> Option<Self> {
        let (is_gone, rest) = text.split_once('\n')?;
        let (machine, below) = rest.split_once('\n')?;
        let is_gone = match is_gone {
            "0" => false,
            "1" => true,
            _ => return None,
        };
        let machine = if machine.is_empty() { None } else { Some(machine.parse().ok()?) };
        let below = if below.is_empty() { None } else { Some(below) };
        if below.is_some_and(|below| machine.is_none() || !is_place(below)) {
            return None;
        }
        Some(Self { is_gone, machine, below: below.map(str::to_owned) })
    }
}

async fn of_all(
    table: &Table,
    status: Option<ExecutionStatus>,
    mut place: Place,
    limit: usize,
) -> Result<Page<Meta>, Error> {
    let mut found = Vec::new();
    let mut ahead: VecDeque<StateMachineArn> = VecDeque::new();
    let mut is_last = false;
    for _ in 0..MAX_VISITS {
        if place.below.is_none() && !next_machine(table, &mut place, &mut ahead).await? {
            is_last = true;
            break;
        }
        let Some(machine) = place.machine.clone() else { break };
        let part = of_machine(table, &machine, status, place.below.take(), limit - found.len()).await?;
        found.extend(part.found);
        place.below = part.rest;
        if place.below.is_some() || found.len() == limit {
            break;
        }
    }
    let items = as_they_stand(table, status, found).await?;
    Ok(Page { items, next: (!is_last).then(|| page::token(List::AllExecutions, &place.write())) })
}

/// Moves on to the next machine; there may be none.
async fn next_machine(table: &Table, place: &mut Place, ahead: &mut VecDeque<StateMachineArn>) -> Result<bool, Error> {
    loop {
        if let Some(machine) = ahead.pop_front() {
            place.machine = Some(machine);
            return Ok(true);
        }
        let list = if place.is_gone { MACHINES_GONE } else { MACHINES };
        ahead.extend(names::read(table, WHAT, list, place.machine.as_ref(), MAX_VISITS).await?.arns);
        if ahead.is_empty() {
            if place.is_gone {
                return Ok(false);
            }
            *place = Place { is_gone: true, ..Place::default() };
        }
    }
}

/// The METAs as the table has them now, without those whose status has changed.
async fn as_they_stand(table: &Table, status: Option<ExecutionStatus>, listed: Vec<Meta>) -> Result<Vec<Meta>, Error> {
    let keys: Vec<Key> = listed.iter().map(|meta| Key::meta(&meta.execution)).collect();
    let mut found: HashMap<Key, Item> = batch::get(table, WHAT, &keys).await?;
    let mut metas = Vec::with_capacity(listed.len());
    for (key, listed) in keys.iter().zip(listed) {
        let Some(item) = found.remove(key) else { continue };
        let Some(meta) = readable(&item)? else { continue };
        if meta.run == listed.run && status.is_none_or(|status| meta.status == status) {
            metas.push(meta);
        }
    }
    Ok(metas)
}

#[cfg(test)]
mod tests;
