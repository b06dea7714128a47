"""One page as a PDF, printed by the browser that the user has: Chromium, Chrome or Edge, by its own command line.

The browser gets a private copy of the page and a profile of its own, both gone afterwards, and can reach no network. A
PDF is in place whole or not at all. What the browser says is shown nowhere: it may name the page.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal, get_args

from caseload.errors import CaseloadError, ParameterError
from caseload.writing.scratch import scratch
from caseload.writing.whole import put_in_place, write_private

VARIABLE = "CASELOAD_BROWSER"
NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("msedge", "microsoft-edge", "microsoft-edge-stable"),
)
MAC = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome",
       "Microsoft Edge.app/Contents/MacOS/Microsoft Edge")  # fmt: skip
WINDOWS = ("Chromium/Application/chrome.exe", "Google/Chrome/Application/chrome.exe",
           "Microsoft/Edge/Application/msedge.exe")  # fmt: skip

Paper = Literal["a4", "letter"]
SIZES: Mapping[Paper, str] = {"a4": "A4", "letter": "letter"}  # as CSS names them: without, the browser takes letter
SECONDS = 120  # for one page, which takes two
ANSWER_SECONDS = 30  # to tell its version
LONGEST_TEMPORARY = 60  # characters: a browser adds 45 to the path of its socket, which may have 107

WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-default-apps", "--disable-breakpad", "--generate-pdf-document-outline", "--no-pdf-header-footer",
    # Nothing that looks for a network, and no way into one for whatever does.
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--metrics-recording-only",
    "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=socks5://127.0.0.1:9",
)  # fmt: skip

# A link to a file would hold the place of the copy on this machine, and lead nowhere; `#…` leads within the PDF.
_LINK_TO_A_FILE = re.compile(r'(<a\b[^>]*?) href="(?!#|https?:)[^"]*"')
# On paper the agenda is the second sheet (see style.css): bookmarks and screen readers are to meet it there, too.
_AGENDA_AFTER_SECTIONS = re.compile(
    r'(<div class="caseload part-section">.*?)(<div class="caseload part-agenda">.*?)(?=<div class="caseload part-)',
    re.DOTALL,
)


class PrintFailed(CaseloadError):
    """A page could not be printed. The message never holds what the browser said."""


@dataclass(frozen=True)
class Browser:
    """A program that prints pages."""

    program: str

    def print_page(self, page: Path, pdf: Path, paper: Paper, stage: Path, seconds: float, stopped: Event) -> str:
        """Print `page` to `pdf` and return the SHA-256 of what was printed; raises PrintFailed.

        `stage` is a private folder on the same file system; when `stopped` is set, the browser is ended.
        """
        content = page.read_bytes()
        copy, made = stage / "page.html", stage / "page.pdf"
        write_private(copy, on_paper(content.decode("utf-8"), paper))
        with scratch() as profile:  # a browser keeps in it what it printed
            root = hasattr(os, "geteuid") and os.geteuid() == 0
            own = (
                f"--user-data-dir={profile}",
                f"--print-to-pdf={made.resolve()}",
                *(["--no-sandbox"] if root else []),
            )
            command = [self.program, *FLAGS, *own, copy.resolve().as_uri()]
            code = _ended(command, _environment(profile), seconds, stopped)
        if not _is_whole(made):
            raise PrintFailed(f"the browser ended with exit code {code} and left no whole PDF")
        put_in_place(made, pdf)
        return hashlib.sha256(content).hexdigest()


def check_paper(paper: str) -> Paper:
    """The paper, if it is one that we know; raises ParameterError."""
    for known in get_args(Paper):
        if paper == known:
            return known
    raise ParameterError(f"paper must be {' or '.join(get_args(Paper))}, not {paper!r:.40}")


def find_browser() -> Browser:
    """The browser that `CASELOAD_BROWSER` names, else the first that is installed and answers; or ParameterError."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        program = shutil.which(str(Path(named).expanduser()))
        if program is None or not _answers(program):
            raise ParameterError(f"{VARIABLE} names {named!r}, which is no program that runs here. {_hint()}")
        return Browser(program)
    for program in _installed():
        if _answers(program):
            return Browser(program)
    raise ParameterError(
        f"PDFs are printed by Chromium, Chrome or Edge, and none was found that runs: looked for {', '.join(NAMES)} "
        f"on the PATH, and where such programs usually are. {_hint()}"
    )


def _hint() -> str:
    return (
        f"Name one by {VARIABLE}=/path/to/program, or leave out --pdf: every page can be printed from any browser. "
        "Nothing was written."
    )


def on_paper(text: str, paper: Paper) -> str:
    """A page as it is printed: of this size, in the order of its sheets, and without links to other files."""
    sized = text.replace("</head>", f"<style>@page{{size:{SIZES[paper]}}}</style></head>", 1)
    return _LINK_TO_A_FILE.sub(r"\1", _AGENDA_AFTER_SECTIONS.sub(r"\2\1", sized, count=1))


def _installed() -> Iterator[str]:
    """Programs that should be such browsers."""
    yield from (program for name in NAMES if (program := shutil.which(name)))
    if sys.platform == "darwin":
        usual = [root / name for root in (Path("/Applications"), Path.home() / "Applications") for name in MAC]
    elif os.name == "nt":
        roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        usual = [Path(root) / name for root in roots if root for name in WINDOWS]
    else:
        usual = []
    yield from (str(path) for path in usual if path.is_file())


def _answers(program: str) -> bool:
    """Whether a program can be started and tells its version; on Windows, where Chrome would open a window, unasked."""
    if os.name == "nt":
        return True
    asked = [program, "--version"]
    try:
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_SECONDS, check=False)
        return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _environment(profile: Path) -> dict[str, str]:
    """Linux's browsers are to keep their temporary files in the profile, too: one that is killed leaves them behind."""
    within = sys.platform == "linux" and len(str(profile)) <= LONGEST_TEMPORARY
    return {**os.environ, "TMPDIR": str(profile)} if within else dict(os.environ)


def _ended(command: list[str], environment: Mapping[str, str], seconds: float, stopped: Event) -> int:
    """Run the browser to its end and return its exit code; raises PrintFailed. Nothing that it started goes on."""
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for us, and all that it starts can be ended
            creationflags=WINDOWS_FLAGS,
        )
    except OSError as error:
        raise PrintFailed(f"the browser could not be started ({error.strerror or type(error).__name__})") from None
    deadline = time.monotonic() + seconds
    try:
        while not stopped.is_set():
            with suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=0.2)
            if time.monotonic() > deadline:
                raise PrintFailed(f"printing took longer than {seconds:g} seconds")
        raise PrintFailed("printing was stopped")
    finally:
        _kill(process)


def _kill(process: subprocess.Popen) -> None:
    """End a browser and all processes that it has started."""
    if os.name != "nt":
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    process.wait()


def _is_whole(pdf: Path) -> bool:
    """Whether a file begins and ends like a PDF."""
    try:
        content = pdf.read_bytes()
    except OSError:
        return False
    return content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
