//! Every sampler against diffusers' numbers (`bench/parity/schedulers.py`).

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

use super::*;
use crate::schedule::SchedulerConfig;
use crate::{Latents, MtNormal, Registry};

fn laid_out(name: &str, config: &SchedulerConfig, steps: usize) -> Result<Arc<dyn Sampler>, SchedulerError> {
    Registry::shared().sampler(&name.to_owned().into()).unwrap().for_config(config, steps)
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    steps: usize,
    config: SchedulerConfig,
    timesteps: Vec<f64>,
    frames: Vec<Vec<f32>>,
}

fn latents(values: Vec<f32>) -> Latents {
    Tensor::from_data(TensorData::new(values, [1, 2, 2, 2]), &Device::default())
}

fn values(x: &Latents) -> Vec<f32> {
    x.to_data().iter::<f32>().collect()
}

/// The script's made-up network.
fn network(x: Latents, t: f64) -> Latents {
    let waves = (0..8).map(|i| (t as f32 / 150.0 + i as f32).sin()).collect();
    x.mul_scalar(0.4) + latents(waves)
}

fn check(case: &Case) {
    let name = format!("{:?}, {} steps, {:?}", case.kind, case.steps, case.config);
    let sampler = laid_out(&case.kind, &case.config, case.steps).unwrap();
    assert_eq!(sampler.timesteps().len(), case.timesteps.len(), "{name}");
    for (ours, theirs) in sampler.timesteps().iter().zip(&case.timesteps) {
        assert!((ours - theirs).abs() < 1e-3, "{name}: {:?}", sampler.timesteps());
    }
    let mut draws = MtNormal::new(5);
    let mut state = SamplerState::new(sampler.scale_noise(latents(MtNormal::new(11).randn(8))));
    for (i, frame) in case.frames.iter().enumerate() {
        let t = sampler.timesteps()[i];
        let output = network(sampler.scale_input(i, state.latents.clone()), t);
        state = sampler.advance(state, output, &mut || latents(draws.randn(8))).state;
        let largest = frame.iter().fold(1.0f32, |m, v| m.max(v.abs()));
        for (ours, theirs) in values(&state.latents).iter().zip(frame) {
            assert!((ours - theirs).abs() <= 1e-4 * largest, "{name}, step {i}: {ours} against {theirs}");
        }
    }
}

#[test]
fn samplers_agree_with_diffusers() {
    let golden: Golden = serde_json::from_str(include_str!("../../tests/data/schedulers.json")).unwrap();
    assert!(golden.cases.len() >= 28);
    golden.cases.iter().for_each(check);
}

#[test]
fn the_fast_schedule_skips_every_other_step() {
    let sampler = laid_out("ddim", &SchedulerConfig::default(), 50).unwrap();
    let fast = sampler.fast(30).unwrap();
    assert_eq!(fast.timesteps().len(), 40);
    assert_eq!(fast.timesteps()[28..33], [421.0, 401.0, 361.0, 321.0, 281.0]);
    assert_eq!(sampler.fast(49).unwrap().timesteps(), sampler.timesteps());
}

#[test]
fn unsupported_settings_are_named() {
    let config = SchedulerConfig { thresholding: true, ..Default::default() };
    let error = laid_out("ddim", &config, 10).unwrap_err().to_string();
    assert!(error.contains("thresholding = true") && !error.contains("another sampler"), "{error}");
    let config = SchedulerConfig { beta_end: f64::NAN, ..Default::default() };
    assert!(laid_out("ddim", &config, 10).unwrap_err().to_string().contains("beta_end"));
    for (name, config, told) in [
        (
            "euler",
            SchedulerConfig { use_karras_sigmas: true, ..Default::default() },
            "use_karras_sigmas = true",
        ),
        ("pndm", SchedulerConfig { skip_prk_steps: false, ..Default::default() }, "skip_prk_steps = false"),
    ] {
        let error = laid_out(name, &config, 10).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains("another sampler"), "{error}");
    }
    let steps = laid_out("lcm", &SchedulerConfig::default(), 51).unwrap_err();
    assert!(steps.to_string().contains("1 to 50"), "{steps}");
}

#[test]
fn stepping_past_the_end_changes_nothing() {
    let sampler = laid_out("ddim", &SchedulerConfig::default(), 1).unwrap();
    let state = SamplerState::new(latents(vec![0.5; 8]));
    let none = &mut || latents(vec![0.0; 8]);
    let done = sampler.advance(state, latents(vec![0.1; 8]), none).state;
    let after = sampler.advance(done.clone(), latents(vec![9.0; 8]), none).state;
    assert_eq!(values(&done.latents), values(&after.latents));
}

#[test]
fn what_noise_was_put_on_is_found_again() {
    for kind in Registry::shared().samplers().map(|sampler| sampler.name) {
        let sampler = laid_out(kind, &SchedulerConfig::default(), 10).unwrap();
        let [clean, noise] = [21, 22].map(|seed| latents(MtNormal::new(seed).randn(8)));
        // PNDM's second step starts one stride higher than its timestep says.
        let indices = (0..sampler.timesteps().len()).filter(|index| kind != "pndm" || *index != 1);
        for index in indices {
            let noisy = sampler.noised(index, clean.clone(), noise.clone());
            let state = SamplerState { index, ..SamplerState::new(noisy) };
            let found = sampler.advance(state, noise.clone(), &mut || latents(vec![0.0; 8])).denoised;
            let apart =
                values(&(found - clean.clone())).into_iter().fold(0.0, |most: f32, d| most.max(d.abs()));
            assert!(apart < 1e-4, "{kind:?}, step {index}: {apart}");
        }
    }
}
