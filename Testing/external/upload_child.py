"""The command line in the Python that has the real Supervisely SDK: a request is a line of JSON with its arguments.

Answers ``{"code", "out", "err"}`` with all that was printed, by whichever module and through whatever channel.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "MultiLabelSeg"))
os.environ["SUPERVISELY_PUBLIC_API_RETRY_SLEEP_SEC"] = "0"


def answer(arguments: list[str], token: str) -> dict[str, object]:
    """Runs one command line."""
    from MultiLabelSegLib.cli.main import main

    os.environ["UPLOAD_TOKEN"] = token
    texts = []
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        kept = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            code = main(arguments)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, before in enumerate(kept, 1):
                os.dup2(before, number)
                os.close(before)
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8"))
    return {"code": code, "out": texts[0], "err": texts[1]}


for line in sys.stdin:
    request = json.loads(line)
    _answers.write(json.dumps(answer(request["arguments"], request["token"])) + "\n")
    _answers.flush()
