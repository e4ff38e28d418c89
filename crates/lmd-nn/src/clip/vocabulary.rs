//! The files of a tokenizer: vocabulary, merges, special and added tokens.

use std::collections::BTreeMap;

use ahash::{AHashMap, AHashSet};
use serde_json::Value;
use tokenizers::AddedToken;

use crate::NnError;
use crate::weights::Source;

pub(super) const START: &str = "<|startoftext|>";
pub(super) const END: &str = "<|endoftext|>";
/// The end of a token that ends a word.
pub(super) const WORD_END: &str = "</w>";
const DEFAULT_LENGTH: usize = 77;
const MAX_LENGTH: u64 = 4096;
const MAX_FILE: u64 = 32 << 20;
/// Most tokens added to a vocabulary.
const MAX_ADDED: usize = 10_000;
/// The padding of Stable Diffusion 2.
const PADDING_TWO: &str = "!";
/// CLIP's own merges; see `vocabulary/README.md`.
const CLIP_MERGES: &str = include_str!("vocabulary/merges.txt");

/// All that makes a tokenizer.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pub(super) tokens: AHashMap<String, u32>,
    pub(super) merges: Vec<(String, String)>,
    /// The token that fills a prompt up.
    pub(super) padding: String,
    /// Tokens of one prompt.
    pub(super) length: usize,
    /// Tokens added behind the vocabulary, in the order of their ids.
    pub(super) added: Vec<(u32, AddedToken)>,
}

impl Vocabulary {
    /// CLIP's own, with the padding of Stable Diffusion 1 or 2.
    pub(super) fn clip(version_two: bool) -> Self {
        let merges: Vec<(String, String)> = CLIP_MERGES.lines().filter_map(pair).collect();
        let bytes: Vec<String> = byte_letters().map(String::from).collect();
        let ends = bytes.iter().map(|letter| format!("{letter}{WORD_END}"));
        let joined = merges.iter().map(|(left, right)| format!("{left}{right}"));
        let all = bytes.iter().cloned().chain(ends).chain(joined).chain([START.to_owned(), END.to_owned()]);
        Self {
            tokens: all.zip(0..).collect(),
            merges,
            padding: if version_two { PADDING_TWO } else { END }.to_owned(),
            length: DEFAULT_LENGTH,
            added: Vec::new(),
        }
    }

    /// Reads the files of a tokenizer below `prefix`.
    ///
    /// # Errors
    /// When a file is missing, too large or not of this kind.
    pub(super) fn read(source: &Source, prefix: &str) -> Result<Self, NnError> {
        let path = |file: &str| format!("{prefix}{file}");
        let optional = |file: &str| match source.text(&path(file), MAX_FILE)? {
            Some(text) => parse_json(&text),
            None => Ok(Value::Null),
        };
        let config = optional("tokenizer_config.json")?;
        let (tokens, merges, whole) = if let Some(vocab) = source.text(&path("vocab.json"), MAX_FILE)? {
            let merges = source.needed_text(&path("merges.txt"), MAX_FILE)?;
            // The other file is of use for its added tokens alone.
            let listed = config.get("added_tokens_decoder").is_some();
            let whole = if listed { Value::Null } else { optional("tokenizer.json")? };
            (parse_tokens(&parse_json(&vocab)?)?, parse_merges(&merges), whole)
        } else {
            let whole = parse_json(&source.needed_text(&path("tokenizer.json"), MAX_FILE)?)?;
            let wrong = || NnError::Tokenizer("tokenizer.json has no model with a vocabulary".to_owned());
            let model = whole.get("model").ok_or_else(wrong)?;
            let merges = listed_merges(model.get("merges").ok_or_else(wrong)?)?;
            (parse_tokens(model.get("vocab").ok_or_else(wrong)?)?, merges, whole)
        };
        // transformers: the map is read where the configuration does not list the tokens itself, and wins then.
        let map = match config.get("added_tokens_decoder") {
            Some(_) => Value::Null,
            None => optional("special_tokens_map.json")?,
        };
        let padding =
            text_of(map.get("pad_token")).or_else(|| text_of(config.get("pad_token"))).unwrap_or(END);
        check_merges(&tokens, &merges, padding)?;
        let added = added_tokens(&config, &optional("added_tokens.json")?, &whole, &tokens)?;
        let length = config.get("model_max_length").and_then(Value::as_u64);
        let length = length.filter(|n| (3..=MAX_LENGTH).contains(n)).and_then(|n| usize::try_from(n).ok());
        Ok(Self {
            tokens,
            merges,
            padding: padding.to_owned(),
            // Old files have no length or an absurd one; CLIP reads 77.
            length: length.unwrap_or(DEFAULT_LENGTH),
            added,
        })
    }
}

