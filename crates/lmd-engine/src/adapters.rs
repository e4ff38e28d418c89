//! LoRA files that a drawing names, and their digests in recipes.

use lmd_nn::{Adapters, Lora, NnError};

use crate::error::EngineError;
use crate::job::Adapter;

/// Opens the files.
///
/// # Errors
/// [`EngineError::Network`] when one is missing or refused.
pub(crate) fn open(given: &[Adapter]) -> Result<Adapters, EngineError> {
    let mut adapters = Adapters::default();
    for adapter in given {
        adapters = adapters.with(Lora::open(&adapter.file).map_err(NnError::from)?, adapter.strength);
    }
    Ok(adapters)
}

/// Whether a digest's name is that of an adapter: its file and its strength.
pub(crate) fn is_adapter(name: &str) -> bool {
    name.rsplit_once('@').is_some_and(|(_, strength)| strength.parse::<f32>().is_ok())
}
