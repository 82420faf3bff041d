// SPDX-License-Identifier: Apache-2.0
// The observatory beside what Debian has for reading captures, and beside the least that any such program must do: one
// capture like a darknet's (5 million packets of 60 bytes, made by sekisho_darknet, always the same), from the page cache,
// all in this run. Packets a second on one processor, median of RUNS; then sekisho on two, and the same sixteen times
// over, where start and end no longer count.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [runs, packets] = [5, 5_000_000];
const build = process.env.BUILD ?? 'build';
const at = mkdtempSync(join(tmpdir(), 'sekisho-bench.'));
process.on('exit', () => rmSync(at, { recursive: true, force: true }));
const capture = join(at, 'darknet.pcap');
execFileSync(`${build}/sekisho_darknet`, [capture, String(packets)]);
const env = { ...process.env, XDG_DATA_HOME: at };

/** Packets a second and the most memory in MB, or nothing when the program isn't there. */
function measure(program, args, { cores = '0', of = packets, times = runs } = {}) {
  const rates = [];
  let memory = 0;
  for (let i = 0; i < times; i++) {
    const begin = process.hrtime.bigint();
    const done = spawnSync('/usr/bin/time', ['-f', '%M', 'taskset', '-c', cores, program, ...args], {
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      cwd: at,
    });
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    if (done.status !== 0 && done.status !== 1) return null;
    rates.push(of / seconds);
    memory = Math.max(memory, Number(done.stderr.trim().split('\n').at(-1)) / 1024);
  }
  rates.sort((a, b) => a - b);
  return { rate: rates[rates.length >> 1], memory };
}

const sekisho = join(process.cwd(), build, 'sekisho');
const bare = join(process.cwd(), build, 'sekisho_bare');
spawnSync(bare, ['ports', capture]); // into the page cache
const small = join(at, 'small.pcap');
execFileSync(`${build}/sekisho_darknet`, [small, '200000']);
const long = ['observe', '--format', 'json', ...Array(16).fill(capture)];
const rows = [
  ['sekisho observe, one core', measure(sekisho, ['observe', '--format', 'json', capture])],
  [
    'sekisho observe, two cores',
    measure(sekisho, ['observe', '--format', 'json', capture], { cores: '0,1' }),
  ],
  ['sixteen times over, one core', measure(sekisho, long, { of: 16 * packets, times: 3 })],
  ['sixteen times over, two cores', measure(sekisho, long, { cores: '0,1', of: 16 * packets, times: 3 })],
  ['bare loop: ports', measure(bare, ['ports', capture])],
  ['bare loop: exact set of sources', measure(bare, ['sources', capture])],
  ['tcpdump -w (copies, does not look)', measure('tcpdump', ['-r', capture, '-w', join(at, 'copy.pcap')])],
  ['capinfos (headers of records)', measure('capinfos', [capture])],
  ['nfpcapd', measure('nfpcapd', ['-r', small, '-w', at], { of: 200_000, times: 1 })],
  ['argus', measure('argus', ['-r', small, '-w', join(at, 'argus.out')], { of: 200_000, times: 1 })],
  [
    'tshark -z endpoints,ip',
    measure('tshark', ['-n', '-q', '-r', small, '-z', 'endpoints,ip'], { of: 200_000, times: 1 }),
  ],
];
// As many packets over ever longer times, to 256 addresses: the cost must go by packets, not by minutes.
const spread = [
  ['10 s', 1],
  ['a day', 8_640],
  ['30 days', 259_200],
  ['a year', 3_153_600],
];
const sparse = join(at, 'sparse.pcap');
const spans = spread.map(([name, microseconds]) => {
  execFileSync(`${build}/sekisho_darknet`, [sparse, String(2 * packets), String(microseconds), '256']);
  spawnSync(bare, ['ports', sparse]); // into the page cache
  const of = 2 * packets;
  const args = ['observe', '--format', 'json', sparse];
  return [
    [`10 M packets over ${name}, one core`, measure(sekisho, args, { of, times: 3 })],
    [`10 M packets over ${name}, two cores`, measure(sekisho, args, { cores: '0,1', of, times: 3 })],
    [`bare loop: exact set of sources`, measure(bare, ['sources', sparse], { of, times: 3 })],
  ];
});
// What else lines carry. Of large frames the bound is how fast memory is read.
const shaped = join(at, 'shape.pcap');
const shapes = [
  ['knocks in a VLAN', 'vlan', packets],
  ['knocks by IPv6', 'ipv6', packets],
  ['a line that is used', 'used', packets],
  ['fragments, 1,170 bytes', 'fragments', 1_500_000],
  ['frames of 1,514 bytes', 'large', 1_500_000],
].map(([name, shape, of]) => {
  execFileSync(`${build}/sekisho_shapes`, [shape, shaped, String(of)]);
  spawnSync(bare, ['ports', shaped]); // into the page cache
  const args = ['observe', '--format', 'json', shaped];
  return [
    [`${name}, one core`, measure(sekisho, args, { of, times: 3 })],
    [`${name}, two cores`, measure(sekisho, args, { cores: '0,1', of, times: 3 })],
    [`bare loop: ports`, measure(bare, ['ports', shaped], { of, times: 3 })],
  ];
});
console.log(
  `${packets.toLocaleString('en')} packets, ${runs} runs (nfpcapd, argus and tshark: 200,000, once)`,
);
for (const group of [rows, ...spans, ...shapes])
  for (const [name, result] of group)
    console.log(
      result === null
        ? `${name.padEnd(36)} not installed or failed`
        : `${name.padEnd(36)} ${(result.rate / 1e6).toFixed(3).padStart(8)} M packets/s ${result.memory.toFixed(0).padStart(6)} MB   sekisho on one core is ${(group[0][1].rate / result.rate).toFixed(2)} times as fast`,
    );
