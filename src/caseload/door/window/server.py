"""The server behind the window: Voilà on this computer alone, for whoever has the token, until the window is closed."""

from __future__ import annotations

import logging
import os
import secrets
import webbrowser
from contextlib import ExitStack
from html import escape
from pathlib import Path
from threading import Thread
from typing import Any

from tornado.ioloop import PeriodicCallback
from traitlets.config import Config
from voila.app import Voila

from caseload.errors import ParameterError
from caseload.month.locations import notebook_path, package_folder
from caseload.month.parameters import DATA_VARIABLE
from caseload.month.workplace import PLACE_VARIABLE
from caseload.writing.scratch import clear_dead, scratch
from caseload.writing.whole import write_private

HERE = "127.0.0.1"
PORT = 8866  # the first that is tried
LOOKS_EVERY = 1.0  # seconds
GOES_AFTER = 10  # looks without a window that was there before: a page that is loaded again is back sooner
GIVES_UP_AFTER = 600  # looks without any window
LARGEST_MESSAGE = 1 << 30  # bytes: a file that is chosen in the page comes in one
TITLE = "The month’s reports"
TAG = "notebook"  # of cells that are for JupyterLab alone
# Whatever a page would ask for elsewhere, the browser refuses.
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; form-action 'self'; "
    "base-uri 'self'"
)
STARTER = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}"><a href="{0}">caseload</a>'
)
RUNS = "The window is open: caseload runs until it is closed. To end it from here: Ctrl+C."
OPEN_IT = "Open this address in your browser; caseload runs until that window is closed:\n{}"


class Server(Voila):  # type: ignore[misc]  # Voilà has no types
    """Voilà with one notebook for one window."""

    def __init__(self, *, show: bool, **settings: Any) -> None:
        super().__init__(**settings)
        self._show, self._waiting, self._was_open = show, 0, False
        self._left = ExitStack()

    def launch_browser(self) -> None:
        """Open the window. The token is in a file that only its owner can read, and no word of a command."""
        address = f"{self.connection_url}?token={self.token}"
        if self._show:
            starter = self._left.enter_context(scratch()) / "caseload.html"
            write_private(starter, STARTER.format(escape(address)))
            Thread(target=webbrowser.open, args=(starter.as_uri(),), daemon=True).start()
        print(RUNS if self._show else OPEN_IT.format(address), flush=True)
        PeriodicCallback(self._look, LOOKS_EVERY * 1000).start()

    def stop(self) -> None:
        """End everything that was started for the window."""
        self._left.close()
        super().stop()
        clear_dead()  # what the notebook's process has left of files that were chosen, and not imported

    def _look(self) -> None:
        windows = sum(kernel["connections"] for kernel in self.kernel_manager.list_kernels())
        self._was_open = self._was_open or windows > 0
        self._waiting = 0 if windows else self._waiting + 1
        if self._waiting >= (GOES_AFTER if self._was_open else GIVES_UP_AFTER):
            self.ioloop.stop()


def open_window(place: Path, data: Path | None = None, *, show: bool = True, port: int = PORT) -> int:
    """Show the monthly run in the browser until its window is closed; return an exit code.

    Paths that are typed in it count from `place`; `data` is the practice that it begins with. Without `show` the
    address is printed instead. Raises `ParameterError` for a folder or practice that is not there.
    """
    for given in filter(None, (place, data)):
        if not given.exists():
            raise ParameterError(f"no such folder or file: {given}")
    os.environ[PLACE_VARIABLE] = str(place.resolve())
    if data is not None:
        os.environ[DATA_VARIABLE] = str(data.resolve())
    server = _server(show, port)
    server.initialize([])
    server.template_paths.insert(0, str(package_folder() / "door" / "window"))
    server.start()
    return 0


def _server(show: bool, port: int) -> Server:
    config = Config()
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.prelaunch_hook = _prepared
    return Server(
        show=show,
        config=config,
        notebook_path=str(notebook_path("monthly_run")),
        ip=HERE,
        port=port,
        token=secrets.token_urlsafe(32),
        config_file_paths=[],
        log_level=logging.ERROR,
        tornado_settings={
            "headers": {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"},
            "allow_remote_access": False,
            "local_hostnames": ["localhost", HERE],
            "ws_ping_interval": 0,  # on one computer a window that is gone is noticed without
            "websocket_max_message_size": LARGEST_MESSAGE,
        },
    )


def _prepared(request: object, notebook: Any, cwd: str) -> None:
    """Give the page its title, and leave out the cells that explain JupyterLab."""
    notebook.metadata["title"] = TITLE
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
