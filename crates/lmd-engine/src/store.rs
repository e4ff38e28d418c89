//! Where models are found: in the program, in lmd's own folder, or at a path.

mod error;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use lmd_nn::{ModelFolder, NnError};
use serde::Serialize;

use crate::built_in;
use crate::common::shortened;
use crate::config::{BUNDLED, Config};
use crate::error::EngineError;
use error::MOST_NAME_BYTES;
pub use error::StoreError;

/// What a single-file checkpoint is called in lmd's own folder.
const SINGLE_FILE: &str = "model.safetensors";
/// Beside an imported model: the digests of its weights.
const DIGESTS: &str = "lmd-digests.json";
/// Most bytes of that file.
const MAX_DIGESTS: u64 = 1 << 20;
/// How the folder of a model begins while it is copied.
const PARTIAL: &str = ".import-";
/// The folders of a diffusers model that are read.
const PARTS: [&str; 7] = ["unet", "vae", "text_encoder", "tokenizer", "scheduler", "taesd", "gligen"];
/// Those of them that a checkpoint in one file has in it.
const NETWORKS: [&str; 3] = ["unet", "vae", "text_encoder"];
/// The folder of grounding layers.
const GROUNDING: &str = "gligen";
/// The endings of files that are read.
const ENDINGS: [&str; 3] = ["json", "txt", "safetensors"];
/// Bytes copied at a time, after which somebody may cancel.
const COPIED: usize = 4 << 20;

/// A model that can be drawn with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Its folder; absent for the model that is part of the program.
    pub path: Option<PathBuf>,
}

/// What an import that was killed left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Leftover {
    /// The folder.
    pub path: PathBuf,
    /// Bytes of its files.
    pub bytes: u64,
}

/// The models of this user and of the program.
#[derive(Clone, Debug)]
pub struct ModelStore {
    root: Option<PathBuf>,
}

/// The files of a model as they will be copied.
pub(crate) struct Parcel {
    /// The folder they lie in.
    root: PathBuf,
    /// Their paths below it and below the copy.
    files: Vec<(PathBuf, PathBuf)>,
    /// What the file is called that has all networks in it, where there is one.
    single: Option<String>,
}

