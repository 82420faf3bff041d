// SPDX-License-Identifier: Apache-2.0
// Emergency access as people use it: a code is made, printed and locked away; one day it opens the console, everybody
// sees that, and it is closed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, show, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { Client, demo, demoMail, demoPassword, folder, sekisho } from './server.mjs';

test.before(startBrowser);
test.after(stopBrowser);

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  test(`${lang}: a sealed code opens the console once, in everybody's sight, until it is closed`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await show(page, server.url, '/people');
    await page
      .getByRole('button', { name: say('緊急アクセスのコードを作る', 'Make a code for emergency access') })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(say('名前', 'Name')).fill('Emergency');
    await dialog.getByLabel(say('メールアドレス', 'Email address')).fill('emergency@firm.example');
    await dialog.getByRole('button', { name: say('作る', 'Make it') }).click();
    const code = await dialog.getByTestId('emergency-code').innerText();
    assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
    const found = await judge(page, 'paper');
    await shot(page, `emergency-paper-${lang}`);
    await dialog.getByRole('button', { name: say('紙に残した', 'It is on paper') }).click();
    await page.getByTestId('emergency-seal').getByText(say('封印中', 'Sealed'), { exact: true }).waitFor();
    assert.ok(!(await page.locator('body').innerText()).includes(code), 'it is shown once');

    const other = await open(t, { lang, bypassCSP: true });
    await other.page.goto(server.url);
    await other.page
      .getByRole('link', { name: say('緊急アクセスのコードで入る', 'Use a code for emergency access') })
      .click();
    await other.page
      .getByLabel(say('緊急アクセスのコード', 'Code for emergency access'))
      .fill(code.toLowerCase());
    await other.page.getByLabel(say('開く理由', 'Why you open it')).fill('認証アプリの電話を全員なくした');
    found.push(...(await judge(other.page, 'open')));
    await fits(other.page, 'open');
    await shot(other.page, `emergency-open-${lang}`);
    await other.page.getByRole('button', { name: say('開く', 'Open'), exact: true }).click();
    const own = other.page.getByTestId('emergency-banner');
    await own.getByText(say('緊急アクセスで使っています', 'You are using emergency access')).waitFor();
    found.push(...(await judge(other.page, 'banner')));
    await shot(other.page, `emergency-banner-${lang}`);
    // Among one's own sign-ins it stands as well, for whoever it was opened as.
    await show(other.page, server.url, '/account');
    await other.page.getByTestId('my-emergency').getByText('認証アプリの電話を全員なくした').waitFor();

    await show(page, server.url, '/people');
    const banner = page.getByTestId('emergency-banner');
    await banner.getByText('認証アプリの電話を全員なくした').waitFor();
    await fits(page, 'banner');
    await banner.getByRole('button', { name: say('閉じる', 'Close') }).click();
    await banner.waitFor({ state: 'detached' });
    await other.page.goto(server.url);
    await other.page.locator('input[type=password]').waitFor();
    assert.deepEqual(found, []);
    assert.deepEqual([...problems, ...other.problems], []);
  });
}

test('who may do what, and what the command line does beside a server that runs', async (t) => {
  const file = join(folder(t), 's.db');
  const server = await demo(t, file);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const boss = new Client(server.url);
  await boss.signIn(demoMail('executive'), demoPassword);
  const emergency = (...args) => sekisho(folder(t), ['access', 'emergency', ...args, '--database', file]);
  const made = emergency('seal', demoMail('admin'), '--hours', '2');
  assert.equal(made.code, 0, made.err);
  const code = made.out.trim();
  assert.match(code, /^[0-9A-Z-]{29}$/);
  assert.equal(emergency('seal', 'nobody@firm.example').code, 2);
  const { items } = await boss.get('/emergency-seals');
  assert.deepEqual([items[0].state, items[0].hours, items[0].sealed_by], ['sealed', 2, null]);
  await boss.refused(403, 'POST', '/emergency-seals', { person: 1 });
  await boss.refused(403, 'DELETE', `/emergency-seals/${items[0].id}`);

  const holder = new Client(server.url);
  await holder.refused(401, 'POST', '/emergency-seals/open', { code: 'WRONG', reason: 'r' });
  await holder.refused(422, 'POST', '/emergency-seals/open', { code, reason: '' });
  assert.deepEqual(await holder.must('POST', '/emergency-seals/open', { code, reason: 'all is down' }), {
    stage: 'full',
  });
  await holder.learn();
  assert.ok(Date.parse(holder.me.emergency_until) > Date.now());
  assert.equal((await boss.get('/emergency-seals?state=open')).items[0].reason, 'all is down');
  await holder.refused(403, 'POST', '/me/tokens', { name: 't', scopes: ['read'], days: 1 });
  const listed = emergency('list');
  assert.match(listed.out, /open.*all is down/);
  assert.equal(emergency('end', String(items[0].id)).code, 0);
  assert.equal(emergency('end', String(items[0].id)).code, 2);
  await holder.refused(401, 'GET', '/people');
  const { items: log } = await admin.get('/audit?limit=20');
  for (const action of ['emergency-sealed', 'emergency-opened', 'emergency-closed'])
    assert.ok(
      log.some((entry) => entry.action === action),
      action,
    );
});
