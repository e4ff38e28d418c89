//! Linear maps and convolutions, with what comes right before and after them.
//!
//! On the processor, in f32, all of it is one fused operation with a gradient of its own;
//! elsewhere it is composed of Burn's operations. Pictures lie channels last,
//! `[batch, height, width, channels]`.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::tensor::activation::{gelu, relu};
use burn::tensor::module::{conv2d, interpolate, linear};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions, PadMode};
use burn::tensor::{Tensor, TensorData};

use super::norm::{GroupNorm, LayerNorm};
#[cfg(feature = "flex")]
use crate::fused::{self, Map, MapCall};
use crate::weights::{Weights, WeightsError};

/// What is done to the input of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Before<'a> {
    Nothing,
    GroupNorm(&'a GroupNorm),
    LayerNorm(&'a LayerNorm),
    /// The first half of the channels times GELU of the second: GEGLU (arXiv:2002.05202).
    Gate,
    /// Every value repeated, to this height and width.
    Resize([usize; 2]),
}

/// Weights on the processor, turned as the fused operations want them, or as upstream stores them.
#[derive(Clone, Debug)]
enum Kernel {
    #[cfg(feature = "flex")]
    Fused(Arc<Map>),
    Composed(Box<Stored>),
}

/// Weights as upstream stores them, `[outputs, inputs, side, side]`.
#[derive(Clone, Debug)]
struct Stored {
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
}

impl Kernel {
    fn composed(weight: Tensor<4>, bias: Option<Tensor<1>>) -> Self {
        Self::Composed(Box::new(Stored { weight, bias }))
    }
}

/// A linear map of the channels of every place, or a 3×3 convolution.
#[derive(Clone, Debug)]
pub(crate) struct Conv {
    kernel: Kernel,
    stride: usize,
    /// Rows and columns of zeros above and to the left, and below and to the right.
    padding: [usize; 2],
}

/// One use of a map: what comes before it, and what is added after it.
#[derive(Clone, Debug)]
pub(crate) struct Use<'a, const D: usize> {
    pub(crate) before: Before<'a>,
    /// Added to every place of a picture, `[batch, outputs]`; a constant.
    pub(crate) shift: Option<&'a Tensor<2>>,
    pub(crate) addend: Option<Tensor<D>>,
    /// Whether negative results become zero.
    pub(crate) rectify: bool,
}

impl<'a, const D: usize> Use<'a, D> {
    pub(crate) fn after(before: Before<'a>) -> Self {
        Self { before, shift: None, addend: None, rectify: false }
    }

    pub(crate) fn plus(self, addend: Tensor<D>) -> Self {
        Self { addend: Some(addend), ..self }
    }
}

impl Kernel {
    /// Several maps of the same input side by side, each from `[outputs, inputs, side, side]`.
    fn load(maps: &[Weights], shape: [usize; 3], bias: bool) -> Result<Self, WeightsError> {
        #[cfg(feature = "flex")]
        if maps.iter().all(|w| w.fused() && !w.is_dry_run()) {
            return Self::fused(maps, shape, bias);
        }
        let [outputs, inputs, side] = shape;
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for w in maps {
            weights.push(if side == 1 {
                // Stored as a 1×1 convolution by some files, as a matrix by others.
                w.matrix("weight", [outputs, inputs])?
            } else {
                rows(w.tensor("weight", [outputs, inputs, side, side])?, w.is_dry_run())
            });
            if bias {
                biases.push(w.tensor("bias", [outputs])?);
            }
        }
        if maps.iter().any(Weights::is_dry_run) {
            let device = weights.first().map(Tensor::device).unwrap_or_default();
            return Ok(Self::composed(Tensor::zeros([1; 4], &device), None));
        }
        let bias = (!biases.is_empty()).then(|| Tensor::cat(biases, 0));
        let weight = Tensor::cat(weights, 0).reshape([maps.len() * outputs, inputs, side, side]);
        Ok(Self::composed(weight, bias))
    }

