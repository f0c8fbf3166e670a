//! Where a service is.

use std::fmt::Write as _;

/// Scheme, host and the path's beginning, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address(String);

impl Address {
    pub(super) fn at(endpoint: &str) -> Self {
        Self(endpoint.trim_end_matches('/').to_owned())
    }

    pub(super) fn of_service(name: &str, region: &str) -> Self {
        Self(format!("https://{name}.{region}.{}", domain(region)))
    }

    /// The bucket is part of the host, unless its dots would make a name that the certificate does not cover.
    pub(super) fn of_bucket(name: &str, region: &str) -> Self {
        if name.contains('.') {
            return Self::of_service("s3", region).in_folder(name);
        }
        Self(format!("https://{name}.s3.{region}.{}", domain(region)))
    }

    pub(super) fn in_folder(mut self, name: &str) -> Self {
        self.0.push('/');
        push_encoded(&mut self.0, name, b"");
        self
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// Appends the text with all but unreserved characters, and these, as `%XX`: once, as AWS signs it.
pub(super) fn push_encoded(uri: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_in_the_host_on_aws_and_in_the_path_elsewhere() {
        let check = |address: Address, expected: &str| assert_eq!(address.as_str(), expected);
        check(Address::of_bucket("data", "eu-central-1"), "https://data.s3.eu-central-1.amazonaws.com");
        check(Address::of_bucket("my.data", "us-east-1"), "https://s3.us-east-1.amazonaws.com/my.data");
        check(Address::of_bucket("data", "cn-north-1"), "https://data.s3.cn-north-1.amazonaws.com.cn");
        check(Address::at("http://127.0.0.1:4566/").in_folder("data"), "http://127.0.0.1:4566/data");
        check(Address::of_service("events", "us-east-1"), "https://events.us-east-1.amazonaws.com");
    }

    #[test]
    fn paths_are_escaped_once() {
        let mut uri = String::new();
        push_encoded(&mut uri, "a b/c%2F+:é~", b"/");
        assert_eq!(uri, "a%20b/c%252F%2B%3A%C3%A9~");
    }
}
