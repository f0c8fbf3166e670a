//! The store on a table in this process: what only a table has, and the ports' contracts do not say.

mod activities;
mod journal;
mod table;
mod timers;
