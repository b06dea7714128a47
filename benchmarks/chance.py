"""Flags and signals where nothing is going on, beside the numbers that pages print for it.

    python benchmarks/chance.py 10 --jobs 2

Practices of 20 supervisees and 12 months in which nobody is over-invested, nobody's fatigue changes and logs tell
nothing of it: ten of them are 200 supervisee-years. Every month is judged as of its end. Prints, for each world, what
was found (with a 95 % bootstrap interval over supervisees) and what was printed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from worlds import USUAL

from caseload.estimates.fatigue import CUT
from caseload.estimates.limits import MIN_POINTS, expected_signals
from caseload.estimates.over_investment import OverInvestment
from caseload.estimates.trends import persistence
from caseload.pages.chance import MOST_POINTS
from caseload.review.assessment import Assessment, gap_course, off_stage_course, ratings_course
from caseload.review.estimation import assess
from caseload.simulate import Settings, Surveys, simulate

FIRST_SEED = 4_000_000
QUIET = replace(
    USUAL,
    clinicians=20,
    months=12,
    surveys=Surveys(shares=1.0, not_recorded=0.0, activation_rate=1.0, stable=1.0),
)
WORLDS = {
    "nobody over-invested": QUIET,
    "signals are noise alone": replace(QUIET, loadings=0.0),
    "weak signals, small caseloads": replace(QUIET, loadings=1.0, clients_per_clinician=12.0, sessions_per_month=3.5),
    "five clinicians a practice": replace(QUIET, clinicians=5),
}
RESAMPLED = 2000
KEYS = ["clinician_id", "month"]


def counted(settings: Settings) -> pd.DataFrame:
    """One practice: found and printed of each figure, one row a supervisee."""
    simulated = simulate(settings)
    practice = simulated.practice()
    assessment = assess(practice, practice.months[-1])
    found = pd.concat([flags(assessment, simulated.truth.clinicians), *charts(assessment)], ignore_index=True)
    found["who"] = found["clinician_id"] + f" of {settings.seed}"
    return found.groupby(["figure", "who"], as_index=False)[["found", "printed"]].sum()


def flags(assessment: Assessment, truth: pd.DataFrame) -> pd.DataFrame:
    """Flags on effort beside their rates, and flags of fatigue that the truth denies beside the sum of 1 − P."""
    table = assessment.own_flags
    effort = table[(table["flag"] == "over_investment") & (table["state"] != "not_enough_data")]
    rates = OverInvestment.load().null
    raised = effort.assign(figure="raise on effort", found=effort["state"] == "raise", printed=rates["raise"])
    above = effort["state"].isin(["watch", "raise"])
    watched = effort.assign(figure="watch or raise on effort", found=above, printed=rates["watch"])
    shown = table[(table["flag"] == "compassion_fatigue") & table["state"].isin(["watch", "raise"])]
    shown = shown.merge(truth[[*KEYS, "fatigue_t"]], on=KEYS)
    mistaken = shown.assign(
        figure="mistaken flags of fatigue", found=shown["fatigue_t"] <= CUT, printed=1 - shown["probability"]
    )
    return pd.concat([raised, watched, mistaken], ignore_index=True)[["clinician_id", "figure", "found", "printed"]]


def charts(assessment: Assessment) -> list[pd.DataFrame]:
    """Newest months that signal, of every chart and month, beside what was expected of them."""
    evidence = assessment.evidence
    series = {
        "charts of the gap": (evidence.balance, gap_course, "gap", None),
        "charts of the share off the stage": (evidence.stage, off_stage_course, "share", "enough"),
        "charts of ratings": (evidence.personal, lambda months, _: ratings_course(months), None, None),
    }
    rows = []
    for figure, (table, course_of, value, enough) in series.items():
        for month in sorted(table["month"].unique())[MIN_POINTS:]:
            known = table[table["month"] <= month]
            left = persistence(known, value, known[enough].eq(True) if enough else None) if value else 0.0
            for clinician, months in known.groupby("clinician_id"):
                course = course_of(months, left)
                if course.usual is not None and course.known[-1]:
                    signal = bool(course.chart()["signal"].iloc[-1])
                    rows.append((clinician, figure, signal, expected_signals(min(course.limits.points, MOST_POINTS))))
    return [pd.DataFrame(rows, columns=["clinician_id", "figure", "found", "printed"])]


def report(world: str, practices: list[pd.DataFrame], supervisees: int, months: int) -> None:
    """One row a figure."""
    rng = np.random.default_rng(0)
    together = pd.concat(practices, ignore_index=True)
    everybody = supervisees * len(practices)
    for figure, rows in together.groupby("figure"):
        found = np.zeros(everybody)
        found[: len(rows)] = rows["found"].to_numpy(float)  # the others have none
        again = found[rng.integers(0, everybody, (RESAMPLED, everybody))].sum(axis=1)
        low, high = np.quantile(again, [0.025, 0.975])
        years = everybody * months / 12
        print(
            f"| {world} | {years:.0f} | {figure} | {found.sum():.0f} ({low:.0f} to {high:.0f}) "
            f"| {rows['printed'].sum():.1f} |",
            flush=True,
        )


def main() -> None:
    """Every world, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("practices", type=int, help="practices of a world; four times as many of five clinicians")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    with threadpool_limits(1):
        for number, (world, settings) in enumerate(WORLDS.items()):
            count = options.practices * QUIET.clinicians // settings.clinicians
            first = FIRST_SEED + 1000 * number
            tasks = (delayed(counted)(replace(settings, seed=seed)) for seed in range(first, first + count))
            report(world, Parallel(options.jobs)(tasks), settings.clinicians, settings.months)


if __name__ == "__main__":
    main()
