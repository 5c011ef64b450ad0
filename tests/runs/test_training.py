"""The loop: batches, history, stopping at the first number that is not finite, and going on as if nothing was."""

from __future__ import annotations

import io
import math
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from tqdm import tqdm

from minigan.core.gan import GAN, Latent
from minigan.core.layers import BatchNorm, Dense, Dropout, LeakyReLU, Tanh
from minigan.core.network import Sequential
from minigan.core.objectives import NonSaturating
from minigan.core.optimizers import SGD, Adam, HoldThenCosine, Linear, Momentum
from minigan.core.workspace import HalfStepError
from minigan.data.dataset import Batches, DataError, Dataset, Scaler, as_data
from minigan.runs import checkpoint, threads, training
from minigan.runs.health import Ill, Watch
from minigan.runs.threads import blas_threads, threads_for
from minigan.runs.training import Diverged, History, Stopped, train
from minigan.theory.distributions import ring

MODES = ["alternating", "simultaneous"]
HEALTH = ["d_accuracy", "g_gradient", "spread", "circling", "precision", "recall"]
TABLE = np.random.default_rng(7).normal([3, -1], [1, 2], (70, 2)).astype(np.float32)


def game(updates="alternating", seed=0, rate=1e-3, extra_g=(), extra_d=(), **options):
    G = Sequential([Dense(2, 8), *extra_g, Tanh(), Dense(8, 2)], seed=seed, name="G")
    D = Sequential([Dense(2, 8), LeakyReLU(), *extra_d, Dense(8, 1)], seed=seed, name="D")
    options = {"optimizers": (SGD(rate), SGD(rate))} | options
    return GAN(G, D, Latent(2), updates=updates, seed=seed, **options)


def state(gan):
    """Everything that a run leaves in its vectors, as bytes."""
    return gan.steps, {name: vector.tobytes() for name, vector in gan.vectors().items()}


# ------------------------------------------------------------------------------------------------------ batches


@pytest.mark.parametrize("data", [ring(), TABLE], ids=["distribution", "table"])
def test_a_batch_depends_on_its_step_alone_and_not_on_what_was_asked_before(data):
    steps = [5, 0, 12, 5, 3, 11, 4]  # 4 batches an epoch, so these go back and forth between epochs
    one = Batches(data, 16, seed=3)
    for step in steps:
        np.testing.assert_array_equal(one.at(step), Batches(data, 16, seed=3).at(step))
    assert not np.array_equal(one.at(5), Batches(data, 16, seed=4).at(5))
    assert not np.array_equal(one.at(5), one.at(6))


def test_rows_come_as_an_array_a_list_or_a_frame():
    class Frame:  # as pandas' one is asked
        columns = ("height", 7)

        def __array__(self, dtype=None, copy=None):
            return TABLE if dtype is None else TABLE.astype(dtype)

    histories = [train(game(), rows, 3, 8).rows for rows in (TABLE, TABLE.tolist(), Frame())]
    assert histories[0] == histories[2] and histories[0][0]["d_loss"] == pytest.approx(histories[1][0]["d_loss"])
    assert as_data(Frame()).columns == ["height", "7"] and as_data(TABLE).columns == ["x1", "x2"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: Dataset("own", x, ["a", "b"])], ids=["array", "dataset"])
def test_a_gap_in_rows_that_nobody_checked_is_told_by_its_place(wrap, value):
    x = TABLE.copy()
    x[36, 1] = value
    with pytest.raises(DataError, match=rf"row 37, column 2 \((x2|b)\) is {value}; delete the row, or fill it"):
        train(game(), wrap(x), 20, 8)
    large = np.full((70, 2), np.finfo(np.float32).max)  # whose sum is not finite, though they are
    Batches(large, 8, 0)


@pytest.mark.parametrize(
    "rows", [np.zeros((50, 8, 8)), np.zeros(50), [["a", "b"]] * 50], ids=["3-D", "1-D", "text"]
)
def test_what_are_no_rows_of_numbers_is_told(rows):
    with pytest.raises(DataError, match=r"wanted are rows of numbers \(n, d\)"):
        train(game(), rows, 20, 8)


