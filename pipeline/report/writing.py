"""Pages of one file: templates that escape all that is not markup, and files written whole or not at all."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from catalogs import storage
from pipeline import text as wording

_HERE = Path(__file__).parent


def fill(template: Path, *styles: Path, **facts: Any) -> str:
    """The HTML of a template with `facts`, in the report's style and the further `styles`.

    The template may extend `base.html.j2` of this folder. Everything that is not Markup is escaped.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count,
        "degrees": wording.degrees,
        "duration": wording.duration,
        "file_name": wording.file_name,
        "number": wording.number,
        "older": wording.older_text,
        "pretty": _pretty,
        "run_status": wording.run_status,
        "timestamp": wording.timestamp,
    }
    sheets = [path.read_text(encoding="utf-8") for path in (_HERE / "report.css", *styles)]
    environment.globals |= {
        "meaning": wording.MEANING,
        "plural": wording.plural,
        "share": wording.share,
        "span": wording.span,
        "style": Markup("".join(sheets)),
        "written": datetime.datetime.now(datetime.UTC),
    }
    return environment.get_template(template.name).render(**facts)


def write_page(page: str, out: Path) -> Path:
    """Write `page` to `out`, whole or not at all; returns the absolute path. OSError if it cannot be written."""
    out = Path(out).expanduser().absolute()
    with storage.put(out) as draft:
        draft.write_text(page, encoding="utf-8")
    return out


def _pretty(value: Any) -> str:
    """JSON as a person reads it; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