    /// Straight from the file into the order of the fused operation.
    #[cfg(feature = "flex")]
    fn fused(
        maps: &[Weights],
        [outputs, inputs, side]: [usize; 3],
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let (convolution, matrix) = ([outputs, inputs, side, side], [outputs, inputs]);
        let shapes: [&[usize]; 2] = [&convolution, if side == 1 { &matrix } else { &convolution }];
        let weights = maps.iter().map(|w| w.values("weight", &shapes)).collect::<Result<Vec<_>, _>>()?;
        let biases = (maps.iter().filter(|_| bias)).map(|w| w.values("bias", &[&[outputs]]));
        let biases = biases.collect::<Result<Vec<_>, _>>()?.concat();
        let map = Map::new(&weights, biases, [maps.len() * outputs, inputs, side]);
        drop(weights);
        Ok(Self::Fused(Arc::new(map)))
    }
}

/// One row per output; a stand-in has one number only.
fn rows(weight: Tensor<4>, stand_in: bool) -> Tensor<2> {
    if stand_in { Tensor::zeros([1; 2], &weight.device()) } else { weight.flatten(1, 3) }
}

/// The numbers of an f32 tensor.
#[cfg(feature = "flex")]
pub(super) fn numbers(data: TensorData) -> Vec<f32> {
    data.try_into_vec::<f32>().unwrap_or_default()
}

impl Conv {
    /// Fused, from a weight `[outputs, inputs, side, side]`.
    #[cfg(feature = "flex")]
    pub(crate) fn of(weight: &Tensor<4>, bias: &Tensor<1>) -> Self {
        let [outputs, inputs, side, _] = weight.dims();
        let map =
            Map::new(&[numbers(weight.to_data()).into()], numbers(bias.to_data()), [outputs, inputs, side]);
        Self { kernel: Kernel::Fused(Arc::new(map)), stride: 1, padding: [side / 2; 2] }
    }

