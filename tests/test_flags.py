"""Flags: states from probabilities, when there is too little data, and words that are numbers and never blame."""

from __future__ import annotations

import math
from dataclasses import replace

import intake_fixtures
import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from caseload.estimates import stage_congruence
from caseload.flags import FLAGS, STATES, Evidence, flag_states, judge, state_since
from caseload.flags.explanations import LAG_SHARE, NEW_DAYS, bearing, ordinary
from caseload.flags.flag import NOT_SHARED
from caseload.flags.judgement import shared_flags
from caseload.flags.over_investment import MIN_CLIENTS, MIN_SESSIONS
from caseload.intake import Practice
from caseload.pages.review import Review

NAN = float("nan")
FIRST = pd.Period("2026-01", "M")
MAY = pd.Period("2026-05", "M")


def months_of(
    probabilities: list[float], clinician: str = "C1", first: pd.Period = FIRST, **more: list
) -> pd.DataFrame:
    months = pd.period_range(first, periods=len(probabilities), freq="M")
    return pd.DataFrame({"clinician_id": clinician, "month": months, "probability": probabilities, **more})


def states_of(probabilities: list[float], **more: list) -> list[str]:
    return list(flag_states(months_of(probabilities, **more)))


SHORT = {"?": "not_enough_data", "s": "steady", "w": "watch", "R": "raise"}


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], ""),
        ([0.9], "w"),  # one month is no pattern
        ([1.0], "w"),
        ([0.6999, 0.9], "sw"),
        ([0.7, 0.9], "wR"),
        ([0.7, 0.8999], "ww"),
        ([0.9, 0.7], "ww"),  # raised by the newest month, not by the one before
        ([0.9, 0.9], "wR"),
        ([0.8, 0.6999, 0.95], "wsw"),
        ([0.7, 0.9, 0.6999, 0.7], "wRRR"),  # one low month does not clear
        ([0.7, 0.9, 0.0, 0.0], "wRRs"),
        ([0.7, 0.9, 0.6999, 0.6999, 0.7], "wRRsw"),
        ([0.7, 0.9, 0.6999, 0.7, 0.6999, 0.6999], "wRRRRs"),  # the two months must follow each other
        ([0.7, 0.9, 0.0, 0.0, 0.9, 0.9], "wRRswR"),  # a cleared flag begins anew
        ([0.7, NAN, 0.9], "w?w"),  # no data does not carry the month before
        ([NAN, 0.9, 0.9], "?wR"),
        ([0.7, 0.9, NAN, 0.8], "wR?R"),  # nor does it clear
        ([0.7, 0.9, NAN, NAN, NAN, 0.0, 0.0], "wR???Rs"),
        ([0.7, 0.9, 0.0, NAN, 0.0, 0.0], "wRR?Rs"),  # nor count as a low month
        ([NAN, NAN], "??"),
    ],
)
def test_a_flag_needs_two_months_to_be_raised_and_two_to_clear(probabilities: list[float], expected: str) -> None:
    assert states_of(probabilities) == [SHORT[letter] for letter in expected]


def test_a_flag_that_may_not_be_raised_stays_a_watch() -> None:
    assert states_of([0.9, 0.9, 0.9], may_raise=[True, False, True]) == ["watch", "watch", "raise"]
    assert states_of([0.9, 0.9, 0.8], may_raise=[True, True, False]) == ["watch", "raise", "raise"]
    assert states_of([0.9, 0.9, 0.9], may_raise=[False] * 3) == ["watch"] * 3


def test_at_least_watch_lifts_what_is_below_and_raises_nothing() -> None:
    lifted = [True] * 4
    assert states_of([NAN, 0.0, 0.7, 0.95], at_least_watch=lifted) == ["watch", "watch", "watch", "raise"]
    assert states_of([0.0, 0.95], at_least_watch=[True, True]) == ["watch", "watch"]  # a lifted month is no evidence
    assert states_of([0.9, 0.9, NAN], at_least_watch=[False, False, True]) == ["watch", "raise", "watch"]


