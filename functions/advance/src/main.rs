//! Step queue: the next step of one strand for each wake.
//!
//! Steps that make a call are passed on to the function `task`, so that this one keeps a short time limit.

use deployment::{Deployment, Messages, Part};
use lambda_runtime::{Error, service_fn};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let messages = &Messages::new(Deployment::start(Part::Advance).await?);
    lambda_runtime::run(service_fn(async |event| Ok::<_, Infallible>(messages.handle(event).await))).await
}
