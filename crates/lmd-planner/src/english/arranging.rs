//! Rows, stacks and the like at work: things that are arranged with one another.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use super::of_part::is_measure;
use super::phrase::NounPhrase;
use crate::lexicon::{Class, List, Role, Tags, head, kind_of};
use crate::{Arrangement, Region, RelationKind, Thing};

impl Interpreter<'_> {
    /// Arranges what is spoken of, or what comes next.
    pub(super) fn arrange(&mut self, arrangement: Arrangement) {
        let group = self.current_subjects();
        match group.as_slice() {
            [] => self.arrangement = Some(arrangement),
            [one] => {
                if let Some(thing) = self.scene.things.get_mut(*one).filter(|thing| thing.count > 1) {
                    // "two rows of soldiers facing each other" stay in rows.
                    let known = thing.arrangement.filter(|_| arrangement == Arrangement::Row);
                    thing.arrangement = known.or(Some(arrangement));
                    self.said += 1;
                } else if arrangement == Arrangement::Stack {
                    // "a bunch of fruits in a pile"
                    self.add_detail(&group, "in a pile");
                }
            }
            several => {
                let kind = match arrangement {
                    Arrangement::Stack | Arrangement::Column => RelationKind::Above,
                    _ => RelationKind::NextTo,
                };
                self.chain(several, kind);
            }
        }
        self.closed = true;
    }

    /// `in two rows of three`: that many, where nobody says how many there are.
    pub(super) fn in_lines(&mut self, lines: u32, all: u32) {
        for index in self.current_subjects() {
            let thing = self.scene.things.get_mut(index).filter(|thing| !thing.exact && thing.count > 1);
            thing.into_iter().for_each(|thing| (thing.count, thing.exact) = (all, true));
        }
        self.arrange(Arrangement::Rows(lines));
    }

    /// `leaves everywhere`: more than several.
    pub(super) fn spread(&mut self) {
        const MANY: u32 = 8;
        for index in self.current_subjects() {
            if let Some(thing) = self.scene.things.get_mut(index).filter(|thing| thing.count > 1) {
                let many = if thing.exact { thing.count } else { thing.count.max(MANY) };
                thing.count = many;
                self.said += 1;
            }
        }
    }

    /// `in different sizes`, `in various colours`: said of what is several. `true` if it was that.
    pub(super) fn differ_by(&mut self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let by = phrase.difference().filter(|by| is_measure(by) || List::LookOf.has(by));
        let Some(measured) = by.filter(|_| !subjects.is_empty()).map(is_measure) else { return false };
        for index in subjects {
            self.scene.things.get_mut(*index).into_iter().for_each(|thing| thing.varied |= measured);
        }
        if !measured {
            self.add_detail(subjects, &format!("in {}", phrase.text()));
        }
        self.used.push(phrase.noun.clone());
        (self.group, self.closed) = (subjects.to_vec(), true);
        true
    }

    /// Each thing stands so to the next.
    pub(super) fn chain(&mut self, things: &[usize], kind: RelationKind) {
        for pair in things.windows(2) {
            if let [first, second] = pair {
                self.relate(*first, kind, *second);
            }
        }
    }

    /// Whether somebody uses what he is "on": `talking on the phone`.
    fn is_used(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let doing = self.before_last();
        let rests = matches!(doing, Some(Chunk::Verb(verb)) if verb.role == Role::Posture);
        let person =
            |index: &usize| self.scene.things.get(*index).is_some_and(|t| thing_tags(t).any(Tags::PERSON));
        List::Used.has(head(&phrase.noun)) && !rests && !subjects.is_empty() && subjects.iter().all(person)
    }

    /// Whether what is spoken of is fixed flat on something.
    fn is_stuck(&self, subjects: &[usize]) -> bool {
        const STUCK: [&str; 8] =
            ["stuck", "taped", "pinned", "glued", "tacked", "nailed", "stapled", "clipped"];
        let stuck = |i: &usize| {
            let thing = self.scene.things.get(*i);
            thing.is_some_and(|thing| thing.says(|word| STUCK.contains(&word)))
        };
        !subjects.is_empty() && subjects.iter().all(stuck)
    }

    /// Whether persons are on a vehicle with a roof.
    fn ride_in(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        const ROOFED: [&str; 8] =
            ["bus", "train", "tram", "plane", "airplane", "aeroplane", "minibus", "airliner"];
        let person =
            |index: &usize| self.scene.things.get(*index).is_some_and(|t| thing_tags(t).any(Tags::PERSON));
        ROOFED.contains(&head(&phrase.noun)) && !subjects.is_empty() && subjects.iter().all(person)
    }

    /// Whether lifeless things are on what is made to hang them from: a hanger, but not a branch.
    fn is_hung_up(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let lifeless = !subjects.is_empty() && !subjects.iter().any(|index| self.is_animate(*index));
        lifeless && !phrase.tags().any(Tags::SURFACE)
    }

    /// Whether a phrase names what small things stand on.
    fn bears_small(phrase: &NounPhrase) -> bool {
        phrase.tags().any(Tags::SURFACE) && matches!(kind_of(&phrase.noun).class, Class::Table | Class::Flat)
    }

    /// Whether things may stand on a table.
    fn are_small(&self, subjects: &[usize]) -> bool {
        let small = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|thing| {
                let kind = kind_of(&thing.noun);
                kind.height <= 0.75 && kind.width <= 0.8 && kind.class.stands()
            })
        };
        !subjects.is_empty() && subjects.iter().all(small)
    }

    /// Whether `at the edge` of something is on it: on a cliff or a table, but whoever is at a table sits there.
    fn stands_at_edge(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let size = kind_of(&phrase.noun);
        let high = phrase.tags().any(Tags::SCENERY) && size.class == Class::Stand;
        let small = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|t| kind_of(&t.noun).width < 0.5 * size.width)
                && !self.is_animate(*i)
        };
        high || size.class == Class::Table && subjects.iter().all(small)
    }

    /// Whether something goes through what is no smaller than itself: a hoop, a portal, but not a crowd.
    fn is_gone_through(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let size = kind_of(&phrase.noun).extent();
        let fits =
            |i: &usize| self.scene.things.get(*i).is_some_and(|t| kind_of(&t.noun).extent() <= 1.2 * size);
        !phrase.plural
            && !phrase.tags().any(Tags::ANIMATE)
            && !subjects.is_empty()
            && subjects.iter().all(fits)
    }

    /// How things touch the object of a preposition: hanging from it or leaning against it.
    pub(super) fn touching(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
    ) -> RelationKind {
        if let Some(halfway) = self.halfway(&phrase.thing(), kind, prep, subjects) {
            return halfway;
        }
        let hangs = |thing: &Thing| thing.says(|word| matches!(word, "hanging" | "dangling"));
        let hung = self.hung || subjects.iter().any(|i| self.scene.things.get(*i).is_some_and(hangs));
        match prep {
            // A note that is stuck to a fridge covers a part of it.
            "to" if self.is_stuck(subjects) => RelationKind::Inside,
            // "at the bottom of an aquarium"
            "at" if kind == RelationKind::Below && phrase.tags().any(Tags::CONTAINER) => {
                self.corner = Some(Region::Bottom);
                RelationKind::Inside
            }
            // "a lighthouse at the edge of a cliff"
            "at" if matches!(phrase.part.as_deref(), Some("edge" | "corner" | "rim"))
                && self.stands_at_edge(phrase, subjects) =>
            {
                RelationKind::On
            }
            "from" | "off" if hung => RelationKind::HangsFrom,
            // A coat on a hook hangs from it.
            "on" if phrase.tags().any(Tags::HOOK) && (self.hung || self.is_hung_up(phrase, subjects)) => {
                RelationKind::HangsFrom
            }
            // "tumbling down a hill", "climbing up a ladder"
            "down" | "up" if kind == RelationKind::NextTo && is_slope(phrase) => RelationKind::On,
            // "jumping through a hoop"
            "through" if kind == RelationKind::NextTo && self.is_gone_through(phrase, subjects) => {
                RelationKind::Inside
            }
            // "a train bursting through a wall"
            "through" if kind == RelationKind::NextTo && kind_of(&phrase.noun).class == Class::Wall => {
                RelationKind::InFrontOf
            }
            // "a swing tied to a branch"
            "to" if phrase.tags().any(Tags::HOOK) && !subjects.iter().any(|i| self.is_animate(*i)) => {
                RelationKind::HangsFrom
            }
            // Whoever is on a bus rides in it.
            "on" if self.ride_in(phrase, subjects) => RelationKind::Inside,
            // "on the left side of a shelf", but not of a road
            "on the side" if Self::bears_small(phrase) && self.are_small(subjects) => {
                let left = kind == RelationKind::LeftOf;
                self.corner = Some(if left { Region::Left } else { Region::Right });
                RelationKind::On
            }
            // Whoever is on the phone, or works on a laptop, is beside it.
            "on" if self.is_used(phrase, subjects) => RelationKind::NextTo,
            // What leans against a wall covers a part of it.
            "against"
                if matches!(head(&phrase.noun), "wall" | "fence" | "hedge" | "door" | "gate" | "barn") =>
            {
                RelationKind::InFrontOf
            }
            _ => kind,
        }
    }
}

/// What one goes up and down on.
fn is_slope(phrase: &NounPhrase) -> bool {
    let last = head(&phrase.noun);
    let steps = matches!(
        last,
        "stairs" | "staircase" | "stairway" | "stair" | "steps" | "slide" | "ladder" | "ramp" | "escalator"
    );
    steps || phrase.tags().any(Tags::SCENERY) && !phrase.tags().any(Tags::PLACE.and(Tags::SKY))
}
