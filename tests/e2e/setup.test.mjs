// SPDX-License-Identifier: Apache-2.0
// From the first minute to the fortieth PC: links for many, what the server offers for devices, its address, its own
// TLS, and the card on Home that says what is left to do. Pictures are left in shots/.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { fits } from './browser.mjs';
import { system } from './live.mjs';
import { atEnd, binary, folder, must, run } from './sekisho.mjs';
import { Client, firstAdministrator, freePort, office, serve, start, totp } from './server.mjs';

const shots = new URL('shots/', import.meta.url).pathname;
mkdirSync(shots, { recursive: true });
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let browser;
test.before(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
});
test.after(() => browser?.close());

async function open(t, { lang = 'en', ...options } = {}) {
  const context = await browser.newContext({
    locale: lang === 'ja' ? 'ja-JP' : 'en-GB',
    viewport: { width: 1280, height: 900 },
    bypassCSP: true, // for axe
    ...options,
  });
  atEnd(t, () => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

async function look(page, name) {
  await page.waitForTimeout(300); // colours fade in
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  await page.evaluate(axe);
  // Of a dialogue what stands in it; its own heading is no banner of the page.
  const { violations } = await page.evaluate(() => {
    const dialog = document.querySelector('[role=dialog]');
    const wcag = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
    return globalThis.axe.run(dialog ?? document, { runOnly: dialog ? wcag : [...wcag, 'best-practice'] });
  });
  assert.deepEqual(
    violations.map((one) => `${name}: ${one.id}: ${one.nodes[0].html.slice(0, 200)}`),
    [],
  );
  await fits(page, name);
}

async function enter(page, url, { email, password, secret }, lang) {
  await page.goto(url);
  await page.fill('input[type=email]', email);
  await page.fill('input[type=password]', password);
  await page.keyboard.press('Enter');
  await page.getByLabel(lang === 'ja' ? 'コード' : 'Code').fill(totp(secret, Date.now(), 1));
  await page.keyboard.press('Enter');
  await page.locator('nav').first().waitFor({ state: 'attached' });
}

const ready = { name: '青木製作所', industry: '', size: '', methods: ['vpn'], situations: {}, ready: true };

/** A folder of packages as `make packages` makes it; `files` are contents by name. */
function packages(t, files) {
  const at = folder(t);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(at, name), content);
  const sums = Object.entries(files).map(
    ([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`,
  );
  writeFileSync(join(at, 'SHA256SUMS'), sums.join(''));
  return at;
}

async function firm(t, lang, args = []) {
  const where = join(folder(t), 's.db');
  const server = await serve(t, where, ['--agents', '127.0.0.1:0', ...args], { lang });
  const first = await firstAdministrator(server, { lang });
  await first.admin.must('PUT', '/organisation', ready);
  return { server, where, ...first };
}

for (const lang of ['ja', 'en']) {
  const say = (ja, en) => (lang === 'ja' ? ja : en);

  test(`${lang}: one link for a group, which an employee follows alone`, async (t) => {
    const files = packages(t, {
      'sekisho.exe': Buffer.from('MZ for windows'),
      'sekisho-agent.deb': Buffer.from('!<arch>'),
    });
    const { server, admin, where, ...who } = await firm(t, lang, ['--packages', files]);
    const page = await open(t, { lang });
    await enter(page, `${server.url}/devices#add`, who, lang);
    await page.goto(`${server.url}/devices#add`);
    // It says that nobody else can open it.
    await page.getByText(say('このサーバー自身からしか開けません', 'on the server itself only')).waitFor();
    await page.getByRole('textbox', { name: say('部署・グループ', 'Group') }).fill('営業部');
    // By what starts this very server, and no other database.
    assert.ok((await page.locator('main').innerText()).includes(`--database ${where}`));
    // A number that can't be meant is refused at its field, and never another one instead.
    const most = page.getByLabel(say('台数の上限', 'How many devices'));
    const make = page.getByRole('button', { name: say('登録用のリンクを作る', 'Make an enrolment link') });
    await most.fill('0');
    await page.getByText(say('1 から 1000 までの数', 'a number from 1 to 1000')).waitFor();
    assert.ok(await make.isDisabled());
    await most.fill('３');
    await make.click();
    const link = await page.getByTestId('join-link').innerText();
    assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/join#[\w-]{22}$/);
    assert.match(
      await page.getByTestId('enrolment-windows').innerText(),
      /Get-FileHash[^\n]+service install/,
    );
    await page.getByText(say('0 / 3 台', '0 of 3')).waitFor();
    await look(page, `group-link-${lang}`);

    const employee = await open(t, { lang });
    await employee.goto(link);
    await employee.getByText(say('青木製作所 の端末として', 'to those of 青木製作所')).waitFor();
    await employee.getByText('Windows', { exact: true }).click();
    const line = await employee.getByTestId('enrolment-windows').innerText();
    const sum = createHash('sha256').update('MZ for windows').digest('hex');
    assert.ok(line.includes(`'${server.url}/downloads/sekisho.exe'`) && line.includes(sum), line);
    await look(employee, `join-${lang}`);
    const phone = await open(t, { lang, viewport: { width: 390, height: 800 } });
    await phone.goto(link);
    await phone.getByTestId(/enrolment-/).waitFor();
    await look(phone, `join-phone-${lang}`);

    // A device that enrols with it is counted, and bears the group.
    const agent = folder(t);
    await admin.learn();
    const joined = await new Client(server.url).must('POST', '/join', { code: link.split('#')[1] });
    assert.deepEqual(Object.keys(joined).sort(), [
      'downloads',
      'expires_at',
      'link',
      'organisation',
      'own_authority',
    ]);
    must(binary, ['agent', 'enrol', '--folder', agent, joined.link], {
      env: { LANG: 'C.UTF-8', HOME: agent },
    });
    const { items } = await admin.get('/enrolments');
    assert.deepEqual([items[0].used, items[0].uses, items[0].state], [1, 3, 'open']);
    assert.equal((await admin.get('/devices?team=' + encodeURIComponent('営業部'))).items.length, 1);

    // It is shown again, and what was shown stands in the log; once withdrawn it opens nothing.
    await page.reload();
    await page.getByRole('button', { name: say('リンクを表示', 'Show the link') }).click();
    assert.equal(await page.getByTestId('join-link').last().innerText(), link);
    assert.ok((await admin.get('/audit')).items.some((one) => one.action === 'enrolment-shown'));
    await page.getByRole('button', { name: say('取り消す', 'Withdraw') }).click();
    assert.equal((await admin.get('/enrolments')).items[0].state, 'open', 'it asks first');
    await page.getByRole('button', { name: say('本当に取り消す', 'Withdraw it for good') }).click();
    await page.getByText(say('取り消し済み', 'Withdrawn'), { exact: true }).waitFor();
    await employee.reload();
    await employee.getByText(say('このリンクは使えません', 'this link does not work')).waitFor();
    await look(employee, `join-gone-${lang}`);
  });

  test(`${lang}: without packages the page says so, and how to get them`, async (t) => {
    const { server, admin } = await firm(t, lang, ['--packages', folder(t)]);
    const { page: link } = await admin.must('POST', '/enrolments', { uses: 2, days: 1 });
    const page = await open(t, { lang });
    await page.goto(link);
    await page.getByText('Linux (Debian)').click();
    await page.getByText('make packages').waitFor();
    assert.match(await page.getByTestId('enrolment-debian').innerText(), /^sudo sekisho-agent enrol 'https:/);
    assert.equal((await fetch(`${server.url}/downloads/sekisho-agent.deb`)).status, 404);
  });

  test(`${lang}: many people from a pasted list, whose links can be seen again`, async (t) => {
    const { server, admin, ...who } = await firm(t, lang);
    const page = await open(t, { lang });
    await enter(page, `${server.url}/people`, who, lang);
    await page.goto(`${server.url}/people`);
    await page.getByRole('button', { name: say('まとめて招待', 'Invite many') }).click();
    const list = page.getByRole('dialog').getByRole('textbox');
    await list.fill('山田 太郎 <taro@firm.example>\nnobody\n');
    await page.getByRole('button', { name: say('確かめる', 'Look at it') }).click();
    await page
      .getByText(say('2 行目: メールアドレスがありません', 'line 2: there is no email address'))
      .waitFor();
    assert.deepEqual((await admin.get('/invitations')).items, []);
    await list.fill(`山田 太郎 <taro@firm.example>\n社長\tboss@firm.example\t経営者\nAoki\t${who.email}`);
    await page.getByRole('button', { name: say('確かめる', 'Look at it') }).click();
    await page
      .getByText(say('2 人を招待します（登録済み 1 人', '2 will be invited (1 are registered'))
      .waitFor();
    assert.deepEqual((await admin.get('/invitations')).items, [], 'only looked at');
    await page.waitForTimeout(300);
    await look(page, `invite-many-${lang}`);
    await page.getByRole('button', { name: say('この 2 人を招待する', 'Invite these 2') }).click();
    await page.getByText(say('2 人を招待しました', '2 are invited')).waitFor();
    const copied = await page.getByTestId('invited-links').innerText();
    assert.equal(copied.match(/\/invitation#[\w-]{43}/g).length, 2, copied);
    await page.getByRole('button', { name: say('閉じる', 'Close') }).click();
    await page
      .getByRole('button', { name: say('リンクを表示', 'Show the link') })
      .nth(1)
      .click();
    const link = await page.getByTestId(/^invitation-/).innerText();
    const invited = new Client(server.url);
    const token = link.split('#')[1];
    const seen = await invited.get(`/invitations/${token}`);
    assert.deepEqual([seen.email, seen.roles], ['boss@firm.example', ['executive']]);
    const other = await open(t, { lang });
    await other.goto(link);
    await other.getByText(say('あなたの役割: 経営者', 'Your role: Executive')).waitFor();
    await other.getByText(seen.organisation).first().waitFor();
    await other.getByText(say(`${seen.by} さんが招待しました`, `${seen.by} invites you`)).waitFor();
    await look(other, `invitation-${lang}`);
    assert.ok((await admin.get('/audit')).items.some((one) => one.action === 'invitation-shown'));
    await look(page, `invitations-${lang}`);
    // Once it was used there is nothing left to show.
    const { items } = await admin.get('/invitations');
    const id = items.find((one) => one.email === 'boss@firm.example').id;
    await invited.must('POST', '/invitations/accept', {
      token,
      name: '社長',
      password: 'three plain unrelated words',
      lang,
    });
    await admin.refused(404, 'POST', `/invitations/${id}/link`);
  });

  test(`${lang}: the card on Home says what is left to do, leads there, and can be put away`, async (t) => {
    const { server, admin, where, ...who } = await firm(t, lang);
    const page = await open(t, { lang });
    await enter(page, server.url, who, lang);
    const line = (key) => page.getByTestId(`setup-${key}`);
    await line('devices').waitFor();
    await page.getByRole('textbox', { name: say('人数', 'People') }).fill('40');
    await page.getByRole('textbox', { name: say('端末の台数', 'Devices') }).fill('42');
    await page.getByRole('button', { name: say('保存', 'Save') }).click();
    await line('devices').getByText(say('端末 42 台中 0 台', '0 of 42 devices')).waitFor();
    await line('people').getByText(say('メンバー 40 人中 1 人', '1 of 40 people')).waitFor();
    await look(page, `home-setup-${lang}`);
    await line('backup').getByRole('link').click();
    await page.getByRole('heading', { name: say('バックアップ', 'Backup') }).waitFor();
    // As it stands there, pasted by whoever has another home and is in another folder.
    const command = await page.getByTestId('backup-command').innerText();
    assert.ok(command.includes(`--database ${where} `), command);
    const elsewhere = folder(t);
    const path = process.env.PATH;
    must('sh', ['-c', command], { env: { PATH: path, LANG: 'C.UTF-8', HOME: elsewhere }, cwd: elsewhere });
    await admin.must('PUT', '/contacts', { police: '110' });
    await page.goto(server.url);
    await line('backup')
      .getByRole('img', { name: say('完了', 'Done'), exact: true })
      .waitFor();
    await line('contact')
      .getByRole('img', { name: say('完了', 'Done'), exact: true })
      .waitFor();
    await line('mail')
      .getByRole('img', { name: say('未完了', 'To do') })
      .waitFor();
    await page.getByRole('button', { name: say('非表示にする', 'Put away') }).click();
    await line('devices').waitFor({ state: 'detached' });
    await page.goto(`${server.url}/settings`);
    await page.getByRole('button', { name: say('ホームに表示する', 'Show the set-up card') }).click();
    await page.goto(server.url);
    await line('devices').waitFor();
  });
}

/** The agent's package, as `make deb` packs it. */
function deb(t) {
  const out = folder(t);
  must('/usr/bin/cpack', ['-B', out], { cwd: dirname(binary), env: { HOME: out } });
  return readFileSync(
    join(
      out,
      readdirSync(out).find((file) => /^sekisho-agent_.*\.deb$/.test(file)),
    ),
  );
}

/** As process 1 of namespaces of its own, on this machine's network. */
const kStart = 'mount -t proc proc "$0/proc"; exec chroot "$0" /bin/sh -ec "$1"';
const recorder = '#!/bin/sh\necho "$@" >> /opt/systemctl\n';

test('the Linux line of the page downloads, compares, installs and enrols; a wrong file changes nothing', async (t) => {
  const files = packages(t, { 'sekisho-agent.deb': deb(t) });
  const { server, admin } = await office(t);
  await server.stop();
  const again = await serve(t, join(folder(t), 's.db'), ['--agents', '127.0.0.1:0', '--packages', files]);
  const { admin: first } = await firstAdministrator(again);
  assert.ok(admin);
  const { page: link } = await first.must('POST', '/enrolments', { uses: 2, team: 'Linux' });
  const page = await open(t);
  await page.goto(link);
  await page.getByText('Linux (Debian)').click();
  const line = await page.getByTestId('enrolment-debian').innerText();

  const machine = system(t);
  rmSync(machine.path('/usr/local/bin/sekisho'), { force: true });
  writeFileSync(machine.path('/usr/local/bin/systemctl'), recorder, { mode: 0o755 });
  const sh = (script) =>
    run(
      '/usr/bin/unshare',
      ['-m', '-p', '-f', '--kill-child', '/bin/sh', '-ec', kStart, machine.root, script],
      {
        env: {
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          LANG: 'C.UTF-8',
          HOME: '/root',
        },
      },
    );
  const sum = /[0-9a-f]{64}(?=  )/.exec(line)[0];
  const wrong = sh(line.replace(sum, '0'.repeat(64)));
  assert.notEqual(wrong.code, 0);
  assert.notEqual(sh('test -e /usr/bin/sekisho-agent').code, 0, 'nothing was installed');
  assert.equal((await first.get('/enrolments')).items[0].used, 0);

  const done = sh(line);
  assert.equal(done.code, 0, done.out + done.err);
  assert.match(done.out, /Enrolled as device/);
  assert.match(readFileSync(machine.path('/opt/systemctl'), 'utf8'), /^enable --now sekisho-agent$/m);
  const once = sh('sekisho-agent once');
  assert.equal(once.code, 0, once.out + once.err);
  const { items } = await first.get('/devices?team=Linux');
  assert.equal(items.length, 1);
  assert.ok(items[0].seen_at, 'it reported');
  assert.equal((await first.get('/enrolments')).items[0].used, 1);
});

test('a file that is not what its sum says is not given out', async (t) => {
  const files = packages(t, {
    'sekisho.exe': Buffer.from('good'),
    'sekisho-windows.zip': Buffer.from('zip'),
  });
  writeFileSync(join(files, 'sekisho.exe'), 'evil');
  const server = await serve(t, join(folder(t), 's.db'), ['--packages', files]);
  assert.equal((await fetch(`${server.url}/downloads/sekisho.exe`)).status, 503);
  const zip = await fetch(`${server.url}/downloads/sekisho-windows.zip`);
  assert.equal(await zip.text(), 'zip');
  assert.match(zip.headers.get('content-disposition'), /attachment; filename="sekisho-windows\.zip"/);
  for (const path of [
    '/downloads/SHA256SUMS',
    '/downloads/..%2Fs.db',
    '/downloads/',
    '/downloads/sekisho-authority.crt',
  ])
    assert.ok([400, 404].includes((await fetch(server.url + path)).status), path);
});

test('--tls self: others get in by every address of the machine, trust lasts, and no other site can be imitated', async (t) => {
  const at = folder(t);
  const state = folder(t);
  const [port, devices] = [await freePort(), await freePort()];
  const up = () =>
    start(
      t,
      'serve',
      [
        '--no-check',
        '--database',
        join(at, 's.db'),
        '--tls',
        'self',
        '--listen',
        `0.0.0.0:${port}`,
        '--agents',
        `0.0.0.0:${devices}`,
        '--name',
        'sekisho.firm.example',
      ],
      { env: { XDG_DATA_HOME: state } },
    );
  let server = await up();
  const tls = join(state, 'sekisho/tls');
  assert.equal(statSync(join(tls, 'authority.key')).mode & 0o777, 0o600);
  assert.equal(statSync(tls).mode & 0o777, 0o700);
  const authority = readFileSync(join(tls, 'authority.pem'));
  const get = (url, ...more) =>
    run('/usr/bin/curl', ['-sS', '--max-time', '20', '--cacert', join(tls, 'authority.pem'), ...more, url]);
  const own = must('/usr/bin/hostname', ['-I'])
    .trim()
    .split(' ')
    .filter((one) => one.includes('.'));
  for (const host of ['127.0.0.1', ...own.slice(0, 1)]) {
    const reply = get(`https://${host}:${port}/api/v1/state`);
    assert.equal(reply.code, 0, `${host}: ${reply.err}`);
    assert.match(reply.out, /"organisation"/);
  }
  const named = get(
    `https://sekisho.firm.example:${port}/api/v1/state`,
    '--resolve',
    `sekisho.firm.example:${port}:127.0.0.1`,
  );
  assert.equal(named.code, 0, named.err);
  // Another name is neither certified nor answered.
  assert.equal(get(`https://evil.example:${port}/`, '--resolve', `evil.example:${port}:127.0.0.1`).code, 60);
  assert.match(
    get(`https://127.0.0.1:${port}/`, '-H', 'Host: evil.example', '-o', '/dev/null', '-w', '%{http_code}')
      .out,
    /^421$/,
  );
  // What people download is that authority.
  assert.equal(get(`https://127.0.0.1:${port}/downloads/sekisho-authority.crt`).out, authority.toString());
  const said = JSON.parse(get(`https://127.0.0.1:${port}/api/v1/authority`).out).sha256;
  const print = must('/usr/bin/openssl', [
    'x509',
    '-in',
    join(tls, 'authority.pem'),
    '-noout',
    '-fingerprint',
    '-sha256',
  ]);
  assert.equal(said, print.split('=')[1].trim().replaceAll(':', '').toLowerCase());
  // Who stole its key could certify no other site.
  const sh = (script) => run('/bin/sh', ['-ec', script, tls, folder(t)], { env: { LANG: 'C' } });
  const forged = (name) =>
    sh(`cd "$1"; openssl req -newkey rsa:2048 -nodes -keyout k -subj /CN=x -out r 2> log
      printf 'subjectAltName=${name}' > e
      openssl x509 -req -in r -CA "$0/authority.pem" -CAkey "$0/authority.key" -CAcreateserial -CAserial s -extfile e -out c 2>> log
      openssl verify -CAfile "$0/authority.pem" c 2>&1`);
  assert.match(forged('DNS:bank.example').out, /permitted subtree violation/);
  assert.match(forged('IP:203.0.113.5').out, /permitted subtree violation/);
  assert.equal(forged('DNS:sekisho.firm.example').code, 0);
  assert.equal(forged('IP:192.168.1.5').code, 0);

  // Links are made with an address that others can use: that which was chosen.
  const invited = JSON.parse(
    get(
      `https://127.0.0.1:${port}/api/v1/setup`,
      '-H',
      'content-type: application/json',
      '-c',
      join(at, 'jar'),
      '-d',
      JSON.stringify({
        token: server.link.split('#')[1],
        name: 'Aoki',
        email: 'a@firm.example',
        password: 'correct horse battery',
        lang: 'en',
      }),
    ).out,
  );
  assert.ok(invited.stage);
  assert.match(server.link, /^https:\/\/sekisho\.firm\.example:/);
  await server.stop();
  server = await up();
  assert.deepEqual(readFileSync(join(tls, 'authority.pem')), authority, 'trust lasts');
  // The page that tells how to trust it, for anybody.
  const page = await open(t, { ignoreHTTPSErrors: true });
  await page.goto(`https://127.0.0.1:${port}/trust`);
  assert.equal((await page.getByTestId('authority').innerText()).replaceAll(' ', ''), said);
  for (const name of ['Windows', 'macOS', 'iPhone', 'Android', 'Linux']) {
    await page.getByText(name, { exact: true }).click();
    assert.ok((await page.getByRole('listitem').count()) >= 2);
  }
  await look(page, 'trust-en');
});

test('the recipe with Caddy in front works as it stands in the guide, but for whose certificate it is', async (t) => {
  const guide = readFileSync(new URL('../../docs/console.md', import.meta.url), 'utf8');
  const [, recipe] = /```caddy\n([^]*?)```/.exec(guide);
  const ja = readFileSync(new URL('../../docs/console.ja.md', import.meta.url), 'utf8');
  assert.ok(ja.includes(recipe), 'the same in both languages');
  const [, line] = /^sekisho serve (--public-url \S+ --trusted-proxy \S+)/m.exec(guide);
  const at = folder(t);
  const [port, https, http] = [await freePort(), await freePort(), await freePort()];
  // Where it listens, and that it certifies itself: nothing of the recipe.
  const own = `{\n\tadmin off\n\thttp_port ${http}\n\thttps_port ${https}\n\tlocal_certs\n\tskip_install_trust\n}\n`;
  writeFileSync(join(at, 'Caddyfile'), own + recipe.replace('8480', String(port)));
  const url = `https://sekisho.example.jp:${https}`;
  const server = await serve(
    t,
    join(at, 's.db'),
    line.replace('https://sekisho.example.jp', url).split(' '),
    { port },
  );
  const caddy = spawn(
    '/usr/bin/caddy',
    ['run', '--config', join(at, 'Caddyfile'), '--adapter', 'caddyfile'],
    {
      env: { PATH: '/usr/bin:/bin', HOME: at, XDG_DATA_HOME: at },
      stdio: 'ignore',
    },
  );
  const gone = once(caddy, 'exit');
  atEnd(t, async () => {
    caddy.kill('SIGTERM');
    await gone;
  });
  const get = (path, ...more) =>
    run('/usr/bin/curl', [
      '-ks',
      '--retry',
      '30',
      '--retry-all-errors',
      '--retry-delay',
      '1',
      '--resolve',
      `sekisho.example.jp:${https}:127.0.0.1`,
      ...more,
      url + path,
    ]);
  assert.match(get('/api/v1/state').out, /"organisation"/);
  const token = server.link.split('#')[1];
  assert.ok(server.link.startsWith(`${url}/setup#`));
  const made = get(
    '/api/v1/setup',
    '-i',
    '-H',
    'content-type: application/json',
    '-d',
    JSON.stringify({
      token,
      name: 'A',
      email: 'a@firm.example',
      password: 'correct horse battery',
      lang: 'en',
    }),
  );
  assert.match(made.out, /^set-cookie: __Host-sekisho=[^\r\n]+; Secure/im);
});
