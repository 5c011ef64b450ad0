"""The live page in a real browser: the page as it is shipped, Pyodide in the CDN's place, and no network beside.

Needs Chromium, playwright, axe-playwright-python and Pyodide's files (tools/live_runtime.py brings them). Where
one is missing the tests are skipped and say so, and .ci/run fails. States are waited for, never seconds.
"""

from __future__ import annotations

import functools
import http.server
import importlib.util
import json
import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from minigan.live import bundle, runtime
from minigan.live.gallery import Gallery
from minigan.live.link import Link, as_csv
from minigan.live.server import Server
from minigan.live.session import Session
from minigan.runs.recipe import Recipe
from minigan.runs.run import start

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PYODIDE = Path(os.environ.get("MINIGAN_PYODIDE") or runtime.cache())
LACKS = [
    f"the Python package {name}"
    for name in ("playwright", "axe_playwright_python")
    if not importlib.util.find_spec(name)
]
LACKS += [] if CHROMIUM else ["Chromium (apt install chromium)"]
LACKS += [f"Pyodide's {name} in {PYODIDE} (python tools/live_runtime.py)" for name in runtime.missing(PYODIDE)[:1]]
pytestmark = pytest.mark.skipif(
    bool(LACKS), reason=f"THE LIVE PAGE IS NOT TESTED IN A BROWSER: missing is {'; '.join(LACKS)}"
)

PATIENCE = 150_000  # milliseconds: a state is there long before, on a machine that is not busy
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]


class Page:
    """A page of the browser, and what it has asked for and complained of."""

    def __init__(self, context, address):
        self.address, self.outside, self.complaints = address, [], []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    def _note(self, request):
        own = (re.match(r"http://[\w.:]+/", self.address)[0], runtime.SOURCE, "data:", "blob:")
        if not request.url.startswith(own):
            self.outside.append(request.url)

    def start(self, link=""):
        self.page.goto(self.address + link)
        self.page.click("#start")
        return self.calm()

    def follow(self, link):
        """Open another link on the page that is there, as a reader's click would."""
        self.page.evaluate("link => { location.hash = '#data=ring&seed=999'; }", link)
        self.page.wait_for_function(
            "live.game.link.settings.seed === 999 && document.body.dataset.state === 'ready'"
        )
        self.page.evaluate("link => { location.hash = link; }", link)
        self.page.wait_for_function("live.game.link.settings.seed !== 999")
        return self.calm()

    def calm(self):
        """Wait until all that was asked has been answered and drawn."""
        self.page.wait_for_function(
            "document.body.dataset.state === 'failed' || (document.body.dataset.state === 'ready'"
            " && document.body.dataset.drawn === document.body.dataset.step)"
        )
        assert self.page.evaluate("document.body.dataset.state") != "failed", self.page.text_content("#error")
        return self

    def until(self, step):
        self.page.wait_for_function(f"+document.body.dataset.step >= {step}")

    @property
    def last(self):
        """The numbers of the last answer."""
        return self.page.evaluate("live.game.last")

    @property
    def link(self):
        """What the address says, which is the run."""
        return urlsplit(self.page.url).fragment

    def complains_of_nothing(self):
        assert self.page.is_hidden("#error"), self.page.text_content("#error")
        assert (self.complaints, self.outside) == ([], [])


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """The address of the page on an ordinary server of files."""
    folder = tmp_path_factory.mktemp("hosted")
    bundle.write(folder)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def guess_type(self, path):
            return bundle.TYPES[Path(path).suffix]

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        server.shutdown()
        thread.join()


def without_network(context):
    """Answer for the CDN, as it would; everything else that is not on this machine fails."""

    def answer(route):
        url = route.request.url
        if url.startswith(runtime.SOURCE):
            name = url.removeprefix(runtime.SOURCE)
            headers = {"access-control-allow-origin": "*", "content-type": bundle.TYPES[Path(name).suffix]}
            return route.fulfill(body=(PYODIDE / name).read_bytes(), headers=headers)
        return route.continue_() if url.startswith("http://127.0.0.1:") else route.abort()

    context.route("**/*", answer)


@pytest.fixture(scope="module")
def context(browser):
    found = browser.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
    without_network(found)
    yield found
    found.close()


@pytest.fixture(scope="module")
def live(context, hosted):
    """The page, started once: Python comes to every test of this file but those of the start."""
    return Page(context, hosted).start()


