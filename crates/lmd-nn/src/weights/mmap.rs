//! Mapping a file into memory; with the matrix product the only unsafe code of this crate.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// Maps a whole file for reading.
///
/// # Safety argument
///
/// A map is sound as long as nobody shortens or rewrites the file while it is
/// used. No program can rule that out for another program, so it is stated as a
/// condition of use: weight files must not be changed while they are loaded.
/// Bytes are only ever copied out and read as plain numbers, for which every
/// bit pattern is valid, so that a rewritten file gives wrong numbers at worst;
/// a shortened one makes the operating system end the process.
pub(super) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: see above; the map is read-only and private to this process.
    unsafe { Mmap::map(&file) }
}
