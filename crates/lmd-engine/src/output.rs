//! Writing results: whole or not at all, under the name that was asked for or,
//! where a file has it already, under the next free one. What was read is
//! never overwritten, whatever was asked.

mod pipe;

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;
use thiserror::Error;

use crate::common::is_absent;
use crate::kind::ErrorKind as Kind;
use crate::notice::Notice;

/// How the names of unfinished files begin and end.
const UNFINISHED: [&str; 2] = [".lmd-", ".tmp"];
/// Bytes that are tried before the work, so that a full disk is told.
const TRIED: usize = 64 << 10;
/// Symbolic links that are followed one after another, as systems do.
const MOST_LINKS: usize = 40;
/// Names that are tried before giving up.
const MOST_NAMES: u32 = 100_000;
/// How long a pipe's reader is waited for.
const PIPE_PATIENCE: Duration = Duration::from_secs(10);

/// Why a result cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no such folder.
    #[error("there is no folder {}; make it first", .0.display())]
    NoFolder(PathBuf),
    /// The name is a folder's.
    #[error("{} is a folder; give the name of a file", .0.display())]
    IsFolder(PathBuf),
    /// The name is that of something that files cannot be written to.
    #[error("{} is a device or a socket; give the name of a file", .0.display())]
    Device(PathBuf),
    /// The name is that of a file that was read.
    #[error("{} was read and would be lost; give another name", .0.display())]
    WasRead(PathBuf),
    /// Two results would have one name.
    #[error("{} is the name of two results; give each its own", .0.display())]
    Twice(PathBuf),
    /// The name is that of a pipe from which no program reads.
    #[error("no program reads the pipe {}; start one that does, or give the name of a file", .0.display())]
    NoReader(PathBuf),
    /// What the system said before anything was done.
    #[error("cannot write {}: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What the system said when it was written.
    #[error("cannot write {}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OutputError {
    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Failed { .. } | Self::Refused { .. } | Self::NoReader(_) => Kind::Failed,
            _ => Kind::Usage,
        }
    }
}

/// The results of one command or job: one rule for names that files have
/// already.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    overwrite: bool,
    read: Vec<PathBuf>,
    /// Whether what this one wrote may be written again.
    rewrites: bool,
    written: RefCell<Vec<PathBuf>>,
    /// The places that were tried and will be replaced.
    tried: RefCell<Vec<PathBuf>>,
}

impl Outputs {
    /// With `overwrite`, files are replaced; without, results get new names.
    #[must_use]
    pub fn new(overwrite: bool) -> Self {
        // What stdin is redirected from is lost as well when it is overwritten.
        let read = vec![PathBuf::from("/dev/stdin")];
        Self { overwrite, read, ..Self::default() }
    }

    /// The same, where `paths` were read.
    #[must_use]
    pub fn having_read(mut self, paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Self {
        self.read.extend(paths.into_iter().map(|path| path.as_ref().to_owned()));
        self
    }

    /// The same, where files written before by this very one are replaced:
    /// somebody who saves twice under one name means it.
    #[must_use]
    pub fn rewriting(self) -> Self {
        Self { rewrites: true, ..self }
    }

    /// Tries a place before the work is done that is to be written there. Says
    /// when a file has the name already and is kept.
    ///
    /// # Errors
    /// [`OutputError`], when it could not be written.
    pub fn try_place(&self, path: &Path) -> Result<Option<Notice>, OutputError> {
        let mut taken = None;
        let target = followed(path)?;
        let refused = |source| OutputError::Refused { path: path.to_owned(), source };
        match target.metadata() {
            Ok(meta) if meta.is_dir() => return Err(OutputError::IsFolder(path.to_owned())),
            Ok(meta) if is_device(&meta) => return Err(OutputError::Device(path.to_owned())),
            // Opening a pipe waits for its reader; it is opened when there is something to write.
            Ok(meta) if !meta.is_file() => return Ok(None),
            Ok(_) if self.overwrite => {
                self.refuse_read(path, &target)?;
                OpenOptions::new().append(true).open(&target).map_err(refused)?;
            }
            Ok(_) if self.rewrites && self.has_written(path) => {}
            Ok(_) => taken = Some(Notice::Taken { path: path.to_owned() }),
            Err(error) if !is_absent(&error) => return Err(refused(error)),
            Err(_) => {}
        }
        if self.overwrite && !self.rewrites {
            let mut tried = self.tried.borrow_mut();
            if tried.iter().any(|place| is_one_place(place, &target)) {
                return Err(OutputError::Twice(path.to_owned()));
            }
            tried.push(target.clone());
        }
        try_folder_for(path, folder(&target))?;
        Ok(taken)
    }

    /// Tries the folder of results whose names are not known before the work is done.
    ///
    /// # Errors
    /// [`OutputError`], when nothing could be written there.
    pub fn try_folder(&self, folder: &Path) -> Result<(), OutputError> {
        try_folder_for(folder, folder)
    }

    /// Writes a result and says under which name.
    ///
    /// # Errors
    /// [`OutputError`]; nothing is left behind then.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<PathBuf, OutputError> {
        let target = followed(path)?;
        let failed = |source| OutputError::Failed { path: path.to_owned(), source };
        let meta = target.metadata();
        if meta.as_ref().is_ok_and(is_device) {
            return Err(OutputError::Device(path.to_owned()));
        }
        if meta.as_ref().is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
            let opened = pipe::open(&target, PIPE_PATIENCE).map_err(failed)?;
            let mut file = opened.ok_or_else(|| OutputError::NoReader(path.to_owned()))?;
            file.write_all(bytes).map_err(failed)?;
            return Ok(path.to_owned());
        }
        if self.overwrite {
            self.refuse_read(path, &target)?;
        }
        let again = self.has_written(path);
        if again && self.overwrite && !self.rewrites {
            return Err(OutputError::Twice(path.to_owned()));
        }
        let replace = self.overwrite || (again && self.rewrites);
        let used = put(&target, bytes, replace).map_err(failed)?;
        let used = if used == target { path.to_owned() } else { path.with_file_name(name_of(&used)) };
        self.written.borrow_mut().push(used.clone());
        Ok(used)
    }

    fn has_written(&self, path: &Path) -> bool {
        self.written.borrow().iter().any(|written| is_one_place(written, path))
    }

    fn refuse_read(&self, path: &Path, target: &Path) -> Result<(), OutputError> {
        if self.read.iter().any(|read| is_same(read, target)) {
            return Err(OutputError::WasRead(path.to_owned()));
        }
        Ok(())
    }
}

