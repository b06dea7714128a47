"""The parts of the front door's steps: headings, labelled fields, buttons and messages. All text is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, TypeVar

import ipywidgets as widgets

from caseload.errors import CaseloadError

T = TypeVar("T")

STYLE = """<style>
.caseload-run{max-width:60em;padding:0 8px 16px;overflow:visible}
.caseload-run h2{margin:1.2em 0 .3em;font-size:1.25em;line-height:1.3}
.caseload-run h3{margin:1.2em 0 .2em;font-size:1.05em;line-height:1.3}
.caseload-run p{margin:.2em 0 .5em;line-height:1.5;max-width:48em}
.caseload-run .widget-html,.caseload-run .widget-html-content{height:auto;overflow:visible;line-height:1.5}
.caseload-run .said{border-left:4px solid #2a6a5e;padding:.3em .9em;margin:.5em 0}
.caseload-run .said.problem{border-left-color:#85195f}
.caseload-run .said pre{margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45;font-size:.95em}
.caseload-run .said code{user-select:all;overflow-wrap:anywhere}
.caseload-run label.widget-label,.caseload-run .widget-label{white-space:normal;line-height:1.3;text-align:left}
.caseload-run .widget-button{align-self:flex-start;width:fit-content;min-width:12em;height:2.4em;line-height:2.4em}
.caseload-run .widget-button{padding:0 1.2em;margin:.5em 0}
</style>"""
LABEL = "14em"
WHOLE = "99%"  # of the width: a field has margins
STOPPED = "Stopped. What was made stays; the next run goes on from there."


def field(kind: type, label: str, **options: Any) -> Any:
    """A field with its label, which a screen reader reads with it."""
    return kind(description=label, style={"description_width": LABEL}, layout={"width": WHOLE}, **options)


def choice(label: str) -> Any:
    """A drop-down that has nothing to choose from yet."""
    return field(widgets.Dropdown, label, options=())


def tick(label: str) -> Any:
    """A box to tick; its label stands after it."""
    return widgets.Checkbox(description=label, indent=False, layout={"width": WHOLE})


def button(label: str, *, main: bool = False) -> Any:
    """A button; the `main` one of a step stands out."""
    return widgets.Button(description=label, button_style="primary" if main else "")


def heading(text: str, *sentences: str) -> Any:
    """A step's heading and what is to be done in it."""
    return widgets.HTML(f"<h2>{escape(text)}</h2>{paragraphs(*sentences)}")


def paragraphs(*sentences: str) -> str:
    """Each as a paragraph of HTML."""
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)


def set_options(dropdown: Any, options: Iterable[tuple[str, Any]], value: Any) -> None:
    """Other things to choose from. A step that watches the field is told once, of the value."""
    dropdown.options = tuple(options)
    dropdown.value = value


class Message:
    """What a step has to say: nothing, something, or a problem. A screen reader reads it when it comes."""

    def __init__(self) -> None:
        self.box = widgets.HTML()

    @property
    def text(self) -> str:
        """What is shown, as HTML."""
        return str(self.box.value)

    def clear(self) -> None:
        self.box.value = ""

    def say(self, *sentences: str, lines: str = "", html: str = "") -> None:
        """Say something; `lines` keep their breaks, `html` is already escaped."""
        shown = f"<pre>{escape(lines)}</pre>" if lines else ""
        self.box.value = f'<div class="said" role="status">{paragraphs(*sentences)}{shown}{html}</div>'

    def refuse(self, lines: str, *sentences: str) -> None:
        """Say what is wrong, line by line, and what can be done."""
        said = f"<pre>{escape(lines)}</pre>{paragraphs(*sentences)}"
        self.box.value = f'<div class="said problem" role="alert">{said}</div>'

    def on(self, pressed: Any, action: Callable[[], None]) -> None:
        """Have a button do something: it rests meanwhile, and what goes wrong is said here, never as a traceback."""

        def act(_: object) -> None:
            with self.problems_said(), _resting(pressed):
                action()

        pressed.on_click(act)

    @contextmanager
    def problems_said(self) -> Iterator[None]:
        """Say what goes wrong, in words."""
        try:
            yield
        except CaseloadError as error:
            self.refuse(str(error))
        except KeyboardInterrupt:
            self.refuse(STOPPED)
        except Exception as error:  # its own words may hold values of the data
            reason = f", {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
            self.refuse(f"Something unexpected went wrong: {type(error).__name__}{reason}.")


class Bar:
    """A progress bar with words, which is there while something is done."""

    def __init__(self) -> None:
        self._bar = widgets.IntProgress(layout={"width": WHOLE})
        self._words = widgets.HTML()
        self.box = widgets.VBox([self._words, self._bar], layout={"display": "none"})

    def __call__(self, steps: Iterable[T], what: str, total: int, unit: str, /) -> Iterator[T]:
        """Pass on the steps, as a `Progress` does."""
        self._bar.value, self._bar.max = 0, total
        self.box.layout.display = ""
        self._say(what, unit)
        for step in steps:
            yield step
            self._bar.value += 1
            self._say(what, unit)

    def hide(self) -> None:
        self.box.layout.display = "none"

    def _say(self, what: str, unit: str) -> None:
        self._words.value = paragraphs(f"{what}: {self._bar.value} of {self._bar.max} {unit}s done.")


@contextmanager
def _resting(pressed: Any) -> Iterator[None]:
    pressed.disabled = True
    try:
        yield
    finally:
        pressed.disabled = False
