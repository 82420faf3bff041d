// SPDX-License-Identifier: Apache-2.0
// SSH under Sekisho's decisions: Debian's sshd, PAM and a real guard. The server at the other end is written here from
// docs/access-protocol.md alone, so that what it says is enough to write one end of it.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { alive, ground, until } from './ground.mjs';
import { atEnd, folder } from './sekisho.mjs';
import { firstAdministrator, serve } from './server.mjs';
import { SqliteFile } from './sqlite.mjs';

const why = {
  ja: 'ディスクが暗号化されていません。暗号化してください。',
  en: 'The disk is not encrypted. Encrypt it.',
};

/** The server's end of the protocol; who may come in is `may`, by the digest of their key. */
class Server {
  constructor(t, socket) {
    Object.assign(this, {
      socket,
      keys: [],
      may: new Map(),
      live: new Map(),
      asked: [],
      done: [],
      refuseOpen: false,
    });
    atEnd(t, () => this.down());
  }
  async up() {
    this.connections = new Set();
    this.server = createServer((connection) => {
      this.connections.add(connection);
      let text = '';
      connection.on('data', (data) => {
        text += data;
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          this.take(connection, JSON.parse(text.slice(0, end)));
          text = text.slice(end + 1);
        }
      });
      connection.on('error', () => {});
      connection.on('close', () => this.connections.delete(connection));
    }).listen(this.socket);
    await once(this.server, 'listening');
  }
  async down() {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const connection of this.connections) connection.destroy();
    await closed;
    this.server = undefined;
  }
  take(connection, message) {
    const say = (answer) => connection.write(`${JSON.stringify(answer)}\n`);
    const { type, id, token, handle } = message;
    if (type === 'hello') say({ type: 'hello', version: 1 });
    if (type === 'alive') say({ type: 'alive' });
    if (type === 'keys') say({ type: 'keys', id, keys: this.keys.map((key) => key.toString('base64url')) });
    if (type === 'ask') {
      this.asked.push(message);
      const allowed = this.may.get(message.key) === message.person;
      if (!allowed) say({ type: 'verdict', id, answer: 'deny', codes: ['measure_failing'], words: why });
      else
        say({
          type: 'verdict',
          id,
          answer: 'allow',
          codes: [],
          token: randomBytes(32).toString('base64url'),
        });
    }
    if (type === 'opened') {
      if (!this.refuseOpen) this.live.set(token, handle);
      say({ type: 'live', id, live: !this.refuseOpen });
    }
    if (type === 'held') say({ type: 'live', id, live: this.live.get(token) === handle });
    if (type === 'closed') this.live.delete(token);
    if (type === 'cut-done') this.done.push(message);
  }
  cutAll() {
    for (const token of this.live.keys())
      for (const connection of this.connections)
        connection.write(`${JSON.stringify({ type: 'cut', token, why })}\n`);
    this.live.clear();
  }
}

/** Somebody with a laptop, an SSH server with a guard, and what the guard asks. */
async function firm(t, more = {}) {
  const socket = join(folder(t), 'enforcers.sock');
  const settings = `enforcer: ssh-db1\nresource: db1\nserver: ${socket}\nlogins: {aoki: aoi@example.jp}\noutage_seconds: 5\n`;
  const place = await ground(t, { settings, ...more });
  const server = new Server(t, socket);
  await server.up();
  server.keys = [place.publicKey('laptop'), place.publicKey('other')];
  const digest = (name) => createHash('sha256').update(place.publicKey(name)).digest('base64url');
  server.may.set(digest('laptop'), 'aoi@example.jp');
  const guard = await place.guard();
  await place.sshd();
  return { place, server, guard, digest };
}

/** What a hostile one leaves behind, and says by number. */
const leave = `trap '' HUP TERM; setsid sh -c 'trap "" HUP TERM; echo pid $$; while :; do sleep 1; done' &
nohup sleep 1000 > /dev/null 2>&1 & echo pid $!; (sleep 1001 & echo pid $!); echo pid $$; echo in; while :; do sleep 1; done`;