def here(folder, fragment):
    """The session that a link says, in this Python, at its step."""
    said = {key: values[0] for key, values in parse_qs(fragment, keep_blank_values=True).items()}
    changes = [change.split("~") for change in filter(None, said.pop("changes", "").split("!"))]
    step, _ = int(said.pop("step", 0)), said.pop("made", "")
    own = {key: said.pop(key, "") for key in ("data", "points", "name")}
    changes = [
        (int(at), key, json.loads(value) if value[0] in "0123456789" else value) for at, key, value in changes
    ]
    settings = {key: json.loads(value) if value[0] in "0123456789[" else value for key, value in said.items()}
    session = Session(Link(own["data"], settings, changes, own["points"], own["name"]), folder)
    session.go_to(step)
    return session


def assert_alike(there, here, within=1e-5):
    assert there.keys() == here.keys()
    for name, number in here.items():
        assert there[name] == pytest.approx(number, rel=within, abs=within * 1e-3), name


# ---- the start


def test_nothing_is_loaded_before_the_click_and_a_still_picture_is_there(context, hosted):
    page = Page(context, hosted)
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.page.goto(hosted)
    page.page.wait_for_load_state("networkidle")
    assert page.page.evaluate("document.querySelector('#door img').naturalWidth") >= 600
    assert page.page.is_hidden("#page") and page.page.is_visible("#start")
    assert not [url for url in asked if "pyodide" in url or url.endswith(".zip")] and asked
    page.complains_of_nothing()
    page.page.close()


@contextmanager
def served(browser, pyodide=None):
    """The page as `minigan live` serves it, in a browser that has seen nothing yet."""
    with Server(0, pyodide) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        context = browser.new_context()
        try:
            yield Page(context, server.address)
        finally:
            context.close()
            server.shutdown()
            thread.join()


def test_minigan_live_serves_page_and_python_with_no_other_host(browser):
    with served(browser, PYODIDE) as page:
        page.page.on(
            "request",
            lambda request: page.outside.append(request.url) if runtime.SOURCE in request.url else None,
        )
        page.start()
        page.page.keyboard.press("ArrowRight")
        page.until(1)
        page.calm().complains_of_nothing()


def test_without_wasm_the_same_page_runs_on_numpy_here(browser, tmp_path):
    with served(browser) as page:
        page.start("#data=ring&step=20")
        # bit for bit: it is NumPy here
        assert page.last["fingerprint"] == page_print(tmp_path, "data=ring&step=20")
        page.page.click("#play")
        page.until(300)
        page.page.click("#play")
        page.calm().complains_of_nothing()


def page_print(folder, link):
    return here(folder, link).told(exact=True)["fingerprint"]


def test_where_python_cannot_start_the_page_says_so_and_what_to_do(context, hosted):
    page = Page(context, f"{hosted}?base=./nowhere/")
    page.page.goto(page.address)
    page.page.click("#start")
    page.page.wait_for_function("document.body.dataset.state === 'failed'")
    assert "minigan live" in page.page.text_content("#error")
    page.page.close()


def test_the_second_start_compiles_nothing_and_is_the_same_run(browser, hosted):
    context = browser.new_context()
    without_network(context)
    link, starts = "#data=ring&step=40", []
    for junk in (None, None, "junk"):
        page = Page(context, hosted)
        if junk:
            page.page.goto(hosted)
            page.page.evaluate(
                "async () => { for (const name of await caches.keys())"
                " await (await caches.open(name)).put('compiled.zip', new Response('junk')); }"
            )
        page.start(link)
        page.page.evaluate(
            "async () => { while (!await caches.match('compiled.zip'))"
            " await new Promise(done => setTimeout(done, 100)); }"
        )
        starts.append((page.page.evaluate("live.page.kept"), page.last["fingerprint"]))
        page.complains_of_nothing()
    # what cannot be read is done without
    assert [kept for kept, _ in starts] == [False, True, False] and len({state for _, state in starts}) == 1
    context.close()


# ---- what it computes


@pytest.mark.parametrize("data", ["ring", "gaussian"])
def test_the_first_five_losses_are_those_of_cpython(data, live, tmp_path):
    live.follow(f"data={data}&seed=4&step=0")
    session = here(tmp_path, live.link)
    for _ in range(5):
        live.page.focus("#plane")
        live.page.keyboard.press("ArrowRight")
        session.play(1)
        live.until(session.gan.steps)
        live.calm()
        assert_alike(live.last["losses"], session.gan.losses())
    live.complains_of_nothing()


