"""Presets from any file that knows labels, and presets written."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

from ..errors import OVERWRITE, FormatError, GeometryError, LabelError, OptionError, PresetError, WriteError
from ..formats.label_tables import LabelTable, TableEntry, read_table
from ..formats.registry import expect_file_or_folder, matching_formats, read_segmentation
from ..formats.report import Report
from ..formats.staging import Stage
from .lsetp import lsetp_losses, lsetp_text, parse_lsetp
from .preset import FIELDS, TEXTS, LabelSetPreset, PresetGroup, PresetLabel, from_segmentation
from .preset_json import describes_groups, parse_preset, preset_text

#: the endings of preset files, MITK's newest form first
SUFFIXES = (".mitklabel.json", ".json", ".lsetp")
#: a preset of all 65,535 values has some 20 MB
_MOST_BYTES = 64 << 20
_HEAD_BYTES = 4096
#: the element that TotalSegmentator's label tables are in, XML too
_CARET = "<CaretExtension"


def read_preset(path: Path, report: Report | None = None) -> LabelSetPreset:
    """A preset from a ``.mitklabel.json`` or ``.lsetp`` file, from any segmentation, or from any label table.

    The content decides, not the name; the JSON of a stack is enough, its images are not read. What was tolerated or
    left out is told to ``report``. Raises PresetError naming the file, and the entry where there is one.
    """
    report = report or Report()
    try:
        expect_file_or_folder(path)
        mark = _first_mark(path)
        if mark == "<":
            text = _text(path)
            if _CARET not in text[:_HEAD_BYTES]:
                return parse_lsetp(text, path, report)
        elif mark in ("{", "["):
            text = _text(path)
            if _lists_groups(text):
                return parse_preset(text, path, report)
        elif matching_formats(path):
            return from_segmentation(read_segmentation(path, report=report), path)
        return _from_table(read_table(path, report), path)
    except (FormatError, LabelError, GeometryError) as error:
        raise PresetError(str(error) if isinstance(error, FormatError) else f"{path}: {error}") from error
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error.strerror or error})") from None


def _first_mark(path: Path) -> str:
    """The first character of a text file; empty for folders and binary files."""
    if path.is_dir():
        return ""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return head.removeprefix(codecs.BOM_UTF8).lstrip()[:1].decode("ascii", "replace")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise PresetError(f"{path}: is larger than {_MOST_BYTES >> 20} MB, so no preset")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PresetError(f"{path}: is no UTF-8 text (byte {error.start}), which a preset is") from None


def _lists_groups(text: str) -> bool:
    """Whether JSON text describes groups. What is no JSON counts as a preset too, which then refuses it."""
    try:
        return describes_groups(json.loads(text))
    except (ValueError, RecursionError):
        return True


def _from_table(table: LabelTable, path: Path) -> LabelSetPreset:
    entries = tuple(PresetLabel(entry.to_label(), _stated(entry)) for entry in table.entries)
    return LabelSetPreset((PresetGroup(entries, None),), path, is_complete=False)


def _stated(entry: TableEntry) -> frozenset[str]:
    """The fields that a row says something about: the cells that are empty leave labels as they are."""
    fields = {name for name in ("color", "opacity", "visible") if getattr(entry, name) is not None}
    return frozenset(fields | {"value", "name"} | ({"description"} if entry.description else set())) & FIELDS


def write_preset(preset: LabelSetPreset, path: Path, *, overwrite: bool = False, report: Report | None = None) -> None:
    """Writes a preset as the suffix says, ``.mitklabel.json`` (or ``.json``) or ``.lsetp``, atomically and verified.

    What ``.lsetp`` has no place for (names of groups) is told to ``report``. Raises PresetError, OptionError for
    another suffix, WriteError (also where the file exists and ``overwrite`` is not set).
    """
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise OptionError("preset file", path.name, f"a name that ends in {', '.join(SUFFIXES)}")
    is_xml = name.endswith(".lsetp")
    text = (lsetp_text if is_xml else preset_text)(preset, path)
    again = (parse_lsetp if is_xml else parse_preset)(text, path)
    if _contents(again) != _contents(preset):
        raise WriteError(path, "verification failed, nothing was written: the text does not read back as the preset")
    for loss in lsetp_losses(preset) if is_xml else ():
        (report or Report()).leave_out(f"a .lsetp file has no place for {loss}", path)
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8", newline="\n")
        stage.commit(lambda: _refuse_existing(path, overwrite))


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise WriteError(path, f"exists already; {OVERWRITE}").offering(OVERWRITE)


def _contents(preset: LabelSetPreset) -> list[list[PresetLabel]]:
    """Labels with what is stated, but for empty texts, which the files state or leave out as MITK does."""
    return [
        [
            PresetLabel(entry.label, entry.stated - {name for name in TEXTS if not getattr(entry.label, name)})
            for entry in group.labels
        ]
        for group in preset.groups
    ]
