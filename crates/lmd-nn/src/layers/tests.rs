//! The fused kernels against the same layers composed of Burn's operations: outputs, and gradients by Burn's autodiff.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};

use super::conv::{Conv, ConvArgs, Prologue};
use super::norm::{GroupNorm, LayerNorm};
use super::{attend, cross_attention, cross_attention_probabilities, self_attention, split_heads};

const TOLERANCE: f32 = 2e-5;

fn device() -> Device {
    Device::flex()
}

/// Numbers that look random, about -1 to 1.
fn scattered<const D: usize>(shape: [usize; D], seed: u32) -> Tensor<D> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn floats<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().unwrap()
}

fn assert_close(what: &str, ours: &[f32], expected: &[f32]) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    // Memory nobody filled holds NaN here, which no maximum would show.
    assert!(ours.iter().all(|x| x.is_finite()), "{what}: not a number");
    let scale = expected.iter().fold(f32::MIN_POSITIVE, |m, e| m.max(e.abs()));
    let error = ours.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / scale;
    assert!(error <= TOLERANCE, "{what}: relative error {error:e}");
}

/// The result, and the gradients of a sum of its numbers, each with its own weight.
fn with_gradients<const D: usize, const E: usize>(
    x: Tensor<D>,
    residual: Option<Tensor<E>>,
    f: impl Fn(Tensor<D>, Option<Tensor<E>>) -> Tensor<E>,
) -> [Vec<f32>; 3] {
    let x = x.autodiff().require_grad();
    let residual = residual.map(|residual| residual.autodiff().require_grad());
    let y = f(x.clone(), residual.clone());
    let weights = scattered(y.dims(), 77).autodiff();
    let gradients = (y.clone() * weights).sum().backward();
    let of_residual = residual.map(|residual| floats(residual.grad(&gradients).unwrap()));
    [floats(y.inner()), floats(x.grad(&gradients).unwrap()), of_residual.unwrap_or_default()]
}

struct Case<'a> {
    prologue: Prologue<'a>,
    shape: [usize; 4],
    in_channels: usize,
    out_channels: usize,
    kernel_size: usize,
    stride2: bool,
}

impl Case<'_> {
    fn check(&self, what: &str) {
        let weight = scattered([self.out_channels, self.in_channels, self.kernel_size, self.kernel_size], 1);
        let bias = scattered([self.out_channels], 2);
        let [mut fused, mut reference] = Conv::both(&weight, &bias);
        if self.stride2 {
            (fused, reference) = (fused.stride2(), reference.stride2());
        }
        for pad_bottom_right in [false, true] {
            if pad_bottom_right && !self.stride2 {
                continue;
            }
            if pad_bottom_right {
                (fused, reference) = (fused.clone().pad_bottom_right(), reference.clone().pad_bottom_right());
            }
            let x = scattered(self.shape, 3);
            let y = reference.apply(x.clone(), ConvArgs::after(self.prologue));
            let residual = scattered(y.dims(), 4);
            let image_bias = scattered([self.shape[0], self.out_channels], 5);
            let run = |conv: &Conv| {
                with_gradients(x.clone(), Some(residual.clone()), |x, residual| {
                    let args = ConvArgs {
                        image_bias: Some(&image_bias),
                        residual,
                        ..ConvArgs::after(self.prologue)
                    };
                    conv.apply(x, args)
                })
            };
            for (part, (ours, expected)) in run(&fused).iter().zip(&run(&reference)).enumerate() {
                assert_close(&format!("{what}, part {part}"), ours, expected);
            }
        }
    }
}

