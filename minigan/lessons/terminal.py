"""A lesson in the terminal: its text set for the screen, its formulas in Unicode, its code in colours."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .reading import FORMULA, IMAGE, cells, teaches

WIDTH = 118  # letters, so that no line of code is broken
LOW = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
HIGH = dict(
    zip("0123456789+-=()abcdefghijklmnoprstuvwxyzT*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ*", strict=True)
)
PARTS = {"1/2": "½", "1/4": "¼", "3/4": "¾"}
NAMED = ("arccos", "arg", "cos", "det", "exp", "ln", "log", "max", "min", "sin", "tanh")
RELATIONS = r"=|:=|=:|≤|≥|<|>|≠|≈|∼|∝|←|→|↦|⇒|⟹|·|±|×"
TIDY = (  # one after another
    (rf"\s*({RELATIONS})\s*", r" \1 "),
    (r"(?<=\S)([-+])(?=\s)", r" \1"),  # θ+ h
    (r"(_[^\W\d_])(?=[^\W\d_])", r"\1 "),  # ∇_θL
    (r"[ \n\xa0]+", " "),
    (r"(?<=[(\[√]) | (?=[)\],;:]|\.(?!\d)|[_^₀-₎ₐ-ₜᵢ-ᵪⱼ])", ""),
    (rf"\b({'|'.join(NAMED)}) \(", r"\1("),
    (r"(^|[=(\[,≤≥⇒] ?)- ", r"\1-"),  # a sign, not a difference
    (r"\+ =", "+="),
    ("= :|: =", lambda found: found[0].replace(" ", "")),
    (" *\u2003 *", "  "),
    (" *\u2028 *", "\n"),
)
BRACED = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


INDEX = "[⁰-₎ₐ-ₜᵢ-ᵪʰ-ˣᵃ-ᵛ²³¹_^'′]"
# 3, x, x², G'(z), |x|, ∂θ
ONE = re.compile(rf"\d*\.?\d+|[^\W\d]?(?:{INDEX}\w?)*(?:\([^()]*\))?|\|[^|]*\||[d∂][^\W\d]")
PRODUCT = re.compile(rf"[\w.∂{INDEX[1:-1]}]*(?:\([^()]*\)[⁰-ⁿ²³¹]*)?")  # 2x, (x + 1)²


def _closed(text: str, whole: re.Pattern) -> str:
    """The text, in brackets where it is no whole and would fall apart beside a fraction's stroke or a root."""
    return text if whole.fullmatch(text) else f"({text})"


def _moved(text: str, letters: dict[str, str], sign: str) -> str:
    """An index or exponent in small letters, where each of its letters has one."""
    tight = re.sub(r"\s*([-+=,|∼])\s*", r"\1", text.replace("−", "-"))
    if tight and all(letter in letters for letter in tight):
        return "".join(letters[letter] for letter in tight)
    return f"{sign}{text}" if len(text) == 1 else f"{sign}({text})"


