//! Join sets and heartbeats: the two things about a run that change.
//!
//! A join set is a set of texts, one a child: its place among the hundred, `s` or `f`, its terminal record. A hundred
//! of them and the key stay below 1 KB, so that a join is one write unit.

use crate::error::unreadable;
use crate::item::{Item, expires, n, optional_number, s, text};
use crate::keys::{self, Key, PK, SK};
use crate::meta::EXPIRES;
use crate::records::WHAT;
use crate::table::Table;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use model::Timestamp;
use orchestrator::ports::{BEATS_CLOSED, EndedChild, Error, JOIN_SHARD, JoinKey, WaitKey};
use std::collections::HashSet;
use std::ops::Range;

/// The attribute that has the set.
const CHILDREN: &str = "c";

/// The attribute that has the time of the last heartbeat.
const AT: &str = "at";

/// Adds the child to its set, and tells how many are in it then.
pub(crate) async fn join(table: &Table, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
    let item = Key::join(key, child.index);
    let place = item.clone();
    let mut update = table
        .update(item)
        .expression_attribute_names("#children", CHILDREN)
        .expression_attribute_values(":child", AttributeValue::Ss(vec![member(child)]))
        .return_values(ReturnValue::UpdatedNew);
    let add = "ADD #children :child";
    update = match table.lifetimes().of(&key.run) {
        // The first one's stays: whoever prolongs the run later writes the item, and no straggler takes it back.
        Some(at) => update
            .update_expression(format!("{add} SET #expires = if_not_exists(#expires, :expires)"))
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":expires", expires(at)),
        None => update.update_expression(add),
    };
    let updated = update.send().await.map_err(table.refused(WHAT, "UpdateItem"))?;
    let children = children(&updated.attributes.unwrap_or_default(), &place, first_of(child.index))?;
    // A child has one end. Were there two, it would still be one child.
    let indexes = children.iter().map(|child| child.index).collect::<HashSet<_>>();
    Ok(u32::try_from(indexes.len()).unwrap_or(u32::MAX))
}

/// Those of the children with these indexes that have ended.
pub(crate) async fn joined(table: &Table, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
    let Some(last) = indexes.end.checked_sub(1).filter(|last| *last >= indexes.start) else { return Ok(Vec::new()) };
    // Neighbouring sets are neighbours in the table: one query of some is cheaper than getting each.
    let mut pages = table
        .query(keys::run(&key.run))
        .key_condition_expression(format!("{PK} = :pk AND {SK} BETWEEN :first AND :last"))
        .expression_attribute_values(":first", s(Key::join(key, indexes.start).sk))
        .expression_attribute_values(":last", s(Key::join(key, last).sk))
        .consistent_read(true)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for item in page.map_err(table.refused(WHAT, "Query"))?.items() {
            let place = Key::new(keys::run(&key.run), text(item, SK).unwrap_or_default());
            let set = place.sk.rsplit_once('#').and_then(|(_, set)| set.parse::<u32>().ok());
            let first = set.and_then(|set| set.checked_mul(JOIN_SHARD));
            let first = first.ok_or_else(|| damaged(&place, "its key is no join set's"))?;
            found.extend(children(item, &place, first)?);
        }
    }
    found.retain(|child| indexes.contains(&child.index));
    Ok(found)
}

/// Notes a heartbeat, unless a later one is noted; whether it was.
pub(crate) async fn beat(table: &Table, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
    let update = table.update(Key::heartbeat(key)).condition_expression("attribute_not_exists(#at) OR #at < :at");
    set_beat(table, key, update, at).await
}

/// Notes a heartbeat, unless the wait is closed to them; whether it is open.
pub(crate) async fn beat_if_open(table: &Table, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
    // What is refused is seldom: a heartbeat that was overtaken, or one that came too late.
    Ok(beat(table, key, at).await? || last_beat(table, key).await? != Some(BEATS_CLOSED))
}

