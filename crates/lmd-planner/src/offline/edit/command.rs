//! [`Command`]: one thing an instruction asks for; and what every reader of
//! instructions needs.

use crate::{Region, RelationKind};

/// One thing to do. References stay words until they are carried out, since
/// an earlier clause may change what they mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// Add what the words describe.
    Add(String),
    /// There should be what the words describe: `five apples` where there are
    /// three already adds two.
    Want(String),
    /// Give several objects a colour each.
    Colours { who: String, colours: Vec<String> },
    /// Put objects somewhere relative to another.
    Relate { who: String, kind: RelationKind, anchor: String },
    /// Put objects into a part of the picture.
    Region { who: String, region: Region },
    /// Move objects by a step.
    Nudge { who: String, dx: f64, dy: f64 },
    /// Move objects by just these shares of the picture.
    Shift { who: String, dx: f64, dy: f64 },
    /// Bring objects together (below 1) or apart (above 1).
    Gather { who: Option<String>, factor: f64 },
    /// Bring objects nearer to another (below 1) or away from it.
    Approach { who: String, anchor: String, factor: f64 },
    /// Exchange the places of two objects.
    Swap(String, String),
    /// Remove objects.
    Remove(String),
    /// Give objects an attribute.
    Describe { who: String, words: String },
    /// Give objects another name; their boxes stay.
    Relabel { who: String, to: String },
    /// Put something where something is or was.
    Fill { what: String, place: Place },
    /// Move what is there already, add what is not.
    Put { who: String, moved: Box<Self>, added: String },
    /// Put objects at the very left or right.
    Edge { who: String, to_left: bool },
    /// Let objects do something: `riding the horse`.
    Happen { who: String, doing: String },
    /// Put objects in an order, or at even distances.
    Order { who: String, order: Order },
    /// Put back what was there before.
    Restore(String),
    /// One of two things left of another, one right.
    Flank { what: String, anchor: String },
    /// Put objects in a row, a column or a stack.
    Arrange { who: String, line: Line },
    /// Leave objects as they are: they are what is spoken of.
    Keep(String),
    /// No longer exclude something; everything where the words are empty.
    Allow(String),
    /// Turn objects into something else.
    Rename { who: String, to: String },
    /// Scale objects.
    Resize { who: String, w: f64, h: f64 },
    /// Set the place around the objects.
    Background(String),
    /// Set the time of day, season or weather.
    Mood(String),
    /// Set the kind of picture.
    Style(String),
    /// Exclude something from the picture.
    Exclude(String),
    /// Say of objects how they are not, or what they have not.
    Deny { who: String, what: String },
    /// Add copies of an object.
    Duplicate { who: String, count: usize },
    /// Twice as many of a kind.
    Double(String),
    /// Give objects one size, or one side of it, the middle of their own.
    SameSize { who: String, side: Side },
    /// Give objects the size of another or of the picture, times a factor.
    Match { who: String, side: Side, factor: f64, like: String },
    /// Make objects larger or smaller than another: `taller`, `smaller`.
    Exceed { who: String, how: String, anchor: String },
    /// Put objects in line, at an edge of theirs.
    Align { who: String, edge: Edge },
    /// Turn the layout round, sideways or upside down.
    Mirror { who: Option<String>, upright: bool },
    /// Move objects as a group to the middle of the picture.
    Centre(String),
    /// Make objects the `taller` and so on of all.
    Extreme { who: String, how: String },
    /// Remove what is on or in something.
    Clear(String),
    /// Give somebody something to hold.
    Give { who: String, what: String },
    /// Something that boxes and captions cannot say, and why.
    Cannot(&'static str),
    /// Remove everything else.
    KeepOnly(String),
    /// Do something, and what the words name goes.
    Instead { done: Box<Self>, gone: String },
}

/// Whose place is meant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// That of what went away last.
    Vacated,
    /// That of what the words name.
    Of(String),
}

/// A way to stand in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Row,
    Column,
    Stack,
    Circle,
}

/// A measure of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Width,
    Height,
}

/// What things are ordered by from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By a measure of their boxes, the greatest first where it falls.
    By { side: Side, falling: bool },
    /// The other way round than now.
    Reversed,
    /// As now, at equal distances.
    Even,
}

/// An edge of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Left,
    Right,
    Top,
    Bottom,
}

pub(super) fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

pub(super) fn named(who: &str) -> Option<String> {
    let who = who.trim();
    (!matches!(who, "" | "them" | "everything" | "it" | "out" | "all")).then(|| who.to_owned())
}

pub(super) fn two_parts(text: &str, joints: &[&str]) -> Option<(String, String)> {
    let (one, other) = joints.iter().find_map(|joint| text.split_once(joint))?;
    (!one.is_empty() && !other.is_empty()).then(|| (one.trim().to_owned(), other.trim().to_owned()))
}
