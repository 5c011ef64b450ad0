#!/bin/sh
# One would guess: numba's on-disk cache (cache=True) is a cache: where a file of it is damaged (a full disk, a killed
#   process, a bad copy of the home folder), numba compiles the function anew, as it does where the file is missing,
#   of another version of numba, or older than the source.
# What happens: the first call of the function raises whatever unpickling of the torn file raises, and goes on doing so
#   in every later process: nothing rewrites the file.
# Why: the index (.nbi) and the compiled code (.nbc) are pickles that are loaded without a checksum, and only a missing
#   file is taken for "not cached".
# Whom it hurts: users of a library that caches: its functions fail with an UnpicklingError or EOFError that names
#   neither the cache nor the file to delete.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 numba==0.68.1
cat > "$place/twice.py" <<'PY'
import numba


@numba.njit(cache=True)
def twice(x):
    return 2 * x


try:
    print(twice(4), "hits", sum(twice.stats.cache_hits.values()))
except Exception as error:
    print(type(error).__name__)
PY
run() { (cd "$place" && NUMBA_CACHE_DIR="$place/cache" "$place/venv/bin/python" twice.py); }
said="new $(run); again $(run)"
for kind in nbi nbc; do # each cut to half in turn, then put back
    file=$(find "$place/cache" -name "*.$kind")
    cp "$file" "$place/whole"
    head -c "$(($(wc -c < "$file") / 2))" "$place/whole" > "$file"
    said="$said; half an .$kind $(run), again $(run)"
    cp "$place/whole" "$file"
done
rm "$(find "$place/cache" -name "*.nbc")"
said="$said; no .nbc $(run)"
echo "$said"
# Seen (numba 0.68.1):
[ "$said" = "new 8 hits 0; again 8 hits 1; half an .nbi UnpicklingError, again UnpicklingError; \
half an .nbc UnpicklingError, again UnpicklingError; no .nbc 8 hits 0" ]
