//! Configuration: one struct, filled in rising order by defaults, the user's
//! file, the project's `lmd.toml`, the environment (`LMD_*`), the recipe of a
//! picture that is drawn again, and what is said explicitly. All settings are
//! checked once, before anything is paid for or loaded.

mod check;
mod environment;
mod error;
mod keys;
mod layers;
mod load;
mod parse;
mod serve;
mod values;

pub use environment::{Environment, OTHER_VARIABLES};
pub use error::ConfigError;
pub use keys::{Key, KeyKind, key, keys};
pub use layers::{Layers, Origin, Override, Setting};
pub use load::{FILE_NAME, Settings, Sources, project_files, user_file};
pub use parse::{MAX_CONFIG_BYTES, parse};
pub use serve::{LogFormat, ServeConfig};
pub use values::{BUNDLED, Config, PlannerChoice};

impl Config {
    /// Refuses settings that cannot be meant, for configurations that were not
    /// loaded by [`Settings::load`].
    ///
    /// # Errors
    /// [`ConfigError::Setting`] names the first one.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::check(self, &Layers::unnamed(self))
    }
}
