"""Declared changes: whom they concern, what begins again, and that no declaration clears a flag in silence."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from planted_faults import FAULTS

from caseload import simulate as sim
from caseload.estimates.attendance import attendance_months
from caseload.estimates.declared import declared_changes, own_name, since_declared
from caseload.estimates.frames import DECLARED, UNDECLARED
from caseload.estimates.limits import MIN_POINTS
from caseload.estimates.trends import Course
from caseload.estimates.working_month import working_months
from caseload.figures import plot_xmr
from caseload.intake import Practice
from caseload.pages.declaring import HEADER, offered_lines
from caseload.pages.series import xmr_figure
from caseload.pages.summary import summary
from caseload.pages.supervisee.declared import declared_words, otherwise
from caseload.pages.supervisee.subject import Subject
from caseload.review.assessment import Assessment
from caseload.review.estimation import assess
from caseload.signals.recording import changes as changes_found

PEOPLE = pd.DataFrame({"clinician_id": ["C1", "C2", "C3"], "team": ["north", "north", None]})
MAY = pd.Period("2026-05", "M")


def changes(*rows: dict[str, object]) -> pd.DataFrame:
    names = ["from", "clinician_id", "team", "kind", "what", "declared_by"]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:], "str"))
    return table.assign(**{"from": pd.to_datetime(table["from"])})


def course(values: list[float], **more: object) -> Course:
    months = pd.period_range(end=MAY, periods=len(values), freq="M")
    return Course.of(pd.DataFrame({"month": months, "value": values}), **more)  # type: ignore[arg-type]


# --- whom a change concerns, and from when --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "people", "whom"),
    [
        ({"clinician_id": "C3"}, ["C3"], "clinician"),
        ({"team": "north"}, ["C1", "C2"], "team"),
        ({}, ["C1", "C2", "C3"], "practice"),
        ({"clinician_id": "C1", "team": "south"}, ["C1"], "clinician"),
        ({"team": "south"}, [], ""),
    ],
)
def test_a_change_concerns_a_clinician_a_team_or_all(row: dict[str, object], people: list[str], whom: str) -> None:
    found = declared_changes(changes({"from": "2026-04-01", **row}), PEOPLE)
    assert DECLARED.problems(found) == []
    assert list(found["clinician_id"]) == people and set(found["whom"]) <= {whom}


@pytest.mark.parametrize(("day", "month"), [("2026-04-15", "2026-04"), ("2026-04-16", "2026-05")])
def test_a_change_counts_from_the_month_that_is_mostly_after_it(day: str, month: str) -> None:
    (found,) = declared_changes(changes({"from": day, "clinician_id": "C1"}), PEOPLE)["month"]
    assert str(found) == month


def test_a_person_has_another_name_from_each_change_on_and_keeps_the_id() -> None:
    declared = declared_changes(
        changes({"from": "2026-03-01", "clinician_id": "C1"}, {"from": "2026-05-01"}), PEOPLE
    )  # fmt: skip
    people = pd.Series(["C1"] * 4 + ["C2"] * 4, dtype="str")
    months = np.tile([MAY.ordinal - back for back in (3, 2, 1, 0)], 2)
    names = since_declared(people, months, declared)
    assert names.groupby(people).nunique().to_dict() == {"C1": 3, "C2": 2}
    assert names[0] == "C1" and names[1] == names[2] != names[3]
    assert list(own_name(names)) == list(people) and own_name(names).dtype == people.dtype


# --- charts ---------------------------------------------------------------------------------------------------------

VALUES = [1.0, 2, 1, 3, 2, 1, 11, 12, 14, 11, 12, 13]


def test_limits_begin_again_at_a_declared_month_and_are_those_of_the_months_since() -> None:
    begins = (MAY.ordinal - 5,)
    whole, alone = course(VALUES, begins=begins), course(VALUES[6:])
    assert (whole.limits, whole.usual) == (alone.limits, alone.usual)
    assert course(VALUES).usual != alone.usual
    table = whole.chart("watch")
    pd.testing.assert_frame_equal(
        table.iloc[6:].drop(columns="begins").reset_index(drop=True), alone.chart("watch").drop(columns="begins")
    )
    assert list(np.flatnonzero(table["begins"])) == [6]
    assert course(VALUES).chart()["signal"].any() and not table["signal"].any()  # no rule looks across


def test_without_enough_months_since_there_are_no_limits_and_the_chart_says_why() -> None:
    short = course(VALUES, begins=(MAY.ordinal - MIN_POINTS + 1,))
    assert short.usual is None and np.isnan(short.limits.mean)
    figure = xmr_figure(short, "steady", title="", subtitle="", what="Lines.", alt="", ylabel="")
    assert "A change was declared for February 2026, so the limits start again." in figure.note
    assert f"There are {MIN_POINTS - 1} since" in figure.note


def test_a_change_at_or_before_the_first_month_changes_nothing() -> None:
    assert course(VALUES, begins=(MAY.ordinal - 11,)).begins == ()
    assert course(VALUES, begins=(MAY.ordinal - 11,)).usual == course(VALUES).usual


def test_a_chart_marks_the_month_with_a_line_and_a_word() -> None:
    ax = plot_xmr(course(VALUES, begins=(MAY.ordinal - 5,)).chart(), Figure().add_subplot())
    assert [mark.get_xdata()[0] for mark in ax.lines if mark.get_gid() == "declared"] == [5.5]
    assert sum(text.get_text() == "change declared" for text in ax.texts) == 1


def test_limits_of_before_a_change_are_not_named_as_those_of_now() -> None:
    named = [
        {text.get_text().split(" ")[0] for text in plot_xmr(table.chart(), Figure().add_subplot()).texts}
        for table in (course(VALUES), course(VALUES, begins=(MAY.ordinal - 1,)))
    ]
    assert "mean" in named[0] and "mean" not in named[1]


# --- attendance and the working month -------------------------------------------------------------------------------


def missing(who: str, shares: list[float]) -> pd.DataFrame:
    """Forty appointments a month of ten clients, of which a share is missed, until May."""
    rows = [
        (who, f"{who}{n % 10}", (MAY - len(shares) + 1 + at).start_time + pd.Timedelta(hours=9 + 12 * n),
         "no_show" if n < 40 * share else "attended")
        for at, share in enumerate(shares)
        for n in range(40)
    ]  # fmt: skip
    names = ["clinician_id", "client_id", "scheduled_start", "status"]
    return pd.DataFrame(rows, columns=names).assign(scheduled_minutes=50.0, actual_minutes=np.nan)


def test_the_usual_attendance_of_a_clinician_begins_again_and_of_nobody_else() -> None:
    shares = [0.1] * 8 + [0.6]
    sessions = pd.concat([missing(who, shares) for who in ("C1", "C2")], ignore_index=True)
    sessions["session_id"] = [f"S{n}" for n in range(len(sessions))]
    months = pd.period_range(end=MAY, periods=3, freq="M")
    declared = declared_changes(changes({"from": "2026-05-01", "clinician_id": "C1"}), PEOPLE)
    plain, told = (attendance_months(sessions, months, table).set_index(["clinician_id", "month"])
                   for table in (None, declared))  # fmt: skip
    assert plain.loc[[("C1", MAY), ("C2", MAY)], "attendance_watch"].all()
    assert not told.loc[("C1", MAY), "attendance_watch"] and np.isnan(told.loc[("C1", MAY), "missed_usual"])
    assert told.loc[("C2", MAY), "attendance_watch"]
    pd.testing.assert_series_equal(told.loc[("C1", MAY - 1)], plain.loc[("C1", MAY - 1)])


def test_the_usual_of_the_working_month_begins_again() -> None:
    sessions = missing("C1", [0.1] * 9).assign(session_id="S")
    person = pd.DataFrame({"clinician_id": ["C1"], "workday_start": ["08:00"], "workday_end": ["18:00"]})
    months = pd.period_range(end=MAY, periods=9, freq="M")
    plain, told = (
        working_months(sessions, person, months, begins).query("measure == 'late_cancelled'")["usual_high"]
        for begins in ((), (MAY.ordinal - 2,))
    )
    assert plain.isna().sum() == MIN_POINTS and told.isna().sum() == MIN_POINTS + 3


# --- the model, flags and pages -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return sim.simulate(sim.Settings(seed=7, clinicians=3, months=6, clients_per_clinician=5, supervisors=1)).tables


@pytest.fixture(scope="module")
def plain(tables: dict[str, pd.DataFrame]) -> Assessment:
    practice = Practice.from_frames(**tables)
    return assess(practice, practice.months[-1])


def declared(tables: dict[str, pd.DataFrame], months_ago: int, month: pd.Period) -> Assessment:
    day = (month - months_ago).start_time
    told = changes({"from": day, "clinician_id": "C01", "kind": "recording", "what": "New form", "declared_by": "S01"})
    return assess(Practice.from_frames(**tables, changes=told), month)


@pytest.fixture(scope="module")
def lately(tables: dict[str, pd.DataFrame], plain: Assessment) -> Assessment:
    """The change was declared for the month before the last."""
    return declared(tables, 1, plain.month)


def test_estimates_of_the_months_before_stay_and_the_own_usual_begins_again(
    plain: Assessment, lately: Assessment
) -> None:
    first = plain.month - 1
    one, other = (each.clinicians[each.clinicians["month"] < first] for each in (plain, lately))
    pd.testing.assert_frame_equal(one, other)
    now = lately.clinicians[lately.clinicians["month"] == first].set_index("clinician_id")
    assert np.isnan(now.loc["C01", "own_shift"]) and now.drop(index="C01")["own_shift"].notna().all()
    for table in (lately.balance.clients, lately.balance.contributions, lately.balance.features.reset_index()):
        assert set(table["clinician_id"]) <= {"C01", "C02", "C03"}


def test_for_three_months_the_state_without_the_declaration_is_shown_with_who_declared_it(
    plain: Assessment, lately: Assessment
) -> None:
    without = plain.flags.query("flag == 'over_investment' and clinician_id == 'C01' and month == @plain.month")
    assert UNDECLARED.problems(lately.undeclared) == []
    assert lately.undeclared[["clinician_id", "state"]].values.tolist() == [["C01", *without["state"]]]
    for copy in ("own", "supervisor"):
        sheet = dict(Subject.of(lately, "C01", copy).sheet("over_investment", ""))
        assert "New form" in sheet["Declared change"] and "declared by S01" in sheet["Declared change"]
        assert "Declared change" not in dict(Subject.of(lately, "C01", copy).sheet("self_care", ""))
    other = lately.of("C02")
    assert other.declared.empty and declared_words(other, "over_investment", "steady") == ""


def test_after_three_months_nothing_is_said_but_on_the_chart(
    tables: dict[str, pd.DataFrame], plain: Assessment
) -> None:
    for months_ago, told in ((2, True), (3, False)):
        part = declared(tables, months_ago, plain.month).of("C01")
        assert bool(declared_words(part, "over_investment", "steady")) == told
        assert part.gap.begins == (plain.month.ordinal - months_ago,)


def test_a_state_that_a_declaration_changes_is_told_on_card_and_landing_page(lately: Assessment) -> None:
    part = lately.of("C01")
    (state,) = part.undeclared["state"]
    other = "raise" if state != "raise" else "steady"
    assert otherwise(part, "over_investment", state) == ""
    assert otherwise(part, "over_investment", other).startswith("Without the change that was declared, this would be")


# --- what is offered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["stopped", "all stopped"])
def test_what_was_found_is_offered_as_a_line_that_is_taken_and_then_no_more(fault: str) -> None:
    clean = sim.simulate(sim.Settings(seed=3, clinicians=6, months=10)).tables
    found = FAULTS[fault][0](clean)
    practice = Practice.from_frames(**found)
    lines = offered_lines(practice, changes_found(practice))
    assert len(lines) == 1 and lines[0] in summary(practice)
    given = pd.read_csv(io.StringIO("\n".join([HEADER, *lines])), dtype="str")
    taken = Practice.from_frames(**found, changes=given)
    assert offered_lines(taken, changes_found(taken)) == []
    assert (taken.changes["clinician_id"].notna() == (fault == "stopped")).all()
