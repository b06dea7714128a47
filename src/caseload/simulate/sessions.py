"""The sessions table: appointments in the clinicians' weeks, who came, and what was noted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.clients import Slots
from caseload.simulate.observation import Array, Observer, logistic
from caseload.simulate.settings import Settings
from caseload.simulate.staff import Staff, words

STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance")
MODALITIES = ("in_person", "video", "phone", "group", "home_visit")
ABSENCES = ("no_show", "late_cancelled", "client_cancelled")
WEEKS_PER_MONTH = 365.25 / 7 / 12

# Intervention: lowest and highest fitting stage, weight (docs: stage of change). Prochaska, DiClemente & Norcross 1992.
INTERVENTIONS = {
    "validation": (1, 5, 1.0),
    "alliance": (1, 5, 0.8),
    "case_management": (1, 5, 0.4),
    "safety_planning": (1, 5, 0.15),
    "psychoeducation": (1, 3, 1.0),
    "mi_evoking": (1, 3, 1.2),
    "mi_planning": (3, 4, 1.0),
    "self_monitoring": (2, 4, 0.8),
    "cbt_homework": (3, 5, 1.0),
    "skills_training": (3, 5, 1.0),
    "behavioural_activation": (3, 5, 0.8),
    "exposure": (3, 4, 0.8),
    "cognitive_restructuring": (3, 5, 1.0),
    "relapse_prevention": (4, 5, 1.0),
}
ILL_FITTING = 0.02  # weight of a term that does not fit the stage, times its own


def draw_appointments(
    settings: Settings, staff: Staff, slots: Slots, cases: pd.DataFrame, panel: pd.DataFrame, rng: Generator
) -> pd.DataFrame:
    """One row an appointment, by time: the panel's columns and `row` (of the panel), `start` (datetime64).

    A clinician sees one client at a time: what finds no room in the week is not booked.
    """
    row_of = np.full(slots.case.shape, -1)
    row_of[panel["slot"], panel["month"]] = np.arange(len(panel))
    first, last = settings.calendar[0].start_time, settings.calendar[-1].end_time
    mondays = pd.date_range(first - pd.Timedelta(days=first.weekday()), last, freq="7D").to_numpy("datetime64[D]")
    rate = settings.sessions_per_month / WEEKS_PER_MONTH
    weeks = [_weekly(k, rate, mondays, settings, slots, cases, row_of, rng) for k in range(int(np.ceil(rate * 1.25)))]
    row = np.concatenate([rows for rows, _ in weeks])
    day = np.concatenate([days for _, days in weeks])
    working = at_work(settings, staff, panel["clinician"].to_numpy()[row], day)
    row, day = row[working], day[working]
    start = day.astype("datetime64[m]") + _minute_of_day(staff, slots, panel, row)
    order = np.lexsort((panel["slot"].to_numpy()[row], start))
    booked = panel.take(row[order]).assign(row=row[order], start=start[order])
    return booked.loc[~booked.duplicated(["clinician", "start"])].reset_index(drop=True)


def _weekly(
    k: int,
    rate: float,
    mondays: NDArray[np.datetime64],
    settings: Settings,
    slots: Slots,
    cases: pd.DataFrame,
    row_of: NDArray[np.int64],
    rng: Generator,
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Panel rows and days of the k-th appointment of every week, k from 0."""
    offset = (slots.diary + 2 * k) % 5
    days = mondays[None, :] + offset[:, None]
    month = days.astype("datetime64[M]").astype(int) - settings.calendar[0].ordinal
    inside = (month >= 0) & (month < settings.months)
    row = np.where(inside, row_of[np.arange(len(offset))[:, None], np.clip(month, 0, settings.months - 1)], -1)
    wanted = rate * cases["rate"].to_numpy()[slots.case[:, 0]][:, None] - k
    kept = (row >= 0) & (rng.uniform(size=row.shape) < wanted)
    return row[kept], days[kept]


def at_work(settings: Settings, staff: Staff, clinician: NDArray[np.int64], day: NDArray[np.datetime64]) -> NDArray:
    """Whether each clinician works on each day: started, and not on leave."""
    start = staff.traits["started_on"].to_numpy("datetime64[D]")[clinician]
    first, last = leave_days(settings, staff)
    month = day.astype("datetime64[M]").astype(int) - settings.calendar[0].ordinal
    away = (day >= first[clinician, month]) & (day < last[clinician, month])
    return (day >= start) & ~away


