//! [`Board`]: a layout while an instruction is carried out.

use lmd_layout::{BBox, Layout, LayoutError, Object};

use crate::RelationKind;

/// One object on the board.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// What tells it from all others, whatever it is called and wherever it goes.
    pub(super) id: usize,
    /// Its caption.
    pub(super) caption: String,
    /// Its box.
    pub(super) bbox: BBox,
    /// Whether it must stay as it is.
    pub(super) locked: bool,
}

/// Objects that must stand so to others, all by their ids.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) subject: usize,
    pub(super) kind: RelationKind,
    pub(super) anchors: Vec<usize>,
}

/// Objects, background and negative prompt, all open to change.
#[derive(Clone, Debug)]
pub(super) struct Board {
    /// The objects in their order.
    pub(super) pieces: Vec<Piece>,
    /// The background prompt.
    pub(super) background: String,
    /// The negative prompt.
    pub(super) negative: String,
    /// What "it" and "them" mean now.
    pub(super) touched: Vec<usize>,
    /// The ids of what the prompt is about: the penguin of `a penguin on an ice floe`.
    pub(super) topic: Vec<usize>,
    /// What went away last, or was moved: its caption and the box it left.
    pub(super) vacated: Vec<(String, BBox)>,
    /// What was there in an earlier layout and is not now, the latest first: its caption and its box.
    pub(super) gone: Vec<(String, BBox)>,
    /// What a person should know afterwards.
    pub(super) warnings: Vec<String>,
    /// What the last command demands of the places of objects.
    pub(super) demands: Vec<Demand>,
    /// The ids of what went along with what it rests on.
    pub(super) carried: Vec<usize>,
    /// The id of the next new object.
    next: usize,
}

impl Board {
    /// The objects whose numbers are `locked` must stay as they are.
    pub(super) fn new(layout: &Layout, touched: Vec<usize>, locked: &[usize]) -> Self {
        let piece = |(index, object): (usize, &Object)| Piece {
            id: index,
            caption: object.caption.to_string(),
            bbox: object.bbox,
            locked: locked.contains(&index),
        };
        Self {
            pieces: layout.objects().iter().enumerate().map(piece).collect(),
            background: layout.background().to_owned(),
            negative: layout.negative().to_owned(),
            touched,
            topic: Vec::new(),
            vacated: Vec::new(),
            gone: Vec::new(),
            warnings: Vec::new(),
            demands: Vec::new(),
            carried: Vec::new(),
            next: layout.objects().len(),
        }
    }

    /// Puts a new object on top of all others.
    pub(super) fn put(&mut self, caption: String, bbox: BBox) {
        self.pieces.push(Piece { id: self.next, caption, bbox, locked: false });
        self.next += 1;
    }

    /// Where the object is that has an id, as long as it is there.
    pub(super) fn index_of(&self, id: usize) -> Option<usize> {
        self.pieces.iter().position(|piece| piece.id == id)
    }

    /// The object that has an id, as long as it is there.
    pub(super) fn with_id(&self, id: usize) -> Option<&Piece> {
        self.pieces.get(self.index_of(id)?)
    }

    /// The locked objects, to be compared before and after a command.
    pub(super) fn locked(&self) -> Vec<(String, BBox)> {
        let locked = self.pieces.iter().filter(|piece| piece.locked);
        locked.map(|piece| (piece.caption.clone(), piece.bbox)).collect()
    }

    /// Remembers which boxes of `before` are free now.
    pub(super) fn note_vacated(&mut self, before: &[(String, BBox)]) {
        let now = self.boxes();
        let left: Vec<(String, BBox)> =
            before.iter().filter(|(_, bbox)| !now.contains(bbox)).cloned().collect();
        if !left.is_empty() {
            self.vacated = left;
        }
    }

    /// Captions and boxes of all objects.
    pub(super) fn inhabitants(&self) -> Vec<(String, BBox)> {
        self.pieces.iter().map(|piece| (piece.caption.clone(), piece.bbox)).collect()
    }

    /// The boxes of all objects.
    pub(super) fn boxes(&self) -> Vec<BBox> {
        self.pieces.iter().map(|piece| piece.bbox).collect()
    }

    /// Gives every object its box.
    pub(super) fn place_all(&mut self, boxes: Vec<BBox>) {
        for (piece, bbox) in self.pieces.iter_mut().zip(boxes) {
            piece.bbox = bbox;
        }
    }

    /// Puts words into the negative prompt, once.
    pub(super) fn forbid(&mut self, words: String) {
        if !self.negative.split(", ").any(|known| known == words) {
            self.negative =
                if self.negative.is_empty() { words } else { format!("{}, {words}", self.negative) };
        }
    }

    /// Takes objects out. What was touched before has no meaning then.
    pub(super) fn remove(&mut self, gone: &[usize]) {
        let mut index = 0;
        self.pieces.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
        self.touched.clear();
    }

    /// Puts the numbers of objects in the order in which their centres stand from left to right.
    pub(super) fn left_to_right(&self, some: &mut [usize]) {
        let centre = |index: usize| self.pieces[index].bbox.center().0;
        some.sort_by(|a, b| centre(*a).total_cmp(&centre(*b)));
    }

    /// The boxes of all objects but `some`.
    pub(super) fn boxes_besides(&self, some: &[usize]) -> Vec<BBox> {
        let others = self.pieces.iter().enumerate().filter(|(index, _)| !some.contains(index));
        others.map(|(_, piece)| piece.bbox).collect()
    }

    /// What is there, for a message: `a cat, 2 × a dog`.
    pub(super) fn inventory(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for piece in &self.pieces {
            match counts.iter_mut().find(|(caption, _)| *caption == piece.caption) {
                Some((_, count)) => *count += 1,
                None => counts.push((&piece.caption, 1)),
            }
        }
        let words: Vec<String> = counts
            .into_iter()
            .map(
                |(caption, count)| {
                    if count == 1 { caption.to_owned() } else { format!("{count} × {caption}") }
                },
            )
            .collect();
        if words.is_empty() { "no objects".to_owned() } else { words.join(", ") }
    }

    /// The layout, and the warnings.
    pub(super) fn finish(self) -> Result<(Layout, Vec<String>), LayoutError> {
        let objects: Result<Vec<Object>, LayoutError> =
            self.pieces.iter().map(|piece| Object::new(&piece.caption, piece.bbox)).collect();
        Ok((Layout::new(objects?, &self.background, &self.negative)?, self.warnings))
    }
}
