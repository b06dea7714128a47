"""The sample practice: fourteen clinicians over eighteen months, among them a few whom a supervisor should notice.

Who is who is told in `sample.md`, which is also the README of `data/sample`; whom they can turn to, all invented, in
`sample_support.toml`.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from caseload.simulate.folder import Format, write
from caseload.simulate.keeping import MISSING, CheckIns, Recording
from caseload.simulate.settings import Caseload, CaseMix, Settings, Surveys, Variance
from caseload.simulate.simulated import Cast, Simulated, draw_cast, observe_cast, random_streams
from caseload.simulate.staff import Array, Staff, draw_staff, over_investment

SETTINGS = Settings(
    seed=20260531,
    clinicians=14,
    months=18,
    first_month="2024-12",
    clients_per_clinician=10.5,
    sessions_per_month=3.7,
    supervisors=2,
    teams=2,
    effort=Variance(0.05, 0.02, 0.43, 0.50),
    engagement=Variance(0.02, 0.02, 0.46, 0.50),
    slope=(0.0, 0.04),
    loadings=1.25,  # parts are played clearly: a sample is to show the pages, not to test the estimates
    noise=0.8,
    stage_lead=0.08,
    caseload=Caseload(size_spread=0.06, leave=0.04, late_starters=0.0),
    case_mix=CaseMix(crisis_share=0.02),
    over_investment=(),
    surveys=Surveys(response_rate=0.92, interval=3),
    checkins=CheckIns(share=0.95, first=13),
    recording=Recording(missing={**MISSING, "clinician_talk_share": 0.985}),
)
LAST = SETTINGS.months - 1
CHOICES = {"C08": "supervisor", "C11": "own_page", "C13": "own_page", "C14": "supervisor"}
"""Whom those who chose it in the form of each month let see their answers; of the others `clinicians` says it."""

TRAITS: dict[str, dict[str, Any]] = {  # what is set instead of drawn; months count from 0 = December 2024
    "C02": {"fte": 1.0},
    "C03": {"severity": 5.0},
    "C04": {"stage": -0.9},
    "C05": {"wave": 2, "answers": 1.0, "activation": True},
    "C06": {"start": LAST, "started_on": pd.Timestamp("2026-05-07"), "clients": 2, "fte": 0.5},
    "C07": {"clients": 12, "kind": "compensation", "size": 2.0, "onset": LAST - 4, "end": LAST},
    "C08": {"homework": False},
    "C09": {"kind": "few_clients", "size": 5.0, "onset": LAST - 3, "end": LAST, "favourites": 1},
    "C11": {"shares_surveys": False, "wave": 2, "answers": 1.0, "activation": True},
    "C12": {"homework": False},
    "C13": {"shares_surveys": pd.NA},
}
MONTHS: dict[str, dict[str, tuple[int, float]]] = {  # over the last so many months: that value
    "C04": {"lead": (4, 2.2)},
    "C09": {"after_hours": (4, -2.0)},  # the calls to that one client come in working hours
    "C10": {"after_hours": (4, 3.6)},
    "C12": {"supervisor_cancels": (3, 1.0)},
    "C13": {"leave": (1, 0.8), "leave_from": (1, 1.0)},
}
FATIGUE: dict[str, dict[str, tuple[float, ...]]] = {  # true T of the months up to the last; the first value before
    "C05": {
        "burnout": (48, 52, 57, 61, 63, 65, 66, 68, 69, 70, 71),
        "secondary_traumatic_stress": (46, 50, 55, 59, 61, 63, 64, 65, 66, 67, 68),
        "compassion_satisfaction": (52, 50, 48, 46, 45, 44, 43, 42, 41, 40, 39),
    },
    "C11": {
        "burnout": (52, 56, 62, 66, 68, 70, 70, 71),
        "secondary_traumatic_stress": (50, 55, 61, 66, 68, 70, 72, 72),
        "compassion_satisfaction": (49, 47, 44, 42, 40, 38, 38, 37),
    },
}
ACTIVATION = {"C11": (2, 3, 2, 7, 8, 9)}  # ratings of the last months
CALM = 0.3  # everybody else's true T-scores keep this share of their distance from CALM_T
CALM_T = 46.0
MOST_STYLE = 1.0  # ordinary clinicians' habits lie within so many SD
LONG_NOTES = ("C02", 3.0)  # SD of the note-taking habit
AGENDA = (  # clinician, month, flag, decision, review month, outcome
    ("C08", "2026-01", "self_care", "One protected hour a week", "2026-02", "helped"),
    ("C12", "2026-03", "personal_activation", "Agree a second date for cancelled supervision", "2026-04", "unchanged"),
    ("C04", "2026-04", "stage_incongruence", "Revisit stage with three clients", "2026-05", "open"),
    ("C07", "2026-04", "over_investment", "Look at goals and pace with two clients", "2026-05", "open"),
    ("C10", "2026-04", "self_care", "No client calls after 18:00; voicemail names the crisis line", "2026-05", "open"),
    ("C14", "2026-04", "over_investment", "Wait and see for a month", "2026-05", "open"),
)


def sample_practice() -> Simulated:
    """The practice of `data/sample`, with its truth: fourteen clinicians, eighteen months, the same each time.

    Examples
    --------
    >>> from caseload.simulate import sample_practice
    >>> truth = sample_practice().truth.clinicians
    >>> truth[truth["over_invested"]].groupby("clinician_id")["kind"].unique().str[0].to_dict()
    {'C07': 'compensation', 'C09': 'few_clients'}
    """
    streams = random_streams(SETTINGS)
    staff = _played(draw_staff(SETTINGS, streams["staff"]))
    cast = _with_fatigue(draw_cast(SETTINGS, staff, streams))
    drawn = observe_cast(SETTINGS, cast, streams)
    surveys = _chosen(drawn.tables["surveys"])
    return replace(drawn, tables=drawn.tables | {"agenda": _agenda(), "surveys": surveys})


def write_sample(folder: str | Path, format: Format = "csv", *, overwrite: bool = False) -> Path:
    """Write the sample practice, its README and its support contacts into `folder`; returns it, and refuses as `write`.

    Examples
    --------
    >>> import tempfile
    >>> from caseload.simulate import write_sample
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = write_sample(f"{folder}/practice", "parquet")
    ...     sorted(path.name for path in practice.iterdir() if path.suffix != ".parquet")
    ['.simulated', 'README.md', 'agenda.csv', 'support.toml']
    """
    beside = {"README.md": readme(), "support.toml": support()}
    return write(sample_practice(), folder, format, overwrite=overwrite, beside=beside)


def readme() -> str:
    """The data dictionary of the sample practice, and who is who."""
    return _told("sample.md")


def support() -> str:
    """The support contacts of the sample practice."""
    return _told("sample_support.toml")


def _told(name: str) -> str:
    return files("caseload.simulate").joinpath(name).read_text(encoding="utf-8")


def _played(staff: Staff) -> Staff:
    """The drawn clinicians, with everybody's part given to them."""
    traits = staff.traits.set_index("clinician_id", drop=False).rename_axis(None)
    traits = traits.assign(
        team=["North"] * 10 + ["South"] * 4,
        shares_surveys=pd.array([True] * len(traits), dtype="boolean"),
        severity=traits["severity"].clip(-1, 1),
    )
    for clinician, part in TRAITS.items():
        for name, value in part.items():
            traits.loc[clinician, name] = value
    style = staff.style.clip(-MOST_STYLE, MOST_STYLE)
    style.loc[traits.index.get_loc(LONG_NOTES[0]), "note_minutes"] = LONG_NOTES[1]
    months = _months(staff, traits.index)
    traits = traits.reset_index(drop=True)
    return Staff(traits, style, months | over_investment(traits, staff.months["slope"]))


