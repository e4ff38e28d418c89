//! What loading a model folder says: errors of the model's own files, warnings, what the U-Net predicts.
#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::fs;
use std::path::Path;

use lmd_diffusion::{DiffusionError, Pipeline};
use lmd_nn::{Accelerator, LoadOptions, ModelFolder, PredictionType, Warning};

/// The small model with this text as its scheduler's configuration.
fn with_scheduler(text: &str, folder: &Path) {
    common::assemble("sd1", folder);
    fs::create_dir_all(folder.join("scheduler")).unwrap();
    fs::write(folder.join("scheduler/scheduler_config.json"), text).unwrap();
}

fn load(folder: &Path, prediction_type: Option<PredictionType>) -> Result<Pipeline, DiffusionError> {
    let device = lmd_nn::device(Accelerator::Cpu)?;
    Pipeline::load(&ModelFolder::open(folder)?, &LoadOptions { prediction_type, ..LoadOptions::new(&device) })
}

/// What diffusers 0.42.1 writes for `DPMSolverMultistepScheduler`; `-Infinity` is no JSON.
const DPM_SOLVER: &str = r#"{
  "_class_name": "DPMSolverMultistepScheduler", "_diffusers_version": "0.42.1", "algorithm_type": "dpmsolver++",
  "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "dynamic_thresholding_ratio": 0.995,
  "euler_at_final": false, "final_sigmas_type": "zero", "flow_shift": 1.0, "lambda_min_clipped": -Infinity,
  "lower_order_final": true, "num_train_timesteps": 1000, "prediction_type": "v_prediction",
  "rescale_betas_zero_snr": false, "sample_max_value": 1.0, "solver_order": 2, "solver_type": "midpoint",
  "steps_offset": 1, "thresholding": false, "timestep_spacing": "linspace", "trained_betas": null,
  "use_karras_sigmas": false, "variance_type": null
}"#;

#[test]
fn what_diffusers_writes_for_a_dpm_solver_is_read() {
    let folder = tempfile::tempdir().unwrap();
    with_scheduler(DPM_SOLVER, folder.path());
    let pipeline = load(folder.path(), None).unwrap();
    assert_eq!(pipeline.scheduler.prediction_type, PredictionType::Velocity);
}

#[test]
fn wrong_values_in_a_models_own_files_are_errors_of_the_model() {
    for (text, told) in [
        (r#"{"beta_start": -1}"#, "beta_start"),
        (r#"{"beta_start": NaN}"#, "null"),
        (r#"{"num_train_timesteps": 0}"#, "num_train_timesteps"),
        (r#"{"thresholding": true}"#, "thresholding"),
        (r#"{"trained_betas": [0.1, 0.2]}"#, "trained_betas"),
        (r#"{"prediction_type": "sample"}"#, "sample"),
        ("[", "EOF"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        with_scheduler(text, folder.path());
        let error = load(folder.path(), None).unwrap_err();
        assert!(matches!(error, DiffusionError::SchedulerConfig { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(told), "{text}: {error}");
    }
    for (text, told) in [(r#"{"cfg_scale": -1}"#, "cfg_scale"), (r#"{"cfg_scale": 1e300}"#, "cfg_scale")] {
        let folder = tempfile::tempdir().unwrap();
        with_scheduler("{}", folder.path());
        fs::write(folder.path().join("lmd.json"), text).unwrap();
        let error = load(folder.path(), None).unwrap_err();
        assert!(
            matches!(error, DiffusionError::Hints { .. }) && error.to_string().contains(told),
            "{error:?}"
        );
    }
}

#[test]
fn a_prediction_that_is_stated_wins_and_one_that_is_assumed_is_said() {
    let assumed = |pipeline: &Pipeline| {
        pipeline.warnings.iter().any(|warning| matches!(warning, Warning::PredictionAssumed { .. }))
    };
    let folder = tempfile::tempdir().unwrap();
    common::assemble("sd1", folder.path());
    let guessed = load(folder.path(), None).unwrap();
    assert_eq!(guessed.scheduler.prediction_type, PredictionType::Epsilon);
    assert!(assumed(&guessed));
    let stated = load(folder.path(), Some(PredictionType::Velocity)).unwrap();
    assert_eq!(stated.scheduler.prediction_type, PredictionType::Velocity);
    assert!(!assumed(&stated));
    with_scheduler(r#"{"prediction_type": "v_prediction"}"#, folder.path());
    let written = load(folder.path(), None).unwrap();
    assert_eq!(written.scheduler.prediction_type, PredictionType::Velocity);
    assert!(!assumed(&written));
    let overridden = load(folder.path(), Some(PredictionType::Epsilon)).unwrap();
    assert_eq!(overridden.scheduler.prediction_type, PredictionType::Epsilon);
}

/// The small text encoder has 600 rows, the small tokenizer fewer tokens.
#[test]
fn words_that_the_tokenizer_does_not_know_are_said() {
    let folder = tempfile::tempdir().unwrap();
    with_scheduler("{}", folder.path());
    let pipeline = load(folder.path(), None).unwrap();
    let Some(Warning::UnknownTokens { tokenizer, encoder: 600 }) = pipeline.warnings.first() else {
        panic!("{:?}", pipeline.warnings);
    };
    assert!(*tokenizer < 600);
    let added: Vec<String> = (*tokenizer..600).map(|id| format!(r#""<word-{id}>": {id}"#)).collect();
    let tokens = folder.path().join("tokenizer/added_tokens.json");
    fs::write(&tokens, format!("{{{}}}", added.join(","))).unwrap();
    assert!(load(folder.path(), None).unwrap().warnings.is_empty());
    let more: Vec<String> = (*tokenizer..601).map(|id| format!(r#""<word-{id}>": {id}"#)).collect();
    fs::write(&tokens, format!("{{{}}}", more.join(","))).unwrap();
    let error = load(folder.path(), None).unwrap_err().to_string();
    assert!(error.contains("tokens of the tokenizer 601, expected 600"), "{error}");
}
