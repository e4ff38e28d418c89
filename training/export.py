"""Stage `export`: the averaged weights as a diffusers folder in f16, and its model card.

Files stay below 16 MiB (bigger networks are cut into shards, as diffusers does).
"""

import json
import shutil
import time
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file

from . import networks
from .detector import Detector
from .diffusion import Painter, load_vae
from .runs import Run
from .scenes import art
from .scenes.backgrounds import BACKGROUNDS, NAMES
from .scenes.compose import SIZE, USUAL_SIZES
from .tokenizer import Words

LARGEST = 15_000_000  # bytes of a file
# Pictures of the model card, where the run's folder has them: what each shows.
SHEETS = {"contact-sheet.png": "24 fixed prompts, drawn by lmd", "contact-sheet-before.png": "the same prompts, drawn with the model before"}


def averaged(run: Run, size: networks.Size) -> tuple[Painter, Words, dict]:
    """The averaged painter, the words, and how far training came."""
    words = Words(run.path("tokenizer"))
    painter = Painter(size, words.vocabulary)
    state = run.load("unet.pt")
    painter.load_state_dict(state["average"]["model"])
    return painter.eval(), words, {"steps": state["step"], "pictures": state["seen"]}


def export(run: Run, size: networks.Size, name: str, folder: Path) -> None:
    """Write everything that exists so far into `folder`."""
    painter, words, progress = averaged(run, size)
    shutil.rmtree(folder, ignore_errors=True)
    vae = load_vae(run).cpu()
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=painter.text, tokenizer=words.tokenizer, unet=painter.unet.cpu(),
        scheduler=networks.scheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    ).to(torch.float16)
    for module in (pipe.unet, pipe.vae, pipe.text_encoder):
        module.to(memory_format=torch.contiguous_format)
    pipe.save_pretrained(folder, safe_serialization=True)
    shard(folder / "unet")
    for file in run.path("tokenizer").iterdir():  # the plain files beside whatever transformers wrote
        if file.name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(file, folder / "tokenizer" / file.name)
    if run.path("detector/config.json").exists():
        Detector.open(run.path("detector")).save(folder / "detector")
    if run.path("segmenter/config.json").exists():
        shutil.copytree(run.path("segmenter"), folder / "segmenter", dirs_exist_ok=True)
    if run.path("adapters").exists():
        shutil.copytree(run.path("adapters"), folder / "gligen", dirs_exist_ok=True)
    measured = read_json(run.path("evaluation.json"))
    for sheet in SHEETS:
        if run.path(sheet).exists():
            shutil.copy(run.path(sheet), folder)
    # lmd's defaults for this model: it never learned the paper's negative terms, 7.5 makes it gaudy, and the paper's steps of
    # guidance wash backgrounds out. Its adapters put more of the right things into boxes when they are on for longer (training/README.md).
    hints = {"negative_prompt": "", "cfg_scale": 5.0, "guidance_strength": 0.4, "gligen_beta": 0.6}
    hints |= {"words": learned(size.nouns), "looks": looks(run.art, size.nouns)}
    (folder / "lmd.json").write_text(json.dumps(hints, indent=1) + "\n")
    (folder / "README.md").write_text(card(run, size, name, progress, measured))
    for config in folder.rglob("config.json"):  # diffusers notes where it read from; that is nobody's business
        told = json.loads(config.read_text())
        if told.pop("_name_or_path", None):
            config.write_text(json.dumps(told, indent=2) + "\n")
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    total = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    run.log("export", folder=str(folder), mib=total / 2**20, **progress)


def looks(art_folder: Path, nouns: int) -> dict:
    """In what shapes and sizes it saw its things, for lmd to plan boxes that it can fill."""
    listed = art.load_nouns(nouns)
    sprites = [paints[0].shape[1:] for paints in art.load_atlas(art_folder, listed, paints=art.PAINTS[:1])]
    shapes = {noun.singular: round(width / height, 2) for noun, (height, width) in zip(listed, sprites)}
    return {"shapes": shapes, "sides": [USUAL_SIZES[count][0] / SIZE for count in (1, 2, 3, 4)]}


def learned(nouns: int) -> dict[str, list[str]]:
    """The words of the captions it is shown, for lmd to tell what the model knows."""
    return {
        "nouns": [noun.singular for noun in art.load_nouns(nouns)],
        "colours": list(art.COLOURS),
        "backgrounds": [wording for name in NAMES for wording in BACKGROUNDS[name][1]],
        "others": ["realistic", "photo", "scene", "image", "picture"],
    }


def shard(folder: Path) -> None:
    """Cut a network's file into several below LARGEST, as diffusers does, but attention apart from everything else: where
    that alone is trained on, the other files stay what they were."""
    stem = "diffusion_pytorch_model"
    whole = load_file(folder / f"{stem}.safetensors")
    apart = [[name for name in whole if (".attentions." in name) == attention] for attention in (False, True)]
    shards = []
    for group in apart:
        size = LARGEST  # so that the first begins a file
        for name in group:
            if size + whole[name].nbytes > LARGEST:
                shards.append({})
                size = 0
            shards[-1][name] = whole[name]
            size += whole[name].nbytes
    names = [f"{stem}-{i + 1:05d}-of-{len(shards):05d}.safetensors" for i in range(len(shards))]
    for name, tensors in zip(names, shards, strict=True):
        save_file(tensors, folder / name, metadata={"format": "pt"})
    index = {"metadata": {"total_size": sum(tensor.nbytes for tensor in whole.values())},
             "weight_map": {key: name for name, tensors in zip(names, shards, strict=True) for key in sorted(tensors)}}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    (folder / f"{stem}.safetensors").unlink()


