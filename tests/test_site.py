"""The site: it builds strictly, and every page holds in a browser, at two widths, in light and in dark."""

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import minigan as mg
from minigan import models
from minigan.lessons import lessons

ROOT = Path(__file__).parent.parent
NEEDED = ("sphinx", "myst_parser", "furo", "playwright")
CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROME = next(filter(None, map(shutil.which, CHROMES)), None)

pytestmark = pytest.mark.skipif(not all(map(find_spec, NEEDED)), reason="the extra docs is not installed")
in_browser = pytest.mark.skipif(CHROME is None, reason="no Chromium: apt-get install chromium")

# What a page must show of itself, asked in the page once its formulas are set.
ASK = """async () => {
    if (window.MathJax) await MathJax.startup.promise
    document.querySelectorAll("details").forEach(fold => { fold.open = true })
    const seen = node => node.offsetParent !== null
    return {
        errors: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(node => node.outerHTML),
        unset: [...document.querySelectorAll(".math")].filter(node => !node.querySelector("mjx-container")).length,
        images: [...document.images].filter(seen).map(image => [image.src, image.alt, image.naturalWidth]),
        links: [...document.querySelectorAll("a[href]")].map(link => link.href),
        ids: [...document.querySelectorAll("[id]")].map(node => node.id),
    }
}"""
WIDE = """() => {
    const room = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= room) return []
    const out = node => node.getBoundingClientRect().right > room + 1
    return [...document.querySelectorAll("body *")].filter(out).slice(0, 4).map(node => node.outerHTML)
}"""
CONTRAST = """() => {
    const grey = text => {
        const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3)
            .map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        return .2126 * r + .7152 * g + .0722 * b
    }
    const style = getComputedStyle(document.body)
    return [grey(style.color), grey(style.backgroundColor)]
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make -C docs` builds it, with every warning an error, in a folder of its own."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-d", out / ".read"]
    done = subprocess.run([*command, ROOT / "docs", out / "pages"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out / "pages"


@pytest.fixture(scope="module")
def look():
    """look(page) -> what is wrong with this file, by kind; it opens it in headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROME, args=["--no-sandbox"])
        tab = browser.new_page()
        told: list[tuple[str, str]] = []
        tab.on(
            "request", lambda r: None if r.url.startswith(("file:", "data:")) else told.append(("outside", r.url))
        )
        tab.on("requestfailed", lambda r: told.append(("missing", r.url)))
        tab.on("console", lambda said: told.append(("console", said.text)) if said.type == "error" else None)
        tab.on("pageerror", lambda error: told.append(("console", str(error))))

        def looked(path):
            told.clear()
            tab.set_viewport_size({"width": 1280, "height": 900})
            tab.emulate_media(color_scheme="light")
            tab.goto(path.as_uri())
            found = tab.evaluate(ASK)
            told.extend(("formula", error) for error in found["errors"])
            told.extend([("formula", f"{found['unset']} are not set")] if found["unset"] else [])
            for source, alt, width in found["images"]:
                told.extend([] if alt.strip() else [("no alt", source)])
                told.extend([] if width else [("missing", source)])
            for scheme in ("light", "dark"):
                tab.emulate_media(color_scheme=scheme)
                text, paper = tab.evaluate(CONTRAST)
                high, low = max(text, paper), min(text, paper)
                if (high + 0.05) / (low + 0.05) < 7 or (paper > text) != (scheme == "light"):
                    told.append(("contrast", scheme))
                for width in (1280, 390):
                    tab.set_viewport_size({"width": width, "height": 900})
                    told.extend(("wide", f"{width} px, {scheme}: {node}") for node in tab.evaluate(WIDE))
            return list(told), found["links"], set(found["ids"])

        yield looked
        browser.close()


