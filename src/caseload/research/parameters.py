"""What the exploring notebook may be told, as strictly as a report; but it is explored in, not only run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from caseload.month.parameters import QualityParameters, Text
from caseload.month.workplace import containing, resolved, starting_data


@dataclass(config=ConfigDict(strict=True, extra="forbid"), frozen=True, kw_only=True)
class ExploreParameters(QualityParameters):
    """What `explore_balance` is told. None: the latest complete month, and whoever a `Choice` begins with.

    Examples
    --------
    >>> import caseload
    >>> caseload.ExploreParameters(data="data/sample", clinician="C07").clinician
    'C07'
    >>> caseload.ExploreParameters.from_notebook({"data": "data/sample", "clinican": "C07"})
    Traceback (most recent call last):
    caseload.errors.ParameterError: clinican is not a parameter of this report; did you mean clinician?
    """

    clinician: Text | None = None
    client: Text | None = None

    @classmethod
    def from_notebook(cls, namespace: Mapping[str, Any]) -> Self:
        """The parameters that a notebook's namespace holds: all problems in one error.

        Without `data` it is what `caseload lab` was told, or else the sample of a checkout; a relative path counts from
        the folder above the notebooks where there is nothing of that name in the notebooks' own. Once a notebook holds
        such parameters, plain values of other names in it are its user's own, and no longer an error.
        """
        told = dict(namespace)
        if any(isinstance(value, cls) for value in told.values()):
            told = {name: value for name, value in told.items() if name in cls.names()}
        place = containing(Path.cwd())
        if told.get("data") is None:
            told["data"] = starting_data(place)
        elif isinstance(told["data"], str | Path) and not Path(told["data"]).exists():
            told["data"] = resolved(str(told["data"]), place)
        return super().from_notebook(told)
