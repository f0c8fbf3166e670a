//! A client of the Step Functions API that does as SDKs do: what got no answer is sent again.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longer than the long poll of GetActivityTask.
const READ_TIMEOUT: Duration = Duration::from_secs(90);
/// Between a request without an answer and the next attempt.
const PAUSE: Duration = Duration::from_millis(10);

/// Where the server listens at present: another port after each restart.
#[derive(Clone, Default)]
pub(crate) struct Endpoint(Arc<Mutex<Option<SocketAddr>>>);

impl Endpoint {
    /// The server is there, or nowhere.
    pub(crate) fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    fn get(&self) -> Option<SocketAddr> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nobody knows what became of it.
    NoAnswer(Error),
    /// The service said no.
    Refused { error: String, message: String },
}

/// The answer of a call that was repeated until there was one.
pub(crate) struct Answer {
    pub(crate) result: Result<Value, Refusal>,
    /// Whether an earlier attempt got no answer: then that one may be what was carried out.
    pub(crate) repeated: bool,
}

/// What the service said instead of a result.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) message: String,
}

/// One connection at a time, kept alive.
pub(crate) struct Client {
    endpoint: Endpoint,
    connection: Option<(SocketAddr, BufReader<TcpStream>)>,
}

impl Client {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self { endpoint: endpoint.clone(), connection: None }
    }

    /// Calls until there is an answer.
    pub(crate) fn insist(&mut self, operation: &str, body: &Value, patience: Duration) -> anyhow::Result<Answer> {
        let until = Instant::now() + patience;
        let mut repeated = false;
        loop {
            let error = match self.call(operation, body) {
                Ok(value) => return Ok(Answer { result: Ok(value), repeated }),
                Err(Failed::Refused { error, message }) => {
                    return Ok(Answer { result: Err(Refusal { error, message }), repeated });
                }
                Err(Failed::NoAnswer(error)) => error,
            };
            if Instant::now() > until {
                anyhow::bail!("{operation} got no answer within {patience:?}: {error}; asked: {body}");
            }
            repeated = true;
            std::thread::sleep(PAUSE);
        }
    }

    /// Calls until there is an answer, which must be a result.
    pub(crate) fn must(&mut self, operation: &str, body: &Value, patience: Duration) -> anyhow::Result<Value> {
        match self.insist(operation, body, patience)?.result {
            Ok(value) => Ok(value),
            Err(Refusal { error, message }) => anyhow::bail!("{operation} answered {error}: {message}; asked: {body}"),
        }
    }

    /// All items of a list, page by page.
    pub(crate) fn all(&mut self, operation: &str, mut body: Value, member: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        loop {
            let mut page = self.must(operation, &body, Duration::from_mins(1))?;
            match page[member].take() {
                Value::Array(found) => items.extend(found),
                other => anyhow::bail!("{operation} answered {other} as {member}"),
            }
            match page["nextToken"].take() {
                Value::Null => return Ok(items),
                token => body["nextToken"] = token,
            }
        }
    }

    /// Calls once.
    pub(crate) fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Failed> {
        let (status, text) = self.exchange(operation, &body.to_string()).map_err(|error| {
            self.connection = None;
            Failed::NoAnswer(error)
        })?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| Failed::NoAnswer(Error::other(format!("status {status}, body {text:?}: {error}"))))?;
        match status {
            200 => Ok(value),
            // As SDKs do with the faults of a service.
            500.. => Err(Failed::NoAnswer(Error::other(format!("status {status}: {text}")))),
            _ => {
                let error = value["__type"].as_str().unwrap_or_default();
                let error = error.rsplit('#').next().unwrap_or(error).to_owned();
                let message = value.get("message").or(value.get("Message")).and_then(Value::as_str);
                Err(Failed::Refused { error, message: message.unwrap_or_default().to_owned() })
            }
        }
    }

    fn exchange(&mut self, operation: &str, body: &str) -> Result<(u16, String), Error> {
        let address = self.endpoint.get().ok_or(ErrorKind::NotConnected)?;
        let stream = match self.connection.take() {
            Some((there, stream)) if there == address => stream,
            Some(_) | None => {
                let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let (_, stream) = self.connection.insert((address, stream));
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-amz-json-1.0\r\n\
             X-Amz-Target: AWSStepFunctions.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        read_line(stream, &mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::other(format!("no status in {line:?}")))?;
        let length = content_length(stream)?;
        let mut text = vec![0; length];
        stream.read_exact(&mut text)?;
        String::from_utf8(text).map(|text| (status, text)).map_err(Error::other)
    }
}

/// Reads the headers; the length of the body that follows.
pub(crate) fn content_length(stream: &mut impl BufRead) -> Result<usize, Error> {
    let mut length = None;
    let mut line = String::new();
    loop {
        read_line(stream, &mut line)?;
        if line.is_empty() {
            return length.ok_or_else(|| Error::other("no Content-Length"));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse().map_err(Error::other)?);
        }
    }
}

/// A line without its end. The end of the connection is an error.
pub(crate) fn read_line(stream: &mut impl BufRead, line: &mut String) -> Result<(), Error> {
    line.clear();
    if stream.read_line(line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(())
}
