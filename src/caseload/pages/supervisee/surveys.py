"""What questionnaires say: against the pooled norm, since the survey before, beside the practice's own respondents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.keys import SCORED, ends_of, key_of
from caseload.estimates.norms import FEWEST_RESPONDENTS, FEWEST_WAVES, QUARTILES
from caseload.intake.settings import MIN_RESPONDENTS
from caseload.pages.supervisee.subject import Subject
from caseload.pages.suppression import told_apart
from caseload.pages.views import Empty, Evidence, Figure, Table
from caseload.questionnaires import QUESTIONNAIRES
from caseload.wording import between, counted, day, first_upper, listed, number, plain, signed

Row = Mapping[Any, Any]
INVITATION = (
    "The 30-question ProQOL takes about ten minutes. It is voluntary, and the results stay private unless the person "
    "chooses to share them."
)
LOGS_CANNOT_TELL = (
    "This needs survey answers. Work logs alone are little better than a guess, so we do not use them instead."
)
HOW_TO_READ = (
    "The upright lines are 90% intervals for measurement error. The dashed line marks the start of the norm’s top "
    "quarter. For compassion satisfaction, higher is better. A change is “reliable” when measurement error is unlikely "
    "to explain it."
)
TOO_FEW = (
    f"We do not show your practice’s own scores yet. They need {FEWEST_WAVES} surveys from {FEWEST_RESPONDENTS} people "
    "who share."
)
TELLING = (
    f"We do not show your practice’s own scores here. With the answers in these reports, they could reveal the scores "
    f"of fewer than {MIN_RESPONDENTS} people."
)
PROQOL = {scale.name: scale.label for scale in QUESTIONNAIRES["proqol5"].scales}
STRAIN = ("burnout", "secondary_traumatic_stress")
"""Scales on which higher means more strain."""
OTHERS = {(each.name, key.name): key.label for each, key in SCORED if key.label and each.name != "proqol5"}
TENTH = 10
"""Percentiles among a few colleagues are told from 10 to 90: beyond, they would only say who stands at the end."""
RELIABLE = {"rise": "reliable rise", "fall": "reliable fall", "none": "within measurement error"}


def evidence(subject: Subject) -> tuple[Evidence, ...]:
    """ProQOL against the pooled norm, other questionnaires, the practice's own norm; nothing of it without consent."""
    if not subject.sees_surveys:
        return (Empty("Surveys", (f"No shared survey. {LOGS_CANNOT_TELL}",), "not_shared"),)
    return (_proqol(subject), *_waves(subject), *_local(subject), *_others(subject))


def satisfaction(subject: Subject) -> str:
    """The newest compassion satisfaction in one sentence; empty without a survey that this copy may show."""
    mine = _mine(subject)
    rows = mine[(mine["instrument"] == "proqol5") & (mine["scale"] == "compassion_satisfaction")]
    if rows.empty:
        return ""
    newest = rows.to_dict("records")[-1]
    when = day(newest["completed_on"])
    return f"The compassion satisfaction T-score was {_t(newest)} in the survey of {when}. Higher is better."


def newest_interval(subject: Subject, scale: str) -> tuple[float, float]:
    """The 90 % interval of the newest T-score of a ProQOL scale; NaN without one that this copy may show."""
    mine = _mine(subject)
    rows = mine[(mine["instrument"] == "proqol5") & (mine["scale"] == scale) & mine["t"].notna()]
    low, high = rows[["t_low", "t_high"]].to_numpy(float)[-1] if len(rows) else (np.nan, np.nan)
    return float(low), float(high)


def _mine(subject: Subject) -> pd.DataFrame:
    """The clinician's scores with the change since the survey before, oldest first; none without consent."""
    known = subject.slice.waves
    return known if subject.sees_surveys else known.iloc[:0]


def _proqol_waves(subject: Subject) -> pd.DataFrame:
    mine = _mine(subject)
    return mine[mine["t"].notna()].reset_index(drop=True)


