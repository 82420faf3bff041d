// SPDX-License-Identifier: Apache-2.0
// A Windows of a test file's own, under wine, and programs run in it.
import assert from 'node:assert/strict';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { folder } from './sekisho.mjs';

export const program = process.env.SEKISHO_WINDOWS_BINARY;

export const until = async (what, seconds = 60) => {
  for (let i = 0; i < seconds * 5; ++i) {
    const got = await what();
    if (got) return got;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error('it did not come');
};

/** Made before the tests of a file and ended after them: `hooks` are node:test's before and after. */
export function windows({ before, after }) {
  const prefix = folder({ after });
  const env = {
    PATH: process.env.PATH,
    HOME: prefix,
    LANG: 'C.UTF-8', // words and names of files are read by it
    WINEPREFIX: join(prefix, 'wine'),
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  };
  /** Into files: what wine starts beside a program would hold its pipes open. */
  const wine = (words, more = {}, options = {}) => {
    const [out, err] = ['out', 'err'].map((name) => join(prefix, name));
    const { status, error } = spawnSync('wine', words, {
      env: { ...env, ...more },
      stdio: [options.stdin ?? 'ignore', openSync(out, 'w'), openSync(err, 'w')],
      timeout: 120_000,
      cwd: options.cwd,
    });
    if (error) throw error;
    return { code: status, out: readFileSync(out, 'utf8'), err: readFileSync(err, 'utf8') };
  };
  const must = (...words) => {
    const ran = wine(words);
    assert.equal(ran.code, 0, `${words.join(' ')}: ${ran.out}${ran.err}`);
    return ran.out;
  };
  before(async () => {
    const quiet = { env, stdio: 'ignore', timeout: 120_000 };
    spawnSync('wineboot', ['-i'], quiet);
    spawnSync('wineserver', ['-w'], quiet);
    // Wine's own processes run as long as any program does; each call would start them anew, and wait for their end.
    spawn('wine', ['cmd'], { env, stdio: ['pipe', 'ignore', 'ignore'] }).unref();
    await until(() => wine(['sc', 'query', 'EventLog']).out.includes('RUNNING'));
    must('winecfg', '-v', 'win10');
  });
  after(() => spawnSync('wineserver', ['-k'], { env }));
  return { prefix, env, wine, must, drive: join(env.WINEPREFIX, 'drive_c') };
}
