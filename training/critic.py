"""A critic of patches, for the decoder: tells crops of composed scenes from decoded ones (PatchGAN, Isola et al., 2017,
https://arxiv.org/abs/1611.07004, with the hinge loss), and how much the decoder listens to it is set by the gradients at its
last convolution (VQGAN, Esser et al., 2021, https://arxiv.org/abs/2012.09841, equation 7).
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

SHARE = 0.4  # of the other loss's gradient at the last convolution
LARGEST = 1.0  # weight
RATE = 4e-4


class Critic(nn.Module):
    """Crops (n, 3, h, w) in [-1,1] to how real each patch looks (n, 1, h/8, w/8)."""

    def __init__(self, width: int = 32):
        super().__init__()
        channels = (3, width, 2 * width, 4 * width)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in zip(channels, channels[1:]))
        self.head = spectral_norm(nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.optimizer = torch.optim.Adam(self.parameters(), lr=RATE, betas=(0.5, 0.9))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        return self.head(x)

    def learn(self, real: torch.Tensor, drawn: torch.Tensor, share_gradients) -> None:
        """A step towards telling them apart; several workers have one critic (`Run.share_gradients`)."""
        loss = F.relu(1 - self(real)).mean() + F.relu(1 + self(drawn)).mean()
        self.optimizer.zero_grad()
        loss.backward()
        share_gradients(self.parameters())
        self.optimizer.step()

    def weighted(self, other: torch.Tensor, drawn: torch.Tensor, last: nn.Parameter) -> torch.Tensor:
        """What the critic asks of the decoder, weighted against the `other` loss by their gradients at the weight `last`."""
        asked = -self(drawn).mean()
        ours, theirs = (torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (asked, other))
        return (SHARE * theirs / (ours + 1e-6)).clamp(max=LARGEST).detach() * asked

    def state(self) -> dict:
        return {"critic": self.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, state: dict) -> None:
        self.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
