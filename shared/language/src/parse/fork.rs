//! The states that fork: Parallel, and Map with its item processor.

use super::data::Wanted;
use super::fields::Fields;
use super::scope::Scopes;
use super::state::next;
use crate::diagnostic::Code;
use crate::machine::{Map, MaxConcurrency, Parallel, StateName};

/// The fields of Map that come with distributed Map.
const DISTRIBUTED: [&str; 8] = [
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
];

/// A Parallel state.
pub(super) fn parallel(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<Parallel> {
    fields.require(&["Branches"]);
    let data = fields.data_flow();
    let branches = branches(scopes, fields);
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    fields.refuse_assign();
    fields.refuse_jsonata(&["Arguments"]);
    Some(Parallel { data, branches, retry, catch, next: next? })
}

/// `Branches`: the state that each one starts at.
pub(super) fn branches(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Vec<StateName> {
    let items = fields.filled_array("Branches").unwrap_or_default();
    items.into_iter().filter_map(|(place, item)| scopes.nested(item, place, false)).collect()
}

/// A Map state.
pub(super) fn map(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<Map> {
    let mut data = fields.data_flow_of_pass_and_map();
    data.result_selector = fields.template("ResultSelector");
    let items_path = fields.expression("ItemsPath", Wanted::Reference);
    fields.exclude(&["ItemSelector", "Parameters"]);
    let item_selector = fields.template("ItemSelector").or_else(|| fields.template("Parameters"));
    fields.exclude(&["MaxConcurrency", "MaxConcurrencyPath"]);
    let fixed = fields.integer("MaxConcurrency", &(0..=u64::MAX)).map(MaxConcurrency::Fixed);
    let path = fields.expression("MaxConcurrencyPath", Wanted::Reference).map(MaxConcurrency::Path);
    let max_concurrency = fixed.or(path).unwrap_or(MaxConcurrency::Fixed(0));
    if !fields.has("Iterator") {
        fields.require(&["ItemProcessor"]);
    }
    fields.exclude(&["ItemProcessor", "Iterator"]);
    let start_at = processor(scopes, fields);
    for name in DISTRIBUTED.iter().filter(|name| fields.has(name)) {
        fields.report.not_supported(&fields.at(name), &format!("{name} (distributed Map)"));
    }
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    fields.refuse_assign();
    fields.refuse_jsonata(&["Items"]);
    let start_at = start_at?;
    Some(Map { data, items_path, item_selector, max_concurrency, start_at, retry, catch, next: next? })
}

/// `ItemProcessor`, or `Iterator`, as it was called before.
pub(super) fn processor(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<StateName> {
    let mut start_at = None;
    for name in ["ItemProcessor", "Iterator"] {
        if let Some(value) = fields.get(name) {
            start_at = scopes.nested(value, fields.at(name), true).or(start_at);
        }
    }
    start_at
}

/// `ProcessorConfig` of an item processor.
pub(super) fn processor_config(fields: &Fields<'_>) {
    let Some(value) = fields.get("ProcessorConfig") else {
        return;
    };
    let Some(config) = Fields::of(value, fields.at("ProcessorConfig"), fields.report) else {
        return;
    };
    let mode = config.word("Mode", &["INLINE", "DISTRIBUTED"]);
    let execution_type = config.word("ExecutionType", &["STANDARD", "EXPRESS"]);
    if mode == Some("DISTRIBUTED") {
        if !config.has("ExecutionType") {
            config.require(&["ExecutionType"]);
        }
        let message = "Distributed Map (ProcessorConfig.Mode 'DISTRIBUTED')";
        fields.report.not_supported(&config.at("Mode"), message);
    } else if execution_type.is_some() {
        let message = "'ExecutionType' has a meaning only if 'Mode' is 'DISTRIBUTED'";
        fields.report.warning(Code::SchemaValidationFailed, &config.at("ExecutionType"), message);
    }
    config.finish();
}
