"""The tables of the practice's office: clients, clinicians, supports, self-care plans, agenda."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from caseload.simulate.sessions import WEEKS_PER_MONTH, leave_days
from caseload.simulate.settings import Settings
from caseload.simulate.staff import Staff, words

PROGRAMMES = ("outpatient", "trauma", "recovery")
SUPPORTS = (  # kind, chance a month, times when it happens, planned minutes
    ("supervision", 1.0, 2, 60),
    ("consultation", 0.25, 1, 45),
    ("peer_support", 0.5, 1, 60),
    ("restorative", 0.3, 1, 60),
    ("personal_therapy", 0.08, 2, 50),
)
GOALS = (  # goal, kind, planned times a month
    ("Lunch away from the desk", "boundary", 8),
    ("Leave on time", "boundary", 8),
    ("Walk or run", "restorative", 6),
    ("Yoga or stretching", "restorative", 4),
    ("Choir, team sport or other group", "restorative", 4),
    ("Peer group", "peer_support", 2),
    ("Bring a hard case to supervision", "supervision", 2),
    ("Time with friends", "other", 4),
)
BARRIERS = ("none", "workload", "access", "motivation")
FLAGS = ("over_investment", "stage_incongruence", "personal_activation", "self_care")
AGENDA = {  # flag: decision
    "over_investment": "Look at goals and pace with two clients",
    "stage_incongruence": "Revisit stage with three clients",
    "personal_activation": "Offer consultation",
    "self_care": "One protected hour a week",
}
AGENDA_SHARE = 0.06  # of clinician-months in which a meeting decided something


def clients_table(
    settings: Settings, rows: pd.DataFrame, cases: pd.DataFrame, clients: pd.Series, rng: Generator
) -> pd.DataFrame:
    """One row a client of the given panel rows; severity 0–27, mean 13; intake within the month before the first."""
    first = rows.assign(began=rows["month"] - rows["age"]).groupby("client", as_index=False)["began"].min()
    person = cases.loc[first["client"]]
    month = np.datetime64(settings.first_month, "M") + first["began"].to_numpy()
    return pd.DataFrame(
        {
            "client_id": words(clients, first["client"]),
            "intake_date": (month.astype("datetime64[D]") - rng.integers(1, 15, len(first))).astype("datetime64[s]"),
            "severity": np.clip(np.rint(13 + 4.5 * person["severity"].to_numpy()), 0, 27),
            "trauma_history": pd.array(person["trauma"].to_numpy(), dtype="boolean"),
            "access_barrier": pd.array(person["barrier"].to_numpy(), dtype="boolean"),
            "programme": words(PROGRAMMES, person["programme"]),
        }
    )


def clinicians_table(settings: Settings, staff: Staff) -> pd.DataFrame:
    """The contract's clinicians; contracted hours a week rounded up from the usual appointments."""
    traits = staff.traits
    weekly = traits["clients"] * settings.sessions_per_month / WEEKS_PER_MONTH
    names = ["clinician_id", "supervisor_id", "team", "fte", "started_on", "workday_start", "workday_end"]
    table = traits[names].assign(weekly_client_hours=np.ceil(weekly), shares_surveys=traits["shares_surveys"])
    return table.astype(dict.fromkeys(("clinician_id", "supervisor_id", "team", *names[-2:]), "str"))


def supports_table(settings: Settings, staff: Staff, rng: Generator) -> pd.DataFrame:
    """Planned and taken supports, and one time_off row a weekday of leave."""
    planned = [_planned(settings, staff, *support, rng) for support in SUPPORTS]
    table = pd.concat([*planned, _time_off(settings, staff)], ignore_index=True)
    table = table.loc[table["date"] >= staff.traits["started_on"].to_numpy()[table["who"]]].reset_index(drop=True)
    table = table.assign(clinician_id=words(staff.ids, table["who"]))
    columns = ["clinician_id", "date", "kind", "planned_minutes", "done_minutes", "cancelled_by"]
    return table.sort_values(["date", "clinician_id", "kind"], kind="stable", ignore_index=True)[columns]


