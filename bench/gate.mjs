#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What the gate costs: processor time of one question of a proxy about somebody who is inside, all in, with the server
// on one core and wrk on the other; and nginx that asks it beside nginx that asks a static 204 of its own. What the
// machine does beside makes both slower: nginx's own time, of the same run, says how much. It takes 14 µs for a request
// that asks a static 204 of the same nginx (Debian 12, where nothing else runs), which the limit comes from.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

process.env.SEKISHO_BINARY ??= new URL('../build/sekisho', import.meta.url).pathname;
const { firstAdministrator, freePort, newPerson } = await import('../tests/e2e/server.mjs');
const seconds = Number(process.env.SECONDS ?? 5);
const work = mkdtempSync(join(tmpdir(), 'sekisho-bench.'));
chmodSync(work, 0o755); // nginx's worker is nobody
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill();
  rmSync(work, { recursive: true, force: true });
});
const sql = (text) => {
  const ran = spawnSync('sqlite3', ['-cmd', '.timeout 20000', join(work, 's.db'), text], {
    encoding: 'utf8',
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout.trim();
};

const port = await freePort();
const gate = await freePort();
const server = spawn(
  'taskset',
  ['-c', '0', process.env.SEKISHO_BINARY, 'serve', '--no-check', '--database', join(work, 's.db'), '--listen', `127.0.0.1:${port}`,
    '--gate', `127.0.0.1:${gate}`, '--gate-app', 'wiki.test=wiki'], // prettier-ignore
  {
    env: { PATH: process.env.PATH, HOME: work, XDG_DATA_HOME: work, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
children.push(server);
let said = '';
server.stdout.on('data', (part) => (said += part));
while (!said.includes('Ctrl-C')) await pause(50);
const url = `http://127.0.0.1:${port}`;
const { admin } = await firstAdministrator({ url, link: /\S+\/setup#\S+/.exec(said)[0] });
const person = await newPerson(admin, ['teleworker'], 'aoi@firm.example');
const now = Math.floor(Date.now() / 1000);
// As large as a device's certificate, which nginx hands over whole.
const der = Buffer.alloc(480, 7);
const digest = createHash('sha256').update(der).digest('hex');
const card = encodeURIComponent(
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
);
const id = sql("SELECT id FROM person WHERE email = 'aoi@firm.example'");
const evidence = ['disk-encryption', 'swap-encryption']
  .map(
    (
      check,
    ) => `INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, valid_until, source, detail_ja, detail_en)
      SELECT COALESCE(MAX(change), 0) + 1, 'host:pc', '${check}', 'pass', ${now}, ${now}, ${now + 86400}, 'host', 'x', 'x' FROM evidence;`,
  )
  .join('\n');
sql(`INSERT INTO device (id, subject, name, person_id, state, created_at, own) VALUES (901, 'host:pc', 'pc', ${id}, 'active', 0, 0);
  INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) VALUES (901, '${digest}', 'k901', 0, ${now + 86400});
  ${evidence}
  INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('policy: {name: B, about: B}
resources:
  - {id: wiki, name: W, kind: application, sensitivity: low, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 1 day, second_factor: 1 hour, measures: ["8-3"]}
', 0, 1);`);
await pause(1000);

const question = (target, more = {}) => ({
  'x-forwarded-uri': target, 'x-forwarded-method': 'GET', 'x-forwarded-host': 'wiki.test', accept: 'text/html',
  'x-sekisho-client': '192.0.2.1:5000', 'x-sekisho-certificate': digest, ...more }); // prettier-ignore
/** {status, headers} of a question. */
async function ask(target, more) {
  const asked = request({ port: gate, host: '127.0.0.1', path: '/caddy', headers: question(target, more) });
  asked.end();
  const [reply] = await once(asked, 'response');
  let text = '';
  for await (const part of reply) text += part;
  return { status: reply.statusCode, headers: reply.headers, text };
}
const sent = await ask('/');
const begun = sent.headers['set-cookie'][0].split(';')[0];
const asked = new URL(sent.headers.location).searchParams;
const ticket = await person.must('POST', '/applications/ticket', {
  application: 'wiki', browser: asked.get('browser'), back: '/' }); // prettier-ignore
const entered = await ask(`/.sekisho/enter${new URL(ticket.url).search}`, { cookie: begun });
const cookie = entered.headers['set-cookie']
  ?.find((one) => one.startsWith('__Host-sekisho-wiki='))
  ?.split(';')[0];
if (!cookie) throw new Error(`not let in: ${entered.status} ${entered.text}`);
const open = await ask('/', { cookie });
if (open.status !== 204) throw new Error(`closed: ${open.status}`);

/** A process's processor time so far, in µs. */
const used = (pid = server.pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};
const wrk = (where, headers) => {
  const ran = spawnSync('taskset', ['-c', '1', 'wrk', '-t1', '-c32', `-d${seconds}s`,
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), where], { encoding: 'utf8' }); // prettier-ignore
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(ran.stdout) ?? [];
  const [, count] = /(\d+) requests in/.exec(ran.stdout) ?? [];
  if (/Non-2xx/.test(ran.stdout) || !rate) throw new Error(ran.stdout + ran.stderr);
  return { rate: Number(rate), count: Number(count) };
};
console.log(
  '\nThe gate, one question of a proxy about somebody who is inside (limit: 14 µs of processor time)',
);
let least = Infinity;
for (let round = 1; round <= 3; ++round) {
  const before = used();
  const { rate, count } = wrk(`http://127.0.0.1:${gate}/caddy`, question('/page?x=1', { cookie }));
  const each = (used() - before) / count;
  least = Math.min(least, each);
  console.log(
    `  round ${round}: ${Math.round(rate).toLocaleString('en')} a second, ${each.toFixed(1)} µs each`,
  );
}

// nginx on the same core as the server that it asks.
const front = await freePort();
const inside = await freePort();
writeFileSync(join(work, 'page'), 'hello\n');
const asking = (where, more) => `auth_request ${where}; ${more} root ${work}; try_files /page =404;`;
writeFileSync(
  join(work, 'nginx.conf'),
  `daemon off; worker_processes 1; pid ${work}/pid; error_log ${work}/log;
events {} http { access_log off; client_body_temp_path ${work}/b; proxy_temp_path ${work}/p; fastcgi_temp_path ${work}/f; uwsgi_temp_path ${work}/u; scgi_temp_path ${work}/s;
upstream sekisho { server 127.0.0.1:${gate}; keepalive 32; } upstream static { server 127.0.0.1:${inside}; keepalive 32; }
server { listen 127.0.0.1:${inside}; location / { return 204; } }
server { listen 127.0.0.1:${front};
  location /plain { root ${work}; try_files /page =404; }
  location /static { ${asking('/ask-static', '')} }
  location /sekisho { ${asking('/ask-sekisho', '')} }
  location = /ask-static { internal; proxy_pass http://static/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off; }
  location = /ask-sekisho { internal; proxy_pass http://sekisho/nginx; proxy_http_version 1.1; proxy_pass_request_headers off; proxy_pass_request_body off;
    proxy_set_header Connection ""; proxy_set_header Host wiki.test; proxy_set_header Cookie $http_cookie; proxy_set_header X-Original-URI $request_uri;
    proxy_set_header X-Original-Method $request_method; proxy_set_header X-Sekisho-Client $remote_addr:$remote_port; proxy_set_header X-Sekisho-Certificate $http_x_card; }
} }`,
);
const nginx = spawn('taskset', ['-c', '0', '/usr/sbin/nginx', '-c', join(work, 'nginx.conf'), '-p', work], {
  stdio: 'inherit',
});
children.push(nginx);
await pause(500);
console.log('nginx with auth_request, one worker on the core of what it asks');
const worker = Number(readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim());
const begunAt = used(worker);
const ofStatic = wrk(`http://127.0.0.1:${front}/static`, {});
const itself = (used(worker) - begunAt) / ofStatic.count;
console.log(
  `  it takes ${itself.toFixed(1)} µs itself where it asks a static 204: a question of Sekisho ${(least / itself).toFixed(2)} times as long (limit: 1)`,
);
const beside = {
  'a static 204': ofStatic.rate,
  Sekisho: wrk(`http://127.0.0.1:${front}/sekisho`, { cookie, 'x-card': card }).rate,
};
for (const [name, rate] of Object.entries(beside))
  console.log(`  ${name}: ${Math.round(rate).toLocaleString('en')} requests a second`);
console.log(`  it keeps ${Math.round((100 * beside.Sekisho) / beside['a static 204'])} % (limit: 50 %)`);
// At half of that rate, which is held whatever the answers take: the 99th of a hundred.
const steady = (where, rate, headers) => {
  const log = join(work, 'times');
  rmSync(log, { force: true });
  const clients = 16;
  const ran = spawnSync('taskset', ['-c', '1', 'h2load', '--h1', '-t1', `-c${clients}`, `-D${seconds}`, `--rps=${Math.floor(rate / clients)}`,
    `--log-file=${log}`, ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), where], { encoding: 'utf8' }); // prettier-ignore
  const lines = ran.status === 0 ? readFileSync(log, 'utf8').trim().split('\n') : [];
  const times = lines.map((line) => line.split('\t')).filter(([, status]) => status === '200').map(([, , took]) => Number(took)).sort((a, b) => a - b); // prettier-ignore
  if (times.length < 100) throw new Error(`${ran.error ?? ''} ${ran.stderr} ${ran.stdout}`);
  return times[Math.floor(times.length * 0.99)] / 1000;
};
const half = beside.Sekisho / 2;
const without = steady(`http://127.0.0.1:${front}/plain`, half, {});
const with_ = steady(`http://127.0.0.1:${front}/sekisho`, half, { cookie, 'x-card': card });
console.log(
  `  at ${Math.round(half).toLocaleString('en')} a second 99 % within ${with_.toFixed(2)} ms, ${without.toFixed(2)} without a question: ${(with_ - without).toFixed(2)} more (limit: 1 ms)`,
);
server.kill();
await once(server, 'exit');
process.exit(0);
