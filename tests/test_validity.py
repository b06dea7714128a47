"""The benchmark of validity: its worlds, its measures against hand-worked cases, its oracle against brute force."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logsumexp
from scipy.stats import multivariate_normal

from caseload.research.method import COLUMNS
from caseload.research.training import practice_settings
from caseload.signals import monthly_signals
from caseload.simulate import OverInvestment, Settings, Simulated, Truth, simulate

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks do not travel with the package", allow_module_level=True)
pytest.importorskip("statsmodels", reason="the mixed model needs statsmodels")
sys.path.insert(0, str(BENCHMARKS))

import contenders  # noqa: E402
import measures  # noqa: E402
import oracle  # noqa: E402
import validity  # noqa: E402
import worlds  # noqa: E402

TINY = Settings(seed=4, clinicians=6, months=5, clients_per_clinician=6.0)


def tiny(kind: str, **changes: object) -> Simulated:
    return simulate(replace(TINY, over_investment=(OverInvestment(kind, share=0.5, **changes),)))


def found(**columns: list[object]) -> pd.DataFrame:
    """One practice, one clinician, consecutive months."""
    months = pd.period_range("2025-01", periods=len(columns["over_invested"]), freq="M")
    index = pd.MultiIndex.from_product([[0], ["C01"], months], names=["practice", "clinician_id", "month"])
    return pd.DataFrame({"judged": True, **columns}, index=index)


def value(measured: object, measure: str) -> float:
    (number,) = [one for one in measured if one.measure == measure]
    return number.value


# ---- worlds


def test_worlds_have_a_name_each_that_a_command_line_can_list() -> None:
    keys = [(world.name, world.difficulty) for world in worlds.WORLDS]
    assert len(set(keys)) == len(keys) == 36
    assert not any("," in name or len(name) > 22 for name, _ in keys)
    kinds = [world for world in worlds.WORLDS if world.over_invested]
    assert all(part.share == worlds.SHARE for world in kinds for part in world.settings.over_investment)


def test_worlds_lie_outside_the_family_that_was_learned_from() -> None:
    family = [practice_settings(seed) for seed in range(60)]
    for name in ("noise", "clients_per_clinician", "sessions_per_month"):
        assert getattr(worlds.USUAL, name) > max(getattr(settings, name) for settings in family)
    assert min(worlds.FIRST_SEED, worlds.practice(8, 0).settings.seed) > max(one.seed for one in family) + 1_000_000


# ---- measures


def test_a_missing_figure_counts_as_the_median() -> None:
    table = found(over_invested=[False, False, True, True, True], a=[1.0, 3.0, np.nan, 4.0, 0.0], b=[np.nan] * 5)
    ranked = list(measures.ranking(table, ["a", "b"]))
    assert {one.contender for one in ranked} == {"a"}  # a figure that nobody has is not ranked
    assert value(ranked, "auroc") == pytest.approx((1 + 0 + 2) / 6)  # the median 2 beats 1, not 3
    assert ranked[0].n == 5
    assert ranked[0].n_true == 3


def test_nothing_is_ranked_where_nobody_is_over_invested() -> None:
    assert list(measures.ranking(found(over_invested=[False, False], a=[1.0, 2.0]), ["a"])) == []


def test_flags_are_counted_among_true_and_other_months_apart() -> None:
    states = ["raise", "watch", "steady", "not_enough_data", "raise", "raise", "watch", "steady"]
    table = found(over_invested=[False] * 4 + [True] * 4, state=states)
    counted = list(measures.flags(table))
    assert value(counted, "false_raise_per_100") == 25
    assert value(counted, "false_watch_per_100") == 50
    assert value(counted, "true_months_raised") == 0.5
    assert value(counted, "true_months_watched") == 0.75
    table["judged"] = [False, *[True] * 7]
    assert value(measures.flags(table), "false_raise_per_100") == 0


def test_delay_runs_from_the_onset_to_the_first_raise() -> None:
    raised = found(over_invested=[False, True, True, True], state=["raise", "watch", "raise", "raise"])
    never = found(over_invested=[False, True, True, True], state=["steady"] * 4)
    both = pd.concat([raised, never.rename({"C01": "C02"}), never.rename({"C01": "C03"})])
    assert value(measures.delays(raised), "months_to_raise") == 1
    assert value(measures.delays(both), "episodes_raised") == pytest.approx(1 / 3)
    assert np.isnan(value(measures.delays(both), "months_to_raise"))  # most never are
    assert list(measures.delays(never.assign(over_invested=False))) == []


def test_calibrated_probabilities_have_slope_one_and_hardly_any_error() -> None:
    rng = np.random.default_rng(3)
    odds = rng.normal(-1, 2, 20_000)
    truth = rng.uniform(size=len(odds)) < expit(odds)
    right = pd.DataFrame({"judged": True, "p_over_invested": expit(odds), "over_invested": truth})
    bold = right.assign(p_over_invested=expit(2 * odds))
    assert value(measures.calibration(right), "calibration_slope") == pytest.approx(1, abs=0.07)
    assert value(measures.calibration(right), "calibration_intercept") == pytest.approx(0, abs=0.07)
    assert value(measures.calibration(right), "ece") < 0.012
    assert value(measures.calibration(bold), "calibration_slope") == pytest.approx(0.5, abs=0.05)


def test_expected_calibration_error_by_hand() -> None:
    table = pd.DataFrame({"judged": True, "p_over_invested": [0.05, 0.05, 1.0, 1.0], "over_invested": [0, 0, 1, 0]})
    assert value(measures.calibration(table.astype({"over_invested": bool})), "ece") == pytest.approx((0.1 + 1) / 4)


def test_errors_of_slopes_are_pooled_over_pieces() -> None:
    held = pd.DataFrame(
        {"estimate": ["compensation", "gap", "compensation"], "error": [2.0, 9.0, -1.0], "n": [5, 9, 5]}
    )
    (one,) = measures.errors(held)
    assert (one.measure, one.value, one.n) == ("mean_error", pytest.approx(0.1), 10)


def test_coverage_is_pooled_over_pieces() -> None:
    held = pd.DataFrame({"estimate": ["gap", "gap", "none"], "held": [9, 1, 0], "n": [10, 10, 0]})
    (one,) = measures.intervals(held)
    assert (one.contender, one.value, one.n) == ("gap", 0.5, 20)


# ---- contenders


def test_peers_of_a_month_know_nothing_later() -> None:
    signals = monthly_signals(tiny("compensation").practice())
    months = sorted(signals["month"].unique())
    every, early = contenders.peers(signals), contenders.peers(signals[signals["month"] <= months[-2]])
    assert set(every.index.get_level_values("month")) == set(months[contenders.WINDOW - 1 :])
    pd.testing.assert_frame_equal(every.loc[early.index], early)


def test_a_mixed_model_that_cannot_be_fitted_is_missing() -> None:
    month = pd.Period("2026-05", "M")
    rows = pd.DataFrame({"clinician_id": list("aabb"), "month": month, "effort": 1.0, "engagement": 2.0})
    table = rows.assign(**dict.fromkeys(contenders.COVARIATES, 0.0))
    assert contenders.mixed_model(table, month).empty


# ---- the oracle


def last_odds(simulated: Simulated, clinician: str) -> float:
    """The oracle's log odds in the last month of a level shift, by the densities of all efforts."""
    settings = simulated.settings
    (kind,), parts = settings.over_investment, settings.effort
    rows = simulated.truth.clients.query("clinician_id == @clinician")
    month = settings.calendar.get_indexer(pd.PeriodIndex(rows["month"]))
    engagement, clients = rows["engagement"].to_numpy(), rows["client_id"].to_numpy()
    near = parts.autocorrelation ** abs(month[:, None] - month)
    same = clients[:, None] == clients
    usual = parts.clinician + parts.clinician_month * near + same * (parts.client + parts.client_month * near)
    usual = usual + settings.slope[1] ** 2 * np.outer(engagement, engagement)
    none = multivariate_normal(np.zeros(len(rows)), usual).logpdf(rows["effort"])
    since = []
    for onset in range(settings.months):
        column = (month >= onset).astype(float)
        spread = usual + (kind.size * kind.spread) ** 2 * np.outer(column, column)
        since.append(multivariate_normal(kind.size * column, spread).logpdf(rows["effort"]))
    return float(logsumexp(since) + np.log(kind.share / settings.months) - none - np.log(1 - kind.share))


