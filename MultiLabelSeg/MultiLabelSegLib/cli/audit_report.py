"""The reports of ``mlseg audit``: a page, a table, JSON, and the proposed map."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from html import escape
from pathlib import Path

from ..datasets.audit import ExaminedSet, Finding, ProposedMap
from ..datasets.audit.findings import KINDS
from ..datasets.compare.summary import as_text
from ..formats.staging import Stage
from ..reports.page import code, page, paragraph, section, table, verdict

#: state -> the mark in the matrix
_MARKS = {"present": "", "empty": "empty", "missing": "—", "unread": "?"}
_STYLE = """<style>
body { max-width: 1600px; } .scroll { overflow-x: auto; }
.matrix td, .matrix th { padding: .2rem .45rem; text-align: right; font-variant-numeric: tabular-nums; }
.matrix td:first-child, .matrix th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
.matrix td.missing { color: var(--faint); } .matrix td.flag { color: var(--bad); font-weight: 600;
  background: color-mix(in srgb, var(--bad) 14%, transparent); } .matrix th { white-space: nowrap; }
.thumbs { display: flex; flex-wrap: wrap; gap: .8rem; } .thumbs figure { margin: 0; max-width: 460px; }
.thumbs figcaption { font-size: .85rem; } </style>"""


def write_report(path: Path, examined: ExaminedSet, proposal: ProposedMap, source: str) -> None:
    """Writes a report by the ending of its name, in place of an older one. Raises WriteError."""
    suffix = path.suffix.lower()
    if suffix == ".json":
        text = audit_json(examined, proposal, source)
    elif suffix == ".csv":
        text = audit_csv(examined)
    else:
        text = audit_page(examined, proposal, source)
    _put(path, text)


def write_map(path: Path, proposal: ProposedMap) -> None:
    """Writes the map. Raises WriteError."""
    _put(path, proposal.as_csv())


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8", errors="replace", newline="")
        stage.commit()


def audit_json(examined: ExaminedSet, proposal: ProposedMap, source: str) -> str:
    """Everything: findings, the matrix (state and ml by case and name), cases with their labels, the map."""
    cases = []
    for case in examined.cases:
        fields = case.to_json()
        del fields["picture"]
        cases.append(fields)
    matrix = {
        case.case: {
            name: {"state": examined.state(case, name), "ml": column.ml(case.case)}
            for name, column in examined.columns.items()
        }
        for case in examined.cases
    }
    rules = [{"from": list(key), "to": list(target)} for key, target in proposal.rules.items()]
    whole = {
        "source": source,
        "counts": dict(Counter(found.kind for found in examined.findings)),
        "findings": [found.to_json() for found in examined.findings],
        "labels": {name: examined.values.get(name) for name in examined.columns},
        "matrix": matrix,
        "map": rules,
        "not_in_the_map": list(proposal.open),
        "cases": cases,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def audit_csv(examined: ExaminedSet) -> str:
    """The matrix: a row a case; for each label its ml, ``empty``, ``missing``, ``unread``; then the findings."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    names = list(examined.columns)
    writer.writerow(["case", *map(as_text, names), "findings"])
    texts = _by_case(examined)
    for case in examined.cases:
        cells = []
        for name in names:
            state = examined.state(case, name)
            cells.append(f"{examined.columns[name].ml(case.case):.6g}" if state == "present" else state)
        told = " | ".join(f"{found.kind}: {found.text}" for found in texts.get(case.case, ()))
        writer.writerow([as_text(case.case), *cells, told])
    return "\ufeff" + stream.getvalue()


def _by_case(examined: ExaminedSet) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for each in examined.findings:
        found.setdefault(each.case, []).append(each)
    return found


def audit_page(examined: ExaminedSet, proposal: ProposedMap, source: str) -> str:
    """A self-contained page; all text of files is escaped."""
    counts = Counter(found.kind for found in examined.findings)
    wrong = len({found.case for found in examined.findings})
    lead = f"{source}: {len(examined.cases)} cases, {len(examined.columns)} labels; {len(examined.findings)} findings "
    lead += f"in {wrong} cases" if wrong else "- nothing is wrong with this set"
    summary = [[escape(kind), str(counts[kind]), escape(text)] for kind, text in KINDS.items() if counts[kind]]
    sections = [_STYLE]
    if summary:
        sections.append(section("Findings", table(("kind", "number", "what it is"), summary, (1,))))
    for kind in counts:
        rows = [
            [escape(each.case), escape(each.label), escape(each.text)]
            for each in examined.findings
            if each.kind == kind
        ]
        sections.append(section(f"{kind.capitalize()}: {KINDS[kind]}", table(("case", "label", "what"), rows)))
    sections.append(section("Cases and labels (ml)", _matrix(examined)))
    if proposal.rules or proposal.open:
        sections.append(section("Proposed map", *_map(proposal)))
    if any(case.picture for case in examined.cases):
        sections.append(section("Pictures", _pictures(examined)))
    return page("Audit", lead, sections)


def _matrix(examined: ExaminedSet) -> str:
    flagged = {(found.case, found.label) for found in examined.findings}
    chosen = examined.spellings.chosen
    flagged |= {(case, chosen.get(label, label)) for case, label in flagged}
    bad = {found.case for found in examined.findings}
    values = [f" ({examined.values[name]})" if name in examined.values else "" for name in examined.columns]
    heads = "".join(f"<th>{escape(name)}{value}</th>" for name, value in zip(examined.columns, values, strict=True))
    rows = [f"<tr><th>case</th>{heads}</tr>"]
    for case in examined.cases:
        cells = []
        for name in examined.columns:
            state = examined.state(case, name)
            text = f"{examined.columns[name].ml(case.case):.3g}" if state == "present" else _MARKS[state]
            kind = "flag" if (case.case, name) in flagged else state
            cells.append(f'<td class="{kind}">{text}</td>')
        mark = verdict(False, case.case) if case.case in bad else escape(case.case)
        rows.append(f'<tr><td title="{escape(case.grid, quote=True)}">{mark}</td>{"".join(cells)}</tr>')
    return f'<div class="scroll"><table class="matrix">{"".join(rows)}</table></div>'


def _map(proposal: ProposedMap) -> list[str]:
    rows = [
        [escape(name), str(value), escape(target), str(new)] for (name, value), (target, new) in proposal.rules.items()
    ]
    parts = [table(("name", "value", "should be", "value"), rows, (1, 3))] if rows else []
    parts += [paragraph(f"Not in the map: {text}.") for text in proposal.open]
    if rows:
        parts.append(code("mlseg convert -i 'DIR/*' -o 'OUT/{stem}.nrrd' --map repair.csv"))
    return parts


def _pictures(examined: ExaminedSet) -> str:
    bad = {found.case for found in examined.findings}
    figures = []
    for case in examined.cases:
        if case.picture:
            name = verdict(False, case.case) if case.case in bad else escape(case.case)
            alt = escape(case.case, quote=True)
            picture = f'<img loading="lazy" alt="{alt}" src="data:image/png;base64,{case.picture}">'
            figures.append(f"<figure>{picture}<figcaption>{name}</figcaption></figure>")
    return f'<div class="thumbs">{"".join(figures)}</div>'
