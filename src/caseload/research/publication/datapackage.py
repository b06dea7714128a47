"""`datapackage.json`: the tables described as a Frictionless Data Package, and the same in words as `codebook.md`.

Every column that is written is described: one without a description in `columns` is an error here. Specification:
https://specs.frictionlessdata.io (data package, table schema), version 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from caseload.research.publication import columns
from caseload.research.publication.columns import CLIENT, CLINICIAN, Field
from caseload.research.publication.people import CLIENT_COLUMNS, CLINICIAN_COLUMNS, LINK

NAME = "caseload-analysis-set"
"""By which a folder is known to hold a package of ours, and to be ours to replace."""
FILE, CODEBOOK = "datapackage.json", "codebook.md"
TITLE = "Clinician effort and client engagement: de-identified estimates of a practice"
SURVEYS = (
    "Answers of clinicians to surveys are in none of these tables and in nothing they are made from; neither are "
    "supports, self-care plans and agreements. Consent to show an answer to one's supervisor is no consent to publish "
    "it."
)
LIMITS = (
    "The attributes of people are k-anonymous. Their monthly numbers are not: whoever holds the practice's records, or "
    "knows somebody's months closely, may recognise them by their course. Do not try to."
)


@dataclass(frozen=True)
class Resource:
    """One table: what it holds, its columns, what tells its rows apart, and which column refers to another table."""

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    refers: Mapping[str, str]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def _people(own: Field, attributes: Sequence[str]) -> tuple[Field, ...]:
    return own, *map(columns.quasi_identifier, attributes)


RESOURCES = (
    Resource(
        "clients",
        "One row per client of a clinician",
        _people(CLIENT, CLIENT_COLUMNS),
        ("client",),
        {LINK: "clinicians"},
    ),
    Resource(
        "client_months",
        "One row per client and month with a session or a contact",
        columns.CLIENT_MONTHS,
        ("client", "month"),
        {"client": "clients"},
    ),
    Resource("clinicians", "One row per clinician", _people(CLINICIAN, CLINICIAN_COLUMNS), ("clinician",), {}),
    Resource(
        "clinician_months",
        "One row per clinician and month with a session or a contact",
        columns.CLINICIAN_MONTHS,
        ("clinician", "month"),
        {"clinician": "clinicians"},
    ),
    Resource("signals", "One row per signal", columns.SIGNAL_TABLE, ("signal",), {}),
)


def csv_files(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """File name → text: UTF-8, commas, a line feed after each row; missing is empty."""
    return {
        resource.file: frames[resource.name].to_csv(index=False, lineterminator="\n")
        for resource in RESOURCES
        if resource.name in frames
    }


def datapackage(frames: Mapping[str, pd.DataFrame], files: Mapping[str, str], k: int, version: str) -> dict[str, Any]:
    """The descriptor; `files` are those of `csv_files`."""
    shown = [resource for resource in RESOURCES if resource.name in frames]
    return {
        "profile": "data-package",
        "name": NAME,
        "title": TITLE,
        "description": f"{SURVEYS} {LIMITS}",
        "caseload": {"version": version, "k": k},
        "resources": [_resource(each, frames, files[each.file].encode()) for each in shown],
    }


def as_json(descriptor: Mapping[str, Any]) -> str:
    """Its text."""
    return json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n"


def codebook(frames: Mapping[str, pd.DataFrame]) -> str:
    """Every table and column in words, as Markdown."""
    parts = [f"# Codebook\n\n{TITLE}.\n\n{SURVEYS}\n\n{LIMITS}\n\nAn empty cell is a missing value."]
    for resource in RESOURCES:
        if resource.name in frames:
            fields = described(resource, list(frames[resource.name].columns))
            rows = [f"| `{each.name}` | {each.description} | {_unit(each)} |" for each in fields]
            head = "| column | what it is | unit, range or words |\n|---|---|---|"
            parts.append(f"## {resource.file}\n\n{resource.title}.\n\n{head}\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def described(resource: Resource, names: Sequence[str]) -> list[Field]:
    """The fields of these columns, in their order. KeyError for a column that nobody has described."""
    known = {field.name: field for field in resource.fields}
    return [known[name] for name in names]


def _resource(resource: Resource, frames: Mapping[str, pd.DataFrame], content: bytes) -> dict[str, Any]:
    names = list(frames[resource.name].columns)
    schema: dict[str, Any] = {
        "fields": [_field(each) for each in described(resource, names)],
        "missingValues": [""],
        "primaryKey": list(resource.key),
    }
    keys = [
        {"fields": [column], "reference": {"resource": table, "fields": [column]}}
        for column, table in resource.refers.items()
        if column in names and table in frames
    ]
    if keys:
        schema["foreignKeys"] = keys
    return {
        "name": resource.name,
        "title": resource.title,
        "path": resource.file,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": schema,
    }


def _field(field: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if field.required else {}
    constraints |= {"minimum": field.low} if field.low is not None else {}
    constraints |= {"maximum": field.high} if field.high is not None else {}
    constraints |= {"enum": list(field.words)} if field.words else {}
    told = {"name": field.name, "type": field.type, "description": field.description}
    return told | ({"unit": field.unit} if field.unit else {}) | ({"constraints": constraints} if constraints else {})


def _unit(field: Field) -> str:
    """What stands in the codebook's last column: a table of Markdown ends a cell at an upright line."""
    words = "; ".join(field.words)
    span = "" if field.low is None and field.high is None else _span(field.low, field.high)
    span = "" if span and field.unit.startswith(span) else span  # a unit that says its range
    return ", ".join(part for part in (field.unit, span, words) if part).replace("|", "\\|")


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"{high:g} or less"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
