"""Simulated practices: they conform to the data contract, and what was put in can be found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.intake import read_practice
from caseload.intake.tables import TABLES
from caseload.simulate import sample, sessions, surveys
from caseload.simulate.measures import SIGNALS, Signal
from caseload.simulate.staff import over_investment

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
COMPLETE = sim.Recording(missing={})
KEYS = ["clinician_id", "client_id", "month"]
OURS = ["clinician_cancelled", "service_cancelled"]


@pytest.fixture(scope="module")
def ordinary() -> sim.Simulated:
    settings = sim.Settings(seed=3, clinicians=60, over_investment=sim.NO_OVER_INVESTMENT, recording=COMPLETE)
    return sim.simulate(settings)


@pytest.fixture(scope="module")
def mixed() -> sim.Simulated:
    parts = (
        sim.OverInvestment("compensation", share=0.3, size=1.0, onset=6, spread=0),
        sim.OverInvestment("level_shift", share=0.2, size=1.5, onset=6, end=9, spread=0),
        sim.OverInvestment("few_clients", share=0.2, size=3.0, onset=6, spread=0),
    )
    started = sim.Caseload(late_starters=0)
    return sim.simulate(sim.Settings(seed=4, clinicians=60, over_investment=parts, caseload=started))


@pytest.fixture(scope="module")
def played() -> sim.Simulated:
    return sim.sample_practice()


def with_truth(simulated: sim.Simulated) -> pd.DataFrame:
    """Sessions that say something about the client, with the latent states of their client-month."""
    table = simulated.tables["sessions"]
    table = table.loc[~table["status"].isin(OURS)].assign(month=table["scheduled_start"].dt.to_period("M"))
    return table.merge(simulated.truth.clients, on=KEYS, validate="many_to_one")


def slope(frame: pd.DataFrame) -> float:
    """Least-squares slope of effort on −engagement, within clinicians."""
    centred = frame[["effort", "engagement"]] - frame.groupby("clinician_id")[["effort", "engagement"]].transform(
        "mean"
    )
    return float(-(centred["effort"] * centred["engagement"]).sum() / (centred["engagement"] ** 2).sum())


# --- the contract -----------------------------------------------------------------------------------------------------


def test_tables_are_the_contracts(mixed: sim.Simulated) -> None:
    assert set(mixed.tables) == set(TABLES) - {"ratings", "outcomes", "changes"}
    for name, table in mixed.tables.items():
        assert set(table.columns) <= set(TABLES[name].column_names)


@pytest.mark.parametrize("seed", [1, 2])
def test_written_folder_is_read_without_a_word(tmp_path: Path, seed: int) -> None:
    simulated = sim.simulate(sim.Settings(seed=seed, clinicians=8, months=6))
    folder = sim.write(simulated, tmp_path / "practice")
    practice = read_practice(folder)
    assert practice.quality.notes == ()
    assert practice.quality.excluded.empty
    assert len(practice.sessions) == len(simulated.tables["sessions"])


def test_both_formats_and_memory_give_the_same_practice(tmp_path: Path) -> None:
    simulated = sim.simulate(sim.Settings(clinicians=5, months=5))
    in_memory = simulated.practice()
    for form in ("csv", "parquet"):
        read = read_practice(sim.write(simulated, tmp_path / form, form))
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(read, name), getattr(in_memory, name))


def test_types_in_memory_are_those_of_a_read_practice(mixed: sim.Simulated) -> None:
    practice = mixed.practice()
    for name, table in mixed.tables.items():
        pd.testing.assert_series_equal(table.dtypes, getattr(practice, name)[list(table)].dtypes)


@hypothesis_settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    clinicians=st.integers(1, 4),
    months=st.integers(1, 4),
    clients=st.floats(1, 25),
    often=st.floats(1, 9),
    late=st.floats(0, 1),
)
def test_any_sensible_size_conforms(
    seed: int, clinicians: int, months: int, clients: float, often: float, late: float
) -> None:
    settings = sim.Settings(
        seed=seed,
        clinicians=clinicians,
        months=months,
        clients_per_clinician=clients,
        sessions_per_month=often,
        caseload=sim.Caseload(late_starters=late),
    )
    simulated = sim.simulate(settings)
    if len(simulated.tables["sessions"]):
        assert len(simulated.practice().sessions) == len(simulated.tables["sessions"])


def test_same_settings_same_practice() -> None:
    one, same, other = (sim.simulate(sim.Settings(seed=seed, clinicians=4, months=4)) for seed in (7, 7, 8))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])
    pd.testing.assert_frame_equal(one.truth.clients, same.truth.clients)
    assert not one.truth.clients.equals(other.truth.clients)


def test_five_columns_alone_are_the_same_sessions() -> None:
    full = sim.simulate(sim.Settings(clinicians=4, months=4))
    bare = sim.simulate(sim.Settings(clinicians=4, months=4, recording=sim.FIVE_COLUMNS))
    assert set(bare.tables) == {"sessions"}
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status"]
    pd.testing.assert_frame_equal(bare.tables["sessions"], full.tables["sessions"][columns])
    assert bare.practice().contacts.empty


def test_attendance_minutes_contacts_alone() -> None:
    lean = sim.simulate(sim.Settings(clinicians=4, months=4, recording=sim.ATTENDANCE_MINUTES_CONTACTS))
    assert set(lean.tables) == {"sessions", "contacts"}
    attended = lean.tables["sessions"]["status"] == "attended"
    assert (lean.tables["sessions"]["actual_minutes"].notna() == attended).all()


def test_missing_shares_are_exact_at_none_and_all() -> None:
    recording = sim.Recording(missing={"note_minutes": 1.0, "prep_minutes": 0.0, "srs_total": 0.5})
    table = sim.simulate(sim.Settings(clinicians=20, months=4, recording=recording)).tables["sessions"]
    attended = table.loc[table["status"] == "attended"]
    assert attended["note_minutes"].isna().all()
    assert attended["prep_minutes"].notna().all()
    assert attended["srs_total"].isna().mean() == pytest.approx(0.5, abs=0.1)


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny() -> sim.Simulated:
    return sim.simulate(sim.Settings(clinicians=2, months=2))


def test_truth_is_written_on_request_only(tiny: sim.Simulated, tmp_path: Path) -> None:
    sim.write(tiny, tmp_path / "plain")
    sim.write(tiny, tmp_path / "known", with_truth=True)
    assert not (tmp_path / "plain" / "truth").exists()
    truth = pd.read_csv(tmp_path / "known" / "truth" / "clinicians.csv")
    assert {"over_invested", "compensation", "fatigue_t"} <= set(truth.columns)
    assert {path.name for path in (tmp_path / "known" / "truth").iterdir()} == {"clients.csv", "clinicians.csv"}


def test_nothing_is_overwritten_unasked(tiny: sim.Simulated, tmp_path: Path) -> None:
    sim.write(tiny, tmp_path / "practice")
    with pytest.raises(ParameterError, match="not empty"):
        sim.write(tiny, tmp_path / "practice")
    sim.write(tiny, tmp_path / "practice", "parquet", overwrite=True)
    assert (tmp_path / "practice" / "sessions.parquet").exists()
    assert not (tmp_path / "practice" / "sessions.csv").exists()


def test_a_foreign_folder_is_never_overwritten(tiny: sim.Simulated, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ParameterError, match="was not written by this command"):
        sim.write(tiny, tmp_path, overwrite=True)
    with pytest.raises(ParameterError, match="is not a folder"):
        sim.write(tiny, tmp_path / "thesis.txt", overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_failed_write_leaves_the_old_practice(
    tiny: sim.Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sim.write(tiny, tmp_path / "practice")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full_disk(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    with pytest.raises(ParameterError, match="is as it was"):
        sim.write(tiny, folder, overwrite=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["practice"]


def test_settings_name_every_problem_at_once() -> None:
    with pytest.raises(ParameterError) as refused:
        sim.Settings(clinicians=0, heavy_tails=1.5, surveys=sim.Surveys(response_rate=1.2))
    for problem in ("clinicians must be positive", "heavy_tails", "response_rate must lie between 0 and 1"):
        assert problem in str(refused.value)


# --- the truth is what the settings say -------------------------------------------------------------------------------


def test_latent_states_have_unit_variance_without_over_investment(ordinary: sim.Simulated) -> None:
    states = ordinary.truth.clients
    assert states[["effort", "engagement"]].mean().to_numpy() == pytest.approx(0, abs=0.15)
    assert states[["effort", "engagement"]].std().to_numpy() == pytest.approx(1, abs=0.08)
    assert (states["gap"] == states["effort"] - states["engagement"]).all()


def test_variance_lies_where_the_settings_put_it() -> None:
    parts = sim.Variance(clinician=0.5, clinician_month=0.0, client=0.3, client_month=0.2)
    settings = sim.Settings(
        clinicians=150, effort=parts, over_investment=(), slope=(0.0, 0.0), recording=sim.FIVE_COLUMNS
    )
    effort = sim.simulate(settings).truth.clients
    between = effort.groupby("clinician_id")["effort"].mean().var()
    within = effort.groupby(["clinician_id", "client_id"])["effort"].var().mean()
    assert between == pytest.approx(0.5 + 0.3 / 18, rel=0.25)
    assert 0.1 < within < 0.2  # the client-months' 0.2, less what autocorrelation hides in a year


def test_null_practices_have_nobody_over_invested(ordinary: sim.Simulated) -> None:
    truth = ordinary.truth.clinicians
    assert not truth["over_invested"].any()
    assert not truth["few_clients"].any()
    assert set(truth["kind"]) == {"none"}
    assert (truth["level_shift"] == 0).all()
    assert truth["compensation"].abs().max() < 0.4


def test_compensation_is_found_in_the_states(mixed: sim.Simulated) -> None:
    states = mixed.truth.clients.merge(mixed.truth.clinicians, on=["clinician_id", "month"])
    kind = mixed.truth.clinicians.groupby("clinician_id")["kind"].max()
    compensating = states["clinician_id"].isin(kind.index[kind == "none"]), states["kind"] == "compensation"
    assert slope(states.loc[compensating[0]]) == pytest.approx(0, abs=0.15)
    assert slope(states.loc[compensating[1]]) == pytest.approx(1, abs=0.15)
    assert states.loc[compensating[1], "compensation"].mean() == pytest.approx(1, abs=0.1)


def test_level_shift_begins_and_ends_as_set(mixed: sim.Simulated) -> None:
    kind = mixed.truth.clinicians.groupby("clinician_id")["kind"].agg(lambda kinds: "level_shift" in set(kinds))
    truth = mixed.truth.clinicians.loc[lambda frame: frame["clinician_id"].isin(kind.index[kind])]
    number = truth["month"].astype("int64") - mixed.settings.calendar[0].ordinal
    assert (truth["over_invested"] == number.between(6, 9)).all()
    gap = truth.groupby(truth["over_invested"])["gap"].mean()
    assert gap[True] - gap[False] == pytest.approx(1.5, abs=0.35)


def test_few_clients_stand_out_and_stay(mixed: sim.Simulated) -> None:
    states = mixed.truth.clients.merge(mixed.truth.clinicians[["clinician_id", "month", "few_clients"]])
    late = states.loc[states["few_clients"]]
    top = late.sort_values("effort").groupby(["clinician_id", "month"]).tail(1)
    rest = late.drop(top.index)
    assert top["effort"].mean() > rest["effort"].mean() + 2.5
    assert (top.groupby("clinician_id")["client_id"].nunique() <= 4).all()


def test_shares_of_clinicians_are_kept(mixed: sim.Simulated) -> None:
    last = mixed.truth.clinicians.loc[mixed.truth.clinicians["month"] == mixed.settings.calendar[7]]
    counts = last["kind"].value_counts()
    assert (abs(counts - pd.Series({"none": 18, "compensation": 18, "level_shift": 12, "few_clients": 12})) <= 1).all()


def test_episodes_by_hand() -> None:
    traits = pd.DataFrame(
        {
            "kind": ["compensation", "level_shift", "few_clients", "none"],
            "size": [1.0, 2.0, 3.0, 9.0],
            "onset": [1, 0, 3, 0],
            "end": [3, 1, 3, 3],
            "ramp": [2, 1, 1, 1],
            "start": [0, 1, 0, 0],
        }
    )
    months = over_investment(traits, np.full((4, 4), 0.1))
    assert months["slope"].tolist() == [[0.1, 0.6, 1.1, 1.1], [0.1] * 4, [0.1] * 4, [0.1] * 4]
    assert months["level_shift"].tolist() == [[0] * 4, [0, 2, 0, 0], [0] * 4, [0] * 4]
    assert months["few_clients"].tolist() == [[0] * 4, [0] * 4, [0, 0, 0, 3], [0] * 4]
    assert (months["active"] > 0).sum(axis=1).tolist() == [3, 1, 1, 0]


# --- what is observed follows the truth -------------------------------------------------------------------------------


def test_engagement_shows_in_attendance_and_effort_in_minutes(ordinary: sim.Simulated) -> None:
    rows = with_truth(ordinary)
    months = rows.assign(came=(rows["status"] == "attended").astype(float)).groupby(KEYS)[["came", "engagement"]].mean()
    assert months.corr().loc["came", "engagement"] > 0.4
    attended = rows.loc[rows["status"] == "attended"]
    overrun = attended["actual_minutes"] - attended["scheduled_minutes"]
    assert overrun.corr(attended["effort"]) > 0.25
    assert attended["client_engagement_rating"].corr(attended["engagement"]) > 0.4
    assert attended["client_engagement_rating"].corr(attended["effort"]) < 0.15


def test_access_barriers_lower_attendance_and_not_engagement(ordinary: sim.Simulated) -> None:
    rows = with_truth(ordinary).merge(ordinary.tables["clients"], on="client_id")
    came = (rows["status"] == "attended").groupby(rows["access_barrier"]).mean()
    assert came[False] - came[True] > 0.08
    assert abs(rows.groupby("access_barrier")["engagement"].mean().diff().iloc[-1]) < 0.3


def test_severe_clients_get_more_work_that_is_no_gap(ordinary: sim.Simulated) -> None:
    rows = with_truth(ordinary).merge(ordinary.tables["clients"], on="client_id")
    attended = rows.loc[rows["status"] == "attended"]
    assert np.log(attended["prep_minutes"]).corr(attended["severity"]) > 0.1
    assert abs(attended["effort"].corr(attended["severity"])) < 0.1


def test_note_taking_style_is_a_constant_of_the_clinician() -> None:
    spread = {**SIGNALS, "note_minutes": Signal("effort", 2.5, 0.25, 0.35, 1.0)}
    settings = sim.Settings(clinicians=60, signals=spread, over_investment=(), recording=COMPLETE)
    rows = with_truth(sim.simulate(settings)).assign(log_notes=lambda frame: np.log(frame["note_minutes"]))
    half = np.where(rows["month"] < "2025-12", "first", "second")
    means = rows.groupby(["clinician_id", half])["log_notes"].mean().unstack()
    assert means["first"].std() > 0.7
    assert means.corr().loc["first", "second"] > 0.95
    assert abs(means["first"].corr(rows.groupby("clinician_id")["effort"].mean())) < 0.5


def test_heavy_tails_have_the_same_spread_and_more_outliers() -> None:
    normal, heavy = (
        sim.simulate(sim.Settings(clinicians=30, heavy_tails=tails, recording=COMPLETE)).tables["sessions"]
        for tails in (None, 3.0)
    )
    overruns = [table["actual_minutes"] - table["scheduled_minutes"] for table in (normal, heavy)]
    assert overruns[1].kurt() > overruns[0].kurt() + 2


def test_only_attended_sessions_hold_what_only_they_can(ordinary: sim.Simulated) -> None:
    table = ordinary.tables["sessions"]
    missed = table.loc[table["status"] != "attended"]
    held = [
        "actual_minutes",
        "minutes_late",
        "note_minutes",
        "stage_of_change",
        "interventions",
        "homework_done",
        "srs_total",
    ]
    assert missed[held].isna().all(axis=None)


def test_homework_is_done_only_where_the_session_before_set_some(ordinary: sim.Simulated) -> None:
    table = ordinary.tables["sessions"]
    attended = table.loc[table["status"] == "attended"].sort_values("scheduled_start", kind="stable")
    before = attended.groupby(["clinician_id", "client_id"])["homework_set"].shift()
    assert (attended["homework_done"].notna() == before.fillna(False).astype(bool)).all()


def test_no_clinician_sees_two_clients_at_once(ordinary: sim.Simulated) -> None:
    table = ordinary.tables["sessions"]
    assert not table.duplicated(["clinician_id", "scheduled_start"]).any()


def test_nothing_happens_on_leave_or_before_the_start(played: sim.Simulated) -> None:
    off = played.tables["supports"].loc[lambda frame: frame["kind"] == "time_off", ["clinician_id", "date"]]
    for name, column in (("sessions", "scheduled_start"), ("contacts", "contacted_at")):
        table = played.tables[name]
        days = table[["clinician_id"]].assign(date=table[column].dt.normalize())
        assert days.merge(off).empty
        started = played.tables["clinicians"].set_index("clinician_id")["started_on"]
        assert (days["date"] >= days["clinician_id"].map(started)).all()


def test_interventions_mostly_fit_the_stage() -> None:
    for stage in range(1, 6):
        chance = sessions.intervention_weights(stage)
        fits = [low <= stage <= high for low, high, _ in sessions.INTERVENTIONS.values()]
        assert chance.sum() == pytest.approx(1)
        assert chance[~np.array(fits)].sum() < 0.06


def test_a_lead_moves_interventions_ahead() -> None:
    rows = pd.DataFrame({"stage": np.full(4000, 2), "lead": np.repeat([0.0, 2.0], 2000)})
    terms = sessions._interventions(rows, np.zeros(4000, dtype=bool), np.random.default_rng(1))
    ahead = terms.str.split(";").map(lambda these: max(sessions.INTERVENTIONS[term][0] for term in these) > 2)
    assert ahead[:2000].mean() < 0.1
    assert ahead[2000:].mean() > 0.5


# --- surveys ----------------------------------------------------------------------------------------------------------


def scores(simulated: sim.Simulated) -> pd.DataFrame:
    """Raw ProQOL-5 subscale scores, one row a wave, scored here by the published key."""
    rows = simulated.tables["surveys"].loc[lambda frame: frame["instrument"] == "proqol5"]
    items = rows.assign(item=rows["item"].astype(int)).pivot(
        index=["clinician_id", "completed_on"], columns="item", values="response"
    )
    items[[1, 4, 15, 17, 29]] = 6 - items[[1, 4, 15, 17, 29]]
    keys = {
        "cs": [3, 6, 12, 16, 18, 20, 22, 24, 27, 30],
        "bo": [1, 4, 8, 10, 15, 17, 19, 21, 26, 29],
        "sts": [2, 5, 7, 9, 11, 13, 14, 23, 25, 28],
    }
    return pd.DataFrame({name: items[numbers].sum(axis=1) for name, numbers in keys.items()})


def test_proqol_scores_have_the_norms_and_the_correlation() -> None:
    settings = sim.Settings(clinicians=900, months=3, clients_per_clinician=1, surveys=sim.Surveys(response_rate=1.0))
    found = scores(sim.simulate(settings))
    # De La Rosa 2018: 37.7 (6.5), 22.8 (5.4), 16.7 (5.7); the floor of 10 lifts the last a little
    assert found.mean().to_numpy() == pytest.approx([37.7, 22.8, 16.9], abs=0.7)
    assert found.std().to_numpy() == pytest.approx([6.5, 5.4, 5.5], abs=0.4)
    attenuation = surveys.true_share("burnout") * surveys.true_share("secondary_traumatic_stress")
    assert found["bo"].corr(found["sts"]) == pytest.approx(0.69 * attenuation, abs=0.07)


@given(score=st.integers(-5, 70), seed=st.integers(0, 1000))
def test_items_sum_to_the_score(score: int, seed: int) -> None:
    items = surveys.item_responses(np.array([float(score)]), np.random.default_rng(seed))
    assert items.sum() == min(max(score, 10), 50)
    assert ((items >= 1) & (items <= 5)).all()


def test_logs_say_nothing_about_fatigue_unless_coupled() -> None:
    for coupling, low, high in ((0.0, -0.15, 0.15), (1.0, 0.3, 1.0)):
        settings = sim.Settings(clinicians=150, months=4, surveys=sim.Surveys(coupling=coupling))
        truth = sim.simulate(settings).truth.clinicians
        assert low < truth["gap"].corr(truth["fatigue_t"]) < high


# --- the sample practice ----------------------------------------------------------------------------------------------


def test_the_committed_sample_is_what_the_code_makes(tmp_path: Path) -> None:
    fresh = sim.write_sample(tmp_path / "sample")
    assert {path.name for path in fresh.iterdir()} == {path.name for path in SAMPLE.iterdir()}
    for path in fresh.iterdir():
        assert path.read_bytes() == (SAMPLE / path.name).read_bytes(), path.name


def test_the_committed_sample_is_read_without_a_word_and_small() -> None:
    practice = read_practice(SAMPLE)
    assert practice.quality.notes == ()
    assert 7000 <= len(practice.sessions) <= 9000
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 2.5e6
    assert str(practice.months[-1]) == "2026-05"


def test_the_readme_names_every_column_and_clinician(played: sim.Simulated) -> None:
    text = sample.readme()
    words = [*played.tables, *(column for table in played.tables.values() for column in table)]
    assert not [word for word in {*words, *played.tables["clinicians"]["clinician_id"]} if word not in text]


def test_who_is_over_invested_in_the_sample(played: sim.Simulated) -> None:
    truth = played.truth.clinicians
    active = truth.loc[truth["over_invested"]].groupby(["clinician_id", "kind"])["month"].agg(["min", "count"])
    assert active["count"].to_dict() == {("C07", "compensation"): 5, ("C09", "few_clients"): 4}


def test_shared_surveys_of_the_sample(played: sim.Simulated) -> None:
    shares = played.tables["clinicians"].set_index("clinician_id")["shares_surveys"]
    assert shares.index[shares.isna()].tolist() == ["C13"]
    assert not shares["C11"]
    found = scores(played)
    t = ((found["bo"] - 22.8) / 5.4 + (found["sts"] - 16.7) / 5.7) * 5 + 50
    last = t.groupby("clinician_id").tail(2).groupby("clinician_id").min()
    assert (last > 58).pipe(lambda high: high.index[high]).tolist() == ["C05", "C11"]
    rise = found.loc["C05"]["bo"]
    assert rise.iloc[-1] - rise.iloc[-4] > 7.5  # reliable change of burnout, raw points
    rated = played.tables["surveys"].loc[lambda frame: frame["instrument"] == "activation"]
    assert rated.groupby("clinician_id")["response"].max().idxmax() == "C11"


def test_evenings_of_the_sample(played: sim.Simulated) -> None:
    contacts = played.tables["contacts"].merge(played.tables["clinicians"], on="clinician_id")
    recent = contacts.loc[contacts["contacted_at"] >= "2026-02-01"]
    clock = recent["contacted_at"].dt.strftime("%H:%M")
    after = (clock < recent["workday_start"]) | (clock >= recent["workday_end"])
    share = after.groupby(recent["clinician_id"]).mean()
    assert share["C10"] > 0.45
    assert (share.drop("C10") < 0.22).all()


def test_stages_of_the_sample(played: sim.Simulated) -> None:
    table = played.tables["sessions"].loc[lambda frame: frame["scheduled_start"] >= "2026-04-01"]
    rated = table.dropna(subset=["stage_of_change", "interventions"])
    stage = rated["stage_of_change"].map({name: number for number, name in enumerate(sessions.STAGES, 1)})
    first = rated["interventions"].str.split(";").map(lambda these: max(sessions.INTERVENTIONS[t][0] for t in these))
    share = (first > stage).groupby(rated["clinician_id"]).mean()
    assert share["C04"] > 0.5
    assert (share.drop("C04") < 0.2).all()


def test_quiet_parts_of_the_sample(played: sim.Simulated) -> None:
    table = played.tables["sessions"]
    may = (
        table.loc[table["scheduled_start"] >= "2026-05-01"]
        .groupby("clinician_id")["client_id"]
        .agg(["size", "nunique"])
    )
    assert may.loc["C06", "size"] < 6 or may.loc["C06", "nunique"] < 3
    assert may.loc["C13", "size"] < 12
    assert (may.drop(["C06", "C13"])["size"] >= 20).all()
    supports = played.tables["supports"].loc[lambda frame: frame["kind"].isin(["supervision", "consultation"])]
    last = supports.groupby("clinician_id").tail(3).groupby("clinician_id")["cancelled_by"]
    unmet = last.agg(lambda by: by.isin(["supervisor", "service"]).sum() >= 2)
    assert unmet.index[unmet].tolist() == ["C12"]


def test_habits_and_case_mix_of_the_sample(played: sim.Simulated) -> None:
    notes = played.tables["sessions"].groupby("clinician_id")["note_minutes"].median()
    assert notes["C02"] > 1.4 * notes.drop("C02").max()
    seen = played.tables["sessions"][["clinician_id", "client_id"]].drop_duplicates()
    severity = seen.merge(played.tables["clients"]).groupby("clinician_id")["severity"].mean()
    assert severity.drop("C06").idxmax() == "C03"
    assert severity["C03"] > severity.drop(["C03", "C06"]).max() + 3
    ids = set(played.truth.clinicians["clinician_id"])
    ordinary = played.truth.clinicians.loc[lambda frame: ~frame["clinician_id"].isin(["C07", "C09"])]
    assert len(ids) == 14
    assert ordinary["gap"].groupby(ordinary["clinician_id"]).mean().drop("C06").abs().max() < 1.2


def test_agenda_of_the_sample_is_due_in_the_last_month(played: sim.Simulated) -> None:
    agenda = played.tables["agenda"]
    due = agenda.loc[agenda["review_month"] == "2026-05"]
    assert set(due["month"].astype(str)) == {"2026-04"}
    assert (due["outcome"] == "open").all()


def test_a_lower_signal_to_noise_ratio_is_possible(ordinary: sim.Simulated) -> None:
    settings = replace(ordinary.settings, loadings=0.3, noise=2.0)
    faint = with_truth(sim.simulate(settings))
    clear = with_truth(ordinary)
    assert faint["srs_total"].corr(faint["engagement"]) < clear["srs_total"].corr(clear["engagement"]) - 0.2
