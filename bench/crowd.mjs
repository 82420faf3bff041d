// SPDX-License-Identifier: Apache-2.0
// People at work while outsiders do their worst: 50 people who read and write, and some who sign in, 10,000
// connections that send a byte now and then, 1,000 wrong sign-ins a second, all from 250 addresses of this machine.
// How long people wait (milliseconds), and how the outsiders fared. The load comes from this process, on the same
// cores: what it computes itself is said, how long its own loop was late (nobody's answer is seen before that), and
// for how much of the time the server's thread of connections and this load's were ready and had no core: where that
// is much, the machine is shared with others, and a long wait is theirs.
// Then 600 connections from 200 addresses of which each asks for sixty cheap things at a time, in a program of its own
// (this one, called again), half of them with a cookie that is nobody's; and as many that begin a body and never end it.
// SECONDS=10 SLOW=10000 GUESSES=1000 PEOPLE=50 PUSHING=600 node bench/crowd.mjs
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const number = (name, usual) => Number(process.env[name] ?? usual);
const [seconds, slow, guesses, people, pushing] = [
  number('SECONDS', 10),
  number('SLOW', 10_000),
  number('GUESSES', 1000),
  number('PEOPLE', 50),
  number('PUSHING', 600),
];
if (process.argv[2] === 'pushing') await push(Number(process.argv[3]), process.argv[4]);
const binary = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-crowd-'));
const port = 20_000 + Math.floor(Math.random() * 10_000);
const where = [
  '--port',
  String(port),
  '--people',
  '50',
  '--devices',
  '60',
  '--days',
  '30',
  '--database',
  join(folder, 's.db'),
];
const server = spawn(binary, ['demo', ...where], {
  env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const near = (list, part) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];

/** In a program of its own: connections that push, until it is ended. */
async function push(to, how) {
  const open = (i) => {
    const socket = connect({
      port: to,
      host: '127.0.0.1',
      localAddress: `127.2.${1 + (i % 5)}.${1 + (i % 200)}`,
    });
    socket.on('error', () => {});
    socket.on('close', () => setTimeout(() => open(i), 100));
    const head = (line, more) => `${line} HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\n${more}\r\n`;
    if (how === 'bodies') {
      const framing = i % 2 === 0 ? 'Transfer-Encoding: chunked\r\n' : 'Content-Length: 60000\r\n';
      socket.write(`${head('POST /api/v1/sign-in', `Content-Type: application/json\r\n${framing}`)}5\r\nhal`);
      return;
    }
    const asks = head('GET /api/v1/state', i % 2 === 0 ? '' : 'Cookie: sekisho=nobody\r\n').repeat(60);
    let here = 0;
    socket.on('data', (data) => {
      here += data.toString('latin1').split('HTTP/1.1 ').length - 1;
      if (here < 60) return;
      here = 0;
      socket.write(asks);
    });
    socket.write(asks);
  };
  for (let i = 0; i < pushing; ++i) open(i);
  await new Promise(() => setInterval(() => {}, 1000));
}

/** Milliseconds that a thread has computed, and that it was ready to and had no core. */
function scheduled(pid, task) {
  const told = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
  return { ran: Number(told[0]) / 1e6, waited: Number(told[1]) / 1e6 };
}

/** Milliseconds that the threads of a process have computed. */
const computed = (pid) =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + scheduled(pid, task).ran, 0);
/** Of its first thread, which the server's connections and this program's loop are on. */
const kept = (pid) => scheduled(pid, pid).waited;