def test_clinicians_do_not_touch_each_other_and_the_index_and_order_are_kept() -> None:
    early, late = months_of([0.9, 0.9, 0.0, 0.0], "C2"), months_of([0.9, 0.95], "C1", FIRST + 2)
    shuffled = pd.concat([early, late]).set_axis([10, 30, 20, 60, 50, 40]).sample(frac=1, random_state=1)
    states = flag_states(shuffled)
    assert list(states.index) == list(shuffled.index)
    assert states.to_dict() == {10: "watch", 30: "raise", 20: "raise", 60: "steady", 50: "watch", 40: "raise"}


def test_a_month_without_a_row_counts_as_one_without_data() -> None:
    table = months_of([0.9, 0.9, 0.9])
    assert list(flag_states(table.iloc[[0, 2]])) == ["watch", "watch"]


def test_no_months_have_no_states() -> None:
    empty = months_of([]).astype({"clinician_id": "str", "probability": float})
    assert len(flag_states(empty)) == 0


def oracle(probabilities: list[float], may_raise: list[bool], lifted: list[bool]) -> list[str]:
    """The rules of the flags word for word, month by month and without memory: slow, and plain to read."""

    def known_low(at: int) -> bool:
        return not math.isnan(probabilities[at]) and probabilities[at] < 0.7

    def raised_anew(at: int) -> bool:
        return at > 0 and may_raise[at] and probabilities[at] >= 0.9 and probabilities[at - 1] >= 0.7

    def cleared_between(start: int, end: int) -> bool:
        return any(known_low(at) and known_low(at - 1) for at in range(start + 2, end + 1))

    states = []
    for now, probability in enumerate(probabilities):
        raised = any(raised_anew(start) and not cleared_between(start, now) for start in range(now + 1))
        if math.isnan(probability):
            state = "not_enough_data"
        elif raised:
            state = "raise"
        else:
            state = "watch" if probability >= 0.7 else "steady"
        states.append("watch" if lifted[now] and state != "raise" else state)
    return states


MONTH = st.tuples(
    st.sampled_from([NAN, 0.0, 0.69, 0.7, 0.89, 0.9, 1.0]), st.booleans(), st.sampled_from([False, False, True])
)
PEOPLE = st.lists(st.tuples(st.integers(0, 5), st.lists(MONTH, min_size=1, max_size=14)), min_size=1, max_size=3)


@given(PEOPLE, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=60, deadline=None)
def test_states_agree_with_the_rules_read_word_by_word(people: list, random) -> None:
    tables, expected = [], []
    for number, (start, months) in enumerate(people):
        probability, may_raise, lifted = (list(column) for column in zip(*months, strict=True))
        more = {"may_raise": may_raise, "at_least_watch": lifted}
        tables.append(months_of(probability, f"C{number}", FIRST + start, **more))
        expected += oracle(probability, may_raise, lifted)
    table = pd.concat(tables, ignore_index=True)
    order = random.sample(range(len(table)), len(table))
    assert flag_states(table.iloc[order]).sort_index().tolist() == expected


@given(PEOPLE)
@hypothesis_settings(max_examples=30, deadline=None)
def test_since_and_before_are_the_last_change(people: list) -> None:
    rows = [
        {
            "clinician_id": f"C{number}",
            "flag": flag,
            "month": FIRST + start + at,
            "state": SHORT["?swR"[(at * step) % 4]],
        }
        for number, (start, months) in enumerate(people)
        for flag, step in (("self_care", len(months) % 4), ("over_investment", 1))
        for at in range(len(months))
    ]
    table = state_since(pd.DataFrame(rows).sample(frac=1, random_state=0))
    for row in table.to_dict("records"):
        mine = [r for r in rows if (r["clinician_id"], r["flag"]) == (row["clinician_id"], row["flag"])]
        past = [r for r in mine if r["month"] <= row["month"]]
        other = [r for r in past if r["state"] != row["state"]]
        assert row["since"] == (other[-1]["month"] + 1 if other else past[0]["month"])
        assert row["before"] == (other[-1]["state"] if other else "")


