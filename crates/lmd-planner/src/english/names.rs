//! Names of persons and places: `Sherlock Holmes`, `Dr. Watson`, `Mount Fuji`. They keep their capitals, have no plural
//! and no article.

use super::phrase::NounPhrase;
use super::token::{Token, low};
use crate::lexicon::{List, Tags, exact_tags, is_adjective, is_function, is_participle, tags};

/// Words that open the name of somebody or of a place.
const TITLES: [&str; 24] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "uncle",
    "aunt",
    "prof",
    "king",
    "queen",
    "prince",
    "princess",
    "lord",
    "lady",
    "sir",
    "saint",
    "captain",
    "professor",
    "doctor",
    "mount",
    "lake",
    "count",
    "emperor",
    "santa",
];

/// The name that the nouns of a phrase are, as written; `inner` where they do not open the prompt.
pub(super) fn of_noun(phrase: &NounPhrase, nouns: &[&Token], inner: bool) -> Option<String> {
    let bare = phrase.is_bare() && phrase.attributes.is_empty();
    if !bare || !nouns.iter().all(|token| token.is_capitalised() && !is_shouted(&token.text)) {
        return None;
    }
    let unknown = |token: &&&Token| tags(&token.low).is_unknown();
    let strange = nouns.iter().filter(unknown).count();
    let titled =
        nouns.first().is_some_and(|token| token.low.ends_with('.') || TITLES.contains(&token.low.as_str()));
    let titled = titled || nouns.first().is_some_and(|token| is_first_name(&token.low));
    let is_name = match nouns {
        // A prompt opens with a capital letter, name or not.
        [one] => {
            (inner && strange == 1
                || is_first_name(&one.low)
                || one.low.contains(' ') && is_persons(&one.low))
                && !one.low.ends_with('.')
        }
        _ => strange > 0 && (titled || strange == nouns.len() || inner),
    };
    let words: Vec<&str> = nouns.iter().map(|token| token.text.as_str()).collect();
    is_name.then(|| words.join(" "))
}

/// Whether a name begins with a word of the tables: `Lake Como`, `King Kong`.
pub(super) fn opens(tokens: &[Token]) -> bool {
    let [first, second, ..] = tokens else { return false };
    let capitals = first.is_capitalised() && second.is_capitalised();
    capitals && TITLES.contains(&first.low.as_str()) && tags(&second.low).is_unknown()
}

/// `Mrs Brown`, whatever the name means otherwise.
pub(super) fn titled(tokens: &[Token], at: usize) -> Option<Token> {
    const BEFORE_NAMES: [&str; 6] = ["Mr", "Mrs", "Ms", "Miss", "Dr", "Prof"];
    let (title, name) = (tokens.get(at)?, tokens.get(at + 1)?);
    let stands = BEFORE_NAMES.contains(&title.text.as_str()) && name.is_word() && name.is_capitalised();
    stands.then(|| Token::new(&format!("{} {}", title.text, name.text)))
}

/// Whether a word in lower case is a first name.
fn is_first_name(low: &str) -> bool {
    List::FemaleName.has(low) || List::MaleName.has(low)
}

/// Whether a name as it is written is that of a person: it opens with a first name or a title.
pub(super) fn is_persons(name: &str) -> bool {
    let first = name.split(' ').next().unwrap_or_default().to_lowercase();
    let land = matches!(first.as_str(), "mount" | "lake" | "saint");
    is_first_name(&first) || first.ends_with('.') || !land && TITLES.contains(&first.as_str())
}

/// Whether a whole word is in capitals, as in prompts written so.
fn is_shouted(word: &str) -> bool {
    // "R2-D2" is written so.
    word.len() > 3 && !word.chars().any(|c| c.is_lowercase() || c.is_ascii_digit())
}

/// Whether the noun at `at`, which looks like a plural, is a name or part of one: `the Thames`, `United States`.
pub(super) fn of_one(tokens: &[Token], at: usize) -> bool {
    let named =
        |at: &usize| tokens.get(*at).is_some_and(|token| token.is_capitalised() && !is_shouted(&token.text));
    let before = at.checked_sub(1);
    let run = before.is_some_and(|before| before > 0 && named(&before));
    let led =
        before.is_some_and(|before| low(tokens, before) == "the") && !tags(low(tokens, at)).any(Tags::NOUN);
    named(&at) && (led || run)
}

/// The names in `tokens` as they are written, for captions: words with capitals, with those of
/// their neighbours (`MacBook Air`), with `the` where that leads them (`the Kremlin`) and with `a` where anything else
/// does that a noun has before it. Where all words have capitals, as in titles, those that no table knows.
pub(super) fn written(tokens: &[Token]) -> Vec<String> {
    let words = || tokens.iter().filter(|token| token.is_word());
    let capitals = words().filter(|token| token.has_capital()).count();
    let small = words().any(|token| !token.has_capital() && token.text.len() > 3);
    let title = 2 * capitals > words().count() && !small;
    let mut names: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let length = (at..tokens.len()).take_while(|i| is_written_so(tokens, *i)).count();
        let run = tokens.get(at..at + length).unwrap_or_default();
        // "the sinking Titanic"
        let described = tokens.get(..at).unwrap_or_default().iter().rev();
        let described =
            described.take_while(|token| is_adjective(&token.low) || is_participle(&token.low)).count();
        let before = |back: usize| at.checked_sub(1 + back).map_or("", |before| low(tokens, before));
        let the = before(described) == "the";
        let before = before(0);
        let strange = run.iter().any(|token| tags(&token.low).is_unknown());
        let whole = the && words().count() == length + 1;
        let bare = before.is_empty() || is_function(before) && !matches!(before, "a" | "an" | "another");
        // "the TV" and "her iPhone" are no names.
        let common = run.iter().all(|token| {
            token.text.chars().all(char::is_uppercase) && token.text.len() < 4 || !token.is_capitalised()
        });
        let article = match () {
            () if common => "a ",
            () if the => "the ",
            () if bare || !before.starts_with(char::is_alphanumeric) => "",
            () => "a ",
        };
        let stands = !run.is_empty() && (!title || whole || strange || the && length > 1);
        names.extend(stands.then(|| format!("{article}{}", super::token::text_of(run))));
        at += length.max(1);
    }
    names
}

/// Whether the word at `at` has a capital that the start of a sentence does not give it.
fn is_written_so(tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    let opens = at.checked_sub(1).and_then(|before| tokens.get(before)).is_none_or(|token| token.low == ".");
    let inner = token.text.chars().skip(1).any(char::is_uppercase);
    let next = low(tokens, at + 1);
    // "Hokusai's wave": nobody else owns anything at the start of a sentence without an article.
    let owner = next == "'s" && tags(&token.low).is_unknown();
    // "Big Ben"
    let both = tokens.get(at + 1).is_some_and(Token::is_capitalised);
    let known = both && exact_tags(&format!("{} {next}", token.low)).any(Tags::NOUN);
    let numbered = token.low.starts_with(|c: char| c.is_ascii_digit());
    let capital = token.is_word() && token.has_capital() && !is_shouted(&token.text) && !numbered;
    capital && (!opens || inner || owner || known) && token.low != "the"
}
