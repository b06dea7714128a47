"""A fitted balance model in one Parquet file: the client-months as its table, the constants as JSON beside them.

Nothing is pickled: the file can be read by anybody's Parquet reader, and loading it runs no code. It is written for the
user alone (mode 0600), and is complete or not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from caseload.errors import ParameterError
from caseload.estimates.factors import FactorFit
from caseload.estimates.pooling import Variances
from caseload.estimates.recorded import Changes
from caseload.signals import SIGNALS
from caseload.writing.places import check_claimed
from caseload.writing.whole import write_file

KEY = b"caseload.balance"
FORMAT = 2


Constants = tuple[FactorFit | None, Variances]
"""The constants of one side."""


@dataclass(frozen=True)
class Stored:
    """What is kept of a fitted model: its parameters, the client-months, and the constants by side."""

    parameters: dict[str, Any]
    signals: pd.DataFrame
    constants: dict[str, Constants]


def write_model(path: Path, stored: Stored) -> None:
    """Write the file, replacing one that exists. Raises ParameterError where it cannot be written."""
    sides = {
        name: {"fit": None if fit is None else _plain(fit), "variances": _plain(variances)}
        for name, (fit, variances) in stored.constants.items()
    }
    said = json.dumps({"format": FORMAT, "parameters": stored.parameters, "sides": sides})
    table = pa.Table.from_pandas(stored.signals)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: said.encode()})
    try:
        check_claimed(path.absolute().parent, [path.name], _is_model, option="another name")
        write_file(path, partial(pq.write_table, table))
    except OSError as error:
        raise ParameterError(f"cannot write {path}: {error.strerror or 'not possible'}") from error


def _is_model(path: Path) -> bool:
    """Whether a file is a fitted model, of whatever version."""
    try:
        return KEY in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def read_model(path: Path) -> Stored:
    """Read a file of `write_model`. Raises ParameterError where it is none, or of another version."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ParameterError(f"cannot read a balance model from {path}: no Parquet file") from error
    try:
        said = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
        if said.get("format") != FORMAT:
            raise ValueError
        constants = {
            name: (None if side["fit"] is None else _fit(side["fit"]), Variances(**side["variances"]))
            for name, side in said["sides"].items()
        }
        return Stored(said["parameters"], table.to_pandas(), constants)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reason = "not written by BalanceModel.save, or damaged"
        raise ParameterError(f"cannot read a balance model from {path}: {reason}") from None


def _plain(constants: FactorFit | Variances | Changes) -> dict[str, Any]:
    """A dataclass of arrays, numbers and names as JSON has them; floats keep every digit."""
    return {field.name: _value(getattr(constants, field.name)) for field in fields(constants)}


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray | pd.Index):
        return value.tolist()
    if isinstance(value, Changes):
        return _plain(value)
    return [getattr(part, "name", part) for part in value] if isinstance(value, tuple) else value


def _fit(plain: dict[str, Any]) -> FactorFit:
    named = {signal.name: signal for signal in SIGNALS}
    values: dict[str, Any] = {
        field.name: np.array(plain[field.name], float) if field.type == "np.ndarray" else plain[field.name]
        for field in fields(FactorFit)
    }
    values["signals"] = tuple(named[name] for name in plain["signals"])
    values["case_mix"] = tuple(plain["case_mix"])
    values["clinicians"] = pd.Index(plain["clinicians"], dtype="str")
    values["changes"] = _changes(plain["changes"])
    values["beta"] = values["beta"].reshape(-1, len(plain["signals"]))
    return FactorFit(**values)


def _changes(plain: dict[str, Any]) -> Changes:
    numbers = {name: np.array(plain[name], float) for name in ("since", "size", "variance")}
    return Changes(pd.Index(plain["clinician_id"], dtype="str"), tuple(plain["family"]), **numbers)
