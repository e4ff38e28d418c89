//! SAM's prompt encoder: points and corners of boxes as tokens, a mask as an addition to the picture.

use std::f32::consts::TAU;

use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};

use super::SamConfig;
use crate::layers::{Conv, LayerNorm, PatchConv};
use crate::weights::{Weights, WeightsError};

/// What is to be segmented. Coordinates are pixels of the picture, `[x, y]`, from its upper left corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SamPrompt {
    /// Points, and whether each lies on the thing or beside it.
    pub points: Vec<([f32; 2], bool)>,
    /// The thing's box, `[x0, y0, x1, y1]`.
    pub corners: Option<[f32; 4]>,
}

impl SamPrompt {
    /// A point on the thing.
    #[must_use]
    pub fn point(x: f32, y: f32) -> Self {
        Self { points: vec![([x, y], true)], corners: None }
    }

    /// The thing's box, `[x0, y0, x1, y1]`.
    #[must_use]
    pub fn of_box(corners: [f32; 4]) -> Self {
        Self { points: Vec::new(), corners: Some(corners) }
    }
}

/// The encoder.
#[derive(Clone, Debug)]
pub(super) struct PromptEncoder {
    positions: PositionEmbedding,
    /// Of points beside the thing and on it, and of the first and the second corner of a box.
    labels: [Vec<f32>; 4],
    no_point: Vec<f32>,
    /// `[1, 1, 1, C]`
    no_mask: Tensor<4>,
    mask: MaskEmbedding,
    side: f32,
    device: Device,
}

impl PromptEncoder {
    /// Of `prompt_encoder` and the shared positions of SAM's weights `w`.
    pub(super) fn load(w: &Weights, config: &SamConfig) -> Result<Self, WeightsError> {
        let width = config.prompt.hidden_size;
        let inner = w.pp("prompt_encoder");
        let row =
            |w: &Weights| -> Result<Vec<f32>, WeightsError> { numbers(&w.tensor("weight", [1, width])?, w) };
        let label = |i: usize| row(&inner.pp("point_embed").pp(i));
        let no_mask: Tensor<2> = inner.pp("no_mask_embed").tensor("weight", [1, width])?;
        #[allow(clippy::cast_precision_loss)]
        Ok(Self {
            positions: PositionEmbedding::load(&w.pp("shared_image_embedding"), config.vision.num_pos_feats)?,
            labels: [label(0)?, label(1)?, label(2)?, label(3)?],
            no_point: row(&inner.pp("not_a_point_embed"))?,
            no_mask: no_mask.unsqueeze(),
            mask: MaskEmbedding::load(&inner.pp("mask_embed"), config)?,
            side: config.vision.image_size as f32,
            device: w.device().clone(),
        })
    }

    /// The tokens of a prompt in pixels of the network's own picture, `[1, N, C]`; none of a prompt without any.
    pub(super) fn tokens(&self, prompt: &SamPrompt) -> Option<Tensor<3>> {
        let place = |[x, y]: [f32; 2]| self.positions.of((x + 0.5) / self.side, (y + 0.5) / self.side);
        let labelled = |place: Vec<f32>, label: usize| -> Vec<f32> {
            place.iter().zip(&self.labels[label]).map(|(a, b)| a + b).collect()
        };
        let mut rows: Vec<Vec<f32>> = Vec::new();
        for (point, inside) in &prompt.points {
            rows.push(labelled(place(*point), usize::from(*inside)));
        }
        match prompt.corners {
            Some([x0, y0, x1, y1]) => {
                rows.push(labelled(place([x0, y0]), 2));
                rows.push(labelled(place([x1, y1]), 3));
            }
            // Points without a box are followed by a token for none.
            None if !rows.is_empty() => rows.push(self.no_point.clone()),
            None => return None,
        }
        let shape = [1, rows.len(), self.no_point.len()];
        Some(Tensor::from_data(TensorData::new(rows.concat(), shape), &self.device))
    }

    /// What a mask (logits `[1, 4·grid, 4·grid, 1]`), or none, adds to every cell, `[1, _, _, C]`.
    pub(super) fn dense(&self, mask: Option<Tensor<4>>) -> Tensor<4> {
        match mask {
            Some(mask) => self.mask.forward(mask),
            None => self.no_mask.clone(),
        }
    }

    /// The positions of all cells of a picture, `[1, grid, grid, C]`.
    pub(super) fn cells(&self, grid: usize) -> Tensor<4> {
        #[allow(clippy::cast_precision_loss)]
        let middle = |i: usize| (i as f32 + 0.5) / grid as f32;
        let cells = (0..grid).flat_map(|y| (0..grid).map(move |x| (x, y)));
        let values: Vec<f32> = cells.flat_map(|(x, y)| self.positions.of(middle(x), middle(y))).collect();
        Tensor::from_data(TensorData::new(values, [1, grid, grid, self.no_point.len()]), &self.device)
    }
}

/// The numbers of a tensor; none in a dry run.
fn numbers<const D: usize>(tensor: &Tensor<D>, w: &Weights) -> Result<Vec<f32>, WeightsError> {
    Ok(if w.is_dry_run() { Vec::new() } else { tensor.to_data().iter::<f32>().collect() })
}

/// Random Fourier features of a place (arXiv:2006.10739).
#[derive(Clone, Debug)]
struct PositionEmbedding {
    /// What x and y are multiplied by, for every feature.
    frequencies: [Vec<f32>; 2],
}

impl PositionEmbedding {
    fn load(w: &Weights, features: usize) -> Result<Self, WeightsError> {
        let matrix: Tensor<2> = w.tensor("positional_embedding", [2, features])?;
        let values = numbers(&matrix, w)?;
        let (x, y) = values.split_at(values.len() / 2);
        Ok(Self { frequencies: [x.to_vec(), y.to_vec()] })
    }

    /// Sines, then cosines, of a place in [0, 1]².
    fn of(&self, x: f32, y: f32) -> Vec<f32> {
        let (x, y) = (2.0 * x - 1.0, 2.0 * y - 1.0);
        let [of_x, of_y] = &self.frequencies;
        let angles = || of_x.iter().zip(of_y).map(|(a, b)| TAU * (x * a + y * b));
        angles().map(f32::sin).chain(angles().map(f32::cos)).collect()
    }
}

/// A mask that is given as a prompt, made as coarse as the encoded picture.
#[derive(Clone, Debug)]
struct MaskEmbedding {
    conv1: PatchConv,
    layer_norm1: LayerNorm,
    conv2: PatchConv,
    layer_norm2: LayerNorm,
    conv3: Conv,
}

impl MaskEmbedding {
    fn load(w: &Weights, config: &SamConfig) -> Result<Self, WeightsError> {
        let (channels, epsilon) = (config.prompt.mask_input_channels, config.prompt.layer_norm_eps);
        let first = channels / 4;
        Ok(Self {
            conv1: PatchConv::load(&w.pp("conv1"), [1, first], 2, true)?,
            layer_norm1: LayerNorm::load(&w.pp("layer_norm1"), first, epsilon)?,
            conv2: PatchConv::load(&w.pp("conv2"), [first, channels], 2, true)?,
            layer_norm2: LayerNorm::load(&w.pp("layer_norm2"), channels, epsilon)?,
            conv3: Conv::linear(&w.pp("conv3"), channels, config.prompt.hidden_size)?,
        })
    }

    fn forward(&self, mask: Tensor<4>) -> Tensor<4> {
        let x = gelu(self.layer_norm1.forward(self.conv1.forward(mask)));
        let x = gelu(self.layer_norm2.forward(self.conv2.forward(x)));
        self.conv3.forward(x)
    }
}
