//! [`Map`]: a matrix or a 3×3 convolution, with what comes before and after it, as one operation.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::before::{Before, Dims};
use super::convolve::{After, Convolution, Taps};
use super::op::{Array, ArrayOp};
use super::product::PANEL;
use super::scratch::unfilled;
use super::strided::Strided;
use super::winograd::{CHANNELS, Filters, Kept, Order, Tile, Weights, Winograd};
use crate::workers::get_or_compute;

/// Convolutions up to this many numbers keep transformed filters, which are two to four times as large; larger ones
/// only for pictures whose transformed tiles are too many to be held at once.
const KEPT: usize = 9 * 512 * 256;
/// What is too many.
const HELD: usize = 1 << 24;
/// Maps up to this many numbers keep a copy for the way back; larger ones are read across, once they lie by taps.
const MIRRORED: usize = 1 << 19;
/// Inputs and outputs of a weight turned at once, so that both sides stay in the cache.
const TURNED: usize = 16;

/// The weights of a linear map of the channels, or of a convolution of 3×3 places.
pub(crate) struct Map {
    /// `[side, side, inputs, outputs]`, but for large convolutions.
    weight: Vec<f32>,
    order: Order,
    /// Transformed filters, there and back, for each tile. Made when first needed, as is the next.
    kept: [[OnceLock<Kept>; 2]; 2],
    /// `[side, side, outputs, inputs]`, from the last tap to the first.
    mirrored: OnceLock<Vec<f32>>,
    bias: Vec<f32>,
    side: usize,
    inputs: usize,
    outputs: usize,
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, inputs, outputs, .. } = self;
        write!(f, "Map({side}×{side}, {inputs} → {outputs})")
    }
}

impl Map {
    /// From weights as upstream stores them, each `[outputs / maps, inputs, side, side]`; no bias if empty.
    pub(crate) fn new(weights: &[Cow<'_, [f32]>], bias: Vec<f32>, shape: [usize; 3]) -> Self {
        let [outputs, inputs, side] = shape;
        let whole = [inputs, outputs].iter().all(|channels| channels.is_multiple_of(CHANNELS));
        let (weight, order) = match weights {
            [weight] if side == 3 && whole && weight.len() > KEPT => (panels(weight, inputs), Order::Panels),
            _ => (turned(weights, shape), Order::Taps),
        };
        Self::of(weight, order, bias, shape)
    }

    fn of(weight: Vec<f32>, order: Order, bias: Vec<f32>, [outputs, inputs, side]: [usize; 3]) -> Self {
        let (kept, mirrored) = (Default::default(), OnceLock::new());
        Self { weight, order, kept, mirrored, bias, side, inputs, outputs }
    }

    /// The same map for pictures that are never convolved by tiles.
    pub(crate) fn by_taps(self: Arc<Self>) -> Arc<Self> {
        if self.order == Order::Taps {
            return self;
        }
        let shape = [self.outputs, self.inputs, self.side];
        Arc::new(Self::of(self.taps().into_owned(), Order::Taps, self.bias.clone(), shape))
    }

    /// `[side, side, inputs, outputs]`, put into this order if need be: where large convolutions meet pictures of
    /// odd sides, as at the deepest level of 448 or 576 pixels.
    fn taps(&self) -> Cow<'_, [f32]> {
        if self.order == Order::Taps {
            return Cow::Borrowed(&self.weight);
        }
        let mut taps = unfilled(self.weight.len());
        taps.par_chunks_exact_mut(self.outputs).enumerate().for_each(|(row, out)| {
            let (tap, input) = (row / self.inputs, row % self.inputs);
            for (panel, out) in out.chunks_mut(PANEL).enumerate() {
                let start = 9 * (panel * PANEL * self.inputs + input * out.len()) + tap * out.len();
                out.copy_from_slice(&self.weight[start..start + out.len()]);
            }
        });
        Cow::Owned(taps)
    }

