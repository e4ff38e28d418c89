//! [`Tokenizer`]: CLIP's byte-pair encoding of lower-cased text (arXiv:1508.07909, arXiv:2103.00020).

use std::path::Path;

use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::normalizers::{Lowercase, NormalizerWrapper, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior};

use super::vocabulary::{END, START, Vocabulary, WORD_END};
use crate::weights::Source;
use crate::{NnError, Warning};

/// What counts as one piece before byte pairs are merged.
const PIECES: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// A prompt as the text encoder reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Start, tokens, end, padding: always as many as the encoder reads (77).
    pub ids: Vec<u32>,
    /// Tokens the text has, start and end included, before anything was cut off.
    pub tokens: usize,
    /// Whether the text was cut off.
    pub truncated: bool,
}

/// Text to token ids. Start and end tokens written in a text are read as plain text, so that no
/// text can end itself.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    start: u32,
    end: u32,
    padding: u32,
    length: usize,
}

impl Tokenizer {
    /// Opens a folder with `vocab.json` and `merges.txt` (or `tokenizer.json`), and whatever of `tokenizer_config.json`,
    /// `special_tokens_map.json` and `added_tokens.json` lies beside them.
    ///
    /// # Errors
    ///
    /// When a file is missing, too large or not of this kind.
    pub fn open(folder: &Path) -> Result<Self, NnError> {
        Self::from_source(&Source::Folder(folder.to_owned()), "")
    }

    /// CLIP's own tokenizer, with the padding of Stable Diffusion 1 (the end token) or 2 (`!`).
    ///
    /// # Errors
    ///
    /// Never, as far as is known.
    pub fn clip(version_two: bool) -> Result<Self, NnError> {
        Self::build(Vocabulary::clip(version_two))
    }

    /// The same from the files of a model below `prefix`.
    pub(crate) fn from_source(source: &Source, prefix: &str) -> Result<Self, NnError> {
        Self::build(Vocabulary::read(source, prefix)?)
    }

    fn build(vocabulary: Vocabulary) -> Result<Self, NnError> {
        let Vocabulary { tokens, merges, padding: pad, length, added } = vocabulary;
        let id = |token: &str| {
            let missing = || NnError::Tokenizer(format!("the vocabulary has no token {token}"));
            tokens.get(token).copied().ok_or_else(missing)
        };
        let (start, end) = (id(START)?, id(END)?);
        let added_padding = added.iter().find(|(_, token)| token.content == pad).map(|(id, _)| *id);
        let padding = added_padding.map_or_else(|| id(&pad), Ok)?;
        let bpe = BPE::builder()
            .vocab_and_merges(tokens, merges)
            .unk_token(END.to_owned())
            .end_of_word_suffix(WORD_END.to_owned())
            .build()
            .map_err(|e| NnError::Tokenizer(e.to_string()))?;
        let mut inner = pipeline(bpe)?;
        if pad != END && added_padding.is_none() {
            // Upstream reads the padding of Stable Diffusion 2, "!", in a text as that very token.
            let padding = AddedToken::from(pad, true);
            inner.add_special_tokens([padding]).map_err(|e| NnError::Tokenizer(e.to_string()))?;
        }
        add_tokens(&mut inner, added)?;
        Ok(Self { inner, start, end, padding, length })
    }

