//! Regular expressions as JavaScript has them, matched by backtracking that is counted.
//!
//! Of its own, because no engine at hand has JavaScript's rules together with a bound: groups that are reset by each
//! repetition, references to groups not set, lookbehind that matches backwards, the leniency of old syntax. Characters
//! are Unicode's, where JavaScript has UTF-16 units.

mod class;
mod compile;
mod escape;
mod matcher;
mod parse;
mod syntax;

use compile::Program;

#[derive(Debug)]
pub(crate) struct Regex {
    source: String,
    program: Program,
}

/// One match: the whole, then the groups; in bytes.
pub(crate) type Captures = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Compiles `source`. Flags are any of `i` and `m`. An error is JavaScript's words for it.
    pub(crate) fn parse(source: &str, flags: &str) -> Result<Self, &'static str> {
        let flags = Flags { ignores_case: flags.contains('i'), is_multiline: flags.contains('m') };
        let pattern = parse::parse(source)?;
        Ok(Self { source: source.to_owned(), program: compile::compile(&pattern, flags)? })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

#[derive(Clone, Copy, Debug)]
struct Flags {
    ignores_case: bool,
    is_multiline: bool,
}
