//! Convolutions of pictures that lie channels last, as matrix products of rows of places.
//!
//! With a frame of zeros around the picture, tap (r, s) of a place reads the
//! place r rows and s columns further on, so that one product of *all* places
//! with the tap's matrix adds its share; the s of one r are neighbours in memory
//! and make one product of longer, overlapping rows. Nothing is copied. Places
//! in the frame's columns are computed as well and dropped; where that would
//! waste more than copying (few, deep places), the taps are gathered first.

use std::ops::Range;

use rayon::prelude::*;

use super::before::TASK;
use super::gemm::{Matrix, multiply};
use super::scratch::{unfilled, with_scratch};
use super::simd::vectorized;
use super::{PARTS, even_bands};

/// Places of a band where the matrices are small, to stay in the cache, and where they are large.
const BAND: [usize; 2] = [512, 2048];
/// Numbers in the matrices from which on reading them costs more than reading places.
const HEAVY: usize = 1 << 18;

/// Results up to this many columns, of as many rows or of a single one, are summed in another order by `gemm`.
const NARROW: usize = 64;
/// Places of a band at least, where it is the cores that say how many bands there are.
const LEAST: usize = 32;

/// The matrices of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taps<'a> {
    /// `[side, side, inputs, outputs]`
    Forward(&'a [f32]),
    /// `[side, side, outputs, inputs]`, read from the last tap to the first: the way back.
    Mirrored(&'a [f32]),
}

/// Sizes of a convolution; the frame around the source is `side / 2` wide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution<'a> {
    pub(super) taps: Taps<'a>,
    pub(super) side: usize,
    pub(super) stride: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Of the result.
    pub(super) batch: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Of the source, frame included.
    pub(super) framed: [usize; 2],
}

/// What is added to the sums, and how the result ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct After<'a> {
    /// `[outputs]`, or `[batch, outputs]`; empty for none.
    pub(super) bias: &'a [f32],
    /// Of the result's shape.
    pub(super) addend: Option<&'a [f32]>,
    pub(super) rectify: bool,
}

impl<'a> After<'a> {
    /// The bias of one picture.
    pub(super) fn bias_of(&self, image: usize, outputs: usize) -> &'a [f32] {
        if self.bias.len() > outputs { &self.bias[image * outputs..(image + 1) * outputs] } else { self.bias }
    }
}

/// Where the taps of some places lie in memory.
#[derive(Clone, Copy)]
struct Rows<'a> {
    values: &'a [f32],
    count: usize,
    apart: usize,
    /// From one tap to the next, and from one row of taps to the next.
    steps: [usize; 2],
}

