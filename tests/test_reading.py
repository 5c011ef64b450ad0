"""A lesson as it is read: in the terminal, in a browser, as a notebook, and how long it takes."""

import json
import re
import runpy
import subprocess
import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path

import pytest

from minigan.cli import main
from minigan.lessons import PATHS, lessons, minutes_of, pages
from minigan.lessons.reading import FORMULA, Cell, cells, minutes, notebook
from minigan.lessons.terminal import chapter, formula

EXECUTE = """
import sys, nbclient, nbformat
book = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(book)
nbformat.write(nbclient.execute(book, timeout=120), sys.argv[1])
"""
ROOT = Path(__file__).parents[1]
KNOWN = lessons()
FORMULAS = [
    (found["displayed"] or found["inline"])
    for lesson in KNOWN.values()
    for cell in cells(lesson.text)
    if cell.markdown
    for found in FORMULA.finditer(cell.source)
]


@pytest.mark.parametrize(
    "tex, text",
    [
        (r"\sigma(s) = \frac{1}{1 + e^{-s}}", "σ(s) = 1/(1 + e⁻ˢ)"),
        (r"\frac{1}{2\sigma^2} \sum_i (x_i - \mu)^2", "1/(2σ²) ∑ᵢ (xᵢ - μ)²"),
        (r"\frac{\partial \log L}{\partial \mu}", "(∂ log L)/∂μ"),
        (r"\frac{x^2}{2} + \frac{(x - 2)^2}{s}", "x²/2 + (x - 2)²/s"),
        (r"\tfrac12 N(-3, 0.5^2)", "½ N(-3, 0.5²)"),
        (r"-\log\bigl(1 - D(G(z_i))\bigr)", "-log(1 - D(G(zᵢ)))"),
        (r"D^*(x) = \sqrt{2\pi} \cdot .5", "D*(x) = √(2π) · .5"),
        (r"E_{x \sim p}[\log_2 D(x)]", "E_(x ∼ p)[log₂ D(x)]"),
        (r"\hat W = \operatorname*{arg\,max}_W L", "Ŵ = arg max_W L"),
        (r"\underbrace{H(p)}_{\text{without } W} + 1", "H(p) [without W] + 1"),
        (r"p(x \mid z) \qquad q", "p(x | z)    q"),
        (r"\begin{pmatrix} .5 & 0 \\ \frac12 & 1 \end{pmatrix}", "[.5 0; ½ 1]"),
        (r"\begin{aligned} \text{SGD} \quad & a \\ \text{Adam} \quad & b \end{aligned}", "SGD  a\nAdam  b"),
        (r"\log \binom{16}{x_d} + 1", "log(16 choose x_d) + 1"),
        (r"x \mathrel{+}= \nabla_\theta L", "x += ∇_θ L"),
        (r"p_G \to p_\text{data}", "p_G → p_(data)"),
    ],
)
def test_a_formula_is_a_line_of_unicode(tex, text):
    assert formula(tex) == text


def test_no_formula_of_the_lessons_keeps_a_sign_of_latex():
    assert len(FORMULAS) > 1000
    for tex in FORMULAS:
        said = formula(tex)
        assert said and not set("\\{}&$%") & set(said), (tex, said)
        assert said.count("(") == said.count(")"), (tex, said)


@pytest.mark.parametrize("number", KNOWN)
def test_the_terminal_shows_the_chapter_and_no_row_of_numbers(number, capsys):
    lesson = KNOWN[number]
    assert main(["lesson", str(number)]) == 0
    out = capsys.readouterr().out
    plain = " ".join(out.split())
    assert lesson.title in plain and "Now you" in plain and "$" not in re.sub(r"`.*?`", "", plain)
    assert "\\frac" not in out and f"minigan lesson {number} --check" in out
    assert not re.search(r"now +must be +from|^.*(\d\.\d{8,}.*){2}", out)
    for cell in cells(lesson.text):
        for line in [] if cell.markdown or cell.source.startswith("if __name__") else cell.source.splitlines():
            assert line.strip() in out, "a line of code is broken or gone"


def test_images_become_their_names():
    assert "*Figure: as it was; `minigan lesson 3 --check` draws it.*" in chapter(
        "# %% [markdown]\n# ![as it was](x.png)\n", 3
    )


