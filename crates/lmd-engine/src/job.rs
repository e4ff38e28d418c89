//! What is to be drawn, and the picture it becomes.

use std::path::{Path, PathBuf};

use lmd_layout::Layout;
use lmd_planner::{MAX_PROMPT_CHARS, Plan, Source};

use crate::common::shortened;
use crate::error::EngineError;
use crate::notice::Notice;
use crate::stage2::{DrawConfig, PlannedBy, Recipe, Recording, Rgb, Seeds, Wants};

/// Longest name of a picture that is named after its prompt, in bytes; with a
/// seed and a number it fits every file system's 255.
const SLUG_BYTES: usize = 100;
/// Most characters of a number that a message quotes.
const QUOTED: usize = 40;

/// An adapter (LoRA) and how strongly it changes the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Its file.
    pub file: PathBuf,
    /// 1 as it was made, 0 not at all.
    pub strength: f32,
}

impl Adapter {
    /// Reads `FILE` or `FILE@STRENGTH`.
    ///
    /// # Errors
    /// [`EngineError::Usage`] when no file is named or the strength is no finite number.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let (file, strength) = match text.rsplit_once('@') {
            Some((file, number)) if !Path::new(text).exists() => {
                let strength = number.parse::<f32>().ok().filter(|strength| strength.is_finite());
                let number = shortened(number, QUOTED);
                let wrong = || EngineError::Usage(format!("{file}: {number} is no strength; write FILE@0.8"));
                (file, strength.ok_or_else(wrong)?)
            }
            _ => (text, 1.0),
        };
        if file.trim().is_empty() {
            return Err(EngineError::Usage(format!(
                "\"{text}\" names no adapter; write FILE or FILE@0.8 (--lora)"
            )));
        }
        Ok(Self { file: PathBuf::from(file), strength })
    }
}

/// How pictures are drawn, besides what they show.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DrawOptions {
    /// The method and its settings.
    pub config: DrawConfig,
    /// Adapters, in the order in which they are added.
    pub adapters: Vec<Adapter>,
    /// Whether the plain picture of the same seed stands on the left.
    pub side_by_side: bool,
    /// Whether the picture carries its recipe.
    pub metadata: bool,
    /// What is recorded of every step; of the picture of the method, not of the plain one beside it.
    pub wants: Wants,
}

impl DrawOptions {
    /// One picture with its recipe, by these settings.
    #[must_use]
    pub fn new(config: DrawConfig) -> Self {
        Self { config, adapters: Vec::new(), side_by_side: false, metadata: true, wants: Wants::default() }
    }
}

/// What a picture shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The layout.
    pub layout: Layout,
    /// The sentence the layout was made from; may be empty.
    pub prompt: String,
    /// Who made the layout, where that is known.
    pub planner: Option<PlannedBy>,
    /// What was doubtful when it was read, an object that was left out for instance.
    pub notices: Vec<Notice>,
}

impl Subject {
    /// A layout that was read from text in another form than ours. Doubts about the layout itself are told when it is
    /// used ([`crate::Engine::layout_doubts`]); here are those about its reading.
    #[must_use]
    pub(crate) fn read(plan: Plan) -> Self {
        let known = lmd_layout::check_layout(&plan.layout);
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        let doubts = plan.warnings.into_iter().filter(|warning| !known.contains(warning));
        let notices = doubts.map(|warning| Notice::Layout { warning }).collect();
        Self { notices, ..Self::layout(plan.layout) }
    }

    /// A layout of unknown origin.
    #[must_use]
    pub fn layout(layout: Layout) -> Self {
        Self { layout, prompt: String::new(), planner: None, notices: Vec::new() }
    }

    /// What was planned from a sentence.
    #[must_use]
    pub fn planned(prompt: &str, plan: Plan) -> Self {
        let planner = match plan.source {
            Source::Offline => Some(PlannedBy { name: "offline".to_owned(), answer: None }),
            Source::Llm { model, answer, .. } => Some(PlannedBy { name: model, answer: Some(answer) }),
            _ => None,
        };
        Self { planner, prompt: prompt.trim().to_owned(), ..Self::layout(plan.layout) }
    }

