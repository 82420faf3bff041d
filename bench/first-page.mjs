// SPDX-License-Identifier: Apache-2.0
// How long until a page can be used, in a browser profile that has never seen it, from the request to its form or
// headline: the sign-in page and home, beside a page of one form and one line of script. Medians, in milliseconds.
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../tests/e2e/', import.meta.url))('playwright-core');
const binary = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const rounds = Number(process.env.ROUNDS ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'sekisho-first-'));
const port = 20000 + Math.floor(Math.random() * 20000);
const url = `http://127.0.0.1:${port}`;
const server = spawn(binary, ['demo', '--port', String(port)], {
  env: { ...process.env, XDG_STATE_HOME: folder, HOME: folder },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const bare = createServer((request, reply) => {
  reply.setHeader('content-type', request.url === '/form.js' ? 'text/javascript' : 'text/html');
  reply.end(
    request.url === '/form.js'
      ? "document.body.innerHTML = '<form><input type=email><button>ok</button></form>'"
      : '<!doctype html><body><script type=module src=/form.js></script></body>',
  );
}).listen(0, '127.0.0.1');
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
try {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${url}/api/v1/state`);
      break;
    } catch (error) {
      if (tries > 300) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const times = { bare: [], signIn: [], home: [] };
  /** Opens an address in a new profile, waits for what can be used, and hands the page on before it closes. */
  const time = async (list, address, selector, state, then) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, storageState: state });
    const page = await context.newPage();
    // Taken inside the page, in the frame after the one that shows it.
    await page.addInitScript((wanted) => {
      new MutationObserver((_, watch) => {
        if (!document.querySelector(wanted)) return;
        watch.disconnect();
        requestAnimationFrame(() => setTimeout(() => (globalThis.usable = performance.now())));
      }).observe(document, { childList: true, subtree: true });
    }, selector);
    await page.goto(address, { waitUntil: 'commit' });
    await page.waitForFunction(() => globalThis.usable);
    list.push(await page.evaluate(() => globalThis.usable));
    await then?.(page);
    const after = await context.storageState();
    await context.close();
    return after;
  };
  for (let i = 0; i < rounds; i++) {
    await time(times.bare, `http://127.0.0.1:${bare.address().port}`, 'input[type=email]');
    const signedIn = await time(times.signIn, url, 'input[type=email]', undefined, async (page) => {
      await page.fill('input[type=email]', 'admin@demo.example');
      await page.fill('input[type=password]', 'sekisho demo 1');
      await page.keyboard.press('Enter');
      await page.waitForSelector('nav');
    });
    await time(times.home, url, 'main .say', signedIn);
  }
  await browser.close();
  const [empty, first, second] = [times.bare, times.signIn, times.home].map(median);
  console.log(
    `first page, new profile, median of ${rounds}: sign-in ${first.toFixed(0)} ms (${(first / empty).toFixed(2)} of a bare page's ${empty.toFixed(0)} ms), home ${second.toFixed(0)} ms (${(second / empty).toFixed(2)}); aim 1000 ms`,
  );
} finally {
  bare.close();
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  rmSync(folder, { recursive: true, force: true });
}
