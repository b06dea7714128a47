"""What a month's appointments say first: a title, two sentences on it and a question, what weighs most first.

It is said of appointments. Who came, who did not and who cancelled is on record; why, and how hard anybody worked, is
not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from caseload.pages.supervisee.diary.clients import interval_words
from caseload.pages.supervisee.diary.reading import Reading, known
from caseload.wording import counted, first_upper, listed, spelled

IN_TOUCH = "After how many missed appointments do we get in touch, how, and who does it?"


@dataclass(frozen=True)
class Finding:
    """One thing that a month's appointments say; `stands_out` is False for what is only told."""

    title: str
    lead: str
    question: str
    stands_out: bool = True


def findings(reading: Reading) -> tuple[Finding, ...]:
    """Everything that the month says, what weighs most first; at least one."""
    told = [tell(reading) for tell in _IN_ORDER]
    return tuple(finding for finding in told if finding) or (_quiet(reading),)


def _many_missed(reading: Reading) -> Finding | None:
    if not reading.is_more:
        return None
    of = reading.counts
    usual = f"About {of['missed_usual']:.0f} would be usual ({of['missed_low']:.0f} to {of['missed_high']:.0f})."
    chance = _chance(of["missed_chance"])
    most = reading.missed_most()
    return Finding(
        f"Clients did not come to {reading.missed} of {reading.counted} appointments.",
        " ".join(part for part in (usual, chance, most) if part),
        _about_clients(reading.named("is_less")[:2])
        or f"What do you know about {reading.month_word} that the appointments do not show?",
    )


def _less(reading: Reading) -> Finding | None:
    rows = [row for row in reading.clients if row["is_less"]]
    if not rows:
        return None
    names, said = [row["client_id"] for row in rows], []
    for row in rows[:2]:
        seen = f" and was last seen on {reading.date(row['last_seen'])}" if known(row["last_seen"]) else ""
        appointments = counted(row["counted"], "appointment")
        said.append(f"{row['client_id']} came to {row['counted'] - row['missed']} of {appointments}{seen}.")
    who = _clients(names)
    usual = "they usually do" if len(names) > 1 else "usual"
    return Finding(
        f"{who} came much less than {usual}.",
        " ".join([*said, f"You could start {'with them' if len(names) > 1 else 'there'}."]),
        IN_TOUCH if reading.is_more else _about_clients(names[:2]),
    )


def _offered(reading: Reading) -> Finding | None:
    if not reading.offers_more:
        return None
    of = reading.counts
    return Finding(
        f"After {of['offered']} of {of['misses_open']} missed appointments the next one came soon.",
        f"Sooner, that is, than the client’s own rhythm. {of['offered_low']:.0f} to {of['offered_high']:.0f} would be "
        "usual. Who offers a new appointment may be a reception, so this says nothing about anybody’s effort.",
        "After a missed appointment, who gets in touch, when, and what do clients make of it?",
    )


def _long_unseen(reading: Reading) -> Finding | None:
    rows = [row for row in reading.clients if row["is_long"] and not row["is_less"]]
    if not rows:
        return None
    row = max(rows, key=lambda row: row["days_since"])
    who = row["client_id"]
    return Finding(
        f"{who} has not been seen for {row['days_since']:.0f} days.",
        f"The last appointment that took place was on {reading.date(row['last_seen'])}. Usually {who} comes "
        f"{interval_words(row['rhythm_days'])}.",
        _about_clients([who]),
    )


def _no_break(reading: Reading) -> Finding | None:
    value, low, high = reading.working.get("days_without_break", (0.0, np.nan, np.nan))
    if not value > (0.0 if np.isnan(high) else high):
        return None
    usual = "" if np.isnan(high) else f" {low:.0f} to {high:.0f} would be usual."
    return Finding(
        f"{counted(value, 'day')} had four hours or more without a 30-minute break.",
        f"That is what the appointment times and lengths show.{usual}",
        "Where could a break go, and who can move an appointment?",
    )


def _above_contract(reading: Reading) -> Finding | None:
    if not reading.has_hours or np.isnan(reading.contract):
        return None
    above = int((reading.weeks["held"] > reading.contract).sum())
    if not above:
        return None
    return Finding(
        f"{counted(above, 'week')} of {len(reading.weeks)} had more client hours than the contract.",
        f"The contract is {reading.contract:g} client hours a week; the fullest week had "
        f"{reading.weeks['held'].max():.1f}.",
        "Which appointments could move or wait in a full week, and who decides that?",
    )


