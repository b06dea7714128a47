"""Faults put into a practice that has none: each takes its tables and answers them with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]
WHO = "C03"


def of(tables: Tables, who: str = WHO, first: str = "2025-06", last: str = "2026-12", came: bool = True) -> pd.Series:
    """Which sessions are a clinician's, in some months; attended ones only unless told otherwise."""
    sessions = tables["sessions"]
    month = sessions["scheduled_start"].dt.strftime("%Y-%m")
    mine = (sessions["clinician_id"] == who) & (month >= first) & (month <= last)
    return mine & (sessions["status"] == "attended") if came else mine


def with_sessions(tables: Tables, where: pd.Series, **cells: object) -> Tables:
    sessions = tables["sessions"].copy()
    for name, value in cells.items():
        sessions.loc[where, name] = value(sessions[where]) if callable(value) else value
    return tables | {"sessions": sessions}


def copied(tables: Tables, rows: pd.DataFrame, **cells: object) -> Tables:
    """More sessions: these rows again, with some cells exchanged, under ids of their own."""
    known = len(tables["sessions"])
    more = rows.assign(session_id=[f"again-{known + place}" for place in range(len(rows))], **cells)
    return tables | {"sessions": pd.concat([tables["sessions"], more], ignore_index=True)}


def some(tables: Tables, number: int, **choice: object) -> pd.DataFrame:
    """A few single sessions of a clinician, weeks apart."""
    rows = tables["sessions"][of(tables, **choice)]
    rows = rows[(rows["modality"] == "in_person") & (rows["scheduled_start"].dt.hour.between(9, 15))]
    return rows.drop_duplicates("client_id").iloc[:number]


def shifted(time: pd.Timedelta) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: rows["scheduled_start"] + time


def at_hour(tables: Tables, rows: pd.DataFrame, hour: int) -> Tables:
    start = rows["scheduled_start"].dt.normalize() + pd.Timedelta(hours=hour)
    return with_sessions(tables, tables["sessions"].index.isin(rows.index), scheduled_start=start)


def no_missed(tables: Tables) -> Tables:
    gone = of(tables, first="2025-08", came=False) & (tables["sessions"]["status"] != "attended")
    return tables | {"sessions": tables["sessions"][~gone].reset_index(drop=True)}


def nobody_missed(tables: Tables) -> Tables:
    came = tables["sessions"]["status"] == "attended"
    return tables | {"sessions": tables["sessions"][came].reset_index(drop=True)}


def as_planned(tables: Tables) -> Tables:
    where = of(tables, first="2025-09", last="2025-10")
    return with_sessions(tables, where, actual_minutes=lambda rows: rows["scheduled_minutes"])


def one_value(tables: Tables) -> Tables:
    return with_sessions(tables, of(tables, first="2025-09", last="2025-11"), clinician_effort_rating=5.0)


def one_value_of_all(tables: Tables) -> Tables:
    return with_sessions(tables, tables["sessions"]["srs_total"].notna(), srs_total=36.0)


def stopped(tables: Tables) -> Tables:
    return with_sessions(tables, of(tables, first="2025-11"), note_minutes=np.nan)


def started(tables: Tables) -> Tables:
    return with_sessions(tables, of(tables, last="2025-09"), actual_minutes=np.nan)


def all_stopped(tables: Tables) -> Tables:
    where = tables["sessions"]["scheduled_start"] >= "2025-11"
    return with_sessions(tables, where, prep_minutes=np.nan)


def contacts_stopped(tables: Tables) -> Tables:
    contacts = tables["contacts"]
    gone = (contacts["clinician_id"] == WHO) & (contacts["contacted_at"] >= "2025-11")
    return tables | {"contacts": contacts[~gone].reset_index(drop=True)}


def level(tables: Tables) -> Tables:
    where = tables["sessions"]["scheduled_start"] >= "2025-11"
    return with_sessions(tables, where, note_minutes=lambda rows: 2 * rows["note_minutes"])


def own_level(tables: Tables) -> Tables:
    where = (tables["sessions"]["scheduled_start"] >= "2025-11") & (tables["sessions"]["clinician_id"] == WHO)
    return with_sessions(tables, where, note_minutes=lambda rows: 2.2 * rows["note_minutes"])


def session_twice(tables: Tables) -> Tables:
    return copied(tables, some(tables, 2))


def contact_twice(tables: Tables) -> Tables:
    contacts = tables["contacts"]
    again = contacts[contacts["clinician_id"] == WHO].iloc[:4]
    return tables | {"contacts": pd.concat([contacts, again], ignore_index=True)}


def overlap(tables: Tables) -> Tables:
    """The next appointment of a day is moved into the one before, both single."""
    sessions = tables["sessions"][of(tables)].sort_values("scheduled_start")
    single = sessions["modality"].isin(["in_person", "video"]) & (sessions["scheduled_minutes"] <= 60)
    hour = pd.Timedelta(hours=1)
    after = single & single.shift(fill_value=False) & (sessions["scheduled_start"].diff() == hour)
    moved = sessions[after].iloc[[0]]
    where = tables["sessions"].index.isin(moved.index)
    return with_sessions(tables, where, scheduled_start=shifted(-pd.Timedelta(minutes=30)))


