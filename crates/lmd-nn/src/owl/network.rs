//! [`Owl`]: the towers and the heads together, as a [`Detector`].

use std::path::Path;

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::heads::{ClassHead, PatchHead, box_bias, unit};
use super::picture::Preprocessor;
use super::vision::VisionTower;
use super::{OwlConfig, OwlVersion};
use crate::clip::{ClipTextEncoder, Tokenizer};
use crate::detect::{DetectError, Detection, Detector, RgbView, Selection, Vocabulary, check_queries};
use crate::layers::{Conv, LayerNorm};
use crate::model::files;
use crate::weights::{Checkpoint, LoadOptions, Source, Weights, load};
use crate::{NnError, with_spinning_pool};

/// OWL-ViT or OWLv2.
#[derive(Clone, Debug)]
pub struct Owl {
    name: String,
    tokenizer: Tokenizer,
    preprocessor: Preprocessor,
    network: Network,
}

/// What OWL says of a picture.
#[derive(Clone, Debug)]
pub struct OwlOutput {
    /// How well each box fits each query, as a logit, `[boxes, queries]`.
    pub logits: Tensor<2>,
    /// Boxes as shares of the network's picture: middle from the left and from the top, width, height; `[boxes, 4]`.
    pub boxes: Tensor<2>,
    /// Whether a box holds anything, as a logit, `[boxes]`; of OWLv2 alone.
    pub objectness: Option<Tensor<1>>,
}

impl Owl {
    /// Opens a folder as transformers writes an `OwlViTForObjectDetection` or an `Owlv2ForObjectDetection` with its
    /// processor (`config.json`, `model.safetensors`, `vocab.json`, `merges.txt`, `preprocessor_config.json`), or such a
    /// model in the cache of the Hugging Face hub. Without a vocabulary CLIP's own is used.
    ///
    /// Weights are loaded as f32, whatever format they have and `options` say.
    ///
    /// # Errors
    ///
    /// When a file is missing, refused (a pickle is, with the command that converts it), or of another network.
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Self, NnError> {
        let source = files::network_folder(path)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self::read(&source, "", &name, options)
    }

    /// The same from the files of a source whose names begin with `prefix`; `name` is what people call it.
    pub(crate) fn read(
        source: &Source,
        prefix: &str,
        name: &str,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        let file = |name: &str| format!("{prefix}{name}");
        let config = OwlConfig::from_json(&source.needed_text(&file("config.json"), files::MAX_CONFIG)?)?;
        let (version, side) = (config.version, config.vision.image_size);
        let preprocessor = match source.text(&file("preprocessor_config.json"), files::MAX_CONFIG)? {
            Some(text) => Preprocessor::from_json(&text, version, side)?,
            None => Preprocessor::new(version, side),
        };
        let own = ["vocab.json", "tokenizer.json"].iter().any(|name| source.has(&file(name)));
        // OWL fills texts up with "!", as Stable Diffusion 2 does.
        let tokenizer = if own { Tokenizer::from_source(source, prefix)? } else { Tokenizer::clip(true)? };
        let (known, most) = (tokenizer.vocab_size(), config.text.vocab_size);
        if known > most {
            let told = format!("it has {known} tokens, the text tower knows {most}");
            return Err(NnError::Tokenizer(told));
        }
        let network = Network::load(&config, &source.weights(prefix, "model")?, options)?;
        Ok(Self { name: format!("{} ({name})", config.version.root()), tokenizer, preprocessor, network })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &OwlConfig {
        &self.network.config
    }

    /// The numbers of a query's tokens: start, tokens, end, and filling up to what the text tower reads.
    ///
    /// # Errors
    ///
    /// When the query is longer than that: a part of it would not be looked for.
    pub fn tokens(&self, query: &str) -> Result<Vec<u32>, DetectError> {
        let pieces = self.tokenizer.pieces(query)?;
        let length = self.network.config.text.max_position_embeddings;
        if pieces.len() + 2 > length {
            return Err(DetectError::Queries(format!(
                "{query:?} has {} tokens, at most {} are read; shorten it",
                pieces.len(),
                length.saturating_sub(2)
            )));
        }
        let mut ids = self.tokenizer.encode(query)?.ids;
        // Filling up follows the end, where nothing is read any more.
        let filling = ids.last().copied().unwrap_or_default();
        ids.resize(length, filling);
        Ok(ids)
    }

    /// A picture as the vision tower takes it, `[1, image_size, image_size, 3]`.
    #[must_use]
    pub fn pixels(&self, picture: RgbView<'_>) -> Tensor<4> {
        self.preprocessor.tensor(picture, &self.network.device)
    }

    /// What the networks say of a prepared picture and of queries given as token numbers.
    ///
    /// # Errors
    ///
    /// When the picture has another size than the network's, or tokens are none of its vocabulary.
    pub fn forward(&self, pixels: Tensor<4>, queries: &[Vec<u32>]) -> Result<OwlOutput, NnError> {
        self.network.forward(pixels, queries)
    }
}

impl Detector for Owl {
    fn name(&self) -> &str {
        &self.name
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        None
    }

    /// What LMD's evaluation takes for OWL-ViT, and SLD's for OWLv2.
    fn selection(&self) -> Selection {
        let threshold = if self.network.config.version == OwlVersion::One { 0.15 } else { 0.2 };
        Selection { threshold, max_overlap: 0.15, class_aware: true }
    }

