//! [`Vocabulary`]: a file's tokenizer: text to tokens, and each token's bytes.

use std::collections::{BTreeSet, HashMap};

use candle_core::quantized::gguf_file::{Content, Value as Entry, VersionedMagic};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::Replace;
use tokenizers::{AddedToken, Tokenizer};
use toktrie::{TokRxInfo, TokTrie, TokenId, TokenizerEnv};

use crate::gguf::{GgufError, Header, Value};

/// Kinds of tokens in `tokenizer.ggml.token_type` that are no text: unknown, control, unused.
const NO_TEXT: [i64; 3] = [2, 3, 5];
/// The kind of tokens somebody added, which are found in texts as a whole.
const ADDED: i64 = 4;
/// The kind of tokens that are one byte, `<0x0A>`.
const BYTE: i64 = 6;

/// Tokens that end an answer, by what models call them.
const ENDS: [&str; 7] =
    ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "</s>"];

/// Text to tokens and back.
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
    trie: TokTrie,
    ends: BTreeSet<u32>,
    /// Texts that stand for something else than themselves.
    control: Vec<String>,
    begin: String,
    end: String,
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocabulary").field("tokens", &self.trie.vocab_size()).finish_non_exhaustive()
    }
}

impl Vocabulary {
    /// The tokenizer of a file.
    pub(crate) fn of(header: &Header) -> Result<Self, GgufError> {
        let tokens = header.texts("tokenizer.ggml.tokens")?;
        let kinds = kinds(header, tokens.len())?;
        let is_pieces = match header.text("tokenizer.ggml.model")? {
            "gpt2" => false,
            "llama" => true,
            other => {
                let other: String = other.chars().take(40).flat_map(char::escape_default).collect();
                return Err(unusable(format!("its tokenizer is \"{other}\", and gpt2 and llama are read")));
            }
        };
        let tokenizer = if is_pieces { pieces(header, tokens, &kinds)? } else { byte_level(header)? };
        let control: Vec<String> = tokens
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| NO_TEXT.contains(kind))
            .map(|(t, _)| t.clone())
            .collect();
        let id = |key: &str| match header.get(key) {
            Some(_) => header.number(key, 0..=tokens.len().saturating_sub(1)).map(Some),
            None => Ok(None),
        };
        let name = |id: Option<usize>| id.and_then(|id| tokens.get(id)).cloned().unwrap_or_default();
        let begin = id("tokenizer.ggml.bos_token_id")?;
        let end = id("tokenizer.ggml.eos_token_id")?;
        let mut ends: BTreeSet<u32> = end.into_iter().filter_map(|id| u32::try_from(id).ok()).collect();
        ends.extend(
            (0_u32..).zip(tokens).filter(|(_, token)| ENDS.contains(&token.as_str())).map(|(id, _)| id),
        );
        let first_end =
            *ends.first().ok_or_else(|| unusable("no token of its vocabulary ends an answer".to_owned()))?;
        let letters = letters();
        let words: Vec<Vec<u8>> = tokens
            .iter()
            .zip(&kinds)
            .map(|(token, kind)| bytes_of(token, *kind, (!is_pieces).then_some(&letters)))
            .collect();
        let size =
            u32::try_from(tokens.len()).map_err(|_| unusable("its vocabulary is too large".to_owned()))?;
        let trie = TokTrie::from(&TokRxInfo::new(size, first_end), &words);
        Ok(Self { tokenizer, trie, ends, control, begin: name(begin), end: name(end) })
    }

    /// The tokens of a text in which control tokens stand for themselves.
    pub(crate) fn tokens(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoded.get_ids().to_vec())
    }

    /// `text` without control tokens, so that a sentence cannot end its own message.
    pub(crate) fn plain(&self, text: &str) -> String {
        let mut plain = text.to_owned();
        for control in self.control.iter().filter(|control| control.len() > 2) {
            if plain.contains(control.as_str()) {
                plain = plain.replace(control.as_str(), " ");
            }
        }
        plain
    }

    /// The text of an answer's tokens.
    pub(crate) fn text(&self, tokens: &[u32]) -> String {
        String::from_utf8_lossy(&self.trie.decode_ext(tokens, false)).into_owned()
    }

    /// Whether a token ends an answer.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// The names of the tokens a text begins and ends with; empty where there is none.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.begin, &self.end)
    }
}

/// For grammars: which bytes a token adds.
impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| self.tokens(text).unwrap_or_default())
    }
}

fn kinds(header: &Header, count: usize) -> Result<Vec<i64>, GgufError> {
    match header.get("tokenizer.ggml.token_type") {
        None => Ok(vec![1; count]),
        Some(Value::Integers(kinds)) if kinds.len() == count => Ok(kinds.clone()),
        Some(_) => {
            Err(unusable("`tokenizer.ggml.token_type` is no list of integers, one for each token".to_owned()))
        }
    }
}

/// Byte-pair encoding of bytes written as letters, as GPT-2, Qwen and Llama 3 have it.
fn byte_level(header: &Header) -> Result<Tokenizer, GgufError> {
    let mut metadata: HashMap<String, Entry> = header
        .metadata()
        .iter()
        .filter(|(key, _)| key.starts_with("tokenizer.ggml."))
        .filter_map(|(key, value)| Some((key.clone(), entry(value)?)))
        .collect();
    // Its name in llama.cpp's files; words that are tokens are not merged again.
    if matches!(header.get("tokenizer.ggml.pre"), Some(Value::Text(pre)) if pre == "llama-bpe") {
        metadata.insert("tokenizer.ggml.pre".to_owned(), Entry::String("llama3".to_owned()));
        metadata.insert("tokenizer.ggml.ignore_merges".to_owned(), Entry::Bool(true));
    }
    let content = Content {
        magic: VersionedMagic::GgufV3,
        metadata,
        tensor_infos: HashMap::new(),
        tensor_data_offset: 0,
    };
    Tokenizer::from_gguf(&content).map_err(|error| unusable(format!("its tokenizer: {}", first_line(&error))))
}

