//! `ratchet bridge` and `ratchet doctor`: what speaks with AWS, or with an endpoint that looks like it.

use crate::arguments::{Bridge, Doctor};
use crate::error::Error;

#[cfg(feature = "aws")]
pub(super) fn bridge(arguments: &Bridge) -> Result<u8, Error> {
    bootstrap::tracing::init(bootstrap::tracing::Format::Automatic, "info")?;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    runtime.block_on(async {
        let stopped = super::local::stop_signal()?;
        crate::bridge::run(arguments, stopped).await?;
        Ok(0)
    })
}

#[cfg(feature = "aws")]
pub(super) fn doctor(arguments: &Doctor) -> Result<u8, Error> {
    bootstrap::tracing::init(bootstrap::tracing::Format::Automatic, "warn")?;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    Ok(runtime.block_on(crate::doctor::run(arguments))?)
}

#[cfg(not(feature = "aws"))]
pub(super) fn bridge(_: &Bridge) -> Result<u8, Error> {
    Err(Error::BuiltWithout("bridge"))
}

#[cfg(not(feature = "aws"))]
pub(super) fn doctor(_: &Doctor) -> Result<u8, Error> {
    Err(Error::BuiltWithout("doctor"))
}
