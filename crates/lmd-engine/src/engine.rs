//! [`Engine`]: what every front calls.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use lmd_layout::{Layout, check_layout};
use lmd_nn::{Device, LoadOptions, ModelFolder};
use lmd_planner::llm::ChatEvent;
use lmd_planner::{Plan, Planner, Source};

use crate::brush::{Brush, Painted};
use crate::config::{BUNDLED, Config};
use crate::error::EngineError;
use crate::job::{DrawOptions, Picture, Subject};
use crate::models::{self, ModelCard, Verified};
use crate::notice::Notice;
use crate::observer::{Observer, Silent};
use crate::picture::{Noted, encode, side_by_side};
use crate::planners::{self, Choice, Events};
use crate::prepared::{Prepared, Wanted};
use crate::stable;
use crate::stage2::{Looks, Model, Recipe, SAM_FILES, Seeds, Wants, Words};
use crate::store::{self, ModelStore, Parcel, StoreError};
use crate::{adapters, looks, memory, segmenter, threads, words};

/// Plans layouts and draws them, as one configuration says. It may be shared
/// by threads; the model it draws with is loaded once and kept.
pub struct Engine {
    config: Config,
    store: ModelStore,
    planner: OnceLock<Choice>,
    events: Option<Events>,
    /// The model drawn with last.
    loaded: Mutex<Loaded>,
}

