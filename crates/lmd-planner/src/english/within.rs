//! Where in its owner something is: in the middle of it, in one of its corners.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use super::who::Who;
use crate::lexicon::{Class, Kind, List, Tags, exact_tags, head, kind_of, known_kind};
use crate::{Arrangement, Region, Relation, RelationKind, Thing};

impl Interpreter<'_> {
    /// The object of a preposition as the place, the part of the picture or the thing that it is.
    pub(super) fn place_against(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: Vec<usize>,
        known: bool,
    ) {
        // What comes out of a tunnel is before it.
        let emerges =
            prep == "out of" && phrase.determiner == Determiner::A && phrase.tags().any(Tags::PLACE);
        if emerges && !known {
            return self.object_thing(phrase, RelationKind::InFrontOf, subjects);
        }
        // Whoever looks out of a window stands beside it.
        let outward = prep == "out of" && matches!(phrase.noun.as_str(), "window" | "door" | "doorway");
        let kind = if outward { RelationKind::NextTo } else { kind };
        if !known && self.on_storey(phrase, kind, &subjects) {
            return;
        }
        let built = kind == RelationKind::Above && self.stands_over(phrase, &subjects);
        let built = built || self.sits_on_wall(phrase, kind, &subjects);
        let setting = if known || built { Setting::Thing } else { setting(phrase, kind, prep) };
        let setting = if !known && self.is_amid(phrase, prep, &subjects) { Setting::Place } else { setting };
        match setting {
            Setting::Place => {
                let corner = self.corner.take();
                corner.into_iter().for_each(|corner| self.set_region(&subjects, corner));
                // "a house on the far shore of a lake"
                let far = phrase.part.as_deref().and_then(|part| part.split_once(' '));
                if let Some((far @ ("far" | "opposite" | "other"), _)) = far {
                    self.set_region(&subjects, Region::Background);
                    self.used.push(far.to_owned());
                }
                let bottom = kind == RelationKind::Below && prep == "at";
                let text = if bottom { format!("the bottom of {}", phrase.text()) } else { phrase.text() };
                self.places.add(prep, &text);
            }
            // "raising both arms in the air": they are there, and not who raises them.
            Setting::Region(Region::Sky) if self.after_limb() => {
                self.add_detail(&subjects, &format!("{prep} {}", phrase.text()));
            }
            Setting::Region(region) => {
                self.set_region(&subjects, region);
                self.region_place(phrase, prep);
            }
            Setting::Ignored => {
                self.said += 1;
                self.used.push(phrase.noun.clone());
            }
            Setting::Thing => return self.object_thing(phrase, kind, subjects),
        }
        self.group = subjects;
        self.object_of = None;
        self.closed = true;
    }

    /// `a house with a cat in the attic`: in the upper part of the house. `true` if it was that.
    fn on_storey(&mut self, phrase: &NounPhrase, kind: RelationKind, subjects: &[usize]) -> bool {
        let storey = match () {
            () if List::UpperStorey.has(&phrase.noun) => Region::Top,
            () if List::LowerStorey.has(&phrase.noun) => Region::Bottom,
            () => return false,
        };
        let has_storeys = |thing: &Thing| {
            let ship = thing_tags(thing).any(Tags::VEHICLE) && thing_tags(thing).any(Tags::WATER);
            is_building(thing) || thing.noun.ends_with("house") || ship
        };
        let house = (0..self.scene.things.len()).rev().find(|index| {
            !subjects.contains(index) && self.scene.things.get(*index).is_some_and(has_storeys)
        });
        let Some(house) = house.filter(|_| kind == RelationKind::Inside && !subjects.is_empty()) else {
            return false;
        };
        self.no_longer_beside(subjects, &[house]);
        self.corner = Some(storey);
        self.relate_all(subjects, RelationKind::Inside, &[house]);
        self.put_in_corner(subjects, RelationKind::Inside, house);
        self.used.push(phrase.noun.clone());
        (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
        true
    }

    /// `a castle on a hill above a village`: what stands on land is not in the air over the houses, but behind them.
    fn stands_over(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let stands = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|thing| {
                let other = Tags::ANIMATE.and(Tags::VEHICLE).and(Tags::SKY).and(Tags::PLACE);
                kind_of(&thing.noun).class.stands() && thing.region.is_none() && !thing_tags(thing).any(other)
            })
        };
        let land =
            matches!(head(&phrase.noun), "forest" | "woods" | "jungle" | "rainforest" | "city" | "town");
        let houses = !land && phrase.tags().any(Tags::PLACE) && kind_of(&phrase.noun).class == Class::Stand;
        let counted = phrase.determiner != Determiner::None;
        houses
            && counted
            && !phrase.tags().any(Tags::INDOORS)
            && !subjects.is_empty()
            && subjects.iter().all(stands)
    }

    /// Whether the noun before the preposition is a part of somebody's body.
    fn after_limb(&self) -> bool {
        matches!(self.before_last(), Some(Chunk::Np(np)) if np.tags().any(Tags::BODY) && Self::is_own_part(np))
    }

    /// Whether a sign such as a heart is on something that is no table: it is a picture there.
    pub(super) fn is_printed(&self, subject: usize, object: usize) -> bool {
        let thing = |index: usize| self.scene.things.get(index);
        let (Some(sign), Some(bears)) = (thing(subject), thing(object)) else { return false };
        let tags = thing_tags(bears);
        let lies = tags.any(Tags::SURFACE.and(Tags::SEAT)) && !tags.any(Tags::FOOD);
        let other = Tags::ANIMATE.and(Tags::PLACE).and(Tags::SCENERY);
        let over = kind_of(&bears.noun).class == Class::Over;
        let sign = head(&sign.noun);
        !tags.any(other) && (List::Printed.has(sign) || List::Symbol.has(sign) && !lies && !over)
    }

    /// `a T-shirt with a cat on it`, `a mug with a dragon on it`: clothes and boards show it, and so do cups that could
    /// not bear it.
    pub(super) fn bears_picture(&self, subjects: &[usize], objects: &[usize]) -> bool {
        let ([subject], [object]) = (subjects, objects) else { return false };
        let thing = |index: usize| self.scene.things.get(index);
        let (Some(shown), Some(bears)) = (thing(*subject), thing(*object)) else { return false };
        let (own, tags, size) = (thing_tags(shown), thing_tags(bears), kind_of(&bears.noun));
        let cloth = tags.any(Tags::WORN) && !List::OnTop.has(head(&bears.noun));
        let small = size.width < 0.35 && size.class == Class::Container;
        let larger = own.any(Tags::ANIMATE) || kind_of(&shown.noun).height > 1.5 * size.height;
        cloth || tags.any(Tags::SHOWS) || small && larger && !own.any(Tags::FOOD.and(Tags::PART))
    }

    /// Whether somebody sits on a wall: a cat or a man, but a spider is at it.
    fn sits_on_wall(&self, phrase: &NounPhrase, kind: RelationKind, subjects: &[usize]) -> bool {
        let sits = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| {
                thing_tags(thing).any(Tags::ANIMATE)
                    && kind_of(&thing.noun).height > 0.12
                    && !thing.says(|word| matches!(word, "climbing" | "painted" | "drawn" | "crawling"))
            })
        };
        let one = phrase.determiner == Determiner::A && !phrase.plural;
        let wall = head(&phrase.noun) == "wall" && kind == RelationKind::On && one;
        wall && !subjects.is_empty() && subjects.iter().all(sits)
    }

    /// A cat shown on a mug is in its middle; one in the mug would look out of it.
    pub(super) fn show_in_middle(&mut self, subjects: &[usize], objects: &[usize]) {
        let open = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| List::OpenVessel.has(head(&thing.noun)))
        };
        if objects.iter().any(open) {
            self.set_spot(subjects, Region::Center);
        }
    }

    /// In the middle of what the phrase names.
    pub(super) fn center(&mut self, phrase: &NounPhrase, subjects: Vec<usize>) {
        let kind = RelationKind::Inside;
        if self.known(phrase).is_none() && setting(phrase, kind, "in") == Setting::Place {
            self.set_region(&subjects, Region::Center);
            self.region = subjects.is_empty().then_some(Region::Center);
            self.places.add("in", &phrase.text());
            return;
        }
        let surface = phrase.tags().any(Tags::SURFACE);
        let kind = match () {
            () if surface => RelationKind::On,
            () if phrase.count().0 > 1 => RelationKind::Between(usize::MAX),
            () => kind,
        };
        if subjects.is_empty() {
            self.object_ahead(phrase, kind, "in");
        } else {
            self.corner = Some(Region::Center).filter(|_| kind == RelationKind::Inside);
            self.object_thing(phrase, kind, subjects);
        }
    }

    /// `a spider web with a spider in the center`: the middle of the web, not
    /// of the picture. `false` where the owner has no inside.
    pub(super) fn in_the_middle_of_owner(&mut self, subjects: &[usize], owners: &[usize]) -> bool {
        let ([owner], false) = (owners, subjects.is_empty()) else { return false };
        let Some(thing) = self.scene.things.get(*owner) else { return false };
        let tags = thing_tags(thing);
        // "a circle of mushrooms with a gnome in the middle"
        if let (Some(Arrangement::Circle), [within]) = (thing.arrangement, subjects) {
            self.no_longer_beside(subjects, owners);
            self.relate(*owner, RelationKind::Around, *within);
            return true;
        }
        // Of "roses" nobody knows how many there are on either side.
        if tags.any(Tags::ANIMATE) || thing.count > 1 && !thing.exact {
            return false;
        }
        let kind = match () {
            () if thing.count > 1 => RelationKind::Between(*owner),
            () if kind_of(&thing.noun).class == Class::Flat => RelationKind::Inside,
            () if tags.any(Tags::SURFACE) => RelationKind::On,
            () => RelationKind::Inside,
        };
        let beside = |relation: &Relation| {
            subjects.contains(&relation.subject)
                && relation.object == *owner
                && relation.kind == RelationKind::NextTo
        };
        self.scene.relations.retain(|relation| !beside(relation));
        self.relate_all(subjects, kind, owners);
        if kind == RelationKind::Inside {
            self.set_spot(subjects, Region::Center);
        }
        true
    }

    /// `in the upper left corner of a fridge`: things that were just put in it are in that corner; `to the upper left`
    /// of it they are above it, too.
    pub(super) fn put_in_corner(&mut self, subjects: &[usize], kind: RelationKind, object: usize) {
        let Some(corner) = self.corner.take() else { return };
        if matches!(kind, RelationKind::LeftOf | RelationKind::RightOf) {
            let upper = matches!(corner, Region::TopLeft | Region::TopRight);
            let kind = if upper { RelationKind::Above } else { RelationKind::Below };
            return self.relate_all(subjects, kind, &[object]);
        }
        if corner == Region::Corners {
            self.put_in_corners(subjects, object);
            return;
        }
        self.set_spot(subjects, corner);
    }

    /// Notes the part of their owner in which things are.
    fn set_spot(&mut self, subjects: &[usize], spot: Region) {
        for index in subjects {
            self.scene.things.get_mut(*index).into_iter().for_each(|thing| thing.spot = Some(spot));
        }
    }

    /// `three fish in a tank, a snail at the bottom`: at that of the tank.
    pub(super) fn filled_before(&self, region: Region, subjects: &[usize]) -> Vec<usize> {
        let holds = |r: &&Relation| {
            r.kind == RelationKind::Inside
                && !subjects.contains(&r.subject)
                && self.scene.things.get(r.object).is_some_and(|t| kind_of(&t.noun).class == Class::Container)
        };
        let mut holders: Vec<usize> = self.scene.relations.iter().filter(holds).map(|r| r.object).collect();
        holders.dedup();
        let only = holders.len() == 1 && region == Region::Bottom && self.joined_by != Joint::And;
        if only { holders } else { Vec::new() }
    }

    /// `a cup of coffee with a heart in the foam`: the foam is no thing. `true` if it was that.
    pub(super) fn in_stuff_of_owner(&mut self, phrase: &NounPhrase, kind: RelationKind, prep: &str) -> bool {
        let holds = |i: &usize| {
            let tags = self.scene.things.get(*i).map(thing_tags).unwrap_or_default();
            tags.any(Tags::CONTAINER.and(Tags::FOOD))
        };
        let placed = matches!(kind, RelationKind::Inside | RelationKind::On);
        let stuff = phrase.tags().any(Tags::STUFF) && phrase.determiner == Determiner::The && !phrase.plural;
        let held = placed && stuff && phrase.attributes.is_empty() && self.owner.iter().any(holds);
        let shown = self.mentioned.last().copied().filter(|last| held && !self.owner.contains(last));
        if let Some(shown) = shown {
            self.add_detail(&[shown], &format!("{prep} {}", phrase.text()));
            (self.group, self.closed) = (vec![shown], true);
        }
        shown.is_some()
    }

    /// A sky or floor with adjectives is worth keeping as a place.
    pub(super) fn region_place(&mut self, phrase: &NounPhrase, prep: &str) {
        // "the ceiling of a ballroom": the ballroom is all around.
        let whole = phrase.detail.as_deref().and_then(|detail| detail.strip_prefix("of "));
        let is_place = |whole: &&str| exact_tags(head(whole)).any(Tags::PLACE);
        if let Some(whole) = whole.filter(is_place) {
            self.places.add("in", whole);
        }
        // "flying through the clouds": they are to be seen.
        let seen = phrase.words.last().is_some_and(|word| word.eq_ignore_ascii_case("clouds"));
        if phrase.attributes.is_empty() && !seen {
            self.places.is_behind(&phrase.noun);
        } else {
            self.places.add(prep, &phrase.text());
        }
    }

    /// `neither clouds nor sun, just an empty desert`: there is nothing else.
    pub(super) fn is_only_place(&self, phrase: &NounPhrase) -> bool {
        let nothing = self.scene.things.is_empty() && self.places.len() == 0;
        nothing && phrase.determiner == Determiner::A && phrase.tags().any(Tags::PLACE)
    }

    /// `on top of a painting`, `with a flag on top`: there and not within.
    pub(super) fn is_atop(&self) -> bool {
        let top = |chunk: Option<&Chunk>| matches!(chunk, Some(Chunk::Link(Link::Rel { prep, .. })) if prep.ends_with("top of") && prep != "at the top of");
        top(self.previous()) || top(self.peek(0))
    }

    /// Whether something that hangs or is let into walls is on what is much higher: a window or a clock on a tower.
    pub(super) fn is_in_side(&self, subject: usize, object: usize) -> bool {
        let thing = |index: usize| self.scene.things.get(index);
        let (Some(part), Some(whole)) = (thing(subject), thing(object)) else { return false };
        let (own, large) = (kind_of(&part.noun), kind_of(&whole.noun));
        let fixed = matches!(own.class, Class::Hang | Class::Wall) && !thing_tags(part).any(Tags::ANIMATE);
        let other = Tags::ANIMATE.and(Tags::SURFACE).and(Tags::SCENERY).and(Tags::PLACE);
        // "a flag on top of a castle"
        let top = self.is_atop();
        fixed
            && !top
            && large.class == Class::Stand
            && large.height > 3.0 * own.height
            && large.width > 2.0 * own.width
            && !thing_tags(whole).any(other)
    }

    /// `the shelf below it` after a shelf: another one.
    pub(super) fn another_below(&mut self, phrase: &NounPhrase) -> Option<usize> {
        let known = self.known(phrase).filter(|_| phrase.determiner == Determiner::The && !phrase.plural)?;
        let (Some(Chunk::Link(Link::Rel { kind, .. })), Some(Chunk::Pronoun(Who::It))) =
            (self.peek(1), self.peek(2))
        else {
            return None;
        };
        let upright = matches!(kind, RelationKind::Above | RelationKind::Below | RelationKind::Under);
        let another = self.scene.things.get(known).filter(|thing| upright && thing.count == 1)?.clone();
        self.scene.things.push(another);
        let index = self.scene.things.len() - 1;
        let kind = if *kind == RelationKind::Under { RelationKind::Below } else { *kind };
        self.relate(index, kind, known);
        self.mentioned.push(index);
        self.object_known = false;
        self.at += 2;
        Some(index)
    }

    /// One of each of `subjects` in every corner of `owner`.
    fn put_in_corners(&mut self, subjects: &[usize], owner: usize) {
        const CORNERS: [Region; 4] =
            [Region::TopLeft, Region::TopRight, Region::BottomLeft, Region::BottomRight];
        self.no_longer_beside(subjects, &[owner]);
        for subject in subjects {
            self.scene.relations.retain(|r| r.subject != *subject || r.object != owner);
            for (nth, corner) in CORNERS.into_iter().enumerate() {
                let Some(thing) = self.scene.things.get_mut(*subject) else { continue };
                (thing.count, thing.spot) = (1, Some(corner));
                let copy = thing.clone();
                let index = if nth == 0 { *subject } else { self.scene.things.len() };
                if nth > 0 {
                    self.scene.things.push(copy);
                }
                self.relate(index, RelationKind::Inside, owner);
            }
            self.set_spot(&[*subject], Region::TopLeft);
        }
    }

    /// `a map with a compass in the corner`: in one of the map's.
    pub(super) fn in_some_corner(&mut self) {
        let (subjects, owners) = (self.link_subjects(), self.owner.clone());
        self.closed |= self.in_corner_of_owner(Region::TopRight, &subjects, &owners);
        // "a coffee shop on the corner" of two streets
        let built = |i: &usize| self.scene.things.get(*i).is_some_and(is_building);
        if !self.closed && !subjects.is_empty() && subjects.iter().all(built) {
            self.add_detail(&subjects, "on the corner");
            self.closed = true;
        }
        // "a bedroom with a guitar in the corner": that of the room is at the side of the picture.
        let things = &self.scene.things;
        let aside = |region: Region| things.iter().any(|thing| thing.region == Some(region));
        let side = if aside(Region::Right) { Region::Left } else { Region::Right };
        // "a bus stops at a corner" of a street
        let outdoors = |thing: &Thing| thing_tags(thing).any(Tags::VEHICLE);
        let free = |i: &usize| {
            things.get(*i).is_some_and(|thing| thing.region.is_none() && thing.count == 1 && !outdoors(thing))
        };
        if !self.closed && !aside(side) && subjects.len() == 1 && subjects.iter().all(free) {
            self.set_region(&subjects, side);
            self.closed = true;
        }
    }

    /// `a fridge with a magnet in the upper left corner`: the corner of the fridge, not of the picture. On what bears
    /// things a side of the picture is a side of it, too. `false` where it is not so.
    pub(super) fn in_corner_of_owner(
        &mut self,
        region: Region,
        subjects: &[usize],
        owners: &[usize],
    ) -> bool {
        let [owner] = owners else { return false };
        let Some(holder) = self.scene.things.get(*owner).filter(|holder| holder.count == 1) else {
            return false;
        };
        let (of_holder, size) = (thing_tags(holder), kind_of(&holder.noun));
        let bears = of_holder.any(Tags::SURFACE) && !of_holder.any(Tags::VEHICLE);
        let within =
            |index: &usize| self.scene.things.get(*index).is_some_and(|t| fits_side(t, region, size));
        if subjects.is_empty()
            || of_holder.any(Tags::ANIMATE.and(Tags::PLACE).and(Tags::SCENERY))
            || !subjects.iter().all(within)
        {
            return false;
        }
        match region {
            // "a carpet with a cat in each corner"
            Region::Corners if matches!(size.class, Class::Flat | Class::Hang | Class::Wall) => {
                self.put_in_corners(subjects, *owner);
                true
            }
            Region::Left | Region::Right => {
                subjects.iter().filter(|_| bears).for_each(|subject| self.default_relation(*subject, owners));
                let rests = |relation: &Relation| {
                    matches!(relation.kind, RelationKind::On | RelationKind::Inside)
                        && subjects.contains(&relation.subject)
                        && relation.object == *owner
                };
                let on_dish = size.class == Class::Flat && self.scene.relations.iter().any(rests);
                if on_dish {
                    self.set_spot(subjects, region);
                }
                on_dish
            }
            Region::Bottom if size.class == Class::Container => {
                self.no_longer_beside(subjects, owners);
                self.relate_all(subjects, RelationKind::Inside, owners);
                self.set_spot(subjects, region);
                true
            }
            Region::Top | Region::TopLeft | Region::TopRight | Region::BottomLeft | Region::BottomRight
                if !bears || !matches!(size.class, Class::Table | Class::Seat | Class::Mount) =>
            {
                let held =
                    |relation: &Relation| subjects.contains(&relation.subject) && relation.object == *owner;
                self.scene.relations.retain(|relation| !held(relation));
                self.relate_all(subjects, RelationKind::Inside, owners);
                self.set_spot(subjects, region);
                true
            }
            _ => false,
        }
    }
}

/// Whether a thing may be in that part of what is of so large a kind.
fn fits_side(thing: &Thing, region: Region, holder: Kind) -> bool {
    let (own, kind) = (thing_tags(thing), kind_of(&thing.noun));
    let flies = kind.class == Class::Air || own.any(Tags::SKY.and(Tags::ANIMATE).and(Tags::SCENERY));
    let flat = matches!(holder.class, Class::Hang | Class::Wall | Class::Flat);
    let tiny = own.any(Tags::ANIMATE) && kind.width < 0.3 * holder.width;
    let small = kind.width < 0.4 || kind.extent() < holder.extent() || kind.width < 0.7 * holder.width;
    let part = own.any(Tags::PART) || known_kind(&thing.noun).is_none();
    // What is at the top of a hill or a tower may stand on it.
    let top = region == Region::Top && !(part || kind.width < 0.4);
    !top && (flat || tiny || !flies && (part || small))
}
