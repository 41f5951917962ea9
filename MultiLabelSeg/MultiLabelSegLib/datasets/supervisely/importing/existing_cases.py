"""The cases of annotations that come without volumes: which volumes exist already, and what a mapping says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....formats.sidecar import SUFFIX as SIDECAR_SUFFIX
from ..discovery.cases import Case, Cases, Remark
from ..discovery.data_sets import survey_names
from ..discovery.names import parse_name
from .session import Session

if TYPE_CHECKING:
    from ..tables.mapping import VolumeMapping


def find_cases(session: Session, names: list[str]) -> tuple[Cases, str]:
    """The cases of a NIfTI data set, together with those of existing volumes where there are some.

    Returns them with the name of the input's own file that maps annotations to volumes (empty: there is none).
    Raises OptionError for a data set's id that is not listed, DatasetError, FormatError for existing volumes or a given
    mapping that cannot be read.
    """
    options = session.options
    found = survey_names(names, options.layout, options.mask_mode)
    if options.existing is None:
        return found.without_existing(), ""
    from .annotations import match_annotations
    from .existing_volumes import check_data_set, read_existing

    existing = read_existing(options.existing)
    if options.dataset_id is not None:
        check_data_set(options.existing, options.dataset_id)
    mapping, own = _mapping(session, names)
    mapped = _mapped(session, names, mapping)
    if not mapped.issubset(found.annotation_names):  # what a mapping names is an annotation, whatever it is called
        others = [name for name in names if name not in mapped]
        found = survey_names(others, options.layout, options.mask_mode)
    matched = match_annotations(
        (*found.annotation_names, *mapped),
        existing,
        mapping,
        options.dataset_id,
        options.mask_mode,
        session.tree.root_name,
    )
    return _without_stray_masks(found.with_matched(matched), mapping), own


def _without_stray_masks(cases: Cases, mapping: VolumeMapping | None) -> Cases:
    """Annotations whose volume nobody can tell are no volumes where annotations of existing ones are expected."""
    stray = {case.source for case in cases.cases if not case.existing and not case.masks and _is_annotation(case)}
    if not stray:
        return cases
    reason = (
        "is called an annotation, but its name lacks the plane: call it axl_..., cor_... or sag_..., or use a mapping"
    )
    if mapping is not None:
        reason = f"is not in the mapping {mapping.path}"
    left_out = (*cases.left_out, *(Remark(path, reason) for path in sorted(stray)))
    kept = tuple(case for case in cases.cases if case.source not in stray)
    return Cases(kept, left_out, tuple(note for note in cases.notes if note.path not in stray))


def _is_annotation(case: Case) -> bool:
    return case.layout == "by-name" and parse_name(case.source).role == "annotation"


def files_beside(case: Case, mapping: str) -> tuple[str, ...]:
    """What a case was made from beside its masks and tables: the mapping, where it decided."""
    return (mapping,) if mapping and case.existing is not None else ()


def _mapping(session: Session, names: list[str]) -> tuple[VolumeMapping | None, str]:
    """The mapping that was given, else the one in the input, and its name there; other JSON files are left out."""
    from ..tables.mapping import find_mapping, read_mapping

    files = [name for name in names if parse_name(name).content == "json"]
    candidates = [name for name in files if not name.endswith(SIDECAR_SUFFIX)]
    given = session.options.mapping
    if given is None:
        mapping, remarks = find_mapping(candidates, session.tree.path)
        own = mapping.path if mapping else ""
    else:
        mapping = read_mapping(given)
        own = next((name for name in names if session.tree.path(name).samefile(given)), "")
        remarks = tuple(Remark(name, "another mapping was given") for name in candidates if name != own)
    for remark in remarks:
        session.report.leave_out(remark.path, remark.reason)
    session.report.note(mapping.notes if mapping else ())
    return mapping, own


def _mapped(session: Session, names: list[str], mapping: VolumeMapping | None) -> set[str]:
    """The files that a mapping names, with their folder or without."""
    from ..tables.mapping import mapping_key

    if mapping is None:
        return set()
    keys = {name: mapping_key(f"{session.tree.root_name}/{name}") for name in names}
    return {name for name, key in keys.items() if key in mapping.ids or key.rpartition("/")[2] in mapping.ids}
