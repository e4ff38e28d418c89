//! The cache of the LMD reference: `{caption: [answer, …]}`, answers in its
//! text grammar.

use serde_json::{Map, Value, json};

use crate::layout::Layout;
use crate::text::write_cache_text;

/// One caption with one answer.
pub(super) fn value(layout: &Layout, prompt: &str) -> Value {
    let mut captions = Map::new();
    captions.insert(prompt.to_owned(), json!([write_cache_text(layout)]));
    Value::Object(captions)
}

/// The first answer of a cache, and whether it holds more; `None` for a text
/// that is no cache.
pub(crate) fn cached_answer(text: &str) -> Option<(String, bool)> {
    let Value::Object(top) = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()? else {
        return None;
    };
    let lists: Vec<&Vec<Value>> = top.values().map(Value::as_array).collect::<Option<_>>()?;
    if !lists.iter().all(|list| list.iter().all(Value::is_string)) {
        return None;
    }
    let answer = lists.iter().find_map(|list| list.first())?.as_str()?;
    // An answer is in the text grammar and holds no cache.
    let more = lists.iter().map(|list| list.len()).sum::<usize>() > 1;
    answer
        .contains('[')
        .then(|| (answer.to_owned(), more))
        .filter(|(answer, _)| !answer.trim_start().starts_with('{'))
}
