// SPDX-License-Identifier: Apache-2.0
// Agents over real mutual TLS: enrolling, reporting, working without a server, being copied, and what the server
// does with those who don't keep to the protocol.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'node:test';
import { createSign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { until } from './ground.mjs';
import { Client, folder, newPerson, office, sekisho, start } from './server.mjs';
import { must } from './sekisho.mjs';
import { SqliteFile } from './sqlite.mjs';

const feeds = new URL('../../data/feeds/', import.meta.url).pathname;

const agent = (at, words, options) =>
  sekisho(at, ['agent', ...words, '--folder', join(at, 'agent')], options);
const link = async (admin, person = null) => (await admin.must('POST', '/enrolments', { person })).link;
const queued = (at) =>
  existsSync(join(at, 'agent/queue')) ? readdirSync(join(at, 'agent/queue')).length : 0;

test('a device enrols, reports what it sees, and shows in the console; a code works once', async (t) => {
  const { admin, server } = await office(t);
  const at = folder(t);
  assert.match(server.said(), /Agents report to: https:\/\/127\.0\.0\.1:\d+/);
  const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
  await worker.refused(403, 'POST', '/enrolments', { person: admin.me.id });
  const { link: code } = await worker.must('POST', '/enrolments', {});
  const enrolled = agent(at, ['enrol', code]);
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.equal(statSync(join(at, 'agent')).mode & 0o777, 0o700);
  for (const file of ['device.key', 'device.json'])
    assert.equal(statSync(join(at, 'agent', file)).mode & 0o777, 0o600);
  assert.match(agent(at, ['enrol', code]).err, /enrolled already/);
  const again = agent(folder(t), ['enrol', code]);
  assert.equal(again.code, 2);
  assert.match(again.err, /used already or has expired/);
  assert.match(agent(folder(t), ['enrol', code], { lang: 'ja' }).err, /使い終わったか、期限が切れています/);

  assert.equal(agent(at, ['once']).code, 0);
  const [device] = (await admin.get('/devices')).items;
  assert.equal(device.person.name, 'worker');
  assert.match(device.system, /Debian/);
  assert.ok(Date.now() - new Date(device.seen_at) < 60_000);
  const seen = await admin.get(`/devices/${device.id}`);
  assert.equal(seen.checks.length, 59);
  assert.ok(seen.checks.filter((check) => check.evidence?.source === 'collector:agent').length === 59);
  const survey = await admin.get('/survey');
  assert.equal(survey.systems.length, 1);
  assert.equal(survey.tally.pass + survey.tally.fail + survey.tally.unknown, 1);
  // What is installed came with it, once.
  assert.ok(device.software_at);
  assert.equal(device.tpm, false);
  const software = await admin.get(`/devices/${device.id}/software?limit=500`);
  assert.equal(
    software.listed,
    must('dpkg-query', ['-W', '-f', '${db:Status-Status}\n'])
      .split('\n')
      .filter((line) => line === 'installed').length,
  );
  assert.ok(software.items.some((one) => one.name === 'base-files'));
  const again2 = agent(at, ['once']);
  assert.equal(again2.code, 0, again2.err);
  assert.doesNotMatch(again2.out, /installed software/);
  // An employee sees their own device, and the log says how it came in.
  assert.equal((await worker.get('/me/page')).devices.length, 1);
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'device-enrolled'));
  assert.match(agent(at, ['status']).out, /waiting to be sent: 0/);
});

test('without a server nothing is lost; with it again all of it arrives, in order', async (t) => {
  const { admin, server, up } = await office(t);
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin)]).code, 0);
  await server.stop();
  for (let i = 0; i < 3; ++i) {
    const ran = agent(at, ['once']);
    assert.equal(ran.code, 2);
    assert.match(ran.err, /cannot be reached/);
  }
  assert.equal(queued(at), 3);
  assert.match(agent(at, ['status']).out, /waiting to be sent: 3/);
  const back = await up();
  admin.url = back.url;
  const ran = agent(at, ['once']);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /sent 4 reports/);
  assert.equal(queued(at), 0);
  assert.equal((await admin.get('/devices')).items.length, 1);
});

