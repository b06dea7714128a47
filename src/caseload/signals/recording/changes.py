"""Sudden changes in what is recorded: somebody, or everybody, stops or starts, or records on another scale."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import erfc, exp, log, sqrt

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.intake.tables import TABLES
from caseload.signals.numbered import month_of
from caseload.signals.recording.finding import EVERYBODY, finding_frame

MUCH, LITTLE = 0.6, 0.2
"""A column is recorded, or is not, in a month in which it stands in so large a share of the attended sessions."""
STAYS = 2
"""Months that it was so before, and that it is so after, at least."""
FEWEST = 5
"""Attended sessions of a month that counts; a month of leave is no month."""
CHANCE = 1 / 1000
"""So many changes as clear would be expected by chance among all clinicians, months and columns, at most."""
FACTOR = log(1.6)
"""By so much (on the log scale) everybody's usual minutes change where a form or a program has changed."""
POINTS = 0.2
"""Or so large a part of a rating's range."""
OWN_STAYS = 3
"""Months that one clinician's usual minutes were so before, and are so after, at least."""
STEP_MEDIAN, LEAST_SPREAD = 0.954, 0.05
ROUNDED = 5.0  # minutes: a median of rounded minutes moves by one step of rounding although next to nothing changes
"""Median distance of two values in SD of one (log scale), and the least SD that months are taken to have."""
TOGETHER, PEOPLE = 0.8, 3
"""So many of the clinicians go along, and there are so many at least."""
RECORDED = (
    "scheduled_minutes", "actual_minutes", "minutes_late", "prep_minutes", "note_minutes", "modality",
    "stage_of_change", "interventions", "homework_set", "homework_done", "srs_total", "ors_total",
    "clinician_effort_rating", "client_engagement_rating", "trauma_focus", "crisis",
)  # fmt: skip
MINUTES = ("prep_minutes", "note_minutes", "actual_minutes")
RATINGS = ("srs_total", "ors_total", "clinician_effort_rating", "client_engagement_rating", "homework_done")
CONTACTS = "contacts"
"""In place of a column: whether there are contacts at all."""


def changes(practice: Practice) -> pd.DataFrame:
    """Findings (`finding.FINDINGS`); `first` is the first month after the change, `last` the last that it stays.

    - `stopped`, `started`: `column` goes from `MUCH` to `LITTLE`, or back, for `STAYS` months each (the month between
      may be anything). `before` and `after` are shares of attended sessions (of contacts: contacts a month), `rows` the
      attended sessions since;
    - `level`: everybody's usual value in `column` changes; `before` and `after` are medians over clinicians;
    - `own_level`: one clinician's usual minutes change by as much and stay so; `before` and `after` are medians of the
      months' medians. Where nearly everybody in a team does it at once, it is told of the team.

    What the whole practice does is told once, of `EVERYBODY`.
    """
    grid = _Grid(practice)
    tests = max(int((grid.attended >= FEWEST).sum()) * (len(RECORDED) + 1), 1)
    rows = []
    for column in RECORDED:
        rows += _once(list(_switches(grid, column, grid.recorded(column), tests)))
    rows += _once(list(_contact_switches(grid, practice.contacts, tests)))
    whole = [row for column in (*MINUTES, *RATINGS) for row in _levels(grid, column)]
    own = [row for column in MINUTES for row in _own_levels(grid, column, tests)]
    return finding_frame([*rows, *whole, *_of_teams(_beside(own, whole), practice.supervisees)])


Row = tuple[str, str, str, pd.Period, pd.Period, int, float, float]


class _Grid:
    """Attended sessions by clinician (rows; the last one is everybody) and month (columns, first to last)."""

    def __init__(self, practice: Practice) -> None:
        sessions = practice.sessions
        self.sessions = sessions[sessions["status"] == "attended"]
        self.who, people = pd.factorize(self.sessions["clinician_id"], sort=True)
        self.people = [*people, EVERYBODY]
        month = month_of(self.sessions["scheduled_start"].to_numpy())
        self.first = int(month.min()) if len(month) else 0
        self.month = month - self.first
        self.months = int(self.month.max()) + 1 if len(month) else 1
        self.attended = self.counted(self.who, self.month)

    def counted(self, who: np.ndarray, month: np.ndarray) -> np.ndarray:
        """Rows by clinician and month, those of everybody below."""
        size = len(self.people) - 1
        table = np.bincount(who * self.months + month, minlength=size * self.months).reshape(size, self.months)
        return np.vstack([table, table.sum(axis=0)])

    def recorded(self, column: str) -> np.ndarray:
        there = self.sessions[column].notna().to_numpy()
        return self.counted(self.who[there], self.month[there])

    def period(self, at: int) -> pd.Period:
        return pd.Period(ordinal=self.first + at, freq="M")


