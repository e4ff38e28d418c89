//! From a layout to the prompts of the picture model (section A.6,
//! `convert_spec`, and the negative prompts of B.1).

use std::collections::BTreeMap;

use crate::bbox::BBox;
use crate::fidelity::Fidelity;
use crate::layout::Layout;
use crate::words;

/// What the overall picture must not show (B.1), before the layout's own.
pub const OVERALL_NEGATIVE: &str = "artifacts, blurry, smooth texture, bad quality, distortions, unrealistic, \
    distorted image, bad proportions, duplicate";
/// What a picture of one object must not show (B.1), before the layout's own.
pub const PER_BOX_NEGATIVE: &str = "artifacts, blurry, smooth texture, bad quality, distortions, unrealistic, \
    distorted image, bad proportions, duplicate, two, many, group, occlusion, occluded, side, border, collate";

/// The prompt of the picture that shows one object alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxPrompt {
    /// Index into [`Layout::objects`].
    pub object: usize,
    /// Background and object: `a beach with a red ball`.
    pub prompt: String,
    /// The object's part of the prompt: `a red ball`.
    pub phrase: String,
    /// The last word of the phrase: `ball`.
    pub word: String,
}

/// A phrase of the overall prompt, and the objects it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// `a red ball`, or `two red balls` when several objects share a caption.
    pub phrase: String,
    /// The last word of the phrase.
    pub word: String,
    /// Indices into [`Layout::objects`], in the layout's order.
    pub objects: Vec<usize>,
    /// The boxes of these objects.
    pub boxes: Vec<BBox>,
}

/// The prompt of the whole picture.
#[derive(Clone, Debug, PartialEq)]
pub struct OverallPrompt {
    /// Background and all phrases: `a beach with a dog, two red balls`.
    pub prompt: String,
    /// The phrases in the prompt's order. Their objects, one phrase after the
    /// other, are in the order of [`ScenePrompts::per_box`].
    pub phrases: Vec<Phrase>,
}

/// All prompts of a layout.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenePrompts {
    /// One prompt for each object, sorted by caption; equal captions keep the
    /// layout's order.
    pub per_box: Vec<BoxPrompt>,
    /// The prompt of the whole picture.
    pub overall: OverallPrompt,
}

/// Writes the prompts of `layout` (A.6). [`Fidelity::Reference`] deletes
/// articles as the reference does, as substrings, so that two of "a panda
/// bear" become "two pandbears"; the default deletes whole words.
#[must_use]
pub fn convert_spec(layout: &Layout, fidelity: Fidelity) -> ScenePrompts {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, object) in layout.objects().iter().enumerate() {
        groups.entry(object.caption.as_str()).or_default().push(i);
    }
    let alone = |name: &str, object: usize| BoxPrompt {
        object,
        prompt: join_prompt(layout.background(), name),
        phrase: name.to_owned(),
        word: last_word(name),
    };
    let per_box = groups.iter().flat_map(|(name, objects)| objects.iter().map(|i| alone(name, *i))).collect();
    let phrases: Vec<Phrase> =
        groups.into_iter().map(|(name, objects)| group_phrase(name, objects, layout, fidelity)).collect();
    let listed = phrases.iter().map(|p| p.phrase.as_str()).collect::<Vec<_>>().join(", ");
    ScenePrompts {
        per_box,
        overall: OverallPrompt { prompt: join_prompt(layout.background(), &listed), phrases },
    }
}

