// SPDX-License-Identifier: Apache-2.0
// The HTML reports, of a check and of a line, in a real browser: one file, no requests, both languages, light, dark and paper.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { axe, browser, fits, startBrowser, stopBrowser } from './browser.mjs';
import { capture } from './cable.mjs';
import { mmdb } from './mmdb.mjs';
import { atEnd, folder, sekisho } from './sekisho.mjs';

test.before(startBrowser);
test.after(stopBrowser);

/** Writes the report of a small system and opens it. */
async function open(t, lang, options = {}) {
  const state = folder(t);
  const root = folder(t);
  mkdirSync(join(root, 'etc/apt/sources.list.d'), { recursive: true });
  writeFileSync(
    join(root, 'etc/os-release'),
    'ID=debian\nVERSION_ID=10\nPRETTY_NAME="<script>document.title=1</script><img src=http://192.0.2.9/x>"\n',
  );
  writeFileSync(join(root, 'etc/apt/sources.list.d/<b>x.list'), 'deb [trusted=yes] http://x y z\n');
  writeFileSync(join(root, 'etc/hostname'), '"><script>1</script>\n');
  const file = join(state, 'report.html');
  const done = sekisho(state, ['check', '--root', root, '--format', 'html', '--output', file], { lang });
  assert.equal(done.code, 1, done.err);
  return { ...(await show(t, file, options)), file };
}

/** Opens a page of ours; {page, requests, problems}. */
async function show(t, file, options) {
  // The page's own policy lets no script in; axe comes in past it, as an extension of the browser would.
  const context = await browser.newContext({
    bypassCSP: true,
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const requests = [];
  const problems = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(pathToFileURL(file).href);
  return { page, requests, problems };
}

/** What axe finds. */
async function judge(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
  );
  return found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
}

for (const lang of ['ja', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the page is accessible in ${lang}, ${colorScheme}`, async (t) => {
      const { page, requests, problems } = await open(t, lang, { colorScheme });
      assert.equal(await page.getAttribute('html', 'lang'), lang);
      assert.equal(requests.length, 1, requests.join(' '));
      assert.deepEqual(problems, []);
      assert.deepEqual(await judge(page), []);
      const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(dark === 'rgb(20, 24, 28)', colorScheme === 'dark');
    });
  }
}

test('text from the machine stays text', async (t) => {
  const { page } = await open(t, 'en');
  assert.equal(await page.locator('script, img, b').count(), 0);
  assert.match(await page.title(), /"><script>1<\/script>/);
  assert.match(await page.textContent('body'), /<script>document\.title=1<\/script>/);
});

test('it opens with what to fix first, and every role has its part', async (t) => {
  const { page } = await open(t, 'ja');
  const actions = await page.locator('.action h3').allTextContents();
  assert.ok(actions.length >= 1 && actions.length <= 5);
  assert.match(actions[0], /^◎/);
  for (const role of ['executive', 'administrator', 'teleworker'])
    assert.ok((await page.locator(`#${role} .item`).count()) > 0, role);
  assert.ok((await page.locator('.role .item').count()) > 90);
  assert.equal(await page.locator('#checklist tbody tr').count(), 32);
});

test('it fits a phone, 200 % text and A4 paper', async (t) => {
  for (const viewport of [
    { width: 360, height: 740 },
    { width: 600, height: 450 },
  ]) {
    const { page } = await open(t, 'ja', { viewport });
    await fits(page, `at ${viewport.width}`);
  }
  const { page } = await open(t, 'ja');
  const pdf = await page.pdf({ format: 'A4', printBackground: true });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('nav').isVisible(), false);
});

test('the page of a line is accessible in both languages, light and dark, and fits a phone', async (t) => {
  const at = folder(t);
  const line = await capture(t, at);
  const places = join(at, 'places.mmdb');
  writeFileSync(places, mmdb([['203.0.113.0', 24, { country: { iso_code: 'NL' } }]]));
  for (const lang of ['ja', 'en']) {
    const file = join(at, `${lang}.html`);
    const done = sekisho(at, ['observe', line, '--geo', places, '--report', file], { lang });
    assert.equal(done.code, 0, done.err);
    for (const colorScheme of ['light', 'dark']) {
      const { page, requests, problems } = await show(t, file, { colorScheme });
      assert.equal(await page.getAttribute('html', 'lang'), lang);
      assert.deepEqual([requests.length, problems], [1, []]);
      assert.deepEqual(await judge(page), [], `${lang} ${colorScheme}`);
      await page.setViewportSize({ width: 360, height: 740 });
      await fits(page, 'a phone');
    }
  }
});
