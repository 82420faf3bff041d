// SPDX-License-Identifier: Apache-2.0
// The console in a real browser, as its three kinds of readers use it. Pictures of each page are left in shots/.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  judge,
  open,
  shot,
  show as showFirst,
  signIn,
  startBrowser,
  stopBrowser,
  tooWide,
} from './browser.mjs';
import { Client, demo, demoMail, demoPassword, folder, sekisho, serve, totp } from './server.mjs';
import { SqliteFile } from './sqlite.mjs';

test.before(startBrowser);
test.after(stopBrowser);

const pages = {
  home: '/',
  checklist: '/checklist',
  measures: '/measures',
  actions: '/actions',
  requirement: '/requirements/admin-C-2',
  check: '/checks/disk-encryption',
  question: '/checks/ask-SK-admin-B2',
  methods: '/methods',
  cases: '/cases',
  devices: '/devices',
  device: '/devices/1',
  survey: '/survey',
  access: '/access',
  'access-policy': '/access/policy',
  'access-timeline': '/access/timeline',
  line: '/line',
  incidents: '/incidents',
  incident: '/incidents/1',
  people: '/people',
  reports: '/reports',
  audit: '/audit',
  settings: '/settings',
  mine: '/mine',
  account: '/account',
  privacy: '/privacy',
  missing: '/none',
};

/** Shows a page and waits until all of it is there, what waits for its place to come into view as well. */
async function show(page, url, path) {
  await showFirst(page, url, path);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.waitForTimeout(100);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForFunction(() => !document.querySelector('.mantine-Loader-root'));
  await page.waitForLoadState('networkidle');
}

