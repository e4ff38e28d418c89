"""The networks as diffusers and transformers run them, with every attention map kept."""

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file


class KeepMaps:
    """Attention processor: explicit probabilities, kept with their gradient."""

    def __init__(self, maps, key):
        self.maps, self.key = maps, key

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        batch = hidden_states.shape[0]
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(source))
        value = attn.head_to_batch_dim(attn.to_v(source))
        scores = torch.baddbmm(
            torch.zeros(query.shape[0], query.shape[1], key.shape[1], dtype=query.dtype),
            query, key.transpose(-1, -2), beta=0, alpha=attn.scale,
        )
        probabilities = scores.softmax(dim=-1)
        if self.key is not None:
            self.maps[self.key] = probabilities.reshape(batch, attn.heads, *probabilities.shape[1:])
        seen = attn.batch_to_head_dim(torch.bmm(probabilities, value))
        return attn.to_out[1](attn.to_out[0](seen))


def keep_maps(unet):
    """Makes the U-Net keep its cross-attention maps; gives the dictionary they will be in."""
    maps, processors = {}, {}
    for name in unet.attn_processors:
        parts = name.split(".")
        key = None
        if parts[-2] == "attn2":
            stage = parts[0].removesuffix("_blocks").removesuffix("_block")
            block = "0" if stage == "mid" else parts[1]
            layer = parts[parts.index("attentions") + 1]
            key = f"{stage}.{block}.{layer}"
        processors[name] = KeepMaps(maps, key)
    unet.set_attn_processor(processors)
    return maps


def with_grounding(plain, folder):
    """The same U-Net with the grounding layers that lie in `folder`, in f32."""
    unet = UNet2DConditionModel(**plain.config | {"attention_type": "gated"})
    layers = load_file(folder / "diffusion_pytorch_model.safetensors")
    unet.load_state_dict(plain.state_dict() | {name: value.float() for name, value in layers.items()})
    return unet.eval()


def jitter(model, seed, gain=1.0):
    """Random weights in every tensor, norms included, so that none can be left out unseen."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.named_parameters():
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.dim() > 1:
            fan = tensor[0].numel() if "embedding" not in name else 4.0
            tensor.data = gain * noise / fan**0.5
            if ".attn2.to_q" in name or ".attn2.to_k" in name:
                tensor.data *= 2.0
        elif name.endswith("weight"):
            tensor.data = 1.0 + 0.2 * noise
        else:
            tensor.data = 0.1 * noise
    return model.eval().requires_grad_(False)


def save(folder, model, processor, tensors):
    """The folder as transformers writes it, and in golden.safetensors what was computed with it."""
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")


def round_to(model, dtype):
    """Weights that a file of this number format holds exactly, computed with in f32."""
    for tensor in model.parameters():
        tensor.data = tensor.data.to(dtype).to(torch.float32)
    return model
