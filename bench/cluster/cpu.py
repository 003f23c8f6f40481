"""The CPU time of other processes, which says what they cost however busy the machine is."""

import contextlib
import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """Of a process and its children, those that have ended too. Linux alone; elsewhere 0."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # proc(5): what stands behind the name begins with the state, and the parent.
            fields = stat.read_text(encoding="utf-8").rpartition(") ")[2].split()
            own, of_ended = fields[11:13], fields[13:15]
            if int(stat.parent.name) == pid:
                ticks += sum(map(int, own + of_ended))
            elif int(fields[1]) == pid:
                ticks += sum(map(int, own))
    return ticks / os.sysconf("SC_CLK_TCK")
