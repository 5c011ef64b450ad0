// Digits: no training, but a walk through the z of a generator that was trained before.

import { drawImages } from './draw.mjs';
import { scene, tellOutcome } from './scenes.mjs';

const $ = id => document.getElementById(id);
const RUN = ['times', 'timeline', 'layers', 'legend', 'inside', 'numbers', 'notice']; // what a run alone needs
export const gallery = { open: false, seed: 0, late: false, images: null };

export function showGallery(yes, seed = 0, share = 0) {
  if (!yes && !gallery.open) return;
  Object.assign(gallery, { open: yes, seed });
  $('gallery').hidden = !yes;
  RUN.forEach(id => { $(id).hidden = yes; });
  document.querySelectorAll('#settings > :not(#scenes)').forEach(part => { part.hidden = yes; });
  if (!yes) return;
  $('page').hidden = false;
  $('door').hidden = $('hover').hidden = true;
  $('frame').classList.remove('line');
  $('status').textContent = '';
  document.body.removeAttribute('data-slow');
  document.querySelector('[name=data][value=digits]').checked = true;
  $('share').value = share;
}

export function walk() { // what to ask for
  gallery.late = false;
  return { do: 'digits', seed: gallery.seed, share: +$('share').value };
}

export function walked(images) {
  gallery.images = images;
  drawImages($('plane'), images, 8);
  document.body.dataset.drawn = document.body.dataset.step = 0;
  const said = new URLSearchParams({ data: 'digits', seed: gallery.seed, share: $('share').value });
  if (scene.set) said.set('scene', scene.set.id);
  history.replaceState(null, '', `#${said}`);
  tellOutcome(0, 0, +$('share').value);
}
