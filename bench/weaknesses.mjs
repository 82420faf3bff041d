// SPDX-License-Identifier: Apache-2.0
// `sekisho weaknesses` beside `debsecan` on the same installed packages and the same weaknesses: 40,000 of them in
// 5,000 source packages, 100,000 installed packages; made with a seed. Both must find the same.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';

const run = promisify(execFile);
const binary = process.env.SEKISHO_BINARY ?? new URL('../build/sekisho', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-weaknesses-'));

// mulberry32, seed 20261124
let state = 20261124;
const random = (below) => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};
const version = () =>
  `${random(3) === 0 ? '1:' : ''}${random(10)}.${random(20)}${random(5) === 0 ? '~rc1' : ''}-${random(5)}+deb12u${random(6)}`;

try {
  const records = [];
  const names = [];
  const lines = [];
  for (let i = 0; i < 40_000; ++i) {
    const cve = `CVE-${2000 + (i % 25)}-${10_000 + i}`;
    const source = `source${random(5_000)}`;
    const fixed = random(40) === 0 ? '' : version();
    records.push(
      JSON.stringify({
        schema_version: '1.6.0',
        id: `DEBIAN-${cve}`,
        affected: [
          {
            package: { ecosystem: 'Debian:12', name: source },
            ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed ? [{ fixed }] : [])] }],
          },
        ],
      }),
    );
    names.push(`${cve},,`);
    lines.push(`${source},${i},S   ,${fixed},`.replace('S   ', `S  ${fixed ? 'F' : ' '}`));
  }
  mkdirSync(join(folder, 'osv'));
  for (const [i, record] of records.entries()) writeFileSync(join(folder, 'osv', `${i}.json`), record);
  mkdirSync(join(folder, 'root/var/lib/dpkg'), { recursive: true });
  let status = '';
  for (let i = 0; i < 100_000; ++i)
    status += `Package: package${i}\nStatus: install ok installed\nArchitecture: amd64\nSource: source${i % 5_000}\nVersion: ${random(20) > 0 ? '2:' : ''}${version().replace('1:', '')}\nMaintainer: A <a@debian.org>\n\n`;
  writeFileSync(join(folder, 'root/var/lib/dpkg/status'), status);
  const peer = deflateSync(['VERSION 1', ...names, '', ...lines, '', '', ''].join('\n'));
  const server = createServer((_, reply) => reply.end(peer)).listen(0, '127.0.0.1');
  const env = { ...process.env, XDG_DATA_HOME: folder, LANG: 'C.UTF-8' };
  await run(binary, ['feeds', 'update', '--from', join(folder, 'osv')], { env });

  const time = async (program, args) => {
    const times = [];
    let out = '';
    for (let i = 0; i < 5; ++i) {
      const start = performance.now();
      // Findings end with 1.
      out = await run(program, args, { env, maxBuffer: 1 << 30 }).then(
        (done) => done.stdout,
        (error) => (error.code === 1 ? error.stdout : Promise.reject(error)),
      );
      times.push(performance.now() - start);
    }
    return { out, median: times.toSorted((a, b) => a - b)[2] };
  };
  const ours = await time(binary, [
    'weaknesses',
    '--root',
    join(folder, 'root'),
    '--release',
    '12',
    '--format',
    'json',
  ]);
  const theirs = await time('debsecan', [
    '--source',
    `http://127.0.0.1:${server.address().port}`,
    '--suite',
    'bookworm',
    '--status',
    join(folder, 'root/var/lib/dpkg/status'),
    '--format',
    'simple',
  ]);
  server.close();
  const found = new Set(JSON.parse(ours.out).weaknesses.map((one) => `${one.id} ${one.package}`));
  const expected = new Set(
    theirs.out
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).slice(0, 2).join(' ')),
  );
  const same = found.size === expected.size && [...found].every((one) => expected.has(one));
  console.log(
    `100,000 packages against 40,000 weaknesses, whole commands, median of 5: sekisho ${(ours.median / 1000).toFixed(2)} s, debsecan ${(theirs.median / 1000).toFixed(2)} s: ${(theirs.median / ours.median).toFixed(1)} times as fast; both found ${same ? `the same ${found.size}` : `NOT the same: ${found.size} and ${expected.size}`}`,
  );
  if (!same) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
