"""The steps of a month's run on one sheet; what is not possible yet is not shown yet.

A notebook that is saved keeps none of it: JupyterLab saves the number of the sheet, not what is written on it. The
sheet itself shows ids of clinicians and what was decided with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.agenda_step import AgendaStep
from caseload.door.bring_step import BringStep
from caseload.door.checkin_step import CheckinStep
from caseload.door.data_step import DataStep
from caseload.door.names_step import NamesStep
from caseload.door.opened import Opened
from caseload.door.people_step import PeopleStep
from caseload.door.run_step import RunStep
from caseload.month import workplace

INSTEAD = (
    "The buttons cannot be shown here: open this notebook in JupyterLab (caseload lab) and choose Run > Run All Cells. "
    "Without buttons, in a terminal: caseload report FOLDER"
)


class MonthlyRun:
    """Look at the data, make a month's reports, write down decisions: shown in a notebook, as buttons.

    Nothing is read or written until a button is pressed.
    """

    def __init__(self, here: Path | None = None) -> None:
        place = workplace.containing((here or Path.cwd()).resolve())
        self.run = RunStep(place)
        self.agenda = AgendaStep(self.run.month, self.run.whose)
        self.data = DataStep(place, self._opened)
        self.bring = BringStep(place, lambda: str(self.data.folder.value), self.data.look_into)
        self.people = PeopleStep(self.data.look_into)
        self.names = NamesStep(self.data.look_into)
        self.checkins = CheckinStep(place, self.run.month)
        self._rest = widgets.VBox([self.names.box, self.people.box, self.checkins.box, self.run.box, self.agenda.box])
        self.box = widgets.VBox([widgets.HTML(fields.STYLE), self.data.box, self.bring.box, self._rest])
        self.box.add_class("caseload-run")
        self._opened(None)

    def _opened(self, opened: Opened | None) -> None:
        """Show the other steps for a practice that can be read."""
        self.agenda.close()
        self.people.close()
        if opened is not None:
            self.run.open(opened)
            self.agenda.open(opened)
            self.people.open(opened)
            self.names.open(opened)
            self.checkins.open(opened)
        self._rest.layout.display = "none" if opened is None else ""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The buttons, or words where there can be none."""
        return {**self.box._repr_mimebundle_(**options), "text/plain": INSTEAD}

    def __repr__(self) -> str:
        return INSTEAD


def monthly_run() -> MonthlyRun:
    """The buttons of `notebooks/monthly_run.ipynb`.

    Examples
    --------
    >>> import caseload
    >>> panel = caseload.monthly_run()  # the last line of a cell: the buttons appear below it
    """
    return MonthlyRun()
