"""What a command says of an error, and how any text is made fit to be printed."""

from __future__ import annotations


def one_line(error: BaseException) -> str:
    """What an error says, in one line; in several only where it holds a list."""
    lines = str(error).split("\n  ")  # a list has a line for each thing
    said = "\n".join(" ".join(line.split()) for line in lines)
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        said = f"not enough memory ({error}); take a smaller batch, network or number of samples"
    return "\n  ".join(map(printable, (said + notes(error)).split("\n")))


def printable(text: str) -> str:
    """The text with a mark for each letter that would move the cursor; a file's name may hold any."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def notes(error: BaseException) -> str:
    """What was noted on an error after it was raised."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", []))
