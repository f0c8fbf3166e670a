//! Random machines whose outcome does not depend on time, order or faults.
//!
//! Every failure that can leave a fork is `Boom`, or taken for it, so it does not matter which branch fails first. A
//! call whose outcome is not known, and a token that nobody holds after a crash, are tried again. What times out is
//! caught where it does.

use super::dice::Dice;
use super::jsonata::{Speech, spoken, translated};
use super::variables::Variables;
use serde_json::{Map, Value, json};

/// The failure of everything that fails.
pub(super) const BOOM: &str = "Boom";

/// How often one state runs at most.
const MOST_RUNS: u64 = 45;

/// How large a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few states, forks of depth 1.
    Small,
    /// A dozen states, forks of depth 2.
    Medium,
    /// Some thirty states, forks of depth 3.
    Large,
    /// A Map of a few items of which some run at once, amid little else.
    Window,
    /// A few branches at once, each with a task, amid little else.
    Branches,
    /// A call that is quick, and one more.
    Call,
}

impl Size {
    /// How deep forks lie in each other.
    const fn deepest(self) -> u32 {
        match self {
            Self::Small | Self::Window | Self::Branches | Self::Call => 1,
            Self::Medium => 2,
            Self::Large => 3,
        }
    }

    /// The most states, forks' own included, after which no more forks begin.
    const fn most_states(self) -> u32 {
        match self {
            Self::Small | Self::Window | Self::Branches | Self::Call => 3,
            Self::Medium => 12,
            Self::Large => 30,
        }
    }

    /// The longest chain of states in the machine itself, and in a branch.
    const fn longest(self, depth: u32) -> u64 {
        match (self, depth) {
            (Self::Small, 0) | (Self::Large, 1..) => 3,
            (Self::Window | Self::Branches, 0) => 1,
            (Self::Small | Self::Window | Self::Call, _) => 2,
            (Self::Branches, _) => 4,
            (Self::Medium, 0) => 4,
            (Self::Medium, _) => 2,
            (Self::Large, 0) => 5,
        }
    }

    /// How many items a Map outside of forks has at most: one of these.
    const fn items(self) -> &'static [u64] {
        match self {
            Self::Small | Self::Branches | Self::Call => &[2, 3, 5],
            Self::Window => &[4, 6, 8],
            Self::Medium => &[3, 6],
            Self::Large => &[3, 3, 6, 12, 45],
        }
    }
}

/// A machine and an input for it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The definition.
    pub definition: Value,
    /// The input.
    pub input: Value,
}

impl Generated {
    /// The machine of a seed.
    pub fn from_seed(seed: u64, size: Size) -> Self {
        Self::with(seed, size, true)
    }

    /// One that waits for nobody, as Express machines may: it calls functions, and has neither tokens nor activities.
    pub fn for_express(seed: u64, size: Size) -> Self {
        Self::with(seed, size, false)
    }

    /// The same one in JSONPath and in JSONata; it waits for nobody either.
    pub fn in_each_language(seed: u64, size: Size) -> [Self; 2] {
        let in_jsonpath = Self::in_jsonpath(seed, size, false);
        let definition = translated(in_jsonpath.definition.clone(), Speech::Machine, &mut Dice::new(seed, 7));
        let in_jsonata = Self { definition, input: in_jsonpath.input.clone() };
        [in_jsonpath, in_jsonata]
    }

    fn with(seed: u64, size: Size, waits: bool) -> Self {
        let Self { definition, input } = Self::in_jsonpath(seed, size, waits);
        Self { definition: spoken(definition, &mut Dice::new(seed, 7)), input }
    }

    fn in_jsonpath(seed: u64, size: Size, waits: bool) -> Self {
        let variables = Variables::new(seed);
        let mut generator = Generator { dice: Dice::new(seed, 1), size, waits, names: 0, runs: 1, variables };
        let definition = generator.sequence(0);
        let mut input = json!({"seed": generator.dice.below(5)});
        if generator.dice.chance(30) {
            // Long enough to be stored once and pointed to.
            input["pad"] = "x".repeat(700).into();
        }
        Self { definition, input }
    }
}

struct Generator {
    dice: Dice,
    size: Size,
    /// Whether tasks wait for somebody's answer.
    waits: bool,
    names: u32,
    /// How often the state that is being made may run at most, for the forks around it.
    runs: u64,
    variables: Variables,
}

type States = Map<String, Value>;

