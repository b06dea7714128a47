"""Every variation against a model that was fitted that way by hand; nothing later is used; both sides of thresholds."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import caseload
from caseload import BalanceModel, ParameterError, figures
from caseload.estimates.sensitivity import (
    MONTHS,
    QUANTITIES,
    sensitivity_summary,
    threshold_sensitivity,
)
from caseload.signals import monthly_signals
from caseload.simulate import ATTENDANCE_ALL_MINUTES_CONTACTS, Settings, simulate

NAMES = list(QUANTITIES)


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    return monthly_signals(
        simulate(Settings(clinicians=6, months=8, seed=4, recording=ATTENDANCE_ALL_MINUTES_CONTACTS)).practice()
    )


@pytest.fixture(scope="module")
def table(signals: pd.DataFrame) -> pd.DataFrame:
    return caseload.sensitivity(signals)


def values(signals: pd.DataFrame, **parameters: object) -> pd.DataFrame:
    return BalanceModel(**parameters).fit(signals).estimate().clinicians.set_index("clinician_id")[NAMES]


@pytest.mark.parametrize(
    ("variation", "changed", "parameters"),
    [
        ("without notes", lambda signals: signals.assign(notes=np.nan, notes_n=0), {}),
        ("without attendance", lambda signals: signals.assign(attendance=np.nan, attendance_n=0), {}),
        ("without case mix", lambda signals: signals, {"case_mix": False}),
        ("priors worth half", lambda signals: signals, {"prior_weight": 0.5}),
        ("priors worth twice", lambda signals: signals, {"prior_weight": 2.0}),
        (
            f"the last {MONTHS} months only",
            lambda signals: signals[signals["month"] > signals["month"].max() - MONTHS],
            {},
        ),
    ],
)
def test_a_variation_is_the_model_fitted_that_way(signals, table, variation, changed, parameters):
    expected, stands = values(changed(signals), **parameters), values(signals)
    found = table[table["variation"] == variation].set_index("clinician_id")
    pd.testing.assert_frame_equal(found[NAMES], expected.reindex(stands.index), check_like=True)
    changes = found[[f"{name}_change" for name in NAMES]].set_axis(NAMES, axis=1)
    pd.testing.assert_frame_equal(changes, expected.reindex(stands.index) - stands, check_like=True)


def test_only_signals_in_use_are_left_out(signals):
    bare = signals.assign(overrun=np.nan, overrun_n=0)
    said = set(caseload.sensitivity(bare)["variation"])
    assert "without overrun" not in said and "without notes" in said


def test_nothing_later_is_used(signals):
    month = sorted(signals["month"].unique())[-3]
    whole = caseload.sensitivity(signals, month)
    cut = caseload.sensitivity(signals[signals["month"] <= month], month)
    pd.testing.assert_frame_equal(whole, cut)


def test_the_summary_is_what_a_loop_would_count():
    rows = [
        ("a", "signal", "x", 0.2, 0.75, 0.10),
        ("a", "signal", "y", -0.4, 0.60, -0.15),
        ("b", "priors", "x", 0.1, 0.70, 0.0),
    ]
    columns = ["variation", "kind", "clinician_id", "gap_change", "p_over_invested", "p_over_invested_change"]
    made = sensitivity_summary(pd.DataFrame(rows, columns=columns))
    assert made["variation"].tolist() == ["a", "b"]
    first = made.iloc[0]
    assert (first["clinicians"], first["crossed"]) == (2, 2)  # .65 → .75 and .75 → .60
    assert (first["gap_change"], first["gap_most"]) == pytest.approx((0.3, 0.4))
    assert made.iloc[1]["crossed"] == 0


def test_thresholds_on_both_sides():
    probability = pd.Series([0.7, 0.69, 0.9, 0.89, np.nan])
    table = threshold_sensitivity(probability, [-0.01, 0.0, 0.01]).set_index("shift")
    assert table["watched"].tolist() == [4, 3, 2]
    assert table["raised"].tolist() == [2, 1, 0]
    with pytest.raises(ParameterError, match="out of 0 to 1"):
        threshold_sensitivity(probability, [0.2])


def test_the_figure_draws_the_table(table):
    summary = sensitivity_summary(table)
    ax = figures.draw_sensitivity(summary, Figure().add_subplot())
    marks = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    np.testing.assert_allclose(marks["median"][:, 0], summary["gap_change"])
    np.testing.assert_allclose(marks["largest"][:, 0], summary["gap_most"])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    with pytest.raises(ValueError, match="no rows"):
        figures.draw_sensitivity(summary.head(0), Figure().add_subplot())


def test_what_cannot_be_told_is_said(signals):
    with pytest.raises(ParameterError, match="no client-month"):
        caseload.sensitivity(signals.head(0))
    with pytest.raises(ParameterError, match="prior_weight"):
        BalanceModel(prior_weight=0).fit(signals)
