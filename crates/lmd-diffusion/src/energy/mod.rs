//! Energies of attention maps and their gradients by the maps.
//!
//! Each energy is a pure function on the host that returns its value and
//! dE/dA; the network's backward pass carries dE/dA on to the latents. The
//! maps are small (a few tens of kilobytes), so nothing is lost by leaving
//! the device, and the formulas stay plain, exact and the same everywhere.

mod boxdiff;
mod maps;
mod ratio;
mod top_k;
mod transfer;

pub use boxdiff::{BoxdiffEdges, BoxdiffEnergy, BoxdiffTokens, boxdiff_energy};
pub use maps::{AttentionMap, AttentionMaps, Energy};
pub use ratio::ratio_energy;
pub use top_k::{GuidedObject, TopKConfig, top_k_energy};
pub use transfer::transfer_energy;

#[cfg(test)]
mod tests;
