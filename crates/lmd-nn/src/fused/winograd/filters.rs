//! Filters, transformed: once and kept, or a slab at a time in passing where they are too large for that.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::gemm::Matrix;
use super::super::product::{FIRST, PANEL, Panel, prefetch};
use super::super::scratch::with_scratch;
use super::super::simd::arch;
use super::tile::{Four, Tile, Transform, Two};

/// Rows of a weight from the one that is transformed to the one that is asked for.
const AHEAD: usize = 4;

/// In which order the numbers of a weight lie, of the way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// `[3, 3, inputs, outputs]`
    Taps,
    /// `[inputs, 3, 3, PANEL]` for some outputs after another, the last as many as are left: what is transformed together
    /// lies together.
    Panels,
}

/// The weight of a 3×3 convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) order: Order,
    /// Of the way there.
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Whether the way back is meant: inputs and outputs change places, and taps are read from the last to the first.
    pub(crate) back: bool,
}

impl Weights<'_> {
    pub(super) fn inputs(&self) -> usize {
        if self.back { self.outputs } else { self.inputs }
    }

    pub(super) fn outputs(&self) -> usize {
        if self.back { self.inputs } else { self.outputs }
    }

    /// Passing memory that [`slab`](Self::slab) needs.
    pub(super) fn scratch(&self, columns: usize, inputs: usize) -> usize {
        if self.back { 9 * columns * inputs } else { 0 }
    }

    /// `G g Gᵀ` of some outputs, at most a panel of them, and inputs, where `places` says.
    pub(super) fn slab(
        &self,
        tile: Tile,
        [columns, inputs]: [Range<usize>; 2],
        scratch: &mut [f32],
        places: Places,
        out: &mut [f32],
    ) {
        let width = columns.len();
        if self.back {
            self.turn(columns, inputs.clone(), scratch);
            let (rows_apart, taps_apart) = (width, width * inputs.len());
            let taps = Taps { values: scratch, taps_apart, rows_apart, rows: inputs.len(), reversed: false };
            return taps.transform(tile, width, places, out);
        }
        let taps = Taps { rows: inputs.len(), ..self.taps(inputs.start, columns.start) };
        taps.transform(tile, width, places, out);
    }

    /// `G g Gᵀ` of the way back as its weights lie, `[outputs, points, inputs]`.
    pub(super) fn slab_back(
        &self,
        tile: Tile,
        [outputs, inputs]: [Range<usize>; 2],
        places: Places,
        out: &mut [f32],
    ) {
        let width = inputs.len();
        for start in (0..width).step_by(PANEL) {
            let taps = self.taps(outputs.start, inputs.start + start);
            let taps = Taps { rows: outputs.len(), reversed: true, ..taps };
            taps.transform(tile, PANEL.min(width - start), places, &mut out[start..]);
        }
    }

    /// The taps from this input and output of the way there on.
    fn taps(&self, input: usize, output: usize) -> Taps<'_> {
        let (start, taps_apart, rows_apart) = match self.order {
            Order::Taps => (input * self.outputs + output, self.inputs * self.outputs, self.outputs),
            Order::Panels => {
                let first = output / PANEL * PANEL;
                let width = PANEL.min(self.outputs - first);
                (9 * (first * self.inputs + input * width) + output - first, width, 9 * width)
            }
        };
        Taps { values: &self.values[start..], taps_apart, rows_apart, rows: 1, reversed: false }
    }

    /// The taps of the way back for some of its outputs and inputs, from the last to the first, `[taps, inputs, columns]`.
    pub(crate) fn turn(&self, columns: Range<usize>, inputs: Range<usize>, out: &mut [f32]) {
        let width = columns.len();
        for (j, column) in columns.enumerate() {
            for start in inputs.clone().step_by(PANEL) {
                let some = PANEL.min(inputs.end - start);
                let taps = self.taps(column, start);
                for (tap, out) in out.chunks_exact_mut(inputs.len() * width).rev().enumerate() {
                    let out = out[(start - inputs.start) * width..].chunks_exact_mut(width);
                    let from = &taps.values[tap * taps.taps_apart..][..some];
                    out.zip(from).for_each(|(out, value)| out[j] = *value);
                }
            }
        }
    }
}

