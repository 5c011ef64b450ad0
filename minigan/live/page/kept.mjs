// Bytecode, kept by the browser from one start to the next (minigan/live/compiled.py): for this very package and
// Pyodide, and in private for this page's origin.

const AT = 'compiled.zip', OURS = 'minigan ';

export async function nameOf(own, base) {
  if (!self.caches || !self.crypto?.subtle) return ''; // a page that is not of a secure origin keeps nothing
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', own));
  return OURS + [...digest.slice(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('') + ' ' + base;
}

export async function kept(name) { // null where nothing is
  const got = name ? await (await caches.open(name)).match(AT) : null;
  return got ? new Uint8Array(await got.arrayBuffer()) : null;
}

export const forget = name => caches.delete(name);

export async function keep(name, python, idle) {
  for (const other of await caches.keys()) if (other.startsWith(OURS) && other !== name) await caches.delete(other);
  const compiled = python.runPython('from minigan.live.compiled import Compiled; Compiled()');
  do await idle(); while (compiled.step());
  const bytes = compiled.bytes();
  await (await caches.open(name)).put(AT, new Response(bytes.toJs()));
  bytes.destroy();
  compiled.destroy();
}
