//! Shapes of the arrays that the kernels work on.

/// Shape of channels-last images, `[batch, height, width, channels]`.
pub(super) type Dims = [usize; 4];

/// The shape of an array as images: a sequence `[batch, tokens, channels]` is images of one column.
pub(super) fn image_dims(shape: &[usize]) -> Dims {
    match *shape {
        [batch, height, width, channels] => [batch, height, width, channels],
        [batch, tokens, channels] => [batch, tokens, 1, channels],
        [rows, channels] => [1, rows, 1, channels],
        _ => {
            debug_assert!(false, "fused operations take arrays of rank 2 to 4, got {shape:?}");
            [1, 1, 1, shape.iter().product()]
        }
    }
}
