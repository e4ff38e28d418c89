//! The flags of `lmd serve`.

use clap::Args;
use lmd_engine::Override;

use super::flag::{DEVICES, PRESETS, set};
use super::planning::Planning;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd serve --open
  lmd serve --port 8080 --model ~/models/stable-diffusion-v1-5
  openssl rand -hex 32 > keys && chmod 600 keys && lmd serve --host 0.0.0.0 --api-key-file keys
  curl http://127.0.0.1:7860/api/v1/layouts -H 'Content-Type: application/json' \\
       -d '{\"prompt\": \"a red ball to the left of a blue cube\"}'

The page is at /, the API is described at /docs and in docs/serve.md; OpenAI's image API is at
/v1/images/generations, that of AUTOMATIC1111's web UI at /sdapi/v1. Jobs and pictures are kept
below the user's data folder (~/.local/share/lmd/serve); --data-dir, or data_dir below [serve] in
lmd.toml, names another. Every flag here is a setting below [serve], too: `lmd config show`.")]
pub(crate) struct ServeArgs {
    /// Open the page in the browser
    #[arg(long)]
    pub(crate) open: bool,
    /// The address to listen at: an IP address or localhost; any but this machine's own needs a key [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<String>,
    /// The port to listen at; 0 for a free one [default: 7860]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) port: Option<u16>,
    /// The file with the API keys, one per line, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<String>,
    /// Listen at an address of the network without a key all the same
    #[arg(long)]
    pub(crate) insecure: bool,
    /// A name by which the server may be reached, behind a proxy for instance; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// A web site whose pages may use the API, as https://example.org; may be given several times
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// The folder that keeps jobs and pictures
    #[arg(long, visible_alias = "data", value_name = "FOLDER")]
    pub(crate) data_dir: Option<String>,
    /// The folder whose .safetensors files are offered as LoRA adapters
    #[arg(long, value_name = "FOLDER")]
    pub(crate) lora_dir: Option<String>,
    /// How many pictures are drawn at once [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) jobs: Option<usize>,
    /// Most jobs that wait; more are refused [default: 64]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_queue: Option<usize>,
    /// Most unfinished jobs of one API key, 0 for no limit [default: 4]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_per_key: Option<usize>,
    /// Most denoising steps of a picture [default: 150]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_steps: Option<usize>,
    /// Most pictures of one job [default: 10]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_n: Option<usize>,
    /// How the log is written [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
    pub(crate) log_format: Option<String>,
    /// The model that draws unless a request names another [default: bundled]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Where the networks run [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = DEVICES)]
    pub(crate) device: Option<String>,
    /// Number format of the weights; f16 and bf16 are for GPUs [default: f32]
    #[arg(long, value_name = "FORMAT", value_parser = ["f32", "f16", "bf16"])]
    pub(crate) dtype: Option<String>,
    /// The set of settings that requests start from [default: balanced]
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    pub(crate) preset: Option<String>,
    #[command(flatten)]
    pub(crate) planning: Planning,
}

impl ServeArgs {
    /// The configuration keys these flags set.
    pub(crate) fn flags(&self) -> Vec<Override> {
        // A list of texts is written as TOML writes it, so that no text is taken apart.
        let list = |values: &[String]| {
            let texts = values.iter().map(|value| toml::Value::from(value.as_str())).collect();
            (!values.is_empty()).then(|| toml::Value::Array(texts).to_string())
        };
        let flags = [
            set("--preset", "preset", self.preset.as_deref()),
            set("--model", "model", self.model.as_deref()),
            set("--device", "device", self.device.as_deref()),
            set("--dtype", "dtype", self.dtype.as_deref()),
            set("--open", "serve.open", self.open.then_some(true)),
            set("--host", "serve.host", self.host.as_deref()),
            set("--port", "serve.port", self.port),
            set("--api-key-file", "serve.api_key_file", self.api_key_file.as_deref()),
            set("--insecure", "serve.insecure", self.insecure.then_some(true)),
            set("--allow-host", "serve.allowed_hosts", list(&self.allow_host)),
            set("--allow-origin", "serve.allowed_origins", list(&self.allow_origin)),
            set("--data-dir", "serve.data_dir", self.data_dir.as_deref()),
            set("--lora-dir", "serve.lora_dir", self.lora_dir.as_deref()),
            set("--jobs", "serve.jobs", self.jobs),
            set("--max-queue", "serve.max_queue", self.max_queue),
            set("--max-per-key", "serve.max_per_key", self.max_per_key),
            set("--max-steps", "serve.max_steps", self.max_steps),
            set("--max-n", "serve.max_n", self.max_n),
            set("--log-format", "serve.log_format", self.log_format.as_deref()),
        ];
        flags.into_iter().flatten().chain(self.planning.flags()).collect()
    }
}
