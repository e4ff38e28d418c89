//! The problem of a scene: things become items, and items become bodies with a
//! size on the canvas.
//!
//! An item is a group that moves as one: one thing, or several of a kind
//! standing together. Things that relations tear apart (a lamp *between two
//! chairs*) become one item each.

use lmd_layout::BBox;

use super::item::{Body, Item, LARGEST, MOST_IN_ROW};
use super::shape::{Room, corner_size, hook_size, scaled};
use super::usual;
use crate::lexicon::{Class, Kind, kind_of};
use crate::{Arrangement, Region, RelationKind, Scene};

/// Shortest side of a box while there is room: two cells of a 16 × 16 grid.
const SHORTEST: f64 = 0.13;
/// What is flat is no flatter than this where it shares what it is on with others.
const FLATTEST: f64 = 0.07;
/// Below which scale a row shrinks for what stands beside it.
const SQUEEZED: f64 = 0.7;
/// The widest plate, in metres, and how many things lie on one in one row.
const DISH: f64 = 0.6;
const MOST_ON_DISH: usize = 4;
/// How wide what rises out of a vessel is at most, in widths of that.
pub(super) const STICKING: f64 = 1.3;
/// How far the side of the largest of several things goes.
const PROMINENT: f64 = 0.54;

/// What needs room on or in what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) child: usize,
    pub(super) parent: usize,
    pub(super) kind: RelationKind,
}

impl Hold {
    /// Whether something stands in a row behind or before a table around which others stand.
    fn is_ring(self) -> bool {
        matches!(self.kind, RelationKind::Behind | RelationKind::InFrontOf)
    }
}

/// Something with all that is on or in it, and what is larger in life.
#[derive(Clone, Debug)]
pub(super) struct Larger {
    /// What must not be the larger one, and what shrinks with it.
    pub(super) item: usize,
    pub(super) load: Vec<usize>,
    /// What it must not be larger than.
    pub(super) than: Vec<usize>,
}

/// All items of a scene.
#[derive(Clone, Debug, Default)]
pub(super) struct LayoutProblem {
    /// The items; relations are rewritten to their indices.
    pub(super) items: Vec<Item>,
    /// For each thing of the scene, its items.
    pub(super) of_thing: Vec<Vec<usize>>,
    pub(super) holds: Vec<Hold>,
    /// Which stand left or right of which.
    beside: Vec<(usize, usize)>,
    /// What is to stay smaller than what.
    pub(super) larger: Vec<Larger>,
    /// Whether there is more to see than what is in the sky.
    grounded: bool,
    /// Whether everything is in the air over a place.
    pub(super) aloft: bool,
    /// Whether there is a place all around.
    wide: bool,
}

/// What is given about a thing before planning.
#[derive(Clone, Debug, Default)]
pub(crate) enum Given {
    /// Nothing: size and place are free.
    #[default]
    Nothing,
    /// It exists and stays where it is, one box per instance.
    Place(Vec<BBox>),
    /// It exists and is moved; its size stays.
    Size(f64, f64),
}

impl LayoutProblem {
    /// The items of `scene`; `given` says what is known of its things.
    pub(super) fn new(scene: &Scene, given: &[Given]) -> Self {
        let mut problem = Self::default();
        for (index, thing) in scene.things.iter().enumerate() {
            let first = problem.items.len();
            match given.get(index) {
                Some(Given::Place(boxes)) => {
                    problem.items.extend(boxes.iter().map(|bbox| Item::fixed(index, thing, *bbox)));
                }
                Some(Given::Size(w, h)) => {
                    problem.items.push(Item { kept_size: Some((*w, *h)), ..Item::new(index, thing, 1) });
                }
                _ if must_split(scene, index) => {
                    let split = (0..thing.count as usize).map(|part| Item::part(index, thing, part));
                    problem.items.extend(split);
                }
                _ => problem.items.push(Item::new(index, thing, thing.count.max(1) as usize)),
            }
            problem.of_thing.push((first..problem.items.len()).collect());
        }
        problem.grounded =
            scene.background.is_some() || !scene.things.iter().all(|thing| usual::is_of_sky(&thing.noun));
        let in_air = |item: &Item| item.kind.class == Class::Air && item.fixed.is_none();
        let place = scene.background.as_ref().is_some_and(|place| !place.starts_with("a scene"));
        problem.wide = place;
        if scene.style.as_deref().is_some_and(usual::is_from_afar) && place {
            for item in problem.items.iter_mut().filter(|item| item.region.is_none()) {
                item.lone = item.lone.or(Some(usual::FAR));
            }
        }
        problem.aloft = place && problem.items.iter().all(in_air);
        problem.shrink_sky(scene);
        problem
    }