def two_clinicians(tables: Tables) -> Tables:
    """A client is with somebody else too, at an hour at which that one is free."""
    sessions = tables["sessions"]
    busy = set(sessions.loc[sessions["clinician_id"] == "C04", "scheduled_start"].dt.floor("h"))
    free = some(tables, 30)
    around = [
        {start.floor("h") + pd.Timedelta(hours=h) for h in (-2, -1, 0, 1, 2)} for start in free["scheduled_start"]
    ]
    free = free[[not hours & busy for hours in around]].iloc[[0]]
    return copied(tables, free, clinician_id="C04", actual_minutes=45.0)


def far_away(tables: Tables) -> Tables:
    where = tables["sessions"].index.isin(some(tables, 1).index)
    return with_sessions(tables, where, scheduled_start=shifted(-pd.Timedelta(days=3653)))


def night(tables: Tables) -> Tables:
    return at_hour(tables, some(tables, 2), 3)


def no_time(tables: Tables) -> Tables:
    return at_hour(tables, some(tables, 2), 0)


def contact_no_time(tables: Tables) -> Tables:
    contacts = tables["contacts"].copy()
    where = contacts.index[contacts["clinician_id"] == WHO][:5]
    contacts.loc[where, "contacted_at"] = contacts.loc[where, "contacted_at"].dt.normalize()
    return tables | {"contacts": contacts}


def before_intake(tables: Tables) -> Tables:
    client = some(tables, 1)["client_id"].iloc[0]
    start = tables["sessions"].loc[tables["sessions"]["client_id"] == client, "scheduled_start"].min()
    clients = tables["clients"].copy()
    clients.loc[clients["client_id"] == client, "intake_date"] = start.normalize() + pd.Timedelta(days=1)
    return tables | {"clients": clients}


def before_start(tables: Tables) -> Tables:
    clinicians = tables["clinicians"].copy()
    first = tables["sessions"].loc[of(tables), "scheduled_start"].min().normalize()
    clinicians.loc[clinicians["clinician_id"] == WHO, "started_on"] = first + pd.Timedelta(days=1)
    return tables | {"clinicians": clinicians}


def into_next(tables: Tables) -> Tables:
    """Three sessions last long after the next one has begun."""
    sessions = tables["sessions"][of(tables)].sort_values("scheduled_start")
    single = sessions[sessions["modality"] != "group"]
    followed = single["scheduled_start"].shift(-1) - single["scheduled_start"] == pd.Timedelta(hours=1)
    where = tables["sessions"].index.isin(single[followed].iloc[[0, 20, 40]].index)
    return with_sessions(tables, where, actual_minutes=85.0)


def long_day(tables: Tables) -> Tables:
    """One session of a day is said to have lasted ten hours, and the last one seven."""
    sessions = tables["sessions"][of(tables)].sort_values("scheduled_start")
    sessions = sessions[sessions["modality"] != "group"]
    day = sessions["scheduled_start"].dt.normalize()
    last = sessions[day != day.shift(-1)]
    long = last[last["scheduled_start"].dt.hour < 18].iloc[[0]]
    where = tables["sessions"].index.isin(long.index)
    return copied(
        with_sessions(tables, where, actual_minutes=590.0, scheduled_minutes=400.0),
        long, actual_minutes=590.0, scheduled_start=long["scheduled_start"] + pd.Timedelta(minutes=600),
    )  # fmt: skip


FAULTS: dict[str, tuple[Callable[[Tables], Tables], list[tuple[str, str, str]]]] = {
    "no missed": (no_missed, [("no_missed", "", WHO)]),
    "nobody missed": (nobody_missed, [("no_missed", "", "")]),
    "as planned": (as_planned, [("as_planned", "actual_minutes", WHO)]),
    "one value": (one_value, [("one_value", "clinician_effort_rating", WHO)]),
    "one value of all": (one_value_of_all, [("one_value", "srs_total", "")]),
    "stopped": (stopped, [("stopped", "note_minutes", WHO)]),
    "started": (started, [("started", "actual_minutes", WHO)]),
    "all stopped": (all_stopped, [("stopped", "prep_minutes", "")]),
    "contacts stopped": (contacts_stopped, [("stopped", "contacts", WHO)]),
    "level": (level, [("level", "note_minutes", "")]),
    "own level": (own_level, [("own_level", "note_minutes", WHO)]),
    "session twice": (session_twice, [("session_twice", "", WHO)]),
    "contact twice": (contact_twice, [("contact_twice", "", WHO)]),
    "overlap": (overlap, [("overlap", "", WHO)]),
    "two clinicians": (two_clinicians, [("two_clinicians", "", WHO), ("two_clinicians", "", "C04")]),
    "far away": (far_away, [("far_away", "", WHO)]),
    "night": (night, [("night", "", WHO)]),
    "no time": (no_time, [("no_time", "", WHO)]),
    "contact without time": (contact_no_time, [("contact_no_time", "", WHO)]),
    "before intake": (before_intake, [("before_intake", "", WHO)]),
    "before start": (before_start, [("before_start", "", WHO)]),
    "into the next": (into_next, [("into_next", "", WHO)]),
    "long day": (long_day, [("long_day", "", WHO)]),
}
"""Name → what plants the fault, and the findings (kind, column, clinician) that it is to bring, and no others."""
