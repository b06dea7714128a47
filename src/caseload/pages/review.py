"""The month's review: everything for everybody, computed once; a report only slices it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from caseload.errors import ParameterError
from caseload.flags import FLAGS
from caseload.intake import Practice
from caseload.pages.chance import chart_points, expected_false_flags
from caseload.pages.landing import index_view, supervisors_view
from caseload.pages.quality import quality_view
from caseload.pages.supervisee import supervisee_view
from caseload.pages.suppression import USUAL, Policy
from caseload.pages.team.indicators import Cells, team_cells
from caseload.pages.team.page import team_view
from caseload.pages.views import IndexView, QualityView, SuperviseeView, SupervisorsView, TeamView
from caseload.review.assessment import CLIENTS_CSV, FLAGS_CSV, Assessment, clinicians_csv
from caseload.review.estimation import assess
from caseload.review.progress import Progress
from caseload.signals import monthly_signals


@dataclass(frozen=True)
class Analysis:
    """The contract's three tables for some months, each month as known at its end, with consent applied."""

    clinicians: pd.DataFrame
    clients: pd.DataFrame
    flags: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Review:
    """A month's review of a whole practice. Frames hold every month up to `month`, with consent applied."""

    assessment: Assessment

    @property
    def month(self) -> pd.Period:
        """The month reviewed."""
        return self.assessment.month

    @property
    def practice(self) -> Practice:
        """The practice as known at the end of the month."""
        return self.assessment.practice

    @cached_property
    def clinician_ids(self) -> tuple[str, ...]:
        """Clinicians with a row in the month, in order of name."""
        table = self.assessment.clinicians
        return tuple(sorted(table.loc[table["month"] == self.month, "clinician_id"]))

    @cached_property
    def supervisors(self) -> tuple[str, ...]:
        """Supervisors of these clinicians; empty where nobody is assigned to one."""
        return tuple(sorted(self._people["supervisor_id"].dropna().unique()))

    @cached_property
    def teams(self) -> tuple[str, ...]:
        """Teams of these clinicians."""
        return tuple(sorted(self._people["team"].dropna().unique()))

    def supervisees_of(self, supervisor: str) -> tuple[str, ...]:
        """A supervisor's own supervisees."""
        return tuple(self._people.loc[self._people["supervisor_id"] == supervisor, "clinician_id"])

    @cached_property
    def clinicians(self) -> pd.DataFrame:
        """clinicians.csv of all months: without consent, what rests on self-report is empty."""
        table = self.assessment.clinicians.copy()
        reported = [column for flag in FLAGS.values() if flag.self_reported for column in flag.estimates]
        table.loc[~table["clinician_id"].isin(self.assessment.sharing), reported] = float("nan")
        return table[clinicians_csv()]

    @property
    def clients(self) -> pd.DataFrame:
        """clients.csv of all months."""
        return self.assessment.clients[list(CLIENTS_CSV)]

    @property
    def flags(self) -> pd.DataFrame:
        """flags.csv of all months."""
        return self.assessment.flags[list(FLAGS_CSV)]

    def supervisee(self, clinician_id: str, copy: str = "supervisor") -> SuperviseeView:
        """What one copy of one report shows; ParameterError for somebody without a row in the month."""
        self._require(clinician_id)
        return supervisee_view(self.assessment.of(clinician_id), clinician_id, copy)

    def only(self, clinician_id: str) -> Review:
        """The part of it that both copies of one report are made from: small, and it holds nobody else."""
        self._require(clinician_id)
        return Review(self.assessment.of(clinician_id))

    def team(self, name: str, policy: Policy = USUAL) -> TeamView:
        """What a team's page shows, hiding what `policy` says."""
        if name not in self.teams:
            raise ParameterError(f"There is no team {name!r} in {self.month}.")
        if policy not in self._team_cells:
            self._team_cells[policy] = team_cells(self.assessment, policy)
        return team_view(self._team_cells[policy], name, self.teams)

    @cached_property
    def _team_cells(self) -> dict[Policy, Cells]:
        """What the pages of all teams are made from, by what it hides: worked out when first asked for."""
        return {}

    def quality(self) -> QualityView:
        """What the data-quality page shows."""
        return quality_view(self.assessment)

    def index(
        self, supervisor: str | None = None, failures: Mapping[str, str] | None = None
    ) -> IndexView | SupervisorsView:
        """A supervisor's landing page; without one, the practice's: a list of supervisors, or of everybody."""
        if supervisor is None and self.supervisors:
            entries = {name: self.supervisees_of(name) for name in self.supervisors}
            unassigned = int(self._people["supervisor_id"].isna().sum())
            return supervisors_view(self.assessment, entries, self.teams, unassigned)
        ids = self.clinician_ids if supervisor is None else self.supervisees_of(supervisor)
        return index_view(self.assessment, ids, supervisor, failures or {})

    def expected_false_flags(self, supervisor: str | None = None) -> dict[str, float]:
        """How many flags on effort and engagement, and how many charts that signal, chance alone would bring.

        With a `supervisor`, among their own supervisees: nothing of others is counted.
        """
        whose = frozenset(self.clinician_ids if supervisor is None else self.supervisees_of(supervisor))
        flags = self.assessment.flags
        shown = flags[(flags["month"] == self.month) & flags["clinician_id"].isin(whose)]
        return expected_false_flags(len(whose), chart_points(self.assessment, whose), shown)

    def _require(self, clinician_id: str) -> None:
        if clinician_id not in self.clinician_ids:
            raise ParameterError(f"No work of {clinician_id!r} is recorded up to {self.month}.")

    @cached_property
    def _people(self) -> pd.DataFrame:
        people = self.practice.supervisees
        return people[people["clinician_id"].isin(self.clinician_ids)]


