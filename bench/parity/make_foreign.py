"""Makes crates/lmd-nn/tests/data/foreign: small LoRA files as PEFT, diffusers, kohya's names and LyCORIS write them, with
what the small model `sd1` computes under each, and the ids that the true CLIP vocabulary gives to some texts.

    pip install -r bench/parity/requirements.txt peft lycoris-lora open_clip_torch einops toml ftfy regex
    python bench/parity/make_foreign.py
"""

import importlib.util
import json
import pathlib
import shutil
import tempfile

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from lycoris.wrapper import LycorisNetwork, create_lycoris
from peft import LoHaConfig, LoKrConfig, LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTokenizer

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/lmd-nn/tests/data"
OUT = DATA / "foreign"
ATTENTION = r"(mid_block|up_blocks\.1\.attentions\.0).*(to_q|to_v|to_out\.0|ff\.net\.2)"
CONVOLUTIONS = ATTENTION[:-1] + r"|conv1|conv_shortcut)"
GOLDEN = load_file(DATA / "sd1/golden.safetensors")
TEXTS = ["a photo of a cat", "An  astronaut riding a HORSE!!", "it's 3D: 1024x768 — ünïcode 猫 🐈", "", "labradoodle-table, the dog's",
         "a! !! b!", "e\u0301 \u00a0 x\n y"]


def unet():
    return UNet2DConditionModel.from_pretrained(DATA / "sd1/unet", torch_dtype=torch.float32).eval()


def text_encoder():
    return CLIPTextModel.from_pretrained(DATA / "sd1/text_encoder", torch_dtype=torch.float32).eval()


def fill(module, marks, seed):
    """Random numbers in the factors, which begin as zeros."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.named_parameters():
        if any(mark in name for mark in marks):
            tensor.data = (0.3 * torch.randn(tensor.shape, generator=generator)).half().float()


@torch.no_grad()
def noise(network):
    return network(GOLDEN["unet.latents"], torch.tensor([501, 37]), GOLDEN["unet.text"]).sample


@torch.no_grad()
def pooled(network):
    return network(GOLDEN["text.ids"].long()).pooler_output


def save_as_diffusers(folder, name, **own):
    with tempfile.TemporaryDirectory() as there:
        StableDiffusionPipeline.save_lora_weights(there, **own)
        shutil.copy(next(pathlib.Path(there).iterdir()), folder / f"{name}.safetensors")


def peft_unets(folder, golden):
    """diffusers' way: an adapter put into the network, saved with its configuration in the metadata."""
    for name, config in {
        "peft_alpha": LoraConfig(r=2, lora_alpha=8, target_modules=CONVOLUTIONS),
        "peft_stabilised": LoraConfig(r=2, lora_alpha=3, use_rslora=True, target_modules=ATTENTION,
                                      alpha_pattern={"attn2.to_q": 1, r"mid_block\..*to_v": 6}),
    }.items():
        network = unet()
        network.add_adapter(config)
        fill(network, ["lora_"], len(golden))
        golden[name] = noise(network)
        layers = get_peft_model_state_dict(network)
        metadata = network.peft_config["default"].to_dict()
        metadata = {k: list(v) if isinstance(v, set) else v for k, v in metadata.items()}
        save_as_diffusers(folder, name, unet_lora_layers=convert_state_dict_to_diffusers(layers),
                          unet_lora_adapter_metadata=metadata)
        if name == "peft_alpha":
            kohya = convert_state_dict_to_kohya({f"unet.{k}": v for k, v in layers.items()})
            whole = {k: torch.tensor(8) if k.endswith(".alpha") else v.contiguous() for k, v in kohya.items()}
            print(list(whole)[:3])
            save_file(whole, folder / "kohya_whole_alpha.safetensors")
            golden["kohya_whole_alpha"] = golden[name]


def peft_alone(folder, golden):
    """PEFT's own way: a folder with the weights and adapter_config.json."""
    for name, config in {
        "adapter_lora": LoraConfig(r=2, lora_alpha=6, target_modules=ATTENTION),
        "adapter_loha": LoHaConfig(r=2, alpha=4, target_modules=ATTENTION),
        "adapter_lokr": LoKrConfig(r=2, alpha=4, target_modules=ATTENTION, decompose_factor=4),
    }.items():
        network = get_peft_model(unet(), config)
        fill(network, ["lora_", "hada_", "lokr_"], len(golden))
        golden[name] = noise(network)
        network.save_pretrained(folder / name)
        (folder / name / "README.md").unlink(missing_ok=True)