    /// Clouds over a place that is the background must not fill the picture.
    fn shrink_sky(&mut self, scene: &Scene) {
        let in_sky = |item: &Item| item.region == Some(Region::Sky) && item.kept_size.is_none();
        if scene.background.is_none() || !self.items.iter().all(in_sky) {
            return;
        }
        for item in &mut self.items {
            item.factor *= if self.aloft { 1.0 } else { 0.5 };
            item.arrangement = item.arrangement.or((item.count < 5).then_some(Arrangement::Row));
        }
    }

    /// Notes that `child` rests on, stands in or under `parent`, which must be
    /// large enough for it.
    pub(super) fn hold(&mut self, child: usize, parent: usize, kind: RelationKind) {
        if matches!(kind, RelationKind::On | RelationKind::HangsFrom | RelationKind::HalfIn)
            && self.items[child].arrangement.is_none()
        {
            // Everything that rests on something has its feet at one height.
            self.items[child].arrangement = Some(Arrangement::Row);
        }
        // A rope from which something hangs is upright.
        let rope = &mut self.items[parent].kind;
        if kind == RelationKind::HangsFrom && rope.class == Class::Flat && rope.width > 4.0 * rope.height {
            *rope = Kind { height: rope.width, width: rope.height, class: Class::Hang };
        }
        let carrier = self.items[parent].kind;
        self.items[child].fit_to(carrier, kind);
        let lies = kind == RelationKind::On
            && self.items[child].lies
            && !matches!(self.items[parent].kind.class, Class::Wall | Class::Hang);
        self.items[child].lying |= lies;
        self.holds.push(Hold { child, parent, kind });
    }

    /// Notes that two stand side by side: two or three of a kind stand in a row there.
    pub(super) fn side_by_side(&mut self, s: usize, o: usize) {
        self.beside.push((s, o));
        for index in [s, o] {
            let item = &mut self.items[index];
            item.arrangement = item.arrangement.or((2..=3).contains(&item.count).then_some(Arrangement::Row));
        }
    }

    /// The width, at most `widest`, that the members of an item take together: they leave room for what stands beside them.
    fn beside_others(&self, item: usize, cells: &[(f64, f64)], widest: f64) -> f64 {
        let row = |item: usize| self.items[item].row_width(cells[item]);
        let neighbours = self.beside.iter().filter_map(|(s, o)| match item {
            _ if item == *s => Some(*o),
            _ if item == *o => Some(*s),
            _ => None,
        });
        let shares = neighbours.map(|other| 0.9 * row(item) / (row(item) + row(other)));
        if self.items[item].count > 1 { shares.fold(widest, f64::min) } else { widest }
    }

    /// How many items somebody holds.
    pub(super) fn held_by(&self, holder: usize) -> usize {
        self.holds.iter().filter(|hold| hold.parent == holder && hold.kind == RelationKind::HeldBy).count()
    }

