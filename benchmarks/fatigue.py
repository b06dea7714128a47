"""Likely compassion fatigue in simulated practices, beside the last survey carried forward and a ridge regression.

    python benchmarks/fatigue.py 20 --jobs 2

In every world of WORLDS practices are simulated, analysed month by month as of each month's end, and compared with the
true levels, from each clinician's first survey on. Prints two tables: what each contender reaches, and the differences
from carry-forward, paired by practice.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.special import logit, ndtr
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from caseload.estimates.context import CONTEXT, monthly_context
from caseload.estimates.fatigue import CUT, MEAN_ERROR, p_compassion_fatigue
from caseload.review.estimation import assess
from caseload.simulate import ATTENDANCE_MINUTES_CONTACTS, Settings, Surveys, simulate

FIRST_SEED = 3_000_000
KEYS = ["clinician_id", "month"]
ASKED = Surveys(shares=1.0, not_recorded=0.0)
USUAL = Settings(clinicians=20, months=18, surveys=ASKED)


def _with(**surveys: float) -> Settings:
    return replace(USUAL, surveys=replace(ASKED, **surveys))


FEW_SIGNALS = replace(ATTENDANCE_MINUTES_CONTACTS, tables=("sessions", "contacts", "clinicians", "surveys"))
WORLDS = {
    "logs tell nothing": USUAL,
    "logs tell little": _with(coupling=0.3),
    "logs tell much": _with(coupling=1.0),
    "much, few signals recorded": replace(_with(coupling=1.0), recording=FEW_SIGNALS),
    "five clinicians": replace(USUAL, clinicians=5),
    "five clinicians, logs tell much": replace(_with(coupling=1.0), clinicians=5),
    "half-yearly, half answered": _with(interval=6, response_rate=0.5),
    "noisier surveys": _with(measurement_error=1.5),
    "fickle levels": _with(stable=0.1, autocorrelation=0.7),
    "steady levels": _with(stable=0.9),
}
CONTENDERS = {
    "ours": "p_ours",
    "surveys alone": "p_alone",
    "carried forward": "p_carried",
    "ridge regression": "p_ridge",
}
NET_BENEFIT_AT = 0.5  # a missed one is as bad as a false one
BOUNDS = 1e-4  # probabilities are kept so far from 0 and 1 before their log odds are taken
FOLDS, MIN_PAIRS = 5, 20


def judged(settings: Settings) -> pd.DataFrame:
    """One practice: clinician-months from the first survey on, whether the true level is above, each contender's P."""
    simulated = simulate(settings)
    practice = simulated.practice()
    assessment = assess(practice, practice.months[-1])
    known, evidence = assessment.practice, assessment.evidence
    provision = evidence.personal.rename(columns={"unmet_planned": "planned"})
    context = monthly_context(
        evidence.balance, provision, evidence.self_care, known.sessions, known.clients, known.supervisees
    )
    alone = p_compassion_fatigue(assessment.scores, known.months)[[*KEYS, "p_compassion_fatigue"]]
    found = evidence.fatigue.rename(columns={"p_compassion_fatigue": "p_ours"}).merge(context, on=KEYS)
    found = found.merge(alone.rename(columns={"p_compassion_fatigue": "p_alone"}), on=KEYS)
    found = found.merge(simulated.truth.clinicians[[*KEYS, "fatigue_t"]], on=KEYS).dropna(subset="carried")
    above = found["fatigue_t"] > CUT
    inside = found["fatigue_t"].between(found["t_low"], found["t_high"])
    return found.assign(above=above, inside=inside, p_ridge=ridge(found)).reset_index(drop=True)


