//! Stand-in humans who were asked something before this process began.

use crate::host::Host;
use engine::{Awaits, Phase, TaskRequest};
use orchestrator::ExecutionFilter;
use orchestrator::ports::ExecutionStatus;
use serde_json::Value;
use std::collections::HashMap;

/// Has stand-in humans answer what was asked of them before this process began.
pub(crate) async fn resume(host: &Host) {
    if !host.tasks.has_callbacks() {
        return;
    }
    let filter = ExecutionFilter { status: Some(ExecutionStatus::Running), ..ExecutionFilter::default() };
    let mut after = None;
    loop {
        let Ok(page) = host.orchestrator.list_executions(&filter, after.as_deref(), 100).await else { return };
        for summary in &page.items {
            let records = host.orchestrator.records(&summary.execution).await.unwrap_or_default();
            for (function, event) in open_callbacks(&records) {
                host.tasks.resume_callback(&function, &event);
            }
        }
        after = page.next;
        if after.is_none() {
            return;
        }
    }
}

/// What a call of `lambda:invoke` asks for: the function and its event.
pub(crate) fn function_and_event(parameters: &Value) -> (String, String) {
    let function = parameters.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let event = parameters.get("Payload").map(ToString::to_string).unwrap_or_default();
    (function.to_owned(), event)
}

/// The calls whose tokens are still to be answered: function and event.
pub(crate) fn open_callbacks(records: &[orchestrator::Record]) -> Vec<(String, String)> {
    let mut heads = HashMap::new();
    for record in records {
        let head = heads.entry(&record.key.strand).or_insert(record);
        if record.key.seq >= head.key.seq {
            *head = record;
        }
    }
    heads
        .into_values()
        .filter_map(|record| match &record.cursor.phase {
            Phase::Pending(pending) => match &pending.awaits {
                Awaits::Callback(TaskRequest::LambdaInvoke { parameters, .. }) => {
                    Some(function_and_event(parameters.value()))
                }
                Awaits::Callback(_) | Awaits::ActivityWorker { .. } | Awaits::ActivityResult { .. } => None,
            },
            Phase::Ready { .. } | Phase::Calling(_) | Phase::Waiting(_) | Phase::Forked(_) | Phase::Ended(_) => None,
        })
        .collect()
}
