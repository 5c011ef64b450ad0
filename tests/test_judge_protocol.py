"""What two processes trade: plain values arrive as they were sent, and nothing that is sent is believed or run."""

from __future__ import annotations

import enum
import fractions
import json
import os
import threading
from weakref import WeakValueDictionary

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigan.exercises.judge import Remote, Student
from minigan.exercises.protocol import HEAD, PLAIN, SAID, Deck, Ended, Formula, Peer, ProtocolError


class End(Peer):
    """An end with no process behind it."""

    def __init__(self, reader: int = -1, writer: int = -1, first: int = 0):
        self.first = first
        super().__init__(reader, writer)

    def foreign(self, value, arrays, share):
        return None

    def at_home(self, value):
        return ["mine", self.keep(value), type(value).__name__, "?"]

    def serve(self, what, parts, arrays):
        self.tell([what, *(self.unpack(part, arrays) for part in parts)])


def sent(value):
    """The value as it arrives."""
    arrays: list = []
    tree = json.loads(json.dumps(End().pack(value, arrays)))
    return End().unpack(tree, arrays)


def same(a, b) -> bool:
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or a != a)


arrays = hnp.arrays(
    st.sampled_from([np.dtype(name) for name in sorted(PLAIN)]), hnp.array_shapes(min_dims=0, min_side=0)
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | arrays
    | arrays.map(lambda a: a.ravel()[:1])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(values)
def test_plain_values_arrive_as_they_were(value):
    assert same(value, sent(value))


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (np.float32(1.5), np.float32(1.5)),
        (slice(1, None, 2), slice(1, None, 2)),
        (Ellipsis, Ellipsis),
        (1 + 2j, 1 + 2j),
        (np, np),
        (np.dtype("f4"), np.dtype("f4")),
        (np.float32, np.float32),
        (range(3), [0, 1, 2]),
        (fractions.Fraction(1, 2), 0.5),
        (enum.IntEnum("E", "a b")(2), 2),
        (np.array([1, 2], dtype=">i4"), np.array([1, 2], dtype="i4")),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.ma.masked_array([1.0, 2.0]), np.array([1.0, 2.0])),
    ],
    ids=repr,
)
def test_what_is_nearly_plain_arrives_as_what_it_is(value, arrives):
    assert same(arrives, sent(value))


def test_the_layout_of_an_array_arrives_too():
    whole = np.arange(24.0).reshape(4, 6)
    for array in (whole, whole.T, whole[::2], whole[:, ::2]):
        got = sent(array)
        assert np.array_equal(got, array)
        assert (got.flags.c_contiguous, got.flags.f_contiguous) == (
            array.flags.c_contiguous,
            array.flags.f_contiguous,
        )


@pytest.fixture
def ends():
    """Two ends with pipes between them."""
    (a, b), (c, d) = os.pipe(), os.pipe()
    yield End(a, d), End(c, b, 1)
    for number in (a, b, c, d):
        os.close(number)


def test_a_question_is_answered_across_the_pipes(ends):
    here, there = ends

    def answer():
        tree, arrays = there.receive()
        there.serve(tree[1], tree[2], arrays)

    thread = threading.Thread(target=answer)
    thread.start()
    assert same(here.ask("add", np.arange(3), "x"), ["add", np.arange(3), "x"])
    thread.join()


def test_shared_arrays_are_one_array_on_both_sides(ends):
    here, there = ends
    mine, share = np.zeros(3), set()
    arrays: list = []
    here.send(here.pack(mine, arrays, share), arrays)
    tree, came = there.receive()
    twin = there.unpack(tree, came, theirs := set())
    assert share == theirs and there.unpack(tree, came, set()) is twin
    twin[1] = 5
    there.send("back", [])
    assert here.receive()[0] == "back" and mine.tolist() == [0, 5, 0]
    mine[2] = 7
    here.hold(("x",), share)
    there.hold(("x",), share)
    here.send("again", [])
    assert there.receive()[0] == "again" and twin.tolist() == [0, 5, 7]
    for end in ends:
        end.hold(("x",), set())
        assert not end.shared


def test_an_array_is_known_by_its_numbers_and_not_by_its_object(ends):
    """So a property that cuts a fresh view of one vector each time, or of a class of its own, shares one array."""
    here, _ = ends
    whole, other = np.zeros(6), np.zeros(6)
    views = [whole[:4].reshape(2, 2), whole[:4].reshape(2, 2), whole[:4].reshape(2, 2).view(np.matrix)]
    numbers = [here.pack(view, [], set())[:2] for view in views]
    assert numbers == [["shared", 0]] * 3
    apart = [whole[:4], whole[:4].reshape(2, 2).T, whole[2:].reshape(2, 2), other[:4].reshape(2, 2)]
    assert [here.pack(array, [], set())[1] for array in apart] == [2, 4, 6, 8]


def test_a_result_cannot_name_an_array_of_the_judges(ends):
    here, _ = ends
    arrays: list = []
    here.pack(np.zeros(3), arrays, set())
    with pytest.raises(ProtocolError):
        here.unpack(["shared", 0, None], [])


