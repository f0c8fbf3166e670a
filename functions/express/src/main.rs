//! Express queue: one whole execution for each start, in memory.
//!
//! A start that is brought again runs again, from its beginning. However an execution ends, its message is done with.

use deployment::{Deployment, Messages, Part};
use lambda_runtime::{Error, service_fn};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let messages = &Messages::new(Deployment::start(Part::Express).await?);
    lambda_runtime::run(service_fn(async |event| Ok::<_, Infallible>(messages.handle(event).await))).await
}
