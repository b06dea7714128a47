"""Team pages: the sums behind every figure, what is hidden, and that no difference of two figures tells of a person."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from caseload.errors import ParameterError
from caseload.estimates.funnel import LIMITS, funnel
from caseload.estimates.indicators import SHARES, ratios
from caseload.estimates.rounds import survey_rounds
from caseload.intake import Practice
from caseload.pages import html
from caseload.pages.review import Review, review_month
from caseload.pages.suppression import (
    LEAST_OPEN,
    MIN_PEOPLE,
    MIN_RESPONDENTS,
    ONE_PERSON,
    USUAL,
    Policy,
    hidden,
    released,
    rounded,
    rounding_step,
)
from caseload.pages.team.indicators import INDICATORS, team_cells
from caseload.pages.team.page import TILES
from caseload.pages.team.surveys import SCALES, could_be_told_apart, share_of_people
from caseload.pages.views import Empty, Figure, Table, TeamView

MAY = pd.Period("2026-05", "M")
RECORDED = ("supervision", "peer_support", "caseload", "client_hours", "after_hours", "overruns")
"""What `team_practice` holds: nothing of trauma, leave or plans."""


def team_practice(
    sizes: dict[str, int], unshared: dict[str, int], unanswered: dict[str, int], hours: dict[str, int] | None = None
) -> Practice:
    """Teams of given sizes in May, everybody with sessions, supports, contacts and a survey, but for some.

    `hours` of supervision promised each of a team, half of which took place, where it is not 1.
    """
    people = [(f"{team}{number:02}", team, number) for team, size in sizes.items() for number in range(size)]
    who = [name for name, _, _ in people]
    visits = [
        (f"{name}-{n}", name, f"K{name}", f"2026-05-1{n}T10:00", "attended", 50, 50) for name in who for n in range(2)
    ]
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status", "scheduled_minutes"]
    sessions = pd.DataFrame(visits, columns=[*columns, "actual_minutes"])
    clinicians = pd.DataFrame(
        [(name, team, str(number >= unshared.get(team, 0)).lower()) for name, team, number in people],
        columns=["clinician_id", "team", "shares_surveys"],
    )
    promised = [60 * (hours or {}).get(team, 1) for _, team, _ in people]
    supports = pd.DataFrame({"clinician_id": who, "date": "2026-05-06", "planned_minutes": promised})
    supports["done_minutes"] = [0.75 * minutes if minutes == 60 else 0.5 * minutes for minutes in promised]
    supports = pd.concat([supports.assign(kind=kind) for kind in ("supervision", "peer_support")])
    answered = [name for name, team, number in people if number < sizes[team] - unanswered.get(team, 0)]
    scores = ("burnout", 30), ("secondary_traumatic_stress", 12), ("compassion_satisfaction", 38)
    surveys = pd.DataFrame(
        [(name, "2026-05-04", "proqol5", scale, score) for name in answered for scale, score in scores],
        columns=["clinician_id", "completed_on", "instrument", "item", "response"],
    )
    contacts = pd.DataFrame({"clinician_id": who, "client_id": [f"K{name}" for name in who], "minutes": 30})
    contacts = contacts.assign(contacted_at="2026-05-06T19:00", direction="to_client")
    return Practice.from_frames(
        sessions=sessions, clinicians=clinicians, supports=supports, surveys=surveys, contacts=contacts
    )


@pytest.fixture(scope="module")
def teams() -> Review:
    sizes = {"A": 4, "B": 5, "D": 7, "E": 8, "F": 8, "G": 8, "H": 9}
    return review_month(team_practice(sizes, unshared={"F": 1, "H": 1}, unanswered={"G": 1}), MAY)


def shown(view: TeamView) -> dict[str, bool]:
    """By title whether a tile has a number; one without says why."""
    assert all(bool(tile.number) is not bool(tile.hidden) for tile in view.tiles)
    return {tile.title: bool(tile.number) for tile in view.tiles}


def operational(view: TeamView) -> list[bool]:
    return [shown(view)[INDICATORS[name].title] for name in RECORDED]


def surveyed(view: TeamView) -> list[bool]:
    return [bool(tile.number) for tile in view.tiles[len(TILES) :]]


# --- what is hidden ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "works", "answers"),
    [
        ("A", False, False),  # 4 people
        ("B", True, False),  # 5 people, 5 answers
        ("D", True, False),  # 7 answers
        ("E", True, True),  # 8 answers
        ("F", True, False),  # 8 answers, 7 of them shared
        ("G", True, False),  # 8 people who share, 7 answers
        ("H", True, True),  # 9 answers, 8 of them shared
    ],
)
def test_a_team_page_hides_what_too_few_people_stand_behind(
    teams: Review, team: str, works: bool, answers: bool
) -> None:
    view = teams.team(team)
    assert operational(view) == [works] * len(RECORDED)
    assert surveyed(view) == [answers] * len(SCALES)
    assert isinstance(view.sections[0].main, Empty)  # one month makes no chart


def test_a_team_of_four_shows_no_number_about_its_work(teams: Review) -> None:
    view = teams.team("A")
    support, *others, _ = view.sections  # the funnel and the last section are about the other teams
    about = (view.tiles, support.main, support.sheet, support.supporting[1:], others, view.opening)
    said = fixtures.words(about)
    assert "75" not in said and "%" not in said
    assert all(tile.spark is None and not tile.interval and not tile.note for tile in view.tiles)
    assert not [bold for _, bold, after in view.opening.facts if "people in the team" in after and bold == "4"]
    row = side_by_side(view).set_index("Team").loc["A"]
    assert all(cell.startswith("hidden, under") for cell in row)
    assert html.render_page(html.TeamPage(view))


def side_by_side(view: TeamView) -> pd.DataFrame:
    (table,) = view.sections[-1].supporting
    assert isinstance(table, Table)
    return table.frame


def test_what_a_team_page_shows_is_right(teams: Review) -> None:
    tiles = {tile.title: tile.number for tile in teams.team("E").tiles}
    told = [tiles[INDICATORS[name].title] for name in RECORDED]
    # 45 of 60 minutes, in steps of 10%; one client; 100 minutes in the 21 weekdays of May 2026; half an hour
    assert told == ["80%", "80%", "1.0 clients", "0.40 h", "0.5 h", "0.0"]
    assert [tile.number for tile in teams.team("E").tiles[-3:]] == ["80% or more", "20% or less", "50"]


def test_a_sample_team_of_four_is_hidden_and_one_of_ten_is_not(sample_review: Review) -> None:
    north, south = (sample_review.team(name) for name in ("North", "South"))
    hidden_there = {tile.title for tile in north.tiles if tile.hidden}
    assert hidden_there == {INDICATORS["after_hours"].title}  # one of ten people has more than half of it
    assert not any(shown(south).values())
    figures = [item for section in south.sections for item in (section.main, *section.supporting)]
    assert not [item for item in figures if isinstance(item, Figure)]
    assert (
        sum(isinstance(item, Figure) for section in north.sections for item in (section.main, *section.supporting)) >= 9
    )


@pytest.mark.parametrize(("people", "least"), [(MIN_PEOPLE, MIN_PEOPLE), (MIN_RESPONDENTS, MIN_RESPONDENTS), (0, 1)])
def test_a_figure_is_hidden_below_its_least_number_of_people(people: int, least: int) -> None:
    assert (MIN_PEOPLE, MIN_RESPONDENTS) == (5, 8)
    assert bool(hidden(people, least)) is (people < least)
    assert hidden(least - 1, least) and not hidden(least, least)


def test_a_practice_may_hide_more_but_never_almost_nothing(teams: Review) -> None:
    strict = Policy(people=9, respondents=9)
    assert operational(teams.team("E", strict)) == [False] * len(RECORDED)
    assert operational(teams.team("H", strict)) == [True] * len(RECORDED)
    assert surveyed(teams.team("H", strict)) == [False] * len(SCALES)
    assert "fewer than 9 people" in teams.team("E", strict).footer
    for few in ({"people": 2}, {"respondents": 2}):
        with pytest.raises(ParameterError, match="3 or more"):
            Policy(**few)


# --- nothing is left to subtract ---------------------------------------------------------------------------------


def test_a_hidden_team_changes_no_page_of_another(teams: Review) -> None:
    """Whatever a hidden team does, the others' pages stay the same: no total, funnel or table is made from it."""
    practice = teams.practice
    rest = {name: getattr(practice, name) for name in ("sessions", "contacts", "clinicians", "supports", "surveys")}
    supports = rest["supports"].copy()
    supports.loc[supports["clinician_id"].str.startswith("A"), ["planned_minutes", "done_minutes"]] = [600, 0]
    other = review_month(Practice.from_frames(**{**rest, "supports": supports}), MAY)
    for team in ("B", "E", "H"):
        assert fixtures.told(teams.team(team)) == fixtures.told(other.team(team))


