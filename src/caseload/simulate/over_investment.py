"""Kinds of over-investment in a simulated practice: who has it, how much, and from when on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "compensation", "level_shift", "few_clients"]
Shape = Literal["linear", "one_sided"]
KINDS: tuple[str, ...] = ("none", "compensation", "level_shift", "few_clients")
SHAPES: tuple[str, ...] = ("linear", "one_sided")


@dataclass(frozen=True)
class OverInvestment:
    """One kind of over-investment among a share of the clinicians.

    `size`: compensation = slope of effort on −engagement; level_shift, few_clients = SD of latent effort.
    `onset` and `end` are month numbers from 0 (None: onset drawn from the second quarter to the last month but two,
    end = the last month); `ramp` = months until the full size is reached; `spread` = relative SD of size.

    Of compensation alone: `shape` one_sided adds size·max(0, −engagement) instead of −size·engagement, so that effort
    rises for clients below the average (0) only, and the clinician's mean effort by about 0.4·size. `lag` = months by
    which compensation trails the engagement it answers; a client's first months answer the first month's. The truth's
    `compensation` stays ordinary slope + size: the slope below the average, and on the engagement `lag` months before.
    Of few_clients alone: `favourites` = how many clients (None: one or two, drawn).

    Examples
    --------
    >>> from caseload.simulate import Caseload, OverInvestment, Settings, simulate
    >>> part = OverInvestment("level_shift", share=1.0, size=2.0, onset=1, ramp=2, spread=0.0)
    >>> settings = Settings(clinicians=2, months=3, caseload=Caseload(late_starters=0.0), over_investment=(part,))
    >>> truth = simulate(settings).truth.clinicians
    >>> truth.pivot(index="clinician_id", columns="month", values="level_shift")
    month         2025-06  2025-07  2025-08
    clinician_id
    C01               0.0      1.0      2.0
    C02               0.0      1.0      2.0
    """

    kind: Kind = "compensation"
    share: float = 0.1
    size: float = 1.0
    onset: int | None = None
    end: int | None = None
    ramp: int = 1
    spread: float = 0.15
    shape: Shape = "linear"
    lag: int = 0
    favourites: int | None = None


NO_OVER_INVESTMENT: tuple[OverInvestment, ...] = ()
"""A practice without over-investment: what is flagged there is flagged by chance."""
MIXED_OVER_INVESTMENT = (
    OverInvestment("compensation", share=0.10, size=1.0),
    OverInvestment("level_shift", share=0.05, size=1.0),
    OverInvestment("few_clients", share=0.05, size=2.5),
)
"""The default: a fifth of the clinicians, half of them with compensation, a quarter with each other kind."""


def problems_of(parts: tuple[OverInvestment, ...]) -> Iterator[str]:
    """What makes no sense about kinds of over-investment, in words."""
    if sum(part.share for part in parts) > 1 + 1e-9:
        yield "the shares of over_investment exceed 1"
    if any(part.kind not in KINDS for part in parts):
        yield f"the kinds of over_investment are {', '.join(KINDS)}"
    if any(part.ramp < 1 for part in parts):
        yield "ramp of over_investment is at least 1 month"
    if any(part.shape not in SHAPES for part in parts):
        yield f"the shapes of over_investment are {', '.join(SHAPES)}"
    if any(part.lag < 0 or part.lag % 1 for part in parts):
        yield "lag of over_investment is a whole number of months, at least 0"
    if any(part.kind != "compensation" and (part.shape != "linear" or part.lag) for part in parts):
        yield "shape and lag of over_investment belong to kind compensation"
    favourites = [(part.kind, part.favourites) for part in parts if part.favourites is not None]
    if any(count < 1 or count % 1 for _, count in favourites):
        yield "favourites of over_investment is a whole number of clients, at least 1"
    if any(kind != "few_clients" for kind, _ in favourites):
        yield "favourites of over_investment belongs to kind few_clients"
