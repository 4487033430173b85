from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from sample_spans import FINGERPRINT, RECIPE, clip_row, latent_row

from catalogs import manifest as manifests
from catalogs import parts
from catalogs.errors import CatalogDamaged
from catalogs.manifest import Manifest
from catalogs.publish import next_manifest, publish, sweep, sweep_work
from catalogs.schema import TABLES, conform

NOTHING = Manifest(0, "1", FINGERPRINT, RECIPE, {})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in (*TABLES, "_manifest", "_work"):
        (tmp_path / folder).mkdir()
    return tmp_path


def _drafts(root: Path, source: int, sequence: int) -> list[parts.Draft]:
    stem = parts.new_stem(sequence)
    row = clip_row(source)
    return [
        parts.draft(root, "clips", stem, [conform("clips", [row])]),
        parts.draft(root, "latents", stem, [conform("latents", [latent_row(row["clip_id"])])]),
    ]


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_order_of_steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(root, NOTHING, _drafts(root, 1, 1))
    drafts = _drafts(root, 2, 2)
    steps: list[str] = []
    real = {name: getattr(os, name) for name in ("replace", "link", "unlink")}

    def take(name: str, *paths: Path) -> None:
        steps.append(f"{name} {paths[-1].parent.name}")
        real[name](*paths)

    for name in real:
        monkeypatch.setattr(os, name, partial(take, name))
    publish(root, first, drafts, first.files())
    assert steps == [
        "replace latents",
        "replace clips",
        "link _manifest",
        "unlink _manifest",  # its temporary name
        "unlink clips",
        "unlink latents",
    ]


def test_the_new_state_is_published(root: Path) -> None:
    first = publish(root, NOTHING, _drafts(root, 1, 1))
    second = publish(root, first, _drafts(root, 2, 2), recipe=("other", {"stages": []}))
    assert manifests.newest(root) == second
    assert (second.sequence, second.fingerprint, second.recipe) == (2, "other", {"stages": []})
    assert len(second.parts("clips")) == 2
    assert _files(root) == second.files() | {"_manifest/00000001.json", "_manifest/00000002.json"}
    assert next_manifest(second, [], second.files()).tables == {}


def test_sweep_removes_only_what_a_killed_writer_left(root: Path) -> None:
    state = publish(root, NOTHING, _drafts(root, 1, 1))
    drafts = _drafts(root, 2, 2)
    os.replace(drafts[0].temporary, root / drafts[0].part.file)
    for file in ("_manifest/.00000002.ab.tmp", "clips/notes.txt", "clips/mine.parquet"):
        (root / file).write_text("x")
    span = f"_work/{'0' * 32}-00000.span"
    for file in (span, "_work/.x.span.tmp"):
        (root / file).write_text("x")
    sweep(root, state)
    expected = state.files() | {"_manifest/00000001.json", "clips/notes.txt", "clips/mine.parquet"}
    assert _files(root) == expected | {span, "_work/.x.span.tmp"}
    sweep_work(root)
    assert _files(root) == expected | {span}


def test_sweep_never_removes_a_catalog_whose_manifest_is_lost(root: Path) -> None:
    first = publish(root, NOTHING, _drafts(root, 1, 1))
    publish(root, first, _drafts(root, 2, 2))
    before = _files(root)
    with pytest.raises(CatalogDamaged, match="no manifest"):
        sweep(root, None)
    assert _files(root) == before


def test_sweep_of_a_first_start_that_was_killed(root: Path) -> None:
    for draft in _drafts(root, 1, 1):
        os.replace(draft.temporary, root / draft.part.file)
    sweep(root, None)
    assert _files(root) == set()
