"""The documentation: the site builds without a warning and asks nobody for anything; every code block in it runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import export_fixtures as exports
import pytest
from browsing import CHROMIUM
from bs4 import BeautifulSoup
from checkin_fixtures import check_in, rated, saved
from test_examples import PUBLIC
from test_exports_fhir import appointment, bulk

import caseload
from caseload import figures

ROOT = Path(__file__).parents[1]
PAGES = sorted(["README.md", "benchmarks/README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"\n]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "video": "src"}


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    language: str
    title: str
    text: str


def blocks(page: str) -> list[Block]:
    found = BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    return [Block(language, title, text) for language, title, text in found]


# ---- every code block runs


def _make(words: list[str]) -> bool:
    return f"\n{words[1]}: " in (ROOT / "Makefile").read_text(encoding="utf-8")


# Commands that build environments or take an hour, and what must be true of them all the same.
NOT_RUN: dict[str, Callable[[list[str]], bool]] = {
    "make": _make,
    "conda": lambda words: words[1] == "activate" or (ROOT / words[-1]).is_file(),
    "pip": lambda words: (ROOT / "pyproject.toml").is_file(),
    "python": lambda words: (ROOT / words[1]).is_file(),
}


def run_in_shell(text: str, folder: Path) -> None:
    commands = [line.split() for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    if any(words[0] in NOT_RUN for words in commands):
        assert all(NOT_RUN[words[0]](words) for words in commands if words[0] in NOT_RUN)
        return
    if "--pdf" in text and CHROMIUM is None:
        return
    programs = Path(sys.executable).parent
    known = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    text = text.replace(".venv/bin/", "")
    said = folder / "said.txt"  # no pipe: what runs in the background would keep it open
    with said.open("w") as stream:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=known, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = shell.wait(timeout=300)
        finally:
            _end(shell.pid)
    assert code == 0, said.read_text()[-3000:]


def _end(group: int) -> None:
    """What a block left running in the background."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a reader has it who follows the page: the project's, and files of their own."""
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    for name in ("notebooks", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    exports.put(tmp_path, "attendance-may.csv", exports.attendance_rows())
    rows = [("First name", "Last name", "Date of birth", "Therapist", "Day", "Time", "Length", "Outcome", "Kind")]
    for day in range(4, 9):
        kind = "Meeting" if day == 8 else "Session"
        rows.append(
            ("Ann", "Quillfeather", "17/03/1981", "Hartzfeld", f"0{day}/05/2026", "09:00", "0:50", "Came", kind)
        )
    exports.workbook(tmp_path / "sessions.xlsx", rows)
    bulk(tmp_path / "bulk", appointment())
    (tmp_path / "checkins").mkdir()
    saved(tmp_path / "checkins", check_in("C07", clients=[rated("K0099", effort=6, engagement=3)]))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)])
def test_code_blocks_run(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {"__name__": page}
    for block in blocks(page):
        if block.title:
            Path(block.title).parent.mkdir(exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, page, "exec"), names)
        elif block.language == "sh":
            run_in_shell(block.text, folder)
        else:
            pytest.fail(f"nothing is known of a block of {block.language}")
    if (folder / "practice").is_dir():
        caseload.read_practice(folder / "practice")
    if page == "docs/rendering.md":
        ours = (folder / "reports" / "2025-02" / "C07.html").read_text(encoding="utf-8")
        assert (folder / "out.html").read_text(encoding="utf-8") == ours
        assert (folder / "out-2.html").read_text(encoding="utf-8") == str(BeautifulSoup(ours, "html.parser"))
        assert not re.search(r"https?://(?!www\.w3\.org)|<input(?! type=.checkbox.)|In\s*\[|from_notebook", ours)


# ---- the site


class Fetching(HTMLParser):
    """What a page loads when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in FETCHED and told.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(told.get(FETCHED[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The site, built as `make docs` builds it; a warning is an error."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    known = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out


def test_every_page_is_in_the_site_and_asks_nobody_for_anything(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    written = {f"{path.relative_to(ROOT / 'docs').with_suffix('')}.html" for path in (ROOT / "docs").rglob("*.md")}
    assert written <= pages
    for page in pages:
        fetching = Fetching()
        fetching.feed((site / page).read_text(encoding="utf-8"))
        assert [address for address in fetching.found if re.match(r"(https?:)?//", address)] == [], page


def test_links_lead_somewhere(site: Path) -> None:
    """MkDocs checks those that it knows of; these are what became of them all."""
    ids = {
        path: {tag["id"] for tag in BeautifulSoup(path.read_text("utf-8"), "html.parser").find_all(id=True)}
        for path in site.rglob("*.html")
    }
    lost = []
    for path in ids:
        for link in BeautifulSoup(path.read_text("utf-8"), "html.parser").find_all("a", href=True):
            target, _, part = link["href"].partition("#")
            if re.match(r"[a-z]+:|/", target):
                continue
            there = (path.parent / target).resolve() if target else path
            if not there.is_file() or (part and there in ids and part not in ids[there] and not part.startswith("__")):
                lost.append((path.name, link["href"]))
    assert lost == []


def test_lists_are_lists_and_tables_tables(site: Path) -> None:
    """Repositories show a list that follows its sentence at once; a site shows it as one long sentence."""
    for path in site.rglob("*.html"):
        article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find("article")
        for words in article.find_all(["p", "li"]) if article else ():
            own = "".join(part for part in words.strings if part.parent.name not in ("code", "pre", "span"))
            assert not re.search(r"\n\s*([-*]|\d+\.) |\n\|", own), (path.name, own[:200])


def test_the_reference_has_every_public_name(site: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html"))
    assert [name for name in PUBLIC if f'id="{name}"' not in text] == []


def test_every_figure_of_the_reference_has_its_picture(site: Path) -> None:
    """Made by the function when the site is built: large enough to be read, with words in its place."""
    page = BeautifulSoup((site / "reference/figures.html").read_text(encoding="utf-8"), "html.parser")
    shown = {image["src"]: image["alt"] for image in page.find("article").find_all("img")}
    drawings = {name for name in figures.__all__ if name.startswith(("plot_", "draw_", "small_"))}
    assert shown.keys() == {f"{name}.png" for name in drawings}
    assert all(len(words.split()) > 3 for words in shown.values())
    for name in shown:
        content = (site / "reference" / name).read_bytes()
        width, height = struct.unpack(">II", content[16:24])
        assert width > 600 and height > 100 and len(content) > 4_000, name
