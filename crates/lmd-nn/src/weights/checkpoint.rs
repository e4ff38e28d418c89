//! [`Checkpoint`]: the tensors of one or several weight files, by name, checked and not yet read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use serde::Deserialize;

use super::header::{StoredType, TensorEntry, read_header};
use super::{WeightsError, mmap};

/// The bytes of one file.
#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
    Static(&'static [u8]),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
            Self::Static(bytes) => bytes,
        }
    }
}

/// A tensor inside a checkpoint: its format, shape and raw bytes.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    /// Number format.
    pub dtype: StoredType,
    /// Lengths of the dimensions.
    pub shape: &'a [usize],
    /// The numbers, little-endian.
    pub bytes: &'a [u8],
}

#[derive(Clone, Debug)]
struct Located {
    file: usize,
    entry: TensorEntry,
}

/// Named tensors out of safetensors files, mapped into memory.
///
/// Cloning is cheap; renamed and narrowed views share the same files.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    files: Vec<Arc<(PathBuf, Bytes)>>,
    tensors: BTreeMap<String, Located>,
}

impl Checkpoint {
    /// Opens one safetensors file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is a pickle, or its header does not hold.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        Self::open_all(&[path.to_owned()])
    }

    /// Opens the shards listed in a `*.safetensors.index.json`, all in its own folder.
    ///
    /// # Errors
    ///
    /// When the index is not understood, names a file elsewhere, or a shard is refused.
    pub fn open_sharded(index: &Path) -> Result<Self, WeightsError> {
        let text =
            std::fs::read(index).map_err(|source| WeightsError::Open { path: index.to_owned(), source })?;
        Self::open_all(&shards(index, &text)?)
    }

    fn open_all(paths: &[PathBuf]) -> Result<Self, WeightsError> {
        let mut files = Vec::new();
        for path in paths {
            refuse_pickle(path)?;
            let map = mmap::map(path).map_err(|source| WeightsError::Open { path: path.clone(), source })?;
            files.push((path.clone(), Bytes::Mapped(map)));
        }
        Self::from_files(files)
    }

    /// A checkpoint out of bytes in memory; `name` stands for the path in messages.
    ///
    /// # Errors
    ///
    /// When the header does not hold.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, WeightsError> {
        Self::from_files(vec![(PathBuf::from(name), Bytes::Owned(bytes))])
    }

    /// A checkpoint out of files that are part of the program.
    ///
    /// # Errors
    ///
    /// When a header does not hold.
    pub(super) fn from_static(files: Vec<(PathBuf, &'static [u8])>) -> Result<Self, WeightsError> {
        Self::from_files(files.into_iter().map(|(name, bytes)| (name, Bytes::Static(bytes))).collect())
    }

    fn from_files(files: Vec<(PathBuf, Bytes)>) -> Result<Self, WeightsError> {
        let mut all = Self { files: Vec::new(), tensors: BTreeMap::new() };
        for (path, bytes) in files {
            let entries = read_header(bytes.get())
                .map_err(|source| WeightsError::Header { path: path.clone(), source })?;
            all.add(Arc::new((path, bytes)), entries)?;
        }
        Ok(all)
    }

    /// Adds a file with some of its tensors.
    fn add(
        &mut self,
        file: Arc<(PathBuf, Bytes)>,
        tensors: impl IntoIterator<Item = (String, TensorEntry)>,
    ) -> Result<(), WeightsError> {
        for (name, entry) in tensors {
            let located = Located { file: self.files.len(), entry };
            if self.tensors.insert(name.clone(), located).is_some() {
                return Err(WeightsError::Index {
                    path: file.0.clone(),
                    reason: format!("tensor {name} is in another file as well"),
                });
            }
        }
        self.files.push(file);
        Ok(())
    }

    /// The tensors of both.
    ///
    /// # Errors
    ///
    /// When both have one of the same name.
    pub fn and(mut self, other: &Self) -> Result<Self, WeightsError> {
        for (index, file) in other.files.iter().enumerate() {
            let its = other.tensors.iter().filter(|(_, located)| located.file == index);
            let its = its.map(|(name, located)| (name.clone(), located.entry.clone()));
            self.add(Arc::clone(file), its)?;
        }
        Ok(self)
    }

    /// The files behind the tensors.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.0.as_path())
    }

    /// The tensors' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The tensor of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<TensorView<'_>> {
        let Located { file, entry } = self.tensors.get(name)?;
        let (_, bytes) = self.files.get(*file)?.as_ref();
        Some(TensorView {
            dtype: entry.dtype,
            shape: &entry.shape,
            bytes: bytes.get().get(entry.range.clone())?,
        })
    }

    /// Gives back the memory of a tensor that has been read; it can be read again.
    #[cfg(feature = "flex")]
    pub(super) fn release(&self, name: &str) {
        let Some(Located { file, entry }) = self.tensors.get(name) else {
            return;
        };
        if let Some((_, Bytes::Mapped(map))) = self.files.get(*file).map(Arc::as_ref) {
            mmap::release(map, &entry.range);
        }
    }

    /// The same tensors under other names; those without a new name are left out.
    #[must_use]
    pub fn renamed(&self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let tensors = self.tensors.iter().filter_map(|(name, at)| Some((rename(name)?, at.clone())));
        Self { files: self.files.clone(), tensors: tensors.collect() }
    }

    /// Adds `new` as rows `rows` of the tensor `old`; nothing happens where they do not exist.
    pub(super) fn add_rows(&mut self, old: &str, new: String, rows: Range<usize>) {
        let Some(Located { file, entry }) = self.tensors.get(old) else {
            return;
        };
        let Some((&all, rest)) = entry.shape.split_first() else {
            return;
        };
        if rows.end > all || rows.start > rows.end {
            return;
        }
        let row = entry.range.len() / all.max(1);
        let start = entry.range.start + rows.start * row;
        let entry = TensorEntry {
            dtype: entry.dtype,
            shape: [&[rows.len()], rest].concat(),
            range: start..start + rows.len() * row,
        };
        let located = Located { file: *file, entry };
        self.tensors.insert(new, located);
    }

    /// Forgets the tensor of this name.
    pub(super) fn remove(&mut self, name: &str) {
        self.tensors.remove(name);
    }

    /// The BLAKE3 digest of every file, as lower-case hexadecimal, with the file's name.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, String)> {
        let digest = |file: &Arc<(PathBuf, Bytes)>| {
            let (path, bytes) = file.as_ref();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, blake3::hash(bytes.get()).to_hex().to_string())
        };
        self.files.iter().map(digest).collect()
    }
}

#[derive(Deserialize)]
struct ShardIndex {
    weight_map: BTreeMap<String, String>,
}

/// The files an index of shards lists, all in its own folder.
pub(super) fn shards(index: &Path, text: &[u8]) -> Result<Vec<PathBuf>, WeightsError> {
    let bad = |reason: String| WeightsError::Index { path: index.to_owned(), reason };
    let parsed: ShardIndex =
        serde_json::from_slice(text).map_err(|e| bad(format!("not an index of shards: {e}")))?;
    let names: BTreeSet<&String> = parsed.weight_map.values().collect();
    let folder = index.parent().unwrap_or(Path::new(""));
    let path = |name: &String| {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        (plain && name.ends_with(".safetensors"))
            .then(|| folder.join(name))
            .ok_or_else(|| bad(format!("shard {name:?} is not a plain file name ending in .safetensors")))
    };
    names.into_iter().map(path).collect()
}

fn refuse_pickle(path: &Path) -> Result<(), WeightsError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if matches!(extension.as_str(), "ckpt" | "pth" | "pt" | "bin" | "pkl") {
        return Err(WeightsError::Pickle {
            path: path.to_owned(),
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        });
    }
    Ok(())
}
