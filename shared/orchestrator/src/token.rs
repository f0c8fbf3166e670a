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
        let mut bytes = self.signature(wait);
        bytes.extend_from_slice(format!("{since} {strand} {run} {execution}").as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The wait that a token names; none if it is no token of this deployment.
    pub(crate) fn read(&self, token: &str) -> Option<WaitKey> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, text) = bytes.split_at_checked(32)?;
        let mut parts = std::str::from_utf8(text).ok()?.splitn(4, ' ');
        let since = parts.next()?.parse().ok()?;
        let strand = StrandId::from_stored(parts.next()?);
        let run = RunId(parts.next()?.into());
        let execution: ExecutionArn = parts.next()?.parse().ok()?;
        let wait = WaitKey { run: RunKey { execution, run }, strand, since };
        let mut mac = self.key.clone();
        mac.update(message(&wait).as_bytes());
        mac.verify_slice(signature).ok()?;
        Some(wait)
    }

    fn signature(&self, wait: &WaitKey) -> Vec<u8> {
        let mut mac = self.key.clone();
        mac.update(message(wait).as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

fn message(wait: &WaitKey) -> String {
    format!("{} {} {} {}", wait.since, wait.strand, wait.run.run, wait.run.execution)
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
