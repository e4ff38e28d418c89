"""The optimiser: Muon for the matrices inside the networks, AdamW for everything else.

Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon) replaces each matrix's momentum
by the nearest orthogonal matrix, found by five Newton-Schulz iterations. Convolutions count as
matrices (out, in * k * k). Steps are scaled to the size AdamW's would have (Liu et al., 2025,
https://arxiv.org/abs/2502.16982), so both share one learning rate.
"""

import torch
import torch.distributed as dist

from .runs import half_is_fast

QUINTIC = (3.4445, -4.7750, 2.0315)  # coefficients of the iteration, from the post
LONG = 4  # how many times as long as wide a matrix is from which on the short side is cheaper


def orthogonal(matrices: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Nearly the nearest orthogonal matrix of each of some matrices (n, rows, columns), same shape: a polynomial
    that pushes singular values towards 1, five times over."""
    wide = matrices.mT if matrices.shape[-2] > matrices.shape[-1] else matrices
    x = wide / (wide.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    x = on_the_short_side(x, rounds) if x.shape[-1] >= LONG * x.shape[-2] else directly(x, rounds)
    return x.mT if matrices.shape[-2] > matrices.shape[-1] else x


def directly(x: torch.Tensor, rounds: int) -> torch.Tensor:
    """The rounds on matrices of norm 1, in bf16 where that is fast (it forgives rounding)."""
    a, b, c = QUINTIC
    dtype = x.dtype
    x = x.to(torch.bfloat16 if half_is_fast(x.device.type) else dtype)
    for _ in range(rounds):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.to(dtype)


def on_the_short_side(x: torch.Tensor, rounds: int) -> torch.Tensor:
    """The same for long matrices. What the rounds make of x is a polynomial of x x^T times x, so the long matrix is
    multiplied twice and not ten times. In f32: x x^T has small eigenvalues, and they matter."""
    a, b, c = QUINTIC
    gram = x @ x.mT
    one = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device).expand_as(gram)
    whole = None
    for step in range(rounds):
        factor = torch.baddbmm(torch.add(a * one, gram, alpha=b), gram, gram, alpha=c)
        whole = factor if whole is None else factor @ whole
        if step < rounds - 1:
            gram = factor @ gram @ factor
    return whole @ x


def by_shape(matrices: list[torch.Tensor], chosen) -> list[list[int]]:
    """The chosen indices, those of equal shapes together: many small products become one."""
    groups: dict[torch.Size, list[int]] = {}
    for index in chosen:
        groups.setdefault(matrices[index].shape, []).append(index)
    return list(groups.values())


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal. All parameters need at least two dimensions.

    Several workers share the orthogonalising: each does every n-th matrix, and all add up.
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.workers = dist.get_world_size() if dist.is_initialized() else 1
        self.rank = dist.get_rank() if dist.is_initialized() else 0

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            speeds = [self.speed(p, group["momentum"]) for p in parameters]
            updates = [torch.zeros_like(s) for s in speeds]
            for same in by_shape(speeds, range(self.rank, len(speeds), self.workers)):
                for index, update in zip(same, orthogonal(torch.stack([speeds[i] for i in same])), strict=True):
                    updates[index] = update
            if self.workers > 1:
                flat = torch.cat([u.flatten() for u in updates])
                dist.all_reduce(flat)
                updates = flat.split([u.numel() for u in updates])
            for p, update in zip(parameters, updates):
                width = max(p.shape[0], p[0].numel())
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update.view_as(p), alpha=-group["lr"] * 0.2 * width**0.5)

    def speed(self, p: torch.Tensor, momentum: float) -> torch.Tensor:
        """The Nesterov momentum of one parameter, as a matrix."""
        state = self.state[p]
        if "speed" not in state:
            state["speed"] = torch.zeros_like(p)
        speed = state["speed"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(speed, momentum).flatten(1)


class Both:
    """Muon and AdamW behind one face."""

    def __init__(self, unet, others, lr: float, gates: tuple[str, ...] = ()):
        """`unet`: a module whose inner matrices go to Muon; `others`: modules trained by AdamW at 0.3 lr; `gates`:
        how the names of those of `unet` end that are trained by AdamW at 5 lr."""
        edge = {"conv_in.weight", "conv_out.weight"}
        inner = [p for name, p in unet.named_parameters() if p.ndim >= 2 and name not in edge and p.requires_grad]
        quick = [p for name, p in unet.named_parameters() if gates and name.endswith(gates) and p.requires_grad]
        chosen = {id(p) for p in inner + quick}
        rest = [p for p in unet.parameters() if id(p) not in chosen and p.requires_grad]
        self.muon = Muon(inner, lr)
        groups = [{"params": rest, "lr": lr}, {"params": [p for m in others for p in m.parameters()], "lr": 0.3 * lr},
                  {"params": quick, "lr": 5 * lr}]
        self.adam = torch.optim.AdamW([g for g in groups if g["params"]], betas=(0.9, 0.99), weight_decay=0.01)
        self.peaks = [g["lr"] for g in self.adam.param_groups]
        self.lr = lr

    def set_rate(self, factor: float) -> None:
        """Learning rates = factor times their peaks."""
        self.muon.param_groups[0]["lr"] = factor * self.lr
        for group, peak in zip(self.adam.param_groups, self.peaks):
            group["lr"] = factor * peak

    def step(self) -> None:
        self.muon.step()
        self.adam.step()

    def zero_grad(self) -> None:
        self.muon.zero_grad()
        self.adam.zero_grad()

    def state_dict(self) -> dict:
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
