"""A fake of the part of Supervisely's HTTP API that uploading a volume project asks, on the loopback interface.

It keeps what arrives: workspaces, projects with their meta, data sets, volumes, slices, objects, figures and masks.
What it does not know it refuses, and notes, so that a test can tell that nothing else was asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any

TOKEN = "t" * 128
Data = dict[str, Any]


class FakeServer:
    """Use as a context manager; ``url`` is its address.

    ``spaces`` are the workspaces by their team. ``refuse`` names a method that is answered with an error: status, text.
    """

    def __init__(self, spaces: dict[str, list[str]] | None = None) -> None:
        spaces = {"team": ["space"]} if spaces is None else spaces
        self._numbers = count(1)
        self.teams = {next(self._numbers): name for name in spaces}
        self.workspaces = {
            next(self._numbers): {"name": name, "teamId": team}
            for team, names in zip(self.teams, spaces.values(), strict=True)
            for name in names
        }
        self.projects: dict[int, Data] = {}
        self.datasets: dict[int, Data] = {}
        self.volumes: dict[int, Data] = {}
        self.objects: dict[int, Data] = {}
        self.figures: dict[int, Data] = {}
        self.storage: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.unknown: list[str] = []
        self.refuse: dict[str, tuple[int, str]] = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    # ---- what is asked -----------------------------------------------------------------------------------------
    def answer(self, method: str, data: Any, parts: dict[str, bytes]) -> tuple[int, Any]:
        """Status and JSON of one request: ``data`` is its JSON, ``parts`` are the files of a form."""
        self.asked.append(method)
        if method in self.refuse:
            status, text = self.refuse[method]
            return status, {"error": text}
        known: dict[str, Callable[[], Any]] = {
            "teams.list": lambda: self._page([{"id": n, "name": name} for n, name in self.teams.items()], data),
            "workspaces.list": lambda: self._page(self._with_ids(self.workspaces, teamId=data["teamId"]), data),
            "projects.list": lambda: self._page(self._with_ids(self.projects), data),
            "projects.add": lambda: self._add(self.projects, data),
            "projects.info": lambda: {"id": data["id"], **self.projects[data["id"]]},
            "projects.meta.update": lambda: self._update_meta(data),
            "projects.settings.update": lambda: {"id": data["id"], "settings": data["settings"]},
            "instance.version": lambda: {"version": "6.99.9"},
            "projects.meta": lambda: self.projects[data["id"]]["meta"],
            "datasets.list": lambda: self._page(self._with_ids(self.datasets, projectId=data["projectId"]), data),
            "datasets.add": lambda: self._add(self.datasets, data),
            "images.internal.hashes.list": lambda: [one for one in data if one in self.storage],
            "import-storage.internal.hashes.list": lambda: [one for one in data if one in self.storage],
            "images.bulk.upload": lambda: self._store(parts),
            "import-storage.bulk.upload": lambda: self._store(parts),
            "volumes.bulk.add": lambda: [self._add_volume(data["datasetId"], one) for one in data["volumes"]],
            "volumes.slices.bulk.add": lambda: self._add_slices(data),
            "volumes.list": lambda: self._page(self._with_ids(self.volumes, datasetId=data["datasetId"]), data),
            "volumes.info": lambda: {"id": data["id"], **self.volumes[data["id"]]},
            "advanced.object_classes.list": lambda: self._page(self._classes(data["projectId"]), data),
            "tags.list": lambda: self._page(self._tags(data["projectId"]), data),
            "volumes.tags.bulk.add": lambda: self._add_tags(self.volumes, data, "entityId"),
            "annotation-objects.tags.bulk.add": lambda: self._add_tags(self.objects, data, "objectId"),
            "annotation-objects.bulk.add": lambda: [
                self._add(self.objects, {**one, "datasetId": data["datasetId"]}) for one in data["annotationObjects"]
            ],
            "figures.bulk.add": lambda: [
                self._add(self.figures, {**one, "entityId": data["entityId"]}) for one in data["figures"]
            ],
            "figures.bulk.upload.geometry": lambda: self._draw(parts),
        }
        if method not in known:
            self.unknown.append(f"{method} {json.dumps(data)[:200]}")
            return 404, {"error": f"there is no method {method}"}
        try:
            return 200, known[method]()
        except (KeyError, ValueError, TypeError) as error:  # the SDK would repeat a request without an answer for ever
            self.unknown.append(f"{method}: {error!r}")
            return 400, {"error": repr(error)}

    def _add(self, table: dict[int, Data], data: Data) -> Data:
        number = next(self._numbers)
        table[number] = dict(data)
        return {"id": number, **data}

    @staticmethod
    def _with_ids(table: dict[int, Data], **wanted: Any) -> list[Data]:
        fitting = ((n, one) for n, one in table.items() if all(one[key] == value for key, value in wanted.items()))
        return [{"id": n, **one} for n, one in fitting]

    @staticmethod
    def _page(entities: list[Data], data: Data) -> Data:
        for rule in data.get("filter") or ():
            if rule["operator"] != "=":
                raise ValueError(f"the fake server knows no operator {rule['operator']}")
            entities = [one for one in entities if one.get(rule["field"]) == rule["value"]]
        return {"total": len(entities), "perPage": 500, "pagesCount": 1, "entities": entities}

    def _update_meta(self, data: Data) -> Data:
        meta = data["meta"]
        for kind in (*meta["classes"], *meta["tags"]):
            kind["id"] = kind.get("id") or next(self._numbers)
        self.projects[data["id"]]["meta"] = meta
        return dict(meta)

    def _classes(self, project: int) -> list[Data]:
        found = self.projects[project]["meta"]["classes"]
        rest = {"settings": {}, "createdAt": "", "updatedAt": ""}
        return [{**rest, **kind, "name": kind["title"]} for kind in found]

    def _tags(self, project: int) -> list[Data]:
        found = self.projects[project]["meta"]["tags"]
        rest = {"projectId": project, "settings": {}, "createdAt": "", "updatedAt": ""}
        return [{**rest, **tag, "valueType": tag["value_type"]} for tag in found]

    def _store(self, parts: dict[str, bytes]) -> list[Data]:
        hashes = [b64encode(hashlib.sha256(content).digest()).decode() for content in parts.values()]
        self.storage.update(zip(hashes, parts.values(), strict=True))
        return [{"hash": one} for one in hashes]

    def _add_volume(self, dataset: int, data: Data) -> Data:
        project = self.datasets[dataset]["projectId"]
        return self._add(self.volumes, {**data, "datasetId": dataset, "projectId": project, "slices": []})

    def _add_slices(self, data: Data) -> list[Data]:
        self.volumes[data["volumeId"]]["slices"] += data["volumeSlices"]
        return [{"id": next(self._numbers)} for _ in data["volumeSlices"]]

    def _draw(self, parts: dict[str, bytes]) -> Data:
        self.figures[int(parts["figureId"])]["geometry"] = parts["geometry"]
        return {"success": True}

    def _add_tags(self, table: dict[int, Data], data: Data, owner: str) -> list[Data]:
        """Tags of volumes (``owner`` is a field of the request) or of objects (a field of each tag)."""
        for tag in data["tags"]:
            table[data.get(owner) or tag[owner]].setdefault("tags", []).append((tag["tagId"], tag.get("value")))
        return [{"id": next(self._numbers)} for _ in data["tags"]]


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server looks for
            self._send(200, {})

        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("x-api-key") != TOKEN:
                self._send(401, {"error": "the API token is not valid"})
                return
            kind = self.headers.get("Content-Type", "")
            parts = _parts(kind, body) if kind.startswith("multipart/") else {}
            data = json.loads(body or b"null") if not parts else None
            self._send(*server.answer(self.path.rpartition("/v3/")[2], data, parts))

        def _send(self, status: int, data: Any) -> None:
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - http.server's own signature
            """Nothing is printed."""

    return Handler


def _parts(kind: str, body: bytes) -> dict[str, bytes]:
    """The files of a form by name, numbered where a name occurs again."""
    boundary = re.search("boundary=([^;]+)", kind)
    assert boundary is not None
    found: dict[str, bytes] = {}
    for part in body.split(b"--" + boundary[1].strip('"').encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        assert name is not None
        key = name[1].decode()
        found[key if key not in found else f"{key} {len(found)}"] = content[:-2]
    return found
