#!/bin/sh
# One would guess: threadpool_limits(1, "blas") limits OpenBLAS to one thread, whichever Python thread calls it, as it
#   did up to threadpoolctl 3.7 and as OpenBLAS's own openblas_set_num_threads still does; or it raises.
# What happens: with 3.8.0 it returns as ever and does nothing, if another Python thread that is still alive set a limit
#   before and has not left it (a bare call, without `with`, is never left).
# Why: OpenBLAS's limit is the process's, so 3.8 lets one "controlling thread" have it. Its docstring says that others
#   "silently do nothing"; OpenBLASController.clear_controlling_thread(force=True) gives the say to whoever asks next.
# Whom it hurts: whoever sets the limit once in the main thread and again in a worker, for a server or a notebook: the
#   worker computes with other threads than it asked for, so in other bits and at another speed, and is not told.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
cat > "$place/ask.py" <<'PY'
import threading

import numpy  # loads OpenBLAS
import threadpoolctl


def threads():
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"][0]


def ask(seen):
    with threadpoolctl.threadpool_limits(1, "blas"):
        seen.append(threads())


threadpoolctl.threadpool_limits(2, "blas")
seen = []
worker = threading.Thread(target=ask, args=(seen,))
worker.start()
worker.join()
print(threadpoolctl.__version__, "main asked for 2 and has", threads(), "- the worker asked for 1 and has", seen[0])
PY
said=""
for version in 3.7.0 3.8.0; do
    "$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 threadpoolctl==$version
    said="$said$("$place/venv/bin/python" "$place/ask.py")
"
done
printf '%s' "$said"
# Seen (NumPy 2.4.6 with OpenBLAS 0.3.31, pthreads):
[ "$said" = "3.7.0 main asked for 2 and has 2 - the worker asked for 1 and has 1
3.8.0 main asked for 2 and has 2 - the worker asked for 1 and has 2
" ]
