//! What an expression refers to, found in its tree. [`walk`] does the finding.

mod walk;

use crate::ast::Expr;
use std::fmt;

/// What an expression takes from outside of itself.
///
/// ```
/// use ratchet_jsonata::Expression;
///
/// let text = "($tax := 0.2; $map($states.input.prices, function($p) { $p * (1 + $tax) * $rate }))";
/// let references = Expression::parse(text).unwrap().references();
/// assert_eq!(references.variables().collect::<Vec<_>>(), ["rate", "states"]);
/// assert_eq!(references.document().count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    variables: Few<String>,
    names: Few<String>,
    members: Few<(String, String)>,
    whole: Few<String>,
    document: Few<DocumentReference>,
}

/// Kept for as long as the expression, so that there is no room to spare in it. All but the document's are in order.
type Few<T> = Box<[T]>;

/// What an expression takes from the document that it is evaluated over. It prints as it is written.
///
/// ```
/// use ratchet_jsonata::{DocumentReference, Expression};
///
/// let references = Expression::parse("phone.number & $.name").unwrap().references();
/// let document: Vec<_> = references.document().cloned().collect();
/// assert_eq!(document, [DocumentReference::Field("phone".to_owned()), DocumentReference::Context]);
/// assert_eq!(document[1].to_string(), "$");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DocumentReference {
    /// A member of the document, by its name.
    Field(String),
    /// `$`, where it is the document itself.
    Context,
    /// `$$`, wherever it is.
    Root,
}

impl fmt::Display for DocumentReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Field(name) => name,
            Self::Context => "$",
            Self::Root => "$$",
        })
    }
}

impl References {
    pub(crate) fn of(root: &Expr) -> Self {
        walk::walk(root)
    }

    /// Names of the variables that must come from outside, without the dollar sign, in alphabetical order. Neither native
    /// functions count, nor what the expression binds by itself before it is used.
    ///
    /// ```
    /// let references = ratchet_jsonata::Expression::parse("($a := 1; $sum($b) + $a.x)").unwrap().references();
    /// assert_eq!(references.variables().collect::<Vec<_>>(), ["b"]);
    /// ```
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// All names that occur as variables, in alphabetical order: those of native functions too, which a variable of the
    /// same name hides, and those that the expression binds, perhaps not before it uses them. Whoever brings the
    /// variables of these names brings all that an evaluation can ask for.
    ///
    /// ```
    /// let references = ratchet_jsonata::Expression::parse("($c ? $a := 1; $sum($a))").unwrap().references();
    /// assert_eq!(references.names().collect::<Vec<_>>(), ["a", "c", "sum"]);
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether the member of a variable is named, as in `$states.errorOutput`.
    ///
    /// ```
    /// let references = ratchet_jsonata::Expression::parse("$states.result.value").unwrap().references();
    /// assert!(references.uses_member("states", "result"));
    /// assert!(!references.uses_member("states", "errorOutput"));
    /// ```
    pub fn uses_member(&self, variable: &str, member: &str) -> bool {
        let order = |(name, of_name): &(String, String)| (name.as_str(), of_name.as_str()).cmp(&(variable, member));
        self.members.binary_search_by(order).is_ok()
    }

    /// The members of a variable that are named, in alphabetical order.
    ///
    /// ```
    /// let references = ratchet_jsonata::Expression::parse("$states.result.value + $states.input.tax").unwrap().references();
    /// assert_eq!(references.members("states").collect::<Vec<_>>(), ["input", "result"]);
    /// ```
    pub fn members(&self, variable: &str) -> impl Iterator<Item = &str> {
        let of_variable = self.members.iter().filter(move |(name, _)| name == variable);
        of_variable.map(|(_, member)| member.as_str())
    }

    /// Whether a variable is used otherwise than for a member that is named, as in `$string($states)`.
    ///
    /// ```
    /// let uses_whole = |text| ratchet_jsonata::Expression::parse(text).unwrap().references().uses_whole("states");
    /// assert!(uses_whole("$states.input & $string($states)"));
    /// assert!(uses_whole("$states[0].input"));
    /// assert!(!uses_whole("$states.input"));
    /// ```
    pub fn uses_whole(&self, variable: &str) -> bool {
        self.whole.binary_search_by(|name| name.as_str().cmp(variable)).is_ok()
    }

    /// What is taken from the document itself: each once, in the order in which they are first written. Wildcards do not
    /// count, since they take nothing by name.
    ///
    /// ```
    /// let references = ratchet_jsonata::Expression::parse("phone & $x.number & items[price > 1]").unwrap().references();
    /// let document: Vec<_> = references.document().map(ToString::to_string).collect();
    /// assert_eq!(document, ["phone", "items"]);
    /// ```
    pub fn document(&self) -> impl Iterator<Item = &DocumentReference> {
        self.document.iter()
    }
}
