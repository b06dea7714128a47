"""The first step: which practice, and whether it can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.opened import Opened, Refused, look
from caseload.month import workplace

TITLE = "1. Your data"
PURPOSE = (
    "Choose the folder with the practice’s tables, then look at it. Nothing is changed in it, and nothing leaves this "
    "computer."
)
TYPE_IT = "another folder: type its path below"
SAMPLE = "an invented practice, to try it out"
EXAMPLE = "the folder that holds the sessions"
EXCLUDE = "Leave out the rows that are wrong, and say so in the data-quality notes"
CAN_EXCLUDE = "Correct these rows where they come from; or tick the box above and look again, to go on without them."


class DataStep:
    """Tells `then` of the practice that can be read, and of None as soon as another is meant."""

    def __init__(self, place: Path, then: Callable[[Opened | None], None]) -> None:
        self._place, self._then = place, then
        start = workplace.starting_data(place)
        found = workplace.nearby(place)
        near = [("", ""), *((str(folder), str(folder)) for folder in found)]
        sample = workplace.sample_copy(place)
        if not {sample, place / "data" / "sample"} & set(found):
            near.append((SAMPLE, str(sample)))
        self.near = fields.field(widgets.Dropdown, "Practices found here", options=near)
        self.near.options = [(TYPE_IT, ""), *near[1:]]
        self.folder = fields.field(widgets.Text, "Folder or .xlsx file", value=str(start or ""), placeholder=EXAMPLE)
        self.exclude = fields.tick(EXCLUDE)
        self.look = fields.button("Look at the data", main=True)
        self.message = fields.Message()
        self._offer(False)
        self._name_near()
        parts = [fields.heading(TITLE, PURPOSE), self.near, self.folder, self.exclude, self.look, self.message.box]
        self.box = widgets.VBox(parts)
        self.near.observe(self._take_near, "value")
        self.folder.observe(self._changed, "value")
        self.exclude.observe(self._changed, "value")
        self.message.on(self.look, self._look)

    def look_into(self, folder: Path) -> None:
        """Look at a folder that something was imported into."""
        self.folder.value = str(folder)
        self.look.click()

    def _look(self) -> None:
        self._then(None)
        if not self.folder.value.strip():
            self.message.refuse("Type or choose a folder first.")
            return
        self.message.say("Reading …")
        if self.near.value == str(workplace.sample_copy(self._place)):
            workplace.make_sample_copy(self._place)
        found = look(workplace.resolved(self.folder.value, self._place), exclude_invalid=self.exclude.value)
        if isinstance(found, Refused):
            self.message.refuse(found.problems, *([CAN_EXCLUDE] if found.can_exclude else []))
            self._offer(found.can_exclude or self.exclude.value)
            return
        self.message.say(lines=found.check)
        self._then(found)

    def _take_near(self, change: dict) -> None:
        if change["new"]:
            self.folder.value = change["new"]

    def _changed(self, change: dict) -> None:
        """What was said is of another folder, or of other rows."""
        if change["owner"] is self.folder:
            self._offer(False)
            self._name_near()
        self.message.clear()
        self._then(None)

    def _name_near(self) -> None:
        """Show in the list what stands in the field."""
        known = {value for _, value in self.near.options}
        self.near.value = self.folder.value if self.folder.value in known else ""

    def _offer(self, can_exclude: bool) -> None:
        """Offer to leave rows out only where a refusal says that it helps."""
        if not can_exclude:
            self.exclude.value = False
        self.exclude.layout.display = "" if can_exclude else "none"
