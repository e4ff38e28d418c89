//! The allocator of the commands: tensors come and go by the hundred thousand, and their memory is kept
//! for the next ones instead of being returned to the system and cleared when it is asked for anew.
//! When there is no more memory, that is told and the program ends with 5.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys::mi_option_set;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: Telling = Telling(MiMalloc);

/// `mi_option_purge_delay` of mimalloc.h: milliseconds after which unused memory is returned.
const PURGE_DELAY: i32 = 15;
const NEVER: std::ffi::c_long = -1;
/// Requests above this are mistakes, which their callers answer for; no machine has so much.
const BELIEVED: usize = 1 << 44;

/// An allocator that tells that there is no more memory.
struct Telling(MiMalloc);

impl Telling {
    fn told(pointer: *mut u8, size: usize) -> *mut u8 {
        if pointer.is_null() && size > 0 && size < BELIEVED {
            end(size);
        }
        pointer
    }
}

// SAFETY: every call goes to mimalloc as it came, and its answer is handed on unless it is a null
// pointer, after which the process ends.
unsafe impl GlobalAlloc for Telling {
    /// # Safety
    /// As [`GlobalAlloc::alloc`].
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are those that mimalloc asks for.
        Self::told(unsafe { self.0.alloc(layout) }, layout.size())
    }

    /// # Safety
    /// As [`GlobalAlloc::alloc_zeroed`].
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        Self::told(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    /// # Safety
    /// As [`GlobalAlloc::realloc`].
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `pointer` came from here and so from mimalloc.
        Self::told(unsafe { self.0.realloc(pointer, layout, size) }, size)
    }

    /// # Safety
    /// As [`GlobalAlloc::dealloc`].
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) }
    }
}

/// Ends the program without taking any memory.
#[cold]
fn end(size: usize) -> ! {
    let mut digits = [0_u8; 20];
    let number = decimal(size >> 10, &mut digits);
    let parts: [&[u8]; 3] = [
        b"error: there is not enough memory: ",
        number,
        b" KiB more could not be had; draw a smaller picture, by `plain` or with fewer boxes at once, or end other programs\n",
    ];
    for part in parts {
        write(part);
    }
    // Not even what runs at the end of a program has memory to run with.
    exit_now(5)
}

fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}

#[cfg(unix)]
fn write(text: &[u8]) {
    // There is nowhere to say that stderr is gone.
    let _ = rustix::io::write(rustix::stdio::stderr(), text);
}

#[cfg(not(unix))]
fn write(text: &[u8]) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(text);
}

#[cfg(unix)]
fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process at once; nothing of it runs any more.
    unsafe { libc::_exit(code) }
}

#[cfg(not(unix))]
fn exit_now(code: i32) -> ! {
    std::process::exit(code)
}

/// Keeps memory. An environment variable `MIMALLOC_PURGE_DELAY` goes first.
pub(crate) fn keep_memory() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        // SAFETY: sets a number inside the allocator; the option exists in every version 2 and 3.
        unsafe { mi_option_set(PURGE_DELAY, NEVER) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_memory() {
        assert_eq!(decimal(0, &mut [0; 20]), b"0");
        assert_eq!(decimal(usize::MAX, &mut [0; 20]), usize::MAX.to_string().as_bytes());
    }
}
