//! English: from a sentence to a [`Scene`] (section A.1's task, done by rules).
//!
//! The way: normalise → `syntax` → `token` → `language` → `lettering` → `spelling` → `superlative` → `style` → `chunk`
//! (with `noun_phrase`, `names`, `numbers`, `links`, `verbs`, `partitive`) → `interpret`
//! (with `having`, `choosing`, `doubts`, `placing`, `places`, `denial`, `doing`, `parts`, `picks`) → `account`.
//! Tables stand in `lexicon` and `nouns`.

mod account;
mod arranging;
mod choosing;
mod chunk;
mod denial;
mod doing;
mod doubts;
mod having;
mod interpret;
mod language;
mod lettering;
mod lexicon;
mod links;
mod names;
mod negation;
mod noun_phrase;
mod nouns;
mod numbers;
mod opening;
mod partitive;
mod parts;
mod phrase;
mod picks;
mod places;
mod placing;
mod sides;
mod spelling;
mod style;
mod superlative;
mod syntax;
mod tags;
mod token;
mod verbs;

use crate::{PlanError, Region, RelationKind, Scene, Thing, normalize_prompt};

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
    let tokens = token::tokenize(&text);
    language::check(&tokens)?;
    let tokens = lettering::marked(&tokens);
    let (tokens, corrections) = spelling::corrected(tokens);
    notes.extend(corrections);
    let tokens = superlative::several_first(tokens);
    let framing = style::framing(&tokens);
    let chunks = chunk::chunks(&framing.rest);
    let mut scene = interpret::Interpreter::new(&chunks).run();
    scene.style = framing.style;
    scene.tags = framing.tags;
    scene.notes.extend(doubts::odd_captions(&scene));
    notes.append(&mut scene.notes);
    scene.notes = notes;
    let lost = account::unaccounted(&framing.rest, &scene);
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

/// Whether `text` is in another language than English, as far as its letters
/// and little words tell.
pub(crate) fn is_foreign(text: &str) -> bool {
    language::check(&token::tokenize(text)).is_err()
}

/// The things named in `text`, in order, with the details that belong to
/// their captions: `two birds` and `the red car` of an instruction.
#[must_use]
pub fn noun_phrases(text: &str) -> Vec<Thing> {
    let chunks = chunk::chunks(&token::tokenize(text));
    interpret::Interpreter::new(&chunks).run().things
}

/// The part of the picture `text` names (`on the left`, `in the top right
/// corner`, `to the left`), wherever in it the phrase stands.
#[must_use]
pub fn region_phrase(text: &str) -> Option<Region> {
    let tokens = token::tokenize(text);
    (0..tokens.len()).find_map(|at| match links::link(&tokens, at) {
        Some((links::Link::Region { region, .. }, _)) => Some(region),
        _ => None,
    })
}

/// The first relation word in `text` (`next to`, `to the left of`), with the
/// text before it and the text after it.
#[must_use]
pub fn relation_phrase(text: &str) -> Option<(String, RelationKind, String)> {
    let tokens = token::tokenize(text);
    let join = |tokens: &[token::Token]| tokens.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    (0..tokens.len()).find_map(|at| match links::link(&tokens, at) {
        Some((links::Link::Rel { kind, .. }, length)) => {
            Some((join(tokens.get(..at)?), kind, join(tokens.get(at + length..)?)))
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
        let empty = lexicon::exact_tags(low).any(lexicon::Tags::FUNCTION.and(lexicon::Tags::FILLER));
        token.is_word() && !empty && lexicon::size(low).is_none() && numbers::number(low).is_none()
    };
    token::tokenize(text).into_iter().filter(says).map(|token| token.low).collect()
}

/// How many traits (alive, a person, worn, a part and the like) only one of two things has.
pub(crate) fn unlikeness(one: &str, other: &str) -> usize {
    use lexicon::{Tags, tags};
    const TRAITS: [Tags; 6] =
        [Tags::ANIMATE, Tags::PERSON, Tags::WORN, Tags::PART, Tags::PLACE, Tags::SCENERY];
    let (one, other) = (tags(one), tags(other));
    TRAITS.iter().filter(|has| one.any(**has) != other.any(**has)).count()
}

/// Whether `noun` is a person or an animal.
pub(crate) fn is_alive(noun: &str) -> bool {
    lexicon::tags(noun).any(lexicon::Tags::ANIMATE)
}

/// The part of the picture, or of several things, that an adjective names: `left` of `the left tree`.
pub(crate) fn place_word(word: &str) -> Option<Region> {
    Some(match word {
        "left" | "leftmost" | "left-hand" => Region::Left,
        "right" | "rightmost" | "right-hand" => Region::Right,
        "top" | "upper" | "topmost" | "uppermost" => Region::Top,
        "bottom" | "lower" | "lowest" | "bottommost" => Region::Bottom,
        "middle" | "center" | "centre" | "central" => Region::Center,
        _ => return None,
    })
}

/// What somebody is doing who is to do this: `running` of `run`; `None` for
/// words that are no plain verbs.
pub(crate) fn doing(word: &str) -> Option<String> {
    let plain = lexicon::exact_tags(word) == lexicon::Tags::default();
    let verb = verbs::verb(word).filter(|verb| plain && verb.form == verbs::VerbForm::Base);
    verb.filter(|verb| matches!(verb.role, verbs::Role::Action | verbs::Role::Posture))
        .map(|verb| verb.attribute)
}

/// The form of a verb with `ing`: `riding` of `ride` and of `rides`; `None`
/// for what is no verb in a form of the present.
pub(crate) fn progressive(word: &str) -> Option<String> {
    let form = |verb: &verbs::Verb| verb.form != verbs::VerbForm::Past;
    verbs::verb(word).filter(form).map(|verb| verb.attribute)
}

/// Whether the tables know `word` in any role, or its ending says that it describes something.
pub(crate) fn knows(word: &str) -> bool {
    const ENDINGS: [&str; 8] = ["en", "y", "ish", "ful", "less", "ous", "ic", "like"];
    lexicon::tags(word) != lexicon::Tags::default()
        || lexicon::exact_tags(word) != lexicon::Tags::default()
        || lexicon::size(word).is_some()
        || verbs::verb(word).is_some()
        || numbers::number(word).is_some()
        || ENDINGS.iter().any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending))
}

/// Whether `word` is a colour.
pub(crate) fn names_colour(word: &str) -> bool {
    lexicon::exact_tags(word).any(lexicon::Tags::COLOR)
}

/// Whether `word` says that something is the most of its kind: `biggest`.
pub(crate) fn is_superlative(word: &str) -> bool {
    lexicon::superlative(word).is_some()
}

/// Whether `noun` is worn by somebody or a part of something, and drawn with
/// its owner.
pub(crate) fn belongs_to_wearer(noun: &str) -> bool {
    lexicon::tags(noun).any(lexicon::Tags::WORN.and(lexicon::Tags::PART))
}

/// Whether `word` is a colour or a shade of one.
pub(crate) fn is_colour(word: &str) -> bool {
    lexicon::exact_tags(word).any(lexicon::Tags::COLOR.and(lexicon::Tags::SHADE))
}
