// SPDX-License-Identifier: Apache-2.0
// A disk that loses power or fails, under programs that are run on it: powerloss.c.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { folder, must } from './sekisho.mjs';

/** Runs a program while other things go on; {code, out, err}. One that says `until` is killed then. */
export function beside(program, args, env = {}, until = undefined) {
  const child = spawn(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ASAN_OPTIONS: 'detect_leaks=0', ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
    if (until?.test(out)) child.kill('SIGKILL');
  });
  child.stderr.on('data', (data) => (err += data));
  return new Promise((ended, failed) => {
    child.on('error', failed);
    child.on('close', (code) => ended({ code, out, err }));
  });
}

/** A disk of the program's that may lose power or fail: powerloss.c. */
export class Disk {
  /** Of its own, or the folder `at` that is there. */
  constructor(t, at = undefined) {
    this.root = realpathSync(folder(t));
    this.library = join(this.root, 'powerloss.so');
    must('gcc', [
      '-O1',
      '-shared',
      '-fPIC',
      '-o',
      this.library,
      new URL('powerloss.c', import.meta.url).pathname,
      '-ldl',
    ]);
    this.fault = openSync(join(this.root, 'fault'), 'w+');
    this.calm();
    this.turn = 0;
    if (at === undefined) this.next();
    else [this.disk, this.kept] = [realpathSync(at), folder(t)];
  }
  next() {
    this.disk = join(this.root, `disk-${++this.turn}`);
    this.kept = join(this.root, `kept-${this.turn}`);
    for (const path of [this.disk, this.kept]) mkdirSync(path);
  }
  get where() {
    return join(this.disk, 's.db');
  }
  get env() {
    return {
      LD_PRELOAD: this.library,
      POWERLOSS_DISK: this.disk,
      POWERLOSS_KEPT: this.kept,
      POWERLOSS_FAULT: join(this.root, 'fault'),
    };
  }
  /** The n-th write, sync or truncation from now on fails. */
  fail(n, errno) {
    const numbers = new Uint32Array([n, errno, 0]);
    writeSync(this.fault, new Uint8Array(numbers.buffer), 0, 12, 0);
  }
  /** There the power goes: the program with it. */
  die(n) {
    this.fail(n, 9999);
  }
  calm() {
    this.fail(0, 0);
  }
  /** How many there were since the last fail(). */
  count() {
    return readFileSync(join(this.root, 'fault')).readUInt32LE(8);
  }
  /** The power comes back: what was not synced is gone, or some blocks of it are there all the same. */
  lose(some) {
    const { disk, kept } = this;
    this.next();
    for (const line of readFileSync(join(kept, 'names'), 'utf8').trim().split('\n')) {
      const [, id, name] = /^(\d+) (.*)$/.exec(line);
      if (name.endsWith('-shm')) continue;
      const content = readFileSync(join(kept, id));
      if (!some || !existsSync(join(disk, name))) {
        writeFileSync(join(this.disk, name), content);
        continue;
      }
      const written = readFileSync(join(disk, name));
      const blocks = [];
      for (let at = 0; at < Math.max(content.length, written.length); at += 4096) {
        const from = Math.random() < 0.5 && at < written.length ? written : content;
        blocks.push(from.subarray(at, at + 4096));
        if (blocks.at(-1).length < 4096) break;
      }
      writeFileSync(join(this.disk, name), Buffer.concat(blocks));
    }
  }
}
