//! [`Bytes`]: a file read from front to back, never past its end.

use std::io::Read;

use super::error::GgufError;

/// Longest text in the metadata; a chat template is a few kilobytes.
const MAX_TEXT: u64 = 1 << 20;

/// A file and how much of it is left.
#[derive(Debug)]
pub(super) struct Bytes<R> {
    source: R,
    position: u64,
    length: u64,
}

impl<R: Read> Bytes<R> {
    pub(super) fn new(source: R, length: u64) -> Self {
        Self { source, position: 0, length }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn left(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    /// Refuses what needs more bytes than are left.
    pub(super) fn need(&self, needed: u64, what: &'static str) -> Result<(), GgufError> {
        let left = self.left();
        if needed > left { Err(GgufError::Short { what, needed, left }) } else { Ok(()) }
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], GgufError> {
        self.need(N as u64, what)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A count of things of which each needs `each` bytes in the file.
    pub(super) fn count(&mut self, what: &'static str, limit: u64, each: u64) -> Result<usize, GgufError> {
        let found = self.u64(what)?;
        if found > limit {
            return Err(GgufError::TooMany { what, found, limit });
        }
        self.need(found.saturating_mul(each), what)?;
        usize::try_from(found).map_err(|_| GgufError::TooMany { what, found, limit })
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<String, GgufError> {
        let length = self.count(what, MAX_TEXT, 1)?;
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes)?;
        self.position += length as u64;
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}