BAD = [
    ["unknown"], ["array", 0], ["array", -1], ["number", 9], ["yours", 0], ["yours", -1],
    ["dict", [[["list", []], 1]]],
    ["type", "O"], ["dtype", "V8"], ["shared", 1, 0], ["mine", "x", 1, 2], ["slice", 1],
    ["complex", "a", "b"], {},
    ["list", 3], [[]], [],
]  # fmt: skip


@pytest.mark.parametrize("tree", BAD, ids=str)
def test_a_tree_of_no_value_is_refused(tree):
    with pytest.raises(ProtocolError):
        End().unpack(tree, [])


def frame(text: bytes, data: bytes = b"") -> bytes:
    return HEAD.pack(len(text), len(data)) + text + data


FRAMES = [
    b"", b"\x00", HEAD.pack(1 << 31, 0), HEAD.pack(0, 1 << 60), frame(b"{}"), frame(b"[1]"), frame(b"[" * 100_000),
    frame(b"\xff"), frame(b'[0, [["<f8", [4], "C"]], [], []]', b"12345678"),
    frame(b'[0, [["|O", [1], "C"]], [], []]'),
    frame(b'[0, [["<f8", [-1], "C"]], [], []]'),
    frame(b'[0, [["<f8", [99999999999, 99999999999], "C"]], [], []]'),
    frame(b'[0, [["<f8", [0, 99999999999999999999], "C"]], [], []]'), frame(b'[0, [], [[0, 0]], []]'),
    frame(b'[0, [], [], [4]]'), frame(b'[0, [], [], ["x"]]'), frame(b"1" * 5000),
]  # fmt: skip


@pytest.mark.parametrize("content", FRAMES, ids=lambda content: repr(content[:40]))
def test_a_frame_of_no_message_is_refused(content, ends):
    here, there = ends
    os.write(there.writer, content[: 1 << 15])
    os.dup2(os.open(os.devnull, os.O_WRONLY), there.writer)  # what follows is the end
    with pytest.raises((ProtocolError, Ended)):
        here.receive()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(content):
    reader, writer = os.pipe()
    try:
        os.write(writer, HEAD.pack(len(content) // 2, len(content) - len(content) // 2) + content)
        os.close(writer)
        with pytest.raises((ProtocolError, Ended)):
            End(reader).receive()
    finally:
        os.close(reader)


def test_a_value_too_deep_or_of_too_many_things_is_refused():
    deep: list = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="inside each other"):
        End().pack(deep, [])
    end = End()
    with pytest.raises(ValueError, match="5,000"):
        for _ in range(6000):
            end.keep(object())


def test_what_an_error_says_is_cut_and_the_stubs_of_a_message_are_counted(ends):
    here, there = ends
    said = ["raised", "x" * 10**6, ["ValueError"] * 10**5, "x" * 10**6, "x" * 10**6]
    thread = threading.Thread(target=there.send, args=(said, []))
    thread.start()
    with pytest.raises(ValueError, match="x") as told:
        here.ask("anything")
    thread.join()
    assert len(str(told.value)) <= SAID and len(told.value.said) < 3 * SAID and len(told.value.shown) <= 2 * SAID
    student = object.__new__(Student)
    Peer.__init__(student, -1, -1)
    student.remotes, student.kinds = WeakValueDictionary(), WeakValueDictionary()
    kept = [student.unpack(["mine", k, "a", "b"], []) for k in range(5000)]
    assert len({type(stub) for stub in kept}) == 1
    with pytest.raises(ProtocolError, match="5,000"):
        student.unpack(["list", [["mine", k, "a", "b"] for k in range(4999, 5002)]], [])


def test_a_stub_is_no_array_and_hides_its_own():
    stub = object.__new__(Remote)
    stub.__dict__.update(
        _student=type("S", (), {"dropped": [], "attribute": lambda *a: 1 / 0})(), _number=0, _text="?"
    )
    for name in ("shape", "dtype", "tolist", "sum", "__array__", "__array_interface__", "_secret"):
        assert not hasattr(stub, name)
    with pytest.raises(TypeError):
        np.asarray(stub, float)


def test_decks_and_formulas_are_the_same_on_either_side():
    deck = Deck(np.arange(6.0).reshape(3, 2))
    rows = [deck() for _ in range(4)]
    rows[0][:] = 9
    assert deck.rows[0].tolist() == [0, 1] and rows[3].tolist() == [0, 1]
    formula = Formula("a * np.exp(x)", a=-2.0)
    assert formula(0.0) == Formula(formula.text)(0.0) == -2.0


def test_the_student_asks_for_what_is_exposed_alone():
    class Thing:
        exposes = ("step",)

        def step(self):
            return 1

        def secret(self):
            return 2

    said: list = []
    student = object.__new__(Student)
    Peer.__init__(student, -1, -1)
    student.tell = said.append
    student.tell_error = lambda error: said.append(type(error))
    student.keep(Thing())
    for what, parts in [
        ("get", [0, "secret"]), ("get", [0, "__class__"]), ("operator", [0, "__add__", ["tuple", []]]),
        ("eval", [0]),
        ("call", [0, ["tuple", []], ["dict", []]]),
        ("get", [7, "step"]), ("get", [0, "exposes"]),
    ]:  # fmt: skip
        student.serve(what, parts, [])
    assert all(isinstance(kind, type) and issubclass(kind, Exception) for kind in said) and len(said) == 7
    student.serve("get", [0, "step"], [])
    assert said[-1]() == 1
