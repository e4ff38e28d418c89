//! What is said of the picture rather than of what is in it: wishes
//! (`draw me`), styles (`an oil painting of`) and quality tags (`8k`).

use std::sync::LazyLock;

use super::about_picture::{
    is_among_tags, is_light, is_style, is_tag, made_as, names_style, no_kind, opens_as_picture, opens_bare,
    style_word,
};
use super::links::reads;
use super::pictures::is_fastened;
use super::run_on::run_on;
use super::tinting::{all_over, is_monochrome, is_pair_of_colours};
use super::token::{Token, low, text_of};
use crate::lexicon::{List, Phrases, Section, Tags, VerbForm, exact_tags, is_adjective, verb};

/// Styles and tags found, and the words that remain.
#[derive(Debug, Default)]
pub(super) struct Framing {
    pub(super) style: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) rest: Vec<Token>,
}

/// Takes wishes, styles and tags out of a sentence.
pub(super) fn framing(tokens: &[Token]) -> Framing {
    let mut framing = Framing::default();
    let mut at = wish_end(tokens, 0);
    if let Some((style, end)) = headed_style(tokens, at).or_else(|| opening_style(tokens, at)) {
        framing.style = style;
        at = end;
    } else if let Some(manner) = manner_of_first(tokens, at) {
        framing.tags.push(manner);
    }
    let parts: Vec<&[Token]> = tokens
        .get(at..)
        .unwrap_or_default()
        .split_inclusive(|t| matches!(t.low.as_str(), "," | "."))
        .collect();
    let opened = at > wish_end(tokens, 0);
    let tagged = parts.iter().skip(1).any(|part| is_tag(&words_of(part)));
    let mut told = false;
    for (i, part) in parts.iter().enumerate() {
        // "portrait of a man, black and white": the picture, not the man.
        if i > 0 && (opened || tagged) && is_monochrome(&words_of(part)) {
            framing.tags.push("black and white".to_owned());
            continue;
        }
        let words = words_of(part);
        if i > 0 && (is_light(&words) || (opened || tagged) && is_among_tags(&words)) {
            framing.tags.push(said(part));
            continue;
        }
        // "an egg, a painting, and a goldfish": one of the things.
        let listed =
            parts.get(i + 1).is_some_and(|next| next.first().is_some_and(|first| first.low == "and"));
        let picture = |word: &Token| exact_tags(&word.low).any(Tags::SHOWS);
        if i > 0 && listed && matches!(words.as_slice(), [a, what] if a.low == "a" && picture(what)) {
            framing.rest.extend(part.iter().cloned());
            continue;
        }
        // "two-color print, teal and orange"
        let before = framing.tags.len();
        if i > 0 && told && is_pair_of_colours(&words_of(part)) {
            framing.tags.push(said(part));
            continue;
        }
        framing.part(part, i == 0);
        told = framing.tags.len() > before;
    }
    framing
}

impl Framing {
    /// One part between commas: tags are kept apart, the rest goes on.
    fn part(&mut self, part: &[Token], first: bool) {
        let words = words_of(part);
        let text = || said(part);
        // "surreal, a giant fish above a city"
        let manner = |token: &&Token| List::Style.has(&token.low) && !exact_tags(&token.low).any(Tags::NOUN);
        let opens = opens_with_quality(&words)
            || words.iter().all(manner)
            || opens_bare(&words) && is_style(&words) && !counts(&words);
        let comma = part.last().is_some_and(|t| t.low == ",");
        if first && comma && !is_tag(&words) && opens_as_picture(&words) {
            self.style = Some(text());
            return;
        }
        if (!first || opens && comma) && is_tag(&words) {
            // "a lighthouse by Hokusai, woodblock print": a woodblock print by Hokusai.
            let of_somebody = self.style.as_deref().and_then(|style| style.strip_prefix("a scene by "));
            if let Some(artist) = of_somebody.filter(|_| is_style(&words)) {
                self.style = Some(format!("{} by {artist}", text()));
            } else if self.style.is_none() && is_style(&words) {
                self.style = Some(text());
            } else if let Some(style) = self.style.as_mut().filter(|s| names_style(&words) && no_kind(s)) {
                *style = format!("{style}, {}", text());
            } else {
                self.tags.push(text());
            }
            return;
        }
        let mut at = if first { 0 } else { wish_end(part, 0) };
        let (part, tags) = part.split_at(run_on(part, at));
        if !tags.is_empty() {
            self.tags.push(said(tags));
        }
        while at < part.len() {
            match inline_style(part, at) {
                Some(end) => {
                    self.add_style(&text_of(part.get(at..end).unwrap_or_default()));
                    at = end;
                }
                None => {
                    self.rest.extend(part.get(at).cloned());
                    at += 1;
                }
            }
        }
        self.rest.extend(tags.iter().find(|token| !token.is_word()).cloned());
    }

