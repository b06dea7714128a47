"""A shell in a child of this process: cells go to it through a pipe, and what they show comes back as it is shown."""

from __future__ import annotations

import codecs
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from threading import RLock
from typing import Any, BinaryIO, NoReturn, Self

from IPython.core.shellapp import InteractiveShellApp
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from caseload.month.rendering.limits import end_with
from caseload.month.rendering.shell import STREAMS, Message, Shell, printed

TICK = 0.2  # seconds after which text that has been printed is handed on, as by a kernel
MOST_READ = 2**20  # bytes of a file at a time


class ForkedShell:
    """A shell in a child of this process; it ends with the `with` block, a cell that hangs with it.

    On Linux it also ends with this process, however that ends.
    """

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = timeout
        self._files = [_Written(name) for name in STREAMS]
        self._pipe, theirs = Pipe()
        parent = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            self._pipe.close()
            _live(theirs, [written.file for written in self._files], parent)
        with suppress(OSError):
            os.setpgid(self._child, self._child)  # as the child says too: what it starts ends with it
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.close()
        with suppress(OSError):
            os.killpg(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        for written in self._files:
            written.file.close()

    def execute(self, source: str, receive: Callable[[Message], object]) -> Message:
        """Run one cell; what it has printed is received a few times a second, and also if it comes to a bad end.

        Raises DeadKernelError if the child ends, CellTimeoutError if the cell takes too long.
        """
        ends = float("inf") if self._timeout is None else time.monotonic() + self._timeout
        with suppress(OSError):  # if the child has ended, listening says so
            self._pipe.send(source)
        with self._joined(receive) as text:
            while True:
                kind, content = self._heard(ends)
                if kind == "printed":
                    text.add(*content)
                    continue
                if kind == "message":
                    text.hand_on()
                    receive(content)
                elif kind == "reply":
                    return content
                elif kind == "failed":
                    raise DeadKernelError(f"The process that runs the notebook could not begin: {content}")
                self._read_files(text)

    def _heard(self, ends: float) -> tuple[str, Any]:
        """What the child says next, or that it says nothing for a while."""
        left = ends - time.monotonic()
        if left <= 0:
            raise CellTimeoutError(f"A cell took longer than {self._timeout} seconds.")
        try:
            if self._pipe.poll(min(TICK, left)):
                kind, content = self._pipe.recv()
                return kind, content
        except (EOFError, OSError):
            raise DeadKernelError("The process that ran the notebook ended.") from None
        return "nothing", None

    @contextmanager
    def _joined(self, receive: Callable[[Message], object]) -> Iterator[_Text]:
        text = _Text(receive)
        try:
            yield text
        finally:
            text.hand_on()
            self._read_files(text)

    def _read_files(self, text: _Text) -> None:
        for written in self._files:
            text.add(written.name, written.read())
        text.hand_on()


class _Text:
    """What is printed: text of one stream in a row is handed on as one message, a few times a second."""

    def __init__(self, receive: Callable[[Message], object]) -> None:
        self._receive = receive
        self._name, self._parts, self._due = "", list[str](), 0.0

    def add(self, name: str, text: str) -> None:
        if name != self._name:
            self.hand_on()
        self._name = name
        self._parts.append(text)
        if time.monotonic() >= self._due:
            self.hand_on()

    def hand_on(self) -> None:
        text, self._parts = "".join(self._parts), []
        if text:
            self._receive(printed(self._name, text))
        self._due = time.monotonic() + TICK


class _Written:
    """A file that takes what C code and programs write to a descriptor: read here, also after the child's end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed with the shell
        self._read = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self) -> str:
        """What is new."""
        text = ""
        while new := os.pread(self.file.fileno(), MOST_READ, self._read):  # the position is the child's
            self._read += len(new)
            text += self._decoder.decode(new)
        return text


def _live(pipe: Connection, files: list[BinaryIO], parent: int) -> NoReturn:
    """The child's whole life: run what comes through the pipe until it is closed."""
    status = 1
    try:
        os.setpgid(0, 0)
        end_with(parent)
        tell = _teller(pipe)
        shell = _begun(tell, files)
        while True:
            tell("reply", shell.execute(pipe.recv(), lambda message: tell("message", _plain(message))))
    except EOFError:
        status = 0
    finally:
        os._exit(status)


def _teller(pipe: Connection) -> Callable[[str, Any], None]:
    """Says one thing after the other through a pipe, whichever thread of a notebook has it to say."""
    speaking = RLock()

    def tell(kind: str, content: Any) -> None:
        with speaking:
            pipe.send((kind, content))

    return tell


def _begun(tell: Callable[[str, Any], None], files: list[BinaryIO]) -> Shell:
    """A shell as a kernel has it, which imports from the working directory too."""
    try:
        InteractiveShellApp().init_path()
        return Shell(files=files, tell=lambda name, text: tell("printed", (name, text)))
    except Exception as error:
        tell("failed", f"{type(error).__name__}: {error}")
        raise


def _plain(message: Message) -> Message:
    """A message that a pipe can carry."""
    return message | {"buffers": [bytes(buffer) for buffer in message["buffers"]]}
