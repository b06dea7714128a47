"""One sentence or two, with numbers, on why a flag is in its state; the same words in every copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from caseload.flags.wording import between, counted, first_upper, number, percent, percent_between

Row = Mapping[str, Any]


def over_investment(row: Row) -> str:
    """What speaks for or against over-investment, strongest first."""
    drivers = {
        "compensating": _compensation(row),
        "shifted": _shift(row),
        "concentrated": f"The extra effort is greatest with {row['top_clients']}." if row["top_clients"] else "",
    }
    if row["probability"] < 0.5:
        return f"{_compensation(row)} {_shift(row)} Neither stands out.".replace("  ", " ")
    speaking = sorted((d for d in drivers if row[d] > 0 and drivers[d]), key=lambda d: -row[d])[:2]
    said = [drivers[d] for d in speaking] or [_compensation(row)]
    return f"{' '.join(said)} Together: {percent(row['probability'])} likely to be an over-investing month."


def stage_incongruence(row: Row) -> str:
    """Sessions ahead of and behind the stage."""
    share = percent_between(row["share_low"], row["share_high"])
    return (
        f"Of {row['rated_sessions']:.0f} rated sessions in the last 60 days, {number(row['ahead'], _digits(row['ahead']))} "
        f"were ahead of the client’s stage and {number(row['behind'], _digits(row['behind']))} behind "
        f"(share off the stage {percent(row['share'])}, {share})."
    )


def personal_activation(row: Row) -> str:
    """The activation rating and the STS score against their own usual, and support that did not arrive."""
    said = [_unmet(row)] if row["unmet"] else []
    if pd.notna(row["rating"]) and pd.notna(row["rating_usual"]):
        said.append(
            f"The activation rating is {number(row['rating'], 0)} of 10; usual {number(row['rating_usual'], 1)}."
        )
    if pd.notna(row["sts"]) and pd.notna(row["sts_usual"]):
        said.append(f"Secondary traumatic stress is at T {number(row['sts'], 0)}; usual {number(row['sts_usual'], 0)}.")
    return " ".join(said)


def unmet_provision(row: Row) -> str:
    """The reason that needs no survey."""
    return _unmet(row)


def self_care(row: Row) -> str:
    """Plan and after-hours share, the larger first."""
    plan = after = ""
    if pd.notna(row["done_share"]):
        plan = (
            f"{row['done_times']:.0f} of {row['planned_times']:.0f} planned times were done over three months "
            f"({percent(row['done_share'])}, {percent_between(row['done_low'], row['done_high'])})."
        )
    if pd.notna(row["after_share"]):
        after = (
            f"{row['after_hours']:.0f} of {counted(row['contacts'], 'contact')} lay after hours "
            f"({percent(row['after_share'])}, {percent_between(row['after_low'], row['after_high'])})."
        )
    evening_first = np.nan_to_num(row["p_after_hours"]) > np.nan_to_num(row["p_plan"])
    return " ".join(part for part in ((after, plan) if evening_first else (plan, after)) if part)


def compassion_fatigue(row: Row) -> str:
    """The survey's level, its age and what the months since do to it."""
    age = row["months_since"]
    when = "this month" if age == 0 else f"{counted(age, 'month')} ago"
    rise = " It rose reliably against the survey before." if row["reliable_rise"] is True else ""
    twice = " The survey before it lay above the norm, too." if row["two_above"] is True else ""
    return (
        f"The last survey, {when}, gave a mean T of {number(row['carried'], 0)} for burnout and secondary traumatic stress "
        f"(norm’s upper quarter from 56).{rise or twice} {percent(row['probability'])} likely to lie above it now."
    )


REASONS: Mapping[str, Callable[[Row], str]] = {
    "over_investment": over_investment,
    "stage_incongruence": stage_incongruence,
    "personal_activation": personal_activation,
    "self_care": self_care,
    "compassion_fatigue": compassion_fatigue,
}


def reason(flag: str, row: Row) -> str:
    """Why there is not enough data, or what the numbers are."""
    if row["why_not"] and not row["at_least_watch"]:
        return str(row["why_not"])
    return first_upper(REASONS[flag](row))


def _compensation(row: Row) -> str:
    slope, interval = row["compensation"], between(row["compensation_low"], row["compensation_high"])
    if pd.isna(slope):
        return ""
    verb = "rises" if slope >= 0 else "falls"
    return f"Effort {verb} by {number(abs(slope))} SD for each SD that engagement is lower (slope {interval})."


def _shift(row: Row) -> str:
    shift = row["own_shift"]
    if pd.isna(shift):
        return ""
    side = "above" if shift >= 0 else "below"
    interval = between(row["own_shift_low"], row["own_shift_high"])
    return f"The gap lies {number(abs(shift))} SD {side} the own earlier level ({interval})."


def _unmet(row: Row) -> str:
    supervisor, service = row["cancelled_supervisor"], row["cancelled_service"]
    who = "the supervisor" if service == 0 else "the service" if supervisor == 0 else "supervisor or service"
    return (
        f"{supervisor + service:.0f} of the last {row['unmet_planned']:.0f} planned supervisions or consultations were "
        f"cancelled by {who}."
    )


def _digits(value: float) -> int:
    return 0 if float(value).is_integer() else 1