/// The same value in candle's words; `None` for what no tokenizer has.
fn entry(value: &Value) -> Option<Entry> {
    Some(match value {
        Value::Integer(number) => Entry::U32(u32::try_from(*number).ok()?),
        Value::Float(number) => Entry::F64(*number),
        Value::Bool(yes) => Entry::Bool(*yes),
        Value::Text(text) => Entry::String(text.clone()),
        Value::Texts(texts) => Entry::Array(texts.iter().cloned().map(Entry::String).collect()),
        Value::Integers(numbers) => Entry::Array(
            numbers
                .iter()
                .map(|number| i32::try_from(*number).map(Entry::I32))
                .collect::<Result<_, _>>()
                .ok()?,
        ),
        Value::Floats(_) => return None,
    })
}

/// Pieces with scores, as SentencePiece makes them (Gemma, Llama 2): the pair
/// whose piece has the best score is joined first. That is byte-pair encoding
/// whose merges are all ways to cut a piece in two, in the order of scores.
fn pieces(header: &Header, tokens: &[String], kinds: &[i64]) -> Result<Tokenizer, GgufError> {
    let scores = match header.get("tokenizer.ggml.scores") {
        Some(Value::Floats(scores)) if scores.len() == tokens.len() => scores,
        _ => {
            return Err(unusable(
                "`tokenizer.ggml.scores` is no list of floats, one for each token".to_owned(),
            ));
        }
    };
    let numbers: HashMap<&str, usize> =
        tokens.iter().enumerate().map(|(id, token)| (token.as_str(), id)).collect();
    let is_text = |id: &usize| kinds.get(*id).is_some_and(|kind| ![2, 3, 5, ADDED, BYTE].contains(kind));
    let mut merges: Vec<(f32, usize, usize)> = Vec::new();
    for (id, token) in tokens.iter().enumerate().filter(|(id, token)| is_text(id) && token.len() <= MAX_PIECE)
    {
        let cuts = token.char_indices().skip(1).filter_map(|(at, _)| {
            let (left, right) = token.split_at(at);
            let both = numbers.contains_key(left) && numbers.contains_key(right);
            both.then_some((scores.get(id).copied().unwrap_or_default(), id, at))
        });
        merges.extend(cuts);
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let pairs = merges.iter().filter_map(|(_, id, at)| {
        let (left, right) = tokens.get(*id)?.split_at_checked(*at)?;
        Some((left.to_owned(), right.to_owned()))
    });
    let vocabulary: HashMap<String, u32> =
        (0_u32..).zip(tokens).map(|(id, token)| (token.clone(), id)).collect();
    let fault = |error: &dyn std::fmt::Display| unusable(format!("its tokenizer: {}", first_line(error)));
    let model = BPE::builder()
        .vocab_and_merges(vocabulary.into_iter().collect::<tokenizers::models::bpe::Vocab>(), pairs.collect())
        .byte_fallback(true)
        .build()
        .map_err(|error| fault(&error))?;
    let mut tokenizer = Tokenizer::new(model);
    let spaces = Replace::new(" ", "\u{2581}").map_err(|error| fault(&error))?;
    tokenizer.with_normalizer(Some(spaces)).map_err(|error| fault(&error))?;
    let added: Vec<AddedToken> = tokens
        .iter()
        .zip(kinds)
        .filter(|(_, kind)| [2, 3, ADDED].contains(kind))
        .map(|(token, kind)| AddedToken::from(token.clone(), *kind != ADDED).normalized(false))
        .collect();
    tokenizer.add_tokens(added).map_err(|error| fault(&error))?;
    Ok(tokenizer)
}

/// Longest piece in bytes that is cut; the longest of real models are lines of blanks.
const MAX_PIECE: usize = 256;

/// The bytes a token adds to a text; control tokens are marked and add none.
fn bytes_of(token: &str, kind: i64, letters: Option<&HashMap<char, u8>>) -> Vec<u8> {
    if NO_TEXT.contains(&kind) {
        let mut marked = vec![TokTrie::SPECIAL_TOKEN_MARKER];
        marked.extend_from_slice(token.as_bytes());
        return marked;
    }
    let Some(letters) = letters else {
        let byte = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
        let byte = byte.filter(|_| kind == BYTE).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        return byte.map_or_else(|| token.replace('\u{2581}', " ").into_bytes(), |byte| vec![byte]);
    };
    if kind == ADDED {
        return token.as_bytes().to_vec();
    }
    let mut bytes = Vec::with_capacity(token.len());
    for letter in token.chars() {
        match letters.get(&letter) {
            Some(byte) => bytes.push(*byte),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Which byte a letter of a byte-level vocabulary stands for: printable bytes
/// for themselves, the others for letters from U+0100 on, in order.
fn letters() -> HashMap<char, u8> {
    let is_printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=u8::MAX).filter(|byte| !is_printable(*byte));
    let printable = (0..=u8::MAX).filter(|byte| is_printable(*byte)).map(|byte| (char::from(byte), byte));
    printable.chain(('\u{100}'..).zip(others)).collect()
}

fn first_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(200).collect()
}

fn unusable(why: String) -> GgufError {
    GgufError::Unusable(why)
}