    /// Many things that rest on one holder stand in rows, so that each can still
    /// be seen; `pairs` are who rests on what.
    pub(super) fn settle_rows(&mut self, pairs: &[(usize, usize)]) {
        for (child, holder) in pairs {
            let siblings = pairs.iter().filter(|(_, other)| other == holder);
            let total: usize = siblings.map(|(other, _)| self.items[*other].count).sum();
            let holder = &self.items[*holder];
            let is_flat_dish = holder.kind.class == Class::Flat && holder.kind.width <= DISH;
            let in_one = holder.is_thin() || holder.kind.class == Class::Wall;
            let child = &mut self.items[*child];
            let most = if is_flat_dish { MOST_ON_DISH } else { MOST_IN_ROW };
            let lines = u32::try_from(total.div_ceil(most)).unwrap_or(1);
            let free = matches!(child.arrangement, None | Some(Arrangement::Row));
            if child.count > 1 && lines > 1 && !in_one && free {
                child.arrangement = Some(Arrangement::Rows(lines));
            }
        }
    }

    /// Whether an item stands on the floor itself, wherever the sentence
    /// leaves that open.
    pub(super) fn stands_on_floor(&self, item: usize) -> bool {
        let carried = self.holds.iter().any(|hold| hold.child == item && hold.kind != RelationKind::Under);
        let Item { kind, region, fixed, .. } = &self.items[item];
        let free = matches!(region, None | Some(Region::Left | Region::Right | Region::Ground));
        kind.class.stands() && free && fixed.is_none() && !carried
    }

    /// The largest scale worth trying: the largest thing takes about half of the canvas's side, alone a little more.
    pub(super) fn largest_scale(&self) -> f64 {
        let members: usize = self.items.iter().map(|item| item.count).sum();
        if members < 2 || self.items.iter().any(|item| item.fixed.is_some()) {
            return 1.0;
        }
        self.scale_for(PROMINENT).clamp(0.8, 1.7)
    }

    /// The scale at which the longest side of all is `side`.
    pub(super) fn scale_for(&self, side: f64) -> f64 {
        // What is far away is not what the picture is about, unless there is nothing else.
        let far = |item: &&Item| item.distance < 1.0;
        let all_far = self.items.iter().all(|item| far(&item));
        // What is in the corner of something is as small as that lets it be.
        let free = |item: &&Item| !item.cornered;
        let cells = self.items.iter().zip(self.cells(1.0, 1.0));
        let seen = cells.filter(|(item, _)| free(item) && (all_far || !far(item)));
        let sides = seen.map(|(_, (w, h))| w.max(h));
        side / sides.fold(1e-6, f64::max)
    }

    /// Every item's body when all are drawn at `scale` (1 is a usual share of
    /// the canvas), `stretch` times as high as usual.
    pub(super) fn bodies(&self, scale: f64, stretch: f64) -> Vec<Body> {
        let mut cells = self.cells(scale, stretch);
        // Supports grow bottom-up; a few passes reach the top of any stack.
        for _ in 0..4 {
            self.holds.iter().for_each(|hold| self.make_room(*hold, &mut cells));
        }
        self.serve(&mut cells);
        self.keep_order(&mut cells);
        self.match_alike(&mut cells);
        let alone = self.items.len() == 1;
        let body = |(index, item): (usize, &Item)| {
            let height = match item.count {
                _ if alone => 0.86,
                1 => 0.68,
                _ if item.is_stack() => 0.6,
                _ => 0.5,
            };
            // First all get smaller together; only then does a row shrink for what is beside it.
            let widest = usual::width(item.region, item.count);
            let width = if scale < SQUEEZED { self.beside_others(index, &cells, widest) } else { widest };
            item.body(cells[index], self.room_of(index, &cells, Room { width, height }))
        };
        self.items.iter().enumerate().map(body).collect()
    }

