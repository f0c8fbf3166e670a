//! The states that fork: Parallel, and Map with its item processor.

use super::data::Wanted;
use super::fields::Fields;
use super::language::Language;
use super::scope::Scopes;
use super::state::next;
use crate::machine::{Distribution, Items, Map, MaxConcurrency, Parallel, PayloadTemplate, StateName, Tolerated};
use model::MachineType;
use serde_json::{Number, Value};

/// The fields of distributed Map that are not read yet.
const NOT_READ: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

/// The fields of distributed Map that say how many items may fail.
const TOLERATED: [[&str; 2]; 2] = [
    ["ToleratedFailureCount", "ToleratedFailureCountPath"],
    ["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"],
];

/// The item processor, and what it was called before.
const PROCESSORS: [&str; 2] = ["ItemProcessor", "Iterator"];

/// A Parallel state.
pub(super) fn parallel(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<Parallel> {
    fields.require(&["Branches"]);
    let data = fields.data_with_arguments();
    let branches = branches(scopes, fields);
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    let assign = fields.assign();
    Some(Parallel { data, branches, retry, catch, assign, next: next? })
}

/// `Branches`: the state that each one starts at.
fn branches(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Vec<StateName> {
    let items = fields.filled_array("Branches").unwrap_or_default();
    items.into_iter().filter_map(|(place, item)| scopes.nested(item, place, false)).collect()
}

/// A Map state.
pub(super) fn map(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<Map> {
    let data = fields.data(|fields| {
        let mut data = fields.data_flow_of_pass_and_map();
        data.result_selector = fields.template("ResultSelector");
        data
    });
    let (items, item_selector) = (items(fields), item_selector(fields));
    let max_concurrency = max_concurrency(fields);
    fields.exactly_one(&PROCESSORS);
    let start_at = processor(scopes, fields);
    for name in NOT_READ.iter().filter(|name| fields.has(name)) {
        if *name != "Label" {
            fields.check_queries(name);
        }
        fields.report.not_run(&fields.at(name), format!("{name} (distributed Map) is not supported yet"));
    }
    let distribution = distribution(fields);
    let (retry, catch, next) = (fields.retry(), fields.catch(), next(fields));
    let assign = fields.assign();
    Some(Map {
        data,
        items,
        item_selector,
        max_concurrency,
        distribution,
        start_at: start_at?,
        retry,
        catch,
        assign,
        next: next?,
    })
}

/// `ItemsPath`, or `Items` in JSONata.
fn items(fields: &Fields<'_>) -> Items {
    let items = match fields.language {
        Language::JsonPath => fields.expression("ItemsPath", Wanted::Reference).map(Items::Path),
        Language::Jsonata => {
            let is_literal = |value: &Value| value.is_array() || value.is_object();
            fields.query_payload("Items", "Array", is_literal).map(Items::Query)
        }
    };
    items.unwrap_or(Items::Input)
}

/// `ItemSelector`, or the legacy `Parameters`, which JSONata does not have.
fn item_selector(fields: &Fields<'_>) -> Option<PayloadTemplate> {
    const NAME: &str = "ItemSelector";
    match fields.language {
        Language::JsonPath => {
            fields.exclude(&[NAME, "Parameters"]);
            fields.template(NAME).or_else(|| fields.template("Parameters")).map(PayloadTemplate::JsonPath)
        }
        Language::Jsonata => fields.query_payload(NAME, "Object", Value::is_object).map(PayloadTemplate::Jsonata),
    }
}

fn max_concurrency(fields: &Fields<'_>) -> MaxConcurrency {
    const NAMES: [&str; 2] = ["MaxConcurrency", "MaxConcurrencyPath"];
    let [name, path] = NAMES;
    fields.exclude(&NAMES);
    let limit = fields.query_or(name, MaxConcurrency::Query, |fields| {
        fields.integer(name, &(0..=u64::MAX)).map(MaxConcurrency::Fixed)
    });
    let limit = limit.or_else(|| fields.expression(path, Wanted::ReferenceToInput).map(MaxConcurrency::Path));
    limit.unwrap_or(MaxConcurrency::Fixed(0))
}

fn distribution(fields: &Fields<'_>) -> Option<Box<Distribution>> {
    let [count, percentage] = TOLERATED;
    let tolerated_failure_count =
        tolerated(fields, count, |name| fields.integer(name, &(0..=u64::MAX)).map(Number::from));
    let tolerated_failure_percentage =
        tolerated(fields, percentage, |name| fields.number(name, &(0.0..=100.0)).and_then(|_| fields.any_number(name)));
    let processor = PROCESSORS.into_iter().find_map(|name| fields.get(name))?;
    let is_distributed = processor.pointer("/ProcessorConfig/Mode").is_some_and(|mode| mode == "DISTRIBUTED");
    is_distributed.then(|| {
        Box::new(Distribution {
            tolerated_failure_count,
            tolerated_failure_percentage,
            reads_items: fields.has("ItemReader"),
            batches_items: fields.has("ItemBatcher"),
            writes_results: fields.has("ResultWriter"),
        })
    })
}

fn tolerated(
    fields: &Fields<'_>,
    names: [&'static str; 2],
    number: impl Fn(&'static str) -> Option<Number>,
) -> Option<Tolerated> {
    let [fixed, path] = names;
    fields.exclude(&names);
    let tolerated = fields.query_or(fixed, Tolerated::Query, |_| number(fixed).map(Tolerated::Fixed));
    let tolerated = tolerated.or_else(|| fields.expression(path, Wanted::ReferenceToInput).map(Tolerated::Path));
    // In JSONata AWS takes them on an inline Map, where they mean nothing.
    for name in names.into_iter().filter(|name| fields.language == Language::JsonPath && fields.has(name)) {
        fields.report.not_run(&fields.at(name), format!("{name} (distributed Map) is not supported yet"));
    }
    tolerated
}

/// `ItemProcessor`, or `Iterator`, as it was called before.
fn processor(scopes: &mut Scopes<'_>, fields: &Fields<'_>) -> Option<StateName> {
    let mut start_at = None;
    for name in PROCESSORS {
        if let Some(value) = fields.get(name) {
            start_at = scopes.nested(value, fields.at(name), true).or(start_at);
        }
    }
    start_at
}

/// `ProcessorConfig` of an item processor.
pub(super) fn processor_config(fields: &Fields<'_>, machine_type: MachineType) {
    let Some(value) = fields.get("ProcessorConfig") else {
        return;
    };
    let Some(config) = Fields::of(value, fields.at("ProcessorConfig"), fields.report) else {
        return;
    };
    let mode = config.word("Mode", &["INLINE", "DISTRIBUTED"]);
    if mode == Some("DISTRIBUTED") {
        config.require(&["ExecutionType"]);
        config.word("ExecutionType", &["STANDARD", "EXPRESS"]);
        if machine_type == MachineType::Express {
            let message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines";
            config.schema("Mode", message);
        }
        let message = "Distributed Map (ProcessorConfig.Mode 'DISTRIBUTED') is not supported yet";
        fields.report.not_run(&config.at("Mode"), message);
    }
    config.finish();
}
