"""A thousand generated inputs through the command: it ends with 0, 2 or 3, and tells nothing that was planted.

The inputs are those of `benchmarks/fuzz.py`, which takes a million of them in without the command. Here a command reads
them from a real folder, and what it says is what a person would see.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from caseload.cli import main

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks do not travel with the package", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
doors = pytest.importorskip("doors")
examples = pytest.importorskip("examples")
inputs = pytest.importorskip("inputs")

Prepared = Callable[[Random, Path], list[str]]
SESSIONS = "session_id,clinician_id,client_id,scheduled_start,status\nS1,cl0,cl1,2026-05-03T14:00,attended\n"


def export(rng: Random, folder: Path) -> list[str]:
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(4))
    (folder / "export.csv").write_bytes(inputs.as_csv(rng, rows, rng.choice(",,,;")))
    chosen = rng.choice(([], ["--format", "simplepractice"], ["--format", "jane"], ["--exclude-invalid"]))
    return ["import", str(folder / "export.csv"), "--to", str(folder / "practice"), *chosen]


def book(rng: Random, folder: Path) -> list[str]:
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(4))
    (folder / "export.xlsx").write_bytes(inputs.as_workbook(rng, {"Report": rows}))
    return ["import", str(folder / "export.xlsx"), "--to", str(folder / "practice"), "--format", "simplepractice"]


def guess(rng: Random, folder: Path) -> list[str]:
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(4))
    (folder / "export.csv").write_bytes(inputs.as_csv(rng, rows))
    return ["import", "--guess", str(folder / "export.csv"), "--to", str(folder / "map.toml")]


def own_map(rng: Random, folder: Path) -> list[str]:
    tree = inputs.changed(rng, doors.maps()["simplepractice"], rng.randrange(1, 4))
    (folder / "map.toml").write_bytes(inputs.as_toml(rng, tree))
    (folder / "export.csv").write_bytes(inputs.as_csv(rng, examples.attendance(rng)))
    return ["import", str(folder / "export.csv"), "--to", str(folder / "practice"),
            "--format", str(folder / "map.toml")]  # fmt: skip


def bundle(rng: Random, folder: Path) -> list[str]:
    resources = [inputs.changed(rng, one, rng.randrange(2)) for one in examples.resources(rng)]
    (folder / "all.ndjson").write_bytes(b"\n".join(inputs.as_json(rng, one) for one in resources))
    return ["import", str(folder / "all.ndjson"), "--to", str(folder / "practice"), "--time-zone", "Europe/Berlin"]


def table(rng: Random, folder: Path) -> list[str]:
    (folder / "sessions.csv").write_text(SESSIONS, encoding="utf-8")
    name = rng.choice(tuple(doors.TABLES))
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, name, 3), rng.randrange(1, 4))
    kind = rng.choice(("csv", "csv", "parquet"))
    made = inputs.as_csv(rng, rows) if kind == "csv" else inputs.as_parquet(rng, rows)
    (folder / f"{name}.{kind}").write_bytes(made)
    return ["check", str(folder), *rng.choice(([], ["--exclude-invalid"]))]


def beside(rng: Random, folder: Path) -> list[str]:
    (folder / "sessions.csv").write_text(SESSIONS, encoding="utf-8")
    for name in ("settings.toml", "support.toml"):
        (folder / name).write_bytes(inputs.as_toml(rng, {inputs.planted(rng): inputs.odd_value(rng)}))
    (folder / "imports.json").write_bytes(inputs.as_json(rng, inputs.odd_value(rng)))
    return ["report", str(folder), "--out", str(folder / "out"), "--quiet"]


def agenda(rng: Random, folder: Path) -> list[str]:
    (folder / "sessions.csv").write_text(SESSIONS, encoding="utf-8")
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, "agenda", 2), rng.randrange(1, 3))
    (folder / "agenda.csv").write_bytes(inputs.as_csv(rng, rows))
    who = ["--clinician", "cl0", "--month", "2026-05"]
    return rng.choice((
        ["agenda", "add", str(folder), *who, "--flag", "self_care", "--decision", "Leave on time"],
        ["agenda", "close", str(folder), *who, "--outcome", "helped"],
    ))  # fmt: skip


SHARES: dict[Prepared, int] = {export: 34, guess: 20, own_map: 14, bundle: 10, book: 8, table: 6, beside: 4, agenda: 4}
KEYS = {"practice.key"}  # the one place for names


def written(folder: Path, before: set[Path]) -> str:
    new = [path for path in folder.rglob("*") if path.is_file() and path not in before and path.name not in KEYS]
    return "".join(path.read_text(encoding="utf-8") for path in new)


@pytest.mark.parametrize("shard", range(10))
def test_a_command_ends_well_and_says_nothing_that_was_planted(
    shard: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred inputs in each; those that fail can be made again by their number."""
    codes = set()
    for number, prepare in enumerate(prepare for prepare, share in SHARES.items() for _ in range(share)):
        rng, folder = Random(f"{shard} {number}"), tmp_path / str(number)
        folder.mkdir()
        arguments = prepare(rng, folder)
        before = {path for path in folder.rglob("*") if path.is_file()}
        code = main(arguments)
        said = "".join(capsys.readouterr())
        assert code in (0, 2, 3), (number, prepare.__name__, said)
        assert not doors.betrayed(said), (number, prepare.__name__)
        assert not doors.betrayed(written(folder, before)), (number, prepare.__name__)
        assert code != 2 or not written(folder, before), (number, prepare.__name__)
        codes.add(code)
    assert codes >= {0, 2}  # some are taken in, others refused
