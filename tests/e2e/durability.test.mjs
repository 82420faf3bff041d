// SPDX-License-Identifier: Apache-2.0
// What was acknowledged is there afterwards: killed servers with whatever runs beside them, lost power, a disk that
// fails, two servers on one database, a move to another kind, a backup while it runs, and a log that shows when it
// was touched. SEKISHO_DURABILITY=n does n times as much.
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Disk, beside } from './disk.mjs';
import { SqliteFile } from './sqlite.mjs';
import test from 'node:test';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  withToken,
  folder,
  sekisho,
  serve,
} from './server.mjs';
import { binary, must } from './sekisho.mjs';

const often = Number(process.env.SEKISHO_DURABILITY ?? 1);

const record = (check, verdict, at) => ({
  check,
  verdict,
  observed_at: new Date(at).toISOString().replace(/\.\d+/, ''),
  detail: { ja: '見た', en: 'seen' },
});
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

/** Writers that go on until the server is gone; `kept` gets what was acknowledged. */
function load(server, token, kept, writers = 4) {
  let number = 0;
  return Promise.all(
    Array.from({ length: writers }, async () => {
      const client = new Client(server.url, { token });
      for (;;) {
        const text = `remark ${kept.length} ${++number} ${Math.random()}`;
        try {
          const { status } = await client.call('POST', '/items/ask-SK-admin-B2/remarks', { text });
          if (status === 201) kept.push(text);
        } catch (error) {
          if (server.child.killed) return;
          server.wrong = error;
          throw error;
        }
      }
    }),
  );
}
/** Waits until writers have had so many more acknowledged. */
async function acknowledged(server, kept, most) {
  while (kept.length < most) {
    if (server.wrong) throw server.wrong;
    await pause(1);
  }
}
const remarks = (where) =>
  new Set(
    where.startsWith('postgres')
      ? must('psql', ['-At', where, '-c', 'SELECT text FROM remark']).split('\n')
      : new SqliteFile(where).column('SELECT text FROM remark'),
  );
const missing = (kept, there) => kept.filter((text) => !there.has(text));

/** What others do with the database of a running server, each as often as it is asked. */
function neighbours(t, kind, where, state) {
  const env = { HOME: state, XDG_DATA_HOME: state };
  let number = 0;
  let last;
  const backup = async (kept) => {
    const before = [...kept];
    const file = join(state, `backup-${++number}.db`);
    const done = await beside(binary, ['backup', file, '--database', where], env);
    if (done.code === 0) {
      last = file;
      assert.deepEqual(
        missing(before, remarks(file)),
        [],
        'a backup holds all that was acknowledged before it',
      );
    }
    return done;
  };
  return {
    backup,
    'audit verify': () => beside(binary, ['audit', 'verify', '--database', where], env),
    restore: async (kept) => {
      if (last === undefined) await backup(kept);
      return last === undefined
        ? { code: 2 }
        : beside(binary, ['restore', last, '--database', join(state, `restored-${++number}.db`)], env);
    },
    'a second server': async (_, server) => {
      if (kind === 'postgres') {
        const second = await serve(t, where);
        await second.kill();
        return { code: 0 };
      }
      const done = await beside(
        binary,
        ['serve', '--listen', '127.0.0.1:0', '--no-check', '--database', where],
        env,
        /Ctrl-C/,
      );
      // Only when the first has gone may it begin.
      if (!server.child.killed) assert.equal(done.code, 2, done.out);
      if (done.code !== null) assert.match(done.err, /in use/);
      return { code: 0 };
    },
    vacuum: () =>
      kind === 'postgres'
        ? beside('psql', ['-q', where, '-c', 'VACUUM'])
        : beside('sqlite3', ['-batch', '-cmd', '.timeout 20000', where, 'VACUUM']),
  };
}

