//! Page tokens: where a list goes on, opaque to callers.

use crate::error::unreadable;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use orchestrator::ports::Error;

/// Which list a token belongs to; another list's token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Executions of one machine.
    Executions,
    /// Executions of all machines.
    AllExecutions,
    Machines,
    Activities,
    /// Versions of one machine.
    Versions,
    /// Aliases of one machine.
    Aliases,
}

impl List {
    const fn mark(self) -> u8 {
        match self {
            Self::Executions => b'x',
            Self::AllExecutions => b'w',
            Self::Machines => b'm',
            Self::Activities => b'a',
            Self::Versions => b'v',
            Self::Aliases => b'l',
        }
    }
}

/// The token that leads back to this place.
pub(crate) fn token(list: List, place: &str) -> String {
    let mut bytes = vec![list.mark()];
    bytes.extend_from_slice(place.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that the token names, as `read` understands it; none: the list's start.
pub(crate) fn place<P>(
    list: List,
    token: Option<&str>,
    read: impl FnOnce(&str) -> Option<P>,
) -> Result<Option<P>, Error> {
    let Some(token) = token else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    let place = match bytes.split_first() {
        Some((mark, place)) if *mark == list.mark() => std::str::from_utf8(place).ok().and_then(read),
        Some(_) | None => None,
    };
    let refused = || unreadable(format!("page token {token:?}"), "this list did not give it out");
    place.map(Some).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: List, given: &str) -> Option<String> {
        place(list, Some(given), |place| Some(place.to_owned())).ok().flatten()
    }

    #[test]
    fn a_token_leads_back_to_its_place_in_its_list_alone() {
        let given = token(List::Machines, "ünï");
        assert_eq!(read(List::Machines, &given).as_deref(), Some("ünï"));
        for other in [List::Executions, List::AllExecutions, List::Activities, List::Versions, List::Aliases] {
            assert_eq!(read(other, &given), None);
        }
    }

    #[test]
    fn what_is_no_token_is_unreadable() {
        for token in ["", "x", "not a token", "AAAA", "ééé", &"A".repeat(1024)] {
            let error = place(List::Machines, Some(token), |place| Some(place.to_owned())).err();
            assert!(error.is_some_and(|error| error.to_string().starts_with("page token")), "{token}");
        }
    }
}
