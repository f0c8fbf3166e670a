//! Expressions whose parts fit together, so that more than an error comes of them.

use super::Generator;

const DATES: &[&str] = &[
    "'[Y]-[M01]-[D01]'",
    "'[H01]:[m01]'",
    "'[FNn], [D1o] [MNn] [Y]'",
    "'[h]:[m] [P]'",
    "'[W] [X] [w] [x]'",
    "'[d] [Z]'",
];

impl Generator {
    /// An expression whose parts fit together, so that more than an error comes of it.
    pub(super) fn sensible(&mut self, depth: u32) -> String {
        match self.below(4) {
            0 => self.number(depth),
            1 => self.text(depth),
            2 => self.list(depth),
            _ => self.object(depth),
        }
    }

    pub(super) fn number(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&[
                "n",
                "a.b",
                "1",
                "2.5",
                "-3",
                "items[0].n",
                "$count(items)",
                "1e21",
                "0.1",
                "1510067557121",
            ]);
        }
        let inner = depth - 1;
        match self.below(14) {
            0..=2 => {
                let operator = self.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {operator} {})", self.number(inner), self.number(inner))
            }
            3 => format!("$sum({}.n)", self.objects(inner)),
            4 => format!("$count({})", self.list(inner)),
            5 => format!("$length({})", self.text(inner)),
            6 => format!("$round({}, {})", self.number(inner), self.pick(&["0", "1", "2", "-1", "-2"])),
            7 => format!("{}({})", self.pick(&["$floor", "$ceil", "$abs"]), self.number(inner)),
            8 => format!("({} ? {} : {})", self.condition(inner), self.number(inner), self.number(inner)),
            9 => format!("$reduce({}, function($l, $r) {{ $l + $r }}, {})", self.numbers(inner), self.number(inner)),
            10 => format!("{}({})", self.pick(&["$max", "$min", "$average", "$sum"]), self.numbers(inner)),
            11 => format!("($w := {}; $w * {})", self.number(inner), self.number(inner)),
            12 => format!("{}[{}]", self.numbers(inner), self.pick(&["0", "-1", "1", "2"])),
            _ => {
                format!("$number({})", self.pick(&["'12'", "'-1.5e3'", "'0x1F'", "'0b101'", "'0o17'", "true", "'007'"]))
            }
        }
    }

    pub(super) fn text(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&[
                "s",
                "c.d.e",
                "'abc'",
                "'a-b-c'",
                "items[1].s",
                "`x y`",
                "''",
                "'ünï ☃'",
                "'  two  words '",
            ]);
        }
        let inner = depth - 1;
        match self.below(16) {
            0 | 1 => format!("({} & {})", self.text(inner), self.sensible(inner)),
            2 => format!("{}({})", self.pick(&["$uppercase", "$lowercase", "$trim"]), self.text(inner)),
            3 => format!(
                "$substring({}, {}, {})",
                self.text(inner),
                self.pick(&["0", "1", "-3", "2"]),
                self.pick(&["1", "2", "10"])
            ),
            4 => format!("$string({})", self.sensible(inner)),
            5 => format!("$join({}.$string($), {})", self.list(inner), self.pick(&["','", "''", "' - '"])),
            6 => format!(
                "$replace({}, {}, {})",
                self.text(inner),
                self.regex(),
                self.pick(&["'<$0>'", "'$1-$2'", "''", "'$$'"])
            ),
            7 => format!(
                "$pad({}, {}, {})",
                self.text(inner),
                self.pick(&["10", "-10", "3", "0"]),
                self.pick(&["'#'", "'ab'", "''"])
            ),
            8 => format!(
                "$formatNumber({}, {})",
                self.number(inner),
                self.pick(&["'#,##0.00'", "'000'", "'0.0##'", "'#0%'", "'#,##,##0'", "'0.00;(0.00)'", "'###.##'"])
            ),
            9 => format!(
                "$formatInteger($floor({}), {})",
                self.number(inner),
                self.pick(&["'w'", "'W'", "'Ww'", "'#,##0'", "'000'", "'1;o'", "'w;o'", "'A'", "'a'"])
            ),
            10 => format!(
                "$fromMillis({}, {})",
                self.pick(&["0", "1e12", "1510067557121", "-1e11", "951782400000"]),
                self.pick(DATES)
            ),
            11 => format!("$formatBase($round({}) % 1e9, {})", self.number(inner), self.pick(&["2", "16", "36", "10"])),
            12 => format!(
                "{}({}, {})",
                self.pick(&["$substringBefore", "$substringAfter"]),
                self.text(inner),
                self.pick(&["'a'", "'o'", "''", "' '"])
            ),
            13 => format!("$encodeUrlComponent({})", self.text(inner)),
            14 => format!("$type({})", self.sensible(inner)),
            _ => format!("({} ? {} : {})", self.condition(inner), self.text(inner), self.text(inner)),
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        let inner = depth.saturating_sub(1);
        match self.below(8) {
            0 | 1 => format!(
                "{} {} {}",
                self.number(inner),
                self.pick(&["=", "!=", "<", "<=", ">", ">="]),
                self.number(inner)
            ),
            2 => format!("{} {} {}", self.text(inner), self.pick(&["=", "!=", "<", ">="]), self.text(inner)),
            3 => format!("$exists({})", self.sensible(inner)),
            4 => format!("$boolean({})", self.sensible(inner)),
            5 => format!("$contains({}, {})", self.text(inner), self.regex()),
            6 => format!("{} in {}", self.number(inner), self.numbers(inner)),
            _ => format!("{} = {}", self.sensible(inner), self.sensible(inner)),
        }
    }

    pub(super) fn numbers(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["b", "[1..5]", "items.n", "[3, 1, 2]", "[]", "$append(b, 7)"]);
        }
        let inner = depth - 1;
        match self.below(6) {
            0 => format!("$map({}, function($v, $i) {{ $v * 2 + $i }})", self.numbers(inner)),
            1 => format!("$filter({}, function($v) {{ $v > {} }})", self.numbers(inner), self.number(inner)),
            2 => format!("[{}, {}]", self.number(inner), self.number(inner)),
            3 => format!("{}[$ > {}]", self.numbers(inner), self.number(0)),
            4 => format!("{}({})", self.pick(&["$reverse", "$sort", "$distinct"]), self.numbers(inner)),
            _ => format!("{}.($ + 1)", self.numbers(inner)),
        }
    }

    pub(super) fn objects(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["items", "items[n > 1]", "$$.items", "[{'n': 1, 's': 'q'}]", "items[0]"]);
        }
        let inner = depth - 1;
        match self.below(10) {
            0 => format!(
                "{}^({}{})",
                self.objects(inner),
                self.pick(&["", "<", ">"]),
                self.pick(&["n", "s", "n, >s", "$count(tags)"])
            ),
            1 => format!(
                "{}[{}]",
                self.objects(inner),
                self.pick(&["n > 1", "s = 'a'", "tags", "0", "-1", "[0, 1]", "$exists(a)"])
            ),
            2 => format!("{}.{{'n': n * 2, 's': {}}}", self.objects(inner), self.text(inner)),
            3 => format!(
                "({} ~> |{}|{}|)",
                self.objects(inner),
                self.pick(&["$", "a", "**", "$[n = 1]"]),
                self.pick(&["{'n': n + 1}", "{'x': $}", "{}, 's'", "{'s': 'new'}, ['n', 'a']"])
            ),
            4 => format!("{}@$w.{{'n': $w.n, 's': $w.s}}", self.objects(inner)),
            5 => format!("{}#$w.{{'n': $w, 's': s}}", self.objects(inner)),
            6 => format!("{}.a.{{'n': %.n, 's': %.s}}", self.objects(inner)),
            7 => format!("$append({}, {})", self.objects(inner), self.objects(inner)),
            8 => format!("items@$w.items@$v[$w.n = $v.n and $w.s != $v.s].{{'n': $w.n, 's': $v.s & {}}}", self.text(0)),
            _ => format!("$sort({}, function($l, $r) {{ $l.n > $r.n }})", self.objects(inner)),
        }
    }

    pub(super) fn list(&mut self, depth: u32) -> String {
        let inner = depth.saturating_sub(1);
        match self.below(9) {
            0 | 1 => self.numbers(depth),
            2 | 3 => self.objects(depth),
            4 => format!(
                "{}.{}",
                self.objects(inner),
                self.pick(&["s", "tags", "a.b", "b", "*", "[n, s]", "tags[]", "s[]", "**"])
            ),
            5 => format!("$split({}, {})", self.text(inner), self.pick(&["','", "' '", "''", "/[-, ]/", "/(?=o)/i"])),
            6 => format!("$match({}, {}).match", self.text(inner), self.regex()),
            7 => format!("[{}, {}]", self.sensible(inner), self.sensible(inner)),
            _ => format!("$zip({}, {})", self.numbers(inner), self.list(inner)),
        }
    }

    pub(super) fn object(&mut self, depth: u32) -> String {
        let inner = depth.saturating_sub(1);
        match self.below(9) {
            0 => format!("{{'k': {}, 'm': {}}}", self.sensible(inner), self.sensible(inner)),
            1 | 2 => format!(
                "{}{{s: {}}}",
                self.objects(inner),
                self.pick(&["n", "$sum(n)", "$", "tags", "$count($)", "{'n': n}"])
            ),
            3 => format!("$merge({})", self.objects(inner)),
            4 => format!("$sift({}, function($v, $k) {{ $k != 'n' }})", self.pick(&["a", "items[0]", "$$"])),
            5 => format!("$each({}, function($v, $k) {{ $k & {} }})", self.pick(&["a", "c", "items[0]"]), self.text(0)),
            6 => format!("$spread({})", self.objects(inner)),
            7 => format!("$keys({})", self.objects(inner)),
            _ => format!("$lookup({}, {})", self.objects(inner), self.pick(&["'n'", "'tags'", "'a'", "'none'"])),
        }
    }
}
