"""The signals of effort and engagement on the data-quality page: how much there is, and what each gap costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.gaps import cost_of_gaps
from caseload.pages.terms import COSTS
from caseload.pages.views import Empty, Evidence, Figure, Section, Table
from caseload.review.answers import MOST_OF_THEM
from caseload.review.assessment import Assessment
from caseload.wording import first_upper, listed, month_year, percent

TITLE = "Signals of effort and engagement"
TREATED = (
    "An empty cell is not recorded, never zero and never low. Cancellations by the clinician or the service say "
    "nothing about the client. With a contacts table, a client without a contact in a covered month counts as none."
)
HOW = (
    "This is how much wider a client’s 90% interval is without the measure. We re-ran the month with it and without "
    "it. We cannot do this for a measure that is never recorded."
)
MOST_COSTS = 4
HARDLY = 0.01


def signals_section(assessment: Assessment, coverage: pd.DataFrame) -> Section:
    """What was recorded in the month; `coverage` is of its client-months (`caseload.signals.coverage`)."""
    costs = cost_of_gaps(assessment.signals, assessment.month)
    table = coverage.merge(costs.drop(columns="side"), on="signal", how="left")
    month = month_year(assessment.month)
    if table["recorded"].sum() == 0:
        drawn: Evidence = Empty(TITLE, ("No signal was recorded this month.",))
    else:
        present = int((table["recorded"] > 0).sum())
        drawn = Figure(
            "plot_coverage",
            table[["label", "side", "share"]],
            f"{present} of {len(table)} signals were recorded",
            f"Share of client-months in {month} with the signal.",
            "; ".join(f"{r['label']} {percent(r['share'])}" for r in table.to_dict("records")) + ".",
            "Counted, so there is no interval. A signal that is missing widens the intervals of those who lack it.",
        )
    return Section("signals", TITLE, None, drawn, _words(assessment, table), supporting=(_table(table),))


def _words(assessment: Assessment, table: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """The gaps that cost most, what cannot be known, and how gaps are treated."""
    dear = table[table["cost"] >= HARDLY]
    dear = dear.loc[(dear["cost"] * dear["gaps"]).sort_values(ascending=False, kind="stable").index].head(MOST_COSTS)
    said = [(f"{first_upper(row['label'])}: {_recorded(row['share'])}", _cost(row)) for row in dear.to_dict("records")]
    missing = table[(table["recorded"] == 0) & table["cost"].isna()]
    if len(missing):
        costs = listed([COSTS[name] for name in missing["signal"]], len(COSTS))
        labels = first_upper(listed(list(missing["label"]), len(COSTS)))
        said.append(("Not recorded at all", f"{labels}. Nothing is known of {costs}."))
    sides = [side for side in ("effort", "engagement") if table.loc[table["side"] == side, "recorded"].sum() == 0]
    if sides:
        without = " and of ".join(sides)
        text = f"Without any signal of {without}, no balance of effort and engagement can be estimated."
        said.append(("What cannot be known", text))
    if assessment.balance.fallbacks:
        said.append(("What the data could not tell", " ".join(map(first_upper, assessment.balance.fallbacks))))
    if table["share"].min() >= MOST_OF_THEM and not said:
        said.append(("What is missing", "Every signal was recorded for at least half of the client-months."))
    return (*said, ("How gaps are treated", TREATED))


def _cost(row: Mapping[Any, Any]) -> str:
    return (
        f"For a client without it, the interval of {row['side']} is {percent(row['cost'])} wider. Less is known of "
        f"{COSTS[row['signal']]}."
    )


def _table(table: pd.DataFrame) -> Table:
    """All signals: how much there is, what a gap costs (or would cost), what the signal tells of."""
    frame = pd.DataFrame(
        {
            "Signal": [first_upper(label) for label in table["label"]],
            "Recorded": [_recorded(share) for share in table["share"]],
            "Interval without it": [_without(row) for row in table.to_dict("records")],
            "What it tells of": [first_upper(COSTS[name]) for name in table["signal"]],
        }
    )
    return Table("Show what each gap costs, signal by signal", frame, HOW, folded=True)


def _recorded(share: float) -> str:
    return percent(share) if share > 0 else "nothing"


def _without(row: Mapping[Any, Any]) -> str:
    wider = row["cost"] if np.isfinite(row["cost"]) else row["worth"]
    if not np.isfinite(wider):
        return "cannot be told"
    return f"{row['side']} {percent(wider) if wider >= HARDLY else 'under 1%'} wider"
