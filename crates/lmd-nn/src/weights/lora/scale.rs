//! How strongly a LoRA was trained to act: α/r, or α/√r (rank-stabilised, arXiv:2312.03732), with α from where each
//! program puts it.
//!
//! kohya's scripts and LyCORIS store α as a tensor of each module. diffusers and PEFT keep the configuration of the
//! training beside the weights: in the file's own metadata (`lora_adapter_metadata`) or in `adapter_config.json`.
//! Without any of them α/r is 1, as in diffusers.

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::super::Checkpoint;
use super::super::header::LORA_METADATA;
use super::super::stored;

/// PEFT's configuration, and the weights it lies beside.
const CONFIG: &str = "adapter_config.json";
const BESIDE: &str = "adapter_model.safetensors";
/// Most bytes of a configuration.
const MAX_CONFIG: u64 = 1 << 20;

/// The configurations a LoRA file comes with, by network: `unet`, `te`.
#[derive(Debug, Default)]
pub(super) struct Scales(BTreeMap<&'static str, Config>);

#[derive(Debug)]
struct Config {
    alpha: f32,
    /// What PEFT's configuration says, of use where the tensors do not show a rank.
    rank: Option<usize>,
    /// α of the modules whose name ends in the pattern.
    patterns: Vec<(Regex, f32)>,
    rank_stabilised: bool,
}

/// PEFT's `LoraConfig`, `LoHaConfig` and `LoKrConfig`, as far as the merged weights depend on them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    lora_alpha: Option<f32>,
    alpha: Option<f32>,
    r: Option<usize>,
    alpha_pattern: Option<BTreeMap<String, f32>>,
    use_rslora: Option<bool>,
    use_dora: Option<bool>,
}

impl Scales {
    /// The configurations in a file's metadata or beside it.
    ///
    /// # Errors
    /// Says what cannot be understood, or is not supported.
    pub(super) fn read(path: &Path, checkpoint: &Checkpoint) -> Result<Self, String> {
        if let Some(text) = checkpoint.metadata(LORA_METADATA) {
            return Self::parse(text).map_err(|reason| format!("its metadata {LORA_METADATA} {reason}"));
        }
        if path.file_name().is_none_or(|name| name != BESIDE) || !path.with_file_name(CONFIG).exists() {
            return Ok(Self::default());
        }
        let read = stored::read_at_most(&path.with_file_name(CONFIG), MAX_CONFIG, "no configuration");
        let text = read.and_then(stored::text);
        let text = text.map_err(|reason| format!("{CONFIG} beside it cannot be read: {reason}"))?;
        Self::parse(&text).map_err(|reason| format!("{CONFIG} beside it {reason}"))
    }

    /// Reads one configuration for all networks, or one for each under its name and a dot.
    fn parse(text: &str) -> Result<Self, String> {
        let all: serde_json::Map<String, Value> =
            serde_json::from_str(text).map_err(|reason| format!("is no configuration: {reason}"))?;
        let mut scales = BTreeMap::new();
        for (network, prefix) in [("unet", "unet."), ("te", "text_encoder.")] {
            let own = all.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
            let mut fields: serde_json::Map<_, _> = own.map(|(k, v)| (k.to_owned(), v.clone())).collect();
            if fields.is_empty() {
                fields = all
                    .iter()
                    .filter(|(k, _)| !k.contains('.'))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
            }
            let fields: Fields = serde_json::from_value(Value::Object(fields))
                .map_err(|reason| format!("is not understood: {reason}"))?;
            if let Some(config) = Config::new(fields)? {
                scales.insert(network, config);
            }
        }
        Ok(Self(scales))
    }

    /// The factor of a module: `network` and the module's name with dots, the rank its tensors show, and the α stored
    /// with them.
    pub(super) fn factor(&self, network: &str, module: &str, rank: Option<usize>, alpha: Option<f32>) -> f32 {
        let config = self.0.get(network);
        #[allow(clippy::cast_precision_loss)]
        let rank = rank.or_else(|| config.filter(|_| alpha.is_none())?.rank).map(|rank| rank as f32);
        match (alpha, config, rank) {
            (_, _, None) | (None, None, _) => 1.0,
            (Some(alpha), None, Some(rank)) => alpha / rank,
            (alpha, Some(config), Some(rank)) => {
                let alpha = alpha.unwrap_or_else(|| config.alpha(module));
                alpha / if config.rank_stabilised { rank.sqrt() } else { rank }
            }
        }
    }
}