def test_the_funnel_holds_no_hidden_team() -> None:
    sizes = {"A": 6, "B": 6, "C": 6, "D": 4, "E": 12}
    practice = team_practice(sizes, {}, {}, hours={"E": 20})
    figure = review_month(practice, MAY).team("B").sections[0].supporting[0]
    assert isinstance(figure, Figure)
    assert figure.table["label"].dropna().tolist() == ["A", "B", "C", "E"]
    assert figure.numbers is not None
    assert figure.numbers["Hours promised"].tolist() == ["6", "6", "6", "240"]
    assert html.render_page(html.TeamPage(review_month(practice, MAY).team("B")))


def month_parts(
    values: list[float], month: str = "2026-05", wholes: float = 1.0, name: str = "after_hours"
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "clinician_id": [f"C{number}" for number in range(len(values))],
            "team": "T",
            "indicator": name,
            "month": pd.Period(month, "M"),
            "part": values,
            "whole": wholes,
        }
    )


def release(*months: pd.DataFrame, policy: Policy = USUAL) -> pd.DataFrame:
    return released(ratios(pd.concat(months), ["team", "indicator", "month"]), policy)


# --- what somebody who knows the rules can work out ------------------------------------------------------------------

AMOUNTS = st.one_of(st.floats(0.5, 20), st.floats(0, 200), st.sampled_from([0.0, 2.0, 2.0, 8.0, 40.0]))
TEAMS = st.lists(AMOUNTS, min_size=MIN_PEOPLE, max_size=14)


