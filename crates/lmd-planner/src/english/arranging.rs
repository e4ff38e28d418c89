//! Rows, stacks and the like at work: things that are arranged with one another.

use super::interpret::Interpreter;
use crate::{Arrangement, RelationKind};

impl Interpreter<'_> {
    /// Arranges what is spoken of, or what comes next.
    pub(super) fn arrange(&mut self, arrangement: Arrangement) {
        let group = self.current_subjects();
        match group.as_slice() {
            [] => self.arrangement = Some(arrangement),
            [one] => {
                if let Some(thing) = self.scene.things.get_mut(*one).filter(|thing| thing.count > 1) {
                    thing.arrangement = Some(arrangement);
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

    /// Each thing stands so to the next.
    pub(super) fn chain(&mut self, things: &[usize], kind: RelationKind) {
        for pair in things.windows(2) {
            if let [first, second] = pair {
                self.relate(*first, kind, *second);
            }
        }
    }
}
