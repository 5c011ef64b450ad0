// The page: controls in, pictures out. What a run is, stands in `game` and comes back from Python; the page itself
// only knows which layers are on and what the reader is doing.

import { drawArray, drawCurves, drawLine, drawPlane } from './draw.mjs';
import { gallery, showGallery, walk, walked } from './gallery.mjs';
import { listScenes, scene, setScene, tellOutcome } from './scenes.mjs';
import { canDraw, startDrawing, stopDrawing } from './sketch.mjs';
import { parse, written } from './link.mjs';
import { described, hoverText, legendOf, numbersOf, rate } from './words.mjs';

const $ = id => document.getElementById(id);
const radio = () => document.querySelector('[name=data]:checked').value;
const CHOICES = {
  'layers-g': [1, 2, 3, 4], 'layers-d': [1, 2, 3, 4],
  'width-g': [4, 8, 16, 32, 48, 64, 128], 'width-d': [4, 8, 16, 32, 48, 64, 128],
  learning_rate_g: [0, 1e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 0.01, 0.03, 0.1],
  learning_rate_d: [0, 1e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 0.01, 0.03, 0.1],
  d_steps: [1, 2, 3, 5, 10], batch: [16, 32, 64, 128, 256],
  instance_noise: [0, 0.1, 0.2, 0.3, 0.4, 0.6, 1], r1: [0, 0.01, 0.1, 1, 10],
  optimizer: ['adam', 'momentum', 'sgd'], optimizer_d: ['adam', 'momentum', 'sgd'],
};
const SIMPLE = ['objective', 'updates', 'd_steps', 'batch', 'instance_noise', 'r1', 'seed'];
const RATES = ['learning_rate_g', 'learning_rate_d'];
const game = { link: { data: 'ring', settings: {}, changes: [], points: '', name: '' }, table: '', rows: [], last: null };
const page = { worker: null, playing: false, slow: false, asked: 0, answered: 0, thawed: {}, speed: 0, near: null };
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// ---- asking: answers come in the order of the questions, but for those of a run that plays
const layers = () => [...$('layers').querySelectorAll(':checked')].map(box => box.value);
const on = name => layers().includes(name);
const view = () => ({ layers: layers(), since: game.rows.at(-1)?.step ?? -1 });
function ask(message) {
  page.asked++;
  page.worker.postMessage({ ...message, view: view() });
  tell();
}
const quiet = () => !page.playing && page.asked === page.answered;
function tell(state) {
  document.body.dataset.state = state ?? (page.playing ? 'playing' : quiet() ? 'ready' : 'busy');
  $('play').textContent = page.playing ? 'Pause' : 'Play';
  $('slow').setAttribute('aria-pressed', page.slow);
}

function open({ step = 0, changes = [] } = {}) {
  stopDrawing();
  showGallery(false);
  page.playing = page.slow = false;
  page.near = null;
  $('hover').hidden = true;
  Object.assign(game.link, { changes });
  game.rows = [];
  const { data, settings, points, name } = game.link;
  ask({ do: 'open', link: { data, settings, changes, points, name }, table: game.table, step });
}

function play(yes) {
  page.slow = false;
  if (page.playing === yes) return;
  page.playing = yes;
  if (yes) {
    const steps = +$('speed').value; // a number a frame, or as many as fit into a frame's time
    ask({ do: 'play', pace: steps ? { steps } : { steps: 1e6, seconds: 0.09 } });
    page.answered++; // play itself has no answer; frames come as they come
  } else ask({ do: 'pause' });
  tell();
}

function goTo(step) { // only the last wish counts while one is under way
  if (page.playing) play(false);
  page.slow = false;
  page.wish = step;
  if (!page.going) { page.going = true; ask({ do: 'go to', step }); page.wish = null; }
}

function nextPart() {
  if (page.playing) play(false);
  ask({ do: 'substep' });
}

function slowly() {
  page.slow = !page.slow;
  if (page.slow && !page.playing) nextPart();
  else if (page.slow) { play(false); page.slow = true; nextPart(); }
  tell();
}

function change(key, value) {
  if (game.last?.step && game.underWay.includes(key)) ask({ do: 'change', key, value });
  else {
    game.link.settings = { ...game.link.settings, [key]: value };
    open();
  }
}

