"""The balance of effort and engagement: the contract, what is estimated, invariants, thin data."""

from __future__ import annotations

from dataclasses import replace
from math import erfc, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.estimates import Balance, BalanceModel
from caseload.estimates.sides import Side, own_shift
from caseload.intake import Practice
from caseload.signals import CASE_MIX, EFFORT, ENGAGEMENT, SIGNALS, monthly_signals

KEYS = ["clinician_id", "client_id", "month"]
SIDES = ["effort", "engagement", "gap"]
Z90 = 1.6448536269514722  # R: qnorm(0.95)
CLIENTS = [
    "clinician_id", "client_id", "month", "n_sessions", "effort", "effort_low", "effort_high", "engagement",
    "engagement_low", "engagement_high", "gap", "gap_low", "gap_high", "p_gap",
]  # fmt: skip
CLINICIANS = [
    "clinician_id", "month", "n_sessions", "n_clients", "effort", "effort_low", "effort_high", "engagement",
    "engagement_low", "engagement_high", "gap", "gap_low", "gap_high", "p_gap", "compensation", "compensation_low",
    "compensation_high", "p_compensating", "own_shift", "own_shift_low", "own_shift_high", "p_over_invested",
]  # fmt: skip


@pytest.fixture(scope="module")
def signals() -> pd.DataFrame:
    return monthly_signals(sim.simulate(sim.Settings(seed=3, clinicians=10, months=7)).practice())


@pytest.fixture(scope="module")
def balance(signals: pd.DataFrame) -> Balance:
    return BalanceModel().fit(signals).estimate()


def estimate(signals: pd.DataFrame, month: str | pd.Period | None = None) -> Balance:
    return BalanceModel().fit(signals).estimate(month)


