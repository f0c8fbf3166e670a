//! RedriveExecution in a simulated world: each way in which an execution stops, forks of which some children succeeded,
//! whoever else acts at the same time, and everything that goes wrong as a seed decides.

mod faults;
mod forks;
mod others;
mod refusals;
mod states;
mod support;