def _planned(
    settings: Settings, staff: Staff, kind: str, chance: float, times: int, minutes: int, rng: Generator
) -> pd.DataFrame:
    """One kind of support over the window; cancelled now and then by the clinician, the supervisor or the service."""
    shape = settings.clinicians, settings.months
    who, month = (np.repeat(axis, times) for axis in np.nonzero(rng.uniform(size=shape) < chance))
    firsts = settings.calendar.to_timestamp().to_numpy("datetime64[D]")[month]
    turn = np.tile(np.arange(times), len(who) // times)
    day = np.busday_offset(firsts, turn * 10 + rng.integers(0, 9, len(who)), roll="forward")
    by_supervisor = staff.months["supervisor_cancels"][who, month] * (kind in ("supervision", "consultation"))
    drawn = rng.uniform(size=len(who))
    conditions = [drawn < by_supervisor, drawn < by_supervisor + 0.05, drawn < by_supervisor + 0.07]
    cancelled = np.select(conditions, ["supervisor", "clinician", "service"], "")
    off = pd.Series(cancelled, dtype="str")
    return pd.DataFrame(
        {
            "who": who,
            "date": day.astype("datetime64[s]"),
            "kind": pd.Series(kind, index=off.index, dtype="str"),
            "planned_minutes": float(minutes),
            "done_minutes": np.where(cancelled == "", float(minutes), 0.0),
            "cancelled_by": off.where(off != ""),
        }
    )


def _time_off(settings: Settings, staff: Staff) -> pd.DataFrame:
    """Eight hours a weekday of leave."""
    first, back = leave_days(settings, staff)
    who, month = np.nonzero(back > first)
    length = (back - first)[who, month].astype(int)
    who, begun = np.repeat(who, length), np.repeat(first[who, month], length)
    day = begun + (np.arange(len(begun)) - np.repeat(length.cumsum() - length, length))
    working = np.is_busday(day)
    size = range(int(working.sum()))
    return pd.DataFrame(
        {
            "who": who[working],
            "date": day[working].astype("datetime64[s]"),
            "kind": pd.Series("time_off", index=size, dtype="str"),
            "planned_minutes": 480.0,
            "done_minutes": 480.0,
            "cancelled_by": pd.Series(None, index=size, dtype="str"),
        }
    )


def plans_table(settings: Settings, staff: Staff, rng: Generator) -> pd.DataFrame:
    """Two to four goals a clinician and month (the same goals all along), done as chance and the barrier have it."""
    n = settings.clinicians
    rank = rng.uniform(size=(n, len(GOALS))).argsort(axis=1).argsort(axis=1)
    has = rank < rng.integers(2, 5, n)[:, None]
    there = np.arange(settings.months) >= staff.traits[["start"]].to_numpy()
    who, month, goal = np.nonzero(there[:, :, None] & has[:, None, :])
    planned = np.array([times for *_, times in GOALS])[goal]
    able = np.clip(rng.normal(0.75, 0.08, n), 0.5, 0.95)[who]
    done = rng.binomial(planned, able)
    hindered = rng.integers(1, len(BARRIERS), len(who))
    barrier = np.where((done < planned) & (rng.uniform(size=len(who)) < 0.7), hindered, 0)
    return pd.DataFrame(
        {
            "clinician_id": words(staff.ids, who),
            "month": settings.calendar.take(month),
            "goal": words([name for name, *_ in GOALS], goal),
            "kind": words([kind for _, kind, _ in GOALS], goal),
            "planned_times": planned.astype(float),
            "done_times": done.astype(float),
            "barrier": words(BARRIERS, barrier),
        }
    )


def agenda_table(settings: Settings, staff: Staff, rng: Generator) -> pd.DataFrame:
    """Decisions of some supervision meetings, to be reviewed the month after."""
    there = np.arange(settings.months) > staff.traits[["start"]].to_numpy()
    who, month = np.nonzero(there & (rng.uniform(size=there.shape) < AGENDA_SHARE))
    flag = words(FLAGS, rng.integers(len(FLAGS), size=len(who)))
    past = words(("helped", "unchanged", "not_needed"), rng.integers(3, size=len(who)))
    return pd.DataFrame(
        {
            "clinician_id": words(staff.ids, who),
            "month": settings.calendar.take(month),
            "flag": flag,
            "decision": flag.map(AGENDA).astype("str"),
            "review_month": settings.calendar.take(month) + 1,
            "outcome": past.where(month + 1 < settings.months - 1, "open"),
        }
    )
