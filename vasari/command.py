"""The command `vasari`: every job of jobs/ by its name, with the same options, help and exit codes."""

from __future__ import annotations

import ast
import difflib
import importlib
import pkgutil
import sys
from pathlib import Path

import jobs
from pipeline.program import version

HELP = ("-h", "--help", "help")


def main() -> None:
    """Run the job that the first argument names. SystemExit: 0 or the job's; 2 for no such job."""
    name, *options = sys.argv[1:] or ["--help"]
    if name in HELP:
        print(overview())
        return
    if name == "--version":
        print(f"vasari {version()}")
        return
    job = name.replace("-", "_")
    if job not in names():
        print(f"error: {unknown(name)}", file=sys.stderr)
        raise SystemExit(2)
    sys.argv[:] = [f"vasari {_shown(job)}", *options]
    try:
        run = importlib.import_module(f"{jobs.__name__}.{job}").run
    except KeyboardInterrupt:
        print("\nstopped before it began", file=sys.stderr)
        raise SystemExit(130) from None
    run()


def names() -> list[str]:
    """The modules of jobs/, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(jobs.__path__))


def overview() -> str:
    """What there is, a line each; no job is imported for it."""
    width = max(len(name) for name in names())
    lines = [f"  {_shown(name):<{width}}  {_about(name)}" for name in names()]
    return "\n".join(
        [
            "usage: vasari COMMAND [OPTIONS]",
            "",
            "From talking-head video to motion latents: extract a catalog, ask it, train on it.",
            "",
            *lines,
            "",
            "vasari COMMAND --help lists the command's options. In Python: import vasari.",
        ]
    )


def unknown(name: str) -> str:
    """What is said of a command that there is not."""
    near = difflib.get_close_matches(name.replace("-", "_"), names(), n=1)
    said = f"did you mean {_shown(near[0])}?" if near else "there are: " + ", ".join(map(_shown, names()))
    return f"vasari has no command {name!r}; {said} (vasari --help says what each does)"


def _shown(name: str) -> str:
    return name.replace("_", "-")


def _about(name: str) -> str:
    """The first line of a job's own description."""
    text = (Path(jobs.__path__[0]) / f"{name}.py").read_text()
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
