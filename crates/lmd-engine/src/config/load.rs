//! Finding configuration files and laying everything together.

use std::env;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use lmd_planner::llm::is_local_url;

use super::check::check;
use super::environment::Environment;
use super::error::ConfigError;
use super::layers::{Layers, Origin, Override};
use super::parse::{MAX_CONFIG_BYTES, parse};
use super::values::Config;
use crate::common::is_absent;
use crate::input;
use crate::notice::Notice;
use crate::stage2::Recipe;

/// The name of configuration files: the user's, and a project's, which is
/// searched from the working folder upwards.
pub const FILE_NAME: &str = "lmd.toml";

/// What a configuration is made of besides the files that are found.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The one file to read, instead of searching.
    pub file: Option<PathBuf>,
    /// The variables.
    pub environment: Environment,
    /// A picture that is drawn again and its recipe, whose settings lie between the
    /// variables and what is said explicitly.
    pub picture: Option<(PathBuf, Recipe)>,
    /// What is said explicitly, by flags or a request.
    pub explicit: Vec<Override>,
}

/// The configuration in effect.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The settings, checked.
    pub config: Config,
    /// Where each comes from.
    pub layers: Layers,
    /// The files that were read, lowest first.
    pub files: Vec<PathBuf>,
    /// What a person should know.
    pub notices: Vec<Notice>,
}

impl Settings {
    /// Lays defaults, files, variables, a picture's settings and what is
    /// explicit over one another, and checks the result.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that is wrong and where it stands.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let files = match &sources.file {
            Some(path) => vec![Origin::Named(path.clone())],
            None => {
                let project = project_files().find(|path| path.is_file());
                let found = [user_file().map(Origin::User), project.map(Origin::Project)];
                found.into_iter().flatten().collect()
            }
        };
        load_from(&files, sources)
    }

    /// The configuration with more settings laid over it, checked: what a request asks for.
    ///
    /// # Errors
    /// [`ConfigError`] names the first setting that is wrong.
    pub fn overlaid(&self, explicit: &[Override]) -> Result<Config, ConfigError> {
        let mut layers = self.layers.clone();
        for said in explicit {
            layers.lay_override(said)?;
        }
        let mut config = checked(&layers)?;
        // The key stands in no layer.
        config.llm.key.clone_from(&self.config.llm.key);
        Ok(config)
    }
}

fn load_from(files: &[Origin], sources: &Sources) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new();
    let mut read = Vec::new();
    let mut notices = sources.environment.notices();
    for origin in files {
        let (Origin::User(path) | Origin::Project(path) | Origin::Named(path)) = origin else { continue };
        match input::read_bounded(path, MAX_CONFIG_BYTES as u64 + 1) {
            Ok(bytes) => {
                layers.lay(&parse(&decoded(&bytes, path)?, &path.display().to_string())?, origin);
                read.push(path.clone());
            }
            Err(source) if matches!(origin, Origin::Named(_)) => {
                return Err(ConfigError::Read { path: path.clone(), source });
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => {
                notices.push(Notice::UnreadableConfig { file: path.clone(), why: error.to_string() });
            }
        }
    }
    layers.lay_variables(&sources.environment)?;
    if let Some((path, recipe)) = &sources.picture {
        layers.lay_recipe(recipe, path)?;
    }
    for said in &sources.explicit {
        layers.lay_override(said)?;
    }
    let (config, held) = with_key(checked(&layers)?, &layers, &sources.environment);
    notices.extend(held);
    Ok(Settings { config, layers, files: read, notices })
}

/// What the layers come to, checked.
fn checked(layers: &Layers) -> Result<Config, ConfigError> {
    // Every file and every text was read alone before, so that no one place is to blame.
    let config = layers.config().map_err(|error| {
        ConfigError::Other(format!("the settings do not go together: {}", error.message()))
    })?;
    check(&config, layers)?;
    Ok(config)
}

