// SPDX-License-Identifier: Apache-2.0
// Several whole servers on one PostgreSQL, of which one is killed and another cut off from the database: what was
// acknowledged by one holds at all of them a second later, and whoever can't know lets nobody in.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Enforcer } from './enforcer.mjs';
import { alive, ground, until } from './ground.mjs';
import { atEnd, folder, must } from './sekisho.mjs';
import { database, firstAdministrator, serve } from './server.mjs';

/** What stands between a server and its database: passes all, holds all back without a word, or refuses. */
class Cable {
  static async to(t, url) {
    const one = new Cable();
    const target = new URL(url);
    Object.assign(one, { state: 'whole', pairs: new Set() });
    const port = Number(target.port);
    one.server = createServer((near) => one.join(near, connect(port, target.hostname)));
    one.server.listen(0, '127.0.0.1');
    await once(one.server, 'listening');
    target.port = one.server.address().port;
    one.url = target.href;
    atEnd(t, () => {
      one.refuse();
      one.server.close();
    });
    return one;
  }
  join(near, far) {
    const pair = [near, far];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
      from.on('error', () => {});
      from.on('data', (data) => {
        if (this.state === 'whole') to.write(data);
        else this.held.push([to, data]);
      });
      from.on('close', () => {
        this.pairs.delete(pair);
        to.destroy();
      });
    }
    if (this.state === 'refused') pair.forEach((end) => end.destroy());
  }
  held = [];
  freeze() {
    this.state = 'frozen';
  }
  refuse() {
    this.state = 'refused';
    for (const pair of this.pairs) pair.forEach((end) => end.destroy());
  }
  mend() {
    this.state = 'whole';
    for (const [to, data] of this.held.splice(0)) to.write(data);
  }
}

const policy = `policy: {name: Test, about: For a test.}
resources:
  - {id: db1, name: Database, kind: server, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 3 days, second_factor: none, measures: ["8-3"]}
`;
const aoi = 'aoi@example.jp';

/** A firm of three servers, and somebody with a sound laptop whose key is `spki`. */
async function firm(t, spki, at = folder(t)) {
  const url = database(t, 'postgres');
  const sql = (text) => must('psql', ['-qAt', url, '-c', text]).trim();
  const cable = await Cable.to(t, url);
  const socket = (name) => join(at, `${name}.sock`);
  const up = (name, where = url) => serve(t, where, ['--enforcers', socket(name)]);
  const a = await up('a');
  const { admin } = await firstAdministrator(a);
  const now = Math.floor(Date.now() / 1000);
  const saw = (check, verdict) =>
    sql(`INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en)
         SELECT COALESCE(MAX(change), 0) + 1, 'host:pc', '${check}', '${verdict}', ${now}, ${now}, ${now + 86400}, 'collector:host', '-', '-' FROM evidence`);
  sql(`INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${policy}', ${now}, 1);
       INSERT INTO person (id, email, name, roles, lang, state, totp_step, recovery, created_at) VALUES (70, '${aoi}', 'Aoi', 'teleworker', 'ja', 'active', 0, '', 0);
       INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (70, 'host:pc', 'pc', 70, 'active', 0, 0);
       INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (70, '${'0'.repeat(64)}', '${spki.toString('base64url')}', 0, ${now + 86400})`);
  for (const check of ['disk-encryption', 'swap-encryption']) saw(check, 'pass');
  const key = createHash('sha256').update(spki).digest('base64url');
  const b = await up('b');
  const c = await up('c', cable.url);
  return { sql, cable, socket, up, b, c, admin, saw, key };
}

const laptop = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });

/** Asks again and again, and notes what was allowed by when it was asked. */
function asking(t, enforcer, key) {
  const told = [];
  let on = true;
  atEnd(t, () => (on = false));
  (async () => {
    while (on) {
      const at = performance.now();
      const verdict = await enforcer.ask('db1', aoi, key);
      if (!verdict) return;
      told.push({ at, answer: verdict.answer, codes: verdict.codes });
      await pause(10);
    }
  })();
  return { told, since: (at) => told.filter((one) => one.at > at) };
}

