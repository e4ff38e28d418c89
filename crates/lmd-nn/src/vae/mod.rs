//! Images to latents and back: the autoencoder of Stable Diffusion, and a tiny one for previews.
//!
//! Images are `[B, 3, H, W]` in -1 to 1.

mod autoencoder;
mod config;
mod kl;
mod tiny;

use burn::tensor::Tensor;

pub use autoencoder::Autoencoder;
pub use config::{TinyVaeConfig, VaeConfig};
pub use kl::{AutoencoderKl, Posterior};
pub use tiny::AutoencoderTiny;

use crate::NnError;

fn check_channels(what: &'static str, x: &Tensor<4>, expected: usize) -> Result<(), NnError> {
    let [_, got, ..] = x.dims();
    if got == expected {
        return Ok(());
    }
    Err(NnError::Input { what, got: got.to_string(), expected: expected.to_string() })
}
