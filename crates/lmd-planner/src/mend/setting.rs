//! The place around the things: it is the background and no thing.

use lmd_layout::{Layout, head_noun};

use super::shortfall::{content, is_whole, lost_place};
use super::work::Work;
use crate::facts::{matches_phrase, name};
use crate::offline::wording::caption;
use crate::scene::capitalised;
use crate::verify::{PromptFacts, words};

/// A box of more than this share of the picture that shows the prompt's place
/// is the place, and belongs to the background.
const PLACE: f64 = 0.3;

/// Without large boxes that show the prompt's place and none of its things.
pub(super) fn without_place(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let scene = demanded.scene();
    let Some(place) = scene.background.as_deref().filter(|_| is_whole(scene)) else {
        return Some(work.clone());
    };
    let place: Vec<String> = content(place).collect();
    let mut work = work.clone();
    for object in work.layout.objects().to_vec() {
        let shown = object.caption.as_str();
        let head = words(&head_noun(shown));
        let is_place = !head.is_empty() && head.iter().all(|word| place.contains(word));
        let is_thing = scene
            .things
            .iter()
            .any(|thing| matches_phrase(shown, &name(thing)) || matches_phrase(&caption(thing), shown));
        if is_place && !is_thing && object.bbox.area() > PLACE {
            let rest = work.objects().iter().filter(|other| **other != object).cloned().collect();
            work = work
                .with_objects(rest, format!("repaired: left out \"{shown}\", which is the place around all"))
                .ok()?;
        }
    }
    Some(work)
}

/// With a background that names the prompt's place, where no text of the layout does.
pub(super) fn with_place(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let scene = demanded.scene();
    let Some(place) = lost_place(scene, &work.layout).filter(|_| is_whole(scene)) else {
        return Some(work.clone());
    };
    let old = work.layout.background();
    let plain =
        matches!(old.to_lowercase().as_str(), "" | "a realistic scene" | "a realistic photo" | "a scene");
    let text = if plain { scene.background_text() } else { capitalised(&format!("{old}, {place}")) };
    let layout = Layout::new(work.objects().to_vec(), &text, work.layout.negative()).ok()?;
    let note = format!("repaired: put \"{place}\" into the background prompt, as the prompt says");
    Some(Work { layout, notes: [work.notes.as_slice(), &[note]].concat() })
}
