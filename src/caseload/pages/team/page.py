"""The institution's page of one team: indicators of staff support over time, small cells suppressed, nobody named.

Everything here is about what the institution provides. What stands for several teams is made from those that may be
shown, so that no hidden team can be had by subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping

from caseload.estimates import expected_signals
from caseload.estimates.indicators import CANCELLED
from caseload.estimates.limits import MIN_POINTS
from caseload.estimates.supports import CANCELLERS
from caseload.estimates.trends import Course
from caseload.pages.chance import MOST_POINTS
from caseload.pages.series import months_alt, spark, xmr_figure
from caseload.pages.suppression import Policy, hidden
from caseload.pages.team import safety, surveys
from caseload.pages.team.comparison import funnel_figure, side_by_side
from caseload.pages.team.indicators import INDICATORS, Cells, digits_of
from caseload.pages.team.surveys import SCALES, newest_round
from caseload.pages.views import Chance, Empty, Evidence, Opening, Section, Spark, TeamView, Tile
from caseload.wording import counted, day, first_upper, listed, month_year, number
from caseload.writing.names import QUALITY

TILES = ("supervision", "peer_support", "plan", "caseload", "trauma", "client_hours", "after_hours", "overruns",
         "days_off")  # fmt: skip
LOAD = ("caseload", "trauma", "after_hours", "overruns", "client_hours", "days_off")
PURPOSE = (
    "It shows whether planned support takes place, and whether the workload is rising. Staff well-being is a key "
    "indicator of the organisation’s own work, not of its staff."
)
NOT_FOR = (
    "Nobody may use it to appraise, rank or compare people or teams, or to decide on pay, posts or contracts. Nobody "
    "may use it to find out who is meant. A figure that looks bad is a question about what the organisation provides."
)
NO_TOTALS = (
    "We round figures to about what one person adds. The difference between two figures or months then reveals no "
    "person. Figures for several teams use only the teams shown. Hidden does not mean high or low."
)
LIMITS = (
    "Only surveys of people who agreed to share count. People under strain may answer less, or more. Intervals cover "
    "chance only. Someone who knows most people in a small team may work out more than this page shows."
)


def team_view(cells: Cells, team: str, teams: tuple[str, ...]) -> TeamView:
    """Everything the page of one team says; `cells` are those of all `teams`."""
    rounds, safe = cells.rounds.get(team, {}), cells.safety.get(team, [])
    courses = {name: cells.course(team, name) for name in INDICATORS}
    states = {name: _state(courses[name], cells, team, name) for name in INDICATORS}
    tiles = (
        *(_tile(cells, team, name, courses[name], states[name]) for name in TILES),
        *(surveys.tile(newest_round(rounds, scale, cells.month), scale, cells.policy) for scale in SCALES),
        *safety.tiles(safe, cells.month),
    )
    return TeamView(
        team,
        _opening(cells, team, tiles[0], states),
        tiles,
        _chance(list(courses.values())),
        (
            _support(cells, team, teams, courses, states),
            _load(cells, team, courses, states),
            _account((*surveys.evidence(rounds, cells.policy), *safety.evidence(safe))),
            _plans(cells, team, courses, states),
            _teams(cells, teams),
        ),
        _method(cells.policy),
        f"For supervision, not for appraisal. Nothing about fewer than {cells.policy.people} people is shown.",
    )


def _state(course: Course, cells: Cells, team: str, name: str) -> str:
    """`watch` where the month's figure lies outside its usual range."""
    if cells.newest(team, name) is None or course.usual is None:
        return ""
    return "" if course.usual[0] - 1e-9 <= course.value[-1] <= course.usual[1] + 1e-9 else "watch"


