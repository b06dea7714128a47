"""The first screen in plain words: one question, every question's answer, and whom it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.over_investment import standing_out
from caseload.flags.states import STANDING
from caseload.pages.supervisee import balance, fatigue, personal, selfcare, stage, words_alone
from caseload.pages.supervisee.agreements import agreements
from caseload.pages.supervisee.declared import otherwise
from caseload.pages.supervisee.lead import standing
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Answer, ClientWords, FirstScreen, State
from caseload.wording import counted, first_upper, month_name

NOT_COUNTED = ("clinician_cancelled", "service_cancelled")
ROOMS: Mapping[str, Any] = {room.FLAG: room for room in (balance, stage, personal, selfcare, fatigue)}
"""Flags whose answers are made in a room of their own."""
ORDER = (*STANDING, "steady", "not_enough_data", "not_shared")
A_LITTLE, MORE, FAR_MORE = 0.5, 1.0, 2.0
"""SD from which effort or engagement is a little, clearly, and far from what is usual in the practice."""
CLEARLY = 1.645
"""Standard errors by which a gap has to differ from an earlier one to be called wider or closer (90%)."""


def first_screen(subject: Subject) -> FirstScreen:
    """What is below the title of a page and its lead."""
    return FirstScreen(
        ask=subject.ask(asked_first(subject)),
        answers=_answers(subject),
        clients=client_words(subject),
        since=month_name(subject.month - 1, subject.month),
        left_out=_left_out(subject),
    )


def asked_first(subject: Subject) -> str:
    """The flag whose question opens the meeting."""
    raised, watched = standing(subject)
    return next(iter([*raised, *watched]), "over_investment")


def _answers(subject: Subject) -> tuple[tuple[State, tuple[Answer, ...]], ...]:
    """Every question's answer in a sentence, those of one state together, what stands out first."""
    raised, watched = standing(subject)
    alone = (raised or watched) if len(raised or watched) == 1 else []  # the title says it
    told = []
    for flag in FLAGS:
        state = subject.state(flag)
        said = _since(subject, flag, state) if flag in alone else _headline(subject, flag)
        told.append((state.state, Answer(FLAGS[flag].title, said, _anchor(flag))))
    told.sort(key=lambda each: ORDER.index(each[0]))
    groups = groupby(told, key=lambda each: each[0])
    return tuple((State(state), tuple(answer for _, answer in answers)) for state, answers in groups)


def _since(subject: Subject, flag: str, state: State) -> str:
    """Since when a state is there, and what it would be without a declared change."""
    unlike = otherwise(subject.slice, flag, state.state)
    return " ".join(filter(None, [first_upper(f"{state.since}."), unlike]))


def _headline(subject: Subject, flag: str) -> str:
    if subject.state(flag).state == "not_shared":
        return personal.PRIVATE
    return ROOMS[flag].headline(subject) if flag in ROOMS else words_alone.Room(flag).card(subject).sentence


def _anchor(flag: str) -> str:
    return ROOMS[flag].ANCHOR if flag in ROOMS else words_alone.Room(flag).anchor


def client_words(subject: Subject) -> tuple[ClientWords, ...]:
    """Effort and engagement of every client of the month in words, and what has changed since the month before."""
    shown = subject.slice.month_clients.sort_values("gap", ascending=False, kind="stable")
    out = standing_out(subject.slice) if subject.state("over_investment").state in STANDING else []
    return tuple(
        ClientWords(
            client_id=row["client_id"],
            came=_came(subject, row["client_id"]),
            effort=level_words(row["effort"], row["effort_low"], row["effort_high"]),
            engagement=level_words(row["engagement"], row["engagement_low"], row["engagement_high"]),
            change=_changed(subject, row["client_id"]),
            marked=row["client_id"] in out,
        )
        for row in shown.to_dict("records")
    )


def level_words(value: float, low: float, high: float) -> str:
    """A level in SD from what is usual in the practice, as words: "far more than usual"."""
    if abs(value) < A_LITTLE:
        return "as usual"
    side = "more" if value > 0 else "less"
    if low <= 0 <= high:
        return f"perhaps a little {side}"
    if abs(value) < MORE:
        return f"a little {side} than usual"
    if abs(value) < FAR_MORE:
        return f"{side} than usual"
    return "far more than usual" if value > 0 else "much less than usual"


def change_words(now: Sequence[float], then: Sequence[float]) -> str:
    """How a gap (value, low, high) differs from an earlier one: wider, closer, or not clearly."""
    if np.isnan([*now, *then]).any():
        return "too little to say"
    one, other = ((high - low) / (2 * CLEARLY) for _, low, high in (now, then))
    if abs(now[0] - then[0]) <= CLEARLY * float(np.hypot(one, other)):
        return "no clear change"
    wider = abs(now[0]) > abs(then[0])
    if not wider:
        return "closer"
    return "wider" if now[0] > 0 else "wider, the other way"


def _changed(subject: Subject, client: str) -> str:
    """Since the month before, and since the oldest agreement on effort that is still open."""
    gaps = subject.slice.clients[subject.slice.clients["client_id"] == client].set_index("month")
    names = ["gap", "gap_low", "gap_high"]
    now, before = (_gap(gaps, month, names) for month in (subject.month, subject.month - 1))
    said = [first_upper(f"{change_words(now, before)}.")]
    agreed = [each.since for each in agreements(subject) if each.flag == "over_investment" and each.is_open]
    if agreed and min(agreed) < subject.month - 1:
        since = month_name(min(agreed), subject.month)
        said.append(f"Since {since}: {change_words(now, _gap(gaps, min(agreed), names))}.")
    return " ".join(said)


def _gap(gaps: pd.DataFrame, month: pd.Period, names: list[str]) -> list[float]:
    if month not in gaps.index:
        return [np.nan] * len(names)
    return [float(value) for value in gaps[names].to_numpy(float)[gaps.index == month][0]]


def _came(subject: Subject, client: str) -> str:
    sessions = subject.slice.sessions
    statuses = sessions.loc[(sessions["client_id"] == client) & ~sessions["status"].isin(NOT_COUNTED), "status"]
    return f"{(statuses == 'attended').sum()} of {len(statuses)}" if len(statuses) else "–"


def _left_out(subject: Subject) -> str:
    """Clients of the month without both kinds of measures."""
    seen = subject.slice.sessions["client_id"].nunique()
    rest = seen - len(subject.slice.month_clients)
    return f"{counted(rest, 'client')} without both kinds of measures cannot be shown here." if rest > 0 else ""
