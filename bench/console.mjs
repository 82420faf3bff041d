#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The console's server with 300 people, 500 devices and a year of daily evidence: the time of every page's API
// calls, and requests per second of the hot read routes beside nginx with a static file of the same size on the
// same core.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = new URL('../build/sekisho', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'sekisho-bench.'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill(); // nginx's worker outlives a master that is killed outright
  rmSync(work, { recursive: true, force: true });
});

const environment = { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: work, XDG_DATA_HOME: work };
const must = (command, ...args) => {
  const ran = spawnSync(command, args, { encoding: 'utf8', env: environment, maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${ran.stderr || ran.error}`);
  return ran.stdout;
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Makes the demo organisation and serves it, on core 0; returns when it answers. */
async function demo(database, port) {
  const child = spawn(
    'taskset',
    ['-c', '0', binary, 'demo', '--database', database, '--port', String(port)],
    { env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  await new Promise((ready) => child.stdout.on('data', (data) => /Ctrl-C/.test(data) && ready()));
  return child;
}

const ask = (url, path, headers) => fetch(`${url}/api/v1${path}`, { headers });
async function signIn(url) {
  const reply = await fetch(`${url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@demo.example', password: 'sekisho demo 1' }),
  });
  // Beside it comes one by which the browser is known later.
  const session = reply.headers.getSetCookie().find((one) => !/^[\w-]*browser=/.test(one));
  return { cookie: session.split(';')[0] };
}

// What each page asks for when it is opened, beside /me and /guideline, which all share.
const pages = {
  home: ['/home', '/history?by=all'],
  checklist: ['/checklist'],
  measures: ['/measures'],
  requirement: ['/requirements/admin-C-2'],
  check: ['/checks/disk-encryption'],
  question: ['/checks/ask-SK-admin-B2'],
  'to do': ['/actions?limit=50'],
  methods: ['/organisation', '/methods/cloud/difference'],
  cases: ['/cases'],
  devices: ['/devices?limit=50'],
  device: ['/devices/1'],
  incidents: ['/incidents'],
  people: ['/people?limit=50'],
  audit: ['/audit?limit=100'],
  mine: ['/me/page'],
  every: ['/me', '/guideline'],
};

const database = join(work, 'demo.db');
let from = performance.now();
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = await demo(database, port);
console.log(
  `demo: 300 people, 500 devices, 365 days made in ${((performance.now() - from) / 1000).toFixed(1)} s, ${(statSync(database).size / 1e6).toFixed(0)} MB`,
);
const headers = await signIn(url);
from = performance.now();
await ask(url, '/home', headers).then((reply) => reply.arrayBuffer());
console.log(
  `first look after the start (folds the year): ${((performance.now() - from) / 1000).toFixed(2)} s\n`,
);

console.log("page            calls' median ms, added up   (aim: home 100, others 50)");
for (const [name, calls] of Object.entries(pages)) {
  let sum = 0;
  for (const path of calls) {
    const times = [];
    for (let i = 0; i < 41; ++i) {
      const start = performance.now();
      const reply = await ask(url, path, headers);
      await reply.arrayBuffer();
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`);
      times.push(performance.now() - start);
    }
    sum += median(times);
  }
  console.log(`${name.padEnd(16)}${sum.toFixed(1).padStart(8)}   ${calls.join(' ')}`);
}

/** Seconds of processor that a program and its children have had. */
function worked(pid) {
  const tree = must('ps', '-o', 'pid=', '--pid', String(pid), '--ppid', String(pid)).trim().split(/\s+/);
  return tree.reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

/** Requests per second that wrk, on the other core, gets. */
function load(target, cookie) {
  const out = must('taskset', '-c', '1', 'wrk', '-t1', '-c16', '-d3s', '-H', `Cookie: ${cookie}`, target);
  if (/Non-2xx/.test(out)) throw new Error(out);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
    all: Number(/(\d+) requests in/.exec(out)[1]),
  };
}
/** The same, with how many a second of its processor's time would do: what else runs here takes none of that. */
function rates(child, target, cookie) {
  const before = worked(child.pid);
  const { rate, all } = load(target, cookie);
  return [rate, all / (worked(child.pid) - before)];
}

const nginxPort = await freePort();
writeFileSync(
  join(work, 'nginx.conf'),
  `daemon off; worker_processes 1; pid ${work}/nginx.pid; error_log ${work}/error.log;
events { worker_connections 512; }
http { access_log off; keepalive_requests 1000000; client_body_temp_path ${work}; proxy_temp_path ${work}; fastcgi_temp_path ${work}; uwsgi_temp_path ${work}; scgi_temp_path ${work};
  server { listen 127.0.0.1:${nginxPort}; root ${work}/static; } }\n`,
);
must('mkdir', '-m', '755', join(work, 'static'));
must('chmod', '755', work);
const nginx = spawn('taskset', ['-c', '0', 'nginx', '-p', work, '-c', join(work, 'nginx.conf')], {
  stdio: 'ignore',
});
children.push(nginx);
console.log(
  '\nroute                      bytes    sekisho req/s      nginx req/s   ratio   by processor time alone',
);
for (const path of ['/me', '/home', '/devices?limit=50', '/checklist', '/openapi.json']) {
  const body = Buffer.from(
    await (await ask(url, path, { ...headers, 'accept-encoding': 'identity' })).arrayBuffer(),
  );
  writeFileSync(join(work, 'static', 'file.json'), body);
  const [ours, oursAlone] = rates(server, `${url}/api/v1${path}`, headers.cookie);
  const [theirs, theirsAlone] = rates(nginx, `http://127.0.0.1:${nginxPort}/file.json`, headers.cookie);
  console.log(
    `${path.padEnd(22)}${String(body.length).padStart(10)}${ours.toFixed(0).padStart(17)}${theirs.toFixed(0).padStart(17)}${(ours / theirs).toFixed(3).padStart(8)}${(oursAlone / theirsAlone).toFixed(3).padStart(10)}`,
  );
}
process.exit(0);
