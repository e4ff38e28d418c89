//! Pictures on their way into SAM, and masks on their way out, as transformers' `SamImageProcessor` treats them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::NnError;
use crate::config_check::require;
use crate::detect::RgbView;
use crate::preprocess::{Filter, Statistics, bilinear, configured, resized};

/// From pictures to what the image encoder takes: the longest side as long as its own, normalised, the rest zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessor {
    statistics: Statistics,
    /// Pixels of a side of the network's picture.
    side: usize,
}

impl Preprocessor {
    /// As SAM was trained, for an encoder of pictures of `side` pixels.
    #[must_use]
    pub fn new(side: usize) -> Self {
        Self { statistics: Statistics::IMAGENET, side }
    }

    /// From a `preprocessor_config.json`.
    ///
    /// # Errors
    ///
    /// When it asks for another size than the network has, or for steps that are not there.
    pub fn from_json(text: &str, side: usize) -> Result<Self, NnError> {
        const PART: &str = "SAM's preprocessor";
        let (whole, statistics) = configured(PART, text, Statistics::IMAGENET)?;
        let longest = whole.pointer("/size/longest_edge").and_then(serde_json::Value::as_u64);
        require(PART, longest.is_none_or(|longest| longest == side as u64), || {
            format!("size is {}, expected a longest_edge of {side}, as in config.json", whole["size"])
        })?;
        Ok(Self { statistics, side })
    }

    /// Width and height of a picture as the network sees it.
    #[must_use]
    pub fn scaled_size(&self, [width, height]: [usize; 2]) -> [usize; 2] {
        #[allow(clippy::cast_precision_loss)]
        let scale = self.side as f64 / width.max(height).max(1) as f64;
        #[allow(clippy::cast_precision_loss)]
        [width, height].map(|side| ((side as f64 * scale + 0.5) as usize).clamp(1, self.side))
    }

    /// `[1, side, side, 3]`
    pub(super) fn tensor(&self, picture: RgbView<'_>, device: &Device) -> Tensor<4> {
        let size = [picture.width(), picture.height()];
        let [width, height] = self.scaled_size(size);
        let bytes = resized(picture.bytes(), size, [width, height], Filter::Bilinear);
        let mut values = vec![0.0; self.side * self.side * 3];
        let rows = values.chunks_exact_mut(3 * self.side).zip(bytes.chunks_exact(3 * width));
        for (to, from) in rows {
            for (i, (to, from)) in to.iter_mut().zip(from).enumerate() {
                *to = self.statistics.normal(f32::from(*from) / 255.0, i % 3);
            }
        }
        Tensor::from_data(TensorData::new(values, [1, self.side, self.side, 3]), device)
    }
}

/// Masks as large as the picture they were made of.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledMasks {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Of every mask, row by row, how certainly a pixel belongs to the thing, as a logit: above 0 it does.
    pub logits: Vec<Vec<f32>>,
}

impl ScaledMasks {
    /// Of coarse masks of `coarse` × `coarse` cells, whose picture was `seen` pixels wide and high for the network.
    pub(super) fn new(
        masks: &[Vec<f32>],
        coarse: usize,
        side: usize,
        [seen_width, seen_height]: [usize; 2],
        [width, height]: [usize; 2],
    ) -> Self {
        let scaled = |mask: &Vec<f32>| {
            let whole = bilinear(mask, [coarse; 2], [side; 2]);
            let rows = whole.chunks(side.max(1)).take(seen_height);
            let seen: Vec<f32> = rows.flat_map(|row| row.iter().take(seen_width).copied()).collect();
            bilinear(&seen, [seen_width, seen_height], [width, height])
        };
        Self { width, height, logits: masks.iter().map(scaled).collect() }
    }

    /// Which pixels belong to mask `index`; none where there is no such mask.
    #[must_use]
    pub fn cells(&self, index: usize) -> Vec<bool> {
        self.logits.get(index).into_iter().flatten().map(|logit| *logit > 0.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_side_is_the_networks() {
        let preprocessor = Preprocessor::new(1024);
        assert_eq!(preprocessor.scaled_size([512, 512]), [1024, 1024]);
        assert_eq!(preprocessor.scaled_size([640, 427]), [1024, 683]);
        assert_eq!(preprocessor.scaled_size([1, 100_000]), [1, 1024]);
    }

    #[test]
    fn sizes_are_the_networks() {
        let read = |text: &str| Preprocessor::from_json(text, 1024);
        assert!(read(r#"{"size": {"longest_edge": 1024}}"#).is_ok());
        let error = read(r#"{"size": {"longest_edge": 512}}"#).unwrap_err().to_string();
        assert!(error.contains("longest_edge of 1024"), "{error}");
    }
}
