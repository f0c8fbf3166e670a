//! Machines and activities in the order of their names, from the index `list`.
//!
//! The index has their keys alone; what is there now is read from the table. It is eventually consistent: one that was
//! made within the last second or so may be missing.

use crate::error::unreadable;
use crate::item::{Item, damaged, s, text};
use crate::keys::{Key, LIST, LIST_PK, LIST_SK, META, PK};
use crate::table::Table;
use model::{ActivityArn, StateMachineArn, arn};
use orchestrator::ports::Error;
use std::fmt;
use std::str::FromStr;

/// The index's partition of machines.
pub(crate) const MACHINES: &str = "MACHINES";

/// The index's partition of machines that were deleted: their executions are still there.
pub(crate) const MACHINES_GONE: &str = "GONE";

/// The index's partition of activities.
pub(crate) const ACTIVITIES: &str = "ACTIVITIES";

/// What has a name of its own, and a partition of the table.
pub(crate) trait Named: FromStr<Err = arn::Error> + fmt::Display + Send {
    /// What its partition's key begins with, before the ARN.
    const PREFIX: &'static str;

    fn name(&self) -> &str;
}

impl Named for StateMachineArn {
    const PREFIX: &'static str = "M#";

    fn name(&self) -> &str {
        self.name()
    }
}

impl Named for ActivityArn {
    const PREFIX: &'static str = "A#";

    fn name(&self) -> &str {
        self.name()
    }
}

/// The item of this machine or activity.
pub(crate) fn key<A: Named>(arn: &A) -> Key {
    Key::new(format!("{}{arn}", A::PREFIX), META)
}

/// Some names of a list, and whether there are more after them.
pub(crate) struct Names<A> {
    pub(crate) arns: Vec<A>,
    pub(crate) has_more: bool,
}

/// At most `limit` of the list, after the one with this ARN, which need not be there.
pub(crate) async fn read<A: Named>(
    table: &Table,
    what: &'static str,
    list: &str,
    after: Option<&A>,
    limit: usize,
) -> Result<Names<A>, Error> {
    let mut start = after.map(|arn| place(list, arn));
    let mut arns = Vec::new();
    loop {
        // One more shows whether there are more.
        let wanted = limit + 1 - arns.len();
        let query = table
            .query(list)
            .index_name(LIST)
            .key_condition_expression(format!("{LIST_PK} = :pk"))
            .projection_expression(PK)
            .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(table.refused(what, "Query"))?;
        for item in answer.items.unwrap_or_default() {
            arns.push(arn_of(&item)?);
        }
        start = answer.last_evaluated_key;
        if arns.len() > limit {
            arns.truncate(limit);
            return Ok(Names { arns, has_more: true });
        }
        if start.is_none() {
            return Ok(Names { arns, has_more: false });
        }
    }
}

/// Where the one with this ARN is in the list, or would be.
fn place<A: Named>(list: &str, arn: &A) -> Item {
    let mut place = key(arn).into_item();
    place.insert(LIST_PK.into(), s(list));
    place.insert(LIST_SK.into(), s(arn.name()));
    place
}

fn arn_of<A: Named>(item: &Item) -> Result<A, Error> {
    let pk = text(item, PK).map_err(damaged("of the index", LIST))?;
    let arn = pk.strip_prefix(A::PREFIX).unwrap_or(pk);
    arn.parse().map_err(|error: arn::Error| unreadable(format!("item {pk} {META}"), error))
}