    fn detect(&self, image: RgbView<'_>, queries: &[&str]) -> Result<Vec<Detection>, DetectError> {
        check_queries(queries)?;
        let ids = queries.iter().map(|query| self.tokens(query)).collect::<Result<Vec<_>, _>>()?;
        let output = self.forward(self.pixels(image), &ids)?;
        let stretch = self.preprocessor.stretch(image);
        let numbers = |x: Tensor<2>| -> Vec<f32> { x.into_data().iter::<f32>().collect() };
        let (scores, boxes) = (numbers(sigmoid(output.logits)), numbers(output.boxes));
        if scores.iter().chain(&boxes).any(|number| !number.is_finite()) {
            return Err(NnError::NotFinite { network: "OWL" }.into());
        }
        let rows = scores.chunks(queries.len()).zip(boxes.chunks(4));
        Ok(rows.filter_map(|(scores, place)| detection(queries, scores, place, stretch)).collect())
    }
}

/// A box with the query that it fits best, the first of equals.
fn detection(queries: &[&str], scores: &[f32], place: &[f32], [across, down]: [f32; 2]) -> Option<Detection> {
    let best = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    let (query, score) = scores.iter().copied().enumerate().reduce(best)?;
    let &[x, y, width, height] = place else { return None };
    let corners = [
        (x - width / 2.0) * across,
        (y - height / 2.0) * down,
        (x + width / 2.0) * across,
        (y + height / 2.0) * down,
    ];
    let label = (*queries.get(query)?).to_owned();
    Some(Detection { query, label, score, corners }.clamped())
}

/// The networks.
#[derive(Clone, Debug)]
struct Network {
    config: OwlConfig,
    text: ClipTextEncoder,
    text_projection: Conv,
    vision: VisionTower,
    layer_norm: LayerNorm,
    class_head: ClassHead,
    box_head: PatchHead,
    /// `[1, patches, 4]`
    box_bias: Tensor<3>,
    objectness_head: Option<PatchHead>,
    device: Device,
}

impl Network {
    fn load(config: &OwlConfig, checkpoint: &Checkpoint, options: &LoadOptions) -> Result<Self, NnError> {
        config.check()?;
        load(checkpoint, "OWL", &options.in_f32(), |w| Self::build(w, config))
    }

    fn build(w: &Weights, config: &OwlConfig) -> Result<Self, NnError> {
        let clip = w.pp(config.version.root());
        let (text, width) = (config.text.hidden_size, config.vision.hidden_size);
        // What CLIP compares whole pictures with is stored as well and not used.
        clip.pp("visual_projection").tensor("weight", [config.projection_dim, width])?;
        let objectness = match config.version {
            OwlVersion::One => None,
            OwlVersion::Two => Some(PatchHead::load(&w.pp("objectness_head"), width, 1)?),
        };
        let box_bias = if w.is_dry_run() {
            Tensor::zeros([1; 3], w.device())
        } else {
            box_bias(config.vision.grid(), w.device())
        };
        Ok(Self {
            config: config.clone(),
            text: ClipTextEncoder::build(&clip.pp("text_model"), &config.text)?,
            text_projection: Conv::linear_concat(
                &[clip.pp("text_projection")],
                text,
                config.projection_dim,
                false,
            )?,
            vision: VisionTower::load(&clip.pp("vision_model"), &config.vision)?,
            layer_norm: LayerNorm::load(&w.pp("layer_norm"), width, config.vision.layer_norm_eps)?,
            class_head: ClassHead::load(&w.pp("class_head"), width, text)?,
            box_head: PatchHead::load(&w.pp("box_head"), width, 4)?,
            box_bias,
            objectness_head: objectness,
            device: w.device().clone(),
        })
    }

    fn forward(&self, pixels: Tensor<4>, queries: &[Vec<u32>]) -> Result<OwlOutput, NnError> {
        let side = self.config.vision.image_size;
        let [batch, height, width, channels] = pixels.dims();
        if [batch, height, width, channels] != [1, side, side, 3] {
            return Err(NnError::Input {
                what: "pictures, height, width and channels given to OWL",
                got: format!("{batch}, {height}, {width}, {channels}"),
                expected: format!("1, {side}, {side}, 3"),
            });
        }
        let pooled: Tensor<3> = self.text.forward(queries)?.pooled.unsqueeze();
        let queries = unit(self.text_projection.forward(pooled).squeeze_dim(0));
        Ok(with_spinning_pool(|| self.heads(&self.features(pixels), queries)))
    }

    /// One feature per patch, `[1, patches, C]`.
    fn features(&self, pixels: Tensor<4>) -> Tensor<3> {
        let tokens = self.vision.forward(pixels);
        let patches = tokens.dims()[1] - 1;
        let (whole, patches) = (tokens.clone().narrow(1, 0, 1), tokens.narrow(1, 1, patches));
        self.layer_norm.forward(patches * whole)
    }

    fn heads(&self, features: &Tensor<3>, queries: Tensor<2>) -> OwlOutput {
        let boxes = sigmoid(self.box_head.forward(features.clone()) + self.box_bias.clone());
        let objectness = self.objectness_head.as_ref().map(|head| head.forward(features.clone()));
        OwlOutput {
            boxes: boxes.squeeze_dim(0),
            objectness: objectness.map(|logits| logits.flatten(0, 2)),
            logits: self.class_head.forward(features, queries),
        }
    }
}
