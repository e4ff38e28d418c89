//! [`GgufModel`]: a GGUF file as a chat model of the planner.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use lmd_planner::llm::{
    Capabilities, ChatContext, ChatEvent, ChatModel, ChatReply, ChatRequest, FinishReason, LlmConfig,
    LlmError, Usage,
};

use crate::describe::Description;
use crate::gguf::{GgufError, Header};
use crate::runner::{Question, Runner, Said, Unsaid};
use crate::settings::GgufSettings;

/// How often whoever waits is told that it still goes on.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A language model in the process. It is loaded when it is first asked, and
/// shared by all that name the same file; one question is answered at a time.
pub struct GgufModel {
    path: PathBuf,
    name: String,
    settings: GgufSettings,
    timeout: f64,
    runner: OnceLock<Arc<Mutex<Runner>>>,
}

impl fmt::Debug for GgufModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GgufModel").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a loaded model is known by: its file, unchanged, with the same room.
type Key = (PathBuf, u64, Option<SystemTime>, u32);

/// The models in memory that somebody still uses.
static LOADED: LazyLock<Mutex<HashMap<Key, Weak<Mutex<Runner>>>>> = LazyLock::new(Mutex::default);

impl GgufModel {
    /// The model in the file that `config.model` names. Its header is read and
    /// checked; its weights wait for the first question.
    ///
    /// # Errors
    /// [`LlmError::Config`] when the file is no model that can be run, or a
    /// setting is wrong.
    pub fn new(config: &LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let settings = settings(config)?;
        let path = PathBuf::from(config.model.trim());
        let header = Header::open(&path).map_err(|error| unusable(&path, &error))?;
        Description::of_header(&header).map_err(|error| unusable(&path, &error))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{stem}#{}", fingerprint(&header));
        Ok(Self { path, name, settings, timeout: config.timeout_s, runner: OnceLock::new() })
    }

    fn runner(&self) -> Result<&Mutex<Runner>, LlmError> {
        if let Some(runner) = self.runner.get() {
            return Ok(runner);
        }
        let runner = loaded(&self.path, self.settings.num_ctx)?;
        Ok(self.runner.get_or_init(|| runner))
    }

    fn answer(&self, request: &ChatRequest, go_on: &dyn Fn() -> bool) -> Result<Said, Unsaid> {
        let structured = request.structured.as_ref();
        let question = Question {
            messages: structured.map_or(&request.messages, |structured| &structured.messages),
            schema: structured.map(|structured| &structured.schema),
            max_tokens: usize::try_from(request.limits.max_tokens).unwrap_or(usize::MAX),
            temperature: request.limits.temperature,
            seed: self.settings.seed,
        };
        let runner = self.runner().map_err(|error| Unsaid::Fault(error.to_string()))?;
        lock(runner).answer(&question, go_on)
    }

    fn failure(&self, unsaid: Unsaid, waited: Duration) -> LlmError {
        match unsaid {
            Unsaid::Stopped => LlmError::Timeout {
                url: self.path.display().to_string(),
                seconds: waited.as_secs_f64().round(),
            },
            Unsaid::TooLong { tokens, room } => LlmError::Config {
                setting: "options",
                why: format!(
                    "the question has {tokens} tokens and there is room for {room}, the answer included; raise `num_ctx`, or take a model made for more"
                ),
            },
            Unsaid::Fault(why) => LlmError::Local { model: self.path.display().to_string(), why },
        }
    }
}

impl ChatModel for GgufModel {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::chat(true)
    }

    fn complete(&self, request: &ChatRequest, context: &ChatContext<'_>) -> Result<ChatReply, LlmError> {
        // What is wrong with the file is told as such.
        self.runner()?;
        let began = Instant::now();
        let timeout = Duration::try_from_secs_f64(self.timeout).unwrap_or(Duration::ZERO);
        let until = context.at_most(timeout).map(|left| began + left);
        let told = Cell::new(began);
        let go_on = || {
            let now = Instant::now();
            if now.duration_since(told.get()) >= TELL_EVERY {
                told.set(now);
                context.tell(&ChatEvent::Waiting { seconds: now.duration_since(began).as_secs() });
            }
            until.is_some_and(|until| now < until) && !context.is_stopped()
        };
        let said = self.answer(request, &go_on).map_err(|unsaid| self.failure(unsaid, began.elapsed()))?;
        let mut reply = ChatReply::new(said.text);
        if said.is_cut {
            reply = reply.finished(FinishReason::Length);
        }
        reply.usage = Some(Usage {
            prompt_tokens: said.pace.asked as u64,
            completion_tokens: said.pace.answered as u64,
        });
        Ok(reply)
    }
}

/// The settings of the configuration's options, checked.
pub(crate) fn settings(config: &LlmConfig) -> Result<GgufSettings, LlmError> {
    let options = serde_json::Value::Object(config.options.clone().into_iter().collect());
    serde_json::from_value(options)
        .map_err(|error| LlmError::Config { setting: "options", why: error.to_string() })
}

/// The model of a file, from memory where it is there.
fn loaded(path: &Path, room: u32) -> Result<Arc<Mutex<Runner>>, LlmError> {
    let fault = |error: std::io::Error| unusable(path, &GgufError::Read(error));
    let meta = std::fs::metadata(path).map_err(fault)?;
    let full = path.canonicalize().map_err(fault)?;
    let key = (full, meta.len(), meta.modified().ok(), room);
    // Held while it loads: whoever comes meanwhile wants the same one.
    let mut all = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&key).and_then(Weak::upgrade) {
        return Ok(known);
    }
    let header = Header::open(path).map_err(|error| unusable(path, &error))?;
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    let runner = Runner::load(path, &header, room).map_err(|error| unusable(path, &error))?;
    let runner = Arc::new(Mutex::new(runner));
    all.retain(|_, kept| kept.strong_count() > 0);
    all.insert(key, Arc::downgrade(&runner));
    Ok(runner)
}

fn lock(runner: &Mutex<Runner>) -> MutexGuard<'_, Runner> {
    // What was read may be less than it believes; it forgets that by itself.
    runner.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unusable(path: &Path, error: &GgufError) -> LlmError {
    LlmError::Config { setting: "model", why: format!("{}: {error}", path.display()) }
}

/// A few letters that differ between files: of the header's every entry and tensor.
fn fingerprint(header: &Header) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&header.file_bytes().to_le_bytes());
    for (key, value) in header.metadata() {
        hasher.update(format!("{key}={value:?}\n").as_bytes());
    }
    for (name, tensor) in header.tensors() {
        hasher.update(format!("{name}={tensor:?}\n").as_bytes());
    }
    hasher.finalize().to_hex().chars().take(8).collect()
}
