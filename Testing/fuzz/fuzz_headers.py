"""Coverage-guided fuzzing of everything that reads untrusted headers, JSON and tables; see README.md.

    python Testing/fuzz/fuzz_headers.py TARGET [libFuzzer options] [folder with inputs]

A target may raise errors of this library only; anything else, a warning too, stops the fuzzer and leaves the input.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "MultiLabelSeg"))

with atheris.instrument_imports(include=["MultiLabelSegLib"]):
    from MultiLabelSegLib.errors import MultiLabelSegError
    from MultiLabelSegLib.formats.json_text import parse_json
    from MultiLabelSegLib.formats.label_json import groups_from_json
    from MultiLabelSegLib.formats.label_tables import DIALECTS, cls_color_map, dialect_of
    from MultiLabelSegLib.formats.label_tables.text import TableText, decoded
    from MultiLabelSegLib.formats.nifti.geometry import geometry_of
    from MultiLabelSegLib.formats.nifti.header import parse_header as parse_nifti
    from MultiLabelSegLib.formats.nrrd.geometry import geometry_from_header
    from MultiLabelSegLib.formats.nrrd.parse import parse_header as parse_nrrd
    from MultiLabelSegLib.formats.report import Report
    from MultiLabelSegLib.formats.stack_json import parse_document

_PATH = Path("fuzzed")


def nrrd(data: bytes) -> None:
    """The fields of a NRRD header and the grid that they give."""
    geometry_from_header(parse_nrrd(data, _PATH), Report())


def nifti(data: bytes) -> None:
    """A NIfTI header; inputs get the size that begins one, so that the fuzzer need not guess it."""
    size = 348 if len(data) % 2 else 540
    geometry_of(parse_nifti(size.to_bytes(4, "little") + data.ljust(size, b"\0")), Report())


def labels(data: bytes) -> None:
    """Groups and labels as MITK's headers hold them."""
    groups_from_json(parse_json(data.decode("utf-8", "replace"), _PATH, "the labels"))


def stack(data: bytes) -> None:
    """The JSON of a stack; inputs without a type get it."""
    text = data.decode("utf-8", "replace")
    if '"type"' not in text:
        text = f'{{"type": "org.mitk.multilabel.segmentation.stack", "version": 3, "groups": {text}}}'
    parse_document(text, _PATH, Report())


def tables(data: bytes) -> None:
    """A label table in the dialect that its content shows, and in the one that the first byte chooses."""
    text = TableText(_PATH, decoded(data[1:], _PATH, Report()))
    chosen = list(DIALECTS.values())[data[0] % len(DIALECTS)] if data else None
    for dialect in (dialect_of(text), chosen):
        with contextlib.suppress(MultiLabelSegError):
            parse = cls_color_map.parse_any if dialect is None else dialect.parse
            parse(text, Report())


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (nrrd, nifti, labels, stack, tables)
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"expected one of {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    warnings.simplefilter("error")

    def run(data: bytes) -> None:
        with contextlib.suppress(MultiLabelSegError):
            target(data)

    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
