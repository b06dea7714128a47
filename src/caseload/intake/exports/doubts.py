"""What an import cannot settle: two people who may be one, one who may be two, names that lie in the wrong place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from caseload.intake.exports.job import Translated
from caseload.intake.identities import doubts_left
from caseload.intake.pseudonyms import Identity
from caseload.intake.same_people import NOBODY, SamePeople


def doubts(files: Sequence[Translated], everybody: Mapping[str, Identity], decided: SamePeople = NOBODY) -> list[str]:
    """Where two people may have become one, or one two. Counts only: names are for the holder of the key."""
    pairs = doubts_left(everybody, decided, among=[name for done in files for name in done.people])
    warnings = []
    if pairs:
        number = "1 pair of people" if len(pairs) == 1 else f"{len(pairs)} pairs of people"
        warnings.append(
            f"{number} may be one person each, written in two ways: the holder of the key sees who by "
            "caseload reveal --doubts, and decides by caseload join whether they are."
        )
    together = sum(done.in_two_places for done in files)
    if together:
        number = "1 client was" if together == 1 else f"{together} clients were"
        warnings.append(
            f"{number} attended to by two clinicians at the same moment: two people of one name may count as one. "
            "A map that tells people apart by a number or a date of birth settles it."
        )
    return warnings


def warn_of_place(paths: Sequence[Path], folder: Path) -> list[str]:
    """Exports hold names: they do not belong beside what is to be without."""
    inside = [path.name for path in paths if path.resolve().is_relative_to(folder)]
    return [f"{', '.join(inside)} with its names lies in {folder.name}: move it out of the folder."] if inside else []
