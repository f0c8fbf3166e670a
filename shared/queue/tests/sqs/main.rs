//! The adapter on a queue that answers as each test tells it: what reaches SQS, and what becomes of what comes back.

mod fake_sqs;
mod lineage;
mod log;
mod receiving;
mod sending;