def ruled(flag: str, **columns: object) -> dict[str, object]:
    """What one flag's rule says of one clinician-month."""
    return FLAGS[flag].rule(pd.DataFrame([columns])).iloc[0].to_dict()


BALANCE = {
    "n_sessions": MIN_SESSIONS,
    "n_clients": MIN_CLIENTS,
    "effort": 0.1,
    "engagement": 0.0,
    "p_over_invested": 0.4,
}


@pytest.mark.parametrize(
    ("changed", "enough"),
    [
        ({}, True),
        ({"n_sessions": 5}, False),
        ({"n_sessions": 6}, True),
        ({"n_clients": 2}, False),
        ({"n_clients": 3}, True),
        ({"n_sessions": 0, "n_clients": 0}, False),
        ({"p_over_invested": NAN}, False),
    ],
)
def test_over_investment_asks_for_six_sessions_and_three_clients(changed: dict, enough: bool) -> None:
    found = ruled("over_investment", **BALANCE | changed)
    assert (found["why_not"] == "") is enough
    assert math.isnan(found["probability"]) is not enough


def rated(sessions: int, clients: int) -> pd.DataFrame:
    """Sessions of May with a rated stage, shared out among clients."""
    practice = Practice.from_frames(
        sessions=intake_fixtures.sessions(sessions).assign(
            clinician_id="C1", client_id=[f"K{row % clients}" for row in range(sessions)],
            stage_of_change="contemplation", interventions="exposure",
        )
    )  # fmt: skip
    return stage_congruence(practice.sessions, MAY)


@pytest.mark.parametrize(
    ("sessions", "clients", "enough"), [(7, 3, False), (8, 3, True), (8, 2, False), (30, 2, False)]
)
def test_stage_incongruence_asks_for_eight_rated_sessions_of_three_clients(
    sessions: int, clients: int, enough: bool
) -> None:
    found = FLAGS["stage_incongruence"].rule(rated(sessions, clients)).iloc[0]
    assert (found["why_not"] == "") is enough
    assert bool(pd.notna(found["probability"])) is enough


@pytest.mark.parametrize(
    ("surveyed", "probability", "why"),
    [(False, NAN, NOT_SHARED), (True, NAN, "other"), (True, 0.2, ""), (True, 0.95, "")],
)
@pytest.mark.parametrize("unmet", [False, True])
def test_unmet_provision_is_at_least_a_watch_with_and_without_a_survey(
    surveyed: bool, probability: float, why: str, unmet: bool
) -> None:
    found = ruled("personal_activation", surveyed=surveyed, p_activation=probability, unmet=unmet)
    assert found["at_least_watch"] == unmet
    assert (found["why_not"] if why in ("", NOT_SHARED) else bool(found["why_not"])) == (
        why if why != "other" else True
    )
    state = states_of([probability], at_least_watch=[found["at_least_watch"]])[0]
    assert state in (("watch", "raise") if unmet or probability >= 0.7 else ("steady", "not_enough_data"))


def test_self_care_needs_a_plan_or_contacts() -> None:
    assert ruled("self_care", p_self_care=NAN)["why_not"]
    assert not ruled("self_care", p_self_care=0.0)["why_not"]


@pytest.mark.parametrize(
    ("last_above", "reliable_rise", "two_above", "may_raise"),
    [
        (True, True, False, True),
        (True, True, True, True),
        (True, False, True, True),
        (True, False, False, False),  # above, but neither risen nor for the second time
        (False, True, False, False),  # risen, but not above
        (False, False, False, False),
    ],
)
def test_compassion_fatigue_is_raised_only_on_self_report(
    last_above: bool, reliable_rise: bool, two_above: bool, may_raise: bool
) -> None:
    row = {"last_above": last_above, "reliable_rise": reliable_rise, "two_above": two_above}
    found = ruled("compassion_fatigue", p_compassion_fatigue=0.99, **row)
    assert found["may_raise"] == may_raise
    month = {"may_raise": [found["may_raise"]] * 2}
    assert states_of([0.99, 0.99], **month)[1] == ("raise" if may_raise else "watch")


