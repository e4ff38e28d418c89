//! When a layout of the benchmark is right (section A.8).
//!
//! The rules are the reference's, including what is odd about them: captions
//! are compared as case-sensitive substrings, the prompt's text alone decides
//! which rule applies, and the negative prompt is never looked at.

use lmd_layout::{
    BBox, Canvas, Draft, DraftObject, Fidelity, FilterOptions, Layout, LayoutError, filter_boxes,
    parse_number_word, singular,
};

/// Words whose presence turns a prompt with "and" into one that counts.
const COUNTING: [&str; 5] = ["one", "two", "three", "four", "five"];

/// What a prompt of the benchmark demands of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// No caption contains this.
    Without(String),
    /// Exactly so many captions contain this.
    Count {
        /// How many.
        number: usize,
        /// The noun in the singular.
        noun: String,
    },
    /// Each of the two occurs in a caption, article and colour included.
    Both([String; 2]),
    /// The first stands on its side of the second.
    Sides {
        /// The two things with their articles.
        objects: [String; 2],
        /// Their sides.
        sides: [Side; 2],
    },
}

/// A side of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    const ALL: [(&'static str, Self); 4] =
        [("left", Self::Left), ("right", Self::Right), ("top", Self::Top), ("bottom", Self::Bottom)];

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, side)| side)
    }

    /// Where `bbox` is along this side's axis: smaller is nearer to the side.
    fn distance(self, bbox: BBox) -> f64 {
        let (x, y) = bbox.center();
        match self {
            Self::Left => x,
            Self::Right => -x,
            Self::Top => y,
            Self::Bottom => -y,
        }
    }
}

impl Predicate {
    /// Reads the predicate from a prompt, `None` when no rule applies to it.
    #[must_use]
    pub fn read(prompt: &str) -> Option<Self> {
        if let Some((_, noun)) = prompt.rsplit_once("without ") {
            return Some(Self::Without(singular(first_word(noun)?)));
        }
        if Side::ALL.iter().any(|(name, _)| prompt.contains(&format!("on the {name}"))) {
            return read_sides(prompt);
        }
        let (_, things) = prompt.rsplit_once("with ")?;
        if !prompt.contains("and") {
            return read_count(things);
        }
        // The reference checks the second count against the first one's words
        // again, so only the first counts.
        if COUNTING.iter().any(|number| prompt.contains(number)) {
            return read_count(things);
        }
        let (first, second) = things.rsplit_once(" and ")?;
        Some(Self::Both([first.to_owned(), second.to_owned()]))
    }

    /// Whether `layout`, filtered as the reference does, meets the predicate.
    ///
    /// # Errors
    /// Why it does not, for people.
    pub fn check(&self, layout: &Layout) -> Result<(), String> {
        let kept = filtered(layout).map_err(|error| error.to_string())?;
        match self {
            Self::Without(noun) => exactly(&kept, 0, noun),
            Self::Count { number, noun } => exactly(&kept, *number, noun),
            Self::Both(phrases) => phrases.iter().try_for_each(|phrase| {
                if count(&kept, phrase) > 0 {
                    Ok(())
                } else {
                    Err(format!("no box is captioned \"{phrase}\""))
                }
            }),
            Self::Sides { objects, sides } => check_sides(&kept, objects, *sides),
        }
    }
}

/// The layout as the reference's evaluator sees it: filtered, not rescaled
/// unless a box leaves the canvas (A.5).
fn filtered(layout: &Layout) -> Result<Layout, LayoutError> {
    let object = |object: &lmd_layout::Object| DraftObject {
        caption: object.caption.as_str().to_owned(),
        xywh: object.bbox.to_xywh(Canvas::REFERENCE),
    };
    let draft = Draft {
        objects: layout.objects().iter().map(object).collect(),
        background: layout.background().to_owned(),
        negative: layout.negative().to_owned(),
    };
    let options = FilterOptions { fidelity: Fidelity::Reference, ..FilterOptions::default() };
    Ok(filter_boxes(&draft, &options)?.layout)
}

fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

fn read_count(things: &str) -> Option<Predicate> {
    let mut words = things.split_whitespace();
    let word = words.next()?;
    let number = word.parse().ok().or_else(|| parse_number_word(word)).filter(|n| (1..=20).contains(n))?;
    Some(Predicate::Count { number: usize::try_from(number).ok()?, noun: singular(words.next()?) })
}

/// `… with {o1} on the {l1} and {o2} on the {l2}`, each part as long as it can be.
fn read_sides(prompt: &str) -> Option<Predicate> {
    let (rest, second_side) = prompt.rsplit_once(" on the ")?;
    let (rest, second) = rest.rsplit_once(" and ")?;
    let (rest, first_side) = rest.rsplit_once(" on the ")?;
    let (_, first) = rest.rsplit_once("with ")?;
    Some(Predicate::Sides {
        objects: [first.to_owned(), second.to_owned()],
        sides: [Side::read(first_side)?, Side::read(second_side)?],
    })
}

