//! The energy of BoxDiff (Xie et al. 2023, arXiv:2307.10816, equations 3 to 6; section C): every token's smoothed
//! attention should be high somewhere in its box, low outside, and reach the box's edges.

use lmd_layout::{GridRect, Mask};

use super::maps::{AttentionMap, AttentionMaps, Energy};
use super::top_k::GuidedObject;
use crate::DiffusionError;

/// The numbers of the energy that can be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxdiffEnergy {
    /// Factor on the attention before the softmax over tokens.
    pub sharpness: f64,
    /// Share of the cells in a box, and outside, that are averaged.
    pub top_p: f64,
    /// Which tokens of a phrase have the terms.
    pub tokens: BoxdiffTokens,
    /// How the edges of boxes are found.
    pub edges: BoxdiffEdges,
}

/// Which tokens of an object's phrase BoxDiff guides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoxdiffTokens {
    /// The noun, as in BoxDiff's own paper (section 3.2).
    #[default]
    Word,
    /// Every token of the phrase, as in LMD's comparison with BoxDiff (section C).
    Phrase,
}

/// How the corner term finds the edges of an object's boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoxdiffEdges {
    /// One rectangle around all boxes; its far edge is the last covered cell.
    #[default]
    Around,
    /// Each box by itself, held against the shadow of all; its far edge is the cell past the last covered one, as in LMD's
    /// comparison with BoxDiff (section C).
    EachPastEnd,
}

impl Default for BoxdiffEnergy {
    fn default() -> Self {
        Self { sharpness: 100.0, top_p: 0.2, tokens: BoxdiffTokens::Word, edges: BoxdiffEdges::Around }
    }
}

/// The 3 × 3 kernel's weights beside its middle, before normalising: σ 0.5, and exp(−((x − μ) / 2σ)²).
const BESIDE: f64 = 0.367_879_441_171_442_33;

/// Σ over objects and their words (or tokens) of the inner, the outer and the corner term. The maps are averaged over layers and heads, so
/// all must be of one size and hold all tokens of the prompt, in order.
///
/// # Errors
/// [`DiffusionError::Shape`] when sizes differ, [`DiffusionError::MissingToken`] when a word's column is not in the maps.
pub fn boxdiff_energy(
    maps: &AttentionMaps,
    objects: &[GuidedObject],
    config: &BoxdiffEnergy,
) -> Result<Energy, DiffusionError> {
    let mut energy = Energy::zero(maps);
    let Some(first) = maps.values().next() else { return Ok(energy) };
    let mean = Mean::of(maps, first)?;
    let shares = mean.softmax(config.sharpness);
    let mut slopes = vec![0.0; shares.len()];
    for object in objects {
        let tokens = match config.tokens {
            BoxdiffTokens::Word => std::slice::from_ref(&object.word),
            BoxdiffTokens::Phrase => object.tokens.as_slice(),
        };
        let (mask, sides) = (first.mask(&object.boxes), sides(first, object, config.edges)?);
        for token in tokens {
            let column = mean.inner_column(first, *token)?;
            let token_shares: Vec<f64> = shares.iter().skip(column).step_by(mean.columns).copied().collect();
            let (value, slope) = token_energy(&token_shares, config.top_p, &mask, &sides);
            energy.value += value;
            let column = slopes.iter_mut().skip(column).step_by(mean.columns);
            column.zip(slope).for_each(|(sum, slope)| *sum += slope);
        }
    }
    let slopes = mean.through_softmax(&shares, &slopes, config.sharpness);
    for gradient in energy.gradient.values_mut() {
        mean.spread(&slopes, gradient, first);
    }
    Ok(energy)
}

/// The mean map without the first and the last token, `[cells, columns]`.
struct Mean {
    values: Vec<f64>,
    columns: usize,
    /// Heads of all layers.
    heads: usize,
}