def lines_of(run: Run, stage: str) -> list[dict]:
    """All log lines of a stage, oldest first."""
    lines = [json.loads(line) for line in run.path("log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["stage"] == stage]


def read_json(path: Path) -> dict | None:
    """What another program measured, where it has."""
    return json.loads(path.read_text()) if path.exists() else None


def percent(value) -> str:
    return f"{100 * value:.1f} %"


def card(run: Run, size: networks.Size, name: str, progress: dict, measured: dict | None) -> str:
    """The model card: what it is, how it was made, and measured numbers only."""
    steps = [line for line in lines_of(run, "unet") if line["step"] <= progress["steps"]]
    nouns = [noun.singular for noun in art.load_nouns(size.nouns)]
    quality = ["not measured"]
    if measured:
        quality = [f"- {measured['pictures']} pictures of single objects, plain sampling ({measured['steps']} DDIM steps, guidance "
                   f"{measured['guidance']}), judged by the detector, after {measured['seen']} training pictures: right noun "
                   f"{percent(measured['noun'])}, right colour {percent(measured['paint'])}, both {percent(measured['both'])}."]
    pictures = read_json(run.path("pictures.json"))  # the report.json of `lmd bench pictures`
    if pictures:
        families = " / ".join(["all", *(family["family"] for family in pictures["scores"][0]["families"])])
        rates = lambda score: [score["pictures"], *(family["pictures"] for family in score["families"])]
        methods = [f"{score['name']} {' / '.join(percent(rate['percent'] / 100) for rate in rates(score))}" for score in pictures["scores"]]
        quality.append(f"- {pictures['prompts']} prompts of the suite {pictures['suite']}, drawn by `lmd` and judged by the detector, "
                       f"everything right ({families}): {'; '.join(methods)}.")
    shown = "".join(f"\n{told[0].upper()}{told[1:]}:\n\n![{told}]({sheet})\n" for sheet, told in SHEETS.items() if run.path(sheet).exists())
    decoder = read_json(run.path("vae/config.json"))["decoder_block_out_channels"][0]
    judge = "not measured"
    if scored := lines_of(run, "detector held-out"):
        d = scored[-1]
        judge = (f"on {d['scenes']} held-out scenes with {d['things']} things: found {percent(d['found'])}, right noun of the found "
                 f"{percent(d['noun'])}, right colour {percent(d['paint'])}, scenes without any mistake {percent(d['perfect_scenes'])}")
    loss = f"velocity loss {steps[-1]['velocity']:.4f}, grounding loss {steps[-1]['grounding']:.3f}, averaged over the last logged steps" if steps else "not logged"
    history = run.path("history.txt").read_text().strip() + " " if run.path("history.txt").exists() else ""
    return f"""# lmd demo model, size `{name}`

A small Stable Diffusion of our own, in the diffusers format: 256x256 pictures of 3D emoji on painted
backgrounds. It exists so that lmd runs for real without a download. It is **{'the finished `full` size' if name == 'full' else 'an interim model of the `' + name + '` size'}**,
after {progress['steps']} steps = {progress['pictures']} pictures of training ({loss}). {history}Exported {time.strftime('%Y-%m-%d', time.gmtime())}.

## What it is shown in training
Nouns: {', '.join(nouns)}. Colours: {', '.join(art.COLOURS)}. Backgrounds: {', '.join(NAMES)}.
Words beyond these are read as pieces and mean nothing to it. English, lower or upper case. What of this it already draws, the measurements below say.

## Networks
- U-Net: channels {list(size.unet)}, {'one layer' if networks.LAYERS == 1 else f'{networks.LAYERS} layers'} a block, cross-attention at 16x16 (`down 1`, `up 1`) and 8x8 (`mid`), width of text {size.text_width}, 8 heads.
- Text encoder: CLIP, {size.text_layers} layers, own vocabulary. Autoencoder: AutoencoderTiny, channels {size.ae_channels} (encoder) and {decoder} (decoder), latents 32x32x4.
- Schedule: Stable Diffusion 1.5's, velocity prediction, DDIM.

## Measured quality
{chr(10).join(quality)}

Detector (`detector/`): {judge}.
{shown}
## Limits
It has seen nothing but composed emoji scenes: no photographs, no text, no styles, of people a man and a woman of one kind each. Things may
float, colours may leak between neighbours, counts above three are unreliable.

## Data and licence
Trained on scenes composed by `training/scenes` from the npm package `@lobehub/fluent-emoji-3d` (MIT licence;
the art is Microsoft's Fluent Emoji, MIT) and backgrounds painted by formula. No photographs, no scraped data.
The weights carry the licence of this repository. How to make them again: `training/README.md`.
"""
