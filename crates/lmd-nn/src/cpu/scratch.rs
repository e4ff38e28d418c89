//! Memory that is not cleared before use: outputs, and per-thread scratch.
//!
//! Miri sees a read of uninitialised memory. `.ci/miri` runs this file's tests with it, in a crate of their own.
#![allow(unsafe_code)]

use std::cell::RefCell;

thread_local! {
    /// Buffers that no call on this thread is using.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with a buffer of this length that is kept for later calls on this thread. Its content is left over from
/// earlier calls: initialised, but arbitrary.
///
/// Calls may be nested, directly or because rayon runs another task on top of this one: each has a buffer of its own.
pub(super) fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    let result = work(&mut buffer[..length]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

/// An output of this length whose elements are not initialised.
///
/// Clearing outputs took a tenth of a forward pass of the bundled model, on one thread while the others waited.
/// In tests the elements are NaN, so that one that is never written fails the comparison with the reference; under
/// Miri they are uninitialised indeed.
///
/// # Safety
///
/// The caller must write every element before anything reads it, the caller's own caller included.
pub(super) unsafe fn uninit(length: usize) -> Vec<f32> {
    if cfg!(all(test, not(miri))) {
        return vec![f32::NAN; length];
    }
    let mut memory = Vec::with_capacity(length);
    // SAFETY: the capacity is `length`; that every element is written before it is read is this function's contract.
    #[allow(clippy::uninit_vec)]
    unsafe {
        memory.set_len(length);
    }
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_calls_have_buffers_of_their_own() {
        for _ in 0..2 {
            with_scratch(3, |outer| {
                outer.fill(1.0);
                with_scratch(5, |inner| inner.fill(2.0));
                assert_eq!(outer, [1.0; 3]);
            });
        }
    }

    #[test]
    fn an_output_is_what_was_written() {
        // SAFETY: both elements are written before the comparison.
        let mut out = unsafe { uninit(2) };
        out.copy_from_slice(&[1.0, 2.0]);
        assert_eq!(out, [1.0, 2.0]);
    }
}
