// The picture of the README, made from the example logs. The one that is kept
// stands for how the console looks: a new one may differ in fonts, not in layout.
//
//	make picture    # keeps a new one
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open, scanned, start } from './console-page.mjs';

const kept = fileURLToPath(new URL('../../console/console.png', import.meta.url));
const made = process.env.PICTURE ?? fileURLToPath(new URL('../../../build/console.png', import.meta.url));

/** Mean brightness of tiles: what is left of a picture without its letters. */
const tiles = (page, png) =>
  page.evaluate(async (data) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(40, 24);
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, 40, 24);
    const { data: rgba } = context.getImageData(0, 0, 40, 24);
    return { width: image.width, height: image.height, grey: Array.from({ length: 40 * 24 }, (_, i) => (rgba[4 * i] + rgba[4 * i + 1] + rgba[4 * i + 2]) / 3) };
  }, png.toString('base64'));

test('the console looks as its picture', async () => {
  const stage = await start();
  try {
    const { page } = await open(stage, { width: 1280, height: 900 });
    await page.getByRole('button', { name: 'Try with example logs' }).click();
    await scanned(page);
    await page.locator('tiercel-incidents li button').first().click(); // the worst: models change, and it is in sight
    await page.locator('tiercel-detail').getByText('How the tiers judged').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.mouse.move(0, 0);
    await page.waitForTimeout(300);
    const png = await page.screenshot({ animations: 'disabled' });
    assert.ok(png.length < 300_000, `${png.length} bytes`);
    mkdirSync(dirname(made), { recursive: true });
    writeFileSync(made, png);
    const [a, b] = [await tiles(page, readFileSync(kept)), await tiles(page, png)];
    assert.deepEqual([b.width, b.height], [a.width, a.height]);
    const apart = a.grey.reduce((sum, g, i) => sum + Math.abs(g - b.grey[i]), 0) / a.grey.length;
    assert.ok(apart < 6, `the picture is ${apart.toFixed(1)} of 255 from the one that is kept: look at ${made}, then make picture`);
  } finally {
    await stage.stop();
  }
});
