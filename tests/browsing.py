"""Pages opened in a browser without a network: what they complain about, how they are built, what axe-core finds."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = 1280, 390  # px
AXE = "axe.run({resultTypes: ['violations']})"  # as thorough as without, and four times as fast
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"
BUILD = """() => {
  const wrong = [], all = what => [...document.querySelectorAll(what)], words = node => node.textContent.trim();
  const headings = all('h1, h2, h3, h4, h5, h6'), levels = headings.map(each => +each.tagName[1]);
  if (levels.filter(level => level === 1).length !== 1 || levels[0] !== 1) wrong.push('not one h1 that comes first');
  headings.filter((each, n) => n && levels[n] > levels[n - 1] + 1)
    .forEach(each => wrong.push('skips a level: ' + each.outerHTML));
  headings.filter(each => !words(each)).forEach(each => wrong.push('an empty heading: ' + each.outerHTML));
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title.trim()) wrong.push('no title');
  all('img').filter(each => !each.alt).forEach(each => wrong.push('no alt: ' + each.outerHTML.slice(0, 200)));
  all('svg').filter(each => each.getAttribute('aria-hidden') !== 'true' && !(each.getAttribute('role') === 'img' &&
    [...each.children].filter(part => ['title', 'desc'].includes(part.tagName) && words(part)).length === 2))
    .forEach(each => wrong.push('not described: ' + each.outerHTML.slice(0, 200)));
  all('section').filter(each => ![...each.querySelectorAll('svg, img, table, input')].length &&
    ![...each.querySelectorAll('p, li, dt, dd, blockquote, div')].some(part => words(part)))
    .forEach(each => wrong.push('an empty section: ' + each.outerHTML.slice(0, 200)));
  const ids = all('[id]').map(each => each.id);
  ids.filter((id, n) => ids.indexOf(id) < n).forEach(id => wrong.push('twice the id ' + id));
  all('a[href^="#"]').filter(each => !document.getElementById(decodeURIComponent(each.hash.slice(1))))
    .forEach(each => wrong.push('leads nowhere: ' + each.outerHTML));
  return wrong;
}"""
FOREIGN = """() => {
  const tags = ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE'], all = [...document.querySelectorAll('*')];
  const runs = one => one.name.startsWith('on') || /^\\s*javascript:/i.test(one.value);
  return all.filter(each => tags.includes(each.tagName) || [...each.attributes].some(runs))
    .map(each => each.outerHTML.slice(0, 200)).concat(document.scripts.length > 1 ? ['a second script'] : []);
}"""


def axe_script() -> str | None:
    """The source of axe-core, from the package that carries it; None where that is not installed."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or not package.submodule_search_locations:
        return None
    return (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Reading:
    """A tab through which one file after another is opened, offline, and what the newest has complained about.

    A complaint is a message in the console, an error, a dialog, or a request for anything but the file itself.
    """

    tab: Any
    complaints: list[str] = field(default_factory=list)
    _file: str = ""

    def __post_init__(self) -> None:
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.complaints.append(dialog.message) or dialog.dismiss())
        self.tab.on("request", lambda request: request.url == self._file or self.complaints.append(request.url))

    def open(self, file: Path, width: int = DESKTOP, scheme: str = "light") -> None:
        self.complaints.clear()
        self._file = file.as_uri()
        self.show(width, scheme)
        self.tab.goto(self._file)

    def show(self, width: int, scheme: str) -> None:
        """The same page elsewhere: on a screen of so many px, light or dark."""
        self.tab.emulate_media(color_scheme=scheme)
        self.tab.set_viewport_size({"width": width, "height": 900})

    def violations(self, axe: str) -> list[tuple[str, str]]:
        """What breaks axe's default rules: rule and element."""
        if not self.tab.evaluate("'axe' in window"):
            self.tab.evaluate(axe)
        return [(rule["id"], rule["nodes"][0]["html"]) for rule in self.tab.evaluate(AXE)["violations"]]

    def overflow(self, widths: Iterable[int]) -> list[str]:
        """The widths at which the page, folded or unfolded, scrolls sideways, and what sticks out."""
        wide = []
        for unfold in (False, True):
            if unfold:
                self.tab.evaluate(UNFOLD)
            for width in widths:
                self.tab.set_viewport_size({"width": width, "height": 900})
                scrolled = self.tab.evaluate("document.documentElement.scrollWidth")
                wide += [f"{scrolled} px at {width}{' unfolded' * unfold}"] if scrolled > width else []
        return wide


def new_reading(browser: Any, **context: object) -> Reading:
    return Reading(browser.new_context(offline=True, **context).new_page())


def opened_tab(browser: Any, folder: Path, text: str, **context: object) -> tuple[Any, list[str]]:
    """A tab with the page, offline, and the list of what it complained about or asked the network for."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    reading = new_reading(browser, **context)
    reading._file = file.as_uri()
    reading.tab.goto(file.as_uri())
    return reading.tab, reading.complaints


def violations(tab: Any, axe: str) -> list[tuple[str, str]]:
    """What breaks axe's default rules in light at desktop width and in dark on a phone: rule and element."""
    reading = Reading(tab)
    reading.show(1200, "light")
    found = reading.violations(axe)
    reading.show(358, "dark")
    return found + reading.violations(axe)
