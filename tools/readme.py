"""Print the first Python of README.md, so that it can be run anywhere: `python tools/readme.py | python -`."""

import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
print(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)[0], end="")
