// SPDX-License-Identifier: Apache-2.0
// Who is shaken: what somebody sees who has just lost a device, whether they can sign in or not, and what can be
// done with it by who means ill.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fits, judge, open, shot, show, signIn, startBrowser, stopBrowser } from './browser.mjs';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  serve,
  totp,
} from './server.mjs';
import { mailbox, read, until } from './receivers.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);
  test(`${lang}: who lost the telephone that they sign in with reports it all the same`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    await admin.must('PUT', '/contacts', {
      emergency: '03-1234-5678（総務 青木）',
      responsible: '090-9999-0000',
    });
    const { page, problems } = await open(t, { lang, ...phone, bypassCSP: true });
    await page.goto(server.url);
    await page.getByRole('heading', { level: 2, name: say('端末をなくした', 'Lost a device') }).waitFor();
    const call = page.getByRole('link', { name: '03-1234-5678' });
    await call.waitFor();
    assert.equal(await call.getAttribute('href'), 'tel:0312345678');
    assert.ok(!(await page.locator('body').innerText()).includes('090-9999'), 'only what is meant for all');
    const found = await judge(page, 'sign-in');
    await shot(page, `sign-in-phone-${lang}`);
    await page.getByRole('link', { name: say('電話や PC をなくした', 'Report a lost telephone') }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByLabel(say('名前', 'Your name')).fill('鈴木');
    await page.getByLabel(say('折り返しの連絡先', 'How to reach you')).fill('03-0000-0000（母）');
    await page.getByLabel(say('なくしたもの', 'What, where')).fill('山手線に PC を置き忘れました');
    await page.waitForTimeout(300);
    found.push(...(await judge(page, 'lost')));
    await fits(page, 'lost');
    await shot(page, `lost-phone-${lang}`);
    // A telephone that was put away for a moment loads its pages again.
    await page.reload();
    assert.equal(
      await page.getByLabel(say('なくしたもの', 'What, where')).inputValue(),
      '山手線に PC を置き忘れました',
    );
    assert.equal(
      await page.getByLabel(say('折り返しの連絡先', 'How to reach you')).inputValue(),
      '03-0000-0000（母）',
    );
    await page.getByRole('button', { name: say('報告を送る', 'Send the report') }).click();
    await page
      .getByRole('heading', { level: 1, name: say('報告を受け付けました', 'Your report has arrived') })
      .waitFor();
    const told = await page.locator('main').innerText();
    assert.match(told, say(/1 時間たっても連絡がなければ/, /nothing within an hour/));
    assert.match(told, /03-1234-5678/);
    found.push(...(await judge(page, 'lost, sent')));
    await shot(page, `lost-sent-phone-${lang}`);
    assert.deepEqual(found, []);
    assert.deepEqual(problems, []);

    // Whoever sees to it is told that nobody signed in.
    const desk = await open(t, { lang });
    await signIn(desk.page, server.url, 'admin');
    await show(desk.page, server.url, '/incidents?state=open');
    await desk.page
      .getByText(say('サインインしていない人からの報告', 'Reported by somebody not signed in'))
      .first()
      .click();
    await desk.page.getByText('03-0000-0000（母）').waitFor();
    await desk.page
      .getByText(say('前から知っている番号に電話して', 'on a number that you knew before'))
      .waitFor();
    await desk.page.getByText('山手線に PC を置き忘れました').waitFor();
    await shot(desk.page, `incident-unsigned-${lang}`);
    assert.deepEqual(desk.problems, []);
  });

  test(`${lang}: an employee who reports sees what to do now, and not the administrator's steps`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    await admin.must('PUT', '/contacts', { emergency: '03-1234-5678' });
    const { responses, duty } = await admin.get('/guideline');
    const { page, problems } = await open(t, { lang, ...phone });
    await signIn(page, server.url, 'worker');
    const worker = new Client(server.url);
    await worker.signIn(demoMail('worker'), demoPassword);
    for (const response of responses) {
      assert.ok(response.reporter.length >= 3 && response.hear[lang], response.id);
      const { id } = await worker.must('POST', '/incidents', { kind: response.id });
      await show(page, server.url, `/incidents/${id}`);
      const text = await page.locator('main').innerText();
      for (const step of response.reporter) assert.ok(text.includes(step[lang]), step[lang]);
      assert.ok(text.includes(response.hear[lang]), response.id);
      for (const step of response.steps) assert.ok(!text.includes(step.text[lang]), step.text[lang]);
      // Whether the law asks for a report is not for who is shaken to find out.
      for (const { text: question } of duty.questions)
        assert.ok(!text.includes(question[lang]), question[lang]);
      assert.equal(
        await page.getByRole('link', { name: '03-1234-5678' }).first().getAttribute('href'),
        'tel:0312345678',
      );
      await fits(page, response.id);
      const shown = await page.locator('main').innerText();
      for (const theirs of ['JPCERT', say('未記入', 'Not filled in')])
        assert.ok(!shown.includes(theirs), `whom the administrator calls: ${theirs}`);
    }
    await shot(page, `reporter-phone-${lang}`);
    // The address that a card for the wallet names leads on for who is signed in, too.
    await page.goto(`${server.url}/lost`);
    await page.waitForURL(/\/mine$/);
    assert.deepEqual(problems, []);
    // The administrator's page has theirs.
    const desk = await open(t, { lang });
    await signIn(desk.page, server.url, 'admin');
    await show(desk.page, server.url, '/incidents/1');
    assert.ok((await desk.page.getByRole('checkbox').count()) > 3);
  });

  test(`${lang}: on a telephone the second factor opens in its app, and recovery codes are kept`, async (t) => {
    const server = await serve(t, join(folder(t), 's.db'));
    const { page, context, problems } = await open(t, { lang, ...phone, bypassCSP: true });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(server.link);
    await page.getByLabel(say('名前', 'Name'), { exact: false }).first().fill('青木');
    await page.locator('input[type=email]').fill('aoki@firm.example');
    await page.locator('input[type=password]').first().fill('correct horse battery');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: say('認証アプリ', 'Authenticator app') }).click();
    const secret = await page.getByTestId('totp-secret').textContent();
    const app = page.getByRole('link', { name: say('この端末の認証アプリで開く', 'Open in the app') });
    const uri = new URL(await app.getAttribute('href'));
    assert.equal(uri.protocol, 'otpauth:');
    assert.equal(uri.searchParams.get('secret'), secret);
    await page.getByRole('button', { name: say('コピー', 'Copy') }).click();
    await page.getByRole('button', { name: say('コピーしました', 'Copied') }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await fits(page, 'second factor');
    await shot(page, `second-factor-phone-${lang}`);
    await page.getByLabel(say('コード', 'Code')).fill(totp(secret));
    await page.getByRole('button', { name: say('確かめて進む', 'Confirm and go on') }).click();
    await page.getByTestId('recovery-codes').waitFor();
    const codes = await page.getByTestId('recovery-codes').locator('code').allTextContents();
    await page.getByRole('button', { name: say('コピー', 'Copy') }).click();
    await page.getByRole('button', { name: say('コピーしました', 'Copied') }).waitFor();
    assert.deepEqual((await page.evaluate(() => navigator.clipboard.readText())).split('\n'), codes);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: say('ファイルに保存', 'Download') }).click(),
    ]);
    const path = join(folder(t), download.suggestedFilename());
    await download.saveAs(path);
    const kept = readFileSync(path, 'utf8');
    for (const code of codes) assert.ok(kept.includes(code));
    await page.getByRole('button', { name: say('印刷', 'Print') }).waitFor();
    await fits(page, 'recovery codes');
    assert.deepEqual(await judge(page, 'recovery codes'), []);
    assert.deepEqual(problems, []);
  });
}

