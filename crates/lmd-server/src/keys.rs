//! [`Keys`]: the API keys of a file.

use std::path::Path;

use lmd_engine::EngineError;

/// Most bytes of a file of keys.
const MAX_BYTES: u64 = 64 << 10;
/// Shortest key.
const LEAST_CHARS: usize = 16;

/// Who asks: the place of the key among the server's; nothing where there are no keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asker(pub(crate) Option<usize>);

/// The keys, as digests: they can be compared and not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Vec<blake3::Hash>);

impl Keys {
    /// The keys of a file: one per line; empty lines and those that begin with `#` are none.
    pub(crate) fn read(path: &Path) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Read { path: path.to_owned(), source };
        refuse_open(path)?;
        let bytes = lmd_engine::input::read_bounded(path, MAX_BYTES).map_err(failed)?;
        let text = lmd_engine::input::text(&bytes)
            .map_err(|error| EngineError::Usage(format!("{}: {error}", path.display())))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<&str> = lines.collect();
        if keys.is_empty() || keys.iter().any(|key| key.chars().count() < LEAST_CHARS) {
            return Err(EngineError::Usage(format!(
                "{}: expected one key per line, each of at least {LEAST_CHARS} characters; `openssl rand -hex 32` makes one",
                path.display()
            )));
        }
        Ok(Self(keys.into_iter().map(|key| blake3::hash(key.as_bytes())).collect()))
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which of them a key is. Takes the same time whatever it is: digests are compared whole, and all of them.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        let digest = blake3::hash(key.as_bytes());
        self.0
            .iter()
            .enumerate()
            .fold(None, |found, (place, one)| if *one == digest { Some(place) } else { found })
    }
}

/// A file of keys is its owner's alone.
#[cfg(unix)]
fn refuse_open(path: &Path) -> Result<(), EngineError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = path.metadata().map_err(|source| EngineError::Read { path: path.to_owned(), source })?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(EngineError::Usage(format!(
            "{} may be read by others (its mode is {mode:03o}); run chmod 600 on it",
            path.display()
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open(_: &Path) -> Result<(), EngineError> {
    Ok(())
}
