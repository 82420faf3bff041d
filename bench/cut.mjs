#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// From evidence that was accepted to everybody out: a device reports that its disk is no longer encrypted, and the time
// is taken until all that stood on it is gone: from when the report was sent, which was accepted some time after that,
// and from the server's receipt, which says so. On one server, and on three that share a
// PostgreSQL: one takes the report, the second holds the sessions of the protocol's clients and of SSH, the third the
// gate of web applications. Those cut: 400 sessions of protocol clients over 20 connections; an SSH session whose
// processes ignore HUP and TERM, by a real guard and Debian's sshd; and behind Debian's nginx a download without an end
// and a websocket, whose client goes on sending and takes no notice of an end: until the last byte either way.
// Below 0, they were out before the receipt was there; the limit is held against the first. ROUNDS=7 node bench/cut.mjs; as root, under
// scripts/with-postgres.
import { spawn } from 'node:child_process';
import { X509Certificate, createHash, createSign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
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
  - {id: wiki, name: W, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: true, evidence: 1 day, second_factor: none, measures: ["8-3"]}
`;
const host = 'wiki.test';
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
  /** When it was sent, once hands were shaken, and when the receipt came, in ms. */
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
    let sent;
    const reply = await new Promise((done, failed) => {
      const asked = request(`${this.agents}/agent/v1/reports`, { method: 'POST', rejectUnauthorized: false, cert: this.state.certificate, key: this.key, agent: false }, done); // prettier-ignore
      asked.on('socket', (socket) => socket.once('secureConnect', () => (sent = performance.now())));
      asked.on('error', failed).end(text);
    });
    const receipt = performance.now();
    let said = '';
    for await (const part of reply) said += part;
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${said}`);
    this.turn = JSON.parse(said).turn;
    return { sent, receipt };
  }
}

/** An application behind Debian's nginx, set up by the program's recipe; `device` shows this certificate. */
class Web {
  static async behindNginx(t, gate) {
    const web = new Web();
    const at = folder(t);
    chmodSync(at, 0o755); // nginx's worker is nobody
    for (const name of ['tls', 'card'])
      must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
        `/CN=${host}`, '-addext', 'extendedKeyUsage=clientAuth,serverAuth', '-keyout', join(at, `${name}.key`), '-out', join(at, `${name}.crt`)]); // prettier-ignore
    web.card = { key: readFileSync(join(at, 'card.key')), cert: readFileSync(join(at, 'card.crt')) };
    web.digest = createHash('sha256').update(new X509Certificate(web.card.cert).raw).digest('hex');
    const app = createServer((asked, reply) => {
      if (asked.url !== '/long') return reply.end('-');
      reply.writeHead(200, { 'x-accel-buffering': 'no' });
      const timer = setInterval(() => reply.write('tick\n'), 2);
      reply.on('close', () => clearInterval(timer));
    });
    app.on('upgrade', (asked, socket) => {
      socket.on('error', () => {});
      socket.on('data', () => (web.last = performance.now()));
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      const timer = setInterval(() => socket.write('tick\n'), 2);
      socket.on('close', () => clearInterval(timer));
    });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    t.after(() => app.closeAllConnections() ?? app.close());
    web.port = await freePort();
    const recipe = sekisho(at, ['access', 'proxy', 'nginx', '--gate', gate, '--app', `${host}=127.0.0.1:${app.address().port}`]).out
      .replaceAll('listen 443', `listen 127.0.0.1:${web.port}`)
      .replaceAll('listen 80', `listen 127.0.0.1:${await freePort()}`)
      .replaceAll(/\/etc\/ssl\/[a-z.]+\.(crt|key)/g, (all, kind) => join(at, `tls.${kind}`)); // prettier-ignore
    writeFileSync(
      join(at, 'nginx.conf'),
      `daemon off; pid ${at}/nginx.pid; error_log ${at}/nginx.log; worker_processes 1;
events {} http { access_log off; client_body_temp_path ${at}/b; proxy_temp_path ${at}/p; fastcgi_temp_path ${at}/f; uwsgi_temp_path ${at}/u; scgi_temp_path ${at}/s;
${recipe} }`,
    );
    const nginx = spawn('/usr/sbin/nginx', ['-c', join(at, 'nginx.conf'), '-p', at], { stdio: 'inherit' });
    t.after(() => nginx.kill());
    return web;
  }
  way() {
    return { port: this.port, host: '127.0.0.1', servername: host, rejectUnauthorized: false, ...this.card };
  }
  async visit(path, cookie = '') {
    const asked = request({ ...this.way(), path, headers: { host, accept: 'text/html', cookie }, agent: false }); // prettier-ignore
    asked.end();
    const [reply] = await once(asked, 'response');
    reply.resume();
    const set = (reply.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]);
    return { status: reply.statusCode, to: reply.headers.location, set };
  }
  /** Signs in anew. */
  async enter(worker) {
    const begun = await until(async () => {
      const reply = await this.visit('/').catch(() => null);
      return reply?.status === 303 && reply;
    }, 'nginx');
    const asked = new URL(begun.to).searchParams;
    const { url } = await worker.must('POST', '/applications/ticket', { application: asked.get('app'), browser: asked.get('browser'), back: asked.get('back') }); // prettier-ignore
    const entered = await this.visit(new URL(url).pathname + new URL(url).search, begun.set.join('; '));
    this.cookie = entered.set.find((one) => one.startsWith('__Host-sekisho-') && !one.endsWith('='));
    if ((await this.visit('/', this.cookie)).status !== 200) throw new Error('not let in');
  }
  /** Takes what comes, and goes on sending when it may; out() once nothing has moved for a while: when the last did. */
  async stay(path, more = '') {
    const socket = connect({ ...this.way(), allowHalfOpen: true });
    let last = 0;
    socket.on('error', () => {});
    socket.on('data', () => (last = performance.now()));
    await once(socket, 'secureConnect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${this.cookie}\r\n${more}\r\n`);
    await until(() => last > 0, path);
    const timer = more && setInterval(() => socket.write('tick\n'), 2);
    return async () => {
      const moved = () => Math.max(last, more ? this.last : 0);
      await until(() => performance.now() - moved() > 500, `the end of ${path}`);
      clearInterval(timer);
      socket.destroy();
      return moved();
    };
  }
}

