//! [`ModelFolder`]: a model on disk, as a diffusers folder or as one Stable Diffusion file.

use std::path::{Path, PathBuf};

use super::{Checkpoint, LoadOptions, WeightsError, single_file};
use crate::NnError;
use crate::clip::{ClipTextConfig, ClipTextEncoder, Tokenizer};
use crate::unet::{UNet, UNetConfig};
use crate::vae::{Autoencoder, AutoencoderKl, AutoencoderTiny, TinyVaeConfig, VaeConfig};

/// A model on disk. Opening it reads no weights yet.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    root: PathBuf,
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
        if path.is_dir() {
            if !path.join("unet").join("config.json").is_file() {
                return Err(no_weights(path, "unet/config.json, as diffusers writes it"));
            }
            return Ok(Self { root: path.to_owned(), single: None });
        }
        let all = Checkpoint::open(path)?;
        if !single_file::is_single_file(&all) {
            return Err(no_weights(path, "a whole Stable Diffusion 1 or 2 (model.diffusion_model.*)"));
        }
        Ok(Self { root: path.parent().unwrap_or(Path::new("")).to_owned(), single: Some(all) })
    }

    /// The folder, or the folder the single file lies in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The tokenizer.
    ///
    /// # Errors
    ///
    /// When its files are missing or not of this kind.
    pub fn tokenizer(&self) -> Result<Tokenizer, NnError> {
        Tokenizer::open(&self.root.join("tokenizer"))
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

    /// The U-Net.
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
        UNet::load(&config, &checkpoint, options)
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
        let tiny = self.single.is_none()
            && read_text(&self.root.join("vae").join("config.json"))?.contains("\"AutoencoderTiny\"");
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
        if !self.root.join("taesd").join("config.json").is_file() {
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
        let path = self.root.join("scheduler").join("scheduler_config.json");
        path.is_file().then(|| read_text(&path)).transpose()
    }

    /// BLAKE3 digests of all weight files, by their paths below the folder.
    ///
    /// # Errors
    ///
    /// When a weight file is missing or refused.
    pub fn digests(&self) -> Result<Vec<(String, String)>, NnError> {
        if let Some(all) = &self.single {
            return Ok(all.digests());
        }
        let mut digests = Vec::new();
        for (part, stem) in [("text_encoder", "model"), ("unet", DIFFUSERS), ("vae", DIFFUSERS)] {
            let files = open_weights(&self.root.join(part), stem)?.digests();
            digests.extend(files.into_iter().map(|(file, digest)| (format!("{part}/{file}"), digest)));
        }
        Ok(digests)
    }

    fn part<C>(
        &self,
        part: &str,
        stem: &str,
        parse: impl Fn(&str) -> Result<C, NnError>,
    ) -> Result<(C, Checkpoint), NnError> {
        let folder = self.root.join(part);
        let config = parse(&read_text(&folder.join("config.json"))?)?;
        Ok((config, open_weights(&folder, stem)?))
    }
}

/// Stem of the weight files diffusers writes; transformers' is `model`.
const DIFFUSERS: &str = "diffusion_pytorch_model";

/// Opens the weights of one part, whole or in shards, of any variant.
fn open_weights(folder: &Path, stem: &str) -> Result<Checkpoint, WeightsError> {
    let file = |end: &str| folder.join(format!("{stem}{end}"));
    for whole in [".safetensors", ".fp16.safetensors", ".bf16.safetensors"] {
        if file(whole).is_file() {
            return Checkpoint::open(&file(whole));
        }
    }
    for index in [".safetensors.index.json", ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"] {
        if file(index).is_file() {
            return Checkpoint::open_sharded(&file(index));
        }
    }
    let pickle = [file(".bin"), folder.join("pytorch_model.bin")].into_iter().find(|p| p.is_file());
    match pickle {
        Some(path) => Checkpoint::open(&path),
        None => Err(WeightsError::NoWeights {
            folder: folder.to_owned(),
            expected: format!("{stem}.safetensors"),
        }),
    }
}

fn no_weights(path: &Path, expected: &str) -> NnError {
    NnError::Weights(WeightsError::NoWeights { folder: path.to_owned(), expected: expected.to_owned() })
}

const MAX_CONFIG: u64 = 1 << 20;

fn read_text(path: &Path) -> Result<String, NnError> {
    let failed = |source| NnError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_CONFIG {
        let reason = format!("more than {MAX_CONFIG} bytes; this is no configuration");
        return Err(failed(std::io::Error::other(reason)));
    }
    std::fs::read_to_string(path).map_err(failed)
}
