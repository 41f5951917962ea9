"""What tests say to the real Supervisely SDK: one child process in a Python of its own answers many requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Testing.interop.child_client import ChildClient, ChildCrashed


class SlyRefused(Exception):
    """The SDK raised an error; the message is the SDK's."""


class SlyCrashed(ChildCrashed):
    """The process died or hung; the message holds what it printed last."""


class SlyClient(ChildClient):
    """Talks to one child process, which is started when first needed and again after a crash.

    Answers are JSON as ``sly_child.py`` describes it, with the arrays (x, y, z) in place of their names, and
    ``warnings`` with all that the SDK warned of. Raises SlyRefused for the SDK's errors and SlyCrashed.
    """

    name = "The Supervisely SDK"
    script = Path(__file__).with_name("sly_child.py")
    crashed = SlyCrashed

    def open(self, project: Path) -> dict[str, Any]:
        """A project as an upload would read it."""
        answer, arrays = self._request("open", project)
        for volume in answer["volumes"]:
            volume["array"] = arrays[volume["array"]]
            for figure in volume["figures"]:
                if "mask" in figure:
                    figure["mask"] = arrays[figure["mask"]]
        return answer

    def write(
        self, project: Path, image: NDArray[Any], labels: NDArray[Any], affine: NDArray[np.float64]
    ) -> dict[str, Any]:
        """A project of one volume written by the SDK: an object of class ``C<value>`` for each value of ``labels``."""
        source = Path(self._folder.name) / "source.npz"
        np.savez(source, image=image, labels=labels, affine=affine)
        answer, _ = self._request("write", project, source=str(source))
        source.unlink()
        return answer

    def convert(
        self, source: Path, existing: dict[str, Any] | None = None, dataset_id: int | None = None
    ) -> dict[str, Any]:
        """What the SDK's importers make of a folder or archive of NIfTI files."""
        answer, arrays = self._request("convert", source, existing=existing, dataset_id=dataset_id)
        for volume in answer["volumes"]:
            if "array" in volume:
                volume["array"] = arrays[volume["array"]]
            for found in volume["objects"]:
                found["mask"] = arrays[found["mask"]]
        return answer

    def draw(self, shape: str, geometry: dict[str, Any], size: tuple[int, int]) -> NDArray[np.uint8]:
        """The pixels (rows, columns) of a figure on a slice of ``size``."""
        _, arrays = self._request("draw", Path(), shape=shape, geometry=geometry, size=size)
        return arrays["pixels"]

    def _request(self, op: str, path: Path, **arguments: Any) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = Path(self._folder.name) / "arrays.npz"
        request = {"op": op, "path": str(path.absolute()), "arrays": str(arrays), **arguments}
        answer = json.loads(self._ask(json.dumps(request)))
        if "error" in answer:
            raise SlyRefused(f"{answer['error']}; it warned of {answer['warnings']}")
        with np.load(arrays) as file:
            found = {name: file[name] for name in file.files}
        arrays.unlink()
        return answer["ok"], found