    fn add_style(&mut self, text: &str) {
        self.style = Some(match self.style.take() {
            Some(style) => format!("{style} {text}"),
            None => format!("a scene {text}"),
        });
    }
}

/// The words of a part, without its signs.
fn words_of(part: &[Token]) -> Vec<&Token> {
    part.iter().filter(|token| token.is_word()).collect()
}

/// The words of a part as they were written, without its signs.
fn said(part: &[Token]) -> String {
    words_of(part).iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether a tag list begins: `masterpiece, best quality, a red car`.
fn opens_with_quality(words: &[&Token]) -> bool {
    !words.is_empty()
        && words.iter().all(|token| List::Quality.has(&token.low) || List::Opening.has(&token.low))
}

/// Whether a part opens with an article or a number, as a thing does.
fn counts(words: &[&Token]) -> bool {
    let opens = words.first().map_or("", |token| token.low.as_str());
    matches!(opens, "a" | "an" | "the" | "some" | "several") || super::numbers::number(opens).is_some()
}

/// A style before a colon: `oil painting in the style of Van Gogh: a windmill`.
fn headed_style(tokens: &[Token], at: usize) -> Option<(Option<String>, usize)> {
    const LONGEST: usize = 14;
    let by = ["in the style of", "in style of", "in the manner of", "inspired by", "by", "after"];
    let named = (at..tokens.len().min(at + LONGEST))
        .find_map(|i| Some((i, by.iter().find_map(|phrase| reads(tokens, i, phrase))?)));
    let ends = |i: usize, token: &Token| {
        let after_name = named.is_some_and(|(start, length)| i >= start + length);
        token.low == ":" || after_name && matches!(token.low.as_str(), "of" | "showing" | "depicting" | ",")
    };
    let end =
        (at..tokens.len().min(at + LONGEST)).find(|i| tokens.get(*i).is_some_and(|token| ends(*i, token)))?;
    let length = end - at;
    let head = tokens.get(at..end)?;
    // "Style: watercolor, …"
    if let [only] = head
        && matches!(only.low.as_str(), "style" | "medium")
    {
        let end = tokens.iter().skip(at + 2).position(|token| !token.is_word());
        let end = end.map_or(tokens.len(), |length| at + 2 + length);
        let text = tokens.get(at + 2..end)?.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
        return (!text.is_empty()).then_some((Some(text), end));
    }
    let kind = tokens.get(at..named.map_or(end, |(start, _)| start.min(end)))?;
    let style = |token: &Token| style_word(&token.low) || List::Medium.has(&token.low) || token.low == ",";
    let telling = |token: &Token| List::Medium.has(&token.low) || List::Style.has(&token.low);
    let alone = kind.last().is_some_and(|last| List::StyleEnd.has(&last.low));
    // "a set of six kitchen icons:"
    let of_set = kind
        .iter()
        .take(2)
        .any(|token| matches!(token.low.as_str(), "set" | "collection" | "pack" | "sheet"));
    let set = of_set && kind.last().is_some_and(|last| List::Medium.has(&lmd_layout::singular(&last.low)));
    let whole = kind.iter().all(style) && kind.iter().any(telling)
        || set
        || alone && !counts(&kind.iter().collect::<Vec<_>>());
    if !whole || kind.is_empty() {
        return None;
    }
    let text = head.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ").replace(" ,", ",");
    let plain = matches!(kind, [only] if List::PlainMedium.has(&only.low));
    Some(((!plain).then_some(text), at + length + 1))
}

static MANNERS: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(Section::Manners, |_, _| Some(())));
static WISHES: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(Section::Wishes, |_, _| Some(())));

/// The index after words of a wish: `please draw me`, `I would like to see`.
fn wish_end(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    loop {
        let longest = WISHES.longest(|ahead| low(tokens, at + ahead)).map(|(_, length)| length);
        // "paint dripping": no wish.
        let flows = verb(low(tokens, at + 1)).is_some_and(|verb| verb.form == VerbForm::Ing);
        // "sketch of a horse" names the kind of picture.
        let named = |length: &usize| {
            List::Medium.has(low(tokens, at + length - 1)) && low(tokens, at + length) == "of"
        };
        let longest = longest.filter(|_| !flows || low(tokens, at) != "paint").filter(|n| !named(n));
        let to = usize::from(at > from && reads(tokens, at, "to").is_some() && longest.is_none());
        match longest.unwrap_or(to) {
            0 => break,
            n => at += n,
        }
    }
    let only_wishes = tokens.get(at).is_none_or(|token| !token.is_word());
    if only_wishes && tokens.get(at).is_none_or(|t| t.low != ",") {
        from
    } else {
        at + usize::from(only_wishes)
    }
}

