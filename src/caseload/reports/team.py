"""The institution's view of one team: indicators of staff support over time, small cells suppressed, nobody named.

Everything here is about what the institution provides. No figure of the whole practice stands beside a team's, so that
no hidden team can be had by subtraction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import beta
from scipy.stats import t as student

from caseload.estimates import expected_signals
from caseload.estimates.fatigue import CUT
from caseload.estimates.supports import support_hours
from caseload.estimates.trends import MIN_POINTS, Course
from caseload.flags.wording import between, counted, day, month_year, number, percent, percent_between
from caseload.reports.assessment import Assessment
from caseload.reports.chance import MOST_POINTS
from caseload.reports.files import QUALITY
from caseload.reports.series import months_alt, spark, xmr_figure
from caseload.reports.suppression import MIN_PEOPLE, MIN_RESPONDENTS, hidden
from caseload.reports.views import Chance, Empty, Evidence, Opening, Section, Spark, TeamView, Tile

PROVIDED = ("supervision", "consultation")
SURVEY_MONTHS = 6
"""A survey older than this no longer speaks for a team's month."""
PURPOSE = (
    "To see whether support that was promised arrives, and whether load is rising. Staff well-being is a key "
    "indicator of the institution’s own work, not of its staff. It must not be used to appraise or compare people "
    "or teams."
)
HIDDEN = (
    f"Operational figures of fewer than {MIN_PEOPLE} people and survey figures of fewer than {MIN_RESPONDENTS} "
    "answers. Hidden does not mean high or low. No figure of the whole practice is printed that would give a hidden "
    "one away."
)
LIMITS = (
    "Only surveys of people who agreed to share count. People under strain may answer less, or more; the interval "
    "covers chance only."
)
FOOTER = f"For supervision, not for appraisal. Nothing about fewer than {MIN_PEOPLE} people is shown."


def team_view(assessment: Assessment, team: str) -> TeamView:
    """Everything the page of one team says."""
    members = team_members(assessment, team)
    practice = assessment.practice
    months = pd.period_range(practice.months[0], assessment.month, freq="M")
    hours = support_hours(practice.supports[practice.supports["clinician_id"].isin(members)], months)
    limits = assessment.boundaries
    limits = limits[limits["clinician_id"].isin(members)]
    tiles = (
        _share_tile("Promised supervision that took place", hours[hours["kind"].isin(PROVIDED)], assessment.month),
        _share_tile("Time for peer support that took place", hours[hours["kind"] == "peer_support"], assessment.month),
        _mean_tile("After-hours contact, hours a month", limits, "after_hours_minutes", assessment.month, 1 / 60),
        _mean_tile("Client hours a week", limits, "weekly_client_hours", assessment.month, 1.0),
        _survey_tile(assessment, members, "burnout", "Burnout above the norm’s upper quarter"),
        _survey_tile(
            assessment, members, "secondary_traumatic_stress", "Traumatic stress above the norm’s upper quarter"
        ),
    )
    return TeamView(
        team, _opening(assessment, team, len(members), tiles), tiles, _chance(tiles, len(months)),
        (_supervision(hours, assessment.month, members),), _method(), FOOTER,
    )  # fmt: skip


def team_members(assessment: Assessment, team: str) -> frozenset[str]:
    """Clinicians of a team who work in the month."""
    people = assessment.practice.supervisees
    active = set(assessment.clinicians.loc[assessment.clinicians["month"] == assessment.month, "clinician_id"])
    return frozenset(people.loc[people["team"] == team, "clinician_id"]) & active


def _share_tile(title: str, hours: pd.DataFrame, month: pd.Period) -> Tile:
    """A share of planned hours with its 90 % interval (Jeffreys, counting an hour as one) and its months."""
    now = hours[(hours["month"] == month) & (hours["planned"] > 0)]
    people = int(now["clinician_id"].nunique())
    if why := hidden(people):
        return Tile(title, hidden=why)
    done, planned = float(np.minimum(now["done"], now["planned"]).sum()), float(now["planned"].sum())
    low, high = _jeffreys(done, planned)
    return Tile(
        title,
        percent(done / planned),
        f"90% interval {percent_between(low, high)}",
        counted(people, "person", "people"),
        _months_spark(_share_series(hours), title),
    )


def _jeffreys(done: float, planned: float) -> tuple[float, float]:
    """90 % interval of a share under the Jeffreys prior (Brown, Cai & DasGupta 2001)."""
    low, high = np.asarray(beta.ppf([0.05, 0.95], done + 0.5, planned - done + 0.5), float)
    return float(low), float(high)


def _share_series(hours: pd.DataFrame) -> pd.DataFrame:
    """Per cent of planned hours that took place, months with enough people only."""
    rows = hours[hours["planned"] > 0].assign(done=np.minimum(hours["done"], hours["planned"]))
    table = rows.groupby("month").agg(
        done=("done", "sum"), planned=("planned", "sum"), people=("clinician_id", "nunique")
    )
    value = (100 * table["done"] / table["planned"]).where(table["people"] >= MIN_PEOPLE)
    return value.rename("value").reset_index()