def sums(row: pd.Series) -> tuple[float, float]:
    """From which to which sum of a team's amounts a published figure looks as it does: found by trying many."""
    near = np.linspace(row["value"] - 1.6 * row["step"], row["value"] + 1.6 * row["step"], 1200)
    tried = pd.Series(near[near > 0])
    made = rounded(tried, pd.Series(row["people"], index=tried.index))
    alike = tried[np.isclose(made["value"], row["value"]) & np.isclose(made["step"], row["step"])]
    return row["people"] * alike.min(), row["people"] * alike.max()


def is_pinned(low: float, high: float, true: float) -> bool:
    """Whether a value is known to within LEAST_OPEN of itself; what `sums` may miss at the ends is granted."""
    missed = 0.01 * (high - low)
    assert low - missed <= true <= high + missed  # what is worked out is right
    return true > 0 and high - low < 2 * LEAST_OPEN * true * 0.98


@settings(max_examples=40, deadline=None)
@given(TEAMS)
def test_who_knows_all_but_one_cannot_pin_that_one(amounts: list[float]) -> None:
    """Stronger than anybody should be: all others' amounts are known exactly."""
    row = release(month_parts(amounts)).iloc[0]
    if row["hidden"] or row["value"] == 0:
        return
    low, high = sums(row)
    for amount in amounts:
        others = sum(amounts) - amount
        assert not is_pinned(low - others, high - others, amount)