#[test]
fn convs_are_their_composition() {
    let norm = GroupNorm::new(scattered([12], 6), scattered([12], 7), 4, 1e-5, true);
    let plain = GroupNorm::new(scattered([12], 8), scattered([12], 9), 3, 1e-5, false);
    let layer = LayerNorm::new(scattered([12], 10), scattered([12], 11), 1e-5);
    let all = [
        ("nothing", Prologue::Identity, 12),
        ("group norm and SiLU", Prologue::GroupNorm(&norm), 12),
        ("group norm", Prologue::GroupNorm(&plain), 12),
        ("layer norm", Prologue::LayerNorm(&layer), 12),
        ("gate", Prologue::Geglu, 6),
        ("resize", Prologue::Resize([10, 14]), 12),
        ("odd resize", Prologue::Resize([9, 13]), 12),
    ];
    for (name, prologue, in_channels) in all {
        for (kernel_size, stride2) in [(1, false), (3, false), (3, true)] {
            // Many output channels for a narrow image take the explicit im2col.
            for out_channels in [5, 150] {
                let case =
                    Case { prologue, shape: [2, 5, 7, 12], in_channels, out_channels, kernel_size, stride2 };
                case.check(&format!(
                    "{name}, {kernel_size}×{kernel_size}, stride2 {stride2}, {out_channels} out_channels"
                ));
            }
        }
    }
}

#[test]
fn large_convs_are_their_composition() {
    // Few pixels under large weights are split by input channels; the other weights are too large for a flipped copy.
    for (shape, out_channels) in [([1, 4, 6, 170], 180), ([2, 26, 20, 230], 260)] {
        let in_channels = shape[3];
        for (kernel_size, stride2) in [(3, false), (3, true)] {
            let case =
                Case { prologue: Prologue::Identity, shape, in_channels, out_channels, kernel_size, stride2 };
            case.check(&format!("{shape:?} to {out_channels}, stride2 {stride2}"));
        }
    }
    let case = Case {
        prologue: Prologue::Geglu,
        shape: [1, 1, 9, 1200],
        in_channels: 600,
        out_channels: 500,
        kernel_size: 1,
        stride2: false,
    };
    case.check("a large matrix");
    let case = Case {
        shape: [2, 3, 5, 500],
        prologue: Prologue::Identity,
        in_channels: 500,
        out_channels: 1201,
        ..case
    };
    case.check("a large matrix with more out_channels");
    let case = Case { in_channels: 1201, out_channels: 500, shape: [2, 3, 5, 1201], ..case };
    case.check("a large matrix with more in_channels");
}

#[test]
fn winograd_is_the_convolution() {
    // One image's tiles at once, many bands of them, an image of one column of tiles, and one of odd sides.
    let norm = GroupNorm::new(scattered([32], 6), scattered([32], 7), 8, 1e-5, true);
    for [batch, height, width] in [[2, 8, 6], [1, 40, 34], [3, 44, 2], [2, 7, 8]] {
        let shape = [batch, height, width, 32];
        let prologues =
            [Prologue::Identity, Prologue::GroupNorm(&norm), Prologue::Resize([2 * height, 2 * width])];
        for (i, prologue) in prologues.into_iter().enumerate() {
            let case =
                Case { prologue, shape, in_channels: 32, out_channels: 48, kernel_size: 3, stride2: false };
            case.check(&format!("{shape:?}, {i}"));
        }
    }
    // Too large to be kept twice: the backward pass reads the weights transposed.
    let shape = [1, 8, 8, 256];
    let case = Case {
        prologue: Prologue::Identity,
        shape,
        in_channels: 256,
        out_channels: 256,
        kernel_size: 3,
        stride2: false,
    };
    case.check("large");
    // Large enough for the layout of panels, the last of which is narrower; by tiles of both
    // kinds and, of odd sides or with stride 2, by direct convolution.
    for (height, stride2) in [(8, false), (32, false), (7, false), (8, true)] {
        let shape = [1, height, 8, 384];
        Case {
            prologue: Prologue::Identity,
            shape,
            in_channels: 384,
            out_channels: 368,
            kernel_size: 3,
            stride2,
        }
        .check(&format!("in panels, {height} high, stride2 {stride2}"));
    }
}

