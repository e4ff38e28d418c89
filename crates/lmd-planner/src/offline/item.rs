//! An item, which is placed as one, and its body on the canvas.

use lmd_layout::BBox;

use super::shape::{Room, Shape, square_columns};
use super::usual;
use crate::lexicon::{Class, Kind, Tags, noun_tags};
use crate::{Arrangement, Region, RelationKind, Size, Thing};

/// Distance kept from the edge of the canvas.
const MARGIN: f64 = 0.03;
/// Most of the canvas one thing takes that is far away.
const FARTHEST: f64 = 0.45;
/// Most things of a kind that rest on something in one row.
pub(super) const MOST_IN_ROW: usize = 6;
/// Most of the canvas one thing takes by itself.
pub(super) const LARGEST: (f64, f64) = (0.88, 0.82);

/// Something placed as one.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Which thing of the scene it is.
    pub(super) thing: usize,
    /// How many of them it stands for.
    pub(super) count: usize,
    /// What is known about its kind.
    pub(super) kind: Kind,
    /// Where the sentence wants it.
    pub(super) region: Option<Region>,
    /// Where it stands already and has to stay.
    pub(super) fixed: Option<BBox>,
    /// How its members stand together.
    pub(super) arrangement: Option<Arrangement>,
    /// A size to keep, as width and height on the canvas.
    pub(super) kept_size: Option<(f64, f64)>,
    /// Stated size as a factor.
    pub(super) factor: f64,
    /// Stated distance as a factor, which makes room for nothing else.
    pub(super) distance: f64,
    /// Stated width and height (`tall`, `long`), as factors.
    pub(super) form: (f64, f64),
    /// Whether it is a sun, a cloud or the like.
    pub(super) in_sky: bool,
    /// The most of the canvas that it takes among others.
    pub(super) most: Option<(f64, f64)>,
    /// Whether it lies where it is on something, and whether it is.
    pub(super) lies: bool,
    /// Whether it is somebody who sits where he is on a mount.
    pub(super) rides: bool,
    pub(super) lying: bool,
    /// What it is called.
    pub(super) noun: String,
    /// The most of a wide place that it takes, where it is said to be lost in it.
    pub(super) lone: Option<(f64, f64)>,
    /// Whether its members differ in size.
    pub(super) varied: bool,
    /// Whether it is in a corner of something.
    pub(super) cornered: bool,
}

/// An item at a certain scale: a rectangle to be placed.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// Its outline and members.
    pub(super) shape: Shape,
    /// Distance to keep from the canvas edge.
    pub(super) margin: f64,
}

impl Item {
    pub(super) fn new(index: usize, thing: &Thing, count: usize) -> Self {
        // A tall man is taller than a short one, not a giant beside a dwarf.
        let person = noun_tags(&thing.noun).any(Tags::PERSON);
        let tall = person && thing.attributes.iter().any(|word| matches!(word.as_str(), "tall" | "short"));
        Self {
            thing: index,
            count,
            kind: usual::kind_in_scene(thing),
            region: thing.region,
            fixed: None,
            arrangement: thing.arrangement,
            kept_size: None,
            factor: if tall { 1.0 } else { usual::size_factor(thing.size) },
            distance: usual::distance_factor(thing.region),
            form: if person {
                usual::person_form(&thing.attributes)
            } else {
                usual::form_factors(&thing.attributes)
            },
            in_sky: usual::is_of_sky(&thing.noun),
            // A moon that is said to be large is larger than is usual.
            most: usual::most(&thing.noun, count, thing.region)
                .filter(|_| !matches!(thing.size, Some(Size::Large | Size::Huge))),
            lies: usual::lies(&thing.noun),
            rides: noun_tags(&thing.noun).any(Tags::PERSON)
                && !thing.says(|word| matches!(word, "standing" | "balancing" | "jumping")),
            lying: false,
            noun: thing.noun.clone(),
            lone: usual::most_lone(thing),
            varied: thing.varied,
            cornered: thing.spot.is_some_and(|spot| spot != Region::Center),
        }
    }

    /// One of several that are placed apart.
    pub(super) fn part(index: usize, thing: &Thing, part: usize) -> Self {
        const CORNERS: [Region; 4] =
            [Region::TopLeft, Region::TopRight, Region::BottomLeft, Region::BottomRight];
        let region = match thing.region {
            Some(Region::Corners) => CORNERS.get(part).copied(),
            other => other,
        };
        Self { region, ..Self::new(index, thing, 1) }
    }

    pub(super) fn fixed(index: usize, thing: &Thing, bbox: BBox) -> Self {
        Self { fixed: Some(bbox), ..Self::new(index, thing, 1) }
    }

