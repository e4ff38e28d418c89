//! The benchmark of pictures, run: prompts become layouts, layouts pictures, and detectors look at them. Everything lies
//! in a folder, in files named by what they depend on, so that a run that was killed goes on where it was, and several
//! processes may share the work. What is right is judged in `lmd-eval`.

mod folder;
mod html;
mod judge;
mod paint;
mod request;
mod run;

pub use folder::BenchFolder;
pub use html::write_html;
pub use request::{BenchEvent, BenchObserver, Judge, PictureBench, Variant};
pub use run::{BenchOutcome, Shown, check, run};
