// SPDX-License-Identifier: Apache-2.0
// Lists renew themselves: through a proxy from servers that prove themselves, and from a mirror folder; what is broken or
// older changes nothing; and what is old lets nothing pass.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { atEnd, check, must } from './sekisho.mjs';
import { database, firstAdministrator, folder, newPerson, sekisho, serve } from './server.mjs';

const shipped = (name) =>
  JSON.parse(readFileSync(new URL(`../../data/feeds/${name}`, import.meta.url), 'utf8'));
const catalogue = shipped('known-exploited.json');
const bundle = shipped('end-of-life.json');
const day = (ago = 0) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const kev = (ago) => JSON.stringify({ ...catalogue, dateReleased: `${day(ago)}T00:00:00.0Z` });
/** endoflife.date's answer of all products, made of what is shipped. */
const products = (ago) =>
  JSON.stringify({
    schema_version: '1.2.0',
    generated_at: `${day(ago)}T00:00:00+00:00`,
    result: Object.entries(bundle.products).map(([name, lines]) => ({
      name,
      releases: lines.map((line) => ({
        name: String(line.cycle),
        isEol: line.eol === true,
        eolFrom: typeof line.eol === 'string' ? line.eol : null,
        eoesFrom: typeof line.extendedSupport === 'string' ? line.extendedSupport : null,
        latest: line.latest ? { name: line.latest } : null,
        isLts: false,
      })),
    })),
  });
const nvd = (cve, ago) =>
  JSON.stringify({
    format: 'NVD_CVE',
    timestamp: `${day(ago)}T00:00:00.000`,
    vulnerabilities: [{ cve: { id: cve } }],
  });
const osv = (ago) =>
  JSON.stringify({
    schema_version: '1.6.0',
    id: 'DEBIAN-CVE-2999-0001',
    modified: `${day(ago)}T00:00:00Z`,
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'x' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }],
      },
    ],
  });
const rdf =
  '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:sec="http://jvn.jp/rss/mod_sec/3.0/"><item><title>x の脆弱性</title><link>https://jvndb.jvn.jp/ja/contents/2023/JVNDB-2023-013505.html</link><sec:identifier>JVNDB-2023-013505</sec:identifier><sec:references source="CVE" id="CVE-2023-4911">x</sec:references></item></rdf:RDF>';

const hosts = [
  'www.cisa.gov',
  'endoflife.date',
  'nvd.nist.gov',
  'osv-vulnerabilities.storage.googleapis.com',
  'jvndb.jvn.jp',
];
/** What the world would answer, by the last part of the path. */
const world = () => {
  const answers = {
    'known_exploited_vulnerabilities.json': kev(1),
    full: products(1),
    'all.zip': osv(1),
    'jvndb.rdf': rdf,
    'nvdcve-2.0-modified.json.gz': nvd('CVE-2026-0001', 0),
  };
  for (let year = 2002; year <= new Date().getUTCFullYear(); ++year)
    answers[`nvdcve-2.0-${year}.json.gz`] = nvd(`CVE-${year}-0001`, 1);
  return answers;
};

/** A server that has certificates of all these hosts, and a proxy that leads to it; what was asked of them. */
async function internet(t, answers, { user, password } = {}) {
  const at = folder(t);
  must('/usr/bin/openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=lists', '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`],
    ...['-keyout', join(at, 'key.pem'), '-out', join(at, 'cert.pem')],
  ]);
  const asked = [];
  const secure = createHttps(
    { key: readFileSync(join(at, 'key.pem')), cert: readFileSync(join(at, 'cert.pem')) },
    (request, response) => {
      asked.push(request);
      const answer = answers[request.url.split('/').at(-1)];
      if (typeof answer === 'function') return answer(request, response);
      if (answer === undefined) return response.writeHead(404).end();
      const tag = `"${createHash('sha256').update(answer).digest('hex').slice(0, 16)}"`;
      if (request.headers['if-none-match'] === tag) return response.writeHead(304, { etag: tag }).end();
      return response.writeHead(200, { etag: tag }).end(answer);
    },
  );
  const proxy = createHttp((request, response) => response.writeHead(400).end());
  const connects = [];
  proxy.on('connect', (request, socket) => {
    connects.push(request.url);
    socket.on('error', () => {});
    const given = Buffer.from((request.headers['proxy-authorization'] ?? '').split(' ')[1] ?? '', 'base64');
    if (user && given.toString() !== `${user}:${password}`)
      return socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
    const there = connect(secure.address().port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    there.on('error', () => socket.destroy());
    return undefined;
  });
  for (const server of [secure, proxy]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(t, () => {
      server.closeAllConnections();
      server.close();
    });
  }
  return {
    asked,
    connects,
    proxy: `http://127.0.0.1:${proxy.address().port}`,
    authorities: join(at, 'cert.pem'),
  };
}

