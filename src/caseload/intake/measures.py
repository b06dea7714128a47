"""What a practice says of its outcome measures in `settings.toml`: `[measures.oq45]` and the like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Measure:
    """One outcome measure: what its scores mean. None = the practice does not say.

    `higher_is_better`: the direction. `sd` and `reliability` (0 to 1): the standard deviation and the reliability of
    its scores, from which a reliable change follows. `reliable_change`: a published one, in points; it comes first.
    `cut`: the score between people in care and others, in points.

    Examples
    --------
    >>> from caseload.intake.measures import Measure
    >>> Measure(higher_is_better=True, reliable_change=5, cut=25).cut
    25
    """

    higher_is_better: bool | None = None
    sd: float | None = None
    reliability: float | None = None
    reliable_change: float | None = None
    cut: float | None = None


class _Rule(NamedTuple):
    fits: Callable[[Any], bool]
    expected: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ABOVE_0 = _Rule(lambda value: _is_number(value) and 0 < value < 1e6, "a number above 0")
_RULES = {
    "higher_is_better": _Rule(lambda value: isinstance(value, bool), "true or false"),
    "sd": _ABOVE_0,
    "reliability": _Rule(lambda value: _is_number(value) and 0 < value < 1, "a number between 0 and 1"),
    "reliable_change": _ABOVE_0,
    "cut": _Rule(lambda value: _is_number(value) and abs(value) < 1e6, "a number"),
}


def measure_key(name: str) -> str:
    """The name of a measure without what people write differently: PHQ-9, phq 9 and `phq9` are one measure.

    Examples
    --------
    >>> from caseload.intake.measures import measure_key
    >>> measure_key("PHQ-9")
    'phq9'
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def read_measures(given: Mapping[str, Any]) -> dict[str, Measure]:
    """The measures of a settings file without a fault, by their key."""
    return {measure_key(name): Measure(**values) for name, values in given.items()}


def faults(given: Any) -> list[tuple[str, str]]:
    """What is wrong with the measures of a settings file: the setting's name without a value, and what is expected."""
    if not isinstance(given, dict):
        return []
    keys = [measure_key(name) for name in given if _NAME.fullmatch(name)]
    clear = len(set(keys)) == len(given)
    found = [] if clear else [("measures", "names in small letters, digits, - and _, each once")]
    for name, values in given.items():
        at = f"measures.{name}" if _NAME.fullmatch(name) else "measures"
        if not isinstance(values, dict) or set(values) - set(_RULES):
            found.append((at, f"only {', '.join(_RULES)}"))
            continue
        found += [(f"{at}.{key}", _RULES[key].expected) for key, value in values.items() if not _RULES[key].fits(value)]
        if ("sd" in values) != ("reliability" in values):
            found.append((at, "sd and reliability together"))
    return found
