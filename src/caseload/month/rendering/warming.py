"""A page about nobody: made once by the fork server, so that its children find everything imported and set up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from caseload.estimates.trends import Course
from caseload.month.locations import notebook_path
from caseload.month.parameters import QualityParameters
from caseload.month.rendering.making import Execute, texts
from caseload.month.rendering.reports import NOTEBOOKS, Copy, Job, Report
from caseload.pages import drawing, html
from caseload.pages.series import xmr_figure
from caseload.pages.views import Opening, QualityView, Section, State, Table

MONTHS = 12


def warm_up(execute: Execute) -> None:
    """Run a notebook over a page with a drawing and a table, and load every template."""
    copy = Copy(QualityParameters(data=Path()), "page.html", "page.ipynb")
    texts(Job(Report("quality", "", (copy,), notebook_path(NOTEBOOKS["quality"])), _view()), execute)
    html.load_templates()
    drawing.forget()


def _view() -> QualityView:
    course = Course(0, np.arange(MONTHS, dtype=float), np.full(MONTHS, -1.0), np.full(MONTHS, 99.0))
    figure = xmr_figure(course, "watch", title="", subtitle="", what="", alt="", ylabel="")
    table = Table("", pd.DataFrame({"": ["nothing"]}))
    section = Section("nobody", "", State("steady"), figure, supporting=(table,))
    return QualityView(Opening("", (), "", "", "", ()), (section,), (("", ""),), "")