impl ModelStore {
    /// The store of a configuration. Looks at nothing yet.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let named = Some(config.models_dir.trim()).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let own = || Some(etcetera::choose_base_strategy().ok()?.data_dir().join("lmd").join("models"));
        Self { root: named.or_else(own) }
    }

    /// The folder in which imported models lie, each a folder with its name.
    ///
    /// # Errors
    /// [`StoreError::NoHome`].
    pub fn root(&self) -> Result<&Path, StoreError> {
        self.root.as_deref().ok_or(StoreError::NoHome)
    }

    /// The names of the imported models, in order.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names: Vec<String> = self.folders()?.into_iter().filter(|name| is_name(name)).collect();
        names.sort();
        Ok(names)
    }

    fn folders(&self) -> Result<Vec<String>, StoreError> {
        let root = self.root()?;
        let entries = match fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StoreError::io(root))?,
        };
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        Ok(folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    }

    /// All models: the bundled one, then the imported.
    ///
    /// # Errors
    /// As [`Self::names`].
    pub fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let root = self.root()?;
        let bundled = bundled().map(|(_, bytes)| Entry { name: BUNDLED.to_owned(), bytes, path: None });
        let imported = self.names()?.into_iter().map(|name| {
            let folder = root.join(&name);
            Entry { name, bytes: size(&folder), path: Some(folder) }
        });
        Ok(bundled.into_iter().chain(imported).collect())
    }

    /// What imports that were killed left behind.
    #[must_use]
    pub fn leftovers(&self) -> Vec<Leftover> {
        let Ok(root) = self.root() else { return Vec::new() };
        let names = self.folders().unwrap_or_default();
        let partial = names.into_iter().filter(|name| name.starts_with(PARTIAL)).map(|name| root.join(name));
        partial.map(|path| Leftover { bytes: size(&path), path }).collect()
    }

    /// The model of a name or at a path.
    ///
    /// # Errors
    /// [`StoreError`], or what the model's files are refused for.
    pub fn find(&self, name: &str) -> Result<ModelFolder, EngineError> {
        if name == BUNDLED {
            return Ok(bundled().ok_or(StoreError::NotBundled)?.0);
        }
        if let (true, Ok(root)) = (is_name(name), self.root()) {
            let folder = root.join(name);
            if folder.is_dir() {
                return open(&folder);
            }
        }
        let path = Path::new(name);
        if path.symlink_metadata().is_ok() {
            return open(path);
        }
        let known = bundled().map(|_| BUNDLED.to_owned()).into_iter();
        let known = known.chain(self.names().unwrap_or_default()).collect();
        Err(StoreError::Unknown { name: name.to_owned(), known }.into())
    }

    /// The digests that were noted when a model was imported; `None` for
    /// models that were not.
    ///
    /// # Errors
    /// When they are there and cannot be read.
    pub fn noted_digests(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, StoreError> {
        if !is_name(name) || name == BUNDLED {
            return Ok(None);
        }
        let path = self.root()?.join(name).join(DIGESTS);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = crate::input::read_bounded(&path, MAX_DIGESTS).map_err(StoreError::io(&path))?;
        let damaged = |error: serde_json::Error| StoreError::Digests { path, why: error.to_string() };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Where a new model of this name will lie.
    ///
    /// # Errors
    /// When the name cannot be one or is taken.
    pub(crate) fn place(&self, name: &str) -> Result<PathBuf, StoreError> {
        if name == BUNDLED {
            return Err(StoreError::Reserved(name.to_owned()));
        }
        if !is_name(name) {
            return Err(StoreError::Name(shortened(name, MOST_NAME_BYTES)));
        }
        let folder = self.root()?.join(name);
        if folder.symlink_metadata().is_ok() {
            return Err(StoreError::Taken { name: name.to_owned(), folder });
        }
        Ok(folder)
    }

    /// Copies a model beside its place and moves it there at once. Whatever
    /// ends it early, a part of a copy is removed again.
    pub(crate) fn keep(
        &self,
        name: &str,
        parcel: &Parcel,
        digests: &BTreeMap<String, String>,
        goes_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<PathBuf, EngineError> {
        let target = self.place(name)?;
        let root = self.root()?;
        fs::create_dir_all(root).map_err(StoreError::io(root))?;
        let partial = partial(root).map_err(StoreError::io(root))?;
        for (from, to) in &parcel.files {
            copy(&parcel.root.join(from), &partial.path().join(to), goes_on)?;
        }
        let renamed = |file: &String| match &parcel.single {
            Some(single) if single == file => SINGLE_FILE.to_owned(),
            _ => file.clone(),
        };
        let noted: BTreeMap<String, String> =
            digests.iter().map(|(file, digest)| (renamed(file), digest.clone())).collect();
        let path = partial.path().join(DIGESTS);
        let text =
            serde_json::to_string_pretty(&noted).map_err(|error| EngineError::Internal(error.to_string()))?;
        fs::write(&path, text).map_err(StoreError::io(&path))?;
        match fs::rename(partial.path(), &target) {
            Ok(()) => {
                // It is no longer where it would be removed from.
                drop(partial.keep());
                Ok(target)
            }
            // Somebody else was faster.
            Err(_) if target.is_dir() => {
                Err(StoreError::Taken { name: name.to_owned(), folder: target }.into())
            }
            Err(source) => Err(StoreError::Io { path: target, source }.into()),
        }
    }

    /// Removes an imported model and says where it was.
    ///
    /// # Errors
    /// When there is no imported model of this name or it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<PathBuf, StoreError> {
        if name == BUNDLED {
            return Err(StoreError::Kept(name.to_owned()));
        }
        if !is_name(name) || !self.names()?.iter().any(|known| known == name) {
            return Err(StoreError::NotImported(name.to_owned()));
        }
        let folder = self.root()?.join(name);
        // A link to a folder elsewhere is a link, not that folder.
        let link = folder.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
        let removed = if link { fs::remove_file(&folder) } else { fs::remove_dir_all(&folder) };
        removed.map_err(StoreError::io(&folder))?;
        Ok(folder)
    }
}

impl Parcel {
    /// The files of a model that lmd reads.
    pub(crate) fn pack(folder: &ModelFolder) -> Result<Self, StoreError> {
        let path = folder.path();
        let single = folder.is_single_file().then(|| path.file_name().unwrap_or_default().to_owned());
        let root = if single.is_some() { path.parent().unwrap_or(Path::new("")) } else { path };
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root }.to_owned();
        let found = readable_files(&root, single.is_some()).map_err(StoreError::io(&root))?;
        let mut files: Vec<_> = found.into_iter().map(|file| (file.clone(), file)).collect();
        if let Some(name) = &single {
            // Grounding layers of another shape belong to another file beside it.
            let ours = |file: &Path| !file.starts_with(GROUNDING) || folder.has_gligen();
            files.retain(|(file, _)| file != Path::new(SINGLE_FILE) && ours(file));
            files.push((PathBuf::from(name), PathBuf::from(SINGLE_FILE)));
        }
        Ok(Self { root, files, single: single.map(|name| name.to_string_lossy().into_owned()) })
    }
}

