"""Peer 3: diffusers' plain Stable Diffusion from the layout's overall prompt.

    python bench/peers/plain.py --model assets/model --layout bench/peers/layouts/1.json --steps 20 --output a.png
"""

import common  # first: it starts the clock

import torch
from diffusers import StableDiffusionPipeline


def load(given):
    """The pipeline, ready to draw."""
    pipe = StableDiffusionPipeline.from_pretrained(
        given.model, dtype=given.dtype, safety_checker=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    common.channels_last(given, pipe.unet, pipe.vae)
    return pipe.to(given.device)


def main():
    given = common.arguments(__doc__)
    clock = common.Clock(given.device)
    pipe, layout = load(given), common.Layout(given.layout, given.model)
    width, height = common.pictures_size(given, pipe.unet, pipe.vae_scale_factor)
    clock.part("load")
    drawn = pipe(
        layout.prompt, negative_prompt=layout.negative, num_inference_steps=given.steps, width=width,
        height=height, guidance_scale=given.cfg_scale, generator=torch.Generator().manual_seed(given.seed))
    clock.part("overall")
    drawn.images[0].save(given.output)
    clock.part("save")
    clock.report()


if __name__ == "__main__":
    main()