def _switches(grid: _Grid, column: str, there: np.ndarray, tests: int) -> Iterator[Row]:
    """Where a column stops or starts to be recorded."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = there / grid.attended
    usable = grid.attended >= FEWEST
    step = np.where(share >= MUCH, 1, np.where(share <= LITTLE, -1, 0))
    for person in _candidates(step, usable):
        places = np.flatnonzero(usable[person])
        for before, after in _turns(step[person, places]):
            one, other = places[before], places[after]
            (k, n), (j, m) = ((there[person, at].sum(), grid.attended[person, at].sum()) for at in (one, other))
            if _difference(int(k), int(n), int(j), int(m)) * tests < CHANCE:
                kind = "stopped" if step[person, one[0]] > 0 else "started"
                span = grid.period(int(other[0])), grid.period(int(other[-1]))
                yield kind, column, grid.people[person], *span, int(m), k / n, j / m


def _contact_switches(grid: _Grid, contacts: pd.DataFrame, tests: int) -> Iterator[Row]:
    """Where contacts stop or start to be recorded, in months with sessions, although there were many."""
    who = pd.Index(grid.people[:-1]).get_indexer(pd.Index(contacts["clinician_id"]))
    month = month_of(contacts["contacted_at"].to_numpy()) - grid.first
    inside = (who >= 0) & (month >= 0) & (month < grid.months)
    number = grid.counted(who[inside], month[inside])
    step = np.where(number > 0, 1, -1)
    usable = grid.attended >= FEWEST
    for person in _candidates(step, usable):
        places = np.flatnonzero(usable[person])
        for before, after in _turns(step[person, places]):
            one, other = places[before], places[after]
            rates = number[person, one].mean(), number[person, other].mean()
            many, none = max(rates), len(one) if rates[0] == 0 else len(other)
            if exp(-many * none * VARYING) * tests < CHANCE:
                kind = "stopped" if rates[1] == 0 else "started"
                span = grid.period(int(other[0])), grid.period(int(other[-1]))
                yield kind, CONTACTS, grid.people[person], *span, int(grid.attended[person, other].sum()), *rates


VARYING = 0.5
"""Contacts come in bursts: a month is given half of the usual number."""


def _candidates(step: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Clinicians, and everybody where there are several, with enough months of both kinds."""
    enough = [((step == sign) & usable).sum(axis=1) >= STAYS for sign in (1, -1)]
    if len(step) == 2:
        enough[0][-1] = False  # of a single clinician everybody is the same
    return np.flatnonzero(enough[0] & enough[1])


def _turns(step: np.ndarray) -> Iterator[tuple[slice, slice]]:
    """Neighbouring stretches of months that are all 1 and all −1, at most one month of 0 between them."""
    breaks = np.flatnonzero(np.diff(step)) + 1
    starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(step)]])
    runs = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if step[a] == 0 or b - a >= STAYS]
    runs = [(a, b) for a, b in runs if step[a] != 0]
    for (a, b), (c, d) in pairwise(runs):
        if step[a] == -step[c] and c - b <= 1:
            yield slice(a, b), slice(c, d)


def _difference(k: int, n: int, j: int, m: int) -> float:
    """Chance of a difference as large between k of n and j of m of one and the same share (normal approximation)."""
    share = (k + j) / (n + m)
    spread = sqrt(share * (1 - share) * (1 / n + 1 / m))
    return erfc(abs(k / n - j / m) / spread / sqrt(2)) if spread else 1.0


def _once(rows: list[Row]) -> list[Row]:
    """Without the clinicians who do what everybody does, in the same months or one off."""
    whole = [row for row in rows if row[2] == EVERYBODY]
    return whole + [
        row
        for row in rows
        if row[2] != EVERYBODY and not any(row[0] == all_[0] and abs((row[3] - all_[3]).n) <= 1 for all_ in whole)
    ]


