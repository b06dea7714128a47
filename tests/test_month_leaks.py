"""Who is named where: everything that a run of the sample practice writes is read, markup and metadata included.

A page of one supervisee names nobody else, and no client or day that is not theirs; a page of the practice names no
clinician and no client. What is not shared leaves no trace: the same practice without the private rows gives the same
files, byte for byte.
"""

from __future__ import annotations

import base64
import getpass
import re
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from rendered import USER, rendered
from review_fixtures import MONTH, SAMPLE

CLINICIAN, CLIENT, SUPERVISOR, SESSION = (rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])" for form in (
    r"C\d\d", r"K\d{4}", r"S\d\d", r"s\d{6}",
))  # fmt: skip
TABLES = ("clinicians.csv", "clients.csv", "flags.csv")
MACHINES = (*TABLES, "manifest.json")  # their ids are the contract's
OF_TEAMS = ("team-North", "team-South")
DATED = {"sessions": "scheduled_start", "contacts": "contacted_at", "surveys": "completed_on", "supports": "date"}
MONTHS = [f"{pd.Timestamp(2026, month, 1):%B}" for month in range(1, 13)]
IN_WORDS = rf"\b(\d{{1,2}})\s({'|'.join(MONTHS)})(?:\s(20\d\d))?\b"
IN_FIGURES = r"\b20\d\d-\d\d-\d\d\b"


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)


CLINICIANS = sorted(set(table("sessions")["clinician_id"]) | set(table("clinicians")["clinician_id"]))
SUPERVISOR_OF = dict(zip(table("clinicians")["clinician_id"], table("clinicians")["supervisor_id"], strict=True))
SUPERVISORS = sorted(set(SUPERVISOR_OF.values()))
UNSHARED = sorted(set(CLINICIANS) - set(table("clinicians").query("shares_surveys == 'true'")["clinician_id"]))
EXPECTED = {
    *(f"{who}{suffix}" for who in CLINICIANS for suffix in (".html", ".ipynb")),
    *(f"own/{who}.html" for who in CLINICIANS),
    *(f"{name}{suffix}" for name in (*OF_TEAMS, "data_quality") for suffix in (".html", ".ipynb")),
    *("index.html", *(f"index-{who}.html" for who in SUPERVISORS), *MACHINES),
}


def clients_of(clinicians: list[str]) -> set[str]:
    seen = pd.concat([table(name)[["clinician_id", "client_id"]] for name in ("sessions", "contacts")])
    return set(seen.loc[seen["clinician_id"].isin(clinicians), "client_id"])


def sessions_of(clinicians: list[str]) -> set[str]:
    sessions = table("sessions")
    return set(sessions.loc[sessions["clinician_id"].isin(clinicians), "session_id"])


def days_of(clinician: str) -> set[str]:
    """The days that a supervisee's page may name: theirs, their clients' first, the month's last."""
    days = {pd.Period(MONTH).end_time.strftime("%Y-%m-%d")}
    for name, column in DATED.items():
        days |= set(table(name).loc[table(name)["clinician_id"] == clinician, column].str[:10])
    clients = table("clients")
    return days | set(clients.loc[clients["client_id"].isin(clients_of([clinician])), "intake_date"])


def files(month: Path) -> dict[str, str]:
    """Name below the month's folder → what the file holds, as text; in pages the escapes of addresses are undone."""
    found = {path.relative_to(month).as_posix(): path.read_text("utf-8") for path in month.rglob("*") if path.is_file()}
    return {name: text if name in MACHINES else unquote(text) for name, text in found.items()}


def ids(text: str, form: str) -> set[str]:
    return set(re.findall(form, text))


@pytest.fixture(scope="module")
def written(sample_month: Path) -> dict[str, str]:
    return files(sample_month)


def pages_of(written: dict[str, str], who: str) -> dict[str, str]:
    """Every file about one supervisee, whatever its kind."""
    return {name: text for name, text in written.items() if Path(name).stem == who}


def test_the_run_writes_what_the_contract_lists(written: dict[str, str]) -> None:
    assert written.keys() >= EXPECTED
    # A new kind of file: say above and in these tests whom it may name.
    stems = {*CLINICIANS, *OF_TEAMS, "data_quality", "index", *(f"index-{who}" for who in SUPERVISORS)}
    assert [name for name in written if name not in MACHINES and Path(name).stem not in stems] == []


@pytest.mark.parametrize("who", CLINICIANS)
def test_a_supervisees_files_name_nobody_else(written: dict[str, str], who: str) -> None:
    for name, text in pages_of(written, who).items():
        assert ids(text, CLINICIAN) == {who}, name
        assert ids(text, CLIENT) <= clients_of([who]), name
        assert ids(text, SESSION) <= sessions_of([who]), name
        assert ids(text, SUPERVISOR) <= {SUPERVISOR_OF[who]}, name


@pytest.mark.parametrize("who", CLINICIANS)
def test_a_supervisees_files_tell_no_day_but_theirs(written: dict[str, str], who: str) -> None:
    days = days_of(who)
    of_any_year = {day[5:] for day in days}
    for name, text in pages_of(written, who).items():
        told = set(re.findall(IN_FIGURES, text))
        for day, month, year in re.findall(IN_WORDS, text):
            date = f"{MONTHS.index(month) + 1:02}-{int(day):02}"
            told.add(f"{year}-{date}" if year or date not in of_any_year else next(d for d in days if d[5:] == date))
        assert told <= days, name