def test_compassion_fatigue_without_a_survey_is_not_enough_data() -> None:
    row = {"last_above": None, "reliable_rise": None, "two_above": None}
    found = ruled("compassion_fatigue", p_compassion_fatigue=NAN, **row)
    assert (found["why_not"], found["may_raise"]) == (NOT_SHARED, False)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_rule_takes_no_rows(flag: str, sample_review: Review) -> None:
    assert FLAGS[flag].rule(sample_review.assessment.evidence.of(flag).iloc[:0]).empty


def test_no_evidence_gives_no_flags(sample_review: Review) -> None:
    evidence = sample_review.assessment.evidence
    frames = ("balance", "stage", "personal", "self_care", "fatigue")
    empty = replace(evidence, **{name: getattr(evidence, name).iloc[:0] for name in frames})
    assert judge(empty).empty


def test_every_flag_of_every_month_has_a_reason_in_words_and_a_probability_where_it_has_a_state(
    sample_review: Review,
) -> None:
    for flags in (sample_review.assessment.own_flags, sample_review.assessment.flags):
        assert set(flags["state"]) == set(STATES)
        unknown = flags["state"] == "not_enough_data"
        assert flags.loc[~unknown & (flags["flag"] != "personal_activation"), "probability"].between(0, 1).all()
        assert flags.loc[unknown, "probability"].isna().all()
        assert flags["reason"].str.len().between(10, 400).all()
        assert not flags["reason"].str.contains(fixtures.NOT_WORDS.pattern, case=False).any()
        told = flags.loc[~unknown, "reason"]
        assert told.str.contains(r"\d").all()
        assert not told.str[0].str.islower().any()


def test_a_state_comes_with_the_probability_that_it_says(sample_review: Review) -> None:
    flags = sample_review.assessment.own_flags
    unmet = sample_review.assessment.evidence.personal.set_index(["clinician_id", "month"])["unmet"]
    lifted = unmet.loc[pd.MultiIndex.from_frame(flags[["clinician_id", "month"]])].to_numpy()
    plain = flags[~(lifted & (flags["flag"] == "personal_activation").to_numpy())]
    assert (plain.loc[plain["state"] == "steady", "probability"] < 0.7).all()
    assert (plain.loc[plain["state"] == "watch", "probability"] >= 0.7).all()
    assert set(flags.loc[lifted & (flags["flag"] == "personal_activation").to_numpy(), "state"]) <= {"watch", "raise"}


def hollow(flag: str, evidence: Evidence, probability: float) -> dict:
    """The sample's evidence with every optional number missing, and a probability: what a bare practice leaves."""
    row = {
        name: (NAN if isinstance(value, float | np.floating) else value)
        for name, value in evidence.of(flag).iloc[-1].to_dict().items()
    }
    row |= {
        "compensating": 0.0,
        "shifted": 0.0,
        "concentrated": 0.0,
        "elevated": 0.0,
        "top_clients": "",
        "unmet": False,
    }
    return row | {"probability": probability, "why_not": "", "at_least_watch": False}


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.7, 0.95, 1.0])
def test_over_investment_without_slope_or_shift_still_has_a_reason(probability: float, sample_review: Review) -> None:
    row = hollow("over_investment", sample_review.assessment.evidence, probability)
    for drivers in ({}, {"compensating": 1.0, "shifted": 2.0}):
        said = FLAGS["over_investment"].because(row | drivers)
        assert len(said) > 10
        assert not fixtures.NOT_WORDS.search(said)