    /// 3×3, keeping the size.
    pub(crate) fn same(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [outputs, inputs, 3], true)
    }

    /// 3×3 without an additive part, keeping the size.
    pub(crate) fn no_bias(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [outputs, inputs, 3], false)
    }

    /// 1×1, or a matrix.
    pub(crate) fn point(w: &Weights, inputs: usize, outputs: usize) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [outputs, inputs, 1], true)
    }

    /// Several matrices of the same input, their results side by side, with additive parts or without.
    pub(crate) fn beside(
        maps: &[Weights],
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> Result<Self, WeightsError> {
        Self::load(maps, [outputs, inputs, 1], bias)
    }

    fn load(maps: &[Weights], shape: [usize; 3], bias: bool) -> Result<Self, WeightsError> {
        Ok(Self { kernel: Kernel::load(maps, shape, bias)?, stride: 1, padding: [shape[2] / 2; 2] })
    }

    /// The same map fused and composed.
    #[cfg(all(test, feature = "flex"))]
    pub(super) fn both(weight: &Tensor<4>, bias: &Tensor<1>) -> [Self; 2] {
        let fused = Self::of(weight, bias);
        let kernel = Kernel::composed(weight.clone(), Some(bias.clone()));
        [fused.clone(), Self { kernel, ..fused }]
    }

    /// The same weights, looking at every other place only.
    pub(crate) fn halving(self) -> Self {
        let kernel = match self.kernel {
            #[cfg(feature = "flex")]
            Kernel::Fused(map) => Kernel::Fused(map.by_taps()),
            composed @ Kernel::Composed(_) => composed,
        };
        Self { kernel, stride: 2, ..self }
    }

    /// The same weights, with zeros to the right and below only.
    pub(crate) fn padded_after(self) -> Self {
        Self { padding: [0, 1], ..self }
    }

    /// `[.., in]` → `[.., out]`, of pictures `[B, H, W, C]` or sequences `[B, N, C]`.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.apply(x, Use::after(Before::Nothing))
    }

    /// `rectify(map(before(x)) + shift + addend)`
    pub(crate) fn apply<const D: usize>(&self, x: Tensor<D>, how: Use<'_, D>) -> Tensor<D> {
        match &self.kernel {
            #[cfg(feature = "flex")]
            Kernel::Fused(map) => self.fused(map, x, how),
            Kernel::Composed(stored) => self.composed(stored, x, how),
        }
    }

    #[cfg(feature = "flex")]
    fn fused<const D: usize>(&self, map: &Arc<Map>, x: Tensor<D>, how: Use<'_, D>) -> Tensor<D> {
        let before = match how.before {
            Before::Nothing => fused::Before::Nothing,
            Before::GroupNorm(norm) => fused::Before::GroupNorm(norm.spec()),
            Before::LayerNorm(norm) => fused::Before::LayerNorm(norm.spec()),
            Before::Gate => fused::Before::Gate,
            Before::Resize(size) => fused::Before::Resize(size),
        };
        // Rectifying has no gradient in the fused operation.
        let rectify = how.rectify && !x.is_tracked();
        let call = MapCall {
            before,
            stride: self.stride,
            padding: self.padding,
            shift: how.shift.map(|shift| numbers(shift.to_data())),
            rectify,
            map: Arc::clone(map),
        };
        let y = match how.addend {
            Some(addend) => fused::apply_add(x, addend, Arc::new(call)),
            None => fused::apply(x, Arc::new(call)),
        };
        if how.rectify && !rectify { relu(y) } else { y }
    }

    fn composed<const D: usize>(&self, stored: &Stored, x: Tensor<D>, how: Use<'_, D>) -> Tensor<D> {
        let x = match how.before {
            Before::Nothing => x,
            Before::GroupNorm(norm) => norm.composed(x),
            Before::LayerNorm(norm) => norm.composed(x),
            Before::Gate => {
                let half = x.dims()[D - 1] / 2;
                x.clone().narrow(D - 1, 0, half) * gelu(x.narrow(D - 1, half, half))
            }
            Before::Resize(size) => resized(x, size),
        };
        let mut y = self.mapped(stored, x);
        if let Some(shift) = how.shift {
            let [batch, channels] = shift.dims();
            let mut shape = [1; D];
            (shape[0], shape[D - 1]) = (batch, channels);
            y = y + shift.clone().reshape(shape);
        }
        if let Some(addend) = how.addend {
            y = y + addend;
        }
        if how.rectify { relu(y) } else { y }
    }

    fn mapped<const D: usize>(&self, Stored { weight, bias }: &Stored, x: Tensor<D>) -> Tensor<D> {
        let [outputs, inputs, side, _] = weight.dims();
        if side == 1 {
            let weight = weight.clone().reshape([outputs, inputs]).transpose();
            return linear(x, weight, bias.clone());
        }
        let [before, after] = self.padding;
        let x = channels_first(as_picture(x));
        let (x, padding) = if before == after {
            (x, before)
        } else {
            (x.pad((before, after, before, after), PadMode::Constant(0.0)), 0)
        };
        let options = ConvOptions::new([self.stride; 2], [padding; 2], [1, 1], 1);
        let y = conv2d(x, weight.clone(), bias.clone(), options);
        as_before(channels_last(y))
    }
}

/// `[B, C, H, W]` → `[B, H, W, C]`
pub(crate) fn channels_last(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 2, 3, 1])
}

/// `[B, H, W, C]` → `[B, C, H, W]`
pub(crate) fn channels_first(x: Tensor<4>) -> Tensor<4> {
    x.permute([0, 3, 1, 2])
}

/// A tensor of rank 4 by another name.
fn as_picture<const D: usize>(x: Tensor<D>) -> Tensor<4> {
    let dims = x.dims();
    let shape: [usize; 4] = match *dims.as_slice() {
        [batch, height, width, channels] => [batch, height, width, channels],
        _ => [dims.iter().product(), 1, 1, 1],
    };
    x.reshape(shape)
}

fn as_before<const D: usize>(x: Tensor<4>) -> Tensor<D> {
    let shape = x.dims();
    let mut dims = [1; D];
    dims.iter_mut().zip(shape).for_each(|(to, from)| *to = from);
    x.reshape(dims)
}

fn resized<const D: usize>(x: Tensor<D>, size: [usize; 2]) -> Tensor<D> {
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size);
    as_before(channels_last(interpolate(channels_first(as_picture(x)), options)))
}