def without(signals: pd.DataFrame, names: list[str], rows: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    """The frame as if these signals had not been recorded in these rows."""
    at, table = signals.index[rows], signals.copy()
    table.loc[at, names] = np.nan
    table.loc[at, [f"{name}_n" for name in names]] = 0
    return table


def names_of(side: tuple) -> list[str]:
    return [signal.name for signal in side]


def above(threshold: float, mean: float, low: float) -> float:
    """P(normal > threshold), from the mean and the lower end of a central 90 % interval."""
    return erfc((threshold - mean) * Z90 / (mean - low) / sqrt(2)) / 2


# --- the contract -----------------------------------------------------------------------------------------------------


def test_columns_and_rows_are_the_contracts(balance: Balance, signals: pd.DataFrame) -> None:
    assert list(balance.clients) == CLIENTS
    assert list(balance.clinicians) == CLINICIANS
    now = signals[signals["month"] == signals["month"].max()]
    assert_frame_equal(balance.clients[[*KEYS, "n_sessions"]], now[[*KEYS, "n_sessions"]].reset_index(drop=True))
    assert balance.clinicians["clinician_id"].tolist() == sorted(set(now["clinician_id"]))
    assert set(balance.clinicians["month"]) == {balance.month}


@pytest.mark.parametrize("table", ["clients", "clinicians"])
def test_gap_is_effort_minus_engagement_exactly(balance: Balance, table: str) -> None:
    frame = getattr(balance, table).dropna(subset="gap")
    assert len(frame) > 5
    assert (frame["gap"] == frame["effort"] - frame["engagement"]).all()


@pytest.mark.parametrize("table", ["clients", "clinicians"])
def test_an_interval_lies_around_its_mean(balance: Balance, table: str) -> None:
    frame = getattr(balance, table)
    for name in [column.removesuffix("_low") for column in frame if column.endswith("_low")]:
        known = frame.dropna(subset=name)
        assert (known[f"{name}_low"] < known[name]).all() and (known[name] < known[f"{name}_high"]).all()
        if name != "compensation":  # a mixture, which may be skewed
            np.testing.assert_allclose(known[f"{name}_high"] + known[f"{name}_low"], 2 * known[name], atol=1e-12)
        assert frame.loc[frame[name].isna(), [f"{name}_low", f"{name}_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("table", "p", "name", "threshold"),
    [("clients", "p_gap", "gap", 0.5), ("clinicians", "p_gap", "gap", 0.5)],
)
def test_probabilities_are_those_of_the_interval(
    balance: Balance, table: str, p: str, name: str, threshold: float
) -> None:
    frame = getattr(balance, table).dropna(subset=name)
    expected = [above(threshold, row[name], row[f"{name}_low"]) for _, row in frame.iterrows()]
    np.testing.assert_allclose(frame[p], expected, rtol=1e-9)


def test_p_compensating_says_on_which_side_of_the_threshold_the_interval_lies(balance: Balance) -> None:
    found = balance.clinicians
    assert (found.loc[found["compensation_high"] < 0.3, "p_compensating"] < 0.05).all()
    assert (found.loc[found["compensation_low"] > 0.3, "p_compensating"] > 0.95).all()
    assert (found["compensation_high"] < 0.3).any()


def test_probabilities_lie_between_0_and_1(balance: Balance) -> None:
    for frame in (balance.clients, balance.clinicians):
        for p in (frame[column].dropna() for column in frame if column.startswith("p_")):
            assert len(p) > 5 and p.between(0, 1).all()
    assert balance.clinicians["p_over_invested"].notna().all()


def test_a_clinicians_values_are_unweighted_means_over_the_clients_with_an_estimate(signals: pd.DataFrame) -> None:
    now = np.flatnonzero(signals["month"] == signals["month"].max())
    found = estimate(without(signals, names_of(ENGAGEMENT), now[::4]))
    assert found.clients["gap"].isna().sum() == len(now[::4])
    for _, row in found.clinicians.iterrows():
        own = [client for _, client in found.clients.iterrows() if client["clinician_id"] == row["clinician_id"]]
        estimated = [client for client in own if client["gap"] == client["gap"]]
        assert row["n_clients"] == len(own)
        assert row["n_sessions"] == sum(client["n_sessions"] for client in own)
        for name in SIDES:
            assert row[name] == pytest.approx(sum(client[name] for client in estimated) / len(estimated))


def test_own_shift_by_hand() -> None:
    """Gaps .1, .3 and then .9: .7 above the mean. Variances without the style's .2: .3 now; .4 and .6 before.

    Errors correlate by .5 a month: .5·(1 + .5)/2 of the mean before, less twice √(.3·.5)·(.5 + .25)/2 in common.
    """
    months = pd.period_range("2026-03", periods=3, freq="M")
    monthly = pd.DataFrame(
        {
            "clinician_id": "A",
            "month": months,
            "gap": [0.1, 0.3, 0.9],
            "gap_variance": [0.6, 0.8, 0.5],
            "gap_style": 0.2,
        }
    )
    newcomer = monthly.tail(1).assign(clinician_id="B")
    found = own_shift(pd.concat([monthly, newcomer]), months[2])
    assert list(found.index) == ["A"]
    assert found.loc["A"].tolist() == pytest.approx([0.7, 0.3 + 0.375 - 0.75 * sqrt(0.15)])


def test_a_caseload_that_never_changes_has_no_shift() -> None:
    signals = monthly_signals(sim.simulate(sim.Settings(seed=5, clinicians=8, months=2)).practice())
    first = signals[signals["month"] == signals["month"].min()]
    months = [first.assign(month=first["month"] + k) for k in range(30)]
    found = estimate(pd.concat(months, ignore_index=True)).clinicians.dropna(subset="own_shift")
    assert len(found) == first["clinician_id"].nunique()
    assert found["own_shift"].abs().max() < 0.1


def test_contributions_add_up_to_effort_and_engagement(balance: Balance, signals: pd.DataFrame) -> None:
    total = balance.contributions.groupby(["clinician_id", "client_id", "side"])["contribution"].sum().unstack()
    estimated = balance.clients.dropna(subset="gap").set_index(["clinician_id", "client_id"])
    assert len(total) == len(estimated)
    for side in ("effort", "engagement"):
        np.testing.assert_allclose(total[side], estimated[side].reindex(total.index), atol=1e-12)
    recorded = {name for name in names_of(SIGNALS) if signals[name].notna().any()}
    assert set(balance.contributions["signal"]) == {*recorded, "earlier months"}


def test_a_signal_that_was_not_recorded_contributes_nothing(balance: Balance, signals: pd.DataFrame) -> None:
    merged = balance.contributions.merge(signals[signals["month"] == balance.month], on=["clinician_id", "client_id"])
    for signal in SIGNALS:
        rows = merged[(merged["signal"] == signal.name) & (merged[f"{signal.name}_n"] == 0)]
        assert (rows["contribution"] == 0).all()


# --- what is estimated ------------------------------------------------------------------------------------------------


def test_a_client_month_with_one_signal_of_each_side_is_estimated_and_no_other(signals: pd.DataFrame) -> None:
    """Every pair of an effort and an engagement signal is the only one of some row, from one session."""
    month = signals["month"].max()
    table = signals.copy()
    now = table.index[table["month"] == month]
    pairs = [(e, g) for e in [*names_of(EFFORT), None] for g in [*names_of(ENGAGEMENT), None]]
    assert len(now) > len(pairs)
    for row, (effort, engagement) in zip(now, pairs, strict=False):
        table = without(table, names_of(SIGNALS), table.index == row)
        for name in (effort, engagement):
            if name is not None:
                table.loc[row, [name, f"{name}_n"]] = [signals[name].mean(), 1]
    found = estimate(table).clients.set_index(["clinician_id", "client_id"])["gap"].notna()
    for row, (effort, engagement) in zip(now, pairs, strict=False):
        key = tuple(table.loc[row, ["clinician_id", "client_id"]])
        assert found[key] == (effort is not None and engagement is not None), (effort, engagement)


def rows_of(count: int, **columns: object) -> pd.DataFrame:
    """Sessions of one clinician, a client each, over three months."""
    sessions = [
        {"session_id": f"S{i}", "clinician_id": "A", "client_id": f"K{i // 3}",
         "scheduled_start": f"2026-0{1 + i % 3}-05T10:00", "status": "no_show" if i % 5 == 4 else "attended"}
        for i in range(count)
    ]  # fmt: skip
    return monthly_signals(Practice.from_frames(sessions=pd.DataFrame(sessions).assign(**columns)))


def test_one_session_with_one_signal_of_each_side_is_estimated_and_says_how_little_that_means() -> None:
    found = estimate(rows_of(1, prep_minutes=10))
    row = found.clients.iloc[0]
    assert (row["effort"], row["engagement"], row["gap"]) == (0, 0, 0)
    assert row["effort_high"] == pytest.approx(Z90)  # nothing is known but that an SD is one
    assert row["gap_high"] == pytest.approx(Z90 * sqrt(2))
    assert found.clinicians.loc[0, SIDES].tolist() == [0, 0, 0]
    assert found.clinicians.loc[0, "p_over_invested"] < 0.2


def test_a_side_without_any_signal_is_not_estimated() -> None:
    found = estimate(rows_of(30))
    assert found.clients["n_sessions"].tolist() == [1] * 10
    assert found.clients[CLIENTS[4:]].isna().all(axis=None)
    assert found.clinicians[CLINICIANS[4:]].isna().all(axis=None)
    assert found.contributions.empty
    assert found.clinicians["n_clients"].tolist() == [10]


def thin(signals: pd.DataFrame) -> dict[str, pd.DataFrame]:
    one = signals[signals["clinician_id"] == signals["clinician_id"].iloc[0]]
    return {
        "one clinician": one,
        "one client": one[one["client_id"] == one["client_id"].iloc[0]],
        "one month": signals[signals["month"] == signals["month"].min()],
        "one row": signals.head(1),
        "constant signals": signals.assign(**dict.fromkeys(names_of(SIGNALS), 1.0)),
        "no effort": without(signals, names_of(EFFORT)),
        "no engagement": without(signals, names_of(ENGAGEMENT)),
        "nothing": without(signals, names_of(SIGNALS)),
        "no case mix": signals.assign(**dict.fromkeys(CASE_MIX, np.nan)),
        "one outlier": signals.assign(overrun=np.where(signals.index == 5, 1e6, signals["overrun"])),
        "a month without rows": signals[signals["month"] != signals["month"].max() - 2],
        "attendance and contacts": without(
            signals, [n for n in names_of(SIGNALS) if n not in ("attendance", "contacts_to", "contacts_from")]
        ),
    }


THIN = "one clinician;one client;one month;one row;constant signals;no effort;no engagement;nothing;no case mix;\
one outlier;a month without rows;attendance and contacts"


@pytest.mark.parametrize("case", THIN.split(";"))
def test_nothing_raises_for_thin_data(signals: pd.DataFrame, case: str) -> None:
    table = thin(signals)[case]
    found = estimate(table)
    now = table[table["month"] == table["month"].max()]
    recorded = [(now[[f"{name}_n" for name in names_of(side)]] > 0).any(axis=1) for side in (EFFORT, ENGAGEMENT)]
    expected = now.loc[recorded[0] & recorded[1], ["clinician_id", "client_id"]].to_numpy().tolist()
    estimated = found.clients.dropna(subset="gap")
    assert estimated[["clinician_id", "client_id"]].to_numpy().tolist() == expected
    assert np.isfinite(estimated[CLIENTS[3:]].to_numpy(float)).all()
    assert np.isfinite(found.features.to_numpy(float)).all()
    people = {who for who, _ in expected}
    assert set(found.clinicians.dropna(subset="p_over_invested")["clinician_id"]) == people


def test_a_month_after_the_last_one_has_no_rows(signals: pd.DataFrame) -> None:
    found = estimate(signals, signals["month"].max() + 1)
    assert found.clients.empty and found.clinicians.empty and found.contributions.empty
    assert list(found.clients) == CLIENTS and list(found.clinicians) == CLINICIANS


# --- properties -------------------------------------------------------------------------------------------------------


def assert_same(found: Balance, expected: Balance) -> None:
    for name in ("clients", "clinicians", "contributions", "features"):
        assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=False, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("back", [0, 2, 6])
def test_no_month_knows_a_later_one(signals: pd.DataFrame, back: int) -> None:
    month = signals["month"].max() - back
    known = signals[signals["month"] <= month]
    later = signals[signals["month"] > month]
    shuffled = later[names_of(SIGNALS)].sample(frac=1, random_state=1).set_axis(later.index)
    otherwise = pd.concat([known, later.assign(**{n: 3 * shuffled[n] + 7 for n in names_of(SIGNALS)})])
    expected = estimate(known)
    for table in (signals, otherwise):
        found = estimate(table, month)
        for name in ("clients", "clinicians", "contributions", "features"):
            assert_frame_equal(getattr(found, name), getattr(expected, name))


def test_the_order_of_rows_does_not_matter(signals: pd.DataFrame, balance: Balance) -> None:
    assert_same(estimate(signals.sample(frac=1, random_state=3)), balance)


def test_names_of_people_do_not_matter(signals: pd.DataFrame, balance: Balance) -> None:
    def turned(ids: pd.Series) -> pd.Series:
        return ids.str[::-1] + "x"

    renamed = signals.assign(clinician_id=turned(signals["clinician_id"]), client_id=turned(signals["client_id"]))
    expected = balance.clients.assign(
        clinician_id=turned(balance.clients["clinician_id"]), client_id=turned(balance.clients["client_id"])
    ).sort_values(["clinician_id", "client_id"], ignore_index=True)
    assert_frame_equal(estimate(renamed).clients, expected, rtol=1e-9, atol=1e-9)


def widths(found: Balance, signals: pd.DataFrame, row: int) -> tuple[float, float]:
    keys = tuple(signals.loc[row, ["clinician_id", "client_id"]])
    client = found.clients.set_index(["clinician_id", "client_id"]).loc[keys]
    return client["effort_high"] - client["effort_low"], client["engagement_high"] - client["engagement_low"]


def well_recorded(signals: pd.DataFrame) -> int:
    """A row of the newest month with most signals recorded."""
    now = signals[signals["month"] == signals["month"].max()]
    return int(now[names_of(SIGNALS)].notna().sum(axis=1).idxmax())


def test_more_sessions_behind_the_same_values_narrow_the_interval(signals: pd.DataFrame) -> None:
    row, found = well_recorded(signals), []
    for sessions in (1, 4, 12):
        table = signals.copy()
        for name in names_of(SIGNALS):
            table.loc[row, f"{name}_n"] = sessions if table.loc[row, f"{name}_n"] > 0 else 0
        found.append(widths(estimate(table), signals, row))
    for side in (0, 1):
        assert found[0][side] > found[1][side] * 1.02 > found[2][side]


def test_more_signals_narrow_the_interval_of_their_side(signals: pd.DataFrame) -> None:
    row = well_recorded(signals)
    effort, engagement = widths(estimate(signals), signals, row)
    fewer = without(signals, ["notes", "prep", "contacts_to", "overrun"], signals.index == row)
    wider, same = widths(estimate(fewer), signals, row)
    assert wider > 1.05 * effort
    assert same == pytest.approx(engagement)


@pytest.mark.parametrize("who", ["C01", "C10"])
def test_long_notes_are_a_style_and_more_of_everything_is_effort(signals: pd.DataFrame, who: str) -> None:
    """exp(1) times the minutes in every month moves effort by at most 0.15 SD; all signals one SD up by about 1."""
    own = (signals["clinician_id"] == who).to_numpy()
    before = estimate(signals).clients
    mine = (before["clinician_id"] == who).to_numpy()
    longer = estimate(signals.assign(notes=signals["notes"] + np.where(own, 1.0, 0.0))).clients
    assert (longer["effort"] - before["effort"]).abs().max() < 0.15
    assert (longer["engagement"] - before["engagement"]).abs().max() < 1e-9
    more = {name: signals[name] + np.where(own, signals[name].std(), 0.0) for name in names_of(EFFORT)}
    rise = estimate(signals.assign(**more)).clients["effort"] - before["effort"]
    assert rise[mine].mean() > 0.8
    assert abs(rise[~mine].mean()) < 0.2


def test_a_constant_style_is_neither_compensation_nor_shift(signals: pd.DataFrame, balance: Balance) -> None:
    own = (signals["clinician_id"] == "C05").to_numpy()
    found = estimate(signals.assign(notes=signals["notes"] + np.where(own, 1.0, 0.0))).clinicians
    for name in ("compensation", "own_shift"):
        assert (found[name] - balance.clinicians[name]).abs().max() < 0.1


# --- sklearn's conventions --------------------------------------------------------------------------------------------


def test_the_model_is_an_estimator(signals: pd.DataFrame) -> None:
    model = BalanceModel(case_mix=False)
    assert model.get_params() == {"case_mix": False, "prior_weight": 1.0}
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(case_mix=True).case_mix is True
    assert vars(BalanceModel()) == {"case_mix": True, "prior_weight": 1.0}  # no work in __init__
    assert model.fit(signals) is model
    with pytest.raises(NotFittedError):
        clone(model).estimate()


def test_fitting_and_estimating_leave_the_signals_alone(signals: pd.DataFrame) -> None:
    before = signals.copy(deep=True)
    estimate(signals, signals["month"].min())
    assert_frame_equal(signals, before)


def test_what_cannot_be_estimated_is_refused_in_words(signals: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="no client-month"):
        BalanceModel().fit(signals.head(0))
    with pytest.raises(ParameterError, match="no client-month"):
        estimate(signals, signals["month"].min() - 1)


# --- what is kept, and how well it foretells --------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["all", "one clinician", "no effort", "no case mix"])
def test_a_model_that_was_kept_estimates_the_same(signals: pd.DataFrame, tmp_path: Path, case: str) -> None:
    table = signals if case == "all" else thin(signals)[case]
    model = BalanceModel(case_mix=case != "one clinician").fit(table)
    model.save(tmp_path / "balance.parquet")
    again = BalanceModel.load(tmp_path / "balance.parquet")
    assert again.get_params() == model.get_params()
    assert_frame_equal(again.signals_, model.signals_)
    assert again.fallbacks_ == model.fallbacks_
    assert_same(again.estimate(), model.estimate())
    assert_same(again.estimate(table["month"].min()), model.estimate(table["month"].min()))


def test_a_kept_model_is_for_the_user_alone_and_whole(signals: pd.DataFrame, tmp_path: Path) -> None:
    model, path = BalanceModel().fit(signals.head(60)), tmp_path / "balance.parquet"
    model.save(path)
    path.chmod(0o644)
    model.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["balance.parquet"]
    with pytest.raises(ParameterError, match="cannot write"):
        model.save(tmp_path / "nowhere" / "balance.parquet")
    sessions = signals.head(3)
    sessions.to_parquet(tmp_path / "sessions.parquet")  # a practice's own table
    with pytest.raises(ParameterError, match="was not written by"):
        model.save(tmp_path / "sessions.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "sessions.parquet"), sessions)


def test_only_a_kept_model_is_loaded(signals: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no table")
    signals.to_parquet(tmp_path / "signals.parquet")
    for name, said in (("text", "no Parquet"), ("missing", "no Parquet"), ("signals.parquet", "not written by")):
        with pytest.raises(ParameterError, match=said):
            BalanceModel.load(tmp_path / name)


def test_the_score_is_the_joint_normal_density_of_the_signals() -> None:
    """One clinician, one client, three months, two signals: each side's density from its covariance matrix by scipy."""
    practice = sim.simulate(sim.Settings(seed=4, clinicians=6, months=4)).practice()
    used = ["prep", "notes", "attendance", "srs"]
    signals = without(monthly_signals(practice), [name for name in names_of(SIGNALS) if name not in used])
    model = BalanceModel(case_mix=False).fit(signals)
    counts = signals[[f"{name}_n" for name in used]]
    pair = signals[(counts > 0).all(axis=1)].groupby(["clinician_id", "client_id"]).filter(lambda g: len(g) == 3)
    one = pair.head(3).assign(month=pd.period_range("2026-01", periods=3, freq="M"), clinician_id="new")
    expected = 0.0
    for side in model.sides_.values():
        fit, v = side.fit, side.variances
        assert fit is not None
        apart = np.abs(np.subtract.outer(range(3), range(3)))
        of_factor = v.clinician_persistence**apart * v.clinician + v.persistence**apart * v.client
        of_factor = of_factor + (v.month + v.clinician_month) * np.eye(3)
        covariance = np.kron(of_factor, np.outer(fit.loading, fit.loading))
        for j, signal in enumerate(fit.signals):
            n = one[f"{signal.name}_n"].to_numpy(float)
            at = np.arange(3) * 2 + j
            covariance[at, at] += fit.noise[j, 0] + fit.noise[j, 1] / n
        values = np.column_stack([one[s.name] * s.sign for s in fit.signals])
        values = np.clip((values - fit.centre) / fit.scale, -4, 4)
        expected += multivariate_normal(np.zeros(6), covariance).logpdf(values.ravel()) - 3 * np.log(fit.scale).sum()
    model.sides_ = {name: plain_of(side) for name, side in model.sides_.items()}
    assert model.score(one) == pytest.approx(expected / 3, rel=1e-6)


def plain_of(side: Side) -> Side:
    """The side without clients' styles, and with what one client cannot tell apart in one place."""
    assert side.fit is not None
    fit, v = replace(side.fit, client_style=np.zeros(2)), side.variances
    return replace(
        side, fit=fit, variances=replace(v, client_style=0.0, month=v.month + v.clinician_month, clinician_month=0.0)
    )


def test_a_practice_is_foretold_better_by_its_own_model(signals: pd.DataFrame) -> None:
    other = monthly_signals(
        sim.simulate(sim.Settings(seed=5, clinicians=10, months=7, style=3.0, noise=2.0)).practice()
    )
    assert BalanceModel().fit(signals).score(signals) > BalanceModel().fit(other).score(signals)
    assert np.isnan(BalanceModel().fit(signals).score(without(signals, names_of(SIGNALS))))


# --- fallbacks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "said"),
    [("one clinician", "One clinician"), ("one month", "One month"), ("one client", "One client a clinician"),
     ("constant signals", "effort: preparation left out"), ("no effort", "effort: no signal"),
     ("nothing", "engagement: no signal")],
)  # fmt: skip
def test_what_the_data_cannot_tell_is_said(signals: pd.DataFrame, case: str, said: str) -> None:
    assert any(note.startswith(said) for note in estimate(thin(signals)[case]).fallbacks)


def test_a_well_recorded_practice_needs_no_fallback(balance: Balance) -> None:
    assert balance.fallbacks == ()


# --- involvement and readiness ----------------------------------------------------------------------------------------


def test_involvement_is_told_for_the_clients_of_the_month(balance: Balance) -> None:
    keys = ["clinician_id", "client_id"]
    assert_frame_equal(balance.involvement[keys], balance.clients[keys])
    assert balance.involvement["p_involved"].notna().equals(balance.clients["gap"].notna())


def test_effort_is_read_against_readiness_in_the_early_stages_only(signals: pd.DataFrame, balance: Balance) -> None:
    now = signals[signals["month"] == balance.month].set_index(["clinician_id", "client_id"])["stage"]
    found = balance.clients.join(now, on=["clinician_id", "client_id"]).assign(
        p=balance.involvement["p_beyond_readiness"]
    )
    early = found["stage"].isin([1, 2]) & found["gap"].notna()
    assert early.any() and found.loc[~early, "p"].isna().all()
    expected = [above(0.5, row["effort"], row["effort_low"]) for _, row in found[early].iterrows()]
    np.testing.assert_allclose(found.loc[early, "p"], expected, rtol=1e-9)
