//! [`Weights`]: tensors from a file whose header was checked.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::gguf_file;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

use super::norm::Norm;
use crate::gguf::{Header, TensorInfo, TensorKind};

/// A file's tensors, read one after another.
pub(super) struct Weights<'a> {
    file: BufReader<File>,
    header: &'a Header,
}

/// A matrix, quantised as in the file. Clones share it.
#[derive(Clone)]
pub(super) struct Matrix {
    stored: Arc<QTensor>,
    product: QMatMul,
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matrix").field(self.stored.shape()).finish()
    }
}

impl Matrix {
    /// `hidden`, `[tokens, columns]`, times the transposed matrix: `[tokens, rows]`.
    pub(super) fn multiply(&self, hidden: &Tensor) -> Result<Tensor> {
        self.product.forward(hidden)
    }

    /// The rows of these numbers, `[numbers, columns]`.
    pub(super) fn rows(&self, numbers: &[u32]) -> Result<Tensor> {
        self.product.embedding(&Tensor::new(numbers, &Device::Cpu)?)
    }
}

impl<'a> Weights<'a> {
    pub(super) fn open(path: &Path, header: &'a Header) -> Result<Self> {
        Ok(Self { file: BufReader::new(File::open(path)?), header })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.header.tensors().contains_key(name)
    }

    /// A matrix of `[rows, columns]`.
    pub(super) fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Matrix> {
        let stored = Arc::new(self.tensor(name, &shape)?);
        Ok(Matrix { product: QMatMul::from_arc(Arc::clone(&stored))?, stored })
    }

    pub(super) fn norm(&mut self, name: &str, width: usize, epsilon: f64) -> Result<Norm> {
        Ok(Norm::new(self.vector(name, width)?, epsilon))
    }

    /// A norm that not every family has.
    pub(super) fn optional_norm(&mut self, name: &str, width: usize, epsilon: f64) -> Result<Option<Norm>> {
        if self.has(name) { self.norm(name, width, epsilon).map(Some) } else { Ok(None) }
    }

    pub(super) fn optional_bias(&mut self, name: &str, width: usize) -> Result<Option<Tensor>> {
        if self.has(name) { self.vector(name, width).map(Some) } else { Ok(None) }
    }

    /// The numbers of a vector that not every file has.
    pub(super) fn optional_vector(&mut self, name: &str, width: usize) -> Result<Option<Vec<f32>>> {
        if self.has(name) { self.vector(name, width)?.to_vec1().map(Some) } else { Ok(None) }
    }

    fn vector(&mut self, name: &str, width: usize) -> Result<Tensor> {
        let vector = self.tensor(name, &[width])?.dequantize(&Device::Cpu)?;
        if vector.to_vec1::<f32>()?.iter().all(|value| value.is_finite()) {
            return Ok(vector);
        }
        candle_core::bail!("the tensor {name} holds values that are no numbers")
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor> {
        let Some(info) = self.header.tensors().get(name) else {
            candle_core::bail!("the tensor {name} is missing")
        };
        if info.shape != shape {
            candle_core::bail!("the tensor {name} has the sides {:?}, expected {shape:?}", info.shape);
        }
        place(info).read(&mut self.file, 0, &Device::Cpu)
    }
}

/// The same place in candle's words.
fn place(info: &TensorInfo) -> gguf_file::TensorInfo {
    let ggml_dtype = match info.kind {
        TensorKind::F32 => GgmlDType::F32,
        TensorKind::F16 => GgmlDType::F16,
        TensorKind::BF16 => GgmlDType::BF16,
        TensorKind::Q4_0 => GgmlDType::Q4_0,
        TensorKind::Q4_1 => GgmlDType::Q4_1,
        TensorKind::Q5_0 => GgmlDType::Q5_0,
        TensorKind::Q5_1 => GgmlDType::Q5_1,
        TensorKind::Q8_0 => GgmlDType::Q8_0,
        TensorKind::Q2K => GgmlDType::Q2K,
        TensorKind::Q3K => GgmlDType::Q3K,
        TensorKind::Q4K => GgmlDType::Q4K,
        TensorKind::Q5K => GgmlDType::Q5K,
        TensorKind::Q6K => GgmlDType::Q6K,
    };
    gguf_file::TensorInfo { ggml_dtype, shape: info.shape.clone().into(), offset: info.start }
}
