//! Task tokens: opaque to users, readable only by the deployment that signed them.

use crate::RunKey;
use crate::ports::WaitKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use model::{ExecutionArn, RunId, StrandId};
use sha2::Sha256;

/// Signs and reads task tokens. Nothing is stored: a token is its wait and a signature.
pub(crate) struct Tokens {
    key: Hmac<Sha256>,
}

impl Tokens {
    /// With this key.
    pub(crate) fn new(key: &[u8]) -> Self {
        // An HMAC takes keys of any length.
        let key = <Hmac<Sha256> as KeyInit>::new_from_slice(key);
        Self {
            key: key.unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::default())),
        }
    }

    /// The token of a wait.
    pub(crate) fn sign(&self, wait: &WaitKey) -> String {
        let WaitKey { run: RunKey { execution, run }, strand, since } = wait;
        let text = format!("{since} {strand} {run} {execution}");
        let mut mac = self.key.clone();
        mac.update(text.as_bytes());
        let mut bytes = mac.finalize().into_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The wait that a token names; none if it is no token of this deployment.
    pub(crate) fn read(&self, token: &str) -> Option<WaitKey> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, text) = bytes.split_at_checked(32)?;
        // Of what was written, not of what is read from it: `+7` is read as 7.
        let mut mac = self.key.clone();
        mac.update(text);
        mac.verify_slice(signature).ok()?;
        let mut parts = std::str::from_utf8(text).ok()?.splitn(4, ' ');
        let since = parts.next()?.parse().ok()?;
        let strand = StrandId::from_stored(parts.next()?);
        let run = RunId(parts.next()?.into());
        let execution: ExecutionArn = parts.next()?.parse().ok()?;
        Some(WaitKey { run: RunKey { execution, run }, strand, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait() -> Result<WaitKey, model::arn::Error> {
        let execution = "arn:aws:states:us-east-1:123456789012:execution:m:e".parse()?;
        let run = RunKey { execution, run: RunId("r1".into()) };
        Ok(WaitKey { run, strand: StrandId::root().child(3, 1), since: 7 })
    }

    #[test]
    fn a_token_reads_back_as_its_wait() -> Result<(), model::arn::Error> {
        let tokens = Tokens::new(b"a key of this deployment");
        assert_eq!(tokens.read(&tokens.sign(&wait()?)), Some(wait()?));
        Ok(())
    }

    #[test]
    fn a_token_with_any_bit_changed_cut_or_added_is_none() -> Result<(), model::arn::Error> {
        let tokens = Tokens::new(b"a key of this deployment");
        let token = tokens.sign(&wait()?);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap_or_default();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tokens.read(&URL_SAFE_NO_PAD.encode(changed)), None, "bit {bit}");
        }
        for end in 0..token.len() {
            assert_eq!(tokens.read(&token[..end]), None, "cut at {end}");
            assert_eq!(tokens.read(&token[end + 1..]), None, "cut to {end}");
        }
        for added in ["A", "=", "==", " ", "\n", "AAAA"] {
            assert_eq!(tokens.read(&format!("{token}{added}")), None, "{added:?} behind");
            assert_eq!(tokens.read(&format!("{added}{token}")), None, "{added:?} before");
        }
        Ok(())
    }

    #[test]
    fn what_is_read_like_a_token_is_none_unless_it_was_written_so() -> Result<(), model::arn::Error> {
        let tokens = Tokens::new(b"a key of this deployment");
        let bytes = URL_SAFE_NO_PAD.decode(tokens.sign(&wait()?)).unwrap_or_default();
        for since in ["+7", "07", "007"] {
            let text = String::from_utf8_lossy(&bytes[32..]).replacen('7', since, 1);
            let forged = [&bytes[..32], text.as_bytes()].concat();
            assert_eq!(tokens.read(&URL_SAFE_NO_PAD.encode(forged)), None, "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_token_of_another_deployment_or_a_changed_one_is_none() -> Result<(), model::arn::Error> {
        let tokens = Tokens::new(b"a key of this deployment");
        let token = Tokens::new(b"another key").sign(&wait()?);
        assert_eq!(tokens.read(&token), None);
        let mut changed = tokens.sign(&wait()?);
        changed.insert(50, 'A');
        assert_eq!(tokens.read(&changed), None);
        assert_eq!(tokens.read("not a token"), None);
        Ok(())
    }
}
