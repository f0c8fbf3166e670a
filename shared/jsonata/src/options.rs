//! What the caller brings to an evaluation: bounds, dialect, time, randomness and variables.

use crate::limits::Limits;
use serde_json::Value;

/// Which functions there are, and what becomes of numbers that JSON cannot hold.
///
/// ```
/// use ratchet_jsonata::{Dialect, Expression, Options};
///
/// let expression = Expression::parse("1 / 0").unwrap();
/// let input = serde_json::Value::Null;
/// let aws = Options { dialect: Dialect::Aws, ..Options::default() };
/// assert_eq!(expression.evaluate_with(&input, aws).unwrap().into_json(), Some("Infinity".into()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// As `jsonata@2.0.6` has it.
    #[default]
    Reference,
    /// As AWS Step Functions has it: with `$partition`, `$range`, `$hash`, `$random(seed)`, `$uuid` and `$parse`, and
    /// without `$eval`.
    Aws,
}

/// Where `$random`, `$shuffle` and `$uuid` take their randomness from: the caller, who can then replay an evaluation.
///
/// ```
/// use ratchet_jsonata::{Expression, Options, Random};
///
/// /// Chance that always takes the middle.
/// struct Middle;
///
/// impl Random for Middle {
///     fn next_u64(&mut self) -> u64 {
///         1 << 63
///     }
/// }
///
/// let options = Options { random: Some(&mut Middle), ..Options::default() };
/// let outcome = Expression::parse("$random()").unwrap().evaluate_with(&serde_json::Value::Null, options).unwrap();
/// assert_eq!(outcome.into_json(), Some(0.5.into()));
/// ```
pub trait Random {
    /// 64 random bits.
    ///
    /// ```
    /// use ratchet_jsonata::{Random, Seeded};
    ///
    /// let mut random = Seeded::new(7);
    /// assert_ne!(random.next_u64(), random.next_u64());
    /// ```
    fn next_u64(&mut self) -> u64;
}

/// Randomness that a seed determines.
///
/// ```
/// use ratchet_jsonata::{Random, Seeded};
///
/// assert_eq!(Seeded::new(7).next_u64(), Seeded::new(7).next_u64());
/// assert_ne!(Seeded::new(7).next_u64(), Seeded::new(8).next_u64());
/// ```
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of that seed.
    ///
    /// ```
    /// let random = ratchet_jsonata::Seeded::new(1);
    /// ```
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Random for Seeded {
    /// SplitMix64.
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// A variable of the caller's. No value is copied.
///
/// ```
/// use ratchet_jsonata::{Expression, Options, Variable};
/// use serde_json::json;
///
/// let (input, name) = (json!({"order": 7}), json!("shop"));
/// let context = vec![("name", Variable::Json(&name))];
/// let states = vec![("input", Variable::Json(&input)), ("context", Variable::Object(context))];
/// let variables = [("states", Variable::Object(states))];
/// let expression = Expression::parse("$states.context.name & ' ' & $states.input.order").unwrap();
/// let options = Options { variables: &variables, ..Options::default() };
/// let outcome = expression.evaluate_with(&json!(null), options).unwrap();
/// assert_eq!(outcome.into_json(), Some(json!("shop 7")));
/// ```
#[derive(Clone, Debug)]
pub enum Variable<'a> {
    /// A JSON value.
    Json(&'a Value),
    /// An object of values that lie in different places. Each name occurs once.
    Object(Vec<(&'a str, Variable<'a>)>),
}

/// How to evaluate.
///
/// ```
/// use ratchet_jsonata::{Expression, Options};
///
/// let expression = Expression::parse("$now()").unwrap();
/// let options = Options { now: 1_700_000_000_000, ..Options::default() };
/// let outcome = expression.evaluate_with(&serde_json::Value::Null, options).unwrap();
/// assert_eq!(outcome.into_json(), Some("2023-11-14T22:13:20.000Z".into()));
/// ```
#[derive(Default)]
pub struct Options<'a> {
    /// What may be spent.
    pub limits: Limits,
    /// Which functions there are.
    pub dialect: Dialect,
    /// The time that `$now` and `$millis` give, in milliseconds since the start of 1970.
    pub now: i64,
    /// Variables by name, without the dollar sign.
    pub variables: &'a [(&'a str, Variable<'a>)],
    /// Randomness. Without it, the functions that need it fail.
    pub random: Option<&'a mut dyn Random>,
}

pub(crate) struct Sources<'a> {
    pub(crate) now: i64,
    pub(crate) random: Option<&'a mut dyn Random>,
}
