//! Signature Version 4.

use super::SignedError;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    self, PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use std::error::Error;
use std::time::SystemTime;

/// What a signature is good for.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) service: &'static str,
    pub(super) region: String,
}

/// Adds the signature's headers.
pub(super) fn sign(
    request: &mut http::Request<Bytes>,
    credentials: &Credentials,
    scope: &Scope,
    now: SystemTime,
) -> Result<(), SignedError> {
    let failed = |source: Box<dyn Error + Send + Sync>| SignedError::Request { source };
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&scope.region)
        .name(scope.service)
        .time(now)
        .settings(settings(scope.service))
        .build()
        .map_err(|error| failed(error.into()))?
        .into();
    let mut headers = Vec::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        headers.push((name.as_str(), value.to_str().map_err(|error| failed(error.into()))?));
    }
    let uri = request.uri().to_string();
    let signable =
        SignableRequest::new(request.method().as_str(), uri, headers.into_iter(), SignableBody::Bytes(request.body()));
    let signed = signable.and_then(|request| http_request::sign(request, &params));
    let (instructions, _) = signed.map_err(|error| failed(error.into()))?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

/// S3 signs a path as it is sent, and wants the body's hash in a header; the others sign the path encoded once more.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// 2013-05-24T00:00:00Z, the instant of the published examples.
    const THEN: Duration = Duration::from_hours(380_376);

    fn signature(request: http::request::Builder, body: &'static str) -> Option<String> {
        let mut request = request.body(Bytes::from_static(body.as_bytes())).ok()?;
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None, None, "published");
        let scope = Scope { service: "s3", region: "us-east-1".into() };
        sign(&mut request, &credentials, &scope, SystemTime::UNIX_EPOCH + THEN).ok()?;
        let header = request.headers().get("authorization")?.to_str().ok()?;
        header.split_once("Signature=").map(|(_, signature)| signature.to_owned())
    }

    /// Source: Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header", examples.
    #[test]
    fn signatures_are_those_that_aws_publishes() {
        let get = http::Request::get("https://examplebucket.s3.amazonaws.com/test.txt").header("Range", "bytes=0-9");
        let expected = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(signature(get, "").as_deref(), Some(expected));

        let put = http::Request::put("https://examplebucket.s3.amazonaws.com/test%24file.text")
            .header("Date", "Fri, 24 May 2013 00:00:00 GMT")
            .header("x-amz-storage-class", "REDUCED_REDUNDANCY");
        let expected = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
        assert_eq!(signature(put, "Welcome to Amazon S3.").as_deref(), Some(expected));

        let list = http::Request::get("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J");
        let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert_eq!(signature(list, "").as_deref(), Some(expected));
    }
}
