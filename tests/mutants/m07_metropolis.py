"""Wrong answers to exercise 7, each of which the judge must refuse."""

ACCEPT = """
def accept(log_here, log_there, u):
    possible = log_there > -np.inf
    return possible & (u < np.exp(np.minimum(0, np.where(possible, log_there, 0) - log_here)))
"""
WALK = """
def walk(log_p, start, moves, u):
    path = [start]
    for move, dart in zip(moves, u):
        there = path[-1] + move
        yes = accept(np.array([log_p(path[-1])]), np.array([log_p(there)]), np.array([dart]))[0]
        path.append(there if yes else path[-1])
    return np.array(path)
"""


def _with(accept: str = ACCEPT, walk: str = WALK) -> str:
    return "import numpy as np\n\n" + accept + "\n" + walk


def _rule(line: str) -> str:
    return _with(accept=f"\ndef accept(log_here, log_there, u):\n    return {line}\n")


MUTANTS = {
    "the quotient is turned round": _rule("u < np.exp(np.minimum(0, log_here - log_there))"),
    "exp is forgotten": _rule("u < log_there - log_here"),
    "exp of each, then the quotient": _rule("u < np.exp(log_there) / np.exp(log_here)"),
    "only uphill": _rule("log_there > log_here"),
    "no chance: accepts what is more than half as probable": _rule("np.exp(log_there - log_here) > 0.5"),
    "the logarithms are taken for probabilities": _rule("u < log_there / log_here"),
    "returns the probability, not the decision": _rule("np.exp(np.minimum(0, log_there - log_here))"),
    "from p = 0 everything is accepted, p = 0 too": _rule(
        "(log_here == -np.inf) | (u < np.exp(np.minimum(0, log_there - log_here)))"
    ),
    "not (u >= quotient), which NaN passes": _rule("~(u >= np.exp(np.minimum(0, log_there - log_here)))"),
    "Barker's rule, p_there / (p_here + p_there)": _rule("u < 1 / (1 + np.exp(log_here - log_there))"),
    "refused moves are dropped from the path": _with(
        walk="""
def walk(log_p, start, moves, u):
    path = [start]
    for move, dart in zip(moves, u):
        there = path[-1] + move
        if accept(np.array([log_p(path[-1])]), np.array([log_p(there)]), np.array([dart]))[0]:
            path.append(there)
    return np.array(path)
"""
    ),
    "every move starts from the start": _with(
        walk=WALK.replace("there = path[-1] + move", "there = start + move")
    ),
    "log p of the place is never brought up to date": _with(
        walk=WALK.replace("np.array([log_p(path[-1])])", "np.array([log_p(start)])")
    ),
    "the start is left out": _with(walk=WALK.replace("return np.array(path)", "return np.array(path[1:])")),
    "a refused move starts over": _with(walk=WALK.replace("else path[-1])", "else start)")),
    "the proposals are the path": _with(walk=WALK.replace("there if yes else path[-1]", "there")),
}
