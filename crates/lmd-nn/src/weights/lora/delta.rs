//! What a LoRA adds to a weight, from the factors it is stored as.
//!
//! | form | ΔW before α/r | from |
//! |---|---|---|
//! | low rank | `up · down` | LoRA, arXiv:2106.09685 |
//! | with a core | `core ×₁ up ×₂ downᵀ` (Tucker) | LoCon of LyCORIS, arXiv:2309.14859 |
//! | Hadamard | `(a₁ · b₁) ⊙ (a₂ · b₂)` | LoHa, arXiv:2108.06098 |
//! | Kronecker | `w₁ ⊗ w₂`, each whole or `a · b` | LoKr, arXiv:2212.10650 |
//!
//! Weights of convolutions are matrices here: `[outputs, inputs · height · width]`.

use burn::tensor::{Device, Tensor, TensorData};

use super::names::Part;
use crate::weights::WeightsError;

/// Largest rank of a factor.
const MAX_RANK: usize = 4096;

/// A factor as it is stored.
pub(super) struct Factor {
    /// At least two dimensions.
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Factor {
    pub(super) fn new(shape: &[usize], values: Vec<f32>) -> Self {
        // A matrix of one row or column may have lost that dimension.
        let shape = if let [all] = shape { vec![*all, 1] } else { shape.to_vec() };
        Self { shape, values }
    }

    fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// The second dimension.
    fn columns(&self) -> usize {
        self.shape.get(1).copied().unwrap_or(1)
    }

    /// Elements of a convolution's kernel: the product of the dimensions after the second.
    fn kernel_elements(&self) -> usize {
        self.shape.iter().skip(2).product()
    }

    /// The rows as they are, all else in one dimension.
    fn matrix(self, device: &Device) -> Tensor<2> {
        let (rows, others) = (self.rows(), self.shape.iter().skip(1).product());
        Tensor::from_data(TensorData::new(self.values, [rows, others]), device)
    }

    /// `[first, second, kernel_elements]`
    fn core(self, device: &Device) -> Tensor<3> {
        let shape = [self.rows(), self.columns(), self.kernel_elements()];
        Tensor::from_data(TensorData::new(self.values, shape), device)
    }
}

/// The factors of one module.
pub(super) struct Factors<'a> {
    /// Whether there is such a factor.
    pub(super) has: &'a dyn Fn(Part) -> bool,
    /// Reads one of them, where it is there.
    pub(super) read: &'a dyn Fn(Part) -> Result<Option<Factor>, WeightsError>,
    /// An error that names the file and the module.
    pub(super) fail: &'a dyn Fn(String) -> WeightsError,
    /// Rows and columns of the weight. Nothing larger is computed, whatever the factors say.
    pub(super) expected: [usize; 2],
    /// Where the result is wanted.
    pub(super) device: &'a Device,
}

/// What a module adds to its weight, before it is scaled.
pub(super) struct Delta {
    /// `[outputs, inputs · height · width]`
    pub(super) matrix: Tensor<2>,
    /// The rank of the factors, where there are any.
    pub(super) rank: Option<usize>,
}

