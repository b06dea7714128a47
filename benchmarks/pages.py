"""How large a page of a large caseload is, and how fast a browser opens it.

    python benchmarks/pages.py                     # half a minute; needs playwright and Chromium or Chrome
    python benchmarks/pages.py --keep /tmp/pages   # and leaves the pages there

One of three simulated clinicians sees so many clients for 18 months; all over-invest of late, so that there is much to
show. The report is made by the command, and both copies are opened from the disk, without a network, in a new tab each
time: until the load event, and until the page is on the screen, medians of so many turns.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from caseload.simulate import Caseload, OverInvestment, Settings, simulate, write

SEED = 940_000
MONTHS, MONTH = 18, "2026-05"
CLIENTS = (10, 40)
TURNS = 5
FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def large_caseload(clients: int, folder: Path) -> str:
    """Write a practice of three clinicians with so many clients each; returns the one who sees most this month."""
    caseload = Caseload(size_spread=0.0, leave=0.0, late_starters=0.0, client_gap=0.0)
    settings = Settings(
        clinicians=3,
        months=MONTHS,
        first_month="2024-12",
        clients_per_clinician=clients,
        caseload=caseload,
        over_investment=(OverInvestment("compensation", 1.0, size=2.0, onset=MONTHS - 5, end=MONTHS - 1),),
        seed=SEED,
    )
    drawn = simulate(settings)
    write(drawn, folder)
    sessions = drawn.tables["sessions"]
    newest = sessions[sessions["scheduled_start"] >= f"{MONTH}-01"]
    return str(newest.groupby("clinician_id")["client_id"].nunique().idxmax())


def report(data: Path, clinician: str, out: Path) -> list[Path]:
    """The pages of that clinician: the supervisor's copy, then the own one."""
    command = [sys.executable, "-m", "caseload.cli", "report", str(data), "--month", MONTH, "--out", str(out)]
    subprocess.run([*command, "--clinician", clinician, "--quiet"], check=True, capture_output=True)
    return [out / MONTH / f"{clinician}.html", out / MONTH / "own" / f"{clinician}.html"]


def opened(browser: Any, page: Path) -> tuple[float, float]:
    """Seconds until the page is loaded, and until it is on the screen."""
    tab = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
    began = time.perf_counter()
    tab.goto(page.as_uri(), wait_until="load")
    loaded = time.perf_counter() - began
    tab.evaluate(FRAME)
    drawn = time.perf_counter() - began
    tab.context.close()
    return loaded, drawn


def main() -> None:
    """Print a row a page."""
    from playwright.sync_api import sync_playwright

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--keep", type=Path, help="a folder for the pages")
    keep = options.parse_args().keep
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    print("| clients | copy | kB | loaded, s | drawn, s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for clients in CLIENTS:
            data = Path(scratch) / f"practice-{clients}"
            pages = report(data, large_caseload(clients, data), (keep or Path(scratch)) / f"clients-{clients}")
            for copy, page in zip(("supervisor", "own"), pages, strict=True):
                loaded, drawn = map(statistics.median, zip(*(opened(browser, page) for _ in range(TURNS)), strict=True))
                print(f"| {clients} | {copy} | {page.stat().st_size / 1000:.0f} | {loaded:.2f} | {drawn:.2f} |")
        browser.close()


if __name__ == "__main__":
    main()
