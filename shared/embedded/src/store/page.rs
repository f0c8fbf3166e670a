//! Page tokens: where a list goes on, opaque to callers.

use super::error::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use orchestrator::ports::Page;

/// Which list a token belongs to; another list's token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Executions,
    Machines,
    Activities,
    Versions,
    Aliases,
}

impl List {
    const fn mark(self) -> u8 {
        match self {
            Self::Executions => b'x',
            Self::Machines => b'm',
            Self::Activities => b'a',
            Self::Versions => b'v',
            Self::Aliases => b'l',
        }
    }
}

/// A place in the list of executions: by time, newest first, then by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) time: i64,
    pub(super) row: i64,
}

impl Position {
    /// Before the newest.
    const START: Self = Self { time: i64::MAX, row: i64::MAX };

    /// The place that the token names; none: the list's start.
    pub(super) fn after(list: List, token: Option<&str>) -> Result<Self, Failure> {
        token.map_or(Ok(Self::START), |token| decode(list, token, Self::read))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (time, row) = bytes.split_first_chunk()?;
        Some(Self { time: i64::from_be_bytes(*time), row: i64::from_be_bytes(row.try_into().ok()?) })
    }
}

impl From<Position> for Vec<u8> {
    fn from(position: Position) -> Self {
        [position.time.to_be_bytes(), position.row.to_be_bytes()].concat()
    }
}

/// The text that a list in the order of texts goes on after; without a token the empty text, which is before them all.
pub(super) fn text_after(list: List, token: Option<&str>) -> Result<String, Failure> {
    let read = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    token.map_or(Ok(String::new()), |token| decode(list, token, read))
}

/// The number that a list from the highest number down goes on below; without a token above them all.
pub(super) fn number_below(list: List, token: Option<&str>) -> Result<i64, Failure> {
    let read = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<u32>().ok();
    token.map_or(Ok(i64::MAX), |token| decode(list, token, read).map(i64::from))
}

fn encode(list: List, place: impl Into<Vec<u8>>) -> String {
    let mut bytes = vec![list.mark()];
    bytes.extend(place.into());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode<P>(list: List, token: &str, read: impl FnOnce(&[u8]) -> Option<P>) -> Result<P, Failure> {
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    let place = match bytes.split_first() {
        Some((mark, place)) if *mark == list.mark() => read(place),
        Some(_) | None => None,
    };
    place.ok_or_else(|| Failure::unreadable(format!("page token {token:?}"), "this list did not give it out"))
}

/// How many rows to ask for: one more than fit, to see whether there are more.
pub(super) fn rows_for(limit: u32) -> i64 {
    i64::from(limit.max(1)) + 1
}

/// Makes a page of the rows found, each after its place in the list. There may be one too many.
pub(super) fn page<P: Into<Vec<u8>>, T>(list: List, limit: u32, mut rows: Vec<(P, T)>) -> Page<T> {
    let limit = limit.max(1) as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut last = None;
    let items = rows.into_iter().map(|(place, item)| {
        last = Some(place);
        item
    });
    let items = items.collect();
    Page { items, next: last.filter(|_| more).map(|place| encode(list, place)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_in_its_list_alone() {
        let place = Position { time: 1_700_000_000_000_000, row: 42 };
        let token = encode(List::Executions, place);
        assert_eq!(Position::after(List::Executions, Some(&token)).ok(), Some(place));
        assert!(text_after(List::Machines, Some(&token)).is_err());
        let token = encode(List::Machines, "ünï".to_owned());
        assert_eq!(text_after(List::Machines, Some(&token)).ok().as_deref(), Some("ünï"));
        assert!(text_after(List::Activities, Some(&token)).is_err());
        let token = encode(List::Versions, "12".to_owned());
        assert_eq!(number_below(List::Versions, Some(&token)).ok(), Some(12));
        assert!(number_below(List::Aliases, Some(&token)).is_err());
    }

    #[test]
    fn a_page_that_holds_all_rows_is_the_last_one() {
        let rows = vec![("a".to_owned(), 1), ("b".to_owned(), 2)];
        assert_eq!(page(List::Machines, 2, rows.clone()).next, None);
        let first = page(List::Machines, 1, rows);
        assert_eq!((first.items, first.next), (vec![1], Some(encode(List::Machines, "a".to_owned()))));
    }

    #[test]
    fn what_is_no_token_is_unreadable() {
        for token in ["", "x", "not a token", "AAAA", "ééé", &"A".repeat(1024)] {
            let errors = [
                Position::after(List::Executions, Some(token)).err(),
                text_after(List::Machines, Some(token)).err(),
                number_below(List::Versions, Some(token)).err(),
            ];
            for error in errors {
                assert!(error.is_some_and(|error| error.to_string().contains("page token")), "{token}");
            }
        }
    }
}
