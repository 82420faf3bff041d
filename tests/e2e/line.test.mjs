// SPDX-License-Identifier: Apache-2.0
// Sensors that send what they count to a real server: the same numbers there, nothing lost without it, and what is found
// speaks up.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture } from './cable.mjs';
import { mmdb } from './mmdb.mjs';
import { mailbox, read, until } from './receivers.mjs';
import { atEnd } from './sekisho.mjs';
import { folder, newPerson, office, sekisho, start } from './server.mjs';

/** An enrolled device's folder. */
async function sensor(t, admin) {
  const at = folder(t);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  const enrolled = sekisho(at, ['agent', 'enrol', link, '--folder', join(at, 'agent')]);
  assert.equal(enrolled.code, 0, enrolled.err);
  return at;
}
const send = (at, ...words) =>
  sekisho(at, ['observe', ...words, '--send', '--folder', join(at, 'agent'), '--format', 'json']);
const waiting = (at) => readdirSync(join(at, 'agent/line')).length;

test('a sensor sends what it counts: the server has the same numbers, each once, and late ones too', async (t) => {
  const { admin, server, up } = await office(t);
  const at = await sensor(t, admin);
  const file = await capture(t, folder(t));
  assert.deepEqual((await admin.get('/line')).sensors, []);
  const first = send(at, file);
  assert.equal(first.code, 0, first.err);
  const counted = JSON.parse(first.out).all;
  for (const period of ['minute', 'hour', 'day', 'month', 'year']) {
    const line = await admin.get(`/line?period=${period}`);
    assert.equal(line.packets, counted.packets, period);
    assert.equal(line.bytes, counted.bytes);
    assert.equal(Math.round(line.sources), counted.sources);
    assert.equal(Math.round(line.targets), counted.targets);
    assert.equal(
      line.periods.reduce((sum, one) => sum + one.packets, 0),
      counted.packets,
    );
    assert.equal(
      line.ports.reduce((sum, one) => sum + one.packets, 0) + line.other_ports + line.without_ports,
      counted.packets,
    );
    assert.deepEqual(
      line.ports[0].by_period.reduce((sum, one) => sum + one, 0),
      line.ports[0].packets,
    );
  }
  assert.deepEqual((await admin.get('/line')).logins, [], 'nobody tried a password');
  const { ports, tools, sensors, groups } = await admin.get('/line');
  assert.ok(ports.some((one) => one.name.startsWith('3389/tcp') && one.packets >= 256));
  assert.ok(tools.find((one) => one.name === 'Masscan').packets >= 500);
  assert.ok(groups.some((one) => one.name.en === 'Remote desktop' && one.packets >= 256));
  assert.equal(sensors.length, 1);
  assert.equal(sensors[0].silent, false);
  assert.ok(sensors[0].found.busiest.some((one) => one.address === '203.0.113.77'));
  assert.deepEqual(sensors[0].found.ours, []);
  assert.deepEqual(sensors[0].found.countries, [], 'it has no database of places');
  assert.equal(waiting(at), 0);

  // Without a server it waits; with it again all of it arrives.
  await server.stop();
  const alone = send(at, file);
  assert.equal(alone.code, 2);
  assert.match(alone.err, /cannot be reached/);
  assert.equal(JSON.parse(alone.out).all.packets, counted.packets, 'it is counted and shown all the same');
  assert.equal(waiting(at), 1);
  admin.url = (await up()).url;
  const places = join(at, 'places.mmdb');
  writeFileSync(
    places,
    mmdb([
      [
        '203.0.113.0',
        24,
        {
          country: { iso_code: 'NL' },
          autonomous_system_number: 64500,
          autonomous_system_organization: 'Example Net',
        },
      ],
    ]),
  );
  const again = send(at, file, '--geo', places);
  assert.equal(again.code, 0, again.err);
  assert.equal(waiting(at), 0);
  const line = await admin.get('/line');
  const { countries, systems } = line.sensors[0].found;
  assert.deepEqual(
    countries.map((one) => one.name),
    ['NL', ''],
  );
  assert.ok(countries[0].packets > 500 && countries[0].sources >= 2);
  assert.deepEqual(
    systems.map((one) => one.name),
    ['AS64500 Example Net', ''],
  );
  assert.equal(line.packets, 3 * counted.packets);
  assert.equal(Math.round(line.sources), counted.sources, 'the same ones again are no other ones');
});

