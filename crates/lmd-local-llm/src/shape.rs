//! [`Shape`]: a model's family and sizes, as its header says.

use serde::Serialize;

use crate::gguf::{GgufError, Header, Value};

/// The families of models that are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen 3: queries and keys are normalised.
    Qwen3,
    /// Llama 2 and 3, and what is built alike (Mistral, SmolLM).
    Llama,
    /// Gemma 3: normalised before and after each part, most layers look at a window only.
    Gemma3,
}

impl Family {
    /// The family by `general.architecture`.
    ///
    /// # Errors
    /// [`GgufError::Unusable`] lists the families there are.
    pub fn of(header: &Header) -> Result<Self, GgufError> {
        let name = header.text("general.architecture")?;
        Ok(match name {
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            "llama" => Self::Llama,
            "gemma3" => Self::Gemma3,
            other => {
                let other: String = other.chars().take(40).flat_map(char::escape_default).collect();
                let why = format!(
                    "its architecture is \"{other}\", and qwen2, qwen3, llama and gemma3 are run; serve it with llama.cpp and set LMD_LLM_URL"
                );
                return Err(GgufError::Unusable(why));
            }
        })
    }

    /// Its name in keys of the metadata.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Llama => "llama",
            Self::Gemma3 => "gemma3",
        }
    }
}

/// A model's sizes, all within what a model can have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shape {
    /// Its family.
    pub family: Family,
    /// Layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Width inside of the feed-forward parts.
    pub inner: usize,
    /// Attention heads.
    pub heads: usize,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_width: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
    /// Most tokens it was made for.
    pub context: usize,
    /// Added to the mean square in normalisations.
    pub epsilon: f64,
    /// Base of the rotary frequencies.
    pub rope_base: f64,
    /// Base of the rotary frequencies in layers that look at a window.
    pub rope_local_base: f64,
    /// What positions are divided by in layers that see everything.
    pub rope_scale: f64,
    /// How far back layers with a window look.
    pub window: Option<usize>,
    /// Whether experts are mixed, which is not run.
    #[serde(skip)]
    experts: bool,
}

/// Every how many layers Gemma 3 sees everything.
const FULL_EVERY: usize = 6;
/// Base of Gemma 3's rotary frequencies in layers with a window.
const GEMMA_LOCAL_BASE: f64 = 10_000.0;

impl Shape {
    /// The sizes in a header.
    ///
    /// # Errors
    /// [`GgufError::Unusable`] names the entry that is missing or cannot be.
    pub fn of(header: &Header) -> Result<Self, GgufError> {
        let family = Family::of(header)?;
        let key = |name: &str| format!("{}.{name}", family.key());
        let heads = header.number(&key("attention.head_count"), 1..=1_024)?;
        let width = header.number(&key("embedding_length"), 1..=65_536)?;
        let optional = |name: &str, range, usual| match header.get(&key(name)) {
            Some(_) => header.number(&key(name), range),
            None => Ok(usual),
        };
        let float = |name: &str, usual: f64| match header.get(&key(name)) {
            Some(_) => header.float(&key(name)),
            None => Ok(usual),
        };
        let shape = Self {
            family,
            layers: header.number(&key("block_count"), 1..=1_024)?,
            width,
            inner: header.number(&key("feed_forward_length"), 1..=1 << 20)?,
            heads,
            kv_heads: optional("attention.head_count_kv", 1..=1_024, heads)?,
            head_width: optional("attention.key_length", 2..=4_096, width / heads)?,
            vocabulary: header.texts("tokenizer.ggml.tokens")?.len(),
            context: header.number(&key("context_length"), 1..=1 << 30)?,
            epsilon: header.float(&key("attention.layer_norm_rms_epsilon"))?,
            rope_base: float("rope.freq_base", if family == Family::Gemma3 { 1e6 } else { 1e4 })?,
            rope_local_base: GEMMA_LOCAL_BASE,
            rope_scale: if has_linear_scaling(header, family) {
                float("rope.scaling.factor", 1.0)?
            } else {
                1.0
            },
            window: match family {
                Family::Gemma3 => Some(optional("attention.sliding_window", 1..=1 << 30, 1_024)?),
                _ => None,
            },
            experts: header.get(&key("expert_count")).is_some_and(|count| *count != Value::Integer(0)),
        };
        shape.check()?;
        Ok(shape)
    }

    fn check(&self) -> Result<(), GgufError> {
        let wrong = |why: String| Err(GgufError::Unusable(why));
        if !self.heads.is_multiple_of(self.kv_heads) {
            return wrong(format!("{} heads share {} heads of keys", self.heads, self.kv_heads));
        }
        if self.head_width < 2 || !self.head_width.is_multiple_of(2) {
            return wrong(format!("its heads are {} wide, expected an even number", self.head_width));
        }
        if !(1..=1 << 20).contains(&self.vocabulary) {
            return wrong(format!("its vocabulary has {} tokens, expected 1 to 1048576", self.vocabulary));
        }
        if self.experts {
            return wrong("it mixes experts, which are not run in the process; serve it with llama.cpp and set LMD_LLM_URL".to_owned());
        }
        Ok(())
    }

    /// Whether a layer looks at a window only.
    #[must_use]
    pub fn has_window(&self, layer: usize) -> bool {
        self.window.is_some() && !(layer + 1).is_multiple_of(FULL_EVERY)
    }

    /// Bytes that the keys and values of `tokens` tokens take.
    #[must_use]
    pub fn cache_bytes(&self, tokens: usize) -> u64 {
        (2 * 4 * tokens as u64)
            .saturating_mul(self.layers as u64)
            .saturating_mul(self.kv_heads as u64)
            .saturating_mul(self.head_width as u64)
    }
}

fn has_linear_scaling(header: &Header, family: Family) -> bool {
    let kind = header.get(&format!("{}.rope.scaling.type", family.key()));
    matches!(kind, Some(Value::Text(kind)) if kind == "linear")
}
