"""One sentence or two, with numbers, on why a flag is in its state; the same words in every copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from caseload.wording import between, counted, first_upper, likely, number, percent, percent_between, signed

Row = Mapping[Any, Any]

HARDLY = 0.1
"""SD below which a slope or a shift is said to be next to nothing."""


def over_investment(row: Row) -> str:
    """What speaks for or against over-investment, strongest first."""
    drivers = {
        "compensating": _compensation(row),
        "shifted": _shift(row),
        "concentrated": f"The extra effort is greatest with {row['top_clients']}." if row["top_clients"] else "",
    }
    if row["probability"] < 0.5:
        return " ".join(part for part in (_compensation(row), _shift(row), "Nothing stands out.") if part)
    speaking = sorted((d for d in drivers if row[d] > 0 and drivers[d]), key=lambda d: -row[d])[:2]
    said = [drivers[d] for d in speaking] or [_compensation(row)]
    return f"{' '.join(said)} Together: {likely(row['probability'])} to be an over-investing month."


def stage_incongruence(row: Row) -> str:
    """Sessions ahead of and behind the stage."""
    share = percent_between(row["share_low"], row["share_high"])
    return (
        f"Of {counted(row['rated_sessions'], 'rated session')} in the last 60 days, {row['ahead']:.0f} went ahead of "
        f"the client’s stage and {row['behind']:.0f} stayed behind it (estimated share off the stage "
        f"{percent(row['share'])}, {share})."
    )


def personal_activation(row: Row) -> str:
    """Support that did not arrive, then the activation rating and the STS score against their usual."""
    said = [_unmet(row)] if row["unmet"] else []
    own: list[tuple[float, str]] = []
    if _known(row["p_rating"]):
        rating, usual = number(row["rating"], 0), number(row["rating_usual"], 1)
        own.append((row["p_rating"], f"The activation rating is {rating} of 10; the usual is {usual}."))
    if _known(row["p_sts"]):
        sts, usual = number(row["sts"], 0), number(row["sts_usual"], 0)
        own.append(
            (row["p_sts"], f"Secondary traumatic stress is at T {sts}; the usual is {usual} (50 is the norm’s mean).")
        )
    strongest = max((p for p, _ in own), default=0.0)
    said += [text for p, text in sorted(own, reverse=True) if p > 0.5 or p == strongest]
    return " ".join(said)


def unmet_provision(row: Row) -> str:
    """The reason that needs no survey."""
    return _unmet(row)


def self_care(row: Row) -> str:
    """Plan and after-hours share, the larger first."""
    plan = after = ""
    if _known(row["done_share"]):
        plan = (
            f"{row['done_times']:.0f} of {row['planned_times']:.0f} planned times were done over three months "
            f"({percent(row['done_share'])}, {percent_between(row['done_low'], row['done_high'])})."
        )
    if _known(row["after_share"]):
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
        f"The last survey, {when}, gave a mean T of {number(row['carried'], 0)} for burnout and secondary traumatic "
        f"stress (the norm’s upper quarter begins at 56).{rise or twice} "
        f"It is {likely(row['probability'])} to lie above that now."
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
    if not _known(slope):
        return ""
    if abs(slope) < HARDLY:
        return f"Effort hardly changes with engagement (slope {number(slope)}, {interval})."
    verb = "rises" if slope > 0 else "falls"
    return f"Effort {verb} by {number(abs(slope))} SD for each SD that engagement is lower ({interval})."


def _shift(row: Row) -> str:
    shift = row["own_shift"]
    if not _known(shift):
        return ""
    interval = between(row["own_shift_low"], row["own_shift_high"])
    if abs(shift) < HARDLY:
        return f"The gap is where it was in earlier months ({signed(shift)} SD, {interval})."
    side = "above" if shift > 0 else "below"
    return f"The gap lies {number(abs(shift))} SD {side} its level of earlier months ({interval})."


def _unmet(row: Row) -> str:
    supervisor, service = row["cancelled_supervisor"], row["cancelled_service"]
    who = "the supervisor" if service == 0 else "the service" if supervisor == 0 else "supervisor or service"
    return (
        f"{supervisor + service:.0f} of the last {row['unmet_planned']:.0f} planned supervisions or consultations were "
        f"cancelled by {who}."
    )


def _known(value: float) -> bool:
    return bool(np.isfinite(value))
