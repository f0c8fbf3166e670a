//! More work than there is room for: nothing is lost, retries spread out, and no limit is passed.

mod burst;
mod limits;
mod throttles;