/** No file of a server was taken from under it. */
function nothingTaken(server) {
  const fds = `/proc/${server.child.pid}/fd`;
  for (const fd of readdirSync(fds)) {
    let target = '';
    try {
      target = readlinkSync(join(fds, fd));
    } catch {
      continue; // closed meanwhile
    }
    assert.doesNotMatch(target, /\.db.*\(deleted\)/);
  }
}

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: killed again and again under load, with others beside it, it loses nothing that it acknowledged`, async (t) => {
    const where = database(t, kind);
    let server = await serve(t, where);
    const { token } = await withToken(server);
    const kept = [];
    const others = neighbours(t, kind, where, folder(t));
    for (let round = 0; round < 20 * often; ++round) {
      const [name, other] = Object.entries(others)[round % 5];
      const before = kept.length;
      const writers = load(server, token, kept);
      await acknowledged(server, kept, before + 3);
      const busy = other(kept, server);
      if (round % 3 === 0) {
        await pause((round * 7) % 60); // somewhere in the middle of it
        await server.kill();
        await busy;
      } else {
        const done = await busy;
        assert.equal(done.code, 0, `${name}: ${done.err}`);
        const then = kept.length;
        await acknowledged(server, kept, then + 3);
        if (kind === 'sqlite') nothingTaken(server);
        await server.kill();
      }
      await writers;
      server = await serve(t, where);
    }
    assert.ok(kept.length >= 60 * often, String(kept.length));
    assert.deepEqual(missing(kept, remarks(where)), []);
    const log = await new Client(server.url, { token }).get('/audit/check');
    assert.equal(log.intact, true);
    assert.ok(log.entries > kept.length);
  });
}

test('when power is lost, what was acknowledged was on the disk', async (t) => {
  const disk = new Disk(t);
  let server = await serve(t, disk.where, [], { env: disk.env });
  const { token } = await withToken(server);
  const kept = [];
  for (let round = 0; round < 12 * often; ++round) {
    const before = kept.length;
    const writers = load(server, token, kept);
    await acknowledged(server, kept, before + 5 + (round % 4) * 30);
    // Beside it goes on what writes nothing to its disk; VACUUM would, and this disk knows of one program alone.
    const name = ['backup', 'audit verify', 'a second server', 'restore'][round % 4];
    const busy = neighbours(t, 'sqlite', disk.where, folder(t))[name](kept, server);
    if (name === 'a second server') await busy;
    await server.kill();
    await Promise.all([writers, busy]);
    disk.lose(round % 2 === 1);
    server = await serve(t, disk.where, [], { env: disk.env });
    const there = remarks(disk.where);
    assert.deepEqual(missing(kept, there), [], `round ${round}`);
    assert.equal(new SqliteFile(disk.where).column('PRAGMA integrity_check')[0], 'ok');
  }
  assert.equal((await new Client(server.url, { token }).get('/audit/check')).intact, true);
});

test('when power is lost in the middle of a VACUUM, all is there and the server goes on', async (t) => {
  const disk = new Disk(t);
  let server = await serve(t, disk.where, [], { env: disk.env });
  const { admin, token } = await withToken(server);
  const kept = [];
  const vacuum = () => beside('sqlite3', ['-batch', disk.where, 'VACUUM'], disk.env);
  for (let round = 0; round < 6 * often; ++round) {
    // So that there is something to move: what is uploaded and is of no use.
    await admin.must('POST', '/attachments?name=a.bin', new Uint8Array(300_000));
    const writers = load(server, token, kept);
    await acknowledged(server, kept, kept.length + 20);
    // In every other round what the server wrote last still lies beside the file.
    await (round % 2 === 0 ? server.stop() : server.kill());
    await writers;
    disk.lose(round % 3 === 0);
    const wal = join(disk.disk, 's.db-wal');
    const as = existsSync(wal) ? [disk.where, wal] : [disk.where];
    const before = as.map((file) => [file, readFileSync(file)]);
    disk.fail(1 << 30, 0);
    const done = await vacuum();
    assert.equal(done.code, 0, done.err);
    const places = disk.count();
    assert.ok(places > 20, String(places));
    // The same again, until the power goes; or until a write fails, and then it goes.
    const fresh = before.map(([file, bytes]) => [file.slice(disk.disk.length + 1), bytes]);
    disk.next();
    for (const [name, bytes] of fresh) writeFileSync(join(disk.disk, name), bytes);
    const n = 1 + Math.floor((places * (round + Math.random())) / (6 * often));
    if (round % 2 === 0) disk.die(n);
    else disk.fail(n, round % 4 === 1 ? 5 : 28);
    const broken = await vacuum();
    disk.calm();
    assert.ok(broken.code !== 0 || round % 2 === 1, `it came to an end at place ${n} of ${places}`);
    disk.lose(round % 3 !== 0);
    server = await serve(t, disk.where, [], { env: disk.env });
    admin.url = server.url;
    assert.deepEqual(missing(kept, remarks(disk.where)), [], `place ${n} of ${places}`);
    assert.equal(new SqliteFile(disk.where).column('PRAGMA integrity_check')[0], 'ok');
  }
  assert.equal((await new Client(server.url, { token }).get('/audit/check')).intact, true);
});

test('wherever the disk fails once, what was acknowledged stays and the server goes on', async (t) => {
  const disk = new Disk(t);
  let server = await serve(t, disk.where, [], { env: disk.env });
  const { admin, token } = await withToken(server);
  let client = new Client(server.url, { token });
  const kept = [];
  const say = async () => {
    const text = `remark ${Math.random()}`;
    const { status } = await client.call('POST', '/items/ask-SK-admin-B2/remarks', { text });
    if (status === 201) kept.push(text);
    else assert.equal(status, 503);
    return status;
  };
  // With a body of hundreds of pages the log is folded into the file within a few.
  const upload = async () =>
    assert.ok(
      [201, 503].includes(
        (await client.call('POST', '/attachments?name=a.bin', new Uint8Array(700_000))).status,
      ),
    );
  disk.fail(1 << 30, 0);
  await say();
  const places = disk.count();
  assert.ok(places >= 3, String(places));
  disk.fail(1 << 30, 0);
  for (let i = 0; i < 8; ++i) await upload();
  const more = disk.count();
  const turns = [];
  for (let n = 1; n <= places + 2; ++n) turns.push([n, say]);
  for (let i = 0; i < 40 * often; ++i) turns.push([1 + Math.floor(Math.random() * more), upload]);
  for (const [at, [n, what]] of turns.entries()) {
    disk.fail(n, at % 2 === 0 ? 5 : 28); // EIO, ENOSPC
    for (let i = 0; i < (what === upload ? 8 : 2); ++i) await what();
    disk.calm();
    let tries = 0;
    while ((await say()) !== 201) assert.ok(++tries < 3, `it does not go on after place ${n}`);
    if (at % 15 !== 14) continue;
    disk.fail(1 + (at % 40), 5); // a stop that fails somewhere too
    if (at % 2 === 0) await server.stop();
    else await server.kill();
    disk.calm();
    disk.lose(at % 4 === 0);
    server = await serve(t, disk.where, [], { env: disk.env });
    client = new Client(server.url, { token });
    assert.deepEqual(missing(kept, remarks(disk.where)), [], `after place ${n}`);
  }
  assert.ok(kept.length > turns.length);
  assert.deepEqual(missing(kept, remarks(disk.where)), []);
  assert.equal((await client.get('/audit/check')).intact, true);
});

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: wherever the disk fails once, a backup and what is restored from it are whole or not there`, async (t) => {
    const where = database(t, kind);
    const server = await serve(t, where);
    const { admin } = await firstAdministrator(server);
    const kept = [];
    for (let i = 0; i < 5; ++i) {
      kept.push(`remark ${i} ${'x'.repeat(3000)}`);
      await admin.must('POST', '/items/ask-SK-admin-B2/remarks', { text: kept.at(-1) });
    }
    await server.stop();
    const disk = new Disk(t);
    const state = folder(t);
    const run = (...args) => beside(binary, args, { HOME: state, XDG_DATA_HOME: state, ...disk.env });
    const sound = join(state, 'sound.db');
    assert.equal((await run('backup', sound, '--database', where)).code, 0);
    for (const [name, into] of [
      ['backup', (file) => ['backup', file, '--database', where]],
      ['restore', (file) => ['restore', sound, '--database', file]],
    ]) {
      const target = () => join(disk.disk, `${name}.db`);
      const whole = () => assert.deepEqual(missing(kept, remarks(target())), [], name);
      const cleared = () => must('sh', ['-c', `rm -rf "${disk.disk}"/*`]);
      disk.fail(1 << 30, 0);
      const good = await run(...into(target()));
      assert.equal(good.code, 0, good.err);
      const places = disk.count();
      assert.ok(places > 5, String(places));
      disk.calm();
      // Done is done, whenever the power goes.
      for (const some of [false, true]) {
        disk.lose(some);
        whole();
        cleared();
        assert.equal((await run(...into(target()))).code, 0);
      }
      let failed = 0;
      const step = Math.max(1, Math.floor(places / (20 * often)));
      for (let n = 1; n <= places; n += step) {
        cleared();
        disk.fail(n, n % 2 === 0 ? 5 : 28); // EIO, ENOSPC
        const done = await run(...into(target()));
        disk.calm();
        if (done.code === 0) {
          whole();
          continue;
        }
        ++failed;
        assert.equal(done.code, 2, done.err);
        assert.match(done.err, /\w/);
        const left = readdirSync(disk.disk).filter((file) => !file.endsWith('.lock'));
        assert.deepEqual(left, [], `${name} at place ${n}: ${done.err}`);
        // The place is as good as new.
        assert.equal((await run(...into(target()))).code, 0);
        whole();
      }
      assert.ok(failed > 3, `${name}: ${failed}`);
    }
  });
}