    /// Transformed filters, where pictures of this batch, height and width are convolved by them.
    fn filters(&self, sizes: [usize; 3], doubled: bool, back: bool) -> Option<Filters<'_>> {
        if self.side != 3
            || [self.inputs, self.outputs].iter().any(|channels| !channels.is_multiple_of(CHANNELS))
        {
            return None;
        }
        let weights = self.weights(back);
        let passing = || {
            let tile = Tile::of(sizes, doubled, false)?;
            let held = tile.seen(sizes) * if back { self.outputs } else { self.inputs };
            (self.weight.len() > KEPT && held <= HELD).then_some(Filters::Passing(weights, tile))
        };
        passing().or_else(|| {
            let tile = Tile::of(sizes, doubled, true)?;
            let kept = &self.kept[usize::from(back)][tile as usize];
            Some(Filters::Kept(get_or_compute(kept, || Kept::new(weights, tile))))
        })
    }

    /// The weights of the way back, from the last tap to the first; none where they are large.
    fn mirrored(&self) -> Option<&[f32]> {
        (self.weight.len() <= MIRRORED).then(|| &**get_or_compute(&self.mirrored, || self.mirror()))
    }

    /// `[taps, outputs, inputs]`, from the last tap to the first.
    fn mirror(&self) -> Vec<f32> {
        let mut mirrored = vec![0.0; self.weight.len()];
        self.weights(true).turn(0..self.inputs, 0..self.outputs, &mut mirrored);
        mirrored
    }

    fn weights(&self, back: bool) -> Weights<'_> {
        Weights { values: &self.weight, order: self.order, inputs: self.inputs, outputs: self.outputs, back }
    }
}

