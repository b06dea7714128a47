"""Parts of the sample practice as text, and what pages say of a practice in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from caseload.intake import Practice, read_practice
from caseload.pages.review import Review

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
MONTH = "2026-05"
TABLES = (
    "sessions", "contacts", "ratings", "clients", "clinicians", "surveys", "supports", "selfcare_plan", "agenda",
)  # fmt: skip
DATES = {
    "sessions": "scheduled_start", "contacts": "contacted_at", "surveys": "completed_on", "supports": "date",
    "selfcare_plan": "month", "agenda": "month", "ratings": "month",
}  # fmt: skip
BLAMING = ("you should", "fail", "risk", "resistant", "burnt out", "low performer")
NOT_WORDS = re.compile(r"\b(?:nan|none|nat|inf|null|true|false)\b|<NA>|np\.|  ", re.IGNORECASE)
"""What a number that is missing leaves in a sentence that was not made for it."""


def part_of_sample(clinicians: list[str], first: str) -> dict[str, pd.DataFrame]:
    """The sample's tables as text, cut down to some clinicians and to the months from `first` (YYYY-MM) on."""
    tables = {name: pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False) for name in TABLES}
    for name, table in tables.items():
        kept = table["clinician_id"].isin(clinicians) if "clinician_id" in table else pd.Series(True, table.index)
        if name in DATES and name != "surveys":
            kept &= table[DATES[name]] >= first
        tables[name] = table[kept]
    seen = tables["sessions"]["client_id"]
    for name in ("clients", "contacts"):
        tables[name] = tables[name][tables[name]["client_id"].isin(seen)]
    return tables


def read(tables: dict[str, pd.DataFrame], folder: Path, *, exclude_invalid: bool = False) -> Practice:
    """The practice that these tables make as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return read_practice(folder, exclude_invalid=exclude_invalid)


def told(view: Any) -> Any:
    """A view, or any part of one, as nested tuples of plain values: two that say the same are equal."""
    if is_dataclass(view):
        return (type(view).__name__, *((f.name, told(getattr(view, f.name))) for f in fields(view)))
    if isinstance(view, pd.DataFrame):
        return ("table", tuple(view.columns), tuple(told(column) for _, column in view.items()))
    if isinstance(view, pd.Series | list | tuple):
        return tuple(told(value) for value in view)
    if isinstance(view, dict):
        return tuple((key, told(value)) for key, value in view.items())
    return "missing" if view is None or view is pd.NA or view != view else str(view)


def words(view: Any) -> str:
    """Every text in a view, one after the other."""
    plain = told(view)
    return plain if isinstance(plain, str) else "\n".join(words(part) for part in plain) if plain else ""


def ids(text: str, like: str) -> set[str]:
    """The ids of one form in a text: C07 is `C\\d\\d`, K0140 `K\\d{4}`."""
    return set(re.findall(rf"\b{like}\b", text))


def shown_to_others(review: Review, clinicians: Iterable[str]) -> dict[str, Any]:
    """What a review shows in files that are no own copies, by file; of supervisees' pages those of `clinicians`."""
    shown: dict[str, Any] = {f"{who}.html": told(review.supervisee(who)) for who in clinicians}
    shown |= {f"team-{team}.html": told(review.team(team)) for team in review.teams}
    shown |= {f"index-{name}.html": told(review.index(name)) for name in review.supervisors}
    shown["index.html"] = told(review.index())
    shown["data_quality.html"] = told(review.quality())
    shown["manifest.json"] = told(review.expected_false_flags())
    for name in ("clinicians", "clients", "flags"):
        shown[f"{name}.csv"] = getattr(review, name).to_csv(index=False)
    return shown
