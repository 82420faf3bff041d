// The risk of impersonation, as people meet it: their own sign-ins with "that was not me", an administrator's look at a
// person's, and signs that are silenced; on both databases by the API, in both languages in the browser.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, signIn, startBrowser, stopBrowser } from './browser.mjs';
import { Client, database, demo, demoMail, demoPassword, firstAdministrator, folder, newPerson, serve } from './server.mjs'; // prettier-ignore
import { sekisho } from './sekisho.mjs';

test.before(startBrowser);
test.after(stopBrowser);

for (const kind of ['sqlite', 'postgres'])
  test(`${kind}: a guessed account shows its signs, and they can be silenced`, async (t) => {
    const where = database(t, kind);
    const server = await serve(t, where);
    const { admin } = await firstAdministrator(server);
    const worker = await newPerson(admin, ['teleworker'], 'aoi@firm.example');
    for (let i = 0; i < 5; i += 1)
      await fetch(`${server.url}/api/v1/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'aoi@firm.example', password: `guess number ${i}` }),
      });
    const mine = (await worker.must('GET', '/me/sign-ins')).items;
    assert.equal(mine.filter((one) => one.outcome === 'password_refused').length, 5);
    assert.equal(mine.at(-1).outcome, 'signed_in');
    const id = (await admin.must('GET', '/people')).items.find((one) => one.email === 'aoi@firm.example').id;
    const risk = await admin.must('GET', `/people/${id}/risk`);
    assert.deepEqual([risk.risk, risk.known, risk.sign_ins.length], ['low', false, mine.length]);
    await admin.must('PUT', '/access/risk/signals/guessing_here', { silenced: true });
    const signals = (await admin.must('GET', '/access/risk/signals')).items;
    assert.deepEqual(
      signals.filter((one) => one.silenced).map((one) => one.signal),
      ['guessing_here'],
    );
    const told = sekisho(folder(t), ['access', 'risk', '--person', 'aoi@firm.example', '--database', where]);
    assert.equal(told.code, 0, told.err);
    assert.match(told.out, /Risk that somebody else acts as .*aoi@firm.example.*: low \(0 points\)/);
    assert.match(told.out, /too few sign-ins/);
  });

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  test(`${lang}: that was not me`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const elsewhere = new Client(server.url);
    await elsewhere.signIn(demoMail('admin'), demoPassword);
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'admin');
    await page.goto(`${server.url}/account`);
    const card = page.getByRole('heading', { name: say('最近のサインイン', 'Recent sign-ins') });
    await card.waitFor();
    const buttons = page.getByRole('button', { name: say(/^自分ではない: /, /^That was not me: /) });
    await buttons.nth(1).waitFor();
    const found = await judge(page, 'account');
    await shot(page, `risk-account-${lang}`);
    await buttons.nth(1).click();
    await page.getByRole('dialog').waitFor();
    await page.waitForTimeout(300);
    await shot(page, `risk-notme-${lang}`);
    await page.getByRole('button', { name: say('報告して終わらせる', 'Report it and end them') }).click();
    await page.getByText(say('管理者に報告しました', 'It is reported. Change')).waitFor();
    await page.getByText(say('自分ではないと報告済み', 'Reported as not you')).waitFor();
    assert.equal((await elsewhere.call('GET', '/me')).status, 401, 'the other session has ended');
    const reports = await page.evaluate(async () => (await fetch('/api/v1/incidents')).json());
    assert.ok(
      reports.items.some((one) => one.text.includes(say('本人が申し出たサインイン', 'it was not them'))),
      'it is reported',
    );

    await page.goto(`${server.url}/settings`);
    await page.getByRole('heading', { name: say('なりすましの兆候', 'Signs of impersonation') }).waitFor();
    const sign = page.getByRole('checkbox', {
      name: say(/初めて使う端末です/, /device was never used before/),
    });
    await sign.waitFor();
    assert.equal(await sign.isChecked(), true);
    found.push(...(await judge(page, 'settings')));
    await shot(page, `risk-settings-${lang}`);

    await page.goto(`${server.url}/people`);
    await page.getByRole('button', { name: say(/編集/, /Edit/) }).first().click(); // prettier-ignore
    await page.getByText(say('なりすましの疑い', 'Risk of impersonation')).waitFor();
    await page.waitForTimeout(400);
    await shot(page, `risk-person-${lang}`);
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${server.url}/account`);
    await card.waitFor();
    await fits(page, 'account');
    await shot(page, `risk-account-phone-${lang}`);
    assert.deepEqual(found, []);
    assert.deepEqual(problems, []);
  });
}
