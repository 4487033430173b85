"""Verdicts as rows of the catalog's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from catalogs.schema import REJECTED, UNDECIDED_REASONS, conform, empty
from pipeline.extraction.clip_runner import Verdict
from pipeline.extraction.tasks import SpanTask, clip_id
from pipeline.listing.uris import printable
from stages.clip import Clip
from stages.preview.contact_sheet import contact_sheet, face_picture
from stages.preview.thumbs import key_thumbs

_LIKE = {rejected: table for table, rejected in REJECTED.items()}


def tables(
    verdicts: Iterable[Verdict],
    job: SpanTask,
    fingerprint: str,
    run_id: str,
    opening: float = 0.0,
    columns: Mapping[str, pa.Schema] | None = None,
) -> dict[str, pa.Table]:
    """Tables clips, latents and previews of one span, and frames where a stage stored them.

    Rejected clips that were labelled on have latents and frames too, in tables of their own (catalogs.schema.REJECTED).
    opening: seconds spent before the first stage. columns: by table, what the recipe's stages add to its own.
    """
    made: dict[str, list[dict[str, Any]]] = {"clips": [], "latents": [], "previews": []}
    for verdict in verdicts:
        row = clip_row(verdict, job, fingerprint, run_id)
        if not made["clips"]:
            row["seconds"] = {"survey": opening, **row["seconds"]}
        made["clips"].append(row)
        clip, accepted = verdict.clip, verdict.status == "accepted"
        if accepted or (clip.label_all and clip.track is not None and verdict.status == "rejected"):
            held = {"latents": clip.arrays, **({"frames": clip.stored} if clip.stored else {})}
            for table, values in held.items():
                found = made.setdefault(table if accepted else REJECTED[table], [])
                found.append({"clip_id": row["clip_id"], "frames": row["frames"], **values})
        made["previews"].append(_preview_row(row["clip_id"], verdict))
    return {table: conform(table, found, (columns or {}).get(_LIKE.get(table, table))) for table, found in made.items()}


def clip_row(verdict: Verdict, job: SpanTask, fingerprint: str, run_id: str) -> dict[str, Any]:
    """The row of table clips of one verdict."""
    clip = verdict.clip
    whole = (clip.start_s, clip.end_s) == (job.start_s, job.end_s)

    def said(text: str) -> str:
        return printable(text.replace(clip.path, job.uri))

    # a part between scene changes may have the times of a span that is listed as such: other ids
    span = () if whole else (f"{job.start_s:.3f} to {job.end_s:.3f}",)
    return {
        **clip.columns,
        **_source_columns(job, fingerprint, run_id),
        "clip_id": clip_id(job.content, clip.start_s, clip.end_s, *span),
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "status": verdict.status,
        "reason": verdict.reason,
        "detail": None if verdict.detail is None else said(verdict.detail),
        "refusals": {stage: said(no.text) for stage, no in verdict.refusals.items()} or None,
        "seconds": dict(verdict.seconds),
    }


def failed(job: SpanTask, fingerprint: str, run_id: str, reason: str, detail: str) -> dict[str, pa.Table]:
    """Tables of a span that gave no clip: one failed row."""
    # one that is not decided may not hold the id that a copy of the file gets
    own = ("unreachable", job.source_key) if reason in UNDECIDED_REASONS else ()
    return _lone_row(
        job, fingerprint, run_id, "failed", reason, detail, clip_id(job.content, job.start_s, job.end_s, *own)
    )


def uncommitted(job: SpanTask, fingerprint: str, run_id: str, reason: str, detail: str) -> dict[str, pa.Table]:
    """Tables of a span whose own tables the catalog did not take: one failed row with an id of its own."""
    own = clip_id(job.content, job.start_s, job.end_s, "uncommitted", job.source_key)
    return _lone_row(job, fingerprint, run_id, "failed", reason, detail, own)


def duplicate(job: SpanTask, fingerprint: str, run_id: str, first_uri: str) -> dict[str, pa.Table]:
    """Tables of a source with the bytes of another: one rejected row that names the first."""
    detail = f"same bytes as {first_uri}"
    own = clip_id(job.content, job.start_s, job.end_s, "duplicate", job.source_key)
    return _lone_row(job, fingerprint, run_id, "rejected", "duplicate", detail, own)


def unreadable(
    job: SpanTask, fingerprint: str, run_id: str, reason: str, detail: str, has_content: bool
) -> dict[str, pa.Table]:
    """Tables of a source that could not even be probed: one failed row."""
    own = clip_id(job.content, 0, 0, "unreadable", job.source_key)
    return _lone_row(job, fingerprint, run_id, "failed", reason, detail, own, has_content)


def _lone_row(
    job: SpanTask,
    fingerprint: str,
    run_id: str,
    status: str,
    reason: str,
    detail: str,
    own_id: str,
    has_content: bool = True,
) -> dict[str, pa.Table]:
    row = {
        **_source_columns(job, fingerprint, run_id),
        "clip_id": own_id,
        "start_s": job.start_s,
        "end_s": job.end_s,
        "status": status,
        "reason": reason,
        "detail": printable(detail),
    }
    if not has_content:
        row["content"] = None
    return {"clips": conform("clips", [row]), "latents": empty("latents"), "previews": empty("previews")}


def _source_columns(job: SpanTask, fingerprint: str, run_id: str) -> dict[str, Any]:
    return {
        "source_uri": job.uri,
        "source_key": job.source_key,
        "content": job.content,
        "span_index": job.span_index,
        "span_count": job.span_count,
        "subject_id": job.subject_id,
        "subject_listed": True if job.subject_id else None,
        "split": job.split,
        "user": job.user,
        "recipe": fingerprint,
        "run_id": run_id,
    }


def _preview_row(own_id: str, verdict: Verdict) -> dict[str, Any]:
    clip = verdict.clip
    if not clip.thumbs and verdict.status == "rejected":
        clip = _with_thumbs(clip)
    return {
        "clip_id": own_id,
        "sheet": contact_sheet(clip, verdict.status, verdict.reason),
        "face": face_picture(clip),
    }


def _with_thumbs(clip: Clip) -> Clip:
    return replace(clip, thumbs=key_thumbs(clip.path, clip.header, clip.start_s, clip.end_s))