    /// The room a group has: that of what holds it, if anything does.
    fn room_of(&self, item: usize, cells: &[(f64, f64)], room: Room) -> Room {
        let Some(hold) = self.holds.iter().find(|hold| hold.child == item) else { return room };
        let (w, h) = cells[hold.parent];
        match hold.kind {
            _ if self.items[item].fixed.is_some() || self.is_on_hook(*hold) => room,
            RelationKind::Inside => Room { width: 0.86 * w, height: 0.86 * h },
            RelationKind::Under => Room { width: 0.94 * w, height: 0.6 * h },
            RelationKind::HeldBy => room,
            RelationKind::HalfIn if self.sticks_out((hold.child, hold.parent)) => {
                Room { width: STICKING * w, ..room }
            }
            _ => Room { width: 0.94 * w, ..room },
        }
    }

    /// The size of one member of each item.
    fn cells(&self, scale: f64, stretch: f64) -> Vec<(f64, f64)> {
        let members: usize = self.items.iter().map(|item| item.count).sum();
        let all_far = self.items.iter().all(|item| item.distance < 1.0);
        let distance = |item: &Item| if all_far { 1.0 } else { item.distance };
        let share = |item: &Item| item.count as f64 * (item.extent() * distance(item)).powi(2);
        let weight: f64 = self.items.iter().map(share).sum();
        // The share of the canvas that is covered grows slowly with the crowd.
        let covered = 0.26 + 0.05 * (members.max(1) as f64).ln();
        let unit = self.matched((covered / weight.max(1e-6)).sqrt()) * scale;
        let shortest = SHORTEST * (scale / 0.55).min(1.0) * (12.0 / members.max(12) as f64).sqrt();
        let cell = |(index, item): (usize, &Item)| {
            let held = self.holds.iter().any(|hold| hold.child == index);
            let many = self.items.len() + usize::from(item.in_sky) > 1;
            let most = match item.region {
                Some(Region::Background) => item.most,
                _ if self.wide && !held && item.lone.is_some() => item.lone,
                // Of what flies, animals alone have a usual size.
                _ if self.aloft && item.count > 1 && item.most.is_some() && !item.in_sky => {
                    Some(usual::FLOCK)
                }
                // A sun or a moon is far off, even where it is the only thing.
                _ if self.aloft && item.in_sky => item.most,
                _ if self.aloft => usual::most_aloft(members),
                _ => item.most.filter(|_| self.grounded && many && !held && self.is_outsized(index)),
            };
            let stretch = if item.in_sky { 1.0 } else { stretch };
            item.within(item.cell(unit, shortest, stretch), most)
        };
        self.items.iter().enumerate().map(cell).collect()
    }

    /// The unit of size, matched to what stands there already.
    fn matched(&self, unit: f64) -> f64 {
        let sizes = self.items.iter().filter_map(|item| Some(item.fixed?.area().sqrt() / item.extent()));
        let (sum, count) = sizes.fold((0.0, 0.0), |(sum, count), size| (sum + size.ln(), count + 1.0));
        if count == 0.0 { unit } else { f64::exp(sum / count).clamp(0.6 * unit, 1.5 * unit) }
    }

