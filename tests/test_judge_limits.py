"""What a student's code does by accident or worse: it is told of, and harms nothing; what is right passes."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from test_exercises import answer_alone

from minigan import exercises
from minigan.exercises import check, find, judged, visible
from minigan.exercises.calls import ARCH, CALLS, SOME
from minigan.exercises.folder import own_folder
from minigan.exercises.judge import LIVE, PACKAGE

NUMBER = 4
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it asks /proc")


@pytest.fixture
def student(tmp_path, monkeypatch):
    """student(source) judges this source, in a folder of its own, and returns the verdict."""
    monkeypatch.chdir(tmp_path)
    path = exercises.start(NUMBER)

    def judged_as(source: str, seconds: float | None = None):
        path.write_text(source, encoding="utf-8")
        return judged(find(NUMBER), path, seconds=seconds)

    judged_as.path = path
    yield judged_as
    assert not LIVE


def processes(mark: str) -> list[int]:
    """The processes whose command line holds this text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "cmdline").read_text() and "\nState:\tZ" not in (folder / "status").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


RIGHT = answer_alone(NUMBER).replace("from __future__ import annotations\n", "")
PASSES = {
    "a thread that runs on": "import threading\nthreading.Thread(target=threading.Event().wait).start()\n",
    "a thread that never rests": "import threading\ndef on():\n    while True: pass\n"
    "threading.Thread(target=on, daemon=True).start()\n",
    "files in its own folder": "open('mine.txt', 'w').write('x')\nassert open('mine.txt').read() == 'x'\n"
    "import tempfile\ntempfile.TemporaryFile().write(b'x')\n",
    "a dataclass and an enum": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int' = 1\n",
    "a byte order mark": "\ufeff",
    "minigan": "import minigan as mg\nmg.Sequential([mg.Dense(2, 3)])\n",
    "the name of its module": "import sys\nassert sys.modules[__name__].__file__ == __file__\n",
}
FAILS = {
    "os._exit": ("import os\nos._exit(0)\n", "it ended Python (exit code 0)"),
    "sys.exit": ("import sys\nsys.exit(0)\n", "SystemExit: 0"),
    "abort": ("import os\nos.abort()\n", "it ended Python (exit code"),
    "an interrupt": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "a fork": ("import os\nwhile True:\n    os.fork()\n", "an exercise starts no other process"),
    "a pool": ("import multiprocessing\nmultiprocessing.Pool(2)\n", "PermissionError"),
    "memory": ("import numpy as np\nnp.ones(10**10)\n", "MemoryError"),
    "memory, bit by bit": ("x = []\nwhile True:\n    x.append(bytearray(1 << 24))\n", "MemoryError"),
    "recursion": ("def f():\n    f()\nf()\n", "RecursionError"),
    "a large file": ("f = open('x', 'wb')\nfor _ in range(99):\n    f.write(bytes(1 << 20))\n", "OSError"),
    "many files": ("x = [open(__import__('os').devnull) for _ in range(500)]\n", "OSError"),
    "100 MB of print": ("for _ in range(100):\n    print('x' * 10**6)\n", "printed more than 16 MiB"),
    "the network": ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", "PermissionError"),
    "closed streams": (
        "import os\nfor k in range(3, 50):\n    try: os.close(k)\n    except OSError: pass\n",
        "ended Python",
    ),
    "no text": ("\x00", "null byte"),
    "an error that cannot be told": (
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n",
        "unprintable|exception str",
    ),
}


@pytest.mark.parametrize("what", PASSES)
def test_a_right_answer_passes_whatever_else_it_does(student, what):
    assert student(PASSES[what] + RIGHT).message == "passed"


def test_a_file_may_name_its_encoding(student):
    for name, passes in (("latin-1", True), ("nonsense", False), ("rot13", False)):
        student.path.write_bytes(f"# coding: {name}\nx = '\xe9'\n{RIGHT}".encode("latin-1"))
        verdict = judged(find(NUMBER), student.path)
        assert verdict.passed == passes and (passes or "no text in UTF-8" in verdict.message)


@pytest.mark.parametrize("what", FAILS)
def test_what_ends_or_fills_or_breaks_is_told_in_words(student, what):
    source, says = FAILS[what]
    verdict = student(source + RIGHT)
    assert not verdict.passed and any(part in verdict.message for part in says.split("|")), verdict


@pytest.mark.parametrize(
    "where", ["Path(__file__).parent", "Path(__file__).parents[1]", "Path.home()", "Path('.')"]
)
def test_a_file_that_deletes_leaves_the_students_folder_as_it_was(student, where):
    source = f"import shutil\nfrom pathlib import Path\nshutil.rmtree({where}, ignore_errors=True)\n" + RIGHT
    assert student(source).message == "passed"
    assert student.path.read_text(encoding="utf-8") == source


