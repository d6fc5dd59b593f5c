"""Programs of this environment in processes of their own that needn't import what takes longest.

An SDK takes a process one or two seconds to import, which is most of what a small session takes. Here one process has
imported the packages of others, and each command is a fork of it: with a folder, an environment, arguments and streams
of its own, ``pytest_llmobs`` not yet imported, and an end of its own. The programs that stand in for ``pytest``,
``llmobs`` and ``python`` hand these over and wait; they are files, so that lines of shell find them, too.

::

    subprocess.run([programs() / "pytest", "-q"], cwd=folder, env=environment)

What is about a process's start, or about signals, starts ``sys.executable`` itself.
"""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("pytest", "llmobs", "python")
ABSENT = Path(__file__).parents[1] / "absent"
FORKING = Path(__file__).with_name("warm_forks.py")

# It is started once a command, so it imports three modules that are compiled in or small, and no site-packages.
PROGRAM = """#!{python} -SE
import array, json, os, sys, _socket
order = [{name!r}, os.getcwd(), dict(os.environ), sys.argv[1:]]
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect({address!r})
streams = array.array("i", [0, 1, 2])
connection.sendmsg([b"!"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
connection.sendall(json.dumps(order).encode() + b"\\n")
status = b""
while part := connection.recv(100):
    status += part
# without a status nobody has seen the command end
sys.exit(int(status or 99))
"""


@functools.cache
def programs() -> Path:
    """Return the folder with the programs, to stand first in PATH; the process behind them ends with this one."""
    kept = tempfile.TemporaryDirectory(prefix="warm")
    folder = Path(kept.name)
    address = folder / "socket"
    for name in NAMES:
        program = folder / name
        program.write_text(PROGRAM.format(python=sys.executable, name=name, address=str(address)))
        program.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, FORKING, address, Path(sys.executable).parent],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"listening\n"

    def end() -> None:
        process.communicate()  # closes its input, which it waits for
        kept.cleanup()

    atexit.register(end)
    return folder


def _environment() -> dict[str, str]:
    """Return the environment to start in, without what an interpreter heeds for good as it starts."""
    left_out = ("COVERAGE_PROCESS_START", "PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTHONPATH": str(ABSENT), "PYTHONIOENCODING": "utf-8"}
