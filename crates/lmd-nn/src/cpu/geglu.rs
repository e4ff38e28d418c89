//! GEGLU (arXiv:2002.05202): the first half of the channels times GELU of the second, forward and backward pass.
//!
//! Reference: `Prologue::Geglu` in `Conv::reference`, `layers/conv.rs`; tests in `layers/tests.rs`.

use super::simd::{LANES, normal_cdf_pdf};

/// `value · gate · Φ(gate)` for rows `[values, gates]`.
#[inline(always)]
pub(super) fn geglu(x: &[f32], out: &mut [f32], width: usize) {
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width / 2)) {
        let (values, gates) = x.split_at(width / 2);
        for ((out, value), gate) in out.iter_mut().zip(values).zip(gates) {
            *out = value * gate * normal_cdf_pdf(*gate).0;
        }
    }
}

/// The gradient of rows `[values, gates]`, given that of the output.
#[inline(always)]
pub(super) fn geglu_backward(x: &[f32], grad: &[f32], dx: &mut [f32], width: usize) {
    debug_assert!(width.is_multiple_of(2), "values and gates are as many");
    let rows = x.chunks_exact(width).zip(grad.chunks_exact(width / 2)).zip(dx.chunks_exact_mut(width));
    for ((x, grad), dx) in rows {
        let (values, gates) = x.split_at(width / 2);
        let (d_values, d_gates) = dx.split_at_mut(width / 2);
        let (whole, rest) = values.as_chunks::<LANES>();
        let whole = whole.iter().zip(gates.as_chunks().0).zip(grad.as_chunks().0);
        let outs = d_values.as_chunks_mut().0.iter_mut().zip(d_gates.as_chunks_mut().0);
        for (((value, gate), g), (d_value, d_gate)) in whole.zip(outs) {
            [*d_value, *d_gate] = geglu_gradients(value, gate, g);
        }
        for i in width / 2 - rest.len()..width / 2 {
            let [[d_value], [d_gate]] = geglu_gradients(&[values[i]], &[gates[i]], &[grad[i]]);
            (d_values[i], d_gates[i]) = (d_value, d_gate);
        }
    }
}

/// Gradients of some values and of their gates. They are returned as arrays because the compiler, which cannot know that the
/// destinations do not overlap, would not vectorize direct stores.
#[inline(always)]
fn geglu_gradients<const N: usize>(values: &[f32; N], gates: &[f32; N], grad: &[f32; N]) -> [[f32; N]; 2] {
    let mut gradients = [[0.0; N]; 2];
    for i in 0..N {
        let (cdf, pdf) = normal_cdf_pdf(gates[i]);
        gradients[0][i] = grad[i] * gates[i] * cdf;
        gradients[1][i] = grad[i] * values[i] * (cdf + gates[i] * pdf);
    }
    gradients
}
