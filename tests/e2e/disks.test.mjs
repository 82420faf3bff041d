// SPDX-License-Identifier: Apache-2.0
// Agents and sensors on a disk of which each write may fail once: nothing that was counted is lost or sent twice, no
// device is taken for a copy, and the program goes on when the disk does. SEKISHO_DURABILITY=n tries n times as many
// places; by default some of them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { capture } from './cable.mjs';
import { Disk, beside } from './disk.mjs';
import { binary } from './sekisho.mjs';
import { folder, office } from './server.mjs';

const often = Number(process.env.SEKISHO_DURABILITY ?? 1);
const link = async (admin) => (await admin.must('POST', '/enrolments', { person: null })).link;

/** A machine whose agent's folder lies on such a disk. */
function machine(t) {
  const at = folder(t);
  const run = (disk, ...words) =>
    beside(binary, words, { HOME: at, XDG_DATA_HOME: at, ...(disk && disk.env) });
  const agent = (disk, ...words) => run(disk, 'agent', ...words, '--folder', join(at, 'agent'));
  return { at, run, agent };
}
/** Some of the places, the first and the last among them, each with one of two errors. */
function* places(count, most) {
  const step = Math.max(1, (count - 1) / (most * often));
  for (let n = 1, turn = 0; n < count; n = Math.max(n + 1, Math.round(1 + ++turn * step)))
    yield [n, turn % 2 === 0 ? 5 : 28]; // EIO, ENOSPC
  yield [count, 5];
}
const queued = (at) =>
  existsSync(join(at, 'agent/queue')) ? readdirSync(join(at, 'agent/queue')).length : 0;
const sentBy = (ran) => Number(/sent (\d+) reports/.exec(ran.out)?.[1] ?? 0);

for (const part of ['agent', 'agent/queue'])
  test(`wherever the disk of ${part} fails once, an agent loses no report, and none is taken for a copy's`, async (t) => {
    const { admin } = await office(t);
    const { at, agent } = machine(t);
    assert.equal((await agent(undefined, 'enrol', await link(admin))).code, 0);
    assert.equal((await agent(undefined, 'once')).code, 0);
    const disk = new Disk(t, join(at, part));
    disk.fail(1 << 30, 0);
    assert.equal((await agent(disk, 'once')).code, 0);
    const count = disk.count();
    assert.ok(count >= 4, String(count));
    let failed = 0;
    for (const [n, errno] of places(count, 5)) {
      disk.fail(n, errno);
      const ran = await agent(disk, 'once');
      disk.calm();
      const there = queued(at);
      if (ran.code !== 0) {
        ++failed;
        assert.equal(ran.code, 2, ran.err);
        assert.match(ran.err, /\w/);
      }
      const began = Math.floor(Date.now() / 1000) * 1000;
      const next = await agent(disk, 'once');
      assert.equal(next.code, 0, `after place ${n}: ${next.err}`);
      assert.equal(sentBy(next), there + 1, `what waited after place ${n}`);
      assert.equal(queued(at), 0);
      // Where it said that all was well the report was sent.
      if (ran.code === 0) assert.equal(sentBy(ran), 1, `place ${n}`);
      const [device] = (await admin.get('/devices')).items;
      assert.equal(device.state, 'active');
      assert.ok(!device.copied_at, `place ${n}`);
      const { checks } = await admin.get(`/devices/${device.id}`);
      const newest = Math.max(...checks.map((one) => Date.parse(one.evidence?.observed_at ?? 0)));
      assert.ok(newest >= began, `the last was not taken after place ${n}`);
    }
    assert.ok(failed > 0 || part !== 'agent', 'no failure was told of');
    assert.equal((await admin.get('/devices')).items.length, 1);
  });

for (const part of ['agent', 'agent/coming'])
  test(`wherever the disk of ${part} fails once, an enrolment is whole or can be made again`, async (t) => {
    const { admin } = await office(t);
    const enrol = async ({ at, agent }, n, errno) => {
      mkdirSync(join(at, part), { mode: 0o700, recursive: true });
      const disk = new Disk(t, join(at, part));
      disk.fail(n, errno);
      const ran = await agent(disk, 'enrol', await link(admin));
      const count = disk.count();
      disk.calm();
      return { ran, count, disk };
    };
    const { ran: good, count } = await enrol(machine(t), 1 << 30, 0);
    assert.equal(good.code, 0, good.err);
    assert.ok(count >= 2, String(count));
    for (const [n, errno] of places(count, 4)) {
      const one = machine(t);
      const { ran, disk } = await enrol(one, n, errno);
      if (ran.code !== 0) {
        assert.equal(ran.code, 2, ran.err);
        const first = await one.agent(disk, 'once');
        if (first.code !== 0)
          assert.equal((await one.agent(disk, 'enrol', await link(admin), '--again')).code, 0, `place ${n}`);
      }
      const next = await one.agent(disk, 'once');
      assert.equal(next.code, 0, `after place ${n}: ${next.err}`);
    }
  });

for (const part of ['agent', 'agent/line'])
  test(`wherever the disk of ${part} fails once, the server has each packet of a sensor once`, async (t) => {
    const { admin } = await office(t);
    const { at, agent, run } = machine(t);
    const file = await capture(t, folder(t));
    assert.equal((await agent(undefined, 'enrol', await link(admin))).code, 0);
    const send = (disk) =>
      run(disk, 'observe', file, '--send', '--folder', join(at, 'agent'), '--format', 'json');
    const first = await send(undefined);
    assert.equal(first.code, 0, first.err);
    const { packets } = JSON.parse(first.out).all;
    const disk = new Disk(t, join(at, part));
    disk.fail(1 << 30, 0);
    assert.equal((await send(disk)).code, 0);
    let runs = 2;
    const count = disk.count();
    assert.ok(count >= 4, String(count));
    for (const [n, errno] of places(count, 8)) {
      disk.fail(n, errno);
      const ran = await send(disk);
      disk.calm();
      // What could not begin counted nothing.
      if (ran.out === '') assert.equal(ran.code, 2);
      else ++runs;
      assert.equal((await send(disk)).code, 0, `after place ${n}`);
      ++runs;
      assert.equal((await admin.get('/line?period=year')).packets, runs * packets, `place ${n}: ${ran.err}`);
    }
    assert.equal(readdirSync(join(at, 'agent/line')).filter((name) => name.endsWith('.json')).length, 0);
  });