def _mean_tile(title: str, table: pd.DataFrame, measure: str, month: pd.Period, factor: float) -> Tile:
    """A mean over people with its 90 % interval (Student)."""
    rows = table[(table["measure"] == measure) & table["value"].notna()]
    values = rows.loc[rows["month"] == month, "value"].to_numpy(float) * factor
    if why := hidden(len(values)):
        return Tile(title, hidden=why)
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    reach = float(student.ppf(0.95, len(values) - 1)) * error
    by = rows.groupby("month")["value"]
    series = (by.mean() * factor).where(by.size() >= MIN_PEOPLE).reset_index()
    return Tile(
        title, f"{number(mean, 1)} h", f"90% interval {between(max(mean - reach, 0), mean + reach, 1)} h",
        f"{counted(len(values), 'person', 'people')}; mean of their months", _months_spark(series, title),
    )  # fmt: skip


def _survey_tile(assessment: Assessment, members: frozenset[str], scale: str, title: str) -> Tile:
    """The share above the norm's upper quarter among those who answered lately and agreed to share."""
    scores = assessment.scores
    first = (assessment.month - SURVEY_MONTHS + 1).start_time
    who = members & assessment.sharing
    recent = scores[scores["clinician_id"].isin(who) & (scores["scale"] == scale) & (scores["completed_on"] >= first)]
    last = recent[recent["t"].notna()].sort_values("completed_on").groupby("clinician_id").tail(1)
    if why := hidden(len(last), MIN_RESPONDENTS, "shared answers"):
        return Tile(title, hidden=why)
    above = int((last["t"] > CUT).sum())
    low, high = _jeffreys(above, len(last))
    return Tile(
        title, percent(above / len(last)), f"90% interval {percent_between(low, high)}; 25% in the norm",
        "Of those who answered within six months and share; others may differ",
    )  # fmt: skip


def _months_spark(series: pd.DataFrame, title: str) -> Spark | None:
    months = Course.of(series)
    return spark(months, "steady", f"{title}. {months_alt(months, 0)}") if len(series) else None


def _supervision(hours: pd.DataFrame, month: pd.Period, members: frozenset[str]) -> Section:
    """Promised supervision over time, and by whom it was cancelled."""
    provided = hours[hours["kind"].isin(PROVIDED)]
    return Section(
        "supervision",
        "Does the support that is promised arrive?",
        None,
        _trend(provided, month),
        _sheet(provided, month, len(members)),
        "Which hour of supervision would be the easiest to protect for everybody, and what stands in its way?",
    )


def _trend(provided: pd.DataFrame, month: pd.Period) -> Evidence:
    title = "Promised supervision that took place"
    share = Course.of(_share_series(provided))
    if share.known.sum() < 2 or hidden(provided.loc[provided["month"] == month, "clinician_id"].nunique()):
        return Empty(title, (f"Hidden: fewer than {MIN_PEOPLE} people stand behind it.",))
    outside = share.usual is not None and not share.usual[0] <= share.value[-1] <= share.usual[1]
    return xmr_figure(
        share,
        "watch" if outside else "",
        title="Promised supervision has left its usual range" if outside else f"{title}: in its usual range",
        subtitle="Per cent of promised hours, by month.",
        what=f"Months with fewer than {MIN_PEOPLE} people are left out.",
        alt=f"{title}. {months_alt(share, 0)}",
        ylabel="%",
        ends=("0", "100"),
    )


def _sheet(provided: pd.DataFrame, month: pd.Period, people: int) -> tuple[tuple[str, str], ...]:
    now = provided[provided["month"] == month]
    if hidden(now["clinician_id"].nunique()) or hidden(people):
        return (("Why it is hidden", "A number about so few people could be traced to one of them."),)
    who = {name: float(now[f"cancelled_{name}"].sum()) for name in ("clinician", "supervisor", "service")}
    total = float(now["planned"].sum())
    said = [f"{percent(hours / total)} were cancelled by the {name}" for name, hours in who.items() if hours > 0]
    return (
        (
            "What became of the promised hours",
            f"Of the promised hours, {', '.join(said)}." if said else "None was cancelled.",
        ),
        ("What would help", "A lower promise that is kept is worth more than a higher one that is not."),
    )


def _opening(assessment: Assessment, team: str, people: int, tiles: tuple[Tile, ...]) -> Opening:
    month = month_year(assessment.month)
    first = tiles[0]
    lead = (
        f"In team {team}, {first.number} of promised supervision took place in {month}."
        if first.number
        else f"Too few people stand behind most figures of team {team} to show them."
    )
    counts = ("people in the team:", why, "") if (why := hidden(people)) else ("", str(people), "people in the team")
    return Opening(
        f"Team {team}, {month}",
        (("Start", "index.html"), (f"Team {team}", "")),
        f"Team {team} and the institution, {month}",
        "Is the support we promise arriving?",
        lead,
        (counts, ("data to", day(assessment.month.end_time), "")),
        (("Data quality", f"{QUALITY}.html"),),
    )


def _chance(tiles: tuple[Tile, ...], months: int) -> Chance:
    charts = sum(1 for tile in tiles if tile.spark is not None)
    rate = expected_signals(min(months - 1, MOST_POINTS)) if months > MIN_POINTS else 0.0
    expected = charts * rate
    text = (
        f"With nothing going on, one of the {charts} monthly charts would show a signal about every "
        f"{1 / expected:.0f} months."
        if expected > 0
        else "No chart on this page has the months that limits need."
    )
    how = (
        "Grey band: the usual range of the earlier months. An interval is one of 90%. No single person is ever "
        "drawn, and teams are not ranked."
    )
    return Chance("How many signals chance alone would make", (text, how), heading="How to read the page")


def _method() -> tuple[tuple[str, str], ...]:
    return (("What this page is for", PURPOSE), ("What is hidden", HIDDEN), ("What cannot be claimed", LIMITS))
