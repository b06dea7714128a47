"""nbconvert's exporter for pages: `jupyter nbconvert --to caseload executed.ipynb`."""

from __future__ import annotations

from functools import cache
from typing import Any

from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, List, default

from caseload.month.locations import template_folder


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
    default_preprocessors: List[Any] = List([]).tag(config=True)

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
    """The exporter of this process; its template is compiled once."""
    return PageExporter()