/// All filters of a convolution, one panel after another, `[points, inputs, columns]` each.
#[derive(Debug)]
pub(crate) struct Kept {
    tile: Tile,
    values: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Kept {
    pub(crate) fn new(weights: Weights<'_>, tile: Tile) -> Self {
        let (inputs, outputs) = (weights.inputs(), weights.outputs());
        let each = tile.points() * inputs;
        let mut values = vec![0.0; each * outputs];
        values.par_chunks_mut((each * PANEL).max(1)).enumerate().for_each(|(panel, out)| {
            let columns = panel * PANEL..panel * PANEL + out.len() / each;
            let places = Places { rows_apart: columns.len(), points_apart: inputs * columns.len() };
            with_scratch(weights.scratch(columns.len(), inputs), |scratch| {
                weights.slab(tile, [columns, 0..inputs], scratch, places, out);
            });
        });
        Self { tile, values, inputs, outputs }
    }

    /// Each panel of a point, with its first column.
    fn panels(&self, point: usize) -> impl Iterator<Item = (usize, Panel<'_>)> {
        let each = self.tile.points() * self.inputs;
        self.values.chunks((each * PANEL).max(1)).enumerate().map(move |(index, panel)| {
            let length = self.inputs * panel.len() / each;
            (index * PANEL, Panel::dense(&panel[point * length..][..length], self.inputs))
        })
    }

    /// Tiles of some bands at a point, `[tiles, inputs]` each, to where their products `[tiles, outputs]` go.
    pub(super) fn multiply<'a>(
        &self,
        point: usize,
        bands: impl ExactSizeIterator<Item = (&'a [f32], &'a mut [f32])>,
    ) {
        let count = bands.len().max(1);
        let mut bands: Vec<_> = bands.collect();
        let mut panels = self.panels(point).peekable();
        while let Some((column, panel)) = panels.next() {
            let next = panels
                .peek()
                .map_or_else(|| self.start((point + 1) % self.tile.points()), |(_, panel)| panel.values);
            let parts = next.chunks(next.len().div_ceil(count).max(1)).chain(std::iter::repeat(&[][..]));
            for ((seen, products), next) in bands.iter_mut().zip(parts) {
                let rows = Matrix::dense(seen, seen.len() / self.inputs, self.inputs);
                panel.multiply_before(next, &mut products[column..], self.outputs, rows);
            }
        }
    }

    /// The first panel of a point.
    fn start(&self, point: usize) -> &[f32] {
        self.panels(point).next().map_or(&[], |(_, panel)| panel.values)
    }
}

/// The filters of a convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filters<'a> {
    Kept(&'a Kept),
    Passing(Weights<'a>, Tile),
}

impl Filters<'_> {
    pub(super) fn tile(&self) -> Tile {
        match self {
            Self::Kept(kept) => kept.tile,
            Self::Passing(_, tile) => *tile,
        }
    }

    pub(super) fn inputs(&self) -> usize {
        match self {
            Self::Kept(kept) => kept.inputs,
            Self::Passing(weights, _) => weights.inputs(),
        }
    }

    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Kept(kept) => kept.outputs,
            Self::Passing(weights, _) => weights.outputs(),
        }
    }
}

/// Some filters; tap t of row i begins at `values[t · taps_apart + i · rows_apart ..]`.
struct Taps<'a> {
    values: &'a [f32],
    taps_apart: usize,
    rows_apart: usize,
    rows: usize,
    /// Whether they are read from the last tap to the first.
    reversed: bool,
}

/// Where transformed filters go: numbers from one row to the next, and from one point to the next.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) rows_apart: usize,
    pub(super) points_apart: usize,
}

impl Taps<'_> {
    fn transform(self, tile: Tile, columns: usize, places: Places, out: &mut [f32]) {
        match tile {
            Tile::Two => arch().dispatch(Slab { taps: self, columns, places, out, kind: Two }),
            Tile::Four => arch().dispatch(Slab { taps: self, columns, places, out, kind: Four }),
        }
    }
}

/// Their transform.
struct Slab<'a, T, const P: usize, const M: usize> {
    taps: Taps<'a>,
    columns: usize,
    places: Places,
    out: &'a mut [f32],
    kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Slab<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Taps { values, taps_apart, rows_apart, rows, reversed } = self.taps;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let Places { rows_apart: row, points_apart: point } = self.places;
        let [vectors, row, point] = [self.columns, row, point].map(|numbers| numbers / S::F32_LANES);
        for i in 0..rows {
            let mut taps: [&[S::f32s]; 9] = [&[]; 9];
            for (tap, values_of) in taps.iter_mut().enumerate() {
                let start = if reversed { 8 - tap } else { tap } * taps_apart + i * rows_apart;
                *values_of = S::as_simd_f32s(&values[start..start + vectors * S::F32_LANES]).0;
                prefetch::<_, FIRST>(values, start + AHEAD * rows_apart, vectors * S::F32_LANES);
            }
            let out = &mut out[i * row..];
            for i in 0..vectors {
                // Loops instead of closures, which would not be compiled for the wide vectors.
                let mut half = [[simd.splat_f32s(0.0); P]; 3];
                for (column, half) in half.iter_mut().enumerate() {
                    *half =
                        self.kind.filter(simd, [taps[column][i], taps[3 + column][i], taps[6 + column][i]]);
                }
                for (row, out) in out.chunks_mut(P * point).take(P).enumerate() {
                    let points = self.kind.filter(simd, [half[0][row], half[1][row], half[2][row]]);
                    for (out, value) in out.chunks_mut(point).zip(points) {
                        out[i] = value;
                    }
                }
            }
        }
    }
}
