"""One clinician's row of `clinicians.csv` as a form: lenient in what it takes, strict in what it writes.

Who shares surveys is the clinician's own word: it can be taken back here, and never given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa

from caseload.errors import ParameterError
from caseload.intake.exports.destination import tables_in
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.stored import write_table
from caseload.intake.tables import TABLES
from caseload.writing.exchange import only_changer, replace_files

TABLE, KEY, SHARES = "clinicians", "clinician_id", "shares_surveys"
FORM: Mapping[str, tuple[str, str]] = {  # column → its label, and an example of what it takes
    "team": ("Team", "North"),
    "supervisor_id": ("Supervisor", "S01"),
    "fte": ("Share of a full post", "100%, 0.8, half"),
    "weekly_client_hours": ("Client hours a week, as contracted", "20"),
    "workday_start": ("The working day begins at", "9:00, 9 am"),
    "workday_end": ("The working day ends at", "17:30, 5:30 pm"),
    "started_on": ("Started on", "3 April 2021"),
}
_SHARES = {"full": 1.0, "full time": 1.0, "half": 0.5, "half time": 0.5}
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(%|h|hours?)?", re.IGNORECASE)


def person(folder: Path, clinician_id: str) -> dict[str, str]:
    """What the table holds of a clinician, as text, by the columns of the form and `shares_surveys`; else empty."""
    table = tables_in(folder, [TABLE]).get(TABLE)
    rows: list[dict[str, str | None]] = [] if table is None else table.to_pylist()
    row = next((row for row in rows if row.get(KEY) == clinician_id), {})
    return {name: row.get(name) or "" for name in (*FORM, SHARES)}


def write_person(
    folder: Path, clinician_id: str, given: Mapping[str, str], *, stop_sharing: bool = False
) -> dict[str, str]:
    """Write what a form says of a clinician, and return it as it was written; an emptied field empties its cell.

    Raises `ParameterError` with everything that cannot be read; nothing is written then.
    """
    written, wrong = {}, []
    for name, text in given.items():
        try:
            written[name] = tidied(name, text)
        except ValueError as error:
            wrong.append(f"{FORM[name][0]}: {error}")
    if wrong:
        raise ParameterError("; ".join(wrong))
    if stop_sharing:
        written[SHARES] = "false"
    with only_changer(folder) as target:
        table = tables_in(target, [TABLE]).get(TABLE)
        new = _with_row(table, {KEY: clinician_id, **written})
        replace_files(target, {f"{TABLE}.csv": partial(write_table, new)}, edited="agenda.csv")
    return written


def tidied(name: str, text: str) -> str:
    """A cell as the data contract has it, of what somebody has typed. Raises `ValueError`, which says what to write."""
    bare = " ".join(text.split())
    return _READERS.get(name, _line)(bare) if bare else ""


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write one line of text")
    return text


def _share(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if text.lower() in _SHARES:
        share = _SHARES[text.lower()]
    elif found:
        number = float(found[1].replace(",", "."))
        share = number / 100 if found[2] == "%" else number
    else:
        raise ValueError("write a share such as 80% or 0.8")
    if not 0.05 <= share <= 1.5:
        raise ValueError("write a share from 5% to 150%")
    return f"{share:g}"


def _hours(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if not found or found[2] == "%" or not 0 <= (hours := float(found[1].replace(",", "."))) <= 168:
        raise ValueError("write hours a week, such as 20")
    return f"{hours:g}"


def _clock(text: str) -> str:
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError("write a time of day such as 9:00 or 5:30 pm")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError("write a time of day such as 9:00 or 5:30 pm")
    hour = hour % 12 + 12 * (half == "p") if half else hour
    if hour > 23 or minute > 59:
        raise ValueError("write a time of day such as 9:00 or 5:30 pm")
    return f"{hour:02d}:{minute:02d}"


def _date(text: str) -> str:
    moment = Calendar("year-month-day").moment(text)
    if not moment.text:
        raise ValueError("write the month by its name, such as 3 April 2021")
    return moment.text[:10]


_READERS: Mapping[str, Callable[[str], str]] = {
    "fte": _share,
    "weekly_client_hours": _hours,
    "workday_start": _clock,
    "workday_end": _clock,
    "started_on": _date,
}


def _with_row(table: pa.Table | None, row: Mapping[str, str]) -> pa.Table:
    """The table with these cells in the clinician's row, which is added where there is none; the others stay."""
    rows: list[dict[str, str | None]] = [] if table is None else table.to_pylist()
    names = list(TABLES[TABLE].column_names) if table is None else list(table.column_names)
    names += [name for name in row if name not in names]
    mine = [one for one in rows if one.get(KEY) == row[KEY]]
    if not mine:
        mine = [{}]
        rows += mine
    for one in mine:
        one.update({name: text or None for name, text in row.items()})
    return pa.table({name: pa.array([one.get(name) for one in rows], pa.string()) for name in names})
