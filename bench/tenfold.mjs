// SPDX-License-Identifier: Apache-2.0
// Every page's API answers at ten times the usual size: 10,000 devices, 5,000 people, a year. The first look of all
// after the start, then the median of looks that take nothing that is ready (anew), and the best and the median of
// some that do; what of it the server's own threads computed (CPU: what else the machine does is not in it); and how
// many times as long as in a small organisation, made in the same run. Slow is what takes more than 50 ms of CPU anew.
// DEVICES=10000 PEOPLE=5000 DAYS=365 node bench/tenfold.mjs; of PostgreSQL under scripts/with-postgres.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const number = (name, usual) => Number(process.env[name] ?? usual);
const binary = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-tenfold-'));
const pages = [
  '/home',
  '/state',
  '/me',
  '/me/page',
  '/guideline',
  '/organisation',
  '/checklist',
  '/measures',
  '/actions',
  '/actions?verdict=unknown',
  '/devices',
  '/devices?q=pc-5',
  '/devices?only=failing',
  '/devices?only=silent',
  '/devices?state=lost',
  '/devices?limit=500',
  '/devices?sort=worst',
  '/devices?sort=seen&limit=500',
  '/devices?format=csv',
  '/devices/77',
  '/devices/77/history',
  '/devices/77/software',
  '/device-views',
  '/survey',
  '/people',
  '/people?limit=500',
  '/people?sort=worst',
  '/people?sort=seen&limit=500',
  '/people?only=unprotected',
  '/people?q=5',
  '/invitations',
  '/enrolments',
  '/incidents?limit=500',
  '/audit',
  '/audit?q=device:1',
  '/notices',
  '/line?period=day',
  '/line/now',
  '/reports/executive?format=html',
  '/reports/administrator?format=html',
  '/reports/administrator?format=xlsx',
  '/reports/partner?format=html',
  '/reports/oscal?format=assessment-results',
];
const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder };
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Milliseconds that the threads of a process have computed. */
function computed(pid) {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return sum / 1e6;
}

/** {path: {first, best, usual, cpu, bytes}} of an organisation of this size, and the memory that it took. */
async function measured(devices, people, days) {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const size = [
    ['--devices', devices],
    ['--people', people],
    ['--days', days],
  ]
    .flat()
    .map(String);
  const postgres = process.env.SEKISHO_TEST_POSTGRES;
  if (postgres) execFileSync('psql', [`${postgres}/postgres`, '-qc', `CREATE DATABASE d${devices}`]);
  const database = postgres ? `${postgres}/d${devices}` : join(folder, `${devices}.db`);
  const where = ['--database', database, '--port', String(port)];
  const server = spawn(binary, ['demo', ...size, ...where], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const said of server.stdout) if (/Ctrl-C/.test(String(said))) break;
    server.stdout.resume();
    const url = `http://127.0.0.1:${port}/api/v1`;
    const entered = await fetch(`${url}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'admin@demo.example', password: 'sekisho demo 1' }),
    });
    if (entered.status !== 200) throw new Error(`sign-in: ${entered.status}`);
    const cookie = entered.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const ask = async (path, more = {}) => {
      const before = computed(server.pid);
      const began = performance.now();
      const reply = await fetch(url + path, { headers: { cookie, 'accept-encoding': 'gzip', ...more } });
      const body = await reply.arrayBuffer();
      const took = performance.now() - began;
      return { took, cpu: computed(server.pid) - before, status: reply.status, bytes: body.byteLength };
    };
    const found = {};
    for (const path of pages) {
      const first = await ask(path);
      const [anew, list] = [[], []];
      for (let i = 0; i < 5; ++i) anew.push(await ask(path, { 'cache-control': 'no-cache' }));
      for (let i = 0; i < 9; ++i) list.push(await ask(path));
      const took = list.map((one) => one.took);
      found[path] = {
        ...first,
        first: first.took,
        firstCpu: first.cpu,
        anew: median(anew.map((one) => one.took)),
        anewCpu: median(anew.map((one) => one.cpu)),
        best: Math.min(...took),
        usual: median(took),
        cpu: median(list.map((one) => one.cpu)),
      };
    }
    const memory = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1];
    return { found, memory: Math.round(memory / 1024) };
  } finally {
    server.kill('SIGKILL');
  }
}

try {
  const large = await measured(number('DEVICES', 10_000), number('PEOPLE', 5000), number('DAYS', 365));
  const small = await measured(50, 40, 30);
  const cell = (value) => value.toFixed(1).padStart(8);
  const heads = ['first', '(CPU)', 'anew', '(CPU)', 'best', 'usual', '(CPU)', 'x small', 'bytes'];
  console.log('at ten times the size: ms'.padEnd(40) + heads.map((head) => head.padStart(8)).join(' '));
  for (const path of pages) {
    const one = large.found[path];
    const ratio = one.anewCpu / small.found[path].anewCpu;
    const slow = Math.max(one.firstCpu, one.anewCpu) > 50 ? '  slow' : '';
    const { first, firstCpu, anew, anewCpu, best, usual, cpu } = one;
    const figures = [first, firstCpu, anew, anewCpu, best, usual, cpu, ratio].map(cell).join(' ');
    const refused = one.status === 200 ? '' : `  ${one.status}`;
    console.log(`${path.padEnd(40)}${figures} ${String(one.bytes).padStart(8)}${refused}${slow}`);
  }
  console.log(`most memory ${large.memory} MB, of the small one ${small.memory} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