@settings(max_examples=40, deadline=None)
@given(TEAMS, AMOUNTS, AMOUNTS, st.sampled_from(["joins", "leaves", "changes"]))
def test_who_sees_all_months_and_knows_their_own_cannot_pin_who_comes_goes_or_changes(
    others: list[float], one: float, before: float, what: str
) -> None:
    """The reader is one of the others, is right that all others are as before, and knows how the rounding goes."""
    months = {"joins": (others, [*others, one]), "leaves": ([*others, one], others),
              "changes": ([*others, before], [*others, one])}[what]  # fmt: skip
    cells = release(month_parts(months[0], "2026-04"), month_parts(months[1], "2026-05"))
    if (cells["hidden"] != "").any() or (cells["value"] == 0).any():
        return
    april, may = (sums(row) for _, row in cells.iterrows())
    with_one, without = (april, may) if what == "leaves" else (may, april)
    known = before if what == "changes" else 0.0  # even so
    assert not is_pinned(with_one[0] - without[1] + known, with_one[1] - without[0] + known, one)


@settings(max_examples=20, deadline=None)
@given(st.lists(TEAMS, min_size=2, max_size=6), st.integers(1, 5))
def test_a_month_is_rounded_in_the_same_way_on_every_later_page(months: list[list[float]], shown: int) -> None:
    parts = [month_parts(amounts, f"2026-0{at + 1}") for at, amounts in enumerate(months)]
    now, later = release(*parts[:shown]), release(*parts)
    pd.testing.assert_frame_equal(now, later.iloc[: len(now)])


@settings(max_examples=30, deadline=None)
@given(TEAMS, st.sampled_from(["after_hours", "supervision"]))
def test_the_ends_of_an_interval_do_not_tell_where_in_the_rounding_the_figure_was(
    amounts: list[float], name: str
) -> None:
    """Teams with the same figure, step and spread have the same interval."""
    wholes = 1.0 if name == "after_hours" else 250.0
    row = release(month_parts(amounts, wholes=wholes, name=name)).iloc[0]
    if row["hidden"] or row["value"] == 0:
        return
    shift = row["step"] / 50 * wholes
    other = release(month_parts([amount + shift for amount in amounts], wholes=wholes, name=name)).iloc[0]
    if (other["value"], other["step"], other["hidden"]) == (row["value"], row["step"], ""):
        assert (other["low"], other["high"]) == pytest.approx((row["low"], row["high"]), abs=1e-9)


def test_what_one_of_six_had_is_left_open_after_they_have_changed_teams() -> None:
    """Six people had 7.0 h and afterwards the five others 2.0 h each, as before: that one had 32, and by how much?"""
    before, after = (release(month_parts(hours)).iloc[0] for hours in ([2.0] * 5 + [32.0], [2.0] * 5))
    assert (before["value"], before["step"], after["value"], after["step"]) == (8.0, 2.0, 2.0, 0.5)
    low, high = sums(before)[0] - sums(after)[1], sums(before)[1] - sums(after)[0]
    assert low < 32 < high and high - low > 0.5 * 32
    assert release(month_parts([2.0] * 5 + [42.0])).iloc[0]["hidden"] == ONE_PERSON


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-3, 1e4), st.integers(3, 60))
def test_what_is_shown_is_near_the_figure_and_leaves_half_a_step_open(value: float, people: int) -> None:
    (row,) = rounded(pd.Series([value]), pd.Series([people])).to_dict("records")
    assert value / (people + 0.5) <= row["step"] * (1 + 1e-9) <= 2.5 * value / (people + 0.5) * (1 + 2e-9)
    assert abs(row["value"] - value) <= row["step"] * (1 + 1e-6)
    assert row["lower"] * (1 - 1e-9) <= value <= row["upper"] * (1 + 1e-9)
    assert row["upper"] - row["lower"] >= row["step"] / 2 * (1 - 1e-6)
    assert row["value"] / row["step"] == pytest.approx(round(row["value"] / row["step"]), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 50), min_size=1, max_size=12))
