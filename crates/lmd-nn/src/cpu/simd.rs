//! Elementary functions and reductions, written so that the compiler vectorizes them, and the dispatch to the widest vectors
//! of the processor.
//!
//! Reference: `f64`'s functions of the standard library and tables of Φ, in this file's tests.

use pulp::{Arch, NullaryFnOnce, Simd};

/// f32 lanes of the widest vectors.
pub(super) const LANES: usize = 16;
pub(super) const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts, the first exact in few bits (Cody and Waite).
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Adding it rounds to the nearest integer, which then lies in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;

/// The widest vectors of this processor.
pub(super) fn arch() -> Arch {
    #[cfg(all(test, target_arch = "x86_64"))]
    if std::env::var_os(tests::ONLY_AVX2).is_some() {
        return pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3);
    }
    Arch::new()
}

/// Runs plain loops compiled for the widest vectors of this processor.
#[inline(always)]
pub(super) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    struct Work<F>(F);
    impl<R, F: FnOnce() -> R> pulp::WithSimd for Work<F> {
        type Output = R;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> R {
            (self.0)()
        }
    }
    arch().dispatch(Work(work))
}

/// Runs an inner loop in a function that is not inlined: inlined beside other loops, the compiler spills some of its vectors
/// though there are registers for all, which takes twice the time.
#[inline(never)]
pub(super) fn outlined<S: Simd, W: NullaryFnOnce>(simd: S, work: W) -> W::Output {
    simd.vectorize(work)
}

/// eˣ to 2 units in the last place, for |x| < 87; beyond, the value there.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 87.0);
    let rounded = x.mul_add(LOG2_E, ROUNDER);
    let n = rounded - ROUNDER;
    let r = n.mul_add(-LN_2[1], n.mul_add(-LN_2[0], x));
    // The Taylor polynomial with its last coefficients moved for |r| < ln 2 / 2 (Cephes' expf).
    let p = 1.987_569_1e-4;
    let p = r.mul_add(p, 1.398_2e-3);
    let p = r.mul_add(p, 8.333_452e-3);
    let p = r.mul_add(p, 4.166_579_6e-2);
    let p = r.mul_add(p, 1.666_666_6e-1);
    let p = r.mul_add(p, 0.5);
    let p = r.mul_add(r * p, r) + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// 2ˣ to 2 units in the last place, for −126 < x < 127; below, the value there.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = if x < -126.0 { -126.0 } else { x };
    let rounded = x + ROUNDER;
    let r = x - (rounded - ROUNDER);
    // For |r| < 1/2 (Cephes' exp2f).
    let p = 1.535_336_2e-4;
    let p = r.mul_add(p, 1.339_887_4e-3);
    let p = r.mul_add(p, 9.618_437e-3);
    let p = r.mul_add(p, 5.550_332_5e-2);
    let p = r.mul_add(p, 2.402_264_8e-1);
    let p = r.mul_add(p, std::f32::consts::LN_2);
    let p = r.mul_add(p, 1.0);
    f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Distribution function Φ(x), to 1e-7 (Abramowitz and Stegun, 7.1.26), and density φ(x) of the standard normal distribution.
#[inline(always)]
pub(super) fn normal_cdf_pdf(x: f32) -> (f32, f32) {
    let half = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * x.abs());
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_8;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    let upper = 0.5 * p * t * half; // 1 - Φ(|x|)
    let below = if x > 0.0 { 1.0 - upper } else { upper };
    (below, half * 0.398_942_3)
}

/// Σ f(xᵢ, yᵢ), in [`LANES`] partial sums.
#[inline(always)]
pub(super) fn sum2(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for i in 0..LANES {
            sums[i] += f(x[i], y[i]);
        }
    }
    for (i, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
        sums[i] += f(*x, *y);
    }
    sums.iter().sum()
}

/// `x · sigmoid(x)` (SiLU) and its derivative.
#[inline(always)]
pub(super) fn silu(x: f32) -> (f32, f32) {
    let s = sigmoid(x);
    (x * s, s * (1.0 + x * (1.0 - s)))
}

