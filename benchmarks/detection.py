"""How well over-investment is found on simulated practices, beside what one would use otherwise.

    python benchmarks/detection.py 4

Every month is judged as of its end. Of each clinician-month the truth is known; the kinds are simulated one at a time.
"""

from __future__ import annotations

import argparse
import hashlib
from importlib.resources import files

import pandas as pd
from contenders import WINDOW, by_hand, composites, mixed_model
from sklearn.metrics import average_precision_score, roc_auc_score

from caseload.estimates import BalanceModel
from caseload.flags.rules import over_investment
from caseload.flags.states import flag_states
from caseload.signals import monthly_signals
from caseload.simulate import NO_OVER_INVESTMENT, OverInvestment, Settings, Simulated, simulate

KINDS = {
    "compensation": OverInvestment("compensation", share=0.2, size=1.0),
    "subtle compensation": OverInvestment("compensation", share=0.2, size=0.5),
    "level_shift": OverInvestment("level_shift", share=0.2, size=1.0),
    "few_clients": OverInvestment("few_clients", share=0.2, size=2.5),
    "none": None,
}
FIGURES = ["p_over_invested", "compensation", "mixed_slope", "mixed_level_shift", "ratio", "difference"]
FIRST_SEED = 900_000
"""Far from the seeds that the coefficients of P(over-invested) were learned on."""


def figures(simulated: Simulated) -> pd.DataFrame:
    """Every contender's figure for every clinician-month from the third month on, with the flag's state and the truth.

    `mixed_level_shift` is the mixed model's level of a clinician against the mean of its earlier windows.
    """
    signals = monthly_signals(simulated.practice())
    levels, parts = [], []
    for month in sorted(signals["month"].unique())[WINDOW - 1 :]:
        known = signals[signals["month"] <= month]
        ours = BalanceModel().fit(known).estimate(month).clinicians.set_index("clinician_id")
        table = composites(known)
        mixed = mixed_model(table, month)
        levels.append(mixed["level"])
        shift = (
            mixed["level"] - pd.concat(levels[:-1], axis=1).mean(axis=1) if len(levels) > 1 else pd.Series(dtype=float)
        )
        peers = by_hand(table, month).join(mixed["slope"].rename("mixed_slope")).join(shift.rename("mixed_level_shift"))
        parts.append(ours.join(peers).set_index("month", append=True))
    found = pd.concat(parts)
    found["state"] = _states(found.reset_index()).to_numpy()
    truth = simulated.truth.clinicians.set_index(["clinician_id", "month"])["over_invested"]
    return found.join(truth, how="inner")


def _states(found: pd.DataFrame) -> pd.Series:
    rule = over_investment(found)
    return flag_states(found[["clinician_id", "month"]].join(rule))


def compare(practices: int, clinicians: int, months: int) -> None:
    """Print AUROC / average precision of every figure for each kind, and how often the flag was raised."""
    table = {}
    for at, (name, kind) in enumerate(KINDS.items()):
        parts = (kind,) if kind else NO_OVER_INVESTMENT
        every = [
            figures(simulate(Settings(seed=seed, clinicians=clinicians, months=months, over_investment=parts)))
            for seed in range(FIRST_SEED + 100 * at, FIRST_SEED + 100 * at + practices)
        ]
        found = pd.concat(every)
        truth, raised = found["over_invested"].astype(bool), found["state"].eq("raise")
        watched = found["state"].eq("watch")
        print(f"{name}: {len(found)} clinician-months, {truth.sum()} over-invested", end="; ")
        print(f"of these {raised[truth].sum()} raised, {watched[truth].sum()} watched", end="; ")
        print(f"of the others {raised[~truth].sum()} raised, {watched[~truth].sum()} watched")
        if kind:
            known = found[FIGURES].fillna(found[FIGURES].median())  # no figure: neither high nor low
            table[name] = [
                f"{roc_auc_score(truth, known[f]):.2f} / {average_precision_score(truth, known[f]):.2f}"
                for f in FIGURES
            ]
    print(pd.DataFrame(table, index=FIGURES).to_string())


def coefficients_hash() -> str:
    """The first letters of the git hash of the coefficients in use."""
    learned = files("caseload.estimates").joinpath("over_investment.json").read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(learned) + learned, usedforsecurity=False).hexdigest()[:7]


def main() -> None:
    """Simulate, estimate, compare."""
    parser = argparse.ArgumentParser(description="How well over-investment is found, beside a mixed model and by hand.")
    parser.add_argument("practices", type=int, nargs="?", default=4, help="practices of each kind (default: 4)")
    parser.add_argument("--clinicians", type=int, default=25)
    parser.add_argument("--months", type=int, default=10)
    given = parser.parse_args()
    print(f"over_investment.json {coefficients_hash()}")
    compare(given.practices, given.clinicians, given.months)


if __name__ == "__main__":
    main()
