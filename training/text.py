"""Stage `text`: the vocabulary, and a text encoder that already knows what is said.

Before any picture is seen, the text encoder learns a cheap proxy: from the last token of every
phrase, name noun, colour and count; from the end token, name everything and where it is. The
U-Net then starts with features that tell things apart, which saves it most of its way.
"""

import time

import torch
from torch import nn
import torch.nn.functional as F

from . import networks, tokenizer
from .runs import Run
from .scenes import art, captions
from .scenes.backgrounds import NAMES
from .scenes.compose import Composer, Scene

WHERES = ["left", "right", "top", "bottom"]


class Proxy(nn.Module):
    """Linear heads on the text features; thrown away after this stage."""

    def __init__(self, width: int, nouns: int):
        super().__init__()
        self.phrase = nn.ModuleList([nn.Linear(width, k) for k in (nouns, len(art.PAINTS), 6)])
        self.whole = nn.Linear(width, nouns + len(art.PAINTS) + 4 * nouns)
        self.background = nn.Linear(width, len(NAMES) + 1)


LOUD = 300.0  # length of padding's embedding, as a multiple of a normalised feature's: what the layers add drowns in it


@torch.no_grad()
def mute_padding(encoder, pad: int, silence: torch.Tensor) -> None:
    """Make padding say the same whatever was said before it.

    Padding stands behind the caption and can read all of it. Left to itself a small U-Net takes everything from there:
    words got one or two hundredths of its attention, padding the rest, and guiding the attention to words moved nothing.
    So the embedding of `pad` is made so long that only its direction is left behind the last normalisation: that of the
    feature which padding has on average in `silence` (77), the ids of the empty caption. So these stay what they were.
    """
    norm, table = encoder.final_layer_norm, encoder.embeddings.token_embedding.weight
    quiet = encoder(silence[None].to(table.device)).last_hidden_state[0, 2:].mean(0)
    direction = (quiet - norm.bias) / norm.weight
    direction = direction - direction.mean()
    table[pad] = LOUD * len(direction) ** 0.5 * F.normalize(direction, dim=0)


def whole_labels(scene: Scene, nouns: int) -> torch.Tensor:
    """Multi-hot: nouns, paints, (where, noun) pairs."""
    label = torch.zeros(nouns + len(art.PAINTS) + 4 * nouns)
    for group in scene.groups:
        label[group.noun] = 1
        label[nouns + group.paint] = 1
        if group.where:
            label[nouns + len(art.PAINTS) + WHERES.index(group.where) * nouns + group.noun] = 1
    return label


def told_background(scene: Scene) -> int:
    """The background's index if the caption names it, else the class for "unsaid"."""
    names = captions.BACKGROUNDS[NAMES[scene.background]][1]
    said = captions.text(scene.caption)
    return scene.background if any(name in said for name in names) else len(NAMES)


def batch_of(scenes: list[Scene], words: tokenizer.Words, nouns: int):
    """ids (n, 77); rows, columns of phrase ends (m,) with their labels (m, 3); whole labels; backgrounds."""
    ids, rows, columns, labels = [], [], [], []
    for row, scene in enumerate(scenes):
        tokens, _, last = words.encode(scene.caption)
        ids.append(tokens)
        for group, column in zip(scene.groups, last):
            rows.append(row)
            columns.append(column)
            labels.append((group.noun, group.paint, group.count))
    return (torch.tensor(ids), torch.tensor(rows), torch.tensor(columns), torch.tensor(labels),
            torch.stack([whole_labels(s, nouns) for s in scenes]), torch.tensor([told_background(s) for s in scenes]))


def train(run: Run, size: networks.Size) -> None:
    if run.path("text.pt").exists():
        return
    torch.manual_seed(7)
    everything = Composer(run.art, max(size.nouns, 160 if size.nouns > 3 else 3), seed=11, only_plan=True)
    tokenizer.build(run.path("tokenizer"), [captions.text(everything.plan().caption) for _ in range(20000 if size.nouns > 3 else 500)], everything.nouns)
    words = tokenizer.Words(run.path("tokenizer"))
    composer = Composer(run.art, size.nouns, seed=12, only_plan=True)
    model = networks.text_encoder(size, words.vocabulary).to(run.device)
    proxy = Proxy(size.text_width, size.nouns).to(run.device)
    optimizer = torch.optim.AdamW([*model.parameters(), *proxy.parameters()], 1e-3, betas=(0.9, 0.98), weight_decay=0.01)
    begun = time.time()
    for step in range(1, size.text_steps + 1):
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1, step / 50) * (1 - 0.9 * step / size.text_steps)
        ids, rows, columns, labels, whole, background = (x.to(run.device) for x in batch_of([composer.plan() for _ in range(32)], words, size.nouns))
        length = int((ids != words.pad).sum(1).max())  # causal: what comes after the end changes nothing
        features = model(ids[:, :length]).last_hidden_state
        ends = features[torch.arange(len(ids)), (ids == words.end).int().argmax(1)]
        phrases = features[rows, columns]
        told = [F.cross_entropy(head(phrases), labels[:, i]) for i, head in enumerate(proxy.phrase)]
        loss = sum(told) + 8 * F.binary_cross_entropy_with_logits(proxy.whole(ends), whole) + F.cross_entropy(proxy.background(ends), background)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0 or step == size.text_steps:
            right = (proxy.phrase[0](phrases).argmax(1) == labels[:, 0]).float().mean().item()
            paint = (proxy.phrase[1](phrases).argmax(1) == labels[:, 1]).float().mean().item()
            run.log("text", step=step, loss=loss.item(), noun=right, paint=paint, captions_per_s=32 * step / (time.time() - begun))
        if run.should_stop():
            return
    run.save("text.pt", {"model": model.state_dict()})
