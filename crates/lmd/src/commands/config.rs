//! `lmd config show`: the settings in effect and where they come from.

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config::Loaded;
use crate::exit::Exit;
use crate::screen::{self, Screen};

pub(crate) fn run(args: &ConfigArgs, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Exit> {
    let ConfigCommand::Show { origin } = args.what;
    for warning in &loaded.warnings {
        screen.warning(warning);
    }
    screen::print(if origin { with_origins(loaded) } else { toml::to_string_pretty(&loaded.config)? })?;
    Ok(Exit::Ok)
}

/// One `key = value` per line, valid TOML, with the origin as a comment.
fn with_origins(loaded: &Loaded) -> String {
    let lines: Vec<(String, String)> = loaded
        .layers
        .iter()
        .map(|(key, setting)| (format!("{key} = {}", setting.value), setting.origin.to_string()))
        .collect();
    let widest = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    lines.iter().map(|(line, origin)| format!("{line:<widest$}  # {origin}\n")).collect()
}
