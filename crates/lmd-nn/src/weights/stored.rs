//! [`Stored`]: the bytes of one weight file, read piece by piece when they are asked for.
//!
//! Files are read, not mapped: a file that somebody shortens or whose disk goes away while it is used gives an error
//! here, where a memory map would end the process by a signal. It also keeps the pages of a file out of this process's
//! memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::header::{Header, json_range, parse_header, whole_header};
use super::{HeaderError, WeightsError};

/// Enough of a file's beginning to know its format.
const START: u64 = 64;

/// One weight file: on disk, in memory, or part of the program.
#[derive(Debug)]
pub(super) struct Stored {
    /// The file's path, as messages call it.
    pub(super) path: PathBuf,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    File(Mutex<File>),
    Memory(Cow<'static, [u8]>),
}

impl Stored {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or its header does not hold.
    pub(super) fn open(path: &Path) -> Result<(Self, Header), WeightsError> {
        let failed = |source| WeightsError::Open { path: path.to_owned(), source };
        let mut file = open_regular(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let json = read_json(&mut file, length).map_err(failed)?;
        let refused = |source| WeightsError::Header { path: path.to_owned(), source };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let header = json.and_then(|json| parse_header(&json, length)).map_err(refused)?;
        Ok((Self { path: path.to_owned(), bytes: Bytes::File(Mutex::new(file)) }, header))
    }

    /// Bytes in memory, possibly part of the program; `path` stands for them in messages.
    ///
    /// # Errors
    /// When the header does not hold.
    pub(super) fn in_memory(
        path: PathBuf,
        bytes: Cow<'static, [u8]>,
    ) -> Result<(Self, Header), WeightsError> {
        let header = whole_header(&bytes);
        let header = header.map_err(|source| WeightsError::Header { path: path.clone(), source })?;
        Ok((Self { path, bytes: Bytes::Memory(bytes) }, header))
    }

    /// Whether the bytes are in memory already.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self.bytes, Bytes::Memory(_))
    }

    /// Some of the bytes. `range` comes from the header and was checked against the file's length.
    ///
    /// # Errors
    /// When the file has become shorter, or the disk fails.
    pub(super) fn read(&self, range: &Range<usize>) -> Result<Cow<'_, [u8]>, WeightsError> {
        if let Bytes::Memory(bytes) = &self.bytes {
            return bytes.get(range.clone()).map(Cow::Borrowed).ok_or_else(|| self.shortened());
        }
        let mut bytes = vec![0; range.len()];
        self.read_into(range.start, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    /// Fills `to` with the bytes from `start` on.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn read_into(&self, start: usize, to: &mut [u8]) -> Result<(), WeightsError> {
        let file = match &self.bytes {
            Bytes::File(file) => file,
            Bytes::Memory(bytes) => {
                let from = bytes.get(start..start.saturating_add(to.len()));
                to.copy_from_slice(from.ok_or_else(|| self.shortened())?);
                return Ok(());
            }
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(start as u64)).and_then(|_| file.read_exact(to));
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.shortened(),
            _ => WeightsError::Open { path: self.path.clone(), source: error },
        })
    }

    fn shortened(&self) -> WeightsError {
        WeightsError::Shortened { path: self.path.clone() }
    }

    /// The BLAKE3 digest of all bytes, as lower-case hexadecimal.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn digest(&self) -> Result<String, WeightsError> {
        let mut hasher = blake3::Hasher::new();
        match &self.bytes {
            Bytes::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let read = file.rewind().and_then(|()| hasher.update_reader(&mut *file).map(drop));
                read.map_err(|source| WeightsError::Open { path: self.path.clone(), source })?;
            }
            Bytes::Memory(bytes) => drop(hasher.update(bytes)),
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

/// Opens a regular file for reading. Opening a pipe that nobody writes to would wait for ever, and a device has no end.
///
/// # Errors
/// When there is none, or it is something else.
pub(super) fn open_regular(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder; give the file in it"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is a pipe or a device, expected a regular file"));
    }
    File::open(path)
}

/// The bytes of a regular file of at most `limit` bytes; a longer one is called `expected`, as in "no configuration".
///
/// # Errors
/// When it cannot be read, is no regular file, or longer.
pub(super) fn read_at_most(path: &Path, limit: u64, expected: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("more than {limit} bytes; this is {expected}")));
    }
    Ok(bytes)
}

/// The text of a file's bytes, without the mark that some editors put before it to say how it is encoded.
///
/// # Errors
/// When it is not UTF-8.
pub(super) fn text(bytes: Vec<u8>) -> io::Result<String> {
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The JSON of the header of a file of `length` bytes.
fn read_json(file: &mut File, length: u64) -> io::Result<Result<Vec<u8>, HeaderError>> {
    let mut start = Vec::new();
    file.by_ref().take(START).read_to_end(&mut start)?;
    let range = match json_range(&start, usize::try_from(length).unwrap_or(usize::MAX)) {
        Ok(range) => range,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut json = Vec::new();
    file.seek(SeekFrom::Start(range.start as u64))?;
    file.by_ref().take(range.len() as u64).read_to_end(&mut json)?;
    let whole = json.len() == range.len();
    Ok(if whole { Ok(json) } else { Err(HeaderError::TooShort { bytes: range.start + json.len() }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(data: usize) -> Vec<u8> {
        let header = format!(r#"{{"w":{{"dtype":"U8","shape":[{data}],"data_offsets":[0,{data}]}}}}"#);
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![7; data]].concat()
    }

    #[test]
    fn the_same_from_disk_and_from_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        std::fs::write(&path, file(1000)).unwrap();
        let (disk, a) = Stored::open(&path).unwrap();
        let (memory, b) = Stored::in_memory("w".into(), file(1000).into()).unwrap();
        assert_eq!(a, b);
        let range = &a.tensors["w"].range;
        assert_eq!(disk.read(range).unwrap(), memory.read(range).unwrap());
        assert_eq!(disk.digest().unwrap(), memory.digest().unwrap());
        assert_eq!(disk.digest().unwrap(), blake3::hash(&file(1000)).to_hex().to_string());
    }

    /// A memory map ended the process by SIGBUS here.
    #[test]
    fn a_file_shortened_after_it_was_opened_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        std::fs::write(&path, file(100_000)).unwrap();
        let (stored, header) = Stored::open(&path).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(5000).unwrap();
        let error = stored.read(&header.tensors["w"].range).unwrap_err().to_string();
        assert!(error.contains("became shorter") && error.contains("w.safetensors"), "{error}");
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let error = Stored::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is a folder; give the file in it"), "{error}");
        #[cfg(unix)]
        {
            let error = Stored::open(Path::new("/dev/zero")).unwrap_err().to_string();
            assert!(error.contains("a pipe or a device"), "{error}");
            let pipe = folder.path().join("pipe.safetensors");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            let error = Stored::open(&pipe).unwrap_err().to_string();
            assert!(error.contains("a pipe or a device"), "{error}");
        }
    }
}
