//! The router over the simulation, called as an SDK calls it.

mod calls;
mod protocol;
mod support;
