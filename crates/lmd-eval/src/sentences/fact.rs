//! [`Expectation`]: one thing a layout must show, in the language of the module above.

use std::fmt;

use lmd_layout::{BBox, Layout};
use serde::Serialize;

use super::arrangement::Arrangement;
use super::captions::Words;
use super::geometry::{Region, Relation, is_around, is_between};

/// The longer side from which a thing counts as large.
const LARGE_SIDE: f64 = 0.4;

/// One fact, as read from a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    line: String,
    check: Check,
}

#[derive(Clone, Debug, PartialEq)]
enum Check {
    Count(Words, Number),
    Total(Number),
    Relation(Relation, Words, Words),
    Between(Words, Words, Words),
    Around(Words, Words),
    Region(Words, Region),
    Arrangement(Arrangement, Words),
    Large(Words),
    Absent(Words),
    Background(Words),
    Mentioned(Words),
}

/// What a fact is about; reports give a rate for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ExpectationKind {
    Count,
    Total,
    Relation,
    Region,
    Arrangement,
    Size,
    Absence,
    Background,
    Mention,
}

impl ExpectationKind {
    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Total => "total",
            Self::Relation => "relation",
            Self::Region => "region",
            Self::Arrangement => "arrangement",
            Self::Size => "size",
            Self::Absence => "absence",
            Self::Background => "background",
            Self::Mention => "mention",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
}

impl Number {
    fn split(text: &str) -> Result<(&str, Self), String> {
        for (sign, make) in
            [(">=", Self::AtLeast as fn(usize) -> Self), ("<=", Self::AtMost), ("=", Self::Exactly)]
        {
            if let Some((what, number)) = text.split_once(sign) {
                let number = number.trim().parse().map_err(|_| format!("\"{number}\" is not a number"))?;
                return Ok((what.trim(), make(number)));
            }
        }
        Err("expected =, >= or <= and a number".to_owned())
    }

    fn check(self, found: usize, what: &str) -> Result<(), String> {
        let (holds, expected) = match self {
            Self::Exactly(n) => (found == n, format!("{n}")),
            Self::AtLeast(n) => (found >= n, format!("at least {n}")),
            Self::AtMost(n) => (found <= n, format!("at most {n}")),
        };
        if holds { Ok(()) } else { Err(format!("{found} × {what}, {expected} expected")) }
    }
}

impl Expectation {
    /// Reads a fact from a line.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn read(line: &str) -> Result<Self, String> {
        let (verb, rest) = line.trim().split_once(' ').ok_or("expected a verb and its words")?;
        Ok(Self { line: line.trim().to_owned(), check: Check::read(verb, rest.trim())? })
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> ExpectationKind {
        match self.check {
            Check::Count(..) => ExpectationKind::Count,
            Check::Total(_) => ExpectationKind::Total,
            Check::Relation(Relation::Bigger | Relation::Taller, ..) | Check::Large(_) => {
                ExpectationKind::Size
            }
            Check::Relation(..) | Check::Between(..) | Check::Around(..) => ExpectationKind::Relation,
            Check::Region(..) => ExpectationKind::Region,
            Check::Arrangement(..) => ExpectationKind::Arrangement,
            Check::Absent(_) => ExpectationKind::Absence,
            Check::Background(_) => ExpectationKind::Background,
            Check::Mentioned(_) => ExpectationKind::Mention,
        }
    }

