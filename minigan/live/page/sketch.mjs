// Data drawn by hand: points on a lattice of 64 x 64, two letters each, with the pointer or with the keys.

import { colour, paper } from './draw.mjs';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', MOST = 600, LEAST = 16;
const $ = id => document.getElementById(id);
let canvas = null, points = new Set(), cursor = [32, 32], random = 1;

export const canDraw = () => canvas !== null;

export function startDrawing(on, use) {
  canvas = on;
  points = new Set();
  $('frame').classList.add('drawing');
  $('frame').classList.remove('line');
  $('drawing').hidden = false;
  $('clear').onclick = () => { points = new Set(); show(); };
  $('use').onclick = () => { if (points.size >= LEAST) use([...points].join('')); };
  canvas.onpointerdown = event => { canvas.setPointerCapture(event.pointerId); dab(...placeOf(event)); };
  canvas.onpointermove = event => { if (event.buttons & 1) dab(...placeOf(event)); };
  canvas.onkeydown = key;
  show();
}

export function stopDrawing() {
  if (canvas) canvas.onpointerdown = canvas.onpointermove = canvas.onkeydown = null;
  canvas = null;
  $('frame').classList.remove('drawing');
  $('drawing').hidden = true;
}

function placeOf(event) {
  const frame = canvas.getBoundingClientRect();
  return [((event.clientX - frame.left) / frame.width) * 63, (1 - (event.clientY - frame.top) / frame.height) * 63];
}

// A spray: some points around the pointer, in an order that is always the same
function dab(x, y) {
  for (let k = 0; k < 5 && points.size < MOST; k++) {
    const [u, v] = [x, y].map(c => Math.round(Math.max(0, Math.min(63, c + 3 * (next() - 0.5)))));
    points.add(LETTERS[u] + LETTERS[v]);
  }
  cursor = [Math.round(x), Math.round(y)];
  show();
}
function next() { // Park and Miller 1988: enough for a spray
  random = (random * 48271) % 2147483647;
  return random / 2147483647;
}

function key(event) {
  const move = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, 2], ArrowDown: [0, -2] }[event.key];
  if (move) cursor = cursor.map((c, i) => Math.max(0, Math.min(63, c + move[i])));
  else if (event.key === 'Enter') dab(...cursor);
  else return;
  event.preventDefault();
  show();
}

function show() {
  const { pen, width, height } = paper(canvas);
  pen.fillStyle = colour('real');
  for (const [u, v] of points) {
    pen.beginPath();
    pen.arc((LETTERS.indexOf(u) / 63) * width, height - (LETTERS.indexOf(v) / 63) * height, 3, 0, 7);
    pen.fill();
  }
  pen.strokeStyle = colour('dim');
  pen.strokeRect((cursor[0] / 63) * width - 5, height - (cursor[1] / 63) * height - 5, 10, 10);
  $('use').disabled = points.size < LEAST;
}
