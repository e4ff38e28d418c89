//! [`ModelFolder`]: a model as a diffusers folder, as one Stable Diffusion file, or built into the program.

use std::path::{Path, PathBuf};

use super::files::{MAX_CONFIG, hub_snapshot};
use super::lenient_json::without_infinities;
use super::{kind, ldm_names, single_file};
use crate::clip::{ClipTextConfig, ClipTextEncoder, Tokenizer};
use crate::unet::{AttentionType, UNet, UNetConfig};
use crate::vae::{Autoencoder, AutoencoderKl, AutoencoderTiny, TinyVaeConfig, VaeConfig};
use crate::weights::{Checkpoint, LoadOptions, Source, StaticFiles, WeightsError, count_numbers, unreadable};
use crate::{NnError, Precision, PredictionType, Warning};

/// The files of a model. Opening it reads no weights yet.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    name: String,
    /// What was opened, as messages call it.
    path: PathBuf,
    source: Source,
    /// All tensors, when the model is one file.
    single: Option<Checkpoint>,
}

impl ModelFolder {
    /// Opens a folder with `unet/`, `vae/`, `text_encoder/` and `tokenizer/` as diffusers writes it, a model in the cache
    /// of the Hugging Face hub (`models--OWNER--NAME`), or a single-file checkpoint (`.safetensors`). Beside a single file,
    /// `tokenizer/` and `scheduler/` are read where they lie there; without the first, CLIP's own vocabulary is used.
    ///
    /// # Errors
    ///
    /// When there is nothing of these kinds, or the file is refused or of another kind of model.
    pub fn open(path: &Path) -> Result<Self, NnError> {
        if path.is_dir() {
            let snapshot = hub_snapshot(path)?;
            let folder = snapshot.as_deref().unwrap_or(path);
            check_folder(folder)?;
            let source = Source::Folder(folder.to_owned());
            return Ok(Self { name: folder_name(folder), path: folder.to_owned(), source, single: None });
        }
        let all = Checkpoint::open(path)?;
        kind::refuse_file(path, &all)?;
        single_file::require_parts(path, &all)?;
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let source = Source::Folder(path.parent().unwrap_or(Path::new("")).to_owned());
        Ok(Self { name, path: path.to_owned(), source, single: Some(all) })
    }

    /// A diffusers folder whose files are part of the program, by their paths
    /// below the folder.
    #[must_use]
    pub fn from_static(name: &str, files: StaticFiles) -> Self {
        Self { name: name.to_owned(), path: PathBuf::from(name), source: Source::Static(files), single: None }
    }

    /// The folder's or the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder or the file that is read: of a model in the Hugging Face hub's cache, its snapshot.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether all networks are in one file.
    #[must_use]
    pub fn is_single_file(&self) -> bool {
        self.single.is_some()
    }

    /// The tokenizer: of the folder `tokenizer/`, else, for a single file, CLIP's own, which every Stable Diffusion 1 and 2
    /// was trained with.
    ///
    /// # Errors
    ///
    /// When its files are missing or not of this kind.
    pub fn tokenizer(&self) -> Result<Tokenizer, NnError> {
        let beside = ["vocab.json", "tokenizer.json"];
        match &self.single {
            Some(all) if !beside.iter().any(|file| self.source.has(&format!("tokenizer/{file}"))) => {
                Tokenizer::clip(single_file::is_version_two(all))
            }
            _ => Tokenizer::from_source(&self.source, "tokenizer/"),
        }
    }

    /// The text encoder.
    ///
    /// # Errors
    ///
    /// When its files are missing, refused or do not fit together.
    pub fn text_encoder(&self, options: &LoadOptions) -> Result<ClipTextEncoder, NnError> {
        let (config, checkpoint) = match &self.single {
            Some(all) => {
                let text = ldm_names::text_encoder(all);
                (single_file::text_config(&text, all), text)
            }
            None => self.part("text_encoder", "model", ClipTextConfig::from_json)?,
        };
        ClipTextEncoder::load(&config, &checkpoint, options)
    }

