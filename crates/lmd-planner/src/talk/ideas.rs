//! What could be added to a picture, by its place and what is there already.

use lmd_layout::{Layout, singular};

const IDEAS: &str = include_str!("ideas.txt");

/// Instructions that add something fitting, the most fitting first.
pub(super) fn additions(layout: &Layout) -> Vec<String> {
    let background = words(layout.background());
    let places = lines("places").filter(|(heads, _)| heads.iter().any(|head| background.contains(head)));
    let of_places = places.flat_map(|(_, ideas)| ideas).map(|idea| format!("add {idea}"));
    let of_things = layout.objects().iter().flat_map(|object| {
        let caption = object.caption.as_str();
        let noun = head(caption);
        let fitting = lines("things").filter(move |(heads, _)| heads.contains(&noun));
        let name = format!("the {}", bare(caption));
        fitting
            .flat_map(|(_, ideas)| ideas)
            .map(move |idea| format!("add {}", idea.replace("{}", &name)))
            .take(2)
    });
    let anywhere = list("anywhere").map(|idea| format!("add {idea}"));
    unique(interleaved(of_places.collect(), of_things.collect()).into_iter().chain(anywhere), layout)
}

/// Instructions that bring life into a picture.
pub(super) fn lively(layout: &Layout) -> Vec<String> {
    let general = list("lively").map(|idea| format!("add {idea}"));
    let fitting = additions(layout).into_iter().filter(|idea| is_alive(idea));
    unique(interleaved(fitting.collect(), general.collect()).into_iter(), layout)
}

/// Whether an idea brings a person or an animal.
fn is_alive(idea: &str) -> bool {
    const ALIVE: &str = "seagull crab duck dolphin deer owl squirrel fox eagle hiker goat camel butterfly child pigeon \
        chicken cow cat dog bird mouse astronaut man woman";
    words(idea).iter().any(|word| ALIVE.split_whitespace().any(|alive| alive == word))
}

/// A caption without its article.
pub(super) fn bare(caption: &str) -> &str {
    let article = ["a ", "an ", "the ", "A ", "An ", "The "];
    article.iter().find_map(|article| caption.strip_prefix(article)).unwrap_or(caption)
}

/// One of each list in turn.
fn interleaved(a: Vec<String>, b: Vec<String>) -> Vec<String> {
    let longest = a.len().max(b.len());
    (0..longest).flat_map(|index| [a.get(index).cloned(), b.get(index).cloned()]).flatten().collect()
}

/// Each idea once, and none whose thing is there already.
fn unique(ideas: impl Iterator<Item = String>, layout: &Layout) -> Vec<String> {
    let there: Vec<String> = layout.objects().iter().map(|object| head(object.caption.as_str())).collect();
    let mut known: Vec<String> = Vec::new();
    ideas
        .filter(|idea| {
            let noun = noun(idea);
            let is_new = !there.contains(&noun) && !known.contains(&noun);
            known.push(noun);
            is_new
        })
        .collect()
}

/// The noun of `add a beach umbrella next to the dog`: what stands before the
/// place.
fn noun(idea: &str) -> String {
    let ends = [" in the ", " on the ", " next to ", " on "];
    let what = ends.iter().fold(idea, |what, end| what.split(end).next().unwrap_or(what));
    words(what).pop().unwrap_or_default()
}

/// The head noun of a caption: `painting` of `a painting of a ship`.
pub(super) fn head(caption: &str) -> String {
    const ENDS: [&str; 7] = [" of ", " with ", " wearing ", " in ", " on ", " holding ", " at "];
    let phrase = ENDS.iter().fold(caption, |phrase, end| phrase.split(end).next().unwrap_or(phrase));
    words(phrase).pop().unwrap_or_default()
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(singular).collect()
}

/// The lines of a section, its heads in the singular.
fn lines(section: &'static str) -> impl Iterator<Item = (Vec<String>, impl Iterator<Item = &'static str>)> {
    of_section(section).filter_map(|line| {
        let (heads, ideas) = line.split_once(':')?;
        Some((words(heads), ideas.split(';').map(str::trim)))
    })
}

fn list(section: &'static str) -> impl Iterator<Item = &'static str> {
    of_section(section).flat_map(|line| line.split(';')).map(str::trim)
}

fn of_section(section: &str) -> impl Iterator<Item = &'static str> + use<> {
    let head = format!("[{section}]");
    let after = IDEAS.lines().skip_while(move |line| *line != head).skip(1);
    after
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}
