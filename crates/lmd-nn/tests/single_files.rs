//! Stable Diffusion in one file: what is read, what is only carried along, what is refused and by what name.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Golden, cpu, data, floats, relative_error};
use lmd_nn::{
    Checkpoint, LoadOptions, ModelFolder, NnError, Precision, PredictionType, UNetRequest, Warning,
};
use serde_json::{Value, json};

/// A tensor to be written: number format, shape, bytes.
type Tensor = (&'static str, Vec<usize>, Vec<u8>);
type Tensors = BTreeMap<String, Tensor>;

fn zeros(shape: &[usize]) -> Tensor {
    ("F32", shape.to_vec(), vec![0; 4 * shape.iter().product::<usize>()])
}

fn write(path: &Path, tensors: &Tensors, metadata: &Value) {
    let (mut header, mut bytes) = (serde_json::Map::new(), Vec::new());
    for (name, (dtype, shape, values)) in tensors {
        let offsets = [bytes.len(), bytes.len() + values.len()];
        bytes.extend(values);
        header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": offsets}));
    }
    header.insert("__metadata__".to_owned(), metadata.clone());
    let header = Value::Object(header).to_string();
    fs::write(path, [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat()).unwrap();
}

fn part(part: &str, file: &str, rename: impl Fn(&str) -> String) -> Tensors {
    let all = Checkpoint::open(&data("sd1").join(part).join(file)).unwrap();
    let tensor = |name: &str| {
        let view = all.read(name).unwrap();
        (rename(name), ("F16", view.shape.to_vec(), view.bytes.to_vec()))
    };
    all.names().map(tensor).collect()
}

/// The small model `sd1` under the names of single files, which diffusers' converter proved.
fn version_one() -> Tensors {
    let names = fs::read_to_string(data("ldm_names.json")).unwrap();
    let names: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&names).unwrap();
    let old = |part: &str, new: &str| names[part].iter().find(|(_, name)| *name == new).unwrap().0.clone();
    let mut all = part("unet", "diffusion_pytorch_model.safetensors", |new| old("unet", new));
    all.extend(part("vae", "diffusion_pytorch_model.safetensors", |new| old("vae", new)));
    all.extend(part("text_encoder", "model.safetensors", |new| {
        let inner = new.strip_prefix("text_model.").unwrap_or(new);
        format!("cond_stage_model.transformer.text_model.{inner}")
    }));
    all
}

/// The same U-Net with the names of a text encoder of Stable Diffusion 2.
fn version_two() -> Tensors {
    let mut all = version_one();
    all.retain(|name, _| !name.starts_with("cond_stage_model"));
    for name in ["ln_final.weight", "transformer.resblocks.0.mlp.c_fc.weight", "positional_embedding"] {
        all.insert(format!("cond_stage_model.model.{name}"), zeros(&[1]));
    }
    all
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("sd.safetensors")
    }

    fn open(&self, tensors: &Tensors, metadata: &Value) -> Result<ModelFolder, NnError> {
        write(&self.path(), tensors, metadata);
        ModelFolder::open(&self.path())
    }

    fn refusal(&self, tensors: &Tensors) -> String {
        self.open(tensors, &json!({})).unwrap_err().to_string()
    }
}

