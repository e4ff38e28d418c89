//! Which models there are, by names that say nothing of where they lie.

use std::path::Path;

use lmd_engine::config::BUNDLED;
use lmd_engine::{Config, ModelStore};

use crate::error::ApiError;
use crate::scrub::scrub;

/// The name under which the configured model is offered: a path goes by its last part.
pub(crate) fn public_name(configured: &str) -> String {
    if lmd_engine::store::is_name(configured) {
        return configured.to_owned();
    }
    let path = Path::new(configured);
    let name = path.file_stem().or_else(|| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| scrub(configured).into_owned())
}

/// The names of all models that may be asked for, the configured one first.
pub(crate) fn names(config: &Config) -> Vec<String> {
    let mut names = vec![public_name(&config.model)];
    let store = ModelStore::of(config);
    let bundled = store.find(BUNDLED).ok().map(|_| BUNDLED.to_owned());
    // A store that cannot be read offers none besides.
    for name in bundled.into_iter().chain(store.names().unwrap_or_default()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The model of a request. Only a name that is offered is one, so that no text from outside becomes a path.
pub(crate) fn chosen(config: &Config, asked: Option<&str>) -> Result<String, ApiError> {
    let names = names(config);
    match asked {
        None | Some("") => Ok(names.into_iter().next().unwrap_or_else(|| BUNDLED.to_owned())),
        Some(name) if names.iter().any(|known| known == name) => Ok(name.to_owned()),
        Some(name) => {
            let shown: String = name.chars().take(80).collect();
            let told = format!("there is no model \"{shown}\"; there are {}", names.join(", "));
            Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, "model_not_found", &told).about("model"))
        }
    }
}
