// People at work while outsiders do their worst: 50 people who read and write, 10,000 connections that send a byte
// now and then, 1,000 wrong sign-ins a second. How long people wait (milliseconds), and how the outsiders fared.
// SECONDS=10 SLOW=10000 GUESSES=1000 PEOPLE=50 node bench/crowd.mjs
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const number = (name, usual) => Number(process.env[name] ?? usual);
const [seconds, slow, guesses, people] = [
  number('SECONDS', 10),
  number('SLOW', 10_000),
  number('GUESSES', 1000),
  number('PEOPLE', 50),
];
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

/** {status, cookie, took} of one request; from one of 250 addresses of this machine. */
function ask(agent, method, path, { body, cookie, from = '127.0.0.1' } = {}) {
  const began = performance.now();
  return new Promise((done) => {
    const headers = { ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) };
    const asked = request(
      { host: '127.0.0.1', port, method, path: `/api/v1${path}`, agent, headers, localAddress: from },
      (reply) => {
        reply.resume();
        reply.on('end', () =>
          done({
            status: reply.statusCode,
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
  const { cookie } = await ask(new Agent(), 'POST', '/sign-in', {
    body: { email: 'admin@demo.example', password: 'sekisho demo 1' },
  });
  const running = { now: true };
  const far = (i) => `127.0.${1 + (i % 5)}.${1 + (i % 250)}`;
  const work = async (label) => {
    const took = [];
    let failed = 0;
    const end = performance.now() + seconds * 1000;
    const one = async (agent) => {
      for (let i = 0; performance.now() < end; ++i) {
        const path = ['/home', '/devices', '/checklist', '/me'][i % 4];
        const reply = await ask(agent, 'GET', path, { cookie });
        if (reply.status === 200) took.push(reply.took);
        else ++failed;
        await pause(500 + Math.random() * 500);
      }
    };
    await Promise.all(
      Array.from({ length: people }, () => one(new Agent({ keepAlive: true, maxSockets: 2 }))),
    );
    const [middle, late] = [near(took, 0.5), near(took, 0.99)].map((value) => value.toFixed(1));
    console.log(
      `${label.padEnd(28)} ${people} people: ${took.length} requests, ${failed} failed, p50 ${middle} ms, p99 ${late} ms`,
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
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
