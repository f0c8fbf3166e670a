//! What every adapter of a port must do: one test body per claim, run against each adapter by `tests/contracts.rs`.
//!
//! A body makes names of its own, so that all of them can run against one store, one after another or at once.

pub mod activities;
pub mod blobs;
pub mod catalog;
mod executions;
pub mod joins;
pub mod journal;
pub mod lists;
pub mod queue;
pub mod redrives;
pub mod retention;
pub mod timers;
pub mod versions;

use model::arn::Place;
use model::{ActivityArn, StateMachineArn};
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs each body against a fresh adapter, and says which one failed.
///
/// `each_contract!(make; journal: a_put_wins_once, ...)` with `make` an async function that gives the adapter and
/// whatever must live as long as it.
#[macro_export]
macro_rules! each_contract {
    ($make:expr; $($module:ident :: $body:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $body() -> anyhow::Result<()> {
                let (adapter, _alive) = $make().await?;
                $crate::contracts::$module::$body(adapter).await
            }
        )+
    };
}

/// A name that no other body has in this process.
fn fresh(prefix: &str) -> String {
    format!("{prefix}-{}", fresh_number())
}

/// A number that no other body has in this process.
fn fresh_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn place() -> Place {
    Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() }
}

fn machine_arn(prefix: &str) -> StateMachineArn {
    StateMachineArn::new(&place(), &fresh(prefix))
}

fn activity_arn(prefix: &str) -> ActivityArn {
    ActivityArn::new(&place(), &fresh(prefix))
}
