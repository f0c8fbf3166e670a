//! Reads `[?(...)]`: logical operators, comparisons and their operands.

use super::cursor::{Cursor, Fault, Read, invalid, unescape};
use super::filter::{Comparison, Filter, Operator, Side};
use super::operand::{Literal, Pattern, is_decimal};
use super::parse::{Limits, compile_within};
use super::permissive;

/// Reads a filter with its brackets.
pub(super) fn compile(text: &[char], limits: &mut Limits) -> Read<Filter> {
    let whole: String = text.iter().collect();
    let mut cursor = Cursor::new(text);
    cursor.trim();
    cursor.position += 1;
    cursor.drop_last();
    cursor.trim();
    cursor.position += 1;
    cursor.trim();
    if !cursor.current_is('(')? || !cursor.last_is(')') {
        return invalid(format!("Filter must start with '[?(' and end with ')]'. {whole}"));
    }
    let mut reader = Reader { cursor, limits };
    match reader.whole() {
        Err(Fault::Java(_)) => {
            let character = reader.cursor.current()?;
            let position = reader.cursor.position;
            invalid(format!("Failed to parse filter: {whole}, error on position: {position}, char: {character}"))
        }
        other => other,
    }
}

struct Reader<'t, 'l> {
    cursor: Cursor<'t>,
    limits: &'l mut Limits,
}

impl Reader<'_, '_> {
    fn whole(&mut self) -> Read<Filter> {
        let filter = self.any_of()?;
        self.cursor.skip_blanks();
        if self.cursor.in_bounds(self.cursor.position) {
            let rest = self.cursor.text(self.cursor.position, self.cursor.end());
            return invalid(format!("Expected end of filter expression instead of: {rest}"));
        }
        Ok(filter)
    }

    /// `a || b`
    fn any_of(&mut self) -> Read<Filter> {
        let mut operands = vec![self.all_of()?];
        loop {
            let position = self.cursor.position;
            if !self.cursor.take_sequence(&['|', '|']) {
                self.cursor.position = position;
                break;
            }
            operands.push(self.all_of()?);
        }
        Ok(if operands.len() == 1 { operands.remove(0) } else { Filter::Any(operands) })
    }

    /// `a && b`
    fn all_of(&mut self) -> Read<Filter> {
        let mut operands = vec![self.term()?];
        loop {
            let position = self.cursor.position;
            if !self.cursor.take_sequence(&['&', '&']) {
                self.cursor.position = position;
                break;
            }
            operands.push(self.term()?);
        }
        Ok(if operands.len() == 1 { operands.remove(0) } else { Filter::All(operands) })
    }

