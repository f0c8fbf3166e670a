//! Expressions of every kind that the grammar has, whether or not their parts fit, and texts that are nearly such.

use super::{Generator, literal};

const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "and", "or", "in"];

impl Generator {
    pub(super) fn expression(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.atom();
        }
        let (left, right) = (self.expression(depth - 1), self.expression(depth - 1));
        match self.below(40) {
            0..=3 => format!("{left} {} {right}", self.pick(OPERATORS)),
            4 | 5 => format!("{left}.{right}"),
            6 => format!("{left}[{right}]"),
            7 => format!("{left}[]"),
            8 => format!("[{left}, {right}]"),
            9 => self.range(&left),
            10 => {
                format!("{{{}: {left}, 'l': {right}}}", self.pick(&["'k'", "s", "n", "$string(n)", "missing", "'l'"]))
            }
            11 => format!("{}{{{left}: {right}}}", self.pick(&["items", "$", "items.tags", "one", "wide"])),
            12 => format!("({left}; {right})"),
            13 => format!("({} := {left}; {right})", self.pick(&["$v", "$w", "$sum"])),
            14 => format!("{left} ? {right} : {left}"),
            15 => format!("{left} ? {right}"),
            16 => format!("-{left}"),
            17..=21 => self.call(depth - 1),
            22 => format!("items^({}{left})", self.pick(&["", "<", ">"])),
            23 => format!("{left}^({}{right}, {}n)", self.pick(&["", "<", ">"]), self.pick(&["", ">"])),
            24 => format!("{left} ~> {right}"),
            25 => format!(
                "{left} ~> {}",
                self.pick(&["$sum", "$string", "$uppercase()", "$count", "$map($string)", "$append(?, 1)"])
            ),
            26 => format!("{left} ~> |{right}|{}|", self.update()),
            27 => self.lambda(&left, &right),
            28 => self.partial(&left, &right),
            29 => format!("items.{left}.%.{right}"),
            30 => format!("({left})[{right}]"),
            31 => format!("$eval({})", literal(&left)),
            32 => format!("({left}).{right}"),
            33 => format!("{left}.({right})"),
            34 => format!("[{left}].{right}"),
            35 => format!("{left}/* {} */[{right}]", self.pick(&["", "x", "*", "/"])),
            36 => format!("{left}[{right}][]"),
            37 => format!("$string({left})"),
            38 => format!("[{left}][{}]", self.pick(&["0", "-1", "1", "0.9", "-0.5", "[0, 0]", "true"])),
            _ => format!("$exists({left})"),
        }
    }

    fn range(&mut self, other: &str) -> String {
        let from = self.pick(&["0", "1", "-2", "n", "'a'", "missing", "1.5", "3"]);
        let to = self.pick(&["3", "5", "1", "n", "missing", "$count(items)", "1e8", "2.5"]);
        match self.below(3) {
            0 => format!("[{from}..{to}]"),
            1 => format!("[{other}, {from}..{to}]"),
            _ => format!("[{from}..{to}].($ & '')"),
        }
    }

    fn update(&mut self) -> String {
        self.pick(&[
            "{'n': 0}",
            "{'x': $}",
            "{}, 's'",
            "{'s': 'new'}, ['n', 'a']",
            "{}, missing",
            "1",
            "missing",
            "{}, 1",
            "[]",
            "{'n': n + 1}, ['tags']",
            "{'k': {'l': 1}}",
        ])
    }

    fn lambda(&mut self, left: &str, right: &str) -> String {
        match self.below(7) {
            0 => format!("function($x) {{ {left} }}({right})"),
            1 => format!("($f := function($x, $y) {{ $x & $y }}; $f({left}, {right}))"),
            2 => {
                let signature = self.signature();
                format!("function($x, $y)<{signature}> {{ [$x, $y] }}({left}, {right})")
            }
            3 => {
                let signature = self.signature();
                format!("items.(function($x)<{signature}> {{ $x }}({left}))")
            }
            4 => format!("($f := function($x) {{ $x > 3 ? $x : $f($x + 1) }}; [$f({left}), {right}])"),
            5 => format!("($f := λ($x) {{ $string($x) }} ~> $length; $f({left}))"),
            _ => format!("$map([{left}, {right}], function($x, $i) {{ {{'i': $i, 'x': $x}} }})"),
        }
    }

    fn signature(&mut self) -> String {
        let parameters = self.run(3, |it| {
            let kind = it.pick(&[
                "s", "n", "b", "l", "o", "a", "f", "j", "x", "a<n>", "a<s>", "(sn)", "(ao)", "f<n:n>", "a<a<n>>",
                "(s<n>)", "s<n>", "u",
            ]);
            kind + &it.pick(&["", "", "", "-", "?", "+"])
        });
        parameters + &self.pick(&["", ":x", ":n", ":a<s>"])
    }

    fn partial(&mut self, left: &str, right: &str) -> String {
        let (text, texts, number) = (self.fitting('s'), self.fitting('S'), self.fitting('i'));
        match self.below(6) {
            0 => format!("$substring(?, {number})({text})"),
            1 => format!("$append({left}, ?)({right})"),
            2 => format!("($f := function($x, $y) {{ [$x, $y] }}(?, {left}); $f({right}))"),
            3 => format!("{left}(?)({right})"),
            4 => format!("$join(?, {text})({texts})"),
            _ => format!("($map(?, function($x) {{ {left} }}) ~> $join({text}))({texts})"),
        }
    }

    /// Paths with variables for what they pass and where, sorted, grouped, and looking back.
    pub(super) fn tuples(&mut self, depth: u32) -> String {
        let mut path = self.pick(&["items", "items", "$$.items", "one", "c", "(items)", "nested"]);
        for name in ["$p", "$q", "$r", "$t"].into_iter().take(depth as usize + 1) {
            let step = self.tuple_step(name);
            path.push_str(&step);
        }
        path
    }

    fn tuple_step(&mut self, name: &str) -> String {
        match self.below(14) {
            0 => format!("@{name}"),
            1 => format!("#{name}"),
            2 => format!("@{name}#{name}i"),
            3 => format!("[{}]", self.pick(&["0", "n > 1", "$p.n = n", "-1", "%.n", "$q < 2", "s = %.s"])),
            4 => format!(".{}", self.pick(&["n", "s", "a", "tags", "b", "*", "%", "a.b", "$", "**"])),
            5 => format!(".items@{name}[$p.n = {name}.n]"),
            6 => format!("^({})", self.pick(&["n", ">n", "$p.n", "s, >n", "$q", "%.n"])),
            7 => format!(".{{'n': n, 'p': $p, 'q': $q{}}}", self.pick(&["", ", 'up': %.n", ", 'i': $ti"])),
            8 => format!(".({})", self.pick(&["$p", "n", "$p.n", "%.s", "$", "a.b", "[n, %]"])),
            9 => format!(".[{}]", self.pick(&["$p, n", "n", "$p.n, n", "%.s", "$q, 1"])),
            10 => format!(
                "{{{}: {}}}",
                self.pick(&["s", "$p.s", "$string($q)", "'x'"]),
                self.pick(&["n", "$p.n", "$q", "$", "%.n", "$count($)"])
            ),
            11 => "[]".to_owned(),
            12 => format!(".$string({})", self.pick(&["n", "$p", "$q", "%.n", "$"])),
            _ => ".%".to_owned(),
        }
    }

    /// A text with one mistake or more, most of which no grammar allows.
    pub(super) fn broken(&mut self, depth: u32) -> String {
        let mut letters: Vec<char> =
            if self.once_in(2) { self.expression(depth) } else { self.sensible(depth) }.chars().collect();
        for _ in 0..=self.below(2) {
            let at = usize::try_from(self.below(letters.len() as u64 + 1)).unwrap_or(0);
            match self.below(4) {
                0 if at < letters.len() => drop(letters.remove(at)),
                1 => letters.truncate(at),
                _ => {
                    let wrong = self.pick(&[
                        "(", ")", "[", "]", "{", "}", ",", ";", ":", "?", "'", "\"", "`", "|", "@", "#", "!", "~", "^",
                        "..", ":=", "~>", "\\", "/", "*", "**", "%", ".", "-", "&", "=", "<", ">", "$", "é", "1", "in",
                        "and", "function", "λ", "null", "/*", "😀", "@$", "#$i", "[]", "\u{b}", "\u{a0}",
                    ]);
                    letters.splice(at..at, wrong.chars());
                }
            }
        }
        letters.into_iter().collect()
    }
}
