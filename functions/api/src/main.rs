//! The Step Functions API behind an HTTP API and a function URL.

use deployment::{Deployment, Part};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let deployment = Deployment::start(Part::Api).await?;
    lambda_http::run(deployment.router()).await
}
