"""The month's review: who is told apart on the sample, the contract's tables, no look-ahead, and bare practices."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.flags import FLAGS, STATES
from caseload.intake import Practice, tables
from caseload.pages import html, terms
from caseload.pages.review import Analysis, Review, analyse, review_month
from caseload.pages.views import Empty, IndexView, Section, SupervisorsView, Table
from caseload.signals import SIGNALS


def with_interval(*names: str) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_low", "_high")]


CLINICIANS_CSV = [
    "clinician_id", "month", "n_sessions", "n_clients", *with_interval("effort", "engagement", "gap"), "p_gap",
    *with_interval("compensation"), "p_compensating", *with_interval("own_shift"), "p_over_invested",
    "p_compassion_fatigue",
]  # fmt: skip
CLIENTS_CSV = [
    "clinician_id", "client_id", "month", "n_sessions", *with_interval("effort", "engagement", "gap"), "p_gap",
    "outcome_measure", "outcome_first", "outcome_latest", "outcome_change", "outcome_reliable",
]  # fmt: skip
FLAGS_CSV = ["clinician_id", "month", "flag", "state", "probability", "reason"]
KEYS = {
    "clinicians": ["clinician_id", "month"],
    "clients": ["clinician_id", "client_id", "month"],
    "flags": FLAGS_CSV[:3],
}
COUNTED = ["attended", "no_show", "late_cancelled", "client_cancelled"]
MAY = pd.Period("2026-05", "M")


def state(review: Review, clinician: str, flag: str) -> str:
    flags = review.flags
    return (
        flags[(flags["clinician_id"] == clinician) & (flags["flag"] == flag)]
        .set_index("month")
        .loc[review.month, "state"]
    )


# --- the sample's cast -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clinician", "flag", "states"),
    [
        ("C07", "over_investment", {"raise"}),
        ("C04", "stage_incongruence", {"raise"}),
        ("C10", "self_care", {"raise"}),
        ("C12", "personal_activation", {"watch", "raise"}),
        ("C05", "compassion_fatigue", {"raise"}),
        *((who, "over_investment", {"steady"}) for who in ("C01", "C02", "C03", "C14")),
        *(("C06", flag, {"not_enough_data"}) for flag in FLAGS if flag != "self_care"),
        ("C13", "over_investment", {"not_enough_data"}),
        *(
            (who, flag, {"not_enough_data"})
            for who in ("C11", "C13")
            for flag in ("personal_activation", "compassion_fatigue")
        ),
    ],
)
def test_the_cast_of_the_sample_is_told_apart(
    sample_review: Review, clinician: str, flag: str, states: set[str]
) -> None:
    assert state(sample_review, clinician, flag) in states


def test_the_first_card_shows_the_number_that_its_sentence_speaks_of(sample_review: Review) -> None:
    raised, steady = (sample_review.supervisee(who).cards[0] for who in ("C07", "C01"))
    row = sample_review.clinicians.set_index(["clinician_id", "month"]).loc["C07", MAY]
    assert raised.sentence.startswith("More effort went to the clients who engaged least: ")
    assert (raised.number, raised.unit) == (f"{row['compensation']:.2f}", "SD more effort")
    assert f"{row['compensation_low']:.2f} to {row['compensation_high']:.2f}" in raised.interval
    assert raised.spark is not None and raised.spark.usual is None
    assert steady.unit == "SD effort gap" and steady.spark is not None and steady.spark.usual is not None


def test_nobody_else_of_the_sample_is_raised(sample_review: Review) -> None:
    flags = sample_review.flags[sample_review.flags["month"] == MAY]
    raised = set(zip(*(flags.loc[flags["state"] == "raise", name] for name in ("clinician_id", "flag")), strict=True))
    assert raised == {
        ("C04", "stage_incongruence"),
        ("C05", "compassion_fatigue"),
        ("C05", "personal_activation"),
        ("C07", "over_investment"),
        ("C09", "over_investment"),
        ("C10", "self_care"),
    }


def test_leave_is_shown_as_leave(sample_review: Review) -> None:
    rows = {row.clinician_id: row for row in sample_review.index("S02").rows}
    view = sample_review.supervisee("C13")
    days = sample_review.practice.supports.query(
        "clinician_id == 'C13' and kind == 'time_off' and date >= '2026-05-01'"
    )
    assert str(len(days)) in rows["C13"].note
    assert any(str(len(days)) in bold for before, bold, _ in view.opening.facts if "leave" in before)
    assert not any(rows[who].note for who in ("C08", "C09", "C14"))


def test_who_is_new_is_shown_as_new(sample_review: Review) -> None:
    rows = {row.clinician_id: row for row in sample_review.index("S01").rows}
    assert "7 May 2026" in rows["C06"].note
    assert not any(rows[who].note for who in rows if who != "C06")


def test_the_index_asks_the_questions_raised_and_no_other(sample_review: Review) -> None:
    for supervisor in sample_review.supervisors:
        view = sample_review.index(supervisor)
        raised = sorted(
            who
            for who in sample_review.supervisees_of(supervisor)
            for flag in FLAGS
            if state(sample_review, who, flag) == "raise"
        )
        assert [who for who, _ in view.questions] == raised
        assert [row.clinician_id for row in view.rows] == sorted(row.clinician_id for row in view.rows)  # no ranking


def test_an_index_row_says_what_changed_since_last_month(sample_review: Review) -> None:
    flags = sample_review.flags.set_index(["clinician_id", "flag", "month"])["state"]
    for row in [row for s in sample_review.supervisors for row in sample_review.index(s).rows]:
        hidden_flags = {f for f, s in zip(FLAGS, row.states, strict=True) if s.state == "not_shared"}
        both = [
            (flags.get((row.clinician_id, flag, MAY - 1)), flags[row.clinician_id, flag, MAY])
            for flag in set(FLAGS) - hidden_flags
        ]
        changed = [now for before, now in both if before is not None and before != now]
        assert bool(row.changed) is bool(changed)
        assert (row.latest_change == str(MAY)) is bool(changed)


def test_a_failed_report_is_counted_and_named_on_its_supervisors_index_only(sample_review: Review) -> None:
    failures = {"C07": "the kernel died"}
    mine, other = (sample_review.index(name, failures) for name in ("S01", "S02"))
    made = {name: sample_review.index(name, {}) for name in ("S01", "S02")}
    row = next(row for row in mine.rows if row.clinician_id == "C07")
    assert row.report == ""
    assert "kernel" in row.note
    assert "C07" not in fixtures.words(other)
    assert len(mine.notes) == len(made["S01"].notes) + 1
    assert other.notes == made["S02"].notes


# --- the contract's tables ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> sim.Simulated:
    """Three clinicians over four months, with every table."""
    return sim.simulate(sim.Settings(seed=11, clinicians=3, months=4, clients_per_clinician=5, supervisors=2))


@pytest.fixture(scope="module")
def whole(small: sim.Simulated) -> Analysis:
    """Every month of the small practice at once."""
    practice = small.practice()
    return analyse(practice, practice.months)


def test_the_three_tables_have_the_contracts_columns_and_one_row_a_key(sample_review: Review) -> None:
    for name, columns in (("clinicians", CLINICIANS_CSV), ("clients", CLIENTS_CSV), ("flags", FLAGS_CSV)):
        table = getattr(sample_review, name)
        assert list(table.columns) == columns
        assert not table.duplicated(KEYS[name]).any()
        assert table[KEYS[name]].notna().all(axis=None)


def test_everybody_has_a_row_in_every_month_from_the_first_session_or_start_on(sample_review: Review) -> None:
    practice = sample_review.practice
    months = pd.period_range(practice.months[0], MAY, freq="M")
    began = practice.sessions.groupby("clinician_id")["scheduled_start"].min().dt.to_period("M").to_dict()
    started = practice.clinicians.set_index("clinician_id")["started_on"].dt.to_period("M").dropna().to_dict()
    expected = {
        (who, month) for who in began for month in months if month >= min(began[who], started.get(who, began[who]))
    }
    table = sample_review.clinicians
    assert set(zip(table["clinician_id"], table["month"], strict=True)) == expected
    flags = sample_review.flags
    assert set(zip(flags["clinician_id"], flags["month"], flags["flag"], strict=True)) == {
        (*key, flag) for key, flag in itertools.product(expected, FLAGS)
    }


def test_states_are_the_contracts_words_and_probabilities_are_probabilities(sample_review: Review) -> None:
    flags = sample_review.flags
    assert set(flags["state"]) <= set(STATES)
    assert set(flags["flag"]) == set(FLAGS)
    assert flags["probability"].dropna().between(0, 1).all()
    probabilities = ["p_gap", "p_compensating", "p_over_invested", "p_compassion_fatigue"]
    for table in (sample_review.clinicians, sample_review.clients):
        found = table[table.columns.intersection(probabilities)]
        assert ((found >= 0) & (found <= 1) | found.isna()).all(axis=None)


def test_intervals_hold_their_estimates_and_the_gap_is_effort_minus_engagement(sample_review: Review) -> None:
    for table in (sample_review.clinicians, sample_review.clients):
        for name in ("effort", "engagement", "gap", "compensation", "own_shift"):
            if name in table:
                known = table.dropna(subset=[name])
                assert (known[f"{name}_low"] <= known[name]).all() and (known[name] <= known[f"{name}_high"]).all()
        np.testing.assert_allclose(table["gap"], table["effort"] - table["engagement"], atol=1e-9)


def test_sessions_are_counted_as_the_contract_counts_them(sample_review: Review) -> None:
    sessions = sample_review.practice.sessions
    rows = sessions[sessions["status"].isin(COUNTED)]
    counted = rows.groupby(["clinician_id", rows["scheduled_start"].dt.to_period("M").rename("month")]).size()
    table = sample_review.clinicians.set_index(["clinician_id", "month"])["n_sessions"]
    assert (table == counted.reindex(table.index, fill_value=0)).all()
    clients = sample_review.clients.groupby(["clinician_id", "month"])["n_sessions"].sum()
    assert (clients <= table.reindex(clients.index)).all()


def test_fatigue_is_empty_before_a_clinicians_first_survey(sample_review: Review) -> None:
    surveys = sample_review.practice.surveys
    proqol = surveys[surveys["instrument"] == "proqol5"]
    first = proqol.groupby("clinician_id")["completed_on"].min().dt.to_period("M")
    table = sample_review.clinicians[sample_review.clinicians["clinician_id"].isin(sample_review.assessment.sharing)]
    known = table.loc[table["p_compassion_fatigue"].notna()].groupby("clinician_id")["month"].min()
    assert known.to_dict() == first[first.index.isin(known.index)].to_dict()
    assert set(known.index) == set(first.index) & set(table["clinician_id"])


# --- no look-ahead -----------------------------------------------------------------------------------------------


def up_to(table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    return table[table["month"] <= month].reset_index(drop=True)


def test_a_range_says_of_each_month_what_was_known_at_its_end(small: sim.Simulated, whole: Analysis) -> None:
    practice = small.practice()
    for month in practice.months:
        alone = analyse(practice.until(month), month)
        for name in KEYS:
            table = getattr(whole, name)
            of_month = table[table["month"] == month].reset_index(drop=True)
            pd.testing.assert_frame_equal(of_month, getattr(alone, name), atol=1e-9)


def altered_after(tables: dict[str, pd.DataFrame], end: str) -> dict[str, pd.DataFrame]:
    """Everything after `end` (YYYY-MM-DD) turned into its opposite, with a colleague and clients who come later."""
    tables = {name: table.copy() for name, table in tables.items()}
    later = {
        name: pd.to_datetime(table[fixtures.DATES[name]].astype(str)) > end
        for name, table in tables.items()
        if name in fixtures.DATES
    }
    sessions = tables["sessions"]
    sessions.loc[later["sessions"], "status"] = "no_show"
    sessions.loc[later["sessions"], ["prep_minutes", "scheduled_minutes"]] = [400, 60]
    sessions.loc[later["sessions"], ["actual_minutes", "note_minutes", "minutes_late", "stage_of_change"]] = None
    newcomer = sessions[later["sessions"]].head(9).assign(
        session_id=lambda t: "N" + t["session_id"].astype(str), clinician_id="N1", client_id="NK1"
    )  # fmt: skip
    tables["sessions"] = pd.concat([sessions, newcomer], ignore_index=True)
    people = tables["clinicians"]
    tables["clinicians"] = pd.concat(
        [people, people.head(1).assign(clinician_id="N1", started_on=None)], ignore_index=True
    )
    tables["contacts"] = tables["contacts"][~later["contacts"]]
    tables["surveys"].loc[later["surveys"] & (tables["surveys"]["instrument"] == "proqol5"), "response"] = 5
    tables["supports"].loc[later["supports"], ["done_minutes", "cancelled_by"]] = [0, "supervisor"]
    tables["selfcare_plan"].loc[later["selfcare_plan"], "done_times"] = 0
    return tables


def test_later_rows_change_nothing_earlier(small: sim.Simulated, whole: Analysis) -> None:
    middle = small.settings.calendar[1]
    practice = Practice.from_frames(**altered_after(small.tables, str(middle.end_time)))
    altered = analyse(practice, practice.months)
    for name in KEYS:
        one, other = getattr(whole, name), getattr(altered, name)
        pd.testing.assert_frame_equal(up_to(one, middle), up_to(other, middle), atol=1e-9)
        assert not one.equals(other)
    newcomer = altered.clinicians[altered.clinicians["clinician_id"] == "N1"]
    assert newcomer["month"].min() > middle


def test_a_review_of_a_past_month_shows_nothing_later(small: sim.Simulated) -> None:
    month = small.settings.calendar[1]
    altered = Practice.from_frames(**altered_after(small.tables, str(month.end_time)))
    one, other = (review_month(practice, month) for practice in (small.practice(), altered))
    who = one.clinician_ids[0]
    assert one.clinician_ids == other.clinician_ids
    assert fixtures.told(one.supervisee(who, "own")) == fixtures.told(other.supervisee(who, "own"))


def test_some_months_of_a_range_are_returned_in_full_and_others_not_at_all(small: sim.Simulated) -> None:
    practice = small.practice()
    asked = practice.months[[0, 2]]
    found = analyse(practice, asked)
    assert all(set(getattr(found, name)["month"]) == set(asked) for name in KEYS)
    assert list(found.flags.index) == list(range(len(found.flags)))


@pytest.mark.parametrize("month", ["2024-11", "2026-06"])
def test_a_month_outside_the_data_is_refused(sample_review: Review, month: str) -> None:
    with pytest.raises(ParameterError):
        review_month(sample_review.practice, month)


def test_somebody_or_a_team_that_is_not_there_is_refused(sample_review: Review) -> None:
    with pytest.raises(ParameterError):
        sample_review.supervisee("C99")
    with pytest.raises(ParameterError):
        sample_review.team("East")


# --- practices that record little --------------------------------------------------------------------------------


def pages(review: Review, clinicians: tuple[str, ...]) -> list[str]:
    """Documents of every kind that a review makes."""
    made = [html.SuperviseePage(review.supervisee(who, copy)) for who in clinicians for copy in ("supervisor", "own")]
    made += [html.TeamPage(review.team(team)) for team in review.teams]
    indexes = [review.index(), *(review.index(name) for name in review.supervisors)]
    return [*map(html.render_page, [*made, html.QualityPage(review.quality())]), *map(html.render_index, indexes)]


def finite(review: Review) -> bool:
    expected = review.expected_false_flags()
    return all(np.isfinite(value) and value >= 0 for value in expected.values())


def five_columns(clinicians: list[str], first: str) -> pd.DataFrame:
    return fixtures.part_of_sample(clinicians, first)["sessions"].iloc[:, :5]


def test_five_columns_make_pages_that_say_what_cannot_be_known(tmp_path: Path) -> None:
    practice = fixtures.read({"sessions": five_columns(["C03", "C07"], "2026-03")}, tmp_path)
    assert len(practice.sessions.dropna(axis=1, how="all").columns) == 5
    review = review_month(practice, MAY)
    assert set(review.flags["state"]) == {"not_enough_data"}
    estimates = [c for c in CLINICIANS_CSV if c not in ("clinician_id", "month", "n_sessions", "n_clients")]
    assert review.clinicians[estimates].isna().all(axis=None)
    assert (review.clinicians["n_sessions"] > 0).all()
    view = review.supervisee("C07")
    assert view.diary is not None and not view.cards and not view.sections
    assert isinstance(review.index(), IndexView)
    assert (review.supervisors, review.teams) == ((), ())
    assert finite(review) and review.expected_false_flags()["signals"] == 0
    said = fixtures.words(review.quality())
    for table in fixtures.TABLES[1:]:
        assert terms.TABLES[table].lower() in said.lower()
    assert "Attendance only" in said
    assert said.count("Cannot be answered") == 4
    assert all("<h1" in page for page in pages(review, ("C07",)))


@pytest.mark.parametrize(
    "missing",
    [("surveys",), ("surveys", "supports", "selfcare_plan"), ("contacts", "clients", "agenda"), ("clinicians",)],
)
def test_any_table_but_the_sessions_may_be_missing(tmp_path: Path, missing: tuple[str, ...]) -> None:
    tables = {name: t for name, t in fixtures.part_of_sample(["C05", "C12"], "2026-05").items() if name not in missing}
    review = review_month(fixtures.read(tables, tmp_path), MAY)
    assert len(review.flags) == 2 * len(FLAGS)
    for who, copy in zip(review.clinician_ids, ("own", "supervisor"), strict=True):
        assert not fixtures.NOT_WORDS.search(" ".join(card.sentence for card in review.supervisee(who, copy).cards))
    assert review.quality().sections
    unknown = set(review.flags.loc[review.flags["state"] == "not_enough_data", "flag"])
    if "surveys" in missing or "clinicians" in missing:  # nobody shares whose agreement is not recorded
        assert "compassion_fatigue" in unknown
        assert review.clinicians["p_compassion_fatigue"].isna().all()
    if len(missing) == 3 and "supports" in missing:
        assert "personal_activation" in unknown and set(review.flags["state"]) <= set(STATES)


def test_one_session_is_a_practice() -> None:
    sessions = five_columns(["C01"], "2026-05").head(1)
    review = review_month(Practice.from_frames(sessions=sessions), MAY)
    assert (review.clinician_ids, list(review.clinicians["n_sessions"])) == (("C01",), [1])
    assert finite(review)
    assert pages(review, ("C01",))


def test_one_clinician_and_one_month_with_every_table(tmp_path: Path) -> None:
    tables = fixtures.part_of_sample(["C07"], "2026-05")
    review = review_month(fixtures.read(tables, tmp_path), MAY)
    assert len(review.clinicians) == 1 and review.clinicians["own_shift"].isna().all()
    assert "raise" not in set(review.flags["state"])  # one month is no pattern
    assert finite(review)
    assert pages(review, ("C07",))


def test_who_started_without_a_session_has_rows_and_a_page_and_who_did_neither_has_none(tmp_path: Path) -> None:
    tables = fixtures.part_of_sample(["C05"], "2026-03")
    new = tables["clinicians"].assign(clinician_id="N1", started_on="2026-04-03")
    never = new.assign(clinician_id="N2", started_on="")
    to_come = new.assign(clinician_id="N3", started_on="2026-06-01")
    tables["clinicians"] = pd.concat([tables["clinicians"], new, never, to_come])
    review = review_month(fixtures.read(tables, tmp_path), MAY)
    assert review.clinician_ids == ("C05", "N1")
    mine = review.clinicians[review.clinicians["clinician_id"] == "N1"]
    assert list(mine["month"].astype(str)) == ["2026-04", "2026-05"]
    assert (mine[["n_sessions", "n_clients"]] == 0).all(axis=None) and mine["gap"].isna().all()
    assert set(review.flags.loc[review.flags["clinician_id"] == "N1", "state"]) == {"not_enough_data"}
    assert {section.state.state for section in review.supervisee("N1").sections} <= {"not_enough_data", "not_shared"}
    assert "3 April 2026" in {row.clinician_id: row.note for row in review.index("S01").rows}["N1"]


def test_who_has_no_supervisor_is_counted_but_on_no_supervisors_list(tmp_path: Path) -> None:
    tables = fixtures.part_of_sample(["C05", "C12", "C14"], "2026-05")
    people = tables["clinicians"]
    tables["clinicians"] = people.assign(
        supervisor_id=people["supervisor_id"].where(people["clinician_id"] != "C14", "")
    )
    review = review_month(fixtures.read(tables, tmp_path), MAY)
    landing = review.index()
    assert isinstance(landing, SupervisorsView)
    assert [(name, count) for name, _, count in landing.entries] == [("S01", "1 supervisee"), ("S02", "1 supervisee")]
    assert not fixtures.ids(fixtures.words(landing), r"C\d\d")
    assert all("C14" not in fixtures.words(review.index(name)) for name in review.supervisors)
    given = people.assign(supervisor_id=people["supervisor_id"].mask(people["clinician_id"] == "C14", "S02"))
    assigned = review_month(fixtures.read(tables | {"clinicians": given}, tmp_path / "assigned"), MAY).index()
    assert len(landing.notes) == len(assigned.notes) + 1
    assert review.supervisee("C14").meeting[0] == "C14"


def test_a_month_in_which_nothing_was_recorded_shows_nothing_of_the_month_before() -> None:
    tables = fixtures.part_of_sample(["C05", "C12"], "2026-03")
    sessions = tables["sessions"][~tables["sessions"]["scheduled_start"].str.startswith("2026-04")]
    review = review_month(Practice.from_frames(sessions=sessions), "2026-04")
    view = review.supervisee("C05")
    assert not (review.clients["month"] == review.month).any()
    assert isinstance(view.sections[0].main, Empty)
    assert not fixtures.ids(fixtures.words(view.agenda), r"K\d{4}")
    assert (review.clinicians.loc[review.clinicians["month"] == review.month, "n_sessions"] == 0).all()
    assert {card.state.state for card in view.cards[:1]} == {"not_enough_data"}


def test_appointments_that_the_service_cancelled_say_nothing() -> None:
    sessions = five_columns(["C01"], "2026-05").assign(status="service_cancelled")
    review = review_month(Practice.from_frames(sessions=sessions), MAY)
    assert list(review.clinicians["n_sessions"]) == [0]
    assert set(review.flags["state"]) == {"not_enough_data"}


def test_expected_false_flags_grow_with_supervisees_and_charts(sample_review: Review) -> None:
    expected = sample_review.expected_false_flags()
    assert finite(sample_review)
    assert expected["supervisees"] == 14 == len(sample_review.clinician_ids)
    assert 0 < expected["raise"] <= 14 * 0.01  # the budget: one false raise per 100 supervisee-months
    assert expected["raise"] <= expected["watch"] <= 14 * 0.06
    assert 0 < expected["signals"] < expected["charts"]
    assert expected["raise"] <= expected["raise_high"] + 1 and expected["watch"] <= expected["watch_high"] + 1
    flags = sample_review.flags
    likely = (flags["state"] == "raise") | ((flags["state"] == "watch") & (flags["probability"] >= 0.7))
    shown = flags[(flags["month"] == MAY) & likely]
    assert expected["flagged"] == len(shown) > 3
    assert expected["mistaken"] == pytest.approx((1 - shown["probability"]).sum())


@pytest.mark.parametrize("name", ["supervisees", "charts", "flagged", "mistaken"])
def test_a_supervisors_expected_false_flags_count_nobody_else(sample_review: Review, name: str) -> None:
    parts = [sample_review.expected_false_flags(supervisor)[name] for supervisor in sample_review.supervisors]
    assert len(parts) > 1 and max(parts) < sample_review.expected_false_flags()[name]
    assert sum(parts) == pytest.approx(sample_review.expected_false_flags()[name])


# --- data quality ------------------------------------------------------------------------------------------------


def found_in(sections: tuple[Section, ...]) -> str:
    return fixtures.words(sections)


def test_the_quality_page_lists_what_was_left_out_and_what_is_unknown(tmp_path: Path) -> None:
    tables = fixtures.part_of_sample(["C07"], "2026-03")
    sessions = tables["sessions"].assign(favourite_colour="plum").reset_index(drop=True)
    sessions.loc[[1, 2], "note_minutes"] = ["9999", "8888"]
    tables |= {"sessions": sessions, "weather": pd.DataFrame({"day": ["2026-05-01"]})}
    review = review_month(fixtures.read(tables, tmp_path, exclude_invalid=True), MAY)
    assert len(review.practice.sessions) == len(sessions) - 2
    sections = {section.anchor: section for section in review.quality().sections}
    assert "favourite_colour" in found_in((sections["notes"],))
    assert "weather" in found_in((sections["notes"],))
    excluded = sections["tables"].supporting[0]
    assert isinstance(excluded, Table)
    assert [(row["Left out of"], row["Because of"], row["Rows"]) for row in excluded.frame.to_dict("records")] == [
        ("Sessions", "time for notes (note_minutes)", "2")
    ]
    text = found_in(tuple(sections.values()))
    assert "9999" not in text and "plum" not in text  # rows and columns, never values
    assert html.render_page(html.QualityPage(review.quality()))


def test_the_quality_page_of_a_clean_reading_has_nothing_left_out(sample_review: Review) -> None:
    sections = {section.anchor: section for section in sample_review.quality().sections}
    assert sections["tables"].supporting == ()
    main = sections["tables"].main
    assert isinstance(main, Table)
    assert set(main.frame["Table"]) == {terms.TABLES[name] for name in fixtures.TABLES}
    left_out = main.frame.set_index("Table")["Left out"]
    assert left_out.pop("Surveys") == "not counted here" and set(left_out) == {"0"}
    assert main.frame.loc[main.frame["Table"] == "Sessions", "Rows"].item().replace(",", "") == str(
        len(sample_review.practice.sessions)
    )


def test_the_quality_page_says_first_which_questions_can_be_answered(sample_review: Review) -> None:
    view = sample_review.quality()
    assert view.opening.lead.startswith("All four questions can be answered.")
    table = view.sections[0].main
    assert isinstance(table, Table)
    assert set(table.frame.iloc[:, 1]) == {"Can be answered"}
    assert "clinician" not in " ".join(table.frame.iloc[:, 2])  # of nobody
    words = fixtures.words(view).lower()
    assert all(terms.COSTS[name] in words for name in ("talk_share", "change_talk", "sustain_talk", "rebooking"))


def test_every_column_and_table_of_the_contract_and_every_signal_has_its_words() -> None:
    named = {pair for pairs in terms.COLUMNS.values() for pair in pairs}
    needed = {
        (table.name, column.name)
        for table in tables.TABLES.values()
        for column in table.columns
        if not column.required
        and column.name not in {*table.keys, *table.unique}
        and table.name not in ("surveys", "supports")
    }
    assert named == needed
    assert terms.TABLES.keys() == tables.TABLES.keys()
    assert terms.COSTS.keys() == {signal.name for signal in SIGNALS}


def test_a_review_is_frozen(sample_review: Review) -> None:
    with pytest.raises(AttributeError):
        sample_review.assessment = None  # type: ignore[misc]
    assert replace(sample_review).clinician_ids == sample_review.clinician_ids


# --- what the balance says besides its numbers ------------------------------------------------------------------------


def test_what_the_data_could_not_tell_is_on_the_quality_page(sample_review: Review) -> None:
    said = "effort: notes left out, the same everywhere."
    assessment = sample_review.assessment
    told = replace(assessment, balance=replace(assessment.balance, fallbacks=(said,)))
    assert "Effort: notes left out" not in fixtures.words(sample_review.quality())
    assert "Effort: notes left out" in fixtures.words(replace(sample_review, assessment=told).quality())


def test_effort_beyond_a_clients_readiness_is_named(sample_review: Review) -> None:
    balance = sample_review.assessment.balance
    who, client = balance.involvement.loc[0, ["clinician_id", "client_id"]]
    for p, named in ((0.79, False), (0.8, True)):
        clients = balance.involvement.assign(p_beyond_readiness=np.where(balance.involvement.index == 0, p, np.nan))
        told = replace(sample_review.assessment, balance=replace(balance, involvement=clients))
        words = fixtures.words(replace(sample_review, assessment=told).supervisee(who))
        assert (f"for clients at an early stage of change: {client}." in words) == named
