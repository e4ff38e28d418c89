//! How two boxes stand to one another, and where in the picture a box is.
//!
//! These definitions are this crate's own. They are stricter than comparing
//! centres where words are, and allow a little slack where words are loose.

use lmd_layout::BBox;

/// Slack for edges, as a share of the picture.
const SLACK: f64 = 0.04;

/// A relation between two boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    LeftOf,
    RightOf,
    Above,
    Below,
    On,
    Under,
    Inside,
    NextTo,
    InFrontOf,
    Behind,
    Overlaps,
    Bigger,
    Taller,
}

impl Relation {
    const ALL: [(&'static str, Self); 13] = [
        ("left_of", Self::LeftOf),
        ("right_of", Self::RightOf),
        ("above", Self::Above),
        ("below", Self::Below),
        ("on", Self::On),
        ("under", Self::Under),
        ("inside", Self::Inside),
        ("next_to", Self::NextTo),
        ("in_front_of", Self::InFrontOf),
        ("behind", Self::Behind),
        ("overlaps", Self::Overlaps),
        ("bigger", Self::Bigger),
        ("taller", Self::Taller),
    ];

    pub(super) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, relation)| relation)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, relation)| *relation == self).map_or("", |(name, _)| name)
    }

    /// Whether every pair must stand so, or only one partner for each `a`.
    pub(super) fn is_universal(self) -> bool {
        matches!(self, Self::LeftOf | Self::RightOf | Self::Bigger | Self::Taller)
    }

    pub(super) fn holds(self, a: BBox, b: BBox) -> bool {
        let ((ax, ay), (bx, by)) = (a.center(), b.center());
        match self {
            Self::LeftOf => ax < bx,
            Self::RightOf => ax > bx,
            Self::Above => ay < by && a.y_max() <= by + SLACK,
            Self::Below => ay > by && a.y() >= by - SLACK,
            Self::On => is_on(a, b),
            Self::Under => ay > by && overlap_x(a, b) > 0.0,
            Self::Inside => a.intersection(b) >= 0.85 * a.area() && a.area() < b.area(),
            Self::NextTo => is_next_to(a, b),
            Self::InFrontOf => a.y_max() > b.y_max() && overlap_x(a, b) > 0.0,
            Self::Behind => a.y_max() < b.y_max() && overlap_x(a, b) > 0.0,
            Self::Overlaps => a.intersection(b) > 0.0,
            Self::Bigger => a.area() > b.area(),
            Self::Taller => a.h() > b.h(),
        }
    }
}

/// Resting on it: over it in x, the lower edge between its top and its lower
/// part; or seen from above, wholly within it.
fn is_on(a: BBox, b: BBox) -> bool {
    let (ax, ay) = a.center();
    let over = ax >= b.x() - SLACK && ax <= b.x_max() + SLACK;
    let rests = a.y_max() >= b.y() - SLACK && a.y_max() <= b.y() + 0.75 * b.h() + SLACK;
    let within = a.intersection(b) >= 0.85 * a.area() && a.area() < b.area();
    over && ((rests && ay < b.center().1) || within)
}

/// Side by side: near one another in x, at the same height, hardly overlapping.
fn is_next_to(a: BBox, b: BBox) -> bool {
    let gap = a.x().max(b.x()) - a.x_max().min(b.x_max());
    let narrower = a.w().min(b.w());
    let lower = a.h().min(b.h());
    gap <= 0.25 && overlap_x(a, b) <= 0.5 * narrower && overlap_y(a, b) >= 0.3 * lower
}

/// Whether `a` stands between `b` and `c` along x or y.
pub(super) fn is_between(a: BBox, b: BBox, c: BBox) -> bool {
    let within = |a: f64, b: f64, c: f64| b.min(c) < a && a < b.max(c);
    let ((ax, ay), (bx, by), (cx, cy)) = (a.center(), b.center(), c.center());
    if (bx - cx).abs() >= (by - cy).abs() { within(ax, bx, cx) } else { within(ay, by, cy) }
}

/// Whether `ring` stands on several sides of `inner`.
pub(super) fn is_around(ring: &[BBox], inner: BBox) -> bool {
    let (x, y) = inner.center();
    let sides = [
        ring.iter().any(|b| b.center().0 < x - SLACK),
        ring.iter().any(|b| b.center().0 > x + SLACK),
        ring.iter().any(|b| b.center().1 < y - SLACK),
        ring.iter().any(|b| b.center().1 > y + SLACK),
    ];
    sides.iter().filter(|side| **side).count() >= ring.len().min(3)
}

fn overlap(low_a: f64, high_a: f64, low_b: f64, high_b: f64) -> f64 {
    (high_a.min(high_b) - low_a.max(low_b)).max(0.0)
}

