//! Which LoRA files there are, by names that say nothing of where they lie.

use std::path::Path;

use lmd_engine::Adapter;
use lmd_engine::config::ServeConfig;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;

/// Most adapters of one picture.
const MOST: usize = 8;
/// Most names that are offered.
const MOST_NAMES: usize = 1000;
/// Strengths reach from minus this to this.
const STRONGEST: f32 = 4.0;
/// How the files' names end.
const ENDING: &str = "safetensors";

/// An adapter of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoraWanted {
    /// A name of `loras` in `/api/v1/capabilities`.
    pub(crate) name: String,
    /// 1 as it was made, 0 not at all; from -4 to 4.
    #[serde(default = "whole")]
    #[schema(minimum = -4, maximum = 4, default = 1)]
    pub(crate) strength: f32,
}

const fn whole() -> f32 {
    1.0
}

impl LoraWanted {
    /// As the command line names it, from the folder of the adapters.
    pub(crate) fn argument(&self) -> String {
        format!("{}.{ENDING}@{}", self.name, self.strength)
    }
}

/// The names of the adapters in the server's folder, in their order; none where there is no folder.
pub(crate) fn names(options: &ServeConfig) -> Vec<String> {
    if options.lora_dir.is_empty() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(&options.lora_dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING)))
        .filter(|path| path.is_file())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| lmd_layout::clean_text(name) == *name)
        .take(MOST_NAMES)
        .collect();
    names.sort();
    names
}

/// Checks the adapters of a request. Only a name that is offered is one, so that no text from outside becomes a path.
pub(crate) fn check(options: &ServeConfig, wanted: &[LoraWanted]) -> Result<(), ApiError> {
    if wanted.is_empty() {
        return Ok(());
    }
    if wanted.len() > MOST {
        return Err(ApiError::invalid("loras", &format!("at most {MOST} adapters are added to a model")));
    }
    let names = names(options);
    for one in wanted {
        if !names.contains(&one.name) {
            let shown: String = one.name.chars().take(80).collect();
            let there = match names.as_slice() {
                [] => "this server offers none (lmd serve --lora-dir)".to_owned(),
                names => format!("there are {}", names.join(", ")),
            };
            return Err(ApiError::invalid("loras", &format!("there is no adapter \"{shown}\"; {there}")));
        }
        if !one.strength.is_finite() || one.strength.abs() > STRONGEST {
            let told = format!("the strength of an adapter is a number from -{STRONGEST} to {STRONGEST}");
            return Err(ApiError::invalid("loras", &told));
        }
    }
    Ok(())
}

/// The files of adapters that [`check`] let pass.
pub(crate) fn adapters(options: &ServeConfig, wanted: &[LoraWanted]) -> Vec<Adapter> {
    let folder = Path::new(&options.lora_dir);
    let file = |one: &LoraWanted| folder.join(format!("{}.{ENDING}", one.name));
    wanted.iter().map(|one| Adapter { file: file(one), strength: one.strength }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_offered() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("loras");
        std::fs::create_dir_all(inside.join("folder.safetensors")).unwrap();
        for name in ["b.safetensors", "a b.SAFETENSORS", "notes.txt", "../outside.safetensors"] {
            std::fs::write(inside.join(name), "x").unwrap();
        }
        let options = ServeConfig { lora_dir: inside.display().to_string(), ..ServeConfig::default() };
        assert_eq!(names(&options), ["a b", "b"]);
        let check = |name: &str, strength| check(&options, &[LoraWanted { name: name.to_owned(), strength }]);
        assert!(check("b", -4.0).is_ok());
        for (name, strength) in [("../outside", 1.0), ("", 1.0), ("b", f32::NAN), ("b", 4.5), ("notes", 1.0)]
        {
            assert!(check(name, strength).is_err(), "{name} {strength}");
        }
        assert!(names(&ServeConfig::default()).is_empty());
    }
}
