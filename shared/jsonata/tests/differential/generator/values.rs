//! Values: names, numbers, texts, and what lies at their edges.

use super::{Generator, literal};

const NAMES: &[&str] =
    &["a", "b", "c", "d", "e", "items", "n", "s", "missing", "`x y`", "'s'", "and", "in", "one", "empty", "é"];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "10",
    "-1",
    "-0",
    "0.5",
    "1.5",
    "2.5",
    "-2.5",
    "1e3",
    "12345.678",
    "1e21",
    "1e-7",
    "0.1",
    "123456789012345680000",
    "9007199254740993",
    "1.7976931348623157e308",
    "5e-324",
    "4.35",
    "1.005",
    "-1e-9",
    "4294967296",
];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'b'",
    "'abc'",
    "'Hello World'",
    "'1'",
    "'2.5'",
    "'x,y,z'",
    "'  pad  '",
    "'héllo'",
    "'😀b😀'",
    "'a\\u0000b'",
    "'\\ud83d\\ude00'",
    "'line\\nbreak'",
    "'-0'",
    "'1e400'",
    "'0x10'",
    "'0b12'",
    "'a0o7'",
    "'0B101'",
    "' 7'",
    "'ß'",
    "'İI'",
    "'$1'",
    "'null'",
    "'a\\tb'",
];
const ODD: &[&str] = &[
    "[]",
    "{}",
    "null",
    "missing",
    "true",
    "false",
    "[[]]",
    "[[1]]",
    "[[[1, 2]]]",
    "[null]",
    "[missing]",
    "['a']",
    "[1]",
    "{'a': {}}",
    "{'': 1}",
    "[{}]",
    "one",
    "empty",
    "nested",
    "[1, 'a', true, null]",
    "$",
    "$$",
    "(1/0)",
    "(0/0)",
    "[true, false]",
    "()",
];

/// Where these are searched for members, the reference shows how it keeps them: they are arguments only.
const FUNCTIONS: &[&str] = &["function($x) { $x }", "$sum", "/a/", "$append(?, 1)"];

impl Generator {
    pub(super) fn atom(&mut self) -> String {
        match self.below(14) {
            0..=3 => self.pick(NAMES),
            4 | 5 => self.number_literal(),
            6 | 7 => self.pick(TEXTS),
            8 | 9 => self.pick(ODD),
            10 => self.pick(&["$", "$$", "$v", "$w", "$none"]),
            11 => self.pick(&["*", "**", "%", "%.%", "items.*", "items.**", "*.*"]),
            _ => self.path(),
        }
    }

    pub(super) fn path(&mut self) -> String {
        self.pick(&[
            "a.b",
            "items.n",
            "items.s",
            "c.d.e",
            "items[0]",
            "items[-1].s",
            "$$.items.tags",
            "items.tags",
            "items.a.b",
            "items[n>1]",
            "items.b",
            "one.x",
            "nested",
            "items.(n)",
            "items.[n]",
            "items.{'k': n}",
            "$v[1]",
            "items[[0..1]].s",
            "one[]",
            "items.tags[0]",
            "(items.tags)[0]",
            "items[0].tags[]",
            "wide.*",
            "$.items",
            "items.$.n",
            "c.*.e",
            "**.b",
            "**[0]",
            "items[s='a'][0]",
        ])
    }

    pub(super) fn number_literal(&mut self) -> String {
        if self.below(3) > 0 {
            return self.pick(NUMBERS);
        }
        let digits = 1 + self.below(18);
        let whole: String = (0..digits).map(|_| self.pick(&["0", "1", "2", "5", "7", "9"])).collect();
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = match self.below(2) {
            0 => String::new(),
            _ => format!(".{}", (0..=self.below(8)).map(|_| self.pick(&["0", "1", "4", "5", "9"])).collect::<String>()),
        };
        let exponent =
            if self.once_in(3) { format!("e{}{}", self.pick(&["", "-", "+"]), self.below(25)) } else { String::new() };
        format!("{}{whole}{fraction}{exponent}", self.pick(&["", "", "-"]))
    }

    pub(super) fn text_literal(&mut self) -> String {
        if self.below(3) > 0 {
            return self.pick(TEXTS);
        }
        let text = self.run(8, |it| {
            it.pick(&["a", "b", "C", " ", "-", ",", "1", ".", "é", "😀", "\\", "\"", "\n", "%", "ﬀ", "\u{301}"])
        });
        literal(&text)
    }

    pub(super) fn odd(&mut self) -> String {
        if self.once_in(8) { self.pick(FUNCTIONS) } else { self.pick(ODD) }
    }
}
