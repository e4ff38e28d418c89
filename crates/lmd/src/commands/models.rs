//! `lmd models`: which models there are, what they are, whether they are
//! sound, and new ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lmd_diffusion::Model;
use lmd_nn::{LoadOptions, ModelFolder};
use serde::Serialize;

use crate::cli::{ModelsArgs, ModelsCommand};
use crate::config::Loaded;
use crate::exit::{Exit, UsageError};
use crate::models::{self, ModelError, SINGLE_FILE};
use crate::screen::{self, Screen};
use crate::{bundle, show};

/// Beside an imported model: the digests of its weights.
const DIGESTS: &str = "lmd-digests.json";
/// The folders of a diffusers model that are read.
const PARTS: [&str; 7] = ["unet", "vae", "text_encoder", "tokenizer", "scheduler", "taesd", "gligen"];
/// Those of them that are not read beside a checkpoint in one file.
const NETWORKS: [&str; 4] = ["unet", "vae", "text_encoder", "gligen"];
/// The endings of files that are read.
const ENDINGS: [&str; 3] = ["json", "txt", "safetensors"];

pub(crate) fn run(args: &ModelsArgs, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Exit> {
    match &args.what {
        ModelsCommand::List { json } => list(*json)?,
        ModelsCommand::Info { model, json } => info(model, *json, loaded)?,
        ModelsCommand::Verify { model } => verify(model, loaded, screen)?,
        ModelsCommand::Import { path, name } => import(path, name.as_deref(), loaded, screen)?,
    }
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct Entry {
    name: String,
    bytes: u64,
    path: Option<String>,
}

fn list(json: bool) -> anyhow::Result<()> {
    let store = models::store()?;
    let mut entries = vec![Entry { name: bundle::NAME.to_owned(), bytes: bundle::size(), path: None }];
    for name in models::imported()? {
        let folder = store.join(&name);
        entries.push(Entry { bytes: size(&folder), path: Some(folder.display().to_string()), name });
    }
    if json {
        return Ok(screen::println(&serde_json::to_string_pretty(&entries)?)?);
    }
    let widest = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line = |entry: &Entry| {
        let place = entry.path.as_deref().unwrap_or("part of this program");
        format!("{:<widest$}  {:>8}  {place}\n", entry.name, show::bytes(entry.bytes))
    };
    Ok(screen::print(entries.iter().map(line).collect::<String>())?)
}

/// Bytes of all files of a model's folder.
fn size(folder: &Path) -> u64 {
    let files = readable_files(folder, false).unwrap_or_default();
    files.iter().filter_map(|file| fs::metadata(folder.join(file)).ok()).map(|meta| meta.len()).sum()
}

/// What a model is.
#[derive(Serialize)]
struct Card {
    name: String,
    native_size: usize,
    latent_channels: usize,
    pixels_per_latent: usize,
    prediction: String,
    text_width: usize,
    tokens: usize,
    attention_layers: Vec<String>,
    grounding_layers: bool,
    weights: BTreeMap<String, String>,
}

fn info(name: &str, json: bool, loaded: &Loaded) -> anyhow::Result<()> {
    let model = load(&models::find(name)?, loaded)?;
    let card = Card {
        name: model.name.clone(),
        native_size: model.native_size(),
        latent_channels: model.vae.latent_channels(),
        pixels_per_latent: model.vae.downscale(),
        prediction: show::name(&model.scheduler.prediction_type),
        text_width: model.unet.config().cross_attention_dim,
        tokens: model.tokenizer.length(),
        attention_layers: model.unet.attention_keys().iter().map(ToString::to_string).collect(),
        grounding_layers: model.unet.has_gligen_layers(),
        weights: model.digests.iter().cloned().collect(),
    };
    if json {
        return Ok(screen::println(&serde_json::to_string_pretty(&card)?)?);
    }
    let native = card.native_size;
    let grounding = if card.grounding_layers {
        "lmd_plus and gligen can use it"
    } else {
        "none, so not for lmd_plus and gligen"
    };
    let rows = [
        ("name", card.name.clone()),
        ("picture", format!("{native} x {native}, {} pixels per latent cell", card.pixels_per_latent)),
        ("latents", format!("{} channels, {} prediction", card.latent_channels, card.prediction)),
        ("text", format!("{} wide, {} tokens", card.text_width, card.tokens)),
        ("attention", card.attention_layers.join(" ")),
        ("grounding", grounding.to_owned()),
    ];
    let rows: String = rows.iter().map(|(label, value)| format!("{label:<10} {value}\n")).collect();
    let digests = card.weights.iter().map(|(file, digest)| format!("{digest}  {file}\n"));
    Ok(screen::print(rows + &digests.collect::<String>())?)
}

fn load(folder: &ModelFolder, loaded: &Loaded) -> anyhow::Result<Model> {
    let device = lmd_nn::device(loaded.config.device)?;
    let precision = loaded.config.dtype;
    let options = LoadOptions { precision, gligen: true, ..LoadOptions::new(&device) };
    Model::load(folder, &options).with_context(|| format!("the model {} cannot be used", folder.name()))
}

fn verify(name: &str, loaded: &Loaded, screen: &Screen) -> anyhow::Result<()> {
    let model = load(&models::find(name)?, loaded)?;
    match noted_digests(name)? {
        Some(noted) => {
            let now: BTreeMap<String, String> = model.digests.iter().cloned().collect();
            let changed = noted.iter().find(|(file, digest)| now.get(*file) != Some(digest));
            if let Some((file, _)) = changed {
                return Err(ModelError::Changed { model: name.to_owned(), file: file.clone() }.into());
            }
            screen.note("every digest is the one noted at the import");
        }
        None => screen.note("no digests were noted for this model; every network could be loaded"),
    }
    Ok(screen::println(&format!("{name}: good"))?)
}

/// The digests written when a model was imported.
fn noted_digests(name: &str) -> anyhow::Result<Option<BTreeMap<String, String>>> {
    if !models::is_name(name) || name == bundle::NAME {
        return Ok(None);
    }
    let path = models::store()?.join(name).join(DIGESTS);
    if !path.is_file() {
        return Ok(None);
    }
    let text = crate::files::read(&path)?;
    let noted = serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    Ok(Some(noted))
}

/// Checks a model by loading it, copies it beside its place and moves it
/// there at once.
fn import(path: &Path, name: Option<&str>, loaded: &Loaded, screen: &Screen) -> anyhow::Result<()> {
    if !path.exists() {
        return Err(UsageError(format!("there is no {}", path.display())).into());
    }
    let folder = models::open(path)?;
    let name = name.unwrap_or(folder.name()).to_owned();
    if !models::is_name(&name) || name == bundle::NAME {
        return Err(ModelError::Name(name).into());
    }
    let store = models::store()?;
    let target = store.join(&name);
    if target.exists() {
        return Err(ModelError::Taken { name, folder: target }.into());
    }
    screen.note("loading every network once");
    let digests: BTreeMap<String, String> = load(&folder, loaded)?.digests.into_iter().collect();

    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ModelError::Io { path, source }
    };
    fs::create_dir_all(&store).map_err(failed(&store))?;
    let partial = tempfile::Builder::new().prefix(".import-").tempdir_in(&store).map_err(failed(&store))?;
    let single = folder.is_single_file();
    let root = if single { path.parent().unwrap_or(Path::new("")) } else { path };
    for file in readable_files(root, single).map_err(failed(root))? {
        copy(&root.join(&file), &partial.path().join(&file))?;
    }
    let digests = if single {
        copy(path, &partial.path().join(SINGLE_FILE))?;
        digests.into_values().map(|digest| (SINGLE_FILE.to_owned(), digest)).collect()
    } else {
        digests
    };
    let noted = partial.path().join(DIGESTS);
    fs::write(&noted, serde_json::to_string_pretty(&digests)?).map_err(failed(&noted))?;
    fs::rename(partial.keep(), &target).map_err(failed(&target))?;
    Ok(screen::println(&target.display().to_string())?)
}

fn copy(from: &Path, to: &Path) -> Result<(), ModelError> {
    let failed = |source| ModelError::Io { path: from.to_owned(), source };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::copy(from, to).map(drop).map_err(failed)
}

/// The files below a model's folder that lmd reads, by their paths in it; with `single`, those that
/// belong to a checkpoint in one file, which has its networks in it.
fn readable_files(folder: &Path, single: bool) -> std::io::Result<Vec<PathBuf>> {
    let readable = |path: &Path| {
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    let mut files = Vec::new();
    let wanted = |part: &&&str| !(single && NETWORKS.contains(part)) && folder.join(part).is_dir();
    for part in PARTS.iter().filter(wanted) {
        for entry in fs::read_dir(folder.join(part))? {
            let name = Path::new(part).join(entry?.file_name());
            if readable(&name) && folder.join(&name).is_file() {
                files.push(name);
            }
        }
    }
    let top = ["model_index.json", "lmd.json", SINGLE_FILE].map(PathBuf::from);
    files.extend(top.into_iter().filter(|name| folder.join(name).is_file()));
    Ok(files)
}
