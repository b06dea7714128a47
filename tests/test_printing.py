"""PDFs of pages: which browser prints them, what it is given and leaves, and which PDFs stand beside which pages."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path
from threading import Event, Timer
from typing import Any, Self

import pytest
from browsing import CHROMIUM
from fake_review import FakePractice, FakeQuality, FakeReview

from caseload import cli
from caseload.errors import ParameterError
from caseload.month import batch, freshness, printing
from caseload.month.batch import Run
from caseload.month.manifest import Result
from caseload.month.printing import Browser, PrintFailed, find_browser, on_paper
from caseload.month.prints import pdf_of
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import Job, Report
from caseload.pages import html
from caseload.pages.review import Review
from caseload.writing.scratch import MARK, scratch
from caseload.writing.whole import remove, write_together

scripts = pytest.mark.skipif(os.name == "nt", reason="the browsers of these tests are scripts")
WHOLE = "open(pdf, 'wb').write(b'%PDF-1.4 ' + open(page, 'rb').read() + b'\\n%%EOF\\n')"


def browser_that(work: str, folder: Path, name: str = "chromium") -> str:
    """A program that is asked like a browser and does this `work`."""
    program = folder / name
    lines = [
        f"#!{sys.executable}",
        "import os, subprocess, sys, time, urllib.request",
        "if sys.argv[1:] == ['--version']: sys.exit(0)",
        "told = dict(word.split('=', 1) for word in sys.argv[1:] if '=' in word)",
        "pdf, profile = told['--print-to-pdf'], told['--user-data-dir']",
        "page = urllib.request.url2pathname(sys.argv[-1].removeprefix('file://'))",
        work,
    ]
    program.write_text("\n".join(lines))
    program.chmod(0o700)
    return str(program)


def nothing_installed(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv(printing.VARIABLE, raising=False)
    monkeypatch.setattr(printing, "MAC", ())
    monkeypatch.setattr(printing, "WINDOWS", ())


# --- which browser ------------------------------------------------------------------------------------------------


@scripts
def test_the_named_browser_comes_before_an_installed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_installed(monkeypatch, tmp_path)
    installed, named = browser_that("", tmp_path), browser_that("", tmp_path, "my browser")
    assert find_browser() == Browser(installed)
    monkeypatch.setenv(printing.VARIABLE, named)
    assert find_browser() == Browser(named)


@scripts
def test_an_installed_browser_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_installed(monkeypatch, tmp_path)
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o700)
    found = browser_that("", tmp_path, "msedge")
    assert find_browser() == Browser(found)


@scripts
@pytest.mark.parametrize("named", ["/nowhere/chrome", "plain.txt", "stub"])
def test_a_named_browser_that_does_not_run_is_told(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_installed(monkeypatch, tmp_path)
    browser_that("", tmp_path)
    (tmp_path / "plain.txt").write_text("no program")
    (tmp_path / "stub").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "stub").chmod(0o700)
    monkeypatch.setenv(printing.VARIABLE, named)
    with pytest.raises(ParameterError, match=f"CASELOAD_BROWSER names '{named}', which is no program that runs here"):
        find_browser()


def test_without_a_browser_one_message_comes_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_installed(monkeypatch, tmp_path)
    monkeypatch.setattr(batch, "read_practice", lambda *_, **__: pytest.fail("the data is read"))
    assert cli.main(["report", str(tmp_path), "--out", str(tmp_path / "out"), "--pdf"]) == 2
    said = capsys.readouterr().err
    for words in ("google-chrome", "CASELOAD_BROWSER=", "can be printed from any browser", "Nothing was written"):
        assert words in said
    assert not (tmp_path / "out").exists()


def test_paper_goes_with_pdf_and_is_one_of_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(tmp_path), "--paper", "letter"]) == 2
    assert "it goes with --pdf" in capsys.readouterr().err
    with pytest.raises(ParameterError, match="paper must be a4 or letter, not 'a3'"):
        printing.check_paper("a3")


# --- one page -----------------------------------------------------------------------------------------------------


def test_a_page_is_printed_on_its_paper_and_without_links_to_files() -> None:
    page = '<head><title>a</title></head><a href="#q1">x</a><a class="b" href="C07.html">y</a><a href="https://z">z</a>'
    printed = on_paper(page, "letter")
    assert "<style>@page{size:letter}</style></head>" in printed
    assert re.findall(r"<a[^>]*>", printed) == ['<a href="#q1">', '<a class="b">', '<a href="https://z">']


def test_the_agenda_is_met_where_it_is_printed(sample_review: Review) -> None:
    page = html.render_page(html.SuperviseePage(sample_review.supervisee("C07")))
    parts = [re.findall(r'class="caseload part-(\w+)', text) for text in (page, on_paper(page, "a4"))]
    assert parts[0][:3] == parts[1][:3] == ["opening", "questions", "agenda"]
    assert sorted(parts[0]) == sorted(parts[1])


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for one print; temporary folders lie in `temporary` beside it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "page.html").write_text("<head></head>a page")
    (tmp_path / "stage").mkdir()
    return tmp_path / "stage"


def print_with(work: str, stage: Path, seconds: float = 20, stopped: Event | None = None) -> str:
    browser, pdf = Browser(browser_that(work, stage.parent)), stage.parent / "page.pdf"
    return browser.print_page(stage.parent / "page.html", pdf, "a4", stage, seconds, stopped or Event())


@pytest.mark.skipif(sys.platform != "linux", reason="only there browsers are told where temporary files go")
def test_nothing_of_a_killed_browser_is_left_in_the_temporary_folder(
    stage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(stage.parent / "temporary"))
    monkeypatch.setattr(printing, "LONGEST_TEMPORARY", 500)  # the folders of tests are deep
    with pytest.raises(PrintFailed):
        print_with("import tempfile; tempfile.mkdtemp(prefix='org.chromium.'); os.kill(os.getpid(), 9)", stage)
    assert not list((stage.parent / "temporary").iterdir())


@scripts
def test_a_browser_gets_a_private_copy_and_profile(stage: Path) -> None:
    modes = "open(pdf, 'w').write('%PDF-' + ' '.join(oct(os.stat(f).st_mode)[-3:] for f in (page, profile)) + ' %%EOF')"
    page = stage.parent / "page.html"
    assert print_with(modes, stage) == hashlib.sha256(page.read_bytes()).hexdigest()
    pdf = stage.parent / "page.pdf"
    assert pdf.read_text() == "%PDF-600 700 %%EOF"
    assert stat.S_IMODE(pdf.stat().st_mode) == 0o600
    assert page.read_text() == "<head></head>a page"
    assert list((stage.parent / "temporary").iterdir()) == []


@scripts
def test_nothing_leads_a_browser_into_a_network(stage: Path) -> None:
    print_with("open(pdf, 'w').write('%PDF-' + ' '.join(sys.argv[1:]) + '%%EOF')", stage)
    said = (stage.parent / "page.pdf").read_text()
    assert "--proxy-server=socks5://127.0.0.1:9" in said and "--host-resolver-rules=MAP * ~NOTFOUND" in said
    assert ("--no-sandbox" in said) is (os.geteuid() == 0)


@scripts
@pytest.mark.parametrize(
    ("work", "message"),
    [
        ("print('secret', file=sys.stderr); sys.exit(7)", "the browser ended with exit code 7 and left no whole PDF"),
        ("open(pdf, 'w').write('secret')", "the browser ended with exit code 0 and left no whole PDF"),
        ("open(pdf, 'w').write('%PDF-1.4 half')", "the browser ended with exit code 0 and left no whole PDF"),
    ],
)
def test_what_is_no_whole_pdf_never_gets_into_place(
    work: str, message: str, stage: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PrintFailed, match=f"^{message}$"):
        print_with(work, stage)
    assert not (stage.parent / "page.pdf").exists()
    assert list((stage.parent / "temporary").iterdir()) == []
    assert capfd.readouterr() == ("", "")


HANGS = "open(pdf + '.pid', 'w').write(str(subprocess.Popen(['sleep', '600']).pid)); time.sleep(600)"


def is_alive(process: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("stopping", [False, True])
def test_a_browser_that_hangs_is_ended_with_all_that_it_started(stage: Path, stopping: bool) -> None:
    stopped = Event()
    if stopping:
        Timer(1.5, stopped.set).start()
    words = "printing was stopped" if stopping else "printing took longer than 1.5 seconds"
    with pytest.raises(PrintFailed, match=f"^{words}$"):
        print_with(HANGS, stage, 60 if stopping else 1.5, stopped)
    child = int((stage / "page.pdf.pid").read_text())
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


# --- a month ------------------------------------------------------------------------------------------------------


class Recorder:
    """Prints by copying the page, and keeps count; `broken` pages fail, and at `interrupted` somebody gives up."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.interrupted = ""

    def taken(self) -> list[str]:
        """What was asked for since the last time."""
        asked, self.asked = sorted(self.asked), []
        return asked

    def print_page(self, page: Path, pdf: Path, paper: str, stage: Path, seconds: float, stopped: Event) -> str:
        self.asked.append(str(page.relative_to(page.parents[page.parent.name == "own"])))
        (stage / "half.pdf").write_text("%PDF- half")
        if page.name == self.interrupted:
            raise KeyboardInterrupt
        if page.name in self.broken:
            raise PrintFailed("the browser ended with exit code 7 and left no whole PDF")
        pdf.write_text(f"%PDF- {page.read_text()} on {paper} %%EOF")
        return hashlib.sha256(page.read_bytes()).hexdigest()