def test_a_page_is_opened_where_a_browser_is_and_somebody_looks_on(monkeypatch, tmp_path, capsys):
    shown = []
    (tmp_path / "lessons").mkdir()
    page = tmp_path / "lessons" / "l04_how_far.html"
    page.write_text("a page")
    monkeypatch.setattr(pages, "PAGES", tmp_path)
    monkeypatch.setattr(webbrowser, "open", lambda address: shown.append(address) or True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(pages.sys, "platform", "linux")
    for name in pages.SCREENS:
        monkeypatch.delenv(name, raising=False)
    assert not pages.opened(page)  # no screen
    monkeypatch.setenv("DISPLAY", ":0")
    assert main(["lesson", "4"]) == 0 and shown == [page.as_uri()]
    assert "opened in the browser" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert main(["lesson", "4"]) == 0 and len(shown) == 1 and "Huffman" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(pages, "PAGES", tmp_path / "none")
    assert pages.page("lessons/l04_how_far") is None

    def none(address):
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "open", none)
    assert not pages.opened(page)


def test_options_that_do_not_go_together_are_refused(capsys):
    for words in (["4", "--quick"], ["--check"], ["--notebook"], ["4", "--text", "--check"]):
        assert main(["lesson", *words]) == 2, words
    said = capsys.readouterr().err
    assert "--quick" in said and "which lesson?" in said and "not allowed with" in said


def test_minutes_are_counted_from_words_formulas_and_code():
    words = "# %% [markdown]\n# " + "word " * 200 + "\n"
    assert minutes(words) == 1
    assert minutes(words + "# - **a** |\n") == pytest.approx(1 + 1 / 200)  # signs are no words
    assert minutes(words + "# $x = \\frac12 y$\n") == pytest.approx(1 + 3 / 200)
    assert minutes(words + "#\n# $$x = \\frac12 y$$\n") == 1.5
    assert minutes(words + "\n# %%\nimport math\n\nx = 1\ny = 2\n") == pytest.approx(1.1)
    assert minutes(words + "\n# %%\nif __name__ == '__main__':\n    show(4)\n") == 1


def test_half_an_hour_is_half_an_hour_and_a_lesson_a_quarter():
    assert minutes_of("half an hour") <= 30
    assert sorted(lesson.minutes for lesson in KNOWN.values())[len(KNOWN) // 2] <= 15
    assert all(set(numbers) <= set(KNOWN) for numbers in PATHS.values())


def test_the_readmes_have_the_minutes_of_now():
    made = runpy.run_path(str(ROOT / "tools" / "reading.py"), run_name="tool")
    for path, stated in zip(made["READMES"], (r"\d+( to \d+ minutes of)", r"\d+( \|\n<!-- /)"), strict=True):
        text = path.read_text(encoding="utf-8")
        assert made["filled"](text) == text, "python tools/reading.py --write"
        old = re.sub(stated, r"1\1", text)
        assert old != text == made["filled"](old)


@pytest.mark.parametrize("number", KNOWN)
def test_cells_are_those_that_jupytext_sees(number):
    jupytext = pytest.importorskip("jupytext")
    seen = jupytext.reads(KNOWN[number].text, fmt="py:percent").cells
    assert cells(KNOWN[number].text) == [Cell(cell.cell_type == "markdown", cell.source) for cell in seen]


def test_a_notebook_is_written_once_and_runs_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", "4", "--notebook"]) == 0 and "l04_how_far.ipynb" in capsys.readouterr().out
    assert main(["lesson", "4", "--notebook"]) == 2 and "is there already" in capsys.readouterr().err
    text = (tmp_path / "l04_how_far.ipynb").read_text(encoding="utf-8")
    assert [cell["cell_type"] == "markdown" for cell in json.loads(text)["cells"]] == [
        cell.markdown for cell in cells(KNOWN[4].text)
    ]
    if not all(map(find_spec, ("nbclient", "ipykernel"))):
        pytest.skip("the extra browser is not installed")
    # In a process of its own: with IPython imported, training would take this one for a notebook.
    subprocess.run([sys.executable, "-c", EXECUTE, "l04_how_far.ipynb"], check=True)
    outputs = json.loads((tmp_path / "l04_how_far.ipynb").read_text(encoding="utf-8"))["cells"][-1]["outputs"]
    assert "bits" in "".join(outputs[0]["text"]) and any("image/png" in one.get("data", {}) for one in outputs)


def test_a_notebook_has_no_picture_that_is_elsewhere():
    for lesson in KNOWN.values():
        assert "../../figures" not in notebook(lesson.text)