test('a backup that was damaged is refused, wherever it was', async (t) => {
  const where = database(t, 'sqlite');
  const server = await demo(t, where);
  const file = join(folder(t), 'backup.db');
  assert.equal(sekisho(server.state, ['backup', file, '--database', where]).code, 0);
  const sound = readFileSync(file);
  const place = join(folder(t), 'restored.db');
  const restore = () =>
    sekisho(server.state, ['restore', join(server.state, 'damaged.db'), '--database', place]);
  // All but that it was restored, and when.
  const content = () =>
    must('sqlite3', ['-batch', place, '.dump'])
      .split('\n')
      .filter((line) => !/^INSERT INTO audit .*'restored'/.test(line))
      .join('\n');
  cpSync(file, join(server.state, 'damaged.db'));
  assert.equal(restore().code, 0);
  const whole = content();
  must('rm', [place]);
  let refused = 0;
  for (let i = 0; i < 40 * often; ++i) {
    const bytes = Buffer.from(sound);
    bytes[Math.floor(Math.random() * bytes.length)] ^= 1 << (i % 8);
    writeFileSync(join(server.state, 'damaged.db'), bytes);
    const done = restore();
    if (done.code === 0) {
      assert.equal(content(), whole, 'what is restored is what was backed up'); // it was in a place that holds nothing
      must('rm', [place]);
    } else {
      assert.equal(done.code, 2, done.out + done.err);
      assert.equal(existsSync(place), false);
      ++refused;
    }
    assert.deepEqual(readFileSync(join(server.state, 'damaged.db')), bytes, 'a backup is only read');
  }
  assert.ok(refused > 10 * often, String(refused));
  // Over a server that runs, or what it uses, nothing is ever restored.
  const busy = sekisho(server.state, ['restore', file, '--database', where]);
  assert.equal(busy.code, 2);
  assert.match(busy.err, /in use/);
});

