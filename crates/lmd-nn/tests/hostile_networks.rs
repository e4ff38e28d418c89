//! Segment Anything and OWL from files that are damaged, lie or belong to something else: each gives one clear error.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::{assemble, cpu, data, write};
use lmd_nn::weights::{StoredType, TensorView};
use lmd_nn::{Checkpoint, LoadOptions, Owl, Sam, SamFolder};
use serde_json::{Value, json};

/// A network that is read from a folder.
struct Kind {
    name: &'static str,
    read: fn(&Path) -> Result<(), String>,
    /// One of its tensors.
    tensor: &'static str,
    /// A width in its configuration.
    width: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { name: "sam", read: sam, tensor: "vision_encoder.pos_embed", width: "/vision_config/hidden_size" },
    Kind {
        name: "owlvit",
        read: owl,
        tensor: "box_head.dense1.weight",
        width: "/vision_config/intermediate_size",
    },
    Kind {
        name: "owlv2",
        read: owl,
        tensor: "objectness_head.dense2.bias",
        width: "/text_config/hidden_size",
    },
];

fn sam(path: &Path) -> Result<(), String> {
    let options = LoadOptions::new(&cpu());
    let opened = Sam::open(path, &options).map(drop).map_err(|error| error.to_string());
    let checked = SamFolder::on_disk(path).check(&options).map(drop).map_err(|error| error.to_string());
    // The look at the files finds all but numbers that are not finite.
    let of_numbers = |error: &String| error.contains("NaN");
    assert!(opened == checked || opened.as_ref().is_err_and(of_numbers), "{opened:?} but {checked:?}");
    opened
}

fn owl(path: &Path) -> Result<(), String> {
    Owl::open(path, &LoadOptions::new(&cpu())).map(drop).map_err(|error| error.to_string())
}

/// A copy of a network's folder, changed by `change`, and what reading it gives.
fn told(kind: &Kind, change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    assemble(kind.name, folder.path());
    change(folder.path());
    (kind.read)(folder.path()).unwrap_err()
}

fn configure(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
}

/// Writes the weights again, every tensor passed through `change`.
fn rewrite(folder: &Path, change: impl Fn(&str, &mut Vec<u8>) -> bool) {
    let path = folder.join("model.safetensors");
    let all = Checkpoint::open(&path).unwrap();
    let names: Vec<&str> = all.names().collect();
    let tensors = names.iter().filter_map(|name| {
        let view = all.read(name).unwrap();
        let mut bytes = view.bytes.to_vec();
        let kept = change(name, &mut bytes);
        kept.then(|| {
            ((*name).to_owned(), TensorView { dtype: view.dtype, shape: view.shape, bytes: bytes.into() })
        })
    });
    let tensors: Vec<_> = tensors.collect();
    let to = folder.join("rewritten");
    write(&to, &tensors);
    drop(tensors);
    fs::rename(to, path).unwrap();
}

#[test]
fn the_folders_themselves_are_read() {
    for kind in KINDS {
        let told = told(&kind, |folder| fs::remove_file(folder.join("config.json")).unwrap());
        assert!(told.contains("config.json"), "{told}");
    }
    sam(&data("sam")).unwrap();
}

#[test]
fn a_lacking_and_a_strange_tensor_are_named() {
    for kind in KINDS {
        let lacking = told(&kind, |folder| rewrite(folder, |name, _| name != kind.tensor));
        assert!(lacking.contains(&format!("1 missing ({})", kind.tensor)), "{lacking}");
        let strange = told(&kind, |folder| {
            let path = folder.join("model.safetensors");
            let all = Checkpoint::open(&path).unwrap();
            let names: Vec<&str> = all.names().collect();
            let mut tensors: Vec<_> =
                names.iter().map(|name| ((*name).to_owned(), all.read(name).unwrap())).collect();
            let one = TensorView { dtype: StoredType::F32, shape: &[1], bytes: vec![0; 4].into() };
            tensors.push(("zzz.weight".to_owned(), one));
            write(&folder.join("rewritten"), &tensors);
            fs::rename(folder.join("rewritten"), path).unwrap();
        });
        assert!(strange.contains("1 unknown (zzz.weight)"), "{strange}");
    }
}

#[test]
fn weights_of_another_shape_are_told_with_both() {
    for kind in KINDS {
        let told = told(&kind, |folder| {
            configure(folder, "config.json", |config| {
                let width = config.pointer_mut(kind.width).unwrap();
                *width = json!(width.as_u64().unwrap() * 2);
                if kind.width.starts_with("/text") {
                    config["projection_dim"] = json!(32);
                }
            });
        });
        assert!(told.contains("mis-shaped") && told.contains("expected ["), "{told}");
    }
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_asked_for() {
    for kind in KINDS {
        for size in [json!(0), json!(1_u64 << 40), json!(-1), json!("many"), json!(1e30)] {
            let told = told(&kind, |folder| {
                configure(folder, "config.json", |config| {
                    *config.pointer_mut(kind.width).unwrap() = size.clone();
                });
            });
            assert!(told.len() < 600, "{size}: {told}");
        }
        let told = told(&kind, |folder| {
            configure(folder, "config.json", |config| config["model_type"] = json!("clip"));
        });
        assert!(told.contains("model_type is"), "{told}");
    }
}

#[test]
fn a_number_that_is_none_is_found() {
    for kind in KINDS {
        let told = told(&kind, |folder| {
            rewrite(folder, |name, bytes| {
                if name == kind.tensor {
                    bytes[..2].copy_from_slice(&0x7e00_u16.to_le_bytes());
                }
                true
            });
        });
        assert!(told.contains(kind.tensor) && told.contains("NaN"), "{told}");
    }
}

#[test]
fn damaged_files_are_told() {
    for kind in KINDS {
        let shortened = told(&kind, |folder| {
            let path = folder.join("model.safetensors");
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        });
        assert!(shortened.contains("model.safetensors"), "{shortened}");
        let pickled = told(&kind, |folder| {
            fs::rename(folder.join("model.safetensors"), folder.join("pytorch_model.bin")).unwrap();
        });
        assert!(pickled.contains("is a pickle") && pickled.contains("python -c"), "{pickled}");
        let none = told(&kind, |folder| fs::remove_file(folder.join("model.safetensors")).unwrap());
        assert!(none.contains("expected model.safetensors"), "{none}");
        let preprocessor = told(&kind, |folder| {
            configure(folder, "preprocessor_config.json", |config| config["image_std"] = json!([0, 0, 0]));
        });
        assert!(preprocessor.contains("image_std is 0"), "{preprocessor}");
    }
}

#[test]
fn files_of_something_else_are_no_sam() {
    let folder = tempfile::tempdir().unwrap();
    let unet = data("sd1/unet/diffusion_pytorch_model.safetensors");
    let told = sam(&unet).unwrap_err();
    assert!(told.contains("has no tensors image_encoder.*"), "{told}");
    let pickle = folder.path().join("sam_vit_b_01ec64.pth");
    fs::write(&pickle, b"PK").unwrap();
    let told = sam(&pickle).unwrap_err();
    assert!(told.contains("is a pickle") && told.contains("sam_vit_b_01ec64.safetensors"), "{told}");
    assert!(sam(&folder.path().join("nowhere.safetensors")).unwrap_err().contains("nowhere"));
    // Of the authors' file half: what is lacking is told, not guessed.
    let bytes = fs::read(data("sam/authors.safetensors")).unwrap();
    let half = folder.path().join("half.safetensors");
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    assert!(sam(&half).is_err());
}