/// A plan and what a person should know about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Planned {
    /// The layout and where it comes from.
    pub plan: Plan,
    /// The planner's warnings.
    pub notices: Vec<Notice>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for a configuration. Nothing is loaded and nobody is asked yet.
    ///
    /// # Errors
    /// [`EngineError::Config`] for a configuration that [`crate::Settings`] did
    /// not check and that is wrong.
    pub fn open(config: &Config) -> Result<Self, EngineError> {
        config.check()?;
        let store = ModelStore::of(config);
        Ok(Self {
            config: config.clone(),
            store,
            planner: OnceLock::new(),
            events: None,
            loaded: Mutex::default(),
        })
    }

    /// The same engine, telling `observer` of waits and repetitions while a
    /// language model is asked.
    #[must_use]
    pub fn with_chat_observer(self, observer: impl Fn(&ChatEvent) + Send + Sync + 'static) -> Self {
        Self { events: Some(Arc::new(observer)), planner: OnceLock::new(), ..self }
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The models there are.
    #[must_use]
    pub fn models(&self) -> &ModelStore {
        &self.store
    }

    /// The planner of the configuration, and what a person should know about
    /// the choice.
    ///
    /// # Errors
    /// When a language model is to be asked and its settings are wrong.
    pub fn planner(&self) -> Result<(&dyn Planner, &[Notice]), EngineError> {
        let (planner, notices) = match self.planner.get() {
            Some(known) => known,
            None => {
                let chosen = planners::choose(&self.config, self.events.as_ref())?;
                self.planner.get_or_init(|| chosen)
            }
        };
        Ok((&**planner, notices))
    }

    /// A layout for a sentence; of the offline planner, for a model that says how its things look, in these shapes and sizes.
    ///
    /// # Errors
    /// [`EngineError::Plan`].
    pub fn plan(&self, prompt: &str) -> Result<Planned, EngineError> {
        Ok(self.fitted(prompt, self.planner()?.0.plan(prompt)?))
    }

    /// A new layout in the shapes and sizes of the model's things, where all that the sentence says still holds. The boxes of
    /// a language model are what somebody said, and stay.
    pub(crate) fn fitted(&self, prompt: &str, mut plan: Plan) -> Planned {
        if plan.source == Source::Offline {
            let (looks, words) = self.looks();
            plan = looks::refitted(&looks, &words, prompt, plan);
        }
        Planned::from(plan)
    }

    /// How the things of the model look, as far as it says so. A layout can be planned for a model that is not there
    /// yet; drawing tells that it is missing.
    pub(crate) fn looks(&self) -> (Looks, Words) {
        let hints = models::hints(&self.config, &self.config.model).unwrap_or_default();
        (hints.looks.unwrap_or_default(), hints.words.unwrap_or_default())
    }

    /// Looks for everything that drawing needs, so that what is wrong with it
    /// is told before a language model is paid for a layout.
    ///
    /// # Errors
    /// [`EngineError`]: settings, model, device, adapters or memory are not as
    /// they should be.
    pub fn prepare(&self, options: &DrawOptions) -> Result<Prepared, EngineError> {
        let config = &self.config;
        Config { draw: options.config.clone(), ..config.clone() }.check()?;
        if options.side_by_side && stable::is_plain(&options.config) {
            return Err(EngineError::Usage(
                "side by side draws plain anyway; give the other --method, for instance lmd".to_owned(),
            ));
        }
        let device = self.device()?;
        let folder = self.store.find(&config.model)?;
        let mut notices: Vec<Notice> = self.start()?.into_iter().collect();
        if config.model == BUNDLED {
            notices.push(Notice::DemoModel { native_size: stable::native_size(&folder)? });
        }
        let (sam, sam_bytes) = segmenter::wanted(config, &options.config, &device)?.unzip();
        let wanted = Wanted {
            sam,
            model: config.model.clone(),
            dtype: config.dtype,
            device: config.device,
            adapters: options.adapters.clone(),
            gligen: stable::uses_gligen(&options.config),
        };
        let adapters = adapters::open(&options.adapters)?;
        let doubts = folder.warnings(config.prediction_type)?.into_iter().chain(adapters.warnings());
        notices.extend(doubts.map(|doubt| Notice::Model { warning: doubt.to_string() }));
        let (weights, sam_bytes) =
            (folder.weight_bytes(config.dtype, wanted.gligen)?, sam_bytes.unwrap_or_default());
        let needed = stable::memory(&options.config, &folder, weights, config.dtype)?;
        let (weights, needed) = (weights.saturating_add(sam_bytes), needed.saturating_add(sam_bytes));
        let what = format!("drawing with {}", folder.name());
        notices.extend(memory::compare(&what, weights, needed, memory::available())?);
        Ok(Prepared { options: options.clone(), wanted, folder, device, adapters, notices })
    }

    /// Starts the threads that compute. [`Self::prepare`] does it and tells what a person should know; who calls
    /// [`Self::card`], [`Self::verify`] or [`Self::import`] and wants to know it calls this first.
    ///
    /// # Errors
    /// [`EngineError::Threads`] when not even one can be started.
    pub fn start(&self) -> Result<Option<Notice>, EngineError> {
        threads::start(self.config.threads)
    }

    /// What is doubtful about a layout that is to be drawn.
    #[must_use]
    pub fn layout_doubts(layout: &Layout) -> Vec<Notice> {
        check_layout(layout).iter().map(|doubt| Notice::Layout { warning: doubt.to_string() }).collect()
    }

    /// Draws one picture.
    ///
    /// # Errors
    /// [`EngineError::Load`], [`EngineError::Draw`]; [`EngineError::Cancelled`]
    /// when the observer says so.
    pub fn draw(
        &self,
        ready: &Prepared,
        subject: &Subject,
        seeds: Seeds,
        observer: &mut dyn Observer,
    ) -> Result<Picture, EngineError> {
        let model = self.model(ready, observer)?;
        let start = Instant::now();
        let options = &ready.options;
        let total = ready.work(subject.layout.objects().len());
        let mut brush = Brush::new(&model, subject, seeds, observer, total);
        let beside = match options.side_by_side {
            true => Some(brush.draw(&stable::plain(&options.config), Wants::default())?),
            false => None,
        };
        let Painted { mut pixels, mut recipe, mut notices, recording } =
            brush.draw(&options.config, options.wants)?;
        notices.extend(shown_by_loading(&model, ready));
        recipe.planner.clone_from(&subject.planner);
        let has_plain = beside.is_some();
        if let Some(plain) = beside {
            pixels = side_by_side(&plain.pixels, &pixels);
            let more: Vec<_> = plain.notices.into_iter().filter(|notice| !notices.contains(notice)).collect();
            notices.extend(more);
        }
        let noted = Noted { side_by_side: has_plain, ..Noted::new(recipe) };
        let png = encode(&pixels, options.metadata.then_some(&noted)).map_err(EngineError::Encode)?;
        let seconds = start.elapsed().as_secs_f64();
        Ok(Picture { png, pixels, recipe: noted.recipe, seconds, notices, recording })
    }

    /// What is doubtful about drawing a subject in this way: its layout, and
    /// what the networks say about prompts, sizes and settings. Loads the model.
    ///
    /// # Errors
    /// When the model cannot be loaded, or it cannot draw by these settings.
    pub fn doubts(&self, ready: &Prepared, subject: &Subject) -> Result<Vec<Notice>, EngineError> {
        let model = self.model(ready, &mut Silent)?;
        let about = (&subject.layout, subject.prompt.as_str());
        let doubts = stable::doubts(&model, about, Seeds::of(0), &ready.options.config);
        let mut notices: Vec<Notice> = shown_by_loading(&model, ready).collect();
        let doubts = doubts.map_err(EngineError::Draw)?;
        notices.extend(doubts.into_iter().map(|warning| Notice::Drawing { warning }));
        let words = model.hints.words.as_ref();
        notices.extend(words.and_then(|words| words::notice(ready.folder.name(), words, &subject.layout)));
        Ok(notices)
    }

    /// Whether a picture's recipe was drawn with the very weights that draw
    /// now, and with the prediction that is said now; notices where it was not. Loads the model, which drawing uses
    /// again. Adapters are not compared.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    pub fn compare(&self, ready: &Prepared, recipe: &Recipe) -> Result<Vec<Notice>, EngineError> {
        let model = self.model(ready, &mut Silent)?;
        let now = model.digests.iter().filter(|(file, _)| !adapters::is_adapter(file));
        let then: BTreeMap<&String, &String> =
            recipe.weights.iter().map(|(file, digest)| (file, digest)).collect();
        // What both have must be alike, and something must be had by both.
        let shared = now.filter_map(|(file, digest)| Some((file, digest == *then.get(file)?)));
        let (sam, own): (Vec<_>, Vec<_>) = shared.partition(|(file, _)| file.starts_with(SAM_FILES));
        let alike = |files: &[(&String, bool)]| files.iter().all(|(_, same)| *same);
        let weights = match (!own.is_empty() && alike(&own), alike(&sam)) {
            _ if then.is_empty() => None,
            (false, _) => {
                Some(Notice::OtherModel { recipe: recipe.model.clone(), now: ready.folder.name().to_owned() })
            }
            (true, false) => Some(Notice::OtherSegmenter),
            (true, true) => None,
        };
        let (before, said) = (recipe.prediction_type, self.config.prediction_type);
        let prediction = (before != said).then_some(Notice::OtherPrediction { recipe: before, now: said });
        Ok(weights.into_iter().chain(prediction).collect())
    }

    /// What a model is.
    ///
    /// # Errors
    /// When there is none of this name or it cannot be loaded.
    pub fn card(&self, name: &str) -> Result<ModelCard, EngineError> {
        Ok(ModelCard::of(&self.load_whole(&self.store.find(name)?)?))
    }

    /// Loads every network of a model and compares its digests with those that
    /// were noted when it was imported.
    ///
    /// # Errors
    /// When there is none of this name, it cannot be loaded, or it changed.
    pub fn verify(&self, name: &str) -> Result<Verified, EngineError> {
        let model = self.load_whole(&self.store.find(name)?)?;
        let Some(noted) = self.store.noted_digests(name)? else { return Ok(Verified::Loaded) };
        let now: BTreeMap<String, String> = model.digests.iter().cloned().collect();
        match noted.iter().find(|(file, digest)| now.get(*file) != Some(digest)) {
            Some((file, _)) => Err(StoreError::Changed { model: name.to_owned(), file: file.clone() }.into()),
            None => Ok(Verified::Unchanged),
        }
    }

    /// Checks a model by loading it, and keeps a copy of it under a name; by
    /// default its own. Says where.
    ///
    /// # Errors
    /// When it cannot be loaded, the name is taken or the copy cannot be made;
    /// nothing is left behind then.
    pub fn import(
        &self,
        path: &Path,
        name: Option<&str>,
        observer: &mut dyn Observer,
    ) -> Result<PathBuf, EngineError> {
        if path.symlink_metadata().is_err() {
            return Err(EngineError::Usage(format!("there is no {}", path.display())));
        }
        let folder = store::open(path)?;
        let name = name.unwrap_or(folder.name()).to_owned();
        self.store.place(&name)?;
        let digests: BTreeMap<String, String> = self.load_whole(&folder)?.digests.into_iter().collect();
        go_on(observer)?;
        let parcel = Parcel::pack(&folder)?;
        self.store.keep(&name, &parcel, &digests, &mut || observer.goes_on())
    }

    /// The device of the configuration, which must be able to compute in its
    /// number format.
    pub(crate) fn device(&self) -> Result<Device, EngineError> {
        let device = lmd_nn::device(self.config.device)?;
        let refused = |error| EngineError::Usage(format!("{error} (LMD_DTYPE, dtype in lmd.toml)"));
        self.config.dtype.check(&device).map_err(refused)?;
        Ok(device)
    }

    /// All networks of a model.
    fn load_whole(&self, folder: &ModelFolder) -> Result<Model, EngineError> {
        let device = self.device()?;
        self.start()?;
        self.load(folder, LoadOptions { gligen: true, ..LoadOptions::new(&device) })
    }

    /// Networks in the number format of the configuration.
    fn load(&self, folder: &ModelFolder, options: LoadOptions) -> Result<Model, EngineError> {
        let (precision, prediction_type) = (self.config.dtype, self.config.prediction_type);
        let options = LoadOptions { precision, prediction_type, ..options };
        let model = folder.name().to_owned();
        stable::load(folder, &options).map_err(|source| EngineError::Load { model, source })
    }

    /// The model that is wanted: the one in memory, or loaded now.
    fn model(&self, ready: &Prepared, observer: &mut dyn Observer) -> Result<Arc<Model>, EngineError> {
        if rayon::current_thread_index().is_some() {
            // A thread of the pool that waits takes up other work, which may be another drawing: it must hold no lock.
            if let Some(model) = known(&self.loaded(), ready) {
                return Ok(model);
            }
            let model = self.load_wanted(ready, observer)?;
            *self.loaded() = Some((ready.wanted.clone(), Arc::clone(&model)));
            return Ok(model);
        }
        // Elsewhere the lock keeps two threads from loading one model twice.
        let mut loaded = self.loaded();
        if let Some(model) = known(&loaded, ready) {
            return Ok(model);
        }
        // Two models need not fit into memory together.
        *loaded = None;
        let model = self.load_wanted(ready, observer)?;
        *loaded = Some((ready.wanted.clone(), Arc::clone(&model)));
        Ok(model)
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        // A load that panicked left nothing in its place.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load_wanted(&self, ready: &Prepared, observer: &mut dyn Observer) -> Result<Arc<Model>, EngineError> {
        go_on(observer)?;
        let (adapters, gligen) = (ready.adapters.clone(), ready.wanted.gligen);
        let options = LoadOptions { adapters, gligen, ..LoadOptions::new(&ready.device) };
        let model = self.load(&ready.folder, options)?;
        Ok(Arc::new(match &ready.wanted.sam {
            Some(folder) => model.with_sam(folder.open(&LoadOptions::new(&ready.device))?),
            None => model,
        }))
    }
}

