//! [`shift`]: latents, masks and attention maps move by whole cells alike (B.12).

/// Planes of `height` × `width` values moved by whole values, to the right and downwards; what moves in is `empty`.
pub(crate) fn shift<T: Copy>(
    values: &[T],
    (width, height): (usize, usize),
    (dx, dy): (isize, isize),
    empty: T,
) -> Vec<T> {
    let plane = (width * height).max(1);
    let source = |i: usize| {
        let (x, y) = (i % plane % width, i % plane / width);
        let x = x.checked_add_signed(-dx).filter(|x| *x < width)?;
        let y = y.checked_add_signed(-dy).filter(|y| *y < height)?;
        values.get(i / plane * plane + y * width + x).copied()
    };
    (0..values.len()).map(|i| source(i).unwrap_or(empty)).collect()
}
