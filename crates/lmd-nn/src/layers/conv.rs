//! Linear layers and convolutions with prologue and epilogue.
//!
//! On the processor, in f32, all of it is one fused kernel of [`cpu`] with a backward pass of its own. Elsewhere it is
//! composed of Burn's operations, and that implementation is the reference of the kernel's tests. Images are channels-last,
//! `[batch, height, width, channels]`.

#[cfg(feature = "flex")]
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, relu};
use burn::tensor::module::{conv2d, interpolate, linear};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions, PadMode};

use super::norm::{GroupNorm, LayerNorm};
#[cfg(feature = "flex")]
use super::values::to_vec_f32;
#[cfg(feature = "flex")]
use crate::cpu::{self, FusedConv, PackedConv};
use crate::weights::{Weights, WeightsError};

/// What is done to the input of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Prologue<'a> {
    Identity,
    /// Followed by SiLU if the layer says so.
    GroupNorm(&'a GroupNorm),
    LayerNorm(&'a LayerNorm),
    /// The first half of the channels times GELU of the second: GEGLU (arXiv:2002.05202).
    Geglu,
    /// Nearest-neighbour resize to this height and width.
    Resize([usize; 2]),
}

/// How a layer is computed, and its weights in the layout for that.
#[derive(Clone, Debug)]
enum Implementation {
    #[cfg(feature = "flex")]
    Fused(Arc<PackedConv>),
    Reference(Box<ReferenceWeights>),
}

/// Weights as diffusers stores them, `[out_channels, in_channels, kernel_size, kernel_size]`.
#[derive(Clone, Debug)]
struct ReferenceWeights {
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
}

impl Implementation {
    fn reference(weight: Tensor<4>, bias: Option<Tensor<1>>) -> Self {
        Self::Reference(Box::new(ReferenceWeights { weight, bias }))
    }
}

/// A linear layer (a 1×1 convolution), or a 3×3 convolution.
#[derive(Clone, Debug)]
pub(crate) struct Conv {
    implementation: Implementation,
    stride: usize,
    /// Rows and columns of zeros at the top and left, and at the bottom and right.
    padding: [usize; 2],
}

/// Prologue and epilogue of one call of a [`Conv`].
#[derive(Clone, Debug)]
pub(crate) struct ConvArgs<'a, const D: usize> {
    pub(crate) prologue: Prologue<'a>,
    /// A bias of each image's own, `[batch, out_channels]`; a constant.
    pub(crate) image_bias: Option<&'a Tensor<2>>,
    pub(crate) residual: Option<Tensor<D>>,
    /// Whether ReLU follows.
    pub(crate) relu: bool,
}

impl<'a, const D: usize> ConvArgs<'a, D> {
    pub(crate) fn after(prologue: Prologue<'a>) -> Self {
        Self { prologue, image_bias: None, residual: None, relu: false }
    }

    pub(crate) fn residual(self, residual: Tensor<D>) -> Self {
        Self { residual: Some(residual), ..self }
    }
}

impl Implementation {
    /// Some layers of the same input, whose outputs are concatenated, each from `[out_channels, in_channels, kernel_size, kernel_size]`.
    fn load(layers: &[Weights], shape: [usize; 3], bias: bool) -> Result<Self, WeightsError> {
        #[cfg(feature = "flex")]
        if layers.iter().all(|w| w.fused() && !w.is_dry_run()) {
            return Self::fused(layers, shape, bias);
        }
        let [out_channels, in_channels, kernel_size] = shape;
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for w in layers {
            weights.push(if kernel_size == 1 {
                // Stored as a 1×1 convolution by some files, as a matrix by others.
                w.matrix("weight", [out_channels, in_channels])?
            } else {
                rows(
                    w.tensor("weight", [out_channels, in_channels, kernel_size, kernel_size])?,
                    w.is_dry_run(),
                )
            });
            if bias {
                biases.push(w.tensor("bias", [out_channels])?);
            }
        }
        if layers.iter().any(Weights::is_dry_run) {
            return Ok(Self::reference(Tensor::zeros([1; 4], layers[0].device()), None));
        }
        let bias = (!biases.is_empty()).then(|| Tensor::cat(biases, 0));
        let weight = Tensor::cat(weights, 0).reshape([
            layers.len() * out_channels,
            in_channels,
            kernel_size,
            kernel_size,
        ]);
        Ok(Self::reference(weight, bias))
    }

