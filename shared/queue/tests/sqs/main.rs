//! The adapter on a queue that answers as each test tells it: what reaches SQS, and what becomes of what comes back.

mod express;
mod fake_sqs;
mod lineage;
mod receiving;
mod sending;
