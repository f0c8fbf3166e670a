//! A table in this process, and the wire to it: every request is noted, and some go wrong as a test wants it.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use ratchet_store::Store;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// The table's name.
pub(crate) const NAME: &str = "ratchet";

/// A store on a table of its own.
pub(crate) struct Stand {
    /// The store.
    pub(crate) store: Store,
    /// The connection that its requests go through.
    pub(crate) connection: aws::Connection,
    /// What went over the wire.
    pub(crate) wire: Wire,
    _stop: oneshot::Sender<()>,
}

/// What went over the wire, and what is to go wrong on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Exchange>,
    faults: HashMap<String, Vec<Fault>>,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// `PutItem`, ...
    pub(crate) operation: String,
    /// What was asked.
    pub(crate) request: Value,
    /// What was answered; null if nothing was.
    pub(crate) answer: Value,
}

impl Exchange {
    /// Read or write units that it consumed.
    pub(crate) fn units(&self) -> f64 {
        let of = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or_default();
        match &self.answer["ConsumedCapacity"] {
            Value::Array(all) => all.iter().map(of).sum(),
            one => of(one),
        }
    }
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is done, and nobody hears of it.
    LostAnswer,
    /// It is refused with this error, a 400 or, if the name has `Internal` in it, a 500.
    Refused(&'static str),
    /// No item is in the answer of a condition that failed.
    NoItem,
    /// BatchGetItem does only so many of its keys.
    Only(usize),
}

impl Wire {
    /// Lets the next requests of this operation go wrong, one after another.
    pub(crate) fn fail(&self, operation: &str, faults: &[Fault]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.faults.entry(operation.to_owned()).or_default().extend(faults);
    }

    /// What went over it since this was last asked.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).seen)
    }

    /// The operations since this was last asked.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.take().into_iter().map(|exchange| exchange.operation).collect()
    }

    fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = state.faults.get_mut(operation)?;
        (!faults.is_empty()).then(|| faults.remove(0))
    }

    fn note(&self, operation: &str, request: Value, answer: Value) {
        let exchange = Exchange { operation: operation.to_owned(), request, answer };
        self.state.lock().unwrap_or_else(PoisonError::into_inner).seen.push(exchange);
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, wire) = (self.inner.clone(), self.wire.clone());
        HttpConnectorFuture::new(async move {
            exchange(inner, wire, request).await.map_err(|error| ConnectorError::io(error.into()))
        })
    }
}

async fn exchange(inner: SharedHttpConnector, wire: Wire, mut request: HttpRequest) -> Result<HttpResponse> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit_once('.').map_or(target, |(_, operation)| operation).to_owned();
    let asked: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
    let fault = wire.next_fault(&operation);
    let mut left = Value::Null;
    if let Some(Fault::Refused(code)) = fault {
        let answer =
            json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "as the test wants it"});
        wire.note(&operation, asked, answer.clone());
        let status = if code.contains("Internal") { 500 } else { 400 };
        return Ok(HttpResponse::new(status.try_into()?, SdkBody::from(answer.to_string())));
    }
    if let Some(Fault::Only(done)) = fault {
        let mut some = asked.clone();
        let keys = some["RequestItems"][NAME]["Keys"].as_array_mut().context("no batch")?;
        left = keys.split_off(done.min(keys.len())).into();
        if done == 0 {
            let answer = json!({"Responses": {NAME: []}, "UnprocessedKeys": asked["RequestItems"].clone()});
            wire.note(&operation, asked, answer.clone());
            return Ok(HttpResponse::new(200.try_into()?, SdkBody::from(answer.to_string())));
        }
        let body = some.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
    }
    let response = inner.call(request).await?;
    let status = response.status();
    let body = ByteStream::new(response.into_body()).collect().await?.into_bytes();
    let mut answer: Value = serde_json::from_slice(&body)?;
    match fault {
        Some(Fault::LostAnswer) => {
            wire.note(&operation, asked, Value::Null);
            anyhow::bail!("the connection was reset");
        }
        Some(Fault::NoItem) => {
            answer.as_object_mut().context("no object")?.shift_remove("Item");
        }
        Some(Fault::Only(_)) => answer["UnprocessedKeys"] = json!({NAME: {"Keys": left}}),
        Some(Fault::Refused(_)) | None => {}
    }
    wire.note(&operation, asked, answer.clone());
    Ok(HttpResponse::new(status, SdkBody::from(answer.to_string())))
}

/// A store on an empty table.
pub(crate) async fn stand() -> Result<Stand> {
    let (stop, stopped) = oneshot::channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let database = dynoxide::Database::memory()?;
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
        // Also when the other end is dropped.
        let _ = stopped.await;
    }));
    let wire = Wire::default();
    let connector = Connector { inner: aws::connector(), wire: wire.clone() };
    let connection = aws::Connection::over(connector, Some(&url));
    create(&Client::new(connection.sdk_config())).await?;
    let store = Store::open(connection.sdk_config(), NAME).await?;
    wire.take();
    Ok(Stand { store, connection, wire, _stop: stop })
}

impl Stand {
    /// The item with this key, as it lies in the table.
    pub(crate) async fn item(&self, pk: &str, sk: &str) -> Result<Option<HashMap<String, AttributeValue>>> {
        let client = Client::new(self.connection.sdk_config());
        let get = client.get_item().table_name(NAME).consistent_read(true);
        let key = |text: &str| AttributeValue::S(text.to_owned());
        Ok(get.key("pk", key(pk)).key("sk", key(sk)).send().await?.item)
    }

    /// Another process on the same table.
    pub(crate) async fn another(&self) -> Result<Store> {
        Ok(Store::open(self.connection.sdk_config(), NAME).await?)
    }
}

async fn create(client: &Client) -> Result<()> {
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let key = |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(["meta", "status", "stopped", "expires"].map(str::to_owned).into()))
        .build();
    let index = GlobalSecondaryIndex::builder()
        .index_name("list")
        .key_schema(key("list_pk", KeyType::Hash)?)
        .key_schema(key("list_sk", KeyType::Range)?)
        .projection(projection)
        .build()?;
    client
        .create_table()
        .table_name(NAME)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(
            ["pk", "sk", "list_pk", "list_sk"].into_iter().map(attribute).collect::<Result<_, _>>()?,
        ))
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(index)
        .send()
        .await?;
    Ok(())
}
