//! The log, on stderr: lines that people read, or JSON.

use lmd_engine::config::LogFormat;
use tracing::level_filters::LevelFilter;

/// Starts the log of this process. A second start changes nothing.
pub(crate) fn start(format: LogFormat, quiet: bool) {
    let level = if quiet { LevelFilter::WARN } else { LevelFilter::INFO };
    let builder =
        tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    // That a log runs already, in tests, is no fault.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        _ => builder.with_ansi(false).compact().try_init(),
    };
}
