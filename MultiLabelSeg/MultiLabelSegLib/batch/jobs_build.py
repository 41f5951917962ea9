"""From rows to jobs: options of the table and of the command line put together, checked as a whole beforehand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import FormatError, MultiLabelSegError, OptionError
from ..formats.staging import absolute
from .jobs import Job
from .jobs_options import (
    CommandSpec,
    OptionSpec,
    column_key,
    command_line,
    is_given,
    switch_value,
    unknown_column,
    values_of,
)
from .jobs_table import Row
from .templates import filled, first_input, has_fields, named_cases, stem_of

#: path options that name what is written
_WRITTEN = {"output", "image_output", "json", "csv", "report"}
_STACK = ".mitklabel.json"
_CUT = f" before their first dot, where MITK cuts the name of a stack's image; {{stem}}{_STACK} is not cut"


def build_jobs(
    rows: Sequence[Row],
    common: Mapping[str, Any],
    folder: Path,
    command: str,
    spec_of: Callable[[str], CommandSpec],
) -> list[Job]:
    """The jobs of the rows, in their order.

    ``common`` are options for all rows that do not say their own; their relative paths count from ``folder``.
    ``command`` is for rows without a column of that name; ``spec_of`` knows the commands.

    Raises OptionError and FormatError, naming row and column: unknown columns, impossible values, two rows with one
    output, an output that is an input.
    """
    _check_columns(rows, command, spec_of)
    prepared = named_cases([_with_stem(row) for row in rows])
    jobs = []
    for number, row in enumerate(prepared, 1):
        try:
            jobs.append(_job(number, row, common, folder, spec_of(_command_of(row, command))))
        except MultiLabelSegError as error:
            raise FormatError(None, f"{row.where}: {error}") from None
    refuse_clashes(jobs, [_source(job, row) for job, row in zip(jobs, prepared, strict=True)])
    return jobs


def _command_of(row: Row, command: str) -> str:
    named = next((value for name, value in row.cells.items() if column_key(name) == "command"), "")
    return " ".join(str(named or command).split())


def _check_columns(rows: Sequence[Row], command: str, spec_of: Callable[[str], CommandSpec]) -> None:
    """Every column must be an option of some command in the table. Raises OptionError naming the nearest."""
    specs = []
    for name, row in {_command_of(row, command): row for row in reversed(rows)}.items():
        try:
            specs.append(spec_of(name))
        except OptionError as error:
            raise FormatError(None, f"{row.where}: {error}") from None
    known = ["input", "output", "command"]
    known += [column for spec in specs for option in spec.options for column in option.columns]
    for row in rows:
        for column in row.cells:
            if column_key(column) not in known:
                raise unknown_column(row.where, column, [name for name in known if len(name) > 2])


def _with_stem(row: Row) -> Row:
    cells = {column_key(name): value for name, value in row.cells.items()}
    if not is_given(cells.get("input")):
        raise FormatError(None, f"{row.where}: the cell 'input' is empty; expected a file or folder")
    plain = Row(row.where, cells, row.folder, row.fields)
    return Row(row.where, cells, row.folder, {"stem": stem_of(first_input(plain)), **row.fields})


def _job(number: int, row: Row, common: Mapping[str, Any], folder: Path, spec: CommandSpec) -> Job:
    own = {name: value for name, value in row.cells.items() if name != "command"}
    output = own.get("output", common.get("output"))
    cells, base = _settled(own, {**common, "output": output}, row, folder, spec)
    chosen = next((name for name in spec.outputs if is_given(cells.get(name))), "")
    if not chosen:
        raise OptionError("output", None, "a path for every case: a column 'output', or -o with a template")
    overwrite = switch_value("overwrite", cells.pop("overwrite", False))
    for switch in ("dry_run", "list_readers"):
        if switch in cells:
            raise OptionError(switch, cells[switch], "no such option for a case; mlseg batch has --dry-run itself")
    argv = command_line(spec, cells, base, overwrite=False)
    spec.check(argv)
    replacing = command_line(spec, cells, base, overwrite=True)
    paths = {option.name: _paths(option, cells, base) for option in spec.options if option.is_path}
    inputs = [path for name, found in paths.items() if name not in _WRITTEN for path in found]
    first = paths.get(spec.find("input").name, [])
    ordered = tuple(dict.fromkeys([*first, *inputs]))
    written = _main_file(paths[chosen][0], cells)
    return Job(
        number, row.fields["case"], tuple(argv), ordered, written,
        tuple(replacing) if replacing != argv else (), overwrite,
    )  # fmt: skip


def _settled(
    own: Mapping[str, Any], common: Mapping[str, Any], row: Row, folder: Path, spec: CommandSpec
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Option name -> value, and the folder that its relative paths count from; templates of paths are filled."""
    output = str(own.get("output") or common.get("output") or "")
    cells: dict[str, Any] = {}
    base: dict[str, Path] = {}
    for given, place in ((common, folder), (own, row.folder)):
        for column, value in given.items():
            if not is_given(value):
                continue
            option = spec.find(column, output)
            if option.is_path and option.name != spec.find("input").name:
                value = _filled(option, value, row.fields)
            cells[option.name], base[option.name] = value, place
    return cells, base


def _filled(option: OptionSpec, value: Any, fields: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(option, each, fields) for each in value]
    text = str(value)
    return filled(text, fields, option.name) if "{" in text and (has_fields(text) or option.name in _WRITTEN) else value


def _paths(option: OptionSpec, cells: Mapping[str, Any], base: Mapping[str, Path]) -> list[str]:
    if not is_given(cells.get(option.name)):
        return []
    folder = base.get(option.name, Path.cwd())
    return [str(absolute(folder / Path(each).expanduser())) for each in values_of(option, cells[option.name])]


def _main_file(path: str, cells: Mapping[str, Any]) -> str:
    """What is there when a case is done: of a MITK stack that is its JSON, whatever image the output is named after."""
    options = str(cells.get("output_options", "")).lower().replace("_", " ").replace("-", " ")
    if cells.get("format") != "mitk-stack" and not any(each in options for each in ("save strategy", "instance value")):
        return path
    from ..formats.stack_writer import stack_json

    return str(stack_json(Path(path)))


def path_key(path: str) -> str:
    """What is one and the same path on some file system: capitals and the parts of an accented letter do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def refuse_clashes(jobs: Sequence[Job], sources: Sequence[str]) -> None:
    """Raises FormatError where two cases write one output, or an output is the input of a case.

    ``sources`` say where each job comes from, for people.
    """
    inputs = {path_key(path): job for job in jobs for path in job.inputs}
    outputs: dict[str, str] = {}
    for job, source in zip(jobs, sources, strict=True):
        key = path_key(job.output)
        if key in outputs:
            raise FormatError(
                job.output,
                f"would be the output of two cases: {outputs[key]} and {source}; a template needs "
                "{stem} or {case} that differ" + _CUT * job.output.endswith(_STACK),
            )
        if key in inputs:
            raise FormatError(job.output, f"is an input of case {inputs[key].name!r}; inputs are never changed")
        outputs[key] = source


def _source(job: Job, row: Row) -> str:
    return row.where if row.where not in job.inputs else job.inputs[0]
