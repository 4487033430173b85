"""`python -m vasari`: the command `vasari`."""

from __future__ import annotations

from vasari.command import main

main()
