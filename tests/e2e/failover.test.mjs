// SPDX-License-Identifier: Apache-2.0
// PostgreSQL in trouble under a server at work: restarted, gone and followed by its standby, out of connections,
// frozen, locked by others, only to be read. What was acknowledged stays; what isn't is said in words; and the server
// goes on by itself as soon as the database does.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Client, withToken, folder, freePort, serve } from './server.mjs';
import { atEnd, must } from './sekisho.mjs';

const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => a - b);
const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
const root = process.getuid() === 0;
/** PostgreSQL refuses to run as root. */
const asOwner = root ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
const owner = root ? Number(must('id', ['-u', 'postgres'])) : process.getuid();

function run(program, ...args) {
  const [first, ...rest] = [...asOwner, join(bin, program), ...args];
  return execFileSync(first, rest, { encoding: 'utf8', cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A PostgreSQL of Debian's package on loopback. */
class Cluster {
  static async at(t, name) {
    const one = new Cluster();
    one.place = join(folder(t), name);
    mkdirSync(one.place, { mode: 0o755 });
    if (root) for (const path of [join(one.place, '..'), one.place]) chownSync(path, owner, owner);
    one.data = join(one.place, 'data');
    one.port = await freePort();
    atEnd(t, () => existsSync(join(one.data, 'postmaster.pid')) && one.stop('immediate'));
    return one;
  }
  init() {
    run('initdb', '-D', this.data, '-U', 'owner', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync');
    return this;
  }
  follow(other) {
    const from = `host=127.0.0.1 port=${other.port} user=owner`;
    run('pg_basebackup', '-D', this.data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', from);
    return this;
  }
  start(...settings) {
    const all = [
      `port=${this.port}`,
      `unix_socket_directories=${this.place}`,
      'listen_addresses=127.0.0.1',
      'fsync=off',
      'max_connections=60',
      ...settings,
    ];
    const options = all.map((one) => `-c ${one}`).join(' ');
    run('pg_ctl', '-D', this.data, '-w', '-l', join(this.place, 'log'), '-o', options, 'start');
    return this;
  }
  stop(how = 'fast') {
    run('pg_ctl', '-D', this.data, '-w', '-m', how, 'stop');
  }
  promote() {
    run('pg_ctl', '-D', this.data, '-w', 'promote');
  }
  sql(text, database = 'sekisho') {
    return must('psql', ['-qAt', this.url(database, 'owner'), '-c', text]).trim();
  }
  url(database = 'sekisho', role = 'sekisho') {
    return `postgres://${role}@127.0.0.1:${this.port}/${database}`;
  }
  /** All of its processes. */
  processes() {
    const first = Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return [
      first,
      ...must('pgrep', ['-P', String(first)])
        .trim()
        .split('\n')
        .map(Number),
    ];
  }
  signal(name) {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, name);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  }
  /** What somebody else does in a session that stays open; ends it. */
  session(text) {
    const child = spawn('psql', ['-qAt', this.url('sekisho', 'owner')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const begun = new Promise((go) => child.stdout.once('data', go));
    child.stdin.write(`${text}\nSELECT 'begun';\n`);
    return begun.then(() => () => new Promise((ended) => child.on('close', ended).stdin.end()));
  }
}

/** People at work, who note what was acknowledged, and that all else was refused in words. */
class Work {
  kept = [];
  refused = new Set();
  wrong = [];
  stopped = false;
  number = 0;
  constructor(t, server, token, many = 4) {
    atEnd(t, () => (this.stopped = true));
    this.client = new Client(server.url, { token });
    this.all = Promise.all(Array.from({ length: many }, () => this.go()));
    this.all.catch(() => {}); // told by stop()
  }
  async go() {
    while (!this.stopped) {
      await this.say();
      await this.look();
    }
  }
  async say() {
    const text = `remark ${++this.number} ${Math.random()}`;
    const { status, json } = await this.client.call('POST', '/items/ask-SK-admin-B2/remarks', { text });
    if (status === 201) this.kept.push(text);
    else this.refuse(status, json);
    return status;
  }
  async look() {
    const { status, json } = await this.client.call('GET', '/home');
    if (status !== 200) this.refuse(status, json);
    return status;
  }
  refuse(status, json) {
    if (status !== 503 || !json?.title) this.wrong.push(`${status} ${JSON.stringify(json)}`);
    this.refused.add(json?.title);
  }
  /** Until so many more have been acknowledged. */
  async more(most = 5) {
    const from = this.kept.length;
    while (this.kept.length < from + most) await pause(5);
  }
  async stop() {
    this.stopped = true;
    await this.all;
    assert.deepEqual(this.wrong, []);
  }
  /** Holds the database that is there now against what was acknowledged. */
  held(cluster) {
    const there = new Set(cluster.sql('SELECT text FROM remark').split('\n'));
    assert.deepEqual(
      this.kept.filter((text) => !there.has(text)),
      [],
    );
  }
}

const organisation = async (t, where) => {
  const server = await serve(t, where);
  const { token } = await withToken(server);
  return { server, token };
};
const prepare = (cluster) => {
  cluster.sql('CREATE ROLE sekisho LOGIN', 'postgres');
  cluster.sql('CREATE DATABASE sekisho OWNER sekisho', 'postgres');
};

test('restarted, and gone for good while its standby takes over', async (t) => {
  const [one, two] = [await Cluster.at(t, 'one'), await Cluster.at(t, 'two')];
  one.init().start('wal_level=replica');
  prepare(one);
  two.follow(one).start('hot_standby=on');
  // What is acknowledged is at both.
  one.sql("ALTER SYSTEM SET synchronous_standby_names = '*'", 'postgres');
  one.sql('SELECT pg_reload_conf()', 'postgres');
  const where = `postgres://sekisho@127.0.0.1:${one.port},127.0.0.1:${two.port}/sekisho?target_session_attrs=read-write`;
  const { server, token } = await organisation(t, where);
  const work = new Work(t, server, token);
  await work.more();
  for (const how of ['immediate', 'fast']) {
    one.stop(how);
    one.start('wal_level=replica');
    await work.more();
  }
  one.stop('immediate');
  await pause(200);
  two.promote();
  await work.more(20);
  // The one that went comes back as a standby, the first that the address names: it is not taken.
  execFileSync('rm', ['-rf', one.data]);
  one.follow(two).start('hot_standby=on');
  two.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'sekisho'");
  await work.more(20);
  // For a while it may only be read.
  two.sql('ALTER SYSTEM SET default_transaction_read_only = on', 'postgres');
  two.sql('SELECT pg_reload_conf()', 'postgres');
  work.refused.clear();
  while (work.refused.size === 0) await pause(5);
  two.sql('ALTER SYSTEM RESET default_transaction_read_only', 'postgres');
  two.sql('SELECT pg_reload_conf()', 'postgres');
  await work.more(20);
  await work.stop();
  work.held(two);
  assert.equal((await work.client.get('/audit/check')).intact, true);
});

test('out of connections, frozen, and locked by others', async (t) => {
  const one = await Cluster.at(t, 'one');
  one.init().start();
  prepare(one);
  const { server, token } = await organisation(t, one.url());
  const work = new Work(t, server, token);
  await work.more();

  // Fewer than it would like (two that follow what access stands on, and two for all else), then none that is new.
  const end = (role) =>
    one.sql(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '${role}'`);
  for (const limit of [4, 0]) {
    one.sql(`ALTER ROLE sekisho CONNECTION LIMIT ${limit}`);
    end('sekisho');
    if (limit > 0) await work.more();
    else while (work.refused.size === 0) await pause(5);
  }
  one.sql('ALTER ROLE sekisho CONNECTION LIMIT -1');
  await work.more();

  one.signal('SIGSTOP');
  await pause(2000);
  one.signal('SIGCONT');
  await work.more();

  // Somebody else writes, and does not end: readers go on, and writers are told after a while.
  const over = await one.session('BEGIN; SELECT pg_advisory_xact_lock(7306354);');
  work.refused.clear();
  assert.equal(await work.look(), 200);
  while (work.refused.size === 0) await pause(20);
  await over();
  await work.more();
  await work.stop();
  work.held(one);
  assert.equal((await work.client.get('/audit/check')).intact, true);
});