for (const lang of ['ja', 'en']) {
  test(`${lang}: from the link in the terminal to the first useful page`, async (t) => {
    // Lists are to be renewed in the end: by a way that leads nowhere.
    const server = await serve(t, join(folder(t), 's.db'), [], {
      lang,
      env: { https_proxy: 'http://127.0.0.1:9' },
    });
    assert.match(server.said(), lang === 'ja' ? /コンソール/ : /The console/);
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    const found = [];
    const look = async (name) => {
      await page.waitForTimeout(300); // colours fade in
      await shot(page, `${name}-${lang}`);
      found.push(...(await judge(page, name)));
    };
    const say = (ja, en) => (lang === 'ja' ? ja : en);
    await page.goto(server.link);
    await page.getByLabel(say('名前', 'Name'), { exact: false }).first().fill('青木');
    await page.locator('input[type=email]').fill('aoki@firm.example');
    await page.locator('input[type=password]').first().fill('short');
    await page.locator('button[type=submit]').click();
    await page.getByRole('alert').waitFor();
    await look('setup');
    await page.locator('input[type=password]').first().fill('correct horse battery');
    await page.locator('button[type=submit]').click();

    await page.getByRole('button', { name: say('認証アプリ', 'Authenticator app') }).click();
    const secret = await page.getByTestId('totp-secret').textContent();
    assert.ok(
      await page.locator('img[alt*=QR]').evaluate((image) => image.complete && image.naturalWidth > 20),
      'the QR code is drawn',
    );
    await look('second-factor');
    await page.getByLabel(say('コード', 'Code')).fill('000000');
    await page.getByRole('button', { name: say('確かめて進む', 'Confirm and go on') }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel(say('コード', 'Code')).fill(totp(secret));
    await page.getByRole('button', { name: say('確かめて進む', 'Confirm and go on') }).click();
    await page.getByTestId('recovery-codes').waitFor();
    assert.equal(await page.getByTestId('recovery-codes').locator('code').count(), 8);
    await page.getByRole('button', { name: say('控えました', 'I have kept them') }).click();

    const next = page.getByRole('button', { name: say('次へ', 'Next') });
    await page.getByLabel(say('組織の名前', "Organisation's name")).fill('青木製作所');
    await page.getByRole('combobox', { name: say('業種', 'Industry') }).click();
    await page.getByRole('option').nth(2).click();
    await page.getByRole('combobox', { name: say('従業員数', 'Number of employees') }).click();
    await page.getByRole('option').first().click();
    await look('start-1');
    await next.click();
    await page.getByRole('radio').first().waitFor();
    assert.ok(await next.isDisabled());
    for (const group of await page.getByRole('radiogroup').all())
      await group.getByRole('radio').first().check();
    await look('start-2');
    await next.click();
    await page.getByRole('checkbox').first().waitFor();
    assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 0, 'proposed, not ticked');
    // Why the others do not fit stands there, each with its reason.
    await page.getByText(say('候補から外れた方式とその理由', 'Why it does not fit')).click();
    const reasons = page.locator('details[open] li li');
    assert.ok((await reasons.count()) > 0);
    for (const reason of await reasons.all()) assert.ok((await reason.innerText()).length > 5);
    // Loaded again, one goes on where one was.
    await page.reload();
    await page.getByText(say('5 つのうち 3 つ目', 'Step 3 of 5')).waitFor();
    await page.getByRole('button', { name: say('おすすめの方式を選ぶ', 'Take what is recommended') }).click();
    assert.ok((await page.getByRole('checkbox', { checked: true }).count()) > 0);
    await look('start-3');
    await next.click();
    await page.getByLabel(say('メールアドレス', 'Mail address')).fill('president@firm.example');
    await page.getByRole('textbox', { name: say('名前', 'Name') }).fill('社長');
    await page.getByRole('button', { name: say('招待する', 'Invite') }).click();
    await page.getByText('/invitation#').first().waitFor();
    const link = /https?:\/\/\S+\/invitation#[\w-]+/.exec(await page.locator('main').innerText())[0];
    await page
      .getByText(say('このサーバー自身からしか開けません', 'can be opened on the server itself only'))
      .waitFor();
    await look('start-4');
    await next.click();
    await page.getByText('◎').first().waitFor();
    assert.ok(
      await page.getByRole('checkbox', { name: say('一覧を毎日', 'Renew the lists every day') }).isChecked(),
      'proposed',
    );
    await page.getByText(say('何も送りません', 'Nothing about your organisation')).waitFor();
    await look('start-5');
    await page.getByRole('button', { name: say('始める', 'Begin') }).click();
    await page
      .getByRole('heading', { level: 1, name: say('現在のセキュリティ状況', 'How safe we are') })
      .waitFor();
    await page.getByRole('heading', { level: 2, name: say('まず直すこと', 'What to fix first') }).waitFor();
    assert.deepEqual(found, []);
    assert.deepEqual(problems, []);

    // The invited executive comes in by the link.
    const invited = await open(t, { lang });
    await invited.page.goto(link);
    await invited.page.locator('input[type=password]').first().fill('three plain unrelated words');
    await invited.page.locator('button[type=submit]').click();
    await invited.page.getByRole('button', { name: say('認証アプリ', 'Authenticator app') }).click();
    await invited.page
      .getByLabel(say('コード', 'Code'))
      .fill(totp(await invited.page.getByTestId('totp-secret').textContent()));
    await invited.page.getByRole('button', { name: say('確かめて進む', 'Confirm and go on') }).click();
    await invited.page.getByRole('button', { name: say('控えました', 'I have kept them') }).click();
    await invited.page
      .getByRole('heading', { level: 1, name: say('現在のセキュリティ状況', 'How safe we are') })
      .waitFor();
    await invited.page.goto(link);
    assert.deepEqual(invited.problems, []);

    // And the administrator signs in once more, with the app.
    const again = await open(t, { lang });
    await again.page.goto(server.url);
    await again.page.fill('input[type=email]', 'aoki@firm.example');
    await again.page.fill('input[type=password]', 'wrong');
    await again.page.keyboard.press('Enter');
    await again.page.getByRole('alert').waitFor();
    await again.page.fill('input[type=password]', 'correct horse battery');
    await again.page.keyboard.press('Enter');
    await again.page.getByLabel(say('コード', 'Code')).fill(totp(secret, Date.now(), 1));
    await again.page.keyboard.press('Enter');
    await again.page
      .getByRole('heading', { level: 1, name: say('現在のセキュリティ状況', 'How safe we are') })
      .waitFor();
    await again.page.getByRole('button', { name: say('サインアウト', 'Sign out') }).click();
    await again.page.locator('input[type=email]').waitFor();
  });
}

