"""What was last known of somebody, carried to the months after it."""

from __future__ import annotations

import numpy as np
import pandas as pd


def every_month(clinicians: pd.Series, months: pd.PeriodIndex) -> pd.DataFrame:
    """Every clinician in every month asked."""
    index = pd.MultiIndex.from_product([clinicians.drop_duplicates().sort_values(), months])
    return index.to_frame(index=False, name=["clinician_id", "month"])


def last_known(table: pd.DataFrame, facts: pd.DataFrame, carried: int | None) -> pd.DataFrame:
    """Add to each clinician-month the newest earlier or equal row of `facts`, at most `carried` months old."""
    if table.empty or facts.empty:
        empty = facts.rename(columns={"month": "wave"}).drop(columns="clinician_id").iloc[:0]
        return table.join(empty.reset_index(drop=True))
    left = table.assign(_at=ordinals(table["month"]))
    right = facts.rename(columns={"month": "wave"}).assign(_at=ordinals(facts["month"])).sort_values("_at")
    order = left.reset_index().sort_values("_at", kind="stable")
    carried_on = pd.merge_asof(order, right, on="_at", by="clinician_id", tolerance=carried)
    return carried_on.sort_values("index").drop(columns=["index", "_at"]).reset_index(drop=True)


def ordinals(months: pd.Series) -> np.ndarray:
    """Months as numbers that can be subtracted."""
    return pd.PeriodIndex(months, freq="M").astype("int64").to_numpy()