/// The layout's own negative prompt goes before the default terms (B.1).
#[must_use]
pub fn with_negative(own: &str, default: &str) -> String {
    let parts = [own, default].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

fn group_phrase(name: &str, objects: Vec<usize>, layout: &Layout, fidelity: Fidelity) -> Phrase {
    let phrase = match objects.len() {
        1 => name.to_owned(),
        n => counted(n, name, fidelity),
    };
    let boxes = objects.iter().filter_map(|i| layout.objects().get(*i)).map(|o| o.bbox).collect();
    Phrase { word: last_word(&phrase), phrase, objects, boxes }
}

/// "two green cars" from 2 and "a green car".
fn counted(count: usize, name: &str, fidelity: Fidelity) -> String {
    let bare = match fidelity {
        Fidelity::Reference => name.replace("an ", "").replace("a ", ""),
        Fidelity::Corrected => without_articles(name),
    };
    let number = words::number_in_words(u32::try_from(count).unwrap_or(u32::MAX));
    format!("{number} {}", words::plural(&bare))
}

fn without_articles(name: &str) -> String {
    let article = |word: &str| word.eq_ignore_ascii_case("a") || word.eq_ignore_ascii_case("an");
    let mut kept: Vec<&str> = name.split(' ').filter(|word| !article(word)).collect();
    if kept.is_empty() {
        kept.push(name);
    }
    kept.join(" ")
}

fn join_prompt(background: &str, things: &str) -> String {
    match (background.is_empty(), things.is_empty()) {
        (_, true) => background.to_owned(),
        (true, _) => things.to_owned(),
        _ => format!("{background} with {things}"),
    }
}

fn last_word(phrase: &str) -> String {
    phrase.rsplit(' ').next().unwrap_or(phrase).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Object;

    fn layout(captions: &[&str], background: &str, negative: &str) -> Layout {
        let object = |(i, caption): (usize, &&str)| {
            Object::new(caption, BBox::new(i as f64 / 10.0, 0.1, 0.1, 0.2).unwrap()).unwrap()
        };
        Layout::new(captions.iter().enumerate().map(object).collect(), background, negative).unwrap()
    }

    #[test]
    fn equal_captions_become_one_phrase() {
        let scene = convert_spec(
            &layout(&["a wine glass", "a dog", "a wine glass"], "a beach", ""),
            Fidelity::default(),
        );
        assert_eq!(scene.overall.prompt, "a beach with a dog, two wine glasses");
        let glasses = &scene.overall.phrases[1];
        assert_eq!((glasses.word.as_str(), glasses.objects.as_slice()), ("glasses", [0, 2].as_slice()));
        assert_eq!(glasses.boxes[1].x(), 0.2);
        let order: Vec<_> = scene.per_box.iter().map(|p| p.object).collect();
        assert_eq!(order, [1, 0, 2]);
        assert_eq!(scene.per_box[1].prompt, "a beach with a wine glass");
        assert_eq!(
            (scene.per_box[1].phrase.as_str(), scene.per_box[1].word.as_str()),
            ("a wine glass", "glass")
        );
        let flattened: Vec<_> = scene.overall.phrases.iter().flat_map(|p| p.objects.clone()).collect();
        assert_eq!(flattened, order);
    }

    #[test]
    fn empty_parts_leave_no_trace() {
        let only_background = convert_spec(&layout(&[], "A realistic scene", ""), Fidelity::default());
        assert_eq!(only_background.overall.prompt, "A realistic scene");
        let only_things = convert_spec(&layout(&["a cat", "a book"], "", ""), Fidelity::default());
        assert_eq!(only_things.overall.prompt, "a book, a cat");
        assert_eq!(only_things.per_box[0].prompt, "a book");
    }

    #[test]
    fn articles_are_deleted_by_word_unless_the_reference_is_asked_for() {
        for (caption, ours, theirs) in [
            ("a panda bear", "two panda bears", "two pandbears"),
            ("an orange", "two oranges", "two oranges"),
            ("a toucan on a branch", "two toucans on branch", "two toucon branches"),
            ("a", "two as", "two as"),
        ] {
            let twice = layout(&[caption, caption], "", "");
            assert_eq!(convert_spec(&twice, Fidelity::Corrected).overall.prompt, ours);
            assert_eq!(convert_spec(&twice, Fidelity::Reference).overall.prompt, theirs);
        }
    }

    #[test]
    fn the_layouts_own_negative_comes_first() {
        assert!(with_negative("dogs", OVERALL_NEGATIVE).starts_with("dogs, artifacts, blurry, "));
        assert!(with_negative("dogs", PER_BOX_NEGATIVE).ends_with(", collate"));
        assert_eq!(with_negative("", OVERALL_NEGATIVE), OVERALL_NEGATIVE);
        assert_eq!(with_negative("dogs", ""), "dogs");
    }
}