@pytest.mark.parametrize(("supervisor", "service"), [(2, 0), (3, 0), (0, 2), (0, 3), (1, 1), (2, 1), (1, 2)])
def test_unmet_provision_says_who_cancelled_how_many(supervisor: int, service: int, sample_review: Review) -> None:
    cancelled = {"cancelled_supervisor": float(supervisor), "cancelled_service": float(service)}
    unmet = {"unmet": True, "unmet_planned": 3.0, "why_not": NOT_SHARED, "at_least_watch": True}
    row = hollow("personal_activation", sample_review.assessment.evidence, NAN)
    said = FLAGS["personal_activation"].because(row | cancelled | unmet)
    assert f"{supervisor + service} of the last 3" in said
    assert ("supervisor" in said) is (supervisor > 0) and ("service" in said) is (service > 0)


def test_what_is_said_never_blames(sample_review: Review) -> None:
    evidence = sample_review.assessment.evidence
    said = set(sample_review.assessment.own_flags["reason"])
    for flag in FLAGS:
        for row in evidence.of(flag).to_dict("records"):
            said |= {FLAGS[flag].ends(state, row) for state in STATES if state != "steady"}
            said |= {FLAGS[flag].ask(row, clients) for clients in ([], ["K1"], ["K1", "K2", "K3"])}
    assert len(said) > 100
    assert "" not in said
    assert not [text for text in said if any(word in text.lower() for word in fixtures.BLAMING)]
    assert not [text for text in said if fixtures.NOT_WORDS.search(text)]


def test_a_steady_flag_has_nothing_to_clear(sample_review: Review) -> None:
    for flag in FLAGS:
        assert FLAGS[flag].ends("steady", sample_review.assessment.evidence.of(flag).iloc[-1].to_dict()) == ""


def test_a_question_is_one_and_open(sample_review: Review) -> None:
    for flag in FLAGS:
        for row in sample_review.assessment.evidence.of(flag).to_dict("records"):
            asked = FLAGS[flag].ask(row, ["K1", "K2", "K3"])
            assert asked.count("?") == 1 and asked.endswith("?")
            assert "K3" not in asked


def test_workload_comes_before_willpower() -> None:
    plan = {"p_plan": 0.9, "p_after_hours": 0.1}
    asked = {
        barrier: FLAGS["self_care"].ask(plan | {"barrier": barrier}, []) for barrier in ("", "motivation", "workload")
    }
    assert asked["workload"] != asked["motivation"] == asked[""]
    evenings = {"p_plan": 0.1, "p_after_hours": 0.9}
    assert FLAGS["self_care"].ask(evenings | {"barrier": "workload"}, []) not in asked.values()
    assert FLAGS["self_care"].ask({"p_plan": NAN, "p_after_hours": NAN, "barrier": ""}, []) == asked[""]


def practice(**changed: pd.DataFrame) -> Practice:
    """Ten attended sessions of C1 with K1 in May, ten in March, notes timed, nothing out of the ordinary."""
    may = intake_fixtures.sessions(10).assign(clinician_id="C1", client_id="K1", note_minutes=10.0, crisis="false")
    march = may.assign(session_id="M" + may["session_id"], scheduled_start="2026-03-02T09:00")
    people = pd.DataFrame({"clinician_id": ["C1", "C2"]})
    clients = pd.DataFrame({"client_id": ["K1", "K2"], "intake_date": "2025-01-01", "access_barrier": "false"})
    frames = {"sessions": pd.concat([march, may], ignore_index=True), "clinicians": people, "clients": clients}
    return Practice.from_frames(**frames | changed)


def explained(found: Practice, days_off: int = 0, flag: str = "over_investment") -> list[str]:
    return bearing(flag, ordinary(found, "C1", MAY, days_off))


def with_session(row: int, **cells: object) -> Practice:
    sessions = practice().sessions.astype({"crisis": object})
    for column, value in cells.items():
        sessions.loc[row, column] = value
    return practice(sessions=sessions)


def with_client(**cells: object) -> Practice:
    clients = pd.DataFrame({"client_id": ["K1"], "intake_date": ["2025-01-01"], "access_barrier": ["false"]})
    return practice(clients=clients.assign(**cells))


