// SPDX-License-Identifier: Apache-2.0
// Runs the program under test and real tools, for all end-to-end tests.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = process.env.SEKISHO_BINARY;
if (!binary) throw new Error('SEKISHO_BINARY names the program to test');

const ends = new WeakMap();

/** `work` is done when the test `t` ends: the last that was said first, since what came later stands on what was
 * there (a folder outlives the programs that write into it); and each even when another one fails. */
export function atEnd(t, work) {
  if (!ends.has(t)) {
    ends.set(t, []);
    t.after(async () => {
      const wrong = [];
      for (const one of ends.get(t).reverse()) {
        try {
          await one();
        } catch (error) {
          wrong.push(error);
        }
      }
      if (wrong.length > 0) throw wrong[0];
    });
  }
  ends.get(t).push(work);
}

/** A folder that is gone when the test `t` ends. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'sekisho-e2e.'));
  atEnd(t, () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  return path;
}

/** The lists that ship, kept in `state` as if they had been renewed today: by old ones nothing passes. */
export function freshLists(state) {
  const shipped = (name) =>
    JSON.parse(readFileSync(new URL(`../../data/feeds/${name}`, import.meta.url), 'utf8'));
  const today = new Date().toISOString().slice(0, 10);
  mkdirSync(join(state, 'sekisho'), { recursive: true });
  const keep = (name, list) => writeFileSync(join(state, 'sekisho', name), JSON.stringify(list));
  keep('known-exploited.json', {
    ...shipped('known-exploited.json'),
    dateReleased: `${today}T00:00:00.0Z`,
  });
  keep('end-of-life.json', { ...shipped('end-of-life.json'), as_of: today });
}

/** Runs a program; {code, out, err}. */
export function run(program, args = [], { env = {}, input = '', cwd } = {}) {
  const done = spawnSync(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    input,
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 1 << 28,
  });
  if (done.error) throw done.error;
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** Runs a program that must succeed; its output. */
export function must(program, args, options) {
  const done = run(program, args, options);
  if (done.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.code}\n${done.out}${done.err}`);
  return done.out;
}

const environment = (state, lang) => ({
  LANG: lang === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8',
  XDG_DATA_HOME: state,
  HOME: state,
  ASAN_OPTIONS: 'detect_leaks=0', // threads of checks that hang are left behind on purpose
});

/** sekisho with its records in `state`. */
export const sekisho = (state, args, { lang = 'en', before = [], env = {}, input } = {}) => {
  const [program, ...rest] = [...before, binary, ...args];
  return run(program, rest, { env: { ...environment(state, lang), ...env }, input });
};

/** A JSON report, with `verdict(id)` and `fact(id)`. */
export function reportOf(text) {
  const report = JSON.parse(text);
  const find = (id) => report.checks.find((c) => c.id === id);
  return Object.assign(report, {
    verdict: (id) => find(id).verdict,
    fact: (id) => find(id).fact?.en ?? '',
  });
}

/** The report of a check. */
export function check(state, args = [], options) {
  const done = sekisho(state, ['check', '--format', 'json', ...args], options);
  if (done.code === 2) throw new Error(done.err);
  return Object.assign(reportOf(done.out), { code: done.code });
}
