//! Planning layouts: one engine for each choice of planner, replaced when the language model's settings change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::{fs, io};

use lmd_engine::{Config, Engine, EngineError, PlannerChoice, is_llm_set_up};
use lmd_planner::cache::CacheMode;
use lmd_planner::llm::LlmConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::order::PlannerWanted;

/// Most bytes of the file of settings.
const MAX_BYTES: u64 = 64 << 10;

/// Settings of the language model that were made in the page; the key stays on the server.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Kept {
    url: Option<String>,
    model: Option<String>,
    key: Option<String>,
}

/// The engines that plan.
#[derive(Debug)]
struct Engines {
    config: Config,
    auto: Arc<Engine>,
    offline: Arc<Engine>,
    llm: Arc<Engine>,
    /// The language model, asked anew: no answer of the cache.
    fresh: Arc<Engine>,
}

/// Plans layouts.
#[derive(Debug)]
pub(crate) struct Planning {
    base: Config,
    file: PathBuf,
    engines: RwLock<Engines>,
}

impl Engines {
    fn open(config: Config) -> Result<Self, EngineError> {
        let with = |planner, cache| Engine::open(&Config { planner, cache, ..config.clone() }).map(Arc::new);
        Ok(Self {
            auto: with(config.planner, config.cache)?,
            offline: with(PlannerChoice::Offline, config.cache)?,
            llm: with(PlannerChoice::Llm, config.cache)?,
            fresh: with(PlannerChoice::Llm, CacheMode::Off)?,
            config,
        })
    }
}

impl Planning {
    /// Planners for a configuration, with what was set in the page laid over it.
    pub(crate) fn open(config: &Config, data: &Path) -> Result<Self, EngineError> {
        let file = data.join("llm.json");
        let kept = match lmd_engine::input::read_bounded(&file, MAX_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| EngineError::Usage(format!("{}: {error}", file.display())))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(source) => return Err(EngineError::Read { path: file, source }),
        };
        let engines = RwLock::new(Engines::open(laid_over(config, &kept))?);
        Ok(Self { base: config.clone(), file, engines })
    }

    /// The engine that plans by a wish. `fresh` asks the language model anew.
    pub(crate) fn engine(&self, wanted: PlannerWanted, fresh: bool) -> Arc<Engine> {
        let engines = self.engines.read().unwrap_or_else(PoisonError::into_inner);
        let asks_llm = asks(&engines.config, wanted);
        Arc::clone(match (wanted, asks_llm && fresh) {
            (_, true) => &engines.fresh,
            (PlannerWanted::Auto, _) => &engines.auto,
            (PlannerWanted::Offline, _) => &engines.offline,
            (PlannerWanted::Llm, _) => &engines.llm,
        })
    }

    /// Whether a wish leads to the language model.
    pub(crate) fn asks_llm(&self, wanted: PlannerWanted) -> bool {
        asks(&self.engines.read().unwrap_or_else(PoisonError::into_inner).config, wanted)
    }

    /// The language model's settings, and whether one is asked unless somebody says otherwise.
    pub(crate) fn llm(&self) -> (LlmConfig, bool) {
        let engines = self.engines.read().unwrap_or_else(PoisonError::into_inner);
        (engines.config.llm.clone(), asks_llm(&engines.config))
    }

    /// Changes the language model's settings and keeps them. What is `None` stays; an empty text is taken away.
    pub(crate) fn set_llm(
        &self,
        url: Option<String>,
        model: Option<String>,
        key: Option<String>,
    ) -> Result<(), EngineError> {
        let mut engines = self.engines.write().unwrap_or_else(PoisonError::into_inner);
        let mut llm = engines.config.llm.clone();
        let moved = url.as_ref().is_some_and(|url| *url != llm.url);
        if let Some(url) = url {
            llm.url = if url.trim().is_empty() { LlmConfig::default().url } else { url.trim().to_owned() };
        }
        if let Some(model) = model {
            llm.model = model.trim().to_owned();
        }
        match key {
            Some(key) => {
                llm.key = Some(key.trim().to_owned()).filter(|key| !key.is_empty()).map(SecretString::from);
            }
            // A key does not follow a new address by itself.
            None if moved => llm.key = None,
            None => {}
        }
        let kept = Kept {
            url: Some(llm.url.clone()),
            model: Some(llm.model.clone()),
            key: Some(llm.key.as_ref().map_or(String::new(), |key| key.expose_secret().to_owned())),
        };
        let changed = Engines::open(Config { llm, ..self.base.clone() })?;
        self.keep(&kept).map_err(|source| EngineError::Read { path: self.file.clone(), source })?;
        *engines = changed;
        Ok(())
    }

    /// Writes the file of settings, for its owner alone.
    fn keep(&self, kept: &Kept) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        // Temporary files are readable by their owner alone, and the file keeps that.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, kept)?;
        file.as_file().sync_all()?;
        file.persist(&self.file).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    }
}

fn asks(config: &Config, wanted: PlannerWanted) -> bool {
    match wanted {
        PlannerWanted::Offline => false,
        PlannerWanted::Llm => true,
        PlannerWanted::Auto => asks_llm(config),
    }
}

fn asks_llm(config: &Config) -> bool {
    match config.planner {
        PlannerChoice::Offline => false,
        PlannerChoice::Llm => true,
        _ => is_llm_set_up(config),
    }
}

fn laid_over(config: &Config, kept: &Kept) -> Config {
    let mut config = config.clone();
    if let Some(url) = &kept.url {
        config.llm.url.clone_from(url);
    }
    if let Some(model) = &kept.model {
        config.llm.model.clone_from(model);
    }
    if let Some(key) = &kept.key {
        config.llm.key = Some(key.clone()).filter(|key| !key.is_empty()).map(SecretString::from);
    }
    config
}