test('the agent keeps running, reports by itself, survives a server that is killed, and ends when told to', async (t) => {
  const { admin, server, up } = await office(t);
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin)]).code, 0);
  const running = await start(t, 'agent', ['run', '--every', '1', '--folder', join(at, 'agent')], {
    ready: /sent 1 reports/,
    url: 'none',
    env: { XDG_DATA_HOME: at },
  });
  assert.match(agent(at, ['once']).err, /another sekisho agent is running/);
  await server.kill();
  const back = await up();
  admin.url = back.url;
  assert.equal((await admin.get('/devices')).items[0].tally.unknown < 59, true);
  assert.equal(await running.stop(), 0);
  // Its memory, as the kernel counted it, is asked for in bench/.
});

/** A firm with one resource for employees, one of whom has a device; {suspend(reason), restore(id)}. */
async function firmWithDevice(t) {
  const all = await office(t);
  const db = new SqliteFile(all.where);
  const worker = await newPerson(all.admin, ['teleworker'], 'worker@firm.example');
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(all.admin, (await worker.get('/me')).id)]).code, 0);
  db.run(`INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('policy: {name: T, about: T}
resources:
  - {id: files, name: Files, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 7 days, second_factor: none, measures: ["8-3"]}
', 0, 1)`);
  const { id } = (await all.admin.get('/devices')).items[0];
  const suspend = async (reason) =>
    (await all.admin.must('POST', '/access/suspensions', { device: id, reason })).id;
  const restore = (one) => all.admin.must('DELETE', `/access/suspensions/${one}`);
  return { ...all, at, id, suspend, restore };
}

test('the agent hears at once what is closed here and why, that it is open again, and that it is to look', async (t) => {
  const { admin, at, id, suspend, restore } = await firmWithDevice(t);
  const running = await start(t, 'agent', ['run', '--folder', join(at, 'agent')], {
    ready: /sent 1 reports/,
    url: 'none',
    env: { XDG_DATA_HOME: at },
  });
  const says = (what) => until(() => what.test(running.said()), `${what}: ${running.said()}`);
  // Whether this machine's disk is encrypted is not asked here.
  const status = (options) => agent(at, ['status'], options).out;
  await until(() => !/not heard/.test(status()), 'how it stands');
  assert.doesNotMatch(status(), /suspended/);
  const one = await suspend('seen elsewhere');
  await says(/'Files' can't be used from this device now: .*suspended/);
  assert.match(status(), /access: not everything is open\n {2}Files: .*suspended/);
  assert.match(status({ lang: 'ja' }), /使えないものがあります\n {2}Files: .*一時停止/);
  await restore(one);
  await until(() => !/suspended/.test(status()), 'that it is restored');
  await admin.must('POST', `/devices/${id}/look`);
  await says(/asked to look at once[^]*sent 1 reports/);
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'device-asked-to-look'));
  await admin.must('DELETE', `/devices/${id}/certificates`);
  await until(() => /certificate is not valid here/.test(running.said()), 'the refusal');
  assert.equal(await running.stop(), 0);
});

test('a question that is held: over a restart, two of one device, a half that is gone, and a device that ends', async (t) => {
  const { admin, server, up, agents, at, id, suspend } = await firmWithDevice(t);
  const device = {
    state: JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8')),
    key: readFileSync(join(at, 'agent/device.key'), 'utf8'),
  };
  /** What comes of a question; of one that is held, when it has ended, 202. */
  const hold = (since) =>
    ask(agents, `wait?since=${since}`, undefined, { device, method: 'GET' }).catch(() => ({ status: 0 }));
  const told = (reply) => {
    assert.equal(reply.status, 200, reply.text);
    return JSON.parse(reply.text);
  };
  assert.equal((await ask(agents, 'wait?since=', undefined, { method: 'GET' })).status, 403);
  const first = told(await hold(''));
  assert.deepEqual(
    first.closed.map((one) => one.name.en),
    ['Files'],
  ); // it has reported nothing yet
  // What changed while nobody was there is told to whoever asks by what they know.
  const cut = hold(first.word);
  await pause(200);
  await server.stop();
  assert.ok([0, 202].includes((await cut).status));
  admin.url = (await up()).url;
  const waiting = hold(first.word);
  await suspend('seen elsewhere');
  assert.ok([200, 202].includes((await waiting).status));
  const second = told(await hold(first.word));
  assert.match(second.closed[0].why.en, /suspended/);
  assert.deepEqual(told(await hold(first.word)), second);
  // The second question of one device ends the first; one whose device is gone is forgotten.
  const two = [hold(second.word), hold(second.word)];
  assert.equal((await Promise.race(two)).status, 202);
  await admin.must('POST', `/devices/${id}/look`);
  for (const one of two) assert.ok([200, 202].includes((await one).status));
  const third = told(await hold(second.word));
  assert.equal(third.looks, 1);
  const last = hold(third.word);
  await admin.must('DELETE', `/devices/${id}/certificates`);
  assert.ok([202, 403].includes((await last).status));
  assert.equal((await hold(third.word)).status, 403);
});

