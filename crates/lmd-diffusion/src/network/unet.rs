//! The U-Net of Stable Diffusion as a [`DenoisingNetwork`].

use std::collections::BTreeMap;

use lmd_nn::{AttnKey, MAX_GLIGEN_BOXES, TextContext, UNet, UNetRequest, UNetSection};

use super::{
    BoxPhrase, Conditioning, DenoisingNetwork, GuidableLayer, LayerId, LayerRole, MapRequest, Prediction,
    unknown_layer,
};
use crate::text::TextEmbedding;
use crate::{DiffusionError, Latents};

/// The U-Net of Stable Diffusion 1.x and 2.x (arXiv 2112.10752), with GLIGEN layers where the model has some.
#[derive(Debug)]
pub struct StableDiffusionUNet {
    unet: UNet,
    /// Of every layer, in the order of execution; `keys[id]` is the U-Net's name of `layers[id]`.
    keys: Vec<AttnKey>,
    layers: Vec<GuidableLayer>,
}

impl StableDiffusionUNet {
    /// A U-Net with its layers described.
    #[must_use]
    pub fn new(unet: UNet) -> Self {
        let keys = unet.attention_keys();
        let levels = unet.config().levels();
        let layers = keys.iter().enumerate().map(|(i, key)| describe(i, *key, levels)).collect();
        Self { unet, keys, layers }
    }

    /// The network itself.
    #[must_use]
    pub fn unet(&self) -> &UNet {
        &self.unet
    }

    fn id(&self, key: AttnKey) -> Option<LayerId> {
        self.keys.binary_search(&key).ok().map(LayerId)
    }
}

/// Role and grid of a layer: a block of the contracting half halves the grid behind its layers, one of the expanding
/// half doubles it there.
fn describe(index: usize, key: AttnKey, levels: usize) -> GuidableLayer {
    let coarsest = levels.saturating_sub(1);
    let (role, halvings) = match key.section {
        UNetSection::Down => (LayerRole::Contracting, key.block),
        UNetSection::Mid => (LayerRole::Bottleneck, coarsest),
        UNetSection::Up => (LayerRole::Expanding, coarsest.saturating_sub(key.block)),
    };
    GuidableLayer { id: LayerId(index), name: key.to_string(), role, halvings: halvings as u32 }
}

impl DenoisingNetwork for StableDiffusionUNet {
    fn layers(&self) -> &[GuidableLayer] {
        &self.layers
    }

    fn latent_channels(&self) -> usize {
        self.unet.config().in_channels
    }

    fn native_side(&self) -> usize {
        // What diffusers takes where the configuration does not say.
        self.unet.config().sample_size.unwrap_or(64)
    }

    fn text_width(&self) -> usize {
        self.unet.config().cross_attention_dim
    }

    fn box_slots(&self) -> usize {
        if self.unet.has_gligen_layers() { MAX_GLIGEN_BOXES } else { 0 }
    }

    fn encode(&self, text: &TextEmbedding) -> Result<Conditioning, DiffusionError> {
        Ok(wrap(self.unet.text_context(&text.hidden)?))
    }

    fn encode_boxes(
        &self,
        prompts: &Conditioning,
        boxes: &[BoxPhrase],
    ) -> Result<Conditioning, DiffusionError> {
        Ok(wrap(self.unet.with_gligen_boxes(prompts.read()?, boxes)?))
    }

    fn join(&self, parts: &[&Conditioning]) -> Result<Conditioning, DiffusionError> {
        let contexts: Vec<&TextContext> =
            parts.iter().map(|part| part.read()).collect::<Result<_, DiffusionError>>()?;
        let invariant = "prompts of one batch all have boxes for GLIGEN layers, or none has";
        Ok(wrap(TextContext::join(&contexts).ok_or(DiffusionError::Internal { invariant })?))
    }

    fn forward(
        &self,
        latents: Latents,
        timestep: f32,
        prompts: &Conditioning,
        request: MapRequest<'_>,
    ) -> Result<Prediction, DiffusionError> {
        let key = |id: &LayerId| self.keys.get(id.0).copied();
        let maps: Option<Vec<AttnKey>> = request.layers.iter().map(key).collect();
        let maps =
            maps.ok_or(DiffusionError::Internal { invariant: "maps are asked of layers the network has" })?;
        let wanted =
            if request.maps_only { UNetRequest::only_maps(&maps) } else { UNetRequest::with_maps(&maps) };
        let output =
            self.unet.forward(latents, &[timestep], prompts.read()?, &wanted.columns(request.columns))?;
        let maps = output.maps.into_iter().map(|(key, map)| Some((self.id(key)?, map)));
        let invariant = "a U-Net gives maps of its own layers alone";
        Ok(Prediction {
            output: output.noise,
            maps: maps.collect::<Option<BTreeMap<_, _>>>().ok_or(DiffusionError::Internal { invariant })?,
        })
    }

    /// Names are read as the U-Net writes them, `up.1.2`, or with the fourth index of other notations, `up.1.2.0`.
    fn layer_named(&self, name: &str) -> Result<LayerId, DiffusionError> {
        let key: Option<AttnKey> = name.parse().ok();
        key.and_then(|key| self.id(key)).ok_or_else(|| unknown_layer(name, &self.layers))
    }
}

fn wrap(context: TextContext) -> Conditioning {
    let (batch, tokens) = (context.batch(), context.tokens());
    Conditioning::new(context, batch, tokens)
}
