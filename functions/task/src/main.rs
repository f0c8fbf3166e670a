//! Task queue: one Task state for each wake, with a call that may take up to 15 minutes.

use deployment::{Deployment, Messages, Part};
use lambda_runtime::{Error, service_fn};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let messages = &Messages::new(Deployment::start(Part::Task).await?);
    lambda_runtime::run(service_fn(async |event| Ok::<_, Infallible>(messages.handle(event).await))).await
}
