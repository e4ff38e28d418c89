//! The allocator of the commands: tensors come and go by the hundred thousand, and their memory is kept
//! for the next ones instead of being returned to the system and cleared when it is asked for anew.
#![allow(unsafe_code)]

use libmimalloc_sys::mi_option_set;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h: milliseconds after which unused memory is returned.
const PURGE_DELAY: i32 = 15;
const NEVER: std::ffi::c_long = -1;

/// Keeps memory. An environment variable `MIMALLOC_PURGE_DELAY` goes first.
pub(crate) fn keep_memory() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        // SAFETY: sets a number inside the allocator; the option exists in every version 2 and 3.
        unsafe { mi_option_set(PURGE_DELAY, NEVER) };
    }
}
