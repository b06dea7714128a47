"""Writing a simulated practice: one file a table and what belongs beside them, all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd

from caseload.errors import ParameterError
from caseload.simulate.practice import Simulated

Format = Literal["csv", "parquet"]
TABLES = ("sessions", "contacts", "clients", "clinicians", "surveys", "supports", "selfcare_plan", "agenda")
OURS = {f"{table}.{end}" for table in TABLES for end in ("csv", "parquet")} | {"truth", "README.md", "support.toml"}
DATES = ("intake_date", "started_on", "completed_on", "date")


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
    unless `overwrite` and it holds nothing but a simulated practice; so is a format other than `csv` and `parquet`.

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
    if format not in ("csv", "parquet"):
        raise ParameterError(f"format is csv or parquet, not {format!r}.")
    target = Path(folder).resolve()
    _refuse_foreign(target, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        _write_tables(simulated.tables, fresh, format)
        if with_truth:
            _write_tables(vars(simulated.truth), fresh / "truth", format)
        for name, text in (beside or {}).items():
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")
        _replace(target, fresh, Path(scratch) / "old")
    return target


def _refuse_foreign(target: Path, overwrite: bool) -> None:
    """Refuse what is not a folder, or holds files that a new practice would mix with or destroy."""
    if target.exists() and not target.is_dir():
        raise ParameterError(f"{target} is a file; name a folder for the practice.")
    held = {path.name for path in target.iterdir()} if target.exists() else set()
    if foreign := sorted(held - OURS):
        raise ParameterError(
            f"{target} holds files that are no simulated practice ({foreign[0]}, …); name another folder."
        )
    if held and not overwrite:
        raise ParameterError(f"{target} is not empty; name another folder, or say to overwrite.")


def _replace(target: Path, fresh: Path, old: Path) -> None:
    """Move the new folder into place; the old one goes only then."""
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_tables(tables: dict[str, pd.DataFrame], folder: Path, format: Format) -> None:
    """One file a table."""
    folder.mkdir(parents=True)
    for name, table in tables.items():
        if format == "parquet" and name != "agenda":
            _with_text_months(table).to_parquet(folder / f"{name}.parquet", index=False)
        else:
            as_text(table).to_csv(
                folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n", encoding="utf-8"
            )


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
