import { svg, type SVGTemplateResult } from 'lit';
import type { Explanation } from '../index.js';
import { classTitle, rarity, visible } from './text.js';

const WIDTH = 460;
const LINE = 22;
const HEAD = 22;

/** Right end of the learners' bars, the meta-learners and the super-learner, pixels. */
const AT = { names: 128, bars: 136, barsEnd: 226, metas: 330, super: 436 };

/** Five powers of ten of rarity fill a bar. */
const DECADES = 5;

/** How full the bar of a learner is: none for what half of all normal events have, full for one in 100,000. */
export function fullness(tail: number): number {
  return Math.max(0, Math.min(-Math.log10(Math.max(tail, 1e-12)) / DECADES, 1));
}

/**
 * The three tiers of a verdict as a picture: a bar for how rare each learner
 * finds the record, lines as thick as the weights by which meta-learners listen
 * to learners and the super-learner to them.
 */
export function tiers(x: Explanation): SVGTemplateResult {
  const metas = x.metas;
  const rows = Math.max(x.learners.length, metas.length, 1);
  const height = HEAD + rows * LINE + 4;
  const learnerY = (i: number) => HEAD + (i + 0.5) * ((rows * LINE) / Math.max(x.learners.length, 1));
  const metaY = (i: number) => HEAD + (i + 0.5) * ((rows * LINE) / Math.max(metas.length, 1));
  const superY = HEAD + (rows * LINE) / 2;
  const heaviest = metas.map((m) => Math.max(...m.weights.map(Math.abs), 1e-12));
  const links = metas.flatMap((m, j) =>
    m.weights.map((w, i) => {
      const share = Math.abs(w) / heaviest[j]!;
      if (!(share > 0.02) || i >= x.learners.length) return '';
      return link(AT.barsEnd + 6, learnerY(i), AT.metas - 6, metaY(j), 0.5 + 2.5 * share, m.beta > 0 ? 0.15 + 0.5 * share : 0.1, m.beta > 0);
    }),
  );
  const uplinks = metas.map((m, j) => (m.beta > 0 ? link(AT.metas + 6, metaY(j), AT.super - 9, superY, 0.8 + 3.5 * m.beta, 0.35 + 0.6 * m.beta, true) : ''));
  return svg`<svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label=${spoken(x)}>
    <g class="heads"><text x=${AT.names} y="11" text-anchor="end">learners</text><text x=${AT.metas} y="11" text-anchor="middle">meta-learners</text><text x=${AT.super + 14} y="11" text-anchor="end">super-learner</text></g>
    <g fill="none">${links}${uplinks}</g>
    ${x.learners.map((l, i) => {
      const full = l.missing ? 0 : fullness(l.tail);
      return svg`<g opacity=${l.missing ? 0.5 : 1}>
        <text x=${AT.names} y=${learnerY(i) + 4} text-anchor="end">${cut(visible(l.id), 20)}</text>
        <rect class="slot" x=${AT.bars} y=${learnerY(i) - 4} width=${AT.barsEnd - AT.bars} height="8" rx="2"></rect>
        <rect class=${full >= 0.5 ? 'bar strong' : 'bar'} x=${AT.bars} y=${learnerY(i) - 4} width=${full * (AT.barsEnd - AT.bars)} height="8" rx="2"></rect>
        <title>${`${visible(l.id)}: ${l.missing ? 'says nothing' : rarity(l.tail)}`}</title>
      </g>`;
    })}
    ${metas.map(
      (m, j) => svg`<g opacity=${m.beta > 0 ? 1 : 0.55}>
        <circle class=${m.beta > 0 ? 'node strong' : 'node'} cx=${AT.metas} cy=${metaY(j)} r="5"></circle>
        <text class="halo" x=${AT.metas} y=${metaY(j) + 18} text-anchor="middle">${cut(visible(m.name), 16)}</text>
        <title>${`${visible(m.name)}: score ${m.score.toFixed(4)}, weight ${m.beta.toFixed(2)}`}</title>
      </g>`,
    )}
    <circle class="node strong" cx=${AT.super} cy=${superY} r="8"></circle>
    <text class="halo result" x=${AT.super + 14} y=${superY + 24} text-anchor="end">${x.score.toFixed(3)}</text>
  </svg>`;
}

function link(x1: number, y1: number, x2: number, y2: number, width: number, opacity: number, strong: boolean): SVGTemplateResult {
  const middle = (x1 + x2) / 2;
  return svg`<path class=${strong ? 'link strong' : 'link'} d=${`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} stroke-width=${width.toFixed(2)} opacity=${opacity.toFixed(2)}></path>`;
}

function cut(text: string, most: number): string {
  return text.length > most ? text.slice(0, most - 1) + '…' : text;
}

function spoken(x: Explanation): string {
  const loud = x.learners.filter((l) => !l.missing && fullness(l.tail) >= 0.5).map((l) => visible(l.id));
  const heard = x.metas.filter((m) => m.beta > 0).map((m) => `${visible(m.name)} with weight ${m.beta.toFixed(2)}`);
  return `${loud.length ? `${loud.join(', ')} find this rare` : 'No learner alone finds this rare'}; the super-learner listens to ${heard.join(', ') || 'none'} ` +
    `and scores ${x.score.toFixed(3)}. The table below has each learner's part.`;
}

/** A learner in words: those that speak for one class by its name. */
export function learnerTitle(l: Explanation['learners'][number]): string {
  return l.class ? `${visible(l.id)} (${classTitle(l.class)})` : visible(l.id);
}