/// Closes the wait to heartbeats if none came after `seen`; whether it is closed.
pub(crate) async fn close_beats(table: &Table, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
    let update = table.update(Key::heartbeat(key));
    let update = match seen {
        None => update.condition_expression("attribute_not_exists(#at)"),
        Some(seen) => {
            update.condition_expression("#at = :seen").expression_attribute_values(":seen", n(seen.as_micros()))
        }
    };
    // The SDK repeats a request whose answer was lost: then it is refused, and the wait is closed all the same.
    Ok(set_beat(table, key, update, BEATS_CLOSED).await? || last_beat(table, key).await? == Some(BEATS_CLOSED))
}

/// Sets the time of the last heartbeat on the update's condition; whether that held.
async fn set_beat(table: &Table, key: &WaitKey, update: UpdateItemFluentBuilder, at: Timestamp) -> Result<bool, Error> {
    let update = update.expression_attribute_names("#at", AT).expression_attribute_values(":at", n(at.as_micros()));
    let update = match table.lifetimes().of(&key.run) {
        Some(until) => update
            .update_expression("SET #at = :at, #expires = if_not_exists(#expires, :expires)")
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":expires", expires(until)),
        None => update.update_expression("SET #at = :at"),
    };
    Ok(table.update_if(WHAT, update).await?.is_some())
}

/// The last heartbeat.
pub(crate) async fn last_beat(table: &Table, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
    let place = Key::heartbeat(key);
    let read = table.get(place.clone()).consistent_read(true).send().await;
    let Some(item) = read.map_err(table.refused(WHAT, "GetItem"))?.item else { return Ok(None) };
    let at = optional_number(&item, AT).map_err(crate::item::damaged(&place.pk, &place.sk))?;
    Ok(at.map(Timestamp::from_micros))
}

fn first_of(index: u32) -> u32 {
    index - index % JOIN_SHARD
}

fn member(child: &EndedChild) -> String {
    let end = if child.succeeded { 's' } else { 'f' };
    format!("{}{end}{}", child.index % JOIN_SHARD, child.seq)
}

/// The children in a set whose first index is this.
fn children(item: &Item, place: &Key, first: u32) -> Result<Vec<EndedChild>, Error> {
    let Some(AttributeValue::Ss(members)) = item.get(CHILDREN) else {
        return Err(damaged(place, "it has no set of children"));
    };
    let children = members.iter().map(|member| {
        let end = member.find(['s', 'f'])?;
        let (index, seq) = (member.get(..end)?, member.get(end + 1..)?);
        let index = index.parse::<u32>().ok().filter(|index| *index < JOIN_SHARD)?;
        Some(EndedChild {
            index: first.checked_add(index)?,
            seq: seq.parse().ok()?,
            succeeded: member.as_bytes().get(end) == Some(&b's'),
        })
    });
    let children = children.collect::<Option<Vec<_>>>();
    children.ok_or_else(|| damaged(place, "a member of its set names no child"))
}

fn damaged(place: &Key, why: &'static str) -> Error {
    unreadable(format!("item {} {}", place.pk, place.sk), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(members: &[&str]) -> Item {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        Item::from([(CHILDREN.into(), AttributeValue::Ss(members))])
    }

    #[test]
    fn a_member_is_its_child() -> anyhow::Result<()> {
        for index in [0, 7, 99, 100, 12_345, u32::MAX] {
            for succeeded in [true, false] {
                let child = EndedChild { index, seq: u64::MAX - 3, succeeded };
                let found = children(&set(&[&member(&child)]), &Key::new("p", "s"), first_of(index))?;
                assert_eq!(found, [child]);
            }
        }
        Ok(())
    }

    #[test]
    fn a_hundred_members_and_their_key_are_a_small_item() {
        let members = (0..JOIN_SHARD).map(|index| member(&EndedChild { index, seq: 9_999, succeeded: true }));
        assert!(members.map(|member| member.len()).sum::<usize>() <= 700);
    }

    #[test]
    fn a_damaged_member_is_an_error() {
        for member in ["", "s", "7", "7x3", "s3", "7s", "-1s3", "100s1", "7s-1"] {
            let found = children(&set(&[member]), &Key::new("p", "s"), 0);
            assert!(found.is_err_and(|error| !error.is_transient()), "{member}");
        }
        assert!(children(&Item::new(), &Key::new("p", "s"), 0).is_err());
    }
}