    /// The U-Net; where `options` say so, with the GLIGEN layers in `gligen/`.
    ///
    /// # Errors
    ///
    /// When its files are missing, refused or do not fit together.
    pub fn unet(&self, options: &LoadOptions) -> Result<UNet, NnError> {
        let (config, checkpoint) = match &self.single {
            Some(all) => {
                let (unet, stated) = (ldm_names::unet(all), single_file::prediction(&self.path, all)?.0);
                let prediction = options.prediction_type.unwrap_or(stated);
                (single_file::unet_config(all, &unet, prediction), unet)
            }
            None => self.part("unet", DIFFUSERS, UNetConfig::from_json)?,
        };
        let without_layers = options.gligen && config.attention_type == AttentionType::Default;
        match without_layers.then(|| self.gligen()).transpose()?.flatten() {
            Some(layers) => {
                let config = UNetConfig { attention_type: AttentionType::Gated, ..config };
                UNet::load(&config, &checkpoint.and(&layers)?, options)
            }
            None => UNet::load(&config, &checkpoint, options),
        }
    }

    /// Whether there are GLIGEN layers for the U-Net, in `gligen/` of its folder or beside its file. A damaged file counts:
    /// reading it gives the error.
    #[must_use]
    pub fn has_gligen(&self) -> bool {
        !matches!(self.gligen(), Ok(None))
    }

    /// The GLIGEN layers for the U-Net, where there are any.
    fn gligen(&self) -> Result<Option<Checkpoint>, WeightsError> {
        if !self.source.has(GLIGEN) {
            return Ok(None);
        }
        let layers = self.source.checkpoint(GLIGEN)?;
        // Beside a single file they may belong to another one in the same folder.
        let fuser = "mid_block.attentions.0.transformer_blocks.0.fuser.linear.weight";
        let width = ldm_names::side(&layers, fuser, 1);
        let fits = self.single.as_ref().is_none_or(|all| single_file::text_width(all) == width);
        Ok(fits.then_some(layers))
    }

    /// The autoencoder.
    ///
    /// # Errors
    ///
    /// When its files are missing, refused or do not fit together.
    pub fn vae(&self, options: &LoadOptions) -> Result<AutoencoderKl, NnError> {
        let (config, checkpoint) = match &self.single {
            Some(all) => {
                let vae = ldm_names::vae(all);
                (single_file::vae_config(&vae), vae)
            }
            None => self.part("vae", DIFFUSERS, VaeConfig::from_json)?,
        };
        AutoencoderKl::load(&config, &checkpoint, options)
    }

    /// The autoencoder under `vae/`, of whichever class its `config.json` names.
    ///
    /// # Errors
    ///
    /// As [`Self::vae`].
    pub fn autoencoder(&self, options: &LoadOptions) -> Result<Autoencoder, NnError> {
        let tiny = self.single.is_none() && self.config("vae")?.contains("\"AutoencoderTiny\"");
        if tiny {
            let (config, checkpoint) = self.part("vae", DIFFUSERS, TinyVaeConfig::from_json)?;
            AutoencoderTiny::load(&config, &checkpoint, options).map(Autoencoder::Tiny)
        } else {
            self.vae(options).map(Box::new).map(Autoencoder::Kl)
        }
    }

    /// The tiny autoencoder for previews, where the folder `taesd/` is there.
    ///
    /// # Errors
    ///
    /// When its files are refused or do not fit together.
    pub fn tiny_vae(&self, options: &LoadOptions) -> Result<Option<AutoencoderTiny>, NnError> {
        if !self.source.has("taesd/config.json") {
            return Ok(None);
        }
        let (config, checkpoint) = self.part("taesd", DIFFUSERS, TinyVaeConfig::from_json)?;
        AutoencoderTiny::load(&config, &checkpoint, options).map(Some)
    }

