//! What is said of the picture rather than of what is in it: wishes
//! (`draw me`), styles (`an oil painting of`) and quality tags (`8k`).

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lexicon::{Tags, exact_tags, is_adjective};
use super::links::reads;
use super::token::Token;

/// Styles and tags found, and the words that remain.
#[derive(Debug, Default)]
pub(super) struct Framing {
    pub(super) style: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) rest: Vec<Token>,
}

/// Kinds of picture. The plain ones say nothing of the style by themselves.
static MEDIA: Words = LazyLock::new(|| {
    word_set(
        "photo photograph picture image painting drawing sketch illustration render rendering cartoon \
    watercolor watercolour portrait shot close-up closeup poster depiction view snapshot screenshot logo icon mural \
    artwork art comic collage mosaic print etching engraving woodcut linocut fresco tapestry caricature doodle \
    animation wallpaper diorama selfie polaroid graphic clipart clip-art infographic album-cover cover photography footage still life \
    frame scene-painting sticker postcard mockup blueprint diagram pixel-art pastel gouache lithograph panorama macro visualization panel",
    )
});
const PLAIN: [&str; 7] = ["picture", "image", "depiction", "view", "graphic", "visualization", "frame"];

/// Words that make a comma-separated part a tag.
static TAG_WORDS: Words = LazyLock::new(|| {
    word_set(
        "detailed shallow poly highres absurdres 8k 4k 2k 16k hd uhd hdr hyperdetailed ultradetailed lighting lit artstation deviantart \
    octane unreal blender bokeh focus resolution quality masterpiece cinematic photorealistic photorealism hyperrealistic \
    hyperrealism ultrarealistic photo-realistic ultra-realistic hyper-realistic realism realistic trending style aesthetic sharp dof depth vivid vibrant \
    illustration photography photograph shot dslr lens 35mm 50mm 85mm composition concept volumetric raytracing \
    ray-tracing render rendered rendering 3d 2d minimalist minimalistic award-winning award winning professional \
    wallpaper unsplash pinterest artgerm wlop rutkowski ghibli pixar disney colors colours tones tone contrast \
    saturated mood atmosphere atmospheric vibe vibes angle perspective closeup close-up portrait intricate elegant nouveau deco \
    grain film kodak nikon canon polaroid isometric anime manga cartoon watercolor watercolour painting drawing sketch \
    impressionist impressionism surrealism surreal cubism expressionism pop-art art artwork symmetrical symmetry hyper ultra \
    best super beautiful stunning gorgeous amazing epic moody dreamy whimsical dramatic cel-shaded low-poly vector flat \
    gouache acrylic pastel pencil charcoal ink crayon pixel voxel claymation origami steampunk cyberpunk vaporwave \
    synthwave noir vintage retro monochrome sepia black-and-white smooth texture textures ar v5 v6 niji \
    minimalism modern simple clean wide-angle wide macro telephoto bright warm cool soft dark natural high low very highly \
    extremely full color colour colorful colourful shading shadows details detail photo image picture quality graphics \
    view minimal ukiyo-e art-deco art-nouveau line-art baroque rococo pointillism bauhaus risograph chiaroscuro grayscale \
    life studio reflection reflections backlit rim light lights glow sunlight daylight",
    )
});

/// Words that end the name of a style.
static KINDS: Words = LazyLock::new(|| {
    word_set("style painting illustration photography artwork render rendering drawing sketch aesthetic art")
});

/// Words that alone do not make a part a tag, but may stand in one.
static TAG_FILLER: Words = LazyLock::new(|| {
    word_set(
        "of by in on with the a an and at from to for as greg engine field depth golden hour hand top side front rear back overhead bird birds 's eye worm still close up \
    drawn oil digital van gogh water neon",
    )
});

/// The words of a list, each found at once.
type Words = LazyLock<HashSet<&'static str>>;

