"""Planning a study: how soon over-investment of a chosen kind and size is shown, and what else chance brings.

settings → practices followed month by month → detection, waiting, false flags, slopes, widths → months needed
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import t
from tqdm.auto import tqdm

from caseload.errors import ParameterError
from caseload.research.follow_up import design, followed
from caseload.research.monte_carlo import effective_months, mean_interval, roc_auc, wilson
from caseload.simulate import Settings

FLAGS = {"watch": ("watch", "raise"), "raise": ("raise",)}
"""The states that count: `watch` means watch or raise."""
LEVELS = (0.05, 0.5, 0.8, 0.95)
"""Of the months until a flag: median, the 5th and 95th percentile, and the usual 80 %."""
COLUMNS = [
    "clinicians", "clients", "months", "before", "kind", "size",
    "measure", "flag", "month", "value", "low", "high", "n",
]  # fmt: skip
MEANS = {
    "width_compensation": "width_compensation",
    "width_gap": "width_gap",
    "slope": "mean_slope",
    "compensation": "mean_compensation",
}
DESIGN, NUMBERS = COLUMNS[:4], COLUMNS[4:]


def power(
    settings: Settings, *, before: int = 6, repeats: int = 20, jobs: int = 1, progress: bool = False
) -> pd.DataFrame:
    """How soon over-investment is shown in practices like these, with Monte Carlo intervals.

    Parameters
    ----------
    settings : Settings
        The practices: clinicians, clients, months of records, what is recorded, and `over_investment`, of which onset,
        end and spread are set here: it begins `before` months after the first month of the records and lasts, at
        exactly its size. Nobody starts later than the records. `seed` is the seed of all repeats.
    before : int, default 6
        Months of records before over-investment begins; 0 = it was there all along.
    repeats : int, default 20
        How many practices are simulated. Each takes about half a second a month.
    jobs : int, default 1
        Processes; the result is the same for any number.
    progress : bool, default False
        Whether to show a bar.

    Returns
    -------
    DataFrame
        One number a row: clinicians, clients, months, before, kind, size (`none`, `all`: NaN), measure, flag (`watch` =
        watch or raise; `raise`; or ""), month, value, low, high (95 % Monte Carlo interval), n.

        - `detected`: share of the over-invested (n) of whom a flag was shown in one of the first `month` months of it;
          Wilson's interval.
        - `months_to_5`, `_50`, `_80`, `_95`: month by which that per cent of them had been flagged (median and 90 %
          range, and 80 %); NaN = not within the records. `low`, `high`: where the interval of `detected` gets there.
        - `false_per_100`: flagged months per 100 months of supervisees who are never over-invested (kind `none`), from
          the month after `before`; the interval allows for a person's months being alike, n = months.
        - `auroc`: how often a month of somebody over-invested has the higher P(over-invested) of it and a month of
          somebody who never is, within a practice and after `before`; mean and interval over practices (n).
        - `not_enough_data`: share of the over-invested months that could not be judged.
        - `mean_slope_found`: share of practices (n) in which a t test at 5 %, of the clinicians' compensation with
          pooling undone, finds that its mean is not 0 in that month of the records; `mean_slope`, `mean_compensation`:
          the true mean, and that of the estimates. Where the truth is 0, `found` is the rate of false alarms.
          `mean_slope_ordinary`: the same by an ordinary t test of the pooled estimates, which alarms far too often.
        - `width_compensation`, `width_gap`: mean width of clinicians' 90 % intervals in that month of the records.

    Raises
    ------
    ParameterError
        Where `before` leaves no month, or `repeats` is not positive.

    Examples
    --------
    >>> import caseload
    >>> from caseload.simulate import FIVE_COLUMNS, OverInvestment, Settings
    >>> truth = OverInvestment("compensation", share=0.5, size=1.2)
    >>> practices = Settings(clinicians=4, months=2, clients_per_clinician=5, over_investment=(truth,))
    >>> table = caseload.power(practices, before=0, repeats=2)
    >>> table.loc[table["measure"] == "detected", ["flag", "month", "n"]].to_string(index=False).split()
    ['flag', 'month', 'n', 'watch', '1', '4', 'watch', '2', '4', 'raise', '1', '4', 'raise', '2', '4']
    """
    if repeats < 1:
        raise ParameterError(f"repeats must be 1 or more, not {repeats}")
    chosen = design(settings, before)
    tasks = (delayed(followed)(chosen, before, repeat) for repeat in range(repeats))
    made = Parallel(n_jobs=jobs, return_as="generator")(tasks)
    months = pd.concat(list(tqdm(made, "Practices", repeats, disable=not progress)), ignore_index=True)
    return summarised(months, chosen, before)


def summarised(months: pd.DataFrame, settings: Settings, before: int) -> pd.DataFrame:
    """The table of `power` from the clinician-months of all repeats (see `follow_up.followed`)."""
    detected = pd.DataFrame(_detected(months, settings.months - before), columns=NUMBERS)
    others = [*_false(months, before), *_ranked(months, before), *_unjudged(months), *_by_month(months)]
    parts = [detected, _waits(detected), pd.DataFrame(others, columns=NUMBERS)]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    chosen = (settings.clinicians, settings.clients_per_clinician, settings.months, before)
    table[DESIGN] = pd.DataFrame([chosen], index=table.index)
    values = ["size", "value", "low", "high"]
    return table.astype(dict.fromkeys(values, float)).astype({"month": "Int64", "n": int})[COLUMNS]


def months_needed(table: pd.DataFrame, probability: float = 0.8, flag: str = "watch") -> pd.DataFrame:
    """Months until a flag has been shown with this probability, a row a design and kind of over-investment.

    `table` is that of `power` (or several, one below the other, with further columns that tell designs apart). `needed`
    counts from the month in which over-investment began; `low` and `high` are the months in which the 95 % interval
    gets there at the earliest and at the latest; NaN = not within `followed` months. `n` = the over-invested.

    Examples
    --------
    >>> import caseload, pandas as pd
    >>> table = pd.read_csv("benchmarks/power.csv")
    >>> large = table[(table["kind"] == "compensation") & (table["size"] == 1.2)]
    >>> caseload.months_needed(large, 0.5)[["clinicians", "clients", "flag", "followed"]].to_dict("records")
    [{'clinicians': 20, 'clients': 20, 'flag': 'watch', 'followed': 18}]
    """
    if flag not in FLAGS or not 0 < probability < 1:
        raise ParameterError(f"flag is {' or '.join(FLAGS)}, and probability lies between 0 and 1")
    curve = table[(table["measure"] == "detected") & (table["flag"] == flag)]
    keys = [name for name in table.columns if name not in COLUMNS[6:]]
    rows = [
        (*key, flag, probability, *_reached(one, probability), int(one["n"].iloc[0]), int(one["month"].max()))
        for key, one in curve.groupby(keys, sort=False, dropna=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, "flag", "probability", "needed", "low", "high", "n", "followed"])


def _reached(curve: pd.DataFrame, probability: float) -> tuple[float, float, float]:
    """The first month in which the share, its upper and its lower limit reach the probability; NaN = in none."""
    month = curve["month"].to_numpy(float)
    edges = (month[curve[name].to_numpy() >= probability] for name in ("value", "high", "low"))
    months, low, high = (min(reached, default=np.nan) for reached in edges)
    return months, low, high


def _detected(judged: pd.DataFrame, months: int) -> Iterator[tuple[object, ...]]:
    """Rows of `detected`: the share flagged in one of the first k months, for every k."""
    over = judged[judged["since"] > 0]
    for (kind, size), part in over.groupby(["kind", "size"]):
        n = part.groupby(["repeat", "clinician_id"]).ngroups
        for flag, states in FLAGS.items():
            flagged = part[part["state"].isin(states)]
            wait = flagged.groupby(["repeat", "clinician_id"])["since"].min().to_numpy()
            month = np.arange(1, months + 1)
            share = (wait[:, None] <= month).sum(axis=0) / n
            for row in zip(month, share, *wilson(share, np.full(months, n)), strict=True):
                yield kind, size, "detected", flag, *row, n


def _waits(detected: pd.DataFrame) -> pd.DataFrame:
    """Rows of `months_to_…`."""
    parts = [months_needed(detected, level, flag) for level in LEVELS for flag in FLAGS]
    waits = pd.concat(parts, ignore_index=True).rename(columns={"needed": "value"})
    waits["measure"] = "months_to_" + (100 * waits["probability"]).round().astype(int).astype(str)
    return waits.assign(month=None)[NUMBERS]


def _false(judged: pd.DataFrame, before: int) -> Iterator[tuple[object, ...]]:
    """Rows of `false_per_100`."""
    others = judged[(judged["kind"] == "none") & (judged["month"] > before)]
    if others.empty:
        return
    person = others["repeat"].astype(str) + " " + others["clinician_id"]
    for flag, states in FLAGS.items():
        hits = others["state"].isin(states)
        low, high = wilson(np.array(hits.mean()), np.array(effective_months(hits, person)))
        yield "none", np.nan, "false_per_100", flag, None, 100 * hits.mean(), 100 * low, 100 * high, len(hits)


def _ranked(judged: pd.DataFrame, before: int) -> Iterator[tuple[object, ...]]:
    """Rows of `auroc`, of practices in which both are known of some months."""
    known = judged[judged["p_over_invested"].notna()]
    others = known[(known["kind"] == "none") & (known["month"] > before)]
    quiet = {repeat: rows["p_over_invested"].to_numpy() for repeat, rows in others.groupby("repeat")}
    for (kind, size), part in known[known["since"] > 0].groupby(["kind", "size"]):
        areas = [
            roc_auc(rows["p_over_invested"].to_numpy(), quiet[repeat])
            for repeat, rows in part.groupby("repeat")
            if repeat in quiet
        ]
        if areas:
            yield kind, size, "auroc", "", None, *mean_interval(np.array(areas)), len(areas)


def _unjudged(judged: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Rows of `not_enough_data`."""
    for (kind, size), part in judged[judged["since"] > 0].groupby(["kind", "size"]):
        hits = part["state"] == "not_enough_data"
        person = part["repeat"].astype(str) + " " + part["clinician_id"]
        low, high = wilson(np.array(hits.mean()), np.array(effective_months(hits, person)))
        yield kind, size, "not_enough_data", "", None, hits.mean(), low, high, len(hits)


