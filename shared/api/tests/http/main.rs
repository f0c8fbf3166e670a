//! The router over the simulation, called as an SDK calls it.

mod calls;
mod doors;
mod limits;
mod openapi;
mod protocol;
mod rest;
mod schema;
mod support;