fn word_set(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

fn listed(list: &Words, word: &str) -> bool {
    list.contains(word)
}

/// Takes wishes, styles and tags out of a sentence.
pub(super) fn framing(tokens: &[Token]) -> Framing {
    let mut framing = Framing::default();
    let mut at = wish_end(tokens, 0);
    if let Some((style, end)) = headed_style(tokens, at).or_else(|| opening_style(tokens, at)) {
        framing.style = style;
        at = end;
    }
    let parts: Vec<&[Token]> = tokens
        .get(at..)
        .unwrap_or_default()
        .split_inclusive(|t| matches!(t.low.as_str(), "," | "."))
        .collect();
    for (i, part) in parts.iter().enumerate() {
        framing.part(part, i == 0);
    }
    framing
}

impl Framing {
    /// One part between commas: tags are kept apart, the rest goes on.
    fn part(&mut self, part: &[Token], first: bool) {
        let words: Vec<&Token> = part.iter().filter(|token| token.is_word()).collect();
        let text = || words.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
        let opens = opens_with_quality(&words) || opens_bare(&words) && is_style(&words) && !counts(&words);
        if (!first || opens && part.last().is_some_and(|t| t.low == ",")) && is_tag(&words) {
            if self.style.is_none() && is_style(&words) {
                self.style = Some(text());
            } else if let Some(style) = self.style.as_mut().filter(|s| names_style(&words) && no_kind(s)) {
                *style = format!("{style}, {}", text());
            } else {
                self.tags.push(text());
            }
            return;
        }
        let mut at = if first { 0 } else { wish_end(part, 0) };
        while at < part.len() {
            match inline_style(part, at) {
                Some(end) => {
                    let words = part.get(at..end).unwrap_or_default();
                    let text = words.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
                    self.add_style(&text);
                    at = end;
                }
                None => {
                    self.rest.extend(part.get(at).cloned());
                    at += 1;
                }
            }
        }
    }

    fn add_style(&mut self, text: &str) {
        self.style = Some(match self.style.take() {
            Some(style) => format!("{style} {text}"),
            None => format!("a scene {text}"),
        });
    }
}

/// Whether a tag list begins: `masterpiece, best quality, a red car`.
fn opens_with_quality(words: &[&Token]) -> bool {
    static QUALITY: Words = LazyLock::new(|| {
        word_set(
            "masterpiece best high highest quality highres absurdres ultra hyper super detailed highly very \
        8k 4k hd hdr uhd resolution photorealistic cinematic",
        )
    });
    !words.is_empty() && words.iter().all(|token| listed(&QUALITY, &token.low))
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
    let style = |token: &Token| style_word(&token.low) || listed(&MEDIA, &token.low) || token.low == ",";
    let telling = |token: &Token| listed(&MEDIA, &token.low) || listed(&TAG_WORDS, &token.low);
    let alone = kind.last().is_some_and(|last| listed(&KINDS, &last.low));
    let whole = kind.iter().all(style) && kind.iter().any(telling)
        || alone && !counts(&kind.iter().collect::<Vec<_>>());
    if !whole || kind.is_empty() {
        return None;
    }
    let text = head.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ").replace(" ,", ",");
    let plain = matches!(kind, [only] if PLAIN.contains(&only.low.as_str()));
    Some(((!plain).then_some(text), at + length + 1))
}

/// Words of a wish, which say nothing of the picture.
#[rustfmt::skip]
const WISHES: [&str; 52] = [
    "please", "can you", "could you", "would you", "will you", "can i", "could i", "may i", "can we", "could we", "i", "you", "we", "want", "get", "how about", "what about",
    "need", "would", "like", "love", "to see", "to have", "d like", "draw", "paint",
    "generate", "create", "make", "render", "show", "give", "produce", "imagine", "depict",
    "design", "sketch", "illustrate", "visualize", "me", "us", "let us", "let", "have",
    "here is", "this is", "compose", "prompt :", "hi", "hello", "ok", "prompt",
];

/// The index after words of a wish: `please draw me`, `I would like to see`.
fn wish_end(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    loop {
        let longest = WISHES.iter().filter_map(|wish| reads(tokens, at, wish)).max();
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
        if listed(&MEDIA, low) {
            medium = Some(end);
        } else if !style_word(low) {
            break;
        }
        end += 1;
        if end - at > 14 {
            return None;
        }
    }
    let medium = medium?;
    let purpose = purpose_end(tokens, end);
    let next = tokens.get(end).map_or("", |token| token.low.as_str());
    if medium + 1 != end
        || !(matches!(
            next,
            "of" | "showing"
                | "depicting"
                | "featuring"
                | "with"
                | ":"
                | "containing"
                | "shows"
                | "depicts"
                | "features"
                | "contains"
                | "portrays"
                | "that"
                | "where"
                | "in"
        ) || purpose.is_some())
    {
        return None;
    }
    let words: Vec<&str> = tokens.get(at..end)?.iter().map(|token| token.text.as_str()).collect();
    let plain = tokens.get(medium).is_some_and(|token| PLAIN.contains(&token.low.as_str()));
    let bare = words.len() <= 2
        && words
            .iter()
            .take(words.len() - 1)
            .all(|w| matches!(w.to_lowercase().as_str(), "a" | "an" | "the"));
    let finite = matches!(next, "shows" | "depicts" | "features" | "contains" | "portrays");
    let of = usize::from(
        finite || matches!(next, "of" | ":" | "showing" | "depicting" | "featuring" | "containing"),
    );
    let definite = |word: &str| word.eq_ignore_ascii_case("the") && finite;
    let style = (!(plain && bare)).then(|| {
        words.iter().map(|word| if definite(word) { "a" } else { *word }).collect::<Vec<_>>().join(" ")
    });
    Some((style, purpose.unwrap_or(end + of)))
}

/// The index after `for a blog post:`, which says what the picture is for.
fn purpose_end(tokens: &[Token], at: usize) -> Option<usize> {
    reads(tokens, at, "for")?;
    let signs = (at..tokens.len().min(at + 8)).find(|i| tokens.get(*i).is_some_and(|t| !t.is_word()))?;
    tokens.get(signs).filter(|t| t.low == ":").map(|_| signs + 1)
}

/// Whether a word may stand before the kind of picture.
fn style_word(low: &str) -> bool {
    let tags = exact_tags(low);
    matches!(
        low,
        "a" | "an"
            | "the"
            | "and"
            | "'s"
            | "in"
            | "style"
            | "children"
            | "child"
            | "kids"
            | "pop"
            | "concept"
            | "line"
            | "fan"
            | "stock"
            | "aerial"
            | "anime"
            | "manga"
            | "low"
            | "poly"
            | "pixel"
            | "3d"
            | "2d"
            | "cgi"
            | "black"
            | "white"
            | "up"
            | "book"
            | "wide"
            | "angle"
    ) || tags.any(Tags::MATERIAL.and(Tags::ADVERB).and(Tags::MASS)) && low != "christmas"
        || is_adjective(low)
        || listed(&TAG_WORDS, low)
        || low.ends_with("ly")
}

/// `in the style of Van Gogh`, `in watercolor style`, `in black and white`,
/// `as an oil painting`: the index after it.
fn inline_style(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
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
    let unknown = exact_tags(word(at + 1)) == Tags::default();
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
    let start = at
        + 1
        + usize::from(
            matches!(word(at), "drawn" | "painted" | "rendered" | "done")
                && matches!(word(at + 1), "in" | "as" | "with"),
        );
    let length = (start..tokens.len().min(start + 6))
        .take_while(|i| style_word(word(*i)) || listed(&MEDIA, word(*i)))
        .count();
    let last = word(start + length - usize::from(length > 0));
    let is_style = length > 0
        && (last == "style"
            || (word(at) != "in" || length < 3)
                && matches!(
                    last,
                    "watercolor" | "watercolour" | "crayon" | "charcoal" | "gouache" | "pastel" | "acrylic"
                )
            || (word(at) == "as" || start > at + 1) && listed(&MEDIA, last));
    is_style.then_some(start + length)
}

/// Whether a part between commas is about the picture's quality or style.
fn is_tag(words: &[&Token]) -> bool {
    let opens = words.first().map_or("", |token| token.low.as_str());
    if opens_bare(words) && names_style(words) {
        return true;
    }
    if words.is_empty()
        || matches!(
            opens,
            "a" | "an"
                | "the"
                | "two"
                | "three"
                | "one"
                | "and"
                | "with"
                | "no"
                | "without"
                | "on"
                | "it"
                | "there"
        )
    {
        return words.len() > 1 && matches!(opens, "a" | "an" | "the") && is_style(words);
    }
    if words.len() > 1 && is_style(words) {
        return true;
    }
    // "vaporcore", "tenebrism": an unknown word with the ending of a style.
    if let [only] = words
        && exact_tags(&only.low) == Tags::default()
        && only.low.len() > 6
        && ["ism", "esque", "punk", "core", "wave", "istic"].iter().any(|end| only.low.ends_with(end))
    {
        return true;
    }
    let known = words.iter().filter(|token| listed(&TAG_WORDS, &token.low)).count();
    let others = words
        .iter()
        .filter(|token| !listed(&TAG_WORDS, &token.low) && !listed(&TAG_FILLER, &token.low))
        .count();
    let decisive = ["by", "style", "trending"].iter().any(|key| words.iter().any(|t| t.low == *key))
        && opens != "by"
        && others < 4
        && known > 0;
    known > 0 && others == 0
        || decisive
        || opens == "by" && words.iter().skip(1).any(|t| t.is_capitalised() || known > 0)
        || opens == "ar"
        || opens == "v"
}

/// Whether a style leaves open how the picture is made (`still life`).
fn no_kind(style: &str) -> bool {
    !style.to_lowercase().split(' ').any(|word| listed(&KINDS, word) || word == "photo")
}

fn opens_bare(words: &[&Token]) -> bool {
    words.first().is_some_and(|token| {
        !matches!(token.low.as_str(), "and" | "with" | "no" | "without" | "on" | "in" | "it" | "there" | "of")
            && super::numbers::number(&token.low).is_none()
    })
}

/// `comic book style`, `renaissance painting`: up to four words before a kind
/// of picture, none of them an article or a preposition.
fn names_style(words: &[&Token]) -> bool {
    let Some((last, others)) = words.split_last() else { return false };
    let plain = |token: &&Token| !exact_tags(&token.low).any(Tags::FUNCTION);
    listed(&KINDS, &last.low) && (1..=4).contains(&others.len()) && others.iter().all(plain)
}

/// Whether a part names a kind of picture.
fn is_style(words: &[&Token]) -> bool {
    if names_style(words) {
        return true;
    }
    let words = words.split(|token| token.low == "by").next().unwrap_or_default();
    let last = words.last().map_or("", |token| token.low.as_str());
    let all = words.iter().all(|token| style_word(&token.low) || listed(&MEDIA, &token.low));
    (listed(&MEDIA, last) || last == "style") && all && words.len() > 1
        || words.len() == 1
            && matches!(last, "watercolor" | "watercolour" | "anime" | "cartoon" | "sketch" | "ukiyo-e")
}
