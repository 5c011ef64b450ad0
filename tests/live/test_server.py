"""The server of the page: whom it answers, whom it refuses; the page as files; Pyodide by its hashes."""

from __future__ import annotations

import functools
import http.client
import http.server
import io
import json
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager

import pytest

from minigan.cli import main
from minigan.live import bundle, runtime
from minigan.live.server import LONGEST, Server


@contextmanager
def running(pyodide=None):
    with Server(0, pyodide) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server, method="GET", path="/", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    connection.close()
    return found


def told(content):
    return json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])


OPEN = json.dumps({"do": "open", "link": {"data": "ring"}, "view": {"exact": True}})


def test_it_serves_the_page_and_the_package_and_nothing_else():
    with running() as server:
        status, content, headers = ask(server)
        assert (
            status == 200 and b"<title>A GAN, live" in content and headers["Content-Type"].startswith("text/html")
        )
        for name, content in bundle.files().items():
            assert ask(server, path=f"/{name}")[:2] == (200, content)
        for path in ("/../setup.cfg", "/%2e%2e/setup.cfg", "/session.py", "/pyodide/pyodide.mjs", "//etc/passwd"):
            assert ask(server, path=path)[0] == 404, path


def test_it_listens_on_this_machine_alone():
    with running() as server:
        assert server.server_address[0] == "127.0.0.1" and server.address.startswith("http://127.0.0.1:")


def test_it_computes_for_whoever_brings_the_token_and_each_page_has_its_own_run():
    with running() as server:
        for desk in "ab":
            status, content, _ = ask(server, "POST", f"/answer?desk={desk}", OPEN, X_Token=server.token)
            assert status == 200 and told(content)["step"] == 0 and told(content)["fingerprint"]
        play = json.dumps({"do": "play", "steps": 7, "view": {}})
        assert told(ask(server, "POST", "/answer?desk=a", play, X_Token=server.token)[1])["step"] == 7
        look = json.dumps({"do": "look", "view": {}})
        assert told(ask(server, "POST", "/answer?desk=b", look, X_Token=server.token)[1])["step"] == 0
        for k in range(9):
            ask(server, "POST", f"/answer?desk={k}", look, X_Token=server.token)
        assert len(server.desks) == 8 and "a" not in server.desks


@pytest.mark.parametrize("headers", [{}, {"X_Token": ""}, {"X_Token": "guess"}], ids=str)
def test_without_the_token_it_computes_nothing(headers):
    with running() as server:
        assert ask(server, "POST", "/answer", OPEN, **headers)[0] == 403 and not server.desks


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.org"}, {"Origin": "null"}, {"Host": "example.org"}], ids=str
)
def test_another_sites_page_is_refused_token_or_not(method, headers):
    with running() as server:
        status, _, answered = ask(server, method, "/answer", OPEN, X_Token=server.token, **headers)
        assert status == 403 and not server.desks and "Access-Control-Allow-Origin" not in answered


def test_its_own_page_may_ask_by_either_name():
    with running() as server:
        port = server.server_address[1]
        for name in ("127.0.0.1", "localhost"):
            own = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
            assert ask(server, "POST", "/answer?desk=a", OPEN, X_Token=server.token, **own)[0] == 200


def test_questions_without_end_are_refused():
    with running() as server:
        token = {"X_Token": server.token}
        for length in (str(LONGEST + 1), "-1", "many", ""):
            status, content, _ = ask(server, "POST", "/answer", Content_Length=length, **token)
            assert status == 400 and b"bytes at most" in content


def test_with_pyodide_it_serves_that_and_computes_nothing_itself(tmp_path):
    (tmp_path / "pyodide.mjs").write_text("here")
    (tmp_path / "secret.txt").write_text("not here")
    with running(tmp_path) as server:
        assert "base=./pyodide/" in server.address and server.token not in server.address
        status, content, headers = ask(server, path="/pyodide/pyodide.mjs")
        assert (status, content) == (200, b"here") and "immutable" in headers["Cache-Control"]
        assert ask(server, path="/pyodide/secret.txt")[0] == 404
        assert ask(server, "POST", "/answer", OPEN, X_Token=server.token)[0] == 403


# ---- the page as files


ALONE = """  # with NumPy and the standard library alone, as in the browser
import sys
sys.path[:0], sys.platform = [sys.argv[1]], "emscripten"
for name in ("matplotlib", "tqdm", "threadpoolctl", "PIL", "fcntl", "scipy"):
    sys.modules[name] = None
import json, pathlib, minigan
from minigan.live.session import Desk
desk = Desk(pathlib.Path(sys.argv[1]))
print(minigan.__file__)
for message in ({"do": "open", "link": {"data": "ring"}}, {"do": "play", "steps": 60, "view": {"exact": True}}):
    print(desk.answer(json.dumps(message))[4:])
"""


