"""IPython's shell as a kernel has it, without the kernel: what a cell shows goes to a function, message by message.

The shell is ipykernel's own, so that displays, errors, tracebacks and widgets are what a kernel would send. It changes
the process it lives in (streams, `input`, comms, environment): make one only in a process that ends with its notebook.
"""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import functools
import getpass
import io
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, BinaryIO, NoReturn

import comm
from comm.base_comm import BaseComm
from ipykernel.compiler import XCachingCompiler
from ipykernel.jsonutil import json_clean
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.core.pylabtools import activate_matplotlib
from jupyter_client.session import Session
from traitlets.config import Config

from caseload.month.rendering.limits import INLINE

Message = dict[str, Any]

STREAMS = ("stdout", "stderr")  # descriptors 1 and 2
NO_HISTORY = Config({"HistoryManager": {"enabled": False}})  # it would keep parameters, and so a clinician's id
LANGUAGE: dict[str, Any] = {
    "name": "python",
    "version": platform.python_version(),
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}


def printed(name: str, text: str) -> Message:
    """The message of text in a stream."""
    content = {"name": name, "text": text.encode("utf-8", "replace").decode("utf-8")}
    kind = {"msg_type": "stream"}
    return {**kind, "header": kind, "parent_header": {}, "content": content, "buffers": []}


class Shell:
    """A fresh namespace that runs cells one after the other.

    Text that cells print is received with the next message, or the cell's end; or else `tell` gets it at once, with its
    stream's name. What other code writes to descriptors goes into `files`, which who gives them reads.
    """

    def __init__(self, *, files: Sequence[BinaryIO] = (), tell: Callable[[str, str], object] | None = None) -> None:
        os.environ.setdefault("MPLBACKEND", INLINE)
        _InteractiveShell.clear_instance()
        self._session = _Session(tell)
        self._shell = _InteractiveShell.instance(config=NO_HISTORY, compiler_class=XCachingCompiler, kernel=NoKernel())
        for speaks in (self._shell.displayhook, self._shell.display_pub):
            speaks.session = self._session  # type: ignore[union-attr]  # those of ipykernel have one
        _show_figures(self._shell)
        _nobody_answers()
        vars(builtins).pop("_", None)  # left by an interactive Python before the fork: IPython would not set its own
        comm.create_comm = functools.partial(_Comm, self._session)
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._context = contextvars.copy_context()  # one for all cells: what a cell sets in it, the next finds
        for descriptor, file in enumerate(files, 1):
            os.dup2(file.fileno(), descriptor)
        self._captured = _python_captured if files else _captured

    def execute(self, source: str, receive: Callable[[Message], object]) -> Message:
        """Run one cell; `receive` gets what it shows, as messages of a kernel. Returns the content of the reply."""
        self._session.receive = receive
        count = self._shell.execution_count
        self._session.send(None, "execute_input", {"code": source, "execution_count": count})
        with self._captured(self._session):
            task = self._loop.create_task(self._run(source), context=self._context)
            result = self._loop.run_until_complete(task)
        error = result.error_before_exec or result.error_in_exec
        shown = not getattr(self._shell, "_last_traceback_during_displayhook", False)  # a cell that awaits has none
        if error is None and shown:
            return {"status": "ok", "execution_count": count}
        trace = self._shell._last_traceback or []
        return {"status": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": trace}

    async def _run(self, source: str) -> ExecutionResult:
        """Run a cell as a kernel does: within a loop that runs, and on it where the cell awaits something."""
        shell = self._shell
        try:
            told = {"transformed_cell": shell.transform_cell(source), "preprocessing_exc_tuple": None}
        except Exception:
            told = {"transformed_cell": source, "preprocessing_exc_tuple": sys.exc_info()}
        if not shell.should_run_async(source, **told):
            return shell.run_cell(source, store_history=True)
        result = None
        try:
            result = await shell.run_cell_async(source, store_history=True, **told)
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)
        return result


class NoKernel:
    """What notebooks find in a kernel's place: it is not true, and says what is missing."""

    eventloop = None

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"get_ipython().kernel.{name} is not there: the engine caseload runs notebooks without a kernel. "
            "Run this notebook by papermill without --engine caseload."
        )


