"""Over-investment: whether effort runs ahead of engagement, by slope, by its own level, or with a few clients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from caseload.flags.flag import Flag, Month, Row, known, number_of, ruled
from caseload.flags.repertoire import CRISES, HOURS, plan, together, workload
from caseload.flags.states import STANDING
from caseload.wording import between, first_upper, likely, listed, number, signed

MIN_SESSIONS, MIN_CLIENTS = 6, 3
"""Under this many sessions or clients in the month there is not enough data."""
STANDS_OUT = 0.9
"""A client is marked where P(gap > 0.5) reaches this in a month in which the flag is watch or raise."""
HARDLY = 0.1
"""SD below which a slope or a shift is said to be next to nothing."""
DRIVERS = {
    "compensating": "more effort went to the clients who engaged least",
    "shifted": "effort ran further ahead of engagement than in earlier months",
    "concentrated": "much of the effort went to very few clients",
}
"""What can speak for it, by the columns of its odds."""
ALWAYS_ODDS = 0.8473
"""Log odds, of seven in ten, from which on it is said that effort has been far above the usual in all months."""
ALWAYS = (
    "Nothing has changed, but in all recorded months effort has been far above what is usual here for such clients."
)
OF_APPOINTMENTS = "What do you know about this month that the appointments do not show?"


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Needs n_sessions, n_clients, effort, engagement (known, or NaN) and p_over_invested.

    With appointments alone (`attendance_alone`, bool, False where absent) effort is not known, whatever lengths say.
    Where it is not known, `attendance_watch` makes a watch, and nothing a raise.
    """
    alone = months.get("attendance_alone", pd.Series(False, months.index)).astype(bool)
    unknown = alone | months["p_over_invested"].isna()
    watch = unknown & months.get("attendance_watch", False) & (months["n_clients"] >= MIN_CLIENTS)
    why = np.select(
        [
            months["n_sessions"] == 0,
            months["n_sessions"] < MIN_SESSIONS,
            months["n_clients"] < MIN_CLIENTS,
            alone,
            months["p_over_invested"].isna(),
        ],
        [
            "no session this month",
            f"fewer than {MIN_SESSIONS} sessions this month",
            f"fewer than {MIN_CLIENTS} clients this month",
            "only appointments are recorded, and appointments do not show effort",
            "no client has both a measure of effort and one of engagement",
        ],
        default="",
    )
    return ruled(months["p_over_invested"], why, at_least_watch=watch)


def is_of_appointments(row: Row) -> bool:
    """Whether it is at watch for appointments alone."""
    return attendance_stands_out(row) and (bool(row.get("attendance_alone")) or not known(row["p_over_invested"]))


def attendance_stands_out(row: Row) -> bool:
    """Whether appointments would make a watch if nothing else were recorded."""
    return bool(row.get("attendance_watch")) and row["n_clients"] >= MIN_CLIENTS


def speaking(row: Row) -> str:
    """What speaks most for it, of `DRIVERS`."""
    return max(DRIVERS, key=lambda name: row[name])


def standing_out(month: Month) -> list[str]:
    """Clients whose gap is wide beyond doubt, the widest first."""
    clients = month.month_clients
    wide = clients[clients["p_gap"] >= STANDS_OUT].sort_values("gap", ascending=False, kind="stable")
    return list(wide["client_id"])


def _clients(month: Month, state: str) -> list[str]:
    """Those that stand out, in a month at watch or raise: without a flag, no question presumes anything of a client."""
    return standing_out(month) if state in STANDING else []


def _reason(row: Row) -> str:
    """What speaks for or against it, strongest first."""
    if is_of_appointments(row):
        return f"{first_upper(attendance_words(row))}. Appointments alone do not show anybody’s effort."
    drivers = {
        "compensating": _compensation(row),
        "shifted": _shift(row),
        "concentrated": f"The extra effort is greatest with {row['top_clients']}." if row["top_clients"] else "",
    }
    chance = f"It is {likely(row['probability'])} that effort ran ahead of the clients this month."
    if row["probability"] < 0.5:
        last = ALWAYS if number_of(row, "elevated") >= ALWAYS_ODDS else chance
        return " ".join(part for part in (_compensation(row), _shift(row), last) if part)
    strongest = sorted((d for d in drivers if row[d] > 0 and drivers[d]), key=lambda d: -row[d])[:2]
    said = [drivers[d] for d in strongest] or [_compensation(row)]
    return f"{' '.join(said)} {chance}"


def attendance_words(row: Row) -> str:
    """What happened to appointments far more often than usual."""
    if row["missed"] > row["missed_high"]:
        usual = f"{row['missed_usual']:.0f} would be usual, {row['missed_low']:.0f} to {row['missed_high']:.0f}"
        return f"clients did not come to {row['missed']:.0f} of {row['counted']:.0f} appointments (about {usual})"
    usual = f"{row['offered_low']:.0f} to {row['offered_high']:.0f} would be usual"
    return f"after {row['offered']:.0f} of {row['misses_open']:.0f} missed appointments the next came soon ({usual})"


