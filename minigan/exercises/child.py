"""The student's process: it holds his functions, calls them when asked, and hands back plain values.

Started as `python -I child.py`: without the working folder, without the environment's paths, and without minigan
until the student imports it. It knows no answer and no judge, and its walls (confine.py) are up before his code is
read.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import sys
import threading
import time
import traceback
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import TYPE_CHECKING, Any

HERE = os.path.dirname(os.path.abspath(__file__))
if __name__ == "__main__":
    SAID = json.loads(sys.argv[1])
    sys.path[:] = [HERE, *SAID["path"]]

if TYPE_CHECKING:
    from . import confine
    from .protocol import CALL, Deck, Ended, Formula, Peer, ProtocolError, Shared, Tree
else:
    import confine
    from protocol import CALL, Deck, Ended, Formula, Peer, ProtocolError, Shared, Tree

import numpy as np  # noqa: E402 (it too is found on that path)

ANSWERS = "minigan.lessons.exercises.answers"
CLOCK = time.process_time


class Function:
    """A function of the judge's."""

    def __init__(self, guest: Guest, number: int, name: str):
        self._guest, self._number, self.__name__ = guest, number, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._guest.ask("call", self._number, args, kwargs)


class Thing:
    """An object of the judge's, of which some methods can be called."""

    def __init__(self, guest: Guest, number: int, name: str):
        self.__dict__.update(_guest=guest, _number=number, _name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._guest.ask("get", self._number, name)
        if isinstance(value, Function):
            self.__dict__[name] = value
        return value

    def __repr__(self) -> str:
        return f"<{self._name}>"


class Operand(Thing):
    """An array of the judge's that nobody may look at: every operator is a question to the judge."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self._guest.ask("operator", self._number, "__array__", ())

    __array_function__ = __array__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self._guest.ask("operator", self._number, "__array_ufunc__", (ufunc.__name__, method, *inputs))


def _operator(name: str) -> Any:
    def apply(self: Operand, *others: Any) -> Any:
        if name == "__len__" and self.shape:
            return self.shape[0]
        return self._guest.ask("operator", self._number, name, others)

    return apply


BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
OPERATORS = [f"__{form}{name}__" for name in BINARY for form in ("", "r", "i")]
OPERATORS += [f"__{name}__" for name in (
    "neg", "pos", "abs", "invert", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "getitem", "setitem", "len",
    "float", "int", "bool", "complex", "index", "repr", "str", "format", "iter", "contains",
)]  # fmt: skip
for _name in OPERATORS:
    setattr(Operand, _name, _operator(_name))
Operand.__hash__ = object.__hash__  # type: ignore[method-assign]


class Finder:
    """Finds minigan where the judge has it, whatever else is called so."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """How `import minigan` loads it."""
        folder = SAID["minigan"]
        if name != "minigan":
            return None
        return spec_from_file_location(
            name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )


class Guest(Peer):
    """The student's end: it serves the judge's questions to his module and to what comes out of it."""

    first = 1

    def __init__(self, reader: int, writer: int):
        super().__init__(reader, writer)
        # Control is the judge's or the student's. A thread that he left can't ask while it is the judge's.
        self.turn = threading.Lock()
        self.path = ""
        self.stubs: dict[int, Thing] = {}
        self.networks: dict[int, Any] = {}  # by the number of the array that is their theta

    def run(self) -> None:
        """Serve until the judge is gone."""
        self.turn.acquire()
        while True:
            tree, arrays = self.receive()
            match tree:
                case ["ask", str(what), list(parts)]:
                    self.serve(what, parts, arrays)
                case _:
                    raise ProtocolError("no question")

    def ask(self, what: str, *parts: Any, share: set[int] | None = None, back: set[int] | None = None) -> Any:
        """Ask the judge, from within a call of his."""
        with self.turn:
            return super().ask(what, *parts)

    def serve(self, what: str, parts: list[Tree], arrays: list[np.ndarray]) -> None:
        """Let the student's code do it, and tell what came of it, or what it raised."""
        share: set[int] = set()
        target, *rest = (self.unpack(part, arrays, share) for part in parts)
        self.hold(CALL, share)
        back: set[int] | None = None
        value: Any
        self.turn.release()
        try:
            if what == "load":
                value = self._load(target, *rest)
            elif what == "get":
                value, back = getattr(self.things[target], rest[0]), set()
            elif what == "repeat":
                value = None
                for _ in range(rest[0]):
                    self.things[target]()
            elif what == "spent":
                value = CLOCK()
            else:
                args, kwargs, warn = rest
                with np.errstate(all=warn):
                    value = self.things[target](*args, **kwargs)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: it is the student's code
            self.turn.acquire()
            self.tell_error(error, self._shown(error))
        else:
            self.turn.acquire()
            try:
                self.tell(value, back)
            except Ended:
                raise
            except Exception as error:
                self.tell_error(error)
        if back is not None:
            self.hold((target, rest[0]), back)
        self.hold(CALL, set())

    def _load(self, source: str, path: str, name: str) -> ModuleType:
        """His module, from its text: the file itself need not be in reach."""
        self.path = path
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        module = sys.modules[name] = ModuleType(name)
        module.__file__ = path
        _bar(source, path)
        exec(compile(source, path, "exec"), module.__dict__)
        return module

    def _shown(self, error: BaseException) -> str:
        """The traceback, from his own file on; nothing where it has no part in it."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == self.path]
        last = "".join(traceback.format_exception_only(error))
        if isinstance(error, SyntaxError):
            return last.rstrip()
        return ("".join(traceback.format_list(frames)) + last).rstrip() if frames else ""

    def foreign(self, value: Any, arrays: list[np.ndarray], share: set[int] | None) -> Tree | None:
        """What is the judge's goes back as its number."""
        return ["yours", value._number] if isinstance(value, Function | Thing) else None

    def at_home(self, value: Any) -> Tree:
        """What is no plain value stays here."""
        try:
            text = repr(value)[:100]
        except Exception:
            text = "?"
        return ["mine", self.keep(value), type(value).__name__, text]

    def arrived(self, tree: Tree, arrays: list[np.ndarray], share: set[int] | None) -> Any:
        """A stub of what the judge sent, or a copy of what can be built here."""
        match tree:
            case ["function", number, name]:
                return Function(self, number, name)
            case ["thing", number, name]:
                return self.stubs.setdefault(number, Thing(self, number, name))
            case ["operand", number, name, facts]:
                operand = Operand(self, number, name)
                operand.__dict__.update(self._unpack(facts, arrays, None))
                return operand
            case ["formula", text]:
                return Formula(text).here
            case ["deck", rows]:
                return Deck(self.unpack(rows, arrays))
            case ["generator", state]:
                rng = np.random.Generator(getattr(np.random, state["bit_generator"])())
                rng.bit_generator.state = state
                return rng
            case ["network", plain, theta, grad]:
                return self._network(
                    plain, *((tree[1], self._unpack(tree, arrays, share)) for tree in (theta, grad))
                )
            case ["optimizer", plain, theta]:
                return self._optimizer(plain, theta[1])
        raise ProtocolError("a value of no known kind")

    def _network(self, plain: dict[str, Any], theta: tuple[int, np.ndarray], grad: tuple[int, np.ndarray]) -> Any:
        """The twin of a network of the judge's, with which it shares theta and grad."""
        from minigan import Backend, Sequential
        from minigan.runs.checkpoint import KNOWN, rebuild

        layers = rebuild(plain["layers"], {kind.__name__: kind for kind in KNOWN})
        net = Sequential(layers, Backend("numpy", plain["dtype"]), plain["seed"], plain["name"], plain["width"])
        for (number, came), own, moved in ((theta, net.theta, net.moved), (grad, net.grad, None)):
            own[...] = came
            self.shared[number] = Shared(own, own.tobytes(), moved)
        self.networks[theta[0]] = net
        return net

    def _optimizer(self, plain: dict[str, Any], theta: int) -> Any:
        """The twin of an optimiser of the judge's, bound to the twin of its network."""
        from minigan.runs.checkpoint import KNOWN, rebuild

        return rebuild(plain, {kind.__name__: kind for kind in KNOWN}).bind(self.networks[theta])


class Barred(Exception):
    """A module is imported that does by itself what the exercise asks for."""


def _bar(source: str, path: str) -> None:
    """Refuse by name, and before it costs anything, an import of what SAID bars: {module: why not}."""
    nodes = list(ast.walk(compile(source, path, "exec", ast.PyCF_ONLY_AST)))
    found = [(node.lineno, alias.name) for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    found += [(n.lineno, n.module) for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    for line, module in sorted(found):
        if (name := module.split(".")[0]) in SAID["barred"]:
            raise Barred(f"line {line} imports {name}, which {SAID['barred'][name]}")


def main() -> None:
    """Build the walls, then answer the judge for as long as there is one."""
    confine.die_with(SAID["parent"])
    reader, writer = os.dup(0), os.dup(1)  # the judge's; what is printed goes where errors go
    if sys.platform == "win32":
        import msvcrt

        for number in (reader, writer):
            msvcrt.setmode(number, os.O_BINARY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    np.empty(
        1 << 24, np.uint8
    )  # glibc, seeing this freed, keeps blocks of such sizes: else each array is a system call
    sys.path.remove(HERE)
    sys.meta_path.insert(0, Finder)
    confine.limit(SAID["seconds"])
    hidden = SAID["hidden"]
    walls = confine.wall(SAID["folder"], SAID["readable"], hidden)
    barred = tuple(name for name in SAID["barred"] if name != "minigan")  # its networks may cross to this side
    confine.guard(SAID["folder"], hidden, (ANSWERS, *barred), len(walls) == 2)
    try:
        Guest(reader, writer).run()
    except Ended:
        os._exit(0)


if __name__ == "__main__":
    main()
