//! Usual sizes and places of some sorts of things, where the sizes of their
//! kinds alone would mislead: what is in the sky looks small, what is far away
//! too, and long things lie.

use crate::lexicon::{Class, Kind, List, Tags, head, is_alive, kind_of, known_kind, noun_tags};
use crate::{Region, Relation, RelationKind, Scene, Size, Thing};

/// Most of the canvas that something far away takes.
pub(super) const FAR: (f64, f64) = (0.34, 0.38);
/// Most of the canvas that a flying animal takes.
const FLYING: (f64, f64) = (0.22, 0.17);
/// Most that a sun, a moon or a cloud takes, by how many there are.
const SKY: [(usize, (f64, f64)); 3] = [(1, (0.26, 0.18)), (3, (0.24, 0.15)), (usize::MAX, (0.16, 0.11))];
/// What is wider than this in metres spans the sky.
const SPANS: f64 = 10.0;
/// What is larger than this in metres stands on the floor rather than on a table.
const ON_TABLE: (f64, f64) = (0.75, 0.8);
/// Long things that lie on what they are on, whatever their usual shape.
const LYING: &str = "pen pencil fork knife spoon violin guitar sword paintbrush brush flute ruler stick screwdriver hammer wrench axe toothbrush wand arrow scissors";

/// Whether a thing is in the sky wherever one looks from.
pub(super) fn is_of_sky(noun: &str) -> bool {
    let kind = kind_of(noun);
    kind.class == Class::Air && kind.width < SPANS && noun_tags(noun).any(Tags::SKY)
}

/// Whether a thing is about as high as it is wide and deep: stacked, it keeps its shape.
pub(super) fn is_solid(noun: &str) -> bool {
    List::Solid.has(head(noun))
}

/// Whether who is under it is as small as that, or it is as large: a mushroom.
pub(super) fn shelters(noun: &str) -> bool {
    matches!(head(noun), "mushroom" | "toadstool" | "leaf" | "fern")
}

/// Whether a thing is food or a piece of some.
pub(super) fn is_food(noun: &str) -> bool {
    noun_tags(noun).any(Tags::FOOD)
        || matches!(head(noun), "slice" | "piece" | "wedge" | "chunk" | "spoonful")
}

/// Whether what is in a vessel rises out of it: flowers in a vase, a straw in a glass.
pub(super) fn sticks_out(noun: &str, vessel: &str) -> bool {
    /// The widest vessel that holds upright what is in it, in metres.
    const NARROW: f64 = 0.45;
    let holds = kind_of(vessel);
    let upright =
        holds.class == Class::Container && holds.width <= NARROW && holds.height >= 0.4 * holds.width;
    let flower = known_kind(noun).is_some_and(|kind| Some(kind) == known_kind("flower"));
    let named = [head(noun), noun.split(' ').next().unwrap_or(noun)]
        .into_iter()
        .any(|word| List::SticksOut.has(word));
    upright && (flower || named)
}

/// Whether somebody in a vessel looks over its rim: a puppy in a bucket, a man in a canoe; a fish in a bowl does not.
pub(super) fn looks_out(noun: &str, vessel: &str) -> bool {
    let swims = noun_tags(noun).any(Tags::WATER) && noun_tags(noun).any(Tags::ANIMAL);
    is_alive(noun) && !swims && List::OpenVessel.has(head(vessel))
}

/// Whether a thing lies on what it is on.
pub(super) fn lies(noun: &str) -> bool {
    let last = noun.rsplit(' ').next().unwrap_or(noun);
    LYING.split(' ').any(|known| known == last)
}

/// Most that things in the air over a place take, by how many there are.
const ALOFT: [(usize, (f64, f64)); 3] = [(1, (0.5, 0.44)), (3, (0.26, 0.26)), (usize::MAX, (0.2, 0.22))];

/// Most that one of several birds and the like takes there.
pub(super) const FLOCK: (f64, f64) = (0.17, 0.15);

/// Whether a kind of picture shows things from far away.
pub(super) fn is_from_afar(style: &str) -> bool {
    let style = style.to_lowercase();
    ["aerial", "drone", "satellite", "bird's eye", "bird 's eye", "wide shot", "long shot", "ultra wide"]
        .iter()
        .any(|afar| style.contains(afar))
}

/// The most of a wide place that a thing takes which is said to be alone or tiny in it.
pub(super) fn most_lone(thing: &Thing) -> Option<(f64, f64)> {
    const LONE: [&str; 6] = ["lone", "lonely", "single", "solitary", "distant", "faraway"];
    let said =
        thing.size == Some(Size::Tiny) || thing.attributes.iter().any(|word| LONE.contains(&word.as_str()));
    let flies = kind_of(&thing.noun).class == Class::Air && noun_tags(&thing.noun).any(Tags::ANIMAL);
    (said && thing.count == 1).then_some(if flies { FLYING } else { FAR })
}

/// The most of the canvas that one of `count` things in the air takes over a
/// place that is the background.
pub(super) fn most_aloft(count: usize) -> Option<(f64, f64)> {
    ALOFT.iter().find(|(most, _)| count <= *most).map(|(_, most)| *most)
}

