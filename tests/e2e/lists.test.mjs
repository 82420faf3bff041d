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