def test_the_keyboard_plays_and_pauses_and_the_curves_grow(live):
    live.follow("data=ring&step=0")
    live.page.focus("#plane")
    live.page.keyboard.press(" ")
    live.page.wait_for_function("document.body.dataset.state === 'playing'")
    live.until(120)
    live.page.keyboard.press(" ")
    live.calm()
    rows = live.page.evaluate("live.game.rows.map(row => row.step)")
    assert rows == list(range(20, live.last["step"] + 1, 20))
    reached = live.last["step"]
    live.page.keyboard.press("ArrowLeft")
    live.page.wait_for_function(f"+document.body.dataset.step === {reached - 1}")
    live.calm()
    live.page.keyboard.press("r")
    live.page.wait_for_function("+document.body.dataset.step === 0")
    live.calm().complains_of_nothing()


def test_at_a_fixed_step_of_a_link_the_averaged_generator_is_on_all_eight_modes(live):
    live.follow("data=ring&step=2500")
    assert live.last["step"] == 2500 and live.last["modes averaged"][:2] == [8, 8]
    assert "8 of 8" in live.page.text_content("#now")
    live.complains_of_nothing()


def test_on_the_line_js_falls_below_a_hundredth_and_every_number_is_exact(live, tmp_path):
    live.follow("data=gaussian&step=600")
    exact = live.last["exact averaged"]
    assert exact["js"] < 0.01 and exact["gap"] > 0
    live.page.check("[value=manifold]")
    live.calm()
    assert live.page.text_content("#how") == "exact"
    live.page.uncheck("[value=manifold]")
    live.calm().complains_of_nothing()


def test_a_link_after_a_changed_rate_comes_to_the_same_bits_and_its_recipe_to_the_same_losses_here(live, tmp_path):
    live.follow("data=ring&step=6")
    live.page.select_option("#learning_rate_d", "0.0005")
    live.calm()
    live.page.check("#freeze-g")
    live.calm()
    live.page.focus("#plane")
    live.page.keyboard.press("ArrowRight")
    live.until(7)
    live.calm()
    mark, link, losses = live.last["fingerprint"], live.link, live.last["losses"]
    assert "changes=6%7Elearning_rate_d%7E0.0005%216%7Elearning_rate_g%7E0" in link
    live.follow(link)
    assert live.last["fingerprint"] == mark and live.page.is_checked("#freeze-g")
    assert_alike(losses, here(tmp_path, link).gan.losses())
    live.page.click("#code summary")
    live.page.wait_for_function("document.getElementById('recipe').href.startsWith('blob:')")
    with live.page.expect_download() as saved:
        live.page.click("#recipe")
    recipe = Recipe.from_json(Path(saved.value.path()).read_text("utf-8"))
    run, _ = start(recipe)  # as minigan train --recipe does, up to the change
    assert run.gan.steps == 6 and recipe.learning_rate_g == 0
    assert "descend(recipe, 6," in live.page.text_content("#python")
    live.page.click("#code summary")
    live.calm().complains_of_nothing()


def test_a_link_made_with_other_versions_is_followed_with_a_warning(live):
    live.follow("data=ring&step=3&made=0.0.9/1.26.4/3.11.1")
    assert "0.0.9" in live.page.text_content("#notice") and live.page.is_visible("#notice")
    live.follow("data=ring&step=3")
    assert live.page.is_hidden("#notice")


def test_slow_motion_is_the_same_step_bit_for_bit_and_explains_itself(live):
    live.follow("data=ring&updates=alternating&step=4")
    names = []
    for _ in range(11):
        live.page.click("#part")
        live.calm()
        names.append(live.last["slow"]["name"])
        assert live.page.text_content("#says") == live.last["slow"]["says"]
        assert live.page.text_content("#order [aria-current]") == names[-1]
    assert names[:5] == ["draw latent", "generate", "judge", "discriminator gradient", "discriminator update"]
    live.page.focus("#plane")
    live.page.keyboard.press("ArrowRight")
    live.until(5)  # the rest of the step
    live.calm()
    mark, step = live.last["fingerprint"], live.last["step"]
    live.follow(f"data=ring&updates=alternating&step={step}")
    assert live.last["fingerprint"] == mark
    live.complains_of_nothing()