@cache
def _tools() -> tuple[Any, Any]:
    """pylatexenc's grammar and its conversion, each with what it lacks of mathematics."""
    from pylatexenc import latex2text as to
    from pylatexenc import latexwalker as walk
    from pylatexenc.macrospec import MacroStandardArgsParser, SpecialsSpec, std_macro

    def arguments(node: Any, l2tobj: Any) -> list[str]:
        given = [one for one in node.nodeargd.argnlist if one is not None]
        return [" ".join(l2tobj.nodelist_to_text([one]).split()) for one in given]

    def fraction(node: Any, l2tobj: Any) -> str:
        above, below = arguments(node, l2tobj)
        a, b = _closed(above, PRODUCT), _closed(below, ONE)
        return f" {PARTS.get(f'{a}/{b}', f'{a}/{b}')} "

    def script(letters: dict[str, str], sign: str) -> Any:
        return lambda node, l2tobj: _moved(arguments(node, l2tobj)[0], letters, sign)

    grammar = walk.get_default_latex_context_db()
    indices = [SpecialsSpec(sign, args_parser=MacroStandardArgsParser("{")) for sign in "_^"]
    macros = [std_macro(name, False, 2) for name in ("frac", "tfrac", "dfrac", "binom")]
    macros += [std_macro(name, False, 1) for name in ("sqrt", "mathrel", "text", "mathrm")]
    macros += [std_macro("operatorname", "*{")]
    grammar.add_context_category("mathematics", macros=macros, specials=indices, prepend=True)
    spoken = to.get_default_latex_context_db()
    said = [to.MacroTextSpec(name, f" {name} ") for name in NAMED]
    said += [to.MacroTextSpec(name, fraction) for name in ("frac", "tfrac", "dfrac")]
    said += [to.MacroTextSpec("sqrt", lambda node, l2tobj: "√" + _closed(arguments(node, l2tobj)[0], ONE))]
    said += [to.MacroTextSpec("binom", lambda node, l2tobj: f"({' choose '.join(arguments(node, l2tobj))})")]
    said += [to.MacroTextSpec("mathrel", lambda node, l2tobj: f" {arguments(node, l2tobj)[0]} ")]
    said += [to.MacroTextSpec("operatorname", lambda node, l2tobj: f" {arguments(node, l2tobj)[-1]} ")]
    said += [to.MacroTextSpec(name, "") for name in ("!", "Bigl", "Bigr")] + [to.MacroTextSpec("mid", " | ")]
    said += [to.MacroTextSpec("int", "∫ "), to.MacroTextSpec("\\", "\u2028")]
    said += [to.MacroTextSpec("quad", "\u2003"), to.MacroTextSpec("qquad", "\u2003\u2003")]
    moves = [to.SpecialsTextSpec(s, script(letters, s)) for s, letters in (("_", LOW), ("^", HIGH))]
    spoken.add_context_category("mathematics", macros=said, specials=moves, prepend=True)
    return grammar, to.LatexNodes2Text(latex_context=spoken, math_mode="text")


def formula(tex: str) -> str:
    r"""A formula of LaTeX as a line of Unicode: `\frac{1}{2\sigma^2}` becomes 1/(2σ²)."""
    from pylatexenc.latexwalker import LatexWalker

    grammar, spoken = _tools()
    # p_\text{data}: the whole word is the index
    tex = re.sub(r"([_^])(\\(?:text|mathrm)\{[^{}]*\})", r"\1{\2}", tex)
    tex = re.sub(rf"\\underbrace{BRACED}_{BRACED}", r"{\1}\\text{ [}\2\\text{]}", tex)
    nodes, _, _ = LatexWalker(tex, latex_context=grammar, tolerant_parsing=False).get_latex_nodes()
    text = spoken.nodelist_to_text(nodes)
    for pattern, instead in TIDY:
        text = re.sub(pattern, instead, text)
    return text.strip()


def _set(found: re.Match) -> str:
    """A formula as Markdown that is to be shown and not read again."""
    if found["displayed"]:
        return f"\n\n```text\n{formula(found['displayed'])}\n```\n\n"
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", formula(found["inline"]))


def chapter(text: str, number: int) -> str:
    """A lesson's file as Markdown for a terminal: formulas as Unicode, figures as their names."""
    said = []
    for cell in filter(teaches, cells(text)):
        if cell.markdown:
            figure = rf"*Figure: \1; `minigan lesson {number} --check` draws it.*"
            said.append(IMAGE.sub(figure, FORMULA.sub(_set, cell.source)))
        else:
            said.append(f"```python\n{cell.source}\n```")
    return "\n\n".join(said)


def show_chapter(text: str, number: int) -> None:
    """Print the chapter; where somebody sits at the terminal, in a pager that goes on at the press of a key."""
    import os

    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    page = Markdown(chapter(text, number), code_theme="ansi_dark", hyperlinks=False)
    if console.is_terminal:
        os.environ.setdefault("LESS", "-R")  # or `less` would print colours as letters
        with console.pager(styles=True):
            console.print(page)
    else:
        with console.capture() as printed:
            console.print(page)
        print("\n".join(map(str.rstrip, printed.get().splitlines())))
