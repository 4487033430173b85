"""This program as other processes and records see it: where its code lies, its version, its command line.

The code runs from a checkout, whose rooms are packages of their own, or installed, where they lie inside `vasari`.
"""

from __future__ import annotations

import os
import shlex
import site
import sys
import tomllib
from importlib import metadata
from pathlib import Path

_ABOVE = __name__.count(".")
"""Packages around this file: one in a checkout, two where it is installed."""
ROOT = Path(__file__).resolve().parents[_ABOVE]
"""The folder that this code is imported from: the checkout, or where it was installed."""
CHECKOUT = ROOT if _ABOVE == 1 else None
COMMAND = "vasari "
"""How sys.argv[0] begins where a job runs as a command of `vasari`."""


def python_code(module: str, function: str) -> str:
    """What `python -c` is given to call a function of ours without arguments, with the modules of this process."""
    return f"import sys; sys.path[:] = {sys.path!r}; from {module} import {function}; {function}()"


def python_path() -> str:
    """PYTHONPATH with which a process elsewhere on this machine finds this code, and what this one was given.

    Where packages are installed anyhow is left out: in PYTHONPATH it would come before Python's own modules.
    """
    found = str(ROOT) in map(os.path.realpath, (*site.getsitepackages(), site.getusersitepackages()))
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(dict.fromkeys(path for path in ("" if found else str(ROOT), *given) if path))


def command_words() -> list[str]:
    """The command line of this process, as it is typed, in words."""
    program, *options = sys.argv
    return [*(program.split() if program.startswith(COMMAND) else ("python", program)), *options]


def command_line() -> str:
    """`command_words` for a shell."""
    return shlex.join(command_words())


def version() -> str:
    """Of the code that runs; a checkout need not be installed."""
    if CHECKOUT is None:
        return metadata.version("vasari")
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
