//! Colours, durations, and texts cut to a width.

use std::time::Duration;

/// How a piece of text looks on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Busy,
    Warn,
}

/// A line in pieces, each with its style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<(Style, String)>);

impl Line {
    /// Adds a piece. Control characters, which could move the cursor, are shown as `?`.
    pub(crate) fn add(&mut self, style: Style, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref().chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        self.0.push((style, text));
        self
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| columns(text)).sum()
    }

    /// Adds spaces up to this column.
    pub(crate) fn pad_to(&mut self, column: usize) -> &mut Self {
        let missing = column.saturating_sub(self.width());
        self.add(Style::Plain, " ".repeat(missing))
    }

    /// The line as it is written, cut to so many columns.
    pub(crate) fn render(&self, width: usize, colors: bool) -> String {
        let mut left = width;
        let mut text = String::new();
        for (style, piece) in &self.0 {
            let cut = cut(piece, left);
            left -= columns(&cut).min(left);
            match code(*style).filter(|_| colors) {
                Some(code) => text.extend(["\u{1b}[", code, "m", &cut, "\u{1b}[0m"]),
                None => text.push_str(&cut),
            }
            if cut != *piece {
                break;
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text
    }
}

const fn code(style: Style) -> Option<&'static str> {
    match style {
        Style::Plain => None,
        Style::Bold => Some("1"),
        Style::Dim => Some("2"),
        Style::Good => Some("32"),
        Style::Bad => Some("31"),
        Style::Busy => Some("36"),
        Style::Warn => Some("33"),
    }
}

/// The text cut to so many columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += column_count(c);
        if used >= width {
            break;
        }
        cut.push(c);
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// How many columns the text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(column_count).sum()
}

/// East Asian wide characters and emoji take two columns, combining marks none.
fn column_count(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 => 2,
        0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// `12 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..=59 => format!("{:.1} s", duration.as_secs_f64()),
        60..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_the_edge_of_the_terminal() {
        let mut line = Line::default();
        line.add(Style::Good, "✓ ").add(Style::Plain, "注文を確認する").add(Style::Dim, " 12 ms");
        assert_eq!(line.render(80, false), "✓ 注文を確認する 12 ms");
        assert_eq!(line.render(9, false), "✓ 注文を…");
        assert_eq!(line.render(80, true).matches("\u{1b}[0m").count(), 2);
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let mut line = Line::default();
        line.add(Style::Plain, "a\u{1b}[2Jb\n");
        assert_eq!(line.render(80, false), "a?[2Jb?");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(time(Duration::from_millis(12)), "12 ms");
        assert_eq!(time(Duration::from_millis(1_440)), "1.4 s");
        assert_eq!(time(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(time(Duration::from_hours(25)), "1 d 1 h");
    }
}
