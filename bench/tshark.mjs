// SPDX-License-Identifier: Apache-2.0
// What `sekisho observe` counts beside what tshark says of each frame, for all captures of folders:
//   node bench/tshark.mjs FOLDER…
// Compared are frames, packets and bytes of IP, of TCP, UDP, ICMP and others, the busiest 30 ports with their packets and bytes,
// and how many sources and targets there are (docs/observe.md, "What is counted" says what each is). Each capture that differs is
// told with its class; the exit status is 1 when one has none.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const sekisho = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const state = mkdtempSync(path.join(tmpdir(), 'tshark-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true }));
const run = (program, args) =>
  spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    timeout: 300_000,
    env: { ...process.env, XDG_DATA_HOME: state, LANG: 'C.UTF-8' },
  });
const files = (at) =>
  statSync(at).isDirectory()
    ? readdirSync(at)
        .sort()
        .flatMap((name) => files(path.join(at, name)))
    : /\.(pcap|pcapng|cap|dmp)\d*(\.(gz|zst|xz|bz2|lz4))?$/i.test(at)
      ? [at]
      : [];

const fields = [
  'frame.len',
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ip.proto',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.nxt',
  'tcp.dstport',
  'udp.dstport',
  '_ws.malformed',
];

/** No frame is longer: what claims so has a broken length, which is not believed. */
const kLongest = 262_144;

/** The same, counted from what tshark says: of the innermost packet, but for what an ICMP error quotes. */
function theirs(file) {
  const done = run('tshark', [
    '-n',
    '-r',
    file,
    '-o',
    'ip.defragment:FALSE',
    '-o',
    'ipv6.defragment:FALSE',
    '-o',
    'tcp.desegment_tcp_streams:FALSE',
    '-T',
    'fields',
    '-E',
    'separator=;',
    '-E',
    'aggregator=|',
    ...fields.flatMap((one) => ['-e', one]),
  ]);
  const seen = {
    seen: 0,
    packets: 0,
    bytes: 0,
    tcp: 0,
    udp: 0,
    icmp: 0,
    other: 0,
    sources: new Set(),
    targets: new Set(),
    ports: new Map(),
  };
  const how = { failed: done.status !== 0, malformed: 0, fragments: 0, claimed: 0 };
  for (const line of done.stdout.split('\n').filter(Boolean)) {
    seen.seen++;
    const [length, protocols, s4, d4, p4, s6, d6, p6, tcp, udp, malformed] = line
      .split(';')
      .map((one) => one.split('|'));
    if (malformed[0]) how.malformed++;
    const layers = protocols[0].split(':');
    const quotes = layers.findIndex((one) => one === 'icmp' || one === 'icmpv6');
    const own = quotes < 0 ? layers : layers.slice(0, quotes + 1);
    const count = (name) => own.filter((one) => one === name).length;
    const inner = own.findLast((one) => one === 'ip' || one === 'ipv6');
    if (!inner) continue;
    const at = count(inner) - 1;
    const [source, target, kind] = inner === 'ip' ? [s4[at], d4[at], p4[at]] : [s6[at], d6[at], p6[at]];
    if (own.some((one) => one.startsWith('ipv6.fraghdr'))) how.fragments++;
    const bytes = Number(length[0]);
    if (bytes > kLongest) how.claimed++;
    seen.packets++;
    seen.bytes += bytes;
    seen.sources.add(source);
    seen.targets.add(target);
    const after = own.slice(own.lastIndexOf(inner));
    const transport = after.find((one) => ['tcp', 'udp', 'icmp', 'icmpv6'].includes(one));
    const named = transport ?? { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp' }[kind] ?? 'other';
    seen[named === 'icmpv6' ? 'icmp' : named]++;
    if (transport !== 'tcp' && transport !== 'udp') continue;
    const port = (transport === 'tcp' ? tcp : udp)[count(transport) - 1];
    const known = seen.ports.get(`${transport}/${port}`) ?? { packets: 0, bytes: 0 };
    known.packets++;
    known.bytes += bytes;
    seen.ports.set(`${transport}/${port}`, known);
  }
  return { seen, how };
}

const rows = { equal: 0 };
let frames = 0;
let unexplained = 0;
for (const file of process.argv.slice(2).flatMap(files)) {
  const done = run(sekisho, ['observe', '--format', 'json', file]);
  const { seen, how } = theirs(file);
  let told;
  try {
    told = JSON.parse(done.stdout);
  } catch {
    const both = seen.seen === 0;
    rows[both ? 'no capture, to both' : 'not read'] =
      (rows[both ? 'no capture, to both' : 'not read'] ?? 0) + 1;
    if (both) continue;
    unexplained++;
    console.log(`${file}: not read: ${done.stderr.trim().split('\n')[0]}`);
    continue;
  }
  frames += told.frames.seen;
  const { purposes: by } = told.all;
  const pairs = [
    ['frames', told.frames.seen, seen.seen],
    ['packets', told.all.packets, seen.packets],
    ['bytes', told.all.bytes, seen.bytes],
    ['TCP', by.tcp_scan + by.tcp_backscatter + by.tcp_other, seen.tcp],
    ['UDP', by.udp, seen.udp],
    ['ICMP', by.icmp, seen.icmp],
    ['other', by.other, seen.other],
    // Estimated beyond this.
    ...(seen.sources.size <= 1536 ? [['sources', told.all.sources, seen.sources.size]] : []),
    ...(seen.targets.size <= 1536 ? [['targets', told.all.targets, seen.targets.size]] : []),
    ...told.all.top.flatMap((one) => {
      const name = `${one.protocol}/${one.port}`;
      const known = seen.ports.get(name) ?? { packets: 0, bytes: 0 };
      return [
        [name, one.packets, known.packets],
        [`${name} bytes`, one.bytes, known.bytes],
      ];
    }),
  ].filter(([, ours, other]) => ours !== other);
  if (pairs.length === 0) {
    rows.equal++;
    continue;
  }
  const { frames: f } = told;
  const reason =
    how.failed || seen.seen !== f.seen
      ? 'tshark stops where it is damaged, or cannot open it'
      : how.claimed > 0
        ? 'a length that no frame has: not believed'
        : f.corrupt_records > 0
          ? 'a damaged record'
          : f.unknown_link > 0
            ? 'a kind of link that is not read'
            : f.cut_short + f.malformed > 0 || how.malformed > 0
              ? 'headers that are cut or contradict each other: tshark counts from the IP header on'
              : how.fragments > 0
                ? 'later IPv6 fragments: to tshark they are no transport'
                : null;
  if (!reason) unexplained++;
  rows[reason ?? 'unexplained'] = (rows[reason ?? 'unexplained'] ?? 0) + 1;
  console.log(
    `${file}: ${reason ?? 'unexplained'}: ${pairs
      .slice(0, 4)
      .map(([name, ours, other]) => `${name} ${ours} (tshark ${other})`)
      .join(', ')}`,
  );
}
console.log(`${frames.toLocaleString('en')} frames`);
for (const [reason, count] of Object.entries(rows)) console.log(`${String(count).padStart(6)}  ${reason}`);
process.exitCode = unexplained > 0 ? 1 : 0;
