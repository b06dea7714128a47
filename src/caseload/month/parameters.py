"""What a report's notebook may be told, strictly: a name that is unknown or a value of the wrong type is an error.

papermill only warns about parameters that a notebook does not know, and then runs on the defaults: somebody else's
report under the right file name. Each notebook therefore hands its namespace to `from_notebook`.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, Strict, ValidationError
from pydantic.dataclasses import dataclass

from caseload.errors import ParameterError, did_you_mean
from caseload.intake.settings import FEWEST
from caseload.month.told import told_in_cells

DATA_VARIABLE = "CASELOAD_DATA"  # set by `caseload lab DATA`: the data of a notebook that is not told any
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"

Text = Annotated[str, Field(min_length=1)]
Month = Annotated[str, Field(pattern=MONTH)]

_STRICT = ConfigDict(strict=True, extra="forbid")
_IPYTHON = re.compile(r"In\Z|Out\Z|_(_.*|i{1,3}|i?\d+|[iods]h|exit_code)?\Z")
_PLAIN = (str, int, float, bool, type(None), list, tuple, dict, set, Path)
_MUST_BE = {
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be a month like 2026-05",
    "bool_type": "must be True or False",
    "path_type": "must be the path of a folder or file",
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
}


class _Told:
    """What every notebook's parameters can do."""

    @classmethod
    def from_notebook(cls, namespace: Mapping[str, Any]) -> Self:
        """The parameters that a notebook's namespace holds after papermill's cell: all problems in one error.

        Judged are the names that the cell of parameters and an injected one have set. What else the namespace holds,
        such as a start-up file's names, is not. Without IPython's record of cells every plain value is judged.
        """
        return cls.checked(_told(namespace, cls.names()))

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Self:
        """Build from plain values; raises ParameterError that names every unknown, missing or mistyped one."""
        try:
            return cls(**given)
        except ValidationError as error:
            problems = [_problem(wrong, cls.names()) for wrong in error.errors()]
        raise ParameterError("; ".join(dict.fromkeys(problems)))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in dataclasses.fields(cls))  # type: ignore[arg-type]  # of subclasses


@dataclass(config=_STRICT, frozen=True, kw_only=True)
class MethodParameters(_Told):
    """What the notebook that checks the method is told: the benchmarks' results, and which truth to simulate.

    Examples
    --------
    >>> import caseload
    >>> told = caseload.MethodParameters(kind="level_shift", size=1.0, clinicians=8)
    >>> told.kind, told.months
    ('level_shift', 12)
    """

    results: Text = "benchmarks/validity.csv"
    planning: Text = "benchmarks/power.csv"
    kind: Literal["compensation", "level_shift", "few_clients", "none"] = "compensation"
    size: Annotated[float, Field(ge=0)] = 1.2
    clinicians: Annotated[int, Field(ge=2, le=200)] = 20
    clients: Annotated[int, Field(ge=3, le=60)] = 20
    months: Annotated[int, Field(ge=2, le=36)] = 12
    practices: Annotated[int, Field(ge=1, le=200)] = 2
    probability: Annotated[float, Field(gt=0, lt=1)] = 0.8
    seed: Annotated[int, Field(ge=0)] = 1


@dataclass(config=_STRICT, frozen=True, kw_only=True)
class QualityParameters(_Told):
    """What the data-quality notebook is told. `month` None: the latest one that is complete.

    Examples
    --------
    >>> import caseload
    >>> caseload.QualityParameters(data="data/sample", month="2026-05").exclude_invalid
    False
    """

    data: Annotated[Path, Strict(False)]
    month: Month | None = None
    exclude_invalid: bool = False

    @classmethod
    def from_notebook(cls, namespace: Mapping[str, Any]) -> Self:
        """The parameters that a notebook's namespace holds after papermill's cell: all problems in one error."""
        given = _told(namespace, cls.names())
        if given.get("data") is None and os.environ.get(DATA_VARIABLE):
            given["data"] = os.environ[DATA_VARIABLE]
        required = {field.name for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING}
        return cls.checked({name: value for name, value in given.items() if value is not None or name not in required})

    def as_notebook(self) -> dict[str, Any]:
        """Plain values for papermill."""
        return {**dataclasses.asdict(self), "data": str(self.data)}


@dataclass(config=_STRICT, frozen=True, kw_only=True)
class SuperviseeParameters(QualityParameters):
    """What the supervisee's notebook is told: whose report, and the supervisor's copy or the supervisee's own.

    Examples
    --------
    >>> import caseload
    >>> caseload.SuperviseeParameters(data="data/sample", month="2026-05", clinician_id="C07").copy
    'supervisor'
    >>> caseload.SuperviseeParameters.from_notebook({"clinican_id": "C07", "data": "data/sample"})
    Traceback (most recent call last):
    ...
    caseload.errors.ParameterError: ...
    """

    clinician_id: Text
    copy: Literal["supervisor", "own"] = "supervisor"


@dataclass(config=_STRICT, frozen=True, kw_only=True)
class TeamParameters(QualityParameters):
    """What the team's notebook is told: which team, and of how few people no figure is shown.

    Examples
    --------
    >>> import caseload
    >>> told = caseload.TeamParameters(data="data/sample", team="North", min_people=8)
    >>> told.min_people, told.min_respondents
    (8, None)
    """

    team: Text
    min_people: Annotated[int, Field(ge=FEWEST)] | None = None  # None: as the practice's settings say
    min_respondents: Annotated[int, Field(ge=FEWEST)] | None = None


Parameters = QualityParameters  # the common part; the other two add to it


def _told(namespace: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The parameters among a namespace's names, and what is told beside them."""
    plain = {name: value for name, value in namespace.items() if _is_parameter(name, value)}
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return plain
    set_there = told_in_cells([str(cell) for cell in cells], known)
    return {name: value for name, value in plain.items() if name in known or name in set_there}


def _is_parameter(name: str, value: object) -> bool:
    """Parameters are plain values; what else a fresh namespace holds are modules, functions and IPython's own names."""
    return isinstance(value, _PLAIN) and not _IPYTHON.match(name)


def _problem(error: Any, names: tuple[str, ...]) -> str:
    """One pydantic error in the words of somebody who typed a command."""
    name, kind, value = str(error["loc"][0]), error["type"], error["input"]
    if kind == "unexpected_keyword_argument":
        return f"{name} is not a parameter of this report{did_you_mean(name, names)}"
    if kind in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{name} is missing"
    hint = f" (pass it with -r {name} …)" if kind == "string_type" and isinstance(value, int | float) else ""
    return f"{name} {_MUST_BE.get(kind, 'is not valid').format(**error.get('ctx', {}))}, not {value!r:.60}{hint}"