def _tile(cells: Cells, team: str, name: str, course: Course, state: str) -> Tile:
    """One indicator: the month's figure, its interval and its months."""
    shown, row = INDICATORS[name], cells.newest(team, name)
    if row is None:
        return Tile(shown.title, hidden=cells.why_hidden(team, name))
    return Tile(
        shown.title,
        shown.words(row["value"], row["step"]),
        f"90% interval {shown.between(row['low'], row['high'], row['step'])}",
        f"{counted(row['people'], 'person', 'people')}{'; outside its usual range' if state else ''}",
        _months_spark(course, state, shown.title),
    )


def _months_spark(course: Course, state: str, title: str) -> Spark | None:
    return spark(course, state or "steady", f"{title}. {months_alt(course, 0)}")


def _chart(cells: Cells, team: str, name: str, course: Course, state: str) -> Evidence:
    """The months of an indicator with their natural limits."""
    shown = INDICATORS[name]
    if cells.newest(team, name) is None or course.known.sum() < 2:
        why = cells.why_hidden(team, name) if cells.newest(team, name) is None else "one month makes no course"
        return Empty(shown.title, (f"{first_upper(why)}.",))
    least = cells.policy.people
    where = "outside its usual range" if state else "in its usual range" if course.usual else "so far"
    return xmr_figure(
        course,
        state,
        title=f"{shown.title}: {where}",
        subtitle=shown.drawn,
        what=f"The lines are 90% intervals. We leave out months of fewer than {least} people, or too much of one.",
        alt=f"{shown.title}. {months_alt(course, 0 if shown.is_share else digits_of(_step(cells, team, name)))}",
        ylabel="%" if shown.is_share else shown.unit,
        ends=shown.ends,
    )


def _step(cells: Cells, team: str, name: str) -> float:
    row = cells.newest(team, name)
    return 0.0 if row is None else float(row["step"])


def _support(
    cells: Cells, team: str, teams: tuple[str, ...], courses: Mapping[str, Course], states: Mapping[str, str]
) -> Section:
    """Promised supervision over time and across teams, and by whom it was cancelled."""
    return Section(
        "supervision",
        "Is planned support taking place?",
        None,
        _chart(cells, team, "supervision", courses["supervision"], states["supervision"]),
        _cancelled(cells, team),
        "Which hour of supervision would be the easiest to protect for everybody, and what stands in its way?",
        (
            funnel_figure(cells, team, teams),
            _chart(cells, team, "peer_support", courses["peer_support"], states["peer_support"]),
        ),
    )


def _cancelled(cells: Cells, team: str) -> tuple[tuple[str, str], ...]:
    """By whom promised hours were cancelled, as far as that may be told."""
    if cells.newest(team, "supervision") is None:
        return (("Why it is hidden", "A number about so few people could be traced to one of them."),)
    rows = {who: cells.newest(team, name) for who, name in zip(CANCELLERS, CANCELLED, strict=True)}
    said = [
        f"about {INDICATORS['supervision'].words(row['value'], row['step'])} by the {who}"
        for who, row in rows.items()
        if row is not None and row["value"] > 0
    ]
    words = f"Cancelled of the planned hours: {listed(said)}." if said else "No cancelled hours can be shown."
    if any(row is None for row in rows.values()):
        words += " We leave out amounts that come mostly from one person."
    return (
        ("What was cancelled", words),
        ("What would help", "A smaller plan that takes place is worth more than a larger one that does not."),
    )


def _load(cells: Cells, team: str, courses: Mapping[str, Course], states: Mapping[str, str]) -> Section:
    """Caseload, trauma, evenings, hours and leave, month by month."""
    return Section(
        "load",
        "Is the workload manageable?",
        None,
        None,
        intro="Clients and hours for each full-time post, and what comes on top of them. Each chart compares the team "
        "with its own earlier months; more is not worse where posts or clients have changed.",
        supporting=tuple(_chart(cells, team, name, courses[name], states[name]) for name in LOAD),
    )


def _account(rounds: tuple[Evidence, ...]) -> Section:
    return Section(
        "account",
        "How do people rate their own well-being?",
        None,
        None,
        intro="Voluntary surveys of those who agreed to share them. They rest on self-report; nothing is estimated "
        "from work logs here.",
        supporting=rounds,
    )


