//! [`Checkpoint`]: the tensors of one or several weight files, by name, checked and not yet read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::WeightsError;
use super::header::{Header, StoredType, TensorEntry};
use super::pickle::refuse_pickle;
use super::stored::{Stored, read_at_most};

/// Most bytes of an index of shards.
const MAX_INDEX: u64 = 16 << 20;
/// Most files of one network.
const MAX_SHARDS: usize = 512;

/// A tensor out of a checkpoint: its format, shape and raw bytes.
#[derive(Clone, Debug)]
pub struct TensorView<'a> {
    /// Number format.
    pub dtype: StoredType,
    /// Lengths of the dimensions.
    pub shape: &'a [usize],
    /// The numbers, little-endian.
    pub bytes: Cow<'a, [u8]>,
}

#[derive(Clone, Debug)]
struct Located {
    file: usize,
    entry: TensorEntry,
}

/// Named tensors of safetensors files, whose numbers are read when they are asked for.
///
/// Cloning is cheap; renamed and narrowed views share the same files.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    files: Vec<Arc<Stored>>,
    tensors: BTreeMap<String, Located>,
    metadata: BTreeMap<String, String>,
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
        let failed = |source| WeightsError::Open { path: index.to_owned(), source };
        let text = read_at_most(index, MAX_INDEX, "no index of shards").map_err(failed)?;
        Self::open_all(&shards(index, &text)?)
    }

    fn open_all(paths: &[PathBuf]) -> Result<Self, WeightsError> {
        let open = |path: &PathBuf| {
            refuse_pickle(path)?;
            Stored::open(path)
        };
        Self::of_files(paths.iter().map(open))
    }

    /// A checkpoint out of bytes in memory; `name` stands for the path in messages.
    ///
    /// # Errors
    ///
    /// When the header does not hold.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, WeightsError> {
        Self::of_files([Stored::in_memory(PathBuf::from(name), bytes.into())])
    }

    /// A checkpoint out of files that are part of the program.
    ///
    /// # Errors
    ///
    /// When a header does not hold.
    pub(super) fn from_static(files: Vec<(PathBuf, &'static [u8])>) -> Result<Self, WeightsError> {
        Self::of_files(files.into_iter().map(|(name, bytes)| Stored::in_memory(name, bytes.into())))
    }

    fn of_files(
        files: impl IntoIterator<Item = Result<(Stored, Header), WeightsError>>,
    ) -> Result<Self, WeightsError> {
        let mut all = Self { files: Vec::new(), tensors: BTreeMap::new(), metadata: BTreeMap::new() };
        for file in files {
            let (stored, header) = file?;
            all.add(Arc::new(stored), header.tensors)?;
            all.metadata.extend(header.metadata);
        }
        Ok(all)
    }

    /// Adds a file with some of its tensors.
    fn add(
        &mut self,
        file: Arc<Stored>,
        tensors: impl IntoIterator<Item = (String, TensorEntry)>,
    ) -> Result<(), WeightsError> {
        for (name, entry) in tensors {
            let located = Located { file: self.files.len(), entry };
            if self.tensors.insert(name.clone(), located).is_some() {
                return Err(WeightsError::Index {
                    path: file.path.clone(),
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

    /// The tensors' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether there is a tensor of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Number format, shape and place of the tensor of this name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&TensorEntry> {
        self.tensors.get(name).map(|located| &located.entry)
    }

    /// Reads the tensor of this name.
    ///
    /// # Errors
    ///
    /// When there is none, or its file cannot be read any more.
    pub fn read(&self, name: &str) -> Result<TensorView<'_>, WeightsError> {
        let (file, entry) = self.locate(name)?;
        Ok(TensorView { dtype: entry.dtype, shape: &entry.shape, bytes: file.read(&entry.range)? })
    }

    /// Reads the bytes of the tensor of this name into `to`, which must be as long as they are.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub(super) fn read_into(&self, name: &str, to: &mut [u8]) -> Result<(), WeightsError> {
        let (file, entry) = self.locate(name)?;
        file.read_into(entry.range.start, to)
    }

    /// Whether the numbers are in memory already, so that reading them copies nothing.
    pub(super) fn in_memory(&self, name: &str) -> bool {
        self.locate(name).is_ok_and(|(file, _)| file.is_in_memory())
    }

    fn locate(&self, name: &str) -> Result<(&Stored, &TensorEntry), WeightsError> {
        let missing = || WeightsError::Tensor { name: name.to_owned(), reason: "it is missing".to_owned() };
        let Located { file, entry } = self.tensors.get(name).ok_or_else(missing)?;
        Ok((self.files.get(*file).ok_or_else(missing)?, entry))
    }

    /// An entry of the files' `__metadata__`. Kept are `modelspec.*` and diffusers' `lora_adapter_metadata`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// The same tensors under other names; those without a new name are left out.
    #[must_use]
    pub fn renamed(&self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let tensors = self.tensors.iter().filter_map(|(name, at)| Some((rename(name)?, at.clone())));
        Self { files: self.files.clone(), tensors: tensors.collect(), metadata: self.metadata.clone() }
    }

    /// Adds `new` as rows `rows` of the tensor `old`; nothing happens where they do not exist.
    pub(crate) fn add_rows(&mut self, old: &str, new: String, rows: Range<usize>) {
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
    pub(crate) fn remove(&mut self, name: &str) {
        self.tensors.remove(name);
    }

    /// The BLAKE3 digest of every file, as lower-case hexadecimal, with the file's name.
    ///
    /// # Errors
    ///
    /// When a file cannot be read any more.
    pub fn digests(&self) -> Result<Vec<(String, String)>, WeightsError> {
        let digest = |file: &Arc<Stored>| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, file.digest()?))
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
    if names.len() > MAX_SHARDS {
        return Err(bad(format!("it lists {} files, at most {MAX_SHARDS} are opened", names.len())));
    }
    let folder = index.parent().unwrap_or(Path::new(""));
    let path = |name: &String| {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        (plain && name.ends_with(".safetensors"))
            .then(|| folder.join(name))
            .ok_or_else(|| bad(format!("shard {name:?} is not a plain file name ending in .safetensors")))
    };
    names.into_iter().map(path).collect()
}