    /// Packed straight from the file.
    #[cfg(feature = "flex")]
    fn fused(
        layers: &[Weights],
        [out_channels, in_channels, kernel_size]: [usize; 3],
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let (convolution, matrix) =
            ([out_channels, in_channels, kernel_size, kernel_size], [out_channels, in_channels]);
        let shapes: [&[usize]; 2] = [&convolution, if kernel_size == 1 { &matrix } else { &convolution }];
        let weights = layers.iter().map(|w| w.values("weight", &shapes)).collect::<Result<Vec<_>, _>>()?;
        let biases = (layers.iter().filter(|_| bias)).map(|w| w.values("bias", &[&[out_channels]]));
        let biases = biases.collect::<Result<Vec<_>, _>>()?.concat();
        let packed =
            PackedConv::new(&weights, biases, [layers.len() * out_channels, in_channels, kernel_size]);
        drop(weights);
        Ok(Self::Fused(Arc::new(packed)))
    }
}

/// One row per output channel; in a dry run, one number only.
fn rows(weight: Tensor<4>, dry_run: bool) -> Tensor<2> {
    if dry_run { Tensor::zeros([1; 2], &weight.device()) } else { weight.flatten(1, 3) }
}

impl Conv {
    /// Fused, from a weight `[out_channels, in_channels, kernel_size, kernel_size]`.
    #[cfg(feature = "flex")]
    pub(crate) fn of(weight: &Tensor<4>, bias: &Tensor<1>) -> Self {
        let [out_channels, in_channels, kernel_size, _] = weight.dims();
        let packed = PackedConv::new(
            &[to_vec_f32(weight.to_data()).into()],
            to_vec_f32(bias.to_data()),
            [out_channels, in_channels, kernel_size],
        );
        Self {
            implementation: Implementation::Fused(Arc::new(packed)),
            stride: 1,
            padding: [kernel_size / 2; 2],
        }
    }

