//! `lmd doctor`: what this installation is and what it can reach.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use lmd_engine::config::{project_files, user_file};
use lmd_engine::output::leftovers;
use lmd_engine::store::Leftover;
use lmd_engine::{
    Config, ConfigError, DrawOptions, Engine, EngineError, Notice, Settings, is_llm_set_up, local_llm, memory,
};
use lmd_planner::cache::{AnswerCache, CacheMode};
use serde::Serialize;

use crate::cli::DoctorArgs;
use crate::exit::Exit;
use crate::gguf::{self, LocalModel};
use crate::screen::{self, Screen};
use crate::show;

/// How long the language model's server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Diagnosis {
    version: &'static str,
    system: String,
    cpus: usize,
    cpu_features: Vec<&'static str>,
    /// Bytes that may still be taken; absent where nothing is known.
    memory_available: Option<u64>,
    config_files: Vec<String>,
    /// Where configuration files are looked for.
    config_searched: Vec<String>,
    config_error: Option<String>,
    warnings: Vec<Notice>,
    model: ModelState,
    llm: Llm,
    cache: Cache,
    /// What programs that were killed left behind.
    leftovers: Vec<Leftover>,
    unfinished_files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct ModelState {
    name: String,
    device: String,
    /// Where imported models lie.
    store: Option<String>,
    trouble: Option<String>,
}

#[derive(Serialize)]
struct Llm {
    set_up: bool,
    url: String,
    model: String,
    key_present: bool,
    /// Absent when nothing is set up: then nothing is contacted.
    reachable: Option<bool>,
    trouble: Option<String>,
    /// What a model in the process is and how fast.
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<LocalModel>,
}

#[derive(Serialize)]
struct Cache {
    dir: Option<String>,
    writable: bool,
    trouble: Option<String>,
}

/// A broken configuration is part of the diagnosis, not the end of it. The exit code tells the first trouble: 2 for
/// the configuration, 4 for the model, 3 for the language model.
pub(crate) fn run(
    args: &DoctorArgs,
    settings: Result<Settings, ConfigError>,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    let healthy = settings.is_ok();
    let diagnosis = diagnose(settings)?;
    if args.json {
        screen::print_json(&diagnosis)?;
    } else {
        screen::print(&*screen::clean(&lines(&diagnosis)))?;
    }
    if args.clean {
        clean(&diagnosis, screen)?;
    }
    if healthy && !diagnosis.llm.set_up {
        screen.hint(
            "to connect a language model, set LMD_LLM_URL and LMD_LLM_MODEL, and LMD_LLM_KEY if it needs one",
        );
    }
    screen.tell(&diagnosis.warnings)?;
    Ok(match (healthy, &diagnosis.model.trouble, diagnosis.llm.reachable) {
        (false, ..) => Exit::Usage,
        (_, Some(_), _) => Exit::Model,
        (_, _, Some(false)) => Exit::Layout,
        _ => Exit::Ok,
    })
}

/// Removes what was left behind.
fn clean(diagnosis: &Diagnosis, screen: &Screen) -> anyhow::Result<()> {
    for leftover in &diagnosis.leftovers {
        fs::remove_dir_all(&leftover.path)?;
        screen.note(&format!("{} is removed", leftover.path.display()));
    }
    for path in &diagnosis.unfinished_files {
        fs::remove_file(path)?;
        screen.note(&format!("{} is removed", path.display()));
    }
    Ok(())
}

fn diagnose(settings: Result<Settings, ConfigError>) -> Result<Diagnosis, EngineError> {
    let (config, files, warnings, error) = match settings {
        Ok(settings) => (settings.config, settings.files, settings.notices, None),
        Err(error) => (Config::default(), Vec::new(), Vec::new(), Some(error.to_string())),
    };
    let engine = Engine::open(&config)?;
    let shown = |paths: Vec<PathBuf>| paths.iter().map(|path| path.display().to_string()).collect();
    Ok(Diagnosis {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cpus: available_parallelism().map_or(1, usize::from),
        cpu_features: cpu_features(),
        memory_available: memory::available(),
        config_files: shown(files),
        config_searched: shown(user_file().into_iter().chain(project_files()).collect()),
        warnings,
        model: diagnose_model(&engine, error.is_none()),
        llm: diagnose_llm(&config, error.is_none() && is_llm_set_up(&config)),
        config_error: error,
        cache: diagnose_cache(),
        leftovers: engine.models().leftovers(),
        unfinished_files: leftovers(Path::new(".")),
    })
}

/// Opens the model's files and the device; loads nothing.
fn diagnose_model(engine: &Engine, known: bool) -> ModelState {
    let config = engine.config();
    let prepared = engine.prepare(&DrawOptions::new(config.draw.clone())).and_then(|ready| {
        ready.check()?;
        Ok(ready.device_name())
    });
    let (device, trouble) = match prepared {
        Ok(device) => (device, None),
        Err(error) => (config.device.to_string(), Some(error.to_string())),
    };
    ModelState {
        name: config.model.clone(),
        device,
        store: engine.models().root().ok().map(|folder| folder.display().to_string()),
        trouble: trouble.filter(|_| known),
    }
}

