// SPDX-License-Identifier: Apache-2.0
// Enforcers on other machines, over mutual TLS: a real guard and sshd in a network of their own, from which nothing but
// one cable leads to the server.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Enforcer } from './enforcer.mjs';
import { alive, ground, until } from './ground.mjs';
import { atEnd, folder, must, sekisho } from './sekisho.mjs';
import { firstAdministrator, freePort, newPerson, serve } from './server.mjs';
import { SqliteFile } from './sqlite.mjs';

const policy = (second) => `policy: {name: Test, about: For a test.}
resources:
  - {id: db1, name: Database, kind: server, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 3 days, second_factor: ${second}, measures: ["8-3"]}
  - {id: db2, name: Other, kind: server, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 3 days, second_factor: none, measures: ["8-3"]}
`;
const aoi = 'aoi@example.jp';
const seconds = () => Math.floor(Date.now() / 1000);

/** A server, and somebody whose sound laptop has the key `spki`. */
async function office(t, spki, { second = 'none', args = [] } = {}) {
  const where = join(folder(t), 's.db');
  const state = folder(t);
  const port = await freePort();
  const server = await serve(t, where, ['--enforcers-listen', `127.0.0.1:${port}`, ...args]);
  const { admin } = await firstAdministrator(server);
  const worker = await newPerson(admin, ['teleworker'], aoi);
  const db = new SqliteFile(where);
  const id = db.column(`SELECT id FROM person WHERE email = '${aoi}'`)[0];
  let change = 1000;
  const saw = (check, verdict) =>
    db.run(
      `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en) VALUES (${(change += 1)}, 'host:pc', '${check}', '${verdict}', ${seconds()}, ${seconds()}, ${seconds() + 86400}, 'collector:host', '-', '-')`,
    );
  const certified = (fingerprint, key) =>
    db.run(
      `INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (70, '${fingerprint}', '${key}', 0, ${seconds() + 86400})`,
    );
  db.run(
    `INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${policy(second)}', ${seconds()}, 1);
     INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (70, 'host:pc', 'pc', ${id}, 'active', 0, 0)`,
  );
  certified('0'.repeat(64), spki.toString('base64url'));
  for (const check of ['disk-encryption', 'swap-encryption']) saw(check, 'pass');
  const enforcer = (...words) => sekisho(state, ['access', 'enforcer', ...words, '--database', where]);
  const key = createHash('sha256').update(spki).digest('base64url');
  return { db, port, admin, worker, id, saw, certified, enforcer, key };
}

/** From 127.0.0.1:8484 of the other machine's network to the server, and nothing else. */
async function cable(t, place, port) {
  const socket = join(folder(t), 'cable.sock');
  const out = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      // prettier-ignore
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }).listen(socket);
  await once(out, 'listening');
  atEnd(t, () => out.close());
  const there = place.begin([
    process.execPath,
    '-e',
    `require('net').createServer((a) => { const b = require('net').connect(process.argv[1]); for (const one of [a, b]) one.on('error', () => {}); a.pipe(b).pipe(a); a.on('close', () => b.destroy()); b.on('close', () => a.destroy()); }).listen(8484, '127.0.0.1', () => console.log('there'))`,
    socket,
  ]);
  await until(() => /there/.test(there.said()), 'the cable');
}

const certificatesOf = (pem) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g);
const fingerprintOf = (pem) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

