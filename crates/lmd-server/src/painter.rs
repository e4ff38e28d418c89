//! [`Painter`]: who draws. The server draws with the engine; tests put something quicker in its place.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use lmd_engine::{
    Adapter, CancelToken, Config, DrawConfig, DrawOptions, Engine, EngineError, Heatmap, Notice, Observer,
    Part, Prepared, Progress, Rgb, Seeds, Subject, Wants,
};

/// One picture that is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Commission<'a> {
    /// The model's name: `bundled`, an imported one, or the configured one.
    pub model: &'a str,
    /// The method and its settings.
    pub config: &'a DrawConfig,
    /// What it shows.
    pub subject: &'a Subject,
    /// Its seeds.
    pub seeds: Seeds,
    /// The adapters to add to the model, in their order.
    pub adapters: &'a [Adapter],
    /// Whether heat maps are made.
    pub heatmaps: bool,
}

/// How far a picture is.
pub struct Glance<'a> {
    /// The part that is under way.
    pub part: Part,
    /// The step of it, from 0.
    pub step: usize,
    /// Steps of it.
    pub steps: usize,
    /// The last energy that was measured.
    pub energy: Option<f64>,
    /// Work done, in units of `total`.
    pub done: u64,
    /// All work.
    pub total: u64,
    /// The picture as it is foreseen now; making it takes time.
    pub preview: &'a dyn Fn() -> Option<Rgb>,
}

impl std::fmt::Debug for Glance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance").field("part", &self.part).field("step", &self.step).finish_non_exhaustive()
    }
}

/// A drawn picture.
#[derive(Clone, Debug)]
pub struct Painting {
    /// The file's bytes.
    pub png: Vec<u8>,
    /// Its pixels.
    pub pixels: Rgb,
    /// What a person should know about it.
    pub notices: Vec<Notice>,
    /// Where the network looked for each object, where that was wanted.
    pub heatmaps: Vec<Heatmap>,
}

/// Is told how far a picture is, and says whether to go on. Called before every evaluation of the network.
pub type Watch<'a> = &'a mut dyn FnMut(&Glance<'_>) -> ControlFlow<()>;

/// Who draws.
pub trait Painter: Send + Sync + 'static {
    /// Looks for everything a picture needs, before it is queued.
    ///
    /// # Errors
    /// [`EngineError`], as drawing would tell it.
    fn check(
        &self,
        model: &str,
        config: &DrawConfig,
        adapters: &[Adapter],
    ) -> Result<Vec<Notice>, EngineError>;

    /// Draws one picture.
    ///
    /// # Errors
    /// [`EngineError`]; [`EngineError::Cancelled`] when `cancel` was thrown or `watch` said so.
    fn paint(
        &self,
        what: &Commission<'_>,
        cancel: &CancelToken,
        watch: Watch<'_>,
    ) -> Result<Painting, EngineError>;

    /// Forgets what may be broken after a panic.
    fn recover(&self) {}
}

/// Draws with the engine. It keeps the model of the last picture.
#[derive(Debug)]
pub(crate) struct EnginePainter {
    config: Config,
    current: Mutex<Option<(String, Arc<Engine>)>>,
}

impl EnginePainter {
    pub(crate) fn new(config: &Config) -> Self {
        Self { config: config.clone(), current: Mutex::default() }
    }

    /// The engine that draws with a model.
    fn engine(&self, model: &str) -> Result<Arc<Engine>, EngineError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, engine)) = current.as_ref().filter(|(name, _)| name == model) {
            return Ok(Arc::clone(engine));
        }
        let engine = self.open(model)?;
        *current = Some((model.to_owned(), Arc::clone(&engine)));
        Ok(engine)
    }

    fn open(&self, model: &str) -> Result<Arc<Engine>, EngineError> {
        // Where the configuration names a path, the model goes by its public name.
        let own = model == crate::models::public_name(&self.config.model);
        let model = if own { self.config.model.clone() } else { model.to_owned() };
        Engine::open(&Config { model, ..self.config.clone() }).map(Arc::new)
    }

    fn prepare(
        engine: &Engine,
        config: &DrawConfig,
        adapters: &[Adapter],
        attention: bool,
    ) -> Result<Prepared, EngineError> {
        let mut options = DrawOptions::new(config.clone());
        options.adapters = adapters.to_vec();
        options.wants = Wants { attention, ..Wants::default() };
        engine.prepare(&options)
    }
}

impl Painter for EnginePainter {
    fn check(
        &self,
        model: &str,
        config: &DrawConfig,
        adapters: &[Adapter],
    ) -> Result<Vec<Notice>, EngineError> {
        // A check must not throw out the model that draws.
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let engine = match current.filter(|(name, _)| name == model) {
            Some((_, engine)) => engine,
            None => self.open(model)?,
        };
        Ok(Self::prepare(&engine, config, adapters, false)?.notices().to_vec())
    }

    fn paint(
        &self,
        what: &Commission<'_>,
        cancel: &CancelToken,
        watch: Watch<'_>,
    ) -> Result<Painting, EngineError> {
        let engine = self.engine(what.model)?;
        let ready = Self::prepare(&engine, what.config, what.adapters, what.heatmaps)?;
        let mut observer = Eye { cancel, watch };
        let picture = engine.draw(&ready, what.subject, what.seeds, &mut observer)?;
        let heatmaps = lmd_engine::heatmaps(&picture);
        Ok(Painting { png: picture.png, pixels: picture.pixels, notices: picture.notices, heatmaps })
    }

    fn recover(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Looks at the engine's progress for a watch.
struct Eye<'a> {
    cancel: &'a CancelToken,
    watch: Watch<'a>,
}

impl Observer for Eye<'_> {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.cancel.flow()?;
        (self.watch)(&Glance {
            part: progress.part,
            step: progress.step,
            steps: progress.steps,
            energy: progress.energy,
            done: progress.done,
            total: progress.total,
            // Only after a step is there one.
            preview: &|| progress.preview(),
        })
    }

    fn goes_on(&mut self) -> ControlFlow<()> {
        self.cancel.flow()
    }
}
