//! English: from a sentence to a [`Scene`] (section A.1's task, done by rules).
//!
//! The way: normalise → `syntax` → `token` (with `joining`, `plainly`) → `language` → `lettering` → `stock` → `spelling` →
//! `superlative` → `series` → `ones` (with `gaps`) → `apart` → `style` (with `about_picture`, `run_on` and `tinting`) → `chunk` (with `aside`, `noun_phrase`,
//! `acting`, `deeds`, `of_part` and `adjectives`, `names`, `numbers`, `links`, `mood`, `nothing`, `partitive`, `past`, `parallel`,
//! `pictures`, `predicative`) → `interpret` (with `naming`, `calling`, `belonging`,
//! `having`, `owning`, `pronouns` and `who`, `choosing`, `doubts`, `placing`, `flanking`, `bodies`, `places`, `denial`,
//! `doing`, `done_to`, `spots`, `going_on`, `coming`, `facing`, `ideas`, `filling`, `fabric`, `parts`, `picks`, `purpose`, `within`, `around`,
//! `listing`) → `account`.
//! What is known of words stands in `lexicon`.

mod about_picture;
mod account;
mod acting;
mod adjectives;
mod apart;
mod around;
mod arranging;
mod aside;
mod belonging;
mod bodies;
mod calling;
mod choosing;
mod chunk;
mod coming;
mod deeds;
mod denial;
mod doing;
mod done_to;
mod doubts;
mod fabric;
mod facing;
mod filling;
mod flanking;
mod gaps;
mod going_on;
mod having;
mod ideas;
mod interpret;
mod joining;
mod language;
mod lettering;
mod links;
mod listing;
mod mood;
mod names;
mod naming;
mod negation;
mod nothing;
mod noun_phrase;
mod numbers;
mod of_part;
mod ones;
mod opening;
mod owning;
mod parallel;
mod partitive;
mod parts;
mod past;
mod phrase;
mod picks;
mod pictures;
mod piece;
mod places;
mod placing;
mod plainly;
mod predicative;
mod pronouns;
mod purpose;
mod relative;
mod run_on;
mod series;
mod sides;
mod spelling;
mod spots;
mod stock;
mod style;
mod superlative;
mod syntax;
mod tinting;
mod token;
mod who;
mod within;

pub(crate) use language::script;
pub(crate) use links::place_word;
pub(crate) use spelling::{knows, turned};
pub(crate) use who::Who;

use crate::lexicon::{self, Tags};
use crate::{PlanError, RelationKind, Scene, Thing, normalize_prompt};

/// Most things of one kind that are placed.
const MAX_COUNT: u32 = 20;

/// What `prompt` says.
///
/// Every word is accounted for: what is in no thing, place, style or relation
/// is in [`Scene::not_understood`].
///
/// ```
/// let scene = lmd_planner::english::parse("two red cars and a dog on a beach")?;
/// assert_eq!((scene.things.len(), scene.things[0].count), (2, 2));
/// assert_eq!(scene.background.as_deref(), Some("a beach"));
/// # Ok::<(), lmd_planner::PlanError>(())
/// ```
///
/// # Errors
/// [`PlanError::EmptyPrompt`], [`PlanError::PromptTooLong`], and
/// [`PlanError::NeedsLlm`] for another language and for more than twenty
/// things of one kind.
pub fn parse(prompt: &str) -> Result<Scene, PlanError> {
    let syntax::PlainPrompt { text, mut notes } = syntax::plain(&normalize_prompt(prompt)?);
    // "GUY WITH AN UMBRELLA" names nobody.
    let shouted = text.contains(' ') && !text.contains(char::is_lowercase);
    let text = if shouted { text.to_lowercase() } else { text };
    let text = stock::plain(&text, &mut notes);
    let tokens = plainly::persons(&words_of(&text));
    language::check(&tokens)?;
    let tokens = lettering::marked(&tokens);
    let (tokens, corrections) = spelling::corrected(tokens);
    notes.extend(corrections);
    let tokens = apart::told(ones::told(&series::alike(superlative::several_first(tokens))));
    let framing = style::framing(&tokens);
    let chunks = chunk::chunks(&framing.rest);
    let (mut scene, placing) = interpret::Interpreter::new(&chunks).run();
    scene.style = framing.style;
    scene.tags = framing.tags;
    scene.names = names::written(&framing.rest);
    scene.notes.extend(doubts::side_by_side(&chunks));
    scene.notes.extend(doubts::ill_formed(&chunks));
    scene.notes.extend(doubts::cut_short(&chunks).filter(|_| !scene.things.is_empty()));
    for doubt in doubts::odd_captions(&scene) {
        // What one sign tells another need not.
        if !scene.notes.contains(&doubt) {
            scene.notes.push(doubt);
        }
    }
    notes.append(&mut scene.notes);
    scene.notes = notes;
    let lost = account::unaccounted(&framing.rest, &scene, &placing);
    scene.not_understood.extend(lost);
    match scene.things.iter().find(|thing| thing.count > MAX_COUNT) {
        Some(thing) => Err(PlanError::NeedsLlm {
            why: format!(
                "the prompt asks for {} of \"{}\", at most {MAX_COUNT} of a kind can be placed",
                thing.count,
                thing.phrase()
            ),
        }),
        None => Ok(scene),
    }
}

/// The words and signs of `text`, with the sides of somebody as sides of him.
fn words_of(text: &str) -> Vec<token::Token> {
    sides::of_their_owners(plainly::plainly(&joining::hyphenated(token::tokenize(text))))
}

/// Whether `text` is in another language than English, as far as its letters
/// and little words tell.
pub(crate) fn is_foreign(text: &str) -> bool {
    language::check(&words_of(text)).is_err()
}

/// The things named in `text`, in order, with the details that belong to
/// their captions: `two birds` and `the red car` of an instruction.
#[must_use]
pub fn noun_phrases(text: &str) -> Vec<Thing> {
    let chunks = chunk::chunks(&words_of(text));
    interpret::Interpreter::new(&chunks).run().0.things
}

/// The first relation word in `text` (`next to`, `to the left of`), with the
/// text before it and the text after it.
#[must_use]
pub fn relation_phrase(text: &str) -> Option<(String, RelationKind, String)> {
    let tokens = words_of(text);
    (0..tokens.len()).find_map(|at| match links::link(&tokens, at) {
        Some((links::Link::Rel { kind, .. }, length)) => {
            Some((token::text_of(tokens.get(..at)?), kind, token::text_of(tokens.get(at + length..)?)))
        }
        _ => None,
    })
}

/// The words of `text` that say what is to be seen, in lower case: no articles, prepositions, numbers, words of size
/// (boxes say how large a thing is) and no words of a wish.
///
/// ```
/// assert_eq!(lmd_planner::english::content_words("Two big red cars on a beach"), ["red", "cars", "beach"]);
/// ```
#[must_use]
pub fn content_words(text: &str) -> Vec<String> {
    let says = |token: &token::Token| {
        let low = token.low.as_str();
        let empty = lexicon::exact_tags(low).any(Tags::FUNCTION.and(Tags::FILLER));
        token.is_word() && !empty && lexicon::size(low).is_none() && numbers::number(low).is_none()
    };
    words_of(text).into_iter().filter(says).map(|token| token.low).collect()
}