/// `[side, side, inputs, outputs]` from weights `[outputs / maps, inputs, side, side]`.
fn turned(weights: &[Cow<'_, [f32]>], [outputs, inputs, side]: [usize; 3]) -> Vec<f32> {
    let (taps, each) = (side * side, outputs / weights.len().max(1));
    let mut turned = vec![0.0; weights.iter().map(|weight| weight.len()).sum()];
    // Of some inputs each, the rows of all taps.
    let mut blocks: Vec<Vec<&mut [f32]>> = Vec::new();
    blocks.resize_with(inputs.div_ceil(TURNED), Vec::new);
    for tap in turned.chunks_mut((inputs * outputs).max(1)) {
        blocks
            .iter_mut()
            .zip(tap.chunks_mut((TURNED * outputs).max(1)))
            .for_each(|(block, rows)| block.push(rows));
    }
    blocks.into_par_iter().enumerate().for_each(|(block, mut rows)| {
        for (map, weight) in weights.iter().enumerate() {
            // One row of the file per output; of some of them, the part that belongs to this block.
            let from = &weight[(block * TURNED * taps).min(weight.len())..];
            for (some, from) in from.chunks(TURNED * inputs * taps).take(each.div_ceil(TURNED)).enumerate() {
                let start = map * each + some * TURNED;
                let width = TURNED.min(each - some * TURNED);
                for (tap, rows) in rows.iter_mut().enumerate() {
                    for (input, row) in rows.chunks_exact_mut(outputs).enumerate() {
                        let from = from[input * taps + tap..].iter().step_by(inputs * taps);
                        row[start..start + width].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    });
    turned
}

/// [`Order::Panels`] of a weight `[outputs, inputs, 3, 3]`.
fn panels(weight: &[f32], inputs: usize) -> Vec<f32> {
    let (row, block) = (9 * inputs, 9 * TURNED);
    let mut out = unfilled(weight.len());
    out.par_chunks_mut(PANEL * row).zip(weight.par_chunks(PANEL * row)).for_each(|(out, from)| {
        let width = out.len() / row;
        for (some, out) in out.chunks_mut(block * width).enumerate() {
            for (j, from) in from.chunks_exact(row).enumerate() {
                let from = &from[some * block..];
                out.chunks_exact_mut(width).zip(from).for_each(|(out, value)| out[j] = *value);
            }
        }
    });
    out
}

/// One use of a [`Map`]: `after(map(before(x)))`.
#[derive(Clone, Debug)]
pub(crate) struct MapCall {
    pub(crate) map: Arc<Map>,
    pub(crate) before: Before,
    pub(crate) stride: usize,
    /// Zeros before the first row and column, and after the last.
    pub(crate) padding: [usize; 2],
    /// Added to every place, `[batch, outputs]`.
    pub(crate) shift: Option<Vec<f32>>,
    /// Negative results become zero; such a call has no gradient.
    pub(crate) rectify: bool,
}

impl MapCall {
    /// Sizes after what comes before, and of the result.
    fn sizes(&self, input: Dims) -> [Dims; 2] {
        let between = self.before.output(input);
        let [batch, height, width, _] = between;
        let frame = self.padding[0] + self.padding[1];
        let side = |length: usize| (length + frame - self.map.side) / self.stride + 1;
        [between, [batch, side(height), side(width), self.map.outputs]]
    }

    /// Every place is convolved, with one row and column of zeros all around.
    fn plain(&self) -> bool {
        self.stride == 1 && self.padding == [1, 1]
    }

    /// The bias, with the shift where there is one.
    fn bias(&self) -> Vec<f32> {
        match &self.shift {
            None => self.map.bias.clone(),
            Some(shift) if self.map.bias.is_empty() => shift.clone(),
            Some(shift) => {
                let rows = shift.chunks(self.map.outputs);
                rows.flat_map(|row| row.iter().zip(&self.map.bias).map(|(a, b)| a + b)).collect()
            }
        }
    }
}

/// A sequence is a picture one place wide.
fn dims(shape: &[usize]) -> Dims {
    match *shape {
        [batch, height, width, channels] => [batch, height, width, channels],
        [batch, places, channels] => [batch, places, 1, channels],
        [places, channels] => [1, places, 1, channels],
        _ => [1, 1, 1, shape.iter().product()],
    }
}

impl ArrayOp for MapCall {
    fn output_shape(&self, input: &[usize]) -> Vec<usize> {
        let [_, output] = self.sizes(dims(input));
        match *input {
            [batch, places, _] => vec![batch, places, self.map.outputs],
            [places, _] => vec![places, self.map.outputs],
            _ => output.to_vec(),
        }
    }

    fn forward(&self, x: Array<'_>, addend: Option<&[f32]>) -> Vec<f32> {
        let input = dims(x.shape);
        let [[_, tall, wide, _], [batch, height, width, outputs]] = self.sizes(input);
        let source = self.before.forward(x.values, input, self.padding);
        let frame = self.padding[0] + self.padding[1];
        let after = After { bias: &self.bias(), addend, rectify: self.rectify };
        let doubled = matches!(self.before, Before::Resize(size) if size == [2 * input[1], 2 * input[2]]);
        let filters = || self.map.filters([batch, height, width], doubled, false);
        if let Some(filters) = self.plain().then(filters).flatten() {
            let winograd = Winograd { filters, doubled, batch, height, width };
            return winograd.run(&source, after);
        }
        let taps = self.map.taps();
        let convolution = Convolution {
            taps: Taps::Forward(&taps),
            side: self.map.side,
            stride: self.stride,
            inputs: self.map.inputs,
            outputs,
            batch,
            height,
            width,
            framed: [tall + frame, wide + frame],
        };
        convolution.run(&source, after)
    }

    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32> {
        let input = dims(x.shape);
        let [[batch, height, width, inputs], output] = self.sizes(input);
        if self.stride > 1 {
            let (taps, side, stride) = (&self.map.taps(), self.map.side, self.stride);
            let source = [batch, height, width, inputs];
            let strided = Strided { taps, side, stride, lead: self.padding[0], source, result: output };
            return self.before.backward(x.values, input, strided.backward(grad));
        }
        let grown = self.map.side - 1;
        let framed = [height + grown, width + grown];
        let source = Before::Nothing.forward(grad, output, self.padding.map(|pad| grown - pad));
        let after = After { bias: &[], addend: None, rectify: false };
        let filters = || self.map.filters([batch, height, width], false, true);
        if let Some(filters) = self.plain().then(filters).flatten() {
            let winograd = Winograd { filters, doubled: false, batch, height, width };
            return self.before.backward(x.values, input, winograd.run(&source, after));
        }
        let by_taps;
        let taps = if let Some(mirrored) = self.map.mirrored() {
            Taps::Forward(mirrored)
        } else {
            by_taps = self.map.taps();
            Taps::Mirrored(&by_taps)
        };
        let convolution = Convolution {
            taps,
            side: self.map.side,
            stride: 1,
            inputs: self.map.outputs,
            outputs: inputs,
            batch,
            height,
            width,
            framed,
        };
        self.before.backward(x.values, input, convolution.run(&source, after))
    }
}

#[cfg(test)]
mod tests {
    use super::turned;

    #[test]
    fn weights_are_turned_whatever_their_sizes() {
        for (maps, each, inputs, side) in [(1, 5, 3, 3), (1, 16, 32, 3), (3, 20, 33, 1), (2, 17, 16, 1)] {
            let (taps, outputs) = (side * side, maps * each);
            let of = |output: usize, input: usize, tap: usize| (output * 1000 + input * 10 + tap) as f32;
            let stored = |map: usize| {
                let places =
                    (0..each).flat_map(|o| (0..inputs).flat_map(move |i| (0..taps).map(move |t| (o, i, t))));
                places.map(|(o, i, t)| of(map * each + o, i, t)).collect::<Vec<f32>>().into()
            };
            let weights: Vec<_> = (0..maps).map(stored).collect();
            let turned = turned(&weights, [outputs, inputs, side]);
            for (at, value) in turned.into_iter().enumerate() {
                let (output, input, tap) = (at % outputs, at / outputs % inputs, at / outputs / inputs);
                assert_eq!(value, of(output, input, tap), "{maps} maps, {output} {input} {tap}");
            }
        }
    }
}
