"""Keys: which action they run, changed by the user, shown in tooltips."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import OptionError
from ..session import Session
from ..topics import Emit, Topic
from .key_bindings import DEFAULTS, Binding, normal_keys


class Keys:
    """Binds keys to actions; what an action does is said once by ``handle``, of dialogs by the view itself."""

    def __init__(self, session: Session, emit: Emit) -> None:
        self._session, self._emit = session, emit
        self._handlers: dict[str, Callable[[], object]] = {}
        self._keys = self._stored()

    def bindings(self) -> tuple[Binding, ...]:
        """All actions in the order of lists."""
        return tuple(
            Binding(action, title, self._keys[action], default) for action, (title, default) in DEFAULTS.items()
        )

    def keys_of(self, action: str) -> str:
        """The keys of an action; empty where it has none. Raises OptionError for an unknown action."""
        return self._keys[_known(action)]

    def action_of(self, keys: str) -> str | None:
        """The action that keys run; None where they run none."""
        wanted = normal_keys(keys)
        return next((action for action, bound in self._keys.items() if bound and bound == wanted), None)

    def tooltip(self, action: str) -> str:
        """Title and keys of an action: "Paint (P)". Raises OptionError for an unknown action."""
        title, keys = DEFAULTS[_known(action)][0], self._keys[action]
        return f"{title} ({keys})" if keys else title

    def rebind(self, action: str, keys: str) -> None:
        """Gives an action other keys, or none. Raises OptionError, naming the action that has these keys already."""
        wanted = normal_keys(keys)
        other = self.action_of(wanted) if wanted else None
        if other is not None and other != _known(action):
            raise OptionError("keys", wanted, f"keys that are free; {DEFAULTS[other][0]!r} has them")
        self._take(dict(self._keys) | {_known(action): wanted})

    def reset(self) -> None:
        """Gives all actions their default keys."""
        self._take({action: default for action, (_, default) in DEFAULTS.items()})

    def handle(self, action: str, function: Callable[[], object]) -> None:
        """Says what an action does; the last one counts. Raises OptionError for an unknown action."""
        self._handlers[_known(action)] = function

    def run(self, action: str) -> bool:
        """Does an action; False where nobody said what it does. Raises what the action raises, OptionError."""
        function = self._handlers.get(_known(action))
        if function is None:
            return False
        function()
        return True

    def _take(self, keys: dict[str, str]) -> None:
        changed = {_stored_as(action): text for action, text in keys.items() if text != self._keys[action]}
        self._keys = keys
        if changed:
            self._session.host.preferences.save(dict(changed))
            self._emit(Topic.PREFERENCES)

    def _stored(self) -> dict[str, str]:
        """The keys as they are stored; what is no key, or another action's, leaves the default."""
        stored = self._session.host.preferences.load()
        found = {action: default for action, (_, default) in DEFAULTS.items()}
        for action in DEFAULTS:
            text = stored.get(_stored_as(action))
            if isinstance(text, str):
                try:
                    found[action] = normal_keys(text)
                except OptionError:
                    continue
        taken: set[str] = set()
        for action, keys in found.items():
            if keys in taken:
                found[action] = ""
            taken |= {keys} - {""}
        return found


def _stored_as(action: str) -> str:
    """The key of the store, which a TOML file takes too."""
    return "key_" + action.replace(":", "_")


def _known(action: str) -> str:
    if action not in DEFAULTS:
        raise OptionError("action", action, DEFAULTS)
    return action
