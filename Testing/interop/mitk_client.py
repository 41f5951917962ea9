"""What tests say to the real MITK: one child process answers many requests; a crash is an exception, not the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Testing.interop.child_client import ChildClient, ChildCrashed


class MitkRefused(Exception):
    """MITK raised an error; the message is MITK's."""


class MitkCrashed(ChildCrashed):
    """The process died or hung; the message holds what it printed last."""


@dataclass(frozen=True)
class MitkSegmentation:
    """What MITK holds in memory.

    ``arrays`` are the groups, uint16 (t, k, j, i); ``groups`` have ``name`` and ``values``; ``labels`` map a value to
    its attributes, ``properties`` among them (typed as in JSON) and ``group``; ``direction`` has the axes as columns.
    ``problems`` are MITK's own remarks about labels and voxels that do not fit.
    """

    arrays: list[NDArray[np.uint16]]
    groups: list[dict[str, Any]]
    labels: dict[int, dict[str, Any]]
    spacing: list[float]
    origin: list[float]
    direction: list[list[float]]
    time_steps: int
    time_bounds: list[list[float]]
    properties: dict[str, Any]
    problems: list[str]


class MitkClient(ChildClient):
    """Talks to one child process, which is started when first needed and again after a crash.

    Every operation takes paths and answers with a ``MitkSegmentation``; with ``save`` MITK also saves the result
    there. Raises MitkRefused for MITK's errors and MitkCrashed.
    """

    name = "MITK"
    script = Path(__file__).with_name("mitk_child.py")
    crashed = MitkCrashed

    # ---- operations --------------------------------------------------------------------------------------------
    def load(self, path: Path, *, reader: str | None = None, save: Path | None = None) -> MitkSegmentation:
        """What MITK finds in a file; ``reader`` is the description of the reader to prefer."""
        return self.request("load", path, reader=reader, save=save)

    def resave(self, path: Path, to: Path) -> MitkSegmentation:
        """Loads a file and saves it as another; the suffix says as what."""
        return self.load(path, save=to)

    def save_as_dicom(self, path: Path, to: Path) -> MitkSegmentation:
        """What MITK reads of a DICOM segmentation and saves as one again, with labels said to be drawn by hand."""
        return self.request("load_manual", path, save=to)

    def transfer(
        self,
        source: Path,
        path: Path,
        mapping: Iterable[tuple[int, int]],
        merge_style: str = "replace",
        overwrite_style: str = "regard_locks",
        *,
        time_step: int | None = None,
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK transferred labels of ``source`` into it, one mapping after the other."""
        return self.request(
            "transfer",
            path,
            source=source,
            mapping=list(mapping),
            merge_style=merge_style,
            overwrite_style=overwrite_style,
            time_step=time_step,
            save=save,
        )

    def merge(
        self,
        path: Path,
        target: int,
        sources: Iterable[int],
        overwrite_style: str = "regard_locks",
        *,
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK merged labels into ``target``."""
        return self.request(
            "merge", path, target=target, sources=list(sources), overwrite_style=overwrite_style, save=save
        )

    def relabel(
        self,
        path: Path,
        mapping: Iterable[tuple[int, int]],
        *,
        keep_untouched: bool = False,
        merge_style: str = "replace",
        overwrite_style: str = "ignore_locks",
        save: Path | None = None,
    ) -> MitkSegmentation:
        """``path`` after MITK relabelled it; without ``keep_untouched`` all labels that are not mapped are cleared."""
        return self.request(
            "relabel",
            path,
            mapping=list(mapping),
            keep_untouched=keep_untouched,
            merge_style=merge_style,
            overwrite_style=overwrite_style,
            save=save,
        )

    def request(self, op: str, path: Path, **arguments: Any) -> MitkSegmentation:
        """Any operation of the child's table by name: ``erase`` (labels), ``remove`` (labels), ``remove_group``
        (group), ``rename`` (label, name, color), ``from_image``, and those that have a method here.
        """
        arrays = Path(self._folder.name) / "arrays.npz"
        message = {"op": op, "path": path, "arrays": arrays, **arguments}
        for key, value in message.items():
            if isinstance(value, Path):
                message[key] = str(value.absolute())  # MITK's relative paths are not reliable
        answer = json.loads(self._ask(json.dumps(message)))
        if "error" in answer:
            raise MitkRefused(answer["error"])
        found = answer["ok"]
        found["labels"] = {label["value"]: label for label in found["labels"]}
        with np.load(arrays) as file:
            found["arrays"] = [file[f"group_{index}"] for index in range(len(found["groups"]))]
        arrays.unlink()
        return MitkSegmentation(**found)