def test_rewinding_by_the_timeline_finds_the_same_state(live):
    live.follow("data=ring&step=130")
    mark = live.last["fingerprint"]
    for step in (40, 130):
        live.page.evaluate(
            "step => { const time = document.getElementById('time'); time.value = step; time.oninput(); }", step
        )
        live.page.wait_for_function(f"+document.body.dataset.step === {step}")
        live.calm()
    assert live.last["fingerprint"] == mark and live.last["reached"] == 130


def test_hovering_tells_what_python_says(live, tmp_path):
    live.follow("data=ring&step=5")
    frame = live.page.locator("#plane").bounding_box()
    live.page.mouse.move(frame["x"] + 0.7 * frame["width"], frame["y"] + 0.4 * frame["height"])
    live.page.wait_for_selector("#hover:not([hidden])")
    live.calm()
    shown = [float(number) for number in re.findall(r"-?\d+\.\d+", live.page.text_content("#hover"))]
    session = here(tmp_path, live.link)
    said = session.picture.at(session.run, shown[:2])
    wanted = [said["d"], *said["fake"]["x"], *said["fake"]["z"], said["fake"]["d"]]
    np.testing.assert_allclose(shown[2:], wanted, atol=2e-3)
    live.page.mouse.move(1, 1)
    live.complains_of_nothing()


def test_squares_of_scores_with_an_optimiser_for_each_player(live):
    live.follow("data=ring&step=0")
    live.page.select_option("#objective", "least-squares")
    live.calm()
    live.page.select_option("#optimizer_d", "sgd")
    live.calm()
    live.page.keyboard.press("ArrowRight")
    live.until(1)
    live.calm()
    assert "mean score of x" in live.page.text_content("#now") and "D(x)" not in live.page.text_content("#now")
    assert live.page.is_hidden("#value") and live.page.is_visible("#losses")
    assert "objective=least-squares" in live.link and "optimizer_d=sgd" in live.link
    assert live.page.evaluate("[optimizer.value, optimizer_d.value]") == ["adam", "sgd"]
    live.complains_of_nothing()


def test_a_nan_is_told_with_its_sub_step_and_the_page_goes_on(live):
    live.follow("data=ring&optimizer=sgd&learning_rate_d=1000000&step=0")
    live.page.click("#play")
    live.page.wait_for_selector("#error:not([hidden])")
    live.calm()
    said = live.page.text_content("#error")
    assert re.search(r"step \d+ made a number in '[\w ]+' \(.+\) that is not finite", said)
    live.follow("data=ring&step=2")
    live.complains_of_nothing()


def test_a_scene_asks_first_and_answers_when_it_can_be_seen(live):
    live.page.evaluate("location.hash = '#scene=false-end'")
    live.page.wait_for_function("document.body.dataset.step === '2000' && document.body.dataset.state === 'ready'")
    live.calm()
    assert "one half" in live.page.text_content("#question") and live.page.is_visible("#guesses button")
    assert live.page.text_content("#outcome") == "The answer comes at step 2,200."
    live.page.click("#guesses button")
    assert live.page.get_attribute("#guesses button", "aria-pressed") == "true"
    live.page.evaluate(
        "const time = document.getElementById('time'); time.max = 2300; time.value = 2200; time.oninput()"
    )
    live.until(2200)
    live.calm()
    assert "not over" in live.page.text_content("#outcome") and "scene=false-end" in live.link
    live.follow("data=ring&step=0")
    assert live.page.is_hidden("#scene")
    live.complains_of_nothing()


def test_digits_are_sampled_and_walked_between(live):
    live.page.evaluate("location.hash = '#scene=walk'")
    live.page.wait_for_selector("#gallery:not([hidden])")
    live.calm()
    gallery, found = Gallery(), "Array.from((await import('./gallery.mjs')).gallery.images)"
    for share in (0, 0.5):
        live.page.evaluate(
            "share => { const s = document.getElementById('share'); s.value = share; s.oninput(); }", share
        )
        live.page.wait_for_function(f"location.hash.includes('share={share}')")
        live.calm()
        images = live.page.evaluate(f"(async () => {found})()")
        np.testing.assert_allclose(np.reshape(images, (64, 64)), gallery.images(4, share), atol=1e-4)
    assert "Mostly digits" in live.page.text_content("#outcome")
    live.page.click("#fresh")
    live.page.wait_for_function("location.hash.includes('seed=6')")
    live.calm()
    live.page.check("[name=data][value=ring]")
    live.page.wait_for_selector("#numbers:not([hidden])")
    live.calm().complains_of_nothing()


# ---- data of one's own


