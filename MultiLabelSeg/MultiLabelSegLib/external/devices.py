"""Where a model runs: a GPU, the processor, Apple's graphics."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass

from ..errors import OptionError

#: an answer takes milliseconds; a broken driver must not hold the caller
_LIMIT_S = 10
_ALLOWED = "auto, cpu, mps, or the number of a GPU counted from 0"


@dataclass(frozen=True)
class Gpu:
    """A GPU as nvidia-smi lists it."""

    index: int
    name: str
    memory_mb: int


@dataclass(frozen=True)
class Device:
    """``kind`` is cuda, cpu or mps; ``gpu`` the number of the GPU."""

    kind: str
    gpu: int = 0

    def variables(self) -> dict[str, str]:
        """What a child's environment says of it: the GPU by number, or that there is none to use."""
        return {"CUDA_VISIBLE_DEVICES": str(self.gpu) if self.kind == "cuda" else "-1"}


def find_gpus() -> tuple[Gpu, ...]:
    """The GPUs that nvidia-smi lists; none where it is missing or fails (a number can still be typed)."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return () if done.returncode else gpus_in(done.stdout)


def gpus_in(text: str) -> tuple[Gpu, ...]:
    """The GPUs in nvidia-smi's answer; lines that are none are passed over."""
    found = []
    for line in text.splitlines():
        index, _, rest = line.partition(",")
        name, _, memory = rest.rpartition(",")
        if index.strip().isdigit() and name.strip():
            found.append(Gpu(int(index), name.strip(), int(memory) if memory.strip().isdigit() else 0))
    return tuple(found)


def device_of(text: str) -> Device:
    """What the user wrote. ``auto`` is the first GPU, else Apple's graphics on a Mac, else the processor.

    Raises OptionError.
    """
    named = named_device(text)
    if named is not None:
        return named
    gpus = find_gpus()
    if gpus:
        return Device("cuda", gpus[0].index)
    return Device("mps" if sys.platform == "darwin" else "cpu")


def named_device(text: str) -> Device | None:
    """The same without starting any program: None for ``auto``. Raises OptionError."""
    word = text.strip().lower()
    if word == "auto":
        return None
    if word in ("cpu", "mps"):
        return Device(word)
    number = word.removeprefix("gpu").removeprefix("cuda").lstrip(":") or "0"
    if word and (word[0].isdigit() or word.startswith(("gpu", "cuda"))) and number.isdigit():
        return Device("cuda", int(number))
    raise OptionError("device", text, _ALLOWED)
