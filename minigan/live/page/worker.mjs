// The package, off the page's own thread: messages in, answers out. Python is Pyodide's, in here, or that of
// `minigan live --native` behind its server; either answers a text with bytes (minigan/live/session.py, Desk).

import { forget, keep, kept, nameOf } from './kept.mjs';

const CDN = 'https://cdn.jsdelivr.net/pyodide/v0.27.7/full/';
const address = new URL(self.location).searchParams;
const say = (type, told = {}, moved = []) => self.postMessage({ type, ...told }, moved);

async function bytesOf(name) {
  const got = await fetch(new URL(name, self.location));
  if (!got.ok) throw new Error(`${name}: the server says ${got.status}`);
  return got.arrayBuffer();
}

async function pythonAt(base, own, before) { // before: the bytecode of an earlier start, or null
  const { loadPyodide } = await import(`${base}pyodide.mjs`);
  const lockFileURL = new URL('pyodide-lock.json', self.location).href; // of NumPy alone, with its SHA-256
  const how = { indexURL: base, lockFileURL, packages: ['numpy'], checkIntegrity: true };
  if (before) {
    how.fsInit = async files => files.writeFile('/lib/compiled.zip', before);
    how.env = { PYTHONPATH: '/lib/compiled.zip' };
  }
  const python = await loadPyodide(how);
  say('loading', { part: 'minigan' });
  python.unpackArchive(own, 'zip', { extractDir: '/lib/minigan' });
  python.runPython('import sys; sys.path.insert(0, "/lib/minigan"); sys.dont_write_bytecode = False');
  if (before) python.runPython('from minigan.live.compiled import unpack; unpack("/lib/compiled.zip")');
  const desk = python.runPython('from pathlib import Path; from minigan.live.session import Desk; Desk(Path("/tmp"))');
  return { python, desk };
}

async function inBrowser() {
  const base = new URL(address.get('base') ?? CDN, self.location).href;
  say('loading', { part: 'Python and NumPy' });
  const own = await bytesOf('minigan.zip'), name = await nameOf(own, base), before = await kept(name);
  quick = !!before;
  const { python, desk } = await pythonAt(base, own, before).catch(async error => {
    if (!before) throw error;
    await forget(name); // whatever is wrong with what was kept
    quick = false;
    return pythonAt(base, own, null);
  });
  if (name && !quick) first.then(() => keep(name, python, idle)).catch(() => {}); // no room, say: it will start as now
  return text => {
    const answer = desk.answer(text), bytes = answer.toJs();
    answer.destroy();
    return bytes;
  };
}

function behindServer(token) {
  const headers = { 'X-Token': token }, desk = crypto.randomUUID();
  return async text => {
    const got = await fetch(`answer?desk=${desk}`, { method: 'POST', headers, body: text });
    if (!got.ok) throw new Error(`the server says ${got.status}: ${await got.text()}`);
    return new Uint8Array(await got.arrayBuffer());
  };
}

function unpacked(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset), length = view.getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = {};
  let at = 4 + length;
  for (const [name, shape] of told.arrays) {
    const size = 4 * shape.reduce((a, b) => a * b, 1);
    arrays[name] = new Float32Array(bytes.slice(at, at + size).buffer); // a copy of its own, so that it can be moved
    at += size;
  }
  return { told, arrays };
}

// ---- time: what was asked comes first, then the next steps; a picture only if the page has drawn the last one
let ask, pace = null, drawn = true, busy = false, view = {};
const queue = [];
const breath = new MessageChannel(); // lets messages in between two answers, sooner than a timer would
const others = () => new Promise(done => { breath.port1.onmessage = done; breath.port2.postMessage(0); });

const rest = milliseconds => new Promise(done => { setTimeout(done, milliseconds); });
async function idle() { // between two stretches of work, when nobody waits
  do await rest(30); while (busy || pace || queue.length);
}
let begin, quick = false; // quick: no module was compiled
const first = new Promise(done => { begin = done; }); // the first question has been answered

async function get(message) {
  const { told, arrays } = unpacked(await ask(JSON.stringify(message)));
  if (told.error) [pace, view.since] = [null, -1];
  if (message.view && told.rows?.length) view.since = told.rows.at(-1).step; // what the page has, or is about to get
  return { told, arrays };
}

function show(did, { told, arrays }, more = {}) {
  drawn = false;
  say('answer', { did, told, arrays, ...more }, Object.values(arrays).map(a => a.buffer));
}

async function travel(message) { // in short stretches, so that the page can say how far it is
  for (let before = -1; ;) {
    const { told } = await get({ do: 'go to', step: message.step, seconds: 0.25, view: { layers: [], since: 1e9 } });
    if (told.error || told.step >= message.step || told.step === before) return told.error ? told : null;
    say('progress', { step: told.step, to: message.step });
    before = told.step;
    await others();
    if (queue.some(other => other.do === 'go to' || other.do === 'open')) return null; // another wish overtakes it
  }
}

const jobs = {
  async play(message) { pace = message.pace; },
  async pause() { pace = null; show('pause', await get({ do: 'look', view: { ...view, exact: true } })); },
  async open(message) {
    pace = null;
    const opened = await get({ do: 'open', link: message.link, table: message.table });
    if (opened.told.error) return show('open', opened);
    const failed = message.step ? await travel(message) : null;
    const answer = await get({ do: 'look', view: { ...view, since: -1, exact: true } });
    answer.told.opened = opened.told.opened;
    if (failed) answer.told.error = failed.error;
    show('open', answer);
  },
  async 'go to'(message) {
    pace = null;
    const failed = await travel(message);
    const answer = await get({ do: 'look', view: { ...view, since: -1, exact: true } });
    if (failed) answer.told.error = failed.error;
    show('go to', answer);
  },
};

async function work() {
  if (busy) return;
  busy = true;
  try {
    while (queue.length || pace) {
      if (queue.length) {
        const message = queue.shift();
        if (message.view) view = message.view;
        if (jobs[message.do]) await jobs[message.do](message);
        else show(message.do, await get({ ...message, view: message.do === 'hover' ? undefined : { ...view, exact: !pace } }), { id: message.id });
      } else {
        const answer = await get({ do: 'play', ...pace, view: drawn ? { ...view, exact: false } : undefined });
        if (answer.told.error || answer.told.step >= answer.told.end) {
          pace = null;
          const last = await get({ do: 'look', view: { ...view, exact: true } });
          last.told.error = answer.told.error;
          show('end', last);
        } else if (drawn) show('play', answer);
      }
      await others();
    }
  } catch (error) {
    pace = null;
    say('failed', { message: String(error.message ?? error).trim().split('\n').pop() });
  }
  busy = false;
  begin();
}

self.onmessage = ({ data: message }) => {
  if (message.do === 'drawn') drawn = true;
  else if (message.do === 'view') view = message.view;
  else queue.push(message);
  if (ask) work();
};

const began = performance.now();
try {
  ask = address.has('native') ? behindServer(address.get('native')) : await inBrowser();
  say('ready', { milliseconds: performance.now() - began, kept: quick });
  work();
} catch (error) {
  say('failed', { message: `Python could not be started (${error.message ?? error})`, start: true });
}
