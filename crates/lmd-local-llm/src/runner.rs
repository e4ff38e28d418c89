//! [`Runner`]: a loaded model that answers.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lmd_planner::llm::Message;
use serde_json::Value;

use crate::constraint::{Constraint, Grammars};
use crate::decoder::{CHUNK, Decoder};
use crate::gguf::{GgufError, Header};
use crate::sampler::Sampler;
use crate::shape::Shape;
use crate::template::Template;
use crate::vocabulary::Vocabulary;

/// A model in memory. What it has read stays: a question that begins like the
/// last one is read from where they part.
#[derive(Debug)]
pub(crate) struct Runner {
    decoder: Decoder,
    vocabulary: Arc<Vocabulary>,
    grammars: Grammars,
    template: Template,
    /// The tokens whose keys and values the decoder keeps.
    read: Vec<u32>,
    /// How many of them were read in whole chunks, and not one by one as an
    /// answer's are: these have the same bits whatever came before.
    whole: usize,
}

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) messages: &'a [Message],
    /// What the answer is held to.
    pub(crate) schema: Option<&'a Value>,
    pub(crate) max_tokens: usize,
    pub(crate) temperature: f64,
    pub(crate) seed: u64,
}

/// An answer and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Whether it ended at the limit, not by itself.
    pub(crate) is_cut: bool,
    pub(crate) pace: Pace,
}

/// How fast an answer came.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    /// Tokens of the question.
    pub(crate) asked: usize,
    /// Those of them that had to be read; the others were known.
    pub(crate) read: usize,
    /// Tokens of the answer.
    pub(crate) answered: usize,
    /// Until the first token of the answer.
    pub(crate) first: Duration,
    /// Until the last.
    pub(crate) whole: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unsaid {
    /// The question with its answer does not fit.
    TooLong { tokens: usize, room: usize },
    /// It was told to stop.
    Stopped,
    /// The model's file is no good.
    Fault(String),
}

impl From<candle_core::Error> for Unsaid {
    fn from(error: candle_core::Error) -> Self {
        Self::Fault(error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

impl Runner {
    /// Loads a model, with room for `room` tokens at most.
    pub(crate) fn load(path: &Path, header: &Header, room: usize) -> Result<Self, GgufError> {
        let shape = Shape::of(header)?;
        let template = Template::of(header, shape.family);
        let room = room.min(shape.context);
        let vocabulary = Arc::new(Vocabulary::of(header)?);
        let grammars = Grammars::new(Arc::clone(&vocabulary)).map_err(GgufError::Unusable)?;
        let decoder = Decoder::load(path, header, shape, room).map_err(|error| {
            GgufError::Unusable(error.to_string().lines().next().unwrap_or_default().to_owned())
        })?;
        Ok(Self { decoder, vocabulary, grammars, template, read: Vec::new(), whole: 0 })
    }

    /// The model's answer. `go_on` is asked before every token.
    pub(crate) fn answer(
        &mut self,
        question: &Question<'_>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Said, Unsaid> {
        let began = Instant::now();
        let text = self.template.render(question.messages, &self.vocabulary);
        let asked = self.vocabulary.tokens(&text).map_err(Unsaid::Fault)?;
        let room = self.decoder.capacity();
        // An answer of a few tokens is no layout.
        if asked.is_empty() || asked.len() + 16 > room {
            return Err(Unsaid::TooLong { tokens: asked.len(), room });
        }
        let most = question.max_tokens.min(room - asked.len());
        let mut constraint = match question.schema {
            Some(schema) => Some(self.grammars.constraint(schema).map_err(Unsaid::Fault)?),
            None => None,
        };
        let known = self.known(&asked);
        let mut pace = Pace { asked: asked.len(), read: asked.len() - known, ..Pace::default() };
        self.decoder.truncate(known);
        self.read.truncate(known);
        self.whole = known;
        let mut sampler = Sampler::new(question.seed, question.temperature, &asked);
        let mut next = asked.get(known..).unwrap_or_default().to_vec();
        let mut answer = Vec::new();
        let is_cut = loop {
            let scores = self.take_in(&next, go_on)?;
            if pace.first.is_zero() {
                pace.first = began.elapsed();
                self.whole = asked.len() / CHUNK * CHUNK;
            }
            next = next_tokens(&scores, &mut sampler, constraint.as_mut())?;
            let ends = next.last().is_none_or(|token| self.vocabulary.is_end(*token));
            answer.extend(next.iter().copied().filter(|token| !self.vocabulary.is_end(*token)));
            if ends || constraint.as_ref().is_some_and(Constraint::is_done) {
                break false;
            }
            if answer.len() >= most {
                break true;
            }
        };
        pace.answered = answer.len();
        pace.whole = began.elapsed();
        Ok(Said { text: self.vocabulary.text(&answer), is_cut, pace })
    }

    /// How many tokens of a question are known already, in whole chunks; the
    /// last is always read, since its scores are wanted.
    fn known(&self, asked: &[u32]) -> usize {
        let same = self.read.iter().zip(asked).take_while(|(a, b)| a == b).count();
        same.min(self.whole).min(asked.len().saturating_sub(1)) / CHUNK * CHUNK
    }

    fn take_in(&mut self, tokens: &[u32], go_on: &dyn Fn() -> bool) -> Result<Vec<f32>, Unsaid> {
        let known = self.read.len();
        match self.decoder.read(tokens, go_on) {
            Ok(Some(scores)) => {
                self.read.extend_from_slice(tokens);
                Ok(scores)
            }
            Ok(None) => {
                self.decoder.truncate(known);
                Err(Unsaid::Stopped)
            }
            Err(error) => {
                self.decoder.truncate(known);
                Err(error.into())
            }
        }
    }
}

/// The next token and those that must follow it.
fn next_tokens(
    scores: &[f32],
    sampler: &mut Sampler,
    constraint: Option<&mut Constraint>,
) -> Result<Vec<u32>, Unsaid> {
    const NO_NUMBERS: &str = "its weights give scores that are no numbers; the file is damaged";
    let Some(constraint) = constraint else {
        let token = sampler.choose(scores, |_| true);
        return Ok(vec![token.ok_or_else(|| Unsaid::Fault(NO_NUMBERS.to_owned()))?]);
    };
    let allowed = constraint.allowed().map_err(Unsaid::Fault)?;
    let token = sampler.choose(scores, |token| allowed.is_allowed(token));
    let token = token.ok_or_else(|| Unsaid::Fault(NO_NUMBERS.to_owned()))?;
    constraint.take(token).map_err(Unsaid::Fault)?;
    let mut tokens = vec![token];
    tokens.extend(constraint.forced());
    Ok(tokens)
}