    /// `!a`, `(a)`, or a comparison. `!@.a` is a comparison: that the path leads nowhere.
    fn term(&mut self) -> Read<Filter> {
        self.cursor.skip_blanks();
        let start = self.cursor.position;
        if self.cursor.current_is('!')? {
            self.cursor.take('!')?;
            self.cursor.skip_blanks();
            if matches!(self.cursor.current()?, '$' | '@') {
                self.cursor.position = start;
            } else {
                let negated = self.nested(Self::term)?;
                return Ok(Filter::Not(Box::new(negated)));
            }
        }
        self.cursor.skip_blanks();
        if self.cursor.current_is('(')? {
            self.cursor.take('(')?;
            let inner = self.nested(Self::any_of)?;
            self.cursor.take(')')?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Read<Filter>) -> Read<Filter> {
        self.limits.enter()?;
        let result = inner(self);
        self.limits.leave();
        result
    }

    fn comparison(&mut self) -> Read<Filter> {
        // A side need not have a step: `1 == 1`, `@`.
        self.limits.step()?;
        let (left, should_exist) = self.side()?;
        let start = self.cursor.position;
        match self.operator_and_right() {
            Ok((operator, right)) => {
                return Ok(Filter::Compare(Box::new(Comparison { left, operator, right })));
            }
            Err(Fault::Invalid(_)) => self.cursor.position = start,
            Err(other) => return Err(other),
        }
        match left {
            Side::Path(path) => Ok(Filter::Exists { path, should_exist }),
            Side::Literal(_) => invalid("Expected path node"),
        }
    }

    fn operator_and_right(&mut self) -> Read<(Operator, Side)> {
        let operator = self.operator()?;
        let (right, _) = self.side()?;
        Ok((operator, right))
    }

    fn operator(&mut self) -> Read<Operator> {
        self.cursor.skip_blanks();
        let start = self.cursor.position;
        let symbolic = is_symbol(self.cursor.current()?);
        while self.cursor.in_bounds(self.cursor.position) {
            let character = self.cursor.current()?;
            if if symbolic { !is_symbol(character) } else { character == ' ' } {
                break;
            }
            self.cursor.position += 1;
        }
        let text = self.cursor.text(start, self.cursor.position);
        match Operator::parse(&text) {
            Some(operator) => Ok(operator),
            None => invalid(format!("Filter operator {text} is not supported!")),
        }
    }

    /// One side of a comparison, and whether a path stands without a `!`.
    fn side(&mut self) -> Read<(Side, bool)> {
        self.cursor.skip_blanks();
        match self.cursor.current()? {
            '$' | '@' => self.path(),
            '!' => {
                self.cursor.position += 1;
                self.cursor.skip_blanks();
                match self.cursor.current()? {
                    '$' | '@' => self.path(),
                    _ => invalid("Unexpected character: !"),
                }
            }
            _ => Ok((Side::Literal(self.literal()?), true)),
        }
    }

    fn path(&mut self) -> Read<(Side, bool)> {
        let negated = self.cursor.previous_significant().map(|index| self.cursor.at(index)).transpose()? == Some('!');
        let start = self.cursor.position;
        self.cursor.position += 1;
        while self.cursor.in_bounds(self.cursor.position) {
            if self.cursor.current_is('[')? {
                match self.cursor.find_closing(self.cursor.position, '[', ']', false)? {
                    Some(close) => self.cursor.position = close + 1,
                    None => {
                        return invalid(format!("Square brackets does not match in filter {}", self.cursor.whole()));
                    }
                }
            }
            let character = self.cursor.current()?;
            let closes_logic = character == ')' && !self.closes_function(start)?;
            if !self.cursor.in_bounds(self.cursor.position) || is_symbol(character) || character == ' ' || closes_logic
            {
                break;
            }
            self.cursor.position += 1;
        }
        let text = self.cursor.slice(start, self.cursor.position);
        Ok((Side::Path(compile_within(text, self.limits)?), !negated))
    }

    /// Whether the `)` here ends a function call without arguments of the path that began at `start`.
    fn closes_function(&self, start: usize) -> Read<bool> {
        let Some(open) = self.cursor.previous_significant() else {
            return Ok(false);
        };
        if self.cursor.at(open)? != '(' {
            return Ok(false);
        }
        Ok(self.cursor.slice(start + 1, open).contains(&'.'))
    }

    fn literal(&mut self) -> Read<Literal> {
        match self.cursor.current()? {
            quote @ ('\'' | '"') => self.string(quote),
            't' => self.word("true", Literal::Boolean(true)),
            'f' => self.word("false", Literal::Boolean(false)),
            'n' => {
                let matched = self.cursor.text(self.cursor.position, self.cursor.position + 4) == "null";
                if matched && self.cursor.in_bounds(self.cursor.position + 3) {
                    self.cursor.position += 4;
                    Ok(Literal::Null)
                } else {
                    invalid("Expected <null> value")
                }
            }
            '{' => self.json('{', '}'),
            '[' => self.json('[', ']'),
            '/' => self.pattern(),
            _ => self.number(),
        }
    }

    fn string(&mut self, quote: char) -> Read<Literal> {
        let start = self.cursor.position;
        let Some(end) = self.cursor.find_unescaped(start, quote) else {
            let whole = self.cursor.whole();
            return invalid(format!("String literal does not have matching quotes. Expected {quote} in {whole}"));
        };
        self.cursor.position = end + 1;
        unescape(self.cursor.slice(start + 1, end)).map(Literal::String)
    }

    fn word(&mut self, word: &str, literal: Literal) -> Read<Literal> {
        let end = self.cursor.position + word.len();
        if !self.cursor.in_bounds(end - 1) || self.cursor.text(self.cursor.position, end) != word {
            return invalid("Expected boolean literal");
        }
        self.cursor.position = end;
        Ok(literal)
    }

    fn json(&mut self, open: char, close: char) -> Read<Literal> {
        let start = self.cursor.position;
        let Some(end) = self.cursor.find_closing(start, open, close, false)? else {
            return invalid(format!("String not closed. Expected ' in {}", self.cursor.whole()));
        };
        self.cursor.position = end + 1;
        let text = self.cursor.slice(start, end + 1);
        Ok(Literal::Json { text: text.iter().collect(), value: permissive::parse(text) })
    }

    fn pattern(&mut self) -> Read<Literal> {
        let start = self.cursor.position;
        let Some(end) = self.cursor.find_unescaped(start, '/') else {
            return invalid(format!("Pattern not closed. Expected / in {}", self.cursor.whole()));
        };
        let mut flags = end + 1;
        while self.cursor.in_bounds(flags) && "dixmsuU".contains(self.cursor.at(flags)?) {
            flags += 1;
        }
        self.cursor.position = flags;
        let (text, flags) = (self.cursor.text(start + 1, end), self.cursor.text(end + 1, flags));
        Pattern::new(&text, &flags).map(Literal::Pattern)
    }

    fn number(&mut self) -> Read<Literal> {
        let start = self.cursor.position;
        while self.cursor.in_bounds(self.cursor.position)
            && matches!(self.cursor.current()?, '0'..='9' | '-' | '.' | 'e' | 'E')
        {
            self.cursor.position += 1;
        }
        let text = self.cursor.text(start, self.cursor.position);
        if is_decimal(&text) {
            Ok(Literal::Number(text))
        } else {
            Err(Fault::Java("java.lang.NumberFormatException".to_owned()))
        }
    }
}

fn is_symbol(character: char) -> bool {
    matches!(character, '<' | '>' | '=' | '~' | '!')
}