    /// Whether it holds in `layout`.
    ///
    /// # Errors
    /// What was wrong, for people.
    pub fn check(&self, layout: &Layout) -> Result<(), String> {
        self.check.check(layout)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl Check {
    fn read(verb: &str, rest: &str) -> Result<Self, String> {
        if let Some(relation) = Relation::read(verb) {
            let [a, b] = words_list(rest)?;
            return Ok(Self::Relation(relation, a, b));
        }
        if let Some(arrangement) = Arrangement::read(verb) {
            return Ok(Self::Arrangement(arrangement, Words::read(rest)?));
        }
        match verb {
            "count" => {
                let (what, number) = Number::split(rest)?;
                Ok(Self::Count(Words::read(what)?, number))
            }
            "total" => Ok(Self::Total(Number::split(rest)?.1)),
            "between" => read_between(rest),
            "around" => words_list(rest).map(|[a, b]| Self::Around(a, b)),
            "region" => {
                let (what, region) = rest.split_once('=').ok_or("expected = and a region")?;
                let region = Region::read(region.trim()).ok_or(format!("\"{region}\" is no region"))?;
                Ok(Self::Region(Words::read(what)?, region))
            }
            "large" => Words::read(rest).map(Self::Large),
            "absent" => Words::read(rest).map(Self::Absent),
            "background" => Words::read(rest).map(Self::Background),
            "mentioned" => Words::read(rest).map(Self::Mentioned),
            _ => Err(format!("\"{verb}\" is no verb of the language of facts")),
        }
    }

    fn check(&self, layout: &Layout) -> Result<(), String> {
        match self {
            Self::Count(what, number) => number.check(what.objects(layout).len(), &what.to_string()),
            Self::Total(number) => number.check(layout.objects().len(), "objects"),
            Self::Relation(relation, a, b) => check_relation(*relation, a, b, layout),
            Self::Between(a, b, c) => check_between(a, b, c, layout),
            Self::Around(ring, inner) => {
                let ring_boxes = boxes(ring, layout)?;
                let holds = boxes(inner, layout)?.iter().any(|b| is_around(&ring_boxes, *b));
                verdict(holds, || format!("{ring} is not around {inner}"))
            }
            Self::Region(what, region) => {
                verdict(region.holds(&boxes(what, layout)?), || format!("{what} is not there: {region:?}"))
            }
            Self::Arrangement(arrangement, what) => {
                let holds = arrangement.holds(&boxes(what, layout)?);
                verdict(holds, || format!("{what} is not a {}", arrangement.name()))
            }
            Self::Large(what) => {
                let large = |b: &BBox| b.w().max(b.h()) >= LARGE_SIDE;
                verdict(boxes(what, layout)?.iter().all(large), || format!("{what} is not large"))
            }
            Self::Absent(what) => check_absent(what, layout),
            Self::Background(words) => verdict(words.all_in(layout.background()), || {
                format!("the background \"{}\" does not say \"{words}\"", layout.background())
            }),
            Self::Mentioned(words) => {
                let captions = layout.objects().iter().map(|o| o.caption.as_str());
                let text: Vec<&str> = captions.chain([layout.background()]).collect();
                verdict(words.all_in(&text.join(" ")), || format!("\"{words}\" is mentioned nowhere"))
            }
        }
    }
}

fn verdict(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// `a, b`, each some words.
fn words_list<const N: usize>(text: &str) -> Result<[Words; N], String> {
    let words = text.split(',').map(Words::read).collect::<Result<Vec<_>, _>>()?;
    let found = words.len();
    words.try_into().map_err(|_| format!("expected {N} things with commas between them, got {found}"))
}

fn read_between(rest: &str) -> Result<Check, String> {
    if let Ok([a, b, c]) = words_list(rest) {
        return Ok(Check::Between(a, b, c));
    }
    let [a, b] = words_list(rest)?;
    Ok(Check::Between(a, b.clone(), b))
}

/// The boxes of the objects that show `what`, at least one.
fn boxes(what: &Words, layout: &Layout) -> Result<Vec<BBox>, String> {
    let found: Vec<BBox> = what.objects(layout).iter().map(|object| object.bbox).collect();
    if found.is_empty() { Err(format!("there is no {what}")) } else { Ok(found) }
}

fn check_relation(relation: Relation, a: &Words, b: &Words, layout: &Layout) -> Result<(), String> {
    let (first, second) = (boxes(a, layout)?, boxes(b, layout)?);
    let holds = match relation {
        Relation::NextTo => all_beside(&first, &second),
        _ if relation.is_universal() => first.iter().all(|a| second.iter().all(|b| relation.holds(*a, *b))),
        _ => first.iter().all(|a| second.iter().any(|b| relation.holds(*a, *b))),
    };
    verdict(holds, || format!("not so: {a} {} {b}", relation.name()))
}

/// Whether each of `group` stands next to one of `others`, or next to one of
/// the group that does: two children beside a snowman may both be on its left.
fn all_beside(group: &[BBox], others: &[BBox]) -> bool {
    let mut beside = others.to_vec();
    let mut rest = group.to_vec();
    while !rest.is_empty() {
        let near = |b: &BBox| beside.iter().any(|other| Relation::NextTo.holds(*b, *other));
        let (found, left): (Vec<BBox>, Vec<BBox>) = rest.iter().partition(|b| near(b));
        if found.is_empty() {
            return false;
        }
        beside.extend(found);
        rest = left;
    }
    true
}

fn check_between(a: &Words, b: &Words, c: &Words, layout: &Layout) -> Result<(), String> {
    let (middle, first, second) = (boxes(a, layout)?, boxes(b, layout)?, boxes(c, layout)?);
    let holds = middle.iter().all(|a| first.iter().any(|b| second.iter().any(|c| is_between(*a, *b, *c))));
    verdict(holds, || format!("{a} is not between {b} and {c}"))
}

fn check_absent(what: &Words, layout: &Layout) -> Result<(), String> {
    verdict(what.objects(layout).is_empty(), || format!("there is a box of {what}"))?;
    verdict(!what.noun_in(layout.background()), || format!("the background names {what}"))?;
    verdict(what.noun_in(layout.negative()), || {
        format!("the negative prompt \"{}\" does not name {what}", layout.negative())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmd_layout::Object;

    fn scene() -> Layout {
        let object =
            |caption, [x, y, w, h]: [f64; 4]| Object::new(caption, BBox::new(x, y, w, h).unwrap()).unwrap();
        let objects = vec![
            object("a red car", [0.05, 0.5, 0.3, 0.2]),
            object("a blue truck", [0.45, 0.4, 0.45, 0.35]),
            object("a bird", [0.1, 0.05, 0.1, 0.1]),
            object("a bird", [0.3, 0.05, 0.1, 0.1]),
        ];
        Layout::new(objects, "An oil painting of a street", "trees").unwrap()
    }

    fn holds(line: &str) -> bool {
        Expectation::read(line).unwrap().check(&scene()).is_ok()
    }

    #[test]
    fn facts_hold_or_do_not() {
        let true_facts = [
            "count bird = 2",
            "count red car = 1",
            "count bird >= 1",
            "total = 4",
            "total <= 5",
            "left_of car, truck",
            "next_to car, truck",
            "above bird, truck",
            "bigger truck, car",
            "row bird",
            "region bird = top",
            "absent tree",
            "background oil painting",
            "mentioned blue street",
            "large truck",
            "between car, bird, truck",
        ];
        let false_facts = [
            "count red truck = 1",
            "count bird = 1",
            "total = 3",
            "right_of car, truck",
            "on car, truck",
            "bigger car, truck",
            "column bird",
            "region bird = bottom",
            "absent car",
            "absent dog",
            "background watercolor",
            "mentioned dog",
            "large bird",
            "left_of dog, car",
        ];
        for line in true_facts {
            assert!(holds(line), "{line}");
        }
        for line in false_facts {
            assert!(!holds(line), "{line}");
        }
    }

    #[test]
    fn a_group_beside_something_is_a_chain() {
        let at = |x| BBox::new(x, 0.5, 0.1, 0.3).unwrap();
        assert!(all_beside(&[at(0.45), at(0.2)], &[at(0.7)]));
        assert!(!all_beside(&[at(0.2)], &[at(0.7)]));
        assert!(!all_beside(&[at(0.0), at(0.1)], &[at(0.7)]));
    }

    #[test]
    fn broken_lines_are_refused() {
        for line in ["", "count", "count cat", "count cat = x", "left_of cat", "region cat = moon", "is cat"]
        {
            assert!(Expectation::read(line).is_err(), "{line}");
        }
    }
}
