// SPDX-License-Identifier: Apache-2.0
// Lists of devices that something else keeps: tried, taken, taken again, refused; and what they say of support.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  newPerson,
  serve,
} from './server.mjs';

const bytes = (text) => new Uint8Array(Buffer.from(text));
const intune = `\uFEFFDevice ID,Device name,OS,OS version,SkuFamily,Primary user UPN,Serial number
1,PC-001,Windows,10.0.22631.4317,Pro,worker@firm.example,SN1
2,PC-002,Windows,10.0.26200.1000,Pro,,SN2
3,PC-003,Windows,10.0.19045.6456,Pro,nobody@firm.example,SN3
4,NB-1,Debian GNU/Linux,13,,worker@firm.example,SN4
5,Box-1,Plan 9,4,,,SN5
`;

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: in each order the pages of a list and its file have the same devices in the same places`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    await newPerson(admin, ['teleworker'], 'worker@firm.example');
    const systems = ['Windows 7', 'Debian GNU/Linux 13', 'Plan 9'];
    const rows = Array.from({ length: 11 }, (_, i) => {
      const user = i % 2 === 0 ? 'worker@firm.example' : '';
      return `${i % 3 === 0 ? 'pc' : 'PC'}-${(i * 7) % 11},${systems[i % 3]},${user}`;
    });
    await admin.must('POST', '/devices/import', bytes(`name,os,user\n${rows.join('\n')}\n`));
    const all = (await admin.get('/devices')).items;
    assert.equal(all.length, 11);
    const paged = async (query) => {
      const names = [];
      for (let after = 0; after !== null;) {
        const page = await admin.get(`/devices?${query}&limit=4&after=${after}`);
        assert.equal(page.totals.all, page.totals.failing + page.totals.good + page.totals.unknown);
        assert.ok(page.items.length <= 4);
        names.push(...page.items.map((one) => one.name));
        after = page.next;
      }
      return names;
    };
    const filed = async (query) =>
      (await admin.get(`/devices?${query}&format=csv`))
        .toString()
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => /^"([^"]*)"/.exec(line)[1]);
    const place = (one) => [one.name.toLowerCase(), all.indexOf(one)];
    const by = (key) =>
      all.toSorted((a, b) => {
        const [x, y] = [a, b].map((one) => [...key(one), ...place(one)]);
        const i = x.findIndex((value, at) => value !== y[at]);
        return x[i] < y[i] ? -1 : 1;
      });
    const bad = ({ failing, tally }) => [
      -failing.length,
      failing.length === 0 && tally.unknown === 0 && tally.pass > 0 ? 1 : 0,
      -tally.unknown,
    ];
    for (const [sort, key] of Object.entries({
      name: () => [],
      seen: () => [],
      user: (one) => [one.person === null ? 1 : 0],
      worst: bad,
    })) {
      const wanted = by(key).map((one) => one.name);
      assert.deepEqual(await paged(`sort=${sort}`), wanted, sort);
      assert.deepEqual(await filed(`sort=${sort}`), wanted, sort);
      const failing = new Set(all.filter((one) => one.failing.length > 0).map((one) => one.name));
      const left = wanted.filter((name) => failing.has(name));
      assert.ok(left.length > 0 && left.length < 11);
      assert.deepEqual(await paged(`sort=${sort}&only=failing`), left, sort);
      assert.deepEqual(await filed(`sort=${sort}&only=failing`), left, sort);
    }
    const came = all.map((one) => one.name);
    assert.deepEqual(await paged('only=failing'), await filed('only=failing'));
    assert.deepEqual(await filed('state=active'), came);
    assert.deepEqual(await paged('state=active'), came);
  });

  test(`${kind}: a list is tried without a trace, taken whole, and says whose system is out of support`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    await newPerson(admin, ['teleworker'], 'worker@firm.example');
    const tried = await admin.must('POST', '/devices/import?try=yes', bytes(intune));
    assert.deepEqual([tried.added, tried.updated, tried.speaking], [5, 0, 0]);
    assert.deepEqual(
      tried.devices.map((one) => one.verdict),
      ['fail', 'pass', 'fail', 'pass', 'unknown'],
    );
    assert.equal(tried.devices[0].person.name, 'worker');
    assert.deepEqual(tried.strangers, ['nobody@firm.example']);
    assert.equal(tried.devices[2].user, 'nobody@firm.example');
    assert.deepEqual((await admin.get('/devices')).items, []);

    const taken = await admin.must('POST', '/devices/import', bytes(intune));
    assert.deepEqual([taken.added, taken.updated], [5, 0]);
    const devices = (await admin.get('/devices')).items;
    assert.deepEqual(
      devices.map((one) => one.name),
      ['PC-001', 'PC-002', 'PC-003', 'NB-1', 'Box-1'],
    );
    assert.deepEqual(devices[0].failing, ['os-support']);
    assert.equal(devices[0].person.name, 'worker');
    assert.equal(devices[0].serial, 'SN1');
    assert.ok(devices[0].tally.not_applicable > 10);
    assert.deepEqual([devices[4].tally.not_applicable, devices[4].tally.unknown], [0, 59]);
    const survey = await admin.get('/survey');
    assert.deepEqual(survey.tally, { pass: 2, fail: 2, not_applicable: 0, unknown: 1 });
    assert.equal(survey.stale, 1, 'what the share leaves out is told');
    assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'devices-imported'));

    // Windows 10 with extended support that was paid for.
    const [, , ten] = devices;
    await admin.must('PUT', `/devices/${ten.id}`, {
      name: ten.name,
      person: null,
      state: 'active',
      extended_support: true,
    });
    assert.deepEqual((await admin.get('/survey')).tally, { pass: 3, fail: 1, not_applicable: 0, unknown: 1 });
    const seen = (await admin.get(`/devices/${ten.id}`)).checks.find((check) => check.id === 'os-support');
    assert.match(seen.evidence.detail.en, /extended support goes on until 2028-10-10/);
    assert.equal(seen.evidence.source, 'collector:list');

    // Taken again, upgraded meanwhile: the same devices.
    const again = await admin.must(
      'POST',
      '/devices/import',
      bytes(intune.replace('10.0.22631.4317', '10.0.26200.2000')),
    );
    assert.deepEqual([again.added, again.updated], [0, 5]);
    assert.deepEqual((await admin.get('/survey')).tally, { pass: 4, fail: 0, not_applicable: 0, unknown: 1 });
    assert.equal((await admin.get('/devices')).items.length, 5);
  });

  test(`${kind}: a list with a fault is refused whole, by its line, in the reader's language`, async (t) => {
    const server = await serve(t, database(t, kind), [], { fresh: true });
    const { admin } = await firstAdministrator(server);
    const japanese = new Client(server.url, { lang: 'ja' });
    Object.assign(japanese, { cookie: admin.cookie, csrf: admin.csrf });
    const wrong = await japanese.refused(
      422,
      'POST',
      '/devices/import',
      bytes('端末名,OS\nPC-1,Windows 11\n,Windows 11\nPC-1,Windows 11\n'),
    );
    assert.match(wrong.title, /何も変えていません/);
    assert.deepEqual(
      wrong.errors.map((one) => one.where),
      ['3', '4'],
    );
    assert.match(wrong.errors[1].message, /二度/);
    for (const bad of ['', 'a,b\n1,2\n', 'name,os\n"open', '\0\x01\x02'])
      await admin.refused(422, 'POST', '/devices/import', bytes(bad));
    assert.deepEqual((await admin.get('/devices')).items, []);
    // What Japanese Windows writes.
    const cp932 = spawnSync('/usr/bin/iconv', ['-f', 'UTF-8', '-t', 'CP932'], {
      input: '管理番号,コンピューター名,OS名\nA-1,営業-1,Windows 11 Pro 25H2\n',
    }).stdout;
    assert.equal((await admin.must('POST', '/devices/import', new Uint8Array(cp932))).added, 1);
    assert.equal((await admin.get('/devices')).items[0].name, '営業-1');
  });
}

test('a device that speaks for itself is left as it is', async (t) => {
  const server = await demo(t, database(t, 'sqlite'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  const before = (await admin.get('/devices')).items;
  const taken = await admin.must(
    'POST',
    '/devices/import',
    bytes(`name,os\n${before[0].name.toUpperCase()},Windows XP\n`),
  );
  assert.deepEqual([taken.added, taken.updated, taken.speaking], [0, 0, 1]);
  assert.deepEqual(
    (await admin.get('/devices')).items.map((one) => one.system),
    before.map((one) => one.system),
  );
});