    /// Enlarges the holder so that what it holds fits, and what it holds
    /// shrinks when the holder cannot grow.
    fn make_room(&self, hold: Hold, cells: &mut [(f64, f64)]) {
        if hold.kind == RelationKind::HeldBy {
            return self.fit_hands(hold, cells);
        }
        // What stands at the end of a shelf, is not within it.
        let furniture =
            matches!(self.items[hold.parent].kind.class, Class::Table | Class::Seat | Class::Mount);
        let within = hold.kind != RelationKind::On || !furniture;
        if within && self.items[hold.child].cornered && self.items[hold.child].kept_size.is_none() {
            cells[hold.child] = corner_size(cells[hold.child], cells[hold.parent]);
        }
        if self.fit_part(hold, cells) {
            return;
        }
        if self.is_on_hook(hold) {
            cells[hold.parent] = hook_size(cells[hold.parent], cells[hold.child]);
            return;
        }
        let siblings =
            self.holds.iter().filter(|other| other.parent == hold.parent && other.kind == hold.kind);
        let row: f64 = siblings.map(|other| self.items[other.child].row_width(cells[other.child])).sum();
        let child = &self.items[hold.child];
        let (need_w, need_h) = match hold.kind {
            RelationKind::Inside => {
                let shape = child.body(cells[hold.child], Room { width: 0.7, height: 0.5 }).shape;
                (row.min(shape.size.0.max(0.6)) * 1.2, shape.size.1 * 1.3)
            }
            RelationKind::Under => (row * 1.15, cells[hold.child].1 / 0.55),
            // What has several rows reaches from the feet of the first to below the last.
            _ if child.in_rows() => {
                (row * 1.12, child.body(cells[hold.child], Room { width: 0.8, height: 0.6 }).shape.size.1)
            }
            _ => (row * 1.12, 0.0),
        };
        let parent = &self.items[hold.parent];
        let (have_w, have_h) = cells[hold.parent];
        // A door does not grow with what is on it.
        let narrow = hold.kind == RelationKind::Inside && parent.is_narrow_wall();
        let free = parent.is_free() && !narrow;
        let widest = LARGEST.0.min(self.widest(hold, have_h)).max(have_w);
        let (most_w, most_h) = if free { (widest, LARGEST.1) } else { (have_w, have_h) };
        if free {
            let grow = if hold.is_ring() {
                1.0
            } else {
                (need_w.min(most_w) / have_w).max(need_h / have_h).max(1.0)
            };
            cells[hold.parent] =
                (need_w.max(have_w * grow.sqrt()).min(most_w), need_h.max(have_h * grow.sqrt()).min(most_h));
        }
        if self.leave_sides(hold, cells) {
            return;
        }
        // A plate grows first; then what is on it is served.
        if self.is_dish(hold) {
            return;
        }
        let over =
            if narrow { 1.2 * cells[hold.child].0 / have_w } else { (need_w / most_w).max(need_h / most_h) };
        if over > 1.0 && child.is_free() {
            let (w, h) = cells[hold.child];
            // What is flat already stays visible.
            cells[hold.child] = (w / over, (h / over).max(h.min(FLATTEST)));
        }
    }

    /// What is on a plate or the like shrinks together until it lies within it.
    fn serve(&self, cells: &mut [(f64, f64)]) {
        for dish in 0..cells.len() {
            let on: Vec<usize> = self
                .holds
                .iter()
                .filter(|hold| hold.parent == dish && self.is_dish(**hold))
                .map(|hold| hold.child)
                .collect();
            // What nobody knows the size of leaves half of the dish to the others.
            for item in on.iter().filter(|item| self.items[**item].kind == Kind::UNKNOWN && on.len() > 1) {
                let shrink = (0.4 * cells[dish].0 / self.items[*item].row_width(cells[*item])).min(1.0);
                cells[*item] = scaled(cells[*item], shrink);
            }
            let row: f64 = on.iter().map(|item| self.items[*item].row_width(cells[*item])).sum();
            let highest = on.iter().map(|item| cells[*item].1).fold(0.0, f64::max);
            let shrink = (0.8 * cells[dish].0 / row).min(0.85 * cells[dish].1 / highest).min(1.0);
            on.into_iter().for_each(|item| cells[item] = scaled(cells[item], shrink));
        }
    }

    /// What lies in the middle leaves room to what lies at the side. `true` if it does.
    fn leave_sides(&self, hold: Hold, cells: &mut [(f64, f64)]) -> bool {
        let (child, parent) = (&self.items[hold.child], &self.items[hold.parent]);
        let at_side = |other: &Hold| other.parent == hold.parent && self.items[other.child].cornered;
        let amid = !child.cornered && child.is_free();
        if !amid || parent.kind.class != Class::Flat || !self.holds.iter().any(at_side) {
            return false;
        }
        let ((w, h), (have_w, have_h)) = (cells[hold.child], cells[hold.parent]);
        let shrink = (0.44 * have_w / w).min(0.8 * have_h / h).min(1.0);
        cells[hold.child] = scaled(cells[hold.child], shrink);
        true
    }

