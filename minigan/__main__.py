"""`python -m minigan` is `minigan`."""

import sys

from .cli import main

sys.exit(main())
