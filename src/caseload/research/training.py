"""Learn how to read over-investment, on a wide family of simulated practices: `python -m caseload.research.training`.

Each practice of the family differs in size, length, recorded signals, loadings, noise, note-taking styles, unevenness
of the caseloads, and in the kind, strength, onset and end of over-investment; a third of them have none. Every month is
estimated as of its end, exactly as in a report, and a logistic regression learns to read the features against the
simulated truth. What is written is data: coefficients, and the false-flag rates in practices kept apart for that.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from caseload.estimates import over_investment
from caseload.estimates.balance import BalanceModel
from caseload.estimates.over_investment import OverInvestment
from caseload.flags.over_investment import MIN_CLIENTS, MIN_SESSIONS
from caseload.flags.states import RAISE_AT, WATCH_AT
from caseload.signals import monthly_signals
from caseload.simulate import (
    ATTENDANCE_ALL_MINUTES_CONTACTS,
    ATTENDANCE_MINUTES_CONTACTS,
    CaseMix,
    Settings,
    Simulated,
    simulate,
)
from caseload.simulate import OverInvestment as Kind
from caseload.simulate.settings import Variance
from caseload.writing.whole import write_file

PRACTICES = 240
NULL_PRACTICES = 60
FIRST_MONTHS = 1
"""Months at the start of a practice that are not learned from: with so little history hardly anything can be told."""


def practice_settings(seed: int, null: bool = False) -> Settings:
    """One practice of the family; `null` draws one in which nobody is over-invested."""
    draw = np.random.default_rng([20261123, seed])
    kinds = () if null or draw.random() < 0.25 else _kinds(draw)
    months = int(draw.integers(5, 25))
    settings = Settings(
        seed=seed,
        clinicians=int(draw.choice([5, 8, 14, 25, 40])),
        months=months,
        clients_per_clinician=float(draw.uniform(7, 22)),
        sessions_per_month=float(draw.uniform(2.2, 4.6)),
        effort=replace(Variance(*_shares(draw, 3, 1.5, 6, 6)), autocorrelation=float(draw.uniform(0.4, 0.85))),
        engagement=replace(Variance(*_shares(draw, 1.5, 1, 6, 6)), autocorrelation=float(draw.uniform(0.4, 0.85))),
        slope=(float(draw.uniform(-0.1, 0.15)), float(draw.uniform(0.03, 0.14))),
        case_mix=CaseMix(
            concentration=float(draw.choice([0.05, 0.15, 0.5])),
            severity_effect=float(draw.uniform(0.1, 0.6)),
            crisis_share=float(draw.uniform(0.01, 0.08)),
            crisis_length=float(draw.uniform(1, 3)),
            crisis_recorded=float(draw.choice([1.0, 0.7])),
        ),
        over_investment=tuple(replace(kind, end=_end(draw, months)) for kind in kinds),
        loadings=float(draw.uniform(0.75, 1.8)),
        noise=float(draw.uniform(0.7, 1.3)),
        style=float(draw.choice([0.5, 1.0, 2.0, 3.0])),
        heavy_tails=_sometimes(draw, 0.3, 3.0, 6.0),
        latent_tails=_sometimes(draw, 0.25, 4.0, 10.0),
        drift=_sometimes(draw, 0.3, 0.2, 1.0) or 0.0,
        season=_sometimes(draw, 0.3, 0.1, 0.4) or 0.0,
    )
    recording = draw.choice(3, p=[0.6, 0.2, 0.2])
    if recording:
        few = ATTENDANCE_MINUTES_CONTACTS if recording == 1 else ATTENDANCE_ALL_MINUTES_CONTACTS
        return replace(settings, recording=few)
    return settings


def _shares(draw: np.random.Generator, *weights: float) -> tuple[float, float, float, float]:
    first, second, third, fourth = draw.dirichlet(weights)
    return float(first), float(second), float(third), float(fourth)


def _sometimes(draw: np.random.Generator, chance: float, low: float, high: float) -> float | None:
    return float(draw.uniform(low, high)) if draw.random() < chance else None


def _end(draw: np.random.Generator, months: int) -> int | None:
    """Every fourth kind of episode ends before the data do."""
    return int(draw.integers(months // 2, months)) if draw.random() < 0.25 else None


def _kinds(draw: np.random.Generator) -> tuple[Kind, ...]:
    """One to three kinds of over-investment: how common, how strong, since when, and in which shape."""
    onset = 0 if draw.random() < 0.25 else None
    shape: Literal["linear", "one_sided"] = "one_sided" if draw.random() < 0.25 else "linear"
    every = (
        Kind("compensation", size=float(draw.uniform(0.5, 1.6)), shape=shape, lag=int(draw.random() < 0.15)),
        Kind("level_shift", size=float(draw.uniform(0.7, 2.0))),
        Kind("few_clients", size=float(draw.uniform(1.8, 5.0))),
    )
    return tuple(
        replace(every[at], share=float(draw.uniform(0.05, 0.25)), onset=onset, ramp=int(draw.integers(1, 4)))
        for at in draw.permutation(len(every))[: draw.integers(1, 4)]
    )


def examples(simulated: Simulated) -> pd.DataFrame:
    """Features and truth of every clinician-month of a practice, each month as known at its end."""
    signals = monthly_signals(simulated.practice())
    truth = simulated.truth.clinicians.set_index(["clinician_id", "month"])["over_invested"]
    parts = []
    for month in sorted(signals["month"].unique())[FIRST_MONTHS:]:
        balance = BalanceModel().fit(signals[signals["month"] <= month]).estimate(month)
        index = pd.MultiIndex.from_product([balance.features.index, [month]])
        clinicians = balance.clinicians.set_index("clinician_id").reindex(balance.features.index)
        enough = (clinicians["n_sessions"] >= MIN_SESSIONS) & (clinicians["n_clients"] >= MIN_CLIENTS)
        parts.append(balance.features.assign(truth=truth.reindex(index).to_numpy(), month=month, enough=enough))
    return pd.concat(parts).dropna(subset="truth")


def _practice_examples(seed: int, null: bool) -> pd.DataFrame:
    return examples(simulate(practice_settings(seed, null))).assign(practice=seed)


def null_rates(tables: list[pd.DataFrame], model: OverInvestment) -> dict[str, float]:
    """Share of clinician-months at raise (after a watch the month before) and at watch or above, without any truth.

    Of months with enough data for the flag; others neither raise nor count.

    `shape` says how much practices differ: their rates of watch are as if drawn from a gamma distribution of this shape
    (by moments of the practices' counts).
    """
    counts = []
    for table in tables:
        p = pd.DataFrame({"p": model.probability(table).where(table["enough"]), "month": table["month"]})
        p["who"] = table.index
        wide = p.pivot(index="month", columns="who", values="p")
        raised, watched = (wide >= RAISE_AT) & (wide.shift() >= WATCH_AT), wide >= WATCH_AT
        counts.append([int(states.to_numpy().sum()) for states in (raised, watched, wide.notna())])
    raises, watches, months = np.array(counts, float).T
    total = float(months.sum())
    expected = watches.sum() / total * months
    beyond = float(((watches - expected) ** 2 - expected).sum())
    shape = float((expected**2).sum()) / beyond if beyond > 0 else float("inf")
    return {
        "raise": float(raises.sum()) / total,
        "watch": float(watches.sum()) / total,
        "shape": shape,
        "months": int(total),
    }


def main() -> None:
    """Train, measure the false-flag rates on fresh null practices, and write `over_investment.json`."""
    tasks = [(seed, False) for seed in range(PRACTICES)] + [(10_000 + seed, True) for seed in range(NULL_PRACTICES)]
    examples = Parallel(n_jobs=-1, verbose=1)(delayed(_practice_examples)(*task) for task in tasks)
    model = OverInvestment.learned(pd.concat(examples[:PRACTICES]))
    data = {
        "made_by": "python -m caseload.research.training",
        "practices": PRACTICES,
        "null_practices": NULL_PRACTICES,
        "null": null_rates(examples[PRACTICES:], model),
        "intercept": model.intercept,
        "coefficients": model.coefficients,
    }
    target = Path(over_investment.__file__).with_name("over_investment.json")
    write_file(target, json.dumps(data, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
