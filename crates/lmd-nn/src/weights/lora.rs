//! [`Adapters`]: low-rank additions to the weights (LoRA, arXiv:2106.09685), merged when weights are read.
//!
//! `W' = W + strength · α/r · up · down`. Read are the names of kohya's scripts
//! (`lora_unet_down_blocks_0_..._to_q.lora_down.weight`), of diffusers
//! (`unet.down_blocks.0....to_q.lora_A.weight`) and of its older attention
//! processors (`....attn1.processor.to_q_lora.down.weight`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};

use super::numbers::floats;
use super::{Checkpoint, TensorView, WeightsError};

const MAX_RANK: usize = 4096;

/// Adapters with their strengths, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Adapters(Vec<(Arc<Lora>, f32)>);

impl Adapters {
    /// Adds an adapter; strength 1 is what its author meant, 0 is nothing.
    #[must_use]
    pub fn with(mut self, adapter: Lora, strength: f32) -> Self {
        self.0.push((Arc::new(adapter), strength));
        self
    }

    /// The files' BLAKE3 digests, by `name@strength`.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, String)> {
        let of = |(lora, strength): &(Arc<Lora>, f32)| {
            let files = lora.checkpoint.digests().into_iter();
            files.map(|(name, digest)| (format!("{name}@{strength}"), digest)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
    }

    /// The weight at `path` with all adapters for it added.
    pub(super) fn merge<const D: usize>(
        &self,
        network: &str,
        path: &str,
        weight: Tensor<D>,
    ) -> Result<Tensor<D>, WeightsError> {
        let Some(module) = path.strip_suffix(".weight") else {
            return Ok(weight);
        };
        let key = module_key(network, module);
        let mut merged = weight;
        for (lora, strength) in &self.0 {
            if let Some(pair) = lora.pairs.get(&key) {
                let delta = lora.delta(pair, &key, &merged)?;
                merged = merged + delta * *strength;
            }
        }
        Ok(merged)
    }

    /// Whether [`merge`](Self::merge) would change the tensor of this path.
    #[cfg(feature = "flex")]
    pub(super) fn touch(&self, network: &str, path: &str) -> bool {
        let key = path.strip_suffix(".weight").map(|module| module_key(network, module));
        key.is_some_and(|key| self.0.iter().any(|(lora, _)| lora.pairs.contains_key(&key)))
    }

    /// Fails when an adapter has parts for this network that fit no weight of it.
    pub(super) fn check_all_used(&self, network: &str, used: &BTreeSet<String>) -> Result<(), WeightsError> {
        let weights = used.iter().filter_map(|path| path.strip_suffix(".weight"));
        let known: BTreeSet<String> = weights.map(|module| module_key(network, module)).collect();
        let prefix = format!("{network}_");
        for (lora, _) in &self.0 {
            let strangers: Vec<&str> = (lora.pairs.keys())
                .filter(|key| key.starts_with(&prefix) && !known.contains(*key))
                .map(String::as_str)
                .collect();
            if let Some(first) = strangers.first() {
                let count = strangers.len();
                return Err(lora.fail(format!("{count} parts fit no layer of this model, among them {first}; it was made for another kind of model")));
            }
        }
        Ok(())
    }
}

/// One LoRA file.
#[derive(Debug)]
pub struct Lora {
    path: PathBuf,
    checkpoint: Checkpoint,
    pairs: BTreeMap<String, Pair>,
}

/// The names of one module's tensors.
#[derive(Debug, Default)]
struct Pair {
    down: Option<String>,
    up: Option<String>,
    alpha: Option<String>,
}

/// Which tensor of a module a name stands for.
#[derive(Clone, Copy)]
enum Part {
    Down,
    Up,
    Alpha,
}

const PARTS: [(&str, Part); 9] = [
    (".lora_down.weight", Part::Down),
    (".lora_up.weight", Part::Up),
    (".lora_A.weight", Part::Down),
    (".lora_B.weight", Part::Up),
    (".lora.down.weight", Part::Down),
    (".lora.up.weight", Part::Up),
    ("_lora.down.weight", Part::Down),
    ("_lora.up.weight", Part::Up),
    (".alpha", Part::Alpha),
];

impl Lora {
    /// Opens a LoRA file.
    ///
    /// # Errors
    ///
    /// When the file is refused or holds tensors that are no low-rank pairs.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        Self::from_checkpoint(path, Checkpoint::open(path)?)
    }