def lycoris(folder, golden):
    """LyCORIS: names and forms of its own."""
    LycorisNetwork.apply_preset({"target_module": [], "target_name": [".*to_q", ".*to_v", ".*conv1"]})
    cases = {
        "locon_tucker": dict(algo="locon", use_tucker=True),
        "loha": dict(algo="loha"),
        "loha_tucker": dict(algo="loha", use_tucker=True),
        "lokr": dict(algo="lokr", factor=4),
        "lokr_both": dict(algo="lokr", factor=4, decompose_both=True, linear_dim=1, conv_dim=1),
        "lokr_tucker": dict(algo="lokr", factor=4, use_tucker=True),
        "lokr_whole": dict(algo="lokr", factor=4, full_matrix=True),
    }
    for name, case in cases.items():
        network = unet()
        dim = case.pop("linear_dim", 2)
        conv = case.pop("conv_dim", 2)
        part = torch.nn.ModuleDict({"mid_block": network.mid_block})
        net = create_lycoris(part, 1.0, linear_dim=dim, linear_alpha=1, conv_dim=conv, conv_alpha=1, **case)
        net.apply_to()
        fill(net, ["lora_", "hada_", "lokr_"], len(golden))
        golden[name] = noise(network)
        state = {k.replace("lycoris_", "lora_unet_", 1): v.contiguous() for k, v in net.state_dict().items()}
        assert any("mid_block" in k for k in state), list(state)[:3]
        save_file(state, folder / f"{name}.safetensors")


def texts(folder, golden):
    """LoRAs of the text encoder, under diffusers' own old names and under kohya's."""
    network = text_encoder()
    network.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["q_proj", "v_proj", "out_proj", "fc1"]))
    fill(network, ["lora_"], 77)
    layers = get_peft_model_state_dict(network)
    golden["text_old_names"] = golden["text_kohya"] = pooled(network)
    old = convert_state_dict_to_diffusers(layers)
    old = {k.replace("lora_A", "lora_linear_layer.down").replace("lora_B", "lora_linear_layer.up"): v for k, v in old.items()}
    save_as_diffusers(folder, "text_old_names", text_encoder_lora_layers=old)
    kohya = {}
    for name, tensor in layers.items():
        module = name.removeprefix("base_model.model.").removeprefix("text_model.")
        module, part = module.split(".lora_")
        key = "lora_te_text_model_" + module.replace(".", "_")
        kohya[f"{key}.lora_{'down' if part.startswith('A') else 'up'}.weight"] = tensor.contiguous()
        kohya[f"{key}.alpha"] = torch.tensor(2.0)
    save_file(kohya, folder / "text_kohya.safetensors")


def clip_ids():
    """What open_clip and transformers make of texts with CLIP's whole vocabulary."""
    # The package itself wants torchvision, its tokenizer does not.
    folder = pathlib.Path(importlib.util.find_spec("open_clip").submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", folder / "tokenizer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    simple = module.SimpleTokenizer()
    merges = [tuple(merge) for merge in simple.bpe_ranks]
    cases = {}
    for pad in ("<|endoftext|>", "!"):
        vocab = dict(simple.encoder)
        vocab = {{"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}.get(k, k): v for k, v in vocab.items()}
        tokenizer = CLIPTokenizer(vocab=vocab, merges=merges, pad_token=pad)
        cases[pad] = [tokenizer(t, padding="max_length", truncation=True, max_length=77)["input_ids"] for t in TEXTS]
    assert len(vocab) == 49408 and cases["<|endoftext|>"][0][:7] == [49406, 320, 1125, 539, 320, 2368, 49407]
    (OUT / "clip_ids.json").write_text(json.dumps({"texts": TEXTS, "ids": cases}, ensure_ascii=False))


def main():
    torch.manual_seed(0)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    golden = {"plain": noise(unet()), "text_plain": pooled(text_encoder())}
    peft_unets(OUT, golden)
    peft_alone(OUT, golden)
    lycoris(OUT, golden)
    texts(OUT, golden)
    clip_ids()
    save_file({k: v.clone().contiguous() for k, v in golden.items()}, OUT / "golden.safetensors")
    for name, value in golden.items():
        base = golden["text_plain" if name.startswith("text") else "plain"]
        print(f"{name:20} differs from the plain model by {(value - base).abs().max() / base.abs().max():.3f}")
    print(sum(p.stat().st_size for p in OUT.rglob("*") if p.is_file()), "bytes")


if __name__ == "__main__":
    main()
