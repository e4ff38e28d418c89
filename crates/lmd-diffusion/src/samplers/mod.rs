//! Samplers: from the latents and the network's output at one step to the
//! latents of the next. Each is a pure function of its state, written for any
//! [`NoiseSchedule`](crate::schedule::NoiseSchedule), and checked against diffusers (`bench/parity`).
//!
//! Scale of latents: a sampler steps in a scale of its own (Euler's latents are
//! `1/α_t` times the network's). Unit noise becomes latents of that scale by
//! [`Sampler::scale_noise`], once; [`Sampler::scale_input`] is the way to what
//! the network reads.
//!
//! A further sampler is one file beside these and one line in `BUILTIN`.

mod ddim;
mod dpm_solver;
mod error;
mod euler;
mod lcm;
mod pndm;
mod sampler;

pub use error::SchedulerError;
pub use sampler::{Sampler, SamplerConstructor, SamplerPlan, SamplerSpec, SamplerState, Stepped};
use sampler::{at_step, refuse};

/// The samplers of this crate.
pub(crate) const BUILTIN: [SamplerSpec; 5] =
    [ddim::SPEC, dpm_solver::SPEC, euler::SPEC, pndm::SPEC, lcm::SPEC];

#[cfg(test)]
mod tests;
