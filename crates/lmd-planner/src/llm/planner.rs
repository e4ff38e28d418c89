//! [`LlmPlanner`]: ask, check, ask again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lmd_layout::{FilterOptions, Layout, LayoutError};

use super::chat::{
    ChatContext, ChatEvent, ChatModel, ChatReply, ChatRequest, FinishReason, Limits, Structured,
};
use super::config::{Format, seconds};
use super::dialogue::Dialogue;
use super::keep::keep_untouched;
use super::template::{self, AnswerForm};
use super::translate::{Translated, Translator};
use super::{LlmConfig, LlmError, answer, chat_model, template_id};
use crate::cache::{AnswerCache, CacheError, CacheKey};
use crate::mend::{Mended, instead, mended};
use crate::verify::{PromptFacts, doubts, read_answer};
use crate::{Answer, Conversation, Plan, PlanError, Planner, Source, normalize_prompt, talk};

/// Most earlier turns of a conversation that are sent along.
const MAX_TURNS: usize = 8;

/// Tokens added to the limit when an answer was cut off: models that reason
/// first may spend all of it before they answer.
const MORE_ROOM: u32 = 8_192;

/// Plans with a language model.
///
/// ```no_run
/// use lmd_planner::Planner;
/// use lmd_planner::llm::{LlmConfig, LlmPlanner};
///
/// let config = LlmConfig {
///     url: "http://localhost:8080/v1".to_owned(),
///     model: "qwen2.5-3b".to_owned(),
///     ..LlmConfig::default()
/// };
/// let planner = LlmPlanner::new(config)?.with_observer(|event| eprintln!("{event}"));
/// println!("{:?}", planner.plan("two cats on a sofa")?.layout);
/// # Ok::<(), lmd_planner::PlanError>(())
/// ```
pub struct LlmPlanner {
    config: LlmConfig,
    model: Box<dyn ChatModel>,
    cache: Option<AnswerCache>,
    observer: Option<Arc<Observer>>,
    /// Whether an answer was cut off once: from then on there is
    /// [`MORE_ROOM`] at once.
    needs_more_room: AtomicBool,
}

/// Is told what goes on while the model is asked.
type Observer = dyn Fn(&ChatEvent) + Send + Sync;

impl fmt::Debug for LlmPlanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlmPlanner").field("model", &self.model).finish_non_exhaustive()
    }
}

/// An answer's layout and what is wrong with it.
struct Candidate {
    layout: Layout,
    answer: String,
    notes: Vec<String>,
    violations: Vec<String>,
}

/// What came of asking.
#[derive(Default)]
struct Attempts {
    /// The answer with the fewest violations.
    best: Option<Candidate>,
    /// How often the model answered.
    count: u32,
    /// Why the last answer, if it is not the best, was no good.
    failure: Option<LlmError>,
}

impl Attempts {
    /// Takes in an answer and gives what the model is to be told about it.
    fn take(&mut self, judged: Result<Candidate, LlmError>) -> Vec<String> {
        let now = match judged {
            Ok(now) => now,
            Err(error) => {
                let faults = vec![reason(&error)];
                self.failure = Some(error);
                return faults;
            }
        };
        self.failure = None;
        let mut faults = now.violations.clone();
        if !faults.is_empty() {
            faults.extend(now.notes.iter().cloned());
        }
        if self.best.as_ref().is_none_or(|best| now.violations.len() < best.violations.len()) {
            self.best = Some(now);
        }
        faults
    }
}

/// One question about a layout.
struct Asked<'a> {
    /// What the cache knows it by.
    question: &'a str,
    dialogue: Dialogue,
    context: ChatContext<'a>,
    /// What a person should know already.
    warnings: Vec<String>,
}

/// What makes a layout of an answer's text, with the violations in it.
type Judge<'a> = dyn Fn(&str) -> Result<Candidate, LlmError> + 'a;

impl LlmPlanner {
    /// A planner that asks the model of `config`, of the kind that its `api`
    /// names. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the setting that is wrong.
    pub fn new(config: LlmConfig) -> Result<Self, LlmError> {
        config.validate()?;
        let model = (chat_model(&config.api)?.open)(&config)?;
        Ok(Self::with_model(model, config))
    }