/// `an oil painting of`, at the beginning. The style keeps its wording; a
/// plain `picture of` has none.
fn opening_style(tokens: &[Token], at: usize) -> Option<(Option<String>, usize)> {
    let mut end = at;
    let mut medium = None;
    while let Some(token) = tokens.get(end) {
        let low = token.low.as_str();
        if let Some(length) = made_as(tokens, end) {
            end += length - 1;
            medium = Some(end);
        } else if List::Medium.has(low) || is_scene_of(tokens, end) {
            medium = Some(end);
        } else if !style_word(low) && !stands_before_medium(tokens, end) {
            break;
        }
        end += 1;
        if end - at > 14 {
            return None;
        }
    }
    let medium = medium.filter(|medium| !is_deed(tokens, (at, *medium, end)) && !is_fastened(tokens, end))?;
    let purpose = purpose_end(tokens, end);
    let next = low(tokens, end);
    // "a painting that shows a ship", but "a poster that says "SALE""
    let tells = |word: &str| matches!(word, "shows" | "depicts" | "features" | "contains" | "portrays");
    let finite = tells(next);
    let shows = tells(low(tokens, end + 1)) && matches!(next, "that" | "which");
    if medium + 1 != end
        || !(matches!(
            next,
            "of" | "showing" | "depicting" | "featuring" | "with" | ":" | "containing" | "where" | "in"
        ) || finite
            || shows
            || purpose.is_some())
    {
        return None;
    }
    let words: Vec<&str> = tokens.get(at..end)?.iter().map(|token| token.text.as_str()).collect();
    let plain = is_scene_of(tokens, medium)
        || tokens.get(medium).is_some_and(|token| List::PlainMedium.has(&token.low));
    let bare = words.len() <= 2
        && words
            .iter()
            .take(words.len() - 1)
            .all(|w| matches!(w.to_lowercase().as_str(), "a" | "an" | "the"));
    let of = usize::from(
        finite || matches!(next, "of" | ":" | "showing" | "depicting" | "featuring" | "containing"),
    );
    let definite = |word: &str| word.eq_ignore_ascii_case("the") && finite;
    let style = (!(plain && bare)).then(|| {
        words.iter().map(|word| if definite(word) { "a" } else { *word }).collect::<Vec<_>>().join(" ")
    });
    Some((style, purpose.unwrap_or(end + of)))
}

/// `a watercolor hummingbird`, `low poly deer`: how the first thing is drawn, so is the picture.
fn manner_of_first(tokens: &[Token], at: usize) -> Option<String> {
    let start = at + usize::from(matches!(low(tokens, at), "a" | "an" | "the"));
    let (_, length) = MANNERS.longest(|ahead| low(tokens, start + ahead))?;
    let end = start + length;
    let drawn = exact_tags(low(tokens, end)).any(Tags::NOUN) || !is_adjective(low(tokens, end));
    let contrast = tokens.iter().any(|token| matches!(token.low.as_str(), "real" | "realistic"));
    let thing = tokens.get(end).is_some_and(Token::is_word)
        && !exact_tags(low(tokens, end)).any(Tags::FUNCTION)
        && !List::Medium.has(low(tokens, end));
    (drawn && thing && !contrast).then(|| text_of(tokens.get(start..end).unwrap_or_default()))
}

/// `a storybook scene of a bear`: what the whole picture is called.
fn is_scene_of(tokens: &[Token], at: usize) -> bool {
    low(tokens, at) == "scene" && low(tokens, at + 1) == "of"
}

/// `a child drawing with crayons`, `a robot painting a portrait`: somebody draws.
fn is_deed(tokens: &[Token], (at, medium, end): (usize, usize, usize)) -> bool {
    let made = |two: &[Token]| matches!(two, [does, a] if does.low.ends_with("ing") && a.low == "a");
    if tokens.get(at..end).is_some_and(|head| head.windows(2).any(made)) {
        return true;
    }
    let maker = medium.checked_sub(1).filter(|before| *before >= at);
    maker.is_some_and(|before| exact_tags(low(tokens, before)).any(Tags::PERSON))
        && low(tokens, end) == "with"
}

/// Whether a word may name the purpose of the picture that the next word calls by its kind: `product photo`, `movie poster`.
fn stands_before_medium(tokens: &[Token], at: usize) -> bool {
    let word = low(tokens, at);
    let own = exact_tags(word);
    let led = |at: usize| matches!(low(tokens, at), "of" | "showing" | "depicting" | ":");
    let plain = |at: usize| List::Medium.has(low(tokens, at)) && led(at + 1);
    let made = |at: usize| made_as(tokens, at).is_some_and(|length| led(at + length));
    (plain(at + 1) || made(at + 1))
        && !word.is_empty()
        && !own.any(Tags::FUNCTION.and(Tags::ANIMATE).and(Tags::PLACE))
}