impl Factors<'_> {
    /// Multiplies the factors out.
    ///
    /// # Errors
    /// When one is missing or they do not fit each other.
    pub(super) fn delta(&self) -> Result<Delta, WeightsError> {
        if (self.has)(Part::HadaW1A) || (self.has)(Part::HadaW2A) {
            self.hadamard()
        } else if (self.has)(Part::Down) || (self.has)(Part::Up) {
            self.low_rank()
        } else {
            self.kronecker()
        }
    }

    fn needed(&self, part: Part, what: &str) -> Result<Factor, WeightsError> {
        (self.read)(part)?.ok_or_else(|| (self.fail)(format!("it has no {what} part")))
    }

    fn low_rank(&self) -> Result<Delta, WeightsError> {
        let (down, up) = (self.needed(Part::Down, "down")?, self.needed(Part::Up, "up")?);
        let rank = down.rows();
        let matrix = match (self.read)(Part::Mid)? {
            Some(core) => self.tucker(core, up.matrix(self.device), down.matrix(self.device))?,
            None => self.product(up, down)?,
        };
        Ok(Delta { matrix, rank: Some(rank) })
    }

    fn hadamard(&self) -> Result<Delta, WeightsError> {
        let mut halves = Vec::new();
        let mut rank = None;
        for (a, b, core) in
            [(Part::HadaW1A, Part::HadaW1B, Part::HadaT1), (Part::HadaW2A, Part::HadaW2B, Part::HadaT2)]
        {
            let (a, b) = (self.needed(a, "hada_w_a")?, self.needed(b, "hada_w_b")?);
            rank = Some(b.rows());
            halves.push(match (self.read)(core)? {
                Some(core) => self.tucker(core, a.matrix(self.device).transpose(), b.matrix(self.device))?,
                None => self.product(a, b)?,
            });
        }
        let [first, second] = <[Tensor<2>; 2]>::try_from(halves).map_err(|_| self.unfit(&[]))?;
        if first.dims() != second.dims() {
            return Err(self.unfit(&[&first.dims(), &second.dims()]));
        }
        Ok(Delta { matrix: first * second, rank })
    }

    fn kronecker(&self) -> Result<Delta, WeightsError> {
        let mut rank = None;
        let left = match (self.read)(Part::KronW1)? {
            Some(whole) => whole,
            None => {
                let (a, b) =
                    (self.needed(Part::KronW1A, "lokr_w1_a")?, self.needed(Part::KronW1B, "lokr_w1_b")?);
                rank = Some(b.rows());
                Factor::new(&[a.rows(), b.columns()], host(self.product(a, b)?)?)
            }
        };
        let right = match (self.read)(Part::KronW2)? {
            Some(whole) => whole,
            None => {
                let (a, b) =
                    (self.needed(Part::KronW2A, "lokr_w2_a")?, self.needed(Part::KronW2B, "lokr_w2_b")?);
                rank = Some(b.rows());
                match (self.read)(Part::KronT2)? {
                    Some(core) => {
                        let shape = [a.columns(), b.columns(), core.kernel_elements()];
                        let (a, b) = (a.matrix(self.device).transpose(), b.matrix(self.device));
                        Factor::new(&shape, host(self.tucker(core, a, b)?)?)
                    }
                    None => {
                        let shape = [a.rows(), b.columns(), b.kernel_elements()];
                        Factor::new(&shape, host(self.product(a, b)?)?)
                    }
                }
            }
        };
        let [a, c] = [left.rows(), left.columns() * left.kernel_elements()];
        let [b, d, kernel_elements] = [right.rows(), right.columns(), right.kernel_elements()];
        let fits = a.checked_mul(b) == Some(self.expected[0])
            && c.checked_mul(d).and_then(|columns| columns.checked_mul(kernel_elements))
                == Some(self.expected[1]);
        if !fits {
            return Err(self.unfit(&[&left.shape, &right.shape]));
        }
        let left = left.matrix(self.device).reshape([a, 1, c, 1, 1]);
        let right = right.matrix(self.device).reshape([1, b, 1, d, kernel_elements]);
        Ok(Delta { matrix: (left * right).reshape([a * b, c * d * kernel_elements]), rank })
    }

    /// `a · b`, each flattened behind its rows.
    fn product(&self, a: Factor, b: Factor) -> Result<Tensor<2>, WeightsError> {
        let rank = a.shape.iter().skip(1).product::<usize>();
        let columns = b.shape.iter().skip(1).product::<usize>();
        if rank != b.rows() || !(1..=MAX_RANK).contains(&rank) || !self.is_part(a.rows(), columns) {
            return Err(self.unfit(&[&a.shape, &b.shape]));
        }
        Ok(a.matrix(self.device).matmul(b.matrix(self.device)))
    }

    /// `core [r, s, kernel_elements]`, `up [outputs, r]`, `down [s, inputs]` → `[outputs, inputs · kernel_elements]`.
    fn tucker(&self, core: Factor, up: Tensor<2>, down: Tensor<2>) -> Result<Tensor<2>, WeightsError> {
        let [r, s, kernel_elements] = [core.rows(), core.columns(), core.kernel_elements()];
        let ([outputs, up_rank], [down_rank, inputs]) = (up.dims(), down.dims());
        let ranks =
            (r, s) == (up_rank, down_rank) && (1..=MAX_RANK).contains(&r) && (1..=inputs).contains(&s);
        if !ranks || !self.is_part(outputs, inputs.saturating_mul(kernel_elements)) {
            return Err(self.unfit(&[&core.shape, &up.dims(), &down.dims()]));
        }
        let core = core.core(self.device).reshape([r, s * kernel_elements]);
        let half = up.matmul(core).reshape([outputs, s, kernel_elements]).swap_dims(1, 2);
        let whole = half.reshape([outputs * kernel_elements, s]).matmul(down);
        Ok(whole
            .reshape([outputs, kernel_elements, inputs])
            .swap_dims(1, 2)
            .reshape([outputs, inputs * kernel_elements]))
    }

    /// Whether a matrix of this size is no larger than the weight.
    fn is_part(&self, rows: usize, columns: usize) -> bool {
        (1..=self.expected[0]).contains(&rows) && (1..=self.expected[1]).contains(&columns)
    }

    fn unfit(&self, shapes: &[&[usize]]) -> WeightsError {
        let shapes: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
        let expected = self.expected;
        (self.fail)(format!("factors of shapes {} do not make a weight of {expected:?}", shapes.join(", ")))
    }
}

/// The numbers of a tensor that was computed in f32.
fn host(tensor: Tensor<2>) -> Result<Vec<f32>, WeightsError> {
    let failed = |e| WeightsError::Tensor { name: "LoRA".to_owned(), reason: format!("not f32 ({e:?})") };
    tensor.into_data().convert::<f32>().try_into_vec::<f32>().map_err(failed)
}
