"""The monthly run in a window of its own: who can reach it, what it asks for, when it ends, and what starts it."""

from __future__ import annotations

import http.client
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from caseload.door.window.starter import make_starter, starter_text
from caseload.errors import ParameterError

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
SESSIONS = "session_id,clinician_id,client_id,scheduled_start,status\n" + "".join(
    f"S{day},C1,K1,2026-05-{day:02d}T09:00,attended\n" for day in (4, 11, 18)
)
PLACES = ["practice", "Mary's practice", 'a "b" $HOME `c` 100% \\d']


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`caseload open --no-browser` in a folder with one practice, and the address that it prints."""
    place = tmp_path_factory.mktemp("place")
    (place / "practice").mkdir()
    (place / "practice" / "sessions.csv").write_text(SESSIONS)
    command = [sys.executable, "-m", "caseload.cli", "open", "--no-browser"]
    started = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    address = next(found.group() for line in started.stdout if (found := ADDRESS.search(line)))
    yield started, address
    started.kill()
    started.wait()
    started.stdout.close()


def status(address: str, **headers: str) -> int:
    """The status of a request for the page without any token."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", "/", headers=headers)
    found = connection.getresponse().status
    connection.close()
    return found


@pytest.mark.slow
@pytest.mark.browser
def test_the_window_asks_nobody_else_and_the_server_ends_with_it(
    window: tuple[subprocess.Popen[str], str], browser: object, axe: str
) -> None:
    started, address = window
    assert status(address) == 302  # to a login that wants the token
    assert status(address, Host="example.test") == 403
    tab = browser.new_context().new_page()  # type: ignore[attr-defined]
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: message.type == "error" and asked.append(message.text))
    tab.goto(address, wait_until="commit", timeout=120_000)
    tab.get_by_role("button", name="Look at the data").click(timeout=120_000)
    tab.get_by_text("2. Month and people").wait_for()
    assert tab.title() == "The month’s reports"
    assert [each.inner_text() for each in tab.query_selector_all("h1")] == ["The month’s reports"]
    assert "Run All Cells" not in tab.inner_text("body")
    here = re.compile(r"http://127\.0\.0\.1:\d+/|blob:|data:")
    assert [url for url in asked if not here.match(url)] == []
    tab.close()
    assert started.wait(timeout=60) == 0


@pytest.mark.parametrize("name", PLACES)
def test_a_double_click_starts_it_in_its_folder_whatever_that_is_called(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    place.mkdir()
    python = tmp_path / "its python"
    python.write_text('#!/bin/sh\npwd\necho "$@"\n')
    python.chmod(0o755)
    script = tmp_path / "caseload.command"
    script.write_text(starter_text(place, "darwin", str(python)))
    said = subprocess.run(["sh", script], capture_output=True, text=True, check=True).stdout
    assert said == f"{place}\n-m caseload.cli open\n"
    windows = starter_text(place, "win32", str(python)).split("\r\n")
    assert f'cd /d "{place}"'.replace("%", "%%") in windows
    entry = dict(line.split("=", 1) for line in starter_text(place, "linux", str(python)).splitlines()[1:])
    assert entry["Path"].replace("\\\\", "\\") == str(place)
    assert shlex.split(entry["Exec"]) == [str(python), "-m", "caseload.cli", "open"]
    assert entry["Terminal"] == "false"


@pytest.mark.parametrize(("system", "ending"), [("win32", "cmd"), ("darwin", "command"), ("linux", "desktop")])
def test_the_starter_goes_onto_the_desktop_or_stays_in_its_folder(
    system: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    assert make_starter(place, system=system) == place / f"caseload.{ending}"
    (tmp_path / "Desktop").mkdir()
    made = make_starter(place, system=system)
    assert made == tmp_path / "Desktop" / f"caseload.{ending}"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert make_starter(place, system=system) == made  # over the older one
    shutil.rmtree(tmp_path / "Desktop")
    with pytest.raises(ParameterError, match="cannot be written"):
        make_starter(place, tmp_path / "Desktop", system)
