"""A page opened in a browser without a network, and what axe-core finds on it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def axe_script() -> str | None:
    """The source of axe-core, from the package that carries it; None where that is not installed."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or not package.submodule_search_locations:
        return None
    return (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def opened_tab(browser: Any, folder: Path, text: str, **context: object) -> tuple[Any, list[str]]:
    """A tab with the page, offline, and the list of what it complained about or asked the network for."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    tab = browser.new_context(offline=True, **context).new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("dialog", lambda dialog: complaints.append(dialog.message) or dialog.dismiss())
    tab.on("request", lambda request: request.url == file.as_uri() or complaints.append(request.url))
    tab.goto(file.as_uri())
    return tab, complaints


def violations(tab: Any, axe: str) -> list[tuple[str, str]]:
    """What breaks axe's default rules in light at desktop width and in dark on a phone: rule and element."""
    tab.evaluate(axe)
    found = []
    for scheme, width in (("light", 1200), ("dark", 358)):
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 900})
        found += [(rule["id"], rule["nodes"][0]["html"]) for rule in tab.evaluate("axe.run()")["violations"]]
    return found
