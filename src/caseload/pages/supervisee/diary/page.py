"""A page made from appointments alone: counts, clients, the working month, and what it cannot say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from caseload.estimates.attendance import FALSE_WATCH
from caseload.estimates.client_attendance import BEFORE_MONTHS, NAMED_CHANCE
from caseload.pages.supervisee.agenda import fitted, reviews
from caseload.pages.supervisee.declared import otherwise
from caseload.pages.supervisee.diary.clients import before_words, client_rows, interval_words
from caseload.pages.supervisee.diary.findings import IN_TOUCH, Finding, findings, opening_words
from caseload.pages.supervisee.diary.months import months_figure
from caseload.pages.supervisee.diary.reading import Reading, known
from caseload.pages.supervisee.lead import due_first
from caseload.pages.supervisee.outcomes import outcomes_table
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import AgendaItem, Count, Diary, Evidence, State, SuperviseeView, Table
from caseload.wording import counted, day, listed, month_year, number

MOST_QUESTIONS = 4
ALONE = "Made from appointments alone."
KEPT = ("What this page is for", "Who sees what")  # of the method
OF_CALENDAR = {
    "days_without_break": "without a break",
    "out_of_hours": "outside working hours",
    "weekend": "at a weekend",
}
LONG_DAY = "Days of four hours or more without a 30-minute break"
NO_LENGTHS = "Hours and breaks need the lengths of appointments, which are not in the list."
CANNOT = (
    """Appointments show who came. They do not show how hard the work was, what clients made of it, or how {who} {be}.
    So this page says nothing about that: it is neither good news nor bad news.""",
    """A check-in takes two taps for each client, once a month. The first one puts effort and engagement side by side.
    It is voluntary, and leaving it out is never counted. The command “caseload checkin” makes the form.""",
)
ORIGIN = """From the list of appointments, up to {end}: client, date and time, and what became of each. Nothing else is
    recorded."""
DECIDED = """A client is named where fewer than 1 in {one} months would look like this by chance, given their own
    appointments of the {before} months before and how much the clients of this practice differ; or where three or more
    in a row were not kept and that is not their habit.{here} Chance alone would name {pages}. Cancellations by the
    service or the clinician are left out. Fewer than two appointments are not compared."""
CLAIMS = (
    "Who came and who cancelled is on record; why is not. Cancellations by the service or the clinician are counted "
    "apart and are nobody’s engagement. Nothing here measures anybody’s effort or work. Appointments alone make at "
    f"most a Watch, which chance brings in {FALSE_WATCH} months."
)


def appointments_page(whole: SuperviseeView, subject: Subject) -> SuperviseeView:
    """The page where nothing but appointments is recorded, from the `whole` one: what they say, what they cannot say.

    What was agreed, whom to turn to and who sees what stay as they are.
    """
    reading = Reading(subject)
    told = findings(reading)
    title, said = opening_words(reading, told)
    unlike = otherwise(subject.slice, "over_investment", subject.flag("over_investment")["state"])
    lead = " ".join(filter(None, [due_first(subject), said, unlike]))
    month, end = month_year(subject.month), day(subject.month.end_time)
    kick = whole.opening.kick.replace("Supervision report for ", "").replace(f"{month}.", f"{month}. {ALONE}", 1)
    kept = tuple((heading, text) for heading, text in whole.method if heading in KEPT)
    return replace(
        whole,
        opening=replace(
            whole.opening,
            kick=kick,
            title=title,
            lead=lead,
            facts=(),
        ),
        cards=(),
        sections=(),
        support=replace(whole.support, title="Whom to turn to", intro="", groups=()),
        agenda=fitted([*reviews(subject), *_questions(told)]),
        method=(*kept, ("Where this comes from", _plain(ORIGIN.format(end=end))), ("What cannot be claimed", CLAIMS)),
        diary=_parts(reading, told),
    )


def _parts(reading: Reading, told: tuple[Finding, ...]) -> Diary:
    """The parts of the page."""
    subject = reading.subject
    who, be = subject.pick("you", subject.clinician_id), subject.pick("are", "is")
    return Diary(
        counts=tuple(part for part in (_came(reading), _unseen(reading), _hours(reading), _calendar(reading)) if part),
        facts=_facts(reading),
        ask=told[0].question,
        month=reading.month_word,
        before=before_words(reading),
        clients=client_rows(reading),
        decided=_decided(reading),
        month_sections=_working_month(reading),
        watched=state if (state := subject.state("over_investment")).state == "watch" else None,
        hours=_keeps_hours(subject),
        cannot=tuple(_plain(text.format(who=who, be=be)) for text in CANNOT),
    )


def _keeps_hours(subject: Subject) -> tuple[State, str] | None:
    state, row = subject.state("self_care"), subject.flag("self_care")
    return None if state.state == "not_enough_data" else (state, str(row["reason"]))


def _plain(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def _questions(told: tuple[Finding, ...]) -> tuple[AgendaItem, ...]:
    """What to talk about: the opening question, then others if there is time; none is asked twice."""
    asked = {each.question: each.title.removesuffix(".") for each in reversed(told)}
    items = [(asked[each], each) for each in dict.fromkeys(finding.question for finding in told)]
    if len(items) == 1:
        items.append(("If there is time", IN_TOUCH))
    return tuple(AgendaItem(title, None, question, 2) for title, question in items[:MOST_QUESTIONS])


def _came(reading: Reading) -> Count | None:
    if not reading.counted:
        return None
    kept = reading.counted - reading.missed
    said = "There are too few earlier months to say what is usual."
    if reading.is_compared:
        low, high = reading.kept_usual
        said = f"{low} to {high} would be usual."
    return Count(f"{kept} of {reading.counted}", "came", f"{said} {reading.missed_most()}".strip())


def _unseen(reading: Reading) -> Count | None:
    """The client of the month who was not seen the longest."""
    row, number_seen = reading.longest_unseen, sum(row["counted"] > 0 for row in reading.clients)
    if row is None:
        return None
    rhythm = f" Usually {interval_words(row['rhythm_days'])}." if known(row["rhythm_days"]) else ""
    said = f"{row['client_id']}, the longest of {counted(number_seen, 'client')} with appointments.{rhythm}"
    return Count(counted(row["days_since"], "day"), "since last seen", said)


def _hours(reading: Reading) -> Count | None:
    if not reading.has_hours:
        return _late(reading)
    held, low, high = reading.working["weekly_client_hours"]
    booked = reading.weeks["booked"].mean()
    if np.isnan(reading.contract):
        usual = f" {low:.1f} to {high:.1f} would be usual." if not np.isnan(high) else ""
        return Count(number(held, 1), "hours a week", f"Held. Booked: {booked:.1f}.{usual}")
    return Count(
        f"{held:.1f} of {reading.contract:g}", "hours a week", f"Held, against the contract. Booked: {booked:.1f}."
    )


def _late(reading: Reading) -> Count | None:
    value, low, high = reading.working.get("late_cancelled", (np.nan, np.nan, np.nan))
    if np.isnan(value):
        return None
    said = (
        "Too few earlier months to say what is usual." if np.isnan(high) else f"{low:.0f} to {high:.0f} would be usual."
    )
    return Count(f"{value:.0f}", "cancelled late" if value != 1 else "cancelled late by a client", said)


def _calendar(reading: Reading) -> Count | None:
    """The first of breaks, hours, weekends and turnover that there is something to say of."""
    for name, unit in OF_CALENDAR.items():
        value, low, high = reading.working.get(name, (0.0, np.nan, np.nan))
        if value > 0:
            noun = "day" if name == "days_without_break" else "appointment"
            usual = f"{low:.0f} to {high:.0f} would be usual." if not np.isnan(high) else "Too few months for a usual."
            return Count(counted(value, noun), unit, usual)
    new, gone = reading.named("is_new"), reading.named("is_gone")
    said = [f"New: {listed(new)}." if new else "", f"No appointment any more: {listed(gone)}." if gone else ""]
    seen = sum(row["counted"] > 0 for row in reading.clients)
    return Count(
        counted(seen, "client"), "with appointments", " ".join(part for part in said if part) or "Nobody is new."
    )


def _facts(reading: Reading) -> tuple[tuple[str, str], ...]:
    """Names and numbers in a line below the counts."""
    late = reading.working.get("late_cancelled", (np.nan,) * 3)
    evenings, weekend = (reading.working.get(name, (0.0,) * 3) for name in ("out_of_hours", "weekend"))
    of = reading.counts
    offered = ""
    if of.get("misses_open"):
        beside = _beside(of["offered"], of["offered_low"], of["offered_high"])
        offered = f"{of['offered']} of {of['misses_open']}{beside.removeprefix(str(of['offered']))}"
    return tuple(
        (what, words)
        for what, words in (
            ("Three or more in a row not kept", listed(reading.in_a_row, 6)),
            ("Late cancellations", _beside(*late) if reading.has_hours and late[0] > 0 else ""),
            ("Offered again soon after a miss", offered),
            ("New", listed(reading.named("is_new"), 6)),
            ("No appointment any more", listed(reading.named("is_gone"), 6)),
            ("Back after a pause", listed(list(reading.back), 6)),
            ("Outside working hours", _beside(*evenings) if evenings[0] > 0 else ""),
            ("At a weekend", _beside(*weekend) if weekend[0] > 0 else ""),
        )
        if words
    )


def _beside(value: float, low: float, high: float) -> str:
    return f"{value:.0f}" if np.isnan(high) else f"{value:.0f}, usually {low:.0f} to {high:.0f}"


def _decided(reading: Reading) -> str:
    expected = sum(row["chance_size"] for row in reading.clients)
    pages = f"about one on every {_ordinal(1 / expected)} page like this" if expected > 0 else "nobody"
    named = [row for row in reading.clients if row["chance"] <= NAMED_CHANCE][:3]
    chances = listed([f"about 1 in {1 / row['chance']:,.0f} for {row['client_id']}" for row in named])
    here = f" Here it is {chances}." if chances else ""
    return _plain(DECIDED.format(one=f"{1 / NAMED_CHANCE:.0f}", before=BEFORE_MONTHS, here=here, pages=pages))


def _ordinal(number: float) -> str:
    place = max(round(number), 1)
    words = {1: "", 2: "second", 3: "third"}
    return words.get(place, f"{place}th")


def _working_month(reading: Reading) -> tuple[Evidence, ...]:
    parts = (months_figure(reading), _weeks(reading), _usual(reading), outcomes_table(reading.subject))
    return tuple(part for part in parts if part)


def _weeks(reading: Reading) -> Table | None:
    weeks = reading.weeks
    if not reading.has_hours:
        return _week_counts(reading)
    if weeks.empty:
        return None
    start = [f"{reading.date(week)} to {reading.date(week + pd.Timedelta(days=4))}" for week in weeks["week"]]
    frame = pd.DataFrame(
        {
            "Week": start,
            "Came": [f"{a:.0f} of {n}" for a, n in zip(weeks["attended"], weeks["appointments"], strict=True)],
        }
    )
    frame["Hours held"] = [f"{held:.1f}" for held in weeks["held"]]
    frame["Hours booked"] = [f"{booked:.1f}" for booked in weeks["booked"]]
    note = "" if np.isnan(reading.contract) else f"The contract is {reading.contract:g} client hours a week."
    return Table("Client hours by week, Monday to Friday and the weekend after", frame, note)


def _week_counts(reading: Reading) -> Table | None:
    weeks = reading.week_counts
    if weeks.empty:
        return None
    ends = zip(weeks["first"], weeks["last"], strict=True)
    days = [f"{reading.date(a)} to {reading.date(b)}" if a < b else reading.date(a) for a, b in ends]
    came = [f"{a} of {n}" for a, n in zip(weeks["attended"], weeks["appointments"], strict=True)]
    return Table("Appointments by week", pd.DataFrame({"Week": days, "Came": came}), NO_LENGTHS)


def _usual(reading: Reading) -> Table | None:
    who = reading.subject.pick("you", reading.subject.clinician_id)
    start, end = reading.subject.slice.person["workday_start"], reading.subject.slice.person["workday_end"]
    hours = f"Weekdays outside {start} to {end}"
    rows = (
        ("late_cancelled", "Late cancellations by clients", 0),
        ("service_cancelled", "Cancelled by the service", 0),
        ("clinician_cancelled", f"Cancelled by {who}", 0),
        ("out_of_hours", hours if reading.hours_are_recorded else f"{hours} (no working hours are recorded)", 0),
        ("weekend", "At a weekend", 0),
        ("days_without_break", LONG_DAY, 0),
        ("longer", "Booked 15 minutes longer than the client’s usual", 0),
        ("weekly_client_hours", "Client hours a week", 1),
        ("overruns", "Ran over by 10 minutes or more", 0),
    )
    said = [(words, *_row(*reading.working[name], digits)) for name, words, digits in rows if name in reading.working]
    if reading.counts.get("misses_open"):
        of = reading.counts
        said.append(
            ("Missed, and the next one offered soon", *_row(of["offered"], of["offered_low"], of["offered_high"], 0))
        )
    if not said:
        return None
    frame = pd.DataFrame(said, columns=["In the list of appointments", month_year(reading.month), "Usual"])
    note = "Usual: the range of the earlier months."
    return Table(f"Against {reading.subject.pick('your', 'their')} own usual", frame, note)


def _row(value: float, low: float, high: float, digits: int) -> tuple[str, str]:
    shown = number(value, digits)
    if np.isnan(high):
        return shown, "too few months"
    more = ", more than usual" if value > high else ", less than usual" if value < low else ""
    return f"{shown}{more}", f"{number(low, digits)} to {number(high, digits)}"
