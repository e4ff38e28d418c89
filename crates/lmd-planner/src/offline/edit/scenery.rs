//! Instructions about the scene as a whole: background, mood, style.

use lmd_layout::{singular, with_article};

use super::attribute::described;
use super::board::Board;
use super::naming::without_article;
use super::refusal::Refusal;
use super::vocabulary::{mood as mood_words, mood_of, mood_sorts, names_style, without_mood};
use crate::Scene;
use crate::lexicon::is_adjective;

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
    let place = without_contrary(&place, words);
    let (mut bare, mut known) = (place, Vec::new());
    while let Some(mood) = mood_of(&bare) {
        bare = without_mood(&bare);
        known.push(mood);
    }
    // Rain leaves the time of day.
    let sorts: Vec<&str> = mood_sorts(words);
    known.retain(|mood| !mood_sorts(mood).iter().any(|sort| sorts.contains(sort)));
    known.push(words);
    scene.background = Some(format!("{bare} {}", known.join(" ")));
    board.background = scene.background_text();
    Ok(())
}

/// A place without the adjectives of another time or weather: in summer no village is snowy.
fn without_contrary(place: &str, words: &str) -> String {
    let sorts = mood_sorts(words);
    let other = |word: &&str| {
        mood_words(word, word).is_some_and(|mood| {
            mood != words && is_adjective(word) && mood_sorts(mood).iter().any(|sort| sorts.contains(sort))
        })
    };
    let kept: Vec<&str> = place.split(' ').filter(|word| !other(word)).collect();
    with_article(without_article(&kept.join(" ")))
}

/// Sets the kind of picture.
pub(super) fn style(board: &mut Board, style: &str) -> Result<(), Refusal> {
    let mut scene = taken_apart(&board.background);
    let style = ["in the style of ", "the style of ", "in "]
        .iter()
        .find_map(|lead| style.strip_prefix(lead))
        .unwrap_or(style);
    scene.style = (!style.is_empty()).then(|| with_article(style));
    board.background = scene.background_text();
    Ok(())
}

/// Takes the kind of picture away where words name it (`no watercolor`); whether they do.
pub(super) fn remove_style(board: &mut Board, words: &str) -> Result<bool, Refusal> {
    let named = is_style(board, words);
    if named {
        style(board, "")?;
    }
    Ok(named)
}

/// Whether words name the kind of picture that it is: `the watercolor style`.
fn is_style(board: &Board, words: &str) -> bool {
    let Some(style) = taken_apart(&board.background).style else { return false };
    let words = without_article(words);
    let bare = [" style", " effect", " look", " filter"].iter().find_map(|tail| words.strip_suffix(tail));
    let bare = bare.unwrap_or(words);
    names_style(bare) && bare.split(' ').all(|word| style.split(' ').any(|known| known == word))
}

/// Whether words switch the light of the whole scene: `the lights` where there are none.
pub(super) fn switched(board: &mut Board, who: &str, words: &str) -> Result<bool, Refusal> {
    let light = match words {
        "switched-off" => "in dim light",
        "switched-on" => "in bright light",
        _ => return Ok(false),
    };
    let all = matches!(who, "the lights" | "the light" | "all lights" | "all the lights");
    if all {
        mood(board, light)?;
    }
    Ok(all)
}

/// Adds scenery to the place around the objects: clouds to a beach.
pub(super) fn add_place(board: &mut Board, more: &str) -> Result<(), Refusal> {
    if taken_apart(&board.background).background.is_none() {
        return background(board, more);
    }
    join(board, more);
    Ok(())
}

/// Puts more that is to be seen behind what the background has already.
pub(super) fn join(board: &mut Board, more: &str) {
    let joint = if board.background.contains(" with ") { "and" } else { "with" };
    board.background = format!("{} {joint} {more}", board.background);
}

/// Says something of a part that every place has (`a stormy sky`); `false` for
/// other words.
pub(super) fn describe_part(board: &mut Board, who: &str, words: &str) -> bool {
    let noun = who.strip_prefix("the ").unwrap_or(who);
    let part = matches!(
        noun,
        "sky"
            | "light"
            | "lighting"
            | "ground"
            | "floor"
            | "weather"
            | "wall"
            | "walls"
            | "horizon"
            | "water"
            | "sea"
            | "waves"
            | "clouds"
            | "grass"
            | "sand"
            | "ceiling"
            | "carpet"
            | "air"
    );
    if part {
        // "calmer water" is calm.
        let words = crate::lexicon::comparative(words).unwrap_or_else(|| words.to_owned());
        let told = format!("{words} {noun}");
        let counted = !lmd_layout::is_plural(noun)
            && !matches!(noun, "water" | "grass" | "sand" | "weather" | "light" | "lighting" | "air");
        let told = if counted { with_article(&told) } else { told };
        join(board, &told);
    }
    part
}

/// Whether the words name the place around the objects: `the kitchen`.
pub(super) fn names_place(board: &Board, who: &str) -> bool {
    let Some(place) = taken_apart(&board.background).background else { return false };
    let Some(noun) = who.split(' ').next_back().map(singular) else { return false };
    let definite = !matches!(who.split(' ').next(), Some("a" | "an" | "another" | "some"));
    definite && noun.len() > 2 && place.split([' ', ',']).any(|word| singular(word) == noun)
}

