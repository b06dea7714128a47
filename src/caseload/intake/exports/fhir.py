"""FHIR."""

from __future__ import annotations

from pathlib import Path

from caseload.intake.exports.grid import Grid
from caseload.intake.exports.maps import ExportMap


def read_fhir(path: Path, export: ExportMap) -> dict[str, Grid]:
    """FHIR."""
    raise NotImplementedError
