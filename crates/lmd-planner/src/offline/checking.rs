//! Whether the boxes show how things stand to one another, thing by thing: what a name cannot tell apart, and how many
//! there are where nobody counted them.

use lmd_layout::BBox;

use crate::facts::stands_so;
use crate::{Arrangement, Relation, RelationKind, Scene, Thing};

/// How far a box may be off where it rests on or lies in another.
const SLACK: f64 = 0.06;

/// The relations of `scene` that `boxes`, each with its thing, do not show, one sentence each.
pub(super) fn unseen(scene: &Scene, boxes: &[(usize, BBox)]) -> Vec<String> {
    let of = |thing: usize| boxes.iter().filter(move |(index, _)| *index == thing).map(|(_, bbox)| *bbox);
    let shown = |relation: &&Relation| {
        let objects: Vec<BBox> = of(relation.object).collect();
        let others: Vec<BBox> = match relation.kind {
            RelationKind::Between(other) => of(other).collect(),
            _ => Vec::new(),
        };
        // Of a stack the lowest alone is on what bears it.
        let stack = |thing: &Thing| thing.arrangement == Some(Arrangement::Stack);
        let lowest = of(relation.subject).max_by(|a, b| a.y_max().total_cmp(&b.y_max()));
        let stacked = lowest.filter(|_| scene.things.get(relation.subject).is_some_and(stack));
        if let Some(lowest) = stacked {
            return holds(lowest, relation.kind, &objects, &others);
        }
        of(relation.subject).all(|subject| holds(subject, relation.kind, &objects, &others))
    };
    let name = |index: usize| scene.things.get(index).map_or("it", |thing| thing.noun.as_str());
    let says = |relation: &Relation| {
        let (subject, object) = (name(relation.subject), name(relation.object));
        format!("the {subject} should be {} the {object}, in the layout it is not", relation.kind.words())
    };
    let mut notes: Vec<String> = scene.relations.iter().filter(|r| !shown(r)).map(says).collect();
    notes.dedup();
    notes
}

fn holds(subject: BBox, kind: RelationKind, objects: &[BBox], others: &[BBox]) -> bool {
    let (x, y) = subject.center();
    let over = |object: &BBox| (object.x() - SLACK..=object.x_max() + SLACK).contains(&x);
    match kind {
        RelationKind::LeftOf | RelationKind::RightOf | RelationKind::Above | RelationKind::Below => {
            objects.iter().all(|object| stands_so(subject, kind, *object))
        }
        RelationKind::Between(_) => objects.iter().any(|a| {
            let within = |b: &BBox| {
                let ((ax, ay), (bx, by)) = (a.center(), b.center());
                (ax - x) * (bx - x) < 0.0 || (ay - y) * (by - y) < 0.0
            };
            others.iter().any(within)
        }),
        RelationKind::On | RelationKind::HalfIn => objects.iter().any(|object| {
            over(object) && (object.y() - SLACK..=object.y_max() + SLACK).contains(&subject.y_max())
        }),
        // What somebody holds touches him.
        RelationKind::HeldBy | RelationKind::HangsFrom | RelationKind::Touching => {
            objects.iter().any(|object| subject.intersection(*object) > 0.0)
        }
        RelationKind::Inside => objects
            .iter()
            .any(|object| over(object) && (object.y() - SLACK..=object.y_max() + SLACK).contains(&y)),
        _ => true,
    }
}
