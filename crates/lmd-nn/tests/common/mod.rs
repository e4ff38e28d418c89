//! Golden tensors and how close ours must be to them.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lmd_nn::weights::{StoredType, TensorView};
use lmd_nn::{Accelerator, Checkpoint, Device, Tensor, TensorData, device};

/// The processor, the device of all numbers in the repository.
pub fn cpu() -> Device {
    device(Accelerator::Cpu).unwrap()
}

/// A folder of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// What the original implementation computed: the folder `golden` of `LMD_TEST_DATA`, which is not part of the repository.
pub fn reference_folder() -> PathBuf {
    let folder = Path::new(&std::env::var("LMD_TEST_DATA").unwrap()).join("golden");
    assert!(folder.is_dir(), "{} is no folder", folder.display());
    folder
}

/// Tensors somebody else computed.
pub struct Golden(Checkpoint);

impl Golden {
    /// Opens `golden.safetensors` or the like.
    pub fn open(path: &Path) -> Self {
        Self(Checkpoint::open(path).unwrap())
    }

    /// The names that begin with `prefix`, without it.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.0.names().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()
    }

    /// The numbers of a tensor of 32-bit floats.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        let bytes = self.0.read(name).unwrap().bytes;
        bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    /// The bytes of a picture, stored as floats.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.floats(name).into_iter().map(|value| value as u8).collect()
    }

    /// The numbers of a tensor of 32-bit integers, by rows.
    pub fn rows(&self, name: &str) -> Vec<Vec<u32>> {
        let view = self.0.read(name).unwrap();
        let all: Vec<u32> = view.bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
        all.chunks(view.shape[1]).map(<[u32]>::to_vec).collect()
    }

    /// A tensor of 32-bit floats.
    pub fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let shape: [usize; D] = self.0.entry(name).unwrap().shape.clone().try_into().unwrap();
        Tensor::from_data(TensorData::new(self.floats(name), shape), &cpu())
    }

    /// Asserts that `ours` is this tensor, up to `tolerance` times its largest value.
    pub fn assert_close<const D: usize>(&self, name: &str, ours: Tensor<D>, tolerance: f64) {
        assert_eq!(self.0.entry(name).unwrap().shape, ours.dims(), "shape of {name}");
        let error = relative_error(&floats(ours), &self.floats(name));
        eprintln!("{name}: relative error {error:.2e}");
        assert!(error <= tolerance, "{name}: relative error {error:.2e} above {tolerance:.0e}");
    }
}

/// The numbers of a tensor.
pub fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().as_slice().unwrap().to_vec()
}

/// Largest difference over largest expected value.
pub fn relative_error(ours: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(ours.len(), expected.len());
    let scale = expected.iter().map(|e| f64::from(e.abs())).fold(f64::MIN_POSITIVE, f64::max);
    let differences = ours.iter().zip(expected).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    // `f64::max` would drop a NaN.
    differences.fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst }) / scale
}

/// Copies a network's folder of `tests/data`, with the small tokenizer beside the weights as the hub has it.
pub fn assemble(name: &str, to: &Path) {
    for from in [data(name), data("tokenizer")] {
        for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// Writes tensors of 16-bit or 32-bit floats as a safetensors file.
pub fn write(path: &Path, tensors: &[(String, TensorView<'_>)]) {
    let mut offset = 0;
    let mut header = BTreeMap::new();
    for (name, view) in tensors {
        let dtype = match view.dtype {
            StoredType::F16 => "F16",
            StoredType::Bf16 => "BF16",
            StoredType::I64 => "I64",
            _ => "F32",
        };
        let offsets = [offset, offset + view.bytes.len()];
        offset = offsets[1];
        header
            .insert(name, serde_json::json!({"dtype": dtype, "shape": view.shape, "data_offsets": offsets}));
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    tensors.iter().for_each(|(_, view)| bytes.extend(&*view.bytes));
    fs::write(path, bytes).unwrap();
}

/// Numbers that look random and are the same everywhere.
pub fn scattered(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    // The sum of twelve uniform numbers, less six, is nearly normal.
    (0..count).map(|_| (0..12).map(|_| next()).sum::<f32>() - 6.0).collect()
}
