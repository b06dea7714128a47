"""P(over-invested): an additive reading of the odds of episodes."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pandas as pd
import pytest
from estimates_fixtures import keys_of

from caseload.estimates.compensation import Slopes
from caseload.estimates.episodes import KINDS, Episodes
from caseload.estimates.over_investment import FEATURES, OverInvestment, features
from caseload.estimates.panel import Panel


def found_features(seed: int, rows: int = 40) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(2 * draw.standard_normal((rows, len(FEATURES))), columns=list(FEATURES))


def test_terms_add_up_to_the_log_odds() -> None:
    model, table = OverInvestment.load(), found_features(1)
    p = model.probability(table)
    assert p.between(0, 1).all()
    inside = p[(p > 1e-9) & (p < 1 - 1e-9)]
    log_odds = [log(value / (1 - value)) for value in inside]
    expected = model.terms(table).loc[inside.index].sum(axis=1) + model.intercept
    np.testing.assert_allclose(log_odds, expected, atol=1e-5)


def test_the_probability_by_hand() -> None:
    """Coefficients 2 and 3 on log odds of 1.5 for a shift and .5 for any the month before: −4 + 2·1.5 + 3·0.5."""
    model = OverInvestment({"shifted": 2.0, "any_before": 3.0}, -4.0, {})
    table = pd.DataFrame(0.0, index=["C"], columns=list(FEATURES)).assign(shifted=1.5, any_before=0.5)
    assert model.probability(table)["C"] == pytest.approx(1 / (1 + exp(-0.5)))


def test_a_kinds_driver_is_what_its_odds_add_as_its_own_and_as_those_of_any() -> None:
    model = OverInvestment({"shifted": -0.1, "any": 0.5, "compensating_before": 0.2, "any_before": 0.3}, -1.0, {})
    odds = {"compensating": 2.0, "compensating_before": 4.0, "shifted": 3.0}
    found = pd.DataFrame(0.0, index=["C"], columns=list(FEATURES)).assign(**odds)
    expected = {"compensating": 2 * 0.5 + 4 * (0.2 + 0.3), "shifted": 3 * (0.5 - 0.1), "concentrated": 0.0}
    assert model.drivers(found).loc["C"].to_dict() == pytest.approx(expected)


def test_every_coefficient_belongs_to_a_feature() -> None:
    assert set(OverInvestment.load().coefficients) == set(FEATURES)


def test_what_is_learned_reads_the_features_as_they_are() -> None:
    """In units ten times as small a feature's coefficient is a tenth, and every probability is the same."""
    table = found_features(2, rows=300)
    noise = np.random.default_rng(3).standard_normal(300)
    table = table.assign(truth=2 * table["shifted"] - 1 + noise > 0)
    model, finer = (OverInvestment.learned(each) for each in (table, table.assign(shifted=10 * table["shifted"])))
    assert finer.coefficients["shifted"] == pytest.approx(model.coefficients["shifted"] / 10)
    assert model.coefficients["shifted"] > 3 * abs(model.coefficients["compensating"])
    assert model.probability(table).mean() == pytest.approx(table["truth"].mean(), abs=0.01)


def test_features_are_cut_log_odds_and_those_of_any() -> None:
    panel = Panel.of(keys_of(2, 1, 1))
    odds = np.array([[log(0.5), log(0.25), log(0.25)], [20.0, -20.0, 0.0]])
    nothing = np.zeros(0)
    found = features(panel, Episodes(odds, odds - 1, Slopes(nothing, nothing, nothing), nothing, nothing))
    assert found.loc["C00", ["compensating", "any", "any_before"]].tolist() == pytest.approx([log(0.5), 0.0, -1.0])
    assert found.loc["C01", ["compensating", "shifted", "any"]].tolist() == [8.0, -6.0, 8.0]


@pytest.mark.parametrize("kind", KINDS)
def test_more_of_one_kind_makes_over_investment_likelier(kind: str) -> None:
    odds = np.full((9, 3), -4.0)
    odds[:, KINDS.index(kind)] = np.arange(-5.0, 4.0)
    panel, nothing = Panel.of(keys_of(9, 1, 1)), np.zeros(0)
    p = OverInvestment.load().probability(
        features(panel, Episodes(odds, odds, Slopes(nothing, nothing, nothing), nothing, nothing))
    )
    assert p.is_monotonic_increasing
    assert p.iloc[0] < 0.15 and p.iloc[-1] > 0.5
