"""JupyterLab on the notebooks: a checkout's own, or a copy to work in where the package is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from caseload.errors import ParameterError
from caseload.reports.files import private_folder
from caseload.reports.locations import notebooks_folder
from caseload.reports.parameters import DATA_VARIABLE

COPIES = "caseload-notebooks"  # made in the working directory: what is run in it holds people's reports


def open_lab(data: Path | None) -> int:
    """Start JupyterLab and return its exit code; `data` becomes the data of notebooks that are not told any."""
    if data is not None and not data.exists():
        raise ParameterError(f"no such folder or file: {data}")
    folder = working_folder(Path.cwd())
    told = {} if data is None else {DATA_VARIABLE: str(data.resolve())}
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], env={**os.environ, **told}).returncode


def working_folder(here: Path) -> Path:
    """`here/notebooks` in a checkout; else `here/caseload-notebooks`, where missing notebooks are copied to."""
    own = here / "notebooks"
    if (own / "supervisee_report.ipynb").is_file():
        return own
    folder = private_folder(here / COPIES)
    for notebook in notebooks_folder().glob("*.ipynb"):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder
