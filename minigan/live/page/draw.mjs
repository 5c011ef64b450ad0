// The pictures: a plane, a line, curves over time, and the array of one sub-step. All that is shown comes as arrays in
// the data's units; nothing is computed here but where it lies on the canvas.

const dark = matchMedia('(prefers-color-scheme: dark)');
const style = getComputedStyle(document.documentElement);
export const colour = name => style.getPropertyValue(`--${name}`).trim();

export function paper(canvas) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// D from 0 to 1: fakes' colour, nothing at one half, the data's colour; the root makes small differences visible
const ENDS = () => (dark.matches ? [[122, 62, 20], [24, 27, 33], [20, 78, 120]] : [[247, 199, 167], [255, 255, 255], [158, 202, 230]]);
export function shade(d, [low, middle, high] = ENDS()) {
  const t = Math.sign(d - 0.5) * Math.abs(2 * d - 1) ** 0.6, end = t < 0 ? low : high;
  return middle.map((m, i) => m + (end[i] - m) * Math.abs(t));
}

export function scales(box, width, height) {
  const [[left, right], [bottom, top] = [0, 1]] = box;
  return {
    X: x => ((x - left) / (right - left)) * width,
    Y: y => height - ((y - bottom) / (top - bottom)) * height,
    x: X => left + (X / width) * (right - left),
    y: Y => bottom + ((height - Y) / height) * (top - bottom),
  };
}

function dots(pen, points, { X, Y }, draw) {
  for (let i = 0; i < points.length; i += 2) {
    pen.beginPath();
    draw(X(points[i]), Y(points[i + 1]));
  }
}

const small = document.createElement('canvas');
function heat(pen, values, width, height) {
  const side = Math.round(Math.sqrt(values.length)), ends = ENDS();
  small.width = small.height = side;
  const inside = small.getContext('2d'), image = inside.createImageData(side, side);
  values.forEach((d, i) => {
    const row = side - 1 - Math.floor(i / side); // rows rise with y, pictures fall
    image.data.set([...shade(d, ends), 255], 4 * (row * side + (i % side)));
  });
  inside.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(small, 0, 0, width, height);
}

