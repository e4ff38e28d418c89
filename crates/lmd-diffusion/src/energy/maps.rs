//! Attention maps on the host, and the gradient of an energy by them.

use std::collections::BTreeMap;

use lmd_layout::Mask;

use crate::DiffusionError;
use crate::network::LayerId;
use crate::shift::shift;

/// One cross-attention layer's probabilities for some tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionMap {
    heads: usize,
    width: usize,
    height: usize,
    tokens: Vec<usize>,
    /// `[heads, height * width, tokens]`, last index fastest.
    values: Vec<f32>,
}

/// The maps of one forward pass by layer.
pub type AttentionMaps = BTreeMap<LayerId, AttentionMap>;

impl AttentionMap {
    /// A map from its values, shape `[heads, height * width, tokens]`.
    ///
    /// # Errors
    /// [`DiffusionError::Shape`] when there are not so many values.
    pub fn new(
        heads: usize,
        (width, height): (usize, usize),
        tokens: Vec<usize>,
        values: Vec<f32>,
    ) -> Result<Self, DiffusionError> {
        let expected = heads * width * height * tokens.len();
        if values.len() == expected {
            Ok(Self { heads, width, height, tokens, values })
        } else {
            Err(DiffusionError::Shape { what: "attention map", expected, got: values.len() })
        }
    }

    /// Attention heads.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Columns of cells.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of cells.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Cells, `width * height`.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.width * self.height
    }

    /// The kept token positions, in the order of the last axis.
    #[must_use]
    pub fn tokens(&self) -> &[usize] {
        &self.tokens
    }

    /// All values, shape `[heads, height * width, tokens]`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Where on the last axis `token` stands.
    ///
    /// # Errors
    /// [`DiffusionError::MissingToken`] when its column was not kept.
    pub fn column_of(&self, token: usize) -> Result<usize, DiffusionError> {
        let found = self.tokens.iter().position(|t| *t == token);
        found.ok_or(DiffusionError::MissingToken(token))
    }

    /// One head's values of one column, cell by cell.
    pub(crate) fn cells_of(&self, head: usize, column: usize) -> impl Iterator<Item = f32> + '_ {
        let stride = self.tokens.len().max(1);
        let start = head * self.cells() * stride + column;
        self.values.iter().skip(start).step_by(stride).take(self.cells()).copied()
    }

    /// One token's column as a map of its own, shape `[heads, cells, 1]`.
    ///
    /// # Errors
    /// As [`Self::column_of`].
    pub fn token(&self, token: usize) -> Result<Self, DiffusionError> {
        let column = self.column_of(token)?;
        let values = (0..self.heads).flat_map(|head| self.cells_of(head, column)).collect();
        Ok(Self { tokens: vec![token], values, ..*self })
    }

    /// The map moved by whole cells; what moves in is zero (B.12).
    #[must_use]
    pub fn shifted(&self, dx: isize, dy: isize) -> Self {
        // A head's map is a plane whose rows hold every token of a cell, then of the next.
        let depth = self.tokens.len();
        let row = self.width * depth;
        let values = shift(&self.values, (row, self.height), (dx * depth as isize, dy), 0.0);
        Self { values, tokens: self.tokens.clone(), ..*self }
    }

    /// The union of relative boxes `[x0, y0, x1, y1]` on this map's grid (B.4).
    pub(crate) fn mask(&self, boxes: &[[f64; 4]]) -> Mask {
        Mask::of_corners(boxes, self.width, self.height)
    }
}

/// An energy and its derivative by every map value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Energy {
    /// The energy, without any loss scale.
    pub value: f64,
    /// dE/dA, shaped as the map's values.
    pub gradient: BTreeMap<LayerId, Vec<f32>>,
}

impl Energy {
    /// Zero energy over `maps`.
    pub(crate) fn zero(maps: &AttentionMaps) -> Self {
        let gradient = maps.iter().map(|(key, map)| (*key, vec![0.0; map.values.len()])).collect();
        Self { value: 0.0, gradient }
    }

    /// Adds another energy over the same maps.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.value += other.value;
        for (key, gradient) in &mut self.gradient {
            let added = other.gradient.get(key).into_iter().flatten();
            gradient.iter_mut().zip(added).for_each(|(sum, g)| *sum += g);
        }
        self
    }
}

/// Adds `slope` to the gradient of cell `cell` of `head`, `column`.
pub(crate) fn add_slope(
    gradient: &mut [f32],
    map: &AttentionMap,
    (head, cell, column): (usize, usize, usize),
    slope: f32,
) {
    let index = (head * map.cells() + cell) * map.tokens.len() + column;
    if let Some(value) = gradient.get_mut(index) {
        *value += slope;
    }
}