/// Attention by its definition, of `[B, heads, N, d]`.
fn defined(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, causal: bool) -> [Tensor<4>; 2] {
    let [_, _, rows, width] = q.dims();
    let columns = k.dims()[2];
    let scores = q.matmul(k.transpose()) / (width as f32).sqrt();
    let hidden = |i: usize| if causal && i % columns > i / columns { f32::NEG_INFINITY } else { 0.0 };
    let mask: Vec<f32> = (0..rows * columns).map(hidden).collect();
    let mask = Tensor::<4>::from_data(TensorData::new(mask, [1, 1, rows, columns]), &device());
    let p = burn::tensor::activation::softmax(scores + mask, 3);
    [p.clone(), p.matmul(v)]
}

fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    split_heads(x, heads)
}

fn join(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, width] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * width])
}

#[test]
fn attention_to_itself_is_its_definition() {
    // The last have several blocks of keys.
    let small = [(1, false), (37, false), (37, true), (64, false), (300, false), (304, false)];
    for (tokens, causal) in small.into_iter().chain([(600, false), (600, true)]) {
        for width in [5, 8, 16, 40, 160] {
            let x = scattered([2, tokens, 3 * 4 * width], 1) * 3.0;
            let ours = with_gradients(x.clone(), None, |x, _| self_attention(x, 4, causal));
            let expected = with_gradients(x, None, |x, _: Option<Tensor<3>>| {
                let part = |part| split(x.clone().narrow(2, part * 4 * width, 4 * width), 4);
                let [q, k, v] = [0_usize, 1, 2].map(part);
                join(defined(q, k, v, causal)[1].clone())
            });
            for (part, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
                assert_close(
                    &format!("{tokens} tokens of {width}, causal {causal}, part {part}"),
                    ours,
                    expected,
                );
            }
        }
    }
}

#[test]
fn attention_to_a_text_is_its_definition() {
    for (prompts, width) in [(1, 5), (2, 5), (1, 8), (2, 16)] {
        let q = scattered([2, 70, 4 * width], 1) * 3.0;
        let [k, v] = [2, 3].map(|seed| scattered([prompts, 4, 9, width], seed));
        let both = |x: Tensor<3>| {
            let whole = |t: &Tensor<4>| if prompts == 2 { t.clone() } else { t.clone().repeat_dim(0, 2) };
            defined(split(x, 4), whole(&k), whole(&v), false)
        };
        let attn_output = with_gradients(q.clone(), None, |x, _| cross_attention(x, &k, &v));
        let expected = with_gradients(q.clone(), None, |x, _: Option<Tensor<3>>| join(both(x)[1].clone()));
        let map = with_gradients(q.clone(), None, |x, _| cross_attention_probabilities(x, &k, None));
        let expected_map = with_gradients(q.clone(), None, |x, _: Option<Tensor<4>>| both(x)[0].clone());
        let columns = [7, 0, 7];
        let some =
            with_gradients(q.clone(), None, |x, _| cross_attention_probabilities(x, &k, Some(&columns)));
        let expected_some = with_gradients(q, None, |x, _: Option<Tensor<4>>| {
            Tensor::cat(columns.map(|column| both(x.clone())[0].clone().narrow(3, column, 1)).to_vec(), 3)
        });
        for part in [0, 1] {
            assert_close("fused", &attn_output[part], &expected[part]);
            assert_close("map", &map[part], &expected_map[part]);
            assert_close("some columns", &some[part], &expected_some[part]);
        }
    }
}

#[test]
fn attention_of_heads_of_any_size_is_softmax() {
    for (rows, columns, heads, width) in [(7, 16, 8, 2), (16, 7, 8, 4), (7, 300, 2, 16), (5, 5, 3, 8)] {
        let q = split_heads(scattered([1, rows, heads * width], 1), heads);
        let k = split_heads(scattered([1, columns, heads * width], 2), heads);
        let v = split_heads(scattered([1, columns, heads * width], 3), heads);
        let scores = q.clone().matmul(k.clone().transpose()) / (width as f64).sqrt();
        let expected = burn::tensor::activation::softmax(scores, 3).matmul(v.clone());
        assert_close("attention", &floats(attend(q, k, v)), &floats(expected));
    }
}