test('a passkey is made and signs in; a changed signature does not', async (t) => {
  const server = await serve(t, join(folder(t), 's.db'));
  const url = server.url.replace('127.0.0.1', 'localhost');
  const { page, context, problems } = await open(t);
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(server.link.replace('127.0.0.1', 'localhost'));
  await page.getByLabel('Name').first().fill('Aoki');
  await page.locator('input[type=email]').fill('aoki@firm.example');
  await page.locator('input[type=password]').first().fill('correct horse battery');
  await page.locator('button[type=submit]').click();
  await page.getByLabel("Passkey's name").fill('this PC');
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByRole('heading', { level: 1, name: 'Set-up in five steps' }).waitFor();
  assert.equal((await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length, 1);

  await context.clearCookies();
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { level: 1, name: 'Set-up in five steps' }).waitFor();

  // What the browser sends, altered on its way.
  await context.clearCookies();
  let altered = 0;
  await page.route('**/api/v1/sign-in/passkey', (route) => {
    const body = route.request().postDataJSON();
    ++altered;
    const signature = Buffer.from(body.signature, 'base64url');
    signature[signature.length - 1] ^= 1;
    return route.continue({
      postData: JSON.stringify({ ...body, signature: signature.toString('base64url') }),
    });
  });
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(altered, 1);
  // The password alone isn't enough where a passkey is the second factor.
  await page.unroute('**/api/v1/sign-in/passkey');
  await page.fill('input[type=email]', 'aoki@firm.example');
  await page.fill('input[type=password]', 'correct horse battery');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Two-factor authentication' }).waitFor();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { level: 1, name: 'Set-up in five steps' }).waitFor();
  assert.deepEqual(problems, []);
});

test('the administrator answers an item, hands one on, comments, and sees who did what', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page, problems } = await open(t);
  await signIn(page, server.url, 'admin');
  await show(page, server.url, '/checks/ask-SK-admin-B2');
  const before = await page.getByText('a register').count();
  assert.equal(before, 0);
  await page.getByRole('button', { name: 'Answer' }).click();
  await page.getByRole('radio', { name: 'Yes' }).check();
  await page.getByLabel('Note', { exact: false }).fill('a register is kept');
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: '台帳.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n') });
  await page.getByRole('button', { name: 'Answer' }).click();
  await page.getByText('a register is kept').waitFor();
  await page.getByRole('link', { name: '台帳.csv' }).waitFor();

  await show(page, server.url, '/actions');
  const row = page.locator('.row').first();
  await row.getByRole('button', { name: /Owner|owner/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Owner and due date' });
  await dialog.getByRole('combobox', { name: 'Owner' }).click();
  await page.getByRole('option', { name: '鈴木 健' }).click();
  await dialog.locator('input[type=date]').fill('2027-03-31');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row.getByText('鈴木 健 · 31 Mar 2027').waitFor();

  await show(page, server.url, '/requirements/SK-admin-B2');
  await page.getByLabel('Write a comment').fill('done by spring');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('done by spring').waitFor();
  await page.getByText('a register is kept').first().waitFor();
  await show(page, server.url, '/audit');
  await page.getByText('answered').first().waitFor();
  await page.getByRole('button', { name: /check/i }).click();
  await page.getByRole('status').waitFor();

  await show(page, server.url, '/methods');
  await page.getByRole('button', { name: 'If this were the only one' }).nth(6).click();
  await page.getByText('Would end').first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Would end').first().waitFor({ state: 'detached' });
  for (const group of await page.getByRole('radiogroup').all())
    await group.getByRole('radio').first().check();
  await page.locator('.flow .taken').nth(3).waitFor();
  assert.deepEqual(problems, []);
});

