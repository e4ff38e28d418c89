//! Numbers for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::store::Status;

/// What a request was.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// The route, not the address: identifiers would make numbers without end.
    route: String,
    method: String,
    status: u16,
}

/// How a job ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    status: String,
}

/// All numbers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    jobs: Family<JobLabels, Counter>,
    job_seconds: Histogram,
    /// Pictures drawn.
    pub(crate) pictures: Counter,
    /// Jobs refused because the queue was full.
    pub(crate) refused: Counter,
    /// Jobs that panicked.
    pub(crate) panics: Counter,
    /// Open event streams.
    pub(crate) streams: Gauge,
    waiting: Gauge,
    running: Gauge,
    /// Milliseconds of the last completed job, for guesses.
    last_job_ms: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
        let slow = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
        let mut metrics = Self {
            registry: Registry::with_prefix("lmd"),
            requests: Family::default(),
            seconds: Histogram::new(quick),
            jobs: Family::default(),
            job_seconds: Histogram::new(slow),
            pictures: Counter::default(),
            refused: Counter::default(),
            panics: Counter::default(),
            streams: Gauge::default(),
            waiting: Gauge::default(),
            running: Gauge::default(),
            last_job_ms: AtomicU64::new(0),
        };
        let registry = &mut metrics.registry;
        registry.register("http_requests", "Requests by route, method and status", metrics.requests.clone());
        registry.register("http_request_seconds", "Seconds until an answer began", metrics.seconds.clone());
        registry.register("jobs", "Jobs that ended, by how", metrics.jobs.clone());
        registry.register("job_seconds", "Seconds a job was drawn", metrics.job_seconds.clone());
        registry.register("pictures", "Pictures drawn", metrics.pictures.clone());
        registry.register("jobs_refused", "Jobs refused because the queue was full", metrics.refused.clone());
        registry.register("job_panics", "Jobs that panicked", metrics.panics.clone());
        registry.register("event_streams", "Open event streams", metrics.streams.clone());
        registry.register("jobs_waiting", "Jobs that wait", metrics.waiting.clone());
        registry.register("jobs_running", "Jobs that are drawn", metrics.running.clone());
        metrics
    }

    /// Counts a request.
    pub(crate) fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = RequestLabels { route: route.to_owned(), method: method.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts a job that ended.
    pub(crate) fn job_over(&self, status: Status, took: Duration) {
        self.jobs.get_or_create(&JobLabels { status: status.name().to_owned() }).inc();
        if status == Status::Completed {
            self.job_seconds.observe(took.as_secs_f64());
            self.last_job_ms.store(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Seconds that a job takes, by the last one.
    pub(crate) fn typical_job_seconds(&self) -> u64 {
        self.last_job_ms.load(Ordering::Relaxed).div_ceil(1000)
    }

    /// All numbers as text, with the lengths of the line.
    pub(crate) fn text(&self, (waiting, running): (usize, usize)) -> Result<String, std::fmt::Error> {
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.running.set(i64::try_from(running).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
