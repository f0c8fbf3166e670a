//! Regular expressions, of all that JavaScript's patterns have, and searches with them.

use super::Generator;

const REGEXES: &[&str] = &[
    "/a/",
    "/[a-z]+/i",
    "/(b)(c)?/",
    "/\\s+/",
    "/^h.*o/",
    "/l{2}/",
    "/(?=o)./",
    "/([a-z])\\1/",
    "/x*/",
    "/(a)|(b)/",
    "/^/m",
    "/[^a]/",
];

impl Generator {
    pub(super) fn regex(&mut self) -> String {
        self.pick(REGEXES)
    }

    /// A search with a pattern at random.
    pub(super) fn search(&mut self) -> String {
        let text = self.run(12, |it| it.pick(&["a", "b", "c", "A", "1", " ", "-", "é", "\\n", "_", "É", "{", "."]));
        let pattern = self.pattern(3);
        let flags = self.pick(&["", "", "i", "m", "im"]);
        let call = self.pick(&[
            "$match('T', P)",
            "$match('T', P, 2)",
            "$split('T', P)",
            "$split('T', P, 2)",
            "$replace('T', P, '[$0|$1|$2]')",
            "$replace('T', P, function($m) { $string($m) })",
            "$replace('T', P, '$2$1', 1)",
            "$contains('T', P)",
            "P('T')",
            "$match('T', P).groups",
            "$match('T', P).next",
            "$string(P('T'))",
        ]);
        call.replace('T', &text).replace('P', &format!("/{pattern}/{flags}"))
    }

    fn pattern(&mut self, depth: u32) -> String {
        let mut pattern = String::new();
        for _ in 0..=self.below(3) {
            let inner = depth.saturating_sub(1);
            let term = match self.below(if depth == 0 { 8 } else { 17 }) {
                0..=3 => self.pick(&["a", "b", "c", "A", "1", " ", "_", "É"]),
                4 => {
                    self.pick(&[".", "[^]", "\\n", "\\x61", "\\u0062", "\\-", "é", "\\.", "\\{", "\\t", "\\cA", "\\0"])
                }
                5 => self.pick(&["\\w", "\\d", "\\s", "\\W", "\\D", "\\S"]),
                6 => self.pick(&[
                    "[ab]", "[^ab]", "[a-c1]", "[\\w-]", "[^\\s]", "[A-Z]", "[b-]", "[]", "[\\b]", "[\\d-z]", "[^\\W]",
                    "[é-ü]", "[.]", "[\\]]",
                ]),
                7 => self.pick(&["^", "$", "\\b", "\\B", "\\1", "\\2"]),
                8 | 9 => format!("({})", self.pattern(inner)),
                10 => format!("(?:{}|{})", self.pattern(inner), self.pattern(inner)),
                11 => format!("({}|{})", self.pattern(inner), self.pattern(inner)),
                12 => format!("(?={})", self.pattern(inner)),
                13 => format!("(?!{})", self.pattern(inner)),
                14 => format!("(?<x{depth}{}>{})", self.below(1000), self.pattern(inner)),
                15 => format!("({}|)", self.pattern(inner)),
                _ => format!("({}{})", self.pick(&["?<=", "?<!"]), self.pattern(inner)),
            };
            pattern.push_str(&term);
            if self.below(3) == 0 && !matches!(term.as_str(), "^" | "$" | "\\b" | "\\B") && !term.starts_with("(?<") {
                pattern.push_str(
                    &self.pick(&["*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?", "??", "{1,3}?", "{0}", "{2,}?"]),
                );
            }
        }
        pattern
    }
}