impl Mean {
    fn of(maps: &AttentionMaps, first: &AttentionMap) -> Result<Self, DiffusionError> {
        let (cells, tokens) = (first.cells(), first.tokens().len());
        let columns = tokens.saturating_sub(2);
        let heads = maps.values().map(AttentionMap::heads).sum();
        let mut values = vec![0.0; cells * columns];
        for map in maps.values() {
            if (map.width(), map.height(), map.tokens()) != (first.width(), first.height(), first.tokens()) {
                let (expected, got) = (cells * tokens, map.cells() * map.tokens().len());
                return Err(DiffusionError::Shape { what: "attention maps of one size", expected, got });
            }
            for head in map.values().chunks(cells * tokens) {
                for (sums, row) in values.chunks_mut(columns.max(1)).zip(head.chunks(tokens)) {
                    let inner = row.iter().skip(1);
                    sums.iter_mut()
                        .zip(inner)
                        .for_each(|(sum, value)| *sum += f64::from(*value) / heads as f64);
                }
            }
        }
        Ok(Self { values, columns, heads })
    }

    fn inner_column(&self, map: &AttentionMap, token: usize) -> Result<usize, DiffusionError> {
        let column = map.column_of(token)?.checked_sub(1).filter(|column| *column < self.columns);
        column.ok_or(DiffusionError::MissingToken(token))
    }

    /// softmax over tokens of the mean times `sharpness`.
    fn softmax(&self, sharpness: f64) -> Vec<f64> {
        let mut shares = Vec::with_capacity(self.values.len());
        for row in self.values.chunks(self.columns.max(1)) {
            let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let exponentials: Vec<f64> = row.iter().map(|value| (sharpness * (value - most)).exp()).collect();
            let sum: f64 = exponentials.iter().sum();
            shares.extend(exponentials.into_iter().map(|value| value / sum));
        }
        shares
    }

    /// dE/dmean from dE/dshares.
    fn through_softmax(&self, shares: &[f64], slopes: &[f64], sharpness: f64) -> Vec<f64> {
        let rows = shares.chunks(self.columns.max(1)).zip(slopes.chunks(self.columns.max(1)));
        let row = |(p, g): (&[f64], &[f64])| {
            let common: f64 = p.iter().zip(g).map(|(p, g)| p * g).sum();
            p.iter().zip(g).map(|(p, g)| sharpness * p * (g - common)).collect::<Vec<_>>()
        };
        rows.flat_map(row).collect()
    }

    /// Every head of every layer has its share in the mean.
    fn spread(&self, slopes: &[f64], gradient: &mut [f32], map: &AttentionMap) {
        let tokens = map.tokens().len();
        for head in gradient.chunks_mut(map.cells() * tokens) {
            for (to, from) in head.chunks_mut(tokens).zip(slopes.chunks(self.columns.max(1))) {
                let inner = to.iter_mut().skip(1);
                inner.zip(from).for_each(|(to, slope)| *to = (slope / self.heads as f64) as f32);
            }
        }
    }
}

/// An object's boxes along one axis.
#[derive(Default)]
struct Side {
    /// Whether a box covers the line.
    covered: Vec<bool>,
    /// Whether an edge of a box is at the line or one beside it.
    near: Vec<bool>,
}

impl Side {
    fn new(length: usize) -> Self {
        Self { covered: vec![false; length], near: vec![false; length] }
    }

    /// Adds a box that covers the lines `from..to`; the edge at its end is `last`.
    fn add(&mut self, (from, to): (usize, usize), last: usize) {
        if from >= to {
            return;
        }
        for (at, (covered, near)) in self.covered.iter_mut().zip(&mut self.near).enumerate() {
            *covered |= (from..to).contains(&at);
            *near |= at.abs_diff(from) <= 1 || at.abs_diff(last) <= 1;
        }
    }
}

/// An object's boxes along both axes, x and y.
fn sides(
    map: &AttentionMap,
    object: &GuidedObject,
    edges: BoxdiffEdges,
) -> Result<[Side; 2], DiffusionError> {
    let corner = |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    let around = object.boxes.iter().copied().reduce(corner);
    let around = around.ok_or(DiffusionError::Internal { invariant: "every guided object has a box" })?;
    let boxes = match edges {
        BoxdiffEdges::Around => vec![around],
        BoxdiffEdges::EachPastEnd => object.boxes.clone(),
    };
    let (mut across, mut down) = (Side::new(map.width()), Side::new(map.height()));
    for one in boxes {
        let rect = GridRect::from_xyxy(one, map.width(), map.height());
        let last = |end: usize| match edges {
            BoxdiffEdges::Around => end.saturating_sub(1),
            BoxdiffEdges::EachPastEnd => end,
        };
        across.add((rect.x0, rect.x1), last(rect.x1));
        down.add((rect.y0, rect.y1), last(rect.y1));
    }
    Ok([across, down])
}

