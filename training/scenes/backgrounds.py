"""The backgrounds: painted by formula, a batch at a time, on any device.

Each painter takes `n` and a `Brush` and returns (n, 3, 256, 256) in [0,1] and the horizon of each
picture (n,), in [0,1] from the top: things whose feet lie below it cast a shadow.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

SIZE = 256


@dataclass
class Brush:
    """Randomness and coordinates for one batch. `x`, `y`: (1, 1, SIZE, SIZE) pixel centres in [0,1]."""

    generator: torch.Generator
    device: str = "cpu"

    def __post_init__(self):
        line = (torch.arange(SIZE, device=self.device) + 0.5) / SIZE
        self.x, self.y = line[None, None, None, :], line[None, None, :, None]

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """(n, 1, 1, 1) numbers between low and high."""
        u = torch.rand(n, 1, 1, 1, generator=self.generator, device=self.device)
        return low + (high - low) * u

    def colour(self, n: int, rgb: tuple, jitter: float = 0.06) -> torch.Tensor:
        """(n, 3, 1, 1) colours near `rgb`."""
        u = torch.rand(n, 3, 1, 1, generator=self.generator, device=self.device) * 2 - 1
        v = self.uniform(n, -1, 1)
        base = torch.tensor(rgb, device=self.device)[None, :, None, None]
        return (base + jitter * (0.4 * u + 0.6 * v)).clamp(0, 1)

    def noise(self, n: int, rows: int, cols: int) -> torch.Tensor:
        """(n, 1, SIZE, SIZE) smooth noise in about [-1, 1] with that many bumps down and across."""
        coarse = torch.randn(n, 1, rows + 1, cols + 1, generator=self.generator, device=self.device) * 0.5
        return F.interpolate(coarse, (SIZE, SIZE), mode="bilinear", align_corners=True)

    def skyline(self, n: int, bumps: int, low: float, high: float, sharp: bool = False) -> torch.Tensor:
        """(n, 1, 1, SIZE) heights between low and high: rolling, or in steps when `sharp`."""
        heights = low + (high - low) * torch.rand(n, 1, bumps, generator=self.generator, device=self.device)
        mode = {"mode": "nearest"} if sharp else {"mode": "linear", "align_corners": True}
        return F.interpolate(heights, SIZE, **mode)[:, :, None, :]


def mix(a, b, t):
    """a where t = 0, b where t = 1."""
    return a + (b - a) * t


def edge(distance: torch.Tensor, softness: float = 0.006) -> torch.Tensor:
    """0 below zero, 1 above, with a soft edge."""
    return (distance / softness + 0.5).clamp(0, 1)


def two_floors(brush, above, below, horizon):
    """Two vertical gradients that meet at the horizon. `above`, `below`: (top colour, bottom colour)."""
    y = brush.y
    up = mix(above[0], above[1], (y / horizon).clamp(0, 1))
    down = mix(below[0], below[1], ((y - horizon) / (1 - horizon)).clamp(0, 1))
    return mix(up, down, edge(y - horizon))


def sky(brush, n):
    top, low = brush.colour(n, (0.35, 0.62, 0.95)), brush.colour(n, (0.75, 0.88, 0.99))
    return top, low


def beach(brush, n):
    horizon, shore = brush.uniform(n, 0.25, 0.4), brush.uniform(n, 0.5, 0.62)
    sea = (brush.colour(n, (0.08, 0.45, 0.72)), brush.colour(n, (0.25, 0.74, 0.80)))
    picture = two_floors(brush, sky(brush, n), sea, horizon)
    line = shore + 0.02 * torch.sin(brush.x * brush.uniform(n, 5, 12) + brush.uniform(n, 0, 6))
    sand = mix(brush.colour(n, (0.94, 0.84, 0.62)), brush.colour(n, (0.86, 0.72, 0.48)), brush.y)
    sand = sand + 0.015 * brush.noise(n, 40, 40)
    foam = torch.exp(-(((brush.y - line) / 0.012) ** 2))
    return mix(mix(picture, sand, edge(brush.y - line)), torch.ones_like(picture), 0.8 * foam), shore


def night_sky(brush, n):
    horizon = brush.uniform(n, 0.72, 0.85)
    night = (brush.colour(n, (0.02, 0.03, 0.12), 0.03), brush.colour(n, (0.12, 0.14, 0.36)))
    ground = (brush.colour(n, (0.05, 0.07, 0.12), 0.02), brush.colour(n, (0.02, 0.03, 0.06), 0.02))
    picture = two_floors(brush, night, ground, horizon)
    dots = torch.rand(n, 1, 64, 64, generator=brush.generator, device=brush.device) > 0.988
    stars = F.interpolate(F.interpolate(dots.float(), (128, 128)), (SIZE, SIZE), mode="bilinear")
    picture = picture + 0.8 * stars * (brush.y < horizon - 0.02)
    far = ((brush.x - brush.uniform(n, 0.1, 0.9)) ** 2 + (brush.y - brush.uniform(n, 0.1, 0.25)) ** 2).sqrt()
    return mix(picture, brush.colour(n, (0.97, 0.95, 0.82), 0.03), edge(brush.uniform(n, 0.05, 0.08) - far)), horizon


def snow_field(brush, n):
    horizon = brush.uniform(n, 0.4, 0.6)
    pale = (brush.colour(n, (0.66, 0.78, 0.90)), brush.colour(n, (0.88, 0.92, 0.97), 0.03))
    snow = (brush.colour(n, (0.93, 0.96, 1.0), 0.03), brush.colour(n, (0.80, 0.87, 0.96), 0.04))
    picture = two_floors(brush, pale, snow, horizon + 0.03 * brush.skyline(n, 6, -1, 1))
    dots = torch.rand(n, 1, 64, 64, generator=brush.generator, device=brush.device) > 0.985
    flakes = F.interpolate(dots.float(), (SIZE, SIZE), mode="bilinear")
    return mix(picture, torch.ones_like(picture), flakes), horizon


def room(brush, n):
    horizon = brush.uniform(n, 0.6, 0.75)
    wall = brush.colour(n, (0.88, 0.82, 0.72), 0.12)
    floor = brush.colour(n, (0.62, 0.42, 0.26), 0.08)
    picture = two_floors(brush, (wall, wall * 0.94), (floor * 0.9, floor), horizon)
    boards = edge(0.08 - ((brush.x - 0.5) / (brush.y - horizon + 0.4).clamp(min=0.1) * 8 % 1), 0.06)
    picture = picture * (1 - 0.25 * boards * (brush.y > horizon))
    left, top = brush.uniform(n, 0.08, 0.62), brush.uniform(n, 0.08, 0.16)
    inside = torch.minimum(torch.minimum(brush.x - left, left + 0.28 - brush.x),
                           torch.minimum(brush.y - top, top + 0.3 - brush.y))
    pane = mix(brush.colour(n, (0.55, 0.78, 0.97)), torch.ones_like(picture), 0.4 * brush.y)
    picture = mix(picture, torch.full_like(picture, 0.97), edge(inside + 0.018))
    picture = mix(picture, pane, edge(inside))
    board = edge(0.012 - (brush.y - horizon + 0.012).abs())
    return mix(picture, torch.full_like(picture, 0.96), board), horizon


def desert(brush, n):
    horizon = brush.uniform(n, 0.45, 0.6)
    hot = (brush.colour(n, (0.98, 0.72, 0.40)), brush.colour(n, (1.0, 0.90, 0.68), 0.04))
    sand = (brush.colour(n, (0.90, 0.62, 0.32)), brush.colour(n, (0.78, 0.46, 0.20)))
    dunes = horizon + 0.06 * torch.sin(brush.x * brush.uniform(n, 4, 10) + brush.uniform(n, 0, 6))
    picture = two_floors(brush, hot, sand, dunes)
    far = ((brush.x - brush.uniform(n, 0.1, 0.9)) ** 2 + (brush.y - brush.uniform(n, 0.12, 0.25)) ** 2).sqrt()
    picture = mix(picture, brush.colour(n, (1.0, 0.97, 0.85), 0.02), edge(0.07 - far))
    near = brush.uniform(n, 0.72, 0.85) + 0.05 * torch.sin(brush.x * brush.uniform(n, 4, 9) + brush.uniform(n, 0, 6))
    return mix(picture, brush.colour(n, (0.86, 0.55, 0.27)), edge(brush.y - near)), horizon


def sea(brush, n):
    horizon = brush.uniform(n, 0.3, 0.5)
    water = (brush.colour(n, (0.10, 0.42, 0.72)), brush.colour(n, (0.02, 0.20, 0.46)))
    picture = two_floors(brush, sky(brush, n), water, horizon)
    depth = (brush.y - horizon).clamp(min=0)
    waves = torch.sin(60 * torch.sqrt(depth + 0.01) + brush.noise(n, 3, 12) * 4 + brush.uniform(n, 0, 6))
    return picture + 0.07 * waves.clamp(min=0) * (brush.y > horizon), horizon


def forest(brush, n):
    horizon = brush.uniform(n, 0.55, 0.7)
    leaves = (brush.colour(n, (0.16, 0.40, 0.20)), brush.colour(n, (0.36, 0.58, 0.30)))
    moss = (brush.colour(n, (0.24, 0.42, 0.16)), brush.colour(n, (0.16, 0.28, 0.10)))
    picture = two_floors(brush, leaves, moss, horizon)
    phase, count = brush.uniform(n), brush.uniform(n, 5, 9)
    stripe = ((brush.x * count + phase) % 1 - 0.5).abs()
    trunks = edge(0.13 - stripe, 0.05) * edge(horizon + 0.04 - brush.y)
    picture = mix(picture, brush.colour(n, (0.27, 0.17, 0.10), 0.04), trunks)
    crowns = edge(brush.skyline(n, 14, 0.12, 0.34) - brush.y)
    return mix(picture, brush.colour(n, (0.10, 0.30, 0.13), 0.05), crowns), horizon


def street(brush, n):
    horizon = brush.uniform(n, 0.58, 0.7)
    road = brush.colour(n, (0.36, 0.37, 0.40), 0.04)
    picture = two_floors(brush, sky(brush, n), (road * 1.1, road), horizon)
    roofs = brush.skyline(n, 7, 0.1, 0.45, sharp=True)
    walls = mix(brush.colour(n, (0.72, 0.52, 0.42), 0.1), brush.colour(n, (0.50, 0.52, 0.60), 0.1),
                brush.skyline(n, 7, 0, 1, sharp=True))
    lit = ((brush.x * 28) % 1 > 0.4) & ((brush.y * 20) % 1 > 0.45)
    walls = mix(walls, brush.colour(n, (0.95, 0.90, 0.66)), 0.7 * lit)
    picture = mix(picture, walls, edge(brush.y - roofs) * edge(horizon - 0.03 - brush.y))
    kerb = edge(0.02 - (brush.y - horizon + 0.01).abs())
    picture = mix(picture, torch.full_like(picture, 0.72), kerb)
    dashes = edge(0.01 - (brush.y - (horizon + 1) / 2).abs()) * ((brush.x * 5 + brush.uniform(n)) % 1 > 0.45)
    return mix(picture, torch.full_like(picture, 0.96), dashes), horizon


def table_top(brush, n):
    horizon = brush.uniform(n, 0.45, 0.6)
    wall = brush.colour(n, (0.55, 0.66, 0.66), 0.14)
    wood = brush.colour(n, (0.70, 0.46, 0.26), 0.07)
    picture = two_floors(brush, (wall, wall * 0.9), (wood * 1.08, wood * 0.9), horizon)
    grain = torch.sin((brush.y * 90) + 3 * brush.noise(n, 8, 3)) * (brush.y > horizon)
    picture = picture + 0.025 * grain
    return mix(picture, wood * 0.6, edge(0.008 - (brush.y - horizon).abs())), horizon


def studio(brush, n):
    colour = brush.colour(n, (0.80, 0.80, 0.82), 0.14)
    horizon = brush.uniform(n, 0.6, 0.7)
    glow = torch.exp(-(((brush.x - 0.5) / 0.5) ** 2 + ((brush.y - 0.4) / 0.5) ** 2))
    return colour * 0.9 + 0.12 * glow - 0.06 * edge(brush.y - horizon, 0.2), horizon


def meadow(brush, n):
    horizon = brush.uniform(n, 0.42, 0.58)
    grass = (brush.colour(n, (0.52, 0.76, 0.30)), brush.colour(n, (0.24, 0.54, 0.16)))
    hills = horizon + 0.05 * torch.sin(brush.x * brush.uniform(n, 3, 8) + brush.uniform(n, 0, 6))
    picture = two_floors(brush, sky(brush, n), grass, hills)
    cloud = edge(brush.noise(n, 7, 4) - 0.45, 0.3) * edge(0.32 - brush.y, 0.1)
    picture = mix(picture, torch.ones_like(picture), 0.85 * cloud)
    blades = brush.noise(n, 60, 110)
    return picture + 0.035 * blades * (brush.y > hills), horizon


def sunset(brush, n):
    horizon = brush.uniform(n, 0.55, 0.68)
    dusk = (brush.colour(n, (0.42, 0.20, 0.52)), brush.colour(n, (1.0, 0.58, 0.26)))
    ground = (brush.colour(n, (0.30, 0.14, 0.28), 0.04), brush.colour(n, (0.12, 0.06, 0.16), 0.03))
    picture = two_floors(brush, dusk, ground, horizon)
    far = ((brush.x - brush.uniform(n, 0.2, 0.8)) ** 2 + (brush.y - horizon) ** 2).sqrt()
    disc = edge(brush.uniform(n, 0.10, 0.15) - far) * edge(horizon - brush.y)
    return mix(picture, brush.colour(n, (1.0, 0.86, 0.40), 0.04), disc), horizon


def mountains(brush, n):
    horizon = brush.uniform(n, 0.6, 0.72)
    grass = (brush.colour(n, (0.40, 0.58, 0.34)), brush.colour(n, (0.28, 0.44, 0.24)))
    picture = two_floors(brush, sky(brush, n), grass, horizon)
    ridge = brush.skyline(n, 7, 0.15, 0.5)
    rock = mix(brush.colour(n, (0.46, 0.48, 0.58)), brush.colour(n, (0.34, 0.38, 0.46)), brush.y)
    rock = mix(rock, torch.full_like(picture, 0.96), edge(ridge + 0.07 - brush.y, 0.02))
    return mix(picture, rock, edge(brush.y - ridge) * edge(horizon - brush.y)), horizon


def kitchen(brush, n):
    horizon = brush.uniform(n, 0.6, 0.7)
    tile = brush.colour(n, (0.84, 0.92, 0.92), 0.07)
    counter = brush.colour(n, (0.92, 0.90, 0.86), 0.05)
    picture = two_floors(brush, (tile, tile * 0.95), (counter, counter * 0.85), horizon)
    cells = brush.uniform(n, 7, 10)
    grout = torch.minimum((brush.x * cells % 1 - 0.5).abs(), (brush.y * cells % 1 - 0.5).abs())
    lines = edge(0.04 - grout, 0.04) * edge(horizon - brush.y)
    picture = mix(picture, tile * 0.72, lines)
    return mix(picture, torch.full_like(picture, 0.42), edge(0.012 - (brush.y - horizon).abs())), horizon


# name: (painter, how people call it, how they place things there)
BACKGROUNDS = {
    "beach": (beach, ["a beach", "a sandy beach", "a sunny beach", "the beach"], "on"),
    "night sky": (night_sky, ["a night sky", "a starry night sky", "the night sky", "a night scene"], "under"),
    "snow field": (snow_field, ["a snow field", "a snowy field", "a snowy scene", "the snow"], "in"),
    "room": (room, ["a room", "a living room", "an indoor room", "the room"], "in"),
    "desert": (desert, ["a desert", "a sandy desert", "the desert", "a hot desert"], "in"),
    "sea": (sea, ["the sea", "a sea", "the ocean", "an ocean"], "on"),
    "forest": (forest, ["a forest", "the woods", "a green forest", "the forest"], "in"),
    "street": (street, ["a street", "a city street", "the street", "a road in a city"], "on"),
    "table top": (table_top, ["a table top", "a table", "a wooden table", "the table"], "on"),
    "studio": (studio, ["a plain studio", "a studio", "a plain background", "a gray background"], "in"),
    "meadow": (meadow, ["a meadow", "a grassy field", "a green field", "the grass"], "on"),
    "sunset": (sunset, ["a sunset", "a sunset sky", "the sunset", "an evening sky"], "at"),
    "mountains": (mountains, ["the mountains", "a mountain landscape", "mountains", "a snowy mountain range"], "in"),
    "kitchen": (kitchen, ["a kitchen", "a white kitchen", "the kitchen", "a tiled kitchen"], "in"),
}
NAMES = list(BACKGROUNDS)


def paint_backgrounds(kinds: torch.Tensor, brush: Brush) -> tuple[torch.Tensor, torch.Tensor]:
    """Backgrounds of the given kinds (n,), as (n, 3, SIZE, SIZE) in [0,1] and horizons (n,)."""
    pictures = torch.empty(len(kinds), 3, SIZE, SIZE, device=brush.device)
    horizons = torch.empty(len(kinds), device=brush.device)
    for kind in kinds.unique().tolist():
        rows = (kinds == kind).nonzero()[:, 0].to(brush.device)
        picture, horizon = BACKGROUNDS[NAMES[kind]][0](brush, len(rows))
        pictures[rows] = picture.clamp(0, 1)
        horizons[rows] = horizon.flatten()
    return pictures, horizons