test('on a narrow page why something is so is one key away, and gear is read back while it is typed', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page, problems } = await open(t, { viewport: { width: 390, height: 800 } });
  await signIn(page, server.url, 'admin');
  await show(page, server.url, '/devices/1');
  const why = page.locator('details.why').first();
  await why.locator('summary').focus();
  await page.keyboard.press('Enter');
  await why.locator('li').first().waitFor();
  const narrow = async () => (await tooWide(page)) === 0;
  assert.ok(await narrow());

  await show(page, server.url, '/devices#add');
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Add it' }) });
  await form.getByRole('combobox', { name: 'Kind' }).click();
  await page.getByRole('option', { name: /FortiGate/ }).click();
  const said = form.getByRole('status');
  await said.getByText('look under: the command get system').waitFor();
  const version = form.getByLabel('Firmware version');
  await version.fill('FGT_60F v7.2.6,build1575');
  await said.getByText("FortiOS 7.2.6 read from 'FGT_60F v7.2.6,build1575'").waitFor();
  await version.fill('newest');
  await said.getByText('no version can be read').waitFor();
  assert.ok(await narrow());
  await page.route('**/api/v1/reading?*', (route) => route.abort());
  await version.fill('7.4.9');
  await said.getByText('It could not be seen').waitFor();
  await page.unroute('**/api/v1/reading?*');
  await said.getByRole('button', { name: 'Try again' }).click();
  await said.getByText('FortiOS 7.4.9').waitFor();
  assert.deepEqual(
    problems.filter((one) => !/reading\?|ERR_FAILED/.test(one)),
    [],
  );
});

