//! Finding configuration files and laying everything together.

use std::env;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use lmd_diffusion::DrawConfig;
use lmd_planner::llm::is_local_url;

use super::layers::{Flag, Layers, Origin};
use super::{Config, ConfigError, MAX_CONFIG_BYTES, parse};
use crate::cli::Global;

/// The project's file, searched from the working folder upwards.
const FILE_NAME: &str = "lmd.toml";

/// The configuration in effect.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) layers: Layers,
    /// The files that were read, lowest first.
    pub(crate) files: Vec<PathBuf>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// Loads the configuration for this process. The settings of a picture that
/// is drawn again lie between the environment and the flags.
pub(crate) fn load(
    global: &Global,
    picture: Option<(&Path, &DrawConfig)>,
    flags: Vec<Flag>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, ConfigError> {
    let files = match &global.config {
        Some(path) => vec![Origin::Named(path.clone())],
        None => [user_file().map(Origin::User), project_file().map(Origin::Project)]
            .into_iter()
            .flatten()
            .collect(),
    };
    load_from(&files, picture, flags, lookup)
}

fn load_from(
    files: &[Origin],
    picture: Option<(&Path, &DrawConfig)>,
    flags: Vec<Flag>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, ConfigError> {
    let mut layers = Layers::new();
    let mut read = Vec::new();
    for origin in files {
        let (Origin::User(path) | Origin::Project(path) | Origin::Named(path)) = origin else { continue };
        if let Some(text) = read_file(path, matches!(origin, Origin::Named(_)))? {
            layers.lay(&parse(&text, &path.display().to_string())?, origin);
            read.push(path.clone());
        }
    }
    layers.lay_variables(lookup)?;
    if let Some((path, config)) = picture {
        layers.lay_drawing(config, &Origin::Picture(path.to_owned()));
    }
    for flag in flags {
        layers.lay_flag(&flag)?;
    }
    let config = layers.config().map_err(|error| ConfigError::Text {
        file: "the configuration".to_owned(),
        line: 1,
        key: String::new(),
        message: error.message().to_owned(),
        closest: None,
    })?;
    let (config, warnings) = with_key(config, &layers, lookup);
    Ok(Loaded { config, layers, files: read, warnings })
}

/// Adds the key from the environment. A key does not follow an address that a
/// project's file sets: the project may be somebody else's.
fn with_key(
    mut config: Config,
    layers: &Layers,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> (Config, Vec<String>) {
    let keyed = config.llm.clone().with_env(|name| if name.ends_with("KEY") { lookup(name) } else { None });
    let origin = layers.get("llm.url").map(|setting| &setting.origin);
    if let (Some(Origin::Project(path)), Some(_), false) =
        (origin, &keyed.key, is_local_url(config.llm.address()))
    {
        let warning = format!(
            "the key is not sent to {}, an address that {} sets; set LMD_LLM_URL to send it there",
            config.llm.url,
            path.display()
        );
        return (config, vec![warning]);
    }
    config.llm = keyed;
    (config, Vec::new())
}

/// A configuration file's text; `None` where there is no file and none was
/// asked for by name.
fn read_file(path: &Path, must_exist: bool) -> Result<Option<String>, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
        file => file.map_err(failed)?,
    };
    let mut text = String::new();
    file.take(MAX_CONFIG_BYTES as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// Where the user's own file is, whether or not it exists.
pub(crate) fn user_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("lmd").join(FILE_NAME))
}

/// The nearest `lmd.toml`, from the working folder upwards.
fn project_file() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(project: &str, variables: &[(&str, &str)]) -> Loaded {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        std::fs::write(&path, project).unwrap();
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        load_from(&[Origin::Project(path)], None, Vec::new(), &lookup).unwrap()
    }

    #[test]
    fn a_key_does_not_follow_a_projects_address() {
        let away = "[llm]\nurl = \"https://example.org/v1\"\nmodel = \"m\"\n";
        let key = ("LMD_LLM_KEY", "k");
        let held = loaded(away, &[key]);
        assert!(held.config.llm.key.is_none());
        assert!(held.warnings[0].contains("example.org"), "{:?}", held.warnings);
        let sent = loaded(away, &[key, ("LMD_LLM_URL", "https://example.org/v1")]);
        assert!(sent.config.llm.key.is_some() && sent.warnings.is_empty());
        assert!(loaded("[llm]\nurl = \"http://localhost:1/v1\"\n", &[key]).config.llm.key.is_some());
        assert!(loaded("", &[key]).config.llm.key.is_some());
    }

    #[test]
    fn a_named_file_must_exist() {
        let named = [Origin::Named(PathBuf::from("/nowhere/lmd.toml"))];
        assert!(load_from(&named, None, Vec::new(), &|_| None).is_err());
        let user = [Origin::User(PathBuf::from("/nowhere/lmd.toml"))];
        assert!(load_from(&user, None, Vec::new(), &|_| None).unwrap().files.is_empty());
    }
}
