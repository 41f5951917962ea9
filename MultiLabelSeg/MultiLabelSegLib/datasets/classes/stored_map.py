"""``mlseg_map.json``: which values stand for which labels, so that an import gives back what was exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import CorruptFileError, MultiLabelSegError
from ...formats.label_json import groups_from_json
from ...formats.sidecar import content_hash, seal
from ..cases.work import json_object
from .examined import Examined
from .plan import ClassPlan

NAME = "mlseg_map.json"
_TYPE, _VERSION = "org.multilabelseg.dataset-map", 1
#: what differs from case to case even where the labels are the same
_OF_CASE = ("uid", "properties", "extras", "time_bounds")


@dataclass(frozen=True)
class StoredMap:
    """The plan of a data set and, for each case by name, its document and the SHA-256 of its label map."""

    plan: ClassPlan
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def document_for(self, case_id: str, label_map: Path) -> Mapping[str, Any] | None:
        """The document of a case whose label map is still the one that was exported; else None."""
        document = self.documents.get(case_id)
        if document is None or self.hashes.get(case_id) != content_hash(label_map):
            return None
        return document


def map_text(plan: ClassPlan, cases: Iterable[tuple[str, Examined, Path | None]]) -> str:
    """The map as JSON text: the plan, every different document once, and what is each case's own.

    ``cases`` are name, what was found out, and the label map as it was written.
    """
    documents: dict[str, int] = {}
    entries: dict[str, Any] = {}
    for case_id, examined, label_map in cases:
        if label_map is None:
            continue
        own = {key: examined.document[key] for key in _OF_CASE}
        shared = {key: value for key, value in examined.document.items() if key not in _OF_CASE}
        number = documents.setdefault(json.dumps(shared, sort_keys=True), len(documents))
        entries[case_id] = {**own, "document": number, "sha256": content_hash(label_map)}
    body: dict[str, Any] = {
        "type": _TYPE,
        "version": _VERSION,
        "plan": plan.as_json(),
        "documents": [json.loads(text) for text in documents],
        "cases": entries,
    }
    return json.dumps({**body, "seal": seal(body)}, indent=1, ensure_ascii=True) + "\n"


def read_map(path: Path) -> StoredMap:
    """The map of a file. Raises CorruptFileError for other files, a later version, one that was changed."""
    body = json_object(path, "the map of a data set")
    if body.get("type") != _TYPE:
        raise CorruptFileError(path, f"type: found {body.get('type')!r:.60}, expected {_TYPE!r}")
    if type(body.get("version")) is not int or body["version"] > _VERSION:
        raise CorruptFileError(path, f"version: found {body.get('version')!r:.60}, expected {_VERSION}")
    if body.get("seal") != seal(dict(body)):
        raise CorruptFileError(path, "it was changed after it was written; remove it to go by dataset.json alone")
    try:
        plan = ClassPlan.from_json(body["plan"])
        groups_from_json(list(plan.groups), "plan.groups")
        documents = {
            name: {**body["documents"][entry["document"]], **{key: entry[key] for key in _OF_CASE}}
            for name, entry in body["cases"].items()
        }
        hashes = {name: str(entry["sha256"]) for name, entry in body["cases"].items()}
    except (MultiLabelSegError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CorruptFileError(path, f"is damaged: {error!s:.120}") from None
    return StoredMap(plan, documents, hashes)
