//! Dates, times and whole numbers by pictures, as XPath defines them and as the reference reads that.

mod calendar;
mod format;
mod integer;
mod iso;
mod parse;
mod picture;
mod read;
mod words;

pub(crate) use calendar::Date;
pub(crate) use format::format;
pub(crate) use integer::{IntegerPicture, format_integer};
pub(crate) use iso::parse_iso;
pub(crate) use parse::parse;
pub(crate) use read::read_integer;
