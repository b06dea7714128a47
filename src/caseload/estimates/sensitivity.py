"""How far a month's estimates hang on single choices: on each signal, case mix, priors, how much of the past is known.

Each variation is fitted and estimated anew, everything else equal, and set against the estimate as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates.balance import BalanceModel
from caseload.estimates.thresholds import RAISE_AT, WATCH_AT

PRIORS = {"priors worth half": 0.5, "priors worth twice": 2.0}
MONTHS = 6  # of the past, in the variation that knows no more
QUANTITIES = ("effort", "engagement", "gap", "compensation", "own_shift", "p_over_invested")
SHIFTS = (-0.1, -0.05, 0.0, 0.05, 0.1)  # of both thresholds of the flags

Estimate = Callable[[], pd.DataFrame]


def sensitivity(
    signals: pd.DataFrame,
    month: str | pd.Period | None = None,
    *,
    progress: Callable[[Iterable[tuple[str, str, Estimate]]], Iterable[tuple[str, str, Estimate]]] = iter,
) -> pd.DataFrame:
    """A month's estimates under each variation, beside the estimates as they stand.

    `signals` is the frame of `caseload.monthly_signals`; nothing later than `month` (default: the newest) is used.

    One row a variation and clinician: `variation` (in words), `kind`, `clinician_id`, and of each quantity (effort,
    engagement, gap, compensation, own_shift: SD; p_over_invested: 0–1) its value under the variation and, as
    `<quantity>_change`, how much higher that is than it stands; NaN where one of the two is not estimable. Kinds:
    `signal` (one that the model uses, as if never recorded), `case_mix` (not adjusted for), `priors` (worth half or
    twice as much), `history` (the last six months only). A change says how much a choice matters here, not which choice
    is right.

    `progress` may wrap the variations, of which there are as many as signals in use and four (tqdm, for example).
    Raises ParameterError where there is no row up to the month.

    Examples
    --------
    >>> import caseload
    >>> signals = caseload.monthly_signals(caseload.read_practice("data/sample").until("2024-12"))
    >>> moved = caseload.sensitivity(signals)
    >>> moved[["kind", "variation"]].drop_duplicates("kind")
             kind               variation
    0      signal     without preparation
    169  case_mix        without case mix
    182    priors       priors worth half
    208   history  the last 6 months only
    """
    if signals.empty:
        raise ParameterError("There is no client-month to estimate a balance from.")
    asked = signals["month"].max() if month is None else pd.Period(month, "M")
    known = signals[signals["month"] <= asked].reset_index(drop=True)
    if known.empty:
        raise ParameterError(f"There is no client-month up to {asked}.")
    model = BalanceModel().fit(known)
    stands = model.estimate(asked).clinicians.set_index("clinician_id")[list(QUANTITIES)]
    parts = []
    for words, kind, estimate in progress(list(_variations(known, asked, model))):
        again = estimate().set_index("clinician_id")[list(QUANTITIES)].reindex(stands.index)
        change = (again - stands).add_suffix("_change")
        table = pd.concat([again, change], axis=1).reset_index()
        parts.append(table.assign(variation=words, kind=kind))
    columns = ["variation", "kind", "clinician_id", *QUANTITIES, *(f"{name}_change" for name in QUANTITIES)]
    return pd.concat(parts, ignore_index=True)[columns]


def _variations(known: pd.DataFrame, month: pd.Period, model: BalanceModel) -> Iterator[tuple[str, str, Estimate]]:
    for signal in model.used_signals:
        yield f"without {signal.label}", "signal", partial(_estimated, _without(known, signal.name), month)
    yield "without case mix", "case_mix", partial(_estimated, known, month, case_mix=False)
    for words, weight in PRIORS.items():
        yield words, "priors", partial(_estimated, known, month, prior_weight=weight)
    recent = known[known["month"] > month - MONTHS]
    yield f"the last {MONTHS} months only", "history", partial(_estimated, recent, month)


def _without(signals: pd.DataFrame, name: str) -> pd.DataFrame:
    """The signals as if this one had never been recorded."""
    return signals.assign(**{name: np.nan, f"{name}_n": 0})


def _estimated(signals: pd.DataFrame, month: pd.Period, **parameters: Any) -> pd.DataFrame:
    return BalanceModel(**parameters).fit(signals).estimate(month).clinicians


def sensitivity_summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row a variation of `sensitivity`, the one that moves most first.

    `variation`, `kind`; `clinicians`, for whom both gaps are estimable; `gap_change`, the median of how far their gap
    moves either way (SD), `gap_most`, the furthest; `p_change` and `p_most`, so for P(over-invested); `crossed`, of how
    many it passes the threshold of a watch one way or the other.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.estimates import sensitivity_summary
    >>> moved = pd.DataFrame({"variation": "without notes", "kind": "signal", "clinician_id": ["C1", "C2"],
    ...     "gap_change": [0.1, -0.3], "p_over_invested": [0.8, 0.2], "p_over_invested_change": [0.2, 0.0]})
    >>> sensitivity_summary(moved)[["variation", "gap_change", "gap_most", "crossed"]].round(1)
           variation  gap_change  gap_most  crossed
    0  without notes         0.2       0.3        1
    """
    rows = []
    for (variation, kind), part in table.groupby(["variation", "kind"], sort=False):
        gap, p = part["gap_change"].abs().dropna(), part["p_over_invested_change"].abs().dropna()
        now, before = part["p_over_invested"], part["p_over_invested"] - part["p_over_invested_change"]
        crossed = ((before >= WATCH_AT) != (now >= WATCH_AT)) & before.notna() & now.notna()
        rows.append((variation, kind, len(gap), gap.median(), gap.max(), p.median(), p.max(), int(crossed.sum())))
    columns = ["variation", "kind", "clinicians", "gap_change", "gap_most", "p_change", "p_most", "crossed"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        "gap_change", ascending=False, kind="stable", ignore_index=True
    )


def threshold_sensitivity(probability: pd.Series, shifts: Iterable[float] = SHIFTS) -> pd.DataFrame:
    """How many probabilities reach the thresholds of a flag, were both a little lower or higher.

    `probability`: 0–1, one a clinician; missing ones reach nothing. One row a shift: `shift`, `watch` and `raise` (the
    thresholds), `watched` and `raised` (how many reach them). A raise also needs the month before: this counts the one
    month alone. Raises ParameterError for a shift that takes a threshold out of 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.estimates import threshold_sensitivity
    >>> threshold_sensitivity(pd.Series([0.2, 0.68, 0.93, None]), shifts=[-0.05, 0.0])
       shift  watch  raise  watched  raised
    0  -0.05   0.65   0.85        2       1
    1   0.00   0.70   0.90        1       1
    """
    rows = []
    for shift in shifts:
        watch, raise_ = WATCH_AT + shift, RAISE_AT + shift
        if not 0 < watch < raise_ <= 1:
            ends = f"{WATCH_AT:g} and {RAISE_AT:g}"
            raise ParameterError(f"a shift of {shift:g} takes the thresholds {ends} out of 0 to 1")
        rows.append((shift, watch, raise_, int((probability >= watch).sum()), int((probability >= raise_).sum())))
    return pd.DataFrame(rows, columns=["shift", "watch", "raise", "watched", "raised"])
