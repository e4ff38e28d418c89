//! Gaussian noise that does not depend on the device (section K.1).
//!
//! The same seed gives the same noise as PyTorch: [`NoiseSource::Mt19937`] as
//! its CPU generator, [`NoiseSource::Philox`] as its CUDA generator.

use std::f64::consts::TAU;

use rand_mt::Mt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Values PyTorch's CPU recipe transforms at a time.
const BLOCK: usize = 16;

/// Which of PyTorch's generators is reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoiseSource {
    /// `torch.randn` on the CPU, the reference's choice (B.3).
    #[default]
    Mt19937,
    /// `torch.randn` on CUDA, up to the sizes where one thread draws one value.
    Philox,
}

impl NoiseSource {
    /// `count` standard normal values, freshly seeded.
    #[must_use]
    pub fn randn(self, seed: u64, count: usize) -> Vec<f32> {
        match self {
            Self::Mt19937 => MtNormal::new(seed).randn(count),
            Self::Philox => philox_randn(seed, 0, count),
        }
    }
}

/// PyTorch's CPU generator: MT19937 with its two ways of drawing normals.
#[derive(Clone, Debug)]
pub struct MtNormal {
    mt: Mt,
    /// The second value of the last pair drawn one by one.
    spare: Option<f64>,
}

impl MtNormal {
    /// A generator as after `torch.manual_seed(seed)`: the low 32 bits seed
    /// MT19937 by `init_genrand`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { mt: Mt::new((seed & 0xffff_ffff) as u32), spare: None }
    }

    /// `torch.randn(count)` in f32: blocks of 16 when there are at least 16
    /// values, one by one otherwise.
    #[must_use]
    pub fn randn(&mut self, count: usize) -> Vec<f32> {
        if count < BLOCK {
            return (0..count).map(|_| self.single() as f32).collect();
        }
        let mut values: Vec<f32> = (0..count).map(|_| self.uniform24()).collect();
        for block in values.chunks_exact_mut(BLOCK) {
            box_muller_block(block);
        }
        if !count.is_multiple_of(BLOCK) {
            let mut tail: Vec<f32> = (0..BLOCK).map(|_| self.uniform24()).collect();
            box_muller_block(&mut tail);
            values.truncate(count - BLOCK);
            values.extend(tail);
        }
        values
    }

    /// A uniform value in [0, 1) with 24 bits.
    fn uniform24(&mut self) -> f32 {
        (self.mt.next_u32() & 0x00ff_ffff) as f32 * (1.0 / 16_777_216.0)
    }

    /// A uniform value in [0, 1) with 53 bits from two outputs, high word first.
    fn uniform53(&mut self) -> f64 {
        let high = u64::from(self.mt.next_u32());
        let low = u64::from(self.mt.next_u32());
        ((high << 32 | low) & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
    }

    /// One normal value by Box–Muller in f64; pairs share their uniforms.
    fn single(&mut self) -> f64 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        let (angle, length) = (self.uniform53(), self.uniform53());
        let radius = (-2.0 * (-length).ln_1p()).sqrt();
        self.spare = Some(radius * (TAU * angle).sin());
        radius * (TAU * angle).cos()
    }
}

/// Turns 16 uniforms into 16 normals: value j pairs with value j + 8.
fn box_muller_block(block: &mut [f32]) {
    let (cosines, sines) = block.split_at_mut(BLOCK / 2);
    for (a, b) in cosines.iter_mut().zip(sines) {
        let radius = (-2.0 * (1.0 - f64::from(*a)).ln()).sqrt();
        let angle = TAU * f64::from(*b);
        *a = (radius * angle.cos()) as f32;
        *b = (radius * angle.sin()) as f32;
    }
}

/// `torch.randn(count)` on CUDA: value i comes from Philox 4×32-10 with the
/// counter `(offset, 0, i, 0)` and the seed as key (Salmon et al. 2011).
#[must_use]
pub fn philox_randn(seed: u64, offset: u32, count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| {
            let [a, b, ..] = philox4x32([offset, 0, i as u32, (i as u64 >> 32) as u32], seed);
            let length = f64::from(a) * (-32f64).exp2() + (-33f64).exp2();
            let angle = TAU * (f64::from(b) * (-32f64).exp2() + (-33f64).exp2());
            ((-2.0 * length.ln()).sqrt() * angle.sin()) as f32
        })
        .collect()
}

