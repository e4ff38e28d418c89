//! [`Order`]: what is to be drawn, with everything decided, so that it can be kept and drawn to the same bytes later.

use lmd_engine::{DrawConfig, Preset};
use lmd_layout::Layout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::loras::LoraWanted;

/// Who plans a layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlannerWanted {
    /// A language model when one is set up, the offline planner otherwise.
    #[default]
    Auto,
    /// The offline planner.
    Offline,
    /// The language model.
    Llm,
}

/// What is to be drawn, with everything decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The sentence; may be empty where there is a layout.
    pub(crate) prompt: String,
    /// The layout that was asked for; planned when the job is drawn where there is none.
    pub(crate) layout: Option<Layout>,
    /// Who plans it then.
    pub(crate) planner: PlannerWanted,
    /// The model's name.
    pub(crate) model: String,
    /// The preset that the settings start from.
    pub(crate) preset: Preset,
    /// All settings of the drawing.
    pub(crate) draw: DrawConfig,
    /// The first picture's seed.
    pub(crate) seed: u64,
    /// The pictures, in the order in which they are drawn.
    pub(crate) shots: Vec<Shot>,
    /// Whether previews are made.
    pub(crate) preview: bool,
    /// LoRA adapters, in their order.
    #[serde(default)]
    pub(crate) loras: Vec<LoraWanted>,
    /// Whether heat maps are kept.
    #[serde(default)]
    pub(crate) heatmaps: bool,
}

/// One picture of an order. Its name is decided with the order, so that drawing it twice writes one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shot {
    /// Its identifier.
    pub(crate) id: String,
    /// Its seed.
    pub(crate) seed: u64,
    /// Whether it is drawn without boxes, to compare.
    pub(crate) plain: bool,
}

impl Order {
    /// The settings of one of its pictures.
    pub(crate) fn config_of(&self, shot: &Shot) -> DrawConfig {
        if shot.plain {
            DrawConfig { method: "plain".into(), ..self.draw.clone() }
        } else {
            self.draw.clone()
        }
    }

    /// The command that draws the first picture again from its layout.
    pub(crate) fn command_line(&self, layout: &Layout) -> String {
        let json = serde_json::to_string(layout).unwrap_or_default();
        // There is no flag for it, but every setting has its variable.
        let variable = match toml::Value::try_from(&self.draw.lmd.objects) {
            Ok(objects) if !self.draw.lmd.objects.is_empty() => {
                format!("LMD_DRAW_LMD_OBJECTS={} ", quoted(&objects.to_string()))
            }
            _ => String::new(),
        };
        let mut words = vec![format!("echo {} | {variable}lmd draw -", quoted(&json))];
        let mut say = |flag: &str, value: &str| words.push(format!("{flag} {}", quoted(value)));
        if !self.prompt.is_empty() {
            say("--prompt", &self.prompt);
        }
        let base = self.preset.config();
        say("--preset", &preset_name(self.preset));
        say("--seed", &self.seed.to_string());
        if self.model != lmd_engine::config::BUNDLED {
            say("--model", &self.model);
        }
        if self.draw.method != base.method {
            say("--method", self.draw.method.as_str());
        }
        if self.draw.sampler != base.sampler {
            say("--sampler", self.draw.sampler.as_str());
        }
        if self.draw.steps != base.steps {
            say("--steps", &self.draw.steps.to_string());
        }
        let numbers = [("--width", self.draw.width), ("--height", self.draw.height)];
        numbers.into_iter().for_each(|(flag, value)| {
            if let Some(value) = value {
                say(flag, &value.to_string());
            }
        });
        if let Some(scale) = self.draw.cfg_scale {
            say("--cfg-scale", &scale.to_string());
        }
        if let Some(terms) = &self.draw.negative_prompt {
            say("--negative-prompt", terms);
        }
        self.loras.iter().for_each(|one| say("--lora", &one.argument()));
        say("-o", "picture.png");
        words.join(" ")
    }
}

/// A preset's name in settings.
pub(crate) fn preset_name(preset: Preset) -> String {
    let name = serde_json::to_value(preset).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("fast"), "fast");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_command_line_names_what_differs_from_its_preset() {
        let draw = DrawConfig { steps: 3, width: Some(64), ..Preset::Fast.config() };
        let order = Order {
            prompt: "a cat".to_owned(),
            layout: None,
            planner: PlannerWanted::Auto,
            model: "bundled".to_owned(),
            preset: Preset::Fast,
            draw,
            seed: 7,
            shots: Vec::new(),
            preview: true,
            loras: vec![LoraWanted { name: "ink".to_owned(), strength: 0.5 }],
            heatmaps: false,
        };
        let line = order.command_line(&Layout::default());
        assert!(
            line.ends_with("--prompt 'a cat' --preset fast --seed 7 --steps 3 --width 64 --lora 'ink.safetensors@0.5' -o picture.png"),
            "{line}"
        );
    }
}
