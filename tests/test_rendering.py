"""Notebooks without a kernel: what the engine shows is what the ordinary kernel shows, and every process is fresh."""

from __future__ import annotations

import builtins
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from caseload.month.rendering import engine, local_workers
from caseload.month.rendering.exporter import exporter
from caseload.month.rendering.forked import Forked
from caseload.month.rendering.kernels import Kernels
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import job_of, planned
from caseload.pages.review import Review

ROOT = Path(__file__).parents[1]

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}

# Each is one notebook: what a page may ever contain, and what papermill and nbclient treat in ways of their own.
NOTEBOOKS = {
    "results": ["1 + 1", "_ + 1", "x = 3", "x;", "In[1], Out[1]", "get_ipython().execution_count"],
    "streams": [
        "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three', end='', flush=True)\nprint('four')",
        # the kernel reads the descriptor in a thread, which must come before the cell's end to count as the cell's
        "import os, time\nos.write(1, b'from C\\n')\ntime.sleep(0.5)",
        "!echo from a program",
        "%%capture kept\nprint('not shown')",
        "kept.stdout",
        "print('é😀\\ud83d'.encode('utf-8', 'replace').decode())",
    ],
    "displays": [
        "from IPython.display import *\nHTML('<p>a</p>')",
        "display(Markdown('*b*'), HTML('<i>c</i>'))\n'd'",
        "display({'text/plain': 'raw', 'image/png': 'AAAA'}, raw=True, metadata={'image/png': {'alt': 'words'}})",
        "display(JSON({'a': (1, 2)}))",
        "handle = display('first', display_id='mine')",
        "update_display('second', display_id='mine')",
        "display('third', display_id='mine')\nhandle.update('fourth')",
        "display('gone')\nclear_output()\ndisplay('stays')",
        "display('gone at the next')\nclear_output(wait=True)\ndisplay('next')",
        "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')",
    ],
    "frames": [
        "import pandas as pd\npd.DataFrame({'a': [1.5, None], 'b': ['x', 'é']})",
        "pd.Series([1, 2], name='s')",
        "pd.DataFrame({'a': [1]}).style.set_uuid('t').format(precision=1)",
    ],
    "figures": [
        "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2])\nNone",
        "plt.figure(figsize=(1, 1))\nplt.plot([3, 1])\nplt.show()\nprint('after')",
        "%matplotlib inline\n%config InlineBackend.figure_formats = ['png']",
        "figure",
    ],
    "errors": ["1 / 0", "print('never')"],
    "syntax": ["def f(:", "print('never')"],
    "allowed": ["#raises\nraise KeyError('é')", "'goes on'"],
    "exit": ["import sys\nsys.exit(3)", "print('never')"],
    "input": ["input('who? ')"],
    "password": ["import getpass\ngetpass.getpass()"],
    "interrupted": ["raise KeyboardInterrupt"],
    "repr": ["class Bad:\n    def __repr__(self):\n        raise ValueError('no words')\nBad()", "'goes on'"],
    "await": ["import asyncio\nawait asyncio.sleep(0)\n'awaited'", "async def f():\n    return 4\nawait f()"],
    "warnings": ["import warnings\nwarnings.simplefilter('ignore')\nwarnings.warn('unseen')\n1"],
    "help": ["len?", "%lsmagic\nNone", "%timeit -n1 -r1 -q 1"],
    "modules": [
        "__name__",
        "import __main__\n__main__.__dict__ is globals()",
        "import pickle\nclass A: pass\npickle.loads(pickle.dumps(A)) is A",
    ],
    "skipped": ["", "   ", "2"],
    "loop": [
        "import asyncio\nasyncio.get_running_loop() is asyncio.get_event_loop()",
        "waiting = asyncio.ensure_future(asyncio.sleep(0.01, 'from a cell before'))",
        "await waiting",
        "asyncio.run(asyncio.sleep(0))",
    ],
    "context": ["import numpy as np\nbefore = np.seterr(over='raise')", "np.geterr()"],
    "helper": ["import helper\nhelper.WORDS"],
    "widgets": ["import ipywidgets as w\ns = w.IntSlider(value=3)\ns", "s.value = 5\ns.description = 'five'"],
}

