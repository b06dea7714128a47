"""A first map for a questionnaire with a column for each item, as survey programs export it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from caseload.intake.exports.coded import plain_word
from caseload.intake.exports.map_files import OPEN
from caseload.intake.exports.map_texts import toml
from caseload.intake.exports.recognise import Columns
from caseload.intake.showable import is_naming

FEWEST = 10  # items: fewer numbered columns may be anything
BY_NAME: Mapping[str, str] = {"proqol": "proqol5", "stss": "stss", "olbi": "olbi", "cbi": "cbi", "burnout": "cbi"}
BY_LENGTH: Mapping[int, str] = {30: "proqol5", 21: "proqol21", 19: "cbi", 17: "stss", 16: "olbi"}
ANSWERS: Mapping[str, Mapping[str, int]] = {
    "proqol5": {"never": 1, "rarely": 2, "sometimes": 3, "often": 4, "very often": 5},
    "stss": {"never": 1, "rarely": 2, "occasionally": 3, "often": 4, "very often": 5},
    "olbi": {"strongly agree": 1, "agree": 2, "disagree": 3, "strongly disagree": 4},
    "cbi": {"always": 100, "often": 75, "sometimes": 50, "seldom": 25, "never/almost never": 0},
}
_ITEM = re.compile(r"(.*?)(\d{1,2})((?:[.):]\s.*)?)", re.DOTALL)


class Items(NamedTuple):
    """Numbered columns of one questionnaire."""

    pattern: str
    headers: tuple[str, ...]
    instrument: str


def numbered_items(columns: Columns) -> Items | None:
    """The longest run of columns with numbers from 1 that hold short answers; None where there is none."""
    runs: dict[tuple[str, str], dict[int, str]] = {}
    for name in columns.grid.header:
        if item := _ITEM.fullmatch(name):
            runs.setdefault((item[1], item[3][:1]), {}).setdefault(int(item[2]), name)
    whole = [(key, run) for key, run in runs.items() if len(run) >= FEWEST and set(run) == set(range(1, len(run) + 1))]
    if not whole:
        return None
    (before, mark), run = max(whole, key=lambda entry: len(entry[1]))
    named = next((ours for word, ours in BY_NAME.items() if word in before.lower()), "")
    by_length = BY_LENGTH.get(len(run), "")
    instrument = by_length if by_length.startswith(named[:3]) else named or by_length
    return Items(f"{before}{{}}{mark}{'*' if mark else ''}", tuple(run[number] for number in sorted(run)), instrument)


def day_of(columns: Columns, items: Items) -> str:
    """The column that says when the questionnaire was filled in; nothing where none is, or its header may be data."""
    others = [name for name in columns.grid.header if is_naming(name) and name not in items.headers]
    return next((one for one in (*columns.made_of("date"), *others) if columns.values(one).are_moments), "")


def wide_map(columns: Columns, items: Items, clinician: str, dates: list[str]) -> list[str]:
    """The lines of the map behind its title."""
    day = day_of(columns, items)
    who = f"name = [{toml(clinician)}]" if clinician else f'name = ["{OPEN}"] # who answered: as in the appointments'
    lines = [
        'table = "surveys"', *dates, "", "[people.clinician]", who, "", "[columns.completed_on]",
        f"from = [{toml(day) if day else toml(OPEN)}]", "", "[[wide]] # a column for each item: {} is its number",
        f'instrument = "{items.instrument or OPEN}"', f"items = {toml(items.pattern)}",
    ]  # fmt: skip
    known = ANSWERS.get("proqol5" if items.instrument == "proqol21" else items.instrument, {})
    texts = {text for header in items.headers for text in columns.values(header).texts if not text.isdecimal()}
    words = [f'{toml(text)} = "{known[plain_word(text)]}"' for text in sorted(texts) if plain_word(text) in known]
    if texts:
        others = len(texts) - len(words)
        asked = [f'"{OPEN}" = "{OPEN}"'] if others else []
        lines.append(f"words = {{ {', '.join([*words, *asked])} }}" + (f" # {others} more answers" if others else ""))
    return [*lines, ""]
