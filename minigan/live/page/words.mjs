// Numbers as the page says them.

export const rate = v => (typeof v !== 'number' ? v : v && v < 0.01 ? v.toExponential(0) : String(v));
const whole = v => v.toLocaleString('en');
function digits(v, n = 4) {
  if (v === null || v === undefined) return 'not finite';
  return Math.abs(v) < 0.001 && v ? v.toExponential(2) : v.toFixed(n);
}
const point = v => (v.length === 1 ? v[0].toFixed(3) : `(${v.map(c => c.toFixed(3)).join(', ')})`);

export function numbersOf(told, losses, speed) { // pairs of a name and a value
  const rows = [['step', `${whole(told.step)}${told.slow ? ' …' : ''}`]];
  if (losses) {
    rows.push(['loss of D', digits(losses.d_loss)], ['loss of G', digits(losses.g_loss)]);
    if ('value' in losses) rows.push(['V(D, G)', digits(losses.value)]);
    if ('advantage' in losses) rows.push(['advantage', digits(losses.advantage)]);
    if ('score_real' in losses) rows.push(['mean score of x', digits(losses.score_real, 3)], ['mean score of G(z)', digits(losses.score_fake, 3)]);
    if ('d_real' in losses) rows.push(['mean D(x)', digits(losses.d_real, 3)], ['mean D(G(z))', digits(losses.d_fake, 3)]);
    if ('penalty' in losses) rows.push(['penalty', digits(losses.penalty)]);
  }
  if ('pull' in told) rows.push(['mean pull on G', digits(told.pull)]);
  for (const name of ['live', 'averaged']) {
    const modes = told[`modes ${name}`], exact = told[`exact ${name}`], of = name === 'live' ? '' : ', averaged G';
    if (`grid ${name}` in told) rows.push([`JS on a grid${of}`, digits(told[`grid ${name}`], 3)]);
    if (modes) rows.push([`modes${of}`, `${modes[0]} of ${modes[1]}, ${Math.round(100 * modes[2])} % good`]);
    if (exact) rows.push([`JS${of}`, digits(exact.js, 5)], [`V(D*) − V${of}`, digits(exact.gap, 5)]);
  }
  if (speed) rows.push(['steps a second', whole(Math.round(speed))]);
  if (told.fingerprint) rows.push(['state', `<code>${told.fingerprint.slice(0, 8)}</code>`]);
  return rows;
}

export function described(told) {
  if (told.slow) return '';
  const modes = told['modes live'], exact = told['exact live'];
  const good = modes ? `, fakes on ${modes[0]} of ${modes[1]} modes` : exact ? `, JS ${digits(exact.js)} nats` : '';
  return `At step ${whole(told.step)}${good}${told.step >= told.end ? ': the end of this run' : ''}.`;
}

export function legendOf(told) {
  const d = told.probability ? 'D(x): 0 orange, 1 blue' : 'D’s score: low orange, high blue';
  return told.line
    ? '<b class="real">p</b> data and <b class="fake">p<sub>G</sub></b> fakes, both exact · <b class="d">D</b>, dashed its best, '
      + 'D* = p/(p + p<sub>G</sub>) · <b class="z">lines</b>: which z becomes which x'
    : `<b class="real">○ real</b> · <b class="fake">● fakes</b>, arrows: the pull on G · background: ${d}`
      + ' · <b class="z">cells</b> hold equal probability · <b class="average">■ averaged G</b>';
}

export function hoverText(told) {
  const exact = 'p' in told ? `, p = ${told.p.toPrecision(4)}, p_G = ${told.p_g.toPrecision(4)}` : '';
  const best = 'best' in told ? `, D* = ${digits(told.best)}` : '';
  return `x = ${point(told.x)}: D = ${digits(told.d)}${best}${exact}. `
    + `Nearest fake: ${point(told.fake.x)} from z = ${point(told.fake.z)}, D = ${digits(told.fake.d)}`;
}