@pytest.mark.parametrize("name", ["index", *OF_TEAMS])
def test_pages_of_the_practice_name_no_clinician_client_or_session(written: dict[str, str], name: str) -> None:
    texts = {file: text for file, text in written.items() if Path(file).stem == name}
    assert texts
    for file, text in texts.items():
        assert not ids(text, CLINICIAN) | ids(text, CLIENT) | ids(text, SESSION), file
        assert ids(text, SUPERVISOR) <= (set(SUPERVISORS) if name == "index" else set()), file


def test_the_page_on_data_quality_names_clinicians_and_months_and_nothing_closer(written: dict[str, str]) -> None:
    texts = {file: text for file, text in written.items() if Path(file).stem == "data_quality"}
    assert texts
    last = pd.Period(MONTH).end_time
    for file, text in texts.items():
        assert not ids(text, CLIENT) | ids(text, SESSION) | ids(text, SUPERVISOR), file
        assert ids(text, CLINICIAN) <= set(CLINICIANS), file
        assert {match[0] for match in re.finditer(IN_WORDS, text)} <= {f"{last.day} {last:%B} {last.year}"}, file
        assert set(re.findall(IN_FIGURES, text)) <= {f"{last:%Y-%m-%d}"}, file


@pytest.mark.parametrize("supervisor", SUPERVISORS)
def test_a_supervisors_page_does_not_lead_to_one_that_names_everybody(written: dict[str, str], supervisor: str) -> None:
    assert "data_quality" not in written[f"index-{supervisor}.html"]
    assert "data_quality.html" in written["index.html"]


@pytest.mark.parametrize("supervisor", SUPERVISORS)
def test_a_supervisors_landing_page_names_their_own_alone(written: dict[str, str], supervisor: str) -> None:
    mine = [who for who, by in SUPERVISOR_OF.items() if by == supervisor]
    text = written[f"index-{supervisor}.html"]
    assert ids(text, CLINICIAN) == set(mine)
    assert ids(text, CLIENT) <= clients_of(mine)
    assert ids(text, SUPERVISOR) <= {supervisor}
    assert not ids(text, SESSION)


def test_own_copies_are_linked_from_nowhere_and_other_links_arrive(written: dict[str, str]) -> None:
    for name in (name for name in written if name.endswith(".html")):
        links = {link.partition("#")[0] for link in re.findall(r'<a [^>]*?href="([^"]*)"', written[name])}
        reached = {(Path(name).parent / link).as_posix() for link in links if link}
        assert reached <= written.keys(), name
        assert not [target for target in reached if target.startswith("own/")], name
    for name in written.keys() - {"manifest.json"}:
        assert "own/" not in written[name], name


def test_no_file_tells_of_the_machine(sample_month: Path, written: dict[str, str]) -> None:
    """A path of the machine, the user's name, or an address that a browser could fetch."""
    places = [
        str(sample_month.parents[2]),
        tempfile.gettempdir() + "/",
        str(Path.home()) + "/",
        str(SAMPLE.parent),
        USER,
    ]
    places += [name for name in [getpass.getuser()] if len(name) > 5]
    for name, text in written.items():
        assert [place for place in places if place in text] == [], name
        bare = text.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
            r"xmlns=\"http://www.w3.org/2000/svg\"", ""
        )
        assert "http:" not in bare and "https:" not in bare, name


def test_embedded_pictures_carry_no_words(written: dict[str, str]) -> None:
    """A PNG may hold text beside the picture (tEXt, iTXt, zTXt, eXIf); drawings in SVG are read as markup above."""
    for name, text in written.items():
        for data in re.findall(r"iVBORw0KGgo[A-Za-z0-9+/=\\n]+", text):
            picture = base64.b64decode(data.replace("\\n", ""))
            assert not re.search(rb"tEXt|iTXt|zTXt|eXIf", picture), name


def test_every_file_and_folder_is_for_the_user_alone(sample_month: Path) -> None:
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (sample_month, *sample_month.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.fixture(scope="module")
def without_private_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's month without anybody's therapy, and without surveys of those who do not share them."""
    place = tmp_path_factory.mktemp("without")
    data = Path(shutil.copytree(SAMPLE, place / "sample"))  # the folder's name is in the manifest
    surveys, supports = table("surveys"), table("supports")
    assert set(UNSHARED) <= set(surveys["clinician_id"])
    assert (supports["kind"] == "personal_therapy").any()
    surveys[~surveys["clinician_id"].isin(UNSHARED)].to_csv(data / "surveys.csv", index=False)
    supports[supports["kind"] != "personal_therapy"].to_csv(data / "supports.csv", index=False)
    return rendered(data, MONTH, place / "reports")


def test_files_for_others_are_the_same_bytes_with_and_without_private_rows(
    sample_month: Path, without_private_rows: Path
) -> None:
    full, bare = (
        {name: (month / name).read_bytes() for name in files(month)} for month in (sample_month, without_private_rows)
    )
    assert full.keys() == bare.keys()
    different = {name for name in full if full[name] != bare[name]}
    assert {name for name in different if not name.startswith("own/")} == {"manifest.json"}
    assert different >= {f"own/{who}.html" for who in UNSHARED}  # or there was nothing to hide


def test_but_for_seals_and_times_the_manifest_is_the_same_too(sample_month: Path, without_private_rows: Path) -> None:
    """Nobody can tell from it whether there are private rows: each seal is random to who has not the secret."""
    seals = r'"[0-9a-f]{48}"'
    times = r'"(started|finished|seconds)": [^,\n]*'
    full, bare = ((month / "manifest.json").read_text("utf-8") for month in (sample_month, without_private_rows))
    assert not set(re.findall(seals, full)) & set(re.findall(seals, bare))
    full, bare = (re.sub(times, "", re.sub(seals, "", text)) for text in (full, bare))
    assert full == bare
