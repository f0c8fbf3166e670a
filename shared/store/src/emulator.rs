//! For tests: a table in a DynamoDB of this process, behind HTTP on this machine.

use crate::Store;
use crate::keys::{LIST, LIST_PK, LIST_SK, PK, SK};
use crate::table::Table;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const TABLE: &str = "ratchet";

/// The emulator, and the store on its table. It stops when this is dropped.
pub(crate) struct Emulator {
    pub(crate) store: Store,
    _stop: oneshot::Sender<()>,
}

impl Emulator {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let connection = aws::Connection::to_endpoint(&format!("http://{}", listener.local_addr()?));
        let database = Database::memory().map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async move {
            // Told or dropped: either way it is over.
            let _ = stopped.await;
        }));
        create_table(&Client::new(connection.sdk_config())).await?;
        let store = Store::open(connection.sdk_config(), TABLE).await?;
        Ok(Self { store, _stop: stop })
    }

    pub(crate) fn table(&self) -> &Table {
        &self.store.table
    }
}

async fn create_table(client: &Client) -> anyhow::Result<()> {
    let mut request = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    for name in [PK, SK, LIST_PK, LIST_SK] {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(attribute.build()?);
    }
    let schema = |hash: &str, range: &str| {
        let hash = KeySchemaElement::builder().attribute_name(hash).key_type(KeyType::Hash).build()?;
        let range = KeySchemaElement::builder().attribute_name(range).key_type(KeyType::Range).build()?;
        anyhow::Ok(vec![hash, range])
    };
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(["meta", "status", "stopped", "expires"].map(str::to_owned).to_vec()))
        .build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(LIST)
        .set_key_schema(Some(schema(LIST_PK, LIST_SK)?))
        .projection(projection)
        .build()?;
    request.set_key_schema(Some(schema(PK, SK)?)).global_secondary_indexes(index).send().await?;
    Ok(())
}
