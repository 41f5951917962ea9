"""What the pages of all programs share: an environment, kept results, and what is being looked for."""

from __future__ import annotations

from ....external.cache import ResultCache
from ....presets.preferences import PreferenceStore
from ....signal import Signal
from .environment_page import EnvironmentPage
from .looking import Look, Run
from .state import Availability


class ProgramPage:
    """``changed`` is emitted after every change; a view then reads everything anew.

    Folders are looked into by ``run``, in the background where that is the host's; ``looking`` says so meanwhile.
    """

    def __init__(self, program: str, store: PreferenceStore, run: Run, cache: ResultCache | None) -> None:
        self.changed = Signal()
        self.problem = ""
        self.environment = EnvironmentPage(program, store, run)
        self.cache = cache or ResultCache()
        self.cache_bytes = 0
        self._cache_look = Look(run, self.changed.emit)
        self._looks: tuple[Look, ...] = (self.environment.look,)
        self.measure_cache()

    # what is being looked for

    @property
    def looking(self) -> str:
        """What is being looked for, in words; empty for nothing."""
        return next((look.text for look in self._looks if look.text), "")

    @property
    def is_settled(self) -> bool:
        """Whether nothing goes on in the background."""
        return not self.looking and not self._cache_look.text

    def stop_looking(self) -> None:
        """Ends all looks; what was shown before them stays. ``refresh`` begins anew."""
        looking = self.looking
        for look in self._looks:
            look.cancel()
        if looking:
            self.problem = f"{looking}: stopped; look again when you need it"
            self.changed.emit()

    # kept results

    def measure_cache(self) -> None:
        """Finds out how much the kept results take: ``cache_bytes``."""
        self._cache_look.start("Measuring the kept results", lambda _: self.cache.size(), self._measured)

    def clear_cache(self) -> None:
        """Removes the kept results; then ``cache_bytes`` is 0."""

        def clear(_: object) -> int:
            self.cache.clear()
            return self.cache.size()

        self._cache_look.start("Removing the kept results", clear, self._measured)

    def _measured(self, size: int) -> None:
        self.cache_bytes = size

    def cache_state(self) -> Availability:
        """Whether there is anything to clear."""
        return Availability("" if self.cache_bytes else "the cache is empty")
