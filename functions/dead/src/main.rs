//! Dead-letter queue: what the other queues gave up, one message at a time.
//!
//! An ordinary worker: it settles. Only an execution that can never go on ends here, as FAILED with a cause; where
//! something is away, the message comes again, later each time.

use deployment::{Deployment, Messages, Part};
use lambda_runtime::{Error, service_fn};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let messages = &Messages::new(Deployment::start(Part::Dead).await?);
    lambda_runtime::run(service_fn(async |event| Ok::<_, Infallible>(messages.handle(event).await))).await
}
