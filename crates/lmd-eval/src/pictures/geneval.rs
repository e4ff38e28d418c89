//! The rules of GenEval (arXiv:2310.11513, section 3): of a class the best detections count, at most sixteen; colours are
//! those of the best ones; a side must be clear by a tenth of the sizes of both, and the direction within 60 degrees.

use super::finding::Finding;
use super::questions::Question;
use crate::suites::{Relation, Task};

/// Most things of one class that are looked at.
const MOST: usize = 16;
/// Share of the sum of both sizes within which the middles count as level.
const MARGIN: f32 = 0.1;
/// What is too near to be anywhere.
const NOWHERE: f32 = 1e-3;
/// The share of a direction that must lie along the axis.
const ALONG: f32 = 0.5;

/// What is wrong with a picture.
pub(super) fn faults(task: &Task, asked: &[Question], findings: &[Finding]) -> Vec<String> {
    let found = |class: &str| -> Vec<&Finding> {
        let of = |finding: &&Finding| asked.get(finding.question).is_some_and(|asked| asked.class == class);
        let mut found: Vec<&Finding> = findings.iter().filter(of).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MOST);
        found
    };
    let mut faults = Vec::new();
    // The things of each clause, where it is met.
    let mut groups: Vec<Option<Vec<&Finding>>> = Vec::new();
    for clause in &task.include {
        let all = found(&clause.class);
        let mut fault = None;
        if all.len() < clause.count {
            fault = Some(format!("{} of {} {} found", all.len(), clause.count, clause.class));
        }
        let best: Vec<&Finding> = all.into_iter().take(clause.count).collect();
        if let (None, Some(colour)) = (&fault, &clause.color) {
            let has = |finding: &&&Finding| {
                asked.get(finding.question).is_some_and(|q| q.colour.as_ref() == Some(colour))
            };
            let coloured = best.iter().filter(has).count();
            if coloured < clause.count {
                fault = Some(format!("{coloured} of {} {} are {colour}", clause.count, clause.class));
            }
        }
        if let (None, Some((relation, target))) = (&fault, clause.position) {
            fault = misplaced(relation, &best, groups.get(target).and_then(Option::as_ref), &clause.class);
        }
        groups.push(fault.is_none().then_some(best));
        faults.extend(fault);
    }
    for limit in &task.exclude {
        let seen = found(&limit.class).len();
        if seen >= limit.count {
            faults.push(format!("{seen} {} found, fewer than {} expected", limit.class, limit.count));
        }
    }
    faults
}

fn misplaced(
    relation: Relation,
    things: &[&Finding],
    targets: Option<&Vec<&Finding>>,
    class: &str,
) -> Option<String> {
    let Some(targets) = targets else {
        return Some(format!("there is nothing for {class} to be {} of", relation.name()));
    };
    let all = things.iter().all(|one| targets.iter().all(|other| holds(relation, one, other)));
    (!all).then(|| format!("{class} is not clearly {} the other", relation.name()))
}

fn holds(relation: Relation, one: &Finding, other: &Finding) -> bool {
    let (a, b, a_size, b_size) = (one.center(), other.center(), one.size(), other.size());
    let offset = [a[0] - b[0], a[1] - b[1]];
    let clear = |axis: usize| {
        let beyond = (offset[axis].abs() - MARGIN * (a_size[axis] + b_size[axis])).max(0.0);
        beyond * offset[axis].signum()
    };
    let clear = [clear(0), clear(1)];
    if clear.iter().all(|part| part.abs() < NOWHERE) {
        return false;
    }
    let length = offset[0].hypot(offset[1]);
    match relation {
        Relation::LeftOf => clear[0] / length < -ALONG,
        Relation::RightOf => clear[0] / length > ALONG,
        Relation::Above => clear[1] / length < -ALONG,
        Relation::Below => clear[1] / length > ALONG,
    }
}
