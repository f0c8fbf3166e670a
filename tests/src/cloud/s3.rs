//! S3: objects of a bucket, by path or by host.

use super::connector::{Answer, Call};
use super::lock;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

/// Keys in an answer to a list.
const MOST_KEYS: usize = 1_000;

/// The buckets of one account.
#[derive(Default)]
pub struct Buckets {
    names: Mutex<BTreeSet<String>>,
    objects: Mutex<BTreeMap<(String, String), Object>>,
}

/// An object, with the one header that comes back with it.
#[derive(Clone, Debug)]
struct Object {
    content: Bytes,
    encoding: Option<String>,
}

impl Buckets {
    /// Creates a bucket.
    pub fn create_bucket(&self, name: &str) {
        lock(&self.names).insert(name.to_owned());
    }

    /// The keys of a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        lock(&self.objects).keys().filter(|(found, _)| found == bucket).map(|(_, key)| key.clone()).collect()
    }

    /// Replaces an object behind the adapter's back.
    pub fn overwrite(&self, bucket: &str, key: &str, content: impl Into<Bytes>) {
        let object = Object { content: content.into(), encoding: None };
        lock(&self.objects).insert((bucket.to_owned(), key.to_owned()), object);
    }

    pub(crate) fn serve(&self, call: &Call) -> Answer {
        let (bucket, key) = call.resource.split_once('/').unwrap_or((&call.resource, ""));
        if !lock(&self.names).contains(bucket) {
            return error(404, "NoSuchBucket", "The specified bucket does not exist");
        }
        if let Some(claimed) = call.header("x-amz-content-sha256")
            && claimed.len() == 64
            && claimed != hex(&Sha256::digest(&call.body))
        {
            return error(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            );
        }
        let place = (bucket.to_owned(), key.to_owned());
        match call.operation.as_str() {
            "PutObject" => {
                let mut objects = lock(&self.objects);
                if call.header("if-none-match") == Some("*") && objects.contains_key(&place) {
                    return error(
                        412,
                        "PreconditionFailed",
                        "At least one of the pre-conditions you specified did not hold",
                    );
                }
                let encoding = call.header("content-encoding").map(str::to_owned);
                objects.insert(place, Object { content: call.body.clone(), encoding });
                tagged(Answer::new(200, "application/xml", ""), &call.body)
            }
            "GetObject" | "HeadObject" => match lock(&self.objects).get(&place) {
                Some(object) => {
                    let content = if call.operation == "GetObject" { object.content.clone() } else { Bytes::new() };
                    let mut answer = Answer::new(200, "application/octet-stream", content);
                    let encoding = object.encoding.iter().cloned();
                    answer.headers.extend(encoding.map(|encoding| ("content-encoding".to_owned(), encoding)));
                    tagged(answer, &object.content)
                }
                None => error(404, "NoSuchKey", "The specified key does not exist."),
            },
            "DeleteObject" => {
                lock(&self.objects).remove(&place);
                Answer::new(204, "application/xml", "")
            }
            "DeleteObjects" => self.delete_many(bucket, call.text()),
            "ListObjectsV2" => self.list(bucket, &call.query),
            _ => error(501, "NotImplemented", &format!("{} is not among the operations of this test", call.operation)),
        }
    }

    fn delete_many(&self, bucket: &str, body: &str) -> Answer {
        let mut objects = lock(&self.objects);
        let keys: Vec<String> = body
            .split("<Key>")
            .skip(1)
            .filter_map(|part| part.split_once("</Key>"))
            .map(|(key, _)| unescaped(key))
            .collect();
        if keys.is_empty() || keys.len() > MOST_KEYS {
            return error(400, "MalformedXML", "The XML you provided was not well-formed");
        }
        let mut text = String::from("<DeleteResult>");
        for key in keys {
            objects.remove(&(bucket.to_owned(), key.clone()));
            let _ = write!(text, "<Deleted><Key>{}</Key></Deleted>", escaped(&key));
        }
        text.push_str("</DeleteResult>");
        Answer::new(200, "application/xml", text)
    }

    fn list(&self, bucket: &str, query: &str) -> Answer {
        let parameter = |wanted: &str| {
            query.split('&').find_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (name == wanted).then(|| decoded(&value.replace('+', " ")))
            })
        };
        let prefix = parameter("prefix").unwrap_or_default();
        let after = parameter("continuation-token").or(parameter("start-after")).unwrap_or_default();
        let is_encoded = parameter("encoding-type").as_deref() == Some("url");
        let shown = |key: &str| if is_encoded { encoded(key) } else { escaped(key) };
        let most = parameter("max-keys").and_then(|most| most.parse().ok()).unwrap_or(MOST_KEYS).min(MOST_KEYS);
        let mut found: Vec<(String, usize)> = lock(&self.objects)
            .iter()
            .filter(|((there, key), _)| there == bucket && key.starts_with(&prefix) && *key > after)
            .map(|((_, key), object)| (key.clone(), object.content.len()))
            .take(most + 1)
            .collect();
        let more = found.len() > most;
        found.truncate(most);
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Name>{bucket}</Name><Prefix>{}</Prefix><KeyCount>{}</KeyCount><MaxKeys>{most}</MaxKeys><IsTruncated>{more}</IsTruncated>",
            shown(&prefix),
            found.len()
        );
        if let (true, Some((last, _))) = (more, found.last()) {
            let _ = write!(text, "<NextContinuationToken>{}</NextContinuationToken>", escaped(last));
        }
        for (key, size) in &found {
            let _ = write!(text, "<Contents><Key>{}</Key><Size>{size}</Size></Contents>", shown(key));
        }
        text.push_str("</ListBucketResult>");
        Answer::new(200, "application/xml", text)
    }
}

/// The operation, `bucket/key`, and the path within the bucket, if the request is one for S3.
pub(crate) fn recognize(method: &str, host: &str, path: &str, query: &str) -> Option<(&'static str, String, String)> {
    let path = decoded(path);
    let (bucket, key) = if let Some((bucket, _)) = host.split_once(".s3.") {
        (bucket.to_owned(), path.trim_start_matches('/').to_owned())
    } else if host.starts_with("s3.") || host == "localhost" {
        let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        (bucket.to_owned(), key.to_owned())
    } else {
        return None;
    };
    let has = |wanted: &str| query.split('&').any(|pair| pair.split('=').next() == Some(wanted));
    let operation = match (method, key.is_empty()) {
        ("PUT", false) => "PutObject",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        ("DELETE", false) => "DeleteObject",
        ("GET", true) if has("list-type") => "ListObjectsV2",
        ("POST", true) if has("delete") => "DeleteObjects",
        _ => "unknown",
    };
    let resource = if key.is_empty() { bucket } else { format!("{bucket}/{key}") };
    Some((operation, resource, key))
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{}</Message></Error>",
        escaped(message)
    );
    Answer::new(status, "application/xml", body)
}

/// Percent signs undone.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let pair = (byte == b'%').then(|| after.get(..2)).flatten();
        let pair = pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match pair {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As `encoding-type=url` has keys.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn tagged(mut answer: Answer, content: &[u8]) -> Answer {
    answer.headers.push(("etag".to_owned(), format!("\"{}\"", hex(&Sha256::digest(content)))));
    answer
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