test('an employee on a phone reports a lost device in two clicks and sees what to do', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page, problems } = await open(t, {
    lang: 'ja',
    viewport: { width: 375, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await signIn(page, server.url, 'worker');
  await page.getByRole('heading', { level: 1, name: '自分のページ' }).waitFor();
  await shot(page, 'mine-phone-ja');
  await page.getByRole('button', { name: '端末をなくした' }).click();
  await page.getByRole('button', { name: '報告する' }).click();
  await page.getByText('手順').first().waitFor();
  await shot(page, 'report-phone-ja');
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const [report] = (await admin.get('/incidents')).items;
  assert.deepEqual([report.kind, report.person.name, report.case], ['lost_device', '鈴木 健', 8]);
  // What is the administrator's stays closed to an employee.
  await page.goto(`${server.url}/people`);
  await page.getByRole('heading', { level: 1, name: 'このページは表示できません' }).waitFor();
  assert.deepEqual(problems, []);
});

test('documents are downloaded from the page, and the signed one holds', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page } = await open(t);
  await signIn(page, server.url, 'executive');
  await show(page, server.url, '/reports');
  const take = async (card, button) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .locator('.mantine-Paper-root', { hasText: card })
        .getByRole('link', { name: button })
        .or(page.locator('.mantine-Paper-root', { hasText: card }).getByRole('button', { name: button }))
        .first()
        .click(),
    ]);
    const path = join(folder(t), download.suggestedFilename());
    await download.saveAs(path);
    return path;
  };
  const signed = await take('For a business partner', 'HTML');
  assert.equal(sekisho(server.state, ['verify', signed]).code, 0);
  assert.match(await take('For administrators', 'XLSX'), /\.xlsx$/);
  const [paper] = await Promise.all([
    take('For a business partner', 'PDF'),
    page.getByTestId('making-partner').waitFor(),
  ]);
  await page.getByTestId('making-partner').waitFor({ state: 'detached' });
  assert.equal(sekisho(server.state, ['verify', paper]).code, 0);
  execFileSync('pdfinfo', [paper]);

  // What a partner has: these files, the page for checking, and no network.
  const checker = await take('For a business partner', 'Download the page for checking signatures');
  const fingerprint = await page.locator('.mantine-Paper-root code').innerText();
  const partner = await open(t, { offline: true, bypassCSP: true });
  await partner.page.goto(`file://${checker}`);
  assert.deepEqual(await judge(partner.page, 'verify'), []);
  const shown = async (name, content, key = '') => {
    await partner.page.getByLabel('Fingerprint').fill(key);
    await partner.page
      .getByLabel('The report')
      .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: content });
    await partner.page.locator('output.good, output.bad').waitFor();
    return (
      (await partner.page.locator('output').getAttribute('class')) +
      ' ' +
      (await partner.page.locator('output').innerText())
    );
  };
  for (const path of [signed, paper]) {
    const whole = readFileSync(path);
    assert.match(await shown(path, whole), new RegExp(`^good [^]*${fingerprint}`));
    assert.match(
      await shown(path, whole, ` ${fingerprint.toUpperCase().replaceAll('-', ' ')} `),
      /^good [^]*the one that you named/,
    );
    assert.match(
      await shown(
        path,
        whole,
        fingerprint.replace(/^./, (c) => (c === '0' ? '1' : '0')),
      ),
      /^bad [^]*another key/,
    );
    for (const at of [20, Math.floor(whole.length / 2), whole.length - 20]) {
      const changed = Buffer.from(whole);
      changed[at] ^= 1;
      assert.match(await shown(path, changed), /^bad /, `changed at ${at}`);
    }
    assert.match(await shown(path, whole.subarray(0, -1)), /^bad [^]*no signature/);
    assert.match(await shown(path, Buffer.concat([whole, Buffer.from('x')])), /^bad [^]*no signature/);
  }
  // By a point of small order anything is signed (the point itself, and 0), and spare bits say nothing.
  const text = '<!doctype html><p>forged</p>\n';
  const point = (first) => Buffer.concat([Buffer.from([first]), Buffer.alloc(31)]);
  const forged = (key, by) => `${text}<!-- sekisho-signature v1 key=${key} signature=${by} -->\n`;
  const nothing = Buffer.concat([point(1), Buffer.alloc(32)]).toString('base64url');
  const html = readFileSync(signed, 'latin1');
  for (const [name, content] of [
    ['forged', forged(point(1).toString('base64url'), nothing)],
    [
      'spare',
      html.replace(/(.) -->\n$/, (_, last) => `${String.fromCharCode(last.charCodeAt(0) + 1)} -->\n`),
    ],
    ['padded', html.replace(/ -->\n$/, '== -->\n')],
  ]) {
    assert.match(await shown('x.html', Buffer.from(content, 'latin1')), /^bad /, name);
    const kept = join(folder(t), 'x.html');
    writeFileSync(kept, content, 'latin1');
    assert.equal(sekisho(server.state, ['verify', kept]).code, 1, name);
  }
  assert.equal(sekisho(server.state, ['verify', signed, '--fingerprint', '']).code, 1);
  assert.equal(
    sekisho(server.state, ['verify', signed, '--fingerprint', fingerprint.replaceAll('-', '')]).code,
    0,
  );
  await shot(partner.page, 'verify');
  assert.deepEqual(partner.problems, []);
  const pdf = readFileSync(await take('For executives', 'PDF'));
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
});

