//! The two tile sizes and their transforms: the matrices G, Bᵀ and Aᵀ of Lavin and Gray (arXiv:1509.09308, section 4).
//!
//! Reference: the definition of the convolution in f64, `Sizes::convolved` in `winograd/tests.rs`.

use pulp::Simd;

use super::super::tuning::F4X4_MIN_PIXELS;

/// The algorithm F(m×m, 3×3), by the tile of m×m output pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tile {
    F2x2,
    F4x4,
}

impl Tile {
    /// The tile for images `[batch, height, width]`, if they can be tiled; `upsampled2x` as in [`Winograd`](super::Winograd), `cached`
    /// whether the filters are kept transformed.
    pub(crate) fn of([batch, height, width]: [usize; 3], upsampled2x: bool, cached: bool) -> Option<Self> {
        let fits = |side| height.is_multiple_of(side) && width.is_multiple_of(side);
        let many = batch * height * width >= F4X4_MIN_PIXELS[usize::from(!cached)];
        if many && fits(4) && !upsampled2x { Some(Self::F4x4) } else { fits(2).then_some(Self::F2x2) }
    }

    /// Pixels of all transformed input tiles of images `[batch, height, width]`.
    pub(crate) fn input_pixels(self, [batch, height, width]: [usize; 3]) -> usize {
        batch * height * width * self.points() / (self.side() * self.side())
    }

    pub(super) fn side(self) -> usize {
        match self {
            Self::F2x2 => 2,
            Self::F4x4 => 4,
        }
    }

    /// Elements of a transformed tile, (m + 2)².
    pub(super) fn points(self) -> usize {
        (self.side() + 2) * (self.side() + 2)
    }
}

/// The one-dimensional transforms of F(M, 3), with `P = M + 2` points.
pub(super) trait Transform<const P: usize, const M: usize>: Copy {
    /// `G g`
    fn transform_filter<S: Simd>(self, simd: S, taps: [S::f32s; 3]) -> [S::f32s; P];
    /// `Bᵀ d`
    fn transform_input<S: Simd>(self, simd: S, values: [S::f32s; P]) -> [S::f32s; P];
    /// `Aᵀ m`
    fn transform_output<S: Simd>(self, simd: S, points: [S::f32s; P]) -> [S::f32s; M];
}

/// F(2, 3) at the points 0, 1, −1 and ∞.
#[derive(Clone, Copy)]
pub(super) struct F2x2;

impl Transform<4, 2> for F2x2 {
    #[inline(always)]
    fn transform_filter<S: Simd>(self, simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; 4] {
        let half = |x| simd.mul_f32s(simd.splat_f32s(0.5), x);
        let ends = simd.add_f32s(a, c);
        [a, half(simd.add_f32s(ends, b)), half(simd.sub_f32s(ends, b)), c]
    }

    #[inline(always)]
    fn transform_input<S: Simd>(self, simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
        [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
    }

    #[inline(always)]
    fn transform_output<S: Simd>(self, simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
        [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
    }
}

/// F(4, 3) at the points 0, ±¾, ±1½ and ∞. Their powers up to the third are exact in f32.
#[derive(Clone, Copy)]
pub(super) struct F4x4;

/// The points a, b and their squares.
const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;

impl Transform<6, 4> for F4x4 {
    /// At p: `(1, p, p²) / Π (p − q)` over the other points q.
    #[inline(always)]
    fn transform_filter<S: Simd>(self, simd: S, g: [S::f32s; 3]) -> [S::f32s; 6] {
        const AT_ZERO: f32 = 1.0 / (A2 * B2);
        const AT_A: f32 = 0.5 / (A2 * (A2 - B2));
        const AT_B: f32 = 0.5 / (B2 * (B2 - A2));
        let times = |factor: f32, x| simd.mul_f32s(simd.splat_f32s(factor), x);
        let add = |factor: f32, x, y| simd.mul_add_f32s(simd.splat_f32s(factor), x, y);
        let even_a = add(AT_A * A2, g[2], times(AT_A, g[0]));
        let even_b = add(AT_B * B2, g[2], times(AT_B, g[0]));
        [
            times(AT_ZERO, g[0]),
            add(AT_A * A, g[1], even_a),
            add(-AT_A * A, g[1], even_a),
            add(AT_B * B, g[1], even_b),
            add(-AT_B * B, g[1], even_b),
            g[2],
        ]
    }

    /// Coefficients of `x (x² − a²) (x² − b²)`, and of what is left of it without each point's factor.
    #[inline(always)]
    fn transform_input<S: Simd>(self, simd: S, d: [S::f32s; 6]) -> [S::f32s; 6] {
        let add = |factor: f32, x, y| simd.mul_add_f32s(simd.splat_f32s(factor), x, y);
        let (even_a, odd_a) = (add(-B2, d[2], d[4]), add(-B2, d[1], d[3]));
        let (even_b, odd_b) = (add(-A2, d[2], d[4]), add(-A2, d[1], d[3]));
        [
            add(A2 * B2, d[0], add(-A2 - B2, d[2], d[4])),
            add(A, odd_a, even_a),
            add(-A, odd_a, even_a),
            add(B, odd_b, even_b),
            add(-B, odd_b, even_b),
            add(A2 * B2, d[1], add(-A2 - B2, d[3], d[5])),
        ]
    }

    /// Powers of the points up to the third.
    #[inline(always)]
    fn transform_output<S: Simd>(self, simd: S, m: [S::f32s; 6]) -> [S::f32s; 4] {
        let times = |factor: f32, x| simd.mul_f32s(simd.splat_f32s(factor), x);
        let add = |factor: f32, x, y| simd.mul_add_f32s(simd.splat_f32s(factor), x, y);
        let (even_a, odd_a) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
        let (even_b, odd_b) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
        [
            simd.add_f32s(m[0], simd.add_f32s(even_a, even_b)),
            add(B, odd_b, times(A, odd_a)),
            add(B2, even_b, times(A2, even_a)),
            add(B * B2, odd_b, add(A * A2, odd_a, m[5])),
        ]
    }
}