def test_drawn_data_are_trained_on_and_their_link_replays(live):
    live.follow("data=ring&step=0")
    live.page.check("[name=data][value=drawn]")
    frame = live.page.locator("#plane").bounding_box()
    mouse = live.page.mouse
    mouse.move(frame["x"] + 0.2 * frame["width"], frame["y"] + 0.3 * frame["height"])
    mouse.down()
    for k in range(60):
        mouse.move(
            *(
                frame[a] + (0.2 + 0.6 * k / 60 if a == "x" else 0.5 - 0.2 * np.sin(k / 9)) * frame["width"]
                for a in "xy"
            )
        )
    mouse.up()
    live.page.focus("#plane")
    for key in ("ArrowUp", "ArrowLeft", "Enter"):  # and with the keys
        live.page.keyboard.press(key)
    live.page.click("#use")
    live.page.wait_for_function(
        "live.game.recipe?.data === 'drawn.csv' && document.body.dataset.state === 'ready'"
    )
    live.page.focus("#plane")
    live.page.keyboard.press("ArrowRight")
    live.until(1)
    live.calm()
    link, mark = live.link, live.last["fingerprint"]
    assert len(parse_qs(link)["points"][0]) > 200
    live.follow(link)
    assert live.last["fingerprint"] == mark
    live.complains_of_nothing()


def test_a_table_of_ten_thousand_rows_is_read_and_trained_on(live, tmp_path):
    live.follow("data=ring&step=0")
    rows = np.random.default_rng(0).standard_normal((10_000, 2)) @ [[2, 1], [0, 1]] + [5, 0]
    (tmp_path / "mine.csv").write_text(as_csv(rows))
    with live.page.expect_file_chooser() as chosen:
        live.page.check("[name=data][value=csv]")
    chosen.value.set_files(tmp_path / "mine.csv")
    live.page.wait_for_function("live.game.recipe?.data === 'mine.csv' && document.body.dataset.state === 'ready'")
    assert "10,000 rows" in live.page.text_content("#notice")
    live.page.click("#one")
    live.until(1)
    live.calm()
    session = Session(Link("csv", name="mine.csv"), tmp_path, as_csv(rows))
    session.play(1)
    assert_alike(live.last["losses"], session.gan.losses())
    live.complains_of_nothing()
    link, mark = live.link, live.last["fingerprint"]
    live.page.evaluate("live.page.table = ''; location.hash = '#data=ring&seed=999'")  # as if it were another day
    live.page.wait_for_function("live.game.link.settings.seed === 999 && document.body.dataset.state === 'ready'")
    live.page.evaluate("link => { location.hash = link; }", link)
    live.page.wait_for_function("document.getElementById('notice').textContent.includes('choose that file')")
    live.calm()
    live.page.set_input_files("#file", [])
    live.page.set_input_files("#file", tmp_path / "mine.csv")
    live.page.wait_for_function("live.game.recipe?.data === 'mine.csv' && document.body.dataset.state === 'ready'")
    live.calm()
    assert live.last["step"] == 1 and live.last["fingerprint"] == mark
    live.complains_of_nothing()


# ---- everyone can use it


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_360_pixels_nothing_scrolls_sideways_and_everything_can_be_touched(scheme, live):
    live.page.emulate_media(color_scheme=scheme)
    live.page.set_viewport_size({"width": 360, "height": 740})
    try:
        for link in ("data=ring&step=2", "data=gaussian&step=2"):
            live.follow(link)
            assert live.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            low = live.page.evaluate(
                "[...document.querySelectorAll('button, select, .row label, summary')].filter("
                "  e => e.offsetParent && e.getBoundingClientRect().height < 32).map(e => e.id || e.textContent)"
            )
            assert low == []
    finally:
        live.page.set_viewport_size({"width": 1280, "height": 860})
        live.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(scheme, live):
    from axe_playwright_python.sync_playwright import Axe

    live.page.emulate_media(color_scheme=scheme)
    live.follow("data=ring&step=2")
    live.page.click("#part")
    live.calm()
    live.page.click("#code summary")
    live.calm()
    found = Axe().run(live.page).response["violations"]
    live.page.click("#code summary")
    live.page.emulate_media(color_scheme="light")
    bad = {
        fault["id"]: [node["html"] for node in fault["nodes"]]
        for fault in found
        if fault["impact"] in ("serious", "critical")
    }
    assert bad == {}


def test_in_all_of_this_the_page_complained_of_nothing_and_asked_nobody(live):
    live.calm().complains_of_nothing()