def ridge(found: pd.DataFrame) -> np.ndarray:
    """P from a ridge regression of a survey on the one before it, months between and context, as of every month's end.

    Learned from pairs of surveys known by then, of other clinicians; with fewer than MIN_PAIRS carry-forward.
    """
    rows = found.sort_values(KEYS).copy()
    rows["before"] = rows.groupby("clinician_id")["carried"].shift()
    rows["between"] = rows.groupby("clinician_id")["months_since"].shift() + 1
    pairs = rows[(rows["months_since"] == 0) & rows["before"].notna()]
    p = rows["p_carried"].copy()
    for month, now in rows.groupby("month"):
        past = pairs[pairs["month"] <= month]
        if len(past) < MIN_PAIRS or past["clinician_id"].nunique() < FOLDS:
            continue
        for _, held in GroupKFold(FOLDS).split(past, groups=past["clinician_id"]):
            own = past.iloc[held]["clinician_id"].unique()
            learned = past[~past["clinician_id"].isin(own)]
            earlier = learned[["before", "between", *CONTEXT]].to_numpy()
            impute = SimpleImputer(keep_empty_features=True)
            model = make_pipeline(impute, StandardScaler(), RidgeCV(np.logspace(-1, 4, 11)))
            model.fit(earlier, learned["carried"])
            errors = learned["carried"] - model.predict(earlier)
            asked = now[now["clinician_id"].isin(own)]
            level = model.predict(asked[["carried", "months_since", *CONTEXT]].to_numpy())
            spread = np.sqrt(max(float(errors.var()) - MEAN_ERROR, 4.0))
            p.loc[asked.index] = ndtr((level - CUT) / spread)
    return p.reindex(found.index).to_numpy(float)


def figures(months: pd.DataFrame, name: str) -> dict[str, float]:
    """AUROC (by the survey itself where it is carried forward), Brier score and net benefit of one contender."""
    truth, p = months["above"].to_numpy(), months[name].to_numpy()
    rank = months["carried"] if name == "p_carried" else p
    flagged = p >= NET_BENEFIT_AT
    odds = NET_BENEFIT_AT / (1 - NET_BENEFIT_AT)
    several = 0 < truth.sum() < len(truth)
    return {
        "auroc": float(roc_auc_score(truth, rank)) if several else np.nan,
        "brier": float(np.mean((p - truth) ** 2)),
        "net_benefit": float(np.mean(flagged & truth) - np.mean(flagged & ~truth) * odds),
    }


def calibration(months: pd.DataFrame, name: str) -> tuple[float, float]:
    """Intercept and slope of the truth on the log odds; 0 and 1 are perfect."""
    odds = logit(np.clip(months[name], BOUNDS, 1 - BOUNDS)).to_numpy()[:, None]
    fit = LogisticRegression(C=np.inf).fit(odds, months["above"])
    return float(fit.intercept_[0]), float(fit.coef_[0, 0])


def report(world: str, practices: list[pd.DataFrame]) -> None:
    """A row of the table of what is reached, and one of the differences from carry-forward with their standard errors.

    The last difference is that of ours from the surveys alone, in the Brier score: what the logs are worth.
    """
    together = pd.concat(practices, ignore_index=True)
    single = {name: pd.DataFrame([figures(p, column) for p in practices]) for name, column in CONTENDERS.items()}
    cells = [world, str(len(practices)), f"{len(together):,} ({together['above'].mean():.2f})"]
    for name, column in CONTENDERS.items():
        intercept, slope = calibration(together, column)
        means = single[name].mean()
        cells.append(f"{means['auroc']:.3f} / {means['brier']:.4f} / {slope:.2f}, {intercept:+.2f}")
    print("|", *" | ".join([*cells, f"{together['inside'].mean():.2f}"]).split(), "|")
    carried = single["carried forward"]
    differences = [(single["ours"] - carried)[measure] for measure in carried]
    differences.append((single["ours"] - single["surveys alone"])["brier"])
    said = [f"{d.mean():+.4f} ± {d.std() / np.sqrt(d.notna().sum()):.4f}" for d in differences]
    print("| differences:", world, "|", *" | ".join(said).split(), "|", flush=True)


def main() -> None:
    """Every world, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("practices", type=int, help="practices a world")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--world", action="append", choices=WORLDS, help="only this one; may be repeated")
    options = parser.parse_args()
    with threadpool_limits(1):
        for number, (world, settings) in enumerate(WORLDS.items()):
            if options.world and world not in options.world:
                continue
            seeds = range(FIRST_SEED + 1000 * number, FIRST_SEED + 1000 * number + options.practices)
            report(world, Parallel(options.jobs)(delayed(judged)(replace(settings, seed=seed)) for seed in seeds))


if __name__ == "__main__":
    main()
