"""The kernel that a report runs in: this interpreter, one thread, no history, no open port; stoppable."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import DEVNULL
from typing import Any
from weakref import WeakSet

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict, Instance, Unicode
from traitlets.config import Config

from caseload.month.rendering.limits import OF_A_REPORT, Limits

LONGEST_SOCKET_FOLDER = 80  # characters; a socket's whole path may have 104 on macOS

# IPython would keep the parameters, and so a clinician's id, in the history file of the user's home.
_ARGV = ["-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]


class ReportKernel(AsyncKernelManager):
    """Starts kernels from this interpreter whatever kernel specifications the user has installed."""

    folder = Unicode(help="private working folder, also for IPython's settings").tag(config=True)
    variables = Dict(help="environment variables for this kernel alone").tag(config=True)
    limits = Instance(Limits, args=(), help="how much memory it may fill").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=[sys.executable, *_ARGV], display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the process; what it prints outside its cells goes nowhere, since it may hold values."""
        environment = {**os.environ, **OF_A_REPORT, "IPYTHONDIR": self.folder, **self.variables}
        options.update(env=environment, cwd=self.folder, stdout=DEVNULL, stderr=DEVNULL)
        _running.add(self)
        await super().start_kernel(**options)
        self.limits.hold_memory(self.provisioner.process.pid)  # type: ignore[union-attr]  # it has just been started


_running: WeakSet[ReportKernel] = WeakSet()


def kernel_settings(folder: Path, variables: Mapping[str, str], limits: Limits) -> Config:
    """Settings of one kernel: sockets in its folder, not ports that others on the machine can reach, where possible."""
    settings: dict[str, Any] = {"folder": str(folder), "variables": dict(variables), "limits": limits}
    if os.name == "posix" and len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        settings |= {"transport": "ipc", "connection_file": str(folder / "kernel.json")}
    return Config({"ReportKernel": settings})


def kill_kernels() -> None:
    """End every kernel of this process at once; their reports fail with a dead kernel."""
    for manager in list(_running):
        process = getattr(manager.provisioner, "process", None)
        if process is not None and process.poll() is None:
            process.kill()