/** Waits until the lists are as wanted; they. */
async function until(admin, wanted, why) {
  for (let i = 0; ; ++i) {
    const feeds = await admin.get('/feeds');
    if (wanted(feeds)) return feeds;
    assert.ok(i < 300, `${why}: ${JSON.stringify(feeds)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const of = (feeds, id) => feeds.lists.find((one) => one.id === id);
const settings = (more) => ({ daily: true, proxy: '', proxy_user: '', mirror: '', ...more });

for (const kind of ['sqlite', 'postgres'])
  test(`${kind}: lists come daily through the firm's proxy, whose password is told to nobody`, async (t) => {
    const secret = 'not-to-be-told-7391';
    const out = await internet(t, world(), { user: 'sekisho', password: secret });
    const server = await serve(t, database(t, kind), [], { env: { SSL_CERT_FILE: out.authorities } });
    const { admin } = await firstAdministrator(server);
    const before = await admin.get('/feeds');
    assert.equal(before.settings.daily, null, 'nobody was asked yet');
    assert.equal(before.running, false);
    assert.equal(of(before, 'exploited').as_of, catalogue.dateReleased.slice(0, 10));
    assert.equal(of(before, 'exploited').stale, true);
    assert.equal(of(before, 'weaknesses').as_of, null);

    const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
    await worker.refused(403, 'GET', '/feeds');
    await worker.refused(403, 'PUT', '/feeds', settings({}));
    await worker.refused(403, 'POST', '/feeds/renew');
    for (const wrong of [{ proxy: 'socks5://a:1' }, { proxy: 'http://me:x@a:1' }, { mirror: 'lists' }])
      await admin.refused(422, 'PUT', '/feeds', settings(wrong));

    await admin.must(
      'PUT',
      '/feeds',
      settings({ proxy: out.proxy, proxy_user: 'sekisho', proxy_password: secret }),
    );
    const after = await until(
      admin,
      (feeds) => feeds.lists.every((one) => one.succeeded !== null),
      'all are renewed',
    );
    assert.deepEqual(
      after.lists.map((one) => [one.id, one.as_of, one.stale, one.error]),
      [
        ['exploited', day(1), false, null],
        ['support', day(1), false, null],
        ['weaknesses', day(0), false, null],
        ['debian', day(1), false, null],
        ['names', null, false, null],
      ],
    );
    assert.deepEqual([...new Set(out.connects.map((to) => to.split(':')[0]))].toSorted(), hosts.toSorted());
    for (const request of out.asked) {
      assert.deepEqual(
        Object.keys(request.headers)
          .filter((name) => !['host', 'accept', 'accept-encoding', 'if-none-match'].includes(name))
          .map((name) => `${name}: ${request.headers[name]}`),
        ['user-agent: sekisho'],
        'nothing is told of who asks',
      );
      assert.ok(!request.url.includes('?'));
    }
    // Once a day: nothing is asked for again, and what is asked for is told apart by its tag.
    const asked = out.asked.length;
    await admin.must('POST', '/feeds/renew');
    await until(admin, (feeds) => !feeds.running, 'the wish is fulfilled');
    assert.ok(out.asked.length >= asked + 5);
    assert.ok(out.asked.slice(asked).some((request) => request.headers['if-none-match']));
    const state = readFileSync(join(server.state, 'sekisho/feeds-state.json'), 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(readFileSync(join(server.state, 'sekisho/feeds-state.json'), 'utf8'), state);

    // The password goes to no other proxy, and is nowhere to be read.
    await admin.refused(
      422,
      'PUT',
      '/feeds',
      settings({ proxy: 'http://127.0.0.1:9', proxy_user: 'sekisho' }),
    );
    const shown = JSON.stringify(await admin.get('/feeds')) + JSON.stringify(await admin.get('/audit'));
    assert.match(shown, /"proxy_password_set":true/);
    assert.match(shown, /feeds-changed/);
    assert.match(shown, /feeds-asked/);
    assert.ok(!(shown + server.said() + state).includes(secret));
    // By the same lists the command line judges, and shows what came of it.
    const told = sekisho(server.state, ['feeds']);
    assert.match(told.out, /Last renewed:\nExploited vulnerabilities \(CISA KEV\): 20/);
  });

test('what is broken, older or too large changes nothing, and is told in the words of who reads', async (t) => {
  const answers = world();
  const out = await internet(t, answers);
  const server = await serve(t, join(folder(t), 's.db'), [], { env: { SSL_CERT_FILE: out.authorities } });
  const { admin } = await firstAdministrator(server);
  await admin.must('PUT', '/feeds', settings({ proxy: out.proxy }));
  await until(admin, (feeds) => feeds.lists.every((one) => one.succeeded), 'all are renewed');
  const file = join(server.state, 'sekisho/known-exploited.json');
  const good = readFileSync(file, 'utf8');
  for (const [answer, why] of [
    ['<!doctype html><title>サインイン</title>', /known_exploited_vulnerabilities\.json/],
    [kev(40), /older than what is there/],
    [
      JSON.stringify({ ...JSON.parse(kev(0)), vulnerabilities: catalogue.vulnerabilities.slice(0, 9) }),
      /far fewer/,
    ],
    [
      (_, response) => {
        response.writeHead(200, { 'content-length': String(good.length) });
        response.write(good.slice(0, 1000));
        setTimeout(() => response.destroy(), 50);
      },
      /it broke off|SSL|could not be fetched/,
    ],
    [(_, response) => response.writeHead(302, { location: 'http://www.cisa.gov/x' }).end(), /not https/],
    [(_, response) => response.writeHead(503).end(), /the server answered 503/],
    [
      (_, response) => {
        response.writeHead(200);
        const block = Buffer.alloc(1 << 20, 32);
        const send = () => {
          while (response.write(block));
        };
        response.on('drain', send).on('error', () => {});
        send();
      },
      /too large/,
    ],
  ]) {
    answers['known_exploited_vulnerabilities.json'] = answer;
    await admin.must('POST', '/feeds/renew');
    const feeds = await until(admin, (now) => !now.running, 'it is tried');
    assert.match(of(feeds, 'exploited').error.en, why);
    assert.match(of(feeds, 'exploited').error.ja, /[ぁ-ん]/);
    assert.equal(readFileSync(file, 'utf8'), good);
  }
  assert.match(server.said(), /could not be renewed/);
  // A server that doesn't prove itself.
  await server.stop();
  const other = await serve(t, join(folder(t), 't.db'), [], {});
  const { admin: second } = await firstAdministrator(other);
  await second.must('PUT', '/feeds', settings({ proxy: out.proxy }));
  const untrusted = await until(second, (feeds) => feeds.lists.every((one) => one.tried), 'all are tried');
  assert.match(of(untrusted, 'exploited').error.en, /TLS certificate could not be verified/);
  assert.equal(of(untrusted, 'exploited').succeeded, null);
  assert.ok(!existsSync(join(other.state, 'sekisho/known-exploited.json')));
});

test('a machine that may not go out takes its lists from a folder, and by old ones nothing passes', async (t) => {
  const mirror = folder(t);
  const names = { full: 'endoflife-full.json', 'all.zip': 'debian-all.zip' };
  for (const [name, text] of Object.entries(world())) writeFileSync(join(mirror, names[name] ?? name), text);
  const server = await serve(t, join(folder(t), 's.db'));
  const { admin } = await firstAdministrator(server);
  await admin.must('PUT', '/feeds', settings({ mirror }));
  const feeds = await until(admin, (now) => now.lists.every((one) => one.succeeded), 'all are taken');
  assert.ok(feeds.lists.every((one) => !one.stale && one.error === null));
  // A link leads nowhere.
  const path = join(mirror, 'known_exploited_vulnerabilities.json');
  rmSync(path);
  symlinkSync('/etc/passwd', path);
  await admin.must('POST', '/feeds/renew');
  const linked = await until(admin, (now) => !now.running, 'it is tried');
  assert.match(of(linked, 'exploited').error.en, /a symbolic link is not read/);
  assert.equal(of(linked, 'exploited').as_of, day(1));

  // The same by the command line; and a check, with fresh lists and with those that are built in.
  const root = folder(t);
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID=13\n');
  const state = folder(t);
  const old = check(state, ['--root', root]);
  assert.equal(old.verdict('os-support'), 'unknown');
  assert.match(
    old.fact('os-support'),
    /is of 2026-08-22, \d+ days old \(it decides for 90\); run sekisho feeds update/,
  );
  rmSync(path);
  writeFileSync(path, kev(1));
  const taken = sekisho(state, ['feeds', 'update', '--mirror', mirror]);
  assert.equal(taken.code, 0, taken.err);
  assert.equal(check(state, ['--root', root]).verdict('os-support'), 'pass');
  // What an old list fails, fails.
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID=10\n');
  assert.equal(check(folder(t), ['--root', root]).verdict('os-support'), 'fail');
});

test('the page shows how old the lists are, renews them at a click, and says what went wrong', async (t) => {
  const mirror = folder(t);
  const server = await serve(t, join(folder(t), 's.db'), [], { lang: 'ja' });
  const { admin } = await firstAdministrator(server, { lang: 'ja' });
  await admin.must('PUT', '/organisation', { ...(await admin.get('/organisation')), name: 'x', ready: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  atEnd(t, () => browser.close());
  const context = await browser.newContext({ locale: 'ja-JP', viewport: { width: 1280, height: 900 } });
  const [name, ...value] = admin.cookie.split('=');
  await context.addCookies([{ name, value: value.join('='), url: server.url }]);
  const page = await context.newPage();
  await page.goto(server.url + '/settings');
  const card = page.locator('.mantine-Paper-root', {
    has: page.getByRole('heading', { name: '脆弱性・サポート期間の一覧' }),
  });
  await card.getByText('自動更新はまだ選ばれていません').waitFor();
  await card.getByText(/2026-08-21 のもの（\d+ 日前。30 日まで使えます）/).waitFor();
  assert.equal(await card.getByText('古い', { exact: true }).count(), 2);
  assert.equal(await card.getByText('まだありません。').count(), 3);
  assert.ok(!(await card.getByRole('checkbox').isChecked()), 'off until somebody was asked');

  await card.getByRole('checkbox').check();
  await card.getByRole('button', { name: 'プロキシ・フォルダーの指定' }).click();
  await card.getByLabel('一覧を置いたフォルダー').fill('lists');
  await card.getByRole('button', { name: '保存' }).click();
  await card.getByText('/ で始まるフォルダーを書いてください').waitFor();
  await card.getByLabel('一覧を置いたフォルダー').fill(mirror);
  await card.getByRole('button', { name: '保存' }).click();
  await until(admin, (feeds) => feeds.lists.every((one) => one.tried), 'they are tried');
  await page.reload();
  await card
    .getByText(/更新できませんでした: .*フォルダーにないか、読めません.*次は .* に試します/)
    .first()
    .waitFor();

  const names = { full: 'endoflife-full.json', 'all.zip': 'debian-all.zip' };
  for (const [file, text] of Object.entries(world())) writeFileSync(join(mirror, names[file] ?? file), text);
  await card.getByRole('button', { name: '今すぐ更新する' }).click();
  await card.getByText('使えます', { exact: true }).nth(3).waitFor();
  assert.equal(await card.getByText(/更新できませんでした/).count(), 0);
  await card
    .getByText(/最後の更新: /)
    .nth(4)
    .waitFor();
  await page.screenshot({ path: new URL('shots/feeds-ja.png', import.meta.url).pathname, fullPage: true });

  // When the server doesn't answer, the page says so and asks again.
  await page.route('**/api/v1/feeds', (route) => route.abort());
  await page.reload();
  await card.getByRole('alert').waitFor();
  await page.unroute('**/api/v1/feeds');
  await card.getByRole('button', { name: '再試行' }).click();
  await card.getByText('使えます', { exact: true }).nth(3).waitFor();
});