test('two servers share one PostgreSQL: what one is told the other knows, and both write at once', async (t) => {
  const where = database(t, 'postgres');
  const one = await serve(t, where);
  const { admin } = await firstAdministrator(one);
  const two = await serve(t, where);
  assert.equal(two.link, undefined);
  const { token } = await admin.must('POST', '/me/tokens', {
    name: 'load',
    scopes: ['read', 'evidence', 'manage'],
    days: 1,
  });
  const clients = [one, two].map((server) => new Client(server.url, { token }));
  await clients[0].must('POST', '/evidence', {
    machine: 'pc-1',
    records: [record('disk-encryption', 'fail', Date.now() - 60_000)],
  });
  assert.deepEqual((await clients[1].get('/devices')).items[0].failing, ['disk-encryption']);
  await clients[1].must('POST', '/evidence', {
    machine: 'pc-1',
    records: [record('disk-encryption', 'pass', Date.now())],
  });
  assert.deepEqual((await clients[0].get('/devices')).items[0].failing, []);
  await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      clients[i % 2].must('POST', '/items/disk-encryption/remarks', { text: `remark ${i}` }),
    ),
  );
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      clients[i % 2].must('POST', '/evidence', {
        machine: `pc-${i % 5}`,
        records: [record('swap-encryption', 'pass', Date.now())],
      }),
    ),
  );
  for (const client of clients) {
    assert.equal((await client.get('/audit/check')).intact, true);
    assert.equal((await client.get('/devices')).items.length, 5);
    assert.equal((await client.get('/home')).machines, 5);
  }
  // A session opened at one holds at the other, and ends at both.
  const there = new Client(two.url);
  there.cookie = admin.cookie;
  await there.learn();
  await there.must('POST', '/sign-out');
  await admin.refused(401, 'GET', '/me');
});

