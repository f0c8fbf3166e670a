//! Draws the tree in place on a terminal: the lines before it stay, the picture is drawn over itself.

use super::layout::picture;
use super::style::Line;
use super::tree::Tree;
use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use model::Timestamp;
use std::io::Write;

/// A picture on a terminal.
pub(crate) struct Screen {
    title: String,
    colors: bool,
    /// Lines of the picture as it was last drawn.
    drawn: u16,
    frame: usize,
}

impl Screen {
    pub(crate) fn new(title: String, colors: bool) -> Self {
        Self { title, colors, drawn: 0, frame: 0 }
    }

    /// Draws the picture over the one before, below these new lines. Once the execution is over, all of it stays.
    pub(crate) fn draw(&mut self, tree: &Tree, now: Timestamp, above: &[String]) -> std::io::Result<()> {
        let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
        self.frame += 1;
        let mut lines = picture(tree, &self.title, now, self.frame);
        if tree.ended.is_none() {
            fit(&mut lines, usize::from(height).saturating_sub(2).max(3));
        }
        let width = usize::from(width.max(20));
        let mut out = std::io::stderr().lock();
        queue!(out, BeginSynchronizedUpdate, Hide)?;
        self.go_to_top(&mut out)?;
        for line in above {
            queue!(out, Print(line), Print("\n"))?;
        }
        for line in &lines {
            queue!(out, Print(line.render(width - 1, self.colors)), Print("\n"))?;
        }
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        queue!(out, Show, EndSynchronizedUpdate)?;
        out.flush()
    }

    fn go_to_top(&self, out: &mut impl Write) -> std::io::Result<()> {
        if self.drawn > 0 {
            queue!(out, MoveUp(self.drawn), MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
        }
        Ok(())
    }
}

/// Leaves lines out so that the picture fits: those after the title, since what happens now is at the end.
fn fit(lines: &mut Vec<Line>, height: usize) {
    if lines.len() > height {
        let cut = lines.len() - height + 1;
        let mut note = Line::default();
        note.add(super::style::Style::Dim, format!("  … {cut} lines above"));
        lines.splice(1..=cut, [note]);
    }
}
