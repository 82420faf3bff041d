// What was acknowledged is there afterwards: killed servers, two servers on one database, a move to another kind,
// a backup while it runs, and a log that shows when it was touched.
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteFile } from './sqlite.mjs';
import test from 'node:test';
import {
  Client,
  database,
  demo,
  demoMail,
  demoPassword,
  firstAdministrator,
  folder,
  sekisho,
  serve,
} from './server.mjs';
import { must } from './sekisho.mjs';

const record = (check, verdict, at) => ({
  check,
  verdict,
  observed_at: new Date(at).toISOString().replace(/\.\d+/, ''),
  detail: { ja: '見た', en: 'seen' },
});

for (const kind of ['sqlite', 'postgres']) {
  test(`${kind}: killed a hundred times under load, it loses nothing that it acknowledged`, async (t) => {
    const where = database(t, kind);
    let server = await serve(t, where);
    const { admin } = await firstAdministrator(server);
    const { token } = await admin.must('POST', '/me/tokens', {
      name: 'load',
      scopes: ['read', 'manage'],
      days: 1,
    });
    const kept = [];
    let number = 0;
    for (let round = 0; round < 100; ++round) {
      const writers = Array.from({ length: 4 }, async () => {
        const client = new Client(server.url, { token });
        for (;;) {
          const text = `remark ${++number}`;
          try {
            const { status } = await client.call('POST', '/items/ask-admin-B-2/remarks', { text });
            if (status === 201) kept.push(text);
          } catch {
            return; // the server is gone
          }
        }
      });
      const before = kept.length;
      // Killed somewhere in the middle of it, after at least three writes of this round.
      while (kept.length < before + 3) await new Promise((go) => setTimeout(go, 1));
      await new Promise((go) => setTimeout(go, round % 7));
      await server.kill();
      await Promise.all(writers);
      server = await serve(t, where);
    }
    assert.ok(kept.length >= 300, String(kept.length));
    const client = new Client(server.url, { token });
    const there = new Set(
      kind === 'sqlite'
        ? new SqliteFile(where).column('SELECT text FROM remark')
        : must('psql', ['-At', where, '-c', 'SELECT text FROM remark']).split('\n'),
    );
    assert.deepEqual(
      kept.filter((text) => !there.has(text)),
      [],
    );
    const log = await client.get('/audit/check');
    assert.equal(log.intact, true);
    assert.ok(log.entries > kept.length);
  });
}

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
    '/checks/ask-admin-B-2',
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
    const after = new Client(url);
    after.cookie = admin.cookie;
    await after.learn();
    const now = await told(after);
    const remarks = (pages) => pages['/audit?limit=500'].items.filter((entry) => entry.action !== 'remarked');
    assert.deepEqual(remarks(now), remarks(before));
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