for (const [lang, colorScheme] of [
  ['ja', 'light'],
  ['en', 'dark'],
]) {
  test(`every page is accessible, whole at 200 % and narrow, and keeps quiet (${lang}, ${colorScheme})`, async (t) => {
    const server = await demo(t, join(folder(t), 's.db'));
    const { page, context, problems } = await open(t, { lang, colorScheme, bypassCSP: true });
    await page.goto(server.url);
    await page.locator('input[type=email]').waitFor();
    await shot(page, `sign-in-${lang}-${colorScheme}`);
    const found = await judge(page, 'sign-in');
    await signIn(page, server.url, 'admin');
    for (const [name, path] of Object.entries(pages)) {
      await show(page, server.url, path);
      if (name === 'line')
        assert.ok((await page.locator('svg circle').count()) > 10, 'the map has its countries');
      await shot(page, `${name}-${lang}-${colorScheme}`);
      found.push(...(await judge(page, name)));
      // Text at 200 %, then a phone: nothing runs out of the window.
      for (const [width, size] of [
        [1280, '200%'],
        [360, '100%'],
      ]) {
        await page.setViewportSize({ width, height: 800 });
        await page.evaluate((to) => (document.documentElement.style.fontSize = to), size);
        const over = await tooWide(page);
        if (over > 0) found.push(`${name}: ${over} px too wide at ${width}, ${size}`);
      }
      await page.evaluate(() => (document.documentElement.style.fontSize = ''));
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    assert.deepEqual(found, []);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test('what protects an account changes only after the password was shown once more', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const { page, problems } = await open(t, { bypassCSP: true });
  await signIn(page, server.url, 'admin');
  await show(page, server.url, '/account');
  // As after more than ten minutes.
  new SqliteFile(where).run('UPDATE session SET proved_at = 0');
  await page.getByLabel("Token's name").fill('script');
  const make = page.getByRole('button', { name: 'Make' });
  const dialog = page.getByRole('dialog', { name: 'Show that it is you' });
  await make.click();
  await dialog.waitFor();
  await page.waitForTimeout(300); // it fades in
  await shot(page, 'proof-en');
  assert.deepEqual(await judge(page, 'proof'), []);
  await page.keyboard.press('Escape');
  await page.getByRole('alert').getByText('once more').waitFor();
  assert.equal(await dialog.count(), 0);
  await make.click();
  await dialog.getByLabel('Current password').fill('wrong password!');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Current password').fill(demoPassword);
  await page.keyboard.press('Enter');
  // What was asked for goes on where it stopped.
  assert.match(await page.getByTestId('token').innerText(), /^sekisho_/);
  assert.equal(await dialog.count(), 0);
  await page.getByRole('button', { name: 'Set up again' }).click();
  await page.getByRole('button', { name: 'Authenticator app' }).click();
  await page.getByTestId('totp-secret').waitFor();
  assert.equal(await dialog.count(), 0, 'shown once, it holds for a while');
  assert.deepEqual(problems, []);
});

test('what gives rights, or says where secrets go, leads through the proof and goes on', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const { page, problems } = await open(t, {});
  await signIn(page, server.url, 'admin');
  const dialog = page.getByRole('dialog', { name: 'Show that it is you' });
  const proved = async (act) => {
    new SqliteFile(where).run('UPDATE session SET proved_at = 0');
    await act();
    await dialog.getByLabel('Current password').fill(demoPassword);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
  };
  await show(page, server.url, '/people');
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'Invite' });
  await form.getByLabel('Email address').fill('new@firm.example');
  await form.getByLabel('Name').fill('New');
  await proved(() => form.getByRole('button', { name: 'Invite', exact: true }).click());
  assert.match(await page.getByTestId('invitation-link').innerText(), /invitation#/);
  await show(page, server.url, '/settings');
  const save = page.getByRole('button', { name: 'Send a test' }).locator('xpath=preceding-sibling::button');
  await proved(() => save.click());
  const changed = () =>
    new SqliteFile(where).column("SELECT id FROM audit WHERE action = 'notices-changed'").length;
  for (let i = 0; i < 50 && changed() === 0; ++i) await page.waitForTimeout(100);
  assert.equal(changed(), 1);
  assert.deepEqual(problems, []);
});

test('what is kept of people is said to anybody, given to them, and forgotten when they have left', async (t) => {
  const where = join(folder(t), 's.db');
  const server = await demo(t, where);
  const kept = (sql) => new SqliteFile(where).column(sql);
  const someone = kept("SELECT name FROM person WHERE roles = 'teleworker' ORDER BY id LIMIT 1")[0];
  // Before anybody signs in, in both languages, and on paper.
  for (const lang of ['ja', 'en']) {
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await page.goto(`${server.url}/privacy`);
    await page
      .getByRole('heading', { level: 2, name: lang === 'ja' ? '読まないもの' : 'What is never read' })
      .waitFor();
    await page.getByText(lang === 'ja' ? '替わってから 1095 日' : '1095 days after').waitFor();
    await shot(page, `privacy-${lang}`);
    assert.deepEqual(await judge(page, `privacy-${lang}`), []);
    assert.deepEqual(problems, []);
  }
  const { page, problems } = await open(t, {});
  await signIn(page, server.url, 'admin');
  await show(page, server.url, '/settings');
  // Nothing is kept for less time by a slip: not for what was cleared, nor without a word.
  const left = page.getByLabel('People who left (disabled)');
  const save = page.locator('form', { has: left }).getByRole('button', { name: 'Save' });
  const before = await left.inputValue();
  await left.fill('');
  await left.blur();
  assert.equal(await left.inputValue(), '');
  assert.equal(await left.getAttribute('aria-invalid'), 'true');
  await save.click();
  await left.fill('４５');
  assert.ok(await save.isDisabled(), 'older records are deleted');
  await page.getByLabel('Keep these for less time').check();
  await left.fill(before);
  assert.equal(await save.isDisabled(), false);
  await left.fill('４５');
  await page.getByLabel('Keep these for less time').check();
  const dialog = page.getByRole('dialog', { name: 'Show that it is you' });
  new SqliteFile(where).run('UPDATE session SET proved_at = 0');
  await page.getByLabel('People who left (disabled)').press('Enter');
  await dialog.getByLabel('Current password').fill(demoPassword);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await show(page, server.url, '/privacy');
  await page.getByText('45 days after that; name and address go').waitFor();

  await show(page, server.url, '/mine');
  const taken = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download all records' }).click();
  const data = JSON.parse(readFileSync(await (await taken).path(), 'utf8'));
  assert.equal(data.person.email, demoMail('admin'));

  await show(page, server.url, '/people');
  await page.getByRole('button', { name: `Edit: ${someone}` }).click();
  const form = page.getByRole('dialog', { name: someone });
  await form.getByText('Who left can be forgotten once they are disabled.').waitFor();
  await form.getByLabel('In use').uncheck();
  await form.getByRole('button', { name: 'Save', exact: true }).click();
  await form.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: `Edit: ${someone}` }).click();
  const forget = form.getByRole('button', { name: 'Forget this person' });
  assert.ok(await forget.isDisabled());
  await form.getByLabel(`Forget ${someone}.`).check();
  await shot(page, 'forget-en');
  await forget.click();
  await form.waitFor({ state: 'detached' });
  await page.getByText(someone).waitFor({ state: 'detached' });
  assert.deepEqual(kept(`SELECT id FROM person WHERE name = '${someone}'`), []);
  assert.deepEqual(kept(`SELECT id FROM audit WHERE actor LIKE '${someone} <%'`), []);
  assert.deepEqual(problems, []);
});

