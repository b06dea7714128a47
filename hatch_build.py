"""What hatchling asks before it builds a package.

Notebooks travel, and none with outputs, which hold clients' data. The README speaks on a package index too, where no
file of the repository is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

NOTEBOOKS, README = "notebooks", "README.md"
_TO_A_FILE = re.compile(r"(!?)\[([^][]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
SAMPLE = "data/sample"  # an invented practice, for everybody who wants to see what the reports are like
SAMPLE_FILES = ("*.csv", "*.toml", "*.md", ".simulated")
KEPT_BY_RUNS = {"papermill", "widgets"}  # a notebook's metadata, with parameters and with what its buttons show


class StrippedNotebooks(BuildHookInterface):
    """Puts the notebooks into the wheel, and refuses to build anything as long as one of them is not stripped."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises ValueError where a notebook holds outputs; an editable install packs none, and is not asked."""
        if version == "editable":
            return
        folder = Path(self.root, NOTEBOOKS)
        if found := unstripped(folder):
            raise ValueError(
                f"These notebooks hold the outputs of a run, which may be clients' data: {', '.join(found)}. "
                "Clear them (in JupyterLab: Edit > Clear Outputs of All Cells, then save), then build again."
            )
        if self.target_name == "wheel":
            build_data["force_include"] |= {str(path): f"caseload/{NOTEBOOKS}/{path.name}" for path in packed(folder)}
            sample = [path for kind in SAMPLE_FILES for path in sorted(Path(self.root, SAMPLE).glob(kind))]
            build_data["force_include"] |= {str(path): f"caseload/sample/{path.name}" for path in sample}


class ReadmeForTheIndex(MetadataHookInterface):
    """Gives the package the README, with pictures and links that lead somewhere on a package index."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, README).read_text(encoding="utf-8")
        address = metadata.get("urls", {}).get("Repository", "")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_the_index(text, address)}


def for_the_index(text: str, address: str) -> str:
    """A README in which pictures and files are those of the repository at `address`; without one they are words."""

    def turned(link: re.Match[str]) -> str:
        picture, words, path = link.groups()
        if address:
            return f"{picture}[{words}]({address.rstrip('/')}/{'raw' if picture else 'blob'}/HEAD/{path})"
        return f"*{words}: `{path}` in the repository.*" if picture else words

    return _TO_A_FILE.sub(turned, text)


def packed(folder: Path) -> list[Path]:
    """The notebooks that are packed; what else a run has left beside them stays where it is."""
    return sorted(folder.glob("*.ipynb"))


def unstripped(folder: Path) -> list[str]:
    """Names of the notebooks to be packed that hold what a run leaves in them, or cannot be read."""
    return [path.name for path in packed(folder) if not _is_stripped(path)]


def _is_stripped(notebook: Path) -> bool:
    try:
        read = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [cell for cell in read["cells"] if cell["cell_type"] == "code"]
        run = any(cell.get("outputs") or cell.get("execution_count") is not None for cell in cells)
        told = any("injected-parameters" in cell["metadata"].get("tags", []) for cell in cells)
        return not (run or told or KEPT_BY_RUNS & set(read.get("metadata", {})))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