class Steady:
    """Workers whose pages hold their name and what `texts` has for it: made again, they are the same."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        for report in reports:
            if self.texts.get(report.id) == "fails":
                remove(folder, report.files)
                yield Result(report.kind, report.id, "failed", error="no")
                continue
            write_together(folder, {name: f"{name} {self.texts.get(report.id)}" for name in report.files})
            yield Result(report.kind, report.id, "done", 0.5)


PAGES = [
    *("C01.html", "C02.html", "C03.html", "data_quality.html", "index-S01.html", "index-S02.html", "index.html"),
    *("own/C01.html", "own/C02.html", "own/C03.html", "team-North.html"),
]
RunOf = Callable[..., Run]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    monkeypatch.setattr(batch, "find_browser", lambda: found)
    return found


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def report(tmp_path: Path, steady: Steady, monkeypatch: pytest.MonkeyPatch) -> RunOf:
    """`render_month` of a practice whose data is `data`: other data has everything made again."""

    def run(data: str = "ab", **options: object) -> Run:
        inputs = FakeQuality().files.assign(sha256=data * 32)
        practice = FakePractice(FakeQuality(inputs))
        monkeypatch.setattr(batch, "read_practice", lambda data, exclude_invalid: practice)
        monkeypatch.setattr(batch, "review_month", lambda practice, month, **_: FakeReview(practice=practice))
        make = partial(batch.render_month, tmp_path, "2026-05", tmp_path / "out", progress=False, workers=steady)
        return make(**options)

    return run


def pdfs(run: Run) -> list[str]:
    return sorted(str(path.relative_to(run.folder)) for path in run.folder.rglob("*.pdf"))


def told(run: Run) -> dict[str, object]:
    return json.loads((run.folder / "manifest.json").read_text())


def test_every_page_of_a_run_has_its_pdf_and_a_second_run_prints_nothing(report: RunOf, recorder: Recorder) -> None:
    first = report(paper="a4")
    assert recorder.taken() == PAGES
    assert pdfs(first) == sorted(map(pdf_of, PAGES))
    assert (first.exit_code, first.prints.made, first.prints.unchanged) == (0, 11, 0)
    manifest = told(first)
    assert manifest["printed"].keys() == set(map(pdf_of, PAGES)) < manifest["files"].keys()
    shows = manifest["printed"]["own/C02.pdf"]
    assert shows["paper"] == "a4"
    assert freshness.intact(first.folder, ["own/C02.html"], {"own/C02.html": shows["page"]})
    second = report(paper="a4")
    assert recorder.taken() == []
    assert (second.prints.made, second.prints.unchanged) == (0, 11)
    assert told(second)["printed"] == manifest["printed"]


def test_pages_that_stand_are_printed_without_a_review(
    report: RunOf, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    assert recorder.taken() == []
    monkeypatch.setattr(batch, "render_review", lambda *_: pytest.fail("the month is made again"))
    run = report(paper="a4")
    assert recorder.taken() == PAGES
    (run.folder / "own/C02.pdf").unlink()
    (run.folder / "C03.pdf").write_text("half")
    report()
    assert "own/C02.pdf" not in pdfs(run)
    report(paper="a4")
    assert recorder.taken() == ["C03.html", "own/C02.html"]


def test_other_paper_or_force_prints_all(report: RunOf, recorder: Recorder) -> None:
    report(paper="a4")
    recorder.taken()
    run = report(paper="letter")
    assert recorder.taken() == PAGES
    assert "on letter" in (run.folder / "C01.pdf").read_text()
    report(paper="letter", force=True)
    assert recorder.taken() == PAGES


def test_only_what_changed_is_printed_again(report: RunOf, recorder: Recorder, steady: Steady) -> None:
    report(paper="a4")
    recorder.taken()
    steady.texts["C02"] = "changed"
    run = report("cd", paper="a4")
    assert recorder.taken() == ["C02.html", "own/C02.html"]
    assert "changed" in (run.folder / "own/C02.pdf").read_text()


def test_a_run_without_pdfs_keeps_those_that_show_their_page_and_no_other(
    report: RunOf, recorder: Recorder, steady: Steady
) -> None:
    report(paper="a4")
    steady.texts |= {"C02": "changed", "C03": "fails"}
    run = report("cd")
    gone = {"C02.pdf", "own/C02.pdf", "C03.pdf", "own/C03.pdf", "index-S02.pdf"}  # whose page tells of C03's failure
    assert set(map(pdf_of, PAGES)) - set(pdfs(run)) == gone
    assert told(run)["printed"].keys() == set(pdfs(run))
    assert not gone & told(run)["files"].keys()


def test_an_old_pdf_is_gone_as_soon_as_its_page_is_another(
    report: RunOf, recorder: Recorder, steady: Steady, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = report(paper="a4")
    steady.texts["C01"] = "changed"
    monkeypatch.setattr(batch.MonthFolder, "_write_landing_pages", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report("cd")
    assert not {"C01.pdf", "own/C01.pdf"} & set(pdfs(run))
    assert "C02.pdf" in pdfs(run)


def test_a_pdf_that_no_manifest_tells_of_is_not_trusted(report: RunOf, recorder: Recorder) -> None:
    run = report()
    for name in ("notes.pdf", "C01.pdf"):
        (run.folder / name).write_text("not ours")
    report()
    with pytest.raises(ParameterError, match=r"C01\.pdf there was not written by this command"):
        report(paper="a4")
    assert pdfs(run) == ["C01.pdf", "notes.pdf"]


def test_one_page_that_cannot_be_printed_stops_no_other(
    report: RunOf, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.broken = {"C02.html"}
    run = report(paper="a4")
    words = "the browser ended with exit code 7 and left no whole PDF"
    assert [(r.kind, r.id, r.error) for r in run.failed] == [("pdf", "C02.pdf", words), ("pdf", "own/C02.pdf", words)]
    assert run.exit_code == 3
    assert (run.folder / "own/C02.html").is_file()
    assert pdfs(run) == sorted(pdf_of(page) for page in PAGES if "C02" not in page)
    failed = [entry for entry in told(run)["reports"] if entry["status"] == "failed"]
    assert [(entry["id"], entry["error"]) for entry in failed] == [("C02.pdf", words), ("own/C02.pdf", words)]
    recorder.taken()
    recorder.broken = set()
    monkeypatch.setattr(batch, "render_review", lambda *_: pytest.fail("the month is made again"))
    again = report(paper="a4")
    assert recorder.taken() == ["C02.html", "own/C02.html"]
    assert again.exit_code == 0
    assert {entry["status"] for entry in told(again)["reports"]} == {"done"}


def test_the_command_line_names_a_page_that_was_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from caseload.month.prints import Prints

    prints = Prints(3, 4, (Result("pdf", "own/C02.pdf", "failed", error="printing took longer than 120 seconds"),))
    done = Run(FakeReview().month, tmp_path, tmp_path / "index.html", (), (), prints)
    asked: dict[str, object] = {}
    monkeypatch.setattr(batch, "render_month", lambda *_, **options: asked.update(options) or done)
    assert cli.main(["report", "data", "--pdf"]) == 3
    assert asked["paper"] == "a4"
    shown = capsys.readouterr()
    assert "pdf own/C02.pdf: printing took longer than 120 seconds" in shown.err
    assert shown.out.endswith("index.html; 7 PDFs beside the pages, 4 of them unchanged\n")


def test_who_gives_up_loses_nothing_that_was_printed(report: RunOf, recorder: Recorder) -> None:
    recorder.interrupted = "data_quality.html"
    with pytest.raises(KeyboardInterrupt):
        report(paper="a4", processes=1)
    recorder.interrupted = ""
    printed = recorder.taken()
    run = report()
    there = pdfs(run)
    assert there and set(map(pdf_of, printed)) - set(there) <= {"data_quality.pdf", *map(pdf_of, printed[-2:])}
    assert all((run.folder / name).read_text().endswith("%%EOF") for name in there)
    assert not list(run.folder.glob(MARK + "*"))
    report(paper="a4")
    assert "data_quality.html" in recorder.taken()
    assert pdfs(run) == sorted(map(pdf_of, PAGES))


def test_what_a_killed_run_has_left_is_removed(report: RunOf, recorder: Recorder) -> None:
    run = report()
    left = run.folder / f"{MARK}abc"
    left.mkdir()
    (left / "page.pdf").write_text("%PDF- half")
    report(paper="a4")
    assert not left.exists()
    assert pdfs(run) == sorted(map(pdf_of, PAGES))


def test_wherever_a_print_is_killed_the_manifest_is_true(
    report: RunOf, recorder: Recorder, steady: Steady, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at after every page that is printed, also in the place of an older one."""
    folder = report(paper="a4").folder
    found: list[str] = []
    printing = recorder.print_page

    def watched(page: Path, pdf: Path, *rest: Any) -> str:
        printed = printing(page, pdf, *rest)
        files = json.loads((folder / "manifest.json").read_text())["files"]
        found.extend(name for name in files if not freshness.intact(folder, [name], files))
        return printed

    monkeypatch.setattr(recorder, "print_page", watched)
    steady.texts = {"C01": "changed"}
    assert [report("cd", paper=paper).exit_code for paper in ("a4", "letter")] == [0, 0]
    assert len(recorder.taken()) > len(PAGES)
    assert not found


