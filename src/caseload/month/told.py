"""Which names a notebook's cells of parameters have set, read from the text of the cells that have run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

INJECTED = "# Parameters"  # how papermill begins the cell that it adds
OF_PAPERMILL = frozenset({"PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"})  # of its --inject-paths and the like


def told_in_cells(cells: Iterable[str], known: Collection[str]) -> set[str]:
    """Names set by an injected cell, or by a cell that sets one of the `known` parameters; not papermill's own."""
    told: set[str] = set()
    for source in cells:
        names = _set_by(source)
        if source.lstrip().startswith(INJECTED) or not names.isdisjoint(known):
            told |= names
    return told - OF_PAPERMILL


def _set_by(source: str) -> set[str]:
    """Names that a cell's statements set; of a cell that is not Python alone, those of its lines that are."""
    try:
        parsed = ast.parse(source)
    except (SyntaxError, ValueError):  # a magic, or a NUL
        lines = source.splitlines()
        return set().union(*map(_set_by, lines)) if len(lines) > 1 else set()
    nodes = ast.walk(parsed)
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