/// Tried until the outcome is known.
pub(super) fn unknown() -> Value {
    json!({"ErrorEquals": ["Lambda.Unknown"], "IntervalSeconds": 1, "MaxAttempts": 90, "BackoffRate": 1.0})
}

fn with_next(mut state: Value, next: Option<&str>) -> Value {
    match next {
        Some(next) => state["Next"] = next.into(),
        None => state["End"] = true.into(),
    }
    state
}

impl Generator {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// A chain of states: a machine, a branch, or what is done for each item.
    fn sequence(&mut self, depth: u32) -> Value {
        self.variables.enter();
        let mut states = States::new();
        let length = self.dice.between(1, self.size.longest(depth));
        let mut next = None;
        // From the last to the first: each knows the one after it.
        let ends_badly = match (self.size, depth) {
            (Size::Window | Size::Branches | Size::Call, 0) => 0,
            (_, 0) => 10,
            (_, _) => 15,
        };
        if self.dice.chance(ends_badly) {
            next = Some(self.sometimes_fail(&mut states, None));
        }
        for _ in 0..length {
            next = Some(self.block(&mut states, depth, next.as_deref()));
        }
        next = self.variables.leave(&mut states, next);
        json!({"StartAt": next, "States": states})
    }

    fn block(&mut self, states: &mut States, depth: u32, next: Option<&str>) -> String {
        match (self.size, depth) {
            (Size::Window, 0) => return self.map(states, depth, next),
            (Size::Branches, 0) => return self.parallel(states, depth, next),
            (Size::Call, 0) => return self.call(states, next),
            _ => {}
        }
        let forks = depth < self.size.deepest() && self.names < self.size.most_states();
        match self.dice.below(if forks { 20 } else { 12 }) {
            0 | 1 => self.pass(states, next),
            2 => self.wait(states, next),
            3 => self.choice(states, next),
            4 => self.repeat(states, next),
            5..=7 => self.call(states, next),
            8..=10 if !self.waits => self.call(states, next),
            8 | 9 => self.token(states, next),
            10 => self.activity(states, next),
            11 => self.sometimes_fail(states, next),
            12..=15 => self.parallel(states, depth, next),
            _ => self.map(states, depth, next),
        }
    }

    fn pass(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Pass");
        let long = if self.dice.chance(10) { "y".repeat(600) } else { name.clone() };
        let path = format!("$.{name}");
        let mut pass = json!({"Type": "Pass", "Result": long, "ResultPath": path});
        self.variables.use_in(&mut pass);
        states.insert(name.clone(), with_next(pass, next));
        name
    }

    fn wait(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Wait");
        let seconds = self.dice.pick(&[0, 1, 2, 5, 30, 4_000]);
        states.insert(name.clone(), with_next(json!({"Type": "Wait", "Seconds": seconds}), next));
        name
    }

    fn choice(&mut self, states: &mut States, next: Option<&str>) -> String {
        let (one, other) = (self.pass(states, next), self.pass(states, next));
        let name = self.name("Choice");
        let below = self.dice.below(5);
        let rule = json!({"Variable": "$.seed", "NumericLessThan": below, "Next": one});
        states.insert(name.clone(), json!({"Type": "Choice", "Choices": [rule], "Default": other}));
        name
    }

    /// Fails for some seeds: with Boom, as everything does.
    fn sometimes_fail(&mut self, states: &mut States, next: Option<&str>) -> String {
        let (fail, name) = (self.name("Fail"), self.name("Check"));
        let well = self.pass(states, next);
        states.insert(fail.clone(), json!({"Type": "Fail", "Error": BOOM, "Cause": "said so"}));
        let seed = self.dice.below(5);
        let rule = json!({"Variable": "$.seed", "NumericEquals": seed, "Next": fail});
        states.insert(name.clone(), json!({"Type": "Choice", "Choices": [rule], "Default": well}));
        name
    }

    /// A loop that counts.
    fn repeat(&mut self, states: &mut States, next: Option<&str>) -> String {
        let (begin, add, check) = (self.name("Begin"), self.name("Add"), self.name("Again"));
        let after = self.pass(states, next);
        let times = self.dice.between(1, if self.size == Size::Small { 3 } else { 12 });
        let path = format!("$.{begin}");
        states.insert(begin.clone(), json!({"Type": "Pass", "Result": 0, "ResultPath": path, "Next": add}));
        let sum = json!({"n.$": format!("States.MathAdd({path}, 1)")});
        let sum =
            json!({"Type": "Pass", "Parameters": sum, "ResultPath": format!("{path}n"), "Next": format!("{add}b")});
        states.insert(add.clone(), sum);
        let back = json!({"Type": "Pass", "InputPath": format!("{path}n.n"), "ResultPath": path, "Next": check});
        states.insert(format!("{add}b"), back);
        let rule = json!({"Variable": path, "NumericLessThan": times, "Next": add});
        states.insert(check, json!({"Type": "Choice", "Choices": [rule], "Default": after}));
        begin
    }