    /// 3×3 with stride 1 and padding 1, which keeps the size.
    pub(crate) fn conv3x3(
        w: &Weights,
        in_channels: usize,
        out_channels: usize,
    ) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [out_channels, in_channels, 3], true)
    }

    /// [`conv3x3`](Self::conv3x3) without a bias.
    pub(crate) fn conv3x3_no_bias(
        w: &Weights,
        in_channels: usize,
        out_channels: usize,
    ) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [out_channels, in_channels, 3], false)
    }

    /// A linear layer, from a matrix or a 1×1 convolution.
    pub(crate) fn linear(w: &Weights, in_channels: usize, out_channels: usize) -> Result<Self, WeightsError> {
        Self::load(std::slice::from_ref(w), [out_channels, in_channels, 1], true)
    }

    /// Linear layers of the same input, their outputs concatenated, with biases or without.
    pub(crate) fn linear_concat(
        layers: &[Weights],
        in_channels: usize,
        out_channels: usize,
        bias: bool,
    ) -> Result<Self, WeightsError> {
        Self::load(layers, [out_channels, in_channels, 1], bias)
    }

    fn load(layers: &[Weights], shape: [usize; 3], bias: bool) -> Result<Self, WeightsError> {
        Ok(Self {
            implementation: Implementation::load(layers, shape, bias)?,
            stride: 1,
            padding: [shape[2] / 2; 2],
        })
    }

    /// The same layer with both implementations, fused first.
    #[cfg(all(test, feature = "flex"))]
    pub(super) fn both(weight: &Tensor<4>, bias: &Tensor<1>) -> [Self; 2] {
        let fused = Self::of(weight, bias);
        let implementation = Implementation::reference(weight.clone(), Some(bias.clone()));
        [fused.clone(), Self { implementation, ..fused }]
    }

    /// The same weights with stride 2.
    pub(crate) fn stride2(self) -> Self {
        let implementation = match self.implementation {
            #[cfg(feature = "flex")]
            Implementation::Fused(packed) => Implementation::Fused(packed.for_direct_conv()),
            reference @ Implementation::Reference(_) => reference,
        };
        Self { implementation, stride: 2, ..self }
    }

    /// The same weights with padding at the bottom and right only.
    pub(crate) fn pad_bottom_right(self) -> Self {
        Self { padding: [0, 1], ..self }
    }

    /// `[.., in]` → `[.., out]`, of images `[B, H, W, C]` or sequences `[B, N, C]`.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.apply(x, ConvArgs::after(Prologue::Identity))
    }

    /// `relu(conv(prologue(x)) + image_bias + residual)`
    pub(crate) fn apply<const D: usize>(&self, x: Tensor<D>, args: ConvArgs<'_, D>) -> Tensor<D> {
        match &self.implementation {
            #[cfg(feature = "flex")]
            Implementation::Fused(packed) => self.fused(packed, x, args),
            Implementation::Reference(weights) => self.reference(weights, x, args),
        }
    }

    #[cfg(feature = "flex")]
    fn fused<const D: usize>(
        &self,
        packed: &Arc<PackedConv>,
        x: Tensor<D>,
        args: ConvArgs<'_, D>,
    ) -> Tensor<D> {
        let prologue = match args.prologue {
            Prologue::Identity => cpu::Prologue::Identity,
            Prologue::GroupNorm(norm) => cpu::Prologue::GroupNorm(norm.spec()),
            Prologue::LayerNorm(norm) => cpu::Prologue::LayerNorm(norm.spec()),
            Prologue::Geglu => cpu::Prologue::Geglu,
            Prologue::Resize(size) => cpu::Prologue::Resize(size),
        };
        // The fused ReLU has no backward pass.
        let fused_relu = args.relu && !x.is_tracked();
        let call = FusedConv {
            prologue,
            stride: self.stride,
            padding: self.padding,
            image_bias: args.image_bias.map(|image_bias| to_vec_f32(image_bias.to_data())),
            relu: fused_relu,
            weights: Arc::clone(packed),
        };
        let y = match args.residual {
            Some(residual) => cpu::apply_add(x, residual, Arc::new(call)),
            None => cpu::apply(x, Arc::new(call)),
        };
        if args.relu && !fused_relu { relu(y) } else { y }
    }

    /// The layer composed of Burn's operations.
    fn reference<const D: usize>(
        &self,
        weights: &ReferenceWeights,
        x: Tensor<D>,
        args: ConvArgs<'_, D>,
    ) -> Tensor<D> {
        let x = match args.prologue {
            Prologue::Identity => x,
            Prologue::GroupNorm(norm) => norm.reference(x),
            Prologue::LayerNorm(norm) => norm.reference(x),
            Prologue::Geglu => {
                let half = x.dims()[D - 1] / 2;
                x.clone().narrow(D - 1, 0, half) * gelu(x.narrow(D - 1, half, half))
            }
            Prologue::Resize(size) => resized(x, size),
        };
        let mut y = self.linear_or_conv(weights, x);
        if let Some(image_bias) = args.image_bias {
            let [batch, channels] = image_bias.dims();
            let mut shape = [1; D];
            (shape[0], shape[D - 1]) = (batch, channels);
            y = y + image_bias.clone().reshape(shape);
        }
        if let Some(residual) = args.residual {
            y = y + residual;
        }
        if args.relu { relu(y) } else { y }
    }

    fn linear_or_conv<const D: usize>(
        &self,
        ReferenceWeights { weight, bias }: &ReferenceWeights,
        x: Tensor<D>,
    ) -> Tensor<D> {
        let [out_channels, in_channels, kernel_size, _] = weight.dims();
        if kernel_size == 1 {
            let weight = weight.clone().reshape([out_channels, in_channels]).transpose();
            return linear(x, weight, bias.clone());
        }
        let [before, after] = self.padding;
        let x = channels_first(as_image(x));
        let (x, padding) = if before == after {
            (x, before)
        } else {
            (x.pad((before, after, before, after), PadMode::Constant(0.0)), 0)
        };
        let options = ConvOptions::new([self.stride; 2], [padding; 2], [1, 1], 1);
        let y = conv2d(x, weight.clone(), bias.clone(), options);
        from_image(channels_last(y))
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

/// A tensor as images: linear layers take any rank, convolutions rank 4.
fn as_image<const D: usize>(x: Tensor<D>) -> Tensor<4> {
    let dims = x.dims();
    let shape: [usize; 4] = match *dims.as_slice() {
        [batch, height, width, channels] => [batch, height, width, channels],
        _ => [dims.iter().product(), 1, 1, 1],
    };
    x.reshape(shape)
}

/// The inverse of [`as_image`] for rank 4.
fn from_image<const D: usize>(x: Tensor<4>) -> Tensor<D> {
    let shape = x.dims();
    let mut dims = [1; D];
    dims.iter_mut().zip(shape).for_each(|(to, from)| *to = from);
    x.reshape(dims)
}

fn resized<const D: usize>(x: Tensor<D>, size: [usize; 2]) -> Tensor<D> {
    let options = InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size);
    from_image(channels_last(interpolate(channels_first(as_image(x)), options)))
}
