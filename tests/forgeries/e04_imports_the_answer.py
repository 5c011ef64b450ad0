"""The answer's own function, imported."""

from minigan.lessons.exercises.answers.a04_kl import kl

__all__ = ["kl"]
