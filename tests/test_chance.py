"""What chance alone would do, as a page prints it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from caseload.estimates.over_investment import OverInvestment
from caseload.pages.chance import expected_false_flags, index_chance, supervisee_chance
from caseload.research import training

RATES = OverInvestment.load().null


def shown(*flags: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(flags, columns=["state", "probability"])


def test_expected_flags_are_the_rates_times_the_supervisees():
    expected = expected_false_flags(40, [12, 4], shown())
    assert expected["raise"] == 40 * RATES["raise"] and expected["watch"] == 40 * RATES["watch"]
    assert expected["signals"] == pytest.approx(0.02833 + 0.07894)
    assert (expected["flagged"], expected["mistaken"]) == (0, 0.0)


def test_what_is_not_exceeded_in_19_of_20_practices():
    rng = np.random.default_rng(0)
    practices = rng.poisson(rng.gamma(RATES["shape"], 500 * RATES["watch"] / RATES["shape"], 200_000))
    assert expected_false_flags(500, [], shown())["watch_high"] == np.quantile(practices, 0.95)


def test_mistaken_flags_are_the_sum_of_what_their_probabilities_leave():
    unmet = ("watch", 0.1), ("watch", np.nan)  # facts, whatever else is likely
    flags = shown(("raise", 0.95), ("watch", 0.7), *unmet, ("steady", 0.5), ("not_enough_data", np.nan))
    expected = expected_false_flags(3, [], flags)
    assert (expected["flagged"], expected["mistaken"]) == (2, pytest.approx(0.35))
    assert "about 0.4 of the 2 flags shown here would be wrong" in index_chance(3, [], flags).text[0]


def test_a_page_without_flags_says_nothing_of_mistaken_ones():
    for chance in (index_chance(3, [], shown(("steady", 0.1))), supervisee_chance([12], True, shown())):
        assert "probabilit" not in " ".join(chance.text)
    told = supervisee_chance([], True, shown(("raise", 0.9))).text[0]
    assert "the one flag on this page is 10% likely to be wrong" in told


class AsGiven:
    """A model whose probabilities stand in the table."""

    def probability(self, table: pd.DataFrame) -> pd.Series:
        return table["p"]


def practice(*rows: tuple[float, ...]) -> pd.DataFrame:
    """One row a clinician, one value a month."""
    frame = pd.DataFrame(rows).rename_axis("who").reset_index().melt("who", var_name="month", value_name="p")
    return frame.set_index("who").sort_values("month").assign(enough=True)


def test_null_rates_by_hand():
    # raised: .95 after .8; watched: .8, .95, .7; of six months
    rates = training.null_rates([practice((0.8, 0.95, 0.1), (0.7, 0.69, 0.2))], AsGiven())
    assert (rates["raise"], rates["watch"], rates["months"]) == (1 / 6, 3 / 6, 6)


def test_months_without_enough_data_neither_raise_nor_count():
    table = practice((0.8, 0.95, 0.95))
    table["enough"] = table["month"] != 1
    rates = training.null_rates([table], AsGiven())
    assert (rates["raise"], rates["watch"], rates["months"]) == (0.0, 1.0, 2)


def test_practices_that_differ_have_a_small_shape():
    alike = [practice((0.8, 0.1, 0.1, 0.1))] * 20
    uneven = [practice((0.8, 0.8, 0.8, 0.8))] * 5 + [practice((0.1, 0.1, 0.1, 0.1))] * 15
    assert training.null_rates(alike, AsGiven())["shape"] == float("inf")
    # expected 1 each; beyond: (5·(4 − 1)² + 15·1 − 20) = 40, so the shape is 20/40
    assert training.null_rates(uneven, AsGiven())["shape"] == pytest.approx(0.5)
