"""A month's balance is estimated once, and what somebody does with the answer is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

import caseload.simulate as sim
from caseload.review import months
from caseload.review.months import balance_of
from caseload.signals import monthly_signals

MONTH = pd.Period("2025-08")


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    settings = sim.Settings(seed=3, clinicians=3, months=4, clients_per_clinician=5)
    return monthly_signals(sim.simulate(settings).practice())


@pytest.fixture
def estimated(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many rows each estimation had, from a process that knows no month."""
    rows: list[int] = []

    class Counted(months.BalanceModel):
        def fit(self, signals: pd.DataFrame, y: None = None) -> Counted:
            rows.append(len(signals))
            return super().fit(signals)

    monkeypatch.setattr(months, "BalanceModel", Counted)
    months._kept.clear()
    yield rows
    months._kept.clear()


def test_a_month_is_estimated_once(signals: pd.DataFrame, estimated: list[int]) -> None:
    first, again = balance_of(signals, MONTH), balance_of(signals.copy(), MONTH)
    pd.testing.assert_frame_equal(first.clients, again.clients)
    assert estimated == [(signals["month"] <= MONTH).sum()]


def test_what_is_recorded_later_estimates_no_month_anew(signals: pd.DataFrame, estimated: list[int]) -> None:
    balance_of(signals[signals["month"] <= MONTH], MONTH)
    balance_of(signals, MONTH)
    assert len(estimated) == 1


@pytest.mark.parametrize("column", ["prep", "attendance_n", "clinician_id"])
def test_any_value_that_differs_is_another_month(signals: pd.DataFrame, estimated: list[int], column: str) -> None:
    balance_of(signals, MONTH)
    other = signals.copy()
    other.loc[0, column] = "another" if column == "clinician_id" else other[column].max() + 1
    balance_of(other, MONTH)
    assert len(estimated) == 2


def test_what_is_changed_in_an_answer_is_in_no_later_one(signals: pd.DataFrame, estimated: list[int]) -> None:
    first = balance_of(signals, MONTH)
    expected = first.clients["gap"].copy()
    first.clients.loc[:, "gap"] = 99.0
    first.features.iloc[:, 0] = 99.0
    again = balance_of(signals, MONTH)
    pd.testing.assert_series_equal(again.clients["gap"], expected)
    assert not again.features.iloc[:, 0].eq(99.0).any()


def test_the_months_that_are_kept_have_a_limit(
    signals: pd.DataFrame, estimated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "MOST_KEPT", 2)
    for month in ("2025-06", "2025-07", "2025-09", "2025-06"):
        balance_of(signals, pd.Period(month))
    assert (len(estimated), len(months._kept)) == (4, 2)


def test_a_month_without_a_row_has_no_balance(signals: pd.DataFrame, estimated: list[int]) -> None:
    assert balance_of(signals, pd.Period("2025-12")) is None
    assert estimated == []