function manifold(pen, points, { X, Y }, flat) { // cells of equal probability: the smaller, the darker
  if (flat) { // z is one number, and G's manifold a curve
    pen.strokeStyle = colour('z');
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (let i = 0; i < points.length; i += 2) pen.lineTo(X(points[i]), Y(points[i + 1]));
    pen.stroke();
    return;
  }
  const side = Math.round(Math.sqrt(points.length / 2));
  const at = (i, j) => [X(points[2 * (i * side + j)]), Y(points[2 * (i * side + j) + 1])];
  pen.fillStyle = pen.strokeStyle = colour('z');
  for (let i = 0; i + 1 < side; i++) {
    for (let j = 0; j + 1 < side; j++) {
      const corners = [at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j)];
      const area = Math.abs(corners.reduce((sum, [x, y], k) => {
        const [u, v] = corners[(k + 1) % 4];
        return sum + (x * v - u * y) / 2;
      }, 0));
      pen.globalAlpha = Math.min(0.6, 40 / (area + 60));
      pen.beginPath();
      corners.forEach(corner => pen.lineTo(...corner));
      pen.fill();
    }
  }
  pen.globalAlpha = 0.4;
  pen.lineWidth = 0.8;
  for (let i = 0; i < side; i++) {
    for (const line of [j => at(i, j), j => at(j, i)]) {
      pen.beginPath();
      for (let j = 0; j < side; j++) pen.lineTo(...line(j));
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}

// Arrows are 1.2 times as long as the pull, or shorter together, so that the longest fits
const length = (pull, most) => Math.min(1.2, most / Math.max(1e-9, ...pull.map(Math.abs)));

function arrow(pen, x, y, u, v, head = 4) {
  const far = Math.hypot(u - x, v - y);
  if (far < 1.5) return;
  const [dx, dy] = [((u - x) / far) * head, ((v - y) / far) * head];
  pen.moveTo(x, y);
  pen.lineTo(u, v);
  if (far < head) return;
  pen.moveTo(u - dx - dy / 2, v - dy + dx / 2);
  pen.lineTo(u, v);
  pen.lineTo(u - dx + dy / 2, v - dy - dx / 2);
}

export function drawPlane(canvas, arrays, box, on, near) {
  const { pen, width, height } = paper(canvas), place = scales(box, width, height), { X, Y } = place;
  if (arrays.heat && on('heat')) heat(pen, arrays.heat, width, height);
  if (arrays.manifold && on('manifold')) manifold(pen, arrays.manifold, place, arrays.quantiles.length === arrays.manifold.length / 2);
  if (on('real')) {
    pen.strokeStyle = colour('real');
    pen.lineWidth = 1.3;
    dots(pen, arrays.real, place, (x, y) => { pen.arc(x, y, 2.8, 0, 7); pen.stroke(); });
  }
  if (arrays.pull && on('pull')) {
    const by = length(arrays.pull, 0.18 * (box[0][1] - box[0][0])), { fakes, pull } = arrays;
    pen.strokeStyle = colour('fake');
    pen.globalAlpha = 0.6;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let i = 0; i < fakes.length; i += 4) { // every second one, or they hide each other
      arrow(pen, X(fakes[i]), Y(fakes[i + 1]), X(fakes[i] + by * pull[i]), Y(fakes[i + 1] + by * pull[i + 1]));
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }
  if (on('fakes')) {
    pen.fillStyle = colour('fake');
    dots(pen, arrays.fakes, place, (x, y) => { pen.arc(x, y, 2.3, 0, 7); pen.fill(); });
  }
  if (arrays.average && on('average')) {
    pen.fillStyle = colour('average');
    dots(pen, arrays.average, place, (x, y) => pen.fillRect(x - 2, y - 2, 4, 4));
  }
  if (near) ring(pen, X(near[0]), Y(near[1]));
}

function ring(pen, x, y) {
  pen.strokeStyle = colour('ink');
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.arc(x, y, 6, 0, 7);
  pen.stroke();
}

export function drawLine(canvas, arrays, box, on, near) {
  const { pen, width, height } = paper(canvas), { X } = scales(box, width, height);
  const top = 12, base = height * 0.72, axis = height * 0.86, floor = height - 6, x = arrays.places ?? [];
  const highest = 1.25 * Math.max(0.4, ...(arrays.p ?? [])); // of p; p_G may leave the picture
  const ofDensity = p => base - (Math.min(p, highest) / highest) * (base - top), ofD = d => base - d * (base - top);
  pen.font = '11px system-ui, sans-serif';
  if (arrays.heat && on('heat')) {
    const ends = ENDS();
    arrays.heat.forEach((d, i) => {
      pen.fillStyle = `rgb(${shade(d, ends)})`;
      pen.fillRect(X(box[0][0]) + (i / arrays.heat.length) * width, top, width / arrays.heat.length + 1, base - top);
    });
  }
  pen.strokeStyle = colour('edge');
  pen.fillStyle = colour('dim');
  pen.lineWidth = 1;
  for (const d of [0, 0.5, 1]) {
    pen.beginPath();
    pen.moveTo(0, ofD(d));
    pen.lineTo(width, ofD(d));
    pen.stroke();
    if (d) pen.fillText(`D = ${d}`, 4, ofD(d) - 3);
  }
  for (let k = Math.ceil(box[0][0]); k <= box[0][1]; k++) if (X(k) > 22) pen.fillText(k, X(k) - 3, axis + 12);
  const curve = (values, name, height, { dash = [], fill = false, wide = 2 } = {}) => {
    pen.strokeStyle = pen.fillStyle = colour(name);
    pen.setLineDash(dash);
    pen.lineWidth = wide;
    pen.beginPath();
    values.forEach((v, i) => pen.lineTo(X(x[i] ?? box[0][0] + (i / (values.length - 1)) * (box[0][1] - box[0][0])), height(v)));
    pen.stroke();
    pen.setLineDash([]);
    if (!fill) return;
    pen.lineTo(width, base);
    pen.lineTo(0, base);
    pen.globalAlpha = 0.15;
    pen.fill();
    pen.globalAlpha = 1;
  };
  if (arrays.p && on('real')) curve(arrays.p, 'real', ofDensity, { fill: true });
  if (arrays.p_g && on('fakes')) curve(arrays.p_g, 'fake', ofDensity, { fill: true });
  if (arrays.p_average && on('average')) curve(arrays.p_average, 'average', ofDensity, { dash: [2, 3] });
  if (on('heat')) {
    if (arrays.best) curve(arrays.best, 'd', ofD, { dash: [5, 4] });
    if (arrays.heat) curve(arrays.heat, 'd', ofD);
  }
  const ticks = (values, name, from) => {
    pen.strokeStyle = colour(name);
    pen.globalAlpha = 0.5;
    pen.beginPath();
    for (const v of values) { pen.moveTo(X(v), from); pen.lineTo(X(v), from + 8); }
    pen.stroke();
    pen.globalAlpha = 1;
  };
  if (on('real')) ticks(arrays.real, 'real', base + 1);
  if (on('fakes')) ticks(arrays.fakes, 'fake', base + 10);
  if (on('average') && arrays.average) ticks(arrays.average, 'average', base + 19);
  if (arrays.pull && on('pull')) {
    const by = length(arrays.pull, 0.15 * (box[0][1] - box[0][0])), { fakes, pull } = arrays;
    pen.strokeStyle = colour('fake');
    pen.lineWidth = 1.3;
    pen.beginPath();
    for (let i = 0; i < fakes.length; i += 12) arrow(pen, X(fakes[i]), base - 12, X(fakes[i] + by * pull[i]), base - 12, 5);
    pen.stroke();
  }
  if (arrays.manifold && on('manifold')) { // which z becomes which x: lines that part z into equal probabilities
    pen.strokeStyle = colour('z');
    pen.globalAlpha = 0.8;
    pen.lineWidth = 1;
    pen.beginPath();
    arrays.quantiles.forEach((z, i) => {
      pen.moveTo(((z + 3) / 6) * width, floor - 6);
      pen.lineTo(X(arrays.manifold[i]), axis + 16);
    });
    pen.stroke();
    pen.globalAlpha = 1;
    pen.fillStyle = colour('dim');
    pen.fillText('z', 4, floor);
  }
  pen.fillStyle = colour('dim');
  pen.fillText('x', 4, axis + 12);
  if (near) ring(pen, X(near[0]), base + 14);
}

// Square images of so many pixels, in a square: ink for 1
export function drawImages(canvas, pixels, side) {
  const { pen, width } = paper(canvas), across = Math.round(Math.sqrt(pixels.length / side ** 2));
  const cell = side + 1, all = across * cell; // a pixel between two images
  small.width = small.height = all;
  const inside = small.getContext('2d'), image = inside.createImageData(all, all);
  const [ground, ink] = dark.matches ? [20, 240] : [255, 25];
  pixels.forEach((v, i) => {
    const k = Math.floor(i / side ** 2), row = Math.floor(i / side) % side, grey = ground + v * (ink - ground);
    const at = (Math.floor(k / across) * cell + row) * all + (k % across) * cell + (i % side);
    image.data.set([grey, grey, grey, 255], 4 * at);
  });
  inside.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, width, width);
}

