//! What stands between the algorithms and every front: settings, models,
//! planners, and picture jobs from a request to a PNG with its recipe.
//!
//! A command, a server and a batch worker call [`Engine`] alike. It returns
//! everything: pictures, [`Notice`]s (notes and warnings as data), and one
//! [`EngineError`] whose [`ErrorKind`] decides exit code and HTTP status. It
//! prints nothing and knows neither command lines nor terminals nor HTTP.
//!
//! ```no_run
//! use lmd_engine::{Config, DrawOptions, Engine, Seeds, Silent, Subject};
//!
//! # fn main() -> Result<(), lmd_engine::EngineError> {
//! let engine = Engine::open(&Config::default())?;
//! let planned = engine.plan("a red car to the left of a dog")?;
//! let ready = engine.prepare(&DrawOptions::new(engine.config().draw.clone()))?;
//! let subject = Subject::planned("a red car to the left of a dog", planned.plan);
//! let picture = engine.draw(&ready, &subject, Seeds::of(7), &mut Silent)?;
//! # let png: Vec<u8> = picture.png;
//! # Ok(())
//! # }
//! ```

pub mod bench;
pub mod config;
pub mod infotext;
pub mod input;
pub mod local_llm;
mod looks;
pub mod memory;
pub mod output;
pub mod picture;
pub mod store;
pub mod threads;

mod adapters;
mod brush;
mod built_in;
mod common;
mod detectors;
mod engine;
mod error;
mod heatmap;
mod job;
mod kind;
mod models;
mod notice;
mod observer;
mod pixels;
mod planners;
mod prepared;
mod recording;
mod segmenter;
mod stable;
mod stage2;
mod talk;
mod words;

pub use config::{BUNDLED, Config, ConfigError, Environment, Override, PlannerChoice, Settings, Sources};
pub use detectors::{OpenDetector, mark, read_queries};
pub use engine::{Engine, Planned};
pub use error::EngineError;
pub use heatmap::{Heatmap, heatmaps};
pub use job::{Adapter, DrawOptions, Picture, Subject, random_seeds};
pub use kind::ErrorKind;
pub use lmd_nn::{Detection, Selection, Vocabulary};
pub use models::{ModelCard, ModelFacts, Verified, model_facts};
pub use notice::{Notice, NoticeKind, UnknownWord, folded};
pub use observer::{CancelToken, Observer, Part, Progress, Silent};
pub use picture::{Noted, PictureError};
pub use pixels::decode;
pub use planners::{is_hopeless, is_llm_set_up};
pub use prepared::Prepared;
pub use recording::{RecordedPart, safetensors};
pub use stage2::{
    BoxTrace, DrawConfig, ObjectSettings, PlannedBy, Preset, Recipe, Recorded, RecordedPhrase, Recording,
    Registry, Rgb, Seeds, Wants, Words,
};
pub use store::{ModelStore, StoreError};
pub use talk::Response;
