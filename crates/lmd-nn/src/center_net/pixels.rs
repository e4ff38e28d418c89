//! From pixels to the detector's input: scaled, then unshuffled so that 4×4 pixels are one cell of 48 channels.

use burn::tensor::{Device, Tensor, TensorData};

use crate::detect::RgbView;
use crate::preprocess::{Filter, resized};

/// Pixels along a side of one unshuffled cell.
const UNSHUFFLE: usize = 4;
/// Channels of the input.
pub(super) const CHANNELS: usize = 3 * UNSHUFFLE * UNSHUFFLE;
/// Sides are multiples of this, so that every halving is exact.
const MULTIPLE: usize = 32;
/// Longest side of a scaled picture; longer strips are squeezed.
const MAX_SIDE: usize = 2048;

/// A picture as the network wants it.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `[height, width, 3]` in -1 to 1.
    values: Vec<f32>,
}

/// Scales a picture to about the area of a square of `size` pixels, keeping its shape as nearly as multiples of 32 allow.
/// A picture that has such a size already is not touched.
pub(super) fn prepare(image: RgbView<'_>, size: usize) -> Input {
    let (width, height) = scaled_size(image.width(), image.height(), size);
    let values: Vec<f32> = image.bytes().iter().map(|byte| f32::from(*byte) / 127.5 - 1.0).collect();
    let from = [image.width(), image.height()];
    Input { width, height, values: resized(&values, from, [width, height], Filter::Bilinear) }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn scaled_size(width: usize, height: usize, size: usize) -> (usize, usize) {
    let scale = size as f64 / (width as f64 * height as f64).sqrt();
    let side = |side: usize| {
        let cells = (side as f64 * scale / MULTIPLE as f64).round() as usize;
        cells.clamp(1, MAX_SIDE / MULTIPLE) * MULTIPLE
    };
    (side(width), side(height))
}

impl Input {
    /// `[1, height / 4, width / 4, 48]`, the channels of a cell by colour, row and column as PyTorch's `pixel_unshuffle`
    /// has them.
    pub(super) fn tensor(&self, device: &Device) -> Tensor<4> {
        let (rows, columns) = (self.height / UNSHUFFLE, self.width / UNSHUFFLE);
        let mut values = Vec::with_capacity(self.values.len());
        for cell in 0..rows * columns {
            let (top, left) = (cell / columns * UNSHUFFLE, cell % columns * UNSHUFFLE);
            for channel in 0..CHANNELS {
                let (colour, inside) = (channel / (UNSHUFFLE * UNSHUFFLE), channel % (UNSHUFFLE * UNSHUFFLE));
                let (y, x) = (top + inside / UNSHUFFLE, left + inside % UNSHUFFLE);
                values.push(self.values[(y * self.width + x) * 3 + colour]);
            }
        }
        Tensor::from_data(TensorData::new(values, [1, rows, columns, CHANNELS]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(width: usize, height: usize, bytes: &[u8]) -> RgbView<'_> {
        RgbView::new(width, height, bytes).unwrap()
    }

    #[test]
    fn sizes_keep_the_area_and_nearly_the_shape() {
        assert_eq!(scaled_size(256, 256, 256), (256, 256));
        assert_eq!(scaled_size(512, 512, 256), (256, 256));
        assert_eq!(scaled_size(512, 256, 256), (352, 192));
        assert_eq!(scaled_size(1, 1_000_000, 256), (32, 2048));
        assert_eq!(scaled_size(1, 1, 64), (64, 64));
    }

    #[test]
    fn pictures_of_the_right_size_are_not_touched() {
        let bytes: Vec<u8> = (0..32 * 32 * 3).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let input = prepare(view(32, 32, &bytes), 32);
        let same =
            input.values.iter().zip(&bytes).all(|(value, byte)| *value == f32::from(*byte) / 127.5 - 1.0);
        assert!(same && (input.width, input.height) == (32, 32));
    }

    #[test]
    fn halving_averages_and_constant_pictures_stay_so() {
        // Columns 0 and 255 in turns: halved they are grey but at the ends.
        let bytes: Vec<u8> = (0..64 * 64 * 3).map(|i| if (i / 3) % 2 == 0 { 0 } else { 255 }).collect();
        let input = prepare(view(64, 64, &bytes), 32);
        assert_eq!((input.width, input.height, input.values.len()), (32, 32, 32 * 32 * 3));
        assert!(
            input.values[3 * 5..3 * 20].iter().all(|value| value.abs() < 1e-6),
            "{:?}",
            &input.values[..30]
        );
        let input = prepare(view(3, 5, &[51; 45]), 64);
        assert!(input.values.iter().all(|value| (value + 0.6).abs() < 1e-6));
    }

    #[test]
    fn cells_hold_colours_then_rows_then_columns() {
        // Red is the column, green the row, of a picture of 32 × 32.
        let bytes: Vec<u8> = (0..32u8).flat_map(|y| (0..32u8).flat_map(move |x| [x, y, 0])).collect();
        let device = crate::device(crate::Accelerator::Cpu).unwrap();
        let values =
            prepare(view(32, 32, &bytes), 32).tensor(&device).into_data().try_into_vec::<f32>().unwrap();
        let byte = |value: f32| ((value + 1.0) * 127.5).round() as u8;
        // The second cell of the second row: columns 4 to 7, rows 4 to 7.
        let cell: Vec<u8> = values[9 * CHANNELS..10 * CHANNELS].iter().map(|value| byte(*value)).collect();
        assert_eq!(cell[..8], [4, 5, 6, 7, 4, 5, 6, 7]);
        assert_eq!(cell[16..24], [4, 4, 4, 4, 5, 5, 5, 5]);
        assert!(cell[32..].iter().all(|byte| *byte == 0));
    }
}