def _proqol(subject: Subject) -> Evidence:
    mine = _proqol_waves(subject)
    if mine.empty:
        return Empty("Likely compassion fatigue", (f"No ProQOL so far. {LOGS_CANNOT_TELL}", INVITATION))
    names = pd.Series([PROQOL[scale] for scale in mine["scale"]], dtype="str")
    drawn = mine[["completed_on", "t", "t_low", "t_high"]].assign(scale=names, strain=mine["scale"].isin(STRAIN))
    drawn = drawn.sort_values("scale", key=lambda names: names.map([*PROQOL.values()].index), kind="stable")
    newest = mine[mine["completed_on"] == mine["completed_on"].max()].to_dict("records")
    told = listed([f"{PROQOL[row['scale']]} T {_t(row)}" for row in newest])
    return Figure(
        "plot_surveys",
        drawn.rename(columns={"t_low": "low", "t_high": "high"})[
            ["completed_on", "scale", "t", "low", "high", "strain"]
        ].reset_index(drop=True),
        _finding(newest),
        "ProQOL T-scores. The norm average is 50, and one standard deviation is 10.",
        f"{counted(mine['completed_on'].nunique(), 'survey')}. Newest: {told}.",
        " ".join([HOW_TO_READ, *_why_no_local_norm(subject)]),
    )


def _finding(newest: list[dict[Any, Any]]) -> str:
    """What has changed reliably since the survey before."""
    if not any(row["reliable"] for row in newest):
        return "Surveys compared with the norm"
    said = _changes(newest)
    return f"{first_upper(said)} reliably" if said else "No reliable change since the survey before"


def reliable_change(subject: Subject) -> str:
    """What has changed reliably between the newest surveys, as part of a sentence; empty where nothing has."""
    mine = _proqol_waves(subject)
    return _changes(mine[mine["completed_on"] == mine["completed_on"].max()].to_dict("records"))


def _changes(newest: list[dict[Any, Any]]) -> str:
    changed = {
        verb: [PROQOL[row["scale"]] for row in newest if row["reliable"] == direction]
        for verb, direction in (("rose", "rise"), ("fell", "fall"))
    }
    return " and ".join(f"{listed(scales)} {verb}" for verb, scales in changed.items() if scales)


def _waves(subject: Subject) -> tuple[Table, ...]:
    """Every wave of ProQOL, newest first: the numbers of the figure, and the change since the wave before."""
    mine = _proqol_waves(subject).sort_values(["completed_on", "scale"], ascending=[False, True])
    if mine.empty:
        return ()
    rows = mine.to_dict("records")
    frame = pd.DataFrame(
        {
            "Date": [f"{row['completed_on']:%Y-%m-%d}" for row in rows],
            "Scale": [PROQOL[row["scale"]] for row in rows],
            "Raw": [plain(row["raw"]) for row in rows],
            "T-score (90% interval)": [_t(row) for row in rows],
            "Norm percentile": [_percentile(row["percentile"]) for row in rows],
            "Since the survey before": [_change(row) for row in rows],
        }
    )
    return (Table(f"Show {counted(mine['completed_on'].nunique(), 'survey')}, scale by scale", frame, folded=True),)


def _others(subject: Subject) -> tuple[Table, ...]:
    """The newest score of every scale of the other questionnaires."""
    mine = _mine(subject)
    newest = {_scale(row): row for row in mine.to_dict("records")}  # by date: the last one stays
    rows = [newest[scale] for scale in OTHERS if scale in newest]
    if not rows:
        return ()
    frame = pd.DataFrame(
        {
            "Questionnaire": [OTHERS[_scale(row)] for row in rows],
            "Date": [f"{row['completed_on']:%Y-%m-%d}" for row in rows],
            "Score": [_in_range(row) for row in rows],
            "Conventional cut": [_cut(row) for row in rows],
            "Since the one before": [_points(row) for row in rows],
        }
    )
    note = (
        "Higher means more strain. A cut is a convention, not a diagnosis. We have no measurement error for these "
        "scales, so we call no change reliable. No flag uses them."
    )
    return (Table("Other questionnaires, newest answers", frame, note),)


