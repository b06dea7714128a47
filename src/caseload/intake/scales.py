"""The scales on which the items and the ready scores of each survey instrument are answered.

Only ranges live here: which answer may arrive. Keys, norms and scoring belong to the estimates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """An inclusive range; `step` is the distance of the permitted values from `low` upwards, None = any number."""

    low: float
    high: float
    step: float | None = None

    @property
    def expected(self) -> str:
        """The rule in words."""
        span = f"from {self.low:g} to {self.high:g}"
        if self.step is None:
            return f"a number {span}"
        return f"a whole number {span}" if self.step == 1 else f"a number {span} in steps of {self.step:g}"


def _items(last: int, scale: Scale) -> dict[str, Scale]:
    return {str(number): scale for number in range(1, last + 1)}


_ONE_TO_FIVE = Scale(1, 5, step=1)
_PROQOL_SCORES = ("burnout", "secondary_traumatic_stress", "compassion_satisfaction")
_CBI_SCORES = ("personal", "work", "client")
_OLBI_SCORES = ("disengagement", "exhaustion")

# OLBI scores are in use as means of eight items (1–4) and as their sums (8–32); both lie in 1–32.
SCALES: dict[str, dict[str, Scale]] = {
    "proqol5": _items(30, _ONE_TO_FIVE) | dict.fromkeys(_PROQOL_SCORES, Scale(10, 50)),
    "proqol21": _items(21, _ONE_TO_FIVE) | dict.fromkeys(_PROQOL_SCORES, Scale(10, 55)),
    "cbi": _items(19, Scale(0, 100, step=25)) | dict.fromkeys(_CBI_SCORES, Scale(0, 100)),
    "olbi": _items(16, Scale(1, 4, step=1)) | dict.fromkeys(_OLBI_SCORES, Scale(1, 32)),
    "stss": _items(17, _ONE_TO_FIVE) | {"total": Scale(17, 85)},
    "single_item_burnout": {"1": _ONE_TO_FIVE, "total": _ONE_TO_FIVE},
    "activation": {"total": Scale(0, 10)},
    "team_safety": {"total": Scale(0, 10)},
}


def in_words(items: Iterable[str]) -> str:
    """Items as a message names them: `items 1 to 30, burnout`."""
    names = list(items)
    numbers = [name for name in names if name.isdigit()]
    scores = [name for name in names if not name.isdigit()]
    if len(numbers) > 1:
        return ", ".join([f"items {numbers[0]} to {numbers[-1]}", *scores])
    return ", ".join([*(f"item {number}" for number in numbers), *scores])
