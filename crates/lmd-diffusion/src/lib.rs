//! Stage 2 of LLM-grounded diffusion (LMD, arXiv 2305.13655): noise,
//! schedulers, energies, guidance, masks, composition, and the methods.

mod noise;

pub use noise::{MtNormal, NoiseSource, philox_randn};