def leave_days(settings: Settings, staff: Staff) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First day of leave and first day back, clinicians × months; equal without leave. Leave stays in its month."""
    firsts = settings.calendar.to_timestamp().to_numpy("datetime64[D]")
    length = settings.calendar.days_in_month.to_numpy()
    away = np.rint(staff.months["leave"] * length).astype(int)
    begun = firsts + np.rint(staff.months["leave_from"] * (length - away)).astype(int)
    return begun, begun + away


def _minute_of_day(staff: Staff, slots: Slots, panel: pd.DataFrame, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Minutes after midnight of each appointment: the slot's hour of the clinician's working day."""
    opening = minutes_of(staff.traits["workday_start"])[panel["clinician"].to_numpy()[row]]
    return opening + 60 * (slots.diary[panel["slot"].to_numpy()[row]] // 5)


def minutes_of(clock: pd.Series) -> NDArray[np.int64]:
    """`HH:MM` as minutes after midnight."""
    parts = clock.str.split(":", expand=True).astype(int)
    return (60 * parts[0] + parts[1]).to_numpy()


def draw_status(
    settings: Settings, rows: pd.DataFrame, cases: pd.DataFrame, watch: Observer, rng: Generator
) -> pd.Series:
    """What became of each appointment; disengaged clients rather fail to come than cancel."""
    barrier = cases["barrier"].to_numpy()[rows["case"]]
    comes = watch.linear("attendance", rows, rng) - settings.case_mix.barrier_effect * barrier
    attended = rng.uniform(size=len(rows)) < logistic(comes)
    no_show = 0.42 - 0.08 * np.tanh(rows["engagement"].to_numpy())
    drawn = rng.uniform(size=len(rows))
    absence = np.select([drawn < no_show, drawn < no_show + 0.28], ABSENCES[:2], ABSENCES[2])
    status = np.where(attended, "attended", absence)
    chance, service = rng.uniform(size=len(rows)), settings.caseload.service_cancelled
    ours = chance < service + settings.caseload.clinician_cancelled
    status = np.where(ours, np.where(chance < service, "service_cancelled", "clinician_cancelled"), status)
    return pd.Series(status, dtype="str")


def sessions_table(
    settings: Settings,
    staff: Staff,
    rows: pd.DataFrame,
    cases: pd.DataFrame,
    clients: pd.Series,
    watch: Observer,
    rng: Generator,
) -> pd.DataFrame:
    """The contract's sessions, nothing missing yet but what cannot be there; `rows` has `start` and `status`."""
    came = (rows["status"] == "attended").to_numpy()
    modality = _modality(cases, rows, rng)
    booked = np.select([modality == 3, rows["age"] == 0], [90.0, 60.0], 50.0)
    late = _lateness(rows, came, watch, rng)
    ran = np.clip(np.rint(booked + watch.linear("overrun", rows, rng) - 0.3 * np.nan_to_num(late)), 10, 240)
    prepared = came | (rows["status"].isin(("no_show", "late_cancelled"))).to_numpy()
    identity = pd.DataFrame(
        {
            "session_id": _numbered(len(rows)),
            "clinician_id": words(staff.ids, rows["clinician"]),
            "client_id": words(clients, rows["client"]),
            "scheduled_start": rows["start"].to_numpy(),
            "status": rows["status"].to_numpy(),
            "scheduled_minutes": booked,
            "actual_minutes": np.where(came, ran, np.nan),
            "minutes_late": late,
            "prep_minutes": np.where(prepared, watch.log_minutes("prep_minutes", rows, rng), np.nan),
            "note_minutes": np.where(came, watch.log_minutes("note_minutes", rows, rng), np.nan),
            "modality": words(MODALITIES, modality),
        }
    )
    return identity.assign(**_content(staff, rows, cases, came, watch, rng))


def _content(
    staff: Staff, rows: pd.DataFrame, cases: pd.DataFrame, came: NDArray, watch: Observer, rng: Generator
) -> dict[str, Any]:
    """What attended sessions were about and how they were rated."""
    crisis = rows["crisis"].to_numpy() & (rng.uniform(size=len(rows)) < 0.6)
    marked = rng.spawn(1)[0].uniform(size=len(rows)) < watch.settings.case_mix.crisis_recorded
    trauma = cases["trauma"].to_numpy()[rows["case"]] & (rng.uniform(size=len(rows)) < 0.5)
    homework_set = _homework_set(staff, rows, rng)
    return {
        "stage_of_change": words(STAGES, rows["stage"] - 1).where(came),
        "interventions": _interventions(rows, crisis, rng).where(came),
        "homework_set": _where(homework_set, came),
        "homework_done": _homework_done(rows, came, homework_set, watch, rng),
        "srs_total": np.where(came, np.clip(np.round(watch.linear("srs_total", rows, rng), 1), 0, 40), np.nan),
        "ors_total": np.where(came, _wellbeing(rows, cases, rng), np.nan),
        "clinician_effort_rating": np.where(came, watch.points("clinician_effort_rating", rows, rng, 10), np.nan),
        "client_engagement_rating": np.where(came, watch.points("client_engagement_rating", rows, rng, 10), np.nan),
        **{
            name: np.where(came, np.round(watch.share(name, rows, rng), 2), np.nan)
            for name in ("clinician_talk_share", "change_talk_share", "sustain_talk_share")
        },
        "trauma_focus": _where(trauma, came),
        "crisis": _where(crisis & marked, came),
    }


def _where(values: NDArray, known: NDArray) -> pd.Series:
    """Yes/no where known, missing elsewhere."""
    return pd.Series(values).astype("boolean").where(pd.Series(known))


def _numbered(count: int) -> pd.Series:
    """Ids s000001, s000002, … in order."""
    width = max(6, len(str(count)))
    return "s" + pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(width)


def _modality(cases: pd.DataFrame, rows: pd.DataFrame, rng: Generator) -> NDArray[np.int64]:
    """The client's usual modality, now and then (6 %) video or phone instead; groups stay groups."""
    usual = cases["modality"].to_numpy()[rows["case"]]
    switched = (rng.uniform(size=len(rows)) < 0.06) & (usual != 3)
    return np.where(switched, rng.integers(1, 3, len(rows)), usual)


def _lateness(rows: pd.DataFrame, came: NDArray, watch: Observer, rng: Generator) -> Array:
    """Whole minutes, 0 when punctual, missing when the client did not come."""
    late = rng.uniform(size=len(rows)) < watch.share("lateness", rows, rng)
    minutes = np.clip(np.rint(np.exp(rng.normal(1.9, 0.5, len(rows)))), 1, 40)
    return np.where(came, late * minutes, np.nan)


def _wellbeing(rows: pd.DataFrame, cases: pd.DataFrame, rng: Generator) -> Array:
    """ORS 0–40: lower with severity, a little better each month."""
    severity = cases["severity"].to_numpy()[rows["case"]]
    mean = 22 - 4 * severity + 0.5 * np.minimum(rows["age"].to_numpy(), 18)
    return np.clip(np.round(mean + rng.normal(0, 3, len(rows)), 1), 0, 40)


def _homework_set(staff: Staff, rows: pd.DataFrame, rng: Generator) -> NDArray:
    """Homework is set more often the further the client is; some clinicians never do."""
    sets = staff.traits["homework"].to_numpy()[rows["clinician"]]
    return sets & (rng.uniform(size=len(rows)) < logistic(-1.5 + 0.5 * rows["stage"].to_numpy()))


def _homework_done(rows: pd.DataFrame, came: NDArray, was_set: NDArray, watch: Observer, rng: Generator) -> Array:
    """Share done (steps of .1) of what the case's last attended session set; missing where nothing was set."""
    attended = np.flatnonzero(came)
    case = rows["case"].to_numpy()[attended]
    order = attended[np.lexsort((attended, case))]
    due = np.zeros(len(rows), dtype=bool)
    same = rows["case"].to_numpy()[order[1:]] == rows["case"].to_numpy()[order[:-1]]
    due[order[1:]] = same & was_set[order[:-1]]
    return np.where(due, np.round(watch.share("homework_done", rows, rng), 1), np.nan)


def _interventions(rows: pd.DataFrame, crisis: NDArray, rng: Generator) -> pd.Series:
    """One or two terms a session, chosen for the stage the clinician works at; safety planning in a crisis."""
    at = _worked_stage(rows, rng)
    first, second = np.empty(len(rows), dtype=int), np.empty(len(rows), dtype=int)
    for stage in range(1, 6):
        here = np.flatnonzero(at == stage)
        chance = intervention_weights(stage)
        first[here] = rng.choice(len(chance), len(here), p=chance)
        second[here] = rng.choice(len(chance), len(here), p=chance)
    second = np.where(rng.uniform(size=len(rows)) < 0.4, first, second)
    second = np.where(crisis, [*INTERVENTIONS].index("safety_planning"), second)
    return words(_pairs(), first * len(INTERVENTIONS) + second)


def _worked_stage(rows: pd.DataFrame, rng: Generator) -> NDArray[np.int64]:
    """The stage that the clinician works at: the client's plus the lead, rounded at random."""
    step = np.floor(rows["lead"].to_numpy() + rng.uniform(size=len(rows)))
    return np.clip(rows["stage"].to_numpy() + step, 1, 5).astype(np.int64)


def intervention_weights(stage: int) -> Array:
    """Probability of each term at a stage."""
    weights = [weight * (1 if low <= stage <= high else ILL_FITTING) for low, high, weight in INTERVENTIONS.values()]
    return np.array(weights) / sum(weights)


def _pairs() -> list[str]:
    """Text of every pair of terms, row by row; a term with itself is the term alone."""
    return [a if a == b else f"{a};{b}" for a in INTERVENTIONS for b in INTERVENTIONS]
