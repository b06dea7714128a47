"""Who is the same person under two identifiers, and who are two under one, as a practice has decided.

`same_people.csv` holds identifiers alone: what `identifier` has counts as that of `counts_as`, everywhere or only with
the clinician in `clinician_id`. It is applied whenever the practice is read, so the tables stay as they were imported:
later imports need nothing to be told, and a line that is taken out undoes it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from caseload.intake.unreadable import Unreadable

FILE = "same_people.csv"
HEADER = ("identifier", "counts_as", "clinician_id")
MOST_BYTES = 10_000_000
_REPAIR = f"Write {','.join(HEADER)} into its first line, and one decision into each other; or remove the file."


@dataclass(frozen=True)
class Decision:
    """What `identifier` has counts as that of `counts_as`; with a `clinician_id`, only what it has with that one.

    Where both are the same, it was decided that nothing is to be joined.
    """

    identifier: str
    counts_as: str
    clinician_id: str = ""


@dataclass(frozen=True)
class SamePeople:
    """All decisions of a practice."""

    decisions: tuple[Decision, ...] = ()

    @property
    def joined(self) -> Mapping[str, str]:
        """Who counts as whom everywhere, at the end of every chain."""
        direct = {one.identifier: one.counts_as for one in self.decisions if not one.clinician_id}
        return {one: end for one in direct if (end := _end(one, direct)) != one}

    @property
    def separated(self) -> tuple[Decision, ...]:
        """Who counts as somebody else with one clinician."""
        return tuple(one for one in self.decisions if one.clinician_id and one.counts_as != one.identifier)


NOBODY = SamePeople()


def same_people(data: bytes) -> SamePeople:
    """What the file holds. Raises `Unreadable`."""
    try:
        rows = [*csv.reader(io.StringIO(data.decode("utf-8-sig")), strict=True)]
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable("decisions on who is the same person", "a damaged file", _REPAIR) from None
    filled = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not filled or tuple(filled[0]) != HEADER or any(len(row) != 3 or not all(row[:2]) for row in filled[1:]):
        raise Unreadable("decisions on who is the same person", "another table", _REPAIR)
    return SamePeople(tuple(Decision(*row) for row in filled[1:]))


def text_of(decisions: Iterable[Decision]) -> str:
    """The file's text; of several decisions on one identifier and clinician the last one counts."""
    last = {(one.identifier, one.clinician_id): one for one in decisions}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([HEADER, *((one.identifier, one.counts_as, one.clinician_id) for one in last.values())])
    return stream.getvalue()


def _end(start: str, direct: Mapping[str, str]) -> str:
    """Where a chain of decisions ends; a ring ends where it began."""
    seen, end = {start}, start
    while (following := direct.get(end, end)) not in seen:
        seen.add(following)
        end = following
    return end


def everybody(decisions: Iterable[Decision]) -> set[str]:
    """Every identifier that a decision names."""
    return set(chain.from_iterable((one.identifier, one.counts_as) for one in decisions))
