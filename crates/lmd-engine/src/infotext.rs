//! What a picture was made from, in the form that Stable Diffusion web UI
//! (AUTOMATIC1111) made common: the prompt, `Negative prompt: …`, and one line
//! of `Key: value` pairs.

use crate::stage2::{Recipe, infotext_name};

/// Most pairs that are read from an infotext.
const MOST_PAIRS: usize = 200;
/// Most bytes of an infotext that are read.
const MOST_BYTES: usize = 64 << 10;

/// An infotext taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Infotext {
    /// The prompt.
    pub prompt: String,
    /// What was to be left out; may be empty.
    pub negative: String,
    /// The pairs of the last line, `Steps` and so on, in their order.
    pub pairs: Vec<(String, String)>,
}

impl Infotext {
    /// Takes an infotext apart. Any text is one: without a last line of at least three pairs it is all prompt.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let end =
            text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= MOST_BYTES).last();
        let text = text.get(..end.unwrap_or_default()).unwrap_or_default().trim();
        let (body, last) = text.rsplit_once('\n').unwrap_or(("", text));
        let pairs = pairs(last);
        let (body, pairs) = if pairs.len() >= 3 { (body, pairs) } else { (text, Vec::new()) };
        let (prompt, negative) = match body.split_once("Negative prompt:") {
            Some((prompt, negative)) => (prompt, negative),
            None => (body, ""),
        };
        Self { prompt: prompt.trim().to_owned(), negative: negative.trim().to_owned(), pairs }
    }

    /// The value of a key, whatever its case.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }
}

/// `Key: value` pairs between commas; a value may stand in quotes.
fn pairs(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line.trim();
    while let Some((key, after)) = rest.split_once(':') {
        let key = key.trim();
        let after = after.trim_start();
        let (value, next) = match after.starts_with('"').then(|| quoted_end(after)).flatten() {
            Some(end) => {
                let value = serde_json::from_str(&after[..end]).unwrap_or_else(|_| after[..end].to_owned());
                (value, after[end..].trim_start().strip_prefix(',').unwrap_or_default())
            }
            None => {
                let (value, next) = after.split_once(',').unwrap_or((after, ""));
                (value.trim().to_owned(), next)
            }
        };
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-' | '/');
        if key.is_empty() || !key.chars().all(word) || pairs.len() == MOST_PAIRS {
            break;
        }
        pairs.push((key.to_owned(), value));
        rest = next.trim_start();
    }
    pairs
}

/// The byte behind the closing quote of a text that begins with one.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    let closing = text.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    closing.map(|(at, _)| at + 1)
}

/// The infotext of a recipe.
pub(crate) fn infotext(recipe: &Recipe) -> String {
    let config = &recipe.config;
    let digest = |part: &str| recipe.weights.iter().find(|(file, _)| file.contains(part)).map(|(_, d)| d);
    let hash = digest("unet").or(digest("")).map_or("", |digest| digest.get(..10).unwrap_or(digest));
    let layout = serde_json::to_string(&recipe.layout).unwrap_or_default();
    let pairs = [
        ("Steps", config.steps.to_string()),
        ("Sampler", infotext_name(&config.sampler).to_owned()),
        ("CFG scale", config.cfg_scale_without_model().to_string()),
        ("Seed", recipe.seeds.background.to_string()),
        ("Size", format!("{}x{}", recipe.size.0, recipe.size.1)),
        ("Model hash", hash.to_owned()),
        ("Model", quoted(&recipe.model)),
        ("LMD layout hash", layout_hash(&layout)),
        ("Version", quoted(&recipe.program)),
    ];
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let prompt = if recipe.prompt.trim().is_empty() { &recipe.encoded_prompt } else { &recipe.prompt };
    let mut lines = vec![one_line(prompt)];
    if !recipe.encoded_negative.trim().is_empty() {
        lines.push(format!("Negative prompt: {}", one_line(&recipe.encoded_negative)));
    }
    lines.push(pairs.join(", "));
    lines.join("\n")
}

/// A value with a comma, colon or quote stands in quotes.
fn quoted(value: &str) -> String {
    if value.contains([',', ':', '"', '\n']) {
        serde_json::Value::from(value).to_string()
    } else {
        value.to_owned()
    }
}

fn layout_hash(json: &str) -> String {
    blake3::hash(json.as_bytes()).to_hex().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infotexts_of_other_programs_are_taken_apart() {
        let text = "a cat\non a mat\nNegative prompt: dogs, fog\nSteps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, \
                    Size: 512x768, Lora hashes: \"x: 1, \\\"y\\\": 2\", Version: v1.9";
        let read = Infotext::read(text);
        assert_eq!((read.prompt.as_str(), read.negative.as_str()), ("a cat\non a mat", "dogs, fog"));
        assert_eq!(read.get("seed"), Some("42"));
        assert_eq!(read.get("Lora hashes"), Some("x: 1, \"y\": 2"));
        assert_eq!(read.pairs.len(), 7);
    }

    #[test]
    fn any_text_is_read() {
        assert_eq!(Infotext::read("a cat: a dog").prompt, "a cat: a dog");
        for text in ["", ":", "a: \"", "Steps: 1, b: \"\\", "é: é, é: \"é\", é: é"] {
            let _ = Infotext::read(text);
        }
        assert!(Infotext::read(&"é".repeat(MOST_BYTES)).prompt.len() <= MOST_BYTES);
    }
}
