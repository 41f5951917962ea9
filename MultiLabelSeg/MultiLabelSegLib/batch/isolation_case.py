"""One case, done in this process: its command line, what it printed, the files that it read and wrote."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..compiled import for_one_case
from ..core.identity import reproducible
from ..formats.image_suffixes import image_suffix
from ..formats.sidecar import sidecar_path
from .isolation_limits import limit_memory
from .isolation_trace import FileTrace, content_hashes
from .jobs import CaseResult, Job, Status

#: exit codes of commands: done, and done but something was left out and named
_DONE, _LEFT_OUT = 0, 3
_OUT_OF_MEMORY = "there is not enough memory"

Main = Callable[[Sequence[str]], int]


def run_case(main: Main, job: Job, moment: datetime, memory: int | None, trace: FileTrace) -> CaseResult:
    """Does a case and says what came of it; raises nothing.

    ``main`` is the command line; ``memory`` bounds what the case may take, in bytes. Identities that it makes follow
    from the job and the contents of its inputs, so that the same case gives the same bytes.
    """
    started = time.perf_counter()
    argv = job.replacing if job.overwrite and job.replacing else job.argv
    before = content_hashes(job.inputs)
    try:
        if begin(job) and job.replacing:
            argv = job.replacing
        limited = limit_memory(memory)
        with trace.on(), for_one_case(), reproducible(_seed(job, before), moment):
            code, out, error, detail = _called(main, argv)
        limit_memory(None)
    except OSError as failure:
        reason = f"{failure.filename or job.output}: {failure.strerror or failure}"
        return CaseResult(job, "failed", reason, time.perf_counter() - started)
    status, reason = _judged(code, out, error)
    if limited and status == "failed" and _OUT_OF_MEMORY in reason:
        reason += f" ({_megabytes(memory)} MB were allowed)"
    result = CaseResult(job, status, reason, time.perf_counter() - started, detail=detail, notes=_notes(out))
    if status == "failed":
        return result
    outputs = {path for path in trace.written if os.path.isfile(path)} | {job.output}  # noqa: PTH113
    written = {path: digest for path, digest in content_hashes(outputs).items() if digest}
    if not written:
        return replace(result, status="failed", reason=f"{job.output}: was not written")
    # folders are opened too, to flush their names to disk
    read = {path for path in trace.read if os.path.isfile(path)} - set(before) - set(written)  # noqa: PTH113
    beside = {str(sidecar_path(Path(path))) for path in job.inputs} - set(written)
    inputs = {**before, **content_hashes(read | beside)}
    return replace(result, inputs=inputs, outputs=written, seconds=time.perf_counter() - started)


def _called(main: Main, argv: Sequence[str]) -> tuple[int, str, str, str]:
    """Exit code, what was printed, error lines, and a traceback where the command broke."""
    out, error = io.StringIO(), io.StringIO()
    detail = ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            code = main(list(argv))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except MemoryError:
            code = 1
            error.write(f"mlseg: {_OUT_OF_MEMORY} for this\n")
        except BaseException as failure:  # a defect of a command fails its case alone, and is told
            code, detail = 1, traceback.format_exc()
            where = traceback.extract_tb(failure.__traceback__)[-1]
            said = " ".join(str(failure).split())
            error.write(f"mlseg: unexpected {type(failure).__name__} in {where.name}: {said}\n")
    return code, out.getvalue(), error.getvalue(), detail


def _judged(code: int, out: str, error: str) -> tuple[Status, str]:
    """Status and reason from an exit code and the lines that a command printed."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    if code in (_DONE, _LEFT_OUT):
        left_out = [line for line in lines if line.startswith("left out: ")]
        return "done", "; ".join(left_out)
    errors = [line.removeprefix("mlseg: ") for line in lines if line.startswith("mlseg: ")]
    if errors:
        return "failed", errors[-1]
    last = lines or [line.strip() for line in out.splitlines() if line.strip()]
    return "failed", f"exit code {code}" + (f": {last[-1]}" if last else "")


