// SPDX-License-Identifier: Apache-2.0
// A browser for tests of the console: pages whose complaints fail the test, and how a person signs in.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { demoMail, demoPassword } from './server.mjs';
import { atEnd } from './sekisho.mjs';

export const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const shots = new URL('shots/', import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

export let browser;
/** Starts the browser that `open` opens windows of; once a file, in test.before. */
export async function startBrowser() {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
export const stopBrowser = () => browser?.close();

/** A page whose complaints (errors, refusals of the content security policy) fail the test. */
export async function open(t, { lang = 'en', ...options } = {}) {
  const context = await browser.newContext({
    locale: lang === 'ja' ? 'ja-JP' : 'en-GB',
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  atEnd(t, () => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  const problems = [];
  page.on('console', (message) => {
    // That nobody is signed in yet is told by a 401, and a refusal is what some tests are about.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text()))
      problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return { page, context, problems };
}

/** What axe finds on a page, by its name; it needs a context that lets it past the page's policy. */
export async function judge(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations
    .filter((one) => ['serious', 'critical', 'moderate'].includes(one.impact))
    .map(
      (one) =>
        `${name}: ${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].any[0]?.message ?? ''}`,
    );
}

export const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

/** As one of the demo's people. */
export async function signIn(page, url, who) {
  await page.goto(url);
  await page.fill('input[type=email]', demoMail(who));
  await page.fill('input[type=password]', demoPassword);
  await page.keyboard.press('Enter');
  await page.locator('nav').first().waitFor({ state: 'attached' });
}

/** Shows a page and waits until it is there. */
export async function show(page, url, path) {
  await page.goto(url + path);
  await page.locator('h1').waitFor();
  await page.waitForFunction(() => !document.querySelector('.mantine-Loader-root'));
}

/** By how many pixels it runs out of the window sideways, once what moves aside or is drawn anew has been. */
export async function tooWide(page) {
  let over = 1;
  for (let tries = 0; over > 0 && tries < 60; ++tries) {
    if (tries > 0) await page.waitForTimeout(50);
    over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }
  return Math.max(over, 0);
}
export async function fits(page, what) {
  assert.equal(await tooWide(page), 0, `${what}: so many pixels too wide`);
}
