"""Personal activation: a clinician's own usual, the rating's error, and how long a score speaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from survey_fixtures import month, months, rating, scores, wave

from caseload.estimates.activation import RATING, STS, p_activation


def test_activation_rating_by_hand():
    data = scores(*[rating(f"2026-0{m}-10", x) for m, x in ((1, 1.0), (2, 3.0), (3, 2.0), (4, 6.0))])
    table = p_activation(data, months("2026-01", "2026-05")).set_index("month")
    # April: own usual (1 + 3 + 2)/3 = 2, difference 4; noise 1·(1 + 1/3) = 4/3, weight 4/(4 + 4/3) = .75;
    # posterior mean 3, SD √(.75·4/3) = 1; P(change > 1) = Φ(2) = .97725
    assert table.loc[month("2026-04"), "p_rating"] == pytest.approx(norm.cdf(2))
    assert table.loc[month("2026-04"), "rating_usual"] == 2
    # March: usual 2, difference 0; noise 1.5, weight 4/5.5; P = Φ(−1/√(weight·1.5))
    assert table.loc[month("2026-03"), "p_activation"] == pytest.approx(norm.cdf(-1 / np.sqrt(4 / 5.5 * 1.5)))
    assert table.loc[[month("2026-01"), month("2026-02")], "p_activation"].isna().all()  # under two earlier months
    assert np.isnan(table.loc[month("2026-05"), "p_activation"])  # a monthly rating is not carried on


def test_sts_is_carried_for_three_months():
    days = ["2025-07-10", "2025-10-10", "2026-01-10"]
    data = scores(*[wave(day, 50, t) for day, t in zip(days, (48, 52, 70), strict=True)])
    table = p_activation(data, months("2026-01", "2026-05"))
    noise = STS.error**2 * 1.5
    weight = STS.spread**2 / (STS.spread**2 + noise)
    expected = norm.sf(STS.error, weight * 20, np.sqrt(weight * noise))
    assert table["p_sts"].tolist()[:4] == pytest.approx([expected] * 4)
    assert np.isnan(table["p_sts"][4]) and table["sts_usual"][0] == pytest.approx(50)


def test_the_larger_of_rating_and_sts():
    waves = [wave(day, 50, t) for day, t in (("2026-01-10", 48), ("2026-02-10", 52), ("2026-03-10", 70))]
    ratings = [rating(day, 3) for day in ("2026-01-10", "2026-02-10", "2026-03-10")]
    row = p_activation(scores(*waves, *ratings), month("2026-03")).iloc[0]
    assert row["p_sts"] > row["p_rating"] and row["p_activation"] == row["p_sts"]


@settings(max_examples=6, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=3, max_size=8), st.floats(0, 3))
def test_activation_is_a_probability_and_rises_with_the_rating(past, more):
    days = pd.date_range("2025-01-10", periods=len(past), freq="MS") + pd.Timedelta(days=9)
    frames = [rating(str(day.date()), x) for day, x in zip(days, past, strict=True)]
    higher = [*frames[:-1], rating(str(days[-1].date()), min(past[-1] + more, 10.0))]
    asked = days[-1].to_period("M")
    low, high = (float(p_activation(scores(*f), asked)["p_activation"][0]) for f in (frames, higher))
    assert 0 <= low <= high <= 1


def test_noise_alone_seldom_reaches_the_threshold():
    rng = np.random.default_rng(5)
    days = pd.date_range("2026-01-10", periods=6, freq="MS")
    noise = pd.DataFrame(
        {
            "clinician_id": np.repeat([f"C{i:03}" for i in range(400)], 6),
            "completed_on": np.tile(days, 400),
            "instrument": "activation",
            "scale": "total",
            "t": np.nan,
            "raw": 4 + RATING.error * rng.standard_normal(2400),
        }
    )
    p = p_activation(noise, month("2026-07"))["p_rating"]
    assert len(p) == 400 and (p >= 0.9).mean() < 0.02


def test_no_scores_no_rows():
    assert p_activation(scores(wave("2026-01-10", 50, 50)).iloc[:0], month("2026-01")).empty
