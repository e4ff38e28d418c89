//! `lmd config`: the settings in effect and where they come from, and the
//! variables that set them.

use lmd_engine::Settings;
use lmd_engine::config::{Key, OTHER_VARIABLES, keys};

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::exit::Exit;
use crate::screen;

/// Width of a summary in `lmd config env`.
const SUMMARY: usize = 76;

pub(crate) fn run(args: &ConfigArgs, settings: &Settings) -> anyhow::Result<Exit> {
    match args.what {
        ConfigCommand::Show { origin } => screen::print(show(settings, origin))?,
        ConfigCommand::Env => screen::print(env())?,
    }
    Ok(Exit::Ok)
}

/// One `key = value` per line, valid TOML; with `origin` where it comes from as
/// a comment. Settings without a value are comments.
fn show(settings: &Settings, origin: bool) -> String {
    let line = |key: &Key| match settings.layers.get(&key.name) {
        Some(set) => (format!("{} = {}", key.name, value(&set.value)), set.origin.to_string()),
        None => (format!("# {} =", key.name), "not set".to_owned()),
    };
    let lines: Vec<(String, String)> = keys().iter().map(line).collect();
    let widest = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    let text = lines.iter().map(|(line, from)| match origin {
        true => format!("{line:<widest$}  # {}\n", from.replace(['\n', '\r'], " ")),
        false if line.starts_with('#') => format!("{line} (not set)\n"),
        false => format!("{line}\n"),
    });
    screen::clean(&text.collect::<String>()).into_owned()
}

/// A value as TOML. A number that is kept in 32 bits is written as short as it
/// is, 0.2 and not 0.20000000298023224.
fn value(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(number) if f64::from(*number as f32) == *number => {
            toml::Value::Float((*number as f32).to_string().parse().unwrap_or(*number)).to_string()
        }
        other => other.to_string(),
    }
}

/// Every variable with what it sets.
fn env() -> String {
    let mut text = String::new();
    let mut entry = |name: &str, summary: &str, choices: &[String]| {
        text.push_str(&format!("{name}\n"));
        let choices =
            if choices.is_empty() { String::new() } else { format!(" One of {}.", choices.join(", ")) };
        for line in wrapped(&format!("{summary}{choices}"), SUMMARY) {
            text.push_str(&format!("    {line}\n"));
        }
    };
    for key in keys() {
        entry(&key.variable(), &key.summary, &key.choices);
    }
    for (name, summary) in OTHER_VARIABLES {
        entry(name, summary, &[]);
    }
    entry("RAYON_NUM_THREADS", "As LMD_THREADS, where that is not set.", &[]);
    entry("NO_COLOR", "Anything: no colours in the terminal.", &[]);
    text
}

/// A text in lines of so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        let line = &mut lines[last];
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_short() {
        assert_eq!(value(&toml::Value::Float(f64::from(0.2_f32))), "0.2");
        assert_eq!(value(&toml::Value::Float(0.2)), "0.2");
        assert_eq!(value(&toml::Value::Float(4.0)), "4.0");
    }

    #[test]
    fn lines_are_as_long_as_they_may_be() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
    }
}
