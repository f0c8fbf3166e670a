//! Reads a path: the order of attempts, the blanks and the error texts are Jayway's.

use super::cursor::{Cursor, Fault, Read, invalid};
use super::{Compiled, Error, Parameter, Step, brackets, parse_filter, parse_function};

/// Most steps in one path, those of its filters and arguments included, and a comparison is one more. Evaluation
/// recurses once per step.
const MAX_STEPS: usize = 400;
/// Deepest nesting of filters and arguments.
const MAX_NESTING: usize = 20;

/// What the parts of one path may still use.
pub(super) struct Limits {
    steps: usize,
    nesting: usize,
}

impl Limits {
    /// Counts one step.
    pub(super) fn step(&mut self) -> Read<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Fault::Limit(Error::TooLarge { limit: MAX_STEPS, of: "steps" }));
        }
        Ok(())
    }

    /// Goes one level deeper; each success is followed by one [`Limits::leave`].
    pub(super) fn enter(&mut self) -> Read<()> {
        if self.nesting == MAX_NESTING {
            return Err(Fault::Limit(Error::TooLarge { limit: MAX_NESTING, of: "levels of nesting" }));
        }
        self.nesting += 1;
        Ok(())
    }

    /// Comes back from one level.
    pub(super) fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.enter()?;
        let result = inner(self);
        self.leave();
        result
    }
}

/// Reads a whole path.
pub(super) fn compile(text: &str) -> Result<Compiled, Error> {
    if text.is_empty() {
        return Err(Error::Syntax("json can not be null or empty".to_owned()));
    }
    let characters: Vec<char> = text.chars().collect();
    let mut limits = Limits { steps: 0, nesting: 0 };
    compile_within(&characters, &mut limits).map_err(|fault| match fault {
        Fault::Invalid(text) | Fault::Java(text) => Error::Syntax(text),
        Fault::Limit(error) => error,
    })
}

/// Reads a path inside another one.
pub(super) fn compile_within(text: &[char], limits: &mut Limits) -> Read<Compiled> {
    let prefixed: Vec<char>;
    let mut cursor = Cursor::new(text);
    cursor.trim();
    if !matches!(cursor.current()?, '$' | '@') {
        prefixed = ['$', '.'].into_iter().chain(text.iter().copied()).collect();
        cursor = Cursor::new(&prefixed);
        cursor.trim();
    }
    if cursor.last_is('.') {
        return invalid("Path must not end with a '.' or '..'");
    }
    limits.nested(|limits| read_path(&mut cursor, limits)).map_err(|fault| match fault {
        Fault::Java(text) => Fault::Invalid(text),
        other => other,
    })
}

/// Reads from the `$` or `@` on, without trimming: the way of function arguments.
pub(super) fn read_path(cursor: &mut Cursor<'_>, limits: &mut Limits) -> Read<Compiled> {
    while cursor.in_bounds(cursor.position) && matches!(cursor.current()?, ' ' | '\t' | '\r' | '\n') {
        cursor.position += 1;
    }
    let root = cursor.current()?;
    if !matches!(root, '$' | '@') {
        return invalid("Path must start with '$' or '@'");
    }
    let mut steps = Vec::new();
    if !cursor.is_tail() {
        cursor.position += 1;
        if !matches!(cursor.current()?, '.' | '[') {
            return invalid(format!("Illegal character at position {} expected '.' or '['", cursor.position));
        }
        loop {
            let more = read_step(cursor, &mut steps, limits)?;
            if !more && cursor.is_tail() {
                break;
            }
        }
    }
    Ok(function_of_scan(root, steps))
}

/// `$..a.length()` is `length($..a)` to Jayway: the function gets the list, not each value.
fn function_of_scan(root: char, mut steps: Vec<Step>) -> Compiled {
    let ends_in_function = matches!(steps.last(), Some(Step::Function(..)));
    if ends_in_function && matches!(steps.first(), Some(Step::Scan)) {
        let function = steps.iter().position(|step| matches!(step, Step::Function(..))).unwrap_or(0);
        let mut outer = steps.split_off(function);
        if let Some(Step::Function(_, parameters)) = outer.first_mut() {
            *parameters = vec![Parameter::Path(Compiled::new(root, steps))];
        }
        return Compiled::new('$', outer);
    }
    Compiled::new(root, steps)
}

/// Reads one step; `true` when another one must follow, as after a dot.
fn read_step(cursor: &mut Cursor<'_>, steps: &mut Vec<Step>, limits: &mut Limits) -> Read<bool> {
    // A dot alone is no step.
    if !cursor.current_is('.')? || cursor.next_is('.') {
        limits.step()?;
    }
    let start = cursor.position;
    match cursor.current()? {
        '[' => {
            let mut step = brackets::read_names(cursor)?;
            if step.is_none() {
                step = brackets::read_array(cursor)?;
            }
            if step.is_none() {
                step = brackets::read_wildcard(cursor)?;
            }
            if step.is_none() {
                step = read_filter(cursor, limits)?;
            }
            let Some(step) = step else {
                refuse_placeholder(cursor)?;
                return invalid(format!("Could not parse token starting at position {start}. Expected ?, ', 0-9, * "));
            };
            steps.push(step);
        }
        '.' => {
            if cursor.next_is('.') {
                steps.push(Step::Scan);
                cursor.position += 2;
            } else if cursor.in_bounds(cursor.position + 1) {
                cursor.position += 1;
            } else {
                return invalid("Path must not end with a '.");
            }
            if cursor.current_is('.')? {
                return invalid(format!("Character '.' on position {} is not valid.", cursor.position));
            }
            return Ok(true);
        }
        '*' => match brackets::read_wildcard(cursor)? {
            Some(step) => steps.push(step),
            None => {
                return invalid(format!("Could not parse token starting at position {start}"));
            }
        },
        ' ' => {
            return invalid(format!("Could not parse token starting at position {start}"));
        }
        _ => steps.push(parse_function::read(cursor, limits)?),
    }
    Ok(false)
}

/// `[?(...)]`
fn read_filter(cursor: &mut Cursor<'_>, limits: &mut Limits) -> Read<Option<Step>> {
    let start = cursor.position;
    let Some(question) = cursor.find_significant(start, '?')? else {
        return Ok(None);
    };
    let Some(open) = cursor.find_significant(question, '(')? else {
        return Ok(None);
    };
    let Some(close) = cursor.find_closing(open, '(', ')', true)? else {
        return Ok(None);
    };
    if !cursor.significant_is(close, ']') {
        return Ok(None);
    }
    let Some(end) = cursor.find_significant(close, ']')? else {
        return Ok(None);
    };
    let filter = limits.nested(|limits| parse_filter::compile(cursor.slice(start, end + 1), limits))?;
    cursor.position = end + 1;
    Ok(Some(Step::Filter(Box::new(filter))))
}

/// `[?]` stands for a filter given by a Java program: there is none here.
fn refuse_placeholder(cursor: &Cursor<'_>) -> Read<()> {
    let Some(question) = cursor.find_significant(cursor.position, '?')? else {
        return Ok(());
    };
    if !matches!(cursor.next_significant(question), ']' | ',') {
        return Ok(());
    }
    let start = cursor.position;
    match cursor.find(start + 1, ']') {
        None => Ok(()),
        Some(end) => {
            let expression = cursor.text(start + 1, end);
            invalid(format!("Not enough predicates supplied for filter [{expression}] at position {start}"))
        }
    }
}
