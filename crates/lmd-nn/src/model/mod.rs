//! Models as they lie on disk: [`ModelFolder`].

pub(crate) mod files;
mod folder;
mod kind;
mod ldm_names;
mod lenient_json;
mod single_file;

pub use folder::ModelFolder;
