//! Facts: what a sentence says for certain, checked against any layout
//! (section A.8's predicates, for free wording).

use std::fmt;

use lmd_layout::{BBox, Layout, Object, number_in_words, plural, singular, with_article};

use crate::lexicon::mean_the_same;
use crate::{Region, RelationKind, Scene, Thing};

/// Something a layout must show because the sentence says it for certain.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// There are exactly this many of a kind.
    Count {
        /// The kind, without an article: `red car`.
        phrase: String,
        /// How many.
        exactly: u32,
    },
    /// There is at least one.
    Present {
        /// What, without an article.
        phrase: String,
    },
    /// There is none.
    Absent {
        /// What, without an article.
        phrase: String,
    },
    /// Some object with this noun has this attribute.
    Attribute {
        /// The noun: `car`.
        noun: String,
        /// The attribute: `dark green`.
        attribute: String,
    },
    /// A subject stands so to an object.
    Relation {
        /// Which thing, without an article.
        subject: String,
        /// How.
        kind: RelationKind,
        /// To what, without an article.
        object: String,
        /// The other pole of `between`.
        other: Option<String>,
    },
    /// A thing is in a part of the picture.
    Region {
        /// Which thing, without an article.
        phrase: String,
        /// Where.
        region: Region,
    },
}

/// The facts `scene` states for certain: what is guessed to be a thing gives
/// none, guessed counts give only presence,
/// and relations that boxes alone do not settle (`near`, `on`, `behind`) none.
#[must_use]
pub fn facts_of(scene: &Scene) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let is_stated =
        |thing: &Thing| !scene.guesses.contains(&thing.noun) && !scene.chosen.contains(&thing.noun);
    for (i, thing) in scene.things.iter().enumerate().filter(|(_, thing)| is_stated(thing)) {
        facts.push(count_fact(scene, i, thing));
        let noun = thing.noun.clone();
        let attributes = thing.attributes.iter().filter(|attribute| is_visible(attribute));
        facts.extend(attributes.map(|a| Fact::Attribute { noun: noun.clone(), attribute: a.clone() }));
        if let Some(region) = thing.region.filter(|region| is_certain(*region)) {
            facts.push(Fact::Region { phrase: name(thing), region });
        }
    }
    facts.extend(scene.absent.iter().map(|phrase| Fact::Absent { phrase: phrase.clone() }));
    facts.extend(relation_facts(scene));
    let mut unique: Vec<Fact> = Vec::new();
    for fact in facts {
        if !unique.contains(&fact) {
            unique.push(fact);
        }
    }
    unique
}

/// The name facts use for a thing: its visible attributes and its noun.
pub(crate) fn name(thing: &Thing) -> String {
    let mut words: Vec<&str> =
        thing.attributes.iter().map(String::as_str).filter(|a| is_visible(a)).collect();
    words.push(&thing.noun);
    words.join(" ")
}

/// Whether another planner can be expected to repeat an attribute: colours,
/// materials and patterns, not what somebody does nor how large it is.
pub(crate) fn is_visible(attribute: &str) -> bool {
    attribute.split([' ', '-']).all(|word| crate::lexicon::is_colour(word) || word == "and")
}

/// Counts hold where no other thing of the sentence could be counted with it.
fn count_fact(scene: &Scene, index: usize, thing: &Thing) -> Fact {
    let phrase = name(thing);
    let rivals = scene.things.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, other)| other);
    let mut exact = thing.exact;
    let mut exactly = thing.count;
    for rival in rivals.filter(|rival| matches_phrase(&rival.phrase(), &phrase)) {
        exact &= rival.exact;
        exactly = exactly.saturating_add(rival.count);
    }
    if exact { Fact::Count { phrase, exactly } } else { Fact::Present { phrase } }
}

/// Regions that a box's place alone proves.
fn is_certain(region: Region) -> bool {
    !matches!(
        region,
        Region::Ground
            | Region::Foreground
            | Region::Background
            | Region::Wall
            | Region::Sky
            | Region::Corners
    )
}

fn relation_facts(scene: &Scene) -> impl Iterator<Item = Fact> + '_ {
    let chosen = |i: usize| scene.things.get(i).is_some_and(|thing| scene.chosen.contains(&thing.noun));
    let stated = scene.relations.iter().filter(move |r| !chosen(r.subject) && !chosen(r.object));
    stated.filter_map(|relation| {
        let named = |i: usize| scene.things.get(i).map(name);
        let other = match relation.kind {
            RelationKind::Between(other) => Some(named(other)?),
            RelationKind::LeftOf | RelationKind::RightOf | RelationKind::Above | RelationKind::Below => None,
            _ => return None,
        };
        let (subject, object) = (named(relation.subject)?, named(relation.object)?);
        (subject != object).then_some(Fact::Relation { subject, kind: relation.kind, object, other })
    })
}

