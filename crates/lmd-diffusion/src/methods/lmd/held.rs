//! One object is drawn again, the rest stays: what a picture is held to where objects have seeds of their own.

use lmd_layout::Mask;

use super::{CutOut, Drawing, Encoded};
use crate::DiffusionError;
use crate::compose::Composition;
use crate::denoise::SamplingLoop;
use crate::observer::{Observer, Unwatched};

impl Drawing<'_> {
    /// The latents of the picture that is drawn without the objects' own seeds, on the cells that neither lie in the
    /// box of such an object nor, outside of all other boxes, belong to it in one of the two pictures. Nothing where no object has a seed of its own, where the
    /// settings want no holding, or where such an object cannot be found in the other picture.
    pub(super) fn held(
        &self,
        sampling: &SamplingLoop<'_>,
        conditions: &Encoded,
        background: &[f32],
        (pieces, composition): (&[CutOut], &Composition),
        observer: &mut dyn Observer,
    ) -> Result<Option<Composition>, DiffusionError> {
        let has_own_seed = |(_, piece): &(usize, &CutOut)| self.config.names_seed(piece.object);
        let redrawn: Vec<usize> = pieces.iter().enumerate().filter(has_own_seed).map(|(k, _)| k).collect();
        if redrawn.is_empty() || !self.config.hold_rest {
            return Ok(None);
        }
        let config = self.config.without_seeds();
        let former = Drawing {
            config: &config,
            keep_frames: true,
            phrases: self.phrases.clone(),
            guided_layers: self.guided_layers.clone(),
            kept_layers: self.kept_layers.clone(),
            ..*self
        };
        let mut unwatched = Unwatched(observer);
        let mut before = pieces.to_vec();
        for k in &redrawn {
            let drawn = former.per_box(sampling, conditions, background, *k..k + 1, &mut unwatched);
            let drawn = match drawn {
                Err(DiffusionError::EmptyMask { .. }) => return Ok(None),
                drawn => drawn?,
            };
            before.splice(*k..k + 1, drawn);
        }
        let composed = former.compose(sampling, background, &before)?;
        let trace = former.overall(sampling, conditions, &composed, &before, None, &mut unwatched)?;
        let is_redrawn = |k: &usize| redrawn.contains(k);
        let (own, others): (Vec<usize>, Vec<usize>) = (0..self.phrases.boxes.len()).partition(is_redrawn);
        let [own, others] = [own, others].map(|boxes| self.boxes_of(&boxes));
        let owned = [composition, &composed].map(|composition| composition.owned_by(&redrawn));
        let (width, height) = self.context.grid;
        let frozen = Mask::from_fn(width, height, |x, y| {
            let belongs = owned.iter().any(|mask| mask.get(x, y)) && !others.get(x, y);
            !own.get(x, y) && !belongs
        });
        Ok(Some(Composition { latents: trace.frames, owners: vec![0; width * height], frozen }))
    }

    /// The places of these boxes on the latents' grid.
    fn boxes_of(&self, boxes: &[usize]) -> Mask {
        let places = boxes.iter().filter_map(|k| self.phrases.boxes.get(*k)).map(|b| b.place);
        self.grid_mask(&places.collect::<Vec<_>>())
    }
}

impl Composition {
    /// The cells where one of these boxes is on top.
    fn owned_by(&self, boxes: &[usize]) -> Mask {
        let (width, height) = (self.latents.width, self.latents.height);
        let owner = |x: usize, y: usize| self.owners.get(y * width + x);
        Mask::from_fn(width, height, |x, y| {
            owner(x, y).is_some_and(|owner| boxes.iter().any(|k| k + 1 == *owner))
        })
    }
}
