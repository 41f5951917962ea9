"""Identities and the present time, which a batch can make reproducible.

New documents get random identities, so two runs of the same job would differ in a few bytes. Within ``reproducible``
they follow from a seed instead: a job that is done again after an interruption gives the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "org.multilabelseg.batch")


@dataclass
class _Source:
    seed: str
    moment: datetime
    count: int = 0


_SOURCE: ContextVar[_Source | None] = ContextVar("identity_source", default=None)


def new_uuid(*parts: str) -> uuid.UUID:
    """A new identity: random, or within ``reproducible`` made from its seed, ``parts`` and the number of the call."""
    source = _SOURCE.get()
    if source is None:
        return uuid.uuid4()
    source.count += 1
    return uuid.uuid5(_NAMESPACE, "/".join((source.seed, str(source.count), *parts)))


def present() -> datetime:
    """The present time in UTC, or within ``reproducible`` the moment that it was given."""
    source = _SOURCE.get()
    return datetime.now(timezone.utc) if source is None else source.moment


@contextmanager
def reproducible(seed: str, moment: datetime) -> Iterator[None]:
    """While it lasts, in this thread, identities follow from ``seed`` and the time stands at ``moment`` (with zone)."""
    token = _SOURCE.set(_Source(seed, moment))
    try:
        yield
    finally:
        _SOURCE.reset(token)
