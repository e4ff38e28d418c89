//! The HTTP server of lmd: its own API, OpenAI's image API, that of AUTOMATIC1111's web UI, and the page.
//!
//! Pictures are jobs: what was accepted is in SQLite before it is answered, and survives whatever ends the program. A job is
//! drawn by a thread of its own (`jobs/worker.rs`), by whoever [`Painter`] is; those who wait follow its events.
//!
//! ```no_run
//! use lmd_engine::{Settings, Sources};
//! use lmd_server::Server;
//!
//! # fn main() -> Result<(), lmd_engine::EngineError> {
//! let server = Server::open(Settings::load(&Sources::default())?)?;
//! println!("http://{}", server.address()?);
//! server.run()
//! # }
//! ```

mod a1111;
mod api;
mod app;
mod auth;
mod error;
mod extract;
mod front;
mod jobs;
mod keys;
mod logging;
mod loras;
mod metrics;
mod models;
mod notices;
mod openai;
mod openapi;
mod order;
mod origin;
mod page;
mod painter;
mod pictures;
mod planning;
mod run;
mod schema;
mod scrub;
mod store;
mod sync;

use lmd_engine::config::ServeConfig;

pub use painter::{Commission, Glance, Painter, Painting, Watch};
pub use run::Server;

/// The OpenAPI document of the server, as JSON.
///
/// # Errors
/// When it cannot be written, which is a fault of lmd.
pub fn openapi_document() -> Result<String, serde_json::Error> {
    openapi::document_text()
}

/// Starts the log of this process, on stderr, as the settings say; `quiet` leaves warnings and errors.
pub fn start_log(options: &ServeConfig, quiet: bool) {
    logging::start(options.log_format, quiet);
}

/// Opens an address in the user's browser.
///
/// # Errors
/// When there is none.
pub fn open_browser(url: &str) -> std::io::Result<()> {
    open::that_detached(url)
}

// The code in the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
