//! Strings: borrowed from the input or the expression, or made and shared.

use crate::error::Error;
use crate::meter::{Charge, Meter, TEXT};
use std::ops::Deref;
use std::rc::Rc;

#[derive(Clone)]
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Owned(Rc<Owned<'a>>),
}

pub(crate) struct Owned<'a> {
    text: String,
    _charge: Charge<'a>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(text: String, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        meter.scan(text.len())?;
        let charge = meter.charge(text.len() + TEXT)?;
        Ok(Self::Owned(Rc::new(Owned { text, _charge: charge })))
    }

    /// A part of this text.
    pub(crate) fn slice(&self, start: usize, end: usize, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        match self {
            Self::Borrowed(text) => Ok(Self::Borrowed(text.get(start..end).unwrap_or_default())),
            Self::Owned(_) if start == 0 && end == self.len() => Ok(self.clone()),
            Self::Owned(owned) => {
                meter.require(end.saturating_sub(start))?;
                Self::new(owned.text.get(start..end).unwrap_or_default().to_owned(), meter)
            }
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(owned) => &owned.text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl std::hash::Hash for Text<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::borrow::Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}
