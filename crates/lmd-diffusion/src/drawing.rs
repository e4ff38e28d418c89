//! Drawing a job by the method that its settings name, and what can be said of it before.

use lmd_layout::convert_spec;
use lmd_nn::Tokenizer;

use crate::method::{Drawn, Job, MethodContext, Work};
use crate::observer::{Observer, Wants};
use crate::record::{RecordedPhrase, Recorder, Recording};
use crate::warning::PromptKind;
use crate::{DiffusionError, DrawConfig, Pipeline, Registry, Warning};

impl Registry {
    /// Draws a layout by the method its settings name, with the warnings of [`Self::check`].
    ///
    /// # Errors
    /// [`DiffusionError`]; [`DiffusionError::Cancelled`] when the observer says so.
    pub fn draw(
        &self,
        pipeline: &Pipeline,
        job: &Job<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Drawn, DiffusionError> {
        draw_warned(&MethodContext::new(self, pipeline, job)?, observer)
    }

    /// What [`Self::draw`] would warn of, without drawing: what is wrong with a job is known before anything is paid for.
    ///
    /// # Errors
    /// When the settings make no sense, or the method cannot draw with this pipeline.
    pub fn check(&self, pipeline: &Pipeline, job: &Job<'_>) -> Result<Vec<Warning>, DiffusionError> {
        MethodContext::new(self, pipeline, job)?.warnings()
    }

    /// The work of a picture with so many boxes, in bounded time.
    ///
    /// # Errors
    /// When the settings make no sense.
    pub fn work(&self, config: &DrawConfig, boxes: usize) -> Result<Work, DiffusionError> {
        config.check_with(self)?;
        self.method(&config.method)?.work(config, self.sampler(&config.sampler)?, boxes)
    }
}

/// The picture with all warnings about it.
fn draw_warned(context: &MethodContext<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let warnings = context.warnings()?;
    Ok(Drawn { warnings, ..context.method.draw(context, observer)? })
}

/// Draws a layout by the method its settings name.
///
/// ```no_run
/// use lmd_diffusion::{DrawConfig, Job, Pipeline, Seeds, Silent, draw};
/// use lmd_nn::{Accelerator, LoadOptions, ModelFolder};
///
/// let device = lmd_nn::device(Accelerator::Cpu)?;
/// let folder = ModelFolder::open("assets/model".as_ref())?;
/// let pipeline = Pipeline::load(&folder, &LoadOptions::new(&device))?;
/// let layout = lmd_layout::Layout::new(Vec::new(), "a beach", "")?;
/// let config = DrawConfig { method: "plain".into(), steps: 20, ..DrawConfig::default() };
/// let job = Job { layout: &layout, prompt: "a red boat on a beach", seeds: Seeds::of(1), config: &config };
/// let drawn = draw(&pipeline, &job, &mut Silent)?;
/// println!("{} x {}, {} warnings", drawn.picture.width, drawn.picture.height, drawn.warnings.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DiffusionError`]; [`DiffusionError::Cancelled`] when the observer says so.
pub fn draw(
    pipeline: &Pipeline,
    job: &Job<'_>,
    observer: &mut dyn Observer,
) -> Result<Drawn, DiffusionError> {
    Registry::shared().draw(pipeline, job, observer)
}

/// As [`draw`], with what is wanted of every step. The picture is the same to the bit.
///
/// # Errors
/// As [`draw`].
pub fn draw_recorded(
    pipeline: &Pipeline,
    job: &Job<'_>,
    wants: Wants,
    observer: &mut dyn Observer,
) -> Result<(Drawn, Recording), DiffusionError> {
    if wants == Wants::default() {
        return Ok((draw(pipeline, job, observer)?, Recording::default()));
    }
    let context = MethodContext::new(Registry::shared(), pipeline, job)?;
    let mut recorder = Recorder::new(observer, wants, pipeline.denoiser.layers());
    let drawn = draw_warned(&context, &mut recorder)?;
    let mut recording = recorder.finish();
    let prompts = context.method.prompts(&context)?.into_iter();
    let boxes = prompts.filter(|(kind, _)| matches!(kind, PromptKind::Box { .. }));
    let boxes = boxes.enumerate().map(|(k, (_, prompt))| (format!("box.{k}"), prompt));
    let overall = ("overall".to_owned(), drawn.recipe.encoded_prompt.clone());
    for (name, prompt) in std::iter::once(overall).chain(boxes) {
        let tokenizer = pipeline.text.tokenizer();
        let ids = tokenizer.encode(&prompt)?.ids;
        let tokens = ids.into_iter().map(|id| match tokenizer.token(id) {
            Some(token) => token,
            None => format!("#{id}"),
        });
        recording.tokens.insert(name, tokens.collect());
    }
    recording.phrases = phrases_of(job, pipeline.text.tokenizer(), &drawn.recipe.encoded_prompt);
    Ok((drawn, recording))
}

/// Where the objects of a job stand in the prompt of its picture; those that a method did not put there are left out.
fn phrases_of(job: &Job<'_>, tokenizer: &Tokenizer, prompt: &str) -> Vec<RecordedPhrase> {
    let fidelity = job.config.fidelity;
    let scene = convert_spec(job.layout, fidelity);
    let mut objects = scene.per_box.iter().map(|one| one.object);
    let phrases = scene.overall.phrases.iter().filter_map(|phrase| {
        // The objects of one phrase stand together in the order of the boxes.
        let objects = objects.by_ref().take(phrase.boxes.len()).collect();
        let found = tokenizer.locate(prompt, &phrase.phrase, &phrase.word, fidelity).ok()?;
        Some(RecordedPhrase { phrase: phrase.phrase.clone(), objects, tokens: found.tokens })
    });
    phrases.collect()
}

/// What [`draw`] would warn of, without drawing.
///
/// # Errors
/// When the settings make no sense, or the method cannot draw with this pipeline.
pub fn check(pipeline: &Pipeline, job: &Job<'_>) -> Result<Vec<Warning>, DiffusionError> {
    Registry::shared().check(pipeline, job)
}