/// Whether a file can be written in a folder, on the way to `path`.
fn try_folder_for(path: &Path, folder: &Path) -> Result<(), OutputError> {
    if !folder.is_dir() {
        return Err(OutputError::NoFolder(folder.to_owned()));
    }
    let refused = |source| OutputError::Refused { path: path.to_owned(), source };
    // It has no name, so that nothing can be left behind.
    let mut probe = tempfile::tempfile_in(folder).map_err(refused)?;
    probe.write_all(&[0; TRIED]).and_then(|()| probe.flush()).map_err(refused)
}

/// Unfinished files in a folder, left behind by a program that was killed.
#[must_use]
pub fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = names.filter(|path| is_unfinished(path)).collect();
    found.sort();
    found
}

fn is_unfinished(path: &Path) -> bool {
    let name = name_of(path).to_string_lossy().into_owned();
    name.starts_with(UNFINISHED[0]) && name.ends_with(UNFINISHED[1])
}

/// Writes beside the place and moves it there at once.
fn put(target: &Path, bytes: &[u8], replace: bool) -> io::Result<PathBuf> {
    let folder = folder(target);
    let mut file = unfinished(folder, replace.then(|| target.metadata().ok()).flatten())?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let mut name = target.to_owned();
    if replace {
        file.persist(target).map_err(|error| error.error)?;
    } else {
        let mut number = 1;
        while let Err(error) = file.persist_noclobber(&name) {
            if error.error.kind() != ErrorKind::AlreadyExists || number >= MOST_NAMES {
                return Err(error.error);
            }
            number += 1;
            (file, name) = (error.file, numbered(target, number));
        }
    }
    sync_folder(folder);
    Ok(name)
}

/// An unfinished file with the rights that a new one has, or those of the one it replaces.
pub(crate) fn unfinished(folder: &Path, old: Option<Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED[0]).suffix(UNFINISHED[1]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the umask takes.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}

/// After a power cut a file's new name is there as well. Not every system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        drop(folder.sync_all());
    }
}

/// `out.png` becomes `out-2.png`.
#[must_use]
pub fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

fn name_of(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where symbolic links lead, whether or not anything is there.
fn followed(path: &Path) -> Result<PathBuf, OutputError> {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    let source = io::Error::new(ErrorKind::InvalidInput, "too many symbolic links");
    Err(OutputError::Refused { path: path.to_owned(), source })
}

/// Whether two paths, however they are written, name one file, which need not be there yet.
fn is_one_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| Some(folder(path).canonicalize().ok()?.join(name_of(path)));
    one == other || is_same(one, other) || place(one).is_some_and(|known| Some(known) == place(other))
}

