"""An exported folder, as Python reads it."""

from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel

from .tokenizer import Words


class Folder(nn.Module):
    """An exported folder, ready to sample from in f32."""

    def __init__(self, folder: Path):
        super().__init__()
        self.text = CLIPTextModel.from_pretrained(folder / "text_encoder", torch_dtype=torch.float32)
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
        self.vae = AutoencoderTiny.from_pretrained(folder / "vae", torch_dtype=torch.float32)
        self.scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")
        self.words = Words(folder / "tokenizer")
        self.to(memory_format=torch.channels_last).eval().requires_grad_(False)

    def features(self, ids):
        return self.text(ids).last_hidden_state