/// The most of the canvas that one of `count` things takes among others.
pub(super) fn most(noun: &str, count: usize, region: Option<Region>) -> Option<(f64, f64)> {
    if is_of_sky(noun) {
        return SKY.iter().find(|(most, _)| count <= *most).map(|(_, most)| *most);
    }
    let flies = kind_of(noun).class == Class::Air && noun_tags(noun).any(Tags::ANIMAL);
    match region {
        Some(Region::Background) => Some(FAR),
        // Among boats it is in the water.
        Some(Region::Ground) => None,
        _ if flies => Some(FLYING),
        _ => None,
    }
}

/// A thing's kind, as far as the sentence does not say otherwise: what is in
/// the sky flies, what is on the wall hangs.
pub(super) fn kind_in_scene(thing: &Thing) -> Kind {
    const IN_THE_AIR: [&str; 5] = ["flying", "floating", "hovering", "soaring", "gliding"];
    let kind = kind_of(&thing.noun);
    let on_the_ground = |word: &String| {
        matches!(word.as_str(), "sitting" | "standing" | "walking" | "lying" | "pecking" | "waddling")
    };
    // A dog that swims is no higher than who stands beside it.
    let swims = noun_tags(&thing.noun).any(Tags::WATER);
    let in_the_air = |word: &String| IN_THE_AIR.contains(&word.as_str()) || swims && word == "swimming";
    // "a smiling girl floating", "singing and walking"
    let told = thing.detail.iter().flat_map(|detail| detail.split(" and "));
    let told = told.filter_map(|deed| deed.split(' ').next()).map(str::to_owned);
    let does: Vec<String> = thing.attributes.iter().cloned().chain(told).collect();
    let class = match thing.region {
        Some(Region::Sky) => Class::Air,
        Some(Region::Wall) => Class::Hang,
        // "a high shelf" is no sideboard.
        _ if head(&thing.noun) == "shelf"
            && thing
                .attributes
                .iter()
                .any(|word| matches!(word.as_str(), "high" | "floating" | "wall-mounted")) =>
        {
            Class::Hang
        }
        Some(Region::Ground) if !kind.class.stands() => Class::Stand,
        _ if does.iter().any(in_the_air) => Class::Air,
        _ if kind.class == Class::Air && does.iter().any(on_the_ground) => Class::Stand,
        _ => kind.class,
    };
    // Who lies is as long as he is high.
    let lies = |word: &String| matches!(word.as_str(), "lying" | "sprawled" | "sunbathing" | "reclining");
    if noun_tags(&thing.noun).any(Tags::PERSON) && does.iter().any(lies) && kind.height > 1.3 * kind.width {
        return Kind { class, height: 0.4 * kind.height, width: kind.height };
    }
    Kind { class, ..kind }
}

/// Whether a thing is so small that it stands on a table rather than beside it.
pub(super) fn fits_table(noun: &str) -> bool {
    known_kind(noun).is_some_and(|kind| {
        kind.height <= ON_TABLE.0
            && kind.width <= ON_TABLE.1
            && matches!(kind.class, Class::Stand | Class::Container | Class::Flat)
    })
}

/// A stated size as a factor.
pub(super) fn size_factor(size: Option<Size>) -> f64 {
    match size {
        Some(Size::Tiny) => 0.6,
        Some(Size::Small) => 0.78,
        None => 1.0,
        Some(Size::Large) => 1.3,
        Some(Size::Huge) => 1.6,
    }
}

/// What words of form say of width and height.
pub(super) fn form_factors(attributes: &[String]) -> (f64, f64) {
    attributes.iter().fold((1.0, 1.0), |(w, h), word| {
        let (x, y) = match word.as_str() {
            "tall" | "high" | "towering" => (0.94, 1.3),
            "short" | "low" => (1.0, 0.72),
            "long" => (1.35, 0.95),
            "wide" | "broad" | "fat" => (1.3, 1.0),
            "narrow" | "thin" | "slim" | "skinny" => (0.75, 1.0),
            _ => (1.0, 1.0),
        };
        (w * x, h * y)
    })
}

/// As [`form_factors`], for somebody.
pub(super) fn person_form(attributes: &[String]) -> (f64, f64) {
    let (w, h) = form_factors(attributes);
    (w, h.powf(0.45))
}

/// Whether one long thing lies across several: a plank on two barrels.
pub(super) fn bridges(scene: &Scene, relation: &Relation) -> bool {
    let [subject, object] = [relation.subject, relation.object].map(|index| &scene.things[index]);
    relation.kind == RelationKind::On
        && subject.count == 1
        && object.exact
        && kind_of(&subject.noun).width > 1.5 * kind_of(&object.noun).width
}

/// The width that things of a kind may take together: those at a side stay on it.
pub(super) fn width(region: Option<Region>, count: usize) -> f64 {
    if count > 1 && matches!(region, Some(Region::Left | Region::Right)) { 0.46 } else { 0.92 }
}

/// How much smaller what is far away looks.
pub(super) fn distance_factor(region: Option<Region>) -> f64 {
    match region {
        Some(Region::Foreground) => 1.15,
        Some(Region::Background) => 0.5,
        _ => 1.0,
    }
}
