"""A practice: the validated tables of the data contract, its support contacts, and how all were read."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from caseload.errors import ParameterError
from caseload.intake.account import Quality, account
from caseload.intake.check import check_practice
from caseload.intake.consistency import HOLDERS
from caseload.intake.formulas import formula_note
from caseload.intake.plain import from_arrow
from caseload.intake.raw import Reading, from_frames
from caseload.intake.read import read_files
from caseload.intake.same_people import NOBODY, SamePeople
from caseload.intake.settings import USUAL, Settings
from caseload.intake.support_contacts import SupportContact, unknown_teams
from caseload.intake.times import MONTH

# When a row became known, per table; what is not listed (who the people are) is known from the start.
NEARLY = 7  # last days of a month in which somebody may wait for it
_KNOWN_AT = {
    "sessions": "scheduled_start",
    "contacts": "contacted_at",
    "ratings": "month",
    "outcomes": "completed_on",
    "surveys": "completed_on",
    "supports": "date",
    "selfcare_plan": "month",
    "changes": "from",
    "agenda": "month",
}


@dataclass(frozen=True, eq=False)
class Practice:
    """The validated frames of one practice. Frames are not to be changed in place.

    Every table and column of the data contract exists, in the contract's order, whether or not it was given: an
    optional column that was not given is all missing, an optional table has no rows. Identifiers, words, text and times
    of day (`HH:MM`) are `str`; yes/no columns nullable `boolean`; numbers float64 with NaN = not recorded; dates and
    local times `datetime64[us]` without a time zone; months `period[M]`. Indexes count from 0. `interventions` holds
    terms joined by `;` without blanks. `sessions` has at least one row; `actual_minutes` is missing where a session
    was not attended. Rows are in the order of their file. `support_contacts` are those of `support.toml`, in its order,
    `settings` those of `settings.toml`. Identifiers are those that `same_people` has decided on.

    Examples
    --------
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample")
    >>> practice.clients.columns[:3].tolist(), practice.months[-1]
    (['client_id', 'intake_date', 'severity'], Period('2026-05', 'M'))
    >>> practice.until("2025-01").sessions["scheduled_start"].max()
    Timestamp('2025-01-31 17:00:00')
    """

    sessions: pd.DataFrame
    contacts: pd.DataFrame
    ratings: pd.DataFrame
    clients: pd.DataFrame
    outcomes: pd.DataFrame
    clinicians: pd.DataFrame
    surveys: pd.DataFrame
    supports: pd.DataFrame
    selfcare_plan: pd.DataFrame
    changes: pd.DataFrame
    agenda: pd.DataFrame
    quality: Quality
    support_contacts: tuple[SupportContact, ...] = ()
    settings: Settings = USUAL
    same_people: SamePeople = NOBODY

    @classmethod
    def from_frames(
        cls,
        *,
        exclude_invalid: bool = False,
        support_contacts: Sequence[Mapping[str, str] | SupportContact] = (),
        settings: Mapping[str, Any] | None = None,
        **frames: pd.DataFrame,
    ) -> Practice:
        """A practice from frames in memory, one keyword a table, through the same checks as files.

        Any dtypes that mean the same are accepted; indexes are ignored. Row numbers in messages are those that the
        frame would have in a spreadsheet: its first row is row 2.
        `settings` are those of `settings.toml`, by name. Raises `InputError` as `read_practice` does.
        """
        return _practice(from_frames(frames, support_contacts, settings), exclude_invalid)

    def until(self, month: pd.Period | str) -> Practice:
        """The practice as it was known at the end of `month` (`YYYY-MM`): no later row of any table.

        `clients`, `clinicians`, `quality` and `support_contacts` stay as they are. Raises `ParameterError` if `month`
        is not a month.
        """
        last = _month(month)
        known: dict[str, Any] = {
            name: _known_by(getattr(self, name), column, last) for name, column in _KNOWN_AT.items()
        }
        return replace(self, **known)

    @property
    def months(self) -> pd.PeriodIndex:
        """Every month from the first to the last that holds a session, without gaps; empty without sessions."""
        starts = self.sessions["scheduled_start"]
        if starts.empty:
            return pd.PeriodIndex([], freq="M", name="month")
        return pd.period_range(starts.min(), starts.max(), freq="M", name="month")

    def default_month(self, today: dt.date) -> pd.Period:
        """The latest month that holds a session and ended before `today`. Raises `ParameterError` if there is none."""
        this_month = dt.datetime(today.year, today.month, 1)
        starts = self.sessions["scheduled_start"]
        latest = starts[starts < this_month].max()
        if pd.isna(latest):
            raise ParameterError("No month that holds a session has ended yet; give a month (YYYY-MM).")
        return latest.to_period("M")

    def nearly_complete(self, today: dt.date) -> pd.Period | None:
        """The month of `today` in its last `NEARLY` days, where it holds a session; `default_month` passes it over."""
        month = pd.Period(today, "M")
        left = (month.end_time.date() - today).days
        return month if left < NEARLY and (self.sessions["scheduled_start"].dt.to_period("M") == month).any() else None

    @cached_property
    def supervisees(self) -> pd.DataFrame:
        """One row per clinician of `sessions` or `clinicians`, sorted by `clinician_id`, with an index from 0.

        The columns are those of `clinicians`, and `weekends_after_hours` (bool). Where nothing is recorded, the working
        day is that of the settings and `shares_surveys` (plain bool) is False; everything else stays missing.
        """
        known = [self.sessions["clinician_id"], self.clinicians["clinician_id"]]
        people = pd.Index(sorted(set().union(*(ids.unique() for ids in known))), dtype="str", name="clinician_id")
        table = self.clinicians.set_index("clinician_id").reindex(people).reset_index()
        return table.assign(
            workday_start=table["workday_start"].fillna(self.settings.workday_start),
            workday_end=table["workday_end"].fillna(self.settings.workday_end),
            weekends_after_hours=self.settings.weekends_after_hours,
            shares_surveys=table["shares_surveys"].fillna(False).astype(bool),
        )

    @property
    def hours_recorded(self) -> frozenset[str]:
        """The clinicians whose working day is recorded, by themselves or for the whole practice in the settings."""
        if {"workday_start", "workday_end"} & set(self.settings.changed):
            return frozenset(self.supervisees["clinician_id"])
        return frozenset(self.clinicians.dropna(subset=["workday_start", "workday_end"])["clinician_id"])


def read_practice(path: str | os.PathLike[str], *, exclude_invalid: bool = False) -> Practice:
    """Read and validate a practice folder, or one workbook (`.xlsx`); see `docs/data.md` for what it may hold.

    With `exclude_invalid`, invalid rows and rows that depend on them are dropped and counted in `quality.excluded`.
    Raises `InputError` with every problem of every table: always for files and columns that cannot be read; for invalid
    rows unless they are excluded; and when more than 5 % of a table's rows would be excluded.

    Examples
    --------
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample")
    >>> len(practice.sessions), practice.months[0], practice.months[-1]
    (8797, Period('2024-12', 'M'), Period('2026-05', 'M'))
    """
    return _practice(read_files(Path(path)), exclude_invalid)


def read_people(path: str | os.PathLike[str]) -> Practice:
    """Of a practice its sessions and clinicians alone: who is in it, and which months it covers.

    Their invalid rows are left out, at most 5 %. Raises `InputError` as `read_practice` does with `exclude_invalid`.
    """
    return _practice(read_files(Path(path), HOLDERS["clinician_id"]), exclude_invalid=True)


def _practice(reading: Reading, exclude_invalid: bool) -> Practice:
    tables = check_practice(reading, exclude_invalid=exclude_invalid)
    frames = {name: in_one_piece(table.valid.reset_index(drop=True)) for name, table in tables.items()}
    reading.notes += unknown_teams(reading.support_contacts, frames["clinicians"]["team"]) + formula_note(frames)
    read = account(reading, tables, frames)
    return Practice(**frames, quality=read, support_contacts=reading.support_contacts, settings=reading.settings,
                    same_people=reading.same_people)  # fmt: skip


def in_one_piece(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text column in one piece of memory: out of many pieces Arrow takes a few rows slowly."""
    stored = {name: pa.array(column.array) for name, column in frame.items() if column.dtype == "str"}
    pieces = {name: cells for name, cells in stored.items() if isinstance(cells, pa.ChunkedArray)}
    whole = {
        str(name): from_arrow(pa.chunked_array([cells.combine_chunks()])).set_axis(frame.index)
        for name, cells in pieces.items()
        if cells.num_chunks > 1
    }
    return frame.assign(**whole)


def _month(month: pd.Period | str) -> pd.Period:
    if isinstance(month, pd.Period):
        return month.asfreq("M")
    if not re.fullmatch(MONTH, month):
        raise ParameterError("A month is written YYYY-MM, for example 2026-05.")
    return pd.Period(month, freq="M")


def _known_by(frame: pd.DataFrame, column: str, last: pd.Period) -> pd.DataFrame:
    times = frame[column]
    is_month = isinstance(times.dtype, pd.PeriodDtype)
    known = (times <= last if is_month else times < (last + 1).start_time).to_numpy()
    count = int(known.sum())
    in_order = known[:count].all()  # then the rows are a slice, which takes no copy
    return (frame.iloc[:count] if in_order else frame[known]).reset_index(drop=True)