/// Whether two paths lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let (Ok(a), Ok(b)) = (one.metadata(), other.metadata()) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }
    #[cfg(not(unix))]
    {
        let whole = |path: &Path| path.canonicalize().ok();
        a.len() == b.len() && whole(one).is_some() && whole(one) == whole(other)
    }
}

#[cfg(unix)]
fn is_device(meta: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = meta.file_type();
    kind.is_block_device() || kind.is_socket()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_there_is_kept_unless_it_may_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        fs::write(&path, "mine").unwrap();
        let outputs = Outputs::new(false);
        assert_eq!(outputs.try_place(&path).unwrap(), Some(Notice::Taken { path: path.clone() }));
        assert_eq!(outputs.try_place(&dir.path().join("b.png")).unwrap(), None);
        assert_eq!(outputs.write(&path, b"new").unwrap(), dir.path().join("a-2.png"));
        assert_eq!(outputs.write(&path, b"new").unwrap(), dir.path().join("a-3.png"));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        let outputs = Outputs::new(true);
        assert_eq!(outputs.try_place(&path).unwrap(), None);
        assert_eq!(outputs.write(&path, b"new").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(matches!(outputs.write(&path, b"other"), Err(OutputError::Twice(_))));
        assert_eq!(names(dir.path()), ["a-2.png", "a-3.png", "a.png"]);
    }

    #[test]
    fn what_was_read_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        fs::write(&path, "mine").unwrap();
        let hard = dir.path().join("b.png");
        fs::hard_link(&path, &hard).unwrap();
        let outputs = Outputs::new(true).having_read([&*path]);
        for name in [&path, &hard, &dir.path().join("./a.png")] {
            assert!(matches!(outputs.try_place(name), Err(OutputError::WasRead(_))), "{name:?}");
            assert!(matches!(outputs.write(name, b"new"), Err(OutputError::WasRead(_))), "{name:?}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        let kind = OutputError::WasRead(path).kind();
        assert_eq!(kind, Kind::Usage);
    }

    #[test]
    fn one_place_may_be_written_in_two_ways() {
        let dir = tempfile::tempdir().unwrap();
        let (path, same) = (dir.path().join("a.svg"), dir.path().join(".").join("a.svg"));
        let outputs = Outputs::new(true);
        outputs.try_place(&path).unwrap();
        assert!(matches!(outputs.try_place(&same), Err(OutputError::Twice(_))));
        outputs.write(&path, b"1").unwrap();
        // Not `dir/./a.svg`, which Rust takes for the same path, but another way there.
        fs::create_dir(dir.path().join("sub")).unwrap();
        for same in [same, dir.path().join("sub/../a.svg")] {
            assert!(matches!(outputs.write(&same, b"2"), Err(OutputError::Twice(_))), "{same:?}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"1");
    }

    #[test]
    fn who_saves_twice_means_it() {
        let dir = tempfile::tempdir().unwrap();
        let (path, old) = (dir.path().join("a.json"), dir.path().join("old.json"));
        fs::write(&old, "old").unwrap();
        let outputs = Outputs::new(false).rewriting();
        assert_eq!(outputs.write(&path, b"1").unwrap(), path);
        assert_eq!(outputs.write(&path, b"2").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(outputs.write(&old, b"2").unwrap(), dir.path().join("old-2.json"));
    }

    #[test]
    fn places_are_tried_first() {
        let dir = tempfile::tempdir().unwrap();
        let outputs = Outputs::new(false);
        assert!(matches!(outputs.try_place(dir.path()), Err(OutputError::IsFolder(_))));
        assert!(matches!(outputs.try_place(&dir.path().join("no/a.png")), Err(OutputError::NoFolder(_))));
        let long = dir.path().join("x".repeat(300));
        assert!(matches!(outputs.try_place(&long), Err(OutputError::Refused { .. })));
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(outputs.try_place(&dir.path().join("file/a.png")).is_err());
        assert_eq!(names(dir.path()), ["file"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_where_they_lead_and_rights_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        assert_eq!(Outputs::new(true).write(&link, b"new").unwrap(), link);
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        // A link to nothing yet.
        let (later, to_later) = (dir.path().join("later"), dir.path().join("to-later"));
        symlink("later", &to_later).unwrap();
        Outputs::new(false).write(&to_later, b"x").unwrap();
        assert_eq!(fs::read(&later).unwrap(), b"x");
        // Round and round.
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(Outputs::new(true).write(&dir.path().join("a"), b"x").is_err());
        assert!(leftovers(dir.path()).is_empty());
    }

    #[test]
    fn what_was_left_behind_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".lmd-abc.tmp", ".tmpabc", "lmd-abc.tmp"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(leftovers(dir.path()), [dir.path().join(".lmd-abc.tmp")]);
    }
}
