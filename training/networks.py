"""The networks, at three sizes, as diffusers and transformers build them.

All are members of the Stable Diffusion 1.x family: the attention keys `mid` (8x8), `up 1` and
`down 1` (16x16) exist at every size. The first level (32x32) is narrow and one layer deep: it costs most for each channel,
and what is drawn is decided below it.
"""

from dataclasses import dataclass

from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

LATENT_SIDE = 32
LATENT_CHANNELS = 4
TOKENS = 77
LAYERS = 1  # a block of the U-Net
# Standard deviation of the latents the U-Net sees. Smooth latents of deviation 1 show where things are through all the
# noise of Stable Diffusion's schedule; a network trained on them reads things out of pure noise, where there are none,
# and draws several in pieces (the flaw of Lin et al., 2024, https://arxiv.org/abs/2305.08891, and the remedy of
# Hoogeboom et al., 2023, https://arxiv.org/abs/2301.11093: less signal).
DEVIATION = 0.4


@dataclass(frozen=True)
class Size:
    """One training size: how many nouns, how wide the networks, how long each stage runs."""

    nouns: int
    ae_channels: int
    ae_encoder: tuple[int, ...]
    ae_decoder: tuple[int, ...]
    decoder_channels: int
    decoder_blocks: tuple[int, ...]
    text_width: int
    text_layers: int
    unet: tuple[int, int, int]
    groups: int
    ae_steps: int
    ae_batch: int
    decoder_steps: int
    text_steps: int
    unet_steps: int
    unet_batch: int
    detector_steps: int
    detector_batch: int
    adapter_steps: int
    rate: float = 1e-3


SIZES = {
    "smoke": Size(3, 16, (0, 1, 1, 1), (1, 1, 1, 0), 32, (2, 1, 1, 0), 64, 1, (32, 32, 64), 16,
                  ae_steps=8, ae_batch=4, decoder_steps=8, text_steps=8, unet_steps=8, unet_batch=4,
                  detector_steps=8, detector_batch=8, adapter_steps=4),
    "cpu": Size(32, 32, (0, 1, 2, 2), (3, 2, 1, 0), 48, (7, 3, 1, 0), 192, 3, (48, 128, 256), 8,
                ae_steps=2000, ae_batch=8, decoder_steps=5000, text_steps=400, unet_steps=40000, unet_batch=16,
                detector_steps=3000, detector_batch=16, adapter_steps=1500, rate=1e-3),
    "full": Size(160, 64, (1, 2, 3, 3), (3, 3, 2, 1), 64, (7, 4, 2, 1), 384, 4, (96, 128, 224), 32,
                 ae_steps=12000, ae_batch=64, decoder_steps=12000, text_steps=6000, unet_steps=60000, unet_batch=256,
                 detector_steps=20000, detector_batch=256, adapter_steps=12000, rate=6e-4),
}


def autoencoder(size: Size, larger: bool = False) -> AutoencoderTiny:
    """Pictures (n, 3, 256, 256) in [-1,1] to latents (n, 4, 32, 32) and back. Convolutions and ReLU only. `larger`: with
    the decoder of stage `decoder`."""
    channels, blocks = (size.decoder_channels, size.decoder_blocks) if larger else (size.ae_channels, size.ae_decoder)
    return AutoencoderTiny(
        encoder_block_out_channels=(size.ae_channels,) * 4, decoder_block_out_channels=(channels,) * 4,
        num_encoder_blocks=size.ae_encoder, num_decoder_blocks=blocks,
        latent_channels=LATENT_CHANNELS, scaling_factor=1.0,
    )


def text_encoder(size: Size, vocabulary: int) -> CLIPTextModel:
    """Tokens (n, 77) to features (n, 77, text_width). The last two ids are start and end, the first ("!") is padding."""
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=vocabulary, hidden_size=size.text_width, intermediate_size=4 * size.text_width,
        projection_dim=size.text_width, num_hidden_layers=size.text_layers,
        num_attention_heads=size.text_width // 32, max_position_embeddings=TOKENS, hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=0,
    ))


def unet(size: Size) -> UNet2DConditionModel:
    """Noisy latents (n, 4, 32, 32), steps (n,), text features to the velocity (n, 4, 32, 32)."""
    return UNet2DConditionModel(
        sample_size=LATENT_SIDE, in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=size.unet, layers_per_block=LAYERS, cross_attention_dim=size.text_width,
        attention_head_dim=8, norm_num_groups=size.groups,
    )


def scheduler() -> DDIMScheduler:
    """Stable Diffusion 1.5's noise schedule; the network predicts velocities (Salimans and Ho, 2022, https://arxiv.org/abs/2202.00512):
    noise tells little of what is drawn where there is much of it."""
    return DDIMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
        clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="v_prediction",
    )