impl Fact {
    /// Whether `layout` shows it.
    #[must_use]
    pub fn holds(&self, layout: &Layout) -> bool {
        match self {
            Self::Count { phrase, exactly } => found(layout, phrase).len() == *exactly as usize,
            Self::Present { phrase } => !found(layout, phrase).is_empty(),
            Self::Absent { phrase } => excluded(layout, phrase).is_empty(),
            Self::Attribute { noun, attribute } => !found(layout, &format!("{attribute} {noun}")).is_empty(),
            Self::Relation { subject, kind, object, other } => {
                relation_holds(layout, subject, *kind, object, other.as_deref())
            }
            Self::Region { phrase, region } => found(layout, phrase).iter().any(|o| region.holds(o.bbox)),
        }
    }

    /// What is wrong with `layout`, in one sentence; `None` where the fact
    /// holds.
    #[must_use]
    pub fn violation(&self, layout: &Layout) -> Option<String> {
        if self.holds(layout) {
            return None;
        }
        Some(match self {
            Self::Count { phrase, .. } => format!("{self}, the layout has {}", found(layout, phrase).len()),
            Self::Absent { phrase } => format!("{self}, the layout has {}", excluded(layout, phrase).len()),
            Self::Relation { subject, object, .. } => {
                let missing = [subject, object].into_iter().find(|phrase| found(layout, phrase).is_empty());
                match missing {
                    Some(phrase) => format!("{self}, the layout has no {phrase}"),
                    None => format!("{self}, in the layout it is not"),
                }
            }
            Self::Region { phrase, .. } if found(layout, phrase).is_empty() => {
                format!("{self}, the layout has no {phrase}")
            }
            Self::Region { .. } => format!("{self}, in the layout it is elsewhere"),
            Self::Present { .. } | Self::Attribute { .. } => format!("{self}, the layout has none"),
        })
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { phrase, exactly: 1 } => write!(f, "there should be exactly one {phrase}"),
            Self::Count { phrase, exactly } => {
                write!(f, "there should be exactly {} {}", number_in_words(*exactly), plural(phrase))
            }
            Self::Present { phrase } => write!(f, "there should be {}", with_article(phrase)),
            Self::Absent { phrase } => write!(f, "there should be no {phrase}"),
            Self::Attribute { noun, attribute } => {
                write!(f, "there should be {}", with_article(&format!("{attribute} {noun}")))
            }
            Self::Relation { subject, kind, object, other } => {
                write!(f, "the {subject} should be {} the {object}", kind.words())?;
                match other.as_ref().filter(|other| *other != object) {
                    Some(other) => write!(f, " and the {other}"),
                    None => Ok(()),
                }
            }
            Self::Region { phrase, region } => write!(f, "the {phrase} should be {}", region_words(*region)),
        }
    }
}

pub(crate) fn region_words(region: Region) -> &'static str {
    match region {
        Region::Left => "on the left",
        Region::Right => "on the right",
        Region::Top => "at the top",
        Region::Bottom => "at the bottom",
        Region::Center => "in the middle",
        Region::TopLeft => "at the top left",
        Region::TopRight => "at the top right",
        Region::BottomLeft => "at the bottom left",
        Region::BottomRight => "at the bottom right",
        Region::Corners => "in the corners",
        Region::Sky => "in the air",
        Region::Wall => "on the wall",
        Region::Ground => "on the ground",
        Region::Foreground => "in the foreground",
        Region::Background => "in the background",
    }
}

/// The objects of `layout` whose caption names `phrase`.
pub(crate) fn found<'a>(layout: &'a Layout, phrase: &str) -> Vec<&'a Object> {
    layout.objects().iter().filter(|object| matches_phrase(object.caption.as_str(), phrase)).collect()
}

/// The objects of `layout` that are what `phrase` excludes: a bird cage is no
/// bird.
pub(crate) fn excluded<'a>(layout: &'a Layout, phrase: &str) -> Vec<&'a Object> {
    let noun = caption_words(phrase).pop().unwrap_or_default();
    let head = |object: &&Object| {
        caption_words(object.caption.as_str()).pop().is_some_and(|word| same_noun(&word, &noun))
    };
    found(layout, phrase).into_iter().filter(head).collect()
}

/// Whether `caption` names `phrase`: its head noun (in the singular, with a
/// few equal words) and every attribute, in any order, before the first
/// preposition of the caption.
pub(crate) fn matches_phrase(caption: &str, phrase: &str) -> bool {
    let caption = caption_words(caption);
    let wanted = caption_words(phrase);
    let Some((noun, attributes)) = wanted.split_last() else { return false };
    let head = caption.iter().any(|word| same_noun(word, noun));
    head && attributes.iter().filter(|a| *a != "and").all(|a| caption.iter().any(|word| same_word(word, a)))
}

/// Lower-case words before the first preposition, nouns in the singular.
fn caption_words(caption: &str) -> Vec<String> {
    const ENDS: [&str; 13] = [
        "with", "of", "wearing", "on", "in", "holding", "at", "under", "without", "saying", "reading",
        "showing", "titled",
    ];
    let lower = caption.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let words = words.skip_while(|word| matches!(*word, "a" | "an" | "the" | "one"));
    // "a reading girl": what stands first describes.
    let described = words.enumerate().take_while(|(at, word)| *at == 0 || !ENDS.contains(word));
    described.map(|(_, word)| singular(word)).collect()
}

