"""What a first map says of who is who: a number where a column holds one, else a name, in one column or in two."""

from __future__ import annotations

import re

from caseload.intake.exports.map_files import OPEN
from caseload.intake.exports.map_texts import toml
from caseload.intake.exports.recognise import Columns

_NUMBER = re.compile(r"[\w./-]*\d[\w./-]*")


def person_lines(columns: Columns, kind: str, header: str | None) -> list[str]:
    """The section of a map on clients or clinicians; a question where no column looks like them."""
    if header is None:
        asked = f'value = "{OPEN}" # one name for all rows, or name a column instead: name = ["…"]'
        question = asked if kind == "clinician" else f'name = ["{OPEN}"]'
        return [f"[people.{kind}] # no header looks like it", question, ""]
    if not columns.values(header).all(_NUMBER.fullmatch):
        own = ", ".join(map(toml, whole_name(columns, header)))
        return [f"[people.{kind}]", f"name = [{own}] # add born where there is a date of birth", ""]
    other = "clinician" if kind == "client" else "client"
    names = [one for one in columns.made_of(kind, "name", without=(other, "other")) if one != header]
    whole = ", ".join(map(toml, whole_name(columns, names[0]))) if names else ""
    return [f"[people.{kind}]", f"number = {toml(header)}", *[f"name = [{whole}]" for _ in names[:1]], ""]


def whole_name(columns: Columns, header: str) -> list[str]:
    """The columns that a name is made of: that of a first name has another one of the last name beside it."""
    meant = columns.meant_by(header)
    if not meant & {"first", "last"}:
        return [header]
    rest = meant - {"first", "last"}
    found = [
        next((name for name in columns.made_of(part, *rest) if columns.meant_by(name) == rest | {part}), "")
        for part in ("first", "last")
    ]
    return list(filter(None, found)) or [header]
