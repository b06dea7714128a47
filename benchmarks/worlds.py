"""The simulated practices that validity is measured on: a family of truths, none of which the coefficients have seen.

The practices lie outside those that the coefficients were learned on: other seeds, and more noise (with strong
loadings), larger caseloads and more sessions than any of them; some also more drift, season, or unrecorded crises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from caseload.simulate import (
    ATTENDANCE_ALL_MINUTES_CONTACTS,
    ATTENDANCE_MINUTES_CONTACTS,
    NO_OVER_INVESTMENT,
    CaseMix,
    Habits,
    OverInvestment,
    Settings,
    Simulated,
    simulate,
    with_habits,
)

FIRST_SEED = 2_000_000
"""Far from the seeds that the coefficients were learned on; each world has a thousand."""
SHARE = 0.25
USUAL = Settings(
    clinicians=40,
    months=12,
    loadings=1.5,
    noise=1.35,
    clients_per_clinician=24.0,
    sessions_per_month=4.8,
    over_investment=NO_OVER_INVESTMENT,
)
HARD = Settings(clinicians=40, months=12, over_investment=NO_OVER_INVESTMENT)


@dataclass(frozen=True)
class World:
    """One truth, and the habits of recording it. `practices` are simulated for each that is asked for."""

    name: str
    text: str
    settings: Settings
    difficulty: str = "usual"
    practices: int = 1
    habits: Habits | None = None

    @property
    def over_invested(self) -> bool:
        """Whether anybody is over-invested in it."""
        return bool(self.settings.over_investment)


STRONG = OverInvestment("compensation", share=SHARE, size=1.2)
SHIFT = OverInvestment("level_shift", share=SHARE, size=1.5)
FEW = OverInvestment("few_clients", share=SHARE, size=3.0)


def _some(kind: OverInvestment, **changes: Any) -> Settings:
    return replace(USUAL, over_investment=(kind,), **changes)


def _medium(kind: OverInvestment) -> Settings:
    return replace(USUAL, clinicians=20, clients_per_clinician=14.0, over_investment=(kind,))


def _hard(kind: OverInvestment, size: float) -> Settings:
    return replace(HARD, over_investment=(replace(kind, size=size),))


SMALL = {"clinicians": 5, "clients_per_clinician": 6.5}
ATTENDANCE, WITH_NOTES = ATTENDANCE_MINUTES_CONTACTS, ATTENDANCE_ALL_MINUTES_CONTACTS
MEDIUM = replace(USUAL, clinicians=20, clients_per_clinician=14.0)
RATED = {"ratings": 1.3, "monthly": True}
MOODY = {"share": 1.0, "since": 0}
UNEVEN = CaseMix(concentration=0.5, severity_effect=0.6)
BURSTS = CaseMix(crisis_length=3.0, crisis_share=0.08, crisis_recorded=0.5)

WORLDS = (
    World("strong compensation", "effort answers engagement, slope 1.2", _some(STRONG)),
    World("subtle compensation", "the same with a slope of 0.55", _some(replace(STRONG, size=0.55))),
    World("few signals", "attendance, minutes and contacts only", _some(STRONG, recording=ATTENDANCE)),
    World("few signals and notes", "preparation and notes too", _some(STRONG, recording=WITH_NOTES)),
    World("one-sided compensation", "only where engagement is low", _some(replace(STRONG, shape="one_sided"))),
    World("lagged compensation", "effort answers last month's engagement", _some(replace(STRONG, lag=1))),
    World("level shift", "1.5 SD more effort for the whole caseload", _some(SHIFT)),
    World("one or two clients", "3 SD more effort for one or two clients", _some(FEW)),
    World("five clinicians", "strong compensation, 6 or 7 clients each", _some(STRONG, **SMALL), practices=4),
    World("compensation all along", "since before the first month", _some(replace(STRONG, onset=0))),
    World("level shift all along", "since before the first month", _some(replace(SHIFT, onset=0))),
    World("few clients all along", "since before the first month", _some(replace(FEW, onset=0))),
    World("compensation that ends", "from the fourth month to the eighth", _some(replace(STRONG, onset=3, end=7))),
    World("level shift that ends", "from the fourth month to the eighth", _some(replace(SHIFT, onset=3, end=7))),
    World("none", "nobody is over-invested", USUAL),
    World("none: uneven severity", "severe clients with some clinicians", replace(USUAL, case_mix=UNEVEN)),
    World("none: wide styles", "clinicians record very differently", replace(USUAL, style=3.0)),
    World("none: few signals", "attendance, minutes and contacts only", replace(USUAL, recording=ATTENDANCE)),
    World("none: drifting clients", "engagement rises or falls over the year", replace(USUAL, drift=1.2)),
    World("none: bursts of crisis", "crises last three months, half unrecorded", replace(USUAL, case_mix=BURSTS)),
    World("none: season", "months in which everybody works harder", replace(USUAL, season=0.5)),
    World("none: longer notes", "a quarter write twice as long", MEDIUM, habits=Habits(minutes=2.0)),
    World("none: half write more", "half write twice as long", MEDIUM, habits=Habits(minutes=2.0, share=0.5)),
    World("none: defaults end", "a quarter stop leaving defaults", MEDIUM, habits=Habits(defaults=True)),
    World("none: one default ends", "one does", MEDIUM, habits=Habits(defaults=True, share=0.05)),
    World("none: only ratings", "attendance, a rating a month of each", MEDIUM, habits=Habits(**RATED)),
    World("none: precise ratings", "ratings with little error", MEDIUM, habits=Habits(ratings=0.5)),
    World("none: shared mood", "a quarter rate by mood", MEDIUM, habits=Habits(ratings=0.7, mood=1.5)),
    World("none: only high effort", "effort is recorded where it is high", MEDIUM, habits=Habits(only_high=True)),
    World("only ratings", "attendance, a rating a month of each", _medium(STRONG), habits=Habits(**RATED)),
    World("ratings with mood", "of .8 points", _medium(STRONG), habits=Habits(mood=0.8, **MOODY, **RATED)),
    World("ratings with much mood", "of 1.5 points", _medium(STRONG), habits=Habits(mood=1.5, **MOODY, **RATED)),
    World("strong compensation", "weaker signals, 12 clients, slope 1.0", _hard(STRONG, 1.0), "hard"),
    World("subtle compensation", "weaker signals, 12 clients, slope 0.5", _hard(STRONG, 0.5), "hard"),
    World("level shift", "weaker signals, 12 clients, 1 SD", _hard(SHIFT, 1.0), "hard"),
    World("one or two clients", "weaker signals, 12 clients, 2.5 SD", _hard(FEW, 2.5), "hard"),
)  # fmt: skip


def practice(place: int, number: int) -> Simulated:
    """The practice of that number in the world at that place of WORLDS, always the same."""
    world = WORLDS[place]
    simulated = simulate(replace(world.settings, seed=FIRST_SEED + 1000 * place + number))
    return with_habits(simulated, world.habits) if world.habits else simulated