/// The index after `for a blog post:`, which says what the picture is for.
fn purpose_end(tokens: &[Token], at: usize) -> Option<usize> {
    reads(tokens, at, "for")?;
    let signs = (at..tokens.len().min(at + 8)).find(|i| tokens.get(*i).is_some_and(|t| !t.is_word()))?;
    tokens.get(signs).filter(|t| matches!(t.low.as_str(), ":" | ",")).map(|_| signs + 1)
}

/// The length of words at `at` that say from where the whole is seen.
fn seen_from(tokens: &[Token], at: usize) -> Option<usize> {
    let seen =
        matches!(low(tokens, at), "seen" | "viewed" | "shot" | "shown") && low(tokens, at + 1) == "from";
    let sides =
        ["above", "below", "behind", "afar", "the side", "the front", "the back", "a distance", "far away"];
    let side = sides.iter().find_map(|side| reads(tokens, at + 2, side)).filter(|_| seen)?;
    Some(2 + side)
}

/// `in the style of Van Gogh`, `in watercolor style`, `in black and white`,
/// `as an oil painting`: the index after it.
fn inline_style(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |i: usize| low(tokens, i);
    if let Some(length) = seen_from(tokens, at) {
        return Some(at + length);
    }
    for phrase in
        ["in the style of", "in style of", "in a style of", "by artist", "painted by", "in the manner of"]
    {
        if let Some(length) = reads(tokens, at, phrase) {
            let name = (at + length..tokens.len())
                .take_while(|i| {
                    *i < at + length + 4
                        && tokens.get(*i).is_some_and(|t| {
                            t.is_word()
                                && !matches!(
                                    t.low.as_str(),
                                    "with" | "and" | "on" | "in" | "at" | "of" | "without"
                                )
                        })
                })
                .count();
            return Some(at + length + name);
        }
    }
    // "a dragon by Greg Rutkowski"
    let name = |i: usize| tokens.get(i).is_some_and(|token| token.is_word() && token.is_capitalised());
    let ends = tokens.get(at + 2).is_none_or(|token| !token.is_word());
    let unknown = exact_tags(word(at + 1)).is_unknown();
    if word(at) == "by" && at > 0 && name(at + 1) && (name(at + 2) || ends && unknown) {
        return Some(at + 1 + (at + 1..tokens.len()).take_while(|i| name(*i)).count());
    }
    if let Some(length) =
        ["in black and white", "in sepia", "in monochrome"].iter().find_map(|p| reads(tokens, at, p))
    {
        return Some(at + length);
    }
    if !matches!(word(at), "in" | "as" | "drawn" | "painted" | "rendered" | "done") {
        return None;
    }
    if let Some(end) = all_over(tokens, at).or_else(|| inline_medium(tokens, at)) {
        return Some(end);
    }
    let start = at
        + 1
        + usize::from(
            matches!(word(at), "drawn" | "painted" | "rendered" | "done")
                && matches!(word(at + 1), "in" | "as" | "with"),
        );
    let length = (start..tokens.len().min(start + 6))
        .take_while(|i| style_word(word(*i)) || List::Medium.has(word(*i)))
        .count();
    let last = word(start + length - usize::from(length > 0));
    let is_style = length > 0
        && (last == "style"
            || (word(at) != "in" || length < 3)
                && matches!(
                    last,
                    "watercolor" | "watercolour" | "crayon" | "charcoal" | "gouache" | "pastel" | "acrylic"
                )
            || (word(at) == "as" || start > at + 1) && List::Medium.has(last));
    is_style.then_some(start + length)
}

/// `as a linocut`, `in stained glass style`: the index after it.
fn inline_medium(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |i: usize| low(tokens, i);
    // "a dome covered in gold leaf"
    let before = at.checked_sub(1).map_or("", word);
    if matches!(
        before,
        "covered" | "coated" | "plated" | "wrapped" | "trimmed" | "clad" | "dipped" | "draped"
    ) {
        return None;
    }
    let adverb = usize::from(word(at) != "in" && matches!(word(at + 1), "in" | "as" | "with"));
    let article = usize::from(matches!(word(at + 1 + adverb), "a" | "an"));
    let medium = at + 1 + adverb + article;
    if let Some(length) = made_as(tokens, medium).filter(|_| word(at) != "in" || article == 0) {
        let end = medium + length;
        let noun =
            tokens.get(end).is_some_and(|next| next.low != "style" && exact_tags(&next.low).any(Tags::NOUN));
        if !noun {
            return Some(end + usize::from(word(end) == "style"));
        }
    }
    None
}
