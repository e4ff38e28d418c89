//! What would make a layout better: what is likely to spoil its picture, and
//! what its composition lacks.

use lmd_layout::{Layout, Object, ObjectName, Warning, check_layout, head_noun};

use crate::Proposal;
use crate::lexicon::{Tags, tags};
use crate::offline::edit::without_article;

/// A side shorter than this is hard to draw.
const SMALL: f64 = 0.14;
/// The middle of everything is this far from the picture's at most.
const LOPSIDED: f64 = 0.12;

/// Proposals, the most needed first. Not all of them can be carried out.
pub(super) fn proposals(layout: &Layout) -> Vec<Proposal> {
    let mut all: Vec<Proposal> = check_layout(layout).iter().flat_map(|doubt| cures(layout, doubt)).collect();
    let small = layout
        .objects()
        .iter()
        .enumerate()
        .filter(|(_, object)| object.bbox.w().min(object.bbox.h()) < SMALL);
    all.extend(small.map(|(index, object)| {
        let name = name(layout, index);
        Proposal::new(&format!("make {name} bigger")).because(&format!("{} is small", object.caption))
    }));
    all.extend(lopsided(layout));
    if let Some(index) = lonely(layout) {
        let name = name(layout, index);
        all.push(Proposal::new(&format!("make {name} bigger")).because("it is alone in the picture"));
    }
    let background = layout.background().to_lowercase();
    if matches!(background.trim(), "a realistic scene" | "a realistic photo of a scene" | "") {
        all.push(
            Proposal::new(&format!("change the background to {}", setting(layout)))
                .because("the background is not said"),
        );
    }
    all
}

/// How an object is named in an instruction so that it is meant for certain.
fn name(layout: &Layout, index: usize) -> String {
    let caption = layout.objects().get(index).map(|object| object.caption.as_str()).unwrap_or_default();
    let alike = layout.objects().iter().filter(|object| object.caption.as_str() == caption).count();
    if alike == 1 { format!("the {}", without_article(caption)) } else { format!("object {}", index + 1) }
}

/// What would cure a doubt.
fn cures(layout: &Layout, doubt: &Warning) -> Vec<Proposal> {
    let why = doubt.to_string();
    let of = |name: &ObjectName| name.number.saturating_sub(1);
    match doubt {
        Warning::Overlap { first, second, .. } => {
            let pair = [of(first), of(second)].map(|index| name(layout, index));
            vec![Proposal::new(&format!("more space between {} and {}", pair[0], pair[1])).because(&why)]
        }
        Warning::Duplicate { second, .. } => {
            vec![Proposal::new(&format!("remove object {}", second.number)).because(&why)]
        }
        Warning::Crowded { .. } => vec![Proposal::new("make the boxes smaller").because(&why)],
        _ => Vec::new(),
    }
}

/// Everything stands on one side.
fn lopsided(layout: &Layout) -> Option<Proposal> {
    let area: f64 = layout.objects().iter().map(|object| object.bbox.area()).sum();
    let weighed: f64 =
        layout.objects().iter().map(|object| object.bbox.center().0 * object.bbox.area()).sum();
    let middle = weighed / area.max(1e-6);
    let off = layout.objects().len() > 1 && (middle - 0.5).abs() > LOPSIDED;
    let side = if middle < 0.5 { "left" } else { "right" };
    off.then(|| Proposal::new("centre everything").because(&format!("most of it is on the {side}")))
}

/// The only object, if it takes little of the picture.
fn lonely(layout: &Layout) -> Option<usize> {
    let [only]: &[Object; 1] = layout.objects().try_into().ok()?;
    (only.bbox.area() < 0.12 && only.bbox.w().min(only.bbox.h()) >= SMALL).then_some(0)
}

/// A place for what is there.
fn setting(layout: &Layout) -> &'static str {
    let has =
        |tag: Tags| layout.objects().iter().any(|object| tags(&head_noun(object.caption.as_str())).any(tag));
    match () {
        () if has(Tags::INDOORS) => "a cosy living room",
        () if has(Tags::STREET) => "a city street",
        () if has(Tags::WATER) => "the sea",
        () => "a park in summer",
    }
}