/// Fails when the merges leave a part of the vocabulary out of reach, as those of a damaged or a foreign file do: the text
/// would fall into other tokens than the model was trained with, and the picture would be another one.
fn check_merges(
    tokens: &AHashMap<String, u32>,
    merges: &[(String, String)],
    padding: &str,
) -> Result<(), NnError> {
    let merged: AHashSet<String> = merges.iter().map(|(left, right)| format!("{left}{right}")).collect();
    let special = |token: &str| token == padding || (token.starts_with('<') && token.ends_with('>'));
    let is_letter = |token: &str| token.strip_suffix(WORD_END).unwrap_or(token).chars().nth(1).is_none();
    let out_of_reach = |token: &&String| !merged.contains(*token) && !is_letter(token) && !special(token);
    let lost: Vec<&String> = tokens.keys().filter(out_of_reach).collect();
    let Some(first) = lost.iter().min() else { return Ok(()) };
    let (lost, all, merges) = (lost.len(), tokens.len(), merges.len());
    let first: String = first.chars().take(40).collect();
    Err(NnError::Tokenizer(format!(
        "its {merges} merges make no tokens for {lost} of the vocabulary's {all} entries, among them {first:?}; the file is damaged or of another vocabulary"
    )))
}

/// The letters that stand for the 256 bytes, in CLIP's order: those that can be printed, then the others.
fn byte_letters() -> impl Iterator<Item = char> {
    let printed = || ('!'..='~').chain('¡'..='¬').chain('®'..='ÿ');
    let others = (0..=u8::MAX).filter(move |&byte| !printed().any(|letter| letter == char::from(byte)));
    printed().chain(others.zip('Ā'..).map(|(_, letter)| letter))
}

/// A token written as a text, or as an object with its content.
fn text_of(token: Option<&Value>) -> Option<&str> {
    let token = token?;
    token.as_str().or_else(|| token.get("content")?.as_str())
}

/// The tokens that were added to the vocabulary (by textual inversion, for instance), from wherever transformers looks
/// for them. Tokens of the vocabulary itself are listed there as well and left out.
fn added_tokens(
    config: &Value,
    added: &Value,
    whole: &Value,
    known: &AHashMap<String, u32>,
) -> Result<Vec<(u32, AddedToken)>, NnError> {
    let wrong = || NnError::Tokenizer("the added tokens are not a map from tokens to numbers".to_owned());
    let mut all: BTreeMap<u32, AddedToken> = BTreeMap::new();
    let mut add = |id: Option<u64>, token: &Value| {
        let content = text_of(Some(token)).ok_or_else(wrong)?;
        let id = id.and_then(|id| u32::try_from(id).ok()).ok_or_else(wrong)?;
        if !known.contains_key(content) && !content.is_empty() {
            all.insert(id, added_token(content, token));
        }
        if all.len() > MAX_ADDED {
            Err(NnError::Tokenizer(format!("more than {MAX_ADDED} added tokens")))
        } else {
            Ok(())
        }
    };
    if let Some(listed) = config.get("added_tokens_decoder") {
        for (id, token) in listed.as_object().ok_or_else(wrong)? {
            add(id.parse().ok(), token)?;
        }
    } else {
        for (content, id) in added.as_object().into_iter().flatten() {
            add(id.as_u64(), &Value::String(content.clone()))?;
        }
        for token in whole.get("added_tokens").and_then(Value::as_array).into_iter().flatten() {
            add(token.get("id").and_then(Value::as_u64), token)?;
        }
    }
    Ok(all.into_iter().collect())
}

/// An added token with its rules for matching; those that are not stated are transformers'.
fn added_token(content: &str, token: &Value) -> AddedToken {
    let rule = |name: &str| token.get(name).and_then(Value::as_bool);
    let special = rule("special") == Some(true);
    AddedToken::from(content.to_owned(), special)
        .single_word(rule("single_word") == Some(true))
        .lstrip(rule("lstrip") == Some(true))
        .rstrip(rule("rstrip") == Some(true))
        .normalized(rule("normalized").unwrap_or(!special))
}

pub(super) fn parse_json(text: &str) -> Result<Value, NnError> {
    serde_json::from_str(text).map_err(|e| NnError::Tokenizer(format!("not valid JSON ({e})")))
}

fn parse_tokens(vocab: &Value) -> Result<AHashMap<String, u32>, NnError> {
    let wrong = || NnError::Tokenizer("the vocabulary is not a map from tokens to numbers".to_owned());
    let tokens = vocab.as_object().ok_or_else(wrong)?;
    let id = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong);
    tokens.iter().map(|(token, v)| Ok((token.clone(), id(v)?))).collect()
}

/// The lines of `merges.txt`, of which the first is a comment.
pub(super) fn parse_merges(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with("#version"));
    lines.filter_map(pair).collect()
}

/// The merges of `tokenizer.json`, written as `"a b"` or as `["a", "b"]`.
fn listed_merges(merges: &Value) -> Result<Vec<(String, String)>, NnError> {
    let wrong = || NnError::Tokenizer("the merges are not a list of pairs".to_owned());
    let one = |merge: &Value| match merge {
        Value::String(text) => pair(text),
        Value::Array(two) => Some((two.first()?.as_str()?.to_owned(), two.get(1)?.as_str()?.to_owned())),
        _ => None,
    };
    merges.as_array().ok_or_else(wrong)?.iter().map(|merge| one(merge).ok_or_else(wrong)).collect()
}

fn pair(line: &str) -> Option<(String, String)> {
    let (left, right) = line.trim_end().split_once(' ')?;
    Some((left.to_owned(), right.to_owned()))
}
