"""Rows of an export into a table of the folder: what is new is added, what differs is corrected, nothing is doubled.

Tables are text from end to end, so that columns and cells which the contract does not know stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caseload.intake.exports.coded import Flags, coded, combined
from caseload.intake.tables import TABLES

_BETWEEN = "\x1f"  # the parts of a key


@dataclass(frozen=True)
class Change:
    """What an import does to one table. Months are those of `scheduled_start`; other tables have none."""

    table: str
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    deleted: int = 0  # because the export says so
    absent: int = 0  # in the folder and in the days and clinicians of the export, but no longer in it
    columns: Mapping[str, int] = field(default_factory=dict)  # column → cells that were corrected
    months: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)  # month → added, changed, absent

    @property
    def alters(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.deleted)


def merged(
    table: str, old: pa.Table | None, new: pa.Table, *, keep_when_empty: bool = False
) -> tuple[pa.Table, Change]:
    """`old` with the rows of `new`: rows of the same key take the columns of `new`, others are put at the end.

    Without a key (contacts, supports, goals) a row is the same if all of its columns in `new` are. With
    `keep_when_empty`, an empty cell of `new` corrects nothing.
    """
    if old is None or not old.num_rows:
        names = [*(old.column_names if old is not None else ()), *new.column_names]
        made = _with_columns(new, list(dict.fromkeys(names)))
        return made, _change(table, new, np.ones(len(new), dtype=bool), np.zeros(len(new), dtype=bool), {})
    old = _with_columns(old, list(dict.fromkeys([*old.column_names, *new.column_names])))
    place = _places(table, old, new)
    is_new = place < 0
    columns: dict[str, pa.Array] = {}
    cells: dict[str, int] = {}
    corrected = np.zeros(len(new), dtype=bool)
    source = np.full(old.num_rows, -1, dtype=np.int64)  # which row of `new` a row of `old` takes its cells from
    source[place[~is_new]] = np.flatnonzero(~is_new)
    for name in old.column_names:
        there = _text(old[name])
        if name not in new.column_names:
            columns[name] = pa.concat_arrays([there, pa.nulls(int(is_new.sum()), pa.string())])
            continue
        given = _text(new[name])
        taken = given.take(pa.array(source, mask=source < 0))
        takes = source >= 0
        if keep_when_empty:
            takes &= taken.is_valid().to_numpy(zero_copy_only=False)
        differs = takes & ~_equal(there, taken)
        if differs.any():
            cells[name] = int(differs.sum())
            corrected[source[differs]] = True
        columns[name] = pa.concat_arrays([pc.if_else(pa.array(takes), taken, there), given.filter(pa.array(is_new))])
    return pa.table(columns), _change(table, new, is_new, corrected, cells)


def absent(old: pa.Table, new: pa.Table, prefix: str = "S-") -> Flags:
    """Imported sessions of `old` in the days and of the clinicians of `new`, which `new` does not hold."""
    starts = pc.utf8_slice_codeunits(_text(old["scheduled_start"]), 0, 10)
    days = pc.utf8_slice_codeunits(_text(new["scheduled_start"]), 0, 10)
    span = pc.min_max(days)
    inside = pc.and_(pc.greater_equal(starts, span["min"]), pc.less_equal(starts, span["max"]))
    ours = pc.and_(
        pc.starts_with(_text(old["session_id"]), prefix), pc.is_in(old["clinician_id"], _text(new["clinician_id"]))
    )
    gone = pc.invert(pc.is_in(old["session_id"], _text(new["session_id"])))
    flags = pc.fill_null(pc.and_(pc.and_(inside, ours), gone), False)
    flagged: Flags = _chunkless(flags).to_numpy(zero_copy_only=False)
    return flagged


def without(table: pa.Table, old: pa.Table, gone: Flags, change: Change) -> tuple[pa.Table, Change]:
    """`table`, which begins with the rows of `old`, without those of them that are flagged."""
    keep = np.append(~gone, np.ones(table.num_rows - len(gone), dtype=bool))
    return table.filter(pa.array(keep)), replace(with_absent(change, old, gone), removed=int(gone.sum()))


def without_deleted(table: pa.Table, deleted: Sequence[str], change: Change) -> tuple[pa.Table, Change]:
    """`table` without the sessions that the program says it has deleted."""
    gone = _chunkless(pc.is_in(_text(table["session_id"]), pa.array(deleted, pa.string())))
    return table.filter(pc.invert(gone)), replace(change, deleted=int(pc.sum(gone).as_py() or 0))


def with_absent(change: Change, old: pa.Table, gone: Flags) -> Change:
    """The change with the count of sessions that the export no longer holds, by month."""
    months = dict(change.months)
    starts = pc.utf8_slice_codeunits(_text(old["scheduled_start"]), 0, 7).filter(pa.array(gone))
    for entry in pc.value_counts(starts).to_pylist():
        added, changed, _ = months.get(entry["values"], (0, 0, 0))
        months[entry["values"]] = added, changed, entry["counts"]
    return replace(change, absent=int(gone.sum()), months=dict(sorted(months.items())))


def _places(table: str, old: pa.Table, new: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each row of `new` stands in `old`; -1 for a new one."""
    unique = TABLES[table].unique
    key = unique or tuple(name for name in TABLES[table].column_names if name in new.column_names)
    texts = [_key(frame, key, numbered=not unique) for frame in (old, new)]
    place = pc.index_in(texts[1], value_set=texts[0])
    places: np.ndarray[tuple[int], np.dtype[np.int64]] = _chunkless(place).fill_null(-1).to_numpy().astype(np.int64)
    return places


def _key(frame: pa.Table, names: Sequence[str], *, numbered: bool) -> pa.Array:
    parts = [pc.fill_null(_text(frame[name]), "") for name in names]
    if numbered:  # the second of two equal rows is another one than the first
        codes, _ = combined([coded(part) for part in parts])
        parts.append(pa.array(pd.Series(codes).groupby(codes).cumcount()).cast(pa.string()))
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, _BETWEEN)


def _equal(one: pa.Array, other: pa.Array) -> Flags:
    """Whether cells are the same text, or both empty."""
    same = pc.fill_null(pc.equal(one, other), False)
    both: Flags = pc.or_(same, pc.and_(one.is_null(), other.is_null())).to_numpy(zero_copy_only=False)
    return both


def _change(table: str, new: pa.Table, added: Flags, changed: Flags, cells: Mapping[str, int]) -> Change:
    months: dict[str, tuple[int, int, int]] = {}
    if "scheduled_start" in new.column_names:
        column = coded(pc.utf8_slice_codeunits(_text(new["scheduled_start"]), 0, 7))
        counts = [np.bincount(column.codes[rows], minlength=len(column.words)) for rows in (added, changed)]
        counted = zip(column.words, *(count.tolist() for count in counts), strict=True)
        months = {month: (more, other, 0) for month, more, other in sorted(counted) if more or other}
    total = len(new)
    both = int(added.sum()), int(changed.sum())
    return Change(table, *both, total - sum(both), columns=cells, months=months)


def _with_columns(frame: pa.Table, names: Sequence[str]) -> pa.Table:
    empty = pa.nulls(frame.num_rows, pa.string())
    return pa.table({name: _text(frame[name]) if name in frame.column_names else empty for name in names})


def _text(column: pa.ChunkedArray) -> pa.Array:
    return _chunkless(column).cast(pa.string())


def _chunkless(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
