//! Segment Anything's masks (B.11): prompted by the point of the attention's maximum, or by the box (LMD+).

use lmd_layout::{Fidelity, GridRect, Mask};
use lmd_nn::SamPrompt;
use lmd_nn::detect::RgbView;

use super::{MaskEvidence, MaskRefiner};
use crate::DiffusionError;
use crate::config::LmdConfig;
use crate::mask::{overlap, shrunk};

/// The mask that Segment Anything finds in the box's own picture.
#[derive(Clone, Copy, Debug)]
pub struct SegmentAnything;

/// A mask of Segment Anything.
struct Candidate {
    /// On the latents' grid.
    mask: Mask,
    /// The IoU it is expected to have with the thing's true mask.
    confidence: f32,
    /// Its IoU with what the attention, or the box, shows of the thing.
    overlap: f64,
}

impl MaskRefiner for SegmentAnything {
    fn name(&self) -> &'static str {
        "sam"
    }

    fn summary(&self) -> &'static str {
        "What Segment Anything finds where the attention is highest, or in the box (LMD+)"
    }

    fn needs_picture(&self) -> bool {
        true
    }

    fn needs_sam(&self) -> bool {
        true
    }

    fn refine(&self, evidence: &MaskEvidence<'_>) -> Result<Mask, DiffusionError> {
        let sam = evidence.sam.ok_or(DiffusionError::NoSam)?;
        let invariant = "a refiner that needs a picture is given one, of three bytes per pixel";
        let picture = evidence.picture.ok_or(DiffusionError::Internal { invariant })?;
        let (width, height) = (picture.width, picture.height);
        let Some((prompt, coarse)) = asked(evidence, [width, height]) else {
            return Ok(Mask::new(evidence.drawn_box.width(), evidence.drawn_box.height()));
        };
        let view = RgbView::new(width, height, &picture.pixels);
        let image = sam.encode(view.map_err(|_| DiffusionError::Internal { invariant })?)?;
        let masks = sam.masks(&image, &prompt, None)?;
        let scaled = sam.scaled_masks(&image, &masks);
        let candidates = masks.iou.iter().enumerate().map(|(index, confidence)| {
            let cells = scaled.cells(index);
            let whole = Mask::from_fn(width, height, |x, y| cells.get(y * width + x) == Some(&true));
            let mask = shrunk(&whole, evidence.drawn_box.width(), evidence.drawn_box.height());
            let overlap = overlap(&shrunk(&mask, coarse.width(), coarse.height()), &coarse);
            Candidate { mask, confidence: *confidence, overlap }
        });
        let chosen = chosen(candidates.collect(), evidence.config);
        chosen.ok_or(DiffusionError::Internal { invariant: "Segment Anything has candidates" })
    }
}

/// What Segment Anything is asked, and a coarse mask that its answer should overlap; nothing of a box without pixels.
fn asked(evidence: &MaskEvidence<'_>, [width, height]: [usize; 2]) -> Option<(SamPrompt, Mask)> {
    if let Some(corners) = evidence.place {
        let rect = GridRect::from_xyxy(corners, width, height);
        let corners = [rect.x0, rect.y0, rect.x1, rect.y1].map(|side| side as f32);
        return (!rect.is_empty()).then(|| (SamPrompt::of_box(corners), evidence.drawn_box.clone()));
    }
    let map = evidence.attention.smoothed(evidence.config.mask_sigma);
    let (column, row) = map.highest()?;
    // The reference takes the cell's upper left corner.
    let within = if evidence.fidelity == Fidelity::Reference { 0.0 } else { 0.5 };
    let pixel = |cell: usize, cells: usize, pixels: usize| {
        ((cell as f64 + within) * pixels as f64 / cells.max(1) as f64) as f32
    };
    let prompt = SamPrompt::point(pixel(column, map.width, width), pixel(row, map.height, height));
    let (columns, rows) = (map.width, map.height);
    Some((prompt, map.normalised().above(evidence.config.mask_threshold, columns, rows)))
}

/// The largest mask among those that are confident and overlap the coarse mask; what is not one or the other loses as much
/// as the largest has, for each.
fn chosen(candidates: Vec<Candidate>, config: &LmdConfig) -> Option<Mask> {
    let largest = candidates.iter().map(|candidate| candidate.mask.area()).max()? as i64;
    let score = |candidate: &Candidate| {
        let unsure = f64::from(candidate.confidence) < config.mask_confidence;
        let elsewhere = candidate.overlap < config.mask_overlap;
        candidate.mask.area() as i64 - largest * (i64::from(unsure) + i64::from(elsewhere))
    };
    // The first of equals, as `max_by_key` gives the last.
    let best = candidates.into_iter().rev().max_by_key(score)?;
    Some(best.mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(area: usize, confidence: f32, overlap: f64) -> Candidate {
        Candidate { mask: Mask::from_fn(10, 10, |x, y| y * 10 + x < area), confidence, overlap }
    }

    fn chosen_area(candidates: Vec<Candidate>) -> usize {
        chosen(candidates, &LmdConfig::default()).unwrap().area()
    }

    #[test]
    fn the_largest_of_the_good_ones_is_chosen() {
        let good = |area| candidate(area, 0.9, 0.5);
        assert_eq!(chosen_area(vec![good(10), good(30), good(20)]), 30);
        assert_eq!(chosen_area(vec![good(10), candidate(90, 0.84, 0.5), good(20)]), 20);
        assert_eq!(chosen_area(vec![good(10), candidate(90, 0.9, 0.24), good(20)]), 20);
        // The limits themselves are good enough.
        assert_eq!(chosen_area(vec![good(10), candidate(90, 0.85 + 1e-6, 0.25), good(20)]), 90);
        // None is good: one fault loses against none, two against one.
        assert_eq!(chosen_area(vec![candidate(50, 0.1, 0.5), candidate(90, 0.1, 0.1)]), 50);
        assert!(chosen(Vec::new(), &LmdConfig::default()).is_none());
    }

    #[test]
    fn the_first_of_equals_is_chosen() {
        let one = Mask::from_fn(2, 1, |x, _| x == 0);
        let other = Mask::from_fn(2, 1, |x, _| x == 1);
        let of = |mask: &Mask| Candidate { mask: mask.clone(), confidence: 1.0, overlap: 1.0 };
        assert_eq!(chosen(vec![of(&one), of(&other)], &LmdConfig::default()), Some(one));
    }
}
