//! [`BenchFolder`]: the files of a benchmark, each named by a digest of what it depends on and written at once.
//!
//! Who makes a file holds a lock on a file of the same name in `claims/` (the system's own file locks, so that whatever ends
//! a process also ends its claims). A claim that a killed process left behind is not locked, and whoever comes next takes it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::input::read_bounded;
use crate::output::{leftovers, unfinished};

/// Most bytes of one file that is read back.
const MAX_FILE: u64 = 64 << 20;
/// After this time a file that is still unfinished has been abandoned.
const ABANDONED: Duration = Duration::from_secs(3600);

/// What lies in a benchmark's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Layouts of prompts.
    Layout,
    /// How pictures were drawn.
    Record,
    /// Pictures.
    Picture,
    /// What detectors found in pictures.
    Detections,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Layout, Self::Record, Self::Picture, Self::Detections];

    fn folder(self) -> &'static str {
        match self {
            Self::Layout => "layouts",
            Self::Record | Self::Picture => "pictures",
            Self::Detections => "detections",
        }
    }

    fn ending(self) -> &'static str {
        if self == Self::Picture { "png" } else { "json" }
    }

    /// The file of this kind with this key, below the folder of the benchmark.
    pub(super) fn file(self, key: &str) -> String {
        format!("{}/{key}.{}", self.folder(), self.ending())
    }
}

/// How a picture was drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PictureRecord {
    /// Seconds it took.
    pub(super) seconds: f64,
    /// Why there is no picture.
    pub(super) error: Option<String>,
}

/// The folder of a benchmark; several runs and processes may share it.
#[derive(Clone, Debug)]
pub struct BenchFolder {
    root: PathBuf,
}

/// The right to make one file, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    /// Locked while it is open.
    _file: File,
    path: PathBuf,
}

impl Claim {
    /// Gives the claim back; the file it was for is there.
    pub(super) fn fulfilled(self) {
        // Another process may have opened it: it will find the file there that the claim was for.
        let _ = fs::remove_file(&self.path);
    }
}

