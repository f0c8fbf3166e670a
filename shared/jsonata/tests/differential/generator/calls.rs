//! Calls of every function, with arguments of the right kind, at the edges of it, and of others.

use super::{Generator, literal};

/// Each function with the kinds of its arguments, one letter each: see [`Generator::argument`].
const FUNCTIONS: &[&str] = &[
    "sum N",
    "count a",
    "max N",
    "min N",
    "average N",
    "string xb",
    "substring sii",
    "substringBefore ss",
    "substringAfter ss",
    "lowercase s",
    "uppercase s",
    "length s",
    "trim s",
    "pad sis",
    "match sri",
    "contains sr",
    "replace srRi",
    "split sri",
    "join Ss",
    "formatNumber npq",
    "formatBase ni",
    "formatInteger nP",
    "parseInteger sP",
    "number s",
    "number x",
    "floor n",
    "ceil n",
    "round ni",
    "abs n",
    "sqrt n",
    "power mm",
    "random ",
    "boolean x",
    "not x",
    "map af",
    "zip aaa",
    "filter af",
    "single af",
    "reduce aFx",
    "sift of",
    "keys o",
    "lookup ok",
    "append aa",
    "exists x",
    "spread o",
    "merge O",
    "reverse a",
    "each of",
    "error s",
    "assert bs",
    "type x",
    "sort Nc",
    "sort ac",
    "shuffle a",
    "distinct a",
    "base64encode s",
    "base64decode B",
    "encodeUrlComponent s",
    "encodeUrl s",
    "decodeUrlComponent u",
    "decodeUrl u",
    "eval ej",
    "clone o",
    "toMillis t",
];

const FUNCTIONS_OF_VALUES: &[&str] = &[
    "function($v) { $v }",
    "function($v) { $v + 1 }",
    "function($v, $i) { $i }",
    "function($v, $i, $a) { $count($a) }",
    "$string",
    "$uppercase",
    "function($v) { $v > 1 }",
    "/a/",
    "/1|b/i",
    "function() { true }",
    "function($v)<n:n> { $v * 2 }",
    "function($v)<s-:s> { $v & '!' }",
    "function($x, $y) { [$x, $y] }(?, 1)",
    "function($v) { [$v, $v] }",
    "function($v) { missing }",
    "$boolean",
    "$exists",
    "function($v, $k) { $k }",
    "$sum",
    "function($v) { {'k': $v} }",
    "($not ~> $string)",
    "λ($v, $i, $a, $b) { [$i, $b] }",
];
const REDUCERS: &[&str] = &[
    "function($l, $r) { $l + $r }",
    "function($l, $r) { $l & $r }",
    "$append",
    "function($l, $r, $i) { $l & $i }",
    "function($l, $r, $i, $a) { $count($a) }",
    "function($l) { $l }",
    "$max",
    "function($l, $r) { $r }",
];
const COMPARATORS: &[&str] = &[
    "function($l, $r) { $l > $r }",
    "function($l, $r) { $l < $r }",
    "function($l, $r) { $string($l) > $string($r) }",
    "function($l, $r) { 1 }",
    "function($l) { $l }",
    "function($l, $r) { missing }",
];

impl Generator {
    /// A call, sometimes with too few or too many arguments, applied in parts or in a chain.
    pub(super) fn call(&mut self, depth: u32) -> String {
        let entry = FUNCTIONS[usize::try_from(self.below(FUNCTIONS.len() as u64)).unwrap_or(0)];
        let (name, kinds) = entry.split_once(' ').unwrap_or((entry, ""));
        let mut arguments: Vec<String> = kinds.chars().map(|kind| self.argument(kind, depth)).collect();
        if self.below(3) == 0 {
            arguments.truncate(usize::try_from(self.below(4)).unwrap_or(0).max(1));
        }
        match self.below(24) {
            0 => arguments.push(self.argument('x', depth)),
            1 => arguments.clear(),
            _ => {}
        }
        let first = arguments.first().cloned().unwrap_or_default();
        let rest = arguments.get(1..).unwrap_or_default().join(", ");
        match self.below(14) {
            0 if !first.is_empty() => format!("{first} ~> ${name}({rest})"),
            1 if !first.is_empty() => format!("{first}.${name}({rest})"),
            2 if !kinds.is_empty() && name != "eval" => self.in_parts(name, kinds),
            3 if !first.is_empty() => format!("({first} ~> ${name})"),
            4 => format!("$string(${name}({}))", arguments.join(", ")),
            5 if !first.is_empty() => format!("$map([{first}, {first}], ${name})"),
            _ => format!("${name}({})", arguments.join(", ")),
        }
    }

    /// A function applied to its arguments in two parts. They fit, for the reference does not check them then.
    fn in_parts(&mut self, name: &str, kinds: &str) -> String {
        let arguments: Vec<String> = kinds.chars().map(|kind| self.fitting(kind)).collect();
        let open = usize::try_from(self.below(arguments.len() as u64)).unwrap_or(0);
        let mut first = arguments.clone();
        "?".clone_into(&mut first[open]);
        format!("${name}({})({})", first.join(", "), arguments[open])
    }