def _months(staff: Staff, ids: pd.Index) -> dict[str, Array]:
    """The clinicians' months with the parts played; nobody else is away in the last month."""
    months = {name: values.copy() for name, values in staff.months.items()}
    months["leave"][:, LAST] = 0
    months["supervisor_cancels"][:] = 0.02
    for clinician, parts in MONTHS.items():
        for name, (count, value) in parts.items():
            months[name][ids.get_loc(clinician), -count:] = value
    return months


def _with_fatigue(cast: Cast) -> Cast:
    """Everybody well but the two whose scores rise."""
    ids = pd.Index(cast.staff.ids)
    fatigue = {scale: CALM_T + CALM * (t - 50) for scale, t in cast.fatigue.items()}
    fatigue["compassion_satisfaction"] += 4
    for clinician, scales in FATIGUE.items():
        for scale, path in scales.items():
            fatigue[scale][ids.get_loc(clinician)] = np.r_[np.full(SETTINGS.months - len(path), path[0]), path]
    activation = np.minimum(cast.activation, 4)
    for clinician, ratings in ACTIVATION.items():
        activation[ids.get_loc(clinician), -len(ratings) :] = ratings
    return replace(cast, fatigue=fatigue, activation=activation)


def _chosen(surveys: pd.DataFrame) -> pd.DataFrame:
    """The surveys, with who may see the answers that check-ins have brought."""
    first = SETTINGS.calendar[SETTINGS.checkins.first].start_time
    asked = surveys["instrument"].isin(["activation", "team_safety"]) & (surveys["completed_on"] >= first)
    return surveys.assign(visible_to=surveys["clinician_id"].map(CHOICES).where(asked).astype("str"))


def _agenda() -> pd.DataFrame:
    """What the supervision meetings decided."""
    names = ["clinician_id", "month", "flag", "decision", "review_month", "outcome"]
    table = pd.DataFrame(AGENDA, columns=names)
    months = {name: pd.PeriodIndex(table[name], freq="M") for name in ("month", "review_month")}
    return table.assign(**months)
