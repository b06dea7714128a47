"""Which words of the data a message, a page, a log or a map may show, and in which form.

A word of a status has to be named for a person to say what it means, and a column that was not read has to be named for
a person to find it. What was typed into a cell, or used as a header, by mistake must not be repeated: it is counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from caseload.intake.tables import TABLES

# Words that programs use, also as a name that stands for any person ("Demo Client"): they tell nothing of anybody.
ORDINARY = frozenset({
    "a", "absent", "appointment", "arrive", "arrived", "attend", "attendance", "attended", "being", "booked", "by",
    "cancel", "canceled", "cancellation", "cancelled", "checked", "client", "clinic", "clinician", "cna",
    "complete", "completed", "confirmed", "could", "declined", "demo", "did", "dna", "entered", "error", "finished",
    "fulfilled", "in", "kept", "late", "left", "missed", "no", "noshow", "not", "notice", "occurred", "of",
    "office", "on", "out", "patient", "pending", "place", "practice", "present", "proposed", "provider", "re",
    "rescheduled", "scheduled", "seen", "session", "show", "staff", "status", "test", "the", "therapist", "therapy",
    "time", "to", "took", "unable", "unconfirmed", "upcoming", "video", "visit", "waiting", "waitingconfirmation",
    "waitlist", "with", "without",
})  # fmt: skip
# Words of which headers and names of files are made; a name made of others is a column's only in small letters.
NAMING = ORDINARY | frozenset({
    "address", "age", "amount", "and", "answered", "at", "balance", "billing", "birth", "case", "city", "code",
    "comment", "comments", "completion", "copy", "count", "created", "data", "date", "day", "description",
    "diagnosis", "duration", "email", "end", "export", "fee", "filled", "first", "flag", "for", "form", "from",
    "gender", "group", "hours", "id", "initials", "insurance", "language", "last", "length", "list", "location",
    "mail", "method", "middle", "minutes", "mobile", "modified", "month", "mrn", "name", "note", "notes", "number",
    "old", "paid", "payer", "payment", "phone", "place", "plan", "policy", "primary", "rate", "reason", "record",
    "ref", "reference", "referral", "room", "score", "sex", "sheet", "start", "state", "street", "submission",
    "submitted", "summary", "table", "tags", "title", "total", "treatment", "type", "units", "updated", "url",
    "user", "value", "week", "year", "zip",
})  # fmt: skip
HIDDEN = "…"
LONGEST_WORD = 40  # characters; more is a note
_LONGEST_MARK = 2  # characters
MOST_PARTS, MOST_WORDS = 4, 30  # of a word of a list, and words of a list
_DATED = re.compile(r"\d{4}|\d[/.-]\d")  # a year, a number of a record, a date
_CODE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CONTRACT = frozenset(part for table in TABLES.values() for name in (table.name, *table.column_names)
                      for part in name.split("_"))  # fmt: skip


def speakable(words: Iterable[str], private: Iterable[str | None]) -> list[str]:
    """Those of `words` that may be repeated, given the cells of all columns that say who somebody is."""
    people = {part for cell in private for part in _parts(cell or "") if len(part) > 1} - ORDINARY
    return [word for word in words if _is_short(word) and not _DATED.search(word) and not people & set(_parts(word))]


def vocabulary(counts: Mapping[str, int], private: Iterable[str | None]) -> list[str]:
    """The texts of a column that are plainly words of a list, and may be repeated; `counts` has the rows of each.

    Such words are few and short, and more than one row has each, unless it is a word that programs use.
    """
    if len(counts) > MOST_WORDS:
        return []
    said = speakable(counts, private)
    return [word for word in said if _is_mark(word) or _is_of_a_list(_parts(word), counts[word])]


def _is_mark(word: str) -> bool:
    """Whether a text is a sign or two, without a letter or a digit: a code, which tells nothing of anybody."""
    return len(word) <= _LONGEST_MARK and not any(map(str.isalnum, word))


def _is_of_a_list(parts: Sequence[str], rows: int) -> bool:
    return 0 < len(parts) <= MOST_PARTS and (rows > 1 or ORDINARY.issuperset(parts))


def is_naming(name: str) -> bool:
    """Whether a text is plainly the name of a column, a file or a sheet, such as `fee_paid` or `Insurance Number`."""
    if not name or not _is_short(name) or _DATED.search(name):
        return False
    return bool(_CODE_NAME.fullmatch(name)) or all(part in NAMING or part in _CONTRACT for part in _parts(name))


def named(name: str) -> str:
    """A name as a message repeats it: what is not plainly one may be a cell, and a mark takes its place."""
    return name if is_naming(name) else HIDDEN


def unread_columns(table: str, names: Iterable[str], cells: Iterable[pd.Series]) -> list[str]:
    """Notes on columns that are not read: by name where it is plainly one and in no cell, else their number."""
    unknown = list(dict.fromkeys(names))
    spellings = {name: {name, name.upper(), name.capitalize()} for name in unknown if is_naming(name)}
    everything = set().union(*spellings.values())
    seen = set() if not everything else {text for column in cells for text in _texts_among(column, everything)}
    named = [name for name, written in spellings.items() if not written & seen]
    notes = [f"{table}.{name}: not a column of the data contract, not read." for name in named]
    nameless = [f"{table}: a column without a name was not read."] if "" in unknown else []
    if hidden := len(unknown) - len(named) - len(nameless):
        columns = "1 more column is" if hidden == 1 else f"{hidden} more columns are"
        its = "its name is" if hidden == 1 else "their names are"
        notes.append(f"{table}: {columns} not in the data contract and not read; {its} not shown, as it may be data.")
    return notes + nameless


def unread_places(labels: Sequence[str]) -> list[str]:
    """Notes on files and sheets that hold no table: by name where it is plainly one, else their number."""
    named = [label for label in labels if all(map(is_naming, _names_in(label)))]
    notes = [f"{label}: not a table of the data contract, not read." for label in named]
    if hidden := len(labels) - len(named):
        places = "1 more file or sheet is" if hidden == 1 else f"{hidden} more files or sheets are"
        notes.append(f"{places} not a table of the data contract, and not read.")
    return notes


def _names_in(label: str) -> list[str]:
    """The names in `practice.xlsx, sheet notes` or `notes.csv`."""
    file, _, sheet = label.partition(", sheet ")
    return [file.rpartition(".")[0] or file, *([sheet] if sheet else [])]


def _texts_among(column: pd.Series, wanted: set[str]) -> list[str]:
    """Which of the wanted texts a column holds."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories.to_series()
    if not (pd.api.types.is_string_dtype(column.dtype) or column.dtype == object):
        return []
    return [str(text) for text in column[column.isin(wanted)].unique()]


def _is_short(word: str) -> bool:
    return len(word) <= LONGEST_WORD and word.isprintable()


def _parts(text: str) -> list[str]:
    """The words of a text without accents, marks and capitals."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return re.findall(r"[^\W_]+", plain)
