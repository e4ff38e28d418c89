//! [`Source`]: where a model's files are, on disk or in the program itself.

use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::shards;
use super::stored;
use super::{Checkpoint, WeightsError};
use crate::NnError;

/// Files built into the program, by their paths below the model's folder.
pub type StaticFiles = &'static [(&'static str, &'static [u8])];

/// Where a model's files are.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A folder on disk.
    Folder(PathBuf),
    /// The program.
    Static(StaticFiles),
}

impl Source {
    /// A file's path, as messages call it.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(file),
            Self::Static(_) => Path::new("(built in)").join(file),
        }
    }

    /// Whether there is something of this name. Whether it is a regular file is tested when it is read, so that a pipe or
    /// a folder in its place is refused and not taken for an absent file.
    pub(crate) fn has(&self, file: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(file).exists(),
            Self::Static(_) => self.built_in(file).is_some(),
        }
    }

    fn built_in(&self, file: &str) -> Option<&'static [u8]> {
        let Self::Static(files) = self else { return None };
        files.iter().find(|(path, _)| *path == file).map(|(_, bytes)| *bytes)
    }

    /// The text of a file of at most `limit` bytes, where there is one.
    ///
    /// # Errors
    /// [`NnError::Read`].
    pub(crate) fn text(&self, file: &str, limit: u64) -> Result<Option<String>, NnError> {
        if !self.has(file) {
            return Ok(None);
        }
        let read = match self.built_in(file) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => stored::read_at_most(&self.path(file), limit, "no configuration"),
        };
        let text = read.and_then(stored::text);
        text.map(Some).map_err(|source| NnError::Read { path: self.path(file), source })
    }

    /// As [`text`](Self::text), for a file that must be there.
    ///
    /// # Errors
    /// [`NnError::Read`].
    pub(crate) fn needed_text(&self, file: &str, limit: u64) -> Result<String, NnError> {
        let missing = || {
            let path = self.path(file);
            let source = std::fs::metadata(&path).err().unwrap_or_else(|| io::ErrorKind::NotFound.into());
            NnError::Read { path, source }
        };
        self.text(file, limit)?.ok_or_else(missing)
    }

    /// The weights in a file.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub(crate) fn checkpoint(&self, file: &str) -> Result<Checkpoint, WeightsError> {
        match self.built_in(file) {
            Some(bytes) => Checkpoint::from_static(vec![(PathBuf::from(file), bytes)]),
            None => Checkpoint::open(&self.path(file)),
        }
    }

    /// The weights in the shards that a `*.safetensors.index.json` lists.
    ///
    /// # Errors
    /// As [`Checkpoint::open_sharded`].
    pub(crate) fn sharded(&self, index: &str) -> Result<Checkpoint, WeightsError> {
        let Some(text) = self.built_in(index) else { return Checkpoint::open_sharded(&self.path(index)) };
        let open = |path: PathBuf| {
            let bytes = path.to_str().and_then(|file| self.built_in(file));
            let missing =
                || WeightsError::Open { path: path.clone(), source: io::ErrorKind::NotFound.into() };
            Ok((path.clone(), bytes.ok_or_else(missing)?))
        };
        let files: Result<_, _> = shards(Path::new(index), text)?.into_iter().map(open).collect();
        Checkpoint::from_static(files?)
    }

    /// The weights of one network, whole or in shards, of any variant: `prefix` is the folder of its files with a slash,
    /// or nothing; `stem` is what their names begin with.
    ///
    /// # Errors
    /// When there are none, or they are refused.
    pub(crate) fn weights(&self, prefix: &str, stem: &str) -> Result<Checkpoint, WeightsError> {
        let path = |end: &str| format!("{prefix}{stem}{end}");
        for whole in [".safetensors", ".fp16.safetensors", ".bf16.safetensors"] {
            if self.has(&path(whole)) {
                return self.checkpoint(&path(whole));
            }
        }
        let indices =
            [".safetensors.index.json", ".safetensors.index.fp16.json", ".fp16.safetensors.index.json"];
        for index in indices {
            if self.has(&path(index)) {
                return self.sharded(&path(index));
            }
        }
        let pickles = [path(".bin"), format!("{prefix}pytorch_model.bin")];
        match pickles.iter().find(|pickle| self.has(pickle)) {
            Some(pickle) => self.checkpoint(pickle),
            None => {
                let path = self.path(&path(".safetensors"));
                if let Some(source) = unreadable(&path) {
                    return Err(WeightsError::Open { path, source });
                }
                let expected = format!("{stem}.safetensors");
                let folder = self.path(prefix.strip_suffix('/').unwrap_or(prefix));
                Err(WeightsError::NoWeights { folder, expected })
            }
        }
    }
}

/// Why a path cannot be looked at, other than that there is nothing.
pub(crate) fn unreadable(path: &Path) -> Option<io::Error> {
    std::fs::metadata(path).err().filter(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_give_the_same() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), "{}").unwrap();
        let files: StaticFiles = &[("a.json", b"{}")];
        for source in [Source::Folder(folder.path().to_owned()), Source::Static(files)] {
            assert_eq!(source.text("a.json", 10).unwrap().as_deref(), Some("{}"));
            assert_eq!(source.text("b.json", 10).unwrap(), None);
            assert!(source.needed_text("b.json", 10).unwrap_err().to_string().contains("b.json"));
            assert!(source.checkpoint("a.json").is_err());
        }
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a.json")).unwrap();
        let source = Source::Folder(folder.path().to_owned());
        for error in [source.text("a.json", 10).unwrap_err(), source.needed_text("a.json", 10).unwrap_err()] {
            assert!(error.to_string().contains("it is a folder"), "{error}");
        }
        #[cfg(unix)]
        {
            let pipe = folder.path().join("b.json");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let error = source.text("b.json", 10).unwrap_err().to_string();
            assert!(error.contains("a pipe or a device"), "{error}");
        }
    }

    #[test]
    fn long_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), "0123456789").unwrap();
        let source = Source::Folder(folder.path().to_owned());
        assert!(source.text("a.json", 10).is_ok());
        assert!(source.text("a.json", 9).unwrap_err().to_string().contains("more than 9 bytes"));
    }
}
