use super::super::microkernel::PANEL;
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

/// Sizes of a convolution: batch, height, width, in_channels, out_channels.
#[derive(Clone, Copy, Debug)]
struct Sizes([usize; 5]);

impl Sizes {
    /// Images padded with zeros; with `upsampled2x` every 2×2 pixels are equal.
    fn input(self, upsampled2x: bool) -> Vec<f32> {
        let Self([batch, height, width, in_channels, _]) = self;
        let (values, each) =
            (scattered(count(batch * height * width * in_channels), 1), 1 + usize::from(upsampled2x));
        let mut input = vec![0.0; batch * (height + 2) * (width + 2) * in_channels];
        for image in 0..batch {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let from = ((image * height + y / each) * width + x / each) * in_channels;
                let to = ((image * (height + 2) + y + 1) * (width + 2) + x + 1) * in_channels;
                input[to..to + in_channels].copy_from_slice(&values[from..from + in_channels]);
            }
        }
        input
    }

    /// The convolution by its definition, in f64; `tap(tap, input, output)` is the kernel.
    fn convolved(self, input: &[f32], tap: impl Fn(usize, usize, usize) -> f32) -> Vec<f64> {
        let Self([batch, height, width, in_channels, out_channels]) = self;
        let mut out = Vec::new();
        for pixel in 0..batch * height * width {
            let (image, y, x) = (pixel / (height * width), pixel / width % height, pixel % width);
            for o in 0..out_channels {
                let sums = (0..9).map(|t| {
                    let at = ((image * (height + 2) + y + t / 3) * (width + 2) + x + t % 3) * in_channels;
                    (0..in_channels).map(|i| f64::from(input[at + i]) * f64::from(tap(t, i, o))).sum::<f64>()
                });
                out.push(sums.sum());
            }
        }
        out
    }
}

/// [`Layout::Panels`] of a weight in [`Layout::TapsFirst`], by its definition.
fn panel_layout(taps: &[f32], in_channels: usize, out_channels: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for first in (0..out_channels).step_by(PANEL) {
        for (input, tap) in (0..in_channels).flat_map(|input| (0..9).map(move |tap| (input, tap))) {
            let row = &taps[(tap * in_channels + input) * out_channels..][..out_channels];
            out.extend(&row[first..(first + PANEL).min(out_channels)]);
        }
    }
    out
}

#[test]
fn every_path_gives_the_sums_of_the_definition() {
    let epilogue = Epilogue { bias: &[], residual: None, relu: false };
    // Few and many tiles; a group of output channels and a slab of input channels that are not full.
    for sizes in [[1, 8, 4, 16, 32], [2, 8, 8, 144, 80], [1, 16, 12, 32, 48], [4, 32, 32, 16, 96]].map(Sizes)
    {
        let Sizes([batch, height, width, in_channels, out_channels]) = sizes;
        for (tile, backward, upsampled2x) in [
            (Tile::F2x2, false, false),
            (Tile::F2x2, false, true),
            (Tile::F2x2, true, false),
            (Tile::F4x4, false, false),
            (Tile::F4x4, true, false),
        ] {
            let values = scattered(count(9 * in_channels * out_channels), 1 << 20);
            let [from, to] = if backward { [out_channels, in_channels] } else { [in_channels, out_channels] };
            let panel_layout = panel_layout(&values, from, to);
            let layouts = [(Layout::TapsFirst, &values), (Layout::Panels, &panel_layout)];
            let layouts = layouts.map(|(layout, values)| Weights {
                values,
                layout,
                in_channels: from,
                out_channels: to,
                backward,
            });
            let input = sizes.input(upsampled2x);
            let expected = sizes.convolved(&input, |t, i, o| {
                if backward { values[((8 - t) * from + o) * to + i] } else { values[(t * from + i) * to + o] }
            });
            let cached = layouts.map(|weights| TransformedFilters::new(weights, tile));
            let streamed = layouts.map(|weights| FilterSource::Streamed(weights, tile));
            for filters in cached.iter().map(FilterSource::Cached).chain(streamed) {
                let sums = Winograd { filters, upsampled2x, batch, height, width }.run(&input, epilogue);
                let worst =
                    sums.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                let scale = expected.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
                let worst = worst / scale;
                assert!(
                    worst < 3e-6,
                    "{worst} off, {sizes:?}, {tile:?}, backward {backward}, upsampled2x {upsampled2x}"
                );
            }
        }
    }
}
