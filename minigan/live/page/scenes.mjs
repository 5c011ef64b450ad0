// Scenes: a run set up for a lesson, and a question to answer before it is played.

const $ = id => document.getElementById(id);
export const scene = { set: null };

export function listScenes(scenes) {
  for (const { id, lesson, title } of scenes) {
    $('scenes').append(Object.assign(document.createElement('a'), { href: `#scene=${id}`, textContent: `${lesson}: ${title}` }));
  }
}

export function setScene(found) {
  scene.set = found;
  $('scene').hidden = !found;
  if (!found) return;
  $('scene-title').textContent = found.title;
  $('question').textContent = found.question;
  $('outcome').textContent = '';
  $('guesses').replaceChildren(...found.guesses.map(guess => {
    const button = Object.assign(document.createElement('button'), { textContent: guess });
    button.setAttribute('aria-pressed', false);
    button.onclick = () => [...$('guesses').children].forEach(other => other.setAttribute('aria-pressed', other === button));
    return button;
  }));
}

// The answer comes when it can be seen: with a change, half of the way, or at a step
export function tellOutcome(changes, step, share = 0) {
  if (!scene.set) return;
  const { until, outcome } = scene.set;
  const [seen, waiting] = {
    change: [changes > 0, 'The answer comes with the change.'],
    walk: [share >= 0.5, 'The answer comes half way.'],
  }[until] ?? [step >= until, `The answer comes at step ${until.toLocaleString('en')}.`];
  $('outcome').textContent = seen ? outcome : waiting;
}
