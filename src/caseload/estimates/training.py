"""Learn how to read over-investment, on a wide family of simulated practices: `python -m caseload.estimates.training`.

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
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from caseload.estimates.balance import BalanceModel
from caseload.estimates.over_investment import OverInvestment, regressors
from caseload.signals import monthly_signals
from caseload.simulate import (
    ATTENDANCE_MINUTES_CONTACTS,
    CaseMix,
    Settings,
    Simulated,
    simulate,
)
from caseload.simulate import OverInvestment as Kind
from caseload.simulate.settings import Variance

PRACTICES = 180
NULL_PRACTICES = 60
FIRST_MONTHS = 2
"""Months at the start of a practice that are not learned from: with so little history nothing can be told."""
PENALTY = 0.5
"""Inverse strength of the ridge penalty on standardised coefficients."""


def practice_settings(seed: int, null: bool = False) -> Settings:
    """One practice of the family; `null` draws one in which nobody is over-invested."""
    draw = np.random.default_rng([20261123, seed])
    kinds = () if null or draw.random() < 0.33 else _kinds(draw)
    shares = draw.dirichlet([3, 1.5, 6, 6])
    settings = Settings(
        seed=seed,
        clinicians=int(draw.choice([5, 8, 14, 25, 40])),
        months=int(draw.integers(5, 19)),
        clients_per_clinician=float(draw.uniform(7, 18)),
        sessions_per_month=float(draw.uniform(2.2, 4.6)),
        effort=replace(Variance(*map(float, shares)), autocorrelation=float(draw.uniform(0.4, 0.85))),
        slope=(float(draw.uniform(-0.1, 0.15)), 0.08),
        case_mix=CaseMix(concentration=float(draw.choice([0.05, 0.15, 0.5]))),
        over_investment=kinds,
        loadings=float(draw.uniform(0.75, 1.6)),
        noise=float(draw.uniform(0.7, 1.3)),
        style=float(draw.choice([0.5, 1.0, 2.0, 3.0])),
        heavy_tails=None if draw.random() < 0.7 else 4.0,
    )
    return replace(settings, recording=ATTENDANCE_MINUTES_CONTACTS) if draw.random() < 0.25 else settings


def _kinds(draw: np.random.Generator) -> tuple[Kind, ...]:
    sizes: dict[Literal["compensation", "level_shift", "few_clients"], tuple[float, float]] = {
        "compensation": (0.5, 1.6),
        "level_shift": (0.6, 1.8),
        "few_clients": (1.5, 5.0),
    }
    chosen = [list(sizes)[at] for at in draw.permutation(len(sizes))[: draw.integers(1, 4)]]
    onset = None if draw.random() < 0.75 else 0
    return tuple(
        Kind(kind, float(draw.uniform(0.05, 0.15)), float(draw.uniform(*sizes[kind])), onset) for kind in chosen
    )


def examples(simulated: Simulated) -> pd.DataFrame:
    """Features and truth of every clinician-month of a practice, each month as known at its end."""
    signals = monthly_signals(simulated.practice())
    truth = simulated.truth.clinicians.set_index(["clinician_id", "month"])["over_invested"]
    parts = []
    for month in sorted(signals["month"].unique())[FIRST_MONTHS:]:
        balance = BalanceModel().fit(signals[signals["month"] <= month]).estimate(month)
        index = pd.MultiIndex.from_product([balance.features.index, [month]])
        parts.append(balance.features.assign(truth=truth.reindex(index).to_numpy(), month=month))
    return pd.concat(parts).dropna(subset="truth")


def learn(table: pd.DataFrame) -> tuple[dict[str, float], float]:
    """Coefficients on the raw scale of `regressors`, and the intercept."""
    design = regressors(table)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
    model.fit(design, table["truth"].astype(bool))
    scaler, logistic = model[0], model[1]
    slopes = logistic.coef_[0] / scaler.scale_
    return dict(zip(design.columns, slopes, strict=True)), float(logistic.intercept_[0] - slopes @ scaler.mean_)


def _practice_examples(seed: int, null: bool) -> pd.DataFrame:
    return examples(simulate(practice_settings(seed, null))).assign(practice=seed)


def null_rates(tables: list[pd.DataFrame], model: OverInvestment) -> dict[str, float]:
    """Share of clinician-months at raise (≥ .9, and ≥ .7 the month before) and at watch or above, without any truth."""
    raised, watched, months = 0, 0, 0
    for table in tables:
        p = pd.DataFrame({"p": model.probability(table), "month": table["month"], "who": table.index})
        wide = p.pivot(index="month", columns="who", values="p")
        raised += int(((wide >= 0.9) & (wide.shift() >= 0.7)).to_numpy().sum())
        watched += int((wide >= 0.7).to_numpy().sum())
        months += int(wide.notna().to_numpy().sum())
    return {"raise": raised / months, "watch": watched / months, "months": months}


def main() -> None:
    """Train, measure the false-flag rates on fresh null practices, and write `over_investment.json`."""
    tasks = [(seed, False) for seed in range(PRACTICES)] + [(10_000 + seed, True) for seed in range(NULL_PRACTICES)]
    found = Parallel(n_jobs=-1, verbose=1)(delayed(_practice_examples)(*task) for task in tasks)
    coefficients, intercept = learn(pd.concat(found[:PRACTICES]))
    model = OverInvestment(coefficients, intercept, {})
    data = {
        "made_by": "python -m caseload.estimates.training",
        "practices": PRACTICES,
        "null_practices": NULL_PRACTICES,
        "null": null_rates(found[PRACTICES:], model),
        "intercept": intercept,
        "coefficients": coefficients,
    }
    target = Path(__file__).with_name("over_investment.json")
    target.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