async function stays(place) {
  const session = place.stay(leave);
  await until(() => /\bin\r/.test(session.said()), `the session: ${session.said()}`);
  const pids = await until(() => {
    const found = [...session.said().matchAll(/pid (\d+)/g)].map((one) => one[1]);
    return found.length === 4 && found;
  }, 'its processes');
  assert.equal(alive(pids).length, 4);
  return { ...session, pids };
}

test('who may comes in by the key of their device, and who may not reads why', async (t) => {
  const { place, server, digest } = await firm(t);
  const inside = await place.ssh('echo in as $(id -un)');
  assert.equal(inside.out, 'in as aoki\n', inside.err);
  const [asked] = server.asked;
  assert.deepEqual(asked, {
    type: 'ask',
    id: asked.id,
    resource: 'db1',
    person: 'aoi@example.jp',
    key: digest('laptop'),
    from: '127.0.0.1',
  });
  await until(() => server.live.size === 0, 'the end of the session');

  const refused = await place.ssh('echo in', { key: 'other' });
  assert.notEqual(refused.code, 0);
  assert.equal(refused.out, '');
  assert.match(refused.err, /ディスクが暗号化されていません。/);
  assert.match(refused.err, /The disk is not encrypted\. Encrypt it\./);

  // Decided, then suspended before the session is there: nothing of it runs.
  server.refuseOpen = true;
  const late = await place.ssh('echo in');
  assert.notEqual(late.code, 0);
  assert.equal(late.out, '');
});

test('a session ends with all that it started, and is told why, when the device goes bad', async (t) => {
  const { place, server } = await firm(t);
  const session = await stays(place);
  const second = await stays(place);
  assert.equal(server.live.size, 2);
  // What is left of a connection that broke is still somebody's.
  await second.end('SIGKILL');
  server.cutAll();
  await until(() => server.done.length === 2, 'the acknowledgements');
  t.diagnostic(`cut in ${server.done.map((one) => one.took_ms).join(' and ')} ms`);
  assert.deepEqual(alive(session.pids), []);
  assert.deepEqual(alive(second.pids), []);
  await session.gone;
  assert.match(session.said(), /ディスクが暗号化されていません。/);
  assert.match(session.said(), /The disk is not encrypted\./);
});

test('without the server nobody new comes in, who is in stays for a bound, and after it both agree', async (t) => {
  const { place, server, digest } = await firm(t);
  const session = await stays(place);
  await server.down();
  const refused = await place.ssh('echo in');
  assert.equal(refused.out, '');
  assert.match(refused.err, /server cannot be reached/);
  assert.equal(alive(session.pids).length, 4);
  // A server that has forgotten all is asked anew.
  const before = [...server.live.keys()];
  server.live.clear();
  await server.up();
  await until(() => server.live.size === 1, 'the session again');
  assert.notDeepEqual([...server.live.keys()], before);
  assert.equal(alive(session.pids).length, 4);
  // One that would refuse now has it cut.
  await server.down();
  server.live.clear();
  server.may.delete(digest('laptop'));
  await server.up();
  await until(() => alive(session.pids).length === 0, 'the end');

  server.may.set(digest('laptop'), 'aoi@example.jp');
  const another = await stays(place);
  await server.down();
  await until(() => alive(another.pids).length === 0, 'the end by the bound');
  assert.match(another.said(), /has not been reached for long/);
});

test('a guard that was killed knows who is in when it is started again', async (t) => {
  const { place, server, guard } = await firm(t, { breakGlass: 'kinkyu', logins: ['aoki', 'kinkyu'] });
  const session = await stays(place);
  await guard.end('SIGKILL');
  const refused = await place.ssh('echo in');
  assert.equal(refused.out, '');
  // Nobody hands out keys either: the account for emergencies has its own in a file.
  const emergency = await place.ssh('echo in', { key: 'other', login: 'kinkyu' });
  assert.equal(emergency.out, 'in\n', emergency.err);
  assert.equal((await place.ssh('echo in', { key: 'other' })).out, '');
  assert.equal(alive(session.pids).length, 4);
  await place.guard();
  await until(() => server.live.size === 1, 'the session');
  server.cutAll();
  await until(() => alive(session.pids).length === 0, 'the end');
});