    /// The text of `scheduler/scheduler_config.json`, where it is there, as JSON: numbers that are infinite, which Python
    /// writes without quotation marks, are null.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn scheduler_config(&self) -> Result<Option<String>, NnError> {
        let text = self.source.text(SCHEDULER, MAX_CONFIG)?;
        Ok(text.map(|text| without_infinities(&text).into_owned()))
    }

    /// What the U-Net predicts where there is no `scheduler/` to say it, with a warning where nothing else says it
    /// either.
    ///
    /// # Errors
    ///
    /// When a file states something that is not supported, or the U-Net's configuration is refused.
    pub fn prediction_type(&self) -> Result<(PredictionType, Option<Warning>), NnError> {
        let (assumed, stated) = match &self.single {
            Some(all) => single_file::prediction(&self.path, all)?,
            None => (likely_prediction(&UNetConfig::from_json(&self.config("unet")?)?), false),
        };
        let warning = Warning::PredictionAssumed { path: self.path.clone(), assumed };
        Ok((assumed, (!stated).then_some(warning)))
    }

    /// What the files leave open, unless `stated` says what the U-Net predicts, and what of the model or beside it other
    /// programs would use and is not read. Reads no weights.
    ///
    /// # Errors
    ///
    /// As [`Self::prediction_type`].
    pub fn warnings(&self, stated: Option<PredictionType>) -> Result<Vec<Warning>, NnError> {
        let mut warnings = Vec::new();
        if stated.is_none() && !self.source.has(SCHEDULER) {
            warnings.extend(self.prediction_type()?.1);
        }
        let Some(all) = &self.single else { return Ok(warnings) };
        let mut unread = |path: &Path, what: String| {
            warnings.push(Warning::Unread { path: path.to_owned(), what });
        };
        let unknown = ldm_names::unknown_tensors(all);
        if let Some(first) = unknown.first() {
            let what =
                format!("{} tensors of no part of Stable Diffusion, among them {first},", unknown.len());
            unread(&self.path, what);
        }
        let vae = self.path.with_extension("vae.safetensors");
        if vae.is_file() {
            unread(&vae, "the autoencoder beside the model (its own is used)".to_owned());
        }
        Ok(warnings)
    }

    /// Bytes that the weights take in memory with numbers of this format, from the headers of the files alone.
    ///
    /// # Errors
    ///
    /// When a weight file is missing or refused.
    pub fn weight_bytes(&self, precision: Precision, gligen: bool) -> Result<u64, NnError> {
        let mut parts = match &self.single {
            Some(all) => vec![ldm_names::text_encoder(all), ldm_names::unet(all), ldm_names::vae(all)],
            None => {
                let part = |(part, stem): &(&str, &str)| self.weights(part, stem);
                PARTS.iter().map(part).collect::<Result<Vec<_>, _>>()?
            }
        };
        if gligen {
            parts.extend(self.gligen()?);
        }
        let size = precision.dtype().size() as u64;
        Ok(parts.iter().map(count_numbers).sum::<u64>() * size)
    }

    /// The U-Net's configuration; no weights are read.
    ///
    /// # Errors
    ///
    /// When its files are missing or refused.
    pub fn unet_config(&self) -> Result<UNetConfig, NnError> {
        match &self.single {
            Some(all) => {
                let stated = single_file::prediction(&self.path, all)?.0;
                Ok(single_file::unet_config(all, &ldm_names::unet(all), stated))
            }
            None => UNetConfig::from_json(&self.config("unet")?),
        }
    }

    /// The text of `lmd.json`, the model's own defaults, where it is there.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn hints(&self) -> Result<Option<String>, NnError> {
        self.source.text("lmd.json", MAX_CONFIG)
    }

    /// Opens the tokenizer and all weight files, of which the headers are read and checked, not the numbers.
    ///
    /// # Errors
    ///
    /// When a file is missing or refused.
    pub fn check(&self) -> Result<(), NnError> {
        if self.single.is_none() {
            for (part, stem) in PARTS {
                self.weights(part, stem)?;
            }
        }
        self.gligen()?;
        self.tokenizer()?;
        Ok(())
    }

    /// BLAKE3 digests of all weight files, by their paths below the folder; with `gligen`, of the GLIGEN layers, too.
    ///
    /// # Errors
    ///
    /// When a weight file is missing or refused.
    pub fn digests(&self, gligen: bool) -> Result<Vec<(String, String)>, NnError> {
        let mut digests = match &self.single {
            Some(all) => all.digests()?,
            None => Vec::new(),
        };
        for (part, stem) in PARTS.into_iter().filter(|_| self.single.is_none()) {
            let files = self.weights(part, stem)?.digests()?;
            digests.extend(files.into_iter().map(|(file, digest)| (format!("{part}/{file}"), digest)));
        }
        if let Some(layers) = gligen.then(|| self.gligen()).transpose()?.flatten() {
            let files = layers.digests()?;
            digests.extend(files.into_iter().map(|(file, digest)| (format!("gligen/{file}"), digest)));
        }
        Ok(digests)
    }

    fn part<C>(
        &self,
        part: &str,
        stem: &str,
        parse: impl Fn(&str) -> Result<C, NnError>,
    ) -> Result<(C, Checkpoint), NnError> {
        Ok((parse(&self.config(part)?)?, self.weights(part, stem)?))
    }

    /// The text of a part's `config.json`.
    fn config(&self, part: &str) -> Result<String, NnError> {
        self.source.needed_text(&format!("{part}/config.json"), MAX_CONFIG)
    }

    /// The weights of one part, whole or in shards, of any variant.
    fn weights(&self, part: &str, stem: &str) -> Result<Checkpoint, WeightsError> {
        self.source.weights(&format!("{part}/"), stem)
    }
}

