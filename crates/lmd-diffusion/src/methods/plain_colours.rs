//! The plain colours that stand outside of MultiDiffusion's regions in its first steps (bootstrapping, section C).

use burn::tensor::Tensor;
use lmd_layout::Fidelity;
use rand_mt::Mt;

use super::MethodContext;
use crate::denoise::SamplingLoop;
use crate::latents::host;
use crate::{DiffusionError, Latents};

/// Plain colours as the network would see them at a step.
pub(super) struct PlainColours<'a> {
    context: &'a MethodContext<'a>,
    sampling: &'a SamplingLoop<'a>,
    /// How many steps have them.
    steps: usize,
    /// The codes of the reference's colours, as far as they are known.
    codes: Vec<Option<Latents>>,
}

impl<'a> PlainColours<'a> {
    pub(super) fn new(context: &'a MethodContext<'a>, sampling: &'a SamplingLoop<'a>, steps: usize) -> Self {
        Self { context, sampling, steps, codes: vec![None; steps] }
    }

    /// What stands around a region at a step.
    pub(super) fn around(&mut self, step: usize, region: usize) -> Result<Latents, DiffusionError> {
        match self.context.job.config.fidelity {
            Fidelity::Reference => self.of_few(step, region),
            _ => self.fresh(step, region),
        }
    }

    /// A colour and noise of their own for every step and region, from the seed.
    fn fresh(&self, step: usize, region: usize) -> Result<Latents, DiffusionError> {
        let (context, vae) = (self.context, &self.context.pipeline.vae);
        let seed = self.seed(step, region);
        // Nearly uniform in 0 to 1: the logistic function is close to the normal distribution's.
        let noise = context.job.config.noise.randn(seed, 16);
        let colour = [0, 1, 2].map(|i| 2.0 / (1.0 + (-1.702 * noise[i]).exp()) - 1.0);
        let side = 8 * vae.downscale();
        let code = vae.encode(context.pipeline.latents(plain(colour, side * side), (side, side)))?;
        let code = code.mul_scalar(vae.scaling_factor());
        // The middle of the code of a small picture: one colour is coded alike everywhere but at the edges.
        let middle = host(code.slice([0..1, 0..vae.latent_channels(), 4..5, 4..5]));
        let (width, height) = context.grid;
        let clean = context.tensor(middle.iter().flat_map(|value| vec![*value; width * height]).collect());
        let noise: Tensor<4> = context.tensor(context.noise(seed));
        Ok(self.sampling.sampler.noised(step, clean, noise))
    }

    /// One of as many colours as there are such steps, drawn anew for every step and region, and the noise of the start.
    /// Codes are those of whole pictures, drawn from what the autoencoder says they may be.
    fn of_few(&mut self, step: usize, region: usize) -> Result<Latents, DiffusionError> {
        let mut dice = mersenne(self.seed(step, region));
        let which = dice.next_u32() as usize % self.steps.max(1);
        let known = self.codes.get(which).cloned().flatten();
        let code = match known {
            Some(code) => code,
            None => {
                let code = self.code(which)?;
                if let Some(place) = self.codes.get_mut(which) {
                    *place = Some(code.clone());
                }
                code
            }
        };
        let context = self.context;
        let noise: Tensor<4> = context.tensor(context.noise(context.job.seeds.background));
        Ok(self.sampling.sampler.noised(step, code, noise))
    }

    /// The code of the colour of this number, as large as the latents.
    fn code(&self, which: usize) -> Result<Latents, DiffusionError> {
        let (context, vae) = (self.context, &self.context.pipeline.vae);
        let seed = self.seed(which, 0);
        let mut dice = mersenne(seed);
        let colour = [(); 3].map(|()| 2.0 * (dice.next_u32() as f32 / u32::MAX as f32) - 1.0);
        let size = (context.grid.0 * vae.downscale(), context.grid.1 * vae.downscale());
        let picture = context.pipeline.latents(plain(colour, size.0 * size.1), size);
        let noise: Tensor<4> = context.tensor(context.noise(seed));
        Ok(vae.encode_sample(picture, noise)?.mul_scalar(vae.scaling_factor()))
    }

    fn seed(&self, step: usize, region: usize) -> u64 {
        let seed = self.context.job.seeds.background;
        seed.wrapping_add(7_000_003 * (1 + step as u64) + 11 * region as u64)
    }
}

/// Uniform 32-bit numbers from a seed.
fn mersenne(seed: u64) -> Mt {
    Mt::new((seed ^ (seed >> 32)) as u32)
}

/// One colour in -1 to 1 as `[3, pixels]`.
fn plain(colour: [f32; 3], pixels: usize) -> Vec<f32> {
    colour.iter().flat_map(|value| vec![*value; pixels]).collect()
}
