"""The month's check-in forms: made by a button, to be sent to each clinician; what comes back is brought in above."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.opened import Opened
from caseload.pages.checkin.forms import write_checkins
from caseload.wording import counted

TITLE = "Check-ins: a two-minute form for each clinician"
PURPOSE = (
    "One file for each clinician, for the month that is chosen below. Send each their own. What they send back, choose "
    "above as you choose an export. Nothing is sent from here."
)
FOLDER = "checkins"


class CheckinStep:
    """The button that makes the forms of the month that is chosen in `month`."""

    def __init__(self, place: Path, month: Any) -> None:
        self._place, self._month = place, month
        self._opened: Opened | None = None
        self.make, self.message = fields.button("Make the check-in forms"), fields.Message()
        self.message.on(self.make, self._make)
        inside = widgets.VBox([widgets.HTML(fields.paragraphs(PURPOSE)), self.make, self.message.box])
        self.box = widgets.Accordion([inside], titles=(TITLE,))

    def open(self, opened: Opened | None) -> None:
        """Make forms of this practice, or of none."""
        self._opened = opened
        self.message.clear()

    def _make(self) -> None:
        if self._opened is None:
            return
        forms = write_checkins(self._opened.data, self._month.value, out=self._place / FOLDER)
        folder = self._place / FOLDER / self._month.value
        where = f"<p><code>{escape(str(folder))}</code></p>"
        text = f"{fields.paragraphs('A text to send with each file:')}<pre>{escape(forms.message)}</pre>"
        self.message.say(f"{counted(len(forms.files), 'form')} made, in this folder:", html=where + text)
