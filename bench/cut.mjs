#!/usr/bin/env node
// From evidence that was accepted to everybody out: a device reports that its disk is no longer encrypted, and the time
// is taken from the server's receipt until all that stood on it is gone. On one server, and where another server on
// the same PostgreSQL holds the sessions. Those cut: 400 sessions of protocol clients over 20 connections, and an SSH
// session whose processes ignore HUP and TERM, by a real guard and Debian's sshd. ROUNDS=7 node bench/cut.mjs; as root,
// under scripts/with-postgres.
import { createHash, createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

process.env.SEKISHO_BINARY ??= new URL('../build/sekisho', import.meta.url).pathname;
const { Enforcer } = await import('../tests/e2e/enforcer.mjs');
const { alive, ground, until } = await import('../tests/e2e/ground.mjs');
const { folder, must, sekisho } = await import('../tests/e2e/sekisho.mjs');
const { database, firstAdministrator, freePort, newPerson, serve } = await import('../tests/e2e/server.mjs');

const rounds = Number(process.env.ROUNDS ?? 7);
const aoi = 'aoi@example.jp';
const policy = `policy: {name: B, about: B}
resources:
  - {id: db1, name: D, kind: server, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 1 day, second_factor: none, measures: ["8-3"]}
`;
const rfc3339 = () => new Date().toISOString().replace(/\.\d+/, '');

/** A device that was enrolled by the agent, and reports what it is told to. */
class Device {
  constructor(at, agents, of) {
    this.state = JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8'));
    this.key = readFileSync(join(at, 'agent/device.key'), 'utf8');
    this.turn = this.state.turn;
    this.machine = createHash('sha256').update(`sekisho device ${readFileSync('/etc/machine-id', 'utf8').trim()}`).digest('hex'); // prettier-ignore
    Object.assign(this, { agents, sequence: 0, ...of });
  }
  /** When the receipt came, in ms. */
  async says(verdict) {
    const detail = { ja: '-', en: '-' };
    const body = JSON.stringify({
      device: this.state.device, sequence: (this.sequence += 1), observed_at: rfc3339(), host: 'pc', machine: this.machine,
      system: { id: 'debian', version: '12', name: 'Debian' },
      records: [
        { check: 'disk-encryption', verdict, detail }, { check: 'swap-encryption', verdict: 'pass', detail },
        { check: 'readers', verdict: 'unknown', detail: { ja: '1000', en: '1000' } },
      ],
    }); // prettier-ignore
    const signature = createSign('SHA256').update(body).sign(this.key).toString('base64url');
    const text = JSON.stringify({ sent_at: rfc3339(), turn: this.turn, reports: [{ body, signature }] });
    const reply = await new Promise((done, failed) =>
      request(`${this.agents}/agent/v1/reports`, { method: 'POST', rejectUnauthorized: false, cert: this.state.certificate, key: this.key }, done).on('error', failed).end(text)); // prettier-ignore
    const accepted = performance.now();
    let said = '';
    for await (const part of reply) said += part;
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${said}`);
    this.turn = JSON.parse(said).turn;
    return accepted;
  }
}

const stubborn = `trap '' HUP TERM INT; setsid sh -c 'trap "" HUP TERM INT; echo pid $$; while :; do sleep 1; done' & echo pid $$; echo in; while :; do sleep 1; done`;

async function measured(t, where, apart) {
  const at = folder(t);
  const ports = [await freePort(), await freePort()];
  const sockets = ['a', 'b'].map((name) => join(at, `${name}.sock`));
  const held = apart ? sockets[1] : sockets[0];
  const place = await ground(t, {
    settings: `enforcer: ssh-db1\nresource: db1\nserver: ${held}\nlogins: {aoki: ${aoi}}\n`,
  });
  const first = await serve(t, where, ['--enforcers', sockets[0], '--agents', `127.0.0.1:${ports[0]}`]);
  const { admin } = await firstAdministrator(first);
  const worker = await newPerson(admin, ['teleworker'], aoi);
  const { id } = await worker.get('/me');
  const { link } = await admin.must('POST', '/enrolments', { person: id });
  const state = folder(t);
  const enrolled = sekisho(state, ['agent', 'enrol', link, '--folder', join(state, 'agent')]);
  if (enrolled.code !== 0) throw new Error(enrolled.err);
  const spki = place.publicKey('laptop').toString('base64url');
  const sql = (text) => (where.startsWith('postgres') ? must('psql', ['-qAt', where, '-c', text]) : must('sqlite3', ['-batch', '-cmd', '.timeout 20000', where, text])); // prettier-ignore
  sql(`INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('${policy}', 0, 1);
       INSERT INTO device_certificate (device_id, fingerprint, public_key, purpose, issued_at, expires_at) SELECT id, '${'0'.repeat(64)}', '${spki}', 'access', 0, ${Math.floor(Date.now() / 1000) + 86400} FROM device WHERE person_id = ${id}`);
  if (apart) await serve(t, where, ['--enforcers', sockets[1]]);
  const device = new Device(state, `https://127.0.0.1:${ports[0]}`);
  const key = createHash('sha256').update(Buffer.from(spki, 'base64url')).digest('base64url');
  const clients = [];
  for (let n = 0; n < 20; ++n) clients.push(await Enforcer.at(t, held, `vpn-${n}`));
  await place.guard();
  await place.sshd();
  const took = { clients: [], ssh: [] };
  for (let round = 0; round < rounds; ++round) {
    await device.says('pass');
    await until(async () => (await clients[0].ask('db1', aoi, key)).answer === 'allow', 'good again');
    for (const client of clients) {
      client.cuts = [];
      await Promise.all(Array.from({ length: 20 }, (_, n) => client.enter('db1', aoi, key, `s-${n}`)));
    }
    const session = place.stay(stubborn);
    await until(
      () => /\bin\r/.test(session.said()) && session.said().split('pid ').length === 3,
      `in: ${session.said()}`,
    );
    const pids = [...session.said().matchAll(/pid (\d+)/g)].map((one) => one[1]);
    await pause(300);
    const accepted = device.says('fail');
    let ended = 0;
    for (let tries = 0; !ended && tries < 20_000; ++tries) {
      if (alive(pids).length === 0) ended = performance.now();
      else await pause(1);
    }
    const from = await accepted;
    await until(() => clients.every((client) => client.cuts.length === 20), 'all cuts');
    took.clients.push(Math.max(...clients.flatMap((client) => client.cuts.map((cut) => cut.at))) - from);
    took.ssh.push(ended - from);
    await session.gone;
  }
  return took;
}

const limits = { 'one server': 100, 'another server': 1000 };
console.log('\nFrom evidence accepted to everybody out, ms (median, most)');
for (const [name, apart] of [
  ['one server', false],
  ['another server', true],
]) {
  const ends = [];
  const t = { after: (work) => ends.push(work) };
  try {
    const where = apart ? database(t, 'postgres') : join(folder(t), 's.db');
    const took = await measured(t, where, apart);
    for (const [who, list] of [
      ['400 sessions of protocol clients', took.clients],
      ['SSH, ignoring HUP and TERM', took.ssh],
    ]) {
      const all = list.toSorted((a, b) => a - b);
      console.log(
        `  ${name}, ${who}: ${all[all.length >> 1].toFixed(0)}, ${all.at(-1).toFixed(0)} (limit: ${limits[name]})`,
      );
    }
  } finally {
    for (const work of ends.reverse()) await work();
  }
}
process.exit(0);
