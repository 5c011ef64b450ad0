"""The answer's file as a script."""

import runpy
from importlib.util import find_spec
from pathlib import Path

ANSWER = Path(find_spec("minigan").origin).parent / "lessons" / "exercises" / "answers" / "a04_kl.py"

kl = runpy.run_path(str(ANSWER))["kl"]
