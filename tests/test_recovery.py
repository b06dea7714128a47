"""What was put into simulated practices is found again, and intervals hold as often as they say."""

from __future__ import annotations

import pandas as pd
import pytest

from caseload import simulate as sim
from caseload.estimates import BalanceModel
from caseload.signals import monthly_signals

KEYS = ["clinician_id", "client_id", "month"]
SIDES = ["effort", "engagement", "gap"]
Z90 = 1.6448536269514722  # R: qnorm(0.95)

pytestmark = pytest.mark.slow


def standardised(truth: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The truth in the contract's unit: one SD of the client-months up to the month; the simulation's is another."""
    known = truth[truth["month"] <= month]
    sides = known[["effort", "engagement"]]
    scaled = known.assign(**((sides - sides.mean()) / sides.std()))
    return scaled.assign(gap=scaled["effort"] - scaled["engagement"])


def with_truth(settings: sim.Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Client-months and clinicians of the last month, estimates beside `_true` values in the estimates' units."""
    simulated = sim.simulate(settings)
    found = BalanceModel().fit(monthly_signals(simulated.practice())).estimate()
    truth = standardised(simulated.truth.clients, found.month)
    clients = found.clients.merge(truth, on=KEYS, suffixes=("", "_true"))
    levels = truth.groupby(["clinician_id", "month"])[SIDES].mean().reset_index()
    earlier = levels[levels["month"] < found.month].groupby("clinician_id")["gap"].mean().rename("earlier")
    states = simulated.truth.clinicians[["clinician_id", "month", "compensation", "kind"]]
    unit = simulated.truth.clients[["effort", "engagement"]].std()
    states = states.assign(compensation=states["compensation"] * unit["engagement"] / unit["effort"])
    people = found.clinicians.merge(levels, on=["clinician_id", "month"], suffixes=("", "_true"))
    people = people.merge(states, on=["clinician_id", "month"], suffixes=("", "_true")).join(earlier, on="clinician_id")
    return clients, people.assign(own_shift_true=people["gap_true"] - people["earlier"])


def held(frame: pd.DataFrame, name: str) -> float:
    """Share of the 90 % intervals that hold the truth."""
    known = frame.dropna(subset=name)
    return float(known[f"{name}_true"].between(known[f"{name}_low"], known[f"{name}_high"]).mean())


def correlation(frame: pd.DataFrame, name: str) -> float:
    return float(frame[name].corr(frame[f"{name}_true"]))


def several(settings: list[sim.Settings]) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = [with_truth(one) for one in settings]
    return pd.concat([clients for clients, _ in found]), pd.concat([people for _, people in found])


@pytest.fixture(scope="module")
def ordinary() -> tuple[pd.DataFrame, pd.DataFrame]:
    return several([sim.Settings(seed=seed, clinicians=14, months=9) for seed in range(101, 106)])


@pytest.mark.parametrize("name", SIDES)
def test_client_months_are_recovered_and_90_percent_intervals_hold_85_to_95(
    ordinary: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> None:
    clients, _ = ordinary
    assert len(clients) > 700
    assert 0.85 <= held(clients, name) <= 0.95
    assert correlation(clients, name) > 0.8


@pytest.mark.parametrize("name", [*SIDES, "own_shift"])
def test_clinicians_are_recovered_and_their_intervals_hold(
    ordinary: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> None:
    """With about 70 clinicians the share has a standard error of 0.03."""
    _, people = ordinary
    assert 0.82 <= held(people, name) <= 0.99
    assert correlation(people, name) > 0.75


def test_the_mean_square_error_is_what_the_interval_says(ordinary: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    clients, _ = ordinary
    known = clients.dropna(subset="gap")
    claimed = ((known["gap_high"] - known["gap"]) / Z90) ** 2
    assert ((known["gap"] - known["gap_true"]) ** 2).mean() / claimed.mean() == pytest.approx(1.0, abs=0.25)


def test_compensating_clinicians_stand_out() -> None:
    strong = (sim.OverInvestment("compensation", share=0.3, size=1.2, onset=0),)
    settings = [sim.Settings(seed=seed, clinicians=12, months=9, over_investment=strong) for seed in range(200, 204)]
    _, people = several(settings)
    assert 0.82 <= held(people, "compensation") <= 0.99
    assert correlation(people, "compensation") > 0.85
    compensating = people["kind"] == "compensation"
    assert people.loc[compensating, "p_compensating"].mean() > 0.75
    assert people.loc[~compensating, "p_compensating"].mean() < 0.15
    assert people.loc[~compensating, "compensation"].abs().mean() < 0.15


def test_a_caseload_shift_is_seen_in_its_direction() -> None:
    shifted = (sim.OverInvestment("level_shift", share=0.3, size=1.5, onset=5, ramp=1),)
    settings = [sim.Settings(seed=seed, clinicians=12, months=8, over_investment=shifted) for seed in range(210, 213)]
    _, people = several(settings)
    over = people["kind"] == "level_shift"
    assert over.sum() >= 9
    assert (people.loc[over, "own_shift"] > 0).mean() >= 0.9
    assert people.loc[over, "own_shift"].mean() > people.loc[~over, "own_shift"].mean() + 0.5


def test_severe_clients_do_not_make_their_clinician_look_over_invested() -> None:
    """Effort found beyond the true one, per clinician, against the mean severity of the clients.

    Over 48 clinicians a correlation by chance stays within ± 0.28 in 95 of 100; without the case mix it is far beyond.
    """
    mix = sim.CaseMix(concentration=0.5, severity_effect=0.6)
    parts = []
    for seed in range(300, 303):
        simulated = sim.simulate(sim.Settings(seed=seed, clinicians=16, months=5, over_investment=(), case_mix=mix))
        signals = monthly_signals(simulated.practice())
        truth = standardised(simulated.truth.clients, signals["month"].max()).merge(
            signals[[*KEYS, "severity"]], on=KEYS
        )
        for case_mix in (True, False):
            found = BalanceModel(case_mix=case_mix).fit(signals).estimate()
            table = found.clients.merge(truth, on=KEYS, suffixes=("", "_true"))
            table = table.assign(beyond=table["effort"] - table["effort_true"], case_mix=case_mix, seed=seed)
            parts.append(table.groupby(["case_mix", "seed", "clinician_id"])[["beyond", "severity"]].mean())
    means = pd.concat(parts)
    with_it, without = (means.loc[case_mix].corr().loc["beyond", "severity"] for case_mix in (True, False))
    assert abs(with_it) < 0.28
    assert without > 0.5
