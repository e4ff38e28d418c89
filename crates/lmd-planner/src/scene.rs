//! [`Scene`]: what a sentence says, in the planner's own terms.
//!
//! The English parser writes it; the offline planner solves it into boxes;
//! the facts checked against any planner's layout are read from it.

use serde::Serialize;

use crate::lexicon::{List, Size};

/// Everything a sentence was understood to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scene {
    /// The things to draw, in the order they were mentioned. Relations name
    /// them by their index here.
    pub things: Vec<Thing>,
    /// How things stand to one another.
    pub relations: Vec<Relation>,
    /// What must not be in the picture: singular nouns with their attributes,
    /// as in `cat` or `red car`.
    pub absent: Vec<String>,
    /// The place around the things (`a beach at sunset`, `a living room`,
    /// `a scene at night`), if stated. See [`Scene::background_text`].
    pub background: Option<String>,
    /// The kind of picture (`an oil painting`, `a realistic photo`), if stated.
    pub style: Option<String>,
    /// Words about the picture's quality (`highly detailed`, `8k`). They are
    /// understood, and nothing has to be done about them.
    pub tags: Vec<String>,
    /// The words that could not be placed, in order, as they were written.
    pub not_understood: Vec<String>,
    /// Nouns of things that were taken for things by their place in the
    /// sentence alone. Nothing is demanded of a layout for them.
    pub guesses: Vec<String>,
    /// Nouns of plurals whose things were named one by one (`dog` of `two
    /// dogs: a poodle and a corgi`).
    pub kinds: Vec<String>,
    /// Nouns of things that were chosen among alternatives (`a wolf or a bear`).
    /// Nothing is demanded of a layout for them.
    pub chosen: Vec<String>,
    /// Names with capitals, as the sentence writes them: captions keep those.
    pub names: Vec<String>,
    /// What a person should know of the reading, one sentence each: syntax of
    /// other programs that was left out.
    pub notes: Vec<String>,
}

/// One kind of thing, `count` times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thing {
    /// The noun in the singular, lower case: `car`, `fire hydrant`; a name as
    /// it is written: `Sherlock Holmes`.
    pub noun: String,
    /// Adjectives and colours in their order: `red`, `wooden`. Verbs that
    /// become attributes (`jumping`) stand here too.
    pub attributes: Vec<String>,
    /// What follows the noun and belongs into the caption without being a
    /// thing of its own: `with a red hat`, `of soup`, `wearing a blue coat`.
    pub detail: Option<String>,
    /// How many, at least 1.
    pub count: u32,
    /// Whether the sentence says this count (`a`, `two`); `false` where it was
    /// chosen for `some`, `several` or a bare plural.
    pub exact: bool,
    /// A stated size, if any. Its word stays among the attributes too, so that
    /// captions keep it.
    pub size: Option<Size>,
    /// How several of them are arranged, if stated.
    pub arrangement: Option<Arrangement>,
    /// A stated part of the picture, if any.
    pub region: Option<Region>,
    /// A stated part of what it is in, if any: the upper left corner of a door.
    pub spot: Option<Region>,
    /// Whether several of them are said to differ in size.
    pub varied: bool,
}

/// How several things of one kind are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum Arrangement {
    Row,
    Column,
    Grid,
    Stack,
    Circle,
    Diagonal,
    /// In so many rows.
    Rows(u32),
    /// Rows that grow by one from the top to the bottom.
    Pyramid,
    /// Two lines that meet at the bottom, as birds fly.
    Vee,
}

/// A part of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub enum Region {
    Left,
    Right,
    Top,
    Bottom,
    Center,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
    /// One in each corner.
    Corners,
    /// In the air or the sky: the upper part, not standing.
    Sky,
    /// On a wall, or hanging: the upper half, not standing.
    Wall,
    /// On the floor or the ground: the lower part.
    Ground,
    Foreground,
    Background,
}

/// How one thing stands to another. Indices point into [`Scene::things`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relation {
    /// Which thing is placed.
    pub subject: usize,
    /// Where it is.
    pub kind: RelationKind,
    /// What it is placed against.
    pub object: usize,
}

