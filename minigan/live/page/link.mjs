// A link is a run: #data=ring&learning_rate_d=0.001&changes=1200~learning_rate_d~0.0005&step=4000&made=0.1.0/2.0.2/3.12.7

const OWN = ['data', 'points', 'name', 'changes', 'step', 'made', 'scene'];

function typed(text) {
  try { return JSON.parse(text); } catch { return text; }
}
const plain = value => (typeof value === 'string' ? value : JSON.stringify(value));

export function parse(text) {
  const said = new URLSearchParams(text), settings = {};
  for (const [key, value] of said) if (!OWN.includes(key)) settings[key] = typed(value);
  const changes = (said.get('changes') ?? '').split('!').filter(Boolean).map(change => {
    const [step, key, value] = change.split('~');
    return [+step, key, typed(value)];
  });
  return {
    link: { data: said.get('data') ?? 'ring', settings, changes, points: said.get('points') ?? '', name: said.get('name') ?? '' },
    step: Math.max(0, Math.trunc(+said.get('step')) || 0),
    made: said.get('made') ?? '',
  };
}

export function written({ link, last, versions }, scene) {
  const said = new URLSearchParams({ data: link.data });
  for (const [key, value] of Object.entries(link.settings)) said.set(key, plain(value));
  if (link.points) said.set('points', link.points);
  if (link.name) said.set('name', link.name);
  if (link.changes.length) said.set('changes', link.changes.map(([step, key, value]) => [step, key, plain(value)].join('~')).join('!'));
  said.set('step', last?.step ?? 0);
  said.set('made', [versions.minigan, versions.numpy, versions.python].join('/'));
  if (scene) said.set('scene', scene.id);
  return said.toString();
}