test('ClickHouse takes over, and answers the same', async (t) => {
  const { admin, server, up } = await office(t);
  const at = await sensor(t, admin);
  const file = await capture(t, folder(t));
  assert.equal(send(at, file).code, 0);
  const periods = ['minute', 'hour', 'day', 'month', 'year'];
  const figures = () =>
    Promise.all(
      periods.map(async (period) => ({ ...(await admin.get(`/line?period=${period}`)), sensors: [] })),
    );
  const before = await figures();
  await server.stop();
  const clickhouse = process.env.SEKISHO_TEST_CLICKHOUSE;
  assert.ok(clickhouse, 'run it under scripts/with-clickhouse');
  const password = join(at, 'password');
  writeFileSync(password, 'secret\n', { mode: 0o600 });
  const moved = await up('--line-database', clickhouse, '--line-password-file', password);
  admin.url = moved.url;
  assert.deepEqual(await figures(), before);
  assert.equal(send(at, file).code, 0);
  const after = await figures();
  assert.deepEqual(
    after.map((one) => one.packets),
    before.map((one) => 2 * one.packets),
  );
  assert.deepEqual(
    after.map((one) => [one.sources, one.targets]),
    before.map((one) => [one.sources, one.targets]),
  );
  await moved.stop();
  // Where it cannot be reached the server says so instead of beginning anew without it.
  await assert.rejects(up('--line-database', 'http://127.0.0.1:1/'), /ClickHouse cannot be used/);
});

test('what the server will never take is put aside and holds up nothing', async (t) => {
  const { admin } = await office(t);
  const at = await sensor(t, admin);
  const file = await capture(t, folder(t));
  mkdirSync(join(at, 'agent/line'), { mode: 0o700 });
  const tally = Buffer.from('made under another key').toString('base64url');
  const bad = {
    sequence: 1,
    seconds: 60,
    dropped: 0,
    minutes: [{ start: '2026-11-01T00:00:00Z', tally }],
    logins: [],
    found: null,
  };
  writeFileSync(join(at, 'agent/line', `${'1'.padStart(20, '0')}.json`), JSON.stringify(bad));
  const sent = send(at, file);
  assert.equal(sent.code, 2);
  assert.match(sent.err, /the server refused \(422\)/);
  assert.equal(waiting(at), 0);
  assert.deepEqual(readdirSync(join(at, 'agent/line.refused')), ['00000000000000000001.json']);
  assert.equal((await admin.get('/line')).packets, JSON.parse(sent.out).all.packets);
  assert.equal(send(at, file).code, 0, 'and is not told of again');
});

test("an address of one's own at the line is told of, and hidden addresses stay hidden", async (t) => {
  const { admin } = await office(t);
  const worker = await newPerson(admin, ['teleworker'], 'worker@firm.example');
  await worker.refused(403, 'GET', '/line');
  await worker.refused(403, 'PUT', '/line', { ours: [], portals: [], hours_kept: 90 });
  const wrong = await admin.refused(422, 'PUT', '/line', {
    ours: ['203.0.113.1/24'],
    portals: [],
    hours_kept: 90,
  });
  assert.match(wrong.errors[0].message, /192\.0\.2\.0\/24/);
  await admin.refused(422, 'PUT', '/line', { ours: [], portals: [], hours_kept: 1 });
  await admin.refused(422, 'PUT', '/line', { ours: [], portals: ['vpn.firm.example'], hours_kept: 90 });
  await admin.must('PUT', '/line', {
    ours: ['203.0.113.0/28'],
    portals: ['203.0.113.5', '[2001:db8::5]:8443'],
    hours_kept: 30,
  });
  const set = await admin.get('/line');
  assert.deepEqual(
    [set.ours, set.portals, set.hours_kept],
    [['203.0.113.0/28'], ['203.0.113.5:443', '[2001:db8::5]:8443'], 30],
  );
  assert.ok((await admin.get('/audit')).items.some((one) => one.action === 'line-changed'));
  const post = await mailbox(t);
  await admin.must('PUT', '/notices', {
    smtp: { url: post.url, from: 'sekisho@firm.example', user: 'sekisho', password: 'geheim' },
    hooks: [],
  });
  const at = await sensor(t, admin);
  const file = await capture(t, folder(t));
  const seen = send(at, file, '--pseudonyms');
  assert.equal(seen.code, 1, 'as without a server: something of ours was seen');
  assert.deepEqual(
    JSON.parse(readFileSync(join(at, 'agent/line.json'), 'utf8')).portals,
    ['203.0.113.5:443', '[2001:db8::5]:8443'],
    'the sensor was told where to look',
  );
  // And mailed, once.
  const mail = read(
    await until(
      () => post.mails.find((one) => /Addresses of your own|自社のアドレス/.test(read(one).subject)),
      'the mail',
    ),
  );
  assert.match(mail.body, /203\.0\.113\.1/);
  const { found } = (await admin.get('/line')).sensors[0];
  assert.deepEqual(
    found.ours.map((one) => one.address),
    ['203.0.113.1'],
  );
  assert.ok(found.busiest.length > 0);
  assert.ok(!found.busiest.some((one) => one.address.startsWith('203.0.113.')));
  assert.equal(found.pseudonyms, true);
  // What decides on access hears of it; a pseudonym is nobody's address.
  const risk = await admin.get('/line/risk?address=203.0.113.1');
  assert.deepEqual([risk.level, risk.reasons.map((one) => one.id)], ['high', ['own_sends']]);
  assert.equal((await admin.get(`/line/risk?address=${found.busiest[0].address}`)).level, 'none');
  await admin.refused(422, 'GET', '/line/risk?address=nowhere');
  await admin.refused(422, 'GET', '/line/risk');
});