def _compensation(row: Row) -> str:
    slope = row["compensation"]
    if not known(slope):
        return ""
    if abs(slope) < HARDLY:
        interval = between(row["compensation_low"], row["compensation_high"])
        return f"Effort changes little with engagement: {number(slope)} SD for each SD (90% interval {interval})."
    verb = "higher" if slope > 0 else "lower"
    return (
        f"When a client’s engagement is 1 SD lower, effort is {number(abs(slope))} SD {verb} "
        f"(90% interval {_away(slope, row, 'compensation')})."
    )


def _away(value: float, row: Row, name: str) -> str:
    """The interval of a number that is said without its sign."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return between(low, high) if value > 0 else between(-high, -low)


def _shift(row: Row) -> str:
    shift = row["own_shift"]
    if not known(shift):
        return ""
    if abs(shift) < HARDLY:
        interval = between(row["own_shift_low"], row["own_shift_high"])
        return f"The effort gap is as in earlier months ({signed(shift)} SD, 90% interval {interval})."
    side = "higher" if shift > 0 else "lower"
    interval = _away(shift, row, "own_shift")
    return f"The effort gap is {number(abs(shift))} SD {side} than in earlier months (90% interval {interval})."


def _clause(row: Row, month: Month, _your: str) -> str:
    if is_of_appointments(row):
        return attendance_words(row)
    if speaking(row) == "concentrated":
        return DRIVERS["concentrated"] + (f": {row['top_clients']}" if row["top_clients"] else "")
    out = len(standing_out(month))
    return DRIVERS[speaking(row)] + (f": {out} of {len(month.month_clients)}" if out else "")


def _ask(row: Row, clients: Sequence[str]) -> str:
    if is_of_appointments(row):
        return OF_APPOINTMENTS
    if not clients:
        return "With whom does the work feel light, with whom heavy, and what is different there?"
    whom = listed(clients[:2])
    return f"What would {whom} be carrying themselves by the end of next month, and what would make that possible?"


def _circumstances(evidence: Row) -> dict[str, bool]:
    driven = {name: number_of(evidence, name) for name in DRIVERS}
    speaks = {name: by > 0 for name, by in driven.items()}
    mostly = speaks["concentrated"] and max(driven, key=lambda name: driven[name]) == "concentrated"
    return speaks | {"mostly concentrated": mostly}


def _clears(row: Row) -> str:
    if is_of_appointments(row):
        return "The flag ends after a month in which appointments go as they usually do."
    return "The flag ends after two months in which effort no longer runs ahead of engagement."


FLAG = Flag(
    name="over_investment",
    title="Effort and engagement",
    column="Effort and engagement",
    question="Are you working harder than your client?",
    table="balance",
    rule=rule,
    reason=_reason,
    clause=_clause,
    clears=_clears,
    needs=f"Record at least {MIN_SESSIONS} sessions with at least {MIN_CLIENTS} clients in a month. Each client needs "
    "a measure of effort and one of engagement.",
    ask=_ask,
    clients=_clients,
    unnamed="the two clients with whom the work feels heaviest",
    explained_by=("crises", "new", "leave", "notes", "barriers", "planned"),
    circumstances=_circumstances,
    options=(
        HOURS,
        workload("Pause new intakes for a month, and see whether the whole caseload becomes lighter.", "shifted"),
        CRISES,
        workload("Weigh the caseload by what clients need, not by their number, against the contracted hours."),
        workload("Give notes, calls and letters a time within the working week, so that they do not come on top."),
        together(
            "Share the care of {deep} for a while: co-work, a second opinion, or a colleague for part of the contacts.",
            "concentrated",
        ),
        together("Review {whom} together: goals, what each side expects, and what each side carries."),
        together(
            "Look at part of a session together, live or recorded with the client’s consent, and see who works when."
        ),
        together("Talk through what a missed session or a lull sets off, and what of it could wait.", "compensating"),
        plan(
            "Agree with {deep} what contact between sessions is for, how often it happens, and who begins it.",
            "concentrated",
        ),
        plan("With {whom}, hand back one task per session, and agree what each side carries until the next."),
        plan(
            "After a missed session, send one message as agreed beforehand and leave the next step to the client, "
            "unless safety is in question.",
            "compensating",
        ),
        plan("Choose two tasks between sessions that can be shorter, and try that for four weeks.", "shifted"),
    ),
    questions=(
        workload("What in caseload, crises or paperwork feeds the extra effort, and who can change it?"),
        together("What do we expect of this work that the client has not agreed to yet?"),
        plan("Which task could go back to {whom}, and what makes it hard to let go of?"),
    ),
)