def _levels(grid: _Grid, column: str) -> Iterator[Row]:
    """Where everybody's usual value in a column changes from one month to the next."""
    months = grid.months
    if len(grid.people) - 1 < PEOPLE or months < 2 * STAYS:
        return
    median = _medians(grid, column)
    values, least = (np.log1p(median), FACTOR) if column in MINUTES else (median, POINTS * _range(column))
    turns = [_turned(values[:, at - STAYS : at], values[:, at : at + STAYS], least) for at in range(STAYS, months - 1)]
    change = np.array([0.0, *turns, 0.0])
    peaks = np.flatnonzero((np.abs(change[1:-1]) > np.abs(change[:-2])) & (np.abs(change[1:-1]) >= np.abs(change[2:])))
    for peak in peaks:
        at = int(peak) + STAYS
        rows = int((grid.sessions[column].notna().to_numpy() & (grid.month >= at)).sum())
        before, after = (float(np.nanmedian(median[:, s])) for s in (slice(at - STAYS, at), slice(at, at + STAYS)))
        yield "level", column, EVERYBODY, grid.period(at), grid.period(months - 1), rows, before, after


def _medians(grid: _Grid, column: str) -> np.ndarray:
    """A column's median by clinician and month; NaN where it stands in fewer than FEWEST sessions."""
    cells = grid.sessions[column].groupby(grid.who * grid.months + grid.month).agg(["median", "count"])
    often = cells[cells["count"] >= FEWEST]
    median = np.full((len(grid.people) - 1, grid.months), np.nan)
    median.flat[often.index.to_numpy(int)] = often["median"].to_numpy(float)
    return median


def _turned(before: np.ndarray, after: np.ndarray, least: float) -> float:
    """By how much clinicians (rows) have changed, in the median; 0 where they have not, or not together."""
    change = (after.mean(axis=1) - before.mean(axis=1))[:, None] if after.size else np.empty((0, 1))
    known = change[~np.isnan(change)]
    if len(known) < PEOPLE:
        return 0.0
    middle = float(np.median(known))
    along = (np.sign(known) == np.sign(middle)) & (np.abs(known) >= least / 2)
    return middle if abs(middle) >= least and along.mean() >= TOGETHER else 0.0


def _range(column: str) -> float:
    rule = next(rule for rule in TABLES["sessions"].columns if rule.name == column)
    assert rule.low is not None and rule.high is not None
    return rule.high - rule.low


def _own_levels(grid: _Grid, column: str, tests: int) -> Iterator[Row]:
    """Where one clinician's usual minutes change and stay so, far beyond how the months' medians usually differ."""
    median = _medians(grid, column)
    values = np.log1p(median)
    steps = np.abs(np.diff(values, axis=1))
    usual = steps[~np.isnan(steps)]
    spread = max(float(np.median(usual)) / STEP_MEDIAN, LEAST_SPREAD) if len(usual) else LEAST_SPREAD
    for person, line in enumerate(values):
        known = np.flatnonzero(~np.isnan(line))
        turns = [(_step(line[known], at), at) for at in range(OWN_STAYS, len(known) - OWN_STAYS + 1)]
        if not turns:
            continue
        step, at = max(turns, key=lambda turn: abs(turn[0]) / sqrt(1 / turn[1] + 1 / (len(known) - turn[1])))
        chance = erfc(abs(step) / (spread * sqrt(1 / at + 1 / (len(known) - at))) / sqrt(2))
        before, after = (float(np.median(median[person, known[part]])) for part in (slice(at), slice(at, None)))
        if abs(step) >= FACTOR and abs(after - before) > ROUNDED and chance * tests < CHANCE:
            rows = int(grid.recorded(column)[person, known[at] :].sum())
            span = grid.period(int(known[at])), grid.period(int(known[-1]))
            yield "own_level", column, grid.people[person], *span, rows, before, after


def _step(line: np.ndarray, at: int) -> float:
    return float(np.median(line[at:]) - np.median(line[:at]))


def _beside(own: list[Row], whole: list[Row]) -> list[Row]:
    """Those who do not only do what everybody does in the same month or one off."""
    return [row for row in own if not any(row[1] == all_[1] and abs((row[3] - all_[3]).n) <= 1 for all_ in whole)]


def _of_teams(own: list[Row], supervisees: pd.DataFrame) -> list[Row]:
    """Changes of clinicians, and instead of them one of the team where nearly all in it change at once."""
    teams = supervisees.dropna(subset="team").groupby("team")["clinician_id"].agg(set)
    told = list(own)
    for team, people in teams.items():
        for first in own:
            along = [row for row in told if row[1] == first[1] and abs((row[3] - first[3]).n) <= 1 and row[2] in people]
            if len(along) >= PEOPLE and len(along) >= TOGETHER * len(people):
                told = [row for row in told if row not in along]
                before, after = (float(np.median([row[place] for row in along])) for place in (6, 7))
                last, rows = max(row[4] for row in along), sum(row[5] for row in along)
                told.append(("own_level", first[1], f"team {team}", first[3], last, rows, before, after))
    return told