test('only the server that made the link is believed', async (t) => {
  const { admin, agents } = await office(t);
  const good = await link(admin);
  const at = folder(t);
  const other = good.replace(/\.[0-9a-f]{64}$/, `.${'0'.repeat(64)}`);
  const refused = agent(at, ['enrol', other]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /not the server that made the link/);
  assert.equal(existsSync(join(at, 'agent/device.json')), false);
  assert.match(agent(at, ['enrol', 'https://example.jp']).err, /no enrolment link/);
  assert.equal(agent(at, ['enrol', good]).code, 0, 'the code was not used up');
  // Enrolled, it takes no other server for its own: one with another authority, at the same address.
  const kept = JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8'));
  const elsewhere = await office(t);
  writeFileSync(join(at, 'agent/device.json'), JSON.stringify({ ...kept, server: elsewhere.agents }));
  assert.match(agent(at, ['once']).err, /cannot be reached/);
  assert.equal(queued(at), 1);
  writeFileSync(
    join(at, 'agent/device.json'),
    JSON.stringify({ ...JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8')), server: agents }),
  );
  assert.equal(agent(at, ['once']).code, 0);
});

test('a copied disk is found out, told to the administrator, and helped by enrolling again', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  const copy = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin, admin.me.id)]).code, 0);
  cpSync(join(at, 'agent'), join(copy, 'agent'), { recursive: true });
  assert.equal(agent(at, ['once']).code, 0);
  assert.equal(agent(at, ['once']).code, 0);
  const caught = agent(copy, ['once']);
  assert.equal(caught.code, 2);
  assert.match(caught.err, /two places/);
  assert.match(agent(at, ['once']).err, /two places/);
  const [device] = (await admin.get('/devices')).items;
  assert.ok(device.copied_at);
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'device-copied'));
  const anew = folder(t);
  assert.equal(agent(anew, ['enrol', await link(admin, admin.me.id)]).code, 0);
  assert.equal(agent(anew, ['once']).code, 0);
  const list = (await admin.get('/devices')).items;
  assert.deepEqual([list.length, list[0].id, list[0].copied_at], [1, device.id, null]);
  assert.match(agent(at, ['once']).err, /enrol it again/);
  // And an administrator may end it at any time.
  await admin.must('DELETE', `/devices/${device.id}/certificates`);
  assert.match(agent(anew, ['once']).err, /not valid here/);
});

test('a server that was set back takes its devices again, and finds a copy all the same', async (t) => {
  const { admin, server, up, where, state } = await office(t);
  const [one, two, copy] = [folder(t), folder(t), folder(t)];
  const both = (times) => {
    for (let i = 0; i < times; ++i)
      for (const at of [one, two]) {
        const ran = agent(at, ['once']);
        assert.equal(ran.code, 0, ran.err);
      }
  };
  // Of two people: one installation of nobody's would be one device.
  assert.equal(agent(one, ['enrol', await link(admin, admin.me.id)]).code, 0);
  assert.equal(agent(two, ['enrol', await link(admin)]).code, 0);
  both(1);
  const { token } = await admin.must('POST', '/me/tokens', { name: 't', scopes: ['read'], days: 1 });
  const kept = join(state, 'backup');
  assert.equal(sekisho(state, ['backup', kept, '--database', where]).code, 0);
  both(3);
  // A backup is restored.
  await server.stop();
  for (const end of ['', '-wal', '-shm']) rmSync(where + end, { force: true });
  assert.equal(sekisho(state, ['restore', kept, '--database', where]).code, 0);
  const restored = await up();
  // Who was signed in then may have been signed out since; what programs work with goes on.
  admin.url = restored.url;
  await admin.refused(401, 'GET', '/devices');
  both(3);
  // Its machine goes back to a snapshot, without a word to anybody.
  await restored.stop();
  cpSync(where, join(state, 'snapshot'));
  const further = await up();
  both(1);
  cpSync(join(one, 'agent'), join(copy, 'agent'), { recursive: true });
  both(3);
  await further.stop();
  cpSync(join(state, 'snapshot'), where);
  const reader = new Client((await up()).url, { token });
  both(2);
  assert.ok((await reader.get('/devices')).items.every((device) => device.copied_at === null));
  const caught = agent(copy, ['once']);
  assert.equal(caught.code, 2);
  assert.match(caught.err, /two places/);
  assert.match(agent(one, ['once']).err, /two places/);
  assert.equal(agent(two, ['once']).code, 0, 'and nobody else is touched');
});