def _by_month(judged: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Rows by month of the records: whether the mean slope is found, and how wide intervals are."""
    table = judged.assign(
        width_compensation=judged["compensation_high"] - judged["compensation_low"],
        width_gap=judged["gap_high"] - judged["gap_low"],
    )
    own = (table["width_compensation"] / (2 * 1.645)).rename("own")
    for month, rows in table.groupby("month"):
        practices = [part["compensation"].to_frame().join(own) for _, part in rows.groupby("repeat")]
        for name, test in SLOPE_TESTS.items():
            tested = np.array([test(part.dropna()) for part in practices])
            tested = tested[np.isfinite(tested)]
            if n := len(tested):
                share = np.array((tested < 0.05).mean())
                yield "all", np.nan, name, "", month, float(share), *wilson(share, np.array(n)), n
        for measure, name in MEANS.items():
            means = rows.groupby("repeat")[measure].mean().to_numpy()
            yield "all", np.nan, name, "", month, *mean_interval(means), int(np.isfinite(means).sum())


def _p_unpooled(slopes: pd.DataFrame) -> float:
    """Two-sided p of a mean compensation of 0 among clinicians; NaN with fewer than two.

    Pooling draws the estimates towards their mean by the share B = s²/(s² + v) (s²: between them; v: their own, mean),
    which hides sampling error. Undone, a clinician's own estimate has the variance s²/B² = (s² + v)²/s².
    """
    between = slopes["compensation"].var()
    if between == 0:
        return 1.0
    return _p(slopes["compensation"], (between + (slopes["own"] ** 2).mean()) ** 2 / between)


def _p_ordinary(slopes: pd.DataFrame) -> float:
    """The same by an ordinary t test, as if the estimates were not pooled."""
    return _p(slopes["compensation"], slopes["compensation"].var())


def _p(values: pd.Series, variance: float) -> float:
    if len(values) < 2:
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(2 * t.sf(np.abs(values.mean()) / np.sqrt(variance / len(values)), len(values) - 1))


SLOPE_TESTS = {"mean_slope_found": _p_unpooled, "mean_slope_ordinary": _p_ordinary}
