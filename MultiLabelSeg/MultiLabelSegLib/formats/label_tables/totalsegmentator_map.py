"""TotalSegmentator's class map: the XML of a Caret label table in a header extension of a NIfTI file.

Connectome Workbench and GIFTI write label tables of the same kind, which are read too. The XML is not handed to a
parser that follows entities: the ``Label`` elements are found by themselves, so that a damaged one costs only itself.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path

from ..report import Report
from .dialect import Dialect, is_control
from .model import LabelTable, TableEntry
from .rows import RowCollector
from .text import TableText, decoded, is_number

#: any program's extension, as TotalSegmentator writes it
EXTENSION_CODE = 0
_START = re.compile(r"<Label(?=[\s>/])", re.ASCII)
_ATTRIBUTE = re.compile(r"""([A-Za-z]{1,20})\s{0,5}=\s{0,5}("[^"<]{0,100}"|'[^'<]{0,100}')""", re.ASCII)
_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"
_XML_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>  <Date><![CDATA[2013-07-14T05:45:09]]></Date>   '
    '<VolumeInformation Index="0">   <LabelTable>\n'
)
_XML_TAIL = (
    "  </LabelTable>  <StudyMetaDataLinkSet>  </StudyMetaDataLinkSet>  <VolumeType><![CDATA[Label]]></VolumeType>   "
    "</VolumeInformation></CaretExtension>\n"
)


def _recognises(text: TableText) -> bool:
    return "<LabelTable" in text.text


def parse(text: TableText, report: Report) -> LabelTable:
    """The ``Label`` elements of an XML text; broken ones are reported. Raises FormatError when nothing is usable."""
    rows = RowCollector(text.path, report, has_header=_recognises(text))
    starts = [match.start() for match in _START.finditer(text.text)]
    line, at = 1, 0
    ends = [*starts[1:], len(text.text)][: len(starts)]
    for start, following in zip(starts, ends, strict=True):
        line += text.text.count("\n", at, start)
        at = start
        _add(rows, line, text.text[start:following])
    return rows.table()


def parse_extension(content: bytes, path: Path, report: Report) -> LabelTable | None:
    """The table in a header extension of ``path``; None for an extension that is something else.

    Raises FormatError when it is a label table without one usable row.
    """
    if b"<LabelTable" not in content:
        return None
    return parse(TableText(path, decoded(content.rstrip(b"\0"), path, report)), report)


def _add(rows: RowCollector, line: int, element: str) -> None:
    head, closed, rest = element.partition(">")
    if not closed:
        rows.skip(line, f"Label left out: its tag is not closed in {element[:60]!r}")
        return
    attributes = {name.lower(): unescape(text[1:-1]) for name, text in _ATTRIBUTE.findall(head)}
    if "key" not in attributes:
        rows.skip(line, f"Label left out: it has no Key in {head[:60]!r}")
        return
    name = "" if head.endswith("/") else _content(rest)
    if name is None:
        rows.skip(line, f"Label left out: there is no </Label> behind {element[:60]!r}")
        return
    shares = [attributes.get(channel, "") for channel in ("red", "green", "blue", "alpha")]
    numbers = [float(text) if is_number(text) else -1.0 for text in shares]
    is_colored = all(0 <= number <= 1 for number in numbers[:3])
    color = (numbers[0], numbers[1], numbers[2]) if is_colored else None
    rows.add(line, attributes["key"], name, color=color, opacity=numbers[3] if 0 <= numbers[3] <= 1 else None)


def _content(text: str) -> str | None:
    """The characters up to the end of the element; None when it does not end."""
    parts: list[str] = []
    at = 0
    while True:
        end, cdata = text.find("</Label", at), text.find(_CDATA_START, at)
        if cdata < 0 or 0 <= end < cdata:
            return None if end < 0 else "".join([*parts, unescape(text[at:end])])
        stop = text.find(_CDATA_END, cdata)
        if stop < 0:
            return None
        parts += [unescape(text[at:cdata]), text[cdata + len(_CDATA_START) : stop]]
        at = stop + len(_CDATA_END)


def render(table: LabelTable) -> str:
    """The XML of a table. TotalSegmentator's ``load_multilabel_nifti`` reads the keys and names from it."""
    labels = [_element(entry) for entry in table.entries]
    return _XML_HEAD + "".join(labels) + _XML_TAIL


def extension_content(table: LabelTable) -> bytes:
    """The XML as content of a header extension, filled up with blanks: NULs behind it would be no XML."""
    content = render(table).encode("utf-8")
    return content + b" " * (-(len(content) + 8) % 16)


def _element(entry: TableEntry) -> str:
    red, green, blue = (repr(number / 255) for number in entry.color_bytes)
    alpha = repr(1.0 if entry.opacity is None else float(entry.opacity))
    name = escape(entry.name, quote=False)
    return f'<Label Key="{entry.value}" Red="{red}" Green="{green}" Blue="{blue}" Alpha="{alpha}">{name}</Label>\n'


def _refuses(entry: TableEntry) -> str | None:
    """XML has no control characters, and TotalSegmentator takes blanks off and needs a name."""
    if not entry.name or entry.name != entry.name.strip():
        return f"the name {entry.name!r}: it must not be empty or begin or end with blanks"
    bad = next((mark for mark in entry.name if is_control(mark) or ord(mark) in (0xFFFE, 0xFFFF)), None)
    return None if bad is None else f"the character {bad!r} in the name"


DIALECT = Dialect(
    id="totalsegmentator",
    title="TotalSegmentator class map (NIfTI header extension)",
    suffix=".labels.xml",
    parse=parse,
    render=render,
    recognises=_recognises,
    refuses=_refuses,
)
