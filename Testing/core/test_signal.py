"""The signal without Qt: order, errors of listeners, and emissions that wait."""

from __future__ import annotations

import pytest

from MultiLabelSegLib.signal import Signal


def test_slots_are_called_in_order_once_each() -> None:
    signal, heard = Signal(), []
    first = lambda text: heard.append(("first", text))  # noqa: E731
    signal.connect(first)
    signal.connect(lambda text: heard.append(("second", text)))
    leave = signal.connect(first)
    signal.emit("a")
    leave()
    signal.disconnect(first)
    signal.emit("b")
    assert heard == [("first", "a"), ("second", "a"), ("second", "b")]


def test_a_slot_that_fails_does_not_silence_the_others() -> None:
    signal, heard = Signal(), []

    def fail() -> None:
        raise ValueError("first")

    signal.connect(fail)
    signal.connect(lambda: heard.append(1))
    with pytest.raises(ValueError, match="first"):
        signal.emit()
    assert heard == [1]


def test_held_emissions_come_at_the_end_in_order() -> None:
    signal, heard = Signal(), []
    signal.connect(heard.append)
    with signal.held():
        signal.emit(1)
        with signal.held():
            signal.emit(2)
        assert heard == []
    assert heard == [1, 2]


def test_held_emissions_come_even_when_the_block_fails() -> None:
    signal, heard = Signal(), []
    signal.connect(heard.append)

    def fail_within() -> None:
        with signal.held():
            signal.emit(1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_within()
    assert heard == [1]
    signal.emit(2)
    assert heard == [1, 2]


def test_after_a_failing_slot_later_emissions_still_come() -> None:
    signal, heard = Signal(), []

    def refuse_one(number: int) -> None:
        heard.append(number)
        if number == 1:
            raise ValueError("one")

    def tell_both() -> None:
        with signal.held():
            signal.emit(1)
            signal.emit(2)

    signal.connect(refuse_one)
    with pytest.raises(ValueError, match="one"):
        tell_both()
    assert heard == [1, 2]
