//! [`Warning`]: what is likely to make a picture worse than wanted. Warnings are
//! data; whoever draws decides whether to print them or to refuse.

use std::fmt;

/// Something about a job that is allowed, but hardly wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The text encoder does not read a prompt to its end.
    PromptCut {
        /// Which prompt.
        prompt: PromptKind,
        /// Tokens the prompt has, start and end included.
        tokens: usize,
        /// Tokens that are read, start and end included.
        limit: usize,
        /// What is not read.
        cut: String,
    },
    /// The sampler is known to draw wrongly or poorly in so few steps.
    FewSteps {
        /// The sampler.
        sampler: &'static str,
        /// Steps asked for.
        steps: usize,
        /// Steps from which on it draws well.
        least: usize,
    },
    /// The model was trained on pictures of quite another size.
    Size {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
        /// Side of the pictures it was trained on, in pixels.
        trained: usize,
    },
}

/// Which of a job's prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PromptKind {
    /// Of the picture as a whole.
    Overall,
    /// Of one box.
    Box {
        /// Index into the layout's objects.
        object: usize,
    },
    /// Of the background as a region.
    Background,
    /// What the picture as a whole leaves out.
    Negative,
    /// What the pictures of single boxes, or regions, leave out.
    BoxNegative,
}

impl Warning {
    /// Its kind in one word, for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PromptCut { .. } => "prompt_cut",
            Self::FewSteps { .. } => "few_steps",
            Self::Size { .. } => "size",
        }
    }
}

impl fmt::Display for PromptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overall => f.write_str("the prompt"),
            Self::Box { object } => write!(f, "the prompt of object {}", object + 1),
            Self::Background => f.write_str("the background's prompt"),
            Self::Negative => f.write_str("the negative prompt"),
            Self::BoxNegative => f.write_str("the negative prompt of single objects"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PromptCut { prompt, tokens, limit, cut } => write!(
                f,
                "{prompt} has {tokens} tokens, the text encoder reads {limit}; it does not read \"{}\"",
                lmd_layout::clean_text(cut)
            ),
            Self::FewSteps { sampler, steps, least } => write!(
                f,
                "{sampler} draws poorly in {steps} steps; give it at least {least}, or take another sampler"
            ),
            Self::Size { width, height, trained } => write!(
                f,
                "the model was trained on pictures of {trained} x {trained} pixels; {width} x {height} may show things \
                 several times or not at all"
            ),
        }
    }
}
