"""What every stage needs: a run folder, checkpoints that survive a kill, a moving average, a log.

Several single-threaded workers (environment RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT) share a stage
by averaging gradients once a step. On a busy machine that is ten times as fast as one worker with
two threads, which would wait for each other in every operation.
"""

import copy
import json
import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image


def half_is_fast(device: str) -> bool:
    """Is bf16 faster than f32? On GPUs, and on processors with AMX (convolutions four times, matrices six times) or with
    AVX512_BF16 (both twice, on Zen 4). On other processors f32 is."""
    return device == "cuda" or (device == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()))


class Run:
    """A folder `root/size` for checkpoints, samples and logs."""

    def __init__(self, root: Path, size: str, art: Path, device: str, threads: int, minutes: float | None = None):
        self.folder = Path(root) / size
        self.folder.mkdir(parents=True, exist_ok=True)
        self.art, self.device, self.threads = Path(art), device, threads
        self.deadline = time.time() + 60 * minutes if minutes else float("inf")
        self.stopped = False
        self.rank, self.workers = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if self.workers > 1 and not dist.is_initialized():
            dist.init_process_group("gloo")
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, *_):
        """A first signal ends the stage at the next step, with a checkpoint."""
        self.stopped = True

    def should_stop(self) -> bool:
        """Time to write a checkpoint and leave? All workers agree at each `share_gradients`."""
        return self.stopped or (self.workers == 1 and time.time() > self.deadline)

    def share_gradients(self, parameters) -> None:
        """Average gradients over the workers, and agree whether to stop."""
        if self.workers == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        stop = torch.tensor([float(self.stopped or time.time() > self.deadline)])
        flat = torch.cat([stop, *(g.flatten() for g in gradients)])
        dist.all_reduce(flat)
        self.stopped = bool(flat[0] > 0)
        at = 1
        for g in gradients:
            g.copy_(flat[at : at + g.numel()].view(g.shape) / self.workers)
            at += g.numel()

    def autocast(self):
        """bf16 where it is fast, else f32."""
        return torch.autocast(self.device, torch.bfloat16, enabled=half_is_fast(self.device))

    def part(self, batch: int) -> int:
        """This worker's share of a batch."""
        return max(1, batch // self.workers)

    @property
    def leads(self) -> bool:
        """Is this the worker that logs, draws sheets and writes checkpoints?"""
        return self.rank == 0

    def path(self, name: str) -> Path:
        return self.folder / name

    def save(self, name: str, state: dict) -> None:
        """Write a checkpoint so that a kill leaves either the old one or the new one."""
        if not self.leads:
            return
        scratch = self.path(name + ".part")
        torch.save(state, scratch)
        os.replace(scratch, self.path(name))

    def load(self, name: str) -> dict | None:
        path = self.path(name)
        return torch.load(path, map_location=self.device, weights_only=False) if path.exists() else None

    def log(self, stage: str, **numbers) -> None:
        """One line for people on stdout and one of JSON in log.jsonl."""
        if not self.leads:
            return
        line = {"time": round(time.time()), "stage": stage, **numbers}
        with self.path("log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        told = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in numbers.items())
        print(time.strftime("%H:%M:%S"), stage, told, flush=True)


class Average:
    """Exponential moving average of weights, with a window that grows with the steps taken."""

    def __init__(self, model: torch.nn.Module, longest: float = 0.999):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.longest, self.steps = longest, 0

    @torch.no_grad()
    def update(self, model: torch.nn.Module) -> None:
        self.steps += 1
        keep = min(self.longest, (1 + self.steps) / (10 + self.steps))
        mine, theirs = list(self.model.parameters()), list(model.parameters())
        torch._foreach_lerp_(mine, theirs, 1 - keep)

    def state_dict(self) -> dict:
        return {"model": self.model.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.steps = state["steps"]


class Learner:
    """A model with its optimizer, its average and the steps it has learned: what a checkpoint holds."""

    def __init__(self, run: Run, name: str, model: torch.nn.Module, optimizer, average: Average):
        """As the checkpoint `name` left them, where there is one; else as they are, at step 0."""
        self.run, self.name = run, name
        self.model, self.optimizer, self.average, self.step = model, optimizer, average, 0
        if state := run.load(name):
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]

    def learn(self, loss: torch.Tensor, longest: float) -> int:
        """A step down this loss, by gradients that are cut to the length `longest`; gives the steps so far."""
        self.optimizer.zero_grad()
        loss.backward()
        self.run.share_gradients(self.model.parameters())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), longest)
        self.optimizer.step()
        self.average.update(self.model)
        self.step += 1
        return self.step

    def save(self) -> None:
        self.run.save(self.name, {"model": self.model.state_dict(), "average": self.average.state_dict(),
                                  "optimizer": self.optimizer.state_dict(), "step": self.step})


def level_rate(step: int, steps: int, warm_up: int, cooldown: float) -> float:
    """Factor on the learning rate: up over `warm_up` steps, level, down to 2 % over the last `cooldown` steps."""
    left = max(0, steps - step)
    return min(1.0, (step + 1) / warm_up, 0.02 + 0.98 * left / max(cooldown, 1))


def falling_rate(step: int, steps: int, warm_up: int) -> float:
    """Factor on the learning rate: up over `warm_up` steps, down along half a cosine to 2 % at the end."""
    return min(1, (step + 1) / warm_up) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)


def held_out_size(step: int, steps: int, batch: int) -> int:
    """On how many held-out scenes a stage is scored: few on the way, 400 at the end, never more than it was trained on."""
    return min(64 if step < steps else 400, steps * batch)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """The memory order convolutions are fastest in (twice as fast on AVX-512)."""
    return x.contiguous(memory_format=torch.channels_last)


def sheet(pictures: torch.Tensor, path: Path, columns: int) -> None:
    """Write pictures (n, 3, h, w) in [-1,1] as one contact sheet."""
    n, _, h, w = pictures.shape
    rows = -(-n // columns)
    grid = torch.ones(rows * columns, 3, h, w)
    grid[:n] = pictures.float().cpu()
    grid = grid.view(rows, columns, 3, h, w).permute(0, 3, 1, 4, 2).reshape(rows * h, columns * w, 3)
    Image.fromarray(((grid.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy().astype(np.uint8)).save(path)
