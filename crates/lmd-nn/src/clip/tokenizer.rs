//! [`Tokenizer`]: CLIP's byte-pair encoding of lower-cased text (arXiv:1508.07909, arXiv:2103.00020).

use std::path::Path;

use ahash::AHashMap;
use serde_json::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::normalizers::{Lowercase, NormalizerWrapper, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior};

use crate::NnError;
use crate::weights::Source;

const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// What counts as one piece before byte pairs are merged.
const PIECES: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
const DEFAULT_LENGTH: usize = 77;
const MAX_LENGTH: u64 = 4096;
const MAX_FILE: u64 = 32 << 20;

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
    /// Opens a folder with `vocab.json` and `merges.txt` (or `tokenizer.json`),
    /// and `tokenizer_config.json` where there is one.
    ///
    /// # Errors
    ///
    /// When a file is missing, too large or not of this kind.
    pub fn open(folder: &Path) -> Result<Self, NnError> {
        Self::from_source(&Source::Folder(folder.to_owned()), "")
    }

    /// The same from the files of a model below `prefix`.
    pub(crate) fn from_source(source: &Source, prefix: &str) -> Result<Self, NnError> {
        let read = |file: &str| source.needed_text(&format!("{prefix}{file}"), MAX_FILE);
        let (vocab, merges) = if source.has(&format!("{prefix}vocab.json")) {
            (parse_json(&read("vocab.json")?)?, parse_merges(&read("merges.txt")?))
        } else {
            let whole = parse_json(&read("tokenizer.json")?)?;
            let model = whole.get("model").cloned().unwrap_or_default();
            let merges = model.get("merges").map(listed_merges).unwrap_or_default();
            (model.get("vocab").cloned().unwrap_or_default(), merges)
        };
        let config = source.text(&format!("{prefix}tokenizer_config.json"), MAX_FILE)?;
        let config = config.map_or(Ok(Value::Null), |text| parse_json(&text))?;
        Self::build(&vocab, merges, &config)
    }

    fn build(vocab: &Value, merges: Vec<(String, String)>, config: &Value) -> Result<Self, NnError> {
        let vocab = parse_vocab(vocab)?;
        let id = |token: &str| {
            let missing = || NnError::Tokenizer(format!("the vocabulary has no token {token}"));
            vocab.get(token).copied().ok_or_else(missing)
        };
        let pad = config.get("pad_token");
        let pad = pad.and_then(|p| p.as_str().or_else(|| p.get("content")?.as_str())).unwrap_or(END);
        let (start, end, padding) = (id(START)?, id(END)?, id(pad)?);
        let length = config.get("model_max_length").and_then(Value::as_u64);
        let length = length.filter(|n| (3..=MAX_LENGTH).contains(n));
        let bpe = BPE::builder()
            .vocab_and_merges(vocab, merges)
            .unk_token(END.to_owned())
            .end_of_word_suffix("</w>".to_owned())
            .build()
            .map_err(|e| NnError::Tokenizer(e.to_string()))?;
        let mut inner = pipeline(bpe)?;
        if pad != END {
            // Upstream reads the padding of Stable Diffusion 2, "!", in a text as that very token.
            let padding = AddedToken::from(pad.to_owned(), true);
            inner.add_special_tokens([padding]).map_err(|e| NnError::Tokenizer(e.to_string()))?;
        }
        Ok(Self {
            inner,
            start,
            end,
            padding,
            length: length.and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_LENGTH),
        })
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

fn parse_json(text: &str) -> Result<Value, NnError> {
    serde_json::from_str(text).map_err(|e| NnError::Tokenizer(format!("not valid JSON ({e})")))
}

fn parse_vocab(vocab: &Value) -> Result<AHashMap<String, u32>, NnError> {
    let wrong = || NnError::Tokenizer("the vocabulary is not a map from tokens to numbers".to_owned());
    let tokens = vocab.as_object().ok_or_else(wrong)?;
    let id = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong);
    tokens.iter().map(|(token, v)| Ok((token.clone(), id(v)?))).collect()
}

/// The lines of `merges.txt`, of which the first is a comment.
fn parse_merges(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with("#version"));
    lines.filter_map(pair).collect()
}

/// The merges of `tokenizer.json`, written as `"a b"` or as `["a", "b"]`.
fn listed_merges(merges: &Value) -> Vec<(String, String)> {
    let one = |merge: &Value| match merge {
        Value::String(text) => pair(text),
        Value::Array(two) => Some((two.first()?.as_str()?.to_owned(), two.get(1)?.as_str()?.to_owned())),
        _ => None,
    };
    merges.as_array().into_iter().flatten().filter_map(one).collect()
}

fn pair(line: &str) -> Option<(String, String)> {
    let (left, right) = line.trim_end().split_once(' ')?;
    Some((left.to_owned(), right.to_owned()))
}

#[cfg(test)]
mod tests {
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