def test_a_folder_however_deep_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with own_folder() as folder:
        monkeypatch.chdir(folder)
        for _ in range(1500):
            os.mkdir("deep")
            os.chdir("deep")
        os.symlink(tmp_path, "link")
        os.chmod(folder, 0)
        os.chdir(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_loop_ends_at_the_limit_and_what_it_printed_is_shown(student):
    verdict = student("print('so far')\nwhile True:\n    pass\n", seconds=1.5)
    assert verdict.message.startswith("it ran for more than 1.5 seconds") and verdict.printed == "so far"


def test_what_is_printed_is_shown_and_not_obeyed(student):
    verdict = student("print('\\x1b[2J\\x9b\\u202eat\\x00last\\tx')\nraise ValueError('\\x1b]0;title\\x07')\n")
    assert verdict.printed == "\\x1b[2J\\x9b\\u202eat\\x00last\tx"
    assert "\\x1b]0;title\\x07" in verdict.message and "\x1b" not in verdict.message
    assert visible("a\r\nb\rc") == "a\nb\\rc"


@LINUX
def test_the_kernels_walls_stand_where_the_kernel_has_them(student):
    source = (
        "text = open('/proc/self/status').read()\nassert 'Seccomp:\\t2' in text and 'NoNewPrivs:\\t1' in text\n"
    )
    source += "try:\n    open(__file__)\n    raise SystemExit\nexcept PermissionError:\n    pass\n"
    assert student(source + RIGHT).message == "passed"


ASKS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for name, number, *given in {calls}:
    ctypes.set_errno(0)
    libc.syscall(number, *[ctypes.c_long(a) for a in given])
    assert ctypes.get_errno() == errno.EPERM, (name, ctypes.get_errno())
assert "CapEff:\\t0000000000000000" in open("/proc/self/status").read() or {root}
"""


@LINUX
def test_the_kernel_refuses_every_call_of_the_table(student):
    """With arguments that would do nothing if it let them through."""
    column = list(ARCH).index(platform.machine())
    calls = [(name, numbers[column], *[-1] * 6) for name, numbers in CALLS.items() if numbers[column] is not None]
    for name, (numbers, argument, values) in SOME.items():
        calls += [(name, numbers[column], *[-1] * argument, value, *[-1] * 4) for value in values]
    begin = ("fork", "vfork", "vhangup")  # which take no arguments that could be wrong
    source = ASKS.format(calls=[call for call in calls if call[0] not in begin], root=os.getuid() == 0)
    assert student(source + RIGHT).message == "passed"


@LINUX
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"])
def test_it_ends_when_the_judge_does(student, how, tmp_path):
    """And where the judge is told to end, and not just gone, it takes its folder along."""
    how, temporary = getattr(signal, how), tmp_path / "temporary"
    temporary.mkdir()
    student.path.write_text("while True:\n    pass\n", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "TMPDIR": str(temporary)}
    command = [sys.executable, "-P", "-m", "minigan", "exercise", "check", str(NUMBER)]
    heard = None if how == signal.SIGKILL else partial(signal.signal, how, signal.SIG_DFL)  # nohup ignores some
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment, preexec_fn=heard, **pipes)
    mark = f'"parent": {process.pid},'
    end = time.monotonic() + 30
    while not processes(mark) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes(mark)
    time.sleep(0.5)  # into the student's loop
    process.send_signal(how)
    process.communicate(timeout=30)
    assert process.returncode == (-how if how == signal.SIGKILL else 130)
    assert how == signal.SIGKILL or not list(temporary.iterdir())
    while processes(mark) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes(mark)


def test_two_checks_at_once_lose_no_progress(tmp_path):
    def done(number: int) -> None:
        for k in range(20):
            with exercises.remember(tmp_path) as kept:
                kept["done"] = [*kept["done"], 20 * number + k]

    threads = [threading.Thread(target=done, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(exercises.progress(tmp_path)["done"]) == list(range(80))


def test_a_check_that_ends_late_keeps_what_another_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = exercises.start(NUMBER)
    path.write_text("import time\ntime.sleep(1)\n" + RIGHT, encoding="utf-8")
    slow = threading.Thread(target=check, args=(NUMBER,))
    slow.start()
    with exercises.remember() as kept:
        kept["done"] = [7]
    slow.join()
    assert json.loads((exercises.FOLDER / exercises.PROGRESS).read_text())["done"] == [NUMBER, 7]