/// The three terms of one token's shares `[cells]`, and their slope by them.
fn token_energy(shares: &[f64], top_p: f64, mask: &Mask, [across, down]: &[Side; 2]) -> (f64, Vec<f64>) {
    let (width, height) = (mask.width(), mask.height());
    let smooth = smoothed(shares, width, height);
    let mut slope = vec![0.0; smooth.len()];
    let mut value = 0.0;
    let (inside, outside) = (top_cells(&smooth, top_p, mask, true), top_cells(&smooth, top_p, mask, false));
    if !inside.is_empty() {
        let mean = inside.iter().map(|cell| smooth[*cell]).sum::<f64>() / inside.len() as f64;
        if mean < 1.0 {
            value += 1.0 - mean;
            inside.iter().for_each(|cell| slope[*cell] -= 1.0 / inside.len() as f64);
        }
    }
    if !outside.is_empty() {
        value += outside.iter().map(|cell| smooth[*cell]).sum::<f64>() / outside.len() as f64;
        outside.iter().for_each(|cell| slope[*cell] += 1.0 / outside.len() as f64);
    }
    value += edge_energy(&smooth, &mut slope, (across, height), |x, y| y * width + x);
    value += edge_energy(&smooth, &mut slope, (down, width), |y, x| y * width + x);
    (value, unsmoothed(&slope, width, height))
}

/// The cells of the largest values in the mask, or outside it: `top_p` of them, by default none of fewer than five.
fn top_cells(values: &[f64], top_p: f64, mask: &Mask, inside: bool) -> Vec<usize> {
    let mut cells: Vec<usize> = (0..values.len()).filter(|cell| mask.cells()[*cell] == inside).collect();
    let count = (top_p * cells.len() as f64) as usize;
    cells.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    cells.truncate(count);
    cells
}

/// The mean over an axis of |largest value of each line − whether a box covers it|, within a cell of the boxes' edges.
fn edge_energy(
    values: &[f64],
    slope: &mut [f64],
    (side, lines): (&Side, usize),
    cell: impl Fn(usize, usize) -> usize,
) -> f64 {
    let length = side.covered.len() as f64;
    let mut sum = 0.0;
    for (at, covered) in side.covered.iter().enumerate().filter(|(at, _)| side.near.get(*at) == Some(&true)) {
        let line = (0..lines).map(|other| cell(at, other));
        let Some(most) = line.max_by(|a, b| values[*a].total_cmp(&values[*b])) else { continue };
        let apart = values[most] - f64::from(u8::from(*covered));
        sum += apart.abs() / length;
        slope[most] += apart.signum() / length;
    }
    sum
}

/// The 3 × 3 Gaussian, mirrored at the edges without repeating them.
fn smoothed(values: &[f64], width: usize, height: usize) -> Vec<f64> {
    let mut out = vec![0.0; values.len()];
    kernel(width, height, |to, from, weight| out[to] += weight * values[from]);
    out
}

/// Its transpose.
fn unsmoothed(slopes: &[f64], width: usize, height: usize) -> Vec<f64> {
    let mut out = vec![0.0; slopes.len()];
    kernel(width, height, |to, from, weight| out[from] += weight * slopes[to]);
    out
}

/// Every cell with every cell it takes from, and the weight.
fn kernel(width: usize, height: usize, mut visit: impl FnMut(usize, usize, f64)) {
    let weights = [BESIDE, 1.0, BESIDE].map(|weight| weight / (1.0 + 2.0 * BESIDE));
    let mirrored = |at: usize, step: usize, size: usize| match (at + step).checked_sub(1) {
        None => 1.min(size - 1),
        Some(to) if to >= size => size.saturating_sub(2),
        Some(to) => to,
    };
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        for (j, i) in (0..3).flat_map(|j| (0..3).map(move |i| (j, i))) {
            let from = mirrored(y, j, height) * width + mirrored(x, i, width);
            visit(y * width + x, from, weights[j] * weights[i]);
        }
    }
}