fn count(layout: &Layout, noun: &str) -> usize {
    layout.objects().iter().filter(|object| object.caption.as_str().contains(noun)).count()
}

fn exactly(layout: &Layout, number: usize, noun: &str) -> Result<(), String> {
    let found = count(layout, noun);
    if found == number {
        Ok(())
    } else {
        Err(format!("{found} boxes are captioned \"{noun}\", {number} expected"))
    }
}

fn check_sides(layout: &Layout, [first, second]: &[String; 2], sides: [Side; 2]) -> Result<(), String> {
    let (a, b) = (find(layout, first)?, find(layout, second)?);
    let [side, _] = sides;
    let apart = side.distance(a) < side.distance(b);
    let opposite = matches!(
        sides,
        [Side::Left, Side::Right]
            | [Side::Right, Side::Left]
            | [Side::Top, Side::Bottom]
            | [Side::Bottom, Side::Top]
    );
    if apart && opposite {
        Ok(())
    } else {
        Err(format!("\"{first}\" and \"{second}\" are not on the sides asked for"))
    }
}

/// The first box whose caption contains `phrase` and a blank, or ends with it.
fn find(layout: &Layout, phrase: &str) -> Result<BBox, String> {
    let spaced = format!("{phrase} ");
    layout
        .objects()
        .iter()
        .find(|object| {
            let caption = object.caption.as_str();
            caption.contains(&spaced) || caption.ends_with(phrase)
        })
        .map(|object| object.bbox)
        .ok_or_else(|| format!("no box is captioned \"{phrase}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark;
    use lmd_layout::Object;

    fn layout(objects: &[(&str, [f64; 4])]) -> Layout {
        let object = |(caption, xywh): &(&str, [f64; 4])| {
            Object::new(caption, BBox::from_xywh(*xywh, Canvas::REFERENCE).unwrap()).unwrap()
        };
        Layout::new(objects.iter().map(object).collect(), "", "").unwrap()
    }

    fn meets(prompt: &str, objects: &[(&str, [f64; 4])]) -> bool {
        Predicate::read(prompt).unwrap().check(&layout(objects)).is_ok()
    }

    const A: [f64; 4] = [10.0, 10.0, 100.0, 100.0];
    const B: [f64; 4] = [300.0, 300.0, 100.0, 100.0];

    #[test]
    fn every_prompt_of_the_benchmark_is_read() {
        use benchmark::Family;
        for prompt in benchmark::prompts() {
            let predicate = Predicate::read(&prompt.text).unwrap();
            let family = match predicate {
                Predicate::Without(_) => Family::Negation,
                Predicate::Count { .. } => Family::Numeracy,
                Predicate::Both(_) => Family::Attribution,
                Predicate::Sides { .. } => Family::Spatial,
            };
            assert_eq!(family, prompt.family, "{}", prompt.text);
        }
    }

    #[test]
    fn counts_must_be_exact_and_full_canvas_boxes_do_not_count() {
        assert!(meets("a scene with two chairs", &[("a chair", A), ("a wooden chair", B)]));
        assert!(!meets("a scene with two chairs", &[("two chairs", A)]));
        assert!(!meets("a scene with one cat", &[("a cat", [0.0, 0.0, 512.0, 512.0])]));
        assert!(meets("a scene with 2 chairs", &[("a chair", A), ("a chair", B)]));
    }

    #[test]
    fn absence_is_a_matter_of_captions_only() {
        assert!(meets("a scene without cats", &[("a dog", A)]));
        assert!(!meets("a scene without cats", &[("a black cat", A)]));
    }

    #[test]
    fn attributes_need_article_and_colour() {
        let prompt = "a scene with a red car and an orange cat";
        assert!(meets(prompt, &[("a red car", A), ("an orange cat", B)]));
        assert!(!meets(prompt, &[("a red car", A), ("orange cat", B)]));
    }

    #[test]
    fn sides_compare_centres_strictly() {
        let prompt = "a scene with a dog on the left and a cat on the right";
        assert!(meets(prompt, &[("a dog", A), ("a cat", B)]));
        assert!(!meets(prompt, &[("a dog", B), ("a cat", A)]));
        assert!(!meets(prompt, &[("a dog", A), ("a cat", A)]));
        assert!(!meets(prompt, &[("a dog", A), ("the cats", B)]));
        let prompt = "a scene with a dog on the bottom and a cat on the top";
        assert!(meets(prompt, &[("a dog", B), ("a cat", A)]));
    }
}
