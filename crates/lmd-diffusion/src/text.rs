//! [`TextEncoder`]: prompts as embeddings.

use std::fmt::Debug;

use burn::tensor::Tensor;
use lmd_nn::{ClipTextEncoder, Tokenizer};

use crate::DiffusionError;

/// Some prompts as text encoders give them.
#[derive(Clone, Debug)]
pub struct TextEmbedding {
    /// One vector per token, `[prompts, tokens, width]`.
    pub hidden: Tensor<3>,
    /// One vector per prompt, `[prompts, width]`.
    pub pooled: Tensor<2>,
}

/// The text encoder of a model, or several of them as one.
pub trait TextEncoder: Debug + Send + Sync {
    /// How texts are split. Token positions of phrases are those of this one.
    fn tokenizer(&self) -> &Tokenizer;

    /// Prompts as embeddings. What does not fit into [`Tokenizer::length`] tokens is cut off.
    ///
    /// # Errors
    /// When there is no prompt, or one cannot be encoded.
    fn encode(&self, prompts: &[&str]) -> Result<TextEmbedding, DiffusionError>;
}

/// CLIP's text encoder with its tokenizer (arXiv 2103.00020), as in Stable Diffusion 1.x and 2.x.
#[derive(Debug)]
pub struct ClipText {
    /// Text to tokens.
    pub tokenizer: Tokenizer,
    /// Tokens to embeddings.
    pub network: ClipTextEncoder,
}

impl TextEncoder for ClipText {
    fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    fn encode(&self, prompts: &[&str]) -> Result<TextEmbedding, DiffusionError> {
        let ids: Result<Vec<_>, lmd_nn::NnError> =
            prompts.iter().map(|prompt| Ok(self.tokenizer.encode(prompt)?.ids)).collect();
        let output = self.network.forward(&ids?)?;
        Ok(TextEmbedding { hidden: output.last_hidden, pooled: output.pooled })
    }
}

/// The part of `text` that the text encoder does not read, from a whole word on; `None` where all of it is read.
///
/// # Errors
/// When the text cannot be split.
pub(crate) fn cut_text<'t>(tokenizer: &Tokenizer, text: &'t str) -> Result<Option<&'t str>, DiffusionError> {
    if !tokenizer.encode(text)?.truncated {
        return Ok(None);
    }
    // Word by word from the start: how long a prefix still fits grows with the number of words.
    let ends: Vec<usize> = text.match_indices(char::is_whitespace).map(|(at, _)| at).collect();
    let (mut fits, mut exceeds) = (0, ends.len());
    while fits < exceeds {
        let middle = fits.midpoint(exceeds);
        let prefix = ends.get(middle).and_then(|end| text.get(..*end));
        if prefix.is_some_and(|prefix| tokenizer.encode(prefix).is_ok_and(|encoded| !encoded.truncated)) {
            fits = middle + 1;
        } else {
            exceeds = middle;
        }
    }
    let start = fits.checked_sub(1).and_then(|last| ends.get(last));
    let unread = match start {
        Some(end) => {
            text.get(*end..).ok_or(DiffusionError::Internal { invariant: "words end between characters" })?
        }
        // Not even the first word is read to its end.
        None => text,
    };
    Ok(Some(unread.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_given_from_a_whole_word_on() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmd-nn/tests/data/tokenizer");
        let tokenizer = Tokenizer::open(&folder).unwrap();
        assert_eq!(cut_text(&tokenizer, "a gray cat").unwrap(), None);
        let words: Vec<&str> = ["the", "cat"].into_iter().cycle().take(80).collect();
        let text = words.join(" ");
        let cut = cut_text(&tokenizer, &text).unwrap().unwrap();
        assert_eq!(cut.split(' ').count(), 5, "75 words fit between start and end: {cut}");
        let endless = "x".repeat(500);
        assert_eq!(cut_text(&tokenizer, &endless).unwrap(), Some(endless.as_str()));
    }
}
