"""How long completing a name takes in a list of 5,000.

python Testing/benchmarks/bench_suggestions.py
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "MultiLabelSeg"))

from MultiLabelSegLib.presets.suggestion_json import builtin_suggestions  # noqa: E402
from MultiLabelSegLib.presets.suggestions import Suggestion, Suggestions  # noqa: E402

NAMES, TURNS, LIMIT_MS = 5000, 50, 5.0
QUERIES = ("", "e", "liv", "left kidney", "artery right", "a r", "l k p 1", "tumör", "zzz")


def milliseconds(action: Callable[[], object]) -> float:
    """The median time of an action."""
    times = []
    for _ in range(TURNS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def main() -> None:
    """Prints one line a query, with the number of names found."""
    rng = random.Random(1)
    own = [entry.name for entry in builtin_suggestions()]
    entries = [Suggestion(f"{rng.choice(own)} part {number}") for number in range(NAMES)]
    started = time.perf_counter()
    suggestions = Suggestions(entries)
    suggestions.complete("x")
    print(f"{NAMES} names sorted in {1000 * (time.perf_counter() - started):.1f} ms")
    for query in QUERIES:
        taken = milliseconds(lambda query=query: suggestions.complete(query))
        late = "" if taken < LIMIT_MS else f"  SLOWER than {LIMIT_MS} ms"
        print(f"{query!r:>16}  {len(suggestions.complete(query)):>5} found  {taken:6.2f} ms{late}")


if __name__ == "__main__":
    main()
