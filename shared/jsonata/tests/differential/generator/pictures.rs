//! Pictures of numbers, of whole numbers and of times, made from their grammars and against them.

use super::{Generator, literal};

impl Generator {
    /// A number or a time in the form of a picture, or read by one, or both.
    pub(super) fn pictured(&mut self) -> String {
        match self.below(12) {
            0 | 1 => format!("$formatNumber({}, {})", self.number_literal(), self.number_picture()),
            2 => format!(
                "$formatNumber({}, {}, {})",
                self.number_literal(),
                self.number_picture(),
                self.number_options()
            ),
            3 => format!("$formatInteger({}, {})", self.whole(), self.integer_picture()),
            4 => {
                let (number, picture) = (self.whole(), self.integer_picture());
                format!("$parseInteger($formatInteger({number}, {picture}), {picture})")
            }
            5 => self.written_number(),
            6 | 7 => format!("$fromMillis({}, {}{})", self.millis(), self.date_picture(), self.zone()),
            8 | 9 => {
                let picture = self.date_picture();
                format!("$toMillis($fromMillis({}, {picture}{}), {picture})", self.millis(), self.zone())
            }
            10 => self.with_exponent(),
            _ => format!("$toMillis({})", self.time()),
        }
    }

    /// A positive number with an exponent: of others, the reference never finds one.
    fn with_exponent(&mut self) -> String {
        let number = format!("{}{}e{}", 1 + self.below(9), self.below(100_000), self.below(30));
        let integer = self.pick(&["0", "00", "#", "#0", "###", "#,##0", ""]);
        let fraction = self.pick(&["", ".0", ".##", ".00#", ".000", "."]);
        let exponent = self.pick(&["e0", "e00", "e", "e0#", "e000", "E0", "e0%"]);
        let (before, after) = (self.pick(&["", "", "x", "e"]), self.pick(&["", "", "%", " kg", "e"]));
        format!("$formatNumber({number} / 1e20, {})", literal(&format!("{before}{integer}{fraction}{exponent}{after}")))
    }

    fn whole(&mut self) -> String {
        match self.below(3) {
            0 => self.number_literal(),
            1 => self.pick(&[
                "0", "1", "9", "10", "12", "19", "21", "99", "100", "101", "111", "999", "1000", "1999", "12345",
                "1000000", "26", "27", "702", "703",
            ]),
            _ => self.below(100_000).to_string(),
        }
    }

    /// A number in words or digits, and a picture that may be of another kind.
    fn written_number(&mut self) -> String {
        let words = self.pick(&[
            "'twelve'",
            "'One Hundred and Five'",
            "'three thousandth'",
            "'seventy-third'",
            "'one million, two thousand and three'",
            "'twelve dozen'",
        ]);
        // Short, for as letters they are digits of base 26, and the powers must be exact.
        let digits = self.pick(&[
            "'XIV'",
            "'mcmxcix'",
            "'abc'",
            "'1,234'",
            "'12th'",
            "'١٢٣'",
            "''",
            "'-5'",
            "'1.234.5'",
            "'12:34'",
            "'0012'",
        ]);
        match self.below(3) {
            0 => format!("$parseInteger({words}, {})", self.pick(&["'w'", "'W'", "'Ww'", "'w;o'", "'0'"])),
            _ => format!("$parseInteger({digits}, {})", self.integer_picture()),
        }
    }

    fn millis(&mut self) -> String {
        match self.below(3) {
            0 => self.pick(&[
                "0",
                "1",
                "-1",
                "1e12",
                "1510067557121",
                "-1e11",
                "951782400000",
                "-62135596800000",
                "253402300799999",
                "8.64e15",
                "1.5",
                "-62198755200000",
            ]),
            1 => format!("{}", self.below(4_000_000_000_000)),
            _ => format!("-{}", self.below(60_000_000_000_000)),
        }
    }

    fn zone(&mut self) -> String {
        self.pick(&[
            "",
            "",
            "",
            ", '+0100'",
            ", '-0530'",
            ", '+1245'",
            ", '0000'",
            ", '-0000'",
            ", 'Z'",
            ", ''",
            ", '+5'",
            ", '-0015'",
        ])
    }

    pub(super) fn number_picture(&mut self) -> String {
        if self.once_in(3) {
            let picture =
                self.run(8, |it| it.pick(&["#", "#", "0", "0", ",", ".", ";", "%", "‰", "-", "x", "9", "1", "é"]));
            return literal(&picture);
        }
        let part = |it: &mut Self| {
            let mut integer = it.run(4, |it| it.pick(&["#", "#", "#,", "##,"]))
                + &it.run(4, |it| it.pick(&["0", "0", "0,", "00,", "1"]));
            if !it.once_in(6) {
                integer = integer.trim_end_matches(',').to_owned();
            }
            let fraction = if it.once_in(2) {
                ".".to_owned() + &it.run(3, |it| it.pick(&["0", "0", "00,"])) + &it.run(3, |it| it.pick(&["#", "#,"]))
            } else {
                String::new()
            };
            let (before, after) =
                (it.pick(&["", "", "", "$", "(", "-", "a b"]), it.pick(&["", "", "", "%", "‰", ")", " kg"]));
            format!("{before}{integer}{fraction}{after}")
        };
        let mut picture = part(self);
        if self.once_in(5) {
            picture = format!("{picture};{}", part(self));
        }
        literal(&picture)
    }

