"""What several test files share: the sample practice's month, reviewed once, and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import review_fixtures as fixtures
from browsing import CHROMIUM, axe_script
from hypothesis import settings
from rendered import rendered_once, shared_folder

from caseload.intake import read_practice
from caseload.pages.review import Review, review_month

settings.register_profile("ci", derandomize=True)  # there a change is judged, and by the same examples as before
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def state_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What commands keep from run to run lies in a temporary folder, not in that of the user who runs the tests."""
    folder = shared_folder("state", tmp_path_factory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def sample_review() -> Review:
    """May 2026 of `data/sample`; not to be changed in place."""
    return review_month(read_practice(fixtures.SAMPLE), fixtures.MONTH)


@pytest.fixture(scope="session")
def sample_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of May 2026 of `data/sample`, as the command writes it; not to be changed."""
    return rendered_once("sample", fixtures.SAMPLE, fixtures.MONTH, tmp_path_factory)


@pytest.fixture(scope="module")
def browser():
    """Chromium or Chrome, driven by playwright; the test is skipped where either is missing.

    One for each file: while playwright runs, no notebook can, since its event loop is the thread's.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (caseload-balance[browser])"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium or Chrome on this computer")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    script = axe_script()
    if script is None:
        pytest.skip("axe-core is not there: install axe-playwright-python")
    return script
