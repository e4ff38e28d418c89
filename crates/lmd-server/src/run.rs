//! From settings to a server that runs until it is told to end.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use etcetera::BaseStrategy;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use lmd_engine::config::{Origin, ServeConfig};
use lmd_engine::{EngineError, Settings};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::app::{App, MOST_ASKING};
use crate::jobs::line::Line;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::painter::{EnginePainter, Painter};
use crate::pictures::Pictures;
use crate::planning::Planning;
use crate::store::{Store, StoreFault};
use crate::{front, jobs, openapi};

/// Time for the headers of a request to arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Most connections at once; more wait to be taken.
const MOST_CONNECTIONS: usize = 8192;
/// Most threads that wait for disks, plan and read pictures.
const BLOCKING_THREADS: usize = 64;
/// Time for a drawing to stop at its next evaluation, once it is asked to.
const STOPPING: Duration = Duration::from_secs(4);
/// Time for connections to end.
const CLOSING: Duration = Duration::from_secs(1);
/// How often pictures that were kept long enough are removed.
const TIDY_EVERY: Duration = Duration::from_secs(300);

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: std::net::TcpListener,
    /// Held while the server runs, so that no other uses its folder.
    _lock: fs::File,
}

impl Server {
    /// Opens the folder, the database and the port of these settings; drawing is done by the engine.
    ///
    /// # Errors
    /// [`EngineError`]: an address that needs a key, a folder that another server uses, a port that is taken.
    pub fn open(settings: Settings) -> Result<Self, EngineError> {
        let painter = Box::new(EnginePainter::new(&settings.config));
        Self::with_painter(settings, painter)
    }

    /// The same with somebody else who draws.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_painter(settings: Settings, painter: Box<dyn Painter>) -> Result<Self, EngineError> {
        refuse_foreign(&settings)?;
        let options = settings.config.serve.clone();
        let keys = match options.api_key_file.as_str() {
            "" => Keys::default(),
            file => Keys::read(Path::new(file))?,
        };
        let address = address(&options, keys.is_empty())?;
        let data = data_dir(&options)?;
        let lock = lock(&data)?;
        let failed = |source| EngineError::Read { path: data.clone(), source };
        let store = Store::open(&data.join("lmd.sqlite")).map_err(|error| opening(&error))?;
        let app = App {
            keys,
            pictures: Pictures::open(&data).map_err(failed)?,
            planning: Planning::open(&settings.config, &data)?,
            line: Line::new(options.max_queue, (options.max_per_key > 0).then_some(options.max_per_key)),
            painter,
            metrics: Metrics::new(),
            openapi: openapi::document_text().map_err(|error| EngineError::Internal(error.to_string()))?,
            asking: Semaphore::new(MOST_ASKING),
            checkpoint: Mutex::default(),
            ending: watch::Sender::new(false),
            store,
            options,
            settings,
        };
        let listener = std::net::TcpListener::bind(address).map_err(|error| {
            EngineError::Usage(format!("cannot listen at {address}: {error}; another --port may be free"))
        })?;
        Ok(Self { app: Arc::new(app), listener, _lock: lock })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr, EngineError> {
        self.listener.local_addr().map_err(|error| EngineError::Internal(error.to_string()))
    }

    /// Answers until a signal asks it to end (SIGTERM, Ctrl-C). A second signal ends the process with 130.
    ///
    /// # Errors
    /// When threads cannot be started or the port is lost.
    pub fn run(self) -> Result<(), EngineError> {
        self.run_until(signal())
    }

    /// Answers until a future is done.
    ///
    /// # Errors
    /// When threads cannot be started or the port is lost.
    pub fn run_until(self, end: impl Future<Output = ()>) -> Result<(), EngineError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("lmd-serve")
            .build()
            .map_err(|error| EngineError::Threads(error.to_string()))?;
        let ended = runtime.block_on(self.answer(end));
        // What still waits for a disk or a language model is not waited for.
        runtime.shutdown_background();
        ended
    }

    async fn answer(self, end: impl Future<Output = ()>) -> Result<(), EngineError> {
        let Self { app, listener, _lock } = self;
        let lost = |error: io::Error| EngineError::Internal(format!("the port was lost: {error}"));
        listener.set_nonblocking(true).map_err(lost)?;
        let listener = TcpListener::from_std(listener).map_err(lost)?;
        for id in app.store.requeue().map_err(|error| opening(&error))? {
            app.line.put(&id);
        }
        let workers = start_workers(&app)?;
        let tidying = tokio::spawn(tidy(Arc::clone(&app)));
        let graceful = GracefulShutdown::new();
        let ending = async {
            end.await;
            drain(&app, workers).await;
        };
        tokio::select! {
            () = accept(&listener, &app, &graceful) => {}
            () = ending => {}
        }
        drop(listener);
        tidying.abort();
        app.ending.send_replace(true);
        let closed = tokio::time::timeout(CLOSING, graceful.shutdown()).await;
        tracing::info!(all_closed = closed.is_ok(), "ended");
        Ok(())
    }
}

