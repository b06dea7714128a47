"""Landing pages: a supervisor's own supervisees with their states, or the list of supervisors with nobody's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.over_investment import attendance_stands_out, is_of_appointments
from caseload.flags.states import WORDS
from caseload.pages import landing_appointments as appointments
from caseload.pages.chance import chart_points, index_chance
from caseload.pages.supervisee.agreements import agreements
from caseload.pages.supervisee.declared import otherwise
from caseload.pages.supervisee.diary import appointments_alone
from caseload.pages.supervisee.subject import LEAVE_DAYS, Subject
from caseload.pages.views import IndexRow, IndexView, Opening, SupervisorsView
from caseload.review.assessment import Assessment
from caseload.wording import MONTHS, counted, day, first_upper, listed, month_year
from caseload.writing.names import QUALITY, file_names, landing_pages, team_stems

FOOTER = (
    "For supervision, not for appraisal. Files stay on this computer. Keep these pages as you would keep case notes."
)
SEEN_FIRST = (
    "Each supervisee sees their own version before you see yours. It is for them alone: it is in the folder “own” and "
    "no page links to it. Yours has the log with the ratings of the work with clients. It leaves out their own "
    "therapy, and surveys and self-ratings that they have not agreed to share."
)
NOT_A_FINDING = (
    "A flag is not a finding about a person. It names a pattern that may deserve attention. Most often the cause is "
    "workload, caseload mix or missing support."
)
REMINDER = (
    "“If you want to send a check-in for last month, please do so this week. It takes about two minutes. You can leave "
    "anything blank. It is voluntary, and no page says who sent none.”"
)
NOTES = (("They see it first", SEEN_FIRST), ("What a flag is not", NOT_A_FINDING))


def index_view(
    assessment: Assessment, clinician_ids: tuple[str, ...], supervisor: str | None, failures: Mapping[str, str]
) -> IndexView:
    """A landing page that names `clinician_ids` only; `failures` says why a report was not made."""
    subjects = [Subject.of(assessment, clinician, "supervisor") for clinician in clinician_ids]
    told = appointments.told(subjects)
    alone = bool(subjects) and all(map(appointments_alone, subjects))
    table = assessment.clinicians
    stems = file_names(tuple(table.loc[table["month"] == assessment.month, "clinician_id"]))
    rows = tuple(
        _row(s, stems[s.clinician_id], failures.get(s.clinician_id), told.get(s.clinician_id)) for s in subjects
    )
    made = len(rows) - len(failures.keys() & set(clinician_ids))
    charts = chart_points(assessment, frozenset(clinician_ids))
    flags = assessment.flags
    shown = flags[(flags["month"] == assessment.month) & flags["clinician_id"].isin(clinician_ids)]
    return IndexView(
        opening=_opening(assessment, subjects, supervisor, made, _lead(subjects, told)),
        chance=appointments.chance(told) if alone else index_chance(len(subjects), charts, shown),
        columns=() if alone else tuple(flag.column for flag in FLAGS.values()),
        rows=tuple(replace(row, states=()) for row in rows) if alone else rows,
        questions=(*appointments.questions(told), *_questions(subjects)),
        finding="What the appointments say" if alone else "",
        notes=(*NOTES, *_reminder(subjects), *_failed(failures, clinician_ids)),
        footer=FOOTER,
    )


def supervisors_view(
    assessment: Assessment, entries: Mapping[str, tuple[str, ...]], teams: tuple[str, ...], unassigned: int
) -> SupervisorsView:
    """`index.html` of a practice with supervisors: names and links only."""
    month = month_year(assessment.month)
    landing, stems = landing_pages(assessment.practice.supervisees), team_stems(assessment.practice.supervisees)
    lead = "Choose your name. Each page lists one supervisor’s own supervisees; this page shows nobody’s state."
    notes = list(NOTES)
    if unassigned:
        whom = counted(unassigned, "clinician")
        notes.append(
            ("Not on a list", f"{whom} without a supervisor on record: the reports are in this folder, on no list.")
        )
    return SupervisorsView(
        opening=Opening(
            f"Reports, {month}", (), f"Practice, {month}", f"Supervision reports, {month}", lead, (), (QUALITY_LINK,)
        ),
        entries=tuple((name, landing[name], counted(len(ids), "supervisee")) for name, ids in entries.items()),
        teams=tuple((team, f"{stems[team]}.html") for team in teams),
        notes=tuple(notes),
        footer=FOOTER,
    )


QUALITY_LINK = ("Data quality", f"{QUALITY}.html")
"""Not on a supervisor's landing page: the page on data quality names everybody."""