fn same_word(a: &str, b: &str) -> bool {
    a == b || matches!((a, b), ("grey", "gray") | ("gray", "grey"))
}

fn same_noun(a: &str, b: &str) -> bool {
    same_word(a, b) || mean_the_same(a, b)
}

fn relation_holds(
    layout: &Layout,
    subject: &str,
    kind: RelationKind,
    object: &str,
    other: Option<&str>,
) -> bool {
    let (subjects, objects) = (found(layout, subject), found(layout, object));
    if let Some(other) = other {
        let others = found(layout, other);
        return subjects.iter().any(|s| is_between(s, &objects, &others));
    }
    subjects.iter().any(|s| objects.iter().any(|o| s != o && stands_so(s.bbox, kind, o.bbox)))
}

/// Whether `subject` is between two different boxes, sideways or upright.
fn is_between(subject: &Object, objects: &[&Object], others: &[&Object]) -> bool {
    let (x, y) = subject.bbox.center();
    objects.iter().any(|a| {
        others.iter().any(|b| {
            let ((ax, ay), (bx, by)) = (a.bbox.center(), b.bbox.center());
            a != b && ((ax - x) * (bx - x) < 0.0 || (ay - y) * (by - y) < 0.0)
        })
    })
}

pub(crate) fn stands_so(subject: BBox, kind: RelationKind, object: BBox) -> bool {
    let ((sx, sy), (ox, oy)) = (subject.center(), object.center());
    match kind {
        RelationKind::LeftOf => sx < ox,
        RelationKind::RightOf => sx > ox,
        RelationKind::Above => sy < oy,
        RelationKind::Below => sy > oy,
        _ => true,
    }
}

impl Region {
    /// Whether the centre of a box is on that side of the picture, or in its
    /// middle half; parts that boxes do not prove hold always.
    pub(crate) fn holds(self, bbox: BBox) -> bool {
        let (x, y) = bbox.center();
        match self {
            Self::Left => x < 0.5,
            Self::Right => x > 0.5,
            Self::Top => y < 0.5,
            Self::Bottom => y > 0.5,
            Self::Center => (0.25..=0.75).contains(&x),
            Self::TopLeft => x < 0.5 && y < 0.5,
            Self::TopRight => x > 0.5 && y < 0.5,
            Self::BottomLeft => x < 0.5 && y > 0.5,
            Self::BottomRight => x > 0.5 && y > 0.5,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use lmd_layout::{BBox, Layout, Object};

    use super::*;

    fn layout(objects: &[(&str, [f64; 4])]) -> Layout {
        let object = |(caption, [x, y, w, h]): &(&str, [f64; 4])| {
            Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap()
        };
        Layout::new(objects.iter().map(object).collect(), "A realistic scene", "").unwrap()
    }

    fn violations(prompt: &str, layout: &Layout) -> Vec<String> {
        let scene = crate::english::parse(prompt).unwrap();
        facts_of(&scene).iter().filter_map(|fact| fact.violation(layout)).collect()
    }

    const LEFT: [f64; 4] = [0.1, 0.5, 0.2, 0.3];
    const RIGHT: [f64; 4] = [0.7, 0.5, 0.2, 0.3];

    #[test]
    fn counts_colours_and_absences_are_checked() {
        let shown =
            layout(&[("a red car", LEFT), ("a red sports car", RIGHT), ("a dog", [0.4, 0.5, 0.1, 0.1])]);
        assert!(violations("two red cars and a dog", &shown).is_empty());
        assert_eq!(
            violations("three red cars without any dogs", &shown),
            [
                "there should be exactly three red cars, the layout has 2",
                "there should be no dog, the layout has 1"
            ]
        );
        assert_eq!(violations("a dog and several blue cars", &shown).len(), 2);
        assert!(violations("several red cars", &shown).is_empty());
    }

    #[test]
    fn kinds_that_include_one_another_are_counted_together() {
        let shown = layout(&[("a red car", LEFT), ("a car", RIGHT)]);
        assert!(violations("a red car and a car", &shown).is_empty());
    }

    #[test]
    fn what_a_thing_has_is_not_counted() {
        let shown = layout(&[("a cat with a hat", LEFT), ("a hat", RIGHT)]);
        assert!(violations("a hat next to a cat with a hat", &shown).is_empty());
    }

    #[test]
    fn relations_and_regions_are_checked() {
        let shown = layout(&[("a cat", RIGHT), ("a dog", LEFT)]);
        assert!(violations("a cat to the right of a dog", &shown).is_empty());
        assert_eq!(
            violations("a cat to the left of a dog", &shown),
            ["the cat should be to the left of the dog, in the layout it is not"]
        );
        assert_eq!(violations("a cat on the left and a dog on the right", &shown).len(), 2);
    }
}
