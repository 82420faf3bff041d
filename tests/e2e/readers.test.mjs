// SPDX-License-Identifier: Apache-2.0
// What judges can't be changed without saying whether what older readers let pass still counts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from './sekisho.mjs';

const source = fileURLToPath(new URL('../..', import.meta.url));
const script = join(source, 'scripts/readers');
const readers = (root, ...args) => {
  const run = spawnSync(process.execPath, [script, ...args], {
    env: { ...process.env, SEKISHO_SOURCE: root },
    encoding: 'utf8',
  });
  return {
    status: run.status,
    named: [...run.stderr.matchAll(/^ {2}((src|data)\/\S+)$/gm)].map((m) => m[1]),
  };
};

test('of all that judges it was said whether a pass of before may be worse', () => {
  assert.deepEqual(readers(source), { status: 0, named: [] });
});

test('a change says of which checks it is, and these are there', () => {
  const text = readFileSync(join(source, 'src/evidence/readers.h'), 'utf8');
  const changes = [...text.matchAll(/ReadersChange\{(\d+), "([^"]*)"/g)];
  assert.ok(changes.length > 1);
  const checks = readdirSync(join(source, 'data/checks')).flatMap((name) =>
    [...readFileSync(join(source, 'data/checks', name), 'utf8').matchAll(/^ {2}- id: (\S+)$/gm)].map(
      (m) => m[1],
    ),
  );
  for (const [, number, ids] of changes)
    for (const id of ids.split(' ').filter(Boolean)) assert.ok(checks.includes(id), `${number}: ${id}`);
});

test('what judges otherwise is named until it is answered, and comments are not', (t) => {
  const root = folder(t);
  for (const path of ['src/collect', 'src/evidence', 'src/server/devices', 'data'])
    cpSync(join(source, path), join(root, path), { recursive: true });
  const change = (path, from, to) => {
    const text = readFileSync(join(root, path), 'utf8');
    assert.ok(text.includes(from), `${path}: ${from}`);
    writeFileSync(join(root, path), text.replace(from, to));
  };
  const as = (...named) => assert.deepEqual(readers(root), { status: named.length ? 1 : 0, named });
  const sudo = 'src/collect/host/sudo.cpp';
  const checks = 'data/checks/desktop.yaml';
  change(sudo, '\nnamespace sekisho {', '\n// Said anew.\nnamespace sekisho {');
  change(checks, 'title: {ja: 画面の自動ロック, en: Automatic screen lock}', 'title: {ja: ロック, en: Lock}');
  as();
  change(sudo, 'return', 'return true ? Finding() : ');
  as(sudo);
  change(checks, 'enabled = 0', 'enabled = 7');
  as(checks, sudo);
  const last = Math.max(
    ...[...readFileSync(join(root, 'src/evidence/readers.h'), 'utf8').matchAll(/ReadersChange\{(\d+)/g)].map(
      (m) => Number(m[1]),
    ),
  );
  // Nothing is raised without a line that says of which checks: the last one was this file's.
  const ledger = join(root, 'src/evidence/readers.txt');
  writeFileSync(
    ledger,
    readFileSync(ledger, 'utf8').replace(new RegExp(`^(${sudo}) \\d+`, 'm'), `$1 ${last}`),
  );
  assert.equal(readers(root, 'raised', sudo).status, 1);
  as(checks, sudo);
  change('src/evidence/readers.h', '\n};\ninline', `\n    ReadersChange{${last + 1}, "sudo"},\n};\ninline`);
  assert.equal(readers(root, 'raised', sudo).status, 0);
  assert.equal(readers(root, 'same', checks).status, 0);
  as();
  // A room that is new judges until somebody says otherwise.
  mkdirSync(join(root, 'src/collect/newroom'));
  writeFileSync(join(root, 'src/collect/newroom/newroom.cpp'), 'int x;\n');
  as('src/collect/newroom/newroom.cpp');
});