test('a device is enrolled again in its place', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin, admin.me.id)]).code, 0);
  assert.equal(agent(at, ['once']).code, 0);
  const [device] = (await admin.get('/devices')).items;
  await admin.must('DELETE', `/devices/${device.id}/certificates`);
  assert.match(agent(at, ['once']).err, /not valid here/);
  const anew = await link(admin, admin.me.id);
  assert.match(agent(at, ['enrol', anew]).err, /--again/);
  const enrolled = agent(at, ['enrol', '--again', anew]);
  assert.equal(enrolled.code, 0, enrolled.err);
  assert.equal(queued(at), 0, 'what waited was signed with the key before');
  assert.equal(agent(at, ['once']).code, 0);
  const list = (await admin.get('/devices')).items;
  assert.deepEqual(
    list.map((one) => one.id),
    [device.id],
  );
});

test('what the server has to check by reaches its agents, signed, and nobody else’s does', async (t) => {
  const { admin, state } = await office(t);
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin)]).code, 0);
  assert.equal(sekisho(state, ['feeds', 'update', '--from', join(feeds, 'known-exploited.json')]).code, 0);
  const took = agent(at, ['once']);
  assert.match(took.out, /took new content/, took.err);
  const taken = join(at, 'agent/content/known-exploited.json');
  assert.equal(
    readFileSync(taken, 'utf8'),
    readFileSync(join(state, 'sekisho/known-exploited.json'), 'utf8'),
  );
  assert.doesNotMatch(agent(at, ['once']).out, /took new content/);
  // What the disk garbled is fetched again.
  writeFileSync(taken, 'garbled');
  assert.match(agent(at, ['once']).out, /took new content/);
  const before = readFileSync(taken, 'utf8');
  assert.notEqual(before, 'garbled');

  const file = join(at, 'agent/device.json');
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, content: '', content_key: `${'A'.repeat(42)}E` }));
  const ran = agent(at, ['once']);
  assert.match(ran.err, /not signed by this server/);
  assert.equal(readFileSync(taken, 'utf8'), before);
});

/** A request as the device of a folder, or as nobody. */
function ask(agents, path, body, { device, gzip = false, method = 'POST' } = {}) {
  const text =
    body === undefined
      ? undefined
      : typeof body === 'string' || Buffer.isBuffer(body)
        ? body
        : JSON.stringify(body);
  const shown = device ? { cert: device.state.certificate, key: device.key } : {};
  return new Promise((done, failed) => {
    const sent = request(
      `${agents}/agent/v1/${path}`,
      {
        method,
        rejectUnauthorized: false,
        agent: false,
        ...shown,
        headers: gzip ? { 'content-encoding': 'gzip' } : {},
      },
      (reply) => {
        const parts = [];
        reply.on('data', (part) => parts.push(part));
        reply.on('error', () => {}); // it broke off, which is how what is held ends
        reply.on('close', () => done({ status: reply.statusCode, text: Buffer.concat(parts).toString() }));
      },
    );
    sent.on('error', failed);
    sent.end(text);
  });
}

