"""Streams: draws are a function of (seed, name, step) and of nothing else."""

from __future__ import annotations

import copy
import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.core.backend import Backend
from minigan.core.streams import Stream, fill_normal, fill_uniform


def draws(seed, *name, step=0, n=5):
    return Stream(seed, *name).at(step).standard_normal(n)


@given(
    seed=st.integers(0, 2**64),
    step=st.integers(0, 2**40),
    before=st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 9)), max_size=5),
)
def test_a_steps_draws_do_not_depend_on_what_was_drawn_before(seed, step, before):
    stream = Stream(seed, "latent")
    for other, n in before:
        rng = stream.at(other)
        rng.standard_normal(n)
        rng.integers(7, size=n, dtype=np.uint32)  # leaves half a word over
    np.testing.assert_array_equal(stream.at(step).standard_normal(5), draws(seed, "latent", step=step))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"step": 3}, {"step": 4}),
        ({"seed": 0}, {"seed": 1}),
        ({"name": ("latent",)}, {"name": ("batches",)}),
        ({"name": ("weights", "G", 0)}, {"name": ("weights", "D", 0)}),
        ({"name": ("weights", "G", 0)}, {"name": ("weights", "G", 1)}),
        ({"seed": 1, "name": ("1",)}, {"seed": 11, "name": ()}),
    ],
)
def test_another_step_name_or_seed_gives_other_draws(one, other):
    def numbers(seed=0, name=("latent",), step=0):
        return draws(seed, *name, step=step, n=100)

    assert (numbers(**one) != numbers(**other)).all()


def test_steps_do_not_overlap_however_much_a_step_draws():
    stream = Stream(0, "latent")
    first = stream.at(0).standard_normal(100_000)
    assert not set(stream.at(1).standard_normal(1000)) & set(first)


def test_a_stream_is_philox_with_a_hash_for_key_and_the_step_in_the_counters_highest_word():
    # Any change here changes every run that anyone has published.
    digest = hashlib.blake2b(b"5/weights/G/1", digest_size=16).digest()
    bits = np.random.Philox(key=int.from_bytes(digest, "little"), counter=7 << 192)
    wanted = bits.random_raw(6)
    np.testing.assert_array_equal(Stream(5, "weights", "G", 1).at(7).bit_generator.random_raw(6), wanted)
    assert wanted[0] == 13232473963207824383


@pytest.mark.parametrize("fill", [fill_normal, fill_uniform])
def test_every_backend_sees_the_same_draws_rounded(fill, backend):
    exact = fill(np.empty((40, 3)), Stream(1, "z").at(2))
    seen = backend.to_numpy(fill(backend.empty(40, 3), Stream(1, "z").at(2)))
    np.testing.assert_array_equal(seen, exact.astype(backend.dtype))


def test_fewer_rows_are_the_head_of_more_rows():
    few, many = (fill_normal(np.empty((n, 3)), Stream(1, "z").at(0)) for n in (4, 40))
    np.testing.assert_array_equal(few, many[:4])


def test_uniform_draws_fill_their_interval():
    u = fill_uniform(Backend().empty(20_000), np.random.default_rng(0), -2, 3)
    assert -2 <= u.min() < -1.99 and 2.99 < u.max() <= 3
    assert u.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))])
def test_a_copied_stream_draws_the_same_and_does_not_disturb_the_original(twin_of):
    stream = Stream(3, "dropout")
    rng = stream.at(5)
    rng.standard_normal(2)
    twin = twin_of(stream)
    np.testing.assert_array_equal(twin.at(9).standard_normal(5), draws(3, "dropout", step=9))
    np.testing.assert_array_equal(rng.standard_normal(3), draws(3, "dropout", step=5)[2:])


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}; it must be a whole number, 0 or more"):
        Stream(seed, "latent")