/// What loading the U-Net of a file says.
fn opens(model: &ModelFolder) -> String {
    match model.unet(&LoadOptions::new(&cpu())) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_whole_file_is_known_with_and_without_its_baggage() {
    let place = Place::new();
    let mut all = version_one();
    let plain = place.open(&all, &json!({})).unwrap();
    assert!(plain.warnings(None).unwrap().is_empty());
    assert_eq!(plain.prediction_type().unwrap(), (PredictionType::Epsilon, None));
    assert_eq!(plain.tokenizer().unwrap().vocab_size(), 49_408, "CLIP's own, since there is no tokenizer/");
    let bytes = plain.weight_bytes(Precision::F32, true).unwrap();
    for name in [
        "model_ema.diffusion_modelinput_blocks00weight",
        "betas",
        "sqrt_alphas_cumprod",
        "control_model.input_blocks.0.0.weight",
        "first_stage_model.loss.logvar",
        "cond_stage_model.transformer.text_model.embeddings.position_ids",
        "cond_stage_model.logit_scale",
        "embedding_manager.x",
    ] {
        all.insert(name.to_owned(), zeros(&[3]));
    }
    let metadata = json!({"ss_tags": "\"ü\"", "modelspec.title": "x", "format": "pt"});
    let laden = place.open(&all, &metadata).unwrap();
    assert!(laden.warnings(None).unwrap().is_empty());
    assert_eq!(laden.weight_bytes(Precision::F32, true).unwrap(), bytes);
}

#[test]
fn the_weights_take_what_their_numbers_take() {
    let folder = ModelFolder::open(&data("sd1")).unwrap();
    let count = |path: &str| -> u64 {
        let all = Checkpoint::open(&data("sd1").join(path)).unwrap();
        let used = all.names().filter(|name| !name.ends_with("position_ids"));
        used.map(|name| all.entry(name).unwrap().shape.iter().product::<usize>() as u64).sum()
    };
    let networks = count("unet/diffusion_pytorch_model.safetensors")
        + count("vae/diffusion_pytorch_model.safetensors")
        + count("text_encoder/model.safetensors");
    let layers = count("gligen/diffusion_pytorch_model.safetensors");
    assert_eq!(folder.weight_bytes(Precision::F32, false).unwrap(), 4 * networks);
    assert_eq!(folder.weight_bytes(Precision::F16, true).unwrap(), 2 * (networks + layers));
    let place = Place::new();
    let single = place.open(&version_one(), &json!({})).unwrap();
    assert_eq!(single.weight_bytes(Precision::F32, true).unwrap(), 4 * networks);
}

/// The U-Net twice as wide, so that its channels make 32 groups, as in every file of this kind.
fn loadable() -> Tensors {
    let wide = |(name, (dtype, shape, bytes)): (String, Tensor)| {
        if !name.starts_with("model.diffusion_model.") {
            return (name, (dtype, shape, bytes));
        }
        let shape: Vec<usize> =
            shape.iter().map(|&side| if side % 16 == 0 { 2 * side } else { side }).collect();
        (name, zeros(&shape))
    };
    version_one().into_iter().map(wide).collect()
}

#[test]
fn an_unknown_tensor_of_the_unet_is_refused_by_its_name() {
    let place = Place::new();
    assert_eq!(opens(&place.open(&loadable(), &json!({})).unwrap()), "");
    for (name, told) in [
        ("model.diffusion_model.some_new_part.0.weight", "model.diffusion_model.some_new_part.0.weight"),
        ("model.diffusion_model.input_blocks.1.0.new.weight", "down_blocks.0.resnets.0.new.weight"),
        ("model.diffusion_model.output_blocks.0.7.weight", "model.diffusion_model.output_blocks.0.7.weight"),
    ] {
        let mut all = loadable();
        all.insert(name.to_owned(), zeros(&[3]));
        let error = opens(&place.open(&all, &json!({})).unwrap());
        assert!(error.starts_with("unet") && error.contains(&format!("1 unknown ({told})")), "{error}");
    }
}

#[test]
fn tensors_of_no_part_and_an_autoencoder_beside_are_told() {
    let place = Place::new();
    let mut all = version_one();
    all.insert("something.else".to_owned(), zeros(&[3]));
    fs::write(place.path().with_extension("vae.safetensors"), "x").unwrap();
    let warnings = place.open(&all, &json!({})).unwrap().warnings(None).unwrap();
    let texts: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("1 tensors of no part") && texts[0].contains("something.else"), "{texts:?}");
    assert!(texts[1].contains("sd.vae.safetensors") && texts[1].contains("is not read"), "{texts:?}");
}