    /// A planner that asks `model`. Of `config` it takes the limits, the form
    /// of the answer and the number of repairs.
    #[must_use]
    pub fn with_model(model: Box<dyn ChatModel>, config: LlmConfig) -> Self {
        Self { config, model, cache: None, observer: None, needs_more_room: AtomicBool::new(false) }
    }

    /// The same planner with a cache of answers. The model keeps beside it
    /// what it learns about its server.
    #[must_use]
    pub fn with_cache(mut self, cache: AnswerCache) -> Self {
        if let Some(servers) = cache.servers() {
            self.model.remember_in(servers);
        }
        Self { cache: Some(cache), ..self }
    }

    /// The same planner, telling `observer` of waits, repetitions and repairs
    /// as they happen.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&ChatEvent) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// How the model is asked.
    #[must_use]
    pub fn config(&self) -> &LlmConfig {
        &self.config
    }

    /// The model that is asked.
    #[must_use]
    pub fn model(&self) -> &dyn ChatModel {
        &*self.model
    }

    /// The known answer if it still makes a layout, else the model's.
    fn answered(&self, asked: Asked<'_>, judge: &Judge<'_>) -> Result<Plan, PlanError> {
        let Asked { question, dialogue, context, mut warnings } = asked;
        match self.cached(question) {
            Ok(Some(answer)) => match judge(&answer) {
                Ok(best) => return Ok(self.plan_of(best, 0, warnings)),
                Err(error) => warnings.push(format!("the answer in the cache was not used: {error}")),
            },
            Ok(None) => {}
            Err(error) => warnings.push(format!("the answer in the cache was not used: {error}")),
        }
        let (best, attempts) = self.converse(dialogue, judge, &context)?;
        warnings.extend(attempts.failure.map(|e| format!("asking the model again did not help: {e}")));
        if let Err(error) = self.keep(question, &best.answer) {
            warnings.push(error.to_string());
        }
        Ok(self.plan_of(best, attempts.count, warnings))
    }

    /// Asks until an answer violates nothing, at most `max_repairs` times
    /// more than once, and gives the best answer.
    fn converse(
        &self,
        mut dialogue: Dialogue,
        judge: &Judge<'_>,
        context: &ChatContext<'_>,
    ) -> Result<(Candidate, Attempts), LlmError> {
        let mut attempts = Attempts::default();
        loop {
            let reply = match self.ask(&dialogue, judge, context) {
                Ok(reply) => reply,
                Err(error) => {
                    attempts.failure = Some(error);
                    break;
                }
            };
            attempts.count += 1;
            let faults = attempts.take(self.judged(&reply, judge));
            if faults.is_empty() || attempts.count > self.config.max_repairs {
                break;
            }
            dialogue.complain(&reply.text, &faults);
            context.tell(&ChatEvent::AskingAgain { faults });
        }
        match (attempts.best.take(), attempts.failure.take()) {
            (Some(best), failure) => Ok((best, Attempts { failure, ..attempts })),
            (None, Some(error)) => Err(error),
            // Every answer either becomes the best one or leaves its failure.
            (None, None) => Err(LlmError::Internal { invariant: "an attempt leaves a layout or a failure" }),
        }
    }

    /// The model's next answer. One that was cut off before it was a layout is
    /// asked for once more with more room, and later ones at once.
    fn ask(
        &self,
        dialogue: &Dialogue,
        judge: &Judge<'_>,
        context: &ChatContext<'_>,
    ) -> Result<ChatReply, LlmError> {
        let roomy = self.needs_more_room.load(Ordering::Relaxed);
        let reply = self.complete(dialogue, roomy, context)?;
        if roomy || reply.finish != FinishReason::Length || judge(&reply.text).is_ok() {
            return Ok(reply);
        }
        context.tell(&ChatEvent::MoreRoom { max_tokens: self.max_tokens(true) });
        match self.complete(dialogue, true, context) {
            Ok(longer) => {
                self.needs_more_room.store(true, Ordering::Relaxed);
                Ok(longer)
            }
            // A server that does not grant more room has answered already.
            Err(LlmError::BadRequest { .. }) => Ok(reply),
            Err(error) => Err(error),
        }
    }

