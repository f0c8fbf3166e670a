//! Schedule: each minute, the parked timers that are due go to the queues; from time to time, the running executions
//! are looked through.

use deployment::{Deployment, Part, Schedule};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let schedule = &Schedule::new(Deployment::start(Part::Timer).await?);
    // What the schedule says does not matter, only that it is time.
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| schedule.tick().await.map_err(Error::from))).await
}
