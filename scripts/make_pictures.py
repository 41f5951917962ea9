"""Makes the pictures of the workbench in docs/images anew, from the lists of actions in docs/scripts.

    PYTHONPATH=MultiLabelSeg QT_QPA_PLATFORM=offscreen python scripts/make_pictures.py [NAME...]

Needs what the workbench needs (``pip install '.[workbench]'``), slicerio for the chest CT, and, for ``organs``, the
CT ``example_ct.nii.gz`` of TotalSegmentator's source package, named by ``--ct``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS, IMAGES = ROOT / "docs" / "scripts", ROOT / "docs" / "images"
ORGANS = ROOT / "Testing" / "golden" / "totalsegmentator" / "organs.nii.gz"


def files_of(name: str, ct: Path | None) -> list[Path] | None:
    """What the workbench opens before a script; nothing: the demo case; None: a file that was not named."""
    if name == "tutorial":
        from MultiLabelSegLib.datasets.demo import IMAGE, sample_folder

        return [sample_folder() / IMAGE]
    if name == "organs":
        return None if ct is None else [ct.resolve(), ORGANS]
    return []


def play(script: Path, files: list[Path], folder: Path) -> None:
    """Plays a script in a folder, into which its pictures and files go. Raises CalledProcessError."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT / "MultiLabelSeg")}
    command = [sys.executable, "-m", "MultiLabelSegLib", "workbench", *map(str, files), "--script", str(script)]
    subprocess.run(command, cwd=folder, env=environment, check=True)


def main() -> int:
    """Plays the named scripts, or all, and keeps their pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    names = sorted(path.stem for path in SCRIPTS.glob("*.json"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)} (all)")
    parser.add_argument("--ct", type=Path, metavar="example_ct.nii.gz", help="the CT to the organs of TotalSegmentator")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "MultiLabelSeg"))
    for name in arguments.names or names:
        files = files_of(name, arguments.ct)
        if files is None:
            print(f"{name}: left out, for --ct names no image")
            continue
        with tempfile.TemporaryDirectory() as folder:
            play(SCRIPTS / f"{name}.json", files, Path(folder))
            for picture in sorted(Path(folder).glob("*.png")):
                keep(picture, IMAGES / picture.name)
                print(f"written: {(IMAGES / picture.name).relative_to(ROOT)}")
    return 0


def keep(picture: Path, target: Path) -> None:
    """Writes a picture with brightness in steps of 4: two thirds of the size, and no eye sees it."""
    import numpy as np
    from PIL import Image

    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))
    Image.fromarray(pixels // 4 * 4).save(target, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