test('malformed, huge, compressed to burst, of a wrong clock or by a stranger: refused, and the rest goes on', async (t) => {
  const { admin, agents, server } = await office(t);
  const at = folder(t);
  assert.equal(agent(at, ['enrol', await link(admin)]).code, 0);
  const state = JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8'));
  const device = { state, key: readFileSync(join(at, 'agent/device.key'), 'utf8') };
  const now = () => new Date().toISOString().replace(/\.\d+/, '');
  const delivery = (more = {}) => ({ sent_at: now(), turn: state.turn, reports: [], ...more });
  const status = async (...words) => (await ask(agents, ...words)).status;

  assert.equal(await status('reports', '{', { device }), 400);
  assert.equal(await status('reports', delivery({ more: 1 }), { device }), 400);
  assert.equal(
    await status('reports', delivery({ reports: Array(65).fill({ body: '', signature: '' }) }), { device }),
    400,
  );
  assert.equal(await status('reports', gzipSync(Buffer.alloc(64 << 20)), { device, gzip: true }), 413);
  assert.equal(await status('reports', 'x'.repeat(2 << 20), { device }), 413);
  const late = await ask(agents, 'reports', delivery({ sent_at: '2020-01-01T00:00:00Z' }), { device });
  assert.equal(late.status, 422);
  assert.match(JSON.parse(late.text).reason.ja, /時計/);
  assert.equal(await status('reports', delivery()), 403);
  assert.equal(await status('nothing', '{}', { device }), 404);
  // A certificate of another authority doesn't get past the handshake.
  const own = folder(t);
  must('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${own}/key`,
    '-out',
    `${own}/cert`,
    '-subj',
    `/CN=${state.device}`,
    '-days',
    '2',
  ]);
  await assert.rejects(
    ask(agents, 'reports', delivery(), {
      device: {
        state: { certificate: readFileSync(`${own}/cert`, 'utf8') },
        key: readFileSync(`${own}/key`, 'utf8'),
      },
    }),
  );

  // The protocol as documented, spoken by another program. Of older readers a pass and a "does not apply" are
  // no proof here; of newer ones they are, and a fail is one of any.
  let sequence = 0;
  const tell = async (verdict, readers) => {
    const body = JSON.stringify({
      device: state.device,
      sequence: ++sequence,
      observed_at: now(),
      host: 'pc',
      machine: must('sh', [
        '-c',
        'printf \'sekisho device %s\' "$(cat /etc/machine-id)" | sha256sum | cut -c1-64',
      ]).trim(),
      system: { id: 'debian', version: '12', name: 'Debian' },
      records: [
        { check: 'disk-encryption', verdict, detail: { ja: '暗号化', en: 'encrypted' } },
        { check: 'of-another-version', verdict: 'fail', detail: { ja: '', en: '' } },
        ...(readers ? [{ check: 'readers', verdict: 'unknown', detail: { ja: readers, en: readers } }] : []),
      ],
    });
    const signature = createSign('SHA256').update(body).sign(device.key).toString('base64url');
    const reply = await ask(agents, 'reports', delivery({ reports: [{ body, signature }] }), { device });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(JSON.parse(reply.text).up_to, sequence);
    assert.deepEqual(JSON.parse(reply.text).refused, []);
    const { tally } = (await admin.get('/devices')).items[0];
    return [tally.pass, tally.fail, tally.not_applicable];
  };
  const known = readFileSync(new URL('../../src/evidence/readers.h', import.meta.url), 'utf8');
  // The last change that concerns this check, or all.
  const last = Math.max(
    ...[...known.matchAll(/ReadersChange\{(\d+),\s*((?:"[^"]*"\s*)+)\}/g)]
      .filter(([, , checks]) => /^""\s*$/.test(checks) || checks.includes('disk-encryption'))
      .map((m) => Number(m[1])),
  );
  assert.deepEqual(await tell('pass', '1000'), [1, 0, 0]);
  for (const older of ['1', `${last - 1}`, '0', '-1', 'x', undefined]) {
    assert.deepEqual(await tell('pass', older), [0, 0, 0], older);
    assert.deepEqual(await tell('not_applicable', older), [0, 0, 0], older);
  }
  assert.deepEqual(await tell('fail', '1'), [0, 1, 0]);
  assert.deepEqual(await tell('pass', `${last}`), [1, 0, 0]);
  assert.doesNotMatch(server.said(), new RegExp(state.turn));
});

test('a link is no good after its time, and cannot be guessed', async (t) => {
  const { agents } = await office(t);
  for (const path of ['authority']) {
    const { status, text } = await ask(agents, path, undefined, { method: 'GET' });
    assert.equal(status, 200);
    assert.match(text, /BEGIN CERTIFICATE/);
    assert.doesNotMatch(text, /PRIVATE/);
  }
  assert.equal(
    (
      await ask(agents, 'enrol', {
        code: 'x',
        request: 'x',
        host: 'x',
        machine: '0'.repeat(64),
        system: { id: '', version: '', name: '' },
      })
    ).status,
    403,
  );
});
