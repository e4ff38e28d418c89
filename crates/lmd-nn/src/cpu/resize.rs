//! Nearest-neighbour resize of channels-last images, forward and backward pass.
//!
//! Reference: `resized` in `layers/conv.rs`; tests in `layers/tests.rs`, the cases with a resize.

use super::dims::Dims;

/// Resizes a row from `from` pixels to `to`.
pub(super) fn resize_row(row: &[f32], out: &mut [f32], [from, to]: [usize; 2], channels: usize) {
    for (x, out) in out.chunks_exact_mut(channels).enumerate() {
        let start = x * from / to * channels;
        out.copy_from_slice(&row[start..start + channels]);
    }
}

/// The gradient of a resize: every pixel sums the gradients of its copies.
pub(super) fn resize_backward(
    grad: &[f32],
    [batch, height, width, channels]: Dims,
    [tall, wide]: [usize; 2],
) -> Vec<f32> {
    let mut dx = vec![0.0; batch * height * width * channels];
    for image in 0..batch {
        for y in 0..tall {
            let row = (image * height + y * height / tall) * width;
            for x in 0..wide {
                let to = (row + x * width / wide) * channels;
                let from = ((image * tall + y) * wide + x) * channels;
                let pairs = dx[to..to + channels].iter_mut().zip(&grad[from..from + channels]);
                pairs.for_each(|(d, g)| *d += g);
            }
        }
    }
    dx
}
