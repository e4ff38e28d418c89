//! [`Autoencoder`]: whichever autoencoder a model folder has under `vae/`.

use burn::tensor::Tensor;

use super::{AutoencoderKl, AutoencoderTiny, Posterior};
use crate::NnError;

/// The autoencoder between a model's images and its latents.
#[derive(Clone, Debug)]
pub enum Autoencoder {
    /// `AutoencoderKL`.
    Kl(Box<AutoencoderKl>),
    /// `AutoencoderTiny`.
    Tiny(AutoencoderTiny),
}

impl Autoencoder {
    /// Latents `[B, channels, h, w]`, already divided by
    /// [`scaling_factor`](Self::scaling_factor), to images in about -1 to 1.
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong.
    pub fn decode(&self, latents: Tensor<4>) -> Result<Tensor<4>, NnError> {
        match self {
            Self::Kl(vae) => vae.decode(latents),
            Self::Tiny(vae) => vae.decode(latents),
        }
    }

    /// Images in -1 to 1, `[B, 3, H, W]`, to the latents in the middle of what they may be, not yet multiplied by
    /// [`scaling_factor`](Self::scaling_factor).
    ///
    /// # Errors
    ///
    /// When the number of channels is wrong or a side does not fit.
    pub fn encode(&self, images: Tensor<4>) -> Result<Tensor<4>, NnError> {
        match self {
            Self::Kl(vae) => Ok(vae.encode(images)?.mean),
            Self::Tiny(vae) => vae.encode(images),
        }
    }

    /// As [`Self::encode`], with latents drawn from what they may be: `noise`, unit normal and of their shape, says which.
    /// An autoencoder whose images have one code each gives that.
    ///
    /// # Errors
    ///
    /// As [`Self::encode`].
    pub fn encode_sample(&self, images: Tensor<4>, noise: Tensor<4>) -> Result<Tensor<4>, NnError> {
        match self {
            Self::Kl(vae) => {
                let Posterior { mean, logvar } = vae.encode(images)?;
                Ok(mean + (logvar * 0.5).exp() * noise)
            }
            Self::Tiny(vae) => vae.encode(images),
        }
    }

    /// Latents of the diffusion = latents of the encoder × this.
    #[must_use]
    pub fn scaling_factor(&self) -> f64 {
        match self {
            Self::Kl(vae) => vae.config().scaling_factor,
            Self::Tiny(vae) => vae.config().scaling_factor,
        }
    }

    /// Channels of the latents.
    #[must_use]
    pub fn latent_channels(&self) -> usize {
        match self {
            Self::Kl(vae) => vae.config().latent_channels,
            Self::Tiny(vae) => vae.config().latent_channels,
        }
    }

    /// Pixels per latent cell along one side: 8 in Stable Diffusion.
    #[must_use]
    pub fn downscale(&self) -> usize {
        match self {
            Self::Kl(vae) => vae.config().downscale(),
            Self::Tiny(vae) => vae.config().downscale(),
        }
    }
}
