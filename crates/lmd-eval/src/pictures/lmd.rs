//! The rules of LMD (arXiv:2305.13655; section D of docs/method.md): each phrase is a query of its own; negation is no
//! detection, numeracy an exact count, attribution at least one detection of each phrase, and for sides the middles of the
//! best detections are compared.

use super::finding::Finding;
use super::questions::{Question, phrase};
use crate::suites::{Clause, Relation, Task};

/// What is wrong with a picture.
pub(super) fn faults(task: &Task, asked: &[Question], findings: &[Finding]) -> Vec<String> {
    let found = |class: &str, colour: Option<&str>| -> Vec<&Finding> {
        let is = |question: &Question| question.class == class && question.colour.as_deref() == colour;
        let of = |finding: &&Finding| asked.get(finding.question).is_some_and(is);
        let mut found: Vec<&Finding> = findings.iter().filter(of).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found
    };
    let of = |clause: &Clause| found(&clause.class, clause.color.as_deref());
    let phrase = |clause: &Clause| phrase(&clause.class, clause.color.as_deref());
    let mut faults = Vec::new();
    for clause in &task.include {
        let seen = of(clause);
        if seen.len() < clause.count {
            faults.push(format!("{} of {} {} found", seen.len(), clause.count, phrase(clause)));
        }
        let target = clause.position.and_then(|(relation, index)| Some((relation, task.include.get(index)?)));
        let Some((relation, target)) = target else { continue };
        let others = of(target);
        // Where one of them is missing, that has been said.
        let pair = seen.first().zip(others.first());
        if pair.is_some_and(|(one, other)| !holds(relation, one, other)) {
            faults.push(format!("{} is not {} {}", phrase(clause), relation.name(), phrase(target)));
        }
    }
    for limit in &task.exclude {
        // Every colour of a class is too many.
        let seen =
            task.include.iter().filter(|clause| clause.class == limit.class).map(of).map(|all| all.len());
        let seen = seen.chain([found(&limit.class, None).len()]).max().unwrap_or(0);
        if seen >= limit.count {
            faults.push(format!("{seen} {} found, fewer than {} expected", limit.class, limit.count));
        }
    }
    faults
}

fn holds(relation: Relation, one: &Finding, other: &Finding) -> bool {
    let ([x, y], [other_x, other_y]) = (one.center(), other.center());
    match relation {
        Relation::LeftOf => x < other_x,
        Relation::RightOf => x > other_x,
        Relation::Above => y < other_y,
        Relation::Below => y > other_y,
    }
}
