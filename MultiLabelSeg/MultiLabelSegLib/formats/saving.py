"""The one path by which everything is written: plan, write, verify, put in place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import Segmentation
from ..errors import OVERWRITE, FormatError, LossError, MultiLabelSegError, OptionError, Remedy, WriteError
from .base import Format, ReadRequest, WriteRequest
from .losses import UNDECLARED, refused_losses, sidecar_losses
from .options import make_options
from .overlap import STRATEGIES, Strategy, colliding_pairs, describe_pairs, flatten, group_part
from .registry import format_for_writing
from .report import Report
from .sidecar import SidecarContent, content_hash, sidecar_path, sidecar_text
from .staging import Stage
from .verify import differences

_OVERLAP = Remedy("overlap", "choose --overlap split-files, priority or combine, or a format that holds groups")
SIDECAR_MODES = ("auto", "always", "never")


@dataclass
class Part:
    """One main file to write: what goes into it, and what its sidecar keeps (None: no sidecar)."""

    path: Path
    segmentation: Segmentation
    sidecar: SidecarContent | None = None
    kept_beside: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What a write will do. ``parts`` are several only where overlapping groups are split into files."""

    format: Format
    options: Any
    parts: list[Part]
    report: Report


@dataclass
class WriteResult:
    """All files that were written, the main ones, and how long writing and verifying took (seconds)."""

    paths: tuple[Path, ...]
    main: tuple[Path, ...]
    format_id: str
    write_seconds: float
    verify_seconds: float


def plan_write(
    segmentation: Segmentation,
    path: Path,
    *,
    format_id: str | None = None,
    options: Mapping[str, Any] | None = None,
    overlap: str = "error",
    sidecar: str = "auto",
    values: Mapping[int, int] | None = None,
    report: Report | None = None,
) -> Plan:
    """Decides format, options, overlaps and sidecars, and refuses what cannot be kept, before anything is written.

    ``values`` is the table of values that were changed on request before; the sidecar stores it.
    Raises LossError, OptionError, UnsupportedFormatError.
    """
    if overlap not in STRATEGIES:
        raise OptionError("overlap", overlap, STRATEGIES)
    if sidecar not in SIDECAR_MODES:
        raise OptionError("sidecar", sidecar, SIDECAR_MODES)
    report = report or Report()
    chosen = format_for_writing(path, format_id, options or {})
    if chosen.writer is None:
        raise FormatError(path, f"{chosen.title} can only be read")
    made: Any = make_options(chosen.write_options, options or {})
    holds = chosen.holding(made)
    lost = refused_losses(segmentation, holds)
    if lost:
        raise LossError(path, lost).offering(UNDECLARED)
    parts = _parts(segmentation, path, chosen, overlap, report)
    for part in parts:
        original = segmentation if len(parts) == 1 else part.segmentation
        part.kept_beside = sidecar_losses(original, holds)
        if values and any(old != new for old, new in values.items()):
            part.kept_beside.append("the original label values")
        content = part.sidecar or SidecarContent(original)
        content.values = dict(values or {})
        needed = sidecar == "always" or bool(part.kept_beside) or bool(content.combinations)
        if needed and sidecar == "never":
            raise LossError(path, [*part.kept_beside, *(["combined values"] if content.combinations else [])])
        part.sidecar = content if needed else None
    return Plan(chosen, made, parts, report)


def _parts(segmentation: Segmentation, path: Path, chosen: Format, overlap: Strategy, report: Report) -> list[Part]:
    """One part, or one a group where overlapping groups are split. Raises LossError for overlaps under ``error``."""
    if chosen.capabilities.overlap or len(segmentation.groups) == 1:
        return [Part(path, segmentation)]
    pairs = colliding_pairs(segmentation)
    if not pairs:
        return [Part(path, flatten(segmentation, "priority").segmentation, SidecarContent(segmentation, "none"))]
    if overlap == "error":
        raise LossError(path, [*describe_pairs(segmentation, pairs), str(_OVERLAP)]).offering(_OVERLAP)
    if overlap == "split-files":
        stem, suffix = split_suffix(path, chosen)
        names = [path.with_name(f"{stem}_group_{index}{suffix}") for index in range(len(segmentation.groups))]
        return [Part(name, group_part(segmentation, index)) for index, name in enumerate(names)]
    flat = flatten(segmentation, overlap)
    for value, voxels in flat.hidden.items():
        report.note(f"{voxels} voxels of label {value} are covered by labels of earlier groups")
    for value, combination in flat.combinations.items():
        report.note(f"value {value} stands for the labels {', '.join(map(str, combination))} together")
    return [Part(path, flat.segmentation, SidecarContent(segmentation, overlap, flat.combinations))]