test('the audit log is searched, kept in the address, and taken away as it is shown', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  for (const lang of ['ja', 'en']) {
    const say = (ja, en) => (lang === 'ja' ? ja : en);
    const { page, problems } = await open(t, { lang, bypassCSP: true });
    await signIn(page, server.url, 'auditor');
    await show(page, server.url, '/audit');
    const rows = page.locator('tbody tr');
    assert.ok((await rows.count()) > 3);
    // In the words of the pages, not of the program.
    const said = await page.locator('tbody').innerText();
    assert.match(said, lang === 'ja' ? /回答: はい/ : /Answer: Yes/);
    assert.doesNotMatch(said, /\bask-|reply:|how:|from:|: (yes|no)\b|incident-\d/);
    await page.getByLabel(say('検索', 'Search')).fill('AUDITOR@');
    await page.waitForURL(/q=AUDITOR/);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes('auditor@')),
    );
    await page.getByRole('combobox', { name: say('何を', 'What') }).click();
    await page.getByRole('option', { name: say('サインインした', 'signed in'), exact: true }).click();
    await page.waitForURL(/action=sign-in/);
    await page.reload();
    await rows.first().waitFor();
    const shown = await rows.count();
    assert.ok(shown > 0);
    const taken = page.waitForEvent('download');
    await page.getByRole('link', { name: say('CSV でダウンロード', 'Download as CSV') }).click();
    const csv = readFileSync(await (await taken).path(), 'utf8');
    assert.equal(csv.trim().split('\r\n').length, shown + 1);
    await page.getByLabel(say('この日から', 'From')).fill('2099-01-01');
    await page.getByText(say('条件に合う記録はありません。', 'No entry fits.')).waitFor();
    await shot(page, `audit-narrowed-${lang}`);
    assert.deepEqual(await judge(page, 'audit'), []);
    await page.getByRole('button', { name: say('絞り込みを解除', 'Show all') }).click();
    await page.waitForURL(/audit$/);
    await page.waitForFunction((than) => document.querySelectorAll('tbody tr').length > than, shown);
    assert.deepEqual(problems, []);
  }
});

