import { PART_KINDS } from './parts.ts';
import type { Run } from './run-file.ts';
import { isSameKind } from './run-file.ts';
import { type Earlier, labelOf, type Row, rowsOf, show } from './tables.ts';

/** In px. */
const PANEL = { width: 320, height: 190, gap: 20, columns: 3 };
const BARS = { top: 44, height: 100, left: 16, width: 288 };
const HEAD = 56;
const NOW = '#2563a8';
const WAS = '#b9cbe0';

/** The first figure of each part as bars, one for each size, in an SVG; an earlier run's stand beside them. */
export function toSvg(run: Run, earlier: Earlier | null): string {
  const rows = rowsOf(run.results);
  const { width, height, gap, columns } = PANEL;
  const whole = {
    width: columns * (width + gap) + gap,
    height: HEAD + Math.ceil(rows.length / columns) * (height + gap) + gap,
  };
  const panels = rows.map((row, n) => {
    const [x, y] = [gap + (n % columns) * (width + gap), HEAD + Math.floor(n / columns) * (height + gap)];
    return `<g transform="translate(${x} ${y})">${panelOf(row, earlier)}</g>`;
  });
  const note = earlier === null ? '' : ` · pale: ${earlier.name}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(gap, 24, 'Callboard', 'font-size="16" font-weight="600"'),
    text(gap, 42, `${run.at} · ${run.machine.processors} · Node ${run.machine.node}${note}`, 'fill="#666"'),
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panelOf({ part, store, results }: Row, earlier: Earlier | null): string {
  const [kind] = PART_KINDS[part].figures;
  if (kind === undefined) return '';
  const bars = results.map((result) => {
    const before = earlier?.run.results.find((one) => result !== null && isSameKind(one, result));
    return { size: result?.size ?? '', now: result?.figures[kind.key], was: before?.figures[kind.key] };
  });
  const highest = Math.max(...bars.flatMap(({ now, was }) => [now ?? 0, was ?? 0])) || 1;
  const slot = BARS.width / bars.length;
  const bar = (x: number, width: number, value: number, color: string) => {
    const height = (Math.max(0, value) / highest) * BARS.height;
    const y = BARS.top + BARS.height - height;
    return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${color}"/>`;
  };
  const drawn = bars.flatMap(({ size, now, was }, n) => {
    const [x, width] = [BARS.left + n * slot + slot * 0.15, slot * 0.35];
    const middle = 'text-anchor="middle"';
    return [
      ...(typeof was === 'number' ? [bar(x, width, was, WAS)] : []),
      ...(typeof now === 'number'
        ? [
            bar(x + width, width, now, NOW),
            text(x + width, BARS.top - 6, show(now, kind), `${middle} font-weight="600"`),
          ]
        : []),
      text(x + width, BARS.top + BARS.height + 16, size, `${middle} fill="#666"`),
    ];
  });
  const hint = kind.better === 'more' ? 'more is better' : 'less is better';
  return [
    `<rect width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="#ddd"/>`,
    text(BARS.left, 20, labelOf(kind, store), 'font-weight="600"'),
    ...drawn,
    text(BARS.left, PANEL.height - 8, hint, 'fill="#999" font-size="10"'),
  ].join('\n');
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
