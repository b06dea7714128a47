"""Question 3, whether something personal asks for support and support arrives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from caseload.estimates.supports import PROVIDED_KINDS, supports_chart
from caseload.estimates.trends import Course
from caseload.flags.flag import NOT_SHARED
from caseload.flags.personal_activation import unmet_provision
from caseload.flags.states import WATCH_AT
from caseload.pages.series import months_alt, spark, xmr_figure
from caseload.pages.supervisee import fatigue, records, surveys
from caseload.pages.supervisee.subject import NO_INTERVAL, Subject, sentence
from caseload.pages.views import Card, Empty, Evidence, Figure, Section, Spark, Table
from caseload.questionnaires import TEAM_SAFETY
from caseload.wording import between, first_upper, listed, month_year, number, plain

FLAG, ANCHOR = "personal_activation", "personal"
CARD_QUESTION = "Are personal issues affecting {your} work?"
PRIVATE = "Surveys and the self-rating of personal issues are private unless shared."


def card(subject: Subject) -> Card:
    """The third card: supports that took place, or the rating where it speaks."""
    flag, evidence, state = subject.flag(FLAG), subject.evidence(FLAG), subject.state(FLAG)
    asked = CARD_QUESTION.format(your=subject.pick("your", "their"))
    if evidence["unmet"]:
        return Card(ANCHOR, asked, state, unmet_provision(evidence), *_hours(subject))
    if state.state == "not_shared":
        return Card(ANCHOR, asked, state, f"{PRIVATE} Support is shown below.")
    if state.state == "not_enough_data":
        return Card(ANCHOR, asked, state, _not_enough(flag["reason"]), *_hours(subject))
    return Card(ANCHOR, asked, state, _headline(subject), *_speaking(subject))


def _speaking(subject: Subject) -> tuple[str, str, str, Spark | None]:
    """Of rating and STS score the one that speaks louder: value, what it is, its interval and usual, the months."""
    evidence, state = subject.evidence(FLAG), subject.state(FLAG).state
    if np.nan_to_num(evidence["p_rating"]) > np.nan_to_num(evidence["p_sts"]):
        ratings = subject.slice.ratings
        usual = f"The usual rating is {number(evidence['rating_usual'], 1)}. One self-rating a month has no interval"
        drawn = spark(ratings, state, f"Self-rating, of 10. {months_alt(ratings, 0)}")
        return number(evidence["rating"], 0), "of 10, self-rating", usual, drawn
    scores = Course.of(subject.history(FLAG), "sts")
    low, high = surveys.newest_interval(subject, "secondary_traumatic_stress")
    drawn = spark(scores, state, f"Secondary traumatic stress. {months_alt(scores, 0)}")
    return (
        number(evidence["sts"], 0),
        "T-score of secondary traumatic stress",
        f"90% interval {between(low, high, 0)}. The usual score is {number(evidence['sts_usual'], 0)}",
        replace(drawn, low=low, high=high) if drawn else None,
    )


def section(subject: Subject) -> Section:
    """Supports by who cancelled, the flag's sheet, activation and surveys as far as this copy may show them."""
    supporting = (*records.provided(subject), _activation(subject), *_safety(subject), *surveys.evidence(subject))
    whole = subject.section(FLAG, ANCHOR, _supports(subject), _behind(subject), supporting)
    return replace(whole, sheet=(*whole.sheet, *fatigue.terms(subject)))


def _behind(subject: Subject) -> str:
    """That no session is behind this question, and where the cancelled hours are."""
    if subject.flag(FLAG)["state"] not in ("watch", "raise"):
        return ""
    said = "We do not look at sessions for this question"
    return f"{said}. The planned hours are listed below." if subject.evidence(FLAG)["unmet"] else f"{said}."


def headline(subject: Subject) -> str:
    """What the card says in one sentence."""
    return card(subject).sentence


def _headline(subject: Subject) -> str:
    """What ratings and scores show, and what has changed since the survey before."""
    if subject.flag(FLAG)["state"] != "steady":
        return subject.headline(FLAG)
    told = surveys.reliable_change(subject)
    calm = "Ratings and secondary traumatic stress are not clearly higher than usual."
    return f"{calm} Since the survey before, {told}." if told else calm


def _not_enough(reason: str) -> str:
    if reason == NOT_SHARED:
        return "No rating or survey so far. Both are voluntary, and leaving them out is never counted."
    return sentence(reason)