fn overlap_x(a: BBox, b: BBox) -> f64 {
    overlap(a.x(), a.x_max(), b.x(), b.x_max())
}

fn overlap_y(a: BBox, b: BBox) -> f64 {
    overlap(a.y(), a.y_max(), b.y(), b.y_max())
}

/// A part of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Left,
    Right,
    Top,
    Bottom,
    Center,
    CenterX,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
    Corners,
    Sky,
    Ground,
    Foreground,
}

impl Region {
    const ALL: [(&'static str, Self); 14] = [
        ("left", Self::Left),
        ("right", Self::Right),
        ("top", Self::Top),
        ("bottom", Self::Bottom),
        ("center", Self::Center),
        ("center-x", Self::CenterX),
        ("top-left", Self::TopLeft),
        ("top-right", Self::TopRight),
        ("bottom-left", Self::BottomLeft),
        ("bottom-right", Self::BottomRight),
        ("corners", Self::Corners),
        ("sky", Self::Sky),
        ("ground", Self::Ground),
        ("foreground", Self::Foreground),
    ];

    pub(super) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, region)| region)
    }

    /// Whether all of `boxes` are there, or one in each corner.
    pub(super) fn holds(self, boxes: &[BBox]) -> bool {
        if self == Self::Corners {
            let corners = [Self::TopLeft, Self::TopRight, Self::BottomLeft, Self::BottomRight];
            return corners.iter().all(|corner| boxes.iter().any(|b| corner.contains(*b)));
        }
        boxes.iter().all(|b| self.contains(*b))
    }

    fn contains(self, b: BBox) -> bool {
        let (x, y) = b.center();
        let (left, right, top, bottom) = (x < 0.45, x > 0.55, y < 0.45, y > 0.55);
        match self {
            Self::Left => left,
            Self::Right => right,
            Self::Top => top,
            Self::Bottom => bottom,
            Self::Center => (x - 0.5).abs() <= 0.17 && (y - 0.5).abs() <= 0.25,
            Self::CenterX => (x - 0.5).abs() <= 0.17,
            Self::TopLeft => top && left,
            Self::TopRight => top && right,
            Self::BottomLeft => bottom && left,
            Self::BottomRight => bottom && right,
            Self::Corners => false,
            Self::Sky => top && b.y_max() <= 0.75,
            Self::Ground => b.y_max() >= 0.6,
            Self::Foreground => b.y_max() >= 0.65,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b(x: f64, y: f64, w: f64, h: f64) -> BBox {
        BBox::new(x, y, w, h).unwrap()
    }

    #[test]
    fn on_is_standing_or_lying_on() {
        let table = b(0.2, 0.5, 0.6, 0.4);
        assert!(Relation::On.holds(b(0.4, 0.3, 0.1, 0.25), table));
        assert!(Relation::On.holds(b(0.4, 0.6, 0.1, 0.1), table));
        assert!(!Relation::On.holds(b(0.4, 0.1, 0.1, 0.2), table));
        assert!(!Relation::On.holds(b(0.85, 0.3, 0.1, 0.25), table));
    }

    #[test]
    fn next_to_is_near_and_level() {
        let dog = b(0.2, 0.5, 0.2, 0.3);
        assert!(Relation::NextTo.holds(b(0.45, 0.55, 0.2, 0.2), dog));
        assert!(!Relation::NextTo.holds(b(0.8, 0.55, 0.2, 0.2), dog));
        assert!(!Relation::NextTo.holds(b(0.22, 0.1, 0.2, 0.2), dog));
        assert!(!Relation::NextTo.holds(dog, dog));
    }

    #[test]
    fn above_and_below_keep_clear_of_the_middle() {
        let house = b(0.3, 0.4, 0.4, 0.5);
        assert!(Relation::Above.holds(b(0.3, 0.1, 0.2, 0.2), house));
        assert!(!Relation::Above.holds(b(0.3, 0.35, 0.4, 0.5), house));
        assert!(Relation::Below.holds(house, b(0.3, 0.1, 0.2, 0.2)));
    }

    #[test]
    fn between_follows_the_longer_axis() {
        let (left, right) = (b(0.1, 0.5, 0.1, 0.1), b(0.8, 0.5, 0.1, 0.1));
        assert!(is_between(b(0.4, 0.2, 0.2, 0.2), left, right));
        assert!(!is_between(b(0.9, 0.5, 0.1, 0.1), left, right));
    }

    #[test]
    fn corners_want_one_each() {
        let corner = |x, y| b(x, y, 0.2, 0.2);
        let four = [corner(0.0, 0.0), corner(0.8, 0.0), corner(0.0, 0.8), corner(0.8, 0.8)];
        assert!(Region::Corners.holds(&four));
        assert!(!Region::Corners.holds(&four[..3]));
    }
}
