//! Paging tokens: opaque, and good for the list that made them alone.

use crate::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// What a token holds.
#[derive(Debug, Serialize, Deserialize)]
struct Token {
    /// The operation.
    operation: String,
    /// A hash of what the list is of.
    list: String,
    /// What the store continues from.
    after: String,
}

/// A list: an operation, and the parameters that decide what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    /// The operation.
    pub(crate) operation: &'a str,
    /// What it is a list of.
    pub(crate) of: &'a [&'a str],
}

impl List<'_> {
    /// The token that a store's own becomes.
    pub(crate) fn token(&self, after: Option<String>) -> Option<String> {
        let token = Token { operation: self.operation.to_owned(), list: self.hash(), after: after? };
        let json = serde_json::to_vec(&token).ok()?;
        Some(URL_SAFE_NO_PAD.encode(json))
    }

    /// The store's own token in a caller's.
    pub(crate) fn after(&self, token: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(token) = token else { return Ok(None) };
        let json = URL_SAFE_NO_PAD.decode(token).map_err(|_| Refusal::invalid_token())?;
        let token: Token = serde_json::from_slice(&json).map_err(|_| Refusal::invalid_token())?;
        if token.operation != self.operation || token.list != self.hash() {
            return Err(Refusal::invalid_token());
        }
        Ok(Some(token.after))
    }

    /// FNV-1a: the same in every process and version.
    fn hash(&self) -> String {
        let parts = self.of.iter().flat_map(|part| part.bytes().chain([0xff]));
        let hash =
            parts.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: List<'_> = List { operation: "ListExecutions", of: &["machine", "RUNNING"] };

    #[test]
    fn a_token_comes_back_as_it_was() {
        let token = LIST.token(Some("é/1".into()));
        assert_eq!(LIST.after(token.as_deref()), Ok(Some("é/1".to_owned())));
        assert_eq!(LIST.after(None), Ok(None));
        assert_eq!(LIST.token(None), None);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = LIST.token(Some("1".into()));
        let others = [
            List { operation: "ListExecutions", of: &["machine", "FAILED"] },
            List { operation: "ListExecutions", of: &["machineR", "UNNING"] },
            List { operation: "ListActivities", of: &["machine", "RUNNING"] },
        ];
        for other in others {
            let message = other.after(token.as_deref()).err().map(|refusal| refusal.message);
            assert_eq!(message.as_deref(), Some("Invalid Token: 'Invalid token'"), "{other:?}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for token in ["InvalidToken", "", "e30", "%%%", "é"] {
            assert_eq!(LIST.after(Some(token)).err().map(|refusal| refusal.code), Some("InvalidToken"), "{token}");
        }
    }
}