for (const cut of ['freeze', 'refuse'])
  test(`partition_contradicts_no_suspension: three servers, one killed, one cut off (${cut})`, async (t) => {
    const { cable, socket, up, b, admin, key, sql } = await firm(t, laptop());
    const at = async (name) => Enforcer.at(t, socket(name), `vpn-${name}`);
    const [first, second, third] = [await at('a'), await at('b'), await at('c')];
    for (const one of [first, second, third])
      await until(() => one.enter('db1', aoi, key), 'somebody in at each');
    const begun = (await third.ask('db1', aoi, key)).token;

    await b.kill();
    cable[cut]();
    const here = asking(t, first, key);
    const apart = asking(t, third, key);
    await pause(300);
    const { status } = await admin.call('POST', '/access/suspensions', { person: 70, reason: 'test' });
    const acknowledged = performance.now();
    assert.equal(status, 201);
    await until(() => first.cuts.length === 1, 'the cut where it was said');
    await pause(2000);
    assert.deepEqual(
      here.since(acknowledged).filter((one) => one.answer !== 'deny'),
      [],
    );
    // Elsewhere a second later.
    const late = apart.since(acknowledged + 1000);
    assert.ok(late.length > 10, `${late.length} asked`);
    assert.deepEqual(
      late.filter((one) => one.answer !== 'deny'),
      [],
    );
    assert.ok(late.every((one) => one.codes.includes('snapshot_over')));
    // What was allowed before comes to nothing now.
    assert.equal((await third.request({ type: 'opened', token: begun, handle: 'late' })).live, false);
    // Whom the lonely one holds goes by its bound alone.
    await until(() => third.cuts.length > 0, 'the cut where nothing is heard');

    cable.mend();
    await until(
      () => apart.told.at(-1).codes.includes('person_suspended'),
      'the suspension, at the lonely one',
    );
    await up('b');
    const again = await at('b');
    await until(
      async () => (await again.ask('db1', aoi, key)).codes.includes('person_suspended'),
      'at the new one',
    );
    sql('UPDATE access_suspension SET restored_at = 1');
    for (const one of [first, again, third])
      await until(() => one.enter('db1', aoi, key), 'in again everywhere');
  });

test('a server that stood still answers nothing by what it knew before', async (t) => {
  const { socket, c, admin, key } = await firm(t, laptop());
  const third = await Enforcer.at(t, socket('c'), 'vpn-c');
  await until(() => third.enter('db1', aoi, key), 'somebody in');
  c.child.kill('SIGSTOP');
  const asked = pause(1500).then(() => third.ask('db1', aoi, key));
  await admin.must('POST', '/access/suspensions', { person: 70, reason: 'test' });
  await pause(1700);
  c.child.kill('SIGCONT');
  assert.equal((await asked).answer, 'deny');
  await until(() => third.cuts.length > 0, 'the cut');
});

test('what one server is told cuts at another, with a client that ignores polite messages; cut off, by its bound', async (t) => {
  const at = folder(t);
  const settings = `enforcer: ssh-db1\nresource: db1\nserver: ${at}/c.sock\nlogins: {aoki: ${aoi}}\noutage_seconds: 60\n`;
  const place = await ground(t, { settings });
  const { cable, admin, saw } = await firm(t, place.publicKey('laptop'), at);
  await place.guard();
  await place.sshd();
  const stubborn = `trap '' HUP TERM INT; (trap '' HUP TERM; setsid sh -c 'trap "" HUP TERM; echo pid $$; while :; do sleep 1; done') &
    echo pid $$; echo in; while :; do sleep 1; done`;
  const inside = async () => {
    const session = place.stay(stubborn);
    await until(() => /\bin\r/.test(session.said()), `the session: ${session.said()}`);
    const pids = await until(() => {
      const found = [...session.said().matchAll(/pid (\d+)/g)].map((one) => one[1]);
      return found.length === 2 && found;
    }, 'its processes');
    return { ...session, pids };
  };
  const one = await inside();
  saw('disk-encryption', 'fail');
  await until(() => alive(one.pids).length === 0, 'the end, by another server’s evidence');
  assert.match(one.said(), /8-3/);
  saw('disk-encryption', 'pass');
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'the mended one');

  const other = await inside();
  cable.freeze();
  await admin.must('POST', '/access/suspensions', { person: 70, reason: 'test' });
  await until(() => alive(other.pids).length === 0, 'the end where nothing is heard');
  assert.equal((await place.ssh('echo in')).out, '');
  cable.mend();
  await until(async () => /suspended/.test((await place.ssh('echo in')).err), 'the reason');
});
