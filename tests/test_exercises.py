"""Every exercise judges: the answer passes, the gap and wrong answers fail, and nothing harms the rest."""

import ast
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from minigan import exercises
from minigan.cli import main
from minigan.exercises import Key, Wrong, check, close, find, handed_in, judged, label, ladder
from minigan.files import alone

KNOWN = ladder()
TRAINS = [key for key, one in KNOWN.items() if hasattr(one.answer, "SECONDS")]  # seconds each: many with -m long
MUTANTS = Path(__file__).parent / "mutants"


def mutants(key: Key) -> dict[str, str]:
    """Wrong answers that a student might write: what is wrong -> the source of his module."""
    path = MUTANTS / f"{find(key).twin('m')}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MUTANTS


def judged_here(key: Key, source: str, seed: int) -> str | None:
    """What the judge says of this source in this process, where he is all that there is; None if nothing."""
    student = ModuleType("student")
    sys.modules["student"] = student  # as an import would
    try:
        exec(source, student.__dict__)
        find(key).answer.judge(student, np.random.default_rng(seed))
    except Wrong as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("key", KNOWN)
def test_the_answer_passes_on_some_seeds(key):
    answer = find(key).answer
    for seed in range(1 if key in TRAINS else 10):
        answer.judge(answer, np.random.default_rng(seed))


@pytest.mark.long
@pytest.mark.parametrize("key", KNOWN)
def test_the_answer_passes_on_a_hundred_seeds(key):
    answer = find(key).answer
    for seed in range(100):
        answer.judge(answer, np.random.default_rng(seed))


@pytest.mark.parametrize("key", KNOWN)
def test_the_empty_gap_fails_with_a_word_of_help(key):
    verdict = judged(find(key), find(key).path)
    assert not verdict.passed and "gap is still empty" in verdict.message


@pytest.mark.parametrize(("key", "name"), [(key, name) for key in KNOWN for name in mutants(key)])
def test_a_plausible_wrong_answer_fails_and_is_told_why(key, name, tmp_path):
    for seed in range(1 if key in TRAINS else 5):
        message = judged_here(key, mutants(key)[name], seed)
        assert message is not None, f"seed {seed} lets it pass"
        assert len(message) > 20 and "gap is still empty" not in message


@pytest.mark.parametrize(
    ("key", "name", "word"),
    [
        (3, "the two slopes exchanged", "are the two exchanged? The one in mu comes first"),
        (3, "1 / sigma in the first slope", "the power of sigma is off: (x - mu)^2"),
        (3, "1 / sigma^2 in the second slope", "the power of sigma is off in the second term"),
        (3, "1 / sigma^4 in the second slope", "the power of sigma is off in the second term"),
        (
            12,
            "the docstring's loops, as they stand",
            "B has no value. The loops of the docstring say what is wanted",
        ),
        (12, "the docstring's loops, made to run", "are those the docstring's loops?"),
        (13, "fakes first in the pass, genuine first in the loss", "takes the fakes for genuine"),
        (13, "d_fake for the genuine samples, d_real for the fakes", "gives d_fake to the genuine samples"),
        (13, "the fakes' logits first in the loss", "hands discriminator_loss the fakes' logits"),
        (13, "D's turn moves G too, along the same loss", "round 1, D's turn: you moved G as well"),
        (13, "G moves first", "round 1, D's turn: you moved G as well"),
        ("capstone", "G moves in D's step", "d_step() moved gan.G as well: D's loss is charged to D alone"),
    ],
)
def test_a_common_mistake_is_called_by_its_name(key, name, word):
    for seed in range(5 if key not in TRAINS else 1):
        assert word in judged_here(key, mutants(key)[name], seed)


def test_a_recipe_that_serves_one_mixture_alone_is_refused_on_the_second():
    (source,) = (text for name, text in mutants("capstone").items() if "is kept in the class" in name)
    message = judged_here("capstone", source, 0)
    assert "trained on two secret mixtures: mixture 2 of 2: after 4,000 rounds" in message