fn diagnose_llm(config: &Config, set_up: bool) -> Llm {
    let is_local = set_up && local_llm::is_local(&config.llm);
    let local = is_local.then(|| gguf::examine(&config.llm));
    let reached = match &local {
        Some(examined) => Some(examined.as_ref().map(drop).map_err(Clone::clone)),
        None => set_up.then(|| connect(config.llm.address())),
    };
    Llm {
        set_up,
        url: config.llm.address().to_owned(),
        model: config.llm.model.clone(),
        key_present: config.llm.key.is_some(),
        reachable: reached.as_ref().map(Result::is_ok),
        trouble: reached.and_then(Result::err),
        local: local.and_then(Result::ok),
    }
}

/// Connects to a server and says nothing to it.
fn connect(url: &str) -> Result<(), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url} is no address: {error}"))?;
    let host = uri.host().ok_or_else(|| format!("{url} names no host"))?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    let addresses = format!("{host}:{port}").to_socket_addrs().map_err(|error| error.to_string())?;
    let mut trouble = format!("{host} has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(_) => return Ok(()),
            Err(error) => trouble = error.to_string(),
        }
    }
    Err(trouble)
}

/// Whether answers could be kept. Nothing is made.
fn diagnose_cache() -> Cache {
    let cache = match AnswerCache::open_default(CacheMode::ReadWrite) {
        Ok(cache) => cache,
        Err(error) => return Cache { dir: None, writable: false, trouble: Some(error.to_string()) },
    };
    let there = cache.dir().ancestors().find(|folder| folder.exists());
    let trouble = match there {
        Some(folder) => tempfile::tempfile_in(folder).err().map(|error| error.to_string()),
        None => Some("no folder of its path exists".to_owned()),
    };
    Cache { dir: Some(cache.dir().display().to_string()), writable: trouble.is_none(), trouble }
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    let known = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    known.into_iter().filter(|(_, found)| *found).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}

fn lines(d: &Diagnosis) -> String {
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let searched = d.config_searched.join(", ");
    let config = match (&d.config_error, d.config_files.is_empty()) {
        (Some(error), _) => error.clone(),
        (None, false) => d.config_files.join(", "),
        (None, true) => format!("none; looked for {searched}"),
    };
    let drawing = d.model.trouble.as_ref().map_or_else(
        || format!("{} on {}", d.model.name, d.model.device),
        |trouble| format!("{}, not usable: {trouble}", d.model.name),
    );
    let left =
        d.leftovers.iter().map(|left| format!("{} ({})", left.path.display(), show::bytes(left.bytes)));
    let left = left.chain(d.unfinished_files.iter().map(|path| path.display().to_string()));
    let left = left.collect::<Vec<_>>().join(", ");
    let left = if left.is_empty() { left } else { format!("{left}; `lmd doctor --clean` removes it") };
    let memory = d
        .memory_available
        .map_or_else(|| "unknown".to_owned(), |bytes| format!("{} available", show::bytes(bytes)));
    let (model, reachable, cache) = (language_model(d), reachable(d), cache(d));
    let rows = [
        ("lmd", d.version.to_owned()),
        ("system", format!("{}, {} CPUs", d.system, d.cpus)),
        ("CPU features", or_none(d.cpu_features.join(", "))),
        ("memory", memory),
        ("configuration", config),
        ("image model", drawing),
        ("models in", d.model.store.clone().unwrap_or_else(|| "no known place".to_owned())),
        ("language model", model),
        ("reachable", reachable),
        ("key", if d.llm.key_present { "present" } else { "none" }.to_owned()),
        ("cache", cache),
        ("left behind", or_none(left)),
    ];
    rows.iter().map(|(name, value)| format!("{name:<15} {value}\n")).collect()
}

fn language_model(d: &Diagnosis) -> String {
    match d.llm.reachable {
        None => "not set up".to_owned(),
        Some(_) if d.llm.url.is_empty() => d
            .llm
            .local
            .as_ref()
            .map_or_else(|| d.llm.model.clone(), |local| format!("{}: {local}", d.llm.model)),
        Some(_) => format!("{} at {}", d.llm.model, d.llm.url),
    }
}

fn reachable(d: &Diagnosis) -> String {
    match (d.llm.reachable, &d.llm.trouble) {
        (None, _) => "not tried".to_owned(),
        (Some(true), _) => "yes".to_owned(),
        (Some(false), trouble) => format!("no: {}", trouble.as_deref().unwrap_or_default()),
    }
}

fn cache(d: &Diagnosis) -> String {
    match (&d.cache.dir, &d.cache.trouble) {
        (Some(dir), None) => format!("{dir}, writable"),
        (dir, trouble) => {
            let why = trouble.as_deref().unwrap_or_default();
            format!("{}, not writable: {why}", dir.as_deref().unwrap_or("none"))
        }
    }
}