def split_suffix(path: Path, chosen: Format) -> tuple[str, str]:
    """The name without and the format's suffix that it ends in (``.nii.gz``); else at the last dot."""
    name = path.name
    for suffix in sorted(chosen.suffixes, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], name[-len(suffix) :]
    return path.stem, path.suffix


def execute(
    plan: Plan, overwrite: bool = False, check: Callable[[Sequence[Path]], object] | None = None
) -> WriteResult:
    """Writes, verifies and puts everything in place, or leaves all as it was.

    ``check`` is asked before the last step with every path that would be written, and may raise to prevent it.
    Raises WriteError, FormatError (an output exists and may not be overwritten).
    """
    first = plan.parts[0].path
    if split_suffix(first, plan.format)[1].lower() in plan.format.suffixes:
        # said before the work rather than after it; the name of an image that stands for a stack is not written itself
        _refuse_existing([part.path for part in plan.parts if part.path.is_file()], overwrite)
    wrote = verified = 0.0
    main: list[Path] = []
    with Stage(first) as stage:
        for part in plan.parts:
            started = time.perf_counter()
            request = WriteRequest(part.segmentation, part.path, stage, plan.options, plan.report)
            written = plan.format.writer(request)  # type: ignore[misc]
            main.append(written)
            wrote += time.perf_counter() - started
            started = time.perf_counter()
            _verify(plan.format, request, written)
            verified += time.perf_counter() - started
            if part.sidecar is not None:
                text = sidecar_text(part.sidecar, written.name, content_hash(stage.staged(written)))
                stage.file(sidecar_path(written)).write_text(text, encoding="utf-8")
        if check is not None:
            check(stage.paths)
        paths = stage.commit(lambda: _refuse_existing([path for path in stage.paths if path.exists()], overwrite))
    for part, written in zip(plan.parts, main, strict=True):
        if part.sidecar is None:
            sidecar_path(written).unlink(missing_ok=True)
    return WriteResult(paths, tuple(main), plan.format.id, wrote, verified)


def _refuse_existing(paths: list[Path], overwrite: bool) -> None:
    if paths and not overwrite:
        others = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
        raise FormatError(paths[0], f"exists already{others}; {OVERWRITE}").offering(OVERWRITE)


def _verify(chosen: Format, request: WriteRequest, written: Path) -> None:
    """Reads what was staged and compares. Raises WriteError when it is not what was meant."""
    found = []
    try:
        if chosen.verifier is not None:
            found = chosen.verifier(request, written)
        elif chosen.reader is not None:
            staged = ReadRequest(request.stage.staged(written), chosen.read_options())
            found = differences(request.segmentation, chosen.reader(staged), chosen.capabilities)
    except MultiLabelSegError as error:
        found = [f"it cannot be read back: {error}"]
    if found:
        raise WriteError(written, "verification failed, nothing was replaced: " + "; ".join(found[:5]))


def write_segmentation(
    segmentation: Segmentation,
    path: Path,
    *,
    format_id: str | None = None,
    options: Mapping[str, Any] | None = None,
    overlap: str = "error",
    sidecar: str = "auto",
    overwrite: bool = False,
    values: Mapping[int, int] | None = None,
    report: Report | None = None,
    check: Callable[[Sequence[Path]], object] | None = None,
) -> WriteResult:
    """Plans and writes in one step (see ``plan_write`` and ``execute``)."""
    plan = plan_write(
        segmentation,
        path,
        format_id=format_id,
        options=options,
        overlap=overlap,
        sidecar=sidecar,
        values=values,
        report=report,
    )
    return execute(plan, overwrite, check)