// ---- answers
function answered({ did, told, arrays, milliseconds, id }) {
  page.worker.postMessage({ do: 'drawn' });
  if (did !== 'play' && did !== 'end') page.answered++;
  if (did === 'end') page.playing = page.slow = false;
  if (did === 'go to') {
    page.going = false;
    if (page.wish !== null) { goTo(page.wish); }
  }
  if (told.error) failed(told.error);
  else if (did !== 'hover') $('error').hidden = true;
  if (told.exported) return exported(told.exported);
  if (told.hover) return hovered(told.hover);
  if (told.digits) {
    walked(arrays.images);
    tell();
    if (gallery.late) askForDigits();
    return undefined;
  }
  if (told.opened) opened(told.opened);
  if (told.step === undefined) return tell();
  game.rows = game.rows.filter(row => row.step < (told.rows[0]?.step ?? Infinity)).concat(told.rows);
  if (did === 'change' || told.error) game.rows = game.rows.filter(row => row.step <= told.step);
  game.link.changes = told.changes;
  measure(did, told);
  game.last = told;
  game.arrays = arrays;
  document.body.dataset.step = told.step;
  requestAnimationFrame(draw);
  if (!page.playing) settled(told);
  if (page.slow && did === 'substep') {
    setTimeout(() => page.slow && quiet() && ask({ do: 'substep' }), calm.matches ? 2500 : 1200);
  }
  tell();
}

function measure(did, told) { // steps a second by the clock on the wall, pictures and all
  const now = performance.now();
  if (did === 'play' && page.since) {
    const rate = (1000 * (told.step - page.since.step)) / (now - page.since.now);
    page.speed = page.speed ? 0.8 * page.speed + 0.2 * rate : rate;
  }
  page.since = did === 'play' ? { now, step: told.step } : null;
}

function opened(told) {
  Object.assign(game, { recipe: told.recipe, underWay: told.under_way, versions: told.versions, box: told.box });
  game.link.settings = told.settings;
  document.querySelector(`[name=data][value=${game.link.data}]`).checked = true;
  const { minigan, numpy, python } = told.versions;
  const where = native ? 'Behind minigan live' : 'In your browser';
  $('status').textContent = `${where}: minigan ${minigan}, NumPy ${numpy}, Python ${python}.`;
  const made = game.made, here = [minigan, numpy, python].join('/');
  const versionsOf = said => said.split('/').join(', ');
  let note = told.says;
  if (page.awaits) {
    note = `This link is of a run on ${page.awaits.link.name || 'a file'}, whose rows no link can hold: choose that file. Until then, the ring.`;
  } else if (made && made !== here) {
    note = `This link was made with minigan, NumPy and Python ${versionsOf(made)}; here they are ${versionsOf(here)}. `
      + 'The last digits differ, and after some thousand steps the whole run may.';
  }
  $('file').hidden = !page.awaits && game.link.data !== 'csv';
  $('notice').hidden = !note;
  $('notice').textContent = note;
  page.speed = 0;
  $('page').hidden = false;
  $('door').hidden = true;
}

function settled(told) {
  controls(told);
  history.replaceState(null, '', `#${written(game, scene.set)}`);
  if ($('code').open) ask({ do: 'export' });
  tellOutcome(game.link.changes.length, told.step);
}

const failed = text => { $('error').hidden = false; $('error').textContent = text; };

// ---- what the controls show is what holds now
function put(id, value) {
  const control = $(id);
  if (control.options && ![...control.options].some(option => option.value === String(value))) {
    control.add(new Option(rate(value), value));
  }
  control.value = value;
}
function controls(told) {
  const now = { ...game.recipe, ...told.now };
  for (const [side, name] of [['g', 'generator'], ['d', 'discriminator']]) {
    put(`layers-${side}`, now[name].length);
    put(`width-${side}`, now[name][0] ?? 0);
    const key = `learning_rate_${side}`, value = now[key] ?? now.learning_rate;
    put(key, value);
    $(`freeze-${side}`).checked = value === 0;
    if (value) page.thawed[side] = value;
  }
  SIMPLE.forEach(key => put(key, now[key]));
  put('optimizer', now.optimizer);
  put('optimizer_d', now.optimizer_d ?? now.optimizer);
  put('z', `${now.latent} ${now.latent_kind}`);
}
for (const [id, values] of Object.entries(CHOICES)) values.forEach(value => $(id).add(new Option(rate(value), value)));
for (const side of ['g', 'd']) {
  const widths = () => Array(+$(`layers-${side}`).value).fill(+$(`width-${side}`).value);
  const name = side === 'g' ? 'generator' : 'discriminator';
  for (const id of [`layers-${side}`, `width-${side}`]) $(id).onchange = () => change(name, widths());
  $(`learning_rate_${side}`).onchange = event => change(`learning_rate_${side}`, +event.target.value);
  $(`freeze-${side}`).onchange = event => change(`learning_rate_${side}`, event.target.checked ? 0 : page.thawed[side] ?? 1e-3);
}
for (const key of SIMPLE) {
  $(key).onchange = event => {
    const number = !['objective', 'updates'].includes(key);
    change(key, number ? +event.target.value : event.target.value);
  };
}