def test_the_oracle_is_exact() -> None:
    simulated = tiny("level_shift")
    odds = oracle.oracle(simulated)
    last = simulated.settings.calendar[-1]
    for clinician in ("C01", "C02", "C03"):
        assert odds[clinician, last] == pytest.approx(last_odds(simulated, clinician))


@pytest.mark.parametrize(
    "kind", [{"kind": "compensation", "lag": 1}, {"kind": "level_shift", "onset": 1, "end": 3}, {"kind": "few_clients"}]
)
def test_the_oracle_knows_nothing_later(kind: dict[str, object]) -> None:
    simulated = tiny(**kind)
    clients = simulated.truth.clients
    before = clients[clients["month"] < simulated.settings.calendar[-1]]
    early = oracle.oracle(replace(simulated, truth=Truth(before, simulated.truth.clinicians)))
    pd.testing.assert_series_equal(oracle.oracle(simulated).reindex(early.index), early)


@pytest.mark.parametrize("kind", [{"kind": "compensation", "shape": "one_sided"}, {"kind": "few_clients", "size": 3.0}])
def test_the_oracle_finds_and_is_calibrated(kind: dict[str, object]) -> None:
    part = OverInvestment(share=0.4, **kind)
    simulated = simulate(Settings(seed=6, clinicians=40, months=8, over_investment=(part,)))
    truth = simulated.truth.clinicians.set_index(["clinician_id", "month"])["over_invested"]
    table = pd.concat([oracle.oracle(simulated), truth], axis=1).dropna()
    table = table.assign(judged=True, over_invested=table["over_invested"].astype(bool))
    assert value(measures.ranking(table, ["oracle"]), "auroc") > 0.95
    assert expit(table["oracle"]).mean() == pytest.approx(table["over_invested"].mean(), abs=0.06)


