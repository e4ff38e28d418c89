//! The form of a chat: the file's own template, or its family's.

use lmd_planner::llm::{Message, Role};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;

use crate::gguf::{self, Header};
use crate::shape::Family;
use crate::vocabulary::Vocabulary;

/// Longest template that is run, in bytes.
const MAX_TEMPLATE: usize = 64 << 10;
/// Most steps of a template.
const FUEL: u64 = 500_000;

/// How a chat is written for a model.
#[derive(Debug)]
pub(crate) struct Template {
    source: Option<String>,
    family: Family,
}

impl Template {
    /// The template of a file.
    pub(crate) fn of(header: &Header, family: Family) -> Self {
        let source = match header.get("tokenizer.chat_template") {
            Some(gguf::Value::Text(source)) if source.len() <= MAX_TEMPLATE => Some(source.clone()),
            _ => None,
        };
        Self { source, family }
    }

    /// The chat as one text that the model's answer follows. A template that
    /// cannot be run is replaced by that of the family.
    pub(crate) fn render(&self, messages: &[Message], vocabulary: &Vocabulary) -> String {
        let plain: Vec<(&'static str, String)> = messages
            .iter()
            .map(|message| {
                (
                    if message.role == Role::User { "user" } else { "assistant" },
                    vocabulary.plain(&message.content),
                )
            })
            .collect();
        let own = self.source.as_deref().and_then(|source| run(source, &plain, vocabulary.names()).ok());
        // Every message must be in it.
        let whole = |text: &String| plain.iter().all(|(_, content)| text.contains(content.trim()));
        own.filter(whole).unwrap_or_else(|| usual(self.family, &plain, vocabulary.names().0))
    }
}

fn run(
    source: &str,
    messages: &[(&str, String)],
    (begin, end): (&str, &str),
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, why))
    });
    // Llama's template prints the day, which would make answers depend on it.
    environment.add_function("strftime_now", |_: String| "26 Jul 2024");
    let messages: Vec<Value> = messages
        .iter()
        .map(|(role, content)| context! { role => *role, content => content.as_str() })
        .collect();
    environment.render_str(
        source,
        context! {
            messages => messages, add_generation_prompt => true, bos_token => begin, eos_token => end,
            enable_thinking => false,
        },
    )
}

/// The families' forms, for files without a template or with one that fails.
fn usual(family: Family, messages: &[(&str, String)], begin: &str) -> String {
    let mut text = String::new();
    match family {
        Family::Qwen2 | Family::Qwen3 => {
            for (role, content) in messages {
                text.push_str(&format!("<|im_start|>{role}\n{content}<|im_end|>\n"));
            }
            text.push_str("<|im_start|>assistant\n");
            if family == Family::Qwen3 {
                // An empty thought: the answer itself is wanted.
                text.push_str("<think>\n\n</think>\n\n");
            }
        }
        Family::Llama => {
            text.push_str(begin);
            for (role, content) in messages {
                text.push_str(&format!("<|start_header_id|>{role}<|end_header_id|>\n\n{content}<|eot_id|>"));
            }
            text.push_str("<|start_header_id|>assistant<|end_header_id|>\n\n");
        }
        Family::Gemma3 => {
            text.push_str(begin);
            for (role, content) in messages {
                let role = if *role == "assistant" { "model" } else { role };
                text.push_str(&format!("<start_of_turn>{role}\n{content}<end_of_turn>\n"));
            }
            text.push_str("<start_of_turn>model\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> Vec<(&'static str, String)> {
        vec![("user", "a cat".to_owned()), ("assistant", "{}".to_owned()), ("user", "again".to_owned())]
    }

    #[test]
    fn templates_in_python_s_jinja_are_run() {
        let source = "{% if messages[0]['role'] == 'system' %}{{ messages[0].content }}{% endif %}\n\
            {%- for m in messages %}{{- '<' + m.role + '>' + m['content'].strip() + '\\n' }}\n{%- endfor %}\n\
            {%- if add_generation_prompt and not (enable_thinking is defined and enable_thinking) %}{{- '<a>' }}{% endif %}";
        assert_eq!(run(source, &chat(), ("", "")).unwrap(), "<user>a cat\n<assistant>{}\n<user>again\n<a>");
    }

    #[test]
    fn endless_templates_run_out_of_fuel_and_refusals_are_errors() {
        let long = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert!(run(long, &chat(), ("", "")).is_err());
        assert!(run("{{ raise_exception('no') }}", &chat(), ("", "")).is_err());
        assert!(run("{% if %}", &chat(), ("", "")).is_err());
    }

    #[test]
    fn every_family_has_a_form_that_ends_where_the_answer_begins() {
        for (family, end) in [
            (Family::Qwen2, "<|im_start|>assistant\n"),
            (Family::Qwen3, "</think>\n\n"),
            (Family::Llama, "assistant<|end_header_id|>\n\n"),
            (Family::Gemma3, "<start_of_turn>model\n"),
        ] {
            let text = usual(family, &chat(), "<bos>");
            assert!(text.ends_with(end) && text.contains("a cat") && text.contains("again"), "{text}");
        }
    }
}