test('a live line is told of each second', async (t) => {
  const { admin } = await office(t);
  const at = await sensor(t, admin);
  const running = await start(
    t,
    'observe',
    ['--interface', 'lo', '--send', '--every', '1', '--folder', join(at, 'agent')],
    { ready: /Watching lo/, url: 'none', env: { XDG_DATA_HOME: at } },
  );
  let rate = 0;
  for (let i = 0; i < 100 && !(rate > 0); ++i) {
    await new Promise((done) => setTimeout(done, 100));
    rate = (await admin.get('/line/now')).items[0]?.rate ?? 0;
  }
  assert.ok(rate > 0);
  assert.equal(await running.stop(), 0);
  const { packets } = await admin.get('/line?period=minute');
  assert.ok(packets > 0);
});

/** A sensor on the loopback that sends each second; stop() gives what it printed. */
async function live(t, at) {
  const running = await start(
    t,
    'observe',
    ['--interface', 'lo', '--send', '--every', '1', '--format', 'json', '--folder', join(at, 'agent')],
    {
      ready: /Watching lo/,
      url: 'none',
      env: { XDG_DATA_HOME: at },
    },
  );
  return {
    ...running,
    async stop() {
      const code = await running.stop();
      const said = running.said();
      const end = said.lastIndexOf('}') + 1;
      return { code, err: said.slice(end), seen: JSON.parse(said.slice(0, end)) };
    },
  };
}

/** Packets to a port of the loopback, one each 10 ms. */
async function packets(count) {
  const socket = createSocket('udp4');
  for (let i = 0; i < count; ++i) {
    socket.send('x', 9, '127.0.0.9');
    await sleep(10);
  }
  socket.close();
}

/** 127.0.0.77 sends, and nothing ever comes back to it. */
async function sending(t) {
  const [from, to] = [createSocket('udp4'), createSocket('udp4')];
  for (const [socket, address] of [
    [from, '127.0.0.77'],
    [to, '127.0.0.9'],
  ]) {
    atEnd(t, () => socket.close());
    await new Promise((bound) => socket.bind(0, address, bound));
  }
  for (let i = 0; i < 50; ++i) {
    from.send('x', to.address().port, '127.0.0.9');
    await sleep(10);
  }
}

test('a sensor that runs counts by the addresses that were set since it began', async (t) => {
  const { admin } = await office(t);
  const at = await sensor(t, admin);
  const watching = await live(t, at);
  await packets(20);
  await until(async () => (await admin.get('/line')).packets > 0, 'the first piece');
  await admin.must('PUT', '/line', { ours: ['127.0.0.0/8'], portals: [], hours_kept: 31 });
  // Nobody tells it but the answer to what it sends.
  await until(() => /counting goes on by the new ones/.test(watching.said()), 'the change');
  await until(() => watching.said().split('Watching lo').length === 3, 'the second beginning');
  await sending(t);
  const { code, err, seen } = await watching.stop();
  assert.equal(code, 1, err);
  assert.deepEqual(
    seen.sources.ours.map((one) => one.address),
    ['127.0.0.77'],
    'what one of its own addresses sends is told of',
  );
  const kept = JSON.parse(readFileSync(join(at, 'agent/line.json'), 'utf8'));
  assert.deepEqual(kept.ours, ['127.0.0.0/8'], 'and stays known where there is no server');
  assert.equal(watching.said().split('counting goes on').length, 2, 'once');
});

test('a server that stands still costs a sensor no packet', async (t) => {
  const { admin, server } = await office(t);
  const at = await sensor(t, admin);
  const watching = await live(t, at);
  await packets(50);
  server.child.kill('SIGSTOP');
  await packets(700);
  server.child.kill('SIGCONT');
  await packets(50);
  const { code, err, seen } = await watching.stop();
  assert.equal(code, 0, err);
  assert.equal(seen.frames.dropped, 0);
  assert.ok(seen.all.packets >= 800, `${seen.all.packets}`);
  const line = await admin.get('/line?period=minute');
  assert.equal(line.packets, seen.all.packets, 'and all of it arrived');
  assert.equal(line.sensors[0].dropped, 0);
});

test('what the disk does not take for a while is not lost', async (t) => {
  const { admin } = await office(t);
  const at = await sensor(t, admin);
  const watching = await live(t, at);
  await packets(50);
  renameSync(join(at, 'agent/line'), join(at, 'agent/elsewhere'));
  await packets(300);
  await until(() => /cannot be written/.test(watching.said()), 'the complaint');
  renameSync(join(at, 'agent/elsewhere'), join(at, 'agent/line'));
  await packets(100);
  const { code, err, seen } = await watching.stop();
  assert.equal(code, 0, err);
  assert.equal(waiting(at), 0);
  assert.equal((await admin.get('/line?period=minute')).packets, seen.all.packets);
});

test('who is not enrolled cannot send, and is told what to do', async (t) => {
  const at = folder(t);
  const ran = send(at, '/dev/null');
  assert.equal(ran.code, 2);
  assert.match(ran.err, /sekisho agent enrol/);
  assert.equal(existsSync(join(at, 'agent')), false);
});
