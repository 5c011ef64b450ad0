#!/bin/sh
# One would guess: python_stdlib.zip of a runtime that is made to start quickly in a browser holds bytecode, as every
#   CPython that was installed keeps its library's; what a page waits for is the download and the WebAssembly.
# What happens: in the npm package the archive holds 511 sources and not one .pyc. Python reads modules out of an archive
#   without writing anything, so each start compiles all that it imports: 117 modules before the first line of
#   one's own runs, and each module of a wheel after that.
# Why: .pyc files are not in the archive, zipimport never writes one, and the file system of a page is gone with it.
# Whom it hurts: every page with Pyodide: of our start, half was compilation. What helps: write an archive of .pyc
#   (PEP 552, unchecked) in `fsInit`, name it in `env.PYTHONPATH`, and keep it in the browser's Cache.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
npm install --silent --no-fund --no-audit pyodide@0.27.7 > /dev/null
cat > start.mjs <<'JS'
import { loadPyodide } from 'pyodide';
const python = await loadPyodide();
console.log(python.runPython(`
import sys, zipfile
names = zipfile.ZipFile("/lib/python312.zip").namelist()
kinds = [sum(name.endswith(end) for name in names) for end in (".py", ".pyc")]
here = [m for m in list(sys.modules.values()) if "/python312.zip/" in (getattr(m, "__file__", None) or "")]
f"{kinds[0]} sources, {kinds[1]} of bytecode; {len(here)} modules compiled at the start"
`));
JS
said=$(node start.mjs | tail -1)
echo "$said"
case "$said" in
"511 sources, 0 of bytecode; "*) ;;
*) exit 1 ;;
esac
# Seen (pyodide 0.27.7, Node 20): 511 sources, 0 of bytecode; 117 modules compiled at the start
