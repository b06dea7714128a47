"""A review with made-up, tiny pages: for tests of how a run is made, not of what its pages say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from caseload.intake.settings import USUAL as USUAL_SETTINGS
from caseload.intake.settings import Settings
from caseload.pages import views
from caseload.pages.suppression import USUAL, Policy

MONTH = pd.Period("2026-05", freq="M")
SUPERVISOR_OF = {"C01": "S01", "C02": "S01", "C03": "S02"}
SECRET = "an unshared survey"  # stands for what only the own copy may hold
WORDS = views.State("steady")


@dataclass(frozen=True)
class FakeQuality:
    files: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"file": ["/home/x/sessions.csv"], "sha256": ["ab" * 32], "bytes": [123]})
    )


@dataclass(frozen=True)
class FakePractice:
    """What a run asks of a practice before it is reviewed."""

    quality: FakeQuality = FakeQuality()
    settings: Settings = USUAL_SETTINGS
    months: pd.PeriodIndex = field(default_factory=lambda: pd.period_range("2026-01", "2026-05", freq="M"))

    @property
    def supervisees(self) -> pd.DataFrame:
        people = {"clinician_id": list(SUPERVISOR_OF), "supervisor_id": list(SUPERVISOR_OF.values())}
        return pd.DataFrame({**people, "team": "North", "shares_surveys": False})

    @property
    def sessions(self) -> pd.DataFrame:
        names = ["session_id", "clinician_id", "client_id"]
        return pd.DataFrame(columns=names, dtype="str").assign(scheduled_start=pd.to_datetime([]))

    @property
    def surveys(self) -> pd.DataFrame:
        names = ["clinician_id", "instrument", "item", "visible_to"]
        return pd.DataFrame(columns=names, dtype="str").assign(completed_on=pd.to_datetime([]))


@dataclass(frozen=True)
class FakeReview:
    """Three clinicians of two supervisors. `broken` names those whose page cannot be prepared."""

    practice: Any = FakePractice()
    month: pd.Period = MONTH
    supervisor_of: Mapping[str, str] = field(default_factory=lambda: SUPERVISOR_OF)
    teams: tuple[str, ...] = ("North",)
    broken: tuple[str, ...] = ()

    @property
    def clinician_ids(self) -> tuple[str, ...]:
        return tuple(self.supervisor_of)

    def only(self, clinician_id: str) -> FakeReview:
        return replace(self, supervisor_of={clinician_id: self.supervisor_of[clinician_id]})

    @property
    def supervisors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.supervisor_of.values()))

    def supervisees_of(self, supervisor: str) -> tuple[str, ...]:
        return tuple(c for c, s in self.supervisor_of.items() if s == supervisor)

    @property
    def clinicians(self) -> pd.DataFrame:
        months = [MONTH - 1, MONTH]
        rows = [(c, m, 0.5) for c in self.clinician_ids for m in months]
        return pd.DataFrame(rows, columns=["clinician_id", "month", "gap"]).astype({"month": "period[M]"})

    @property
    def clients(self) -> pd.DataFrame:
        return self.clinicians.assign(client_id="=K1")

    @property
    def flags(self) -> pd.DataFrame:
        return self.clinicians.drop(columns="gap").assign(flag="self_care", state="watch", reason="=1+1 goals")

    def expected_false_flags(self, supervisor: str | None = None) -> dict[str, float]:
        return {"raise": 0.03}

    def supervisee(self, clinician_id: str, copy: str = "supervisor") -> views.SuperviseeView:
        if clinician_id in self.broken:
            raise KeyError(SECRET)
        sentence = SECRET if copy == "own" else "what was agreed"
        names = ("balance", "stage", "personal", "selfcare")
        return views.SuperviseeView(
            clinician_id=clinician_id,
            copy=copy,
            opening=_opening(f"{clinician_id}, May 2026"),
            cards=tuple(views.Card(name, f"How is {name}?", WORDS, sentence) for name in names),
            strip=views.Card("fatigue", "Likely compassion fatigue?", WORDS, sentence),
            chance=_chance(),
            sections=tuple(_section(name) for name in names),
            agreed_intro="Nothing was agreed.",
            agreed=(),
            support=views.SupportPlan(
                "What to keep", "Nothing stands out.", (views.Options("", (("Keep it.", "You"),)),)
            ),
            meeting=(),
            agenda=(views.AgendaItem("Open", WORDS, "What else?"),),
            method=(("Method", "None."),),
            footer="Made for a test.",
        )

    def team(self, team: str, policy: Policy = USUAL) -> views.TeamView:
        tiles = (views.Tile("Sessions", "12"),)
        return views.TeamView(team, _opening(team), tiles, _chance(), (_section("team"),), (("Method", "None."),), "")

    def quality(self) -> views.QualityView:
        return views.QualityView(_opening("Data quality"), (_section("files"),), (("Method", "None."),), "")

    def index(
        self, supervisor: str | None = None, failures: Mapping[str, str] | None = None
    ) -> views.IndexView | views.SupervisorsView:
        if supervisor is None:
            entries = tuple((s, f"index-{s}.html", "supervisees") for s in self.supervisors)
            return views.SupervisorsView(_opening("Practice"), entries, (), (), "")
        missing = failures or {}
        rows = tuple(
            views.IndexRow(c, (WORDS,), "" if c in missing else f"{c}.html", missing.get(c, ""))
            for c in self.supervisees_of(supervisor)
        )
        return views.IndexView(_opening(supervisor), _chance(), ("Balance",), rows, (), (), "")


def _opening(title: str) -> views.Opening:
    return views.Opening(title, (("Index", "index.html"), (title, "")), "Month", title, "A lead.", ())


def _chance() -> views.Chance:
    return views.Chance("Chance", ("Some flags are false.",))


def _section(name: str) -> views.Section:
    return views.Section(name, f"How is {name}?", WORDS, views.Empty("Nothing here", ("It is a test.",)))
