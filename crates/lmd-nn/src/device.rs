//! Where tensors live and in which precision: [`device`], [`Accelerator`], [`Precision`].

use std::fmt;
use std::str::FromStr;

use burn::tensor::{DType, Device};
use serde::{Deserialize, Serialize};

use crate::NnError;

/// The kind of machine the networks run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Accelerator {
    /// The best this build was made for: CUDA, ROCm, Metal, Vulkan, then the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A GPU through Vulkan.
    Vulkan,
    /// An NVIDIA GPU through CUDA.
    Cuda,
    /// An Apple GPU.
    Metal,
    /// An AMD GPU through ROCm.
    Rocm,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Vulkan => "vulkan",
            Self::Cuda => "cuda",
            Self::Metal => "metal",
            Self::Rocm => "rocm",
        })
    }
}

impl FromStr for Accelerator {
    type Err = NnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Auto, Self::Cpu, Self::Vulkan, Self::Cuda, Self::Metal, Self::Rocm];
        all.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| NnError::Device {
            asked: text.to_owned(),
            reason: "expected auto, cpu, vulkan, cuda, metal or rocm".to_owned(),
        })
    }
}

/// The number format of weights and activations. Guided attention maps are f32 always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floats: the format of the reference numbers.
    #[default]
    F32,
    /// 16-bit floats, for GPUs.
    F16,
    /// Brain floats, for GPUs.
    Bf16,
}

impl Precision {
    /// Burn's name of the format.
    #[must_use]
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }

    /// Refuses a precision that the networks do not compute in on this device: 16-bit floats on a processor.
    ///
    /// Loading a network refuses it, too; asked earlier, nothing has been planned or paid for yet.
    ///
    /// # Errors
    ///
    /// [`NnError::Precision`], which names the precision and the device and says what to do.
    pub fn check(self, device: &Device) -> Result<(), NnError> {
        if self == Self::F32 || !is_processor(device) {
            return Ok(());
        }
        Err(NnError::Precision { precision: self.to_string(), device: device_name(device) })
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

impl FromStr for Precision {
    type Err = NnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            "bf16" => Ok(Self::Bf16),
            _ => Err(NnError::UnknownPrecision(text.to_owned())),
        }
    }
}

/// The device of the given kind, without gradients: tensors made on it are constants.
///
/// Gradients are asked for tensor by tensor, with `.autodiff().require_grad()`.
///
/// # Errors
///
/// When this build was made without the feature the kind needs.
pub fn device(kind: Accelerator) -> Result<Device, NnError> {
    let found = match kind {
        Accelerator::Auto => cuda().or_else(rocm).or_else(metal).or_else(vulkan).or_else(cpu),
        Accelerator::Cpu => cpu(),
        Accelerator::Vulkan => vulkan(),
        Accelerator::Cuda => cuda(),
        Accelerator::Metal => metal(),
        Accelerator::Rocm => rocm(),
    };
    found.ok_or_else(|| NnError::Device { asked: kind.to_string(), reason: lacking(kind) })
}

/// Why a build has no device of this kind, and what to do.
fn lacking(kind: Accelerator) -> String {
    let features = match kind {
        Accelerator::Auto => "flex` or the feature of a GPU (vulkan, cuda, metal, rocm)".to_owned(),
        Accelerator::Cpu => "flex`, or use a GPU".to_owned(),
        gpu => format!("{gpu}`, or use cpu"),
    };
    format!("this build lacks it; build again with `--features {features}")
}

/// What a device is called: `cpu`, or a GPU as its driver's binding shows it.
#[must_use]
pub fn device_name(device: &Device) -> String {
    if is_processor(device) { Accelerator::Cpu.to_string() } else { format!("{device:?}") }
}

/// Whether this is the processor, with gradients or without.
pub(crate) fn is_processor(device: &Device) -> bool {
    cpu().is_some_and(|cpu| device.clone().without_autodiff() == cpu)
}

fn cpu() -> Option<Device> {
    #[cfg(feature = "flex")]
    return Some(Device::flex());
    #[cfg(not(feature = "flex"))]
    None
}

fn vulkan() -> Option<Device> {
    #[cfg(feature = "vulkan")]
    return Some(Device::vulkan(burn::tensor::DeviceKind::default()));
    #[cfg(not(feature = "vulkan"))]
    None
}

fn cuda() -> Option<Device> {
    #[cfg(feature = "cuda")]
    return Some(Device::cuda(0));
    #[cfg(not(feature = "cuda"))]
    None
}

fn metal() -> Option<Device> {
    #[cfg(feature = "metal")]
    return Some(Device::metal(burn::tensor::DeviceKind::default()));
    #[cfg(not(feature = "metal"))]
    None
}

fn rocm() -> Option<Device> {
    #[cfg(feature = "rocm")]
    return Some(Device::rocm(0));
    #[cfg(not(feature = "rocm"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert_eq!("vulkan".parse::<Accelerator>().unwrap(), Accelerator::Vulkan);
        assert!("tpu".parse::<Accelerator>().is_err());
        assert_eq!("bf16".parse::<Precision>().unwrap(), Precision::Bf16);
        let error = "int8".parse::<Precision>().unwrap_err().to_string();
        assert_eq!(error, "precision \"int8\"; expected f32, f16 or bf16");
    }

    #[test]
    fn a_build_without_a_device_names_the_feature_it_needs() {
        assert_eq!(
            lacking(Accelerator::Vulkan),
            "this build lacks it; build again with `--features vulkan`, or use cpu"
        );
        assert_eq!(
            lacking(Accelerator::Cpu),
            "this build lacks it; build again with `--features flex`, or use a GPU"
        );
        assert!(lacking(Accelerator::Auto).contains("`--features flex`"));
    }

    #[cfg(feature = "flex")]
    #[test]
    fn the_processor_is_always_there_and_tracks_nothing() {
        let device = device(Accelerator::Cpu).unwrap();
        assert!(!device.is_autodiff());
        assert_eq!(device_name(&device), "cpu");
    }

    #[cfg(feature = "flex")]
    #[test]
    fn sixteen_bits_are_refused_on_a_processor() {
        let device = device(Accelerator::Cpu).unwrap();
        Precision::F32.check(&device).unwrap();
        for precision in [Precision::F16, Precision::Bf16] {
            let error = precision.check(&device).unwrap_err();
            assert_eq!(
                precision.check(&device.clone().autodiff()).unwrap_err().to_string(),
                error.to_string()
            );
            let expected = format!(
                "{precision} is for GPUs, and this device (cpu) computes in f32; leave --dtype away, or choose a GPU with --device"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