def _notes(out: str) -> tuple[str, ...]:
    """What a command noted: lines about nothing that was lost."""
    return tuple(line[6:].strip() for line in out.splitlines() if line.startswith("note: "))


def _seed(job: Job, hashes: Mapping[str, str]) -> str:
    """What new identities follow from: the job without its folders, and the contents of its inputs."""
    words = [os.path.basename(word) for word in job.argv]  # noqa: PTH119
    contents = [[os.path.basename(path), digest] for path, digest in hashes.items()]  # noqa: PTH119
    text = json.dumps([job.name, words, contents])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _megabytes(memory: int | None) -> int:
    return (memory or 0) // 1_000_000


# ---- traces of a case at work --------------------------------------------------------------------------------------
def begin(job: Job) -> bool:
    """Makes the output's folder and marks there that the case has begun.

    Returns True when it had begun before, never ended, and found no output then: what is there now is its own and may
    be replaced. What the interrupted attempt left is taken away. Later writes of this process are staged under the
    case's own name. Raises OSError when the folder cannot be made or written to.
    """
    output = Path(job.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    os.environ["MLSEG_STAGE"] = job.tag
    try:
        with _marker(job).open("x", encoding="utf-8") as file:
            file.write(json.dumps({"output existed": output_exists(job)}) + "\n")
    except FileExistsError:
        clear_stages(job)
        return _was_absent(_marker(job))
    return False


def output_exists(job: Job) -> bool:
    """Whether there is an output already, or one of the files that it may be split into."""
    if job.several:
        return any(glob.glob(pattern) for pattern in job.several)  # noqa: PTH207 - Path.glob knows no absolute patterns
    output = Path(job.output)
    if output.exists():
        return True
    # a.b.nii.gz is split into a.b_group_0.nii.gz
    stem = output.name[: len(output.name) - len(image_suffix(output) or output.suffix)]
    return output.parent.is_dir() and any(file.name.startswith(f"{stem}_group_") for file in output.parent.iterdir())


def _was_absent(marker: Path) -> bool:
    """Whether there was no output when the interrupted case began; no, where the mark itself was torn off."""
    try:
        return json.loads(marker.read_text(encoding="utf-8"))["output existed"] is False
    except (OSError, ValueError, KeyError, TypeError):
        return False


def has_begun(job: Job) -> bool:
    """Whether a case was interrupted at work."""
    return _marker(job).exists()


def forget(job: Job) -> None:
    """Takes the mark of a case away that has ended, however it did, and what it left behind."""
    clear_stages(job)
    with contextlib.suppress(OSError):
        _marker(job).unlink()


def abandon(job: Job) -> None:
    """Takes away what a case was writing that was ended at work. Its mark stays only where it had written an output
    of its own: the case may replace that when it is taken up again.
    """
    clear_stages(job)
    marker = _marker(job)
    if marker.exists() and not (_was_absent(marker) and output_exists(job)):
        forget(job)


def clear_stages(job: Job) -> None:
    """Takes away the hidden folders in which a killed case was writing."""
    with contextlib.suppress(OSError):
        for folder in _stage_folders(job):
            for path in Path(folder).glob(f".mlseg-{job.tag}-*"):
                shutil.rmtree(path, ignore_errors=True)


def _stage_folders(job: Job) -> set[str]:
    """The folders in which a case may have been writing: that of its output, and those of its several files."""
    top = str(Path(job.output).parent)
    found = {top}
    for pattern in job.several:
        folder = os.path.dirname(pattern)  # noqa: PTH120 - a pattern is no path
        while len(folder) > len(top) and folder not in found:
            found |= {folder, *glob.glob(folder)}  # noqa: PTH207
            folder = os.path.dirname(folder)  # noqa: PTH120
    return found


def _marker(job: Job) -> Path:
    return Path(job.output).parent / f".mlseg-{job.tag}.begun"


def moment_of(text: Any) -> datetime:
    """A moment from its ISO text, which has a time zone."""
    return datetime.fromisoformat(str(text))
