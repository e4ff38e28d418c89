//! The words of growing, shrinking and painting: `shrink it by a third`, `scale the cat to 50%`, `paint the car blue`.

use super::amount::share;
use super::changing::colours_of;
use super::command::{Command, two_parts};
use super::vocabulary::{comparative, without_strength};
use crate::english::place_word;
use crate::lexicon::{is_adjective, is_colour, names_colour};

/// `enlarge the cat by half`, `shrink it a lot`.
pub(super) fn resize_verb(verb: &str, rest: &str) -> Option<Command> {
    let word = match verb {
        "shrink" => "smaller",
        "widen" => "wider",
        _ => "bigger",
    };
    if let Some((who, amount)) = two_parts(rest, &[" by "]) {
        let shrinks = verb == "shrink";
        let factor = match amount.as_str() {
            "half" | "a half" => std::f64::consts::FRAC_1_SQRT_2,
            other => {
                let share = share(other)?.0;
                if shrinks { 1.0 - share } else { 1.0 + share }
            }
        };
        let factor = if !shrinks && factor < 1.0 { std::f64::consts::SQRT_2 } else { factor };
        let h = if verb == "widen" { 1.0 } else { factor };
        return (0.05..=20.0).contains(&factor).then_some(Command::Resize { who, w: factor, h });
    }
    let power = ["slightly", "a bit", "a little", "a lot", "much"]
        .into_iter()
        .find(|words| rest.ends_with(words))
        .unwrap_or("");
    let (w, h) = comparative(format!("{power} {word}").trim())?;
    Some(Command::Resize { who: without_strength(rest), w, h }).filter(|_| !rest.is_empty())
}

/// `the cat by 1.5`, `the cat to 50%`.
pub(super) fn scale(rest: &str) -> Option<Command> {
    let (who, amount) = two_parts(rest, &[" by ", " to "])?;
    let factor: f64 = match amount.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => amount.trim_end_matches('x').parse().ok().or_else(|| Some(share(&amount)?.0))?,
    };
    (0.05..=20.0).contains(&factor).then_some(Command::Resize { who, w: factor, h: factor })
}

/// `paint the car blue`.
pub(super) fn recolour(rest: &str) -> Option<Command> {
    if let Some((who, colours)) = colours_of(rest) {
        return Some(Command::Colours { who, colours });
    }
    let words: Vec<&str> = rest.split(' ').collect();
    let last = *words.last()?;
    // "dark green", "bright pink"
    let shades = words
        .iter()
        .rev()
        .skip(1)
        .take_while(|word| {
            (is_colour(word) || is_adjective(word) || **word == "and") && place_word(word).is_none()
        })
        .count();
    let at = words.len().checked_sub(1 + shades)?.max(1);
    let who = words[..at].join(" ");
    let who = who.trim_end_matches(" in");
    names_colour(last).then(|| Command::Describe { who: who.to_owned(), words: words[at..].join(" ") })
}
