// SPDX-License-Identifier: Apache-2.0
// The line's tallies in SQLite beside ClickHouse, in one run: SENSORS sensors that each send a day of a darknet of 8
// addresses (1.8 million packets a year each); then what the console's page asks for. Run it under scripts/with-clickhouse.
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.env.SEKISHO_BINARY ??= new URL('../build/sekisho', import.meta.url).pathname;
const { folder, office, sekisho } = await import('../tests/e2e/server.mjs');

const sensors = Number(process.env.SENSORS ?? 20);
const minutes = 1440;
const endings = [];
const t = { after: (end) => endings.push(end) };
const at = folder(t);
const capture = join(at, 'day.pcap');
execFileSync('build/sekisho_darknet', [join(at, 'raw.pcap'), '40000', '2160000', '8']);
const first = Number(
  execFileSync('capinfos', ['-aSTr', join(at, 'raw.pcap')], { encoding: 'utf8' })
    .trim()
    .split('\t')
    .at(-1),
);
// It ends an hour ago, and so is not over yet for the newest day alone.
execFileSync('editcap', [
  '-t',
  String(Math.floor(Date.now() / 1000 - 3600 - minutes * 60 - first)),
  join(at, 'raw.pcap'),
  capture,
]);
const password = join(at, 'password');
writeFileSync(password, 'secret', { mode: 0o600 });

const clickhouse = process.env.SEKISHO_TEST_CLICKHOUSE;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const timed = async (work) => {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
};

/** Milliseconds for a minute that a sensor sends and for each page, and bytes on the disk. */
async function measure(...args) {
  const { admin, server, up, where } = await office(t);
  await server.stop();
  const running = await up(...args);
  admin.url = running.url;
  const taken = [];
  for (let i = 0; i < sensors; i++) {
    const own = join(at, `${args.length}.${i}`);
    const { link } = await admin.must('POST', '/enrolments', { person: null });
    sekisho(at, ['agent', 'enrol', link, '--folder', own]);
    taken.push(
      (await timed(() => sekisho(at, ['observe', capture, '--send', '--folder', own, '--format', 'json']))) /
        minutes,
    );
  }
  const pages = {};
  for (const period of ['hour', 'day', 'month']) {
    const times = [];
    for (let i = 0; i < 5; i++) times.push(await timed(() => admin.get(`/line?period=${period}`)));
    pages[period] = median(times);
  }
  await running.stop();
  return { minute: median(taken), ...pages, bytes: statSync(where).size };
}

const sqlite = await measure();
const house = await measure('--line-database', clickhouse, '--line-password-file', password);
const address = new URL(clickhouse);
const asked = await fetch(`http://${address.host}/`, {
  method: 'POST',
  headers: { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': 'secret' },
  body: "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table LIKE 'sekisho_line_%'",
});
house.bytes = Number(await asked.text());
console.log(`${sensors} sensors, a day each${' '.repeat(12)}SQLite  ClickHouse  ratio`);
const row = (name, one, other, digits) =>
  console.log(
    `${name.padEnd(30)}${one.toFixed(digits).padStart(10)}${other.toFixed(digits).padStart(12)}${(other / one).toFixed(2).padStart(7)}`,
  );
row('taking a minute, ms', sqlite.minute, house.minute, 2);
for (const period of ['hour', 'day', 'month'])
  row(`the page by ${period}, ms`, sqlite[period], house[period], 0);
row('on the disk, MB', sqlite.bytes / 1e6, house.bytes / 1e6, 1);
for (const end of endings.reverse()) await end();
