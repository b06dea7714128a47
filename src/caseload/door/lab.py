"""JupyterLab on copies of the notebooks: what is run in them holds people's data, and no package or commit may."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from caseload.errors import ParameterError
from caseload.month.locations import notebooks_folder, package_folder
from caseload.month.parameters import DATA_VARIABLE
from caseload.month.workplace import COPIES
from caseload.writing.whole import private_folder, write_file

FIRST = "monthly_run.ipynb"
# JupyterLab's own news and updates come from the network: it is not to ask there, whatever somebody clicks.
ASK_NOBODY = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
CONFIG_PATH = "JUPYTER_CONFIG_PATH"  # ours leaves out the part of JupyterLab that asks whether it may tell of news
IGNORE_ALL = "*\n"  # to git, wherever the folder is


def open_lab(data: Path | None, options: Sequence[str] = ()) -> int:
    """Start JupyterLab, with `options` of its own, and return its exit code.

    `data` becomes the data of notebooks that are not told any.
    """
    if data is not None and not data.exists():
        raise ParameterError(f"no such folder or file: {data}")
    here = Path.cwd()
    paths = filter(None, (str(package_folder() / "door" / "jupyter"), os.environ.get(CONFIG_PATH)))
    configured = {CONFIG_PATH: os.pathsep.join(paths)}
    told = {} if data is None else {DATA_VARIABLE: str(data.resolve())}
    first = str(working_folder(here) / FIRST)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={here}", *ASK_NOBODY, *options, first]
    return subprocess.run(command, env={**os.environ, **configured, **told}).returncode


def working_folder(here: Path) -> Path:
    """`here/caseload-notebooks`, where missing notebooks are copied to; git ignores all that is in it."""
    folder = private_folder(here / COPIES)
    shipped = {notebook.name: notebook.read_bytes() for notebook in notebooks_folder().glob("*.ipynb")}
    for name, content in ({".gitignore": IGNORE_ALL.encode()} | shipped).items():
        if not (folder / name).exists():
            write_file(folder / name, content)
    return folder
