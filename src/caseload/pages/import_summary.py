"""What an import did, as lines of text for a terminal: counts and our own words, never a name or a value.

Only `people_lines` and `doubt_lines` name people: they are for the holder of the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from caseload.errors import ParameterError, did_you_mean, one_line
from caseload.intake.exports.checkins import ImportedCheckIns
from caseload.intake.exports.job import Translated
from caseload.intake.exports.merge import Change
from caseload.intake.exports.run import Imported
from caseload.intake.identities import doubts_left
from caseload.intake.pseudonyms import Identity
from caseload.intake.same_people import NOBODY, SamePeople
from caseload.intake.tables import TABLES
from caseload.wording import counted

MOST_MONTHS = 24
MOST_UNUSED = 12


def import_summary(imported: Imported) -> str:
    """What was mapped, left out and missing in each file, what changed in the folder, and what to look at."""
    return f"{preview(imported)}\n\n{_outcome(imported)}"


def preview(imported: Imported) -> str:
    """The same without where it was written, for somebody who is to decide whether it is."""
    files = map(_file, imported.files)
    sections = [imported.title, *files, _faults(imported), _changes(imported.changes), _warnings(imported)]
    return "\n\n".join(section for section in sections if section)


def checkin_summary(done: ImportedCheckIns, *, dry_run: bool = False) -> str:
    """How many check-ins were read, by month; never what is in them, nor whose is missing."""
    read = [f"{month}: {counted(files, 'check-in')} read" for month, files in done.months.items()]
    if done.written:
        outcome = f"Written to {done.folder}. Run caseload report again: it also remakes earlier months where needed."
    else:
        outcome = "Nothing was written: " + ("this was a dry run." if dry_run else "all of it is there already.")
    return "\n".join([*read, "", outcome])


def _file(done: Translated) -> str:
    lines = [f"{done.file}: {counted(done.read, 'row')}{_of_them(done)}"]
    lines += [f"  left out: {count:,} {why}" for why, count in done.left_out.items()]
    lines += [f"  {ours:<18} from {source}" for ours, source in done.sources.items()]
    missing = [name for name in TABLES[done.table].column_names if name not in done.columns]
    if missing and done.columns:
        lines.append(f"  not in this export: {', '.join(missing)}")
    if done.unused:
        shown = ", ".join(done.unused[:MOST_UNUSED])
        more = f" and {len(done.unused) - MOST_UNUSED} more" if len(done.unused) > MOST_UNUSED else ""
        lines.append(f"  columns not used: {shown}{more}")
    for word, count in done.defaults.items():
        lines.append(f"  {count:,} of {len(done.rows):,} have the status {word}, which the program sets by itself")
    return "\n".join([*lines, *(f"  {note}" for note in done.notes)])


def _of_them(done: Translated) -> str:
    """How many rows there are for our table: of a questionnaire one for each answer, which are more than its rows."""
    many = len(done.rows) > done.read
    return f" with {counted(len(done.rows), 'answer')}" if many else f", {len(done.rows):,} of them {done.table}"


def _faults(imported: Imported) -> str:
    return (
        "\n".join(["Left out as invalid:", *(f"  {problem}" for problem in imported.faults)]) if imported.faults else ""
    )


def _changes(changes: Sequence[Change]) -> str:
    return "\n".join(line for change in changes for line in _change(change))


def _change(change: Change) -> list[str]:
    counts = {"added": change.added, "corrected": change.changed, "unchanged": change.unchanged}
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "no row"
    lines = [f"{change.table}: {said}"]
    if change.columns:
        lines.append(f"  corrected: {', '.join(f'{name} ({count:,})' for name, count in change.columns.items())}")
    for month, (added, changed, absent) in list(change.months.items())[-MOST_MONTHS:]:
        parts = {"added": added, "corrected": changed, "no longer in the export": absent}
        lines.append(f"  {month}: {', '.join(f'{count:,} {what}' for what, count in parts.items() if count)}")
    if change.deleted:
        lines.append(f"  removed, because the program has deleted them: {change.deleted:,}")
    if change.removed:
        lines.append(f"  removed, because the export no longer holds them: {change.removed:,}")
    elif change.absent:
        lines.append(
            f"  {change.absent:,} sessions of these days and clinicians are no longer in the export: moved or deleted "
            "since, perhaps. They stay; --remove-absent removes them."
        )
    return lines


def _warnings(imported: Imported) -> str:
    return "\n".join(f"Look at this: {warning}" for warning in imported.warnings)


def _outcome(imported: Imported) -> str:
    if not imported.written:
        return "Nothing was written: " + (
            "this was a dry run."
            if any(change.alters for change in imported.changes)
            else "all of it is there already."
        )
    return (
        f"Written to {imported.folder}. Names and dates of birth are in {imported.key_file} alone: keep that file\n"
        "apart from the folder, where only you can read it, with a backup."
    )


def people_lines(people: Mapping[str, Identity], identifiers: Iterable[str] = ()) -> str:
    """Who is behind identifiers, one a line; without any, all clinicians. Raises `ParameterError` for unknown ones."""
    wanted = list(identifiers) or [name for name, who in people.items() if who.kind == "clinician"]
    unknown = [name for name in wanted if name not in people]
    if unknown:
        raise ParameterError(
            "the key file does not hold " + ", ".join(f"{name}{did_you_mean(name, people)}" for name in unknown)
        )
    return "\n".join(f"{name}  {_who(people[name])}" for name in wanted) or "The key file holds nobody yet."


def doubt_lines(people: Mapping[str, Identity], decided: SamePeople = NOBODY) -> str:
    """Pairs of identifiers that may be one person and about which nothing was decided, one a line."""
    pairs = doubts_left(people, decided)
    lines = [f"{one}  {_who(people[one])}  |  {other}  {_who(people[other])}  |  {why}" for one, other, why in pairs]
    return "\n".join(lines) or "No two identifiers look like one person."


def _who(who: Identity) -> str:
    parts = [who.name, f"born {who.born}" if who.born else "", f"number {who.number}" if who.number else ""]
    return one_line(", ".join(filter(None, parts)))