    /// Whether nothing is said by which two items differ in size.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let stated = |item: &Self| (item.factor, item.form, item.distance, item.count);
        self.is_free() && self.noun == other.noun && stated(self) == stated(other)
    }

    /// Whether neither its place nor its size is given.
    pub(super) fn is_free(&self) -> bool {
        self.fixed.is_none() && self.kept_size.is_none()
    }

    /// Takes the size that it has on, or held by, what carries it.
    pub(super) fn fit_to(&mut self, carrier: Kind, kind: RelationKind) {
        /// What of his height somebody has who sits on a mount.
        const SEATED: f64 = 0.75;
        match kind {
            RelationKind::On if carrier.class == Class::Mount && self.rides => self.kind.height *= SEATED,
            RelationKind::HeldBy => self.fit_holder(carrier),
            _ => {}
        }
    }

    /// What a hamster holds is no larger than it, and makes it no smaller in the picture.
    fn fit_holder(&mut self, holder: Kind) {
        let shrink = holder.height / self.kind.height;
        if shrink < 1.0 && self.kind.class != Class::Over {
            self.kind =
                Kind { height: self.kind.height * shrink, width: self.kind.width * shrink, ..self.kind };
        }
    }

    /// Whether something is as high as a wall and no wider than a door.
    pub(super) fn is_narrow_wall(&self) -> bool {
        self.kind.class == Class::Wall && self.kind.width <= 1.3
    }

    pub(super) fn extent(&self) -> f64 {
        self.kind.extent() * self.factor
    }

    /// How wide it is drawn, beside others.
    pub(super) fn usual_width(&self) -> f64 {
        self.extent() * self.kind.aspect().sqrt() * self.form.0 * self.count as f64
    }

    /// Whether its members lie on top of one another.
    pub(super) fn is_stack(&self) -> bool {
        self.count > 1 && self.arrangement == Some(Arrangement::Stack)
    }

    /// Whether it is as thin as a wire: what sits on it sits in one row.
    pub(super) fn is_thin(&self) -> bool {
        self.kind.width > 6.0 * self.kind.height
    }

    /// Whether its members are said to stand in several rows.
    pub(super) fn in_rows(&self) -> bool {
        matches!(self.arrangement, Some(Arrangement::Rows(2..) | Arrangement::Grid)) && self.count > 2
    }

    /// In how many rows its members stand on something.
    pub(super) fn lines(&self) -> usize {
        match self.arrangement {
            Some(Arrangement::Rows(lines)) => (lines as usize).max(1),
            Some(Arrangement::Grid) => self.count.div_ceil(square_columns(self.count)),
            Some(Arrangement::Row) => 1,
            _ => self.count.div_ceil(MOST_IN_ROW),
        }
    }

    /// How far down its outline the things on it rest.
    pub(super) fn support_height(&self) -> f64 {
        let ride = self.kind.class.support_height();
        if self.is_stack() { ride / self.count as f64 } else { ride }
    }

    pub(super) fn cell(&self, unit: f64, shortest: f64, stretch: f64) -> (f64, f64) {
        if let Some(size) = self.kept_size.or(self.fixed.map(|bbox| (bbox.w(), bbox.h()))) {
            return size;
        }
        let (side, aspect) = (self.extent() * unit * self.distance, self.kind.aspect().sqrt());
        if self.arrangement == Some(Arrangement::Stack) && !usual::is_solid(&self.noun) {
            // What is stacked lies flat, whatever its shape when it stands.
            return ((1.6 * side).clamp(shortest, LARGEST.0), (0.5 * side).clamp(0.6 * shortest, 0.3));
        }
        let (w, h) = (side * aspect * self.form.0, side / aspect * self.form.1 * stretch);
        let most = if self.distance < 1.0 { (FARTHEST, FARTHEST) } else { LARGEST };
        let shrink = (most.0 / w).min(most.1 / h).min(1.0);
        // What is too thin grows as a whole, and stated sizes still differ.
        let shortest = shortest * self.factor.clamp(0.75, 1.25);
        let shortest = (shortest * self.form.0, shortest * self.form.1);
        let grow = shrink * (shortest.0 / (w * shrink)).max(shortest.1 / (h * shrink)).clamp(1.0, 1.5);
        ((w * grow).max(shortest.0), (h * grow).max(shortest.1))
    }

    /// A cell as large as is usual at most, lying where it lies.
    pub(super) fn within(&self, cell: (f64, f64), most: Option<(f64, f64)>) -> (f64, f64) {
        if !self.is_free() {
            return cell;
        }
        let (w, h) = if self.lying && cell.1 > cell.0 { (cell.1.min(0.3), cell.0.min(0.14)) } else { cell };
        let Some((most_w, most_h)) = most else { return (w, h) };
        let stated = self.factor.clamp(0.7, 2.0);
        let shrink = (stated * most_w / w).min(stated * most_h / h).min(1.0);
        (w * shrink, h * shrink)
    }

    /// Width when all members stand in their rows, with gaps.
    pub(super) fn row_width(&self, cell: (f64, f64)) -> f64 {
        let lines = if self.in_rows() { self.lines() } else { 1 };
        self.count.div_ceil(lines) as f64 * (cell.0 + 0.03)
    }

    pub(super) fn body(&self, cell: (f64, f64), room: Room) -> Body {
        let shape = Shape { varied: self.varied, ..Shape::new(self.count, cell, self.arrangement, room) };
        Body { shape, margin: if self.fixed.is_some() { 0.0 } else { MARGIN } }
    }
}