test('sshd on another machine: certified, renewed while running, revoked at once', async (t) => {
  const at = folder(t);
  const identity = join(at, 'enforcer.pem');
  const place = await ground(t, {
    settings: `enforcer: ssh-db1\nresource: db1\nserver: 127.0.0.1:8484\nidentity: ${identity}\nlogins: {aoki: ${aoi}}\noutage_seconds: 5\n`,
  });
  const { port, saw, enforcer, db } = await office(t, place.publicKey('laptop'));
  const given = enforcer('add', 'ssh-db1', '--resource', 'db1');
  assert.equal(given.code, 0, given.err);
  assert.match(given.err, /holds a key/);
  writeFileSync(identity, given.out, { mode: 0o600 });
  await cable(t, place, port);
  const guard = await place.guard();
  await place.sshd();
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'the first to come in');

  // What travelled is worth nothing any more; what took its place lasts.
  await until(() => readFileSync(identity, 'utf8') !== given.out, `a key of its own: ${guard.said()}`);
  assert.equal(statSync(identity).mode & 0o777, 0o600);
  const starter = fingerprintOf(certificatesOf(given.out)[0]);
  const ends = () =>
    db.column(`SELECT revoked_at FROM enforcer_certificate WHERE fingerprint = '${starter}'`)[0];
  await until(() => ends(), 'the end of the first certificate');
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'in by the next');
  assert.match(enforcer('list').out, /^ssh-db1 +good +db1 .*until/);

  // Evidence cuts there as it does here.
  const stay = `trap '' HUP TERM; echo pid $$; echo in; while :; do sleep 1; done`;
  const inside = async () => {
    const session = place.stay(stay);
    await until(() => /\bin\r/.test(session.said()), `the session: ${session.said()}`);
    return { ...session, pids: [/pid (\d+)/.exec(session.said())[1]] };
  };
  const one = await inside();
  saw('disk-encryption', 'fail');
  await until(() => alive(one.pids).length === 0, 'the cut');
  assert.match(one.said(), /8-3/);
  saw('disk-encryption', 'pass');
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'the mended one');

  const last = await inside();
  assert.equal(enforcer('revoke', 'ssh-db1').code, 0);
  await until(() => alive(last.pids).length === 0, 'the cut of who is held by one that was revoked');
  assert.match(last.said(), /was revoked/);
  assert.equal((await place.ssh('echo in')).out, '');
  assert.match(enforcer('list').out, /revoked/);
  assert.equal(enforcer('revoke', 'ssh-db1').code, 2);
  // Set up anew it is welcome, without the guard being started anew.
  writeFileSync(identity, enforcer('add', 'ssh-db1', '--resource', 'db1').out, { mode: 0o600 });
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'in again');
});

