"""Huffman codes against the definition: as short as a heap makes them, prefix-free, never too long."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

pytest.importorskip("numba")

from MultiLabelSegLib.formats.codec import huffman_kernels as huffman  # noqa: E402


def cost_of_optimal_code(counts: np.ndarray) -> int:
    heap = [int(count) for count in counts if count]
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


def lengths_of(counts: np.ndarray, longest: int) -> np.ndarray:
    lengths = np.zeros(counts.size, np.int64)
    huffman.code_lengths(counts.astype(np.int64), np.int64(longest), lengths)
    return lengths


def test_codes_are_optimal_and_complete() -> None:
    rng = np.random.default_rng(1)
    for number in range(200):
        # fewer than 1597 in sum: no code can be deeper than 15, for that takes Fibonacci numbers
        counts = (rng.random(286) < rng.random()) * rng.integers(1, 6, 286)
        lengths = lengths_of(counts, 15)
        assert ((lengths > 0) == (counts > 0)).all(), number
        if np.count_nonzero(counts) > 1:
            assert (0.5 ** lengths[lengths > 0]).sum() == 1
            assert (lengths * counts).sum() == cost_of_optimal_code(counts)


@pytest.mark.parametrize("longest", [7, 15])
def test_codes_that_would_be_too_deep_are_flattened_and_stay_complete(longest: int) -> None:
    counts = np.zeros(19 if longest == 7 else 286, np.int64)
    counts[:19] = [2**row for row in range(19)]
    lengths = lengths_of(counts, longest)
    assert lengths.max() <= longest
    assert (0.5 ** lengths[lengths > 0]).sum() == 1


def test_a_single_symbol_gets_one_bit_and_none_gets_nothing() -> None:
    assert lengths_of(np.array([0, 7, 0]), 15).tolist() == [0, 1, 0]
    assert lengths_of(np.array([0, 0]), 15).tolist() == [0, 0]


def test_canonical_codes_are_those_of_the_rfc() -> None:
    """RFC 1951, 3.2.2: lengths 3, 3, 3, 3, 3, 2, 4, 4 give 010 011 100 101 110 00 1110 1111."""
    lengths = np.array([3, 3, 3, 3, 3, 2, 4, 4], np.int64)
    codes = np.zeros(8, np.int64)
    huffman.canonical_codes(lengths, codes)
    bits = [format(int(code), f"0{length}b")[::-1] for code, length in zip(codes, lengths, strict=True)]
    assert bits == ["010", "011", "100", "101", "110", "00", "1110", "1111"]