def test_an_epoch_visits_every_row_once_and_the_next_in_another_order():
    rows = np.arange(60.0)[:, None]
    batches = Batches(rows, 15, seed=0)
    epochs = [np.concatenate([batches.at(4 * epoch + turn) for turn in range(4)]) for epoch in range(3)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch, axis=0), rows)
    assert not any(np.array_equal(a, b) for a, b in [epochs[:2], epochs[1:], (rows, epochs[0])])


def test_rows_that_fill_no_batch_are_left_for_another_epoch():
    rows = np.arange(10.0)[:, None]
    batches = Batches(rows, 4, seed=0)
    epochs = [np.concatenate([batches.at(2 * e), batches.at(2 * e + 1)])[:, 0] for e in range(20)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)  # no row twice
    assert set(np.concatenate(epochs)) == set(range(10))  # and none left out for good


def test_a_batch_may_be_all_the_data_and_not_a_row_more():
    assert sorted(Batches(TABLE, 70, seed=0).at(9)[:, 0]) == sorted(TABLE[:, 0])
    with pytest.raises(ValueError, match=r"batch is 71 .* the data have 70"):
        Batches(TABLE, 71, seed=0)


def test_all_updates_of_d_in_a_step_get_real_samples_of_their_own():
    with pytest.raises(ValueError, match="batch is 72"):
        train(game(d_steps=3), TABLE, 1, 24)
    seen = []
    gan = game(d_steps=3)
    gan.step = lambda real: (seen.append(real), GAN.step(gan, real))
    train(gan, TABLE, 2, 20)
    assert [len(np.unique(real, axis=0)) for real in seen] == [60, 60]


@pytest.mark.parametrize("data", [ring(), TABLE], ids=["distribution", "table"])
def test_the_network_sees_the_data_through_the_scaler(data):
    scaler = Scaler(np.float32([1, 2]), np.float32([4, 8]))
    plain, scaled = Batches(data, 8, 0).at(3), Batches(data, 8, 0, scaler).at(3)
    np.testing.assert_allclose(scaled, (plain - [1, 2]) / [4, 8], rtol=1e-6)


def test_training_through_a_scaler_is_training_on_scaled_data():
    through, on = game(), game()
    scaler = Scaler(TABLE.mean(axis=0), TABLE.std(axis=0))
    train(through, TABLE, 5, 8, scaler=scaler)
    train(on, scaler.to_network(TABLE), 5, 8)
    assert state(through) == state(on) != state(game())


# ------------------------------------------------------------------------------------------------------- resume


