//! Filters, transformed: once and kept, or a slab at a time in passing where they are too large for that.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::super::gemm::Matrix;
use super::super::product::{PANEL, Panel};
use super::super::scratch::with_scratch;
use super::tile::{Four, Tile, Transform, Two};

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

    /// `G g Gᵀ` of some outputs, at most a panel of them, and inputs: `[points, inputs, columns]`.
    pub(super) fn slab(
        &self,
        tile: Tile,
        columns: Range<usize>,
        inputs: Range<usize>,
        scratch: &mut [f32],
        out: &mut [f32],
    ) {
        let width = columns.len();
        if self.back {
            self.turn(columns, inputs.clone(), scratch);
            let (rows_apart, taps_apart) = (width, width * inputs.len());
            let taps = Taps { values: scratch, taps_apart, rows_apart, rows: inputs.len(), reversed: false };
            return taps.transform(tile, width, out);
        }
        let taps = Taps { rows: inputs.len(), ..self.taps(inputs.start, columns.start) };
        taps.transform(tile, width, out);
    }

    /// `G g Gᵀ` of the way back as its weights lie, `[points, outputs, inputs]`.
    pub(super) fn slab_back(&self, tile: Tile, outputs: Range<usize>, inputs: Range<usize>, out: &mut [f32]) {
        let width = inputs.len();
        let at_once = if self.order == Order::Panels { PANEL } else { width };
        for start in (0..width).step_by(at_once) {
            let taps = self.taps(outputs.start, inputs.start + start);
            let taps = Taps { rows: outputs.len(), reversed: true, ..taps };
            taps.transform_beside(tile, [at_once.min(width - start), width], &mut out[start..]);
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
        let at_once = if self.order == Order::Panels { PANEL } else { inputs.len() };
        for (j, column) in columns.enumerate() {
            for start in inputs.clone().step_by(at_once) {
                let some = at_once.min(inputs.end - start);
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
            with_scratch(weights.scratch(columns.len(), inputs), |scratch| {
                weights.slab(tile, columns, 0..inputs, scratch, out);
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

    /// Tiles `[tiles, inputs]` at a point to products `[tiles, outputs]`.
    pub(super) fn multiply(&self, point: usize, seen: &[f32], products: &mut [f32]) {
        let rows = Matrix::dense(seen, seen.len() / self.inputs, self.inputs);
        for (column, panel) in self.panels(point) {
            panel.multiply(&mut products[column..], self.outputs, false, rows);
        }
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

impl Taps<'_> {
    /// `[points, rows, columns]`
    fn transform(self, tile: Tile, columns: usize, out: &mut [f32]) {
        self.transform_beside(tile, [columns; 2], out);
    }

    /// The same with rows that begin `apart` numbers after one another.
    fn transform_beside(self, tile: Tile, [columns, apart]: [usize; 2], out: &mut [f32]) {
        match tile {
            Tile::Two => Arch::new().dispatch(Slab { taps: self, columns, apart, out, kind: Two }),
            Tile::Four => Arch::new().dispatch(Slab { taps: self, columns, apart, out, kind: Four }),
        }
    }
}

/// Their transform.
struct Slab<'a, T, const P: usize, const M: usize> {
    taps: Taps<'a>,
    columns: usize,
    apart: usize,
    out: &'a mut [f32],
    kind: T,
}

impl<T: Transform<P, M>, const P: usize, const M: usize> WithSimd for Slab<'_, T, P, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Taps { values, taps_apart, rows_apart, rows, reversed } = self.taps;
        let (out, _) = S::as_mut_simd_f32s(self.out);
        let [vectors, apart] = [self.columns, self.apart].map(|columns| columns / S::F32_LANES);
        for row in 0..rows {
            let mut places: [&[S::f32s]; 9] = [&[]; 9];
            for (tap, place) in places.iter_mut().enumerate() {
                let start = if reversed { 8 - tap } else { tap } * taps_apart + row * rows_apart;
                *place = S::as_simd_f32s(&values[start..start + vectors * S::F32_LANES]).0;
            }
            for i in 0..vectors {
                // Loops instead of closures, which would not be compiled for the wide vectors.
                let mut half = [[simd.splat_f32s(0.0); P]; 3];
                for (half, places) in half.iter_mut().zip(places.chunks_exact(3)) {
                    *half = self.kind.filter(simd, [places[0][i], places[1][i], places[2][i]]);
                }
                for column in 0..P {
                    let points = self.kind.filter(simd, [half[0][column], half[1][column], half[2][column]]);
                    for (point, value) in points.into_iter().enumerate() {
                        out[((P * point + column) * rows + row) * apart + i] = value;
                    }
                }
            }
        }
    }
}
