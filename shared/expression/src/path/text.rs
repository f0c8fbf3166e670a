//! A path as text, normalized: what error texts show.

use super::{Compiled, Step};

impl Compiled {
    /// The whole path.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.root, self.text_from(0))
    }

    /// The steps from `index` on.
    pub(super) fn text_from(&self, index: usize) -> String {
        self.steps.iter().skip(index).map(Step::text).collect()
    }

    /// Where the walk is before the step at `index`, when all before it lead to one place.
    pub(super) fn place(&self, index: usize) -> String {
        let mut place = self.root.to_string();
        for step in self.steps.iter().take(index) {
            match step {
                Step::Names(names, _) => {
                    for name in names {
                        place.extend(["['", name, "']"]);
                    }
                }
                // A function does not move.
                Step::Function(..) => {}
                Step::Indexes(_) | Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) => {
                    place.push_str(&step.text());
                }
            }
        }
        place
    }
}

impl Step {
    /// The step in brackets, with the quotes it was written with.
    pub(super) fn text(&self) -> String {
        let join = |parts: Vec<String>| format!("[{}]", parts.join(","));
        let bound = |bound: &Option<i32>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        match self {
            Self::Names(names, quote) => join(names.iter().map(|name| format!("{quote}{name}{quote}")).collect()),
            Self::Indexes(indexes) => join(indexes.iter().map(i32::to_string).collect()),
            Self::Slice(from, to) => format!("[{}:{}]", bound(from), bound(to)),
            Self::Wildcard => "[*]".to_owned(),
            Self::Scan => "..".to_owned(),
            Self::Filter(_) => "[?]".to_owned(),
            Self::Function(name, parameters) => {
                format!(".{name}({})", if parameters.is_empty() { "" } else { "..." })
            }
        }
    }
}