def test_the_packed_package_is_the_same_bytes_each_time_and_holds_what_the_page_needs(tmp_path):
    content = bundle.packed()
    bundle.packed.cache_clear()
    assert bundle.packed() == content and len(content) < 400_000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert "minigan/live/session.py" in names and "minigan/core/gan.py" in names
    assert not [name for name in names if "lessons" in name or "exercises" in name or "page" in name]
    done = subprocess.run([sys.executable, "-I", "-c", ALONE, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path)) and '"error"' not in done.stdout and '"step": 60' in done.stdout


def test_the_page_can_be_written_for_a_server_of_files(tmp_path, capsys):
    assert main(["live", "--out", str(tmp_path / "page")]) == 0
    assert {path.name for path in (tmp_path / "page").iterdir()} == set(bundle.files())
    assert runtime.SOURCE in capsys.readouterr().out
    worker = (tmp_path / "page" / "worker.mjs").read_text("utf-8")
    assert runtime.SOURCE in worker  # the hosted page takes the version that is known


def test_the_page_asks_no_other_host_but_the_cdn():
    for name, content in bundle.files().items():
        if name.endswith((".html", ".css", ".mjs", ".json")):
            text = content.decode("utf-8").replace(runtime.SOURCE, "")
            assert "http" not in text.replace("http://www.w3.org", ""), name


def test_the_lock_file_of_the_page_is_of_the_known_numpy():
    lock = json.loads(bundle.files()["pyodide-lock.json"])
    numpy = lock["packages"]["numpy"]
    assert runtime.FILES[numpy["file_name"]][1] == numpy["sha256"] and lock["info"]["version"] == runtime.VERSION


# ---- Pyodide


@contextmanager
def elsewhere(folder):
    """A server of files, in the CDN's place."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A runtime of two small files, and where they can be had."""
    import hashlib

    files = {"a.mjs": b"export const a = 1", "b.wasm": bytes(range(256)) * 40}
    hashes = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    monkeypatch.setattr(runtime, "FILES", hashes)
    place = tmp_path / "cdn"
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def test_the_runtime_is_fetched_once_and_its_size_is_said_before(small, tmp_path):
    said = []
    with elsewhere(small) as source:
        runtime.fetch(tmp_path / "kept", source, said.append)
        assert runtime.missing(tmp_path / "kept") == [] and len(said) == 1 and "0.0 MB, once" in said[0]
        (small / "a.mjs").unlink()  # nothing is asked for a second time
        runtime.fetch(tmp_path / "kept", source, said.append)
    assert len(said) == 1


@pytest.mark.parametrize("fault", [b"export const a = 2", b"export const a = 1 // more", b""], ids=str)
def test_another_file_than_the_known_one_is_refused_and_not_kept(fault, small, tmp_path):
    (small / "a.mjs").write_bytes(fault)
    with elsewhere(small) as source, pytest.raises(runtime.RuntimeMissing, match=r"another a\.mjs than"):
        runtime.fetch(tmp_path / "kept", source, str)
    assert not list((tmp_path / "kept").iterdir())


def test_a_damaged_file_of_the_cache_is_fetched_anew(small, tmp_path):
    with elsewhere(small) as source:
        runtime.fetch(tmp_path / "kept", source, str)
        (tmp_path / "kept" / "b.wasm").write_bytes(b"half")
        runtime.fetch(tmp_path / "kept", source, str)
    assert runtime.missing(tmp_path / "kept") == []


def test_where_it_cannot_be_had_the_command_says_why_and_computes_with_numpy(small, tmp_path, monkeypatch, capsys):
    (small / "b.wasm").unlink()

    def ended(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", ended)
    with elsewhere(small) as source:
        monkeypatch.setattr(runtime.fetch, "__defaults__", (source, print))
        assert main(["live", "--no-browser", "--runtime", str(tmp_path / "kept")]) == 130
    said = capsys.readouterr()
    assert "b.wasm cannot be fetched" in said.err and "computes here, with NumPy" in said.err
    assert "?native=" in said.out


def test_the_cache_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", str(tmp_path))
    assert runtime.cache() == tmp_path / "minigan" / f"pyodide-{runtime.VERSION}"
    assert 16e6 < runtime.size() < 18e6
