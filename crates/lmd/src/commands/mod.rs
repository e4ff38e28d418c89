//! One file per verb of the command.

pub(crate) mod bench;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod detect;
pub(crate) mod doctor;
pub(crate) mod draw;
pub(crate) mod generate;
pub(crate) mod layout;
pub(crate) mod models;
pub(crate) mod pictures;
pub(crate) mod serve;
pub(crate) mod show;
