"""Personal activation: whether something personal asks for support, and whether support that was promised arrives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from caseload.estimates.supports import LAST_PLANNED, UNMET_BY, UNMET_FROM
from caseload.flags.flag import NOT_SHARED, Flag, Month, Row, known, number_of, ruled
from caseload.flags.repertoire import PUTTING_BACK, THERAPY, offer, plan, promised, together, workload
from caseload.flags.states import MONTHS_TO_CLEAR, WATCH_AT
from caseload.wording import number, spelled


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_activation, surveyed (any survey so far) and unmet (unmet provision, which needs no survey)."""
    why = np.select(
        [~months["surveyed"], months["p_activation"].isna()],
        [NOT_SHARED, "there are too few earlier ratings or surveys to know what is usual"],
        default="",
    )
    return ruled(months["p_activation"], why, at_least_watch=months["unmet"])


def unmet_provision(row: Row) -> str:
    """The reason that needs no survey."""
    supervisor, service = row["cancelled_supervisor"], row["cancelled_service"]
    who = "the supervisor" if service == 0 else "the service" if supervisor == 0 else "supervisor or service"
    return (
        f"{supervisor + service:.0f} of the last {row['unmet_planned']:.0f} planned supervisions or consultations were "
        f"cancelled by {who}."
    )


def _reason(row: Row) -> str:
    """Support that did not arrive, then the activation rating and the STS score against their usual."""
    said = [unmet_provision(row)] if row["unmet"] else []
    own: list[tuple[float, str]] = []
    if known(row["p_rating"]):
        rating, usual = number(row["rating"], 0), number(row["rating_usual"], 1)
        own.append(
            (row["p_rating"], f"The self-rating of personal issues is {rating} of 10. The usual rating is {usual}.")
        )
    if known(row["p_sts"]):
        sts, usual = number(row["sts"], 0), number(row["sts_usual"], 0)
        own.append(
            (
                row["p_sts"],
                f"The secondary traumatic stress T-score is {sts}. The usual score is {usual}. The norm average is 50.",
            )
        )
    strongest = max((p for p, _ in own), default=0.0)
    said += [text for p, text in sorted(own, reverse=True) if p > 0.5 or p == strongest]
    return " ".join(said)


def _clause(row: Row, _month: Month, your: str) -> str:
    if row["unmet"]:
        return unmet_provision(row).removesuffix(".")
    return f"{your} ratings or scores show more personal issues or traumatic stress than usual"


def _clears(row: Row) -> str:
    if row["unmet"]:
        return (
            f"The flag ends when {spelled(LAST_PLANNED - UNMET_FROM + 1)} of the next {spelled(LAST_PLANNED)} planned "
            "supervisions or consultations take place."
        )
    return f"The flag ends after {spelled(MONTHS_TO_CLEAR)} months with ratings or scores near the usual level."


def _ask(row: Row, _clients: Sequence[str]) -> str:
    if row["unmet"]:
        return "Which of the hours that were cancelled would have mattered most, and who can put them back?"
    return "What in this month’s work stays with you after work, and what support would fit?"


def _circumstances(evidence: Row) -> dict[str, bool]:
    unmet = bool(evidence.get("unmet"))
    planned = {who: unmet and number_of(evidence, f"cancelled_{who}") > 0 for who in UNMET_BY}
    by = {who: planned[who] or number_of(evidence, f"hours_by_{who}") > 0 for who in UNMET_BY}
    return {
        **{f"by {who}": cancelled for who, cancelled in by.items()},
        "unmet": unmet,
        "unmet by supervisor alone": unmet and not by["service"],
        "unmet by service alone": unmet and not by["supervisor"],
        "activated": number_of(evidence, "p_activation") >= WATCH_AT or not unmet,
    }


FLAG = Flag(
    name="personal_activation",
    title="Support",
    column="Personal, supports",
    question="Are personal issues affecting {your} work, and is planned support taking place?",
    table="personal",
    rule=rule,
    reason=_reason,
    clause=_clause,
    clears=_clears,
    needs="Give a few monthly ratings or fill in surveys. Both are voluntary, and leaving them out is never counted.",
    ask=_ask,
    explained_by=("crises", "leave"),
    self_reported=True,
    reported_by_others=("unmet", "unmet_planned", "cancelled_supervisor", "cancelled_service"),
    circumstances=_circumstances,
    options=(
        *PUTTING_BACK,
        promised(
            "supervisor_and_peers",
            "Ask the service together for the cancelled hours, and bridge the gap with a peer consultation.",
            "unmet by service alone",
        ),
        promised(
            "institution",
            "Keep supervision free of other bookings, with somebody who stands in when the supervisor is away.",
            "unmet by supervisor alone",
        ),
        promised("clinician", "List what was waiting for those hours, and begin the next one with it.", "unmet"),
        workload("Book the sessions that go deepest apart from each other, with a break after each.", "activated"),
        together(
            "Keep part of supervision for what the work stirs up; how much of it is said stays a free choice.",
            "activated",
        ),
        together(
            "Arrange a consultation on one case that touches personal issues, outside line management.",
            "activated",
        ),
        plan("For a month, note after which sessions personal issues show. The notes stay private.", "activated"),
        offer(THERAPY, "activated"),
        offer(
            "Make consultation and therapy easy to reach: a list of names, time for it, a share of the cost.",
            "activated",
            "institution",
        ),
    ),
    questions=(
        promised("institution", "Who protects these hours when the week is full, and what does that take?", "unmet"),
        together("What got in the way of those hours, and what would keep the next ones safe?", "unmet"),
        plan("What has had to wait because those hours did not take place?", "unmet"),
        workload("What in the mix and pace of the work makes it hard to recover between sessions?"),
        together("How much of this would you like to bring here, and what belongs elsewhere?"),
        plan("After which sessions does the work stay with you, and what helps then?"),
    ),
)
