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
    'fault',
  ])
    assert.match(said, new RegExp(`"type": ?"${type}"`), type);
});
