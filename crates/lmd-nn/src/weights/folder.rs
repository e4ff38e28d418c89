//! [`ModelFolder`]: a model as a diffusers folder, as one Stable Diffusion file, or built into the program.

use std::path::Path;

use super::source::{Source, StaticFiles};
use super::{Checkpoint, LoadOptions, WeightsError, single_file};
use crate::NnError;
use crate::clip::{ClipTextConfig, ClipTextEncoder, Tokenizer};
use crate::unet::{AttentionType, UNet, UNetConfig};
use crate::vae::{Autoencoder, AutoencoderKl, AutoencoderTiny, TinyVaeConfig, VaeConfig};

/// The files of a model. Opening it reads no weights yet.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    name: String,
    source: Source,
    /// All tensors, when the model is one file.
    single: Option<Checkpoint>,
}

impl ModelFolder {
    /// Opens a folder with `unet/`, `vae/`, `text_encoder/` and `tokenizer/`, or a
    /// single-file checkpoint (`.safetensors`), beside which `tokenizer/` must lie.
    ///
    /// # Errors
    ///
    /// When there is nothing of either kind, or the file is refused.
    pub fn open(path: &Path) -> Result<Self, NnError> {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        if path.is_dir() {
            let source = Source::Folder(path.to_owned());
            if !source.has("unet/config.json") {
                return Err(no_weights(path, "unet/config.json, as diffusers writes it"));
            }
            // A folder's name may hold a dot that begins no ending.
            let name = path.file_name().map_or(name, |whole| whole.to_string_lossy().into_owned());
            return Ok(Self { name, source, single: None });
        }
        let all = Checkpoint::open(path)?;
        if !single_file::is_single_file(&all) {
            return Err(no_weights(path, "a whole Stable Diffusion 1 or 2 (model.diffusion_model.*)"));
        }
        let source = Source::Folder(path.parent().unwrap_or(Path::new("")).to_owned());
        Ok(Self { name, source, single: Some(all) })
    }

    /// A diffusers folder whose files are part of the program, by their paths
    /// below the folder.
    #[must_use]
    pub fn from_static(name: &str, files: StaticFiles) -> Self {
        Self { name: name.to_owned(), source: Source::Static(files), single: None }
    }

    /// The folder's or the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether all networks are in one file.
    #[must_use]
    pub fn is_single_file(&self) -> bool {
        self.single.is_some()
    }

    /// The tokenizer.
    ///
    /// # Errors
    ///
    /// When its files are missing or not of this kind.
    pub fn tokenizer(&self) -> Result<Tokenizer, NnError> {
        Tokenizer::from_source(&self.source, "tokenizer/")
    }

    /// The text encoder.
    ///
    /// # Errors
    ///
    /// When its files are missing, refused or do not fit together.
    pub fn text_encoder(&self, options: &LoadOptions) -> Result<ClipTextEncoder, NnError> {
        let (config, checkpoint) = match &self.single {
            Some(all) => {
                let text = single_file::text_encoder(all);
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
                let unet = single_file::unet(all);
                (single_file::unet_config(&unet), unet)
            }
            None => self.part("unet", DIFFUSERS, UNetConfig::from_json)?,
        };
        if !options.gligen || config.attention_type != AttentionType::Default || !self.has_gligen() {
            return UNet::load(&config, &checkpoint, options);
        }
        let both = checkpoint.and(&self.source.checkpoint(GLIGEN)?)?;
        UNet::load(&UNetConfig { attention_type: AttentionType::Gated, ..config }, &both, options)
    }

    /// Whether there are GLIGEN layers beside the U-Net.
    #[must_use]
    pub fn has_gligen(&self) -> bool {
        self.single.is_none() && self.source.has(GLIGEN)
    }

    /// The autoencoder.
    ///
    /// # Errors
    ///
    /// When its files are missing, refused or do not fit together.
    pub fn vae(&self, options: &LoadOptions) -> Result<AutoencoderKl, NnError> {
        let (config, checkpoint) = match &self.single {
            Some(all) => {
                let vae = single_file::vae(all);
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

    /// The text of `scheduler/scheduler_config.json`, where it is there.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn scheduler_config(&self) -> Result<Option<String>, NnError> {
        self.source.text("scheduler/scheduler_config.json", MAX_CONFIG)
    }

    /// The text of `lmd.json`, the model's own defaults, where it is there.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    pub fn hints(&self) -> Result<Option<String>, NnError> {
        self.source.text("lmd.json", MAX_CONFIG)
    }

    /// Opens all weight files: reads and checks their headers, not their numbers.
    ///
    /// # Errors
    ///
    /// When a weight file is missing or refused.
    pub fn check(&self) -> Result<(), NnError> {
        if self.single.is_none() {
            for (part, stem) in PARTS {
                self.weights(part, stem)?;
            }
            if self.has_gligen() {
                self.source.checkpoint(GLIGEN)?;
            }
        }
        Ok(())
    }

    /// BLAKE3 digests of all weight files, by their paths below the folder; with `gligen`, of the GLIGEN layers, too.
    ///
    /// # Errors
    ///
    /// When a weight file is missing or refused.
    pub fn digests(&self, gligen: bool) -> Result<Vec<(String, String)>, NnError> {
        if let Some(all) = &self.single {
            return Ok(all.digests());
        }
        let mut digests = Vec::new();
        for (part, stem) in PARTS {
            let files = self.weights(part, stem)?.digests();
            digests.extend(files.into_iter().map(|(file, digest)| (format!("{part}/{file}"), digest)));
        }
        if gligen && self.has_gligen() {
            let files = self.source.checkpoint(GLIGEN)?.digests();
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
        let path = |end: &str| format!("{part}/{stem}{end}");
        for whole in [".safetensors", ".fp16.safetensors", ".bf16.safetensors"] {
            if self.source.has(&path(whole)) {
                return self.source.checkpoint(&path(whole));
            }
        }
        let indices =
            [".safetensors.index.json", ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"];
        for index in indices {
            if self.source.has(&path(index)) {
                return self.source.sharded(&path(index));
            }
        }
        let pickles = [path(".bin"), format!("{part}/pytorch_model.bin")];
        match pickles.iter().find(|pickle| self.source.has(pickle)) {
            Some(pickle) => self.source.checkpoint(pickle),
            None => Err(WeightsError::NoWeights {
                folder: self.source.path(part),
                expected: format!("{stem}.safetensors"),
            }),
        }
    }
}

/// Stem of the weight files diffusers writes; transformers' is `model`.
const DIFFUSERS: &str = "diffusion_pytorch_model";
/// The networks of a folder, and the stems of their weight files.
const PARTS: [(&str, &str); 3] = [("text_encoder", "model"), ("unet", DIFFUSERS), ("vae", DIFFUSERS)];
/// The GLIGEN layers of a U-Net that has none itself, under the names diffusers gives them.
const GLIGEN: &str = "gligen/diffusion_pytorch_model.safetensors";
/// Most bytes of a configuration.
const MAX_CONFIG: u64 = 1 << 20;

fn no_weights(path: &Path, expected: &str) -> NnError {
    NnError::Weights(WeightsError::NoWeights { folder: path.to_owned(), expected: expected.to_owned() })
}
