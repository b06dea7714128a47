"""`settings.toml`: how a practice wants it, typed and checked as strictly as the tables. Without it, the defaults."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from caseload.errors import Problem
from caseload.intake.measures import Measure, faults, read_measures
from caseload.intake.tables import DEFAULT_WORKDAY, STAGES
from caseload.intake.times import CLOCK

FILE = "settings.toml"
MOST_BYTES = 1 << 16
FEWEST = 3
"""No practice may show figures of fewer people or answers."""
MIN_PEOPLE, MIN_RESPONDENTS = 5, 8
NAMES = ("codes", "people")
_TERM = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CORRECT = "Correct the value, or remove the line: the default is used then."


@dataclass(frozen=True)
class Settings:
    """The settings of a practice.

    `weekends_after_hours`: Saturday and Sunday are out of hours all day. `workday_start` and `workday_end` (`HH:MM`):
    of clinicians without a working day of their own. `names`: whether pages show `codes` or, to whoever holds the key,
    `people`. `min_people`, `min_respondents`: team pages hide figures of fewer. `supervision_hours_a_month`: the
    minimum that the practice wants; None is none. `interventions`: own terms, each with the stages that it fits.
    `measures`: what is known of outcome measures, by name without signs (`phq9`).

    Examples
    --------
    >>> import caseload
    >>> caseload.read_practice("data/sample").settings.min_people
    5
    """

    weekends_after_hours: bool = False
    workday_start: str = DEFAULT_WORKDAY[0]
    workday_end: str = DEFAULT_WORKDAY[1]
    names: str = "codes"
    min_people: int = MIN_PEOPLE
    min_respondents: int = MIN_RESPONDENTS
    supervision_hours_a_month: float | None = None
    interventions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def changed(self) -> dict[str, str]:
        """The settings that are not the defaults, by name, in words."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        usual = {item.name: getattr(USUAL, item.name) for item in fields(self)}
        return {name: _in_words(value) for name, value in given.items() if value != usual[name]}


USUAL = Settings()


class _Rule(NamedTuple):
    """What a setting may be: a check, and the rule in words."""

    fits: Callable[[Any], object]
    expected: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CLOCK = _Rule(lambda value: isinstance(value, str) and re.fullmatch(CLOCK, value), "a time of day such as 08:00")
_FEW = _Rule(lambda value: type(value) is int and value >= FEWEST, f"a whole number from {FEWEST}")
_RULES: dict[str, _Rule] = {
    "weekends_after_hours": _Rule(lambda value: isinstance(value, bool), "true or false"),
    "workday_start": _CLOCK,
    "workday_end": _CLOCK,
    "names": _Rule(lambda value: value in NAMES, " or ".join(NAMES)),
    "min_people": _FEW,
    "min_respondents": _FEW,
    "supervision_hours_a_month": _Rule(lambda value: _is_number(value) and 0 < value <= 200, "a number above 0"),
    "interventions": _Rule(lambda value: isinstance(value, dict), "a table [interventions]"),
    "measures": _Rule(lambda value: isinstance(value, dict), "tables such as [measures.phq9]"),
}
_OWN = _Rule(
    lambda value: isinstance(value, list) and bool(value) and all(stage in STAGES for stage in value),
    f"a list of the stages that it fits: {', '.join(STAGES)}",
)


def read_settings(data: bytes) -> tuple[Settings, list[Problem]]:
    """The settings that a file holds, or every problem of it; `data` is what the file holds."""
    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return USUAL, [_problem("", "text in UTF-8", "text in another encoding", "Save the file again as UTF-8.")]
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        found = f"something else in line {line[1]}" if line else "something else"
        return USUAL, [_problem("", "a file in TOML", found, "Write a setting on each line, such as min_people = 6.")]
    return checked_settings(content)


def checked_settings(content: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
    """Settings from what a file holds, or every problem of it."""
    problems = [_unknown(key) for key in content if key not in _RULES]
    problems += [
        _problem(key, rule.expected, "another value", _CORRECT)
        for key, rule in _RULES.items()
        if key in content and not rule.fits(content[key])
    ]
    problems += _wrong_interventions(content.get("interventions"))
    problems += [
        _problem(key, expected, "something else", _CORRECT) for key, expected in faults(content.get("measures"))
    ]
    if problems:
        return USUAL, problems
    own = {term: tuple(stages) for term, stages in content.get("interventions", {}).items()}
    measures = read_measures(content.get("measures", {}))
    settings = Settings(**{**content, "interventions": own, "measures": measures})
    if settings.workday_end <= settings.workday_start:
        return USUAL, [_problem("workday_end", "a time after workday_start", "another time", _CORRECT)]
    return settings, []


def _wrong_interventions(given: Any) -> list[Problem]:
    if not isinstance(given, dict):
        return []
    odd = [term for term in given if not _TERM.fullmatch(term)]
    wrong = [term for term, stages in given.items() if term not in odd and not _OWN.fits(stages)]
    expected = "terms in small letters, digits and underscores"
    return [_problem("interventions", expected, f"{len(odd)} others", "Rename them.")] * bool(odd) + [
        _problem(f"interventions.{term}", _OWN.expected, "another value", _CORRECT) for term in wrong
    ]


def _unknown(key: str) -> Problem:
    named = key if _TERM.fullmatch(key) else "of other letters"
    return _problem("", f"only the settings {', '.join(_RULES)}", f"the setting {named}", "Rename or remove it.")


def _problem(key: str, expected: str, found: str, action: str) -> Problem:
    return Problem(FILE, key, (), 0, expected, found, action, unit="setting")


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