impl Config {
    fn new(fields: Fields) -> Result<Option<Self>, String> {
        if fields.use_dora == Some(true) {
            return Err("says use_dora, which is not supported".to_owned());
        }
        let Some(alpha) = fields.lora_alpha.or(fields.alpha) else { return Ok(None) };
        let pattern = |(pattern, alpha): (String, f32)| {
            let whole = Regex::new(&format!(r"^(.*\.)?({pattern})$"));
            Ok((whole.map_err(|_| format!("has the alpha_pattern {pattern:?}, which is no pattern"))?, alpha))
        };
        let patterns = fields.alpha_pattern.unwrap_or_default().into_iter().map(pattern);
        Ok(Some(Self {
            alpha,
            rank: fields.r,
            patterns: patterns.collect::<Result<_, String>>()?,
            rank_stabilised: fields.use_rslora.unwrap_or(false),
        }))
    }

    fn alpha(&self, module: &str) -> f32 {
        let own = self.patterns.iter().find(|(pattern, _)| pattern.is_match(module));
        own.map_or(self.alpha, |(_, alpha)| *alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_configuration_the_stored_alpha_counts() {
        let none = Scales::default();
        assert_eq!(none.factor("unet", "a.to_q", Some(4), None), 1.0);
        assert_eq!(none.factor("unet", "a.to_q", Some(4), Some(2.0)), 0.5);
        assert_eq!(none.factor("unet", "a.to_q", None, Some(2.0)), 1.0);
    }

    #[test]
    fn a_configuration_has_alpha_patterns_and_stabilised_ranks() {
        let text = r#"{"r": 4, "lora_alpha": 8, "use_rslora": false, "alpha_pattern": {"attn2.to_q": 2, "mid.*": 16}}"#;
        let scales = Scales::parse(text).unwrap();
        for (module, factor) in [
            ("down.attn1.to_q", 2.0),
            ("down.attn2.to_q", 0.5),
            ("attn2.to_q", 0.5),
            ("down.attn2.to_q.x", 2.0),
            ("mid_block.attn1.to_k", 4.0),
        ] {
            assert_eq!(scales.factor("unet", module, Some(4), None), factor, "{module}");
            assert_eq!(scales.factor("te", module, Some(4), None), factor, "{module}");
        }
        let stable = Scales::parse(r#"{"lora_alpha": 8, "use_rslora": true}"#).unwrap();
        assert_eq!(stable.factor("unet", "to_q", Some(4), None), 4.0);
    }

    #[test]
    fn the_configuration_beside_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let [weights, config] = [BESIDE, CONFIG].map(|file| folder.path().join(file));
        let none = Checkpoint::from_bytes(BESIDE, [&2_u64.to_le_bytes()[..], b"{}"].concat()).unwrap();
        std::fs::write(&config, "\u{feff}{\"lora_alpha\": 8}").unwrap();
        let marked = Scales::read(&weights, &none).unwrap();
        assert_eq!(marked.factor("unet", "to_q", Some(4), None), 2.0);
        // Cut off, this would be a whole configuration.
        std::fs::write(&config, format!("{{}}{}x", " ".repeat(1 << 20))).unwrap();
        let error = Scales::read(&weights, &none).unwrap_err();
        assert!(error.contains("this is no configuration"), "{error}");
        std::fs::remove_file(&config).unwrap();
        std::fs::create_dir(&config).unwrap();
        assert!(Scales::read(&weights, &none).unwrap_err().contains("it is a folder"));
    }

    #[test]
    fn each_network_has_its_own() {
        let text =
            r#"{"unet.r": 4, "unet.lora_alpha": 8, "text_encoder.lora_alpha": 2, "text_encoder.r": 4}"#;
        let scales = Scales::parse(text).unwrap();
        assert_eq!(scales.factor("unet", "to_q", Some(4), None), 2.0);
        assert_eq!(scales.factor("te", "q_proj", Some(4), None), 0.5);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (text, told) in [
            ("[]", "no configuration"),
            (r#"{"lora_alpha": "eight"}"#, "not understood"),
            (r#"{"lora_alpha": 8, "use_dora": true}"#, "use_dora"),
            (r#"{"lora_alpha": 8, "alpha_pattern": {"(": 1}}"#, "no pattern"),
        ] {
            let error = Scales::parse(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
