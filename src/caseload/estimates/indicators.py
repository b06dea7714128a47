"""Indicators of staff support and load: what each clinician's month adds to a figure of a team.

Every figure of a team is a ratio of two sums over its people: hours that took place of hours promised, clients of
full-time posts. Here are the terms of these sums, one row per clinician, month and indicator; who may see which sum is
decided where pages are made.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import beta
from scipy.stats import t as student

from caseload.estimates.selfcare import WORKLOAD
from caseload.estimates.supports import CANCELLERS, PROVIDED_KINDS

COLUMNS = ["clinician_id", "month", "indicator", "part", "whole"]
PEOPLE = "people"
INTERVAL = (0.05, 0.95)
_KEYS = ["clinician_id", "month"]


def indicator_parts(
    hours: pd.DataFrame,
    boundaries: pd.DataFrame,
    clinicians: pd.DataFrame,
    sessions: pd.DataFrame,
    plan: pd.DataFrame,
    supervisees: pd.DataFrame,
) -> pd.DataFrame:
    """COLUMNS, one row per clinician, month and indicator that can be told; a missing row is not a zero.

    Takes `support_hours`, `boundaries`, the rows of clinicians.csv (clinician_id, month, n_clients), the sessions, the
    self-care plan and the clinicians (`fte`, missing = 1). Indicators (part / whole): `supervision` (supervision and
    consultation) and `peer_support`, hours that took place / planned; `cancelled_clinician`, `cancelled_supervisor`,
    `cancelled_service` (hours / planned supervision and consultation); `after_hours` (hours of contact / person),
    `overruns` (sessions over time / person), `days_off` (days / person), `client_hours` (a week / full-time post),
    `caseload` (clients seen or missed / full-time post), `trauma` (attended sessions with trauma focus / of those where
    it is recorded), `plan` (times done / planned, both recorded), `workload` (goals for which workload was noted as the
    barrier / goals with a barrier or its absence noted).
    """
    fte = supervisees.set_index("clinician_id")["fte"].astype(float).fillna(1.0)
    load = clinicians[[*_KEYS, "n_clients"]]
    measured = {name: _measure(boundaries, name) for name in ("after_hours_minutes", "overruns", "days_off")}
    parts = {
        **_provided(hours),
        "after_hours": measured["after_hours_minutes"].assign(part=lambda table: table["part"] / 60),
        "overruns": measured["overruns"],
        "days_off": measured["days_off"],
        "client_hours": _per_post(_measure(boundaries, "weekly_client_hours"), fte),
        "caseload": _per_post(load.set_axis([*_KEYS, "part"], axis=1), fte),
        "trauma": _trauma(sessions),
        **_plan(plan),
    }
    tables = [table.assign(indicator=name) for name, table in parts.items()]
    return pd.concat([table[COLUMNS] for table in tables if len(table)] or [pd.DataFrame(columns=COLUMNS)])


def ratios(parts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The ratio of sums of each group with its 90 % interval over people.

    Takes COLUMNS and the columns `by`; `shares` of hours, sessions or times have the Jeffreys interval of a proportion
    (Brown, Cai & DasGupta 2001), ratios to people or posts that of a ratio estimator, linearised over people (Cochran
    1977, 6.3; NaN for one person). Returns `by`, then `value`, `low`, `high`, `people`, `part`, `whole` (the sums),
    `largest` and `second` (the two largest parts of one person).
    """
    rows = parts[parts["whole"] > 0]
    rows = rows.groupby([*by, "clinician_id"], as_index=False)[["part", "whole"]].sum()
    squares = rows.assign(pp=rows["part"] ** 2, pw=rows["part"] * rows["whole"], ww=rows["whole"] ** 2)
    table = squares.groupby(by, as_index=False).agg(
        people=("clinician_id", "size"),
        **{name: (name, "sum") for name in ("part", "whole", "pp", "pw", "ww")},
        largest=("part", "max"),
    )
    ordered = rows.sort_values("part", kind="stable").assign(second=rows["part"])
    ranked = ordered.groupby(by)[[*by, "second"]].nth(-2)
    table = table.merge(ranked, on=by, how="left").fillna({"second": 0.0})
    value = table["part"] / table["whole"]
    people = table["people"].to_numpy(float)
    spread = (table["pp"] - 2 * value * table["pw"] + value**2 * table["ww"]).clip(lower=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(spread * people / (people - 1)) / table["whole"]
        reach = student.ppf(INTERVAL[1], people - 1) * error
    ends = np.maximum(value - reach, 0.0), value + reach
    is_share = table["indicator"].isin(SHARES) if "indicator" in table else pd.Series(False, index=table.index)
    proportion = jeffreys(table["part"], table["whole"])
    low, high = (np.where(is_share, of_share, end) for of_share, end in zip(proportion, ends, strict=True))
    table = table.assign(value=value, low=low, high=high)
    return table[[*by, "value", "low", "high", PEOPLE, "part", "whole", "largest", "second"]]


def jeffreys(part: pd.Series, whole: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The 90 % interval of a proportion (Brown, Cai & DasGupta 2001): it reaches 0 where the part is 0, 1 where all."""
    rest = (whole - part).clip(lower=0)
    low, high = (np.asarray(beta.ppf(level, part + 0.5, rest + 0.5)) for level in INTERVAL)
    return np.where(part <= 0, 0.0, low), np.where(rest <= 0, 1.0, high)


CANCELLED = tuple(f"cancelled_{who}" for who in CANCELLERS)
SHARES = frozenset({"supervision", "peer_support", *CANCELLED, "trauma", "plan", "workload"})
"""Indicators whose part is some of the whole; the others are amounts for each person or post."""


def _provided(hours: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Supports that were promised and what became of them."""
    planned = hours[hours["planned"] > 0].assign(whole=hours["planned"])
    planned["done"] = np.minimum(planned["done"], planned["planned"])
    promised = planned[planned["kind"].isin(PROVIDED_KINDS)]
    promised = promised.groupby(_KEYS, as_index=False)[["whole", "done", *CANCELLED]].sum()
    peers = planned[planned["kind"] == "peer_support"]
    return {
        "supervision": promised.assign(part=promised["done"]),
        "peer_support": peers.assign(part=peers["done"]),
        **{name: promised.assign(part=promised[name]) for name in CANCELLED},
    }


def _measure(boundaries: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One measure of `boundaries`, a person counting as one."""
    rows = boundaries[(boundaries["measure"] == measure) & boundaries["value"].notna()]
    return rows[_KEYS].assign(part=rows["value"].astype(float), whole=1.0)


def _per_post(table: pd.DataFrame, fte: pd.Series) -> pd.DataFrame:
    return table.assign(part=table["part"].astype(float), whole=table["clinician_id"].map(fte).astype(float))


def _trauma(sessions: pd.DataFrame) -> pd.DataFrame:
    rows = sessions[(sessions["status"] == "attended") & sessions["trauma_focus"].notna()]
    focus = rows["trauma_focus"].astype(float)
    month = rows["scheduled_start"].dt.to_period("M")
    table = pd.DataFrame({"clinician_id": rows["clinician_id"], "month": month, "part": focus, "whole": 1.0})
    return table.groupby(_KEYS, as_index=False)[["part", "whole"]].sum()


def _plan(plan: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Times done, up to what was planned, and goals that workload stood in the way of."""
    done = plan[["planned_times", "done_times"]].min(axis=1, skipna=False)
    times = plan[_KEYS].assign(part=done, whole=plan["planned_times"].where(done.notna()))
    noted = plan[plan["barrier"].notna() & (plan["barrier"] != "")]
    hindered = (noted["barrier"] == WORKLOAD).astype(float)
    barriers = noted[_KEYS].assign(part=hindered, whole=1.0)
    return {
        name: table.dropna().groupby(_KEYS, as_index=False)[["part", "whole"]].sum()
        for name, table in (("plan", times), ("workload", barriers))
    }
