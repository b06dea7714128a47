"""A check-in file: what a clinician's form has saved for the practice, read as strictly as a table.

A file of the private part is the clinician's own. It is known by what it holds, and refused whatever it is called.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from caseload.errors import InputError, Problem, one_line
from caseload.intake.content import json_in, open_file, read_content
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.scales import SCALES
from caseload.intake.tables import CANCELLERS, GOALS, READERS, STAGES, SUPPORTS
from caseload.intake.times import MONTH
from caseload.intake.unreadable import Unreadable

FORMAT, PRIVATE = "caseload check-in", "caseload check-in, private part"
VERSION = 1
MOST_BYTES = 1 << 20
LONGEST_GOAL = 80  # characters
MOST_CLIENTS, MOST_ENTRIES = 2_000, 200  # of a month; each support and goal is looked for in a table
_SAYS_FORMAT = re.compile(rb'"format"\s*:\s*"caseload check-in')
_JOINERS = "\u200c\u200d"  # parts of letters and emoji
_NAMED = re.compile(rf"checkin-(.+)-({MONTH})(?: ?\(\d+\)|-\d+)?\.json", re.IGNORECASE)  # browsers number copies
_AGAIN = "Save the check-in again from its form, and import that file."

Rating = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Count = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Identifier = Annotated[str, Field(min_length=1, max_length=200)]


def _one_of(words: Collection[str]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in words:
            raise ValueError
        return word

    return AfterValidator(check)


Stage = Annotated[str, _one_of(STAGES)]


def _shown(text: str) -> str:
    """A text without marks that would turn its direction or end its line where it is shown."""
    return "".join(mark if mark in _JOINERS else one_line(mark) for mark in text)


Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(_shown)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ClientMonth(_Part):
    """What was said of the work with one client; null is left blank."""

    client_id: Identifier
    skipped: bool = False
    effort: Rating | None = None
    engagement: Rating | None = None
    stage_of_change: Stage | None = None
    interventions: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]] = Field(
        default_factory=list, max_length=MOST_ENTRIES
    )
    crisis: bool | None = None
    access_barrier: bool | None = None


class Support(_Part):
    """One support that was planned, and what came of it."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    kind: Annotated[str, _one_of(SUPPORTS)]
    planned_minutes: Count | None = None
    done_minutes: Count | None = None
    cancelled_by: Annotated[str, _one_of(CANCELLERS)] | None = None


class Goal(_Part):
    """One goal of the clinician's own plan."""

    goal: Annotated[Line, Field(min_length=1, max_length=LONGEST_GOAL)]
    kind: Annotated[str, _one_of(GOALS)] = "other"
    planned_times: Count | None = None
    done_times: Count | None = None
    barrier: Line | None = None


class Answer(_Part):
    """One answer of the private part that the clinician shares."""

    instrument: Annotated[str, _one_of(SCALES)]
    item: str
    response: Annotated[float, Field(allow_inf_nan=False)]

    @model_validator(mode="after")
    def _on_its_scale(self) -> Answer:
        scale = SCALES[self.instrument].get(self.item)
        if scale is None or not scale.low <= self.response <= scale.high:
            raise ValueError
        if scale.step and (self.response - scale.low) % scale.step:
            raise ValueError
        return self


class CheckIn(_Part):
    """A clinician's month, as the practice's file holds it.

    `take_back` says that what earlier check-ins shared is to be shared no longer.
    """

    format: Literal["caseload check-in"]
    version: Literal[1]
    practice: str | None = None
    clinician_id: Identifier
    month: Annotated[str, Field(pattern=rf"^{MONTH}$")]
    clients: Annotated[list[ClientMonth], Field(max_length=MOST_CLIENTS)]
    supports: list[Support] = Field(default_factory=list, max_length=MOST_ENTRIES)
    selfcare_plan: list[Goal] = Field(default_factory=list, max_length=MOST_ENTRIES)
    visible_to: Annotated[str, _one_of(READERS)] | None = None
    surveys: list[Answer] = Field(default_factory=list, max_length=MOST_ENTRIES)
    take_back: bool = False
    checksum: str

    @property
    def last_day(self) -> dt.date:
        """The last day of the month: the day by which its answers are known."""
        year, month = map(int, self.month.split("-"))
        return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def is_check_in(path: Path) -> bool:
    """Whether a file says of itself that it is a check-in, or the private part of one; also a damaged one."""
    try:
        with open_file(path) as stream:
            start = _plain_bytes(stream.read(MOST_BYTES))
    except (Unreadable, OSError):
        return False
    return start.startswith((b"{", b"[")) and _SAYS_FORMAT.search(start) is not None


def _plain_bytes(data: bytes) -> bytes:
    """A text's ASCII in whatever encoding: without marks of its encoding, and blanks before it."""
    return data.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")


