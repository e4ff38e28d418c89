//! `lmd doctor`: what this installation is and what it can reach.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use lmd_planner::cache::{AnswerCache, CacheMode};
use serde::Serialize;

use crate::cli::DoctorArgs;
use crate::config::{Config, ConfigError, Loaded};
use crate::exit::Exit;
use crate::screen::{self, Screen};
use crate::{models, planners};

/// How long the language model's server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Diagnosis {
    version: &'static str,
    system: String,
    cpus: usize,
    cpu_features: Vec<&'static str>,
    config_files: Vec<String>,
    config_error: Option<String>,
    model: ModelState,
    llm: Llm,
    cache: Cache,
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
}

#[derive(Serialize)]
struct Cache {
    dir: Option<String>,
    writable: bool,
    trouble: Option<String>,
}

/// A broken configuration is part of the diagnosis, not the end of it.
pub(crate) fn run(
    args: &DoctorArgs,
    loaded: Result<Loaded, ConfigError>,
    screen: &Screen,
) -> anyhow::Result<Exit> {
    let healthy = loaded.is_ok();
    let diagnosis = diagnose(loaded);
    if args.json {
        screen::println(&serde_json::to_string_pretty(&diagnosis)?)?;
    } else {
        screen::print(lines(&diagnosis))?;
    }
    if healthy && !diagnosis.llm.set_up {
        screen.hint(
            "to connect a language model, set LMD_LLM_URL and LMD_LLM_MODEL, and LMD_LLM_KEY if it needs one",
        );
    }
    Ok(if healthy { Exit::Ok } else { Exit::Usage })
}

fn diagnose(loaded: Result<Loaded, ConfigError>) -> Diagnosis {
    let (config, set_up, files, error) = match loaded {
        Ok(loaded) => {
            let files = loaded.files.iter().map(|path| path.display().to_string()).collect();
            (loaded.config.clone(), planners::is_llm_set_up(&loaded), files, None)
        }
        Err(error) => (Config::default(), false, Vec::new(), Some(error.to_string())),
    };
    Diagnosis {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cpus: available_parallelism().map_or(1, usize::from),
        cpu_features: cpu_features(),
        config_files: files,
        config_error: error,
        model: diagnose_model(&config),
        llm: diagnose_llm(&config, set_up),
        cache: diagnose_cache(),
    }
}

/// Opens the model's files and the device; loads nothing.
fn diagnose_model(config: &Config) -> ModelState {
    let found = models::find(&config.model).and_then(|folder| Ok(folder.check()?));
    let device = lmd_nn::device(config.device);
    let trouble = [found.err().map(|e| e.to_string()), device.as_ref().err().map(ToString::to_string)];
    ModelState {
        name: config.model.clone(),
        device: device.map_or_else(|_| config.device.to_string(), |device| lmd_nn::device_name(&device)),
        store: models::store().ok().map(|folder| folder.display().to_string()),
        trouble: trouble.into_iter().flatten().next(),
    }
}

fn diagnose_llm(config: &Config, set_up: bool) -> Llm {
    let reached = set_up.then(|| connect(config.llm.address()));
    Llm {
        set_up,
        url: config.llm.address().to_owned(),
        model: config.llm.model.clone(),
        key_present: config.llm.key.is_some(),
        reachable: reached.as_ref().map(Result::is_ok),
        trouble: reached.and_then(Result::err),
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

fn diagnose_cache() -> Cache {
    let cache = match AnswerCache::open_default(CacheMode::ReadWrite) {
        Ok(cache) => cache,
        Err(error) => return Cache { dir: None, writable: false, trouble: Some(error.to_string()) },
    };
    let trouble = try_writing(cache.dir()).err().map(|error| error.to_string());
    Cache { dir: Some(cache.dir().display().to_string()), writable: trouble.is_none(), trouble }
}

fn try_writing(dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    tempfile::tempfile_in(dir).map(drop)
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
    let config = d.config_error.clone().unwrap_or_else(|| or_none(d.config_files.join(", ")));
    let drawing = d.model.trouble.as_ref().map_or_else(
        || format!("{} on {}", d.model.name, d.model.device),
        |trouble| format!("{}, not usable: {trouble}", d.model.name),
    );
    let model = match d.llm.reachable {
        None => "not set up".to_owned(),
        Some(_) => format!("{} at {}", d.llm.model, d.llm.url),
    };
    let reachable = match (d.llm.reachable, &d.llm.trouble) {
        (None, _) => "not tried".to_owned(),
        (Some(true), _) => "yes".to_owned(),
        (Some(false), trouble) => format!("no: {}", trouble.as_deref().unwrap_or_default()),
    };
    let cache = match (&d.cache.dir, &d.cache.trouble) {
        (Some(dir), None) => format!("{dir}, writable"),
        (dir, trouble) => format!(
            "{}, not writable: {}",
            dir.as_deref().unwrap_or("none"),
            trouble.as_deref().unwrap_or_default()
        ),
    };
    let rows = [
        ("lmd", d.version.to_owned()),
        ("system", format!("{}, {} CPUs", d.system, d.cpus)),
        ("CPU features", or_none(d.cpu_features.join(", "))),
        ("configuration", config),
        ("image model", drawing),
        ("models in", d.model.store.clone().unwrap_or_else(|| "no known place".to_owned())),
        ("language model", model),
        ("reachable", reachable),
        ("key", if d.llm.key_present { "present" } else { "none" }.to_owned()),
        ("cache", cache),
    ];
    rows.iter().map(|(name, value)| format!("{name:<15} {value}\n")).collect()
}