def test_a_run_for_some_prints_theirs_and_keeps_the_others(report: RunOf, recorder: Recorder, steady: Steady) -> None:
    report(paper="a4")
    recorder.taken()
    steady.texts = dict.fromkeys(("C01", "C02", "C03"), "changed")
    run = report("cd", paper="a4", clinicians=["C01"])
    assert recorder.taken() == ["C01.html", "own/C01.html"]
    assert pdfs(run) == sorted(map(pdf_of, PAGES))
    assert told(run)["printed"].keys() == set(pdfs(run))


def test_a_supervisors_run_prints_and_names_nobody_elses_pages(report: RunOf, recorder: Recorder) -> None:
    run = report(paper="a4", supervisor="S01")
    assert recorder.taken() == ["C01.html", "C02.html", "index-S01.html", "own/C01.html", "own/C02.html"]
    assert "C03" not in (run.folder / "manifest.json").read_text()
    report(paper="a4", supervisor="S01")
    assert recorder.taken() == []


def test_pdfs_of_who_has_left_go_with_their_pages(
    report: RunOf, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(paper="a4")
    monkeypatch.setattr("fake_review.SUPERVISOR_OF", {"C01": "S01", "C02": "S01"})
    run = report("cd", paper="a4")
    assert not [name for name in pdfs(run) if "C03" in name or "S02" in name]
    assert "C03" not in (run.folder / "manifest.json").read_text()


# --- Chromium -----------------------------------------------------------------------------------------------------


def bookmarks(pdf: bytes) -> list[tuple[str, int]]:
    """Titles and page numbers of the outline's entries, in its order."""
    objects = {int(found[1]): found[2] for found in re.finditer(rb"(?m)^(\d+) 0 obj\s(.*?)endobj", pdf, re.DOTALL)}
    pages = [number for number, text in sorted(objects.items()) if re.search(rb"/Type /Page\b", text)]

    def entries(number: int) -> Iterable[tuple[str, int]]:
        while number:
            text = objects[number]
            if title := re.search(rb"/Title (?:\((.*?)\)|<([0-9A-F]+)>)\s", text):
                words = title[1].decode("latin-1") if title[1] else bytes.fromhex(title[2].decode()).decode("utf-16")
                yield words, 1 + pages.index(int(re.search(rb"/D(?:est)? ?\[(\d+) 0 R", text)[1]))
            yield from entries(linked(rb"First", text))
            number = linked(rb"Next", text)

    def linked(name: bytes, text: bytes) -> int:
        found = re.search(rb"/%s (\d+) 0 R" % name, text)
        return int(found[1]) if found else 0

    return list(entries(linked(rb"Outlines", pdf)))


@pytest.mark.browser
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_chromium_prints_a_tagged_outlined_pdf(
    paper: printing.Paper, tmp_path: Path, sample_review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium or Chrome on this computer")
    monkeypatch.setenv(printing.VARIABLE, CHROMIUM)
    page, pdf = tmp_path / "C05.html", tmp_path / "C05.pdf"
    page.write_text(html.render_page(html.SuperviseePage(sample_review.supervisee("C05"))), encoding="utf-8")
    with scratch(tmp_path) as stage:
        find_browser().print_page(page, pdf, paper, stage, 120, Event())
    content = pdf.read_bytes()
    for part in (b"/StructTreeRoot", b"/Outlines", b"/ToUnicode", b"/Lang (en-GB)"):
        assert part in content
    assert re.search(rb"/MarkInfo\s*<</Type /MarkInfo\s*/Marked true", content)
    assert b"/Title (Supervision report, C05, May 2026)" in content
    boxes = re.findall(rb"/Type /Page\n.*?/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content, re.DOTALL)
    assert {tuple(round(float(side)) for side in box) for box in boxes} == {(595, 842) if paper == "a4" else (612, 792)}
    assert 6 <= len(boxes) <= 9
    outline = bookmarks(content)
    assert [number for _, number in outline] == sorted(number for _, number in outline)
    assert (sample_review.supervisee("C05").opening.title, 1) in outline
    assert ("Agenda for our meeting", 2) in outline
    assert [number for title, number in outline if title == "Are you working harder than your client?"] == [3]
    assert str(tmp_path).encode() not in content and b"file:" not in content