/// A folder for a copy, which is removed when it is dropped; with the rights
/// that other folders of this user have.
fn partial(root: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the umask takes.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(root)
}

fn copy(from: &Path, to: &Path, goes_on: &mut dyn FnMut() -> ControlFlow<()>) -> Result<(), EngineError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    }
    let mut source = fs::File::open(from).map_err(StoreError::io(from))?;
    let mut target = fs::File::create_new(to).map_err(StoreError::io(to))?;
    let mut buffer = vec![0; COPIED];
    loop {
        if goes_on().is_break() {
            return Err(EngineError::Cancelled);
        }
        let count = source.read(&mut buffer).map_err(StoreError::io(from))?;
        if count == 0 {
            break;
        }
        target.write_all(&buffer[..count]).map_err(StoreError::io(to))?;
    }
    target.sync_all().map_err(StoreError::io(to))?;
    Ok(())
}

/// A diffusers folder, a single file, or a folder with a single file in it.
pub(crate) fn open(path: &Path) -> Result<ModelFolder, EngineError> {
    let meta = path.metadata().map_err(StoreError::io(path))?;
    if !meta.is_dir() && !meta.is_file() {
        let what = io::Error::new(io::ErrorKind::InvalidInput, "neither a file nor a folder, so no model");
        return Err(StoreError::io(path)(what).into());
    }
    if meta.is_dir() {
        // What may not be read looks empty otherwise.
        fs::read_dir(path).map_err(StoreError::io(path))?;
        for part in ["unet/config.json", "vae/config.json", "text_encoder/config.json"] {
            let file = path.join(part);
            // A pipe or a device is not opened, which could wait for ever; the model's reader refuses it.
            let meta = fs::metadata(&file);
            let opened = meta.and_then(|meta| meta.is_file().then(|| fs::File::open(&file)).transpose());
            if let Some(error) = opened.err().filter(|e| e.kind() != io::ErrorKind::NotFound) {
                return Err(StoreError::io(&file)(error).into());
            }
        }
    }
    let single = path.join(SINGLE_FILE);
    let opened: Result<ModelFolder, NnError> =
        ModelFolder::open(if single.is_file() { &single } else { path });
    Ok(opened?)
}

/// Whether a text can name a model: a folder that is not hidden and leads
/// nowhere else.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= MOST_NAME_BYTES && !text.starts_with('.') && text.chars().all(plain)
}

/// The model that is part of the program, and its size in bytes.
fn bundled() -> Option<(ModelFolder, u64)> {
    let files = built_in::files()?;
    let size = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    Some((ModelFolder::from_static(BUNDLED, files), size))
}

/// Bytes of all files below a folder that lmd reads or wrote.
fn size(folder: &Path) -> u64 {
    let files = readable_files(folder, false).unwrap_or_default();
    files.iter().filter_map(|file| fs::metadata(folder.join(file)).ok()).map(|meta| meta.len()).sum()
}