@pytest.mark.parametrize(
    "line",
    ["import torch", "from sklearn.neighbors import KernelDensity", "def f():\n    import jax.numpy as jnp",
     "try:\n    import keras\nexcept ImportError:\n    pass", "import numpy, tensorflow as tf"],
)  # fmt: skip
def test_a_framework_is_refused_by_its_name_at_once(line, student):
    _, message = student(f"{line}\n\nwhile True:\n    pass\n")
    name = next(n for n in ("torch", "sklearn", "jax", "keras", "tensorflow") if n in line)
    assert f" imports {name}, which does by itself what is to be learned here" in message
    assert message.startswith(f"line {1 + line[: line.index(name)].count(chr(10))} ")


def test_a_framework_by_a_built_name_is_not_there_and_a_word_is_no_import(student):
    passed, message = student("__import__('to' + 'rch')\n")
    assert not passed and "torch is not there for an exercise" in message
    own = "torch = 'import torch'  # import torch\nfrom math import log as sklearn\n"
    assert student(answer_alone(student.number) + "\n" + own)[0]


def test_the_capstone_is_written_without_minigan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exercises.start("capstone").write_text("from minigan import GAN\n", encoding="utf-8")
    assert check("capstone")[1].startswith("line 1 imports minigan, which is where the answer is")


def test_the_capstones_clock_counts_what_is_computed_and_not_what_is_waited_for(tmp_path, monkeypatch):
    """Who sleeps longer than he may compute is judged on; who computes so long is told how far he came."""
    answer = find("capstone").answer
    monkeypatch.setattr(answer, "TRAINING", 0.3)
    monkeypatch.chdir(tmp_path)
    path = exercises.start("capstone")
    lazy = "\n\nimport time\n\n\nclass GAN(GAN):\n    steps = 60\n\n    def step(self):\n        {}\n"
    lazy += "        super().step()\n"
    path.write_text(answer_alone("capstone") + lazy.format("time.sleep(0.02)"), encoding="utf-8")
    assert "mixture 1 of 2: after 60 rounds" in check("capstone", seed=0)[1]
    busy = "end = time.process_time() + 0.02\n        while time.process_time() < end:\n            pass"
    path.write_text(
        answer_alone("capstone") + lazy.format(busy).replace("steps = 60", "steps = 400"), encoding="utf-8"
    )
    message = check("capstone", seed=0)[1]
    assert "of your 400 rounds were done in 0 seconds of computing" in message


@pytest.mark.parametrize("key", KNOWN)
def test_the_answer_and_a_wrong_one_are_judged_in_another_process_as_they_are_in_this(key, tmp_path):
    path = tmp_path / "student.py"
    path.write_text(answer_alone(key), encoding="utf-8")
    assert judged(find(key), path, seed=1).message == "passed"
    source = next(iter(mutants(key).values()))
    path.write_text(source, encoding="utf-8")
    assert judged(find(key), path, seed=1).message.splitlines()[-1] == judged_here(key, source, 1)


@pytest.mark.long
@pytest.mark.parametrize(("key", "name"), [(key, name) for key in TRAINS for name in mutants(key)])
def test_a_wrong_answer_that_trains_fails_on_many_seeds(key, name, tmp_path):
    for seed in range(20):
        assert judged_here(key, mutants(key)[name], seed) is not None, f"seed {seed} lets it pass"


@pytest.mark.long
@pytest.mark.parametrize(("key", "name"), [(key, name) for key in KNOWN for name in mutants(key)])
def test_every_wrong_answer_is_told_the_same_in_another_process(key, name, tmp_path):
    path, source = tmp_path / "student.py", mutants(key)[name]
    path.write_text(source, encoding="utf-8")
    message = judged(find(key), path, seed=2).message
    assert message.splitlines()[-1] == judged_here(key, source, 2).splitlines()[-1]