def read_check_in(path: Path) -> CheckIn:
    """A check-in file, whole and undamaged. Raises `InputError`, which repeats nothing of what it holds."""
    name = path.name
    try:
        data = read_content(path, MOST_BYTES).data
        if PRIVATE.encode() in _plain_bytes(data):
            _refuse_private(name)
        content = json_in(data, parse_constant=_no_number)
    except UNREADABLE as error:
        raise InputError([unreadable(name, error)], "The check-in") from None
    except ValueError:
        _refuse(name, "", "a check-in as its form saved it", "a damaged file", _AGAIN)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        _refuse(name, "format", "a check-in as its form saved it", "a file of another kind", "Check the file.")
    version = content.get("version")
    if version != VERSION or isinstance(version, bool):
        action = "Make the month's forms again with this version of caseload, or update caseload."
        _refuse(name, "version", f"version {VERSION}", "another version", action)
    if content.get("checksum") != checksum(content):
        _refuse(name, "checksum", "a check-in as its form saved it", "a damaged or changed file", _AGAIN)
    try:
        form = CheckIn.model_validate(content)
    except ValidationError as error:
        raise InputError(_problems(name, error), "The check-in") from None
    _check_month(name, form)
    return form


def checksum(content: Mapping[str, Any]) -> str:
    """CRC-32 in hexadecimal of the file's entries without `checksum`, in their order, as JSON without blanks.

    It tells a damaged file, not a forged one.
    """
    entries = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _check_month(name: str, form: CheckIn) -> None:
    """Raise for a file whose name says another person or month, and for days and clients that do not fit."""
    named = _NAMED.fullmatch(name)
    if named and (named[2], _plain(named[1])) != (form.month, _plain(form.clinician_id)):
        expected, seen = "the person and the month of the file's name", "those of another check-in"
        _refuse(name, "month", expected, seen, "Give the file the name it was saved with.")
    outside = [at for at, one in enumerate(form.supports, start=1) if not _lies_in(one.date, form)]
    if outside:
        _refuse(name, "supports, date", f"days in {form.month}", "another day", _AGAIN, outside)
    ids = [client.client_id for client in form.clients]
    first = {one: at for at, one in reversed(list(enumerate(ids, start=1)))}
    again = [at for at, one in enumerate(ids, start=1) if first[one] < at]
    if again:
        _refuse(name, "clients, client_id", "each client once", "a client twice", _AGAIN, again)
    asked = [(answer.instrument, answer.item) for answer in form.surveys]
    if len(set(asked)) < len(asked) or (asked and form.visible_to is None):
        _refuse(name, "surveys", "each answer once, and who may see it", "something else", _AGAIN)


def _plain(identifier: str) -> str:
    """What every file system leaves of an identifier."""
    return re.sub("[^a-z0-9]", "", identifier.lower())


def _lies_in(day: str, form: CheckIn) -> bool:
    try:
        return dt.date.fromisoformat(day).strftime("%Y-%m") == form.month
    except ValueError:
        return False


def _no_number(text: str) -> NoReturn:
    raise ValueError


def _refuse_private(name: str) -> NoReturn:
    expected, seen = "the file for the practice", "somebody's private part, which stays with them"
    _refuse(name, "", expected, seen, "Give the file back, and delete your copy of it. Nothing of it was kept.")


def _refuse(name: str, column: str, expected: str, found: str, action: str, at: list[int] | None = None) -> NoReturn:
    rows = tuple(at or ())
    raise InputError([Problem(name, column, rows[:5], len(rows), expected, found, action, unit="item")], "The check-in")


_MORE = "more entries than a month has"
_EXPECTED = {
    "effort": "a number from 0 to 10, or null",
    "engagement": "a number from 0 to 10, or null",
    "stage_of_change": "one of the five stages of change, or null",
    "interventions": "a list of terms of the vocabulary",
    "month": "a month such as 2026-05",
    "date": "a date such as 2026-05-03",
    "surveys": "answers on the scales of their questionnaires",
}


def _problems(name: str, error: ValidationError) -> list[Problem]:
    """What does not fit, by entry; of the private part not even which one."""
    entries_of: dict[tuple[str, str], list[int]] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        place = one["loc"][:-1] if one["type"] == "extra_forbidden" else one["loc"]  # its name may be anything
        words = [part for part in place if isinstance(part, str)][:2]
        if words[:1] == ["surveys"]:
            place, words = ("surveys",), ["surveys"]
        entry = next((part + 1 for part in place if isinstance(part, int)), 0)
        seen = {"missing": "nothing", "extra_forbidden": "an entry of another name", "too_long": _MORE}.get(
            one["type"], "something else"
        )
        entries_of.setdefault((", ".join(words), seen), []).append(entry)
    return [_problem(name, column, seen, sorted(set(entries))) for (column, seen), entries in entries_of.items()]


def _problem(name: str, column: str, seen: str, entries: list[int]) -> Problem:
    expected = _EXPECTED.get(column.split(", ")[-1], "what the description of the file says")
    rows = tuple(at for at in entries if at)
    return Problem(name, column, rows[:5], len(rows), expected, seen, _AGAIN, unit="item")
