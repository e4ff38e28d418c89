//! Two that face each other, or stand back to back: which of them looks to the left and which to the right.

use super::chunk::Chunk;
use super::interpret::Interpreter;
use crate::{Arrangement, Region, Relation, RelationKind};

impl Interpreter<'_> {
    /// Turns two to each other, or away from each other: the caption of each says which way it looks.
    pub(super) fn face(&mut self, away: bool) {
        let group = self.current_subjects();
        // "two wrestlers face each other, one in red and one in black"
        let parted = matches!(self.peek(2), Some(Chunk::Np(np)) if np.noun.is_empty());
        let pair = match group.as_slice() {
            _ if parted => None,
            [one] => self.taken_apart(*one).map(|other| (*one, other)),
            [one, other] => {
                let single = |index: &usize| self.scene.things.get(*index).is_some_and(|t| t.count == 1);
                (single(one) && single(other)).then(|| self.left_first(*one, *other))
            }
            _ => None,
        };
        let Some((left, right)) = pair else {
            if !group.is_empty() {
                self.scene.notes.push("who faces whom is not drawn".to_owned());
            }
            return self.arrange(Arrangement::Row);
        };
        let (inward, outward) = if away { ("left", "right") } else { ("right", "left") };
        self.add_detail(&[left], &format!("facing {inward}"));
        self.add_detail(&[right], &format!("facing {outward}"));
        let placed = |r: &Relation| [(left, right), (right, left)].contains(&(r.subject, r.object));
        if !self.scene.relations.iter().any(placed) {
            self.relate(left, RelationKind::LeftOf, right);
        }
        (self.group, self.object_of, self.closed) = (vec![left, right], None, true);
    }

    /// The second of exactly two, as a thing of its own beside the first.
    fn taken_apart(&mut self, one: usize) -> Option<usize> {
        let thing = self.scene.things.get_mut(one).filter(|thing| thing.count == 2 && thing.exact)?;
        (thing.count, thing.arrangement) = (1, None);
        let second = thing.clone();
        let other = self.scene.things.len();
        self.scene.things.push(second);
        self.stand_like(other, one);
        let between = |r: &&mut Relation| r.object == one && r.kind == RelationKind::Between(one);
        for relation in self.scene.relations.iter_mut().filter(between) {
            relation.kind = RelationKind::Between(other);
        }
        self.mentioned.push(other);
        Some(other)
    }

    /// Two in their order from left to right, as far as the sentence says.
    fn left_first(&self, one: usize, other: usize) -> (usize, usize) {
        let region = |index: usize| self.scene.things.get(index).and_then(|thing| thing.region);
        let stands = |a: usize, kind: RelationKind, b: usize| {
            self.scene.relations.contains(&Relation { subject: a, kind, object: b })
        };
        let turned = stands(one, RelationKind::RightOf, other)
            || stands(other, RelationKind::LeftOf, one)
            || region(one) == Some(Region::Right)
            || region(other) == Some(Region::Left);
        if turned { (other, one) } else { (one, other) }
    }
}