/** Network gear is judged in the first round of what a server does by itself. */
async function judged(client) {
  const known = ({ tally }) => tally.pass + tally.fail + tally.unknown > 0;
  for (let tries = 0; tries < 600; ++tries) {
    const { items } = await client.get('/devices?limit=500');
    const gear = items.filter((one) => one.appliance);
    if (gear.length > 0 && gear.every(known)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail('the gear is not judged');
}

/** All that a server tells of an organisation, but for what the moment changes. */
async function told(client) {
  const pages = {};
  for (const path of [
    '/organisation',
    '/people?limit=500',
    '/devices?limit=500',
    '/incidents',
    '/actions?limit=500',
    '/checklist',
    '/measures',
    '/cases',
    '/audit?limit=500',
    '/history?by=category',
    '/checks/ask-SK-admin-B2',
    '/report-key',
  ])
    pages[path] = await client.get(path);
  for (const person of pages['/people?limit=500'].items) delete person.seen_at;
  pages['/audit?limit=500'].items = pages['/audit?limit=500'].items.filter(
    (entry) => entry.action !== 'sign-in',
  );
  return pages;
}

for (const [from, to] of [
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
]) {
  test(`an installation moves from ${from} to ${to} and loses nothing`, async (t) => {
    const old = database(t, from);
    const server = await demo(t, old, { days: 60 });
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    await admin.must('POST', '/attachments?name=a.bin', new Uint8Array([0, 255, 1, 0]));
    await judged(admin);
    const before = await told(admin);
    await server.stop();
    const next = database(t, to);
    const moved = sekisho(server.state, ['database', 'move', next, '--database', old]);
    assert.equal(moved.code, 0, moved.out + moved.err);
    const again = sekisho(server.state, ['database', 'move', next, '--database', old]);
    assert.notEqual(again.code, 0);
    assert.match(again.err, /not empty|already/);
    const { url } = await serve(t, next);
    const after = new Client(url);
    after.cookie = admin.cookie;
    await after.learn();
    assert.deepEqual(await told(after), before);
    assert.deepEqual([...(await after.get('/attachments/1'))], [0, 255, 1, 0]);
    assert.equal((await after.get('/audit/check')).intact, true);
    // New rows go on after the old ones.
    assert.equal((await after.must('POST', '/incidents', { kind: 'lost_device', text: '' })).id, 3);
  });

  test(`${from}: a backup is taken and restored while it runs`, async (t) => {
    const where = database(t, from);
    const server = await demo(t, where);
    const admin = new Client(server.url);
    await admin.signIn(demoMail('admin'), demoPassword);
    const { token } = await admin.must('POST', '/me/tokens', { name: 'x', scopes: ['read'], days: 1 });
    await judged(admin);
    const before = await told(admin);
    const file = join(folder(t), 'backup.db');
    let writing = true;
    const busy = (async () => {
      while (writing) await admin.must('POST', '/items/disk-encryption/remarks', { text: 'busy' });
    })();
    const done = sekisho(server.state, ['backup', file, '--database', where]);
    writing = false;
    await busy;
    assert.equal(done.code, 0, done.err);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.notEqual(
      sekisho(server.state, ['backup', file, '--database', where]).code,
      0,
      'a backup is not written over',
    );
    const place = database(t, from);
    const restored = sekisho(server.state, ['restore', file, '--database', place]);
    assert.equal(restored.code, 0, restored.err);
    assert.notEqual(
      sekisho(server.state, ['restore', file, '--database', place]).code,
      0,
      'only into an empty place',
    );
    const { url } = await serve(t, place);
    // Whoever was signed in when it was written is no longer; tokens hold.
    const gone = new Client(url);
    gone.cookie = admin.cookie;
    await gone.refused(401, 'GET', '/me');
    const now = await told(new Client(url, { token }));
    const log = (pages) => pages['/audit?limit=500'].items.filter((entry) => entry.action !== 'remarked');
    const [told_of, ...copied] = log(now);
    assert.deepEqual([told_of.action, told_of.item], ['restored', 'backup.db']);
    assert.deepEqual(copied, log(before));
    for (const path of Object.keys(before).filter((one) => !one.startsWith('/audit')))
      assert.deepEqual(now[path], before[path], path);
    const broken = sekisho(server.state, [
      'restore',
      join(folder(t), 'none'),
      '--database',
      join(folder(t), 'x.db'),
    ]);
    assert.equal(broken.code, 2);
    assert.equal(existsSync(join(folder(t), 'x.db')), false);
  });
}

test('a log that was touched is found out, wherever it was', async (t) => {
  const where = database(t, 'sqlite');
  const server = await demo(t, where);
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  for (let i = 0; i < 5; ++i) await admin.must('POST', '/items/disk-encryption/remarks', { text: 'r' });
  const { last_hash: hash } = await admin.get('/audit/check');
  assert.equal(statSync(where).mode & 0o777, 0o600);
  await server.stop();
  const verify = () => sekisho(server.state, ['audit', 'verify', '--database', where]);
  const proved = verify();
  assert.equal(proved.code, 0);
  assert.ok(proved.out.includes(hash));
  const db = new SqliteFile(where);
  assert.throws(() => db.run("UPDATE audit SET actor = 'nobody' WHERE id = 3"), /audit/);
  assert.throws(() => db.run('DELETE FROM audit'), /audit/);
  assert.throws(() => db.run('DELETE FROM evidence'), /evidence/);
  // Whoever may write the file may take the guard away too: the chain shows it.
  const triggers = db.column("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'");
  for (const name of triggers) db.run(`DROP TRIGGER ${name}`);
  for (const change of ["UPDATE audit SET actor = 'nobody' WHERE id = 3", 'DELETE FROM audit WHERE id = 4']) {
    db.run(change);
    const found = verify();
    assert.equal(found.code, 1, found.out);
    assert.match(found.out + found.err, /3/);
  }
});