    /// Goes on with fresh data after a failure.
    fn caught(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Caught");
        let result = json!({"seed": self.dice.below(5), "caught": name});
        states.insert(name.clone(), with_next(json!({"Type": "Pass", "Result": result}), next));
        name
    }

    /// What a function is told.
    fn payload(what: &Value) -> Value {
        json!({"do": what, "nonce.$": "States.UUID()", "attempt.$": "$$.State.RetryCount"})
    }

    fn call(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Call");
        let is_quick = self.size == Size::Call;
        let kind = if is_quick { "ok" } else { self.dice.pick(&["ok", "ok", "ok", "flaky", "boom", "slow"]) };
        let most_millis = if is_quick { 50 } else { self.dice.pick(&[1, 50, 3_000]) };
        let millis = if kind == "slow" { 500_000 } else { self.dice.below(most_millis) };
        let what = json!({"kind": kind, "ms": millis, "fails": self.dice.between(1, 3), "done": name});
        let mut task = self.invocation("work", &what);
        let mut retry = vec![unknown()];
        if kind == "flaky" || (kind == "boom" && self.dice.chance(40)) {
            let rate = self.dice.pick(&[1.0, 1.5]);
            let again = json!({"ErrorEquals": [BOOM], "IntervalSeconds": 1, "MaxAttempts": 4, "BackoffRate": rate});
            retry.push(again);
        }
        task["Retry"] = retry.into();
        task["Assign"] = json!({format!("of{name}.$"): task["ResultSelector"]["done.$"]});
        if kind == "slow" {
            task["TimeoutSeconds"] = self.dice.between(1, 30).into();
            task["Catch"] = json!([{"ErrorEquals": ["States.Timeout"], "Next": self.caught(states, next)}]);
        } else if kind == "boom" && self.dice.chance(70) {
            task["Catch"] = json!([{"ErrorEquals": [BOOM], "Next": self.caught(states, next)}]);
        }
        task["ResultPath"] = format!("$.{name}").into();
        states.insert(name.clone(), with_next(task, next));
        name
    }

