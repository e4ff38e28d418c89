//! [`Fidelity`]: how closely the reference implementation is followed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether quirks of the reference implementation are reproduced or mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fidelity {
    /// Known slips of the reference are mended.
    #[default]
    Corrected,
    /// Every quirk is reproduced, so that numbers can be compared.
    Reference,
}