def _team_links(people: pd.DataFrame, teams: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    stems = team_stems(people)
    return tuple((f"Team {team}", f"{stems[team]}.html") for team in teams)


def _opening(assessment: Assessment, subjects: list[Subject], supervisor: str | None, made: int, said: str) -> Opening:
    month = month_year(assessment.month)
    who = f"Supervisor {supervisor}" if supervisor else "Practice"
    due = sum(map(_due, subjects))
    facts = (
        ("", str(made), f"of {counted(len(subjects), 'report')} made"),
        *((("", str(due), f"{'agreement' if due == 1 else 'agreements'} due for review"),) if due else ()),
        *_check_ins_fact(subjects),
        ("data to", day(assessment.month.end_time), ""),
    )
    teams = tuple(sorted({str(s.slice.person["team"]) for s in subjects if pd.notna(s.slice.person["team"])}))
    crumbs = (("All supervisors", "index.html"), (who, "")) if supervisor else ()
    links = (*(() if supervisor else (QUALITY_LINK,)), *_team_links(assessment.practice.supervisees, teams))
    return Opening(
        f"Supervisees of {supervisor}, {month}" if supervisor else f"Supervisees, {month}",
        crumbs, f"{who}, {month}", f"Your supervisees, {month}", said, facts, links,
    )  # fmt: skip


def _check_ins(subjects: list[Subject]) -> int | None:
    """How many supervisees' check-ins of the month are here, never whose; None where nobody has sent any so far."""
    months = [set(subject.slice.practice.ratings["month"]) for subject in subjects]
    return sum(subject.month in sent for subject, sent in zip(subjects, months, strict=True)) if any(months) else None


def _check_ins_fact(subjects: list[Subject]) -> tuple[tuple[str, str, str], ...]:
    here = _check_ins(subjects)
    return () if here is None else (("", str(here), f"of {counted(len(subjects), 'check-in')} are here"),)


def _reminder(subjects: list[Subject]) -> tuple[tuple[str, str], ...]:
    """A text to send to everybody, where a check-in is missing: whose it is, the page does not say."""
    here = _check_ins(subjects)
    return () if here is None or here == len(subjects) else (("A reminder that you can send to everybody", REMINDER),)


def _lead(subjects: list[Subject], told: Mapping[str, appointments.Told]) -> str:
    """With whom an agreement is due; what appointments say most clearly; who has something to discuss, by name."""
    rest = [subject for subject in subjects if not appointments_alone(subject)]
    return " ".join(filter(None, (_due_first(subjects), appointments.lead(told), _flagged(rest) if rest else "")))


def _due_first(subjects: list[Subject]) -> str:
    """With whom something that was agreed is due for review, in order of name; empty where nothing is."""
    due = {subject.clinician_id: _due(subject) for subject in subjects}
    said = [f"{counted(number, 'agreement')} with {who}" for who, number in due.items() if number]
    return f"Due for review: {listed(said, 8)}." if said else ""


def _flagged(subjects: list[Subject]) -> str:
    """Who has something to discuss, in order of name."""
    raised = [f"{subject.clinician_id} ({listed([FLAGS[flag].title.lower() for flag in flags])})"
              for subject in subjects if (flags := _with_state(subject, "raise"))]  # fmt: skip
    watched = sum(1 for subject in subjects if _watched(subject) and not _with_state(subject, "raise"))
    said = []
    if raised:
        noun = "One supervisee has" if len(raised) == 1 else f"{len(raised)} supervisees have"
        said.append(f"{noun} something to discuss: {listed(raised, 8)}.")
    else:
        said.append("There is nothing to discuss this month.")
    if watched:
        noun = ("Another supervisee" if raised else "One supervisee") + " has"
        said.append(f"{noun if watched == 1 else f'{watched} supervisees have'} something to watch.")
    return " ".join(said)


def _watched(subject: Subject) -> list[str]:
    """The flags at watch, without what the sentences on appointments say already."""
    said = is_of_appointments(subject.evidence("over_investment"))
    return [flag for flag in _with_state(subject, "watch") if not (said and flag == "over_investment")]


def _with_state(subject: Subject, state: str) -> list[str]:
    return [flag for flag in FLAGS if subject.flag(flag)["state"] == state]


def _row(subject: Subject, stem: str, failure: str | None, told: appointments.Told | None) -> IndexRow:
    flags = [subject.flag(flag) for flag in FLAGS]
    moved = [flag for flag in flags if flag["before"] and _visible(subject, flag["flag"])]
    changed = [flag for flag in moved if flag["since"] == subject.month]
    return IndexRow(
        clinician_id=subject.clinician_id,
        states=tuple(subject.state(flag) for flag in FLAGS),
        report="" if failure else f"{stem}.html",
        note=first_upper(failure) if failure else _note(subject),
        changed=tuple((FLAGS[flag["flag"]].title, WORDS[flag["before"]], WORDS[flag["state"]]) for flag in changed),
        latest_change=str(max(flag["since"] for flag in moved)) if moved else "",
        due=f"{counted(due, 'agreement')} due for review" if (due := _due(subject)) else "",
        leave=_leave(subject),
        finding=told.title if told else "",
        watched=attendance_stands_out(subject.evidence("over_investment")),
    )


def _due(subject: Subject) -> int:
    """Agreements that are due for review."""
    return sum(agreement.due for agreement in agreements(subject))


def _leave(subject: Subject) -> str:
    """How much of the month was leave, where so much was that there is little to read."""
    days = subject.slice.days_off
    return f"{counted(days, 'day')} in {MONTHS[subject.month.month - 1]}" if days >= LEAVE_DAYS else ""


def _visible(subject: Subject, flag: str) -> bool:
    return not FLAGS[flag].self_reported or subject.state(flag).state != "not_shared"


def _note(subject: Subject) -> str:
    """Leave, a new start, and what a question would say without a change that was declared."""
    unlike = otherwise(subject.slice, "over_investment", subject.flag("over_investment")["state"])
    return ". ".join(part for part in (_absence(subject), unlike.removesuffix(".")) if part)


def _absence(subject: Subject) -> str:
    if subject.slice.days_off >= LEAVE_DAYS:
        return f"On leave for {subject.slice.days_off} days"
    started = subject.slice.person["started_on"]
    if pd.notna(started) and (subject.month - started.to_period("M")).n < 3:
        return f"Started on {day(started)}"
    return ""


def _questions(subjects: list[Subject]) -> tuple[tuple[str, str], ...]:
    """The open question of every flag that is raised, in order of name."""
    return tuple((s.clinician_id, s.ask(flag)) for s in subjects for flag in _with_state(s, "raise"))


def _failed(failures: Mapping[str, str], clinician_ids: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    mine = {who: why for who, why in failures.items() if who in clinician_ids}
    if not mine:
        return ()
    text = (
        f"{listed(sorted(mine), 8)}: nothing else is affected. Run the month again, or read the numbers in "
        "clinicians.csv and flags.csv."
    )
    return (("Reports that are missing", text),)
