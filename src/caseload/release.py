"""Which release of caseload this is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

DISTRIBUTION = "caseload-balance"
"""What is installed: on the package index the bare name belongs to another project."""


def version() -> str:
    """The version of the installed distribution, or "not installed" where this is only a folder on the path."""
    try:
        return version_of(DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed"