@pytest.mark.parametrize("data", [ring(), TABLE], ids=["distribution", "table"])
@pytest.mark.parametrize("updates", MODES)
def test_a_run_cut_in_two_by_a_file_is_the_whole_run_bit_for_bit(updates, data, tmp_path):
    def fresh():
        return game(
            updates,
            extra_g=[BatchNorm(8)],
            extra_d=[Dropout(0.3)],
            optimizers=(Adam(HoldThenCosine(1e-2, 100), 0.5, 0.99), Momentum(1e-2, HoldThenCosine(0.9, 100))),
            instance_noise=Linear(0.5, 100, 0.8),
            average=0.9,
        )

    whole = fresh()
    history = train(whole, data, 100, 16, log_every=10)
    checkpoint.save(whole, tmp_path / "whole.npz")

    half = fresh()
    train(half, data, 50, 16, log_every=10).to_csv(tmp_path / "half.csv")
    checkpoint.save(half, tmp_path / "half.npz")
    half, _, _ = checkpoint.read(tmp_path / "half.npz")
    resumed = train(half, data, 50, 16, log_every=10, history=History.from_csv(tmp_path / "half.csv"))
    checkpoint.save(half, tmp_path / "resumed.npz")

    assert state(half) == state(whole)
    assert resumed.rows == history.rows
    assert (tmp_path / "resumed.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_how_often_the_history_looks_changes_nothing_but_the_history():
    often, seldom = game(), game()
    many, few = train(often, ring(), 30, 8, log_every=1), train(seldom, ring(), 30, 8, log_every=30)
    assert state(often) == state(seldom)
    assert many.rows[-1] == few.rows[0]


def test_d_keeps_its_own_count_of_updates_through_a_file(tmp_path):
    whole = game(d_steps=3, optimizers=(Adam(1e-2), Adam(1e-2)))
    half = game(d_steps=3, optimizers=(Adam(1e-2), Adam(1e-2)))
    train(whole, ring(), 8, 8)
    train(half, ring(), 4, 8)
    checkpoint.save(half, tmp_path / "half.npz")
    half, _, _ = checkpoint.read(tmp_path / "half.npz")
    train(half, ring(), 4, 8)
    assert state(half) == state(whole)


# ------------------------------------------------------------------------------------------------------ history


def test_a_row_every_so_many_steps_and_after_the_last():
    assert train(game(), ring(), 25, 8, log_every=10)["step"].tolist() == [10, 20, 25]


def test_what_a_hook_adds_to_the_row_becomes_a_column():
    def every_second(gan, row):
        assert row["step"] == gan.steps
        if gan.steps % 4 == 0:
            row["norm"] = float(np.abs(gan.generator.theta).sum())

    history = train(game(), ring(), 8, 8, hooks=[every_second], log_every=2)
    losses = ["d_loss", "g_loss", "value", "d_real", "d_fake"]
    assert history.columns == ["step", *losses, *HEALTH, "norm"]
    assert np.isnan(history["norm"]).tolist() == [True, False, True, False]


def test_hooks_see_the_row_one_after_another():
    def first(gan, row):
        row["a"] = 1.0

    def second(gan, row):
        row["b"] = row["a"] + 1

    assert train(game(), ring(), 1, 8, hooks=[first, second])["b"].tolist() == [2]


def test_losses_and_health_are_computed_for_the_rows_of_the_history_alone(monkeypatch):
    at, losses, numbers = [], GAN.losses, Watch.numbers
    monkeypatch.setattr(GAN, "losses", lambda gan: (at.append(gan.steps), losses(gan))[1])
    monkeypatch.setattr(
        Watch, "numbers", lambda self, gan, *rest: (at.append(-gan.steps), numbers(self, gan, *rest))[1]
    )
    train(game(), ring(), 25, 8, log_every=10)
    assert at == [10, -10, 20, -20, 25, -25]


@pytest.mark.parametrize("updates", MODES)
def test_a_step_needs_slopes_and_never_a_loss(updates):
    class Silent(NonSaturating):
        name = "silent"

        def real_loss(self, s):
            raise AssertionError("nobody asked for a loss")

        fake_loss = generator_loss = real_loss

    gan = game(updates, objective=Silent())
    gan.step(TABLE[:8])
    with pytest.raises(AssertionError, match="nobody asked"):
        gan.losses()


def test_a_history_comes_back_from_its_file_as_it_was(tmp_path):
    values = [0.1, -1 / 3, 1e-308, 5e-324, 1.7976931348623157e308, math.nan, -math.inf, 2**53 + 0.0]
    history = History([{"step": k, "a": v} for k, v in enumerate(values)] + [{"step": 99, "odd, name": 1.5}])
    history.to_csv(tmp_path / "history.csv")
    back = History.from_csv(tmp_path / "history.csv")
    assert back.columns == history.columns
    for column in history.columns:
        assert back[column].tobytes() == history[column].tobytes()  # NaN too, where a row has no entry
    assert all(type(row["step"]) is int for row in back.rows)


def test_an_empty_history_comes_back_empty(tmp_path):
    History().to_csv(tmp_path / "history.csv")
    assert len(History.from_csv(tmp_path / "history.csv")) == 0


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "step,a\n1,x\n", "step,a\n1,2,3\n", "step\ninf\n", '"'])
def test_a_file_that_is_no_history_is_refused_by_its_name(text, tmp_path):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(ValueError, match=r"history\.csv: is no history"):
        History.from_csv(tmp_path / "history.csv")


def test_a_column_that_is_not_there_is_told_with_those_that_are():
    history = train(game(), ring(), 1, 8)
    with pytest.raises(KeyError, match=r"no column 'quality'; it has step, d_loss"):
        history["quality"]
    table = [line.split() for line in repr(history).splitlines()]
    assert table[0] == ["1", "rows,", "step", "1"]
    assert [name for name, _ in table[1:]] == history.columns[1:]
    assert float(table[1][1]) == pytest.approx(history["d_loss"][0], rel=1e-3)
    assert repr(History()) == "History, empty"