/// Adds the key from the environment. A key does not follow an address that a
/// project's file sets: the project may be somebody else's.
fn with_key(mut config: Config, layers: &Layers, environment: &Environment) -> (Config, Option<Notice>) {
    let key_only = |name: &str| name.ends_with("KEY").then(|| environment.get(name)).flatten();
    let keyed = config.llm.clone().with_env(|name| key_only(name).map(str::to_owned));
    let origin = layers.get("llm.url").map(|setting| &setting.origin);
    let local = is_local_url(config.llm.address());
    if let (Some(Origin::Project(path)), Some(_), false) = (origin, &keyed.key, local) {
        let notice = Notice::KeyHeldBack { url: config.llm.url.clone(), file: path.clone() };
        return (config, Some(notice));
    }
    config.llm = keyed;
    (config, None)
}

/// The text of a configuration file's bytes.
fn decoded(bytes: &[u8], path: &Path) -> Result<String, ConfigError> {
    // What is cut off at the limit may end within a character.
    if bytes.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::TooLarge { file: path.display().to_string(), limit: MAX_CONFIG_BYTES });
    }
    input::text(bytes).map_err(|error| ConfigError::Read {
        path: path.to_owned(),
        source: io::Error::new(ErrorKind::InvalidData, error),
    })
}

/// Where the user's own file is, whether or not it exists.
#[must_use]
pub fn user_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("lmd").join(FILE_NAME))
}

/// Where a project's file is looked for, nearest first; the first that exists is read.
pub fn project_files() -> impl Iterator<Item = PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let folders: Vec<PathBuf> = here.ancestors().map(Path::to_owned).collect();
    folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()).map(|folder| folder.join(FILE_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(project: &str, variables: &[(&str, &str)]) -> Settings {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        std::fs::write(&path, project).unwrap();
        let environment = variables.iter().copied().collect();
        load_from(&[Origin::Project(path)], &Sources { environment, ..Sources::default() }).unwrap()
    }

    #[test]
    fn a_key_does_not_follow_a_projects_address() {
        let away = "[llm]\nurl = \"https://example.org/v1\"\nmodel = \"m\"\n";
        let key = ("LMD_LLM_KEY", "k");
        let held = loaded(away, &[key]);
        assert!(held.config.llm.key.is_none());
        assert!(held.notices[0].to_string().contains("example.org"), "{:?}", held.notices);
        let sent = loaded(away, &[key, ("LMD_LLM_URL", "https://example.org/v1")]);
        assert!(sent.config.llm.key.is_some() && sent.notices.is_empty());
        assert!(loaded("[llm]\nurl = \"http://localhost:1/v1\"\n", &[key]).config.llm.key.is_some());
        assert!(loaded("", &[key]).config.llm.key.is_some());
    }

    #[test]
    fn a_named_file_must_exist() {
        let named = [Origin::Named(PathBuf::from("/nowhere/lmd.toml"))];
        assert!(load_from(&named, &Sources::default()).is_err());
        let user = [Origin::User(PathBuf::from("/nowhere/lmd.toml"))];
        assert!(load_from(&user, &Sources::default()).unwrap().files.is_empty());
    }

    #[test]
    fn what_is_no_file_is_none_and_what_cannot_be_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let in_file = dir.path().join("file");
        std::fs::write(&in_file, "").unwrap();
        let user = |path: PathBuf| load_from(&[Origin::User(path)], &Sources::default());
        assert!(user(in_file.join(FILE_NAME)).unwrap().notices.is_empty());
        // A folder cannot be read as a file, whoever asks.
        let told = user(dir.path().to_owned()).unwrap().notices;
        assert!(matches!(told[0], Notice::UnreadableConfig { .. }), "{told:?}");
    }

    #[test]
    fn a_file_that_is_too_long_is_told_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        // The limit lies within a character.
        std::fs::write(&path, format!("#{}", "é".repeat(MAX_CONFIG_BYTES))).unwrap();
        let error = load_from(&[Origin::User(path.clone())], &Sources::default()).unwrap_err();
        assert!(matches!(error, ConfigError::TooLarge { .. }), "{error}");
        std::fs::write(&path, b"#\xff").unwrap();
        let error = load_from(&[Origin::User(path)], &Sources::default()).unwrap_err();
        assert!(error.to_string().contains("no text"), "{error}");
    }

    #[test]
    fn text_of_other_editors_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        let utf16: Vec<u8> =
            "\u{feff}planner = \"offline\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, utf16).unwrap();
        let settings = load_from(&[Origin::User(path)], &Sources::default()).unwrap();
        assert_eq!(settings.config.planner, super::super::PlannerChoice::Offline);
    }
}
