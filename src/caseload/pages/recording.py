"""What is recorded by clinician and month, on the data-quality page: shares and clinicians, never a client."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.pages.views import Empty, Figure, Section, Table
from caseload.review.answers import MOST_OF_THEM
from caseload.review.assessment import Assessment
from caseload.signals import SIGNALS, coverage
from caseload.signals.recording import OCCASIONAL, recorded_by_clinician
from caseload.wording import counted, first_upper, listed, month_year, percent

TITLE = "By clinician and month"
MONTHS = 12
SHOWN = 24
"""Clinicians that are drawn and listed at most."""
USUAL = 0.25
"""A signal that the practice records for so many client-months of the last year is usual there."""
LATELY, FEW = 3, 6
"""Nothing at all of a usual signal is said of the last months, where there are at least a few client-months."""
LABELS = {signal.name: signal.label for signal in SIGNALS}
SHORT = {
    "contacts_to": "calls to client",
    "after_hours": "after hours",
    "rebooking": "rebooking",
    "effort_rating": "effort rating",
    "talk_share": "talk share",
    "effort_checkin": "effort (check-in)",
    "engagement_checkin": "engagement (check-in)",
    "homework": "homework",
    "srs": "SRS",
    "contacts_from": "calls from client",
}
"""Where there is room for a word or two."""
KEY = "Numbers are per cent; dashed: nothing was recorded; a dot: no client. Counted, so there is no interval."


def recording_section(assessment: Assessment) -> Section:
    """Each signal month by month, each clinician month by month, and who records nothing of what is usual."""
    months = pd.period_range(assessment.month - MONTHS + 1, assessment.month, freq="M")
    signals = assessment.signals[assessment.signals["month"].isin(months)]
    table = recorded_by_clinician(signals)
    whole = coverage(signals)
    usual = [name for name, share in zip(whole["signal"], whole["share"], strict=True) if share >= USUAL]
    usual = [name for name in usual if name not in OCCASIONAL]
    if not usual:
        return Section("recording", TITLE, None, Empty(TITLE, ("No signal is recorded often enough to be compared.",)))
    people = _people(table, usual, assessment.month)
    return Section(
        "recording", TITLE, None, _by_signal(table, usual), _words(table, usual),
        supporting=(_by_clinician(table, usual, people), _list(table, usual, people, assessment.month)),
    )  # fmt: skip


def _by_signal(table: pd.DataFrame, usual: list[str]) -> Figure:
    """The practice's share of every signal that is recorded at all."""
    names = [signal.name for signal in SIGNALS if signal.name not in OCCASIONAL and table[signal.name].sum() > 0]
    weight = table["client_months"]
    sums = table[names].mul(weight, axis=0).groupby(table["month"]).sum()
    shares = sums.div(weight.groupby(table["month"]).sum(), axis=0)
    long = shares.rename_axis("month").reset_index().melt("month", var_name="signal", value_name="share")
    cells = long.assign(
        label=long["signal"].map(lambda name: first_upper(_short(name))), month=long["month"].astype(str)
    )
    newest = shares.iloc[-1]
    much = int((newest >= MOST_OF_THEM).sum())
    return Figure(
        "plot_recording", cells[["label", "month", "share"]],
        f"{much} of {len(names)} signals are there for most client-months",
        f"Share of the practice’s client-months with the signal, by month up to {month_year(shares.index[-1])}.",
        "; ".join(f"{LABELS[name]} {percent(newest[name])} in the newest month" for name in names) + ".",
        KEY,
    )  # fmt: skip


def _by_clinician(table: pd.DataFrame, usual: list[str], people: list[str]) -> Figure:
    rows = table[table["clinician_id"].isin(people)]
    cells = pd.DataFrame(
        {"label": rows["clinician_id"], "month": rows["month"].astype(str), "share": rows[usual].mean(axis=1)}
    )
    everybody = table["clinician_id"].nunique()
    part = "" if len(people) == everybody else f"The {len(people)} of {everybody} clinicians with most gaps. "
    low, high = cells["share"].min(), cells["share"].max()
    return Figure(
        "plot_recording", cells, f"From {percent(low)} to {percent(high)} of what is usual here, by clinician",
        f"{part}Share recorded of the {counted(len(usual), 'signal')} that {'is' if len(usual) == 1 else 'are'} usual "
        "in this practice.",
        "; ".join(f"{who} {percent(share)}" for who, share in _newest(cells).items()) + ".",
        f"{KEY} In order of name; it says how certain a person’s estimates can be, and nothing about their work.",
    )  # fmt: skip


def _newest(cells: pd.DataFrame) -> pd.Series:
    return cells[cells["month"] == cells["month"].max()].set_index("label")["share"]


def _people(table: pd.DataFrame, usual: list[str], month: pd.Period) -> list[str]:
    """Whom there is room for, in order of name: everybody, or those with most gaps in the month."""
    now = table[table["month"] == month]
    least = now[usual].mean(axis=1).sort_values(kind="stable").index[:SHOWN]
    everybody = sorted(table["clinician_id"].unique())
    return everybody if len(everybody) <= SHOWN else sorted(now.loc[least, "clinician_id"])


def _words(table: pd.DataFrame, usual: list[str]) -> tuple[tuple[str, str], ...]:
    """Who has recorded nothing lately of what is usual."""
    lately = table[table["month"] > table["month"].max() - LATELY]
    weight = lately["client_months"]
    total = lately[usual].mul(weight, axis=0).groupby(lately["clinician_id"]).sum()
    many = weight.groupby(lately["clinician_id"]).sum() >= FEW
    said = []
    for name in usual:
        who = list(total.index[(total[name] == 0) & many])
        if who:
            whom = "anybody" if len(who) == many.sum() > 1 else listed(who, 6)
            said.append((first_upper(LABELS[name]), f"Nothing in the last {LATELY} months from {whom}."))
    return tuple(said) or (("Who records what", "Everybody records some of every signal that is usual here."),)


def _list(table: pd.DataFrame, usual: list[str], people: list[str], month: pd.Period) -> Table:
    """For each clinician the signals that are thin or missing in the month."""
    now = table[(table["month"] == month) & table["clinician_id"].isin(people)]
    shares = now[usual].to_numpy()
    frame = pd.DataFrame(
        {
            "Clinician": now["clinician_id"],
            "Clients": now["client_months"].astype(str),
            "Recorded": [percent(share) for share in shares.mean(axis=1)],
            "For less than half of the clients": [_labels(usual, (s > 0) & (s < MOST_OF_THEM)) for s in shares],
            "For nobody": [_labels(usual, s == 0) for s in shares],
        }
    )
    more = table.loc[table["month"] == month, "clinician_id"].nunique() - len(now)
    note = f"{counted(more, 'more clinician')} with fewer gaps." if more else ""
    return Table(f"Show what is thin or missing, by clinician, {month_year(month)}", frame, note, folded=True)


def _labels(names: list[str], which: np.ndarray) -> str:
    return listed([_short(name) for name, shown in zip(names, which, strict=True) if shown], len(names)) or "–"


def _short(name: str) -> str:
    return SHORT.get(name, LABELS[name])