    /// The empty one of two chairs is as large as the one that a cat lies on.
    fn match_alike(&self, cells: &mut [(f64, f64)]) {
        let held = |item: usize| self.holds.iter().any(|hold| hold.child == item);
        let holders = self.holds.iter().filter(|hold| hold.kind != RelationKind::HeldBy);
        for parent in holders.map(|hold| hold.parent).filter(|parent| !held(*parent)) {
            for other in (0..cells.len()).filter(|other| *other != parent && !held(*other)) {
                if self.items[other].is_like(&self.items[parent]) {
                    let ((w, h), (least_w, least_h)) = (cells[other], cells[parent]);
                    cells[other] = (w.max(least_w), h.max(least_h));
                }
            }
        }
    }

    /// Whether something small lies on a plate or the like, within its outline.
    fn is_dish(&self, hold: Hold) -> bool {
        let (child, parent) = (&self.items[hold.child], &self.items[hold.parent]);
        let flat = parent.kind.class == Class::Flat && parent.kind.width <= DISH;
        // Of a strip of bacon nobody knows how wide it is.
        let fits = child.kind == Kind::UNKNOWN || child.kind.width <= parent.kind.width;
        child.is_free() && hold.kind == RelationKind::On && flat && fits
    }

    /// How far down the outline of `parent` the feet of `child` are on it.
    pub(super) fn ride(&self, child: usize, parent: usize) -> f64 {
        let lies = self.items[child].lying && self.items[parent].kind.class != Class::Table;
        match () {
            () if self.is_dish(Hold { child, parent, kind: RelationKind::On }) => 0.75,
            () if lies => 0.6,
            () => self.items[parent].support_height(),
        }
    }

    /// What is held is smaller than who holds it; an umbrella may be wider.
    fn fit_hands(&self, hold: Hold, cells: &mut [(f64, f64)]) {
        let child = &self.items[hold.child];
        if !child.is_free() {
            return;
        }
        let ((w, h), (have_w, have_h)) = (cells[hold.child], cells[hold.parent]);
        let (most_w, most_h) = if child.kind.class == Class::Over { (1.7, 0.6) } else { (0.62, 0.42) };
        let shrink = (most_w * have_w / w).min(most_h * have_h / h).min(1.0);
        // What is thin already stays visible.
        let side = |side: f64| (side * shrink).max(side.min(0.1));
        cells[hold.child] = (side(w), side(h));
    }
}

/// Whether the instances of a thing are placed one by one.
fn must_split(scene: &Scene, index: usize) -> bool {
    let thing = &scene.things[index];
    let count = |other: usize| scene.things.get(other).map_or(1, |thing| thing.count);
    if thing.count < 2 {
        return false;
    }
    let torn = scene.relations.iter().any(|relation| match relation.kind {
        RelationKind::Between(other) => relation.object == index && other == index,
        RelationKind::Around => relation.subject == index,
        // Two cats on two chairs: one each.
        RelationKind::On
        | RelationKind::Inside
        | RelationKind::Under
        | RelationKind::HeldBy
        | RelationKind::HalfIn
        | RelationKind::HangsFrom => {
            // A fox beneath ferns is below all of them.
            let hollow = kind_of(&thing.noun).class.is_hollow() || count(relation.subject) > 1;
            if relation.kind == RelationKind::Under && relation.object == index && !hollow {
                return false;
            }
            // What is on a stack is on the topmost of it.
            let one_stack = thing.arrangement == Some(Arrangement::Stack);
            (relation.subject == index && count(relation.object) > 1)
                || (relation.object == index && !one_stack && !usual::bridges(scene, relation))
        }
        _ => false,
    });
    torn || thing.region == Some(Region::Corners)
}
