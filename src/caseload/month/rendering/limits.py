"""What the process of a report is and may take: whether it can be forked, its threads, its time and memory."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 300
MEGABYTES = 2048
BYTES = 2**20  # in a megabyte
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment of a report's process: as many of them run as there are processors."""


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
        """Hold a process to the limit from now on: what it cannot allocate is a MemoryError in Python."""
        if sys.platform == "linux":
            import resource

            size = _data(process) + self.megabytes * BYTES
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


def _data(process: int) -> int:
    """Bytes of a process's own data, also what it shares with the one it was forked from."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))


def forks() -> bool:
    """Whether this platform can fork a process safely: not Windows, nor macOS, whose libraries hold locks."""
    return hasattr(os, "fork") and sys.platform != "darwin"
