"""Bringing in an export or check-ins: choose the files, answer what they do not say, see what would change, import."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from caseload.door import fields
from caseload.door.bringing import Looked, bring_in, look_at
from caseload.intake.exports.asking import Place
from caseload.month import workplace
from caseload.writing.scratch import scratch
from caseload.writing.whole import private_folder, write_private

TITLE = "An export of your program, or check-ins"
PURPOSE = (
    "Choose the files that you have exported{}. You see what would change before anything is written. Names and dates "
    "of birth stay in a key file beside the practice’s folder."
)
OR_DROP = ", or drop them onto the button"  # in the window; JupyterLab takes what is dropped for itself
CHOOSE, ANSWER, IMPORT = "Choose files", "Use these answers", "Import"
PRACTICE = "practice"  # by default, the name of the folder that is made
ASKED = "The files do not say everything. Please decide; it is kept for next month."
NOT_ALL = "Please answer every question."
NOTHING_YET = "Nothing is written yet."
TAKEN = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.gz,.json,.ndjson,.ics"


class BringStep:
    """Tells `then` of a practice's folder once something was imported into it."""

    def __init__(self, place: Path, folder: Callable[[], str], then: Callable[[Path], None]) -> None:
        self._place, self._then, self._given = place, then, folder
        self._stage = ExitStack()
        self._looked: Looked | None = None
        self.files = widgets.FileUpload(multiple=True, accept=TAKEN, description=CHOOSE)
        self.folder = fields.field(widgets.Text, "Into the practice’s folder", placeholder=str(place / PRACTICE))
        self.exclude = fields.tick("Leave out rows that cannot be read, at most 5% of a file")
        self.answer, self.go = fields.button(ANSWER, main=True), fields.button(IMPORT, main=True)
        self.message, self.done = fields.Message(), fields.Message()
        self.questions: dict[Place, Any] = {}
        self._asked = widgets.VBox()
        self.files.observe(self._take, "value")
        for other in (self.folder, self.exclude):
            other.observe(self._again, "value")
        self.message.on(self.answer, self._answer)
        self.done.on(self.go, self._import)
        purpose = PURPOSE.format(OR_DROP if workplace.in_window() else "")
        heading = widgets.HTML(f"<h3>{TITLE}</h3>{fields.paragraphs(purpose)}")
        chosen = [self.files, self.folder, self.message.box, self._asked, self.answer]
        self.box = widgets.VBox([heading, *chosen, self.exclude, self.go, self.done.box])
        self._show(None)

    @property
    def target(self) -> Path:
        """The practice's folder that is imported into."""
        return workplace.resolved(self.folder.value or self._given() or PRACTICE, self._place)

    def _take(self, _: object = None) -> None:
        """Keep the chosen files in a private folder, which is gone once they are imported, and look at them."""
        if not self.files.value:
            return
        self._show(None)
        self._stage.close()
        self.done.clear()
        with self.message.problems_said():
            stage = self._stage.enter_context(scratch())
            for number, file in enumerate(self.files.value):
                path = private_folder(stage / str(number)) / Path(file["name"]).name
                write_private(path, bytes(file["content"]))
            self._look(tuple(sorted(stage.glob("*/*"), key=lambda path: int(path.parent.name))))

    def _again(self, _: object = None) -> None:
        """Look once more, at the same files for another folder or with rows left out."""
        if self._looked is not None:
            with self.message.problems_said():
                self._look(self._looked.files)

    def _look(self, files: tuple[Path, ...], answers: dict[Place, str] | None = None) -> None:
        earlier = self._looked if answers else None
        self._looked = Looked(files, self.target, earlier.draft if earlier else None)
        self._show(None)
        self.message.say("Reading …")
        self._show(look_at(files, self.target, answers=answers, earlier=earlier, exclude_invalid=self.exclude.value))

    def _answer(self) -> None:
        answers = {place: str(asked.value) for place, asked in self.questions.items()}
        if not all(answers.values()):
            self.message.refuse(NOT_ALL)
        elif self._looked is not None:
            self._look(self._looked.files, answers)

    def _import(self) -> None:
        if self._looked is None:
            return
        said = bring_in(self._looked, exclude_invalid=self.exclude.value)
        folder = self._looked.folder
        self._stage.close()
        self.files.value = ()
        self._looked = None
        self._show(None)
        self.done.say(lines=said)
        self._then(folder)

    def _show(self, looked: Looked | None) -> None:
        """What was recognised, and either what is asked or what would change."""
        self._looked = looked or self._looked
        self.questions = (
            {} if looked is None else {one.place: _field(one.text, one.options) for one in looked.questions}
        )
        self._asked.children = tuple(
            widgets.VBox([widgets.HTML(fields.paragraphs(one.text)), self.questions[one.place]])
            for one in (looked.questions if looked else ())
        )
        ready = looked is not None and not looked.questions
        self.answer.layout.display = "" if self.questions else "none"
        self.go.layout.display = "" if ready else "none"
        self.exclude.layout.display = "" if self._looked is not None and not self.questions else "none"
        if looked is None:
            self.message.clear()
        elif looked.questions:
            self.message.say(looked.recognised, ASKED)
        else:
            self.message.say(looked.recognised, NOTHING_YET, lines=looked.before)


def _field(text: str, options: tuple[tuple[str, str], ...]) -> Any:
    """A field for one answer, which a screen reader reads with its question."""
    layout = {"width": fields.WHOLE}
    if not options:
        return widgets.Text(placeholder="Type the answer", tooltip=text, layout=layout)
    return widgets.Dropdown(options=(("Please choose", ""), *options), value="", tooltip=text, layout=layout)
