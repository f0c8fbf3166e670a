//! Opening META again: the run had ended and was redriven.
//!
//! The text of META says it, which lists see too, so it is read and written anew. Who writes it otherwise meanwhile makes
//! the condition fail, and it is read again.

use crate::error::unavailable;
use crate::item::{expires as expiry, expiry_seconds, n, s};
use crate::journal::get_meta;
use crate::keys::Key;
use crate::meta::{self, EXPIRES, FIXED, RUN, SEQ, STATUS, STOP, STOPPED};
use crate::records::WHAT;
use crate::table::Table;
use model::Timestamp;
use orchestrator::RunKey;
use orchestrator::ports::{Error, ExecutionStatus, Meta, Redriven};

/// How often it is tried: each failure is another's success, and few write META at that time.
const TRIES: u32 = 10;

/// Writes that the run runs again, unless META knows of this redrive or of what came after it.
pub(crate) async fn reopen(
    table: &Table,
    key: &RunKey,
    redriven: Redriven,
    until: Option<Timestamp>,
) -> Result<(), Error> {
    for _ in 0..TRIES {
        let there = get_meta(table, &key.execution).await?;
        let Some(there) = there.filter(|meta| meta.run == key.run && meta.seq < redriven.seq) else { return Ok(()) };
        // One that never expires stays so.
        let expires = there.expires.map(|expires| expires.max(until.unwrap_or(expires)));
        let meta = Meta { redriven: Some(redriven), expires, ..there.clone() };
        let mut set = "SET #meta = :meta, #status = :running, #seq = :seq".to_owned();
        let mut condition = "#run = :run AND #seq = :before".to_owned();
        let mut update = table
            .update(Key::meta(&key.execution))
            .expression_attribute_names("#meta", FIXED)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#seq", SEQ)
            .expression_attribute_names("#run", RUN)
            .expression_attribute_names("#stopped", STOPPED)
            .expression_attribute_names("#stop", STOP)
            .expression_attribute_values(":meta", s(meta::fixed(&meta)?))
            .expression_attribute_values(":running", s(ExecutionStatus::Running.as_str()))
            .expression_attribute_values(":seq", n(redriven.seq))
            .expression_attribute_values(":before", n(there.seq))
            .expression_attribute_values(":run", s(&*key.run.0));
        if let (Some(expires), Some(before)) = (expires, there.expires) {
            set.push_str(", #expires = :expires");
            condition.push_str(" AND #expires = :expired");
            update = update
                .expression_attribute_names("#expires", EXPIRES)
                .expression_attribute_values(":expires", expiry(expires))
                .expression_attribute_values(":expired", n(expiry_seconds(before)));
        }
        let update = update.update_expression(set + " REMOVE #stopped, #stop").condition_expression(condition);
        if table.update_if(WHAT, update).await?.is_some() {
            table.lifetimes().note(key, expires);
            return Ok(());
        }
    }
    Err(unavailable(WHAT, "META was written by others again and again"))
}
