"""Which answers may arrive: the range of every item and ready score of every questionnaire."""

from __future__ import annotations

from collections.abc import Iterable

from caseload.questionnaires import QUESTIONNAIRES, Range

SCALES: dict[str, dict[str, Range]] = {name: each.ranges for name, each in QUESTIONNAIRES.items()}


def in_words(items: Iterable[str]) -> str:
    """Items as a message names them: `items 1 to 30, burnout`."""
    names = list(items)
    numbers = [name for name in names if name.isdigit()]
    scores = [name for name in names if not name.isdigit()]
    if len(numbers) > 1:
        return ", ".join([f"items {numbers[0]} to {numbers[-1]}", *scores])
    return ", ".join([*(f"item {number}" for number in numbers), *scores])