/// Stem of the weight files diffusers writes; transformers' is `model`.
const DIFFUSERS: &str = "diffusion_pytorch_model";
/// The networks of a folder, and the stems of their weight files.
const PARTS: [(&str, &str); 3] = [("text_encoder", "model"), ("unet", DIFFUSERS), ("vae", DIFFUSERS)];
/// The GLIGEN layers of a U-Net that has none itself, under the names diffusers gives them.
const GLIGEN: &str = "gligen/diffusion_pytorch_model.safetensors";
/// What a diffusers folder says of the noise and of what its U-Net predicts.
const SCHEDULER: &str = "scheduler/scheduler_config.json";
/// The file by which a diffusers folder is known.
const UNET_CONFIG: &str = "unet/config.json";

fn no_weights(path: &Path, expected: &str) -> NnError {
    NnError::Weights(WeightsError::NoWeights { folder: path.to_owned(), expected: expected.to_owned() })
}

/// What a U-Net of this configuration most likely predicts: of Stable Diffusion 2, the one for 512 pixels ε, the one for
/// 768 the velocity; all others ε.
fn likely_prediction(config: &UNetConfig) -> PredictionType {
    let small = config.sample_size == Some(64);
    if config.cross_attention_dim == 1024 && !small {
        PredictionType::Velocity
    } else {
        PredictionType::Epsilon
    }
}

/// Fails where a folder is none of a Stable Diffusion 1 or 2, and says what it is.
fn check_folder(folder: &Path) -> Result<(), NnError> {
    let source = Source::Folder(folder.to_owned());
    let config = folder.join(UNET_CONFIG);
    let has_unet = source.has(UNET_CONFIG);
    if let Some(index) = source.text("model_index.json", MAX_CONFIG)? {
        kind::refuse_index(folder, &index, has_unet)?;
    }
    if has_unet {
        return Ok(());
    }
    if let Some(source) = unreadable(&config) {
        return Err(NnError::Read { path: config, source });
    }
    let cannot = |source| NnError::Read { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(cannot)?.filter_map(|entry| Some(entry.ok()?.path()));
    let single = entries.filter(|path| path.extension().is_some_and(|end| end == "safetensors"));
    Err(match single.collect::<Vec<_>>().as_slice() {
        [file] => no_weights(
            folder,
            &format!("{UNET_CONFIG}, as diffusers writes it; for a single file give {}", file.display()),
        ),
        _ => no_weights(folder, &format!("{UNET_CONFIG}, as diffusers writes it")),
    })
}

/// A folder's name; of a snapshot in the Hugging Face hub's cache, that of its model.
fn folder_name(folder: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let parent = folder.parent().filter(|parent| parent.ends_with("snapshots")).and_then(Path::parent);
    let model = parent
        .and_then(name)
        .and_then(|name| Some(name.strip_prefix("models--")?.rsplit("--").next()?.to_owned()));
    model.or_else(|| name(folder)).unwrap_or_else(|| folder.to_string_lossy().into_owned())
}