def contact(**cells: object) -> Practice:
    row = {
        "clinician_id": "C1", "client_id": "K1", "contacted_at": "2026-05-04T12:00", "direction": "to_client",
        "planned": "true",
    }  # fmt: skip
    return practice(contacts=pd.DataFrame([row | cells]))


def without_notes(may: int, march: int) -> Practice:
    sessions = practice().sessions.copy()
    for first, count in ((0, march), (10, may)):
        sessions.loc[first : first + count - 1, "note_minutes"] = NAN
    return practice(sessions=sessions)


def test_nothing_out_of_the_ordinary_explains_nothing() -> None:
    assert all(explained(practice(), flag=flag) == [] for flag in FLAGS)


@pytest.mark.parametrize(
    ("found", "days_off", "count"),
    [
        (lambda: with_session(12, crisis=True), 0, 1),
        (lambda: with_session(2, crisis=True), 0, 0),  # in March
        (practice, 1, 1),
        (practice, 0, 0),
        (lambda: with_client(intake_date=str((MAY.end_time - pd.Timedelta(days=NEW_DAYS)).date())), 0, 1),
        (lambda: with_client(intake_date=str((MAY.end_time - pd.Timedelta(days=NEW_DAYS + 1)).date())), 0, 0),
        (lambda: with_client(access_barrier="true"), 0, 1),
        (lambda: with_client(client_id="K1", access_barrier=None), 0, 0),
        (contact, 0, 1),
        (lambda: contact(planned="false"), 0, 0),
        (lambda: contact(planned=None), 0, 0),
        (lambda: contact(clinician_id="C2", client_id="K2"), 0, 0),
        (lambda: contact(contacted_at="2026-04-30T12:00"), 0, 0),
        (lambda: without_notes(may=4, march=1), 0, 1),
        (lambda: without_notes(may=round(10 * LAG_SHARE), march=0), 0, 0),  # not more than the share
        (lambda: without_notes(may=4, march=2), 0, 0),  # not twice as often as before
        (lambda: without_notes(may=10, march=10), 0, 0),  # never timed
    ],
)
def test_an_ordinary_explanation_is_named_exactly_where_the_data_have_it(found, days_off: int, count: int) -> None:
    said = explained(found(), days_off)
    assert len(said) == count
    assert not any(fixtures.NOT_WORDS.search(text) for text in said)


def test_all_explanations_of_a_month_stand_side_by_side() -> None:
    sessions = practice().sessions.astype({"crisis": object})
    sessions.loc[12, "crisis"] = True
    sessions.loc[10:15, "note_minutes"] = NAN
    clients = pd.DataFrame({"client_id": ["K1"], "intake_date": ["2026-04-01"], "access_barrier": ["true"]})
    everything = practice(sessions=sessions, clients=clients, contacts=contact().contacts)
    said = explained(everything, days_off=3)
    assert len(said) == len(set(said)) == 6
    assert bearing("over_investment", ordinary(everything, "C2", MAY, 0)) == []


def test_without_consent_self_report_makes_no_difference_to_a_flag(sample_review: Review) -> None:
    evidence = sample_review.assessment.evidence
    unsurveyed = evidence.personal.assign(surveyed=False)
    reported = evidence.personal.columns.intersection(
        ["p_activation", "p_rating", "rating", "rating_usual", "p_sts", "sts", "sts_usual"]
    )
    unsurveyed[reported] = NAN
    fatigue = evidence.fatigue.copy()
    fatigue[fatigue.select_dtypes("number").columns] = NAN
    fatigue[["last_above", "reliable_rise", "two_above"]] = False
    none = replace(evidence, personal=unsurveyed, fatigue=fatigue)
    pd.testing.assert_frame_equal(shared_flags(evidence, frozenset()), judge(none))
    pd.testing.assert_frame_equal(shared_flags(evidence, set(evidence.balance["clinician_id"])), judge(evidence))
