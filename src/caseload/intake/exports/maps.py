"""The map of one export format: which columns become which of ours, in which words and units. Maps are data, in TOML.

`docs/exports.md` explains every key; `map_files` reads them from files.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator, model_validator

from caseload.errors import did_you_mean
from caseload.intake.exports.row_rules import Headers, Refusal, RowRule, Series, Strict, compiling
from caseload.intake.showable import named
from caseload.intake.tables import INSTRUMENTS, TABLES, Column

DATE_ORDERS = ("year-month-day", "month/day/year", "day/month/year", "month/day/yy", "day/month/yy")
ENCODINGS = ("utf-8", "windows-1252", "utf-16", "iso-8859-1", "iso-8859-15")
WIDE_COLUMNS = ("instrument", "item", "response")  # which a questionnaire with a column an item fills by itself
CLIENT_FORMS = ("ors", "srs")  # of a client about a session: Outcome and Session Rating Scale

Unit = Literal["minutes", "seconds", "hours", "hours:minutes"]
PersonKind = Literal["client", "clinician", "supervisor"]
PEOPLE: dict[str, str] = {"client": "client_id", "clinician": "clinician_id", "supervisor": "supervisor_id"}


class _Strict(Strict, BaseModel):  # a linter knows a model by this base alone
    """An unknown key is a mistake, and nothing is turned into another type."""


class Override(_Strict):
    """Words of another column that take the place of what was found, where they occur; other words say nothing."""

    from_: Headers = Field(alias="from")
    optional: bool = False
    words: dict[str, str] = Field(min_length=1)
    instead_of: tuple[str, ...] = ()  # only where this was found; empty: always


class When(_Strict):
    """A row of which one cell is filled, is one of `words` or matches: what that means, or why it is left out."""

    column: str
    words: tuple[str, ...] = ()
    matches: str = ""  # a regular expression for the whole cell
    filled: bool = False
    is_: str = Field(default="", alias="is")
    left_out: str = ""

    @model_validator(mode="after")
    def _one_of_each(self) -> When:
        if sum(map(bool, (self.words, self.filled, self.matches))) != 1 or bool(self.is_) == bool(self.left_out):
            raise ValueError("give one of words, matches and filled, and one of is and left_out")
        return self

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return compiling(value)


class Late(_Strict):
    """A client's cancellation less than `hours` before the appointment is a late one."""

    cancelled_at: tuple[str, ...] = ()  # when it was cancelled
    notice: tuple[str, ...] = ()  # or how long before the appointment, as a number
    unit: Unit = "hours"  # of the notice
    hours: Annotated[int, Field(gt=0, le=24 * 14)]

    @model_validator(mode="after")
    def _one_source(self) -> Late:
        if bool(self.cancelled_at) == bool(self.notice):
            raise ValueError("give one of cancelled_at and notice")
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        return (*self.cancelled_at, *self.notice)


class ColumnMap(_Strict):
    """Where the cells of one of our columns come from."""

    from_: tuple[str, ...] = Field(default=(), alias="from")  # several are joined by a blank, in this order
    optional: bool = False  # the file need not have these columns
    words: dict[str, str] = {}
    other_words: Literal["refuse", "leave_empty"] = "refuse"
    left_out: dict[str, str] = {}  # word → why the whole row is left out
    default: str = ""  # the word that the program sets by itself
    instead: tuple[Override, ...] = ()
    late: Late | None = None
    missing: tuple[str, ...] = ()  # texts that mean: not recorded
    unit: Unit = "minutes"
    since_1970: Literal["", "seconds", "milliseconds"] = ""  # numbers of these are times, in universal time
    between: tuple[str, ...] = ()  # minutes between two times, instead of `from`
    value: str = ""  # the same text in every row, instead of `from`
    when: tuple[When, ...] = ()  # the first that holds counts; where none does, what `from` says
    otherwise: str = ""  # without `from`: why other rows are left out
    only_day: bool = False  # of a time: its hours, which are all the same, mean nothing

    @model_validator(mode="after")
    def _one_source(self) -> ColumnMap:
        if sum(map(bool, (self.from_ or self.when, self.between, self.value))) != 1:
            raise ValueError("give one of from, between and value")
        if self.between and len(self.between) != 2:
            raise ValueError("between takes two columns: the beginning and the end")
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns that the file must have for this one."""
        return () if self.optional else self.sources

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (*self.from_, *self.between, *(rule.column for rule in self.when))


class PersonMap(_Strict):
    """Which columns together say who somebody is: a number if there is one, otherwise name and date of birth."""

    name: tuple[str, ...] = ()
    born: str = ""
    number: str = ""
    value: str = ""  # one and the same person in every row
    without: str = ""  # a regular expression of what is no part of the name
    optional: bool = False

    @field_validator("without")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return compiling(value)

    @model_validator(mode="after")
    def _anything(self) -> PersonMap:
        if bool(self.name or self.number) == bool(self.value):
            raise ValueError("give name or number, or value")
        return self

    @property
    def headers(self) -> tuple[str, ...]:
        return (*self.name, *filter(None, (self.born, self.number)))


class Wide(_Strict):
    """A questionnaire with a column for each item, as survey programs export it: one row is one person's answers."""

    instrument: str
    items: Annotated[str, Field(min_length=2)]  # the headers: {} is the item's number, * is any text
    words: dict[str, str] = {}  # answers in words → numbers
    missing: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Wide:
        _one_of(self.instrument, INSTRUMENTS)
        if self.items.count("{}") != 1:
            raise ValueError("items has {} once, in the place of the item's number")
        return self


