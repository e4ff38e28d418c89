//! [`Weights`]: a network's view of a checkpoint, by upstream names: `w.pp("to_q").tensor("weight", [c, c])`.

#[cfg(feature = "flex")]
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, Tensor, TensorData};

use super::error::Mismatch;
use super::header::TensorEntry;
use super::lora::Adapters;
use super::numbers::{floats, require_finite};
use super::{Checkpoint, WeightsError};
use crate::{NnError, Precision, PredictionType};

/// Tensors that some files carry and no network needs.
const TOLERATED: [&str; 4] = ["position_ids", "text_projection.weight", "logit_scale", "num_batches_tracked"];

/// Whether a tensor of this name may be in a file without being used.
fn is_tolerated(name: &str) -> bool {
    TOLERATED.iter().any(|end| name.ends_with(end))
}

/// How many numbers the tensors of a file hold that a network reads, from its header alone.
pub(crate) fn count_numbers(checkpoint: &Checkpoint) -> u64 {
    let read = checkpoint.names().filter(|name| !is_tolerated(name));
    let entries = read.filter_map(|name| checkpoint.entry(name));
    entries.map(|entry| entry.shape.iter().map(|&side| side as u64).product::<u64>()).sum()
}

/// Where the weights go and what is merged into them.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Where the tensors are made.
    pub device: Device,
    /// The number format of the tensors made.
    pub precision: Precision,
    /// Adapters merged into the weights.
    pub adapters: Adapters,
    /// Whether GLIGEN layers that lie beside a U-Net, in `gligen/` of its folder, are loaded with it.
    pub gligen: bool,
    /// Loads in a precision that [`Precision::check`] refuses on the device: how 16-bit floats, which are for GPUs, are
    /// tested on machines without one.
    #[doc(hidden)]
    pub allow_unsupported_precision: bool,
    /// What the U-Net predicts, in place of what the files say or what is assumed where they say nothing.
    pub prediction_type: Option<PredictionType>,
}

impl LoadOptions {
    /// f32 weights on `device`, nothing merged.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            precision: Precision::F32,
            adapters: Adapters::default(),
            gligen: false,
            prediction_type: None,
            allow_unsupported_precision: false,
        }
    }

    /// The same for a network that computes in f32 alone and takes no adapters.
    #[must_use]
    pub(crate) fn in_f32(&self) -> Self {
        Self { precision: Precision::F32, adapters: Adapters::default(), ..self.clone() }
    }
}

/// Reads tensors below a path of names and remembers which were read.
#[derive(Clone, Debug)]
pub struct Weights {
    shared: Arc<Shared>,
    prefix: String,
}

#[derive(Debug)]
struct Shared {
    checkpoint: Checkpoint,
    options: LoadOptions,
    /// The word LoRA files use for this network: `unet` or `te`.
    network: &'static str,
    /// In a dry run, names and shapes are checked, and tensors without data of their own are given.
    dry_run: bool,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    used: BTreeSet<String>,
    missing: Vec<String>,
    misshaped: Vec<String>,
}

/// Builds a network from a checkpoint, in two passes.
///
/// The first pass is a dry run: `build` gets tensors of the right shape that share one
/// number, every difference between file and network is collected, and nothing large is
/// allocated. Only when there is no difference are the weights read.
///
/// # Errors
///
/// [`WeightsError::Mismatch`] with all missing, mis-shaped and unknown tensors; [`NnError::Precision`] for a precision
/// that the device does not compute in.
pub fn load<T, E: From<WeightsError> + From<NnError>>(
    checkpoint: &Checkpoint,
    network: &'static str,
    options: &LoadOptions,
    build: impl Fn(&Weights) -> Result<T, E>,
) -> Result<T, E> {
    check(checkpoint, network, options, &build)?;
    build(&Weights::root(checkpoint, network, options, false))
}

/// The first pass of [`load`] alone, which reads no weights.
///
/// # Errors
///
/// As [`load`].
pub(crate) fn check<T, E: From<WeightsError> + From<NnError>>(
    checkpoint: &Checkpoint,
    network: &'static str,
    options: &LoadOptions,
    build: impl Fn(&Weights) -> Result<T, E>,
) -> Result<(), E> {
    if !options.allow_unsupported_precision {
        options.precision.check(&options.device)?;
    }
    let dry_run = Weights::root(checkpoint, network, options, true);
    build(&dry_run)?;
    let mismatch = dry_run.mismatch();
    if !mismatch.is_empty() {
        let network = network.to_owned();
        return Err(WeightsError::Mismatch { network, mismatch }.into());
    }
    Ok(options.adapters.check_all_used(network, &dry_run.used())?)
}

