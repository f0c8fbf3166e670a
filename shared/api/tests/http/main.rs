//! The router over the simulation, called as an SDK calls it, and as nobody should.

mod bodies;
mod calls;
mod doors;
#[path = "../../../expression/tests/edits/mod.rs"]
mod edits;
mod express;
mod hostile;
mod limits;
mod mutations;
mod openapi;
mod protocol;
mod queries;
mod rest;
mod schema;
mod support;
mod test_state;
mod tokens;
mod versions;