# ---- all of it


@pytest.mark.slow
def test_a_small_run_writes_the_tidy_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shifted = replace(TINY, over_investment=(OverInvestment("level_shift", share=0.5, onset=1),))
    small = worlds.World("some", "", shifted), worlds.World("none", "", replace(TINY, over_investment=()))
    for module in (worlds, validity):
        monkeypatch.setattr(module, "WORLDS", small)
    monkeypatch.setattr(sys, "argv", ["validity.py", "2", "--out", str(tmp_path / "found.csv")])
    validity.main()
    table = pd.read_csv(tmp_path / "found.csv")
    assert table.columns.tolist() == COLUMNS
    scores = table[table["measure"] == "auroc"]
    assert scores["contender"].tolist() == validity.CONTENDERS
    assert set(scores["world"]) == {"some"}
    assert table.loc[table["measure"] == "false_raise_per_100", "world"].tolist() == ["some", "none"]
    assert table.loc[table["measure"] == "coverage_90", "contender"].nunique() == 8
    assert not table.duplicated(["world", "difficulty", "contender", "measure"]).any()
    assert "average_precision" in capsys.readouterr().out


def test_an_unknown_world_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["validity.py", "--worlds", "elsewhere"])
    with pytest.raises(SystemExit):
        validity.main()
    assert "no world elsewhere; there are strong compensation" in capsys.readouterr().err
