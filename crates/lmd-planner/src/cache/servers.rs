//! [`ServerMemory`]: what language models' servers turned out to understand,
//! kept between runs so that no run finds it out anew.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{read_bounded, write_whole};

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 16 * 1024;
/// Servers are updated; what they could not do they may learn.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// A folder with one small file per server and model.
#[derive(Clone, Debug)]
pub(crate) struct ServerMemory {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<T> {
    server: String,
    known: T,
}

impl ServerMemory {
    /// The memory in `folder`, which is made when something is kept.
    pub(crate) fn in_dir(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What is known of `server`. A file that is old or cannot be used is as
    /// good as none: asking the server tells the same.
    pub(crate) fn get<T: DeserializeOwned>(&self, server: &str) -> Option<T> {
        let path = self.path(server);
        let age =
            path.metadata().ok()?.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > KEPT_FOR) {
            return None;
        }
        let entry: Entry<T> = serde_json::from_str(&read_bounded(&path, MAX_FILE_BYTES).ok()?).ok()?;
        (entry.server == server).then_some(entry.known)
    }

    /// Keeps what is known of `server`. Where that fails, the next run finds
    /// it out anew, which is slower and nothing worse.
    pub(crate) fn put<T: Serialize>(&self, server: &str, known: &T) {
        let entry = Entry { server: server.to_owned(), known };
        if let Ok(text) = serde_json::to_string_pretty(&entry) {
            let _ = write_whole(&self.folder, &self.path(server), text.as_bytes());
        }
    }

    fn path(&self, server: &str) -> PathBuf {
        self.folder.join(format!("{}.json", blake3::hash(server.as_bytes()).to_hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_found_again_under_its_server_only() {
        let dir = tempfile::tempdir().unwrap();
        let memory = ServerMemory::in_dir(&dir.path().join("servers"));
        assert_eq!(memory.get::<u32>("a"), None);
        memory.put("a", &7_u32);
        assert_eq!((memory.get("a"), memory.get::<u32>("b")), (Some(7_u32), None));
        assert_eq!(memory.get::<bool>("a"), None, "another kind of knowledge is none");
        let old = SystemTime::now() - KEPT_FOR - Duration::from_secs(60);
        std::fs::File::options().write(true).open(memory.path("a")).unwrap().set_modified(old).unwrap();
        assert_eq!(memory.get::<u32>("a"), None);
    }
}