def test_an_amount_that_is_mostly_one_persons_is_hidden(hours: list[float]) -> None:
    row = release(month_parts(hours)).iloc[0]
    *rest, second, largest = sorted([0.0, *hours])
    if len(hours) < MIN_PEOPLE:
        assert row["hidden"] == hidden(len(hours))
    elif sum(hours) > 0 and sum(rest) < 0.2 * largest * (1 - 1e-9):
        assert row["hidden"] == ONE_PERSON
    elif largest <= 2.2 * np.mean(hours) and sum(rest) > 0.2 * largest:  # the usual spread of a team is shown
        assert row["hidden"] == ""
    assert np.isnan(row["value"]) == bool(row["hidden"])
    assert second <= largest


def test_leave_alone_is_not_hidden_for_one_person() -> None:
    one = [1.0, *[0.0] * 9]
    for name in ("after_hours", "cancelled_clinician", "workload"):
        assert release(month_parts(one, name=name)).iloc[0]["hidden"] == ONE_PERSON
    assert release(month_parts(one, name="days_off")).iloc[0]["hidden"] == ""


@given(st.floats(1e-6, 1e6))
def test_a_rounding_step_is_the_next_round_number(least: float) -> None:
    step = float(rounding_step(pd.Series([least])).iloc[0])
    assert least * (1 - 1e-9) <= step <= 2.5 * least
    assert f"{step:e}"[0] in "125"


def test_a_month_of_a_person_less_is_hidden_and_in_no_total() -> None:
    months = [month_parts([1.0, 2.0, 3.0, 4.0, 5.0][: 5 - (at == 2)], f"2026-0{at + 1}") for at in range(5)]
    cells = release(*months)
    assert cells["hidden"].tolist() == ["", "", "hidden, under 5 people", "", ""]
    assert np.isnan(cells["value"]).tolist() == [False, False, True, False, False]


# --- the sums ----------------------------------------------------------------------------------------------------


def test_ratios_are_sums_over_people_with_their_intervals() -> None:
    parts = month_parts([2.0, 3.0, 5.0, 6.0, 9.0], wholes=2.0)
    (row,) = ratios(parts, ["team", "indicator", "month"]).to_dict("records")
    assert (row["value"], row["people"], row["part"], row["whole"]) == (2.5, 5, 25.0, 10.0)
    assert (row["largest"], row["second"]) == (9.0, 6.0)
    # with equal wholes the linearised interval is Student's of the mean of part/whole (scipy: t.ppf(.95, 4) = 2.13185)
    values = np.array([2.0, 3.0, 5.0, 6.0, 9.0]) / 2
    reach = 2.13185 * values.std(ddof=1) / np.sqrt(5)
    assert (row["low"], row["high"]) == pytest.approx((2.5 - reach, 2.5 + reach), abs=1e-4)


def test_a_share_has_the_interval_of_jeffreys() -> None:
    # R: qbeta(c(.05, .95), 17.5, 3.5)
    (row,) = ratios(month_parts([17.0], wholes=20.0, name="plan"), ["team", "indicator", "month"]).to_dict("records")
    assert (row["low"], row["high"]) == pytest.approx((0.685, 0.944), abs=0.002)


def test_indicators_of_the_sample_agree_with_a_count_in_plain_python(sample_review: Review) -> None:
    """The slow way: row by row, for April 2026."""
    practice, april = sample_review.practice, pd.Period("2026-04", "M")
    cells = team_cells(sample_review.assessment, Policy(people=3))
    people = practice.supervisees.set_index("clinician_id")
    north = set(people.index[people["team"] == "North"])
    supports = practice.supports
    hours = [
        (min(row.done_minutes if row.done_minutes == row.done_minutes else 0, row.planned_minutes), row.planned_minutes)
        for row in supports.itertuples()
        if row.clinician_id in north and row.kind in ("supervision", "consultation") and row.planned_minutes > 0
        and row.date.to_period("M") == april
    ]  # fmt: skip
    attended = [
        row
        for row in practice.sessions.itertuples()
        if row.clinician_id in north and row.scheduled_start.to_period("M") == april and row.status == "attended"
    ]
    trauma = [bool(row.trauma_focus) for row in attended if row.trauma_focus is not pd.NA]
    plan = [
        (min(row.done_times, row.planned_times), row.planned_times)
        for row in practice.selfcare_plan.itertuples()
        if row.clinician_id in north and row.month == april and row.done_times == row.done_times
    ]
    expected = {
        "supervision": sum(done for done, _ in hours) / sum(planned for _, planned in hours),
        "trauma": sum(trauma) / len(trauma),
        "plan": sum(done for done, _ in plan) / sum(planned for _, planned in plan),
    }
    for name, value in expected.items():
        rows = cells.indicators["North", name].set_index("month")
        assert rows.loc[april, "value"] == pytest.approx(value, abs=rows.loc[april, "step"] / 2 + 1e-9)


