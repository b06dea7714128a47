"""nbconvert's exporter for pages: `jupyter nbconvert --to caseload executed.ipynb`, or of one to run: `--execute`."""

from __future__ import annotations

from functools import cache
from typing import Any

from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbconvert.utils.exceptions import ConversionException
from nbformat import NotebookNode
from traitlets import Bool, List, default

from caseload.month.locations import template_folder

WANTED_BY_OPTIONS = ("TagRemove", "RegexRemove", "ClearOutput", "Execute", "ClearMetadata")  # such as --execute
NOTHING = "No cell of this notebook shows anything on a page. Has it been run? If not, add --execute."


class SomethingToShow(Preprocessor):
    """Refuses a notebook of which the page would be empty: the last of all that is done before the page is made."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises ConversionException, by which nbconvert ends with exit code 1."""
        code = [cell for cell in nb.cells if cell.cell_type == "code" and cell.source.strip()]
        shown = any(output.output_type != "stream" for cell in code for output in cell.outputs)
        words = [
            cell
            for cell in nb.cells
            if cell.cell_type == "markdown" and "notebook" not in cell.metadata.get("tags", [])
        ]
        if not shown and (code or not words):
            raise ConversionException(NOTHING)
        return nb, resources


class PageExporter(HTMLExporter):
    """One self-contained page by the package's template, without code.

    `jupyter nbconvert --to html --template caseload` gives the same page, and reads it once more to add the alternative
    texts that images lack; ours have theirs, and that reading takes longer than all the rest.
    """

    export_from_notebook = "caseload page"
    exclude_input = Bool(True).tag(config=True)
    exclude_input_prompt = Bool(True).tag(config=True)
    exclude_output_prompt = Bool(True).tag(config=True)
    exclude_anchor_links = Bool(True).tag(config=True)
    default_preprocessors: List[Any] = List(
        [*(f"nbconvert.preprocessors.{name}Preprocessor" for name in WANTED_BY_OPTIONS), SomethingToShow]
    ).tag(config=True)

    @default("template_name")
    def _own_template(self) -> str:
        return "caseload"

    @default("extra_template_basedirs")
    def _own_folder(self) -> list[str]:
        return [str(template_folder())]

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own: the base class promises something else
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page and nbconvert's resources."""
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)


@cache
def exporter() -> PageExporter:
    """The exporter of this process, for notebooks that have just run; its template is compiled once."""
    return PageExporter(default_preprocessors=[])
