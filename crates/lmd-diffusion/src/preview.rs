//! Pictures of unfinished latents: cheap, and good enough to see whether it is
//! worth waiting.

use burn::tensor::{Tensor, TensorData};
use lmd_nn::Autoencoder;

use crate::picture::Rgb;
use crate::{DiffusionError, Latents, Pipeline};

/// RGB in −1 to 1 of one unit of each of Stable Diffusion 1's four latent
/// channels, the linear fit that ComfyUI publishes.
const LATENT_RGB: [[f32; 3]; 4] = [
    [0.3512, 0.2297, 0.3227],
    [0.3250, 0.4974, 0.2350],
    [-0.2829, 0.1762, 0.2721],
    [-0.2120, -0.2616, -0.7177],
];

impl Pipeline {
    /// A preview of the first picture of x̂₀ `[batch, channels, h, w]`: by the
    /// small decoder of the folder `taesd`, by the model's own autoencoder when
    /// that is a small one, else by a linear fit, one pixel per latent cell.
    ///
    /// # Errors
    /// When the latents do not fit the autoencoder.
    pub fn preview(&self, denoised: &Latents) -> Result<Rgb, DiffusionError> {
        let first = denoised.clone().narrow(0, 0, 1);
        match (&self.preview_vae, &self.vae) {
            (Some(small), _) => Rgb::of(small.decode(first)?),
            (None, Autoencoder::Kl(_)) if first.dims()[1] == LATENT_RGB.len() => linear(&first),
            _ => self.decode(first),
        }
    }
}

/// `Σ_c z_c · rgb_c` per cell.
fn linear(latents: &Latents) -> Result<Rgb, DiffusionError> {
    let [_, channels, height, width] = latents.dims();
    let factors = TensorData::new(LATENT_RGB.as_flattened().to_vec(), [channels, 3]);
    let factors = Tensor::<2>::from_data(factors, &latents.device());
    let cells = latents.clone().reshape([channels, height * width]);
    Rgb::of(factors.transpose().matmul(cells).reshape([1, 3, height, width]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_turns_cells_into_pixels() {
        let device = lmd_nn::device(lmd_nn::Accelerator::Cpu).unwrap();
        let values: Vec<f32> = vec![0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -10.0];
        let preview = linear(&Tensor::from_data(TensorData::new(values, [1, 4, 1, 2]), &device)).unwrap();
        assert_eq!((preview.width, preview.height), (2, 1));
        // Zero is mid-gray; the second cell is channel 0 plus −10 of channel 3, clamped.
        assert_eq!(preview.pixels, [128, 128, 128, 255, 255, 255]);
    }
}
