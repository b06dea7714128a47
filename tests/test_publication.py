"""A package for publication: what it holds, what it must not hold, and how it takes its place in a folder."""

from __future__ import annotations

import json
import re
import stat
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import frictionless
import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures

import caseload
from caseload.cli import main
from caseload.errors import ParameterError
from caseload.intake import Practice, read_practice
from caseload.research.publication.columns import STEPS
from caseload.research.publication.datapackage import RESOURCES, csv_files, described
from caseload.research.publication.disclosure import Disclosure, disclosure
from caseload.research.publication.estimates import estimated
from caseload.research.publication.identifiers import Draw
from caseload.research.publication.people import COARSER, QUASI_IDENTIFIERS, WORDS
from caseload.research.publication.publish import FILES, Publication, publication
from caseload.research.publication.recorded import signal_table
from caseload.research.publication.secret import SECRET_BYTES, read_secret
from caseload.research.publication.tables import Tables, coarse, tables
from caseload.signals import SIGNALS
from caseload.simulate import Settings, simulate

ROOT = Path(__file__).parents[1]
TABLES = ["clients", "client_months", "clinicians", "clinician_months", "signals"]
SECRET, OTHER = b"\x01" * SECRET_BYTES, b"\x02" * SECRET_BYTES


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The package that the Python lines of docs/publishing.md make of the sample practice, for its first months."""
    folder = tmp_path_factory.mktemp("docs")
    lines = re.search(r"```python\n(.*?)```", (ROOT / "docs/publishing.md").read_text("utf-8"), re.DOTALL).group(1)
    assert '"data/sample"' in lines and '"2025-06"' in lines
    lines = lines.replace('"data/sample"', repr(str(fixtures.SAMPLE))).replace("2025-06", "2025-03")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(lines, {})
    return folder / "package"


@pytest.fixture(scope="module")
def practice() -> Practice:
    """Six clinicians, two months, surveys of people who share and who do not."""
    return simulate(Settings(clinicians=6, months=2, clients_per_clinician=6, seed=3)).practice()


@pytest.fixture(scope="module")
def package(practice) -> Publication:
    return publication(practice, practice.months[-1], secret=SECRET)


def tables_of(
    practice: Practice, month: pd.Period, secret: bytes | None = SECRET, **wanted
) -> tuple[Tables, Disclosure]:
    """The tables alone, and the account of them: figures take longer than all else."""
    named = {"k": 5, "quasi_identifiers": QUASI_IDENTIFIERS} | wanted
    draw = Draw.of((month, named["k"], *named["quasi_identifiers"]), secret)
    made = tables(estimated(practice, month), **named, draw=draw)
    return made, disclosure(made, named["k"])


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv")


def readable(content: bytes) -> str:
    """All that is in a file; of a PDF also what its streams hold when they are unpacked."""
    parts = [content]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts).decode("latin-1")


# What it must not hold


def test_nothing_of_the_practice_can_be_read_in_any_file(sample):
    practice = read_practice(fixtures.SAMPLE)
    words = set(practice.clinicians["clinician_id"]) | set(practice.clients["client_id"]) | {"S01", "S02"}
    words |= {"North", "South", "outpatient", "recovery"}  # `trauma` is a programme there, and a column here
    known = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, words))})(?![A-Za-z0-9])")
    date = re.compile(r"\b(?:19|20)\d\d-\d\d\b|\b(?:19|20)\d{6}\b")
    for file in sample.iterdir():
        text = readable(file.read_bytes())
        assert known.findall(text) == [], file.name
        assert date.findall(text) == [], file.name
        assert str(ROOT) not in text
        assert not re.search(r"CreationDate|Producer|Creator|dc:date|survey_|proqol|activation", text), file.name
    assert known.search("x,C07,1") and date.search("2026-05")


def test_what_clinicians_said_leaves_no_byte(practice, package):
    private = {name: getattr(practice, name) for name in ("surveys", "supports", "selfcare_plan")}
    assert all(len(rows) for rows in private.values())
    without = replace(practice, **{name: rows.iloc[:0] for name, rows in private.items()})
    assert publication(without, practice.months[-1], secret=SECRET).files == package.files


def test_rows_later_than_the_month_leave_no_byte():
    whole = simulate(Settings(clinicians=5, months=2, clients_per_clinician=6, seed=4)).practice()
    cut = whole.months[-2]
    made, until = (tables_of(each, cut, k=3)[0].frames for each in (whole, whole.until(cut)))
    assert csv_files(made) == csv_files(until)


def test_a_small_programme_has_no_name_and_no_class_of_its_own(practice):
    clients = practice.clients.assign(programme=["Cloverfield"] * 2 + ["Riverside"] * (len(practice.clients) - 2))
    made, _ = tables_of(replace(practice, clients=clients), practice.months[0])
    whole = "".join(csv_files(made.frames).values())
    assert "Cloverfield" not in whole and "Riverside" not in whole
    assert set(made.frames["clients"]["programme"].dropna()) == {"programme 1"}


def test_new_numbers_are_new_each_time_and_the_same_with_the_secret(practice, package):
    last = practice.months[-1]
    again, other, drawn = (tables_of(practice, last, secret)[0].frames for secret in (SECRET, OTHER, None))
    assert csv_files(again) == csv_files(package.frames)
    for each in (other, drawn):
        assert not set(each["clients"]["client"]) >= set(again["clients"]["client"])
    said = b"".join(package.files.values())
    assert SECRET not in said and SECRET.hex().encode() not in said and b"secret" not in said


def test_numbers_are_different_and_say_nothing_of_the_order():
    people = [f"K{n:04d}" for n in range(500)]
    draw = Draw.of(("2026-05", 5), SECRET)
    numbers = draw.numbers("client", people)
    assert len(set(numbers.values())) == 500 and min(numbers.values()) >= 100_000
    ranks = pd.Series([numbers[each] for each in people]).rank()
    assert abs(np.corrcoef(ranks, np.arange(500))[0, 1]) < 0.15
    assert draw.numbers("client", people[::-1]) == numbers  # whatever the order of the rows
    for another in (Draw.of(("2026-05", 5), OTHER), Draw.of(("2026-06", 5), SECRET), Draw.of(("2026-05", 5))):
        assert len(set(numbers.values()) & set(another.numbers("client", people).values())) < 5
    assert "01" not in repr(draw)


def test_numbers_that_meet_are_moved_apart(monkeypatch):
    draw = Draw(SECRET)
    monkeypatch.setattr(Draw, "chance", lambda self, kind, who: 899_999)
    assert sorted(draw.numbers("client", ["K1", "K2", "K3"]).values()) == [100_000, 100_001, 999_999]


# What it holds


def test_others_can_read_and_check_it(sample):
    report = frictionless.validate(str(sample / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    assert [task.name for task in report.tasks] == TABLES


def test_every_column_is_described_with_its_unit_or_words(sample):
    descriptor = json.loads((sample / "datapackage.json").read_text("utf-8"))
    book = (sample / "codebook.md").read_text("utf-8")
    for resource in descriptor["resources"]:
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == list(table(sample, resource["name"]).columns)
        assert all(len(field["description"]) > 10 for field in fields.values())
        assert all(f"| `{name}` |" in book for name in fields)
        numbers = [field for field in fields.values() if field["type"] == "number"]
        assert all("unit" in field for field in numbers)
    assert "survey" in descriptor["description"]


def test_a_column_that_nobody_has_described_is_an_error():
    with pytest.raises(KeyError, match="diagnosis"):
        described(RESOURCES[0], ["client", "diagnosis"])


def test_the_check_sees_a_value_that_is_out_of_range(package, tmp_path):
    for name, content in package.files.items():
        (tmp_path / name).write_bytes(content)
    wrong = package.frames["clinician_months"].assign(p_gap=1.5)
    wrong.to_csv(tmp_path / "clinician_months.csv", index=False)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert "constraint-error" in {kind for (kind,) in report.flatten(["type"])}


@pytest.mark.parametrize("name", ["client", "clinician"])
def test_every_combination_is_shared_by_k_people_as_it_is_published(sample, name):
    people = table(sample, f"{name}s")
    columns = [column for column in people.columns if column != name]
    assert caseload.k_anonymity(people, columns, 5, name).empty
    assert set(table(sample, f"{name}_months")[name]) == set(people[name])


def test_the_gap_is_effort_minus_engagement_and_months_count_from_ones_own_first(sample):
    for name in ("client", "clinician"):
        months = table(sample, f"{name}_months")
        np.testing.assert_allclose(months["gap"], months["effort"] - months["engagement"], atol=1e-9)
        assert months.groupby(name)["month"].min().eq(0).all()
        assert months[[name, "month"]].equals(months[[name, "month"]].sort_values([name, "month"]))


def test_published_estimates_are_those_of_the_month_as_it_was_known(practice, package):
    """Without the new numbers, the rows are those of the model, rounded: compared as a whole."""
    signals = caseload.monthly_signals(practice)
    months = [
        caseload.BalanceModel().fit(signals[signals["month"] <= month]).estimate(month) for month in practice.months
    ]
    columns = ["effort", "engagement", "gap_low"]
    for name in ("clients", "clinicians"):
        by_hand = pd.concat([getattr(balance, name) for balance in months])[columns]
        published = package.frames[f"{name[:-1]}_months"][columns].dropna()
        by_hand = by_hand.dropna().sort_values(columns[2]).reset_index(drop=True)
        published = published.sort_values(columns[2]).reset_index(drop=True)
        assert len(by_hand) == len(published)
        assert np.abs(by_hand["gap_low"] - published["gap_low"]).max() <= STEPS["estimate"] / 2 + 1e-9
        for column in ("effort", "engagement"):
            assert np.abs(by_hand[column].sort_values().to_numpy() - published[column].sort_values()).max() <= 0.0251


def test_a_client_of_two_clinicians_is_published_as_two_and_counted_once(practice):
    one, other = (practice.sessions.groupby("clinician_id")["client_id"].first().iloc[at] for at in (0, 1))
    tables = {name: getattr(practice, name).replace({"client_id": {other: one}}) for name in ("sessions", "contacts")}
    shared = replace(practice, **tables)
    made, account = tables_of(shared, practice.months[0], quasi_identifiers=["trauma"])
    found = caseload.monthly_signals(shared.until(practice.months[0]))
    assert len(made.frames["clients"]) == len(found[["clinician_id", "client_id"]].drop_duplicates())
    assert account.tables.set_index("table").loc["clients", "people"] == found["client_id"].nunique()
    assert len(made.frames["clients"]) == found["client_id"].nunique() + 1
    assert list(made.frames["clients"].columns) == ["client", "trauma"]
    assert "By whom a client is seen is not published." in account.notes


def test_methods_say_what_was_done_the_same_each_time(package):
    text = package.files["methods.md"].decode()
    assert "6 clinicians" in text and "case_mix = True, prior_weight = 1.0" in text
    for name in ("python", "pandas", "numpy", "scipy", "scikit-learn", "caseload 0."):
        assert name in text
    lost = package.disclosure.columns.set_index("column").loc["care_band"]
    assert f"| clients | care_band | {lost['coarser']} | {lost['without']} | {lost['people']} |" in text


# Too few people


def test_a_practice_of_few_clinicians_tells_nothing_of_them():
    few = simulate(Settings(clinicians=4, months=1, clients_per_clinician=6, seed=2)).practice()
    made = publication(few, few.months[-1], secret=SECRET)
    assert {"clinicians.csv", "clinician_months.csv", "figure_compensation.svg"} & set(made.files) == set()
    assert "clinician" not in made.frames["clients"] and "Not enough people" in made.disclosure.notes[0]
    assert "fewer than 5 clinicians" in made.files["methods.md"].decode()
    at_least, _ = tables_of(few, few.months[-1], k=4)
    assert len(at_least.frames["clinicians"]) == 4


def test_fewer_clients_than_k_are_not_enough(practice, tmp_path):
    sessions = practice.sessions[practice.sessions["client_id"].isin(practice.sessions["client_id"].unique()[:4])]
    with pytest.raises(ParameterError, match="not enough people"):
        caseload.publish(Practice.from_frames(sessions=sessions), tmp_path / "package")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("recorded", "k", "why"),
    [
        ({}, 2, "not recorded"),
        ({"C1": 1, "C2": 1}, 3, "recorded for fewer clients than k"),
        ({"C1": 5, "C2": 5}, 3, "recorded by too few clinicians"),
        ({"C1": 15, "C2": 1, "C3": 2}, 3, "recorded mostly by one clinician"),
        ({"C1": 15, "C2": 5, "C3": 3}, 3, None),
        ({"C1": 5, "C2": 5, "C3": 5}, 4, None),  # all there are
    ],
)
def test_a_signal_that_marks_somebody_is_left_out(recorded, k, why):
    rows = [(who, f"{who}-{n}", n < recorded.get(who, 0)) for who in ("C1", "C2", "C3") for n in range(15)]
    frame = pd.DataFrame(rows, columns=["clinician_id", "client_id", "there"])
    frame = frame.assign(**{f"{signal.name}_n": frame["there"].astype(int) for signal in SIGNALS})
    found = signal_table(frame, frozenset({"prep"}), k).set_index("signal")
    assert found["left_out"].isna().all() if why is None else (found["left_out"] == why).all()
    assert found["recorded"].notna().all() == (why is None)
    assert found["used"].to_dict()["prep"] == "yes" and found["used"].to_dict()["notes"] == "no"


# The columns


def test_every_coarser_word_is_a_word_and_every_band_has_one():
    for name, words in COARSER.items():
        assert set(words) | set(words.values()) <= set(WORDS[name])
    assert set(WORDS) | {"clinician", "programme"} == set(QUASI_IDENTIFIERS)


def test_coarse_numbers_are_multiples_and_never_minus_nought():
    values = pd.Series([-0.01, 0.024, 0.026, np.nan, -1.23])
    assert coarse(values, 0.05).tolist()[:3] == [0.0, 0.0, 0.05]
    assert not np.signbit(coarse(values, 0.05)[0])
    assert coarse(values, 0.05).isna().tolist() == [False, False, False, True, False]


# The folder


def test_a_package_is_replaced_by_the_complete_new_one(practice, package, tmp_path, monkeypatch):
    folder = tmp_path / "package"
    caseload.publish(practice, folder, month=str(practice.months[0]))
    (folder / "LICENCE.txt").write_text("mine")
    assert {file.name for file in folder.iterdir()} - {"LICENCE.txt"} <= set(FILES)
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.name in FILES} == {0o600}
    few = practice.sessions["clinician_id"].isin(practice.sessions["clinician_id"].unique()[:2])
    caseload.publish(Practice.from_frames(sessions=practice.sessions[few]), folder)
    assert not (folder / "clinicians.csv").exists()  # of the earlier package
    assert (folder / "LICENCE.txt").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["package"]


def test_what_is_wrong_is_said_at_once_and_nothing_is_written(practice, tmp_path):
    other = tmp_path / "practice"
    other.mkdir()
    (other / "clients.csv").write_text("client_id\nK1\n")
    wrong = {"k": 2, "quasi_identifiers": ["trama", "trauma", "trauma"], "secret": other / "clients.csv"}
    wrong |= {"month": "2031-01"}
    with pytest.raises(ParameterError) as told:
        caseload.publish(practice, other, **wrong)
    for part in (
        "k must be 3",
        "'trama'; did you mean trauma?",
        "twice",
        "neither in the package",
        "January 2031",
        "other files",
    ):
        assert part in str(told.value)
    assert (other / "clients.csv").read_text() == "client_id\nK1\n"
    assert [file.name for file in other.iterdir()] == ["clients.csv"]


@pytest.mark.parametrize("kind", ["file", "no folder above"])
def test_a_place_where_no_package_can_be_is_refused(practice, tmp_path, kind):
    target = tmp_path / "taken"
    if kind == "file":
        target.write_text("mine")
    with pytest.raises(ParameterError, match="is a file" if kind == "file" else "make it first"):
        caseload.publish(practice, target if kind == "file" else tmp_path / "no" / "package")
    assert [entry.name for entry in tmp_path.iterdir()] == (["taken"] if kind == "file" else [])


def test_the_command_says_what_was_done(practice, tmp_path, capsys):
    for name in ("sessions", "clients", "clinicians", "contacts"):
        getattr(practice, name).to_csv(tmp_path / f"{name}.csv", index=False)
    target = str(tmp_path / "package")
    named = ["--quasi-identifiers", "trauma,fte_band"]
    assert main(["publish", str(tmp_path), "--to", target, "--quiet", *named]) == 0
    said = capsys.readouterr()
    assert "clients: every combination is shared by" in said.out and said.err == ""
    assert list(table(Path(target), "clients").columns) == ["client", "trauma"]
    assert main(["publish", str(tmp_path), "--to", str(tmp_path), "--k", "2", "--quiet"]) == 2
    said = capsys.readouterr()
    assert "k must be 3 or more" in said.err and "holds other files" in said.err and said.out == ""


# The secret


@pytest.fixture(scope="module")
def folder(practice, tmp_path_factory) -> Path:
    """The practice as files."""
    made = tmp_path_factory.mktemp("practice")
    for name in ("sessions", "clients", "clinicians"):
        getattr(practice, name).to_csv(made / f"{name}.csv", index=False)
    return made


def packed(folder: Path, to: Path, *more: str) -> int:
    """The command, for the attributes that are made fastest."""
    return main(["publish", str(folder), "--to", str(to), "--quiet", "--quasi-identifiers", "trauma", *more])


def test_a_secret_file_makes_the_same_package_again_and_none_makes_another(folder, tmp_path, capsys):
    secret = tmp_path / "package.secret"
    made = {}
    for name, more in {"one": ["--secret", str(secret)], "again": ["--secret", str(secret)], "other": []}.items():
        assert packed(folder, tmp_path / name, *more) == 0
        made[name] = {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
    assert made["one"] == made["again"]
    for file in ("clients.csv", "client_months.csv", "clinician_months.csv"):
        assert made["one"][file] != made["other"][file]
    held = read_secret(secret)
    assert held is not None and len(held) == 32  # 256 bits
    everything = b"".join(b"".join(files.values()) for files in made.values())
    assert held not in everything and held.hex().encode() not in everything
    assert held.hex() not in str(capsys.readouterr())
    if sys.platform != "win32":
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX systems")
def test_a_secret_file_that_others_can_read_is_closed_and_said(folder, tmp_path, capsys):
    secret = tmp_path / "package.secret"
    secret.write_text(json.dumps({"caseload_publication_secret": 1, "secret": SECRET.hex()}))
    secret.chmod(0o644)
    assert packed(folder, tmp_path / "package", "--secret", str(secret)) == 0
    assert "Others on this computer could read package.secret" in capsys.readouterr().err
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.parametrize("given", [["--seed", "1234"], ["--seed=1"], ["--seed"]])
def test_a_number_given_by_hand_is_refused_with_a_reason(tmp_path, capsys, given):
    assert packed(tmp_path, tmp_path / "package", *given) == 2
    said = capsys.readouterr()
    assert "--seed is not accepted" in said.err and "--secret FILE" in said.err and said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    ["1234", '{"secret": "00"}', '{"caseload_publication_secret": 1, "secret": "1234"}', "[" * 3000, "[1]", "\0",
     '{"caseload_key_file": 1, "key": "' + "0" * 64 + '", "people": {}}', "9" * 5000],
)  # fmt: skip
def test_what_is_no_secret_file_is_refused_and_kept(folder, tmp_path, capsys, content):
    secret = tmp_path / "notes"
    secret.write_text(content)
    assert packed(folder, tmp_path / "package", "--secret", str(secret)) == 2
    said = capsys.readouterr().err
    assert "notes is not a secret file" in said and content not in said
    assert secret.read_text() == content and [file.name for file in tmp_path.iterdir()] == ["notes"]


def test_a_secret_is_neither_in_the_package_nor_with_the_tables(folder, tmp_path, capsys):
    before = sorted(file.name for file in folder.iterdir())
    for place in (tmp_path / "package" / "secret", folder / "secret", tmp_path / "no" / "secret"):
        assert packed(folder, tmp_path / "package", "--secret", str(place)) == 2
        assert re.search("neither in the package nor|make it first", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == [] and sorted(file.name for file in folder.iterdir()) == before


def test_a_package_that_fails_leaves_no_secret_file(folder, tmp_path):
    assert packed(folder, tmp_path / "package", "--secret", str(tmp_path / "secret"), "--k", "500") == 2
    assert list(tmp_path.iterdir()) == []
