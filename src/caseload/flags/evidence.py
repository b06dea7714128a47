"""The frames that flags are read from, side by side, one row per clinician and month."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from caseload.flags.every import FLAGS

KEYS = ["clinician_id", "month"]


@dataclass(frozen=True)
class Evidence:
    """Everything known about every clinician-month, each as of the month's end.

    `balance`: the columns of clinicians.csv up to `p_over_invested` and the log-odds of its drivers (`compensating`,
    `shifted`, `concentrated`), `elevated` (log odds) and `top_clients`; `stage`: of `stage_congruence`; `personal`: of
    `p_activation`, with `surveyed` and the columns of `unmet_provision`; `self_care`: of `self_care`; `fatigue`: of
    `p_compassion_fatigue`. All have `clinician_id` and `month` and the rows of `balance`.
    """

    balance: pd.DataFrame
    stage: pd.DataFrame
    personal: pd.DataFrame
    self_care: pd.DataFrame
    fatigue: pd.DataFrame

    def of(self, flag: str) -> pd.DataFrame:
        """The frame that a flag is read from."""
        table: pd.DataFrame = getattr(self, FLAGS[flag].table)
        return table


def on_rows_of(balance: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """`table` with exactly the clinician-months of `balance`, in their order; NaN where it says nothing."""
    return balance[KEYS].merge(table, on=KEYS, how="left", validate="one_to_one")