test('client_certificate_names_itself: no device, stranger or other name passes for an enforcer', async (t) => {
  const agents = await freePort();
  const { publicKey } = await (
    await import('node:crypto')
  ).generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const firm = await office(t, spki, { args: ['--agents', `127.0.0.1:${agents}`] });
  const { port, enforcer, db, certified, key } = firm;
  const identity = (pem) => ({
    key: pem,
    cert: certificatesOf(pem)[0],
    ca: certificatesOf(pem).slice(1).join(''),
  });
  const at = (who, name, more = {}) => Enforcer.at(t, { port, host: '127.0.0.1', ...who, ...more }, name);
  const own = identity(enforcer('add', 'vpn', '--resource', 'db1').out);
  // A server that runs hears of it a moment later.
  const good = await until(async () => {
    const one = await at(own, 'vpn');
    return one.welcome && one;
  }, 'the first to be let in');
  assert.equal(good.welcome.type, 'hello', JSON.stringify(good.fault));
  assert.ok(await good.enter('db1', aoi, key));
  // It asks about what it was registered for.
  assert.deepEqual((await good.ask('db2', aoi, key)).codes, ['resource_unknown']);

  const refused = async (who, name, why) => {
    const one = await at(who, name);
    assert.equal(one.welcome, null, why);
  };
  await refused(own, 'ssh-db1', 'the name of another');
  await refused({ ...own, key: undefined, cert: undefined }, 'vpn', 'no certificate');
  // A device's, of the same authority, and known as one.
  const folder_ = folder(t);
  const file = (name) => join(folder_, name);
  const setting = (name) => db.column(`SELECT value FROM setting WHERE name = '${name}'`).join('\n') + '\n';
  writeFileSync(file('ca.key'), setting('agents.key'));
  writeFileSync(file('ca.crt'), setting('agents.certificate'));
  const made = (name, authority, subject = 'vpn') => {
    writeFileSync(file('ext'), 'extendedKeyUsage=clientAuth\nsubjectAltName=URI:urn:sekisho:enforcer:vpn\n');
    must('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${subject}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`)]); // prettier-ignore
    must('openssl', ['x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${authority}.crt`), '-CAkey', file(`${authority}.key`), '-CAcreateserial', '-days', '2', '-extfile', file('ext'), '-out', file(`${name}.crt`)]); // prettier-ignore
    return { ...own, key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.crt`)) };
  };
  const device = made('device', 'ca');
  certified(fingerprintOf(device.cert), 'AAAA');
  await refused(device, 'vpn', 'a device’s certificate');
  must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', file('other.key'), '-out', file('other.crt')]); // prettier-ignore
  await refused(made('foreign', 'other'), 'vpn', 'another authority');
  // And the other way: an enforcer's is no device's.
  const agent = (who) =>
    new Promise((done, failed) =>
      request({ port: agents, host: '127.0.0.1', path: '/agent/v1/content', ...who }, (reply) => {
        reply.resume();
        done(reply.statusCode);
      })
        .on('error', failed)
        .end(),
    );
  assert.equal(await agent(device), 200);
  assert.equal(await agent(own), 403);

  // Renewed by its own words, and then the one before is worth nothing.
  const request_ = made('next', 'ca') && readFileSync(file('next.csr'), 'utf8');
  const renewed = await good.request({ type: 'renew', request: request_ });
  assert.equal(renewed.type, 'certificate');
  const next = { ...own, key: readFileSync(file('next.key')), cert: renewed.certificate };
  const second = await at(next, 'vpn');
  assert.equal(second.welcome.type, 'hello');
  await good.gone;
  await until(async () => (await at(own, 'vpn')).welcome === null, 'the end of the first');
  assert.equal((await second.request({ type: 'renew', request: 'nonsense' })) ?? null, null);
  assert.ok(second.fault);
  // However many stay silent at the door, who has a certificate comes in.
  const silent = [];
  for (let i = 0; i < 40; ++i) {
    const one = connect(port, '127.0.0.1');
    one.on('error', () => {});
    silent.push(one);
    await new Promise((done) => one.once('connect', done));
  }
  const third = await at(next, 'vpn');
  assert.equal(third.welcome?.type, 'hello');
  for (const one of silent) one.destroy();
  // TLS 1.2 without a certificate for it, plain text, and nothing at all: nothing comes of them.
  const plain = connect(port, '127.0.0.1');
  plain.end('{"type":"hello","version":1,"enforcer":"vpn"}\n');
  let said = '';
  plain.on('data', (data) => (said += data));
  plain.on('error', () => {});
  await new Promise((done) => plain.on('close', done));
  assert.doesNotMatch(said, /hello/);
});

test('a second factor for SSH is shown in the console, for one device, and nobody comes in by it once it was reset', async (t) => {
  const at = folder(t);
  const identity = join(at, 'enforcer.pem');
  const place = await ground(t, {
    settings: `enforcer: ssh-db1\nresource: db1\nserver: 127.0.0.1:8484\nidentity: ${identity}\nlogins: {aoki: ${aoi}}\n`,
  });
  const { port, worker, enforcer, admin, id, db } = await office(t, place.publicKey('laptop'), {
    second: '12 hours',
  });
  writeFileSync(identity, enforcer('add', 'ssh-db1', '--resource', 'db1').out, { mode: 0o600 });
  await cable(t, place, port);
  await place.guard();
  await place.sshd();
  let refused;
  await until(
    async () => /\/applications/.test((refused = await place.ssh('echo in')).err),
    'where to show it',
  );
  assert.equal(refused.out, '');
  assert.match(refused.err, /http:\/\/\S+\/applications を開き/);
  assert.match(refused.err, /Open http:\/\/\S+\/applications, choose/);
  // Of nobody else's device, and only within minutes of it.
  db.run(
    `INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (71, 'host:b', 'b', 1, 'active', 0, 0)`,
  );
  db.run(`UPDATE session SET code_at = ${seconds() - 3600}, passkey_at = 0`);
  const confirm = (device) => worker.call('POST', '/access/confirmations', { device });
  const late = await confirm(70);
  assert.deepEqual([late.status, late.json.type], [403, 'proof-needed']);
  db.run(`UPDATE session SET code_at = ${seconds()}`);
  assert.equal((await confirm(71)).status, 422);
  assert.equal((await place.ssh('echo in')).out, '');
  assert.equal((await confirm(70)).status, 204);
  const [known] = (await worker.get('/access/confirmations')).items;
  assert.deepEqual([known.id, known.name], [70, 'pc']);
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'in');
  // Another key of theirs is another device.
  assert.equal((await place.ssh('echo in', { key: 'other' })).out, '');

  await admin.must('DELETE', `/people/${id}/factors`);
  assert.equal((await place.ssh('echo in')).out, '');
});