/** {status, cookie, text, took} of one request; from one of 250 addresses of this machine. */
function ask(agent, method, path, { body, cookie, csrf, from = '127.0.0.1' } = {}) {
  const began = performance.now();
  return new Promise((done) => {
    const headers = {
      ...(cookie && { cookie }),
      ...(csrf && { 'x-sekisho-csrf': csrf }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const asked = request(
      { host: '127.0.0.1', port, method, path: `/api/v1${path}`, agent, headers, localAddress: from },
      (reply) => {
        let text = '';
        reply.on('data', (part) => (text += part));
        reply.on('end', () =>
          done({
            status: reply.statusCode,
            text,
            cookie: reply.headers['set-cookie']?.map((one) => one.split(';')[0]).join('; '),
            took: performance.now() - began,
          }),
        );
      },
    );
    asked.on('error', () => done({ status: 0, took: performance.now() - began }));
    asked.end(body && JSON.stringify(body));
  });
}

try {
  for await (const said of server.stdout) if (/Ctrl-C/.test(String(said))) break;
  server.stdout.resume();
  const entry = { email: 'admin@demo.example', password: 'sekisho demo 1' };
  const { cookie } = await ask(new Agent(), 'POST', '/sign-in', { body: entry });
  const browser = cookie.split('; ').find((one) => one.startsWith('sekisho-browser='));
  const { csrf } = JSON.parse((await ask(new Agent(), 'GET', '/me', { cookie })).text);
  const running = { now: true };
  const far = (i) => `127.0.${1 + (i % 5)}.${1 + (i % 250)}`;
  const work = async (label) => {
    const [took, wrote] = [[], []];
    const entered = { known: [], fresh: [], refused: 0 };
    let failed = 0;
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    const before = {
      at: performance.now(),
      ours: process.cpuUsage(),
      server: computed(server.pid),
      waits: [server.pid, process.pid].map(kept),
    };
    const end = performance.now() + seconds * 1000;
    const one = async (agent) => {
      for (let i = 0; performance.now() < end; ++i) {
        const path = ['/home', '/devices', '/checklist', '/me'][i % 4];
        const writes = i % 5 === 4;
        const reply = writes
          ? await ask(agent, 'POST', '/items/ask-SK-admin-B2/remarks', {
              cookie,
              csrf,
              body: { text: `${i}` },
            })
          : await ask(agent, 'GET', path, { cookie });
        if (reply.status === (writes ? 201 : 200)) (writes ? wrote : took).push(reply.took);
        else ++failed;
        await pause(500 + Math.random() * 500);
      }
    };
    // Now and then somebody signs in: where they did before, and from an address that was never here.
    const signs = async (list, more) => {
      for (let i = 0; performance.now() < end; ++i) {
        const reply = await ask(new Agent(), 'POST', '/sign-in', { body: entry, ...more(i) });
        if (reply.status === 200) list.push(reply.took);
        else ++entered.refused;
        await pause(1500);
      }
    };
    await Promise.all([
      ...Array.from({ length: people }, () => one(new Agent({ keepAlive: true, maxSockets: 2 }))),
      signs(entered.known, () => ({ cookie: browser })),
      signs(entered.fresh, (i) => ({ from: `127.1.${label.length}.${1 + i}` })),
    ]);
    const passed = (performance.now() - before.at) / 1000;
    const ours = process.cpuUsage(before.ours);
    const share = (milliseconds) => `${Math.round(milliseconds / 10 / passed)} %`;
    const waits = [server.pid, process.pid].map((pid, i) => share(kept(pid) - before.waits[i]));
    const said = (list) =>
      list.length === 0
        ? 'none'
        : `${list.length}, p50 ${near(list, 0.5).toFixed(1)} ms, p99 ${near(list, 0.99).toFixed(1)} ms`;
    console.log(`${label}: ${people} people, ${failed} requests failed, ${entered.refused} sign-ins refused`);
    for (const [name, list] of Object.entries({
      reads: took,
      writes: wrote,
      'sign-ins, known browser': entered.known,
      'sign-ins, new address': entered.fresh,
    }))
      console.log(`  ${name.padEnd(25)} ${said(list)}`);
    console.log(
      `  of one core, the server ${share(computed(server.pid) - before.server)}, this load ${share((ours.user + ours.system) / 1000)}; its loop was late by p99 ${(loop.percentile(99) / 1e6).toFixed(1)} ms; ready without a core for ${waits.join(' and ')} of the time`,
    );
  };
  await work('alone');
  let gone = 0;
  const sockets = [];
  const hold = (i) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: far(i) });
    socket.on('error', () => {});
    socket.on('close', () => ++gone);
    socket.write('GET / HTTP/1.1\r\nX: ');
    sockets.push(socket);
  };
  for (let i = 0; i < slow; ++i) {
    hold(i);
    if (i % 200 === 0) await pause(20);
  }
  const counted = {};
  const guess = async () => {
    const agents = Array.from({ length: 250 }, () => new Agent({ keepAlive: true, maxSockets: 4 }));
    for (let i = 0; running.now;) {
      for (let many = 0; many < guesses / 50; ++many, ++i)
        void ask(agents[i % 250], 'POST', '/sign-in', {
          body: { email: `no${i}@demo.example`, password: 'wrong' },
          from: far(i),
        }).then(({ status }) => (counted[status] = (counted[status] ?? 0) + 1));
      for (const socket of sockets.slice(i % 7, (i % 7) + 200)) if (!socket.destroyed) socket.write('a');
      await pause(20);
    }
  };
  const guessing = guess();
  await pause(1000);
  await work('in a crowd');
  running.now = false;
  await guessing;
  const memory = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1];
  console.log(
    `${slow} slow connections, of which ${gone} were closed; sign-ins by status ${JSON.stringify(counted)}; most memory ${Math.round(memory / 1024)} MB`,
  );
  for (const socket of sockets) socket.destroy();
  for (const [how, label] of [
    ['requests', 'while others ask sixty times at once'],
    ['bodies', 'while others begin bodies'],
  ]) {
    const others = spawn(process.execPath, [process.argv[1], 'pushing', String(port), how], {
      stdio: 'inherit',
    });
    await pause(2000);
    await work(label);
    others.kill('SIGKILL');
    await pause(1000);
  }
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
