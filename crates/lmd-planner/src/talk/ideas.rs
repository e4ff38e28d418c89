//! What could be added to a picture, by its place and what is there already.

use lmd_layout::{Layout, head_noun};

use crate::lexicon;
use crate::offline::edit::without_article;
use crate::verify::words;

const IDEAS: &str = include_str!("ideas.txt");

/// Instructions that add something fitting, the most fitting first.
pub(super) fn additions(layout: &Layout) -> Vec<String> {
    let background = words(layout.background());
    let places = lines("places").filter(|(heads, _)| heads.iter().any(|head| background.contains(head)));
    let of_places = places.flat_map(|(_, ideas)| ideas).map(|idea| format!("add {idea}"));
    let of_things = layout.objects().iter().flat_map(|object| {
        let caption = object.caption.as_str();
        let noun = head_noun(caption);
        let fitting = lines("things").filter(move |(heads, _)| heads.contains(&noun));
        let name = format!("the {}", without_article(caption));
        fitting
            .flat_map(|(_, ideas)| ideas)
            .map(move |idea| format!("add {}", idea.replace("{}", &name)))
            .take(2)
    });
    let anywhere = list("anywhere").map(|idea| format!("add {idea}"));
    unique(
        interleaved(&of_places.collect::<Vec<_>>(), &of_things.collect::<Vec<_>>())
            .into_iter()
            .chain(anywhere),
        layout,
    )
}

/// Instructions that bring life into a picture.
pub(super) fn lively(layout: &Layout) -> Vec<String> {
    let general = list("lively").map(|idea| format!("add {idea}"));
    let fitting = additions(layout).into_iter().filter(|idea| is_alive(idea));
    unique(interleaved(&fitting.collect::<Vec<_>>(), &general.collect::<Vec<_>>()).into_iter(), layout)
}

/// Whether an idea brings a person or an animal.
fn is_alive(idea: &str) -> bool {
    lexicon::is_alive(&head_noun(idea))
}

/// One of each list in turn.
fn interleaved(a: &[String], b: &[String]) -> Vec<String> {
    let longest = a.len().max(b.len());
    (0..longest).flat_map(|index| [a.get(index).cloned(), b.get(index).cloned()]).flatten().collect()
}

/// Each idea once, and none whose thing is there already.
fn unique(ideas: impl Iterator<Item = String>, layout: &Layout) -> Vec<String> {
    let there: Vec<String> =
        layout.objects().iter().map(|object| head_noun(object.caption.as_str())).collect();
    let mut known: Vec<String> = Vec::new();
    ideas
        .filter(|idea| {
            // The noun of `add a beach umbrella next to the dog` is what stands before the place.
            let noun = head_noun(idea);
            let is_new = !there.contains(&noun) && !known.contains(&noun);
            known.push(noun);
            is_new
        })
        .collect()
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