def broken(links, ids):
    """Which of the links {page: [addresses]} lead to no file, or to no place in it; ids are {page: names}."""
    wrong = []
    for page, addresses in links.items():
        for address in addresses:
            parts = urlsplit(address)
            target = Path(unquote(parts.path))
            lost = parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]
            if lost or (parts.scheme == "file" and not target.is_file()):
                wrong.append((page.name, address))
    return wrong


@in_browser
def test_every_page_is_whole_in_a_browser(site, look):
    left_out = {"_static", "live"}  # tests/live opens the page there: from a file it cannot run
    pages = sorted(path for path in site.rglob("*.html") if not left_out & set(path.relative_to(site).parts))
    assert len(pages) > len(lessons()) + 15
    wrong, links, ids = [], {}, {}
    for page in pages:
        told, links[page], ids[page] = look(page)
        wrong += [(page.relative_to(site).as_posix(), *one) for one in told]
    assert not wrong, "\n".join(map(str, wrong))
    assert sum(map(len, links.values())) > 1000 and not broken(links, ids)


@in_browser
def test_what_is_wrong_with_a_page_is_seen(site, look, tmp_path):
    """Each fault alone, in a page that is otherwise right."""
    faults = {
        "formula": r'<span class="math">\(\frac{1\)</span>',
        "outside": '<img alt="far" src="https://example.org/x.png">',
        "missing": '<img alt="near" src="nowhere.png">',
        "no alt": f'<img src="{next((site / "_images").glob("*.png")).as_uri()}">',
        "console": "<script>undefined_name()</script>",
        "wide": '<div style="width: 700px">wide</div>',
        "contrast": "<style>body { color: #777 !important }</style>",
    }
    head = '<!doctype html><meta name="color-scheme" content="light dark"><style>'
    head += "body { background: #fff; color: #000 } @media (prefers-color-scheme: dark)"
    head += " { body { background: #000; color: #fff } }</style>"
    head += f'<script defer src="{(site / "_static" / "tex-svg.js").as_uri()}"></script>'
    page = tmp_path / "page.html"
    page.write_text(f"{head}<p id='here'>right <a href='#here'>here</a></p>")
    told, links, ids = look(page)
    assert not told and not broken({page: links}, {page: ids})
    for kind, fault in faults.items():
        page.write_text(head + fault)
        assert kind in {one for one, _ in look(page)[0]}, kind
    links = {page: [page.as_uri() + "#gone", (tmp_path / "gone.html").as_uri(), page.as_uri() + "#here"]}
    assert len(broken(links, {page: {"here"}})) == 2


def test_every_public_name_is_in_the_reference(site):
    pages = [path.read_text(encoding="utf-8") for path in (site / "api").glob("*.html")]
    names = [name for page in pages for name in re.findall(r'<dt class="sig[^>]*id="minigan\.(.+?)"', page)]
    assert len(names) == len(set(names)), "something is told twice"
    public = [name for name in mg.__all__ if type(getattr(mg, name)).__name__ != "module"]
    assert len(public) > 50
    assert not [name for name in public if name not in names]
    assert not [name for name in models.__all__ if f"models.{name}" not in names]


@pytest.mark.parametrize("number", lessons())
def test_a_lesson_has_its_page_with_all_that_belongs_to_it(site, number):
    lesson = lessons()[number]
    page = (site / "lessons" / f"{lesson.path.stem}.html").read_text(encoding="utf-8")
    stored = json.loads((ROOT / "docs" / "results" / f"l{number:02}.json").read_text(encoding="utf-8"))
    assert f"{lesson.minutes} minutes to read" in page and 'href="../glossary.html"' in page
    assert f"{lesson.path.stem}.png" in page and f"{lesson.path.stem}.ipynb" in page
    assert f"e{number:02}_" in page and "NotImplementedError" in page
    folds = re.findall(r"<details>.*?</details>", page, re.S)
    assert len(folds) == 2 and folds[1].count("<tr>") == len(stored) + 1
    assert page.index(f"{lesson.path.stem}.png") < page.index("<h2>Now you") < page.index("<details>")