@pytest.mark.parametrize("key", KNOWN)
def test_there_are_three_hints_three_mutants_and_a_reason(key):
    answer = find(key).answer
    assert len(answer.HINTS) == 3 and len(set(answer.HINTS)) == 3
    assert len(mutants(key)) >= 3
    assert len(answer.WHY) > 100 and all(callable(getattr(answer, name)) for name in answer.ANSWER)


@pytest.fixture
def student(tmp_path, monkeypatch):
    """A student's folder with the first exercise in it; student(source) writes his answer."""
    monkeypatch.chdir(tmp_path)
    number = next(iter(KNOWN))
    path = exercises.start(number)

    def write(source: str) -> tuple[bool, str]:
        path.write_text(source, encoding="utf-8")
        return check(number, seed=0)

    write.number, write.path = number, path
    return write


def answer_alone(key: Key) -> str:
    """The reference answer as a student's file: the module's text without its judge, and what that imports."""
    tree = ast.parse(inspect.getsource(find(key).answer))
    tree.body = [node for node in tree.body if not _is_of(node, "minigan.exercises") and not _is_judge(node)]
    return ast.unparse(tree)


def _is_of(node: ast.stmt, module: str) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == module


def _is_judge(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "judge"


def test_the_whole_ladder_of_one_exercise(student, capsys):
    n = str(student.number)
    assert main(["exercise", "solution", n]) == 2
    assert "once yours has passed" in capsys.readouterr().err
    assert main(["exercise", "check", n]) == 2
    assert "gap is still empty" in capsys.readouterr().out
    for k in (1, 2, 3, 3):
        assert main(["exercise", "hint", n]) == 0
        assert f"hint {k} of 3" in capsys.readouterr().out
    student.path.write_text(answer_alone(student.number), encoding="utf-8")
    assert main(["exercise", "check", n]) == 0
    assert main(["exercise", "solution", n]) == 0
    assert "def " in capsys.readouterr().out
    assert main(["exercise", "list"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.endswith("done")
    assert main(["exercise", "start", n]) == 2
    assert "is there already" in capsys.readouterr().err


def test_a_crash_is_shown_from_the_students_own_file_on(student):
    passed, message = student("def broken():\n    return 1 / 0\n\nbroken()\n")
    assert not passed
    assert "line 2" in message and "ZeroDivisionError" in message
    assert "exercises.py" not in message and "importlib" not in message


def test_a_syntax_error_is_told_with_its_line(student):
    passed, message = student("x = 1\ndef f(:\n")
    assert not passed and "line 2" in message and "SyntaxError" in message


def test_a_missing_function_is_told(student):
    passed, message = student("x = 1\n")
    assert not passed and message.startswith("your file has no discriminator_loss yet")


def test_a_loop_without_end_is_stopped(student, monkeypatch):
    student.path.write_text("while True:\n    print('on and on')\n", encoding="utf-8")
    begun = time.monotonic()
    passed, message = check(student.number, seconds=2)
    assert not passed and "more than 2 seconds" in message
    assert time.monotonic() - begun < 30  # far from for ever; no measure of speed


def test_a_judge_that_trains_says_how_long_it_takes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exercises.start(TRAINS[0]).write_text("while True:\n    pass\n", encoding="utf-8")
    monkeypatch.setattr(find(TRAINS[0]).answer, "SECONDS", 2.5)
    assert check(TRAINS[0])[1].startswith("it ran for more than 2.5 seconds")


def test_a_solution_may_be_a_class(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with exercises.remember() as kept:
        kept["done"] = ["capstone"]
    text = exercises.solution("capstone")
    assert "class GAN:" in text and "def judge" not in text


def test_code_that_ends_python_is_told(student):
    passed, message = student("import os\nos._exit(0)\n")
    assert not passed and "ended Python" in message
    passed, message = student("raise SystemExit(0)\n")
    assert not passed and "SystemExit" in message


def test_what_is_printed_is_shown_and_a_forged_verdict_is_not_believed(student):
    passed, message = student("import os\nprint('0' * 32, 'passed')\nos._exit(0)\n")
    assert not passed and "it printed:" in message


def test_nothing_that_code_does_spoils_the_progress(student):
    student(answer_alone(student.number))
    kept = json.loads((exercises.FOLDER / exercises.PROGRESS).read_text())
    for vandal in (
        "from pathlib import Path\nfor p in Path('exercises').iterdir():\n    p.write_text('{')\n",
        "import os, shutil\nshutil.rmtree('exercises')\n",
    ):
        student.path.parent.mkdir(exist_ok=True)
        student(vandal)
        assert json.loads((exercises.FOLDER / exercises.PROGRESS).read_text()) == kept


@pytest.mark.parametrize(
    "content",
    [
        '{"done": "x"',
        "[" * 100_000,
        '{"done": [1e400], "hints": {}}',
        '{"done": [], "hints": {"1": 1e999}}',
        '{"ladder": "second", "done": [], "hints": {}}',
        '{"ladder": 2, "done": ["keystone"], "hints": {}}',
    ],
)
def test_a_damaged_progress_file_counts_as_none(content, tmp_path):
    (tmp_path / exercises.PROGRESS).write_text(content, encoding="utf-8")
    assert exercises.progress(tmp_path) == {"done": [], "hints": {}}


def test_a_progress_of_the_first_ladder_had_the_capstone_as_21(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / exercises.FOLDER / exercises.PROGRESS
    path.parent.mkdir()
    path.write_text('{"done": [4, 21], "hints": {"4": 1, "21": 2}}', encoding="utf-8")
    meant = {"done": [4, "capstone"], "hints": {"4": 1, "capstone": 2}}
    assert exercises.progress() == meant
    assert "class GAN" in exercises.solution("capstone")
    with pytest.raises(ValueError, match="once yours has passed"):
        exercises.solution(21)
    assert exercises.hint(21).startswith("hint 1 of 3")
    assert exercises.hint("capstone").startswith("hint 3 of 3")
    kept = {"done": [4, "capstone"], "hints": {"4": 1, "21": 1, "capstone": 3}}
    assert json.loads(path.read_text()) == {"ladder": 2} | kept  # whose 21 is 21 from now on
    assert exercises.progress() == kept


def test_a_capstone_begun_under_its_older_name_is_found_and_judged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    older = exercises.FOLDER / "e21_capstone.py"
    older.parent.mkdir()
    older.write_text("x = 1\n", encoding="utf-8")
    assert "no class GAN" in check("capstone")[1]
    with pytest.raises(ValueError, match=r"e21_capstone\.py is there already"):
        exercises.start("capstone")
    with pytest.raises(ValueError, match=r"e21_importance_bound\.py is not there"):
        check(21)
    find("capstone").file(tmp_path).write_text("", encoding="utf-8")
    older.rename(exercises.FOLDER / "e21_mine.py")
    assert exercises.start("capstone").name == "capstone.py"


def test_the_ladder_is_in_order_and_its_files_names_say_which_they_are(capsys):
    assert list(KNOWN) == [*range(1, len(KNOWN)), "capstone"]
    for key, exercise in KNOWN.items():
        assert exercise.key == key == handed_in(exercise.path.name)
        assert exercise.title.startswith("The capstone" if key == "capstone" else f"Exercise {key}: ")
    assert handed_in("e21_capstone.py") == handed_in("capstone_mine.py") == "capstone"
    assert handed_in("e21_mine.py") == 21 and handed_in("e04_.py") == 4
    assert not [n for n in ("capstone.txt", "mycapstone.py", "e4_kl.py", "capstones.py") if handed_in(n)]
    shown = []
    for command in ("exercise", "lesson"):
        assert main([command, "list"]) == 0
        lines = capsys.readouterr().out.splitlines()
        shown.append([line for line in lines if line.startswith(("20  ", "capstone  The capstone: "))])
    assert [len(lines) for lines in shown] == [2, 2]
    assert [label(key) for key in (4, 21, "capstone")] == ["04", "21", "capstone"]


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="it makes pipes")
@pytest.mark.parametrize("make", [Path.mkdir, _pipe])
@pytest.mark.parametrize("name", [exercises.PROGRESS, f"{exercises.PROGRESS}.lock"])
def test_a_verdict_is_said_wherever_it_cannot_be_kept(make, name, student, capsys):
    make(exercises.FOLDER / name)
    student.path.write_text(answer_alone(student.number), encoding="utf-8")
    assert main(["exercise", "check", str(student.number)]) == 0
    assert capsys.readouterr().out.startswith("passed\n")
    assert main(["exercise", "hint", str(student.number)]) == 0
    assert "hint 1 of 3" in capsys.readouterr().out


def test_a_lock_that_another_process_keeps_is_waited_for_and_then_told(student, monkeypatch):
    with alone(exercises.FOLDER / f"{exercises.PROGRESS}.lock"):
        passed, message = student(answer_alone(student.number))
    assert passed and "another process has held it for 3 seconds" in message


def test_hints_begin_with_the_first_whatever_the_progress_says(student):
    (exercises.FOLDER / exercises.PROGRESS).write_text('{"done": [], "hints": {"1": -7}}', encoding="utf-8")
    assert exercises.hint(student.number).startswith("hint 1 of 3")


def test_a_message_is_shown_by_a_terminal_that_lacks_its_letters(student):
    student.path.write_text("raise ValueError('\u03b5 \u4e2d')", encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(Path(exercises.__file__).parents[2]),
        "PYTHONIOENCODING": "ascii",
    }
    command = [sys.executable, "-P", "-m", "minigan", "exercise", "check", str(student.number)]
    done = subprocess.run(command, env=environment, capture_output=True)
    assert done.returncode == 2 and rb"\u03b5 \u4e2d" in done.stdout


@pytest.mark.parametrize(
    ("make", "says"), [(None, "is not there"), (Path.mkdir, "a folder, not a file"), (_pipe, "a pipe")]
)
def test_what_is_in_the_place_of_the_file_is_told(make, says, student):
    if make is _pipe and not hasattr(os, "mkfifo"):
        pytest.skip("it makes pipes")
    student.path.unlink()
    if make is not None:
        make(student.path)
    with pytest.raises(ValueError, match=says):
        check(student.number)


@pytest.mark.parametrize(
    ("got", "wanted", "says"),
    [
        (None, 1.0, "returned None"),
        ("text", 1.0, "wanted numbers"),
        ("1.0", 1.0, "wanted numbers, got str"),
        (["1.0", "2.0"], [1.0, 2.0], "wanted numbers, got list"),
        (np.array([1.0 + 0j]), [1.0], "wanted real numbers, got complex ones"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "wanted shape (3,), got (2,)"),
        ([1.0, 2.5], [1.0, 2.0], "wanted 2 at [1], got 2.5"),
        (float("nan"), 1.0, "got nan"),
        (float("inf"), 1.0, "got inf"),
        (1.0, float("inf"), "wanted inf, got 1"),
    ],
)
def test_close_says_what_was_wanted_and_what_came(got, wanted, says):
    with pytest.raises(Wrong) as told:
        close("a case", got, wanted)
    assert says in str(told.value) and str(told.value).startswith("a case")


@pytest.mark.parametrize("number", [3, 10, 15, 18, 19])
def test_two_numbers_may_come_as_an_array(number, tmp_path):
    name = {
        3: "gaussian_score",
        10: "jensen_shannon",
        15: "count_modes",
        18: "neighbour_ratios",
        19: "best_sigma",
    }[number]
    source = (
        answer_alone(number) + f"\n_right = {name}\n\ndef {name}(*a, **k):\n    return np.array(_right(*a, **k))\n"
    )
    assert judged_here(number, source, 0) is None


def test_an_index_out_of_range_is_told_before_it_is_counted():
    source = (
        answer_alone(2) + "\n_right = inverse_cdf\n\ndef inverse_cdf(weights, u):\n    k = _right(weights, u)\n"
    )
    source += "    return np.where(np.arange(len(u)) > 1000, 3 * 2**27, k)\n"
    assert "wanted indices from 0 to 511" in judged_here(2, source, 0)


def test_the_bound_of_exercise_21_climbs_from_the_elbo_to_log_p_and_never_falls():
    """z ~ N(0, 1), x given z ~ N(z, 1), x = 2 and q the prior: the ELBO is -log(2 pi) / 2 - (4 + 1) / 2."""
    answer, n, k = find(21).answer, 2000, 512
    eps = np.random.default_rng(0).standard_normal((k, n, 1))
    mu, sigma = np.zeros((n, 1)), np.ones((n, 1))
    log_w = answer.log_weights(
        lambda z: -(z**2 + (2 - z) ** 2).sum(axis=-1) / 2 - np.log(2 * np.pi), mu, sigma, eps
    )
    bounds = np.array([answer.bound(log_w, 2**j) for j in range(10)])
    assert (np.diff(bounds, axis=0) > -1e-12).all()  # in every row: Jensen's inequality of two numbers
    elbo, log_p = -np.log(2 * np.pi) / 2 - 2.5, -np.log(4 * np.pi) / 2 - 1
    means, errors = bounds.mean(axis=1), bounds.std(axis=1) / n**0.5
    assert abs(means[0] - elbo) < 5 * errors[0] and (means < log_p + 5 * errors).all()
    assert log_p - 0.01 < means[-1] and elbo < means[1] - 0.2 and (bounds[-1] > log_p).any()


def test_close_lets_what_is_close_pass():
    close("a case", [1.0, np.inf, -np.inf], [1.0 + 1e-12, np.inf, -np.inf])


@pytest.mark.parametrize(
    "look",
    [
        lambda xp, x: x[x > 0], lambda xp, x: x[x.astype(np.int64)], lambda xp, x: x[: x[0]],
        lambda xp, x: xp.where(x > 0), lambda xp, x: xp.zeros(x[0]), lambda xp, x: xp.zeros((2, x[0])),
        lambda xp, x: xp.zeros(shape=x), lambda xp, x: x.reshape(x[0]), lambda xp, x: xp.sum(x, x[0]),
        lambda xp, x: xp.sum(x, axis=x[0]), lambda xp, x: x.__setitem__(x > 0, 1), lambda xp, x: xp.arange(x[0]),
    ],
)  # fmt: skip
def test_the_strict_engine_tells_no_value_by_a_shape_or_a_place(look):
    """Nor by an error: the refusal is the same whatever the value, and NumPy's own errors end the judgement."""
    engine = find(20).answer
    said = []
    for value in (0.5, 2.0):
        with pytest.raises(TypeError, match=r"looks at values|whole numbers") as told:
            look(engine.ENGINE, engine.Strict(np.array([value, value])))
        said.append(str(told.value))
    assert said[0] == said[1]
    with pytest.raises(Wrong):
        engine.Strict(np.ones(3)) + engine.Strict(np.ones(2))


def test_the_strict_engine_makes_nothing_large():
    xp = find(20).answer.ENGINE
    for make in (
        lambda: xp.full([20000, 20000], 1.0), lambda: xp.full(shape=(20000, 20000), fill_value=1.0),
        lambda: xp.arange(0, 10**8), lambda: xp.zeros(10**9), lambda: xp.concatenate([xp.zeros(4000)] * 100),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="nothing on this engine has more than"):
            make()


def test_an_exercise_that_does_not_exist_is_refused_in_a_line(capsys):
    for name in ("99", "keystone"):
        assert main(["exercise", "start", name]) == 2
        assert f"there is no exercise {name}; there are 1, 2" in capsys.readouterr().err
    assert main(["exercise", "check"]) == 2
    assert "which one?" in capsys.readouterr().err