/// The model drawn with last, and what decided it.
type Loaded = Option<(Wanted, Arc<Model>)>;

/// The model in memory, if it is the one that is wanted.
fn known(loaded: &Loaded, ready: &Prepared) -> Option<Arc<Model>> {
    loaded.as_ref().filter(|(wanted, _)| *wanted == ready.wanted).map(|(_, model)| Arc::clone(model))
}

/// What is doubtful about a model and only showed when its networks were loaded.
fn shown_by_loading(model: &Model, ready: &Prepared) -> impl Iterator<Item = Notice> {
    let doubts = model.warnings.iter().map(|doubt| Notice::Model { warning: doubt.to_string() });
    doubts.filter(|notice| !ready.notices.contains(notice))
}

impl From<Plan> for Planned {
    fn from(plan: Plan) -> Self {
        let notices = plan.warnings.iter().map(|warning| Notice::Plan { warning: warning.to_string() });
        Self { notices: notices.collect(), plan }
    }
}

fn go_on(observer: &mut dyn Observer) -> Result<(), EngineError> {
    match observer.goes_on() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage2::DrawConfig;
    use lmd_nn::{Accelerator, Precision};

    #[test]
    fn engines_are_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Engine>();
        shared::<EngineError>();
        shared::<Prepared>();
    }

    #[test]
    fn formats_that_the_processor_lacks_are_refused_first() {
        for dtype in [Precision::F16, Precision::Bf16] {
            let config = Config { dtype, device: Accelerator::Cpu, ..Config::default() };
            let engine = Engine::open(&config).unwrap();
            let told = engine.prepare(&DrawOptions::new(config.draw.clone())).unwrap_err();
            assert_eq!(told.kind(), crate::ErrorKind::Usage);
            assert!(told.to_string().contains("for GPUs"), "{told}");
            assert_eq!(engine.verify(BUNDLED).unwrap_err().kind(), crate::ErrorKind::Usage);
        }
    }

    #[test]
    fn settings_are_checked_before_anything_is_looked_for() {
        let config = Config { model: "nowhere".to_owned(), ..Config::default() };
        let engine = Engine::open(&config).unwrap();
        let draw = DrawConfig { steps: 0, ..config.draw };
        let told = engine.prepare(&DrawOptions::new(draw)).unwrap_err().to_string();
        assert!(told.contains("draw.steps is 0"), "{told}");
    }

    #[test]
    fn layouts_of_the_offline_planner_are_fitted_to_the_model_and_those_of_a_language_model_stay() {
        let engine = Engine::open(&Config::default()).unwrap();
        let text =
            r#"{"objects":[{"caption":"a green bottle","box":[0.3,0.1,0.2,0.8]}],"background":"a beach"}"#;
        let layout = lmd_layout::layout_from_json(text).unwrap();
        let fitted = |source| {
            let plan = Plan { layout: layout.clone(), warnings: Vec::new(), source };
            engine.fitted("a green bottle on a beach", plan).plan.layout
        };
        let said = Source::Llm { model: "m".to_owned(), answer: String::new(), cached: false, asked: 1 };
        assert_eq!(fitted(said), layout);
        assert_ne!(fitted(Source::Offline), layout);
    }

    #[test]
    fn doubts_about_a_layout_are_told() {
        let text = r#"{"objects":[{"caption":"a red car","box":[0.1,0.3,0.4,0.4]},{"caption":"a red car","box":[0.11,0.31,0.4,0.4]}],"background":"a beach"}"#;
        let layout = lmd_layout::layout_from_json(text).unwrap();
        assert!(Engine::layout_doubts(&layout).iter().all(Notice::is_warning));
        assert!(!Engine::layout_doubts(&layout).is_empty());
    }
}
