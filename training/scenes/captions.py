"""What is said about a scene, in many wordings.

A caption is a list of `Piece`s: bits of text, each belonging to one group of identical objects or
to none. Pieces break at spaces only, so tokenising them one by one gives the caption's own tokens
and tells which token speaks of which group.
"""

from dataclasses import dataclass
from random import Random

from .art import PAINTS, Noun
from .backgrounds import BACKGROUNDS, NAMES

NUMBERS = ["zero", "one", "two", "three", "four", "five", "six"]
DEFAULT_PLACES = [  # the method's own words for a scene without a place of its own
    "a realistic photo of a scene", "a realistic scene", "a realistic photo of a scene",
    "a realistic scene", "a scene", "a realistic photo", "a realistic image", "a photo of a scene",
]


@dataclass(frozen=True)
class Group:
    """Identical objects: noun and paint (indices) and how many. `where` is "" or left/right/top/bottom."""

    noun: int
    paint: int
    count: int
    where: str = ""


@dataclass(frozen=True)
class Piece:
    """A bit of a caption. `group` is the index of the group it names, or -1."""

    text: str
    group: int = -1


def article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def phrase(group: Group, nouns: list[Noun]) -> str:
    """"a red car", "two cats"."""
    noun = nouns[group.noun]
    colour = PAINTS[group.paint]
    if group.count == 1:
        return article(f"{colour} {noun.singular}".strip())
    return " ".join(filter(None, [NUMBERS[group.count], colour, noun.plural]))


def place(background: int, rng: Random) -> str:
    """The background prompt: a name of the place, a photo of it, or the method's default words."""
    if rng.random() < 0.4:
        return rng.choice(DEFAULT_PLACES)
    name = rng.choice(BACKGROUNDS[NAMES[background]][1])
    pattern = ["{}", "{}", "a realistic photo of {}", "a realistic scene of {}", "a photo of {}",
               "a realistic image of {}", "a picture of {}"]
    return rng.choice(pattern).format(name)


def joined(phrases: list[Piece], comma_only: bool) -> list[Piece]:
    """Phrases as a list: "a, b, c" or "a, b and c"."""
    out = []
    for index, piece in enumerate(phrases):
        if index:
            last = index == len(phrases) - 1 and not comma_only
            out.append(Piece("and" if last else ","))
        out.append(piece)
    return out


def caption(groups: list[Group], background: int, nouns: list[Noun], rng: Random) -> list[Piece]:
    """One caption of the scene. Places ("on the left") are said only where the groups carry them."""
    there = place(background, rng)
    if not groups:
        return [Piece(there)]
    phrases = [Piece(phrase(group, nouns), index) for index, group in enumerate(groups)]
    wheres = [group.where for group in groups]
    if len(groups) == 2 and all(wheres):
        return placed_pair(phrases, wheres, there, rng)
    if len(groups) == 1 and wheres[0]:
        return [Piece(there), Piece("with"), phrases[0], Piece(f"on the {wheres[0]}")]
    style = rng.random()
    if style < 0.45:  # the method's own form
        return [Piece(there), Piece("with"), *joined(phrases, True)]
    if style < 0.70:
        return [Piece(there), Piece("with"), *joined(phrases, False)]
    if style < 0.85:
        _, names, preposition = BACKGROUNDS[NAMES[background]]
        return [*joined(phrases, False), Piece(f"{preposition} {rng.choice(names)}")]
    listed = joined(phrases, rng.random() < 0.5)
    return [Piece(rng.choice(["a photo of", "a realistic photo of", "a picture of"])), *listed] if style < 0.93 else listed


def placed_pair(phrases: list[Piece], wheres: list[str], there: str, rng: Random) -> list[Piece]:
    """Two groups with places: the benchmark's wording, or a relation."""
    if rng.random() < 0.6:
        return [Piece(there), Piece("with"), phrases[0], Piece(f"on the {wheres[0]} and"),
                phrases[1], Piece(f"on the {wheres[1]}")]
    relations = {"left": ["to the left of", "left of"], "right": ["to the right of", "right of"],
                 "top": ["above", "over", "on top of"], "bottom": ["below", "under", "beneath"]}
    told = [phrases[0], Piece(rng.choice(relations[wheres[0]])), phrases[1]]
    return [Piece(there), Piece("with"), *told] if rng.random() < 0.6 else told


def text(pieces: list[Piece]) -> str:
    """The caption as one string."""
    return " ".join(piece.text for piece in pieces).replace(" ,", ",")
