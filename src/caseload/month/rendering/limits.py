"""What the process of a report is and may take: whether it can be forked, its threads, its time and memory."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 300
MEGABYTES = 2048
BYTES = 2**20  # in a megabyte
PR_SET_PDEATHSIG = 1  # of Linux's prctl
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment of a process of which as many run as there are processors."""
INLINE = "module://matplotlib_inline.backend_inline"  # pyplot's figures are shown at the end of their cell
OF_A_REPORT = ONE_THREAD | {"MPLBACKEND": INLINE}
"""Environment of a report's process, whatever backend its user works with."""


@dataclass(frozen=True)
class Limits:
    """Limits of one report: `seconds` from its start, `megabytes` that its process may add to its data (on Linux)."""

    seconds: int = SECONDS
    megabytes: int = MEGABYTES

    @property
    def overdue(self) -> str:
        """What is said of a report that took too long."""
        return f"took longer than {self.seconds} seconds"

    def hold_memory(self, process: int) -> None:
        """Hold a process to the limit from now on: what it cannot allocate is a MemoryError in Python.

        A limit below ours that the process has already, from `ulimit` or a batch system, stays.
        """
        if sys.platform == "linux":
            import resource

            ours = _data(process) + self.megabytes * BYTES
            limits = resource.prlimit(process, resource.RLIMIT_DATA)
            size = min([ours, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


def end_with(parent: int) -> None:
    """On Linux let this process end with its parent, however that ends: nobody else would know of it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended before this was said
            os._exit(1)


def _data(process: int) -> int:
    """Bytes of a process's own data, also what it shares with the one it was forked from."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))


def forks() -> bool:
    """Whether this platform can fork a process safely: not Windows, nor macOS, whose libraries hold locks."""
    return hasattr(os, "fork") and sys.platform != "darwin"
