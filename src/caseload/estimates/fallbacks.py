"""What a fit could not learn from the data at hand, and what stands in for it: nothing is filled in silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from caseload.estimates.factors import RATED, FactorFit
from caseload.estimates.panel import Panel
from caseload.signals import Signal


def fallbacks(
    signals: pd.DataFrame, panel: Panel, sides: Mapping[str, tuple[tuple[Signal, ...], FactorFit | None]]
) -> tuple[str, ...]:
    """One sentence for everything that was not estimable; `sides` maps each side to its signals and its fit."""
    return (
        *(said for side, (defined, fit) in sides.items() for said in _measurement(signals, side, defined, fit)),
        *_moods([fit for _, fit in sides.values()]),
        *_pooling(panel),
    )


def _measurement(signals: pd.DataFrame, side: str, defined: tuple[Signal, ...], fit: FactorFit | None) -> Iterator[str]:
    used = [signal.name for signal in fit.signals] if fit else []
    for signal in defined:
        if signal.name not in used and (signals[f"{signal.name}_n"] > 0).any():
            yield f"{side}: {signal.label} left out, the same everywhere or recorded on too few client-months."
    if not used:
        yield f"{side}: no signal can be told apart between client-months, so there is no estimate beyond the average."
    elif len(used) == 1:
        yield f"{side}: one signal only, reliable as its own months say, and style cannot be told from level."


def _moods(fits: list[FactorFit | None]) -> Iterator[str]:
    families = [{signal.family for signal in fit.signals} if fit else set() for fit in fits]
    if all(RATED in side for side in families) and any(side == {RATED} for side in families):
        alone = all(side == {RATED} for side in families)
        yield (
            "Both sides are rated by one person, whose mood can look like a slope: "
            + ("with nothing else recorded, none is claimed." if alone else "only what other records show counts.")
        )


def _pooling(panel: Panel) -> Iterator[str]:
    if len(panel.clinicians) == 1:
        yield "One clinician: what differs between clinicians, and their ordinary slopes, are the priors'."
    if len(panel.months) == 1:
        yield "One month: how long levels last is the prior's, and nobody can be compared with earlier months."
    elif not len(panel.pairs(1)[0]):
        yield "No client seen in neighbouring months: how long levels last, and clients' share, are the priors'."
    if len(panel.owner) == len(panel.clinicians):
        yield "One client a clinician: levels of clinicians and clients cannot be told apart but by the priors."
