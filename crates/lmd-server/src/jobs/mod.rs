//! Jobs: accepted, kept, drawn one after another, told of to whoever listens.

pub(crate) mod body;
pub(crate) mod events;
pub(crate) mod line;
mod watch;
pub(crate) mod worker;