    /// Reads a LoRA out of a checkpoint; `path` is used in messages.
    ///
    /// # Errors
    ///
    /// When it holds tensors that are no low-rank pairs.
    pub fn from_checkpoint(path: &Path, checkpoint: Checkpoint) -> Result<Self, WeightsError> {
        let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
        let fail = |reason: String| WeightsError::Lora { path: path.to_owned(), reason };
        for name in checkpoint.names() {
            let Some((module, part)) = split_name(name) else {
                return Err(fail(format!(
                    "tensor {name} is of a kind that is not read; expected lora_down/lora_up or lora_A/lora_B pairs"
                )));
            };
            let pair = pairs.entry(module).or_default();
            let slot = match part {
                Part::Down => &mut pair.down,
                Part::Up => &mut pair.up,
                Part::Alpha => &mut pair.alpha,
            };
            *slot = Some(name.to_owned());
        }
        if pairs.is_empty() {
            return Err(fail("it holds no tensors".to_owned()));
        }
        Ok(Self { path: path.to_owned(), checkpoint, pairs })
    }

    /// The BLAKE3 digest of the file, with its name.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, String)> {
        self.checkpoint.digests()
    }

    fn fail(&self, reason: String) -> WeightsError {
        WeightsError::Lora { path: self.path.clone(), reason }
    }

    fn view(&self, name: Option<&String>, module: &str, what: &str) -> Result<TensorView<'_>, WeightsError> {
        name.and_then(|name| self.checkpoint.get(name))
            .ok_or_else(|| self.fail(format!("{module} has no {what} part")))
    }

    /// `α/r · up · down` in the shape of `weight`.
    fn delta<const D: usize>(
        &self,
        pair: &Pair,
        module: &str,
        weight: &Tensor<D>,
    ) -> Result<Tensor<D>, WeightsError> {
        let shape = weight.dims();
        let down = self.view(pair.down.as_ref(), module, "down")?;
        let up = self.view(pair.up.as_ref(), module, "up")?;
        let rank = down.shape.first().copied().unwrap_or(0);
        let rows = shape.first().copied().unwrap_or(0);
        let columns = shape.iter().skip(1).product::<usize>();
        let fits = (1..=MAX_RANK).contains(&rank)
            && down.shape.iter().skip(1).product::<usize>() == columns
            && up.shape.first() == Some(&rows)
            && up.shape.iter().skip(1).product::<usize>() == rank;
        if !fits {
            let (down, up) = (down.shape, up.shape);
            return Err(self.fail(format!(
                "{module}: down {down:?} and up {up:?} do not make a weight of shape {shape:?}"
            )));
        }
        let matrix = |view, shape: [usize; 2]| -> Result<Tensor<2>, WeightsError> {
            Ok(Tensor::from_data(
                TensorData::new(floats(module, view)?.into_owned(), shape),
                &weight.device(),
            ))
        };
        let product = matrix(up, [rows, rank])?.matmul(matrix(down, [rank, columns])?);
        #[allow(clippy::cast_precision_loss)]
        let scale = self.alpha(pair, module)?.map_or(1.0, |alpha| alpha / rank as f32);
        Ok((product * scale).reshape(shape))
    }

    fn alpha(&self, pair: &Pair, module: &str) -> Result<Option<f32>, WeightsError> {
        let Some(view) = pair.alpha.as_ref().and_then(|name| self.checkpoint.get(name)) else {
            return Ok(None);
        };
        Ok(floats(module, view)?.first().copied())
    }
}

/// The module's key and the part a tensor name stands for.
fn split_name(name: &str) -> Option<(String, Part)> {
    let (module, part) = PARTS.iter().find_map(|(end, part)| Some((name.strip_suffix(end)?, *part)))?;
    let module = module.replace(".processor", "").replace("to_out_lora", "to_out").replace('.', "_");
    let module = module.strip_prefix("lora_").unwrap_or(&module);
    let module = module.strip_prefix("base_model_model_").unwrap_or(module);
    let key = match module.strip_prefix("text_encoder_") {
        Some(rest) => format!("te_{rest}"),
        None if module.starts_with("unet_") || module.starts_with("te_") => module.to_owned(),
        None => format!("unet_{module}"),
    };
    // The old attention processors left out the index inside `to_out`.
    let key = if key.ends_with("_to_out") { format!("{key}_0") } else { key };
    Some((key, part))
}

/// The key under which a module's pair is kept: dots and underscores are not told apart.
fn module_key(network: &str, module: &str) -> String {
    format!("{network}_{}", module.replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn the_dialects_agree() {
        let kohya = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight";
        let peft = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0.lora_A.weight";
        let old = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight";
        let expected = "unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0";
        for name in [kohya, peft, old] {
            assert_eq!(split_name(name).unwrap().0, expected, "{name}");
        }
        let text = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight";
        assert_eq!(split_name(text).unwrap().0, "te_text_model_encoder_layers_0_self_attn_q_proj");
        assert!(split_name("emb_params").is_none());
    }
}