    /// An argument of the right kind.
    pub(super) fn fitting(&mut self, kind: char) -> String {
        match kind {
            'n' => self.number_literal(),
            'm' | 'i' => self.pick(&["1", "2", "3", "10"]),
            's' | 'x' => self.text_literal(),
            'a' | 'N' => self.pick(&["[3, 1, 2]", "[1]", "b", "[5, 5]"]),
            'S' => self.pick(&["['a', 'b']", "['x']", "items.s"]),
            'o' | 'j' => self.pick(&["a", "c", "{'a': 1, 'b': [2]}"]),
            'O' => self.pick(&["items", "[{'a': 1}, {'a': 2}]"]),
            'f' | 'F' | 'c' => {
                self.pick(&["function($l) { $l }", "function($l, $r) { $l > $r }", "function($l, $r) { $r }"])
            }
            'r' => self.pick(&["'a'", "','", "/l+/", "/(o) ?/"]),
            'R' => self.pick(&["'<$0>'", "'x'", "'$1'"]),
            'b' => self.pick(&["true", "false"]),
            'k' => self.pick(&["'a'", "'b'"]),
            'P' => self.pick(&["'w'", "'#,##0'", "'000'"]),
            'p' => self.pick(&["'#,##0.00'", "'000'", "'0.0#'"]),
            'q' => "{}".to_owned(),
            't' => "'2018-01-02T03:04:05Z'".to_owned(),
            'u' => self.pick(&["'%20'", "'a%2Fb'", "'%C3'"]),
            _ => "'YQ=='".to_owned(),
        }
    }

    fn argument(&mut self, kind: char, depth: u32) -> String {
        if self.once_in(12) {
            return self.odd();
        }
        if self.once_in(12) {
            return self.expression(depth);
        }
        let inner = depth.saturating_sub(1);
        match kind {
            'n' if depth > 0 && self.once_in(2) => self.number(inner),
            'n' => self.number_literal(),
            'i' => self.pick(&["0", "1", "2", "3", "5", "-1", "-2", "-5", "10", "1.5", "-0.5", "36", "16", "missing"]),
            'm' => self.pick(&["0", "1", "2", "3", "-2", "10", "-1", "missing", "1024"]),
            'j' => self.pick(&["{'b': 7}", "5", "'x'", "null", "missing"]),
            's' if depth > 0 && self.once_in(2) => self.text(inner),
            's' => self.text_literal(),
            'b' => self.pick(&["true", "false", "0", "''", "true"]),
            'a' => self.list(inner),
            'N' => self.numbers(inner),
            'S' => self.pick(&[
                "['a', 'b']",
                "[]",
                "'a'",
                "items.s",
                "items.tags",
                "['a', 1]",
                "one.x",
                "[s, c.d.e]",
                "['']",
            ]),
            'o' | 'O' => self.object_like(kind == 'O', inner),
            'f' => self.pick(FUNCTIONS_OF_VALUES),
            'F' => self.pick(REDUCERS),
            'c' => self.pick(COMPARATORS),
            'r' => match self.below(3) {
                0 => self.pick(&["'a'", "'b'", "''", "' '", "','", "'l'", "'😀'"]),
                1 => self.matcher(),
                _ => self.regex(),
            },
            'R' => match self.below(3) {
                0 => self.pick(&[
                    "function($m) { $m.match & '!' }",
                    "function($m) { $m.groups[0] }",
                    "function($m) { 1 }",
                    "$uppercase",
                    "$string",
                ]),
                _ => literal(&self.run(5, |it| it.pick(&["$0", "$1", "$2", "$12", "$", "$$", "x", "<", "$a", "$9"]))),
            },
            'p' => self.number_picture(),
            'P' => self.integer_picture(),
            'q' => self.number_options(),
            'k' => self.pick(&["'n'", "'tags'", "'a'", "'none'", "'s'", "''", "'length'"]),
            't' => self.time(),
            'u' => self.pick(&[
                "'%20'",
                "'a%2Fb'",
                "'%E2%98%83'",
                "'%'",
                "'%ZZ'",
                "'%C3'",
                "'%F0%9F%98%80'",
                "'%25'",
                "'%3B'",
                "'%ed%a0%80'",
            ]),
            'B' => self.pick(&["'YQ=='", "'aGVsbG8='", "'w6k='", "'a'", "'!!!!'", "''", "'YQ'", "'_-8='"]),
            'e' => {
                let inner = self.expression(inner);
                literal(&inner)
            }
            _ => self.expression(inner),
        }
    }

    fn object_like(&mut self, are_many: bool, depth: u32) -> String {
        match self.below(4) {
            0 if are_many => self.objects(depth),
            0 => self.object(depth),
            1 => self.pick(&["a", "c", "items[0]", "$$", "wide", "items", "{'a': 1, 'b': [2]}"]),
            2 => self.objects(depth),
            _ => self.pick(&[
                "{}",
                "{'k': missing}",
                "{'k': null}",
                "[{'a': 1}, {'a': 2, 'b': 3}]",
                "{'f': $sum}",
                "[[{'a': 1}]]",
            ]),
        }
    }

    /// A function that matches as regular expressions do, or does not.
    fn matcher(&mut self) -> String {
        self.pick(&[
            "function($s) { $s = 'abc' ? {'match': 'b', 'start': 1, 'end': 2, 'groups': [], 'next': function() { missing }} : missing }",
            "function($s) { {'match': 'a'} }",
            "function($s) { missing }",
            "function($s) { 1 }",
            "function($s) { {'match': 'a', 'start': 0, 'end': 1, 'groups': ['q'], 'next': function() { missing }} }",
        ])
    }
}
