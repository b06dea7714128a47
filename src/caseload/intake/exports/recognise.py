"""What the columns of an unknown program seem to be, by what their headers are made of and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from caseload.intake.exports.coded import Coded, coded, plain_word
from caseload.intake.exports.grid import Grid
from caseload.intake.exports.headers import meanings
from caseload.intake.exports.maps import DATE_ORDERS
from caseload.intake.exports.moments import Calendar, Moment
from caseload.intake.exports.overlooked import CLOCK

SAMPLE = 10_000  # different texts that are looked at for the form of their values
MOST_STATUSES = 30
YES, NO = frozenset({"yes", "true", "y", "t", "1"}), frozenset({"no", "false", "n", "f", "0"})
_NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d+)?")
_EPOCH = re.compile(r"1[0-9]{9}|1[0-9]{12}")
_INSTANT = re.compile(r".*\d:\d.*(z|utc|gmt|[+-]\d\d:?\d\d)", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_][^\d]*[\s,.][^\d]*[^\W\d_].*")
_MOST_REPEATED = 0.9  # of cells of a column of clinicians: they recur


def _is_round(moment: Moment) -> bool:
    return moment.timed and bool(re.search(r"T\d\d:\d[05]$", moment.text or ""))


@dataclass(frozen=True)
class Values:
    """The cells of one column, as texts that differ."""

    cells: Coded

    @cached_property
    def texts(self) -> list[str]:
        return self.cells.words[:SAMPLE]

    def all(self, holds: Callable[[str], object]) -> bool:
        """Whether something holds of every text; not where there is none."""
        return bool(self.texts) and all(map(holds, self.texts))

    @cached_property
    def are_epoch(self) -> bool:
        return self.all(_EPOCH.fullmatch)

    @cached_property
    def are_moments(self) -> bool:
        """Whether all are dates in one of the orders, or seconds since 1970."""
        calendars = [Calendar(order, "UTC") for order in DATE_ORDERS]
        return bool(self.texts) and (
            self.are_epoch or any(all(one.text for one in calendar.moments(self.texts)) for calendar in calendars)
        )

    @cached_property
    def are_clocks(self) -> bool:
        """Whether all are times of day without a day."""
        return self.all(CLOCK.fullmatch)

    @cached_property
    def are_round(self) -> bool:
        """Whether all are times at which appointments begin: at full five minutes, unlike when something was noted."""
        epoch: Literal["", "seconds", "milliseconds"] = ""
        if self.are_epoch:
            epoch = "milliseconds" if max(map(len, self.texts)) > 10 else "seconds"
        readings = [Calendar(order, "UTC", since_1970=epoch).moments(self.texts) for order in DATE_ORDERS]
        return any(moments and all(map(_is_round, moments)) for moments in readings)

    @cached_property
    def are_instants(self) -> bool:
        """Whether all are times of a zone of their own."""
        return self.are_epoch or self.all(_INSTANT.fullmatch)

    @cached_property
    def are_midnights(self) -> bool:
        """Whether all are times at midnight: days, that a program has written as times."""
        return self.all(lambda text: re.search(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:?00)?$", text))

    @cached_property
    def are_yes_no(self) -> bool:
        return self.all(lambda text: plain_word(text) in YES | NO)

    @cached_property
    def are_numbers(self) -> bool:
        return self.all(_NUMBER.fullmatch)

    @cached_property
    def are_unique(self) -> bool:
        return len(self.cells.words) == len(self.cells) > 0

    @cached_property
    def are_people(self) -> bool:
        """Whether all look like names of people."""
        return self.all(_PERSON.fullmatch)

    def yes(self) -> list[str]:
        """The texts that mean yes."""
        return [text for text in self.texts if plain_word(text) in YES]

    def no(self) -> list[str]:
        """The texts that mean no."""
        return [text for text in self.texts if plain_word(text) in NO]


@dataclass
class Recognised:
    """Which header is what; nothing is sure."""

    chosen: dict[str, str] = field(default_factory=dict)  # our column, or client and clinician → header
    end: str = ""
    flags: list[tuple[str, list[str], str]] = field(default_factory=list)  # header, its words, the status they mean
    others_came: str = ""  # the header of a no that means that somebody came, where nothing else says so
    cancelled_at: str = ""
    notice: str = ""
    initiator: str = ""
    remote: str = ""


class Columns:
    """The columns of a grid: what each header is made of, and its values."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._values: dict[int, Values] = {}
        self.meant = {place: meanings(name) for place, name in enumerate(grid.header) if name}

    def values(self, header: str) -> Values:
        """The cells of a column."""
        place = self.grid.header.index(header)
        if place not in self._values:
            self._values[place] = Values(coded(self.grid.columns[place]))
        return self._values[place]

    def meant_by(self, header: str) -> frozenset[str]:
        """What a header is made of."""
        return self.meant.get(self.grid.header.index(header), frozenset())

    def made_of(self, *names: str, without: Sequence[str] = ()) -> Iterator[str]:
        """The headers that hold all of these words and none of the others, the shortest first."""
        places = [
            (len(meant), place) for place, meant in self.meant.items() if {*names} <= meant and not {*without} & meant
        ]
        return (self.grid.header[place] for _, place in sorted(places))