class _InteractiveShell(ZMQInteractiveShell):
    """ipykernel's shell where there is no kernel."""

    def enable_gui(self, gui: Any = None) -> None:
        """Figures are shown in the page: no event loop is needed."""


class _Session(Session):
    """Hands each message to `receive` instead of a socket, with the content that JSON would carry over."""

    def __init__(self, tell: Callable[[str, str], object] | None) -> None:
        super().__init__()
        self.process = os.getpid()
        self.tell = tell
        self.receive: Callable[[Message], object] = lambda message: None
        self.streams: tuple[_Stream, ...] = ()

    def send(  # type: ignore[override]
        self,
        stream: object,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        *,
        buffers: Any = None,
        **more: Any,
    ) -> None:
        """Deliver a message, after what has been printed before it."""
        message = msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content, parent)
        if message["msg_type"] != "stream":
            self.deliver_streams()
        message["content"] = self.unpack(self.pack(message["content"]))
        self.receive(message | {"buffers": buffers or []})

    def deliver_streams(self) -> None:
        """Send what is printed and not sent yet."""
        for stream in self.streams:
            stream.deliver()


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a cell: text of one stream in a row becomes one message."""

    encoding = "utf-8"

    def __init__(self, name: str, descriptor: int, session: _Session) -> None:
        self.name = name
        self._descriptor = descriptor
        self._session = session
        self._text: list[str] = []

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() != self._session.process:  # of a pool, say: forked by the notebook
            os.write(self._descriptor, text.encode("utf-8", "replace"))
            return len(text)
        if self._session.tell is not None:
            self._session.tell(self.name, text)
            return len(text)
        for other in self._session.streams:
            if other is not self:
                other.deliver()
        self._text.append(text)
        return len(text)

    def deliver(self) -> None:
        text, self._text = "".join(self._text), []
        if text:
            self._session.receive(printed(self.name, text))


class _Comm(BaseComm):
    """A widget's line to the page: what it says goes the way of all messages."""

    def __init__(self, session: _Session, *arguments: Any, **options: Any) -> None:
        self._session = session
        super().__init__(*arguments, **options)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        content = json_clean({"data": data or {}, "comm_id": self.comm_id, **keys})
        self._session.send(None, msg_type, content, buffers=buffers)


@contextmanager
def _captured(session: _Session) -> Iterator[None]:
    """Everything that is printed becomes messages: by Python as it comes, by other code at the end of the cell."""
    with _descriptor(1) as out, _descriptor(2) as err:
        with _python_captured(session):
            yield
        for stream, file in zip(session.streams, (out, err), strict=True):
            file.seek(0)
            stream.write(file.read().decode("utf-8", "replace"))
    session.deliver_streams()


@contextmanager
def _python_captured(session: _Session) -> Iterator[None]:
    """What Python prints becomes messages."""
    streams = session.streams = tuple(_Stream(name, number, session) for number, name in enumerate(STREAMS, 1))
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        yield


@contextmanager
def _descriptor(number: int) -> Iterator[BinaryIO]:
    """A file that takes what C code and programs of the cell write to a file descriptor."""
    with tempfile.TemporaryFile() as file:
        before = os.dup(number)
        os.dup2(file.fileno(), number)
        try:
            yield file
        finally:
            os.dup2(before, number)
            os.close(before)


def _show_figures(shell: InteractiveShell) -> None:
    """Have pyplot's figures shown, also where this process, or the one it was forked from, has used another backend."""
    if "matplotlib.pyplot" in sys.modules:
        activate_matplotlib(os.environ["MPLBACKEND"])
    elif matplotlib := sys.modules.get("matplotlib"):  # which has read the environment before it was set
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    if "matplotlib_inline.backend_inline" in sys.modules:
        from matplotlib_inline.backend_inline import configure_inline_support

        vars(configure_inline_support).pop("current_backend", None)  # of a shell before: this one has no formats yet
        configure_inline_support(shell, os.environ["MPLBACKEND"])


def _nobody_answers() -> None:
    """Asking for input is an error, as in every notebook that nobody sits at."""

    def refuse(name: str, *prompt: object, **options: object) -> NoReturn:
        raise StdinNotImplementedError(f"{name} was called, but this frontend does not support input requests.")

    builtins.input = functools.partial(refuse, "raw_input")
    getpass.getpass = functools.partial(refuse, "getpass")
