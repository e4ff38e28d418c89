//! What a stranger would write: a method, a sampler, a mask refiner, a noise
//! schedule and a chat model of their own, each one file, and one line each to add them.
//!
//! This crate is no part of lmd. It sees the libraries' public API alone and is
//! here so that the doors stay open.

mod adams_bashforth;
mod rectified_flow;
mod rounded_box;
mod strips;
mod three_balls;

use lmd_diffusion::{DiffusionError, Registry};

pub use adams_bashforth::ADAMS_BASHFORTH;
pub use rectified_flow::RectifiedFlow;
pub use rounded_box::RoundedBox;
pub use strips::{Strips, StripsConfig};
pub use three_balls::THREE_BALLS;

/// lmd's registry with the entries of this crate.
///
/// # Errors
/// When lmd has entries of the same names.
pub fn registry() -> Result<Registry, DiffusionError> {
    let mut registry = Registry::builtin();
    registry.register_method(Strips)?;
    registry.register_sampler(ADAMS_BASHFORTH)?;
    registry.register_refiner(RoundedBox)?;
    Ok(registry)
}
