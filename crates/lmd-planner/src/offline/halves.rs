//! Pictures that are divided: `the left half is a desert, the right half is a jungle`.

use lmd_layout::BBox;

use super::stage::Staged;
use crate::lexicon::{Tags, noun_tags};
use crate::{Region, Scene, Thing};

/// Half of the canvas for each thing of a scene that has nothing but places on its sides; `None` for another scene.
pub(super) fn staged(scene: &Scene) -> Option<Staged> {
    let halves: Option<Vec<BBox>> = scene.things.iter().map(half).collect();
    let halves = halves.filter(|halves| halves.len() > 1 && scene.relations.is_empty())?;
    let apart =
        halves.iter().enumerate().all(|(at, one)| !halves.get(..at).unwrap_or_default().contains(one));
    let boxes = halves.into_iter().enumerate().collect();
    apart.then_some(Staged { boxes, warnings: Vec::new(), unmet: 0, crowded: false })
}

fn half(thing: &Thing) -> Option<BBox> {
    let (x, y, w, h) = match thing.region? {
        Region::Left => (0.02, 0.03, 0.47, 0.94),
        Region::Right => (0.51, 0.03, 0.47, 0.94),
        Region::Top => (0.03, 0.02, 0.94, 0.47),
        Region::Bottom => (0.03, 0.51, 0.94, 0.47),
        _ => return None,
    };
    let tags = noun_tags(&thing.noun);
    let wide = tags.any(Tags::PLACE.and(Tags::SCENERY)) && !tags.any(Tags::BOUNDED);
    BBox::clamped(x, y, w, h).filter(|_| wide && thing.count == 1)
}

#[cfg(test)]
mod tests {
    use lmd_layout::Canvas;

    use crate::Planner;
    use crate::offline::OfflinePlanner;

    #[test]
    fn places_on_two_sides_share_the_picture() {
        let plan =
            OfflinePlanner.plan("the left half of the picture is a desert, the right half is a jungle");
        let plan = plan.unwrap();
        for (object, left) in plan.layout.objects().iter().zip([2.0, 51.0]) {
            let [x, _, w, h] = object.bbox.to_xywh(Canvas::UNIT).map(|side| (side * 100.0).round());
            assert_eq!([x, w, h], [left, 47.0, 94.0], "{}", object.caption.as_str());
        }
        assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    }
}
