"""A U-Net becomes twice as wide without changing what it computes (Net2WiderNet; Chen, Goodfellow and
Shlens, 2016, https://arxiv.org/abs/1511.05641), so that a larger network begins where a smaller one stopped.

Every channel becomes two equal neighbours. What reads the pair shares its weight between the two, unevenly
and at random, so that training can tell them apart. Pairs lie in the same group of a normalisation and
in the same attention head, and change neither's means nor variances.
"""

import torch

UNEVEN = 0.3  # standard deviation of the shares, relative to the weight


def split_inputs(weight: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A weight (out, in, ...) to (out, 2 in, ...) that reads pairs of equal channels as it read one."""
    uneven = UNEVEN * torch.randn(weight.shape, generator=generator)
    return torch.stack([weight * (0.5 + uneven / 2), weight * (0.5 - uneven / 2)], 2).flatten(1, 2)


def widen(narrow: dict[str, torch.Tensor], wide: dict[str, torch.Tensor], seed: int = 0) -> dict[str, torch.Tensor]:
    """State of a U-Net of doubled channels that computes what the one with state `narrow` does.

    `wide`: a state of the wanted shapes. ValueError where one is neither equal nor doubled.
    """
    generator = torch.Generator().manual_seed(seed)
    out = {}
    for name, like in wide.items():
        value = narrow[name]
        if len(like) == 2 * len(value):
            value = value.repeat_interleave(2, 0)
            if ".to_q." in name:  # products with keys of doubled length are twice as large, and scaled by 1/sqrt(length)
                value = value * 2**-0.5
        if like.ndim > 1 and like.shape[1] == 2 * value.shape[1]:
            if name == "time_embedding.linear_1.weight":  # sines of twice as many frequencies, every other one new
                value = torch.stack([value, torch.zeros_like(value)], 2).flatten(1)
            else:
                value = split_inputs(value, generator)
        if value.shape != like.shape:
            raise ValueError(f"{name} is {tuple(narrow[name].shape)}; {tuple(like.shape)} is neither equal nor doubled")
        out[name] = value.contiguous()
    return out
