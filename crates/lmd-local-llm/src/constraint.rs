//! Answers held to a JSON schema, token by token.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, SimpleVob, TokEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use crate::vocabulary::Vocabulary;

/// Longest text in an answer, in characters, where the schema sets no limit:
/// a model that lost its thread would fill the whole answer with one caption.
const MAX_TEXT: u64 = 160;

/// Makes constraints for one vocabulary.
pub(crate) struct Grammars(ParserFactory);

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grammars")
    }
}

/// Which tokens may come next in one answer.
pub(crate) struct Constraint(Matcher);

impl Grammars {
    pub(crate) fn new(vocabulary: Arc<Vocabulary>) -> Result<Self, String> {
        let environment: TokEnv = vocabulary;
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = llguidance::earley::SlicedBiasComputer::json_slices();
        let mut factory =
            ParserFactory::new(&environment, capabilities, &slices).map_err(|error| error.to_string())?;
        factory.quiet();
        Ok(Self(factory))
    }

    /// A constraint to a schema.
    pub(crate) fn constraint(&self, schema: &Value) -> Result<Constraint, String> {
        let grammar = TopLevelGrammar::from_json_schema(bounded(schema));
        let parser = self.0.create_parser(grammar).map_err(|error| error.to_string())?;
        Ok(Constraint(Matcher::new(Ok(parser))))
    }
}

impl Constraint {
    /// The tokens that may come next; ends of answers among them once it may end.
    pub(crate) fn allowed(&mut self) -> Result<SimpleVob, String> {
        self.0.compute_mask_or_eos().map_err(|error| error.to_string())
    }

    /// Goes on by a token.
    pub(crate) fn take(&mut self, token: u32) -> Result<(), String> {
        self.0.consume_token(token).map_err(|error| error.to_string())
    }

    /// The tokens that must come next whatever the model would choose, which
    /// are taken by this.
    pub(crate) fn forced(&mut self) -> Vec<u32> {
        self.0.consume_ff_tokens()
    }

    /// Whether the answer is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_stopped()
    }
}

/// The schema with texts of bounded length, in the short form the examples have.
fn bounded(schema: &Value) -> Value {
    let mut bounded = schema.clone();
    limit_texts(&mut bounded);
    if let Some(root) = bounded.as_object_mut() {
        let form = json!({ "whitespace_flexible": false, "item_separator": ",", "key_separator": ":" });
        root.insert("x-guidance".to_owned(), form);
    }
    bounded
}

fn limit_texts(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("string")) && !members.contains_key("maxLength") {
                members.insert("maxLength".to_owned(), json!(MAX_TEXT));
            }
            members.values_mut().for_each(limit_texts);
        }
        Value::Array(items) => items.iter_mut().for_each(limit_texts),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_wherever_they_are() {
        let schema = json!({ "type": "object", "properties": {
            "a": { "type": "string" },
            "b": { "type": "array", "items": { "type": "string", "maxLength": 3 } },
        }});
        let bounded = bounded(&schema);
        assert_eq!(bounded["properties"]["a"]["maxLength"], MAX_TEXT);
        assert_eq!(bounded["properties"]["b"]["items"]["maxLength"], 3);
    }
}