    fn invocation(&mut self, function: &str, what: &Value) -> Value {
        if self.dice.chance(40) {
            let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{function}");
            let selector = json!({"done.$": "$.done"});
            return json!({
                "Type": "Task", "Resource": arn, "Parameters": Self::payload(what), "ResultSelector": selector
            });
        }
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function, "Payload": Self::payload(what)},
            "ResultSelector": {"done.$": "$.Payload.done"}
        })
    }

    /// What somebody is told who answers later.
    fn errand(&mut self, name: &str, kind: &str) -> Value {
        let beats = matches!(kind, "beats" | "silent");
        json!({
            "kind": kind,
            "ms": self.dice.pick(&[0, 1, 20, 900, 40_000]),
            "beats": if beats { self.dice.between(1, 6) } else { 0 },
            "twice": self.dice.chance(40),
            "early": self.dice.chance(25),
            "done": name
        })
    }

    /// The clocks of an errand, and what becomes of it when they run down.
    fn clocks(&mut self, states: &mut States, next: Option<&str>, task: &mut Value, kind: &str, must_end: bool) {
        match kind {
            "never" => task["TimeoutSeconds"] = self.dice.between(20, 300).into(),
            "beats" => task["HeartbeatSeconds"] = 600.into(),
            "silent" => task["HeartbeatSeconds"] = self.dice.between(150, 400).into(),
            _ => {}
        }
        if kind != "never" && (must_end || self.dice.chance(50)) {
            task["TimeoutSeconds"] = 7_200.into();
        }
        let mut retry = vec![unknown()];
        if matches!(kind, "never" | "silent") {
            task["Catch"] = json!([{"ErrorEquals": ["States.Timeout"], "Next": self.caught(states, next)}]);
        } else {
            let again =
                json!({"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 90, "BackoffRate": 1.0});
            retry.push(again);
            if kind == "boom" && self.dice.chance(70) {
                task["Catch"] = json!([{"ErrorEquals": [BOOM], "Next": self.caught(states, next)}]);
            }
        }
        task["Retry"] = retry.into();
    }

    fn token(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Token");
        let kind = self.dice.pick(&["ok", "ok", "ok", "boom", "beats", "silent", "never"]);
        let mut payload = Self::payload(&self.errand(&name, kind));
        payload["token.$"] = "$$.Task.Token".into();
        let mut task = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "errand", "Payload": payload},
            "ResultSelector": {"done.$": "$.done"},
            "ResultPath": format!("$.{name}")
        });
        self.clocks(states, next, &mut task, kind, false);
        states.insert(name.clone(), with_next(task, next));
        name
    }

    fn activity(&mut self, states: &mut States, next: Option<&str>) -> String {
        let name = self.name("Activity");
        let kind = self.dice.pick(&["ok", "ok", "boom", "beats", "silent", "never"]);
        let mut task = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:us-east-1:123456789012:activity:desk",
            "Parameters": Self::payload(&self.errand(&name, kind)),
            "ResultSelector": {"done.$": "$.done"},
            "ResultPath": format!("$.{name}")
        });
        // A worker's poll may claim the task and never hear of it.
        self.clocks(states, next, &mut task, kind, true);
        states.insert(name.clone(), with_next(task, next));
        name
    }

    /// What becomes of a fork whose child failed.
    fn handle_boom(&mut self, states: &mut States, next: Option<&str>, fork: &mut Value) {
        if self.runs <= MOST_RUNS / 8 && self.dice.chance(30) {
            let attempts = self.dice.between(1, 2);
            fork["Retry"] = json!([{"ErrorEquals": [BOOM], "IntervalSeconds": 1, "MaxAttempts": attempts}]);
        }
        if self.dice.chance(60) {
            let caught = self.caught(states, next);
            let assign = json!({format!("of{caught}.$"): "$.Error"});
            fork["Catch"] = json!([{"ErrorEquals": [BOOM], "Assign": assign, "Next": caught}]);
        }
    }

    fn parallel(&mut self, states: &mut States, depth: u32, next: Option<&str>) -> String {
        let name = self.name("Parallel");
        self.runs *= 2;
        let branches: Vec<Value> = (0..self.dice.between(if self.size == Size::Branches { 2 } else { 1 }, 4))
            .map(|_| self.sequence(depth + 1))
            .collect();
        let mut fork = json!({
            "Type": "Parallel",
            "Parameters": {"seed": self.dice.below(5), "of.$": "$.seed"},
            "Branches": branches,
            "ResultPath": format!("$.{name}")
        });
        self.runs /= 2;
        self.handle_boom(states, next, &mut fork);
        states.insert(name.clone(), with_next(fork, next));
        name
    }

    fn map(&mut self, states: &mut States, depth: u32, next: Option<&str>) -> String {
        let (items_name, name) = (self.name("Items"), self.name("Map"));
        let most = match depth {
            0 => self.dice.pick(self.size.items()),
            _ => self.dice.pick(&[2, 5]),
        };
        let most = most.min(MOST_RUNS / self.runs);
        self.runs *= most.max(1);
        let seeds = self.dice.pick(&[1, 3, 5]);
        let least = if self.size == Size::Window { 4.min(most) } else { 0 };
        let items: Vec<Value> =
            (0..self.dice.between(least, most)).map(|_| json!({"seed": 1 + self.dice.below(seeds)})).collect();
        let path = format!("$.{items_name}");
        let pass = json!({"Type": "Pass", "Result": items, "ResultPath": path, "Next": name});
        states.insert(items_name.clone(), pass);
        let mut fork = json!({
            "Type": "Map",
            "ItemsPath": path,
            "MaxConcurrency": if self.size == Size::Window { self.dice.pick(&[2, 3]) } else { self.dice.pick(&[0, 1, 1, 2, 3, 40]) },
            "ItemProcessor": self.sequence(depth + 1),
            "ResultPath": format!("$.{name}")
        });
        self.runs /= most.max(1);
        if self.dice.chance(50) {
            fork["ItemSelector"] = json!({"seed.$": "$$.Map.Item.Value.seed", "index.$": "$$.Map.Item.Index"});
        }
        self.handle_boom(states, next, &mut fork);
        states.insert(name, with_next(fork, next));
        items_name
    }
}