    fn complete(
        &self,
        dialogue: &Dialogue,
        roomy: bool,
        context: &ChatContext<'_>,
    ) -> Result<ChatReply, LlmError> {
        let messages = dialogue.messages(AnswerForm::Text);
        let mut request = ChatRequest::new(messages, self.limits(roomy)).with_cue(template::CUE);
        if self.config.format != Format::Text {
            request = request.with_schema(Structured {
                messages: dialogue.messages(AnswerForm::Json),
                name: "layout",
                schema: lmd_layout::layout_schema_strict(),
                required: self.config.format == Format::JsonSchema,
            });
        }
        self.model.complete(&request, context).map_err(|error| match error {
            LlmError::Timeout { .. } if context.at_most(seconds(1.0)).is_none() => {
                LlmError::OutOfTime { seconds: self.config.total_timeout_s }
            }
            other => other,
        })
    }

    /// Until when all questions of one call may last, and who is told.
    fn context(&self) -> ChatContext<'_> {
        ChatContext {
            deadline: Instant::now().checked_add(seconds(self.config.total_timeout_s)),
            observer: self.observer.as_deref().map(|observer| observer as _),
            ..ChatContext::default()
        }
    }

    fn limits(&self, roomy: bool) -> Limits {
        Limits { max_tokens: self.max_tokens(roomy), temperature: self.config.temperature }
    }

    fn max_tokens(&self, roomy: bool) -> u32 {
        if roomy { self.config.max_tokens.saturating_add(MORE_ROOM) } else { self.config.max_tokens }
    }

    /// The layout of a reply; an answer cut off by the limit is told as such.
    fn judged(&self, reply: &ChatReply, judge: &Judge<'_>) -> Result<Candidate, LlmError> {
        judge(&reply.text).map_err(|error| match error {
            LlmError::BadAnswer { answer, .. } if reply.finish == FinishReason::Length => {
                let raised = self.needs_more_room.load(Ordering::Relaxed);
                let raised = raised.then(|| self.max_tokens(true));
                LlmError::CutOff { max_tokens: self.config.max_tokens, raised, answer }
            }
            LlmError::BadAnswer { answer, .. } if answer.is_empty() => {
                LlmError::BadAnswer { reason: "it is empty".to_owned(), answer }
            }
            other => other,
        })
    }

    fn plan_of(&self, best: Candidate, asked: u32, mut warnings: Vec<String>) -> Plan {
        warnings.extend(best.notes);
        warnings.extend(best.violations);
        warnings.extend(doubts(&best.layout));
        let model = self.model.name();
        let source = Source::Llm { model, answer: best.answer, cached: asked == 0, asked };
        Plan { layout: best.layout, warnings, source }
    }

    fn cached(&self, question: &str) -> Result<Option<String>, CacheError> {
        let (model, form) = (self.model.name(), self.form());
        self.cache.as_ref().map_or(Ok(None), |cache| cache.get(&key(question, &model, &form)))
    }

    fn keep(&self, question: &str, answer: &str) -> Result<(), CacheError> {
        let (model, form) = (self.model.name(), self.form());
        self.cache.as_ref().map_or(Ok(()), |cache| cache.put(&key(question, &model, &form), answer))
    }

    /// What the configuration asks for, whatever the server then agrees to.
    fn form(&self) -> String {
        let form = format!("{:?} {:?}", self.config.endpoint, self.config.format).to_lowercase();
        if self.config.api == "openai" { form } else { format!("{} {form}", self.config.api) }
    }
}

impl Planner for LlmPlanner {
    fn name(&self) -> String {
        format!("llm {}", self.model.name())
    }

    fn plan(&self, prompt: &str) -> Result<Plan, PlanError> {
        let prompt = normalize_prompt(prompt)?;
        let context = self.context();
        let translator =
            Translator { model: &*self.model, cache: self.cache.as_ref(), limits: self.limits(false) };
        let Translated { caption, warnings } = translator.in_english(&prompt, &context)?;
        let demanded = PromptFacts::of(&caption);
        let dialogue = Dialogue::about(&caption);
        let asked = Asked { question: &prompt, dialogue, context, warnings };
        let plan = self.answered(asked, &|answer| {
            let read = read_answer(answer, &FilterOptions::default())?;
            let Mended { layout, notes } = mended(&demanded, &read.layout);
            let mut violations = demanded.violated_by(&layout);
            if read.layout.objects().is_empty() && !read.notes.is_empty() {
                violations.push(NOTHING_LEFT.to_owned());
            } else if demanded.is_missed_by(&read.layout) {
                violations.push(UNRELATED.to_owned());
            }
            let notes = [read.notes, notes].concat();
            Ok(Candidate { layout, answer: answer.to_owned(), notes, violations })
        })?;
        Ok(match instead(&demanded, &plan.layout) {
            Some(Mended { layout, notes }) => Plan { layout, warnings: notes, ..plan },
            None => plan,
        })
    }