function startWith(settings) { // anew
  Object.assign(game.link.settings, settings);
  open();
}
for (const id of ['optimizer', 'optimizer_d']) {
  $(id).onchange = () => startWith({ optimizer: $('optimizer').value, optimizer_d: $('optimizer_d').value });
}
$('z').onchange = () => {
  const [latent, kind] = $('z').value.split(' ');
  startWith({ latent: +latent, latent_kind: kind });
};

// ---- pictures and words
function numbers(told) {
  const losses = told.losses ?? told.rows.at(-1) ?? game.rows.findLast(row => row.step <= told.step);
  const rows = numbersOf(told, losses, page.speed);
  $('now').innerHTML = rows.map(([name, value]) => `<dt>${name}<dd>${value}`).join('');
  if (!page.playing) $('described').textContent = described(told);
}

function draw() {
  const { last: told, arrays } = game;
  if (!told || canDraw() || gallery.open) return;
  $('frame').classList.toggle('line', told.dim === 1);
  document.body.toggleAttribute('data-slow', !!told.slow);
  document.body.toggleAttribute('data-scores', !told.probability); // no V then, and no nats
  (told.dim === 1 ? drawLine : drawPlane)($('plane'), arrays, game.box, on, page.near);
  drawCurves($('losses'), game.rows, [['d_loss', 'd'], ['g_loss', 'fake']], { upTo: told.step });
  drawCurves($('value'), game.rows, [['value', 'ink']], { line: -Math.log(4), upTo: told.step });
  $('how').textContent = told.line ? 'exact' : 'of 2,000 samples on a grid';
  drawCurves($('js'), game.rows, [['js', 'z']], { tens: true, upTo: told.step });
  numbers(told);
  $('legend').innerHTML = legendOf(told);
  $('time').max = Math.max(told.reached, 1);
  if (document.activeElement !== $('time') || page.playing) $('time').value = told.step;
  $('step').textContent = told.step.toLocaleString('en');
  $('inside').hidden = !told.slow;
  if (told.slow) drawSlow(told.slow);
  document.body.dataset.drawn = told.step;
}

function redraw() {
  if (gallery.open && gallery.images) walked(gallery.images);
  else draw();
}

function drawSlow(slow) {
  $('order').innerHTML = slow.order.map((name, i) => `<li${i === slow.place ? ' aria-current="step"' : ''}>${name}`).join('');
  $('says').textContent = slow.says;
  drawArray($('array'), slow.values);
  const { shape, mean, sd, least, most } = slow, n = v => (v === null ? 'not finite' : v.toPrecision(3));
  $('size').textContent = `array ${shape.join(' × ')}: mean ${n(mean)}, sd ${n(sd)}, from ${n(least)} to ${n(most)}`;
}

// ---- hovering
function hovered(told) {
  $('hover').hidden = false;
  $('hover').textContent = hoverText(told);
  page.near = told.fake.x;
  tell();
  requestAnimationFrame(draw);
}
function hover(event) {
  if (canDraw() || gallery.open || page.playing || !quiet() || !game.last) return;
  const frame = $('plane').getBoundingClientRect(), share = (event.clientX - frame.left) / frame.width;
  const up = 1 - (event.clientY - frame.top) / frame.height, [[left, right], [bottom, top] = [0, 1]] = game.box;
  ask({ do: 'hover', at: [left + share * (right - left), bottom + up * (top - bottom)], averaged: false });
}
$('plane').addEventListener('pointermove', hover);
$('plane').addEventListener('pointerdown', hover);
$('plane').addEventListener('pointerleave', () => { $('hover').hidden = true; page.near = null; requestAnimationFrame(draw); });

// ---- code, links, files
function exported(told) {
  const save = (id, text, name) => {
    URL.revokeObjectURL($(id).href);
    Object.assign($(id), { href: URL.createObjectURL(new Blob([text])), download: name });
  };
  $('python').textContent = told.python;
  save('recipe', told.recipe, 'recipe.json');
  $('table').hidden = !told.table;
  if (told.table) { save('table', told.table, told.name); $('table').textContent = told.name; }
  tell();
}
$('code').ontoggle = () => { if ($('code').open && quiet()) ask({ do: 'export' }); };
$('copy').onclick = async () => {
  const link = `${location.href.split('#')[0]}#${written(game, scene.set)}`;
  history.replaceState(null, '', link);
  try { await navigator.clipboard.writeText(link); $('copied').textContent = 'copied'; } catch { $('copied').textContent = 'it is in the address'; }
};
function enterGallery(seed = 0, share = 0) {
  stopDrawing();
  page.playing = page.slow = false;
  showGallery(true, seed, share);
  askForDigits();
}
function askForDigits() {
  if (quiet()) ask(walk());
  else gallery.late = true; // the last wish counts
}
$('fresh').onclick = () => { gallery.seed += 2; askForDigits(); };
$('share').oninput = askForDigits;
function choose(data) {
  setScene(null);
  page.awaits = null;
  game.link = { data, settings: {}, changes: [], points: '', name: '' };
  game.table = game.made = '';
  $('file').hidden = data !== 'csv';
  page.playing = page.slow = false;
  if (data === 'drawn') startDrawing($('plane'), points => { game.link.points = points; open(); });
  else if (data === 'csv') { stopDrawing(); $('file').click(); } else if (data === 'digits') enterGallery(); else open();
}
for (const choice of document.getElementsByName('data')) choice.onchange = () => choose(choice.value);
$('file').onchange = async () => {
  const [file] = $('file').files;
  if (!file) return;
  game.table = await file.text();
  const { link, step } = page.awaits?.link.name === file.name ? page.awaits : { link: { data: 'csv', settings: {}, changes: [] }, step: 0 };
  game.link = { ...link, points: '', name: file.name };
  Object.assign(page, { awaits: null, table: file.name });
  open({ step, changes: link.changes });
};