def test_past_months_hold_who_worked_then_not_who_works_now(sample_review: Review) -> None:
    """Somebody who has left stays in the months before, so that two pages never differ by one person."""
    cells = team_cells(sample_review.assessment, USUAL)
    rows = cells.indicators["North", "caseload"].set_index("month")
    before, after = rows.loc["2025-12", "people"], rows.loc["2026-05", "people"]
    assert (before, after) == (9, 10)  # C06 began in May


# --- surveys -----------------------------------------------------------------------------------------------------


def answers(months: dict[str, list[str]]) -> pd.DataFrame:
    rows = [(who, pd.Timestamp(f"{month}-15"), "burnout", 50.0) for month, people in months.items() for who in people]
    table = pd.DataFrame(rows, columns=["clinician_id", "completed_on", "scale", "t"])
    return table.astype({"clinician_id": "str", "completed_on": "datetime64[us]", "scale": "str", "t": float})


PEOPLE = [f"C{number:02}" for number in range(12)]
TEAM = pd.Series("T", index=PEOPLE)


def rounds(months: dict[str, list[str]], least: int = 8) -> list[tuple[str, str, int]]:
    table = survey_rounds(answers(months), TEAM, least)
    groups = table.groupby(["first", "last"])["clinician_id"].nunique()
    return [(str(first), str(last), int(count)) for (first, last), count in groups.items()]


def test_a_round_ends_when_enough_people_have_answered() -> None:
    assert rounds({"2026-01": PEOPLE[:8]}) == [("2026-01", "2026-01", 8)]
    assert rounds({"2026-01": PEOPLE[:7]}) == []
    assert rounds({"2026-01": PEOPLE[:7], "2026-02": PEOPLE[7:10]}) == [("2026-01", "2026-02", 10)]
    # nobody counts twice towards a round, and who is late waits for the next one
    assert rounds({"2026-01": PEOPLE[:5], "2026-02": PEOPLE[:5]}) == []
    assert rounds({"2026-01": PEOPLE[:9], "2026-02": PEOPLE[9:]}) == [("2026-01", "2026-01", 9)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sets(st.sampled_from(PEOPLE)), min_size=1, max_size=9), st.integers(3, 9), st.integers(1, 8))
def test_every_answer_is_in_one_round_at_most_and_no_round_changes_later(
    asked: list[set[str]], least: int, cut: int
) -> None:
    months = {str(pd.Period("2025-01", "M") + at): sorted(who) for at, who in enumerate(asked)}
    table = survey_rounds(answers(months), TEAM, least)
    sizes = table.groupby("last").size()
    assert (sizes >= least).all()
    spans = table[["first", "last"]].drop_duplicates().sort_values("first")
    assert all(a < b for a, b in zip(spans["last"], spans["first"].iloc[1:], strict=False))
    earlier = survey_rounds(answers(dict(itertools.islice(months.items(), cut))), TEAM, least)
    known = table[table["last"].isin(earlier["last"])] if len(earlier) else table.iloc[:0]
    assert sorted(known["clinician_id"]) == sorted(earlier["clinician_id"])