    fn revise(&self, conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError> {
        let instruction = normalize_prompt(instruction)?;
        let dialogue = history(conversation, &instruction);
        let question = serde_json::json!([conversation, instruction]).to_string();
        let before = conversation.layout();
        let asked = Asked { question: &question, dialogue, context: self.context(), warnings: Vec::new() };
        self.answered(asked, &|answer| {
            let mut read = read_answer(answer, &FilterOptions::default())?;
            let bad =
                |e: LayoutError| LlmError::BadAnswer { reason: e.to_string(), answer: answer.to_owned() };
            let kept = keep_untouched(before, &read.layout, &instruction).map_err(bad)?;
            read.notes.extend(kept.restored);
            let unchanged = kept.layout == *before;
            let violations = unchanged.then(|| UNCHANGED.to_owned()).into_iter().collect();
            Ok(Candidate { layout: kept.layout, answer: answer.to_owned(), notes: read.notes, violations })
        })
    }

    /// What is there is told from the layout itself; ideas are the model's.
    fn answer(&self, conversation: &Conversation, question: &str) -> Result<Answer, PlanError> {
        let question = normalize_prompt(question)?;
        let own = || talk::offline_answer(conversation, &question);
        if !talk::wants_ideas(&question) {
            return Ok(own());
        }
        let messages = about(conversation, &question).messages(AnswerForm::Text);
        let request = ChatRequest::new(messages, self.limits(false));
        let reply = self.model.complete(&request, &self.context())?;
        Ok(match answer::read(&reply.text) {
            None => own(),
            Some(answer) if answer.proposals.is_empty() => Answer { proposals: own().proposals, ..answer },
            Some(answer) => answer,
        })
    }
}

/// The layout as it stands, for a question about it.
fn about(conversation: &Conversation, question: &str) -> Dialogue {
    let caption = match conversation.prompt() {
        "" => "A picture whose layout exists already",
        prompt => prompt,
    };
    let mut dialogue = Dialogue::about(caption);
    dialogue.layout(conversation.layout());
    dialogue.ask(answer::request(question));
    dialogue
}

fn key<'a>(prompt: &'a str, model: &'a str, format: &'a str) -> CacheKey<'a> {
    CacheKey { prompt, model, template: template_id(), format }
}

/// Boxes were written, and not one of them was usable.
const NOTHING_LEFT: &str = "no object has a usable box inside the picture";

/// The layout is not about the prompt; what is there was made by the solver.
const UNRELATED: &str = "the model's own layout shows nothing of what the prompt names";

/// The one thing every follow-up demands.
const UNCHANGED: &str = "the layout is the same as before; the instruction was not carried out";

/// The conversation as the model would remember it, its latest turns only.
fn history(conversation: &Conversation, instruction: &str) -> Dialogue {
    let turns = conversation.turns();
    let (forgotten, recent) = turns.split_at(turns.len().saturating_sub(MAX_TURNS));
    let caption = match conversation.prompt() {
        "" => "A picture whose layout exists already",
        prompt => prompt,
    };
    let mut dialogue = Dialogue::about(caption);
    dialogue.layout(forgotten.last().map_or(conversation.first(), |turn| &turn.layout));
    for turn in recent {
        dialogue.instruct(&turn.instruction);
        dialogue.layout(&turn.layout);
    }
    dialogue.instruct(instruction);
    dialogue
}

/// What the model is told about an answer that makes no layout.
fn reason(error: &LlmError) -> String {
    match error {
        LlmError::BadAnswer { reason, .. } => format!("the answer cannot be read: {reason}"),
        LlmError::CutOff { .. } => "the answer is too long; write the layout and nothing else".to_owned(),
        other => other.to_string(),
    }
}