/// The relation between a subject and an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RelationKind {
    /// The subject's centre is to the left of the object's.
    LeftOf,
    /// The subject's centre is to the right of the object's.
    RightOf,
    /// Higher in the picture, not touching.
    Above,
    /// Lower in the picture, not touching.
    Below,
    /// Resting on it: the subject's lower edge on the object's upper part.
    On,
    /// Underneath it (a cat under a table): lower, may overlap.
    Under,
    /// Within it (apples in a bowl): the subject's box inside the object's.
    Inside,
    /// Beside it, on either side.
    NextTo,
    /// Beside it and over its edge (a koala hugging a tree).
    Touching,
    /// Nearer to the viewer: lower in the picture and overlapping in x.
    InFrontOf,
    /// Further from the viewer: higher, may be partly hidden.
    Behind,
    /// Between the object and the thing with this index (which equals the
    /// object when it is one of the several things it stands between).
    Between(usize),
    /// All around it.
    Around,
    /// In its hands or arms: over its body, and smaller.
    HeldBy,
    /// Its upper edge in or at the lower edge of what it hangs from.
    HangsFrom,
    /// Its lower edge in the upper half of it (a chick hatching from an egg, milk poured into a cup).
    HalfIn,
}

impl Arrangement {
    /// How a sentence says it: `in a row`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Row => "in a row",
            Self::Column => "in a column",
            Self::Grid => "in a grid",
            Self::Stack => "in a stack",
            Self::Circle => "in a circle",
            Self::Diagonal => "diagonally",
            Self::Rows(_) => "in rows",
            Self::Pyramid => "in a pyramid",
            Self::Vee => "in a V",
        }
    }
}

impl RelationKind {
    /// The preposition: `to the left of`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LeftOf => "to the left of",
            Self::RightOf => "to the right of",
            Self::Above => "above",
            Self::Below => "below",
            Self::On => "on",
            Self::Under => "under",
            Self::Inside => "inside",
            Self::NextTo => "next to",
            Self::Touching => "touching",
            Self::InFrontOf => "in front of",
            Self::Behind => "behind",
            Self::Between(_) => "between",
            Self::Around => "around",
            Self::HeldBy => "held by",
            Self::HangsFrom => "hanging from",
            Self::HalfIn => "halfway in",
        }
    }
}

impl Thing {
    /// One `noun` with nothing else said of it.
    #[must_use]
    pub fn new(noun: &str) -> Self {
        Self {
            noun: noun.to_owned(),
            attributes: Vec::new(),
            detail: None,
            count: 1,
            exact: true,
            size: None,
            arrangement: None,
            region: None,
            spot: None,
            varied: false,
        }
    }

    /// Attributes, noun and detail without an article: `red wooden chair`,
    /// `cat with a hat`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let mut words: Vec<&str> = self.attributes.iter().map(String::as_str).collect();
        words.push(&self.noun);
        words.extend(self.detail.as_deref());
        words.join(" ")
    }

    /// Whether a word of its [`Self::phrase`] is so.
    pub(crate) fn says(&self, so: impl Fn(&str) -> bool) -> bool {
        self.phrase().split(' ').any(so)
    }
}

impl Scene {
    /// The background prompt with what was said of the picture as a whole:
    /// [`Scene::background_text`], then light, medium, artists and quality in
    /// the words of the sentence.
    #[must_use]
    pub fn background_prompt(&self) -> String {
        let text = self.background_text();
        if self.tags.is_empty() {
            return text;
        }
        let quality = |tag: &String| tag.to_lowercase().split(' ').all(|word| List::Quality.has(word));
        let styled = self.style.is_none() && !self.tags.iter().all(quality);
        let text = match text.strip_prefix("A realistic ") {
            Some(rest) if styled => format!("A {rest}"),
            _ => text,
        };
        format!("{text}, {}", self.tags.join(", "))
    }

    /// The background prompt this scene asks for: style and place in one
    /// phrase, or `A realistic scene` when neither is stated (section A.1).
    #[must_use]
    pub fn background_text(&self) -> String {
        let text = match (&self.style, &self.background) {
            (None, None) => "a realistic scene".to_owned(),
            (None, Some(place)) => match (place.strip_prefix("a scene"), place.strip_suffix(" scene")) {
                (Some(rest), _) => format!("a realistic scene{rest}"),
                (None, Some(kind)) => {
                    let bare = ["a ", "an ", "the "].iter().find_map(|article| kind.strip_prefix(article));
                    let kind = bare.unwrap_or(kind);
                    format!("a realistic {kind} scene")
                }
                (None, None) => format!("a realistic scene of {place}"),
            },
            // "a scene in the style of Monet"
            (Some(style), None) if style.starts_with("a scene ") => style.clone(),
            (Some(style), None) if style.ends_with(" scene") => style.clone(),
            (Some(style), None) => format!("{style} of a scene"),
            // "a scene seen from behind" in the rain
            (Some(style), Some(place)) if style.starts_with("a scene ") && place.starts_with("a scene ") => {
                format!("{style}{}", place.trim_start_matches("a scene"))
            }
            (Some(style), Some(place)) => format!("{style} of {place}"),
        };
        capitalised(&text)
    }
}

/// A text that begins with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
