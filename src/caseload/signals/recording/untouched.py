"""Stretches of sessions that look as if nobody had edited what the program filled in.

A stretch is looked at where the rest of the practice makes it very improbable: each session is given a chance of
looking like the others of the stretch by itself, which leaves half the variety that the other clinicians have (people
differ), and stretches are told of where the whole practice would have fewer than one such in a thousand practices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.signals.numbered import month_of
from caseload.signals.recording.finding import EVERYBODY, finding_frame

CHANCE = 1 / 1000
"""So many stretches of this length would be expected by chance in the whole practice, at most."""
LEAST = 20
"""Sessions of a stretch, at least."""
VARIETY = 0.5
"""Share of the other clinicians' variety that anybody is expected to have at least."""
ALIKE = 0.99
"""From so large a share of one value in the whole practice on, it is about the practice and not about anybody."""
ENOUGH = 135
"""Sessions before anything is said of the practice: 0.95 to this power is below 1 in 1000."""
SINGLE = (
    "prep_minutes", "note_minutes", "minutes_late", "homework_done", "srs_total", "ors_total",
    "clinician_effort_rating", "client_engagement_rating", "clinician_talk_share", "change_talk_share",
    "sustain_talk_share",
)  # fmt: skip
"""Columns in which one value over and over is odd; a planned length or a modality may well be the same always."""


def untouched(practice: Practice) -> pd.DataFrame:
    """Findings (`finding.FINDINGS`), at most one a kind, column and clinician.

    - `no_missed`: nothing but attended appointments, neither missed nor cancelled by anybody;
    - `as_planned`: every session lasted exactly as long as planned;
    - `one_value`: one and the same value in `column`.

    Sessions in which a column is not recorded are passed over.
    """
    who, clinicians = pd.factorize(practice.sessions["clinician_id"], sort=True)
    order = np.lexsort((practice.sessions["scheduled_start"].to_numpy(), who))
    sessions = practice.sessions
    log = _Log(clinicians, who[order], month_of(sessions["scheduled_start"].to_numpy())[order])
    attended = (sessions["status"] == "attended").to_numpy()[order]
    came = {name: _cells(sessions[name], order, attended) for name in (*SINGLE, "actual_minutes", "scheduled_minutes")}
    over = came["actual_minutes"] - came["scheduled_minutes"]
    stretches = [
        _stretches("no_missed", "", log, attended.astype(float), only=1.0),
        _stretches("as_planned", "actual_minutes", log, np.where(np.isnan(over), np.nan, over == 0), only=1.0),
        *(_stretches("one_value", column, log, came[column]) for column in SINGLE),
    ]
    told = [table for table in stretches if len(table)]
    return pd.concat(told, ignore_index=True) if told else finding_frame(())


@dataclass(frozen=True)
class _Log:
    """Sessions by clinician and time: whose (a place in `clinicians`) and in which month each is."""

    clinicians: pd.Index
    who: np.ndarray
    month: np.ndarray


def _cells(column: pd.Series, order: np.ndarray, attended: np.ndarray) -> np.ndarray:
    return np.where(attended, column.to_numpy(float)[order], np.nan)


def _stretches(kind: str, column: str, log: _Log, values: np.ndarray, only: float | None = None) -> pd.DataFrame:
    """Improbable stretches of one value (of the value `only`), one finding a clinician or one of the practice.

    `values` are those of the log's sessions, NaN = not recorded.
    """
    known = ~np.isnan(values)
    if known.sum() < LEAST:
        return finding_frame(())
    value, options = pd.factorize(values[known])
    who, month = log.who[known], log.month[known]
    usual = int(np.bincount(value).argmax())
    if (value == usual).mean() >= ALIKE:
        is_told = len(value) >= ENOUGH and (only is None or options[usual] == only)
        whole = (kind, column, EVERYBODY, *_months(month.min(), month.max()), len(value), np.nan, np.nan)
        return finding_frame([whole] if is_told else [])
    runs = _runs(who, value)
    if only is not None:
        runs = runs[options[runs["value"]] == only]
    runs = runs[runs["length"] >= LEAST]
    runs = runs[_expected(runs, who, value) < CHANCE]
    runs = runs.assign(first=month[runs["start"]], last=month[runs["start"] + runs["length"] - 1])
    each = runs.groupby("who").agg({"first": "min", "last": "max", "length": "sum"})
    return finding_frame(
        (kind, column, log.clinicians[at], *_months(first, last), length, np.nan, np.nan)
        for at, first, last, length in each.itertuples()
    )


def _runs(who: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    """Stretches of equal values of one clinician: `who`, `value`, `start` (position) and `length`."""
    breaks = np.flatnonzero((np.diff(who) != 0) | (np.diff(value) != 0)) + 1
    start = np.concatenate([[0], breaks])
    length = np.diff(np.concatenate([start, [len(who)]]))
    return pd.DataFrame({"who": who[start], "value": value[start], "start": start, "length": length})


def _expected(runs: pd.DataFrame, who: np.ndarray, value: np.ndarray) -> np.ndarray:
    """How many stretches of at least this length chance would bring in all sessions looked at.

    A stretch begins with a clinician's first session or after another value. NaN, which is never below anything, where
    there is nobody and nothing else to compare with.
    """
    size = int(value.max()) + 1
    cell, count = np.unique(who.astype(np.int64) * size + value, return_counts=True)
    own = count[np.searchsorted(cell, runs["who"].to_numpy(np.int64) * size + runs["value"].to_numpy())]
    others = len(who) - np.bincount(who)[runs["who"]]
    length = runs["length"].to_numpy()
    if who[0] == who[-1]:  # nobody else: the clinician's own other sessions
        same, of = own - length, len(who) - length
    else:
        same, of = np.bincount(value)[runs["value"]] - own, others
    alike = np.where(of >= LEAST, same / np.maximum(of, 1), np.nan)
    chance = 1 - VARIETY * (1 - alike)
    return np.asarray((len(who) * (1 - chance) + len(np.unique(who))) * chance**length)


def _months(first: int, last: int) -> tuple[pd.Period, pd.Period]:
    return pd.Period(ordinal=int(first), freq="M"), pd.Period(ordinal=int(last), freq="M")
