// SPDX-License-Identifier: Apache-2.0
// A live line: one processor sends frames of 60 bytes (a darknet's, as sekisho_darknet makes them) through a veth pair as
// fast as it can, the other counts: how many arrived and how many the kernel dropped, sekisho beside tcpdump -w, in one run.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const seconds = 10;
const at = mkdtempSync(join(tmpdir(), 'sekisho-bench.'));
const ip = (...args) => execFileSync('/usr/sbin/ip', args, { encoding: 'utf8' });
const names = ['near', 'far'].map((side) => `sekisho-bench-${side}`);
process.on('exit', () => {
  for (const name of names) spawnSync('/usr/sbin/ip', ['netns', 'del', name]);
  rmSync(at, { recursive: true, force: true });
});
for (const name of names) ip('netns', 'add', name);
const [near, far] = names;
ip('-n', near, 'link', 'add', 'line0', 'type', 'veth', 'peer', 'name', 'line0', 'netns', far);
for (const name of names) ip('-n', name, 'link', 'set', 'line0', 'up');
const capture = join(at, 'darknet.pcap');
execFileSync('build/sekisho_darknet', [capture, '1000000']);
const within = (name, core, ...args) => [
  '/usr/sbin/ip',
  ['netns', 'exec', name, 'taskset', '-c', core, ...args],
];

/** Starts what listens, sends, and stops it; [sent, what it said]. */
async function measure(ready, ...listener) {
  const [program, args] = within(near, '0', ...listener);
  const child = spawn(program, args, {
    env: { ...process.env, XDG_DATA_HOME: at },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  while (!ready.test(err)) await sleep(50);
  const sending = spawn(...within(far, '1', 'build/sekisho_blast', 'line0', capture, String(seconds)), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let sent = '';
  sending.stdout.on('data', (part) => (sent += part));
  await once(sending, 'close');
  await sleep(500);
  child.kill('SIGINT');
  await once(child, 'close');
  return [Number(sent), out + err];
}
const row = (name, sent, counted, dropped) =>
  console.log(
    `${name.padEnd(24)}${(sent / seconds / 1e6).toFixed(2).padStart(10)}${(counted / seconds / 1e6).toFixed(2).padStart(12)}${((100 * dropped) / sent).toFixed(3).padStart(11)} %${((100 * (counted + dropped)) / sent).toFixed(3).padStart(12)} %`,
  );
console.log(`live, ${seconds} s${' '.repeat(13)}sent, M/s  counted, M/s    dropped  accounted for`);
{
  const [sent, said] = await measure(
    /Watching/,
    join(process.cwd(), 'build/sekisho'),
    '--lang',
    'en',
    'observe',
    '--interface',
    'line0',
    '--format',
    'json',
  );
  const { frames } = JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1));
  row('sekisho observe', sent, frames.seen, frames.dropped);
}
{
  const [sent, said] = await measure(
    /listening/,
    'tcpdump',
    '-i',
    'line0',
    '-w',
    '/dev/null',
    '-B',
    '65536',
    '-Z',
    'root',
  );
  const number = (what) => Number(new RegExp(`(\\d+) packets? ${what}`).exec(said)[1]);
  row('tcpdump -w /dev/null', sent, number('captured'), number('dropped by kernel'));
}
