"""Intake: what the data contract lets in, what it refuses, and that one message says all of it without a value."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from intake_fixtures import EVERY_TABLE, places, practice_frames, problems, rows, sessions, with_cells

from caseload.errors import InputError
from caseload.intake import Practice
from caseload.intake.tables import TABLES

# The contract's numbers, written down here a second time on purpose.
RANGES = {
    ("sessions", "scheduled_minutes"): (1, 480),
    ("sessions", "actual_minutes"): (0, 600),
    ("sessions", "minutes_late"): (0, 240),
    ("sessions", "prep_minutes"): (0, 600),
    ("sessions", "note_minutes"): (0, 600),
    ("sessions", "homework_done"): (0, 1),
    ("sessions", "srs_total"): (0, 40),
    ("sessions", "ors_total"): (0, 40),
    ("sessions", "clinician_effort_rating"): (0, 10),
    ("sessions", "client_engagement_rating"): (0, 10),
    ("sessions", "clinician_talk_share"): (0, 1),
    ("sessions", "change_talk_share"): (0, 1),
    ("sessions", "sustain_talk_share"): (0, 1),
    ("contacts", "minutes"): (0, 600),
    ("ratings", "effort"): (0, 10),
    ("ratings", "engagement"): (0, 10),
    ("outcomes", "score"): (None, None),
    ("clinicians", "fte"): (0.05, 1.5),
    ("clinicians", "weekly_client_hours"): (0, 168),
    ("supports", "planned_minutes"): (0, None),
    ("supports", "done_minutes"): (0, None),
    ("selfcare_plan", "planned_times"): (0, None),
    ("selfcare_plan", "done_times"): (0, None),
    ("clients", "severity"): (None, None),
    ("surveys", "response"): (None, None),
}
WORDS = {
    ("sessions", "status"): "attended no_show late_cancelled client_cancelled clinician_cancelled service_cancelled",
    ("sessions", "modality"): "in_person video phone group home_visit",
    ("sessions", "stage_of_change"): "precontemplation contemplation preparation action maintenance",
    ("sessions", "interventions"): "validation alliance case_management safety_planning psychoeducation mi_evoking "
    "mi_planning self_monitoring cbt_homework skills_training behavioural_activation exposure "
    "cognitive_restructuring relapse_prevention",
    ("ratings", "stage_of_change"): "precontemplation contemplation preparation action maintenance",
    ("ratings", "interventions"): "validation alliance case_management safety_planning psychoeducation mi_evoking "
    "mi_planning self_monitoring cbt_homework skills_training behavioural_activation exposure "
    "cognitive_restructuring relapse_prevention",
    ("contacts", "direction"): "to_client from_client about_client",
    ("clients", "end_reason"): "planned dropped_out transferred service other",
    ("changes", "kind"): "recording role hours program other",
    ("contacts", "channel"): "call text email portal letter meeting",
    ("surveys", "instrument"): "proqol5 proqol21 cbi olbi stss single_item_burnout activation team_safety",
    ("surveys", "visible_to"): "own_page supervisor",
    ("supports", "kind"): "supervision consultation peer_support personal_therapy restorative time_off",
    ("supports", "cancelled_by"): "clinician supervisor service",
    ("selfcare_plan", "kind"): "restorative boundary peer_support supervision other",
    ("agenda", "outcome"): "open helped unchanged not_needed",
}
SCALES = [  # instrument, item, lowest, highest, a value between the steps (None = any number)
    ("proqol5", "1", 1, 5, 1.5),
    ("proqol5", "30", 1, 5, 4.5),
    ("proqol5", "burnout", 10, 50, None),
    ("proqol5", "secondary_traumatic_stress", 10, 50, None),
    ("proqol5", "compassion_satisfaction", 10, 50, None),
    ("proqol21", "21", 1, 5, 2.5),
    ("proqol21", "compassion_fatigue", 10, 55, None),
    ("stss", "17", 1, 5, 3.3),
    ("stss", "total", 17, 85, None),
    ("cbi", "19", 0, 100, 30),
    ("cbi", "personal", 0, 100, None),
    ("cbi", "work", 0, 100, None),
    ("cbi", "client", 0, 100, None),
    ("olbi", "16", 1, 4, 2.5),
    ("olbi", "disengagement", 1, 32, None),
    ("olbi", "exhaustion", 1, 32, None),
    ("single_item_burnout", "1", 1, 5, 2.5),
    ("single_item_burnout", "total", 1, 5, 2.5),
    ("activation", "total", 0, 10, None),
    ("team_safety", "total", 0, 10, None),
]
STRANGE_ITEMS = [
    ("proqol5", "0"), ("proqol5", "31"), ("proqol5", "total"), ("proqol5", "01"), ("proqol21", "22"), ("stss", "18"),
    ("stss", "burnout"), ("proqol21", "burnout"),
    ("proqol21", "secondary_traumatic_stress"), ("cbi", "20"), ("olbi", "17"), ("single_item_burnout", "2"),
    ("activation", "1"),
    ("team_safety", "1"),
]  # fmt: skip


def test_five_columns_are_a_practice_and_everything_else_exists_empty():
    practice = Practice.from_frames(sessions=sessions(3))
    assert len(practice.sessions) == 3
    for name, table in TABLES.items():
        frame = getattr(practice, name)
        assert tuple(frame.columns) == table.column_names
        assert name == "sessions" or frame.empty
    assert practice.sessions.drop(columns=sessions(1).columns).isna().all(axis=None)
    assert practice.quality.notes == ()


def test_every_frame_has_the_dtypes_of_the_contract():
    kinds = {"number": "float64", "yes_no": "boolean", "month": "period[M]"}
    kinds |= dict.fromkeys(["id", "text", "word", "terms", "clock"], "str")
    kinds |= dict.fromkeys(["datetime", "date"], "datetime64[us]")
    for frames in (practice_frames(), {"sessions": sessions(1)}):
        practice = Practice.from_frames(**frames)
        for name, table in TABLES.items():
            dtypes = getattr(practice, name).dtypes
            assert {c.name: str(dtypes[c.name]) for c in table.columns} == {
                c.name: kinds[c.kind] for c in table.columns
            }


def test_the_contracted_numbers_are_all_tested():
    numbers = {(t.name, c.name) for t in TABLES.values() for c in t.columns if c.kind == "number"}
    words = {(t.name, c.name) for t in TABLES.values() for c in t.columns if c.words}
    assert (numbers, words) == (set(RANGES), set(WORDS))


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "typed"])
@pytest.mark.parametrize(("table", "column"), sorted(RANGES))
def test_both_sides_of_every_range(table: str, column: str, as_text: bool):
    def frames(*numbers: float) -> dict[str, pd.DataFrame]:
        both = with_cells(table, column, *(map(repr, numbers) if as_text else numbers))
        return both if as_text else both | {table: both[table].astype({column: float})}

    low, high = RANGES[table, column]
    if column != "response":  # a response has the range of its instrument, tested below
        bounds = [-1e9 if low is None else low, 1e9 if high is None else high]
        practice = Practice.from_frames(**frames(*bounds))
        assert getattr(practice, table)[column].tolist() == bounds
    for bound, sign, word in ((low, -1, "below"), (high, 1, "above")):
        if bound is not None:
            (found,) = problems(**frames(bound, bound + sign * 1e-6))
            assert (found.table, found.column, found.rows, found.count) == (table, column, (3,), 1)
            assert found.found == f"a number {word} {bound:g}"


@pytest.mark.parametrize(("table", "column"), [("sessions", "prep_minutes"), ("clients", "severity")])
def test_what_is_not_a_finite_number_is_refused(table: str, column: str):
    endless = ["inf", "-Infinity", "nan", "NaN", np.inf, -np.inf, "1e999"]
    found = problems(**with_cells(table, column, *endless))
    assert {problem.found for problem in found} == {"a number that is not finite"}
    assert sum(problem.count for problem in found) == len(endless)
    other = ["x", "0x1F", "1_000", "12 min", "٣", True, dt.date(2026, 5, 3), "--1", "1e", "."]
    (problem,) = problems(**with_cells(table, column, *other))
    assert (problem.found, problem.count) == ("text that is not a number", len(other))
    (problem,) = problems(**with_cells(table, column, "7,5", "1,000.5", "1.000,5"))
    assert (problem.found, problem.count) == ("a number with a comma", 3)


def test_a_decimal_comma_is_named_and_explained():
    (found,) = problems(**with_cells("sessions", "prep_minutes", "7,5"))
    assert found.found == "a number with a comma"
    assert "7.5" in found.action


def test_infinity_in_a_typed_column_is_refused_and_nan_is_missing():
    frame = sessions(2).assign(prep_minutes=[np.inf, np.nan])
    (found,) = problems(sessions=frame)
    assert (found.rows, found.found) == ((2,), "a number that is not finite")


@pytest.mark.parametrize(("table", "column"), sorted(WORDS))
def test_every_word_of_every_vocabulary_and_no_other(table: str, column: str):
    words = WORDS[table, column].split()
    frames = with_cells(table, column, *words)
    if column == "instrument":
        frames["surveys"]["item"] = ["total" if word in ("activation", "team_safety") else "1" for word in words]
        frames["surveys"]["response"] = [25 if word == "cbi" else 1 for word in words]
    assert getattr(Practice.from_frames(**frames), table)[column].tolist() == words
    others = ["something else", words[0].upper(), words[1] + "s", 7]
    found = problems(**with_cells(table, column, *others))
    assert places(found) == {(table, column)}
    assert sum(problem.count for problem in found) == len(others)
    assert all(word in problem.expected for word in words for problem in found)


def test_terms_are_tidied_and_each_is_checked():
    cells = ["alliance; exposure ;", ";", None, "validation"]
    practice = Practice.from_frames(sessions=sessions(4).assign(interventions=cells))
    assert practice.sessions["interventions"].tolist()[::3] == ["alliance;exposure", "validation"]
    assert practice.sessions["interventions"].isna().tolist() == [False, True, True, False]
    (found,) = problems(
        sessions=sessions(4).assign(interventions=["alliance", "alliance;magic", None, "alliance,exposure"])
    )
    assert found.rows == (3, 5)


def test_true_and_false_in_any_case():
    practice = Practice.from_frames(
        **with_cells("sessions", "crisis", "true", "TRUE", "False", True, False, None, np.nan)
    )
    assert practice.sessions["crisis"].tolist() == [True, True, False, True, False, pd.NA, pd.NA]
    typed = Practice.from_frames(sessions=sessions(2).assign(crisis=[True, False]))
    assert typed.sessions["crisis"].tolist() == [True, False]


def test_other_ways_of_yes_are_refused():
    numbers, words = problems(**with_cells("clients", "access_barrier", "0", "1", 0, 1, 1.0, "yes", "no", "t", "wahr"))
    assert (numbers.found, numbers.count) == ("a number", 5)
    assert (words.found, words.count) == ("text other than true and false", 4)
    assert places(problems(sessions=sessions(2).assign(crisis=[0, 1]))) == {("sessions", "crisis")}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("03/04/2026", "a date written with slashes"),
        ("03/04/2026 14:00", "a date written with slashes"),
        ("2026/04/03", "a date written with slashes"),
        ("3.4.2026", "a date written with dots"),
        ("03-04-2026", "a date that does not begin with the year"),
        ("2026-02-30", "a date or time that does not exist"),
        ("2026-13-01", "a date or time that does not exist"),
        ("46115", "a number"),
        ("20260403", "a number"),
        ("3 April 2026", "text that is not a date"),
        ("1899-12-31", "a year outside 1900 to 2199"),
        ("2200-01-01", "a year outside 1900 to 2199"),
    ],
)
@pytest.mark.parametrize(("table", "column"), [("sessions", "scheduled_start"), ("clients", "intake_date")])
def test_dates_that_are_not_iso_are_refused_never_guessed(table: str, column: str, value: str, found: str):
    (problem,) = problems(**with_cells(table, column, value))
    assert (problem.table, problem.column, problem.rows, problem.found) == (table, column, (2,), found)


def test_the_offer_for_an_ambiguous_date():
    (problem,) = problems(**with_cells("sessions", "scheduled_start", "03/04/2026"))
    assert "2026-04-03" in problem.action


@pytest.mark.parametrize(("table", "column"), [("sessions", "scheduled_start"), ("contacts", "contacted_at")])
def test_times_with_an_offset_are_refused(table: str, column: str):
    zoned = pd.Timestamp("2026-05-03T14:00", tz="Europe/Berlin")
    times = ["2026-05-03T14:00Z", "2026-05-03T14:00+02:00", "2026-05-03 14:00:00-0500", zoned]
    (problem,) = problems(**with_cells(table, column, *times))
    assert (problem.found, problem.count) == ("a time with a time-zone offset", 4)
    frames = {"sessions": sessions(1)} | {table: rows(table, 1).assign(**{column: [zoned]})}
    (problem,) = problems(**frames)
    assert problem.found == "a time with a time-zone offset"


def test_local_times():
    times = ["2026-05-03T14:00", "2026-05-03 14:00", "2026-05-03T14:00:00", "2026-05-03T14:00:00.000"]
    times += [pd.Timestamp("2026-05-03T14:00"), dt.datetime(2026, 5, 3, 14), np.datetime64("2026-05-03T14:00")]
    practice = Practice.from_frames(**with_cells("contacts", "contacted_at", *times))
    assert set(practice.contacts["contacted_at"]) == {pd.Timestamp("2026-05-03T14:00")}


def test_dates_at_the_edges():
    dates = ["1900-01-01", "2199-12-31", "2024-02-29"]
    practice = Practice.from_frames(**with_cells("clients", "intake_date", *dates))
    assert practice.clients["intake_date"].tolist() == [pd.Timestamp(date) for date in dates]


def test_a_session_date_is_midnight_with_a_note_and_a_contact_needs_its_time():
    practice = Practice.from_frames(**with_cells("sessions", "scheduled_start", "2026-05-03"))
    assert practice.sessions["scheduled_start"].iloc[0] == pd.Timestamp("2026-05-03")
    assert any("scheduled_start: 1 date without a time of day" in note for note in practice.quality.notes)
    (problem,) = problems(**with_cells("contacts", "contacted_at", "2026-05-03"))
    assert problem.found == "a date without a time of day"


def test_a_date_with_a_time_of_day_is_no_date():
    times = ["2026-05-03T14:00", pd.Timestamp("2026-05-03T14:00"), "2026-05-03T00:00", dt.date(2026, 5, 4)]
    (problem,) = problems(**with_cells("surveys", "completed_on", *times))
    assert (problem.found, problem.rows) == ("a date with a time of day", (2, 3))
    typed = rows("clients", 2).assign(
        intake_date=pd.Series(["2026-05-03T14:00", "2026-05-03T00:00"], dtype="datetime64[ns]")
    )
    assert problems(sessions=sessions(1), clients=typed)[0].rows == (2,)


@pytest.mark.parametrize("column", ["month", "review_month"])
def test_months_are_written_one_way(column: str):
    practice = Practice.from_frames(**with_cells("agenda", column, "2026-05"))
    assert practice.agenda[column].iloc[0] == pd.Period("2026-05", "M")
    others = ["2026-5", "2026-13", "2026-05-01", "05/2026", "May 2026", "202605", "1899-12", "2200-01"]
    found = problems(**with_cells("agenda", column, *others))
    assert places(found) == {("agenda", column)}
    assert sum(problem.count for problem in found) == len(others)


def test_typed_months_are_first_days_or_periods():
    months = [pd.Timestamp("2026-05-01"), pd.Period("2026-05", "M"), dt.date(2026, 5, 1)]
    practice = Practice.from_frames(**with_cells("selfcare_plan", "month", *months))
    assert set(practice.selfcare_plan["month"]) == {pd.Period("2026-05", "M")}
    days = pd.to_datetime(["2026-05-01", "2026-05-02"])
    (problem,) = problems(sessions=sessions(1), selfcare_plan=rows("selfcare_plan", 2).assign(month=days))
    assert (problem.rows, problem.found) == ((3,), "a whole date")


def test_times_of_day_are_written_one_way():
    values = ["8:00", "24:00", "08:60", "08:00:30", "8 am", "0800", 8]
    (problem,) = problems(**with_cells("clinicians", "workday_start", *values))
    assert (problem.column, problem.count) == ("workday_start", len(values))


@pytest.mark.parametrize(
    ("start", "end", "fine"),
    [
        ("09:00", "09:01", True),
        ("09:00", "09:00", False),
        ("09:00", "08:59", False),
        (None, "08:01", True),
        (None, "08:00", False),
        ("17:59", None, True),
        ("18:00", None, False),
        (dt.time(7), dt.time(15, 30), True),
    ],
)
def test_a_working_day_ends_after_it_starts(start: object, end: object, fine: bool):
    clinicians = pd.DataFrame({"clinician_id": ["C1"], "workday_start": [start], "workday_end": [end]})
    if fine:
        Practice.from_frames(sessions=sessions(1), clinicians=clinicians)
    else:
        assert places(problems(sessions=sessions(1), clinicians=clinicians)) == {("clinicians", "workday_end")}


def answers(instrument: str, item: str, *responses: float) -> pd.DataFrame:
    days = [f"2026-05-{day:02}" for day in range(1, len(responses) + 1)]
    columns = {"completed_on": days, "response": list(responses)}
    return pd.DataFrame({"clinician_id": "C1", **columns, "instrument": instrument, "item": item})


@pytest.mark.parametrize(("instrument", "item", "low", "high", "between"), SCALES)
def test_both_sides_of_every_survey_scale(instrument: str, item: str, low: float, high: float, between: float | None):
    inside = answers(instrument, item, low, high, np.nan, *([low + 0.5] if between is None else []))
    Practice.from_frames(sessions=sessions(1), surveys=inside)
    outside = answers(instrument, item, low, low - 0.01, high + 0.01, *([] if between is None else [between]))
    found = problems(sessions=sessions(1), surveys=outside)
    assert [problem.rows for problem in found] == [(3,), (4,), (5,)][: len(outside) - 1]
    assert all(instrument in problem.expected and f"{low:g} to {high:g}" in problem.expected for problem in found)


@pytest.mark.parametrize(("instrument", "item"), STRANGE_ITEMS)
def test_items_that_an_instrument_does_not_have(instrument: str, item: str):
    (problem,) = problems(sessions=sessions(1), surveys=answers(instrument, item, 1))
    assert (problem.table, problem.column, problem.rows) == ("surveys", "item", (2,))


@pytest.mark.parametrize("column", ["session_id", "clinician_id", "client_id", "scheduled_start", "status"])
def test_required_columns_and_cells(column: str):
    (absent,) = problems(sessions=sessions(2).drop(columns=column))
    assert (absent.table, absent.column, absent.rows) == ("sessions", column, ())
    for nothing in (None, "", "  ", np.nan):
        cells = sessions(2)[column].astype(object)
        cells.iloc[1] = nothing
        (empty,) = problems(sessions=sessions(2).assign(**{column: cells}))
        assert (empty.column, empty.rows, empty.found) == (column, (3,), "an empty cell")


@pytest.mark.parametrize("table", EVERY_TABLE)
def test_every_optional_column_can_be_left_out_one_at_a_time(table: str):
    frame = practice_frames()[table]
    for column in frame.columns[5 if table == "sessions" else 0 :]:
        practice = Practice.from_frames(**{"sessions": sessions(2)} | {table: frame.drop(columns=column)})
        assert getattr(practice, table)[column].isna().all()


def test_rows_that_cannot_be_attributed_are_left_out_with_a_note():
    contacts = practice_frames()["contacts"]
    contacts.loc[0, "clinician_id"] = None
    practice = Practice.from_frames(**practice_frames() | {"contacts": contacts})
    assert len(practice.contacts) == len(contacts) - 1
    assert any(note.startswith("contacts: 1 row without clinician_id") for note in practice.quality.notes)


def test_no_session_is_no_practice_and_other_tables_may_be_empty():
    assert places(problems(sessions=sessions(1).head(0))) == {("sessions", "")}
    assert places(problems(clients=pd.DataFrame({"client_id": ["K"]}))) == {("sessions", "")}
    empty = {name: frame.head(0) for name, frame in practice_frames().items() if name != "sessions"}
    assert Practice.from_frames(sessions=sessions(1), **empty).surveys.empty


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("sessions", ["session_id"]),
        ("clinicians", ["clinician_id"]),
        ("clients", ["client_id"]),
        ("surveys", ["clinician_id", "completed_on", "instrument", "item"]),
    ],
)
def test_repeats_are_refused_and_the_first_row_is_not(table: str, columns: list[str]):
    frame = practice_frames()[table]
    again = frame.copy()
    again.loc[1, columns] = frame.loc[0, columns]
    if table == "surveys":
        again.loc[1, "response"] = frame.loc[0, "response"]
    (problem,) = problems(**practice_frames() | {table: again})
    assert (problem.table, problem.rows, problem.found) == (table, (3,), "a repeat of an earlier row")


@pytest.mark.parametrize(
    ("table", "column"),
    [(t, "clinician_id") for t in ("contacts", "surveys", "supports", "selfcare_plan", "agenda")]
    + [("contacts", "client_id")],
)
def test_people_whom_nobody_holds_are_refused(table: str, column: str):
    (problem,) = problems(**with_cells(table, column, "stranger"))
    assert (problem.table, problem.column, problem.rows) == (table, column, (2,))
    holder = {"clinician_id": "clinicians", "client_id": "clients"}[column]
    Practice.from_frames(**with_cells(table, column, "stranger") | {holder: pd.DataFrame({column: ["stranger"]})})


def test_an_invalid_session_makes_no_strangers():
    frames = practice_frames()
    frames["clients"] = frames["clients"].head(0)
    frames["clinicians"] = frames["clinicians"].head(0)
    frames["sessions"] = frames["sessions"].assign(status="nonsense")
    assert places(problems(**frames)) == {("sessions", "status")}
    frames["sessions"] = practice_frames()["sessions"].drop(columns="client_id")
    assert places(problems(**frames)) == {("sessions", "client_id")}


def test_all_problems_of_all_tables_come_in_one_message():
    frames = practice_frames()
    frames["sessions"] = frames["sessions"].assign(status=["no", "attended"], prep_minutes=[700, -1])
    frames["contacts"] = frames["contacts"].assign(channel="fax")
    frames["clinicians"] = frames["clinicians"].assign(fte=[2, 1])
    frames["surveys"] = frames["surveys"].assign(item=["99", "burnout"])
    frames["agenda"] = frames["agenda"].assign(outcome="great", clinician_id="nobody")
    with pytest.raises(InputError) as caught:
        Practice.from_frames(**frames)
    expected = [
        ("sessions", "status"), ("sessions", "prep_minutes"), ("sessions", "prep_minutes"), ("contacts", "channel"),
        ("clinicians", "fte"), ("surveys", "item"), ("agenda", "outcome"), ("agenda", "clinician_id"),
    ]  # fmt: skip
    assert [(problem.table, problem.column) for problem in caught.value.problems] == expected
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_five_rows_and_the_count():
    (problem,) = problems(sessions=sessions(9).assign(prep_minutes=[700.0] * 8 + [1]))
    assert (problem.rows, problem.count) == ((2, 3, 4, 5, 6), 8)
    message = str(InputError([problem]))
    assert "rows 2, 3, 4, 5, 6 and 3 more (8 rows)" in message
    assert "row 1 is the header" in message


SECRET = "Zyx-Quagga-4711"


@pytest.mark.parametrize("secret", [SECRET, 4711.4711, f"{SECRET};{SECRET}", "47/11/4711"])
def test_no_value_of_any_column_reaches_a_message(secret: object):
    frames = {}
    for name, frame in practice_frames().items():
        frames[name] = pd.DataFrame({column: [secret, secret] for column in frame.columns})
    with pytest.raises(InputError) as caught:
        Practice.from_frames(**frames)
    assert len(caught.value.problems) > 20
    for text in (str(caught.value), repr(caught.value)):
        assert "Quagga" not in text
        assert "4711" not in text


def test_a_header_twice_is_refused():
    frame = pd.concat([sessions(2), sessions(2)[["status"]]], axis=1)
    (problem,) = problems(sessions=frame)
    assert (problem.column, problem.found) == ("status", "2 columns of this name")


def test_unknown_tables_and_columns_are_kept_out_and_named():
    practice = Practice.from_frames(sessions=sessions(1).assign(mood="low"), billing=pd.DataFrame({"a": [1]}))
    assert "mood" not in practice.sessions
    assert [note.split(":")[0] for note in practice.quality.notes] == ["billing", "sessions.mood"]


def test_blanks_are_trimmed_and_counted():
    practice = Practice.from_frames(
        sessions=sessions(2).assign(status=[" attended", "no_show "], modality=[" ", "video"])
    )
    assert practice.sessions["status"].tolist() == ["attended", "no_show"]
    assert practice.sessions["modality"].isna().tolist() == [True, False]
    assert practice.quality.notes == ("sessions.status: blanks around 2 values removed.",)


def test_minutes_of_sessions_that_were_not_attended_are_not_used():
    frame = sessions(3).assign(status=["attended", "no_show", "no_show"], actual_minutes=[50, 10, None])
    practice = Practice.from_frames(sessions=frame)
    assert practice.sessions["actual_minutes"].tolist()[0] == 50
    assert practice.sessions["actual_minutes"].isna().tolist() == [False, True, True]
    assert practice.quality.notes == ("sessions.actual_minutes: not used in 1 row, which were not attended.",)


def test_identifiers_stored_as_numbers_become_text():
    frame = sessions(2).assign(session_id=[1, 2], clinician_id=[7.0, 7.0], client_id=["NA", "007"])
    practice = Practice.from_frames(sessions=frame)
    assert practice.sessions[["session_id", "clinician_id", "client_id"]].to_numpy().tolist() == [
        ["1", "7", "NA"],
        ["2", "7", "007"],
    ]


def test_the_documentation_names_every_column_range_and_word():
    text = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    sections = {section.split(":")[0].split("\n")[0]: section for section in text.split("\n## ")}
    for name, table in TABLES.items():
        lines = {line.split("`")[1]: line for line in sections[name].splitlines() if line.startswith("| `")}
        for column in table.columns:
            words = WORDS.get((name, column.name), "").split()
            bounds = [f"{bound:g}" for bound in RANGES.get((name, column.name), ()) if bound is not None]
            assert all(said in lines[column.name] for said in [f"`{word}`" for word in words] + bounds)
