//! [`LlmPlanner`]: ask, check, ask again.

use lmd_layout::{FilterOptions, Layout, LayoutError};

use super::client::Client;
use super::dialogue::Dialogue;
use super::keep::keep_untouched;
use super::reply::Reply;
use super::{LlmConfig, LlmError, template_id};
use crate::cache::{AnswerCache, CacheError, CacheKey};
use crate::verify::{Demands, read_answer};
use crate::{Conversation, Plan, PlanError, Planner, Source, normalize_prompt};

/// Most earlier turns of a conversation that are sent along.
const MAX_TURNS: usize = 8;

/// Plans with a language model behind an OpenAI-compatible server.
#[derive(Debug)]
pub struct LlmPlanner {
    client: Client,
    cache: Option<AnswerCache>,
}

/// The best layout so far and how it was come by.
struct Best {
    layout: Layout,
    answer: String,
    notes: Vec<String>,
    violations: Vec<String>,
}

/// What came of asking.
#[derive(Default)]
struct Asked {
    /// The answer with the fewest violations.
    best: Option<Best>,
    /// How often the model answered.
    times: u32,
    /// Why the last answer, if it is not the best, was no good.
    failure: Option<LlmError>,
}

impl Asked {
    /// Takes in an answer and gives what the model is to be told about it.
    fn take(&mut self, judged: Result<Best, LlmError>) -> Vec<String> {
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

/// What makes a layout of an answer's text, with the violations in it.
type Judge<'a> = dyn Fn(&str) -> Result<Best, LlmError> + 'a;

impl LlmPlanner {
    /// A planner that asks the model of `config`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LlmError::Config`] names the setting that is wrong.
    pub fn new(config: LlmConfig) -> Result<Self, LlmError> {
        Ok(Self { client: Client::new(config)?, cache: None })
    }

    /// The same planner with a cache of answers.
    #[must_use]
    pub fn with_cache(self, cache: AnswerCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// How the model is asked.
    #[must_use]
    pub fn config(&self) -> &LlmConfig {
        self.client.config()
    }

    /// The known answer if it still makes a layout, else the model's.
    fn answered(&self, question: &str, dialogue: Dialogue, judge: &Judge<'_>) -> Result<Plan, PlanError> {
        let mut warnings = Vec::new();
        match self.cached(question) {
            Ok(Some(answer)) => match judge(&answer) {
                Ok(best) => return Ok(self.plan_of(best, 0, warnings)),
                Err(error) => warnings.push(format!("the answer in the cache was not used: {error}")),
            },
            Ok(None) => {}
            Err(error) => warnings.push(format!("the answer in the cache was not used: {error}")),
        }
        let asked = self.converse(dialogue, judge)?;
        let Some(best) = asked.best else {
            let reason = "the model was never asked".to_owned();
            return Err(LlmError::BadAnswer { reason, answer: String::new() }.into());
        };
        warnings.extend(asked.failure.map(|e| format!("asking the model again did not help: {e}")));
        if let Err(error) = self.keep(question, &best.answer) {
            warnings.push(error.to_string());
        }
        Ok(self.plan_of(best, asked.times, warnings))
    }

    /// Asks until an answer violates nothing, at most `max_repairs` times
    /// more than once, and gives the best answer.
    fn converse(&self, mut dialogue: Dialogue, judge: &Judge<'_>) -> Result<Asked, LlmError> {
        let mut asked = Asked::default();
        while asked.times <= self.config().max_repairs {
            let reply = match self.client.ask(&dialogue) {
                Ok(reply) => reply,
                Err(error) => {
                    asked.failure = Some(error);
                    break;
                }
            };
            asked.times += 1;
            let faults = asked.take(self.judged(&reply, judge));
            if faults.is_empty() {
                break;
            }
            dialogue.complain(&reply.text, &faults);
        }
        match (&asked.best, asked.failure.take()) {
            (None, Some(error)) => Err(error),
            (_, failure) => Ok(Asked { failure, ..asked }),
        }
    }

    /// The layout of a reply; an answer cut off by the limit is told as such.
    fn judged(&self, reply: &Reply, judge: &Judge<'_>) -> Result<Best, LlmError> {
        judge(&reply.text).map_err(|error| match error {
            LlmError::BadAnswer { answer, .. } if reply.cut_off => {
                LlmError::CutOff { max_tokens: self.config().max_tokens, answer }
            }
            LlmError::BadAnswer { answer, .. } if answer.is_empty() => {
                LlmError::BadAnswer { reason: "it is empty".to_owned(), answer }
            }
            other => other,
        })
    }

    fn plan_of(&self, best: Best, asked: u32, mut warnings: Vec<String>) -> Plan {
        warnings.extend(best.notes);
        warnings.extend(best.violations);
        let model = self.config().model.clone();
        let source = Source::Llm { model, answer: best.answer, cached: asked == 0, asked };
        Plan { layout: best.layout, warnings, source }
    }

    fn cached(&self, question: &str) -> Result<Option<String>, CacheError> {
        self.cache.as_ref().map_or(Ok(None), |cache| cache.get(&self.key(question, &self.form())))
    }

    fn keep(&self, question: &str, answer: &str) -> Result<(), CacheError> {
        self.cache.as_ref().map_or(Ok(()), |cache| cache.put(&self.key(question, &self.form()), answer))
    }

    fn key<'a>(&'a self, question: &'a str, format: &'a str) -> CacheKey<'a> {
        CacheKey { prompt: question, model: &self.config().model, template: template_id(), format }
    }

    /// What the configuration asks for, whatever the server then agrees to.
    fn form(&self) -> String {
        format!("{:?} {:?}", self.config().endpoint, self.config().format).to_lowercase()
    }
}

impl Planner for LlmPlanner {
    fn name(&self) -> String {
        format!("llm {}", self.config().model)
    }

    fn plan(&self, prompt: &str) -> Result<Plan, PlanError> {
        let prompt = normalize_prompt(prompt)?;
        let demands = Demands::of(&prompt);
        self.answered(&prompt, Dialogue::about(&prompt), &|answer| {
            let read = read_answer(answer, &FilterOptions::default())?;
            let mut violations = demands.violated_by(&read.layout);
            if read.layout.objects().is_empty() && !read.notes.is_empty() {
                violations.push(NOTHING_LEFT.to_owned());
            }
            Ok(Best { layout: read.layout, answer: answer.to_owned(), notes: read.notes, violations })
        })
    }

    fn revise(&self, conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError> {
        let instruction = normalize_prompt(instruction)?;
        let dialogue = history(conversation, &instruction);
        let question = serde_json::json!([conversation, instruction]).to_string();
        let before = conversation.layout();
        self.answered(&question, dialogue, &|answer| {
            let mut read = read_answer(answer, &FilterOptions::default())?;
            let bad =
                |e: LayoutError| LlmError::BadAnswer { reason: e.to_string(), answer: answer.to_owned() };
            let kept = keep_untouched(before, &read.layout, &instruction).map_err(bad)?;
            read.notes.extend(kept.restored);
            let unchanged = kept.layout == *before;
            let violations = unchanged.then(|| UNCHANGED.to_owned()).into_iter().collect();
            Ok(Best { layout: kept.layout, answer: answer.to_owned(), notes: read.notes, violations })
        })
    }
}

/// Boxes were written, and not one of them was usable.
const NOTHING_LEFT: &str = "no object has a usable box inside the picture";

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