test('pam_fails_closed: without the module nobody comes in', async (t) => {
  const { place } = await firm(t);
  assert.equal((await place.ssh('echo in')).out, 'in\n');
  place.sh('rm /mnt/pam_sekisho.so');
  assert.equal((await place.ssh('echo in')).out, '');
});

const policy = `policy: {name: Test, about: For a test.}
resources:
  - id: db1
    name: Database
    kind: server
    sensitivity: low
    who: {roles: [teleworker]}
    device: registered
    own_devices: false
    evidence: 3 days
    second_factor: none
    measures: ["8-3"]
`;

test('with the server itself: what a device reports cuts who is in, and lets them in again when it is mended', async (t) => {
  const at = folder(t);
  const socket = join(at, 'enforcers.sock');
  const settings = `enforcer: ssh-db1\nresource: db1\nserver: ${socket}\nlogins: {aoki: aoi@example.jp}\n`;
  const place = await ground(t, { settings });
  const where = join(at, 's.db');
  const server = await serve(t, where, ['--enforcers', socket]);
  await firstAdministrator(server);
  const db = new SqliteFile(where);
  const now = () => Math.floor(Date.now() / 1000);
  let change = 1000;
  const saw = (check, verdict) =>
    db.run(
      `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en) VALUES (${(change += 1)}, 'host:pc', '${check}', '${verdict}', ${now()}, ${now()}, ${now() + 86400}, 'collector:host', '-', '-')`,
    );
  db.run(
    `INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${policy}', ${now()}, 1);
     INSERT INTO person (id, email, name, roles, lang, state, totp_step, recovery, created_at) VALUES (70, 'aoi@example.jp', 'Aoi', 'teleworker', 'ja', 'active', 0, '', 0);
     INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (70, 'host:pc', 'pc', 70, 'active', 0, 0);
     INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (70, '${'0'.repeat(64)}', '${place.publicKey('laptop').toString('base64url')}', 0, ${now() + 86400})`,
  );
  for (const check of ['disk-encryption', 'swap-encryption']) saw(check, 'pass');
  await place.guard();
  await place.sshd();
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'the first to come in');
  // Somebody else's key opens nothing, whatever else is well.
  assert.equal((await place.ssh('echo in', { key: 'other' })).out, '');

  const session = await stays(place);
  saw('disk-encryption', 'fail');
  await until(() => alive(session.pids).length === 0, 'the end');
  await session.gone;
  assert.match(session.said(), /関所 Sekisho: .*\r+\nSekisho: .*8-3/);
  const refused = await place.ssh('echo in');
  assert.equal(refused.out, '');
  assert.match(refused.err, /関所 Sekisho: .*\nSekisho: /);

  saw('disk-encryption', 'pass');
  await until(async () => (await place.ssh('echo in')).out === 'in\n', 'the mended one');
  const mended = await stays(place);
  db.run(`UPDATE person SET state = 'disabled' WHERE id = 70`);
  await until(() => alive(mended.pids).length === 0, 'the end of who was disabled');
});

test('docs: what the protocol says is what is spoken', () => {
  const said = readFileSync(new URL('../../docs/access-protocol.md', import.meta.url), 'utf8');
  for (const type of [
    'hello',
    'ask',
    'verdict',
    'keys',
    'opened',
    'live',
    'closed',
    'held',
    'all-held',
    'cut',
    'cut-done',
    'alive',
    'renew',
    'certificate',
    'fault',
  ])
    assert.match(said, new RegExp(`"type": ?"${type}"`), type);
});