def _out_of_hours(reading: Reading) -> Finding | None:
    value, low, high = reading.working.get("out_of_hours", (0.0, np.nan, np.nan))
    if not value > high:
        return None
    return Finding(
        f"{counted(value, 'appointment')} took place outside working hours.",
        f"{low:.0f} to {high:.0f} would be usual.",
        "Which of the early or late appointments are wanted, and which have just come about?",
    )


def _gone(reading: Reading) -> Finding | None:
    rows = [row for row in reading.clients if row["is_gone"]]
    if not rows:
        return None
    names = [row["client_id"] for row in rows]
    title = f"{_clients(names)} {'has' if len(names) == 1 else 'have'}"
    last = [f"{row['client_id']} on {reading.date(row['last_booked'])}" for row in rows]
    return Finding(
        f"{title} no appointment any more.",
        f"The last ones were: {listed(last, 6)}. The list does not show whether the work has ended.",
        f"Has the work with {listed(names, 6)} ended, and was there a chance to say goodbye?",
        stands_out=False,
    )


def _back(reading: Reading) -> Finding | None:
    if not reading.back:
        return None
    said = [f"{name} came back after {days / 7:.0f} weeks" for name, days in reading.back.items()]
    names = listed(list(reading.back)[:2])
    return Finding(
        f"{listed(said)}.",
        "",
        f"What brought {names} back, and what would help now?",
        stands_out=False,
    )


def _new(reading: Reading) -> Finding | None:
    names = reading.named("is_new")
    if not names:
        return None
    return Finding(
        f"{_clients(names)} began in {reading.month_word}.",
        f"New: {listed(names, 6)}.",
        f"How has the start with {listed(names[:2])} been?",
        stands_out=False,
    )


_IN_ORDER: tuple[Callable[[Reading], Finding | None], ...] = (
    _many_missed, _less, _offered, _long_unseen, _no_break, _above_contract, _out_of_hours, _gone, _back, _new,
)  # fmt: skip


def opening_words(reading: Reading, told_in_order: tuple[Finding, ...]) -> tuple[str, str]:
    """The page's title and its first sentences."""
    if told_in_order[0].stands_out:
        return told_in_order[0].title, told_in_order[0].lead
    quiet = _quiet(reading)
    if quiet == told_in_order[0] or reading.counted == 0:
        return quiet.title, quiet.lead
    told = [part for each in told_in_order[:2] for part in (each.title, each.lead) if part]
    return quiet.title, " ".join([_kept_words(reading), *told[:3]])


def _quiet(reading: Reading) -> Finding:
    question = "Which hours of this month were good ones, and what made them so?"
    if reading.counted == 0:
        off = reading.subject.slice.days_off
        away = f"{counted(off, 'day')} of leave are on record." if off else "The list does not say why."
        who = reading.subject.pick("You", reading.subject.clinician_id)
        title = f"{who} had no appointment in {reading.month_word}."
        return Finding(title, away, "What would help with coming back?", stands_out=False)
    if not reading.is_compared:
        return Finding(
            f"Clients came to {reading.counted - reading.missed} of {reading.counted} appointments.",
            "There are too few earlier months to say what is usual.", question, stands_out=False,
        )  # fmt: skip
    title = "Clients came as they usually do."
    return Finding(
        title, f"{_kept_words(reading)} You could talk about what is going well.", question, stands_out=False
    )


def _kept_words(reading: Reading) -> str:
    kept = f"They came to {reading.counted - reading.missed} of {reading.counted} appointments"
    if not reading.is_compared:
        return f"{kept}."
    low, high = reading.kept_usual
    return f"{kept}; {low} to {high} would be usual."


def _chance(chance: float) -> str:
    """How rarely chance alone does that."""
    if chance < 0.001:
        return "By chance alone, fewer than 1 in 1,000 months would look like this."
    return f"By chance alone, about 1 in {1 / chance:,.0f} months would look like this."


def _clients(names: list[str]) -> str:
    """One client by name, several by their number."""
    if len(names) == 1:
        return names[0]
    return f"{first_upper(spelled(len(names)))} clients"


def _about_clients(names: list[str]) -> str:
    return f"What do you know about {listed(names)} that the appointments do not show?" if names else ""
