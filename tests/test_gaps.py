"""What gaps cost: against the intervals that the model itself gives with a signal and without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from caseload import simulate as sim
from caseload.estimates import BalanceModel, gaps
from caseload.estimates.gaps import cost_of_gaps
from caseload.signals import SIGNALS, monthly_signals

NAMES = [signal.name for signal in SIGNALS]


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    return monthly_signals(sim.simulate(sim.Settings(seed=2, clinicians=6, months=6)).practice())


@pytest.fixture(scope="module")
def costs(signals: pd.DataFrame) -> pd.DataFrame:
    return cost_of_gaps(signals, signals["month"].max()).set_index("signal")


def test_intervals_are_those_of_the_model(signals: pd.DataFrame) -> None:
    """The widths that costs are ratios of are the `_low` and `_high` of clients.csv."""
    month = signals["month"].max()
    model = BalanceModel().fit(signals)
    clients = model.estimate(month).clients.set_index(["clinician_id", "client_id"])
    for name in ("effort", "engagement"):
        read = gaps._reader(signals, model.sides_[name], name, model.panel_, month)({})
        keys = signals.loc[signals["month"] == month, ["clinician_id", "client_id"]]
        width = (clients[f"{name}_high"] - clients[f"{name}_low"]).reindex(pd.MultiIndex.from_frame(keys)).to_numpy()
        known = ~np.isnan(width)
        assert known.any()
        assert (2 * 1.6448536269514722 * read)[known] == pytest.approx(width[known])


def test_a_gap_never_makes_an_interval_narrower(costs: pd.DataFrame) -> None:
    assert (costs["cost"].dropna() >= 0).all() and (costs["worth"].dropna() >= 0).all()
    assert costs["cost"].max() > 0.05
    assert list(costs.index) == [name for name in NAMES if name in costs.index]


def test_there_is_a_cost_where_there_is_a_gap(signals: pd.DataFrame, costs: pd.DataFrame) -> None:
    now = signals[signals["month"] == signals["month"].max()]
    attended = now["n_attended"] > 0
    assert costs.loc["srs", "gaps"] == (attended & (now["srs_n"] == 0)).sum() > 0
    assert costs.loc["rebooking", "gaps"] == ((now["n_sessions"] > now["n_attended"]) & (now["rebooking_n"] == 0)).sum()
    assert (costs["cost"].isna() == (costs["gaps"] == 0)).all()


def test_more_gaps_cost_those_who_have_them_and_nobody_else(signals: pd.DataFrame, costs: pd.DataFrame) -> None:
    """A clinician who records no SRS at all has wider intervals than the others' single gaps."""
    mine = signals["clinician_id"] == "C01"
    without = signals.assign(srs=signals["srs"].mask(mine), srs_n=signals["srs_n"].mask(mine, 0))
    lacking = cost_of_gaps(without, signals["month"].max()).set_index("signal")
    assert lacking.loc["srs", "gaps"] > costs.loc["srs", "gaps"]


def test_what_nobody_records_has_no_cost(signals: pd.DataFrame) -> None:
    without = signals.assign(srs=np.nan, srs_n=0)
    assert "srs" not in set(cost_of_gaps(without, signals["month"].max())["signal"])


def test_nothing_later_than_the_month_is_used(signals: pd.DataFrame) -> None:
    month = signals["month"].max() - 2
    whole, known = (cost_of_gaps(table, month) for table in (signals, signals[signals["month"] <= month]))
    pd.testing.assert_frame_equal(whole, known)
    assert cost_of_gaps(signals, signals["month"].max() + 1).empty


def test_of_many_clinicians_a_part_is_read(signals: pd.DataFrame) -> None:
    many = pd.concat(
        [signals.assign(clinician_id=signals["clinician_id"] + f"-{copy:03}") for copy in range(40)], ignore_index=True
    )
    part = many.iloc[gaps._some(many)]
    assert 60 <= part["clinician_id"].nunique() < 120
    assert len(gaps._some(signals)) == len(signals)
