//! The method against what the original implementation computed on a tiny
//! random Stable Diffusion. The data is not part of the repository: these tests
//! run where `LMD_TEST_DATA` names its folder.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmd_diffusion::config::{DrawConfig, GuidanceConfig, LmdConfig};
use lmd_diffusion::energy::{
    AttentionMap, AttentionMaps, Energy, GuidedObject, TopKConfig, top_k_energy, transfer_energy,
};
use lmd_diffusion::methods::lmd::{Traced, draw_traced};
use lmd_diffusion::network::{LayerId, MapRequest, guided_layers};
use lmd_diffusion::{InnerTrace, Job, Latents, Pipeline, Seeds, Silent, StepEnergies};
use lmd_layout::{BBox, Canvas, Fidelity, Layout, Mask, Object};
use lmd_nn::{LoadOptions, ModelFolder, TensorData};
use safetensors::SafeTensors;
use serde_json::Value;

fn golden() -> PathBuf {
    let folder = Path::new(&std::env::var("LMD_TEST_DATA").unwrap()).join("golden");
    assert!(folder.is_dir(), "{} is no folder", folder.display());
    folder
}

fn model(folder: &Path) -> Pipeline {
    let device = lmd_nn::device(lmd_nn::Accelerator::Cpu).unwrap();
    let folder = ModelFolder::open(&folder.join("tiny-sd15")).unwrap();
    Pipeline::load(&folder, &LoadOptions::new(&device)).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let view = tensors.tensor(name).unwrap();
    view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn usizes(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// What the original calls a layer.
fn name_of(model: &Pipeline, id: LayerId) -> String {
    format!("{}_0", model.denoiser.layers()[id.0].name.replace('.', "_"))
}

fn boxes(value: &Value) -> Vec<[f64; 4]> {
    value.as_array().unwrap().iter().map(|b| serde_json::from_value(b.clone()).unwrap()).collect()
}

/// A forward pass of the guided layers on the fixed latents.
struct Forward {
    leaf: Latents,
    maps: BTreeMap<LayerId, Latents>,
    columns: Vec<usize>,
}

fn forward(model: &Pipeline, spec: &Value, columns: &[usize]) -> Forward {
    let noise = lmd_diffusion::NoiseSource::Mt19937.randn(4321, 4 * 64 * 64);
    let leaf = model.latents(noise, (64, 64)).autodiff().require_grad();
    let text = model.encode(&[spec["prompt"].as_str().unwrap()]).unwrap();
    let layers = guided_layers(model.denoiser.layers());
    let names: Vec<String> = layers.iter().map(|id| name_of(model, *id)).collect();
    assert_eq!(names, ["mid_0_0_0", "up_1_0_0", "up_1_1_0", "up_1_2_0"]);
    let request = MapRequest { layers: &layers, columns, maps_only: true };
    let maps = model.denoiser.forward(leaf.clone(), 501.0, &text, request).unwrap().maps;
    Forward { leaf, maps, columns: columns.to_vec() }
}

impl Forward {
    fn maps(&self) -> AttentionMaps {
        let on_host = |(key, map): (&LayerId, &Latents)| {
            let [_, heads, cells, _] = map.dims();
            let side = cells.isqrt();
            let values = map.clone().into_data().iter::<f32>().collect();
            (*key, AttentionMap::new(heads, (side, side), self.columns.clone(), values).unwrap())
        };
        self.maps.iter().map(on_host).collect()
    }

    /// The energy's gradient by the latents.
    fn gradient(&self, energy: &Energy) -> Vec<f32> {
        let terms = self.maps.iter().map(|(key, map)| {
            let slope = TensorData::new(energy.gradient[key].clone(), map.dims());
            (map.clone() * Latents::from_data(slope, &map.device())).sum()
        });
        let surrogate = terms.reduce(|a, b| a + b).unwrap();
        self.leaf.grad(&surrogate.backward()).unwrap().into_data().iter::<f32>().collect()
    }
}

#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn energies_and_gradients_of_fixed_latents() {
    let folder = golden();
    let (model, spec) = (model(&folder), json(&folder.join("energy_standalone.json")));
    let bytes = std::fs::read(folder.join("energy_standalone.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let objects: Vec<GuidedObject> = (0..2)
        .map(|o| GuidedObject {
            boxes: boxes(&spec["boxes"][o]),
            tokens: usizes(&spec["object_positions"][o]),
            word: usizes(&spec["word_token_indices"])[o],
        })
        .collect();
    let mut columns = usizes(&spec["grad_attn_columns"]);
    columns.sort_unstable();

    let maps = forward(&model, &spec, &columns).maps();

    let mut flat = 0;
    let references: Vec<Vec<AttentionMaps>> = objects
        .iter()
        .map(|object| {
            let of_box = |_: &[f64; 4]| {
                let maps = maps.iter().map(|(key, map)| {
                    let values = floats(&tensors, &format!("ref.box{flat}.{}", name_of(&model, *key)));
                    let size = (map.width(), map.height());
                    (*key, AttentionMap::new(map.heads(), size, vec![object.word], values).unwrap())
                });
                let maps = maps.collect();
                flat += 1;
                maps
            };
            object.boxes.iter().map(of_box).collect()
        })
        .collect();

    let box_energy = top_k_energy(&maps, &objects, &TopKConfig::default()).unwrap();
    let both = box_energy.clone().plus(&transfer_energy(&maps, &objects, &references, 2.0).unwrap());
    for (name, energy) in [("topk", box_energy), ("topk_plus_transfer", both)] {
        let expected = spec["results"][name]["energy"].as_f64().unwrap();
        assert!(
            (energy.value - expected).abs() <= 1e-4 * expected,
            "{name}: {} against {expected}",
            energy.value
        );
        let gradient = forward(&model, &spec, &columns).gradient(&energy);
        let cosine = cosine(&gradient, &floats(&tensors, &format!("grad.{name}")));
        eprintln!("{name}: energy {} against {expected}, gradient cosine {cosine}", energy.value);
        assert!(cosine > 0.9999, "{name}: gradient cosine {cosine}");
    }
}

/// Every `lmd_*` run in the folder.
#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with golden/"]
fn whole_runs() {
    let folder = golden();
    let model = model(&folder);
    let mut runs = 0;
    let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let mut specs: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lmd_")))
        .collect();
    specs.sort();
    for path in specs {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let tensors = std::fs::read(path.with_extension("safetensors")).unwrap();
        check_run(&model, &name, &json(&path), &tensors);
        runs += 1;
    }
    assert!(runs > 0, "no runs beside the golden model");
}

/// A setting of the run, or its default.
fn setting(spec: &Value, name: &str) -> Value {
    [&spec["kwargs"][name], &spec["other_defaults"][name]].into_iter().find(|v| !v.is_null()).unwrap().clone()
}

fn number(spec: &Value, name: &str) -> f64 {
    setting(spec, name).as_f64().unwrap()
}

fn config_of(spec: &Value) -> DrawConfig {
    let energy = TopKConfig {
        fg_top_p: number(spec, "fg_top_p") as f32,
        bg_top_p: number(spec, "bg_top_p") as f32,
        fg_weight: number(spec, "fg_weight") as f32,
        bg_weight: number(spec, "bg_weight") as f32,
    };
    let guidance = |prefix: &str| GuidanceConfig {
        max_index_step: number(spec, &format!("{prefix}max_index_step")) as usize,
        max_iter: usizes(&setting(spec, &format!("{prefix}max_iter"))),
        loss_scale: number(spec, &format!("{prefix}loss_scale")),
        loss_threshold: number(spec, &format!("{prefix}loss_threshold")),
        energy,
    };
    let lmd = LmdConfig {
        per_box: guidance(""),
        overall: guidance("overall_"),
        frozen_step_ratio: number(spec, "frozen_step_ratio"),
        transfer_weight: number(spec, "ref_ca_loss_weight"),
        fg_blending_ratio: Some(number(spec, "fg_blending_ratio")),
        floor_padding: number(spec, "so_floor_padding"),
        mask_threshold: number(spec, "mask_th_for_point"),
        mask_from_step: Some(number(spec, "attn_aggregation_step_start") as usize),
        ..LmdConfig::default()
    };
    let steps = number(spec, "num_inference_steps") as usize;
    let fidelity = Fidelity::Reference;
    DrawConfig {
        steps,
        cfg_scale: Some(number(spec, "guidance_scale")),
        fidelity,
        lmd,
        ..DrawConfig::default()
    }
}

fn layout_of(spec: &Value) -> Layout {
    let text = |name: &str| spec["layout"][name].as_str().unwrap();
    let objects = spec["layout"]["gen_boxes"].as_array().unwrap().iter().map(|o| {
        let xywh = serde_json::from_value(o[1].clone()).unwrap();
        Object::new(o[0].as_str().unwrap(), BBox::from_xywh(xywh, Canvas::REFERENCE).unwrap()).unwrap()
    });
    Layout::new(objects.collect(), text("bg_prompt"), text("extra_neg_prompt")).unwrap()
}

fn check_run(model: &Pipeline, name: &str, spec: &Value, bytes: &[u8]) {
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let (layout, config) = (layout_of(spec), config_of(spec));
    let seeds =
        Seeds { background: number(spec, "bg_seed") as u64, first_box: number(spec, "fg_seed_start") as u64 };
    let job = Job { layout: &layout, prompt: "", seeds, config: &config };
    let start = std::time::Instant::now();
    let traced = draw_traced(model, &job, &mut Silent).unwrap();
    eprintln!("{name}: drawn in {:.1} s", start.elapsed().as_secs_f64());

    let noise = config.noise.randn(seeds.background, 4 * 64 * 64);
    assert!(largest_difference(&noise, &floats(&tensors, "noise.bg")) <= 2e-6);
    for k in 0..traced.boxes.len() {
        check_box(name, k, spec, &tensors, &traced);
    }
    let expected = floats(&tensors, "overall.latents_after_freeze");
    check_frames(&format!("{name}, overall"), &traced.overall.frames[1..], &expected, 5e-4);
    let frames: Vec<f32> = traced.composition.latents.frames.concat();
    let composed = floats(&tensors, "composed_latents");
    let difference = largest_difference(&frames[..composed.len()], &composed);
    assert!(difference <= 5e-4, "{name}: composed latents differ by {difference}");
    check_losses(name, &traced.drawn.recipe.energies, &spec["losses"]["overall"]);
    check_inner(&format!("{name}, overall"), "overall", &traced.inner, &tensors);
    let owners = tensors.tensor("foreground_indices").unwrap();
    let size = owners.dtype().bitsize() / 8;
    // Little-endian whole numbers of any size; none is beyond a byte.
    let owners = owners.data().chunks_exact(size).map(|number| usize::from(number[0]));
    assert!(owners.eq(traced.composition.owners.iter().copied()), "{name}: index map");
    let frozen = tensors.tensor("frozen_mask").unwrap().data().iter().map(|cell| *cell != 0);
    assert!(frozen.eq(traced.composition.frozen.cells().iter().copied()), "{name}: frozen cells");
    if let Ok(image) = tensors.tensor("overall.image_u8") {
        let ours = &traced.drawn.picture.pixels;
        let off = ours.iter().zip(image.data()).filter(|(a, b)| a.abs_diff(**b) > 1).count();
        eprintln!("{name}: {off} of {} bytes of the picture differ by more than 1", ours.len());
        assert!(off * 1000 < ours.len(), "{name}: the picture differs");
    }
}

fn check_box(name: &str, k: usize, spec: &Value, tensors: &SafeTensors<'_>, traced: &Traced) {
    let (name, cut) = (format!("{name}, box {k}"), &traced.boxes[k]);
    check_frames(&name, &cut.drawn.frames, &floats(tensors, &format!("so{k}.latents_all")), 5e-4);
    for (ours, file) in [(&cut.drawn_mask, "mask_raw"), (&cut.mask, "mask_aligned")] {
        let theirs = tensors.tensor(&format!("so{k}.{file}")).unwrap();
        let theirs = Mask::from_fn(64, 64, |x, y| theirs.data()[y * 64 + x] != 0);
        assert_eq!(*ours, theirs, "{name}: {file}");
    }
    let offset = usizes_or_negative(&spec["per_box"][k]["offset_in_eighths_of_image"]);
    assert_eq!([cut.offset.x, cut.offset.y], offset[..], "{name}: offset");
    check_losses(&name, &cut.energies, &spec["losses"][format!("so{k}")]);
    check_inner(&name, &format!("so{k}"), &cut.inner, tensors);
}

/// What lies between the steps: guided latents, predictions and gradients, where the run's file has them.
fn check_inner(name: &str, run: &str, inner: &InnerTrace, tensors: &SafeTensors<'_>) {
    let parts = [
        ("latents_guided", &inner.guided),
        ("noise_pred_cfg", &inner.predictions),
        ("grads_scaled_loss", &inner.gradients),
    ];
    for (part, ours) in parts {
        let wanted = format!("{run}.{part}");
        // Some files leave predictions and gradients out.
        if part != "latents_guided" && tensors.tensor(&wanted).is_err() {
            continue;
        }
        let theirs = floats(tensors, &wanted);
        assert_eq!(ours.concat().len(), theirs.len(), "{name}: number of {part}");
        // Gradients are small numbers: they are compared with the largest of each.
        let chunks = ours.iter().zip(theirs.chunks(ours[0].len()));
        let differences: Vec<f32> = chunks
            .map(|(a, b)| {
                let scale = b.iter().fold(1e-12_f32, |largest, value| largest.max(value.abs()));
                largest_difference(a, b) / if part == "grads_scaled_loss" { scale } else { 1.0 }
            })
            .collect();
        eprintln!("{name}: {part} differ by at most {:.1e}", differences.iter().copied().fold(0.0, f32::max));
        let bar = if part == "grads_scaled_loss" { 2e-3 } else { 5e-4 };
        assert!(differences.iter().all(|d| *d <= bar), "{name}: {part} differ by {differences:?}");
    }
}

fn usizes_or_negative(value: &Value) -> Vec<isize> {
    value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap() as isize).collect()
}

fn check_frames(name: &str, frames: &[Vec<f32>], expected: &[f32], tolerance: f32) {
    assert_eq!(frames.len() * frames[0].len(), expected.len(), "{name}: number of frames");
    let differences: Vec<f32> =
        frames.iter().zip(expected.chunks(frames[0].len())).map(|(a, b)| largest_difference(a, b)).collect();
    eprintln!("{name}: latents differ by at most {:.1e}", differences.iter().copied().fold(0.0, f32::max));
    assert!(differences.iter().all(|d| *d <= tolerance), "{name}: latents differ by {differences:?}");
}

fn check_losses(name: &str, ours: &[StepEnergies], theirs: &Value) {
    let ours: Vec<f64> = ours.iter().flat_map(|step| step.energies.iter().copied()).collect();
    let steps = theirs.as_array().unwrap().iter();
    let theirs: Vec<f64> = steps
        .flat_map(|step| step["iters"].as_array().unwrap())
        .map(|iteration| iteration["loss"].as_f64().unwrap())
        .collect();
    assert_eq!(ours.len(), theirs.len(), "{name}: guidance iterations");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((ours - theirs).abs() <= 1e-4 * theirs.abs(), "{name}: loss {ours} against {theirs}");
    }
}