    /// The same under another sentence, cleaned.
    ///
    /// # Errors
    /// [`EngineError::Usage`] when it is longer than planners read: a recipe that holds it could not be read again.
    pub fn with_prompt(self, prompt: &str) -> Result<Self, EngineError> {
        let prompt = lmd_layout::clean_text(prompt);
        let chars = prompt.chars().count();
        if chars > MAX_PROMPT_CHARS {
            return Err(EngineError::Usage(format!(
                "the prompt has {chars} characters, at most {MAX_PROMPT_CHARS} are allowed; shorten it (--prompt)"
            )));
        }
        Ok(Self { prompt, ..self })
    }

    /// What another picture shows.
    #[must_use]
    pub fn of_recipe(recipe: &Recipe) -> Self {
        let layout = Self::layout(recipe.layout.clone());
        Self { prompt: recipe.prompt.clone(), planner: recipe.planner.clone(), ..layout }
    }

    /// The first words of the prompt, or of the captions, as a part of a
    /// file's name: at most 100 bytes, letters and digits joined by hyphens.
    #[must_use]
    pub fn slug(&self) -> String {
        let captions = || {
            let all: Vec<&str> = self.layout.objects().iter().map(|object| object.caption.as_str()).collect();
            all.join(" ")
        };
        let text = if self.prompt.trim().is_empty() { captions() } else { self.prompt.to_lowercase() };
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name: String = words.take(6).collect::<Vec<_>>().join("-").chars().take(60).collect();
        match name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= SLUG_BYTES).last()
        {
            Some(end) => name[..end].to_owned(),
            None => "picture".to_owned(),
        }
    }
}

/// A drawn picture.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Picture {
    /// The file's bytes.
    pub png: Vec<u8>,
    /// The pixels; with `side_by_side` both pictures.
    pub pixels: Rgb,
    /// What made it.
    pub recipe: Recipe,
    /// Seconds it took, without loading the model.
    pub seconds: f64,
    /// What a person should know about it.
    pub notices: Vec<Notice>,
    /// What [`DrawOptions::wants`] asked for.
    pub recording: Recording,
}

/// Seeds nobody chose: 32 bits, so that other programs take them, too.
#[must_use]
pub fn random_seeds() -> Seeds {
    use std::hash::{BuildHasher, RandomState};
    Seeds::of(RandomState::new().hash_one(std::process::id()) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_the_prompts_first_words() {
        let of =
            |prompt: &str| Subject { prompt: prompt.to_owned(), ..Subject::layout(Layout::default()) }.slug();
        assert_eq!(of("Two red cars, left of a/../bottle!"), "two-red-cars-left-of-a");
        assert_eq!(of("一只猫"), "一只猫");
        assert_eq!(of(" ../ "), "picture");
        // Eighty characters of four bytes each are more than a file's name may have.
        assert_eq!(of(&"𠀀".repeat(80)), "𠀀".repeat(25));
    }

    #[test]
    fn prompts_are_cleaned_and_bounded() {
        let with = |prompt: &str| Subject::layout(Layout::default()).with_prompt(prompt);
        assert_eq!(with("a\u{1b}[31m cat\n").unwrap().prompt, "a [31m cat");
        assert!(with(&"x".repeat(MAX_PROMPT_CHARS)).is_ok());
        let told = with(&"x".repeat(MAX_PROMPT_CHARS + 1)).unwrap_err().to_string();
        assert!(told.contains("4001 characters, at most 4000"), "{told}");
    }

    #[test]
    fn adapters_have_strengths() {
        assert_eq!(Adapter::parse("a.safetensors@0.5").unwrap().strength, 0.5);
        assert_eq!(Adapter::parse("a.safetensors").unwrap().strength, 1.0);
        assert!(Adapter::parse("a.safetensors@x").unwrap_err().to_string().contains("strength"));
        assert!(Adapter::parse("a.safetensors@inf").is_err());
        for nothing in ["", "@0.5", " "] {
            let told = Adapter::parse(nothing).unwrap_err().to_string();
            assert!(told.contains("names no adapter"), "{told}");
        }
        let long = Adapter::parse(&format!("a@{}", "9".repeat(309))).unwrap_err().to_string();
        assert!(long.len() < 100, "{long}");
    }
}
