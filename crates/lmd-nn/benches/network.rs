//! The operations a U-Net spends its time in, forward and back to the input, at the
//! sizes of the bundled model and of Stable Diffusion 1.5.

use criterion::{Criterion, criterion_group, criterion_main};
use lmd_nn::inner::{normalised_convolution, self_attention};
use lmd_nn::{Device, Tensor, with_spinning_pool};

fn filled<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let count = i64::try_from(shape.iter().product::<usize>()).unwrap_or(0);
    Tensor::<1, lmd_nn::Int>::arange(0..count, &Device::flex()).float().sin().reshape(shape)
}

/// Times a function, and the function with its gradient.
fn both<const D: usize>(
    c: &mut Criterion,
    name: &str,
    x: &Tensor<D>,
    f: impl Fn(Tensor<D>) -> Tensor<D> + Sync,
) {
    c.bench_function(name, |b| b.iter(|| with_spinning_pool(|| f(x.clone()).into_data())));
    c.bench_function(&format!("{name}, and back"), |b| {
        b.iter(|| {
            with_spinning_pool(|| {
                let leaf = x.clone().autodiff().require_grad();
                let gradients = f(leaf.clone()).sum().backward();
                leaf.grad(&gradients).map(Tensor::into_data)
            })
        });
    });
}

fn convolutions(c: &mut Criterion) {
    for (channels, side, groups) in
        [(32, 32, 8), (64, 16, 8), (128, 8, 8), (320, 64, 32), (640, 32, 32), (1280, 16, 32)]
    {
        let name = format!("norm, SiLU, 3×3 of {channels} channels at {side}²");
        let f = normalised_convolution(channels, groups);
        both(c, &name, &filled([1, side, side, channels]), f);
    }
}

fn attention(c: &mut Criterion) {
    for (channels, side) in [(64, 16), (320, 32), (640, 32)] {
        let name = format!("self-attention, 8 heads of {} at {side}²", channels / 8);
        both(c, &name, &filled([1, side * side, 3 * channels]), |x| self_attention(x, 8));
    }
}

criterion_group!(benches, convolutions, attention);
criterion_main!(benches);