@pytest.mark.parametrize("name", ["steps", "batch", "log_every"])
@pytest.mark.parametrize("value", [0, -3, 2.5])
def test_counts_that_cannot_be_are_refused_by_name(name, value):
    counts = {"steps": 1, "batch": 8, "log_every": 1} | {name: value}
    with pytest.raises(ValueError, match=rf"{name} is {value}; it must be a whole number, 1 or more"):
        train(game(), ring(), **counts)


# ----------------------------------------------------------------------------------------------------- diverged


def jump(step):
    return 1e38 if step == 36 else 1e-2


def first_fault(gan, batches):
    """The step and sub-step of the first number that is not finite, found by looking at all of them."""
    with np.errstate(all="ignore"):
        while True:
            for name, array in gan.substeps(batches.at(gan.steps)):
                if not np.isfinite(array).all():
                    return gan.steps + 1, name


@pytest.mark.parametrize("updates", MODES)
@pytest.mark.parametrize("log_every", [1, 10, 1000])
def test_a_run_that_diverges_names_step_and_substep_and_goes_on_from_its_last_good_row(updates, log_every):
    gan, good = game(updates, rate=jump), game(updates, rate=1e-2)
    step, name = first_fault(game(updates, rate=jump), Batches(ring(), 8, 0))
    assert step in (37, 38)  # a weight of 1e37 is finite; what it makes is not
    with pytest.raises(Diverged, match=rf"step {step} made a number in '{name}'") as caught:
        train(gan, ring(), 100, 8, log_every=log_every)
    last = (step - 1) // log_every * log_every
    assert (caught.value.step, caught.value.name, caught.value.good) == (step, name, last)
    if last < 37:
        if last:
            train(good, ring(), last, 8)
        assert state(gan) == state(good)  # as if the step had not been taken
        for optimizer in gan.optimizers:
            optimizer.learning_rate = 1e-2
        train(gan, ring(), 60 - last, 8)
        train(good, ring(), 60 - last, 8)
        assert state(gan) == state(good)


def test_rows_before_the_fault_stay_in_the_history():
    history = History()
    with pytest.raises(Diverged):
        train(game(rate=jump), ring(), 100, 8, log_every=10, history=history)
    assert history["step"].tolist() == [10, 20, 30]


def test_a_fault_in_the_very_first_step_is_found_too():
    gan, fresh = game(rate=1e38), game(rate=1e38)
    with pytest.raises(Diverged, match="step 1 made a number in 'judge again'"):
        train(gan, ring(), 10, 8)
    assert state(gan) == state(fresh)


def test_a_moment_that_overflows_is_named_though_no_substep_shows_it():
    class Steep(NonSaturating):
        name = "steep"

        def real_slope(self, s):
            return np.float32(1e25) * NonSaturating.real_slope(self, s)

    gan = game(objective=Steep(), optimizers=(Adam(1e-3), Adam(1e-3)))  # D's gradient is 1e25, its square inf
    with pytest.raises(Diverged, match=r"step 1 made a number in 'discriminator\.v'"):
        train(gan, ring(), 5, 8)


def test_a_loss_that_alone_is_not_finite_is_told_as_such():
    class Bottomless(NonSaturating):
        name = "bottomless"

        def generator_loss(self, s):
            return s * np.float32(np.inf)

    with pytest.raises(Diverged, match="step 1 made a number in 'the losses'"):
        train(game(objective=Bottomless()), ring(), 5, 8)


