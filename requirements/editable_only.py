"""The build backend: setuptools', for editable installs alone.

The commands, their data files and the demo live in this folder and are run from it, and `jobs`, `models` and the other
rooms are no names for an installed package: they would take the place of other people's. So `pip install .`, wheels and
source distributions are refused, before any dependency is fetched.
"""

from typing import NoReturn

from setuptools.build_meta import build_editable, get_requires_for_build_editable, prepare_metadata_for_build_editable

__all__ = ["build_editable", "get_requires_for_build_editable", "prepare_metadata_for_build_editable"]


def _refused(*_: object) -> NoReturn:
    raise SystemExit("error: vasari is run from its own folder and not installed as a package: run `make demo` there")


get_requires_for_build_wheel = prepare_metadata_for_build_wheel = build_wheel = _refused
get_requires_for_build_sdist = build_sdist = _refused
