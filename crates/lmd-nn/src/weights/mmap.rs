//! Mapping a file into memory; with the matrix product the only unsafe code of this crate.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
#[cfg(feature = "flex")]
use std::ops::Range;
use std::path::Path;

use memmap2::Mmap;
#[cfg(all(unix, feature = "flex"))]
use memmap2::UncheckedAdvice;

/// Maps a whole file for reading.
///
/// # Safety argument
///
/// A map is sound as long as nobody shortens or rewrites the file while it is
/// used. No program can rule that out for another program, so it is stated as a
/// condition of use: weight files must not be changed while they are loaded.
/// Bytes are only ever read as plain numbers, for which every
/// bit pattern is valid, so that a rewritten file gives wrong numbers at worst;
/// a shortened one makes the operating system end the process.
pub(super) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: see above; the map is read-only and private to this process.
    unsafe { Mmap::map(&file) }
}

/// Tells the system that these bytes are not needed for now: they no longer count as this process's memory.
#[cfg(feature = "flex")]
pub(super) fn release(map: &Mmap, range: &Range<usize>) {
    // SAFETY: the map is of a file and read-only, so that pages given back are read from the file when asked for again.
    #[cfg(unix)]
    let _advice = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len()) };
    #[cfg(not(unix))]
    let _ = (map, range);
}
