"""Writing a simulated practice: one file a table and what belongs beside them, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from caseload.errors import ParameterError
from caseload.simulate.simulated import Simulated
from caseload.writing.exchange import only_changer, replace_files
from caseload.writing.places import check_claimed, check_writable
from caseload.writing.whole import Content, private_folder

Format = Literal["csv", "parquet"]
MARK = ".simulated"  # names the files of a simulated practice: nothing else is ever overwritten
DATES = ("intake_date", "started_on", "completed_on", "rated_on", "date")


def write(
    simulated: Simulated,
    folder: str | Path,
    format: Format = "csv",
    *,
    with_truth: bool = False,
    overwrite: bool = False,
    beside: Mapping[str, str] | None = None,
) -> Path:
    """Write the tables (and `truth/clients`, `truth/clinicians`) into `folder`; returns it.

    `beside` holds the texts to be written beside them, by file name: `README.md`, `support.toml`. The agenda is always
    `agenda.csv`. The folder appears complete or not at all. A folder that holds anything is refused (ParameterError),
    unless `overwrite` and it holds nothing but what an earlier call has written; so is a format other than `csv` and
    `parquet`.

    Examples
    --------
    >>> import tempfile
    >>> from caseload.simulate import FIVE_COLUMNS, Settings, simulate, write
    >>> simulated = simulate(Settings(clinicians=2, months=1, recording=FIVE_COLUMNS))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = write(simulated, f"{folder}/practice", with_truth=True)
    ...     sorted(path.relative_to(practice).as_posix() for path in practice.rglob("*.csv"))
    ['sessions.csv', 'truth/clients.csv', 'truth/clinicians.csv']
    """
    truth = _files(vars(simulated.truth), format) if with_truth else {}
    more = {f"truth/{name}": content for name, content in truth.items()} | dict(beside or {})
    return write_tables(simulated.tables, folder, format, overwrite=overwrite, beside=more)


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    folder: str | Path,
    format: Format = "csv",
    *,
    overwrite: bool = False,
    beside: Mapping[str, Content] | None = None,
) -> Path:
    """Write the tables of a simulated practice, however they were made, and what belongs `beside` them; as `write`."""
    if format not in ("csv", "parquet"):
        raise ParameterError(f"format is csv or parquet, not {format!r}.")
    target = Path(folder).resolve()
    check_writable(target)
    private_folder(target.parent)
    files = _files(tables, format) | dict(beside or {})
    with only_changer(target):
        _refuse_foreign(target, overwrite)
        replace_files(target, {**files, MARK: "\n".join(sorted(files)) + "\n"}, without=None)
    return target


def _refuse_foreign(target: Path, overwrite: bool) -> None:
    """Refuse a folder with files that a new practice would mix with or destroy."""
    held = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()} - {MARK}
    if not held:
        return
    if not overwrite:
        raise ParameterError(f"{target} is not empty; name another folder, or say to overwrite.")
    check_claimed(target, sorted(held), lambda file: file.relative_to(target).as_posix() in _written(target), "folder")


def _written(target: Path) -> set[str]:
    """The files that an earlier simulation has put into a folder."""
    try:
        return set((target / MARK).read_text(encoding="utf-8").split("\n"))
    except (OSError, ValueError):
        return set()


def _files(tables: Mapping[str, pd.DataFrame], format: Format) -> dict[str, Content]:
    """One file a table; the agenda is always CSV."""
    return {
        f"{name}.csv" if format == "csv" or name == "agenda" else f"{name}.parquet": partial(
            _write_csv if format == "csv" or name == "agenda" else _write_parquet, table
        )
        for name, table in tables.items()
    }


def _write_csv(table: pd.DataFrame, file: Path) -> None:
    as_text(table).to_csv(file, index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8")


def _write_parquet(table: pd.DataFrame, file: Path) -> None:
    _with_text_months(table).to_parquet(file, index=False)


def _with_text_months(table: pd.DataFrame) -> pd.DataFrame:
    """Months as `YYYY-MM`."""
    months = [str(name) for name in table if isinstance(table[name].dtype, pd.PeriodDtype)]
    return table.assign(**{name: table[name].astype("str") for name in months})


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Dates, times, months and yes/no as the contract writes them; missing stays missing."""
    columns = {name: _text(table[name]) for name in table}
    return pd.DataFrame(columns, columns=table.columns)


def _text(column: pd.Series) -> pd.Series:
    """One column as written: `2026-05-03`, `2026-05-03T14:00`, `true`."""
    if column.dtype == "boolean" or column.dtype == bool:
        return column.map({True: "true", False: "false"})
    if pd.api.types.is_datetime64_dtype(column):
        return column.dt.strftime("%Y-%m-%d" if column.name in DATES else "%Y-%m-%dT%H:%M")
    return column.astype("str") if isinstance(column.dtype, pd.PeriodDtype) else column