fn opening(error: &StoreFault) -> EngineError {
    EngineError::Usage(format!("cannot open {error}"))
}

/// Takes connections for ever.
async fn accept(listener: &TcpListener, app: &Arc<App>, graceful: &GracefulShutdown) {
    let service = TowerToHyperService::new(front::service(app));
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, for instance: it passes.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Without it small answers wait for one another.
        let _ = stream.set_nodelay(true);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            // That somebody went away is nothing to be told.
            let _ = connection.await;
            drop(place);
        });
    }
}

/// Starts the threads that draw.
fn start_workers(app: &Arc<App>) -> Result<Vec<JoinHandle<()>>, EngineError> {
    let start = |number: usize| {
        let app = Arc::clone(app);
        let thread = std::thread::Builder::new().name(format!("lmd-draw-{number}"));
        thread
            .spawn(move || jobs::worker::work(&app))
            .map_err(|error| EngineError::Threads(error.to_string()))
    };
    (0..app.options.jobs).map(start).collect()
}

/// Lets what is drawn be finished, within its time; then stops it, to be drawn again when the server starts.
async fn drain(app: &App, workers: Vec<JoinHandle<()>>) {
    tracing::info!(seconds = app.options.shutdown_s, "shutting down: what is drawn now may be finished");
    app.line.end();
    let over = |limit: Duration| {
        let (workers, begun) = (&workers, Instant::now());
        async move {
            while !workers.iter().all(JoinHandle::is_finished) {
                if begun.elapsed() >= limit {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            true
        }
    };
    if !over(Duration::from_secs(app.options.shutdown_s)).await {
        app.line.stop_running();
        if !over(STOPPING).await {
            tracing::warn!("a drawing did not stop in time; it will be drawn again");
        }
    }
}

async fn tidy(app: Arc<App>) {
    let mut often = tokio::time::interval(TIDY_EVERY);
    loop {
        often.tick().await;
        if let Err(error) = app.blocking(|app| Ok(app.tidy()?)).await {
            tracing::warn!(?error, "old pictures could not be removed");
        }
    }
}

/// Done at the first signal that asks the program to end; the second ends it at once.
async fn signal() {
    wait_for_signal().await;
    tokio::spawn(async {
        wait_for_signal().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Settings that say who may reach the server and what it writes where. A project's file may be somebody else's, so it has no
/// say in them.
const OWN: [&str; 6] = [
    "serve.host",
    "serve.insecure",
    "serve.allowed_hosts",
    "serve.allowed_origins",
    "serve.api_key_file",
    "serve.data_dir",
];

fn refuse_foreign(settings: &Settings) -> Result<(), EngineError> {
    let foreign = |key: &&'static str| {
        settings.layers.get(key).is_some_and(|setting| matches!(setting.origin, Origin::Project(_)))
    };
    match OWN.into_iter().find(foreign) {
        None => Ok(()),
        Some(key) => Err(EngineError::Usage(format!(
            "{key} is set by the lmd.toml of this folder, which may be somebody else's; set it in your own file, by a variable or by a flag"
        ))),
    }
}

/// Where to listen. Other machines reach only a server that has keys, or that was told to be reckless.
fn address(options: &ServeConfig, no_keys: bool) -> Result<SocketAddr, EngineError> {
    let host = options.host.trim();
    let ip = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        other => other.trim_start_matches('[').trim_end_matches(']').parse().map_err(|_| {
            let shown: String = lmd_layout::clean_text(other).chars().take(80).collect();
            EngineError::Usage(format!(
                "serve.host is \"{shown}\"; expected an IP address or localhost (--host)"
            ))
        })?,
    };
    if !ip.is_loopback() && no_keys && !options.insecure {
        return Err(EngineError::Usage(format!(
            "at {ip} anybody in the network could use this server; give --api-key-file, or --insecure if that is meant"
        )));
    }
    Ok(SocketAddr::new(ip, options.port))
}

/// The folder of jobs and pictures, made for its owner alone.
fn data_dir(options: &ServeConfig) -> Result<PathBuf, EngineError> {
    let folder = match options.data_dir.trim() {
        "" => {
            let none = |_| {
                EngineError::Usage("there is no home folder; say where pictures go (--data-dir)".to_owned())
            };
            etcetera::choose_base_strategy().map_err(none)?.data_dir().join("lmd").join("serve")
        }
        named => PathBuf::from(named),
    };
    let failed = |source| EngineError::Read { path: folder.clone(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(&folder).map_err(failed)?;
    Ok(folder)
}

/// The folder's lock: two servers of one folder would draw every job twice.
fn lock(data: &Path) -> Result<fs::File, EngineError> {
    let path = data.join("lock");
    let file = fs::File::create(&path).map_err(|source| EngineError::Read { path: path.clone(), source })?;
    file.try_lock().map_err(|_| {
        EngineError::Usage(format!("another server uses {}; give it another --data-dir", data.display()))
    })?;
    Ok(file)
}
