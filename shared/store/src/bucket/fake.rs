//! For tests: as much of S3 as this crate asks for, over HTTP on this machine.

use super::Bucket;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_ENCODING};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Keys on one page of a list.
const PAGE: usize = 3;

/// The name of the only bucket there is.
pub(crate) const NAME: &str = "payloads";

/// The bucket, and what serves it. It stops when this is dropped.
pub(crate) struct Fake {
    /// Where it listens.
    pub(crate) connection: aws::Connection,
    pub(crate) bucket: Bucket,
    inside: Arc<Mutex<Inside>>,
    _stop: oneshot::Sender<()>,
}

/// An object as it lies there.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) content: Bytes,
    pub(crate) encoding: Option<String>,
}

#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) objects: BTreeMap<String, Object>,
    /// Answers that the next requests get.
    pub(crate) refusals: VecDeque<(u16, &'static str)>,
    /// Requests, by method.
    pub(crate) requests: Vec<Method>,
}

impl Fake {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let connection = aws::Connection::to_endpoint(&format!("http://{}", listener.local_addr()?));
        let inside = Arc::<Mutex<Inside>>::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&inside));
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, app).with_graceful_shutdown(async move {
            // Told or dropped: either way it is over.
            let _ = stopped.await;
        });
        tokio::spawn(async move { serve.await });
        Ok(Self { bucket: Bucket::new(&connection, NAME), connection, inside, _stop: stop })
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.inside().objects.keys().cloned().collect()
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(content) = to_bytes(body, usize::MAX).await else { return refusal(400, "IncompleteBody") };
    let mut inside = lock(&inside);
    inside.requests.push(parts.method.clone());
    if let Some((status, code)) = inside.refusals.pop_front() {
        return refusal(status, code);
    }
    if !parts.headers.contains_key("authorization") {
        return refusal(403, "AccessDenied");
    }
    let path = decoded(parts.uri.path());
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((&path, ""));
    if bucket != NAME {
        return refusal(404, "NoSuchBucket");
    }
    let query = parameters(parts.uri.query().unwrap_or_default());
    match (parts.method, key) {
        (Method::PUT, key) if key.len() > 1_024 => refusal(400, "KeyTooLongError"),
        (Method::PUT, key) => {
            let encoding = parts.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).map(str::to_owned);
            inside.objects.insert(key.to_owned(), Object { content, encoding });
            StatusCode::OK.into_response()
        }
        (Method::DELETE, key) => {
            inside.objects.remove(key);
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::GET, "") => list(&inside, &query).into_response(),
        (Method::GET, key) => match inside.objects.get(key).cloned() {
            None => refusal(404, "NoSuchKey"),
            Some(object) => {
                let mut headers = HeaderMap::new();
                if let Some(Ok(encoding)) = object.encoding.map(|encoding| HeaderValue::from_str(&encoding)) {
                    headers.insert(CONTENT_ENCODING, encoding);
                }
                (headers, object.content).into_response()
            }
        },
        _ => refusal(405, "MethodNotAllowed"),
    }
}

fn list(inside: &Inside, query: &BTreeMap<String, String>) -> String {
    let prefix = query.get("prefix").map_or("", String::as_str);
    let after = query.get("continuation-token").map_or("", String::as_str);
    let mut keys = inside.objects.keys().filter(|key| key.starts_with(prefix) && key.as_str() > after);
    let page: Vec<&String> = keys.by_ref().take(PAGE).collect();
    let mut xml = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for key in &page {
        let _ = write!(xml, "<Contents><Key>{}</Key><Size>1</Size></Contents>", encoded(key));
    }
    match page.last().filter(|_| keys.next().is_some()) {
        Some(last) => {
            let token = last.replace('&', "&amp;").replace('<', "&lt;");
            let _ =
                write!(xml, "<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>");
        }
        None => xml.push_str("<IsTruncated>false</IsTruncated>"),
    }
    xml + "</ListBucketResult>"
}

fn refusal(status: u16, code: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("<Error><Code>{code}</Code><Message>no</Message></Error>")).into_response()
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./*".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
