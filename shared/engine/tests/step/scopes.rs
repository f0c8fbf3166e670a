//! Variables of nested strands against a model: a stack of maps. States set and read them in either query language.

use crate::properties::revived;
use crate::strand::Strand;
use expression::Variables as _;
use model::history::Kind;
use proptest::prelude::*;
use proptest::sample::Index;
use ratchet_engine::{Phase, Trigger};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One thing that a strand does.
#[derive(Clone, Debug)]
enum Block {
    /// Sets variables of its own scope, each from a value.
    Assign(Language, Vec<(usize, Source)>),
    /// Runs branches, each a strand of its own.
    Fork(Vec<Vec<Block>>),
}

/// What a state speaks.
#[derive(Clone, Copy, Debug)]
enum Language {
    JsonPath,
    Jsonata,
}

impl Language {
    /// A Pass that has this variable in each of these members of a field.
    fn pass(self, field: [&str; 2], members: Map<String, Value>, copies: &BTreeMap<String, String>) -> Value {
        let (mut members, [of_jsonpath, of_jsonata]) = (members, field);
        match self {
            Self::JsonPath => {
                members.extend(copies.iter().map(|(name, from)| (format!("{name}.$"), format!("${from}").into())));
                json!({ "Type": "Pass", of_jsonpath: members })
            }
            Self::Jsonata => {
                members.extend(copies.iter().map(|(name, from)| (name.clone(), format!("{{% ${from} %}}").into())));
                json!({ "Type": "Pass", "QueryLanguage": "JSONata", of_jsonata: members })
            }
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Source {
    Literal(Value),
    /// A variable that can be read there, if there is one.
    Copy(Index),
}

/// What was set, by the name of the state that set it.
type Trace = BTreeMap<String, BTreeMap<String, Value>>;

/// A program made into a definition and run in the model at once, since what may be copied depends on what was set.
struct Model {
    states: usize,
    /// The outermost first.
    scopes: Vec<BTreeMap<String, Value>>,
    trace: Trace,
}

impl Model {
    /// The definition of a strand that does this.
    fn scope(&mut self, blocks: &[Block]) -> Value {
        self.scopes.push(BTreeMap::new());
        let mut states = Map::new();
        let mut chain = Vec::new();
        for block in blocks {
            let name = format!("S{}", self.states);
            self.states += 1;
            let state = match block {
                Block::Assign(language, sources) => self.assign(&name, *language, sources),
                Block::Fork(branches) => {
                    let branches: Vec<Value> = branches.iter().map(|branch| self.scope(branch)).collect();
                    json!({ "Type": "Parallel", "Branches": branches })
                }
            };
            chain.push((name, state));
        }
        let end = format!("E{}", self.states);
        self.states += 1;
        let nexts: Vec<String> = chain.iter().skip(1).map(|(name, _)| name.clone()).chain([end.clone()]).collect();
        let start = chain.first().map_or(end.clone(), |(name, _)| name.clone());
        for ((name, mut state), next) in chain.into_iter().zip(nexts) {
            state["Next"] = next.into();
            states.insert(name, state);
        }
        let read = self.visible().into_keys().map(|name| (name.clone(), name)).collect();
        self.trace.insert(end.clone(), self.visible());
        let language = [Language::JsonPath, Language::Jsonata][self.states % 2];
        let mut last = language.pass(["Parameters", "Output"], Map::new(), &read);
        last["End"] = true.into();
        states.insert(end, last);
        self.scopes.pop();
        json!({ "StartAt": start, "States": states })
    }

    fn visible(&self) -> BTreeMap<String, Value> {
        self.scopes.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn assign(&mut self, state: &str, language: Language, sources: &[(usize, Source)]) -> Value {
        let visible: Vec<(String, Value)> = self.visible().into_iter().collect();
        let depth = self.scopes.len();
        let (mut literals, mut copies, mut set) = (Map::new(), BTreeMap::new(), BTreeMap::new());
        for (number, source) in sources {
            let name = format!("v{depth}x{number}");
            match source {
                Source::Copy(index) if !visible.is_empty() => {
                    let (from, value) = index.get(&visible);
                    literals.remove(&name);
                    copies.insert(name.clone(), from.clone());
                    set.insert(name, value.clone());
                }
                Source::Copy(_) => {}
                Source::Literal(value) => {
                    copies.remove(&name);
                    literals.insert(name.clone(), value.clone());
                    set.insert(name, value.clone());
                }
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(set.clone());
        }
        self.trace.insert(state.to_owned(), set);
        language.pass(["Assign", "Assign"], literals, &copies)
    }
}

/// Runs a strand and its children to their ends; what each state set, and what each strand's last one read.
fn run(mut strand: Strand, trace: &mut Trace) -> Strand {
    loop {
        for event in &strand.events {
            if let Kind::StateExited { name, assigned, output, .. } = &event.kind {
                let is_last = name.starts_with('E');
                let set = assigned.names().into_iter().map(|name| (name.to_owned(), assigned.value(name)));
                let set = set.filter_map(|(name, value)| Some((name, value?.clone()))).collect();
                let read = || output.value().as_object().cloned().unwrap_or_default().into_iter().collect();
                if is_last || name.starts_with('S') && !assigned.is_empty() {
                    trace.insert(name.clone(), if is_last { read() } else { set });
                }
            }
        }
        strand.cursor = revived(strand.cursor);
        let trigger = match &strand.cursor.phase {
            Phase::Ended(_) => return strand,
            Phase::Forked(forked) => {
                let children = forked.fork.running.clone();
                let ends = children.into_iter().map(|index| run(strand.child(index).expect("it begins"), trace).end());
                Trigger::ChildrenDone(ends.collect())
            }
            _ => Trigger::Entered,
        };
        strand = strand.after(trigger);
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        Just(json!("short")),
        (500..530_usize).prop_map(|bytes| "y".repeat(bytes).into()),
        Just(json!({ "a": [1.5, { "b": "z".repeat(600) }] })),
        Just(json!([[], {}])),
    ]
}

fn source() -> impl Strategy<Value = (usize, Source)> {
    let source = prop_oneof![value().prop_map(Source::Literal), any::<Index>().prop_map(Source::Copy)];
    (0..4_usize, source)
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let language = || prop_oneof![Just(Language::JsonPath), Just(Language::Jsonata)];
    let sources = || prop::collection::vec(source(), 0..4);
    let assign = move || (language(), sources()).prop_map(|(language, sources)| Block::Assign(language, sources));
    let leaf = prop::collection::vec(assign(), 0..4);
    leaf.prop_recursive(3, 40, 4, move |inner| {
        let fork = prop::collection::vec(inner, 1..3).prop_map(Block::Fork);
        prop::collection::vec(prop_oneof![2 => assign(), 1 => fork], 0..5)
    })
}

proptest! {
    #[test]
    fn every_strand_reads_and_sets_what_a_stack_of_maps_would_have(program in blocks()) {
        let mut model = Model { states: 0, scopes: Vec::new(), trace: Trace::new() };
        let definition = model.scope(&program);
        let mut trace = Trace::new();
        let root = run(Strand::start(&definition, &json!({})), &mut trace);
        // A state that sets nothing says nothing.
        model.trace.retain(|name, set| name.starts_with('E') || !set.is_empty());
        prop_assert_eq!(&trace, &model.trace);
        let own = root.cursor.place.variables.own.names();
        prop_assert!(own.iter().all(|name| name.starts_with("v1x")), "{:?}", own);
        prop_assert!(own.iter().all(|name| root.cursor.place.variables.value(name).is_some()));
    }
}