/// Σ f(xᵢ)
#[inline(always)]
pub(super) fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    sum2(x, x, |x, _| f(x))
}

/// The largest element.
#[inline(always)]
pub(super) fn max(x: &[f32]) -> f32 {
    let mut maxima = [f32::NEG_INFINITY; LANES];
    let (xs, rest) = x.as_chunks::<LANES>();
    for x in xs {
        for i in 0..LANES {
            maxima[i] = if x[i] > maxima[i] { x[i] } else { maxima[i] };
        }
    }
    rest.iter().chain(&maxima).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// `exp(scale · (row − row_max))` in place, the numerators of a softmax; returns their sum.
#[inline(always)]
pub(super) fn softmax_numerators(row: &mut [f32], scale: f32) -> f32 {
    let row_max = max(row);
    let mut sums = [0.0; LANES];
    let (rows, rest) = row.as_chunks_mut::<LANES>();
    for x in rows {
        for i in 0..LANES {
            x[i] = exp(scale * (x[i] - row_max));
            sums[i] += x[i];
        }
    }
    for (x, sum) in rest.iter_mut().zip(&mut sums) {
        *x = exp(scale * (*x - row_max));
        *sum += *x;
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A processor whose level of instructions `pulp` was built without gets single numbers: thirty times as slow. Naming
    /// both levels makes the loss of either an error of the compiler, on any x86-64 machine.
    #[test]
    #[ignore = "needs AVX2 and FMA"]
    #[cfg(target_arch = "x86_64")]
    fn processors_with_vectors_use_them() {
        assert!(matches!(Arch::new(), Arch::V3(_) | Arch::V4(_)), "no vector instructions are used");
    }

    /// With it in the environment, AVX2 is used even where there is more.
    pub(super) const ONLY_AVX2: &str = "LMD_TEST_ONLY_AVX2";

    /// All other tests of this crate's operations once more, with AVX2, on a machine that has more.
    #[test]
    #[ignore = "needs AVX-512"]
    #[cfg(target_arch = "x86_64")]
    fn narrower_vectors_pass_the_same_tests() {
        assert!(matches!(arch(), Arch::V4(_)), "AVX-512 is not used");
        let program = std::env::current_exe().unwrap();
        let mut tests = std::process::Command::new(program);
        let run = tests.args(["cpu::", "layers::"]).env(ONLY_AVX2, "1").output().unwrap();
        let report = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{report}");
        let passed = report.rsplit_once(" passed").and_then(|(before, _)| before.rsplit(' ').next());
        assert!(passed.and_then(|count| count.parse::<u32>().ok()) >= Some(10), "{report}");
    }

    #[test]
    fn the_exponential_is_right_everywhere() {
        for i in -8600_i16..8600 {
            let x = f32::from(i) / 100.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.5e-7, "exp({x}): relative error {error:e}");
        }
    }

    #[test]
    fn powers_of_two_are_right_everywhere() {
        for i in -12_600_i16..12_700 {
            let x = f32::from(i) / 100.0;
            let expected = f64::from(x).exp2();
            let error = (f64::from(exp2(x)) - expected).abs() / expected;
            assert!(error < 2.5e-7, "exp2({x}): relative error {error:e}");
        }
        assert!(exp2(f32::NEG_INFINITY) < 2e-38);
        assert!(exp2(f32::NAN).is_nan());
    }

    #[test]
    fn the_normal_distribution_is_that_of_known_values() {
        // From tables of Φ.
        for (x, expected) in [(0.0, 0.5), (1.0, 0.841_344_7), (-2.0, 0.022_750_132), (3.5, 0.999_767_4)] {
            assert!((normal_cdf_pdf(x).0 - expected).abs() < 2e-7, "Φ({x}) = {}", normal_cdf_pdf(x).0);
        }
    }

    #[test]
    fn sums_and_maxima_take_every_element() {
        for length in [1, 15, 16, 17, 50] {
            let x: Vec<f32> = (0..length).map(|i| (i * 7 % 23) as f32).collect();
            assert_eq!(sum(&x, |x| x), x.iter().sum::<f32>());
            assert_eq!(max(&x), x.iter().copied().fold(0.0, f32::max));
        }
    }
}
