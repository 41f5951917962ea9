"""The hidden folder of an export or import: what was found out about each case, for other processes and to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import CorruptFileError, FormatError, WriteError
from ...formats.json_text import parse_json
from ...formats.staging import Stage
from .case import Case

FOLDER = ".mlseg"
Kind = Literal["cases", "examined", "written"]


@dataclass(frozen=True)
class Work:
    """``.mlseg`` in the output: files for all cases, and one a case in ``cases``, ``examined`` and ``written``."""

    folder: Path

    @property
    def journal(self) -> Path:
        """Where results of cases are kept."""
        return self.folder / "journal.jsonl"

    def begin(self) -> None:
        """Makes the folders. Raises WriteError."""
        try:
            for kind in ("cases", "examined", "written"):
                (self.folder / kind).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(error.filename or self.folder, error.strerror or str(error)) from None

    def path(self, kind: Kind, case_id: str) -> Path:
        """The file of a case."""
        return self.folder / kind / f"{case_id}.json"

    def ids(self, kind: Kind) -> list[str]:
        """The cases that have such a file."""
        return sorted(path.name[: -len(".json")] for path in (self.folder / kind).glob("*.json"))

    def put(self, name: str, data: Any) -> None:
        """Writes one of the files for all cases."""
        _put(self.folder / f"{name}.json", data)

    def get(self, name: str) -> Any:
        """Reads one. Raises FormatError."""
        return _get(self.folder / f"{name}.json")

    def put_case(self, kind: Kind, case_id: str, data: Any) -> None:
        """Writes the file of a case."""
        _put(self.path(kind, case_id), data)

    def get_case(self, kind: Kind, case_id: str) -> Any:
        """Reads it. Raises FormatError."""
        return _get(self.path(kind, case_id))

    def case(self, case_id: str) -> Case:
        """A case as it was put. Raises FormatError."""
        return Case.from_json(self.get_case("cases", case_id))


def _put(path: Path, data: Any) -> None:
    text = json.dumps(data, ensure_ascii=True, indent=1) + "\n"
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="ascii", newline="\n")
        stage.commit()


def _get(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    return parse_json(text, path, "the work file")


def json_object(path: Path, what: str) -> Mapping[str, Any]:
    """The JSON object of a file. Raises FormatError, CorruptFileError for another kind of JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptFileError(path, f"is no UTF-8 text (byte {error.start}); {what} is expected") from None
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror or error})") from None
    data = parse_json(text, path, what, keep_last=True)
    if not isinstance(data, dict):
        raise CorruptFileError(path, f"found {type(data).__name__}, expected a JSON object: {what}")
    return data
