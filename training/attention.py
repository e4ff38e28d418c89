"""Cross-attention that shows its maps, and the loss that teaches words to look at their things.

The loss is the token-level grounding of TokenCompose (Wang et al., 2023,
https://arxiv.org/abs/2312.03626): of all the attention a phrase's tokens receive, what share lies on
the things they name; and beside it, that the places of a thing do look at its words, and not at what
stands behind the caption. It makes nouns bind sooner and gives LMD's box energy clean maps to work on.
"""

import torch
import torch.nn.functional as F


def heads(attn, x: torch.Tensor) -> torch.Tensor:
    """(n, length, width) to (n, heads, length, width / heads)."""
    return x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


class Fused:
    """Attention as PyTorch fuses it, always in f32: on a processor its way back is twice as fast so as in bf16."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (heads(attn, x).float() for x in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)))
        with torch.autocast(hidden_states.device.type, enabled=False):
            out = F.scaled_dot_product_attention(query, key, value, scale=attn.scale).transpose(1, 2).flatten(2)
        return attn.to_out[1](attn.to_out[0](out.to(hidden_states.dtype)))


class Recorder:
    """An attention processor that keeps the probabilities of its last call: (n, heads, pixels, tokens).

    `repeats` (n, tokens), where given: how often each token stands there. Padding is the same wherever it stands
    (text.mute_padding), so that a few of it, counted often enough, are as good as all of it and cost less."""

    def __init__(self):
        self.maps = self.repeats = None

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = heads(attn, attn.to_q(hidden_states)), heads(attn, attn.to_k(context)), heads(attn, attn.to_v(context))
        near = (query @ key.transpose(-1, -2) * attn.scale).float()
        if self.repeats is not None:
            near = near + self.repeats.log()[:, None, None]
        self.maps = near.softmax(-1)
        out = (self.maps.to(value.dtype) @ value).transpose(1, 2).flatten(2)
        return attn.to_out[1](attn.to_out[0](out))


def shortened(ids: torch.Tensor, groups: torch.Tensor, pad: int, length: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids and groups (n, 77) cut to their first `length` tokens, and how often each of these stands in the whole: more than
    once where it is padding. All captions must be shorter than `length`."""
    padding = (ids[:, :length] == pad).float()
    short = padding.sum(1, keepdim=True)
    repeats = 1 + padding * ((short + ids.shape[1] - length) / short.clamp(min=1) - 1)
    return ids[:, :length], groups[:, :length], repeats


def record(unet, where: str = "attn2") -> list[Recorder]:
    """Put a Recorder into every attention of that name in the U-Net ("attn2": to the text; "fuser.attn": to the picture
    and its grounding tokens); returns them in order."""
    processors = {name: Recorder() if name.endswith(f"{where}.processor") else Fused() for name in unet.attn_processors}
    unet.set_attn_processor(dict(processors))  # it empties what it is given
    return [processor for processor in processors.values() if isinstance(processor, Recorder)]


ENOUGH = 0.6  # what a place should give to the words of its thing; the rest is free


def grounding_loss(recorders, groups: torch.Tensor, ends: torch.Tensor, coverage: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """groups (n, 77): which phrase a token belongs to or -1, ends (n,): where the end token stands, coverage (n, g, 16, 16)
    in [0,1], weight (n,). The mean over layers and phrases of (1 - share of what the phrase receives that lies on its
    thing)^2 + (what the thing's places give to it short of ENOUGH)^2, and the mean of what places give to the end token,
    which has read the whole caption and knows no place."""
    member = F.one_hot(groups + 1, coverage.shape[1] + 1)[..., 1:].float()  # (n, 77, g)
    present = (member.sum(1) > 0).float() * (coverage.amax((2, 3)) > 0.3) * weight[:, None]  # (n, g)
    total = 0
    for recorder in recorders:
        maps = recorder.maps.mean(1)  # (n, pixels, 77)
        side = int(maps.shape[1] ** 0.5)
        mask = coverage if side == coverage.shape[2] else F.adaptive_avg_pool2d(coverage, side)
        mask = mask.flatten(2).transpose(1, 2)  # (n, pixels, g)
        given = maps @ member  # (n, pixels, g): what each place gives to each phrase
        share = (given * mask).sum(1) / given.sum(1).clamp(min=1e-6)
        short = ((1 - given / ENOUGH).clamp(min=0).square() * mask).sum(1) / mask.sum(1).clamp(min=1e-6)
        wrong = (1 - share).square() + short  # (n, g)
        to_end = maps[torch.arange(len(ends)), :, ends].mean(1)  # (n,)
        total = total + (wrong * present).sum() / present.sum().clamp(min=1) + (to_end * weight).sum() / weight.sum().clamp(min=1)
    return total / len(recorders)


def box_loss(recorders, boxes: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """boxes (n, slots, 4) as x0 y0 x1 y1 in [0,1], masks (n, slots), recorders of "fuser.attn": the same loss for grounding
    tokens and the places of their boxes, and the mean over these places of (1 - what they give to the tokens)^2."""
    slots = boxes.shape[1]
    present, total = masks.sum().clamp(min=1), 0
    for recorder in recorders:
        maps = recorder.maps.mean(1)
        pixels = maps.shape[1] - slots
        maps = maps[:, :pixels, pixels:]  # (n, pixels, slots)
        side = int(pixels**0.5)
        centre = (torch.arange(side, device=boxes.device) + 0.5) / side
        x0, y0, x1, y1 = boxes[..., None].unbind(2)  # (n, slots, 1) each
        inside = ((centre > y0) & (centre < y1))[..., :, None] & ((centre > x0) & (centre < x1))[..., None, :]
        inside = (inside.flatten(2) * masks[..., None]).transpose(1, 2)  # (n, pixels, slots)
        share = (maps * inside).sum(1) / maps.sum(1).clamp(min=1e-6)
        total = total + ((1 - share).square() * masks).sum() / present
        given, there = (maps * inside).sum(2), inside.amax(2)
        total = total + ((1 - given).square() * there).sum() / there.sum().clamp(min=1)
    return total / len(recorders)
