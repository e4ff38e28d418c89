"""Scenes, captions and the vocabulary, with stand-in art. Run: python -m pytest training/tests"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from training import networks, tokenizer
from training.attention import Recorder, grounding_loss, record, shortened
from training.decoder import grow
from training.detector import targets
from training.muon import orthogonal
from training.pool import close_up
from training.scenes import art, captions
from training.scenes.compose import CELL, GRID, MAX_OBJECTS, SIZE, UNUSUAL, CloseUp, Composer, overlap
from training.text import mute_padding


@pytest.fixture(scope="session")
def art_folder(tmp_path_factory) -> Path:
    """A coloured ellipse for each of the first 16 nouns."""
    folder = tmp_path_factory.mktemp("art")
    y, x = np.mgrid[0:256, 0:256]
    for index, noun in enumerate(art.load_nouns(16)):
        inside = ((x - 128) / 90) ** 2 + ((y - 128) / (40 + 4 * index)) ** 2 < 1
        rgba = np.zeros((256, 256, 4), np.uint8)
        rgba[..., index % 3] = 120 + y // 4
        rgba[..., 3] = 255 * inside
        Image.fromarray(rgba).save(folder / f"{noun.file}.webp", lossless=True)
    return folder


def test_nouns_are_many_and_differ():
    nouns = art.load_nouns(10_000)
    assert len(nouns) >= 120
    assert len({n.singular for n in nouns}) == len({n.file for n in nouns}) == len(nouns)
    assert [n.singular for n in nouns[:10]] == "backpack book bottle bowl car cat chair cup dog laptop".split()


def test_same_seed_same_scenes(art_folder):
    first, second = (Composer(art_folder, 16, seed=4).batch(6) for _ in range(2))
    assert torch.equal(first.pictures, second.pictures)
    assert first.scenes == second.scenes


def test_batches_are_within_bounds(art_folder):
    batch = Composer(art_folder, 16, seed=1).batch(40)
    assert batch.pictures.shape == (40, 3, SIZE, SIZE)
    assert batch.coverage.shape == (40, MAX_OBJECTS, GRID, GRID)
    assert batch.pictures.abs().max() <= 1.001 and batch.coverage.min() >= 0 and batch.coverage.max() <= 1.001
    for scene in batch.scenes:
        assert sum(g.count for g in scene.groups) == len(scene.things) <= MAX_OBJECTS
        for thing in scene.things:
            x, y, w, h = thing.box
            assert 0 <= x and x + w <= SIZE and 0 <= y and y + h <= SIZE


def test_captions_tell_the_truth_about_places(art_folder):
    composer = Composer(art_folder, 16, seed=2, only_plan=True)
    for scene in (composer.plan() for _ in range(400)):
        said = captions.text(scene.caption)
        for group, thing in zip(scene.groups, scene.things):
            if group.where == "left":
                assert thing.box[0] + thing.box[2] / 2 < SIZE / 2, said
            if group.where == "bottom":
                assert thing.box[1] + thing.box[3] / 2 > SIZE / 2, said
        for first in scene.things:
            assert all(overlap(first.box, t.box) < 0.13 for t in scene.things if t is not first)


def test_phrases():
    nouns = art.load_nouns(16)
    assert captions.phrase(captions.Group(4, 1, 1), nouns) == "a red car"
    assert captions.phrase(captions.Group(10, 2, 1), nouns) == "an orange apple"
    assert captions.phrase(captions.Group(5, 0, 2), nouns) == "two cats"


def test_painting_makes_the_hue(art_folder):
    sprite = art.load_sprite(art_folder / "1f697.webp")
    for colour, (_, hue, _) in art.COLOURS.items():
        painted = art.paint(sprite, colour)
        middle = painted[:3, painted[3] > 0.9].median(1).values
        assert (middle - torch.tensor(hue)).abs().max() < 0.2, colour


def test_pieces_tokenise_like_the_whole(art_folder, tmp_path):
    composer = Composer(art_folder, 16, seed=3, only_plan=True)
    tokenizer.build(tmp_path, [captions.text(composer.plan().caption) for _ in range(300)], composer.nouns)
    words = tokenizer.Words(tmp_path)
    for scene in (composer.plan() for _ in range(100)):
        ids, groups, last = words.encode(scene.caption)
        whole = words.tokenizer(captions.text(scene.caption), padding="max_length", max_length=77)["input_ids"]
        assert ids == whole
        assert all(groups[position] == index for index, position in enumerate(last))
    unknown = words.tokenizer("a wyvern")["input_ids"]
    assert len(unknown) > 4 and max(unknown) == words.end


def test_orthogonal_has_singular_values_near_one():
    for length in (60, 200):
        values = torch.linalg.svdvals(orthogonal(torch.randn(1, 24, length, generator=torch.Generator().manual_seed(1))))
        assert 0.6 < values.min() and values.max() < 1.3


def test_grounding_loss_is_small_where_words_look_at_their_things():
    coverage = torch.zeros(1, MAX_OBJECTS, GRID, GRID)
    coverage[0, 0, :8, :8] = 1
    groups = torch.full((1, 77), -1)
    groups[0, 3] = 0
    good, bad = Recorder(), Recorder()
    good.maps = torch.full((1, 2, GRID * GRID, 77), 1e-4)
    bad.maps = good.maps.clone()
    good.maps[:, :, :, 3] += coverage[0, 0].flatten()
    bad.maps[:, :, :, 3] += 1 - coverage[0, 0].flatten()
    one, end = torch.ones(1), torch.tensor([5])
    assert grounding_loss([good], groups, end, coverage, one) < 0.05
    assert grounding_loss([bad], groups, end, coverage, one) > 1.8
    weak, late = Recorder(), Recorder()
    weak.maps, late.maps = 0.1 * good.maps, good.maps.clone()
    late.maps[:, :, :, 5] += 0.5
    assert grounding_loss([weak], groups, end, coverage, one) > 0.6
    assert grounding_loss([late], groups, end, coverage, one) > 0.5


def test_muted_padding_says_the_same_behind_every_caption(tmp_path):
    words_of = art.load_nouns(16)
    tokenizer.build(tmp_path, [f"a red {noun.singular} on a beach" for noun in words_of], words_of)
    words = tokenizer.Words(tmp_path)
    assert words.pad == 0 != words.end
    torch.manual_seed(0)
    encoder = networks.text_encoder(networks.SIZES["smoke"], words.vocabulary).eval()
    ids = words.batch(["", "a red car", "two cats, a blue dog on a beach"])
    with torch.no_grad():
        before = encoder(ids).last_hidden_state
        mute_padding(encoder, words.pad, ids[0])
        after = encoder(ids).last_hidden_state
    assert (after[:, -1] - after[0, -1]).abs().max() < 0.02 < (before[:, -1] - before[0, -1]).abs().max()
    silence = before[0, 2:].mean(0)
    assert F.cosine_similarity(after[0, -1], silence, dim=0) > 0.99
    assert torch.equal(after[1, :4], before[1, :4])


def test_detector_targets_mark_every_centre(art_folder):
    scenes = [s for s in (Composer(art_folder, 16, seed=5, only_plan=True).plan() for _ in range(1)) if s.things] or [
        Composer(art_folder, 16, seed=6, only_plan=True).plan()]
    heat, where, boxes, labels = targets(scenes)
    assert all(heat[row, i, j] == 1 for row, i, j in where.tolist())
    assert len(boxes) == len(labels) == sum(len(s.things) for s in scenes)


def test_short_captions_cost_less_and_say_the_same(tmp_path):
    words_of = art.load_nouns(16)
    tokenizer.build(tmp_path, [f"a red {noun.singular} on a beach" for noun in words_of], words_of)
    words = tokenizer.Words(tmp_path)
    size = networks.SIZES["smoke"]
    torch.manual_seed(0)
    encoder, unet = networks.text_encoder(size, words.vocabulary).eval(), networks.unet(size).eval()
    ids = words.batch(["", "a red car", "a blue dog on a beach"])
    z, t = torch.randn(3, 4, 32, 32), torch.tensor([30, 400, 700])
    recorders = record(unet)
    with torch.no_grad():
        mute_padding(encoder, words.pad, ids[0])
        whole = unet(z, t, encoder(ids).last_hidden_state).sample
        short, _, repeats = shortened(ids, torch.full_like(ids, -1), words.pad, 12)
        assert short.shape == (3, 12) and repeats.sum(1).tolist() == [77.0] * 3
        for recorder in recorders:
            recorder.repeats = repeats
        again = unet(z, t, encoder(short).last_hidden_state).sample
    assert (whole - again).abs().max() < 2e-3 * whole.abs().max()


def test_cells_know_what_they_show(art_folder):
    batch = Composer(art_folder, 16, seed=8).batch(30)
    for row, scene in enumerate(batch.scenes):
        told = set(batch.shown.noun[row].unique().tolist()) - {-1}
        assert told <= {thing.noun for thing in scene.things}
        assert (batch.shown.noun[row] >= 0).eq(batch.shown.paint[row] >= 0).all()
        if len(scene.things) == 1:
            x, y, w, h = scene.things[0].box
            down, across = (y + h // 2) // CELL, (x + w // 2) // CELL
            assert batch.shown.noun[row, down, across] == scene.things[0].noun
            assert (batch.shown.part[row, :, down, across] - 0.5).abs().max() <= CELL / min(w, h)


def test_most_things_begin_with_a_cell(art_folder):
    composer = Composer(art_folder, 16, seed=9, only_plan=True)
    things = [thing for _ in range(300) for thing in composer.plan().things]
    on_grid = sum(thing.box[0] % CELL == 0 and thing.box[1] % CELL == 0 for thing in things)
    assert 1 - UNUSUAL - 0.1 < on_grid / len(things) < 1


def test_close_ups_show_the_whole_thing(art_folder):
    composer = CloseUp(art_folder, 16, seed=3)
    batch = composer.batch(12)
    places = torch.arange(SIZE // 8).expand(12, 4, SIZE // 8, SIZE // 8).float()
    tensors = {"latents": places, "ids": torch.zeros(12, 77), "noun": batch.shown.noun, "coverage": batch.coverage}
    close = close_up(batch, tensors, composer)
    side = CloseUp.CROP
    assert close["latents"].shape == (12, 4, 2 * side, 2 * side) and close["ids"].shape == (12, 77)
    assert torch.allclose(close["coverage"].sum((1, 2, 3)), batch.coverage.sum((1, 2, 3)), atol=1e-4)
    for row, scene in enumerate(batch.scenes):
        assert (close["noun"][row] >= 0).sum() == (batch.shown.noun[row] >= 0).sum() > 0
        first, box = close["latents"][row, 0, 0, 0].item() * 8, scene.things[0].box
        assert first % CELL == 0 and first <= box[0] and box[0] + box[2] <= first + side * CELL


def test_a_grown_decoder_computes_what_the_small_one_did():
    size = replace(networks.SIZES["smoke"], decoder_channels=24, decoder_blocks=(3, 1, 2, 0), ae_decoder=(1, 1, 1, 0))
    small, large = networks.autoencoder(size).decoder, networks.autoencoder(size, larger=True).decoder
    latents = torch.randn(2, 4, 4, 4)
    assert not torch.allclose(large(latents), small(latents), atol=1e-3)
    grow(large, small.state_dict(), size.ae_decoder, size.decoder_blocks)
    assert torch.allclose(large(latents), small(latents), atol=1e-5)