#[test]
fn a_file_without_a_part_says_which() {
    for (start, told) in [
        ("first_stage_model.", "without autoencoder (VAE)"),
        ("cond_stage_model.", "without text encoder"),
        ("first_stage_model.encoder.down.0.block.0", "incomplete: its autoencoder"),
        ("model.diffusion_model.middle_block", "incomplete: its U-Net"),
    ] {
        let mut all = version_one();
        all.retain(|name, _| !name.starts_with(start));
        let error = Place::new().refusal(&all);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn text_encoders_without_the_outer_name_are_read() {
    let place = Place::new();
    let renamed =
        |(name, tensor): (String, Tensor)| (name.replace("transformer.text_model.", "transformer."), tensor);
    let old: Tensors = version_one().into_iter().map(renamed).collect();
    for all in [version_one(), old] {
        // Heads of the small encoder are 8 wide, of real ones 64, so that this one's shape is refused; but only that.
        let error =
            place.open(&all, &json!({})).unwrap().text_encoder(&LoadOptions::new(&cpu())).unwrap_err();
        assert!(error.to_string().contains("num_attention_heads is 0"), "{error}");
    }
}

#[test]
fn other_kinds_of_model_are_named() {
    for (names, told) in [
        (
            vec!["conditioner.embedders.0.transformer.x", "model.diffusion_model.input_blocks.0.0.weight"],
            "Stable Diffusion XL",
        ),
        (vec!["model.diffusion_model.joint_blocks.0.x"], "Stable Diffusion 3"),
        (vec!["double_blocks.0.img_attn.proj.weight"], "FLUX"),
        (vec!["model.diffusion_model.label_emb.0.0.weight"], "unCLIP"),
        (vec!["lora_unet_x.lora_down.weight", "lora_unet_x.lora_up.weight"], "a LoRA; give it with --lora"),
        (vec!["unet.x.lora_A.weight"], "a LoRA"),
        (vec!["lora_unet_x.hada_w1_a"], "a LoRA"),
        (vec!["first_stage_model.decoder.conv_in.weight"], "an autoencoder (VAE) alone"),
        (vec!["decoder.conv_in.weight", "encoder.conv_in.weight"], "an autoencoder (VAE) alone"),
        (vec!["control_model.input_blocks.0.0.weight"], "a ControlNet"),
        (vec!["emb_params"], "a textual inversion"),
        (vec!["down_blocks.0.x", "conv_in.weight"], "a U-Net"),
        (vec!["text_model.encoder.layers.0.mlp.fc1.weight"], "a text encoder alone"),
        (vec!["w"], "expected a whole Stable Diffusion 1 or 2 (model.diffusion_model.*)"),
    ] {
        let all: Tensors = names.iter().map(|name| ((*name).to_owned(), zeros(&[1]))).collect();
        let error = Place::new().refusal(&all);
        assert!(error.contains(told), "{names:?}: {error}");
    }
}

#[test]
fn unets_for_other_purposes_are_named() {
    for (channels, told) in [(9, "for inpainting"), (8, "InstructPix2Pix"), (5, "with a depth map")] {
        let mut all = version_one();
        all.insert("model.diffusion_model.input_blocks.0.0.weight".to_owned(), zeros(&[16, channels, 3, 3]));
        let error = Place::new().refusal(&all);
        assert!(error.contains(told), "{error}");
    }
    let mut all = version_two();
    all.insert("ztsnr".to_owned(), zeros(&[0]));
    assert!(Place::new().refusal(&all).contains("zero terminal"));
}

#[test]
fn what_a_stable_diffusion_two_predicts_is_read_or_assumed_with_a_warning() {
    let (epsilon, velocity) = (PredictionType::Epsilon, PredictionType::Velocity);
    let place = Place::new();
    for (metadata, expected) in [
        (json!({"modelspec.prediction_type": "epsilon"}), epsilon),
        (json!({"modelspec.prediction_type": "v"}), velocity),
        (json!({"modelspec.architecture": "stable-diffusion-v2-512"}), epsilon),
        (json!({"modelspec.architecture": "stable-diffusion-v2-768-v"}), velocity),
    ] {
        let model = place.open(&version_two(), &metadata).unwrap();
        assert_eq!(model.prediction_type().unwrap(), (expected, None), "{metadata}");
    }
    let (assumed, warning) = place.open(&version_two(), &json!({})).unwrap().prediction_type().unwrap();
    assert_eq!(assumed, velocity);
    let warning = warning.unwrap().to_string();
    assert!(
        warning.contains("sd.safetensors does not say what its U-Net predicts; v_prediction is assumed"),
        "{warning}"
    );
    assert!(warning.contains("prediction_type = \"epsilon\""), "{warning}");

    let model = place.open(&version_two(), &json!({})).unwrap();
    assert_eq!(model.warnings(None).unwrap().len(), 1);
    assert!(model.warnings(Some(epsilon)).unwrap().is_empty(), "a stated prediction is no guess");
    fs::create_dir(place.0.path().join("scheduler")).unwrap();
    let scheduler = place.0.path().join("scheduler/scheduler_config.json");
    fs::write(&scheduler, r#"{"prediction_type": "v_prediction", "lambda_min_clipped": -Infinity}"#).unwrap();
    assert!(model.warnings(None).unwrap().is_empty(), "a scheduler beside the file says it");
    let text = model.scheduler_config().unwrap().unwrap();
    assert!(serde_json::from_str::<Value>(&text).unwrap()["lambda_min_clipped"].is_null(), "{text}");
    fs::remove_file(scheduler).unwrap();

    for (step, expected) in [(875_000_i64, epsilon), (140_000, velocity)] {
        let mut all = version_two();
        all.insert("global_step".to_owned(), ("I64", vec![], step.to_le_bytes().to_vec()));
        let found = place.open(&all, &json!({})).unwrap().prediction_type().unwrap();
        assert_eq!((found.0, found.1.is_some()), (expected, expected == velocity));
    }
    let mut all = version_two();
    all.insert("v_pred".to_owned(), zeros(&[0]));
    assert_eq!(place.open(&all, &json!({})).unwrap().prediction_type().unwrap(), (velocity, None));
    let error = place.open(&version_two(), &json!({"modelspec.prediction_type": "sample"})).unwrap();
    assert!(error.prediction_type().unwrap_err().to_string().contains("\"sample\""));
}

#[test]
fn a_folder_without_a_scheduler_says_what_it_assumes() {
    for (width, side, expected) in [
        (1024, json!(96), PredictionType::Velocity),
        (1024, json!(64), PredictionType::Epsilon),
        (768, json!(64), PredictionType::Epsilon),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("unet")).unwrap();
        let config = json!({"cross_attention_dim": width, "sample_size": side}).to_string();
        fs::write(folder.path().join("unet/config.json"), config).unwrap();
        let model = ModelFolder::open(folder.path()).unwrap();
        let (assumed, warning) = model.prediction_type().unwrap();
        assert_eq!(assumed, expected, "{width}");
        assert!(warning.unwrap().to_string().contains("is assumed"));
    }
}

#[test]
fn grounding_layers_beside_a_file_are_found_where_they_fit() {
    let place = Place::new();
    fs::create_dir(place.0.path().join("gligen")).unwrap();
    let layers = "gligen/diffusion_pytorch_model.safetensors";
    fs::copy(data("sd1").join(layers), place.0.path().join(layers)).unwrap();
    let model = place.open(&version_one(), &json!({})).unwrap();
    assert!(model.has_gligen());
    assert!(model.digests(true).unwrap().iter().any(|(file, _)| file == layers));
    let mut wider = version_one();
    let name = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight";
    wider.insert(name.to_owned(), zeros(&[32, 40]));
    assert!(!place.open(&wider, &json!({})).unwrap().has_gligen());
}

/// They are not taken for absent, which would draw without them.
#[test]
fn damaged_grounding_layers_beside_a_file_are_refused() {
    let place = Place::new();
    fs::create_dir(place.0.path().join("gligen")).unwrap();
    fs::write(place.0.path().join("gligen/diffusion_pytorch_model.safetensors"), "damaged").unwrap();
    let model = place.open(&version_one(), &json!({})).unwrap();
    assert!(model.has_gligen());
    let options = LoadOptions { gligen: true, ..LoadOptions::new(&cpu()) };
    for error in [
        model.check().unwrap_err(),
        model.digests(true).unwrap_err(),
        model.weight_bytes(Precision::F32, true).unwrap_err(),
        model.unet(&options).unwrap_err(),
    ] {
        assert!(error.to_string().contains("gligen"), "{error}");
    }
    model.digests(false).unwrap();
}

/// A folder as the Hugging Face hub's cache keeps it.
#[test]
fn the_cache_of_the_hub_is_followed() {
    let cache = tempfile::tempdir().unwrap();
    let root = cache.path().join("models--somebody--small-sd");
    let revision = "0123456789abcdef0123456789abcdef01234567";
    let snapshot = root.join("snapshots").join(revision);
    fs::create_dir_all(snapshot.join("unet")).unwrap();
    fs::create_dir_all(root.join("refs")).unwrap();
    fs::write(root.join("refs/main"), revision).unwrap();
    for file in ["config.json", "diffusion_pytorch_model.safetensors"] {
        fs::copy(data("sd1/unet").join(file), snapshot.join("unet").join(file)).unwrap();
    }
    for path in [&root, &snapshot] {
        let model = ModelFolder::open(path).unwrap();
        assert_eq!(model.name(), "small-sd");
        let golden = Golden::open(&data("sd1/golden.safetensors"));
        let unet = model.unet(&LoadOptions::new(&cpu())).unwrap();
        let text = unet.text_context(&golden.tensor("unet.text")).unwrap();
        let output =
            unet.forward(golden.tensor("unet.latents"), &[501.0, 37.0], &text, &UNetRequest::noise());
        let noise = floats(output.unwrap().noise.unwrap());
        assert!(relative_error(&noise, &golden.floats("unet.noise")) < 1e-4);
    }
    fs::write(root.join("refs/main"), "../../../etc").unwrap();
    assert!(ModelFolder::open(&root).is_err());
}

#[test]
fn folders_of_other_kinds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("model_index.json");
    for class in ["StableDiffusion3Pipeline", "FluxPipeline", "StableDiffusionXLPipeline"] {
        fs::write(&index, json!({"_class_name": class}).to_string()).unwrap();
        let error = ModelFolder::open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("a {class}")) && error.contains("Stable Diffusion 1 or 2"),
            "{error}"
        );
    }
    fs::create_dir(folder.path().join("unet")).unwrap();
    fs::write(folder.path().join("unet/config.json"), "{}").unwrap();
    assert!(ModelFolder::open(folder.path()).unwrap_err().to_string().contains("StableDiffusionXLPipeline"));
    fs::write(&index, json!({"_class_name": "StableDiffusionPipeline"}).to_string()).unwrap();
    assert!(ModelFolder::open(folder.path()).is_ok());
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("dream.safetensors"), "x").unwrap();
    let error = ModelFolder::open(other.path()).unwrap_err().to_string();
    assert!(error.contains("for a single file give") && error.contains("dream.safetensors"), "{error}");
}
