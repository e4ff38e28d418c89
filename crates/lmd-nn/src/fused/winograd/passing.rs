//! Large filters, transformed where they are multiplied.

use rayon::prelude::*;

use super::super::PARTS;
use super::super::convolve::After;
use super::super::gemm::Matrix;
use super::super::product::{COLUMNS, PANEL, Panel, Panels};
use super::super::scratch::{unfilled, with_scratch};
use super::filters::Places;
use super::gather::Products;
use super::{Tile, Weights, Winograd};

/// Outputs of a task, and inputs at once with few tiles and with many, where filters are transformed in passing.
const GROUP: usize = 2 * PANEL;
const INPUTS: [usize; 2] = [256, 1280];
/// Tiles from which on it is the larger number of inputs.
const MANY_TILES: usize = 256;

impl Winograd<'_> {
    /// Large filters: each task takes some outputs, transforms their filters for some inputs at a time, and
    /// multiplies all tiles by them while they are in the cache.
    pub(super) fn by_outputs(
        &self,
        filters: (Weights<'_>, Tile),
        source: &[f32],
        after: After<'_>,
        out: &mut [f32],
    ) {
        let seen = self.seen(source);
        let tiles = self.tiles() / self.bands();
        // Of each group [batch · bands, points, tiles, outputs].
        let group = |first, products: &mut [f32]| self.group(filters, &seen, first, products);
        self.by_groups(group, |band| (band * self.points() * tiles, tiles), after, out);
    }

    /// Large filters of the way back, whose weights lie with the inputs together: filters are the rows, and tiles, brought
    /// into the order of panels, the columns of the products.
    pub(super) fn by_rows_of_filters(
        &self,
        filters: (Weights<'_>, Tile),
        source: &[f32],
        after: After<'_>,
        out: &mut [f32],
    ) {
        let panels = self.panels(&self.seen(source));
        let (tiles, bands) = (self.tiles(), self.bands());
        // Of each group [batch, points, tiles, outputs].
        let group = |first, products: &mut [f32]| self.group_of_rows(filters, &panels, first, products);
        let first = |band| band / bands * self.points() * tiles + band % bands * (tiles / bands);
        self.by_groups(group, |band| (first(band), tiles), after, out);
    }

    /// Shares groups of outputs among tasks, `group(first output, products)`, and then bands of the result, whose first row
    /// of products and rows from one point to the next `rows(band)` tells.
    fn by_groups(
        &self,
        group: impl Fn(usize, &mut [f32]) + Sync,
        rows: impl Fn(usize) -> (usize, usize) + Sync,
        after: After<'_>,
        out: &mut [f32],
    ) {
        let (width, each) = (self.group_width(), self.batch * self.points() * self.tiles());
        let mut values = unfilled(each * self.outputs());
        values.par_chunks_mut(each * width).enumerate().for_each(|(i, products)| group(i * width, products));
        let band = self.height * self.width / self.bands() * self.outputs();
        out.par_chunks_exact_mut(band).enumerate().for_each(|(band, out)| {
            let (first, apart) = rows(band);
            let products = Products { values: &values, group: width, rows: each, first, apart };
            self.gather(products, self.rows(band), after, out);
        });
    }

    /// Transformed tiles as [`Panels`] of inputs and tiles, `[batch, points]`.
    fn panels(&self, seen: &[f32]) -> Vec<f32> {
        let (inputs, bands) = (self.inputs(), self.bands());
        let band = self.tiles() / bands;
        let each = Panels::length(inputs, self.tiles());
        let mut panels = unfilled(self.batch * self.points() * each);
        panels.par_chunks_exact_mut(each).enumerate().for_each(|(i, out)| {
            let (image, point) = (i / self.points(), i % self.points());
            with_scratch(self.tiles() * inputs, |rows| {
                for (number, rows) in rows.chunks_exact_mut(band * inputs).enumerate() {
                    let at = ((image * bands + number) * self.points() + point) * band * inputs;
                    rows.copy_from_slice(&seen[at..at + band * inputs]);
                }
                Panels::of(Matrix::dense(rows, self.tiles(), inputs).transposed(), out);
            });
        });
        panels
    }

    /// Products of all tiles for some outputs, the filters of some inputs at a time.
    fn group_of_rows(
        &self,
        (weights, tile): (Weights<'_>, Tile),
        panels: &[f32],
        first: usize,
        products: &mut [f32],
    ) {
        let (points, tiles, inputs) = (self.points(), self.tiles(), self.inputs());
        let width = products.len() / (self.batch * points * tiles);
        let (each, apart) = (Panels::length(inputs, tiles), tiles.next_multiple_of(COLUMNS));
        let at_once = self.inputs_at_once();
        let slab = width * (points * at_once + COLUMNS);
        with_scratch(slab + self.batch * points * width * apart, |scratch| {
            let (slab, sums) = scratch.split_at_mut(slab);
            for start in (0..inputs).step_by(at_once) {
                let some = start..(start + at_once).min(inputs);
                let places = Places { rows_apart: points * some.len() + COLUMNS, points_apart: some.len() };
                weights.slab_back(tile, [first..first + width, some.clone()], places, slab);
                for (i, sums) in sums.chunks_exact_mut(width * apart).enumerate() {
                    let filters = &slab[i % points * some.len()..];
                    let filters = Matrix::rows(filters, width, some.len(), places.rows_apart);
                    let panels = Panels::ordered(&panels[i * each..(i + 1) * each], inputs);
                    for (column, panel) in panels.each(some.clone()) {
                        panel.multiply(&mut sums[column..], apart, start > 0, filters);
                    }
                }
            }
            for (sums, products) in
                sums.chunks_exact(width * apart).zip(products.chunks_exact_mut(tiles * width))
            {
                for (tile, products) in products.chunks_exact_mut(width).enumerate() {
                    products.iter_mut().zip(sums.chunks_exact(apart)).for_each(|(to, sums)| *to = sums[tile]);
                }
            }
        });
    }

    /// Outputs of a task: fewer where an odd count of tasks would leave cores idle.
    fn group_width(&self) -> usize {
        let groups = self.outputs().div_ceil(GROUP);
        if groups < 2 * PARTS && !groups.is_multiple_of(2) { PANEL } else { GROUP }
    }

    /// Products of all tiles for some outputs.
    fn group(&self, (weights, tile): (Weights<'_>, Tile), seen: &[f32], first: usize, products: &mut [f32]) {
        let (points, tiles, inputs) = (self.points(), self.tiles() / self.bands(), self.inputs());
        let bands = self.batch * self.bands();
        let width = products.len() / (bands * points * tiles);
        let at_once = self.inputs_at_once();
        // A little more than whole kilobytes from one row of filters to the next: else lines share few places of the first cache.
        let apart = |panel: usize| points * panel + COLUMNS;
        with_scratch(at_once * apart(PANEL), |slab| {
            for start in (0..inputs).step_by(at_once) {
                let some = start..(start + at_once).min(inputs);
                for column in (0..width).step_by(PANEL) {
                    let panel = PANEL.min(width - column);
                    let columns = first + column..first + column + panel;
                    let places = Places { rows_apart: apart(panel), points_apart: panel };
                    weights.slab(tile, [columns, some.clone()], &mut [], places, slab);
                    for (point, band) in
                        self.filled().flat_map(|point| (0..bands).map(move |band| (point, band)))
                    {
                        let at = (band * points + point) * tiles;
                        let rows = Matrix::rows(&seen[at * inputs + start..], tiles, some.len(), inputs);
                        let filters = Panel {
                            values: &slab[point * panel..],
                            inputs: some.len(),
                            columns: panel,
                            apart: apart(panel),
                        };
                        filters.multiply(&mut products[at * width + column..], width, start > 0, rows);
                    }
                }
            }
        });
    }

    /// Inputs whose filters are transformed at once: with many tiles reading those and their products again costs more
    /// than a slab beyond the cache.
    fn inputs_at_once(&self) -> usize {
        INPUTS[usize::from(self.batch * self.tiles() >= MANY_TILES)]
    }
}
