//! What a picture was made from, in the form that Stable Diffusion web UI
//! (AUTOMATIC1111) made common: the prompt, `Negative prompt: …`, and one line
//! of `Key: value` pairs.

use crate::stage2::{Recipe, infotext_name};

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