impl Convolution<'_> {
    /// Convolves a framed picture.
    pub(super) fn run(&self, source: &[f32], after: After<'_>) -> Vec<f32> {
        let image = self.height * self.width * self.outputs;
        let mut out = unfilled(self.batch * image);
        if self.weights() >= HEAVY && self.batch * self.height * self.width < 2 * BAND[0] {
            if self.side == 1 && self.stride == 1 && self.outputs > self.inputs {
                self.split_outputs(source, after, &mut out);
            } else {
                self.split_inputs(source, after, &mut out);
            }
            return out;
        }
        let rows = self.rows_of_a_band();
        out.par_chunks_mut(image).enumerate().for_each(|(index, out)| {
            out.par_chunks_mut(rows * self.width * self.outputs).enumerate().for_each(|(band, out)| {
                self.band(source, after, (index, band * rows), out);
            });
        });
        out
    }

    fn weights(&self) -> usize {
        self.side * self.side * self.inputs * self.outputs
    }

    /// Few places under large matrices: every task takes some of the inputs, so that each matrix is read once.
    fn split_inputs(&self, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let places = self.batch * self.height * self.width;
        let wide = self.side * self.side * self.inputs;
        let mut gathered = Vec::new();
        let rows = if self.side == 1 && self.stride == 1 {
            Rows { values: source, count: places, apart: self.inputs, steps: [0, 0] }
        } else {
            gathered.resize(places * wide, 0.0);
            let image = self.height * self.width * wide;
            gathered.par_chunks_mut(image).enumerate().for_each(|(index, to)| {
                to.par_chunks_mut(self.width * wide).enumerate().for_each(|(y, to)| {
                    self.gather(source, (index, y), to);
                });
            });
            Rows {
                values: &gathered,
                count: places,
                apart: wide,
                steps: [self.inputs, self.side * self.inputs],
            }
        };
        let share = self.inputs.div_ceil(PARTS);
        let sums: Vec<Vec<f32>> = (0..PARTS)
            .into_par_iter()
            .map(|part| {
                let inputs = (part * share).min(self.inputs)..((part + 1) * share).min(self.inputs);
                let mut sums = unfilled(places * self.outputs);
                self.add_taps(rows, inputs, &mut sums);
                sums
            })
            .collect();
        let (first, others) = sums.split_at(1);
        self.join(after, out, |place, out| {
            let start = place * self.outputs;
            out.copy_from_slice(&first[0][start..start + out.len()]);
            for other in others {
                out.iter_mut().zip(&other[start..]).for_each(|(out, x)| *out += x);
            }
        });
    }

    /// `fill`s some rows after another, given the first's first place, and adds what comes after.
    fn join(&self, after: After<'_>, out: &mut [f32], fill: impl Fn(usize, &mut [f32]) + Sync) {
        let row = self.width * self.outputs;
        let rows = (TASK / row.max(1)).max(1);
        out.par_chunks_mut((self.height * row).max(1)).enumerate().for_each(|(index, out)| {
            out.par_chunks_mut((rows * row).max(1)).enumerate().for_each(|(band, out)| {
                fill((index * self.height + band * rows) * self.width, out);
                self.finish(out, None, after, (index, band * rows));
            });
        });
    }

    /// Few places under a large matrix with more outputs than inputs: every task takes some of the outputs, so that no sums
    /// have to be joined.
    fn split_outputs(&self, source: &[f32], after: After<'_>, out: &mut [f32]) {
        let places = self.batch * self.height * self.width;
        let share = self.outputs.div_ceil(2 * PARTS);
        let rows = Matrix::dense(source, places, self.inputs);
        let mut parts = unfilled(places * self.outputs);
        parts.par_chunks_mut((places * share).max(1)).enumerate().for_each(|(i, part)| {
            let (first, columns) = (i * share, part.len() / places);
            let matrix = match self.taps {
                Taps::Forward(weights) => Matrix::rows(&weights[first..], self.inputs, columns, self.outputs),
                Taps::Mirrored(weights) => {
                    Matrix::dense(&weights[first * self.inputs..], columns, self.inputs).transposed()
                }
            };
            multiply(part, columns, false, rows, matrix);
        });
        self.join(after, out, |first, out| {
            for (place, out) in (first..).zip(out.chunks_exact_mut(self.outputs)) {
                for (part, out) in parts.chunks(places * share).zip(out.chunks_mut(share)) {
                    out.copy_from_slice(&part[place * out.len()..][..out.len()]);
                }
            }
        });
    }

    /// Rows of the picture that one task computes.
    fn rows_of_a_band(&self) -> usize {
        let (most, places) = (BAND[usize::from(self.weights() >= HEAVY / 4)], self.height * self.width);
        let least = places.div_ceil(most);
        // As many as there are cores, for what a band costs; where `gemm` would form sums otherwise for fewer rows, always
        // the same number.
        let wide = self.outputs > NARROW && places >= 2 * LEAST;
        let (shares, most) =
            if wide { (rayon::current_num_threads(), places / LEAST) } else { (PARTS, self.height) };
        let bands = even_bands(least, most.min(self.height), self.batch, shares);
        let mut rows = self.height.div_ceil(bands.max(1)).max(1);
        while wide && self.height % rows == 1 {
            rows += 1; // no band of a single place
        }
        rows
    }

    /// Some rows of one picture.
    fn band(&self, source: &[f32], after: After<'_>, (index, y): (usize, usize), out: &mut [f32]) {
        let places = out.len() / self.outputs;
        let rows = places / self.width.max(1);
        let [tall, wide] = self.framed;
        let start = (index * tall + y * self.stride) * wide * self.inputs;
        if self.side == 1 && self.stride == 1 {
            let rows = Rows { values: &source[start..], count: places, apart: self.inputs, steps: [0, 0] };
            self.add_taps(rows, 0..self.inputs, out);
            self.finish(out, None, after, (index, y));
        } else if self.stride > 1 || self.outputs > 16 * self.width {
            let length = self.side * self.side * self.inputs;
            with_scratch(places * length, |taps| {
                taps.chunks_exact_mut(self.width * length).enumerate().for_each(|(i, to)| {
                    self.gather(source, (index, y + i), to);
                });
                let steps = [self.inputs, self.side * self.inputs];
                self.add_taps(
                    Rows { values: taps, count: places, apart: length, steps },
                    0..self.inputs,
                    out,
                );
            });
            self.finish(out, None, after, (index, y));
        } else {
            let count = rows * wide - (self.side - 1);
            with_scratch(rows * wide * self.outputs, |sums| {
                let steps = [self.inputs, wide * self.inputs];
                let rows = Rows { values: &source[start..], count, apart: self.inputs, steps };
                self.add_taps(rows, 0..self.inputs, sums);
                self.finish(out, Some(sums), after, (index, y));
            });
        }
    }

    /// The taps of all places of one row, each place's one after another.
    fn gather(&self, source: &[f32], (index, y): (usize, usize), to: &mut [f32]) {
        let [tall, wide] = self.framed;
        let run = self.side * self.inputs;
        for (x, to) in to.chunks_exact_mut(self.side * run).enumerate() {
            for (r, to) in to.chunks_exact_mut(run).enumerate() {
                let row = index * tall + y * self.stride + r;
                let start = (row * wide + x * self.stride) * self.inputs;
                to.copy_from_slice(&source[start..start + run]);
            }
        }
    }

    /// Writes the sums over all taps and over some inputs.
    fn add_taps(&self, rows: Rows<'_>, inputs: Range<usize>, out: &mut [f32]) {
        let taps = self.side * self.side;
        let together = match self.taps {
            Taps::Mirrored(_) => 1,
            Taps::Forward(_) if inputs.len() < self.inputs => 1,
            // One product where all taps of a place are neighbours, else one for every row of taps.
            Taps::Forward(_) if rows.steps[1] == self.side * rows.steps[0] => taps,
            Taps::Forward(_) => self.side,
        };
        for tap in (0..taps).step_by(together) {
            let offset = tap / self.side * rows.steps[1] + tap % self.side * rows.steps[0] + inputs.start;
            let a = Matrix::rows(&rows.values[offset..], rows.count, together * inputs.len(), rows.apart);
            let b = match self.taps {
                Taps::Forward(weights) => {
                    let start = (tap * self.inputs + inputs.start) * self.outputs;
                    Matrix::dense(&weights[start..], together * inputs.len(), self.outputs)
                }
                Taps::Mirrored(weights) => {
                    let start = (taps - 1 - tap) * self.inputs * self.outputs + inputs.start;
                    Matrix::rows(&weights[start..], self.outputs, inputs.len(), self.inputs).transposed()
                }
            };
            multiply(out, self.outputs, tap > 0, a, b);
        }
    }

    /// Adds what comes after to the sums, which lie in `out` or, with places between the rows, in `sums`.
    fn finish(&self, out: &mut [f32], sums: Option<&[f32]>, after: After<'_>, (index, y): (usize, usize)) {
        let row = self.width * self.outputs;
        let bias = after.bias_of(index, self.outputs);
        vectorized(
            #[inline(always)]
            || {
                for (i, out) in out.chunks_exact_mut(row).enumerate() {
                    if let Some(sums) = sums {
                        let start = i * self.framed[1] * self.outputs;
                        out.copy_from_slice(&sums[start..start + row]);
                    }
                    if !bias.is_empty() {
                        for place in out.chunks_exact_mut(self.outputs) {
                            place.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
                        }
                    }
                    if let Some(addend) = after.addend {
                        let start = (index * self.height + y + i) * row;
                        out.iter_mut().zip(&addend[start..start + row]).for_each(|(out, more)| *out += more);
                    }
                    if after.rectify {
                        out.iter_mut().for_each(|x| *x = x.max(0.0));
                    }
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bands are as many as cores; every sum has to be formed in the same order all the same.
    #[test]
    fn the_number_of_cores_changes_no_bit() {
        let numbers = |count: usize| -> Vec<f32> { (0..count).map(|i| (i as f32 * 0.37).sin()).collect() };
        for (places, inputs, outputs) in
            [(256, 600, 80), (97, 600, 80), (991, 40, 96), (1057, 24, 96), (64, 520, 64)]
        {
            let (source, weights) = (numbers(places * inputs), numbers(inputs * outputs));
            let after = After { bias: &[], addend: None, rectify: false };
            for taps in [Taps::Forward(&weights), Taps::Mirrored(&weights)] {
                let convolution = Convolution {
                    taps,
                    side: 1,
                    stride: 1,
                    inputs,
                    outputs,
                    batch: 1,
                    height: places,
                    width: 1,
                    framed: [places, 1],
                };
                let with = |threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    pool.install(|| convolution.run(&source, after))
                };
                let one = with(1);
                for threads in [2, 3, 4, 7, 16, 31] {
                    let same = one.iter().zip(with(threads)).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert!(same, "{places} places, {inputs} to {outputs}, {threads} threads");
                }
            }
        }
    }
}
