use super::super::product::PANEL;
use super::*;

/// Numbers in -0.5 to 0.5 without a pattern.
fn scattered(count: u32, seed: u32) -> Vec<f32> {
    let mixed = |i: u32| (i ^ seed).wrapping_mul(0x9E37_79B1).rotate_left(15).wrapping_mul(0x85EB_CA77);
    #[allow(clippy::cast_precision_loss)]
    let value = |i| (mixed(i) >> 8) as f32 / (1 << 24) as f32 - 0.5;
    (0..count).map(value).collect()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

/// Sizes of a convolution: batch, height, width, inputs, outputs.
#[derive(Clone, Copy, Debug)]
struct Sizes([usize; 5]);

impl Sizes {
    /// Pictures with a frame of zeros; with `doubled` every 2×2 places equal.
    fn source(self, doubled: bool) -> Vec<f32> {
        let Self([batch, height, width, inputs, _]) = self;
        let (values, each) = (scattered(count(batch * height * width * inputs), 1), 1 + usize::from(doubled));
        let mut source = vec![0.0; batch * (height + 2) * (width + 2) * inputs];
        for image in 0..batch {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let from = ((image * height + y / each) * width + x / each) * inputs;
                let to = ((image * (height + 2) + y + 1) * (width + 2) + x + 1) * inputs;
                source[to..to + inputs].copy_from_slice(&values[from..from + inputs]);
            }
        }
        source
    }

    /// The sums of the definition, in f64; `tap` gives the factor of a tap, an input and an output.
    fn convolved(self, source: &[f32], tap: impl Fn(usize, usize, usize) -> f32) -> Vec<f64> {
        let Self([batch, height, width, inputs, outputs]) = self;
        let mut out = Vec::new();
        for place in 0..batch * height * width {
            let (image, y, x) = (place / (height * width), place / width % height, place % width);
            for o in 0..outputs {
                let sums = (0..9).map(|t| {
                    let at = ((image * (height + 2) + y + t / 3) * (width + 2) + x + t % 3) * inputs;
                    (0..inputs).map(|i| f64::from(source[at + i]) * f64::from(tap(t, i, o))).sum::<f64>()
                });
                out.push(sums.sum());
            }
        }
        out
    }
}

/// [`Order::Panels`] of a weight in [`Order::Taps`], by its definition.
fn panels(taps: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for first in (0..outputs).step_by(PANEL) {
        for (input, tap) in (0..inputs).flat_map(|input| (0..9).map(move |tap| (input, tap))) {
            let row = &taps[(tap * inputs + input) * outputs..][..outputs];
            out.extend(&row[first..(first + PANEL).min(outputs)]);
        }
    }
    out
}

#[test]
fn every_way_gives_the_sums_of_the_definition() {
    let after = After { bias: &[], addend: None, rectify: false };
    // Few and many tiles; a group of outputs and a slab of inputs that are not filled.
    for sizes in [[1, 8, 4, 16, 32], [2, 8, 8, 144, 80], [1, 16, 12, 32, 48], [4, 32, 32, 16, 96]].map(Sizes)
    {
        let Sizes([batch, height, width, inputs, outputs]) = sizes;
        for (tile, back, doubled) in [
            (Tile::Two, false, false),
            (Tile::Two, false, true),
            (Tile::Two, true, false),
            (Tile::Four, false, false),
            (Tile::Four, true, false),
        ] {
            let values = scattered(count(9 * inputs * outputs), 1 << 20);
            let [there, here] = if back { [outputs, inputs] } else { [inputs, outputs] };
            let panels = panels(&values, there, here);
            let ways = [(Order::Taps, &values), (Order::Panels, &panels)];
            let ways =
                ways.map(|(order, values)| Weights { values, order, inputs: there, outputs: here, back });
            let source = sizes.source(doubled);
            let expected = sizes.convolved(&source, |t, i, o| {
                if back {
                    values[((8 - t) * there + o) * here + i]
                } else {
                    values[(t * there + i) * here + o]
                }
            });
            let kept = ways.map(|weights| Kept::new(weights, tile));
            let passing = ways.map(|weights| Filters::Passing(weights, tile));
            for filters in kept.iter().map(Filters::Kept).chain(passing) {
                let sums = Winograd { filters, doubled, batch, height, width }.run(&source, after);
                let worst =
                    sums.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
                let worst = worst / largest;
                assert!(worst < 3e-6, "{worst} off, {sizes:?}, {tile:?}, back {back}, doubled {doubled}");
            }
        }
    }
}
