"""What a browser keeps of a start: bytecode that runs without its sources, of an archive and of folders."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

from minigan.live import compiled

CODE = """
import sys
sys.dont_write_bytecode = False
sys.path[:0] = [{archive!r}, {folder!r}]
import inside.deep, outside
from minigan.live.compiled import Compiled
found = Compiled()
while found.step():
    pass
with open({out!r}, "wb") as file:
    file.write(found.bytes())
print(inside.deep.ANSWER, outside.ANSWER)
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_bytecode_of_what_was_imported_stands_in_for_its_sources(tmp_path):
    library, folder, out = tmp_path / "library.zip", tmp_path / "folder", tmp_path / "compiled.zip"
    with zipfile.ZipFile(library, "w") as archive:
        archive.writestr("inside/__init__.py", "")
        archive.writestr("inside/deep.py", "ANSWER = 41 + 1")
        archive.writestr("never.py", "raise ValueError")
    folder.mkdir()
    (folder / "outside.py").write_text("ANSWER = 6 * 9")
    assert run(CODE.format(archive=str(library), folder=str(folder), out=str(out))) == "42 54"
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
    cached = {name for name in names if "__pycache__" in name}
    assert {"inside/__init__.pyc", "inside/deep.pyc"} <= names and "never.pyc" not in names
    assert any("outside" in name for name in cached) and any("numpy" in name for name in cached)
    only = "import sys; sys.path.insert(0, {!r}); import inside.deep; print(inside.deep.ANSWER)"
    assert run(only.format(str(out))) == "42"  # with no source in reach


def test_unpacked_bytecode_is_taken_without_a_look_at_the_source(tmp_path, monkeypatch):
    (tmp_path / "it.py").write_text("ANSWER = 1")
    show = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import it; print(it.ANSWER)"
    keep = f"import sys; sys.dont_write_bytecode = False; sys.path.insert(0, {str(tmp_path)!r}); import it"
    run(keep)
    (cached,) = (tmp_path / "__pycache__").glob("it.*.pyc")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(str(cached).lstrip("/"), compiled.HEAD + cached.read_bytes()[16:])
    (tmp_path / "kept.zip").write_bytes(content.getvalue())
    (tmp_path / "it.py").write_text("ANSWER = 2  # newer, and of another length")
    cached.unlink()
    assert run(show) == "2"
    compiled.unpack(str(tmp_path / "kept.zip"))
    assert run(show) == "1"