for (const kind of ['sqlite', ...(process.env.SEKISHO_TEST_POSTGRES ? ['postgres'] : [])])
  test(`${kind}: a stranger's reports are few, short, and put nothing into anybody's mailbox`, async (t) => {
    const server = await serve(t, database(t, kind));
    const { admin } = await firstAdministrator(server);
    const mail = await mailbox(t, { authOptional: true });
    await admin.must('PUT', '/notices', {
      smtp: { url: mail.url, from: 'sekisho@firm.example', user: '' },
      hooks: [],
    });
    const stranger = new Client(server.url);
    const report = {
      caller: 'https://evil.example/x',
      callback: 'https://evil.example/y',
      text: 'evil.example',
    };
    // Reports are told of by now: the first look only notes what is there.
    const told = () => mail.mails.map(read).filter((one) => /reported/.test(one.subject));
    for (let at = 0; told().length === 0 && at < 60; ++at) {
      await admin.must('POST', '/incidents', { kind: 'other' });
      await new Promise((go) => setTimeout(go, 1000));
    }
    const before = (await admin.get('/incidents?limit=500')).items.length;
    for (let at = 0; at < 3; ++at) {
      const reply = await stranger.call('POST', '/emergency', report);
      assert.deepEqual([reply.status, reply.bytes.length], [204, 0]);
    }
    const many = await Promise.all(
      Array.from({ length: 40 }, () => stranger.call('POST', '/emergency', report)),
    );
    assert.deepEqual(new Set(many.map((one) => one.status)), new Set([429]));
    await stranger.refused(422, 'POST', '/emergency', { ...report, text: 'a'.repeat(1501) });
    assert.equal((await admin.get('/incidents?limit=500')).items.length, before + 3);
    // Nothing that they may ask tells of anybody.
    for (const path of ['/incidents', '/people', '/devices', '/questions', '/assignments', '/contacts'])
      await stranger.refused(401, 'GET', path);
    assert.deepEqual(Object.keys(await stranger.get('/emergency')).sort(), ['contact', 'hear', 'steps']);
    await until(
      () => told().filter((one) => /Somebody not signed in/.test(one.body)).length === 3,
      'a letter for each',
    );
    for (const letter of mail.mails.map(read))
      assert.doesNotMatch(letter.subject + letter.body, /evil/, letter.body);
  });
