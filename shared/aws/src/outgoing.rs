//! What happens to every request on its way out, whichever client made it.
//!
//! The SDK copies Lambda's own trace header, with its `Lineage`, into each request. An interceptor would have to be put
//! into every client, and cannot be put into those that the SDK makes for itself (credentials). The connector is the one
//! way out, and signatures do not cover this header, so it is replaced here.

use crate::TraceHeader;
use crate::watched::{Connections, Watched};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

const TRACE_HEADER: &str = "x-amzn-trace-id";

/// Gives each request the trace header of the execution that it is made for, and lets no `Lineage` out.
#[derive(Clone, Debug)]
pub(crate) struct Traced<C>(pub(crate) C);

impl<C: HttpConnector> HttpConnector for Traced<C> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let found = request.headers().get_bytes(TRACE_HEADER).and_then(|value| std::str::from_utf8(value).ok());
        let header = TraceHeader::present().or_else(|| TraceHeader::parse(found?));
        request.headers_mut().remove(TRACE_HEADER);
        if let Some(header) = header {
            request.headers_mut().insert(TRACE_HEADER, header.as_str().to_owned());
        }
        self.0.call(request)
    }
}

/// Puts all of this around every connector that a client of the SDK asks for.
#[derive(Debug)]
pub(crate) struct Outgoing<C> {
    pub(crate) client: C,
    pub(crate) connections: Connections,
}

impl<C: HttpClient> HttpClient for Outgoing<C> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Traced(Watched { connector, connections: self.connections.clone() }))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}