def _plans(cells: Cells, team: str, courses: Mapping[str, Course], states: Mapping[str, str]) -> Section:
    return Section(
        "plans",
        "Are self-care plans feasible?",
        None,
        None,
        intro="A plan that workload stands in the way of is a question about the workload, not about the person.",
        supporting=tuple(_chart(cells, team, name, courses[name], states[name]) for name in ("plan", "workload")),
    )


def _teams(cells: Cells, teams: tuple[str, ...]) -> Section:
    """All teams in order of name, and why some cells are hidden."""
    people, answers = cells.policy.people, cells.policy.respondents
    why = (
        f"They are about fewer than {people} people or {answers} shared survey answers, or one person adds so much to "
        "them that the number could be traced to that person."
    )
    return Section(
        "teams",
        "Teams side by side, in order of name",
        None,
        None,
        (("Why some cells are hidden", why),),
        intro="Teams differ in their work; the table is for asking what a team needs, not for comparing teams.",
        supporting=(side_by_side(cells, teams),),
    )


def _opening(cells: Cells, team: str, supervision: Tile, states: Mapping[str, str]) -> Opening:
    month = month_year(cells.month)
    beside = [INDICATORS[name].title.lower() for name, state in states.items() if state]
    lead = f"{_answer_support(cells, team, supervision, month)} {_answer_rest(cells, team, beside)}"
    size, least = cells.people(team), cells.policy.people
    why = hidden(size, least)
    counts = ("people in the team:", why, "") if why else ("", str(size), "people in the team")
    return Opening(
        f"Team {team}, {month}",
        (("Start", "index.html"), (f"Team {team}", "")),
        f"Team {team} and the institution, {month}",
        "Is planned support taking place?",
        lead,
        (counts, ("data to", day(cells.month.end_time), ""), ("nothing about fewer than", str(least), "people")),
        (("Data quality", f"{QUALITY}.html"),),
    )  # fmt: skip


def _answer_support(cells: Cells, team: str, supervision: Tile, month: str) -> str:
    """Whether planned supervision takes place."""
    if supervision.number:
        return f"{supervision.number} of planned supervision took place in {month}."
    return f"Planned supervision: {cells.why_hidden(team, 'supervision')}."


def _answer_rest(cells: Cells, team: str, beside: list[str]) -> str:
    """Whether the work is manageable, and whether people have said how they are."""
    if not any(cells.newest(team, name) is not None for name in INDICATORS):
        return "No other figure can be shown for this month."
    return f"Outside the usual range: {listed(beside)}." if beside else "No figure has left its usual range."


def _chance(courses: list[Course]) -> Chance:
    """How many of the charts with limits would signal by chance."""
    points = [int(course.known[:-1].sum()) for course in courses if len(course.value) and course.usual is not None]
    expected = float(sum(expected_signals(min(known, MOST_POINTS)) for known in points if known >= MIN_POINTS))
    text = (
        f"With nothing going on, {number(expected, 1)} of the {counted(len(points), 'monthly chart')} would signal in "
        f"an average month: one about every {max(1 / expected, 1):.0f} months."
        if expected > 0
        else "No chart on this page has the months that limits need."
    )
    how = (
        "Grey band: the usual range of the earlier months. An interval is one of 90%. No single person is ever "
        "drawn, and teams are not ranked."
    )
    return Chance("How many signals chance alone would make", (text, how), heading="How to read the page")


def _method(policy: Policy) -> tuple[tuple[str, str], ...]:
    what = (
        f"Operational figures of fewer than {policy.people} people, survey figures of fewer than {policy.respondents} "
        "answers, and amounts to which one person adds too much: rounding would leave open less than a fifth of it."
    )
    return (
        ("What this page is for", PURPOSE),
        ("What it must not be used for", NOT_FOR),
        ("What is hidden", f"{what} {NO_TOTALS}"),
        ("What cannot be claimed", LIMITS),
    )