class TableMap(_Strict):
    """How rows become rows of one of our tables: who is who, which column becomes which, and what is left out."""

    table: str = "sessions"
    people: dict[PersonKind, tuple[PersonMap, ...]] = {}  # the first of them whose columns the file has
    columns: dict[str, tuple[ColumnMap, ...]] = {}  # so here
    leave_out: tuple[RowRule, ...] = ()
    wide: tuple[Wide, ...] = ()
    rows_of: str = ""  # FHIR: which of the reader's tables these rows are

    @field_validator("people", "columns", mode="before")
    @classmethod
    def _as_alternatives(cls, value: object) -> object:
        """One table of TOML, or several of which the first that fits is used."""
        if not isinstance(value, dict):
            return value
        return {key: tuple(entry) if isinstance(entry, list) else (entry,) for key, entry in value.items()}

    @field_validator("table")
    @classmethod
    def _known_table(cls, value: str) -> str:
        return _one_of(value, tuple(name for name in TABLES if name != "agenda"))

    @model_validator(mode="after")
    def _complete(self) -> TableMap:
        wrong = [*self._unknown_columns(), *self._unknown_words(), *self._lacking()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _unknown_columns(self) -> list[str]:
        known = {name for name in self.specs if name not in PEOPLE.values()}
        return [
            f"columns.{named(name)}: not a column of {self.table}{did_you_mean(name, known)}"
            for name in self.columns
            if name not in known
        ]

    def _unknown_words(self) -> list[str]:
        wrong = []
        for name, column in ((name, column) for name, ways in self.columns.items() for column in ways):
            spec = self.specs.get(name)
            known = _vocabulary(spec) if spec else ()
            overrides = (word for other in column.instead for word in other.words.values())
            ruled = [rule.is_ for rule in column.when if rule.is_]
            given = [*column.words.values(), *overrides, *ruled, *filter(None, [column.value])]
            wrong += [
                f"columns.{named(name)}: {named(word)} is not one of {', '.join(known)}"
                for word in given
                if known and word not in known
            ]
        return wrong

    def _lacking(self) -> list[str]:
        spec = TABLES[self.table]
        needed = dict.fromkeys([*(column.name for column in spec.columns if column.required), *spec.keys])
        have = {"session_id", *self.columns, *(PEOPLE[kind] for kind in self.people)}
        have |= set(WIDE_COLUMNS) if self.wide else set()
        sections = {name: f"people.{kind}" for kind, name in PEOPLE.items()}
        return [f"{sections.get(name, f'columns.{name}')}: it is required" for name in needed if name not in have]

    @property
    def specs(self) -> dict[str, Column]:
        """The contracted columns of the table that is filled, by name."""
        return {spec.name: spec for spec in TABLES[self.table].columns}


class ExportMap(TableMap):
    """One format of export: how its files are written, and what becomes of their rows."""

    title: Annotated[str, Field(min_length=1)]
    reader: Literal["table", "fhir", "calendar"] = "table"
    dates: str = "year-month-day"
    decimal: Literal[".", ","] = "."
    excel_serials: bool = False  # numbers in a column of dates are days since the end of 1899
    time_zone: str = ""  # of the practice: needed where times carry an offset
    encoding: str = ""  # empty: UTF-8, otherwise Windows-1252
    delimiter: Annotated[str, Field(max_length=1)] = ""  # empty: the one under which the header is found
    sheet: str = ""  # empty: the first one with the header
    hidden_rows: Literal["refuse", "read", "leave_out"] = "refuse"  # of a workbook: a filter hides them
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    identity: Literal["pseudonyms", "keep"] = "pseudonyms"
    refuse: tuple[Refusal, ...] = ()
    questionnaires: dict[str, str] = {}  # FHIR: canonical address or part of it → instrument
    not_read: tuple[str, ...] = ()  # columns that are left aside on purpose
    notes: tuple[str, ...] = ()  # what readers of the data-quality page should know of this program
    series: Series | None = None
    also_called: dict[str, tuple[str, ...]] = {}  # header → what other versions of the program call it
    more: tuple[TableMap, ...] = ()  # other tables that the same files fill

    @field_validator("also_called", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: tuple(names) if isinstance(names, list) else names for key, names in value.items()}

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return checked_zone(value)

    @field_validator("dates")
    @classmethod
    def _known_order(cls, value: str) -> str:
        return _one_of(value, DATE_ORDERS)

    @field_validator("questionnaires")
    @classmethod
    def _known_instruments(cls, value: dict[str, str]) -> dict[str, str]:
        for instrument in value.values():
            _one_of(instrument, (*INSTRUMENTS, *CLIENT_FORMS))
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        return value if not value else _one_of(value.lower(), ENCODINGS)

    def with_settings(self, **settings: str) -> ExportMap:
        """The map with other settings, checked as a map is. Raises `ValueError`."""
        if "dates" in settings:
            _one_of(settings["dates"], DATE_ORDERS)
        if "time_zone" in settings:
            checked_zone(settings["time_zone"])
        return self.model_copy(update=settings)

    @property
    def tables(self) -> tuple[TableMap, ...]:
        return (self, *self.more)


def checked_zone(name: str) -> str:
    """The name of a time zone, or nothing. Raises `ValueError`."""
    try:
        return ZoneInfo(name).key if name else ""
    except (OSError, ValueError, KeyError):  # KeyError: no such zone
        raise ValueError("not the name of a time zone such as Europe/Berlin") from None


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"not one of {', '.join(known)}{did_you_mean(value, known)}")
    return value


def _vocabulary(spec: Column) -> tuple[str, ...]:
    return ("true", "false") if spec.kind == "yes_no" else spec.words
