//! Pictures on their way into OWL, as transformers' image processors treat them.

use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

use super::OwlVersion;
use crate::NnError;
use crate::config_check::require;
use crate::detect::RgbView;
use crate::preprocess::{Filter, Statistics, configured, resized, smooth_resized};

/// From pictures to what the vision tower takes.
#[derive(Clone, Debug)]
pub(super) struct Preprocessor {
    version: OwlVersion,
    statistics: Statistics,
    side: usize,
}

impl Preprocessor {
    /// As the networks were trained, for pictures of `side` pixels.
    pub(super) fn new(version: OwlVersion, side: usize) -> Self {
        Self { version, statistics: Statistics::CLIP, side }
    }

    /// From a `preprocessor_config.json`.
    ///
    /// # Errors
    /// When it asks for another size than the network has, or for steps that are not there.
    pub(super) fn from_json(text: &str, version: OwlVersion, side: usize) -> Result<Self, NnError> {
        const PART: &str = "OWL's preprocessor";
        let (whole, statistics) = configured(PART, text, Statistics::CLIP)?;
        require(PART, whole.get("do_center_crop").and_then(Value::as_bool) != Some(true), || {
            "do_center_crop is true, but only false is supported".to_owned()
        })?;
        let sides = ["/size/height", "/size/width"].map(|path| whole.pointer(path).and_then(Value::as_u64));
        require(PART, sides.iter().flatten().all(|&found| found == side as u64), || {
            format!("size is {}, expected a height and a width of {side}, as in config.json", whole["size"])
        })?;
        Ok(Self { version, statistics, side })
    }

    /// `[1, side, side, 3]`
    pub(super) fn tensor(&self, picture: RgbView<'_>, device: &Device) -> Tensor<4> {
        let values = match self.version {
            OwlVersion::One => {
                let size = [picture.width(), picture.height()];
                let bytes = resized(picture.bytes(), size, [self.side; 2], Filter::Bicubic);
                bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect()
            }
            OwlVersion::Two => {
                let side = picture.width().max(picture.height());
                smooth_resized(&squared(picture, side), side, self.side)
            }
        };
        let normal = values.into_iter().enumerate().map(|(i, value)| self.statistics.normal(value, i % 3));
        let data = TensorData::new(normal.collect::<Vec<f32>>(), [1, self.side, self.side, 3]);
        Tensor::from_data(data, device)
    }

    /// How many times the picture's width and height its boxes are shares of.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn stretch(&self, picture: RgbView<'_>) -> [f32; 2] {
        match self.version {
            OwlVersion::One => [1.0; 2],
            OwlVersion::Two => {
                let side = picture.width().max(picture.height()) as f32;
                [side / picture.width() as f32, side / picture.height() as f32]
            }
        }
    }
}

/// A picture in [0, 1], made square by black at its right or below it.
fn squared(picture: RgbView<'_>, side: usize) -> Vec<f32> {
    let mut values = vec![0.0; side * side * 3];
    let rows = values.chunks_exact_mut(3 * side).zip(picture.bytes().chunks_exact(3 * picture.width()));
    for (to, from) in rows {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = f32::from(*from) / 255.0);
    }
    values
}