def _local(subject: Subject) -> tuple[Table, ...]:
    """The newest scores beside the practice's own norm, where it tells of enough people who are strangers here."""
    norms = subject.slice.local_norms
    norms = norms[_may_be_shown(subject, norms)]
    if norms.empty:
        return ()
    names = OTHERS | {("proqol5", scale): name for scale, name in PROQOL.items()}
    rows = norms.to_dict("records")
    frame = pd.DataFrame(
        {
            "Scale": [first_upper(names[_scale(row)]) for row in rows],
            "Score": [_among(row) for row in rows],
            "Mean (SD)": [f"{number(row['mean'], 1)} ({number(row['sd'], 1)})" for row in rows],
            "Quartiles": [_quartiles(row) for row in rows],
        }
    )
    people = sorted({int(row["respondents"]) for row in rows})
    many = str(people[0]) if len(people) == 1 else f"{people[0]} to {people[-1]}"
    note = (
        f"These are the newest raw scores of the practice’s own {many} respondents who share. They are for context "
        "only, and no flag uses them. The percentile compares with the other respondents."
    )
    return (Table("Compared with the practice’s own respondents", frame, note),)


def _may_be_shown(subject: Subject, norms: pd.DataFrame) -> np.ndarray:
    """Which rows of `Assessment.local_norms` rest on enough people, also on enough whom the reader does not know."""
    strangers = norms[subject.pick("strangers_own", "strangers")]
    return norms["enough"].eq(True).to_numpy(bool) & ~strangers.map(told_apart).to_numpy(bool)


def _why_no_local_norm(subject: Subject) -> tuple[str, ...]:
    """Why the practice's own norm of ProQOL is not there; nothing where it is."""
    norms = subject.slice.local_norms
    proqol = norms[norms["instrument"] == "proqol5"]
    if not proqol["enough"].eq(True).any():
        return (TOO_FEW,)
    return () if _may_be_shown(subject, proqol).any() else (TELLING,)


def _t(row: Row) -> str:
    return f"{number(row['t'], 0)} ({between(row['t_low'], row['t_high'], 0)})"


def _percentile(percentile: float, end: int = 1) -> str:
    """A percentile, told no more exactly than that towards the ends."""
    if percentile > 100 - end:
        return f"over {100 - end}"
    return f"under {end}" if percentile < end else number(percentile, 0)


def _change(row: Row) -> str:
    if np.isnan(row["change"]):
        return "first survey"
    return f"{_signed(row['change'])}, {RELIABLE[row['reliable']]}"


def _points(row: Row) -> str:
    return "first answers" if np.isnan(row["change"]) else _signed(row["change"])


def _signed(change: float) -> str:
    return signed(change, 0 if float(change).is_integer() else 1)


def _in_range(row: Row) -> str:
    low, high = ends_of(*_scale(row))
    return f"{plain(row['raw'])} (of {low:g} to {high:g})"


def _cut(row: Row) -> str:
    cut = key_of(*_scale(row)).positive_from
    if cut is None:
        return "none"
    return f"{cut:g} or more: {'reached' if row['positive'] else 'not reached'}"


def _scale(row: Row) -> tuple[str, str]:
    return row["instrument"], row["scale"]


def _quartiles(row: Row) -> str:
    low, high = ends_of(*_scale(row))
    return ", ".join(number(row[name], 0 if high - low >= 10 else 1) for name in QUARTILES)


def _among(row: Row) -> str:
    if np.isnan(row["percentile"]):
        return plain(row["raw"])
    return f"{plain(row['raw'])}, percentile {_percentile(row['percentile'], TENTH)}"