    /// Tokens known, those that were added included.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// Tokens the text encoder reads, ends included.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The tokens of a text, without start, end and padding.
    ///
    /// # Errors
    ///
    /// When the text cannot be split (which valid UTF-8 does not cause).
    pub fn pieces(&self, text: &str) -> Result<Vec<u32>, NnError> {
        let encoding = self.inner.encode_fast(text, false);
        let encoding = encoding.map_err(|e| NnError::Tokenizer(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// A token as the vocabulary writes it, for instance `cat</w>`.
    #[must_use]
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The start token, which every prompt begins with.
    pub(super) fn start_token(&self) -> u32 {
        self.start
    }

    /// The end token, which every prompt ends with.
    pub(super) fn end_token(&self) -> u32 {
        self.end
    }

    /// Text to exactly [`length`](Self::length) ids; what is too long is cut off, and said so.
    ///
    /// # Errors
    ///
    /// As for [`pieces`](Self::pieces).
    pub fn encode(&self, text: &str) -> Result<Encoded, NnError> {
        let pieces = self.pieces(text)?;
        let room = self.length - 2;
        let kept = pieces.iter().take(room).copied();
        let mut ids: Vec<u32> = [self.start].into_iter().chain(kept).chain([self.end]).collect();
        ids.resize(self.length, self.padding);
        Ok(Encoded { ids, tokens: pieces.len() + 2, truncated: pieces.len() > room })
    }

    /// A warning where [`encode`](Self::encode) cuts a text off.
    ///
    /// # Errors
    ///
    /// As for [`pieces`](Self::pieces).
    pub fn cut_off(&self, text: &str) -> Result<Option<Warning>, NnError> {
        let Encoded { tokens, truncated, .. } = self.encode(text)?;
        let warning = || Warning::PromptCut { prompt: text.to_owned(), tokens, limit: self.length };
        Ok(truncated.then(warning))
    }
}

fn pipeline(bpe: BPE) -> Result<tokenizers::Tokenizer, NnError> {
    let failed = |e: tokenizers::Error| NnError::Tokenizer(e.to_string());
    let spaces = tokenizers::normalizers::replace::ReplacePattern::Regex(r"\s+".to_owned());
    let normal = Normalizers::new(vec![
        NormalizerWrapper::NFC(NFC),
        NormalizerWrapper::Replace(Replace::new(spaces, " ").map_err(failed)?),
        NormalizerWrapper::Lowercase(Lowercase),
    ]);
    let pieces = SplitPattern::Regex(PIECES.to_owned());
    let split = Split::new(pieces, SplitDelimiterBehavior::Removed, true).map_err(failed)?;
    let split = PreTokenizers::new(vec![
        PreTokenizerWrapper::Split(split),
        PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, false)),
    ]);
    let mut tokenizer = tokenizers::Tokenizer::new(bpe);
    tokenizer.with_normalizer(Some(normal)).map_err(failed)?;
    tokenizer.with_pre_tokenizer(Some(split));
    Ok(tokenizer)
}

/// Adds tokens behind the vocabulary, which must get the ids that their files state.
fn add_tokens(inner: &mut tokenizers::Tokenizer, added: Vec<(u32, AddedToken)>) -> Result<(), NnError> {
    for (id, token) in added {
        let content = token.content.clone();
        inner.add_tokens([token]).map_err(|e| NnError::Tokenizer(e.to_string()))?;
        let found = inner.token_to_id(&content);
        if found != Some(id) {
            let next = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            return Err(NnError::Tokenizer(format!(
                "the added token {content:?} has the number {id}, expected {next}, the next one"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::{parse_json, parse_merges};
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tokenizer")
    }

    /// Made by `bench/parity/make_tokenizer.py` with transformers.
    #[test]
    fn every_text_gives_the_ids_of_transformers() {
        let tokenizer = Tokenizer::open(&folder()).unwrap();
        let golden = std::fs::read_to_string(folder().join("golden.json")).unwrap();
        for case in parse_json(&golden).unwrap().as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let expected: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
            let encoded = tokenizer.encode(text).unwrap();
            assert_eq!(encoded.ids, expected, "{text:?}");
            assert_eq!(encoded.truncated, text.len() > 100, "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_off_is_counted() {
        let tokenizer = Tokenizer::open(&folder()).unwrap();
        let encoded = tokenizer.encode(&"the cat ".repeat(60)).unwrap();
        assert_eq!((encoded.tokens, encoded.ids.len(), encoded.truncated), (122, 77, true));
        let whole = tokenizer.encode("a gray cat").unwrap();
        assert_eq!((whole.tokens, whole.truncated), (5, false));
        assert_eq!(tokenizer.cut_off("a gray cat").unwrap(), None);
        let warning = tokenizer.cut_off(&"the cat ".repeat(60)).unwrap().unwrap().to_string();
        assert!(warning.contains("122 tokens is cut off after 77") && warning.len() < 200, "{warning}");
    }

    #[test]
    fn a_single_file_holds_the_same() {
        let copy = tempfile::tempdir().unwrap();
        let text = |name| std::fs::read_to_string(folder().join(name)).unwrap();
        let merges: Vec<[String; 2]> =
            parse_merges(&text("merges.txt")).into_iter().map(|(a, b)| [a, b]).collect();
        let vocab = parse_json(&text("vocab.json")).unwrap();
        let whole = serde_json::json!({"model": {"vocab": vocab, "merges": merges}}).to_string();
        std::fs::write(copy.path().join("tokenizer.json"), whole).unwrap();
        std::fs::write(copy.path().join("tokenizer_config.json"), text("tokenizer_config.json")).unwrap();
        let [ours, other] =
            [copy.path(), &folder()].map(|f| Tokenizer::open(f).unwrap().encode("a cathedral").unwrap());
        assert_eq!(ours, other);
    }

    #[test]
    fn other_files_are_refused() {
        let copy = tempfile::tempdir().unwrap();
        assert!(Tokenizer::open(copy.path()).is_err());
        std::fs::write(copy.path().join("merges.txt"), "a b\n").unwrap();
        for vocab in ["[]", "{\"a\": -1}", "{\"a\": 1}", "{"] {
            std::fs::write(copy.path().join("vocab.json"), vocab).unwrap();
            assert!(Tokenizer::open(copy.path()).is_err(), "{vocab}");
        }
    }
}