test('the keyboard reaches everything, and the language and the light change at once', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page } = await open(t, { lang: 'ja' });
  await signIn(page, server.url, 'auditor');
  await page.getByRole('heading', { level: 1, name: '現在のセキュリティ状況' }).waitFor();
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /本文/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/#main$/);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: 'How safe we are' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'How safe we are' }).waitFor();
  const shade = () => page.getAttribute('html', 'data-mantine-color-scheme');
  const before = await shade();
  await page.getByRole('button', { name: 'Switch light and dark' }).click();
  assert.notEqual(await shade(), before);
  // An auditor reads; there is nothing to press that changes anything.
  await show(page, server.url, '/people');
  assert.equal(await page.getByRole('button', { name: 'Invite' }).count(), 0);
  await show(page, server.url, '/checks/ask-SK-admin-B2');
  assert.equal(await page.getByRole('button', { name: 'Answer' }).count(), 0);
  // The glossary on hover.
  await show(page, server.url, '/cases');
  await page.locator('abbr.term').first().hover();
  await page.getByRole('tooltip').first().waitFor();
});

test('the first page comes with little script, home with less than 300 KB compressed, and nothing from elsewhere', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page, problems } = await open(t);
  let script = 0;
  const hosts = new Set();
  page.on('response', async (reply) => {
    hosts.add(new URL(reply.url()).host);
    if (reply.url().endsWith('.js')) script += Number(reply.headers()['content-length']);
  });
  await page.goto(server.url);
  await page.locator('input[type=email]').waitFor();
  assert.ok(script > 30_000 && script < 80_000, `sign-in: ${script}`);
  await signIn(page, server.url, 'admin');
  script = 0;
  await page.goto(server.url);
  await page.locator('main .say').waitFor();
  await page.waitForLoadState('networkidle');
  const first = script;
  assert.ok(first > 50_000 && first < 150_000, `home, as far as it shows: ${first}`);
  // The chart's library is asked for when the chart comes into view.
  await page.getByRole('heading', { name: 'Over time' }).scrollIntoViewIfNeeded();
  await page.locator('canvas').first().waitFor();
  assert.ok(script > first + 100_000 && script < 300_000, `home, all of it: ${script}`);
  assert.deepEqual([...hosts], [new URL(server.url).host]);
  assert.deepEqual(problems, []);
});

test('when the server is gone the page says so, and comes back with it', async (t) => {
  const server = await demo(t, join(folder(t), 's.db'));
  const { page } = await open(t);
  await signIn(page, server.url, 'admin');
  await show(page, server.url, '/');
  await page.route('**/api/v1/cases', (route) => route.abort());
  await page.getByRole('link', { name: 'Incident cases' }).click();
  await page.getByText('cannot be reached').waitFor({ timeout: 20_000 });
  await page.unroute('**/api/v1/cases');
  await page.getByRole('button', { name: /again/i }).click();
  await page.getByRole('heading', { level: 2, name: /VPN device/ }).waitFor();
  // A session that ended leads to the sign-in page.
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  await admin.must('DELETE', `/people/${admin.me.id}/sessions`);
  await page.getByRole('link', { name: 'Devices' }).click();
  await page.locator('input[type=email]').waitFor();
});