    pub(super) fn number_options(&mut self) -> String {
        self.pick(&[
            "{}",
            "{'decimal-separator': ',', 'grouping-separator': '.'}",
            "{'zero-digit': '٠'}",
            "{'minus-sign': '~'}",
            "{'percent': 'pc'}",
            "{'digit': 'D'}",
            "{'exponent-separator': 'E'}",
            "{'pattern-separator': '|'}",
            "{'infinity': 'inf'}",
            "{'per-mille': 'm'}",
            "{'decimal-separator': ''}",
            "{'zero-digit': '1'}",
            "{'other': 'x'}",
        ])
    }

    pub(super) fn integer_picture(&mut self) -> String {
        if self.once_in(3) {
            let picture = self.run(7, |it| it.pick(&["#", "0", "1", ",", ".", "-", "a", "w", "I", ";", "o", "١", " "]));
            return literal(&picture);
        }
        let primary = self.pick(&[
            "0",
            "1",
            "00",
            "0001",
            "#,##0",
            "#,###,000",
            "#:000",
            "w",
            "W",
            "Ww",
            "a",
            "A",
            "i",
            "I",
            "#",
            "٠",
            "#١",
            "α",
            "①",
            "0,00,0",
            "#.#.0",
            "１",
            "#'000",
        ]);
        literal(&(primary + &self.pick(&["", "", "", ";o", ";c", ";o(-en)", ";t", ";", ";x", ";ot"])))
    }

    /// Dates from a time's components, in any order and form; often those from which a time can be read again.
    pub(super) fn date_picture(&mut self) -> String {
        if self.once_in(4) {
            return self.pick(&[
                "'[Y]-[M01]-[D01]'",
                "'[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]'",
                "'[FNn], [D1o] [MNn] [Y]'",
                "'[h]:[m] [P]'",
                "'[W] [X] [w] [x]'",
                "'[d] [Z]'",
                "'[D] [MNn,*-3] [Y,2] [h#1]:[m01][Pn] [z]'",
                "'[Y]-[d]'",
                "'[X]-W[W01]-[F1]'",
                "'[H01][m01]'",
                "'[YI] [Dwo] [MN]'",
                "'[M01]/[D01]/[Y0001] [h01]:[m01] [P]'",
                "missing",
                "'[Y]-[M]-[D] [H]:[m]:[s].[f]'",
                "'[Dw] of [MNn], [Yw]'",
            ]);
        }
        let picture = self.run(5, |it| {
            let separator = it.pick(&["-", " ", "/", "", ":", "T", "[[", "]]", "é", "."]);
            format!("{}{separator}", it.date_marker())
        });
        literal(&picture)
    }

    fn date_marker(&mut self) -> String {
        if self.once_in(40) {
            return self.pick(&["[", "]", "[q]", "[]", "[ Y ]", "[Y", "[Y,]", "[M,x]"]);
        }
        let component = self.pick(&[
            "Y", "Y", "M", "M", "D", "D", "d", "F", "W", "w", "X", "x", "H", "h", "P", "m", "s", "f", "Z", "z", "C",
            "E",
        ]);
        let presentation = self.pick(&[
            "", "", "", "1", "01", "001", "0001", "I", "i", "w", "W", "Ww", "N", "n", "Nn", "A", "a", "#0", "01:01",
            "0:00", "0101", "٠", "#1", "*", "9999", "000000",
        ]);
        let modifier = self.pick(&["", "", "", "", "o", "t", "c"]);
        let width = self.pick(&["", "", "", "", ",2", ",*-2", ",2-4", ",*", ",3-3", ",4", ",1-1", ",2-2"]);
        format!("[{component}{presentation}{modifier}{width}]")
    }

    /// A time as text, well-formed or not.
    pub(super) fn time(&mut self) -> String {
        let mut text = self.pick(&["2018", "1970", "1899", "2024", "9999", "0000", "12", "-2018", "+012018"]);
        if !self.once_in(12) {
            text += &self.pick(&["-01", "-02", "-12", "-13", "-00", "-1"]);
        }
        if !self.once_in(12) {
            text += &self.pick(&["-01", "-29", "-30", "-31", "-00", "-7"]);
        }
        if self.below(4) > 0 {
            text += &self.pick(&[
                "T00:00:00",
                "T12:34:56",
                "T24:00:00",
                "T23:59:59",
                "T12:34",
                "T12",
                " 12:34:56",
                "T12:60:00",
            ]);
            text += &self.pick(&["", ".1", ".123", ".123456", ".000", "."]);
            text += &self.pick(&["", "Z", "+01:00", "-0530", "+14:00", "+1", "z", "+01:0"]);
        }
        format!("'{text}'")
    }
}
