"""The estimates behind the pages as CSV: `clinicians.csv`, `clients.csv`, `flags.csv`.

Ids are keys that other software joins on, so they are written exactly as they came, even where a spreadsheet would read
one as a formula; the data-quality notes tell of such ids. A flag's reason is a sentence for people: there a leading
`=`, `+`, `-`, `@`, tab or carriage return gets an apostrophe before it.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

import pandas as pd

from caseload.estimates.frames import CLIENT_MONTHS
from caseload.review.assessment import CLIENTS_CSV, FLAGS_CSV, clinicians_csv

TABLES = ["clinicians.csv", "clients.csv", "flags.csv"]
LONGEST_HEADER = 4096  # bytes
FORMULA = r"^([=+\-@\t\r])"
_QUOTED = "\r\n"  # csv puts quotes around what ends its rows only, and a row must not break at either of the two


class Tables(Protocol):
    """What has the contract's three tables: a `Review`, or the `Analysis` of some months."""

    @property
    def clinicians(self) -> pd.DataFrame: ...
    @property
    def clients(self) -> pd.DataFrame: ...
    @property
    def flags(self) -> pd.DataFrame: ...


def csv_texts(
    tables: Tables, month: pd.Period | None = None, clinicians: Collection[str] | None = None
) -> dict[str, str]:
    """File name → text of the three tables: of one month, and of some clinicians, where that is asked for."""
    frames = tables.clinicians, tables.clients, tables.flags
    return {name: _csv(_rows(frame, month, clinicians)) for name, frame in zip(TABLES, frames, strict=True)}


def is_ours(file: Path) -> bool:
    """Whether a file is one of the three tables, by its header: a practice's own tables never have it."""
    headers = {
        TABLES[0]: [clinicians_csv()],
        TABLES[1]: [list(CLIENTS_CSV), CLIENT_MONTHS.names],  # the second before there were outcomes
        TABLES[2]: [list(FLAGS_CSV)],
    }
    try:
        with file.open("rb") as stream:
            return stream.readline(LONGEST_HEADER).decode().strip().split(",") in headers[file.name]
    except (OSError, ValueError, KeyError):
        return False


def _rows(frame: pd.DataFrame, month: pd.Period | None, clinicians: Collection[str] | None) -> pd.DataFrame:
    keep = pd.Series(True, index=frame.index)
    if month is not None:
        keep &= frame["month"].astype(str) == str(month)
    if clinicians is not None:
        keep &= frame["clinician_id"].isin(clinicians)
    return frame[keep]


def _csv(frame: pd.DataFrame) -> str:
    """UTF-8 text with `YYYY-MM` months; what is not estimable is empty."""
    written = frame.assign(month=frame["month"].astype(str))
    if "reason" in written:
        written["reason"] = written["reason"].str.replace(FORMULA, r"'\1", regex=True)
    text = _Rows()
    written.to_csv(text, index=False, lineterminator=_QUOTED)
    return text.getvalue()


class _Rows(io.StringIO):
    """Rows that end in a line feed alone."""

    def write(self, row: str) -> int:
        return super().write(row.removesuffix(_QUOTED) + "\n")
