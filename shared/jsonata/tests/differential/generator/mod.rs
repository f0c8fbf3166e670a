//! Expressions at random, over one document, short enough to read when one shows a difference: the whole grammar in
//! [`grammar`], parts that fit together in [`sensible`], every function with arguments good and bad in [`calls`].

mod calls;
mod grammar;
mod patterns;
mod pictures;
mod sensible;
mod values;

use ratchet_jsonata::{Random, Seeded};

pub(crate) struct Generator(Seeded);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Seeded::new(seed))
    }

    /// The next expression. The kinds take turns, and so do the depths.
    pub(crate) fn next(&mut self, index: u64) -> String {
        let depth = u32::try_from(1 + index / 2 % 3).unwrap_or(1);
        match index % 10 {
            0 | 1 => self.sensible(depth),
            2 | 3 => self.expression(depth),
            4 | 5 => self.call(depth - 1),
            6 => self.pictured(),
            7 => self.search(),
            8 => self.tuples(depth),
            _ => self.broken(depth),
        }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn pick(&mut self, of: &[&str]) -> String {
        let index = self.below(of.len() as u64);
        of[usize::try_from(index).unwrap_or(0)].to_owned()
    }

    /// Up to `most` of what `part` makes, one behind the other.
    fn run(&mut self, most: u64, mut part: impl FnMut(&mut Self) -> String) -> String {
        (0..self.below(most + 1)).map(|_| part(self)).collect()
    }
}

/// A string literal with that text.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