/// The files below a model's folder that lmd reads, by their paths in it; with `single`, those that
/// belong to a checkpoint in one file, which has its networks in it.
fn readable_files(folder: &Path, single: bool) -> io::Result<Vec<PathBuf>> {
    let readable = |path: &Path| {
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    let mut files = Vec::new();
    let wanted = |part: &&&str| !(single && NETWORKS.contains(part)) && folder.join(part).is_dir();
    for part in PARTS.iter().filter(wanted) {
        for entry in fs::read_dir(folder.join(part))? {
            let name = Path::new(part).join(entry?.file_name());
            if readable(&name) && folder.join(&name).is_file() {
                files.push(name);
            }
        }
    }
    let top = ["model_index.json", "lmd.json", SINGLE_FILE].map(PathBuf::from);
    files.extend(top.into_iter().filter(|name| folder.join(name).is_file()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::ErrorKind;

    fn store(root: &Path) -> ModelStore {
        ModelStore { root: Some(root.to_owned()) }
    }

    fn parcel(root: &Path) -> Parcel {
        fs::create_dir_all(root.join("unet")).unwrap();
        fs::write(root.join("unet/config.json"), "{}").unwrap();
        let files = vec![(PathBuf::from("unet/config.json"), PathBuf::from("unet/config.json"))];
        Parcel { root: root.to_owned(), files, single: None }
    }

    #[test]
    fn names_lead_nowhere_else() {
        assert!(["sd15", "v1-5_pruned.x"].into_iter().all(is_name));
        assert!(!["", "..", ".a", "a/b", "a\\b", "C:", "a\0", "ü"].into_iter().any(is_name));
    }

    #[cfg(feature = "demo-model")]
    #[test]
    fn the_bundled_model_is_always_there() {
        let dir = tempfile::tempdir().unwrap();
        let model = store(dir.path()).find(BUNDLED).unwrap();
        assert_eq!(model.name(), "bundled");
        assert!(model.digests(true).unwrap().iter().any(|(file, _)| file.starts_with("unet/")));
        let error = store(dir.path()).find("nowhere/to/be/found").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("nowhere/to/be/found") && text.contains("bundled"), "{text}");
        assert_eq!(error.kind(), ErrorKind::NoModel);
    }

    #[test]
    fn of_two_imports_of_one_name_the_second_is_told_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (store, parcel) = (store(&dir.path().join("models")), parcel(&dir.path().join("model")));
        let on = &mut || ControlFlow::Continue(());
        let folder = store.keep("one", &parcel, &BTreeMap::new(), on).unwrap();
        assert!(folder.join("unet/config.json").is_file());
        assert!(matches!(
            store.keep("one", &parcel, &BTreeMap::new(), on),
            Err(EngineError::Store(StoreError::Taken { .. }))
        ));
        // The other arrives while this one copies.
        let mut meanwhile = || {
            let _ = fs::create_dir(dir.path().join("models/two"));
            fs::write(dir.path().join("models/two/x"), "").unwrap();
            ControlFlow::Continue(())
        };
        let error = store.keep("two", &parcel, &BTreeMap::new(), &mut meanwhile).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
        assert_eq!(store.leftovers(), []);
        assert_eq!(store.names().unwrap(), ["one", "two"]);
        store.remove("one").unwrap();
        assert_eq!(store.names().unwrap(), ["two"]);
        assert!(store.remove("one").is_err() && store.remove("..").is_err());
    }

    #[test]
    fn grounding_layers_beside_a_checkpoint_come_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let layers = "gligen/diffusion_pytorch_model.safetensors";
        for file in [layers, "unet/config.json", "tokenizer/vocab.json", "sd.safetensors"] {
            let path = dir.path().join("from").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let root = dir.path().join("from");
        let found = readable_files(&root, true).unwrap();
        assert_eq!(found, ["tokenizer/vocab.json", layers].map(PathBuf::from));
        let mut files: Vec<_> = found.into_iter().map(|file| (file.clone(), file)).collect();
        files.push((PathBuf::from("sd.safetensors"), PathBuf::from(SINGLE_FILE)));
        let parcel = Parcel { root, files, single: Some("sd.safetensors".to_owned()) };
        let digests = [("sd.safetensors", "1"), (layers, "2")];
        let digests = digests.map(|(file, digest)| (file.to_owned(), digest.to_owned())).into();
        let store = store(&dir.path().join("models"));
        let on = &mut || ControlFlow::Continue(());
        let folder = store.keep("sd", &parcel, &digests, on).unwrap();
        assert!(folder.join(layers).is_file() && folder.join(SINGLE_FILE).is_file());
        let noted = store.noted_digests("sd").unwrap().unwrap();
        assert_eq!((noted.len(), &*noted[SINGLE_FILE], &*noted[layers]), (2, "1", "2"));
    }

    #[test]
    fn names_are_told_what_they_lack() {
        let dir = tempfile::tempdir().unwrap();
        let told = store(dir.path()).place(&"x".repeat(255)).unwrap_err().to_string();
        assert!(told.contains("at most 100 letters"), "{told}");
        let told = store(dir.path()).remove(BUNDLED).unwrap_err().to_string();
        assert!(told.contains("cannot be removed"), "{told}");
    }

    #[test]
    fn an_import_that_is_cancelled_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (store, parcel) = (store(&dir.path().join("models")), parcel(&dir.path().join("model")));
        let off = &mut || ControlFlow::Break(());
        assert!(matches!(store.keep("one", &parcel, &BTreeMap::new(), off), Err(EngineError::Cancelled)));
        assert_eq!(fs::read_dir(dir.path().join("models")).unwrap().count(), 0);
        // What a killed one leaves is found.
        fs::create_dir_all(dir.path().join("models/.import-abc/unet")).unwrap();
        fs::write(dir.path().join("models/.import-abc/unet/config.json"), "{}").unwrap();
        assert_eq!(store.leftovers().len(), 1);
        assert_eq!(store.leftovers()[0].bytes, 2);
    }
}