def test_an_interrupt_in_the_middle_of_a_step_leaves_the_last_good_row(monkeypatch):
    gan, good = game(), game()
    step = GAN.step

    def interrupted(gan, real):
        if gan.steps == 24:
            for name, _ in gan.substeps(real):
                if name == "discriminator update":
                    raise KeyboardInterrupt
        step(gan, real)

    history = History()
    with monkeypatch.context() as patch:
        patch.setattr(GAN, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(gan, ring(), 100, 8, log_every=10, history=history)
    train(good, ring(), 20, 8)
    assert state(gan) == state(good)
    assert history["step"].tolist() == [10, 20]


def test_a_run_that_is_asked_to_stop_does_after_a_whole_step_and_goes_back_to_its_last_row():
    gan, good, history = game(), game(), History()
    with pytest.raises(Stopped):
        train(gan, ring(), 100, 8, log_every=10, history=history, stop=lambda: gan.steps == 27)
    train(good, ring(), 20, 8)
    assert state(gan) == state(good) and history["step"].tolist() == [10, 20]


@pytest.mark.parametrize("at", [30, 40])
def test_whatever_a_hook_raises_the_game_is_back_at_its_last_row_and_can_go_on(at):
    gan, good, history = game(), game(), History()

    def hook(gan, row):
        if gan.steps == at and not history.rows[-1]["step"] == at:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        train(gan, ring(), 100, 8, hooks=[hook], log_every=10, history=history)
    assert gan.steps == at - 10 == history["step"][-1]
    train(gan, ring(), 100 - gan.steps, 8, log_every=10, history=history)
    wanted = train(good, ring(), 100, 8, log_every=10)
    assert state(gan) == state(good) and history.rows == wanted.rows


@pytest.mark.parametrize("updates", MODES)
def test_an_exception_at_any_line_of_a_step_leaves_a_whole_state(updates, monkeypatch):
    """As a signal's handler raises: here by a tracer, at lines spread over the loop, the step and the layers."""
    wanted = game(updates, extra_d=[Dropout(0.2)])
    train(wanted, ring(), 6, 8, log_every=2)
    count, stop = 0, 0

    def tracer(frame, event, arg):
        nonlocal count
        if "minigan" not in frame.f_code.co_filename or "threads" in frame.f_code.co_filename:
            return None
        count += 1
        if count == stop:
            raise TimeoutError
        return tracer

    def trained():
        gan, history = game(updates, extra_d=[Dropout(0.2)]), History()
        try:
            sys.settrace(tracer)
            train(gan, ring(), 6, 8, log_every=2, history=history)
        except TimeoutError:
            pass
        finally:
            sys.settrace(None)
        return gan, history

    trained()
    for place in np.linspace(count // 10, count - 1, 60).astype(int).tolist():
        count, stop = 0, place
        gan, history = trained()
        if gan.left:
            with pytest.raises(HalfStepError):
                gan.step(TABLE[:8])
            continue  # in the restoring itself: refused by name
        assert gan.steps == (history["step"][-1] if len(history) else 0)
        if gan.steps < 6:
            train(gan, ring(), 6 - gan.steps, 8, log_every=2, history=history)
        assert state(gan) == state(wanted) and history["step"].tolist() == [2, 4, 6]


def test_large_numbers_that_are_finite_are_no_fault():
    with np.errstate(over="ignore"):
        assert training.is_finite(np.full(8, 3e38, np.float32))  # their sum is inf
    assert not training.is_finite(np.float32([1, np.nan]))
    assert not training.is_finite(np.float32([1, -np.inf]))


# ------------------------------------------------------------------------------------------ threads and progress


def blas():
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def limits():
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


def within(number, entered, leave, errors):
    try:
        with blas_threads(number):
            entered.set()
            leave.wait(10)
    except RuntimeError as error:
        errors.append(str(error))
    entered.set()


@pytest.mark.parametrize("first_out", [0, 1])
def test_python_threads_with_one_limit_share_it_and_the_last_gives_it_back(first_out):
    with threadpoolctl.threadpool_limits(2, "blas"):
        entered, leave = [threading.Event(), threading.Event()], [threading.Event(), threading.Event()]
        users = [threading.Thread(target=within, args=(1, entered[k], leave[k], [])) for k in (0, 1)]
        for user, event in zip(users, entered, strict=True):
            user.start()
            event.wait(10)
        assert set(limits()) == {1}
        for k in (first_out, 1 - first_out):
            assert set(limits()) == {1}  # the one that is still within has what it asked for
            leave[k].set()
            users[k].join(10)
        assert set(limits()) == {2}


def test_python_threads_with_two_limits_are_refused_by_the_second():
    entered, leave, errors = threading.Event(), threading.Event(), []
    user = threading.Thread(target=within, args=(2, entered, leave, []))
    user.start()
    entered.wait(10)
    with pytest.raises(RuntimeError, match="computes with 2 BLAS threads, this one asks for 1"):
        train(game(), ring(), 5, 8)
    train(game(), ring(), 5, 8, threads=2)
    leave.set()
    user.join(10)
    train(game(), ring(), 5, 8)
    assert not errors


def test_a_game_within_a_game_has_a_limit_of_its_own():
    with threadpoolctl.threadpool_limits(2, "blas"), blas_threads(2):
        train(game(), ring(), 1, 8, hooks=[lambda gan, row: row.update(limit=limits()[0])], threads=1)
        assert set(limits()) == {2}


def test_blas_threads_are_given_back_even_after_an_error():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = blas()  # {2}, where the BLAS has threads at all
        with pytest.raises(ZeroDivisionError), blas_threads(1):
            assert blas() == {1}
            _ = 1 / 0
        assert blas() == before


def test_train_computes_on_as_many_threads_as_it_is_told():
    seen = []
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = blas()
        train(game(), ring(), 1, 8, hooks=[lambda gan, row: seen.append(blas())])  # small: one
        train(game(), ring(), 1, 8, hooks=[lambda gan, row: seen.append(blas())], threads=2)
        assert seen == [{1}, before] and blas() == before


def test_a_small_game_gets_one_thread_and_a_large_one_all_cores(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 6)
    assert threads_for(game()) == 1
    monkeypatch.setattr(threads, "ONE_THREAD", game().generator.size + game().discriminator.size)
    assert threads_for(game()) == 6


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_bar_shows_every_number_of_the_row(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Screen())
    monkeypatch.setenv("COLUMNS", "200")
    train(game(), ring(), 20, 8, hooks=[lambda gan, row: row.update(quality=0.5)], log_every=10, progress=True)
    shown = sys.stderr.getvalue()
    assert "20/20" in shown
    for name in ("d_loss", "g_loss", "value", "d_real", "d_fake"):
        assert f"{name}=" in shown
    assert "quality=0.500" in shown


def test_the_bar_says_what_is_wrong_for_as_long_as_it_is(monkeypatch):
    screen = Screen()
    bar = lambda steps, progress: tqdm(total=steps, file=screen, mininterval=0, miniters=1, ncols=200)  # noqa: E731
    monkeypatch.setattr(training, "_bar", bar)
    ill = Ill("collapsed", "spread 0.1", 15, "packing=2")
    monkeypatch.setattr(training, "diagnose", lambda history: [ill] * (history.rows[-1]["step"] == 2))
    train(game(), ring(), 3, 8, log_every=1, progress=True)
    shown = {line.partition("/3")[0][-1:]: line for line in screen.getvalue().split("\r") if "/3" in line}
    assert shown["2"].startswith("collapsed (spread 0.1)") and "d_loss=" in shown["2"]
    assert "collapsed" not in shown["1"] + shown["3"]


def test_a_notebook_draws_the_bar_itself(monkeypatch):
    made = []

    class Bar(tqdm):
        def __init__(self, *args, **options):
            made.append(options)
            super().__init__(*args, **options, file=io.StringIO())

    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=type("ZMQInteractiveShell", (), {})))
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # no terminal, as in a notebook
    for progress in (True, False):
        train(game(), ring(), 5, 8, progress=progress)
    assert [options["disable"] for options in made] == [False, True]


def test_a_kernel_that_is_only_imported_is_no_notebook(monkeypatch):
    """nbclient imports ipykernel into the process that drives notebooks, where nothing draws."""
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert training._bar(3, True).disable


@pytest.mark.parametrize("progress", [True, False])
def test_without_a_terminal_or_unasked_there_is_no_bar(progress, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO() if progress else Screen())
    train(game(), ring(), 5, 8, log_every=1, progress=progress)
    assert sys.stderr.getvalue() == ""


def test_a_notebook_shows_the_history_as_a_table():
    history = History([{"step": 100 * k, "loss": k / 7} | ({"<late>": 1.0} if k == 30 else {}) for k in range(31)])
    told = history._repr_html_()
    assert told.startswith("<table>") and told.count("<tr>") == 13 and "31 rows" in told
    assert "<th>&lt;late&gt;</th>" in told and "<td>3,000</td>" in told and "<td>4.286</td>" in told
    assert History()._repr_html_() == "History, empty"
