//! [`ServeConfig`]: how the HTTP server behaves. The engine serves nothing; it keeps the settings, so that a server has
//! the same files, variables and flags as everything else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the log of the server is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogFormat {
    /// One line a person reads.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// How the HTTP server behaves (`lmd serve`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// The address to listen at: an IP address or `localhost`. Any but this machine's own needs an API key.
    pub host: String,
    /// The port to listen at; 0 for a free one, which is told.
    pub port: u16,
    /// Open the page in the browser.
    pub open: bool,
    /// The file with the API keys, one per line, readable by its owner alone; empty for none.
    pub api_key_file: String,
    /// Listen at an address of the network without an API key all the same.
    pub insecure: bool,
    /// Names by which the server may be reached besides `localhost` and IP addresses, for instance
    /// `pictures.example.org` behind a proxy.
    pub allowed_hosts: Vec<String>,
    /// Web sites (`https://example.org`) whose pages may use the API; none but the server's own by default.
    pub allowed_origins: Vec<String>,
    /// The folder that keeps jobs and pictures; empty for lmd's own below the user's data.
    pub data_dir: String,
    /// The folder whose `.safetensors` files are offered as LoRA adapters; empty for none.
    pub lora_dir: String,
    /// How many pictures are drawn at once; more than one per device is slower for each.
    pub jobs: usize,
    /// Most jobs that wait; more are refused with 429.
    pub max_queue: usize,
    /// Most unfinished jobs of one API key; more are refused with 429; 0 for no limit.
    pub max_per_key: usize,
    /// Most denoising steps of a picture.
    pub max_steps: usize,
    /// Most pixels of a picture.
    pub max_pixels: usize,
    /// Most pictures of one job.
    pub max_n: usize,
    /// Most bytes of a JSON request.
    pub max_body_bytes: usize,
    /// Days after which a picture is removed; 0 for never.
    pub keep_days: u32,
    /// Most MiB of pictures; the oldest are removed beyond them; 0 for no limit.
    pub keep_mib: u64,
    /// Least milliseconds between two previews of a picture.
    pub preview_ms: u64,
    /// How the log is written: `text` or `json`.
    pub log_format: LogFormat,
    /// Seconds a drawing may go on when the server is asked to end, before it is put back into the queue.
    pub shutdown_s: u64,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 7860,
            open: false,
            api_key_file: String::new(),
            insecure: false,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            data_dir: String::new(),
            lora_dir: String::new(),
            jobs: 1,
            max_queue: 64,
            max_per_key: 4,
            max_steps: 150,
            max_pixels: 2048 * 2048,
            max_n: 10,
            max_body_bytes: 2 << 20,
            keep_days: 0,
            keep_mib: 8192,
            preview_ms: 200,
            log_format: LogFormat::Text,
            shutdown_s: 25,
        }
    }
}

/// Ranges of the numbers: key, value, lowest, highest.
type Range = (&'static str, u64, u64, u64);

impl ServeConfig {
    /// What is wrong with the numbers: key, value and what is expected.
    pub(super) fn wrong_number(&self) -> Option<(&'static str, u64, String)> {
        let ranges: [Range; 10] = [
            ("serve.jobs", self.jobs as u64, 1, 16),
            ("serve.max_queue", self.max_queue as u64, 1, 10_000),
            ("serve.max_per_key", self.max_per_key as u64, 0, 10_000),
            ("serve.max_steps", self.max_steps as u64, 1, 1000),
            ("serve.max_pixels", self.max_pixels as u64, 64 * 64, 4096 * 4096),
            ("serve.max_n", self.max_n as u64, 1, 100),
            ("serve.max_body_bytes", self.max_body_bytes as u64, 64 << 10, 32 << 20),
            ("serve.keep_days", u64::from(self.keep_days), 0, 36_500),
            ("serve.keep_mib", self.keep_mib, 0, 1 << 30),
            ("serve.shutdown_s", self.shutdown_s, 0, 3600),
        ];
        let wrong = ranges.into_iter().find(|(_, value, low, high)| value < low || value > high)?;
        Some((wrong.0, wrong.1, format!("it must be {} to {}", wrong.2, wrong.3)))
    }
}