/// Whether the words name the place around the objects or what it is full of: the snow of a snowy field.
pub(super) fn is_replaced(board: &Board, who: &str) -> bool {
    let full = who.rsplit(' ').next().map(|noun| format!("{noun}y")).unwrap_or_default();
    names_place(board, who) || board.background.split(' ').any(|word| word == full)
}

/// Turns the place around the objects into another; time and weather stay.
pub(super) fn replace_place(board: &mut Board, who: &str, to: &str) -> Result<(), Refusal> {
    let mut scene = taken_apart(&board.background);
    let place = scene.background.unwrap_or_default();
    let to = to.trim();
    if to.is_empty() {
        return Err(format!("say what \"{who}\" is to become, as in \"turn {who} into a beach\""));
    }
    // "the sunflowers" of a field of sunflowers
    let noun = who.rsplit(' ').next().map(singular).unwrap_or_default();
    if let Some((whole, of)) = place.split_once(" of ")
        && of.split(' ').any(|word| singular(word) == noun)
    {
        let told: Vec<&str> =
            of.split(' ').map(|word| if singular(word) == noun { to } else { word }).collect();
        scene.background = Some(format!("{whole} of {}", told.join(" ")));
        board.background = scene.background_text();
        return Ok(());
    }
    // "sand" for the snow of a snowy field
    let full = format!("{noun}y");
    if place.split(' ').any(|word| word == full) {
        let bare: Vec<&str> = place.split(' ').filter(|word| *word != full).collect();
        let bare = with_article(without_article(&bare.join(" ")));
        scene.background = Some(format!("{bare} {} {to}", if bare.contains(" of ") { "with" } else { "of" }));
        board.background = scene.background_text();
        return Ok(());
    }
    let mood = mood_of(&place).filter(|mood| !to.ends_with(mood) && !mood.ends_with(&format!(" {noun}")));
    scene.background =
        Some([with_article(to).as_str(), mood.unwrap_or_default()].join(" ").trim_end().to_owned());
    board.background = scene.background_text();
    Ok(())
}

/// Says something of the place around the objects: `a snowy forest`.
pub(super) fn describe_place(board: &mut Board, who: &str, words: &str) {
    let mut scene = taken_apart(&board.background);
    let place = scene.background.unwrap_or_default();
    let noun = who.rsplit(' ').next().map(singular).unwrap_or_default();
    // Of "a road in a forest" the forest, where it is meant.
    let before = place.split(&noun).next().unwrap_or_default();
    let at = [" a ", " an ", " the "].iter().filter_map(|article| before.rfind(article)).max();
    scene.background = Some(match at {
        Some(at) => format!("{} {}", &place[..at], described(&place[at + 1..], words)),
        None if before.ends_with(" of ") || before.ends_with(" with ") => {
            format!("{before}{words} {}", &place[before.len()..])
        }
        None => described(&place, words),
    });
    board.background = scene.background_text();
}

/// Takes weather out of the background that is not to be: the rain of a street in the rain.
pub(super) fn end_weather(board: &mut Board, words: &str) {
    let words = without_article(words);
    let Some(phrase) = mood_words(words, words).filter(|phrase| mood_sorts(phrase).contains(&"weather"))
    else {
        return;
    };
    let noun = phrase.rsplit(' ').next().unwrap_or(phrase);
    let mut scene = taken_apart(&board.background);
    let Some(mut place) = scene.background.take() else { return };
    let last = [" in ", " under ", " during "].iter().filter_map(|word| place.rfind(word)).max();
    if let Some(at) = last.filter(|at| place[*at..].split(' ').any(|word| word.starts_with(noun))) {
        place.truncate(at);
    }
    let kept: Vec<&str> = place.split(' ').filter(|word| mood_words(word, word) != Some(phrase)).collect();
    let place = with_article(without_article(&kept.join(" ")));
    scene.background = Some(place).filter(|place| place != "a scene");
    board.background = scene.background_text();
}

/// Takes the place around the objects away; time and weather stay.
pub(super) fn remove_place(board: &mut Board) {
    let mut scene = taken_apart(&board.background);
    let place = scene.background.unwrap_or_default();
    scene.background = mood_of(&place).map(|mood| format!("a scene {mood}"));
    board.background = scene.background_text();
}

/// No longer excludes what the words name, or anything.
pub(super) fn allow(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = what.strip_prefix("any ").unwrap_or(what);
    let bare = |term: &str| singular(without_article(term.trim()));
    let meant: Vec<String> = what.split(" and ").flat_map(|part| part.split(", ")).map(bare).collect();
    let terms: Vec<&str> = board.negative.split(", ").filter(|term| !term.is_empty()).collect();
    let goes = |term: &&str| what.is_empty() || meant.iter().any(|one| *one == bare(term));
    let unknown = meant.iter().find(|one| !what.is_empty() && !terms.iter().any(|term| bare(term) == **one));
    if let Some(one) = unknown {
        let is = if terms.is_empty() {
            "nothing is".to_owned()
        } else {
            format!("only these are: {}", board.negative)
        };
        return Err(format!("\"{one}\" is not excluded, {is}"));
    }
    board.negative = terms.into_iter().filter(|term| !goes(term)).collect::<Vec<&str>>().join(", ");
    Ok(())
}