const stubborn = `trap '' HUP TERM INT; setsid sh -c 'trap "" HUP TERM INT; echo pid $$; while :; do sleep 1; done' & echo pid $$; echo in; while :; do sleep 1; done`;

async function measured(t, where, apart) {
  const at = folder(t);
  const ports = [await freePort(), await freePort(), await freePort()];
  const sockets = ['a', 'b'].map((name) => join(at, `${name}.sock`));
  const held = apart ? sockets[1] : sockets[0];
  const place = await ground(t, {
    settings: `enforcer: ssh-db1\nresource: db1\nserver: ${held}\nlogins: {aoki: ${aoi}}\n`,
  });
  const gate = (port) => ['--gate', `127.0.0.1:${port}`, '--gate-app', `${host}=wiki`];
  const first = await serve(t, where, ['--enforcers', sockets[0], '--agents', `127.0.0.1:${ports[0]}`, ...gate(ports[1])]); // prettier-ignore
  const web = await Web.behindNginx(t, `127.0.0.1:${ports[apart ? 2 : 1]}`);
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
       INSERT INTO device_certificate (device_id, fingerprint, public_key, purpose, issued_at, expires_at) SELECT id, '${web.digest}', 'card', 'access', 0, ${Math.floor(Date.now() / 1000) + 86400} FROM device WHERE person_id = ${id};
       INSERT INTO device_certificate (device_id, fingerprint, public_key, purpose, issued_at, expires_at) SELECT id, '${'0'.repeat(64)}', '${spki}', 'access', 0, ${Math.floor(Date.now() / 1000) + 86400} FROM device WHERE person_id = ${id}`);
  if (apart) {
    await serve(t, where, ['--enforcers', sockets[1]]);
    await serve(t, where, gate(ports[2]));
  }
  const device = new Device(state, `https://127.0.0.1:${ports[0]}`);
  const key = createHash('sha256').update(Buffer.from(spki, 'base64url')).digest('base64url');
  const clients = [];
  for (let n = 0; n < 20; ++n) clients.push(await Enforcer.at(t, held, `vpn-${n}`));
  await place.guard();
  await place.sshd();
  const took = { clients: [], ssh: [], download: [], websocket: [] };
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
    await web.enter(worker);
    const open = {
      download: await web.stay('/long'),
      websocket: await web.stay('/socket', 'Connection: Upgrade\r\nUpgrade: echo\r\n'),
    };
    await pause(300);
    const accepted = device.says('fail');
    let ended = 0;
    for (let tries = 0; !ended && tries < 20_000; ++tries) {
      if (alive(pids).length === 0) ended = performance.now();
      else await pause(1);
    }
    const { sent, receipt } = await accepted;
    const out = (at) => ({ sent: at - sent, receipt: at - receipt });
    await until(() => clients.every((client) => client.cuts.length === 20), 'all cuts');
    took.clients.push(out(Math.max(...clients.flatMap((client) => client.cuts.map((cut) => cut.at)))));
    took.ssh.push(out(ended));
    for (const [name, over] of Object.entries(open)) took[name].push(out(await over()));
    await session.gone;
  }
  return took;
}

const limits = { 'one server': 100, 'three servers': 1000 };
console.log('\nFrom evidence to everybody out, ms (median, most): from its sending; from its receipt');
for (const [name, apart] of [
  ['one server', false],
  ['three servers', true],
]) {
  const ends = [];
  const t = { after: (work) => ends.push(work) };
  try {
    const where = apart ? database(t, 'postgres') : join(folder(t), 's.db');
    const took = await measured(t, where, apart);
    for (const [who, list] of [
      ['400 sessions of protocol clients', took.clients],
      ['SSH, ignoring HUP and TERM', took.ssh],
      ['a download through nginx', took.download],
      ['a websocket through nginx, ignoring its end', took.websocket],
    ]) {
      const told = (since) => {
        const all = list.map((one) => one[since]).toSorted((a, b) => a - b);
        return `${all[all.length >> 1].toFixed(0)}, ${all.at(-1).toFixed(0)}`;
      };
      console.log(`  ${name}, ${who}: ${told('sent')} (limit: ${limits[name]}); ${told('receipt')}`);
    }
  } finally {
    for (const work of ends.reverse()) await work();
  }
}
process.exit(0);