def recognised(grid: Grid, known: dict[str, str]) -> Recognised:
    """What the columns are; `known` are those whose whole header is known."""
    columns = Columns(grid)
    guessed = Recognised(dict(known))
    for ours, candidates in _candidates(columns):
        if ours not in guessed.chosen:
            free = (header for header in candidates if header not in guessed.chosen.values())
            if header := next(free, ""):
                guessed.chosen[ours] = header
    _flags(columns, guessed)
    if guessed.flags and "status" in guessed.chosen and columns.values(guessed.chosen["status"]).are_yes_no:
        del guessed.chosen["status"]
    ends = columns.made_of("end", without=("other", "born", "cancelled"))
    guessed.end = next((header for header in ends if columns.values(header).are_moments), "")
    cancelled = (header for header in columns.made_of("cancelled", "date") if columns.values(header).are_moments)
    guessed.cancelled_at = next(cancelled, "")
    notice = (
        header for header in columns.made_of("cancelled", "notice", "hours") if columns.values(header).are_numbers
    )
    guessed.notice = next(notice, "")
    guessed.initiator = next(columns.made_of("cancelled", "initiator"), "")
    guessed.remote = next((one for one in columns.made_of("remote") if columns.values(one).are_yes_no), "")
    return guessed


def _candidates(columns: Columns) -> Iterator[tuple[str, Iterator[str]]]:
    """Our columns, in the order in which they take a header, each with the headers that may be it."""
    aside = ("other", "planned", "end", "born", "cancelled")
    several = columns.made_of

    def moments(*names: str) -> Iterator[str]:
        return (one for one in several(*names, without=aside) if columns.values(one).are_moments)

    yield (
        "scheduled_start",
        (
            one
            for names in (("start",), ("appointment", "date"), ("date",), ("appointment",))
            for one in moments(*names)
        ),
    )
    planned = (one for one in several("planned", without=("other", "end")) if columns.values(one).are_round)
    yield "scheduled_start", planned
    of_appointments = several("appointment", "id", without=("clinician", "other"))
    numbers = (*of_appointments, *several("id", without=("client", "clinician", "other")))
    yield "session_id", (one for one in numbers if columns.values(one).are_unique)
    no_person = ("clinician", "other", "born", "appointment")
    clients = (("client", "id"), ("client", "no"), ("client", "name"), ("client",), ("last", "name"))
    yield "client", (one for names in clients for one in several(*names, without=no_person))
    clinicians = (("clinician", "id"), ("clinician", "name"), ("clinician",))
    yield "clinician", (one for names in clinicians for one in several(*names, without=("client", "other", "born")))
    yield (
        "clinician",
        (
            one
            for names in (("came", "initiator"), ("name",), ("calendar",))  # seen by whom; a name that recurs
            for one in several(*names, without=("client", "other", "first", "last"))
            if _recur(columns, one)
        ),
    )
    states = (one for names in (("appointment", "status"), ("status",)) for one in several(*names, without=("other",)))
    yield "status", (one for one in states if len(columns.values(one).cells.words) <= MOST_STATUSES)
    lengths = several("length", without=("other", "came", "cancelled"))
    yield "scheduled_minutes", (one for one in lengths if columns.values(one).are_numbers)


def _recur(columns: Columns, header: str) -> bool:
    """Whether a column holds a few people again and again, as clinicians are."""
    values = columns.values(header)
    rows = int((~values.cells.missing).sum())
    return values.are_people and len(values.cells.words) <= _MOST_REPEATED * rows


def _flags(columns: Columns, known: Recognised) -> None:
    """Columns of yes and no that say who came, and who did not."""
    taken = known.chosen.values()
    flags = {
        name: _says(meant)
        for place, meant in columns.meant.items()
        if (name := columns.grid.header[place]) not in taken and columns.values(name).are_yes_no
    }
    for header, status in flags.items():
        if status:
            known.flags.append((header, columns.values(header).yes(), status))
    missed = [header for header, status in flags.items() if status == "no_show"]
    if missed and "attended" not in flags.values():
        known.others_came = missed[0]


def _says(meant: frozenset[str]) -> str:
    """The status that a yes means in a column whose header is made of these words; nothing where it means none."""
    if "other" in meant:
        return ""
    if meant & {"not", "no"} and (meant & {"show", "came"} or meant == {"not"}):
        return "no_show"
    if meant & {"came", "show"}:
        return "attended"
    return "client_cancelled" if meant == {"cancelled"} else ""


def usual_unit(values: Values) -> str:
    """The unit that lengths of sessions are plainly in; nothing where they may be in two."""
    if values.all(lambda text: re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text)):
        return "hours:minutes"
    if not values.are_numbers:
        return ""
    middle = float(np.median([float(text.replace(",", ".")) for text in values.texts]))
    ranges = {"hours": (0.25, 4), "minutes": (15, 240), "seconds": (900, 14_400)}
    return next((unit for unit, (low, high) in ranges.items() if low <= middle <= high), "")