// Curves of the history's columns over the steps; at most two points a pixel, and 1 % of the values at either end
// may leave the picture.
export function drawCurves(canvas, rows, columns, { line, tens = false, upTo } = {}) {
  const { pen, width, height } = paper(canvas), of = v => (tens ? Math.log10(Math.max(v, 1e-7)) : v);
  const has = rows.filter(row => columns.some(([key]) => Number.isFinite(row[key])));
  const every = Math.max(1, Math.ceil(has.length / (2 * width)));
  const shown = has.filter((_, i) => i % every === 0 || i === has.length - 1);
  if (shown.length < 2) return;
  const values = columns.flatMap(([key]) => shown.map(row => row[key]).filter(Number.isFinite).map(of)).sort((a, b) => a - b);
  let [low, high] = [values[Math.floor(values.length * 0.01)], values[Math.ceil(values.length * 0.99) - 1]];
  if (line !== undefined) [low, high] = [Math.min(low, line), Math.max(high, line)];
  const rim = (high - low) * 0.08 || 0.1, from = shown[0].step, to = shown.at(-1).step;
  const X = step => 34 + ((step - from) / (to - from || 1)) * (width - 38);
  const Y = v => Math.max(0, Math.min(height, height - 4 - ((of(v) - low + rim) / (high - low + 2 * rim)) * (height - 8)));
  const label = v => (tens ? (10 ** v).toExponential(0) : v.toFixed(2));
  pen.fillStyle = colour('dim');
  pen.font = '10px system-ui, sans-serif';
  pen.fillText(label(high), 2, 12);
  pen.fillText(label(low), 2, height - 5);
  pen.lineWidth = 1;
  if (line !== undefined) {
    pen.strokeStyle = colour('dim');
    pen.setLineDash([4, 4]);
    pen.beginPath();
    pen.moveTo(34, Y(line));
    pen.lineTo(width, Y(line));
    pen.stroke();
    pen.setLineDash([]);
  }
  for (const [key, name] of columns) {
    pen.strokeStyle = colour(name);
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const row of shown) if (Number.isFinite(row[key])) pen.lineTo(X(row.step), Y(row[key]));
    pen.stroke();
  }
  if (upTo < to) { // the page looks at an earlier step
    pen.strokeStyle = colour('ink');
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(X(Math.max(from, upTo)), 0);
    pen.lineTo(X(Math.max(from, upTo)), height);
    pen.stroke();
  }
}

// One array, a pixel a number: rows down, or for narrow ones to the right. Orange below 0, blue above.
export function drawArray(canvas, values) {
  const [n, m] = [values.length, values[0].length], turned = m <= 8;
  const [width, height] = turned ? [n, m] : [m, n];
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext('2d'), image = pen.createImageData(width, height);
  const most = Math.max(...values.flat().map(v => Math.abs(v ?? 0))) || 1, ends = ENDS();
  values.forEach((row, i) => row.forEach((v, j) => {
    const at = turned ? j * width + i : i * width + j;
    image.data.set(v === null ? [200, 0, 0, 255] : [...shade(0.5 + v / most / 2, ends), 255], 4 * at);
  }));
  pen.putImageData(image, 0, 0);
  canvas.style.height = `${Math.min(220, Math.max(24, height * (turned ? 14 : 4)))}px`;
}
