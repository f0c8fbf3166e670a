//! The least that can drive a server: one HTTP/1.1 connection, one call at a time.

use super::Error;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection to a Step Functions endpoint.
pub(crate) struct Client {
    address: String,
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Connects to an endpoint such as `http://127.0.0.1:8083`.
    pub(crate) async fn connect(endpoint: &str) -> Result<Self, Error> {
        let address = endpoint.strip_prefix("http://").unwrap_or_default().trim_end_matches('/').to_owned();
        if !address.contains(':') || address.contains('/') {
            return Err(Error::Endpoint(endpoint.to_owned()));
        }
        let lost = |source| Error::Connection { address: address.clone(), source };
        let stream = TcpStream::connect(&address).await.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        Ok(Self { address, stream, received: Vec::new() })
    }

    /// Calls an operation.
    pub(crate) async fn call(&mut self, operation: &'static str, request: &Value) -> Result<Value, Error> {
        let body = request.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: \
             AWSStepFunctions.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let (status, body) = self.exchange(head.as_bytes()).await?;
        let found = String::from_utf8_lossy(&body).into_owned();
        match serde_json::from_slice(&body) {
            Ok(answer) if status == 200 => Ok(answer),
            Ok(_) => Err(Error::Refused { operation, found }),
            Err(_) => Err(Error::Answer { operation, found }),
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>), Error> {
        self.send_and_receive(request)
            .await
            .map_err(|source| Error::Connection { address: self.address.clone(), source })
    }

    async fn send_and_receive(&mut self, request: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        let bad = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
        self.stream.write_all(request).await?;
        let head_end = loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.receive().await?;
        };
        let head = String::from_utf8_lossy(&self.received[..head_end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| bad("no status"))?;
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .ok_or_else(|| bad("an answer without Content-Length"))?;
        while self.received.len() < head_end + length {
            self.receive().await?;
        }
        let body = self.received[head_end..head_end + length].to_vec();
        self.received.drain(..head_end + length);
        Ok((status, body))
    }

    async fn receive(&mut self) -> std::io::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}