@pytest.mark.parametrize(
    ("seen", "telling"), [([12], False), ([9, 3], False), ([10, 2], True), ([11, 1], True), ([6, 6], False)]
)
def test_a_round_is_hidden_from_who_could_take_out_what_they_know(seen: list[int], telling: bool) -> None:
    assert told_apart(*[f"S{at}" for at, count in enumerate(seen) for _ in range(count)]) is telling


def told_apart(*supervisors: str | None, **more: str | None) -> bool:
    """Whether a round of people with these supervisors is hidden; `more` respondents have names of their own."""
    by = {f"C{number}": who for number, who in enumerate(supervisors)} | more
    return could_be_told_apart(pd.Series(list(by)), pd.Series(by, dtype="str"))


def test_who_has_no_supervisor_is_a_stranger_to_all() -> None:
    assert told_apart(*["S1"] * 11, None)
    assert not told_apart(*["S1"] * 9, None, None, None)


def test_a_supervisor_who_has_answered_knows_one_more() -> None:
    assert not told_apart(*["S1"] * 6, None, None, None)
    assert told_apart(*["S1"] * 6, None, None, S1=None)  # of nine the own and six others, which leaves two
    assert not told_apart(*["S1"] * 6, None, None, None, S1=None)
    assert not told_apart(*["S1"] * 7, S1="S1")  # no stranger is left, and nothing that is not known
    assert told_apart(*["S1"] * 5, "S2", "S2", S1="S2")


def test_none_and_one_are_not_told_apart() -> None:
    assert share_of_people(0, 8) == share_of_people(1, 8) == ("20% or less", "0 to 40%")
    assert share_of_people(8, 8) == share_of_people(7, 8) == ("80% or more", "60 to 100%")
    assert share_of_people(4, 8)[0] == "50%"
    assert share_of_people(0, 40)[0] == "5% or less"


# --- the funnel --------------------------------------------------------------------------------------------------


def test_a_funnel_has_the_limits_of_a_proportion() -> None:
    found = funnel(np.array([0.8, 0.8, 0.8, 0.8]), np.array([10.0, 20.0, 40.0, 80.0]))
    assert found is not None
    assert (found.centre, found.spread) == (pytest.approx(0.8), 1.0)
    low, high = found.limits(np.array([100.0]), LIMITS["near"])
    assert (low[0], high[0]) == pytest.approx((0.8 - 1.959964 * 0.04, 0.8 + 1.959964 * 0.04))


def test_a_funnel_widens_where_shares_differ_more_than_chance() -> None:
    generator = np.random.default_rng(1)
    size = np.full(400, 50.0)
    common = generator.binomial(50, 0.8, 400) / 50
    spread = generator.binomial(50, np.clip(generator.normal(0.8, 0.1, 400), 0, 1)) / 50
    equal, unequal = funnel(common, size), funnel(spread, size)
    assert equal is not None and unequal is not None
    assert equal.spread < 1.1
    assert 1.5 < unequal.spread < 2.2  # sqrt(1 + 0.1² · 50 / 0.16) ≈ 2.0, winsorised
    outside = [
        np.mean((share < found.limits(size, LIMITS["near"])[0]) | (share > found.limits(size, LIMITS["near"])[1]))
        for share, found in ((common, equal), (spread, unequal))
    ]
    assert max(outside) < 0.12
    assert norm.ppf(0.999) == pytest.approx(3.0902, abs=1e-3)


@pytest.mark.parametrize("shares", [[], [0.5], [0.5, 0.6]])
def test_two_teams_make_no_funnel(shares: list[float]) -> None:
    assert funnel(np.array(shares), np.full(len(shares), 10.0)) is None


def test_a_share_that_rounding_has_made_whole_is_not_called_all() -> None:
    share = INDICATORS["supervision"]
    assert [share.words(1.0, 0.1), share.words(0.9, 0.1), share.words(0.0, 0.0)] == ["95% or more", "90%", "0%"]


def test_every_indicator_has_words() -> None:
    assert {name for name in INDICATORS if INDICATORS[name].is_share} == SHARES - {
        f"cancelled_{who}" for who in ("clinician", "supervisor", "service")
    }
    assert set(TILES) <= set(INDICATORS)
