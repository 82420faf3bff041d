// SPDX-License-Identifier: Apache-2.0
// All that an organisation of ten times the usual size has (10,000 devices, a year: more than a million rows), moved
// from SQLite to PostgreSQL, and read from there by a server that starts: how long, and the most memory of each.
// Run it under scripts/with-postgres. DEVICES=10000 PEOPLE=5000 DAYS=365
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-move-'));
const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, LANG: 'C.UTF-8' };
const postgres = process.env.SEKISHO_TEST_POSTGRES;
const size = ['devices', 'people', 'days'].flatMap((name, i) => [
  `--${name}`,
  process.env[name.toUpperCase()] ?? ['10000', '5000', '365'][i],
]);

/** Runs it to its end, or until it says `ready`; {seconds, memory in MB, said}. */
async function run(args, ready) {
  const began = performance.now();
  const child = spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let memory = 0;
  let said = '';
  const look = () => {
    try {
      const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      if (found) memory = Math.max(memory, Math.round(found[1] / 1024));
    } catch {
      // it has ended
    }
  };
  const timer = setInterval(look, 50);
  const code = await new Promise((done) => {
    child.stdout.on('data', (text) => {
      said += text;
      if (ready?.test(said)) done(0);
    });
    child.on('exit', done);
  });
  const seconds = (performance.now() - began) / 1000;
  look();
  clearInterval(timer);
  child.kill('SIGKILL');
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}`);
  return { seconds, memory, said };
}

try {
  const file = join(folder, 's.db');
  await run(['demo', '--only-make', ...size, '--database', file]);
  execFileSync('psql', [`${postgres}/postgres`, '-qc', 'CREATE DATABASE moved']);
  const where = `${postgres}/moved`;
  const count = (what) => execFileSync('psql', [where, '-Atc', what], { encoding: 'utf8' }).trim();
  const moved = await run(['database', 'move', '--database', file, where]);
  console.log(
    `moved ${(statSync(file).size / 1e6).toFixed(0)} MB from SQLite to PostgreSQL, ${count('SELECT COUNT(*) FROM evidence')} rows of evidence among it, in ${moved.seconds.toFixed(1)} s, most memory ${moved.memory} MB`,
  );
  const port = String(20_000 + Math.floor(Math.random() * 10_000));
  const served = await run(
    ['serve', '--no-check', '--listen', `127.0.0.1:${port}`, '--database', where],
    /Ctrl-C/,
  );
  console.log(
    `a server over it has read all and answers after ${served.seconds.toFixed(1)} s, most memory ${served.memory} MB`,
  );
  const back = await run(['database', 'move', '--database', where, join(folder, 'back.db')]);
  console.log(`moved back in ${back.seconds.toFixed(1)} s, most memory ${back.memory} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
