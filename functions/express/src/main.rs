//! Express executions: refused by name until there are any.
//!
//! CreateStateMachine refuses the type EXPRESS too, so that nothing is ever sent here; the function is part of the
//! stack so that an update can bring it to life without a new queue.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        Err::<(), _>("NOT_SUPPORTED: Express executions are not supported yet; create the state machine as STANDARD")
    }))
    .await
}