/// Ten rounds of Philox 4×32.
fn philox4x32(mut counter: [u32; 4], seed: u64) -> [u32; 4] {
    let mut key = [(seed & 0xffff_ffff) as u32, (seed >> 32) as u32];
    for _ in 0..10 {
        let low = u64::from(counter[0]) * 0xd251_1f53;
        let high = u64::from(counter[2]) * 0xcd9e_8d57;
        counter = [
            (high >> 32) as u32 ^ counter[1] ^ key[0],
            high as u32,
            (low >> 32) as u32 ^ counter[3] ^ key[1],
            low as u32,
        ];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: &[f32], expected: &[f32]) {
        for (g, e) in got.iter().zip(expected) {
            assert!((g - e).abs() <= 1.5e-6, "{got:?} against {expected:?}");
        }
    }

    /// First and last four values and the sum, printed by PyTorch 2.15.
    #[test]
    #[allow(clippy::excessive_precision)] // as PyTorch prints them
    fn mt19937_is_torch_randn_on_the_cpu() {
        type Row = (u64, usize, [f32; 4], [f32; 4], f64);
        let rows: [Row; 6] = [
            (
                0,
                16384,
                [-1.125840, -1.152360, -0.250579, -0.433879],
                [-1.040714, 0.090784, -1.366470, -1.078208],
                -124.11270,
            ),
            (
                1,
                16384,
                [-1.525596, -0.750232, -0.653981, -1.609485],
                [-0.126251, 0.412848, 0.540390, 1.795921],
                -121.25276,
            ),
            (
                123456789,
                16384,
                [0.264255, -0.414899, -0.607514, 0.731929],
                [0.543000, 0.363011, -0.266524, 0.399821],
                -54.59921,
            ),
            (
                0,
                20,
                [-1.125840, -1.152360, -0.250579, -0.433879],
                [0.931827, 1.259009, 2.004981, 0.053737],
                6.94070,
            ),
            (
                4294967302,
                20,
                [-1.211305, 0.630359, -1.471304, -1.335199],
                [-0.925080, 0.559439, -0.633997, -1.801502],
                -3.20425,
            ),
            (
                42,
                7,
                [0.336690, 0.128809, 0.234462, 0.230333],
                [0.230333, -1.122856, -0.186328, 2.208201],
                1.82931,
            ),
        ];
        for (seed, count, first, last, sum) in rows {
            let values = NoiseSource::Mt19937.randn(seed, count);
            assert_eq!(values.len(), count);
            assert_close(&values[..4], &first);
            assert_close(&values[count - 4..], &last);
            let total: f64 = values.iter().map(|v| f64::from(*v)).sum();
            assert!((total - sum).abs() < 1e-3, "seed {seed}: sum {total} against {sum}");
        }
    }

    /// The first twelve values of `torch.randn` on CUDA with seed 0.
    #[test]
    #[allow(clippy::excessive_precision)] // as NumPy prints them
    fn philox_is_torch_randn_on_cuda() {
        let expected = [
            -0.924_662_6,
            -0.425_344_15,
            -2.643_845_7,
            0.145_183_88,
            -0.120_866_47,
            -0.579_725_64,
            -0.622_851_2,
            -0.328_387_1,
            -1.074_542_3,
            -0.363_144_07,
            -1.671_050_7,
            2.265_505,
        ];
        assert_close(&NoiseSource::Philox.randn(0, 12), &expected);
    }

    #[test]
    fn a_prefix_does_not_depend_on_the_length() {
        let long = NoiseSource::Philox.randn(9, 100);
        assert_eq!(NoiseSource::Philox.randn(9, 10), long[..10]);
        assert_eq!(NoiseSource::Mt19937.randn(9, 48), NoiseSource::Mt19937.randn(9, 48));
    }
}
