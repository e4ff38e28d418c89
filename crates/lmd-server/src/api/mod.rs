//! The native API.

pub(crate) mod capabilities;
pub(crate) mod events;
pub(crate) mod gallery;
pub(crate) mod health;
pub(crate) mod images;
pub(crate) mod inspect;
pub(crate) mod jobs;
pub(crate) mod layouts;
pub(crate) mod llm;
pub(crate) mod overlays;
pub(crate) mod validate;
