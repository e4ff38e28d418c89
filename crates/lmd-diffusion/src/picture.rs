//! [`Rgb`]: a finished picture.

use burn::tensor::Tensor;

use crate::DiffusionError;
use crate::latents::host;

/// An 8-bit picture, row by row, three bytes per pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub pixels: Vec<u8>,
}

impl Rgb {
    /// A picture `[1, 3, height, width]` in −1 to 1: x/2 + 0.5, clamped, times
    /// 255, rounded (B.10).
    ///
    /// # Errors
    /// [`DiffusionError::NotFinite`] when a value is NaN: a byte would hide it.
    pub(crate) fn of(picture: Tensor<4>) -> Result<Self, DiffusionError> {
        let [_, _, height, width] = picture.dims();
        let bytes = (picture.div_scalar(2.0) + 0.5).clamp(0.0, 1.0).mul_scalar(255.0);
        let values = host(bytes.permute([0, 2, 3, 1]));
        if values.iter().any(|value| value.is_nan()) {
            return Err(DiffusionError::NotFinite { what: "a pixel of the decoded picture" });
        }
        let pixels = values.into_iter().map(|v| v.round_ties_even() as u8).collect();
        Ok(Self { width, height, pixels })
    }
}