impl Weights {
    fn root(checkpoint: &Checkpoint, network: &'static str, options: &LoadOptions, dry_run: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                checkpoint: checkpoint.clone(),
                options: options.clone(),
                network,
                dry_run,
                ledger: Mutex::default(),
            }),
            prefix: String::new(),
        }
    }

    /// One level down: `w.pp("to_q")`, or several: `w.pp("down_blocks.0")`.
    #[must_use]
    pub fn pp(&self, name: impl std::fmt::Display) -> Self {
        Self { shared: Arc::clone(&self.shared), prefix: self.path(&name.to_string()) }
    }

    /// One level down by the first of several names that occurs in the file.
    #[must_use]
    pub fn pp_any(&self, names: &[&str]) -> Self {
        let present = |name: &&&str| self.pp(name).contains("weight");
        let name = names.iter().find(present).or(names.first());
        self.pp(name.copied().unwrap_or_default())
    }

    /// The device tensors are made on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.shared.options.device
    }

    /// Whether the networks use fused operations: on the processor, in f32.
    #[must_use]
    pub fn fused(&self) -> bool {
        crate::device::is_processor(self.device()) && self.shared.options.precision == Precision::F32
    }

    /// Whether only names and shapes are checked and no numbers are read.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.shared.dry_run
    }

    /// Whether the file has this tensor.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.shared.checkpoint.contains(&self.path(name))
    }

    fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    /// The tensor of this name, which must have exactly this shape.
    ///
    /// # Errors
    ///
    /// When it cannot be read as floats. A missing or mis-shaped tensor is
    /// recorded, to be reported with all others.
    pub fn tensor<const D: usize>(&self, name: &str, shape: [usize; D]) -> Result<Tensor<D>, WeightsError> {
        self.tensor_of(name, shape, &[&shape])
    }

    /// Like [`tensor`](Self::tensor), for a matrix that some files store as a 1×1 convolution.
    ///
    /// # Errors
    ///
    /// As for [`tensor`](Self::tensor).
    pub fn matrix(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<Tensor<2>, WeightsError> {
        let shapes: [&[usize]; 2] = [&[rows, columns], &[rows, columns, 1, 1]];
        self.tensor_of(name, [rows, columns], &shapes)
    }

    /// A single number, stored without a dimension or with one.
    ///
    /// # Errors
    ///
    /// As for [`tensor`](Self::tensor).
    pub fn scalar(&self, name: &str) -> Result<f32, WeightsError> {
        let number: Tensor<1> = self.tensor_of(name, [1], &[&[], &[1]])?;
        let missing =
            || WeightsError::Tensor { name: self.path(name), reason: "it holds no number".to_owned() };
        number.into_data().iter::<f32>().next().ok_or_else(missing)
    }

    /// The numbers of a tensor, which must have one of these shapes: as they lie in the file where they are f32 there
    /// and nothing is merged into them.
    ///
    /// # Errors
    ///
    /// When it is missing, has another shape, or cannot be read as floats.
    #[cfg(feature = "flex")]
    pub(crate) fn values(&self, name: &str, accepted: &[&[usize]]) -> Result<Cow<'_, [f32]>, WeightsError> {
        let path = self.path(name);
        if !self.shared.options.adapters.touch(self.shared.network, &path) {
            return floats(&self.shared.checkpoint, &path, accepted);
        }
        let rows = accepted.first().and_then(|shape| shape.first()).copied().unwrap_or(1);
        let others = accepted.first().map_or(1, |shape| shape.iter().skip(1).product());
        let values = floats(&self.shared.checkpoint, &path, accepted)?.into_owned();
        let weight = Tensor::<2>::from_data(TensorData::new(values, [rows, others]), self.device());
        Ok(Cow::Owned(self.merged(&path, weight)?.1))
    }

    /// The tensor of this name in `shape`, which may be stored in any shape of `accepted`.
    fn tensor_of<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        accepted: &[&[usize]],
    ) -> Result<Tensor<D>, WeightsError> {
        let path = self.path(name);
        if self.shared.dry_run {
            self.record(&path, accepted);
            return Ok(Tensor::<D>::zeros([1; D], self.device()).expand(shape));
        }
        let values = floats(&self.shared.checkpoint, &path, accepted)?.into_owned();
        let mut merged = Tensor::from_data(TensorData::new(values, shape), self.device());
        if self.shared.options.adapters.touch(self.shared.network, &path) {
            merged = self.merged(&path, merged)?.0;
        }
        Ok(match self.shared.options.precision {
            Precision::F32 => merged,
            other => merged.cast(other.dtype()),
        })
    }

    /// A weight with all adapters for it added, and its numbers, which are finite.
    fn merged<const D: usize>(
        &self,
        path: &str,
        weight: Tensor<D>,
    ) -> Result<(Tensor<D>, Vec<f32>), WeightsError> {
        let Shared { options, network, .. } = self.shared.as_ref();
        let merged = options.adapters.merge(network, path, weight)?;
        let numbers: Vec<f32> = merged.to_data().iter::<f32>().collect();
        require_finite(path, &numbers)?;
        Ok((merged, numbers))
    }

    fn record(&self, path: &str, accepted: &[&[usize]]) {
        let mut ledger = self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.used.insert(path.to_owned());
        let stored: Option<&TensorEntry> = self.shared.checkpoint.entry(path);
        match stored {
            None => ledger.missing.push(path.to_owned()),
            Some(entry) if !accepted.contains(&entry.shape.as_slice()) => {
                let expected = accepted.first().copied().unwrap_or_default();
                let note = format!("{path}: file has {:?}, expected {expected:?}", entry.shape);
                ledger.misshaped.push(note);
            }
            Some(_) => {}
        }
    }

    fn used(&self) -> BTreeSet<String> {
        let ledger = self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.used.clone()
    }

    fn mismatch(&self) -> Mismatch {
        let ledger = self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |name: &&str| ledger.used.contains(*name) || is_tolerated(name);
        let names = self.shared.checkpoint.names();
        Mismatch {
            missing: ledger.missing.clone(),
            misshaped: ledger.misshaped.clone(),
            unknown: names.filter(|name| !known(name)).map(str::to_owned).collect(),
        }
    }
}
