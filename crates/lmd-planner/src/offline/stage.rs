//! Every thing of a scene gets its boxes.

use lmd_layout::BBox;

use super::problem::{Given, LayoutProblem};
use super::{place, rules};
use crate::Scene;

/// Boxes for the things of a scene.
pub(crate) struct Staged {
    /// Thing and box, back to front.
    pub(crate) boxes: Vec<(usize, BBox)>,
    pub(super) warnings: Vec<String>,
    /// How many constraints were left out because they contradict others.
    pub(super) unmet: usize,
    /// Whether things overlap that should not.
    pub(crate) crowded: bool,
}

/// Places every thing that is not given a place already.
pub(crate) fn stage(scene: &Scene, given: &[Given]) -> Staged {
    let mut problem = LayoutProblem::new(scene, given);
    let constraints = rules::constraints(scene, &mut problem);
    let placement = place::place(&problem, &constraints);
    let mut warnings: Vec<String> = Vec::new();
    for index in &placement.unmet {
        let warning = format!(
            "\"{}\" does not go with the rest of the sentence and was left out",
            constraints[*index].says
        );
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    if placement.crowded {
        warnings.push("there is not enough room for everything: some boxes overlap".to_owned());
    }
    let order = rules::back_to_front(problem.items.len(), &constraints);
    let boxes = order.into_iter().flat_map(|item| {
        let thing = problem.items[item].thing;
        placement.boxes(item).into_iter().map(move |bbox| (thing, bbox))
    });
    Staged { boxes: boxes.collect(), warnings, unmet: placement.unmet.len(), crowded: placement.crowded }
}