# Python 3.12 and newer warn of a fork beside other tests' threads; these notebooks need no lock of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests left running does not decide which engine is tested."""
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread()])


def notebook(sources: list[str]) -> NotebookNode:
    cells = [nbformat.v4.new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    for cell in cells:
        cell.metadata.tags = ["raises-exception"] if cell.source.startswith("#raises") else []
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def run(sources: list[str], place: Path, engine_name: str | None, **options: Any) -> tuple[NotebookNode, str]:
    """The executed notebook, and the kind of error that papermill raised."""
    read, written = place / "in.ipynb", place / "out.ipynb"
    nbformat.write(notebook(sources), read)
    (place / "helper.py").write_text("WORDS = 'of the working directory'")
    error = ""
    try:
        papermill.execute_notebook(read, written, engine_name=engine_name, progress_bar=False, cwd=place, **options)
    except papermill.PapermillExecutionError as raised:
        error = f"{raised.ename}: {raised.evalue}"
    return nbformat.read(written, as_version=4), error


def shown(executed: NotebookNode) -> list[Any]:
    """Everything a reader can see: streams of a cell joined, since a kernel cuts them by the clock."""
    cells = []
    for cell in executed.cells:
        outputs: list[Any] = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and "To exit: use" in output.text:
                continue  # a warning, which pytest catches
            if output.output_type == "stream":
                same = next((o for o in outputs if o.output_type == "stream" and o.name == output.name), None)
                if same is not None:
                    same.text += output.text
                    continue
            outputs.append(output)
        outputs.sort(key=lambda o: (o.output_type == "stream", o.get("name", "")))
        cells.append((cell.cell_type, cell.source, cell.get("execution_count"), [_plain(o) for o in outputs]))
    return cells


def _plain(output: NotebookNode) -> Any:
    """Without what is another number in each process: addresses, ids of widgets, frames of the machinery."""
    data = dict(output)
    view = data.get("data", {}).get("application/vnd.jupyter.widget-view+json")
    if view is not None:
        view.model_id = "model"
    if data.get("ename") == "StdinNotImplementedError":  # raised in another file
        del data["traceback"]
    if "text/plain" in data.get("data", {}):
        data["data"]["text/plain"] = re.sub("0x[0-9a-f]+", "0x", data["data"]["text/plain"])
    return data


def models(executed: NotebookNode) -> list[Any]:
    """The widgets' states without their random ids."""
    states = executed.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    kept = [
        (state["model_name"], {k: v for k, v in state["state"].items() if "IPY_MODEL" not in str(v) and k != "msg_id"})
        for state in states.values()
    ]
    return sorted(kept, key=str)


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_engine_shows_what_the_kernel_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it a kernel does not listen to what programs print
    with warnings.catch_warnings():
        warnings.resetwarnings()  # a child has its parent's
        ours, kernels = (run(NOTEBOOKS[name], tmp_path, chosen) for chosen in ("caseload", None))
    assert shown(ours[0]) == shown(kernels[0])
    assert ours[1] == kernels[1]
    assert models(ours[0]) == models(kernels[0])
    assert ours[0].metadata.language_info == kernels[0].metadata.language_info
    assert exporter().from_notebook_node(ours[0])[0] == exporter().from_notebook_node(kernels[0])[0] or models(ours[0])


@pytest.mark.slow
def test_the_projects_pages_and_notebooks_are_the_same_bytes_by_either_workers(
    sample_review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = {"data": ROOT / "data/sample", "month": "2026-05", "exclude_invalid": False}
    reports = planned(sample_review, ("C07",), common, practice=True)
    monkeypatch.setenv("MPLBACKEND", "nosuchbackend")  # whatever a user works with is no matter of a report
    made = {}
    for name, workers in (("forked", Forked(1)), ("two", Forked(2)), ("kernels", Kernels(2))):
        folder = tmp_path / name
        folder.mkdir()
        with workers as ready:
            results = ready.rendered(reports, partial(job_of, sample_review), folder, Limits())
            assert {result.error for result in results} == {""}
        made[name] = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert made["forked"] == made["two"] == made["kernels"]
    assert len(made["forked"]) == 3 + 3 * 2


def test_a_notebook_leaves_nothing_behind(tmp_path: Path) -> None:
    before = dict(os.environ), sys.stdout, sys.displayhook, threading.active_count(), set(sys.modules)
    run(["import os, json\nos.environ['LEAK'] = '1'\njson.leak = 1\nsecret = 1"], tmp_path, "caseload")
    assert (dict(os.environ), sys.stdout, sys.displayhook, threading.active_count()) == before[:4]
    executed, _ = run(
        ["import os, json\n'LEAK' in os.environ, hasattr(json, 'leak'), 'secret' in globals()"], tmp_path, "caseload"
    )
    assert executed.cells[0].outputs[0].data["text/plain"] == "(False, False, False)"


def test_the_last_result_is_the_notebooks_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "_", "of an interactive Python that started the run", raising=False)
    executed, _ = run(["1 + 1", "_ + 1"], tmp_path, "caseload")
    assert executed.cells[1].outputs[0].data["text/plain"] == "3"


def test_what_a_program_prints_to_an_inherited_stream_is_shown(tmp_path: Path) -> None:
    cell = "import subprocess, sys\nsubprocess.run(['echo', 'inherited'], stdout=sys.stdout)\nNone"
    executed, _ = run([cell], tmp_path, "caseload")
    assert executed.cells[0].outputs[0].text == "inherited\n"


def test_figures_are_shown_where_pyplot_had_another_backend(tmp_path: Path) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    executed, _ = run(["import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone"], tmp_path, "caseload")
    assert "image/png" in executed.cells[0].outputs[0].data


def test_figures_are_shown_where_another_shell_showed_some_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inline = pytest.importorskip("matplotlib_inline.backend_inline").configure_inline_support
    monkeypatch.setattr(inline, "current_backend", "inline", raising=False)
    executed, _ = run(["import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone"], tmp_path, "caseload")
    assert "image/png" in executed.cells[0].outputs[0].data


def test_figures_are_shown_where_only_matplotlib_had_been_imported(tmp_path: Path) -> None:
    nbformat.write(notebook(["import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone"]), tmp_path / "in.ipynb")
    program = (
        "import matplotlib, sys, papermill\n"
        "papermill.execute_notebook(*sys.argv[1:], engine_name='caseload', progress_bar=False)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    names = [str(tmp_path / name) for name in ("in.ipynb", "out.ipynb")]
    subprocess.run([sys.executable, "-c", program, *names], env=environment, check=True)
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "image/png" in executed.cells[0].outputs[0].data


def test_a_child_that_dies_is_a_dead_kernel(tmp_path: Path) -> None:
    with pytest.raises(DeadKernelError):
        run(["import os\nos._exit(1)"], tmp_path, "caseload")


def test_a_cell_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(CellTimeoutError):
        run(["while True: pass"], tmp_path, "caseload", execution_timeout=1)


ENDS = {
    "a timeout": ("while True: pass", CellTimeoutError, {"execution_timeout": 2}),
    "much that is printed": ("while True: print('more')", CellTimeoutError, {"execution_timeout": 2}),
    "a death": ("os.kill(os.getpid(), 9)", DeadKernelError, {}),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_was_printed_before_a_bad_end_is_kept(end: str, tmp_path: Path) -> None:
    last, error, options = ENDS[end]
    with pytest.raises(error):
        run([f"import os\nprint('said', end='')\nos.write(1, b' from C ')\n{last}"], tmp_path, "caseload", **options)
    outputs = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs
    text = "".join(output.text for output in outputs)
    assert "said" in text  # which of the two a reader sees first is open, as with a kernel
    assert " from C " in text


def test_what_the_processes_of_a_pool_print_is_shown(tmp_path: Path) -> None:
    cell = "from multiprocessing import get_context as c\nwith c('fork').Pool(2) as pool:\n    pool.map(print, 'ab')"
    executed, _ = run([cell], tmp_path, "caseload")
    assert sorted("".join(output.text for output in executed.cells[0].outputs).split()) == ["a", "b"]


class Heard(io.StringIO):
    """Where papermill writes what is printed; a cell can see that it has arrived."""

    def __init__(self, sign: Path) -> None:
        super().__init__()
        self.sign = sign

    def write(self, text: str) -> int:
        written = super().write(text)
        if {"python", "program"} <= set(self.getvalue().split()):
            self.sign.touch()
        return written


def test_what_is_printed_arrives_while_the_cell_runs(tmp_path: Path) -> None:
    cell = (
        "import pathlib, time\nprint('python', end=' ')\n!echo program\n"
        "while not pathlib.Path('heard').exists():\n    time.sleep(0.01)"
    )
    heard = Heard(tmp_path / "heard")
    _, error = run([cell], tmp_path, "caseload", execution_timeout=30, stdout_file=heard)
    assert error == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_notebook_ends_with_papermill_however_that_ends(how: signal.Signals, tmp_path: Path) -> None:
    cell = "import os, pathlib\npathlib.Path('pid').write_text(f'{os.getpid()}.')\nwhile True: pass"
    nbformat.write(notebook([cell]), tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", "caseload", "in.ipynb", "out.ipynb"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as papermills:
        written = tmp_path / "pid"
        until(lambda: written.exists() and written.read_text().endswith("."))
        papermills.send_signal(how)
    child = Path("/proc", written.read_text().strip("."))
    until(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text())


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_child_that_cannot_begin_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", "/proc/nowhere")
    with pytest.raises(DeadKernelError, match=r"could not begin: .*'/proc/nowhere'"):
        run(["1"], tmp_path, "caseload")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds this limit")
@pytest.mark.parametrize("which", ["hard", "soft"])
def test_a_limit_of_memory_below_ours_stays(which: str) -> None:
    program = (
        "import os, resource, sys\n"
        "from caseload.month.rendering.limits import Limits\n"
        "low = 2 ** 30\n"
        "hard = low if sys.argv[1] == 'hard' else resource.RLIM_INFINITY\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (low, hard))\n"
        "Limits(megabytes=2048).hold_memory(os.getpid())\n"
        "print(resource.getrlimit(resource.RLIMIT_DATA) == (low, low))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, which], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_who_asks_for_the_kernel_is_told_that_there_is_none(tmp_path: Path) -> None:
    asked = "bool(get_ipython().kernel), hasattr(get_ipython().kernel, 'io_loop')"
    executed, error = run([asked, "get_ipython().kernel.io_loop"], tmp_path, "caseload")
    assert executed.cells[1].outputs[0].data["text/plain"] == "(False, False)"  # the first says what went wrong
    assert "get_ipython().kernel.io_loop is not there: the engine caseload runs notebooks without a kernel" in error
    assert "papermill without --engine caseload" in error


def test_beside_other_threads_the_ordinary_kernel_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    monkeypatch.setattr(engine, "ForkedShell", lambda timeout: chosen.append("fork"))
    monkeypatch.setattr(
        engine.NBClientEngine, "execute_managed_notebook", lambda *asked, **options: chosen.append("kernel")
    )
    assert engine.can_fork()
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread(), threading.Thread()])
    assert not engine.can_fork()
    run(["1"], tmp_path, "caseload")
    assert chosen == ["kernel"]


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_where_processes_cannot_be_forked_the_ordinary_kernel_is_used(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if platform == "win32":
        monkeypatch.delattr(os, "fork")
    monkeypatch.setattr(sys, "platform", platform)
    assert not engine.can_fork()
    assert type(local_workers()).__name__ == "Kernels"


def test_the_bare_command_takes_the_engine(tmp_path: Path) -> None:
    nbformat.write(notebook(["x = 1", "x + 1"]), tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", "caseload", "in.ipynb", "out.ipynb", "-p", "x", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].data["text/plain"] == "2"
