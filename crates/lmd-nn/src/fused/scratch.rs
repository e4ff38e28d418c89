//! Memory that is not cleared before it is filled: results, and what each thread keeps for passing ones.
#![allow(unsafe_code)]

use std::cell::RefCell;

thread_local! {
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with memory of this length, with anything in it. Calls must not be nested.
pub(super) fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < length {
            scratch.resize(length, 0.0);
        }
        work(&mut scratch[..length])
    })
}

/// Memory of this length for a result of which every number is going to be written.
///
/// Clearing it first took a tenth of a forward of the bundled model, on one thread while the others waited.
/// In tests it holds numbers no result may have.
pub(super) fn unfilled(length: usize) -> Vec<f32> {
    if cfg!(test) {
        return vec![f32::NAN; length];
    }
    let mut memory = Vec::with_capacity(length);
    // SAFETY: the capacity is `length`; any bits are an f32, and callers write every number before reading it,
    // which the tests of this crate see by the filling above.
    #[allow(clippy::uninit_vec)]
    unsafe {
        memory.set_len(length);
    }
    memory
}