def review_month(
    practice: Practice,
    month: str | pd.Period | None = None,
    *,
    today: dt.date | None = None,
    progress: bool | Progress = False,
    signals: Callable[[Practice], pd.DataFrame] = monthly_signals,
) -> Review:
    """Review one month of a practice for everybody, using nothing later than its end.

    `month` (`YYYY-MM`) is by default the latest month that holds a session and ended before `today`. Raises
    ParameterError for a month outside the data. `progress` shows a bar on stderr, or is told how far the
    review is. `signals` does what `monthly_signals` does, elsewhere if need be.

    Examples
    --------
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample")
    >>> review = caseload.review_month(practice, "2025-02")
    >>> review.month, len(review.clinician_ids), review.supervisee("C07").clinician_id
    (Period('2025-02', 'M'), 13, 'C07')
    """
    asked = practice.default_month(today or dt.date.today()) if month is None else pd.Period(month, "M")
    if asked not in practice.months:
        raise ParameterError(f"The data covers {practice.months[0]} to {practice.months[-1]}, not {asked}.")
    return Review(assess(practice, asked, progress=progress, monthly=signals))


def analyse(practice: Practice, months: str | pd.Period | pd.PeriodIndex, *, progress: bool = False) -> Analysis:
    """The three tables for one month or several, each month as it would have been known at its end.

    Examples
    --------
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample")
    >>> found = caseload.analyse(practice, ["2025-01", "2025-02"])
    >>> found.clinicians.groupby("month").size().tolist(), found.flags.columns[:4].tolist()
    ([13, 13], ['clinician_id', 'month', 'flag', 'state'])
    """
    asked = pd.PeriodIndex([months] if isinstance(months, str | pd.Period) else months, freq="M")
    review = review_month(practice, asked.max(), progress=progress)
    tables = (
        table[table["month"].isin(asked)].reset_index(drop=True)
        for table in (review.clinicians, review.clients, review.flags)
    )
    return Analysis(*tables)
