//! Instructions about the scene as a whole: background, mood, style.

use lmd_layout::with_article;

use super::board::Board;
use super::refusal::Refusal;
use super::vocabulary::{names_style, without_mood};
use crate::Scene;

/// Style and place of a background prompt, as far as it says them.
fn taken_apart(background: &str) -> Scene {
    let text = background.trim().to_lowercase();
    let (style, place) = match text.split_once(" of ") {
        Some((style, place)) if names_style(style) => (Some(style), Some(place)),
        Some(("a realistic scene", place)) => (None, Some(place)),
        _ if names_style(&text) => (Some(text.as_str()), None),
        _ => (None, Some(text.as_str())),
    };
    let place = place.map(|place| place.replacen("a realistic scene", "a scene", 1));
    let place = place.filter(|place| !place.is_empty() && place != "a scene");
    Scene { style: style.map(str::to_owned), background: place, ..Scene::default() }
}

/// Sets the place around the objects.
pub(super) fn background(board: &mut Board, place: &str) -> Result<(), Refusal> {
    let place = place.trim();
    if place.is_empty() {
        return Err("say what the background is to be, as in \"change the background to a beach\"".to_owned());
    }
    let mut scene = taken_apart(&board.background);
    scene.background = Some(with_article(place));
    board.background = scene.background_text();
    Ok(())
}

/// Sets the time of day, season or weather.
pub(super) fn mood(board: &mut Board, words: &str) -> Result<(), Refusal> {
    let mut scene = taken_apart(&board.background);
    let place = scene.background.unwrap_or_else(|| "a scene".to_owned());
    let place = without_mood(&place);
    scene.background = Some(format!("{place} {words}"));
    board.background = scene.background_text();
    Ok(())
}

/// Sets the kind of picture.
pub(super) fn style(board: &mut Board, style: &str) -> Result<(), Refusal> {
    let mut scene = taken_apart(&board.background);
    let style = style.strip_prefix("the style of ").unwrap_or(style);
    scene.style = Some(with_article(style));
    board.background = scene.background_text();
    Ok(())
}