// ---- time
$('play').onclick = () => play(!page.playing);
$('one').onclick = () => { if (quiet()) goTo(game.last.step + 1); else play(false); };
$('back').onclick = () => { if (quiet() && game.last.step) goTo(game.last.step - (game.last.slow ? 0 : 1)); };
$('part').onclick = () => { page.slow = false; nextPart(); };
$('slow').onclick = slowly;
$('again').onclick = () => open({ changes: game.link.changes });
$('time').oninput = () => goTo(+$('time').value);
$('speed').onchange = () => { if (page.playing) { play(false); play(true); } };
for (const box of $('layers').querySelectorAll('input')) {
  box.onchange = () => { if (page.playing) page.worker.postMessage({ do: 'view', view: view() }); else if (!canDraw()) ask({ do: 'look' }); };
}
addEventListener('keydown', event => {
  const { target, key } = event;
  if (document.body.dataset.state === 'closed' || canDraw() || gallery.open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches('select, input[type=number], input[type=range], pre')) return;
  if (target.matches('input[type=radio]') && key.startsWith('Arrow')) return;
  if (key === ' ' && target.matches('button, input, summary, a')) return;
  const button = { ' ': 'play', ArrowRight: 'one', ArrowLeft: 'back', ArrowDown: 'part', r: 'again' }[key];
  const box = $('layers').querySelectorAll('input')[+key - 1];
  if (button || box) event.preventDefault();
  if (button) $(button).click(); else if (box) box.click();
});
for (const change of [matchMedia('(prefers-color-scheme: dark)'), window]) {
  change.addEventListener(change === window ? 'resize' : 'change', () => requestAnimationFrame(redraw));
}

// ---- a link, or a scene, is followed
const scenes = await (await fetch('scenes.json')).json();
function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  setScene(scenes.find(({ id }) => id === asked.get('scene')) ?? null);
  const { link, step, made } = parse(scene.set && !asked.has('data') ? scene.set.link : asked);
  game.made = made;
  if (link.data === 'digits') return enterGallery(+link.settings.seed || 0, +link.settings.share || 0);
  if (link.data === 'csv' && !(game.table && link.name === page.table)) {
    page.awaits = { link, step }; // until the file is there, the ring
    game.link = { data: 'ring', settings: {}, changes: [], points: '', name: '' };
    return open();
  }
  game.link = link;
  return open({ step, changes: link.changes });
}
listScenes(scenes);
addEventListener('hashchange', () => { if (page.worker) follow(); });

// ---- the beginning
const native = new URLSearchParams(location.search).has('native');
if (native) $('loads').textContent = 'NumPy computes on this machine, behind minigan live.';
$('start').onclick = () => {
  if (page.worker) return;
  $('start').disabled = true;
  tell('loading');
  page.worker = new Worker(`worker.mjs${location.search}`, { type: 'module' });
  page.worker.onmessage = ({ data: m }) => {
    if (m.type === 'loading') $('status').textContent = `loading ${m.part} …`;
    else if (m.type === 'progress') $('status').textContent = `step ${m.step.toLocaleString('en')} of ${m.to.toLocaleString('en')} …`;
    else if (m.type === 'ready') { [page.ready, page.kept] = [m.milliseconds, m.kept]; follow(); }
    else if (m.type === 'answer') answered(m);
    else { failed(`${m.message}${m.start ? '. `minigan live` serves all of this page from your own machine' : ''}`); tell('failed'); }
  };
  page.worker.onerror = event => { failed(`the worker stopped: ${event.message}`); tell('failed'); };
};
$('start').disabled = false; // from here on a click is heard
window.live = { game, page }; // for the tests, and for whoever is curious
