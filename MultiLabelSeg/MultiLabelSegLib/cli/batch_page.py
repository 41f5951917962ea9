"""The report of a batch as one HTML page: what failed first, then every case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..batch.jobs import CaseResult
from ..batch.report import Outcome
from ..reports.page import page, paragraph, section, table, verdict

_HEADS = ("case", "status", "seconds", "MB", "input", "output", "reason")
_NUMBERS = (2, 3)


def report_page(outcome: Outcome) -> str:
    """A self-contained page; all text of files is escaped."""
    failed = [result for result in outcome.results if result.status == "failed"]
    sections = []
    if failed:
        sections.append(section(f"Failed: {len(failed)}", _table(failed), *_details(failed)))
    else:
        sections.append(section("Failed: none", paragraph("Every case that was reached is done.")))
    sections.append(section("Numbers", _numbers(outcome)))
    sections.append(section(f"All cases: {len(outcome.results)}", _table(outcome.results)))
    return page("Batch", outcome.sentence(), sections)


def _table(results: Sequence[CaseResult]) -> str:
    return table(_HEADS, [_row(result) for result in results], _NUMBERS)


def _row(result: CaseResult) -> list[str]:
    return [
        escape(result.job.name),
        verdict(result.status != "failed", result.status),
        f"{result.seconds:.2f}",
        f"{result.memory / 1e6:.0f}" if result.memory else "",
        "<br>".join(map(_named, result.job.inputs)),
        _named(result.job.output),
        "<br>".join(map(escape, [*([result.reason] if result.reason else []), *result.notes])),
    ]


def _named(path: str) -> str:
    """The name of a file; the whole path shows when one points at it."""
    return f'<span title="{escape(path, quote=True)}">{escape(Path(path).name)}</span>'


def _details(failed: Sequence[CaseResult]) -> list[str]:
    return [
        f"<details><summary>{escape(result.job.name)}: what the program was doing</summary>"
        f"<pre>{escape(result.detail)}</pre></details>"
        for result in failed
        if result.detail
    ]


def _numbers(outcome: Outcome) -> str:
    done = [result for result in outcome.results if result.status == "done"]
    seconds = sorted(result.seconds for result in done)
    rows = [
        ["done", str(len(done))],
        ["skipped (done before, and verified)", str(outcome.count("skipped"))],
        ["failed", str(outcome.count("failed"))],
        ["not reached", str(outcome.left)],
        ["seconds that passed", f"{outcome.seconds:.1f}"],
        ["cases at a time", str(outcome.workers)],
        ["cases done an hour", f"{outcome.rate:,.0f}"],
    ]
    if seconds:
        rows.append(["seconds of a case: median, longest", f"{seconds[len(seconds) // 2]:.2f}, {seconds[-1]:.2f}"])
    commands = Counter(result.job.command for result in outcome.results)
    rows.append(["commands", escape(", ".join(f"{name} ({count})" for name, count in commands.items()))])
    return table(("what", "number"), rows, (1,))
