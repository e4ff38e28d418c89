//! The cache of the LMD reference: `{caption: [answer, …]}`, answers in its
//! text grammar.

use serde_json::{Map, Value, json};

use super::format::Format;
use super::read::Foreign;
use crate::layout::Layout;
use crate::parse_answer;
use crate::text::write_cache_text;

/// One caption with one answer.
pub(super) fn value(layout: &Layout, prompt: &str) -> Value {
    let mut captions = Map::new();
    captions.insert(prompt.to_owned(), json!([write_cache_text(layout)]));
    Value::Object(captions)
}

/// The first answer to the first caption.
pub(super) fn read(top: &Map<String, Value>) -> Option<Foreign> {
    let lists: Vec<&Vec<Value>> = top.values().map(Value::as_array).collect::<Option<_>>()?;
    if !lists.iter().all(|list| list.iter().all(Value::is_string)) {
        return None;
    }
    let answer = lists.iter().find_map(|list| list.first())?.as_str()?;
    // An answer holds no cache, so that this ends.
    let parsed = if answer.trim_start().starts_with('{') { None } else { parse_answer(answer).ok() };
    let partial = lists.iter().map(|list| list.len()).sum::<usize>() > 1;
    Some(Foreign::new(parsed?.draft, Format::Reference, partial))
}