impl BenchFolder {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// [`EngineError::BenchFile`].
    pub fn open(root: &Path) -> Result<Self, EngineError> {
        for folder in Kind::ALL.map(Kind::folder).into_iter().chain(["claims"]) {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(failed(&path))?;
            remove_unfinished(&path);
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// A file directly in the folder, replaced at once.
    ///
    /// # Errors
    /// [`EngineError::BenchFile`].
    pub fn write_report(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<PathBuf, EngineError> {
        let path = self.root.join(name);
        self.replace(&path, write)?;
        Ok(path)
    }

    pub(super) fn place(&self, kind: Kind, key: &str) -> PathBuf {
        self.root.join(kind.file(key))
    }

    /// Something that was written before; `None` where it is missing or damaged, and has to be made again.
    pub(super) fn read<T: DeserializeOwned>(&self, kind: Kind, key: &str) -> Option<T> {
        serde_json::from_slice(&self.bytes(kind, key)?).ok()
    }

    /// How a picture was drawn, where it was and its file is still there; `None` where it has to be drawn.
    pub(super) fn finished(&self, key: &str) -> Option<PictureRecord> {
        let record: PictureRecord = self.read(Kind::Record, key)?;
        (record.error.is_some() || self.place(Kind::Picture, key).is_file()).then_some(record)
    }

    /// The bytes of a file; `None` where it is missing.
    pub(super) fn bytes(&self, kind: Kind, key: &str) -> Option<Vec<u8>> {
        read_bounded(&self.place(kind, key), MAX_FILE).ok()
    }

    pub(super) fn write<T: Serialize>(&self, kind: Kind, key: &str, value: &T) -> Result<(), EngineError> {
        let path = self.place(kind, key);
        let text = serde_json::to_vec(value).map_err(|error| failed(&path)(error.into()))?;
        self.write_bytes(kind, key, &text)
    }

    pub(super) fn write_bytes(&self, kind: Kind, key: &str, bytes: &[u8]) -> Result<(), EngineError> {
        self.replace(&self.place(kind, key), |file| file.write_all(bytes))
    }

    /// Writes beside the place and moves there at once, so that nobody sees half a file.
    fn replace(
        &self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), EngineError> {
        let beside = path.parent().unwrap_or(&self.root);
        let mut file = unfinished(beside, None).map_err(failed(path))?;
        let mut buffered = io::BufWriter::new(file.as_file_mut());
        write(&mut buffered).and_then(|()| buffered.flush()).map_err(failed(path))?;
        drop(buffered);
        file.as_file().sync_all().map_err(failed(path))?;
        file.persist(path).map_err(|error| failed(path)(error.error))?;
        Ok(())
    }

    /// The right to make a file; `None` while another process has it.
    pub(super) fn claim(&self, key: &str) -> Result<Option<Claim>, EngineError> {
        let path = self.root.join("claims").join(key);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim { _file: file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(&path)(error)),
        }
    }
}

/// Removes what processes that were killed left half written. Nobody writes one file for an hour.
fn remove_unfinished(folder: &Path) {
    let is_old = |path: &PathBuf| {
        let modified = path.symlink_metadata().and_then(|meta| meta.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    for path in leftovers(folder).into_iter().filter(is_old) {
        // What cannot be removed harms nobody.
        let _ = fs::remove_file(path);
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> EngineError + '_ {
    |source| EngineError::BenchFile { path: path.to_owned(), source }
}

/// The name of what depends on these values: their BLAKE3 digest as JSON.
pub(super) fn key<T: Serialize>(values: &T) -> Result<String, EngineError> {
    let json = serde_json::to_vec(values)
        .map_err(|error| EngineError::Internal(format!("what a picture depends on is no JSON: {error}")))?;
    Ok(blake3::hash(&json).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, BenchFolder) {
        let place = tempfile::tempdir().unwrap();
        let folder = BenchFolder::open(&place.path().join("a/b")).unwrap();
        (place, folder)
    }

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_missing() {
        let (_place, folder) = folder();
        assert_eq!(folder.read::<Vec<u8>>(Kind::Layout, "k"), None);
        folder.write(Kind::Layout, "k", &[1, 2]).unwrap();
        assert_eq!(folder.read::<Vec<u8>>(Kind::Layout, "k"), Some(vec![1, 2]));
        fs::write(folder.place(Kind::Layout, "k"), "[1,").unwrap();
        assert_eq!(folder.read::<Vec<u8>>(Kind::Layout, "k"), None);
        let left: Vec<_> = fs::read_dir(folder.path().join("layouts")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_picture_whose_file_is_gone_is_not_finished() {
        let (_place, folder) = folder();
        let record = |error: Option<&str>| PictureRecord { seconds: 1.0, error: error.map(str::to_owned) };
        folder.write(Kind::Record, "k", &record(None)).unwrap();
        assert!(folder.finished("k").is_none());
        folder.write_bytes(Kind::Picture, "k", b"png").unwrap();
        assert!(folder.finished("k").is_some() && folder.finished("l").is_none());
        folder.write(Kind::Record, "l", &record(Some("no layout"))).unwrap();
        assert!(folder.finished("l").is_some());
    }

    #[test]
    fn a_claim_is_exclusive_and_ends_with_its_holder() {
        let (_place, folder) = folder();
        let other = BenchFolder::open(folder.path()).unwrap();
        let claim = folder.claim("k").unwrap().unwrap();
        assert!(other.claim("k").unwrap().is_none() && other.claim("l").unwrap().is_some());
        // As when the process is killed: the file stays, the lock does not.
        drop(claim);
        assert!(folder.path().join("claims/k").exists());
        other.claim("k").unwrap().unwrap().fulfilled();
        assert!(!folder.path().join("claims/k").exists());
        assert!(folder.claim("k").unwrap().is_some());
    }

    #[test]
    fn what_a_killed_process_left_half_written_is_removed_after_a_while() {
        let (_place, folder) = folder();
        let [old, new] =
            [".lmd-old.tmp", ".lmd-new.tmp"].map(|name| folder.path().join("pictures").join(name));
        for path in [&old, &new] {
            fs::write(path, "half").unwrap();
        }
        let before = std::time::SystemTime::now() - 2 * ABANDONED;
        File::options().write(true).open(&old).unwrap().set_modified(before).unwrap();
        BenchFolder::open(folder.path()).unwrap();
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn names_depend_on_every_value() {
        let name = |values: (&str, u64)| key(&values).unwrap();
        assert_eq!(name(("a", 1)), name(("a", 1)));
        assert!(name(("a", 1)) != name(("a", 2)) && name(("a", 1)) != name(("b", 1)));
        assert_eq!(name(("a", 1)).len(), 64);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        let told = BenchFolder::open(&place.path().join("file")).unwrap_err();
        assert!(told.to_string().contains("file"), "{told}");
    }
}
