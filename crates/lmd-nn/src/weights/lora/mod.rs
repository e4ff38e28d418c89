//! [`Adapters`]: low-rank additions to the weights (LoRA, arXiv:2106.09685), merged when weights are read.
//!
//! `W' = W + strength · α/r · ΔW`. The names of files are in `names`, the forms of `ΔW` in `delta`, the sources of α in
//! `scale`.

mod delta;
mod names;
mod scale;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Tensor;

use self::delta::{Factor, Factors};
use self::names::Part;
use self::scale::Scales;
use super::numbers::{all_floats, number};
use super::{Checkpoint, WeightsError};
use crate::Warning;

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
    ///
    /// # Errors
    ///
    /// When a file cannot be read any more.
    pub fn digests(&self) -> Result<Vec<(String, String)>, WeightsError> {
        let mut all = Vec::new();
        for (lora, strength) in &self.0 {
            let files = lora.checkpoint.digests()?.into_iter();
            all.extend(files.map(|(name, digest)| (format!("{name}@{strength}"), digest)));
        }
        Ok(all)
    }

    /// What of the files is left out.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        self.0.iter().flat_map(|(lora, _)| lora.warnings.iter().cloned()).collect()
    }

    /// The weight at `path` with all adapters for it added.
    pub(super) fn merge<const D: usize>(
        &self,
        network: &str,
        path: &str,
        weight: Tensor<D>,
    ) -> Result<Tensor<D>, WeightsError> {
        let key = weight_key(network, path);
        let mut merged = weight;
        for (lora, strength) in &self.0 {
            if let Some(module) = key.as_ref().and_then(|key| lora.modules.get(key)) {
                let delta = lora.delta(module, network, &merged)?;
                merged = merged + delta * *strength;
            }
        }
        Ok(merged)
    }

    /// Whether [`merge`](Self::merge) would change the tensor of this path.
    pub(super) fn touch(&self, network: &str, path: &str) -> bool {
        let key = weight_key(network, path);
        key.is_some_and(|key| self.0.iter().any(|(lora, _)| lora.modules.contains_key(&key)))
    }

    /// Fails when an adapter has parts for this network that fit no weight of it.
    pub(super) fn check_all_used(&self, network: &str, used: &BTreeSet<String>) -> Result<(), WeightsError> {
        let known: BTreeSet<String> = used.iter().filter_map(|path| weight_key(network, path)).collect();
        let prefix = format!("{network}_");
        for (lora, _) in &self.0 {
            let unknown_modules: Vec<&str> = (lora.modules.keys())
                .filter(|key| key.starts_with(&prefix) && !known.contains(*key))
                .map(String::as_str)
                .collect();
            if let Some(first) = unknown_modules.first() {
                let count = unknown_modules.len();
                return Err(lora.fail(format!("{count} parts fit no layer of this model, among them {first}; it was made for another kind of model")));
            }
        }
        Ok(())
    }
}

/// The key of the module whose weight is at `path`.
fn weight_key(network: &str, path: &str) -> Option<String> {
    path.strip_suffix(".weight").map(|module| names::key_of_weight(network, module))
}

/// One LoRA file.
#[derive(Debug)]
pub struct Lora {
    path: PathBuf,
    checkpoint: Checkpoint,
    /// By the key of the weight they are added to.
    modules: BTreeMap<String, Module>,
    scales: Scales,
    warnings: Vec<Warning>,
}

/// The tensors of one module.
#[derive(Debug)]
struct Module {
    /// As the file writes it.
    name: String,
    tensors: BTreeMap<Part, String>,
}

/// Textual inversions that come along in one file with a LoRA: kohya's `bundle_emb`.
const EMBEDDINGS: &str = "bundle_emb.";

impl Lora {
    /// Opens a LoRA file.
    ///
    /// # Errors
    ///
    /// When the file is refused, was made for another kind of model, or holds tensors of a form that is not read.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        Self::from_checkpoint(path, Checkpoint::open(path)?)
    }

    /// Reads a LoRA out of a checkpoint; `path` is used in messages, and PEFT's `adapter_config.json` is looked for
    /// beside it.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn from_checkpoint(path: &Path, checkpoint: Checkpoint) -> Result<Self, WeightsError> {
        let mut modules: BTreeMap<String, Module> = BTreeMap::new();
        let mut warnings = Vec::new();
        let fail = |reason: String| WeightsError::Lora { path: path.to_owned(), reason };
        for name in checkpoint.names() {
            if let Some(model) = names::other_model(name) {
                return Err(fail(format!("it was made for {model}")));
            }
            if name.starts_with(EMBEDDINGS) {
                let what = "embeddings bundled with the LoRA (bundle_emb)";
                warnings = vec![Warning::Unread { path: path.to_owned(), what: what.to_owned() }];
                continue;
            }
            let Some((module, part)) = names::split(name) else {
                return Err(fail(format!(
                    "tensor {name} is of a kind that is not read; read are LoRA, LoCon, LoHa and LoKr (lora_down/lora_up, lora_A/lora_B, hada_*, lokr_*)"
                )));
            };
            let new = || Module { name: module.to_owned(), tensors: BTreeMap::new() };
            let module = modules.entry(names::key(module)).or_insert_with(new);
            if let Some(other) = module.tensors.insert(part, name.to_owned()) {
                return Err(fail(format!("tensors {other} and {name} are for the same layer; expected one")));
            }
        }
        if modules.is_empty() {
            return Err(fail("it holds no tensors of a LoRA".to_owned()));
        }
        for module in modules.values() {
            if let Some(part) = names::missing(|part| module.tensors.contains_key(&part)) {
                return Err(fail(format!("{} has no {part} part", module.name)));
            }
        }
        let scales = Scales::read(path, &checkpoint).map_err(fail)?;
        Ok(Self { path: path.to_owned(), checkpoint, modules, scales, warnings })
    }

    fn fail(&self, reason: String) -> WeightsError {
        WeightsError::Lora { path: self.path.clone(), reason }
    }

    /// `α/r · ΔW` in the shape of `weight`.
    fn delta<const D: usize>(
        &self,
        module: &Module,
        network: &str,
        weight: &Tensor<D>,
    ) -> Result<Tensor<D>, WeightsError> {
        let name = &module.name;
        let read = |part: Part| {
            let Some(tensor) = module.tensors.get(&part) else { return Ok(None) };
            let values = all_floats(&self.checkpoint, tensor)?.into_owned();
            Ok(self.checkpoint.entry(tensor).map(|entry| Factor::new(&entry.shape, values)))
        };
        let has = |part: Part| module.tensors.contains_key(&part);
        let fail = |reason: String| self.fail(format!("{name}: {reason}"));
        let shape = weight.dims();
        let expected = [shape.iter().take(1).product(), shape.iter().skip(1).product::<usize>()];
        let device = weight.device();
        let delta = Factors { has: &has, read: &read, fail: &fail, expected, device: &device }.delta()?;
        let alpha = module.tensors.get(&Part::Alpha);
        let alpha = alpha.map(|tensor| number(&self.checkpoint, tensor)).transpose()?;
        let factor = self.scales.factor(network, name, delta.rank, alpha);
        let found = delta.matrix.dims();
        if found != expected {
            return Err(fail(format!(
                "its factors make {found:?}, which do not make a weight of shape {shape:?}"
            )));
        }
        Ok((delta.matrix * factor).reshape(shape))
    }
}
