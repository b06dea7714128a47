"""Monthly series as sparklines and XmR charts, with the words around them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates import chart
from caseload.estimates.trends import MIN_POINTS, TRIAL_POINTS
from caseload.flags.wording import month_year
from caseload.reports.views import Figure, Spark

SPARK_MONTHS = 11


def monthly(history: pd.DataFrame, value: str, low: str = "", high: str = "") -> pd.DataFrame:
    """A clinician's monthly series as `chart` takes it."""
    table = pd.DataFrame({"month": history["month"], "value": history[value].astype(float)})
    if low:
        table["low"], table["high"] = history[low].astype(float), history[high].astype(float)
    return table


def spark(series: pd.DataFrame, state: str, alt: str) -> Spark | None:
    """The last months of a series as a sparkline with the own usual range; None where there is nothing to draw."""
    drawn = chart(series).tail(SPARK_MONTHS)
    if drawn["value"].notna().sum() < 2:
        return None
    last = drawn.iloc[-1]
    usual = None if np.isnan(last["lower"]) else (float(last["lower"]), float(last["upper"]))
    low, high = (None if np.isnan(last[name]) else float(last[name]) for name in ("low", "high"))
    return Spark(tuple(drawn["value"]), alt, low, high, usual, state)


def usual_range(series: pd.DataFrame) -> tuple[float, float] | None:
    """The own usual range before the newest month: XmR natural limits, or None with too few months."""
    drawn = chart(series)
    if drawn.empty or np.isnan(drawn["lower"].iloc[-1]):
        return None
    return float(drawn["lower"].iloc[-1]), float(drawn["upper"].iloc[-1])


def limits_note(series: pd.DataFrame, what: str) -> str:
    """How the limits of an XmR chart came about."""
    points = int(series["value"].iloc[:-1].notna().sum())
    if usual_range(series) is None:
        return f"{what} Limits need {MIN_POINTS} earlier months; there are {points}."
    kind = "Trial limits" if points < TRIAL_POINTS else "Limits"
    return f"{what} {kind} from the {points} months before: dashed, natural limits; dotted, two thirds of the way."


def xmr_figure(
    series: pd.DataFrame,
    state: str,
    *,
    title: str,
    subtitle: str,
    what: str,
    alt: str,
    ylabel: str,
    ends: tuple[str, str] = ("", ""),
) -> Figure:
    """An XmR chart of a monthly series with its numbers; the newest point is marked where `state` is watch or raise.

    `ends` are the lowest and the highest value that the scale knows, as text; empty where it is open.
    """
    table = chart(series, state=state if state in ("raise", "watch") else "")
    numbers = table[["month", "value", "low", "high"]].rename(
        columns={"month": "Month", "value": "Value", "low": "90% from", "high": "to"}
    )
    if numbers["90% from"].isna().all():
        numbers = numbers[["Month", "Value"]]
    labels = {"ylabel": ylabel, "floor": ends[0], "ceiling": ends[1]}
    if series["value"].iloc[:-1].notna().sum() < TRIAL_POINTS:
        labels["limit"] = "trial limit"
    return Figure("plot_xmr", table, title, subtitle, alt, limits_note(series, what), numbers, labels=labels)


def months_alt(series: pd.DataFrame, digits: int = 2) -> str:
    """A series in words: its first, lowest, highest and newest value."""
    known = series.dropna(subset="value").sort_values("month")
    if known.empty:
        return "No month recorded."
    first, last = known.iloc[0], known.iloc[-1]
    low, high = known["value"].min(), known["value"].max()
    return (
        f"{len(known)} months from {month_year(first['month'])} to {month_year(last['month'])}: between "
        f"{low:.{digits}f} and {high:.{digits}f}, newest {last['value']:.{digits}f}."
    )