def _hours(subject: Subject) -> tuple[str, str, str, Spark | None]:
    """Supervision that took place: number, unit, its usual range and what became of the rest, and the months."""
    table = subject.slice.month_supports
    table = table[table["kind"].isin(PROVIDED_KINDS)]
    parts = table.drop(columns="kind").sum()
    planned = float(parts.sum())
    if planned == 0:
        return "0", "hours of supervision planned", NO_INTERVAL, None
    away = [
        f"{_h(parts[f'cancelled_{who}'])} h cancelled by {name}"
        for who, name in _CANCELLERS
        if parts[f"cancelled_{who}"] > 0
    ]
    done = subject.slice.supervision
    usual = f"The usual range is {between(max(done.usual[0], 0.0), done.usual[1], 1)} h" if done.usual else NO_INTERVAL
    said = first_upper(". ".join([*([listed(away)] if away else []), first_upper(usual)]))
    state = subject.state(FLAG).state
    drawn = spark(done, state, f"Hours of supervision that took place. {months_alt(done, 1)}")
    return f"{_h(parts['done'])} of {_h(planned)}", "hours of supervision", said, drawn


_CANCELLERS = (("clinician", "the clinician"), ("supervisor", "the supervisor"), ("service", "the service"))


def _h(hours: float) -> str:
    return plain(hours, 2)


def _supports(subject: Subject) -> Evidence:
    table = supports_chart(subject.slice.practice.supports, subject.clinician_id, subject.month, own_copy=subject.own)
    if table.empty:
        return Empty(
            "Support, planned and done",
            (
                "No support is recorded this month.",
                "Record planned and done supervision to see this picture.",
            ),
        )
    hours = table.drop(columns="kind")
    planned, done = float(hours.to_numpy().sum()), float(hours["done"].sum())
    kinds = table.assign(kind=table["kind"].str.replace("_", " "))
    names = {"done": "Done", "not_recorded": "Not recorded"}
    names |= {f"cancelled_{who}": f"Cancelled by {name}" for who, name in _CANCELLERS}
    shown = [str(column) for column in table if column != "kind"]
    text = pd.DataFrame({"Support": kinds["kind"], **{names[c]: [_h(value) for value in table[c]] for c in shown}})
    return Figure(
        "plot_supports",
        kinds,
        f"{_h(done)} of {_h(planned)} planned hours of support took place",
        f"Hours planned and done in {month_year(subject.month)}, by kind.",
        " ".join(f"{first_upper(r['kind'])}: {_h(r['done'])} hours done." for r in kinds.to_dict("records")),
        "Recorded hours have no interval. "
        f"Using support is never counted for or against {subject.pick('you', 'the supervisee')}."
        + (" Only your own version shows personal therapy." if subject.own else ""),
        text,
    )


def _activation(subject: Subject) -> Evidence:
    title = "Personal issues in the work, month by month"
    if not subject.sees_surveys:
        return Empty(title, (f"No shared survey. {PRIVATE}",), "not_shared")
    ratings = subject.slice.ratings
    known = int(ratings.known.sum())
    if known < 2:
        so_far = "One rating so far" if known else "No rating so far"
        return Empty(
            title, (f"{so_far}. A monthly rating from 0 to 10 is voluntary. Leaving it out is never counted.",)
        )
    speaks = subject.evidence(FLAG)["p_rating"] >= WATCH_AT  # else the state rests on something else
    return xmr_figure(
        ratings,
        subject.state(FLAG).state if speaks else "",
        title=title,
        subtitle="Self-rating from 0 to 10: how much unresolved personal issues showed up in the work.",
        what="One rating a month has no interval. We leave out a month without one.",
        alt=f"Self-rating of personal issues. {months_alt(ratings, 0)}",
        ylabel="0 to 10",
        ends=("0", "10"),
    )


def _safety(subject: Subject) -> tuple[Table, ...]:
    """The clinician's own ratings of safety in the team, newest first; in their own copy alone, shared or not."""
    answers = subject.slice.practice.surveys
    rated = answers[(answers["instrument"] == TEAM_SAFETY) & answers["response"].notna()]
    if not subject.own or rated.empty:
        return ()
    rated = rated.sort_values("completed_on", ascending=False, kind="stable")
    frame = pd.DataFrame(
        {
            "Date": [f"{when:%Y-%m-%d}" for when in rated["completed_on"]],
            "Your rating, 0 to 10": [plain(rating) for rating in rated["response"]],
        }
    )
    note = (
        "“Is it safe here to say that the work is too much?” 0 means not at all and 10 means always. Your supervisor’s "
        "version never shows this. If you share your answers, they count in your team’s figures."
    )
    return (Table("Your team: safe to say that the work is too much", frame, note),)
