// SPDX-License-Identifier: Apache-2.0
// Two network namespaces with a cable between them, and a capture of real tools at work there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, must, run } from './sekisho.mjs';

let count = 0;
/** Two namespaces with a cable: `near` is 198.51.100.1 to .5 (with IPv6 too), `far` is 203.0.113.1. */
export function cable(t) {
  const [near, far] = ['near', 'far'].map((side) => `sekisho-line-${side}-${process.pid}-${++count}`);
  const ip = (...args) => must('/usr/sbin/ip', args);
  for (const name of [near, far]) {
    ip('netns', 'add', name);
    atEnd(t, () => run('/usr/sbin/ip', ['netns', 'del', name]));
  }
  ip('-n', near, 'link', 'add', 'line0', 'type', 'veth', 'peer', 'name', 'line0', 'netns', far);
  for (let i = 1; i <= 5; i++) ip('-n', near, 'address', 'add', `198.51.100.${i}/24`, 'dev', 'line0');
  ip('-n', far, 'address', 'add', '203.0.113.1/24', 'dev', 'line0');
  ip('-n', near, 'address', 'add', '2001:db8::1/64', 'dev', 'line0', 'nodad');
  ip('-n', far, 'address', 'add', '2001:db8::2/64', 'dev', 'line0', 'nodad');
  for (const name of [near, far])
    for (const device of ['lo', 'line0']) ip('-n', name, 'link', 'set', device, 'up');
  ip('-n', near, 'route', 'add', '203.0.113.0/24', 'dev', 'line0');
  ip('-n', far, 'route', 'add', '198.51.100.0/24', 'dev', 'line0');
  const within = (name) => ['/usr/sbin/ip', 'netns', 'exec', name];
  const mac = must('/usr/sbin/ip', ['-n', near, '-br', 'link', 'show', 'line0']).split(/\s+/)[2];
  return { near, far, ip, within, mac };
}

/** Runs a tool in the far namespace until it ends. */
export const from = (line, tool, ...args) => must('/usr/sbin/ip', ['netns', 'exec', line.far, tool, ...args]);

/** A capture of nmap, masscan, ping in both families and a real connection. */
export async function capture(t, at) {
  const line = cable(t);
  const file = path.join(at, 'line.pcap');
  const [command, ...rest] = [
    ...line.within(line.near),
    'tcpdump',
    '-i',
    'line0',
    '-w',
    file,
    '-U',
    '-B',
    '65536',
    '--immediate-mode',
    '-Z',
    'root',
  ];
  const dump = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(dump.stderr, 'data');
  from(line, '/usr/bin/nmap', '-n', '-Pn', '-sS', '-T5', '-p', '1-300', '198.51.100.1-5');
  from(
    line,
    '/usr/bin/nmap',
    '-n',
    '-Pn',
    '-sU',
    '-T5',
    '--max-retries',
    '0',
    '-p',
    '53,123,161,1900',
    '198.51.100.1',
  );
  from(
    line,
    '/usr/bin/masscan',
    '198.51.100.0/24',
    '-p23,3389',
    '--rate',
    '5000',
    '--wait',
    '0',
    '--interface',
    'line0',
    '--router-mac',
    line.mac,
    '--source-ip',
    '203.0.113.77',
  );
  run('/usr/sbin/ip', [
    'netns',
    'exec',
    line.far,
    '/usr/bin/nmap',
    '-6',
    '-n',
    '-Pn',
    '-sS',
    '-T5',
    '-p',
    '22,80,443',
    '2001:db8::1',
  ]);
  const server = spawn(line.within(line.near)[0], [
    ...line.within(line.near).slice(1),
    process.execPath,
    '-e',
    "require('net').createServer((s) => s.end('x'.repeat(5000))).listen(8080, '198.51.100.1')",
  ]);
  atEnd(t, () => server.kill());
  await sleep(1200);
  from(
    line,
    process.execPath,
    '-e',
    "require('net').connect(8080, '198.51.100.1').on('data', () => {}).on('close', () => process.exit(0))",
  );
  await sleep(300);
  dump.kill('SIGINT');
  await once(dump, 'exit');
  return file;
}
