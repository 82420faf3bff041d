// SPDX-License-Identifier: Apache-2.0
// What docs/security.md gives as proof is there: every test that it names, every file, every word of the source.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
/** Where a file may be named from. */
const places = [
  '',
  'src',
  'src/server',
  'src/server/http',
  'src/server/organisation',
  'src/cli',
  'tests',
  'tests/e2e',
];
const endings = ['', '.cpp', '.h', '.ts', '.tsx'];

function files(folder, keep) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((one) => one.isFile() && keep.test(one.name) && !/node_modules|\/dist/.test(one.parentPath))
    .map((one) => join(one.parentPath, one.name));
}
const sources = [
  ...files('src', /\.(cpp|h|yaml)$/),
  ...files('tests', /\.(mjs|h)$/),
  ...files('web/src', /\.tsx?$/),
  ...files('fuzz', /\.(cpp|h)$/),
].filter((one) => !one.endsWith('security.test.mjs'));
const all = [
  ...sources.map((one) => readFileSync(one, 'utf8')),
  ...['CMakeLists.txt', 'Makefile', 'CMakePresets.json'].map((one) => readFileSync(join(root, one), 'utf8')),
].join('\n');

const tests = new Set(
  [...all.matchAll(/\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)/g)].map(([, suite, name]) => `${suite}.${name}`),
);
const suites = new Set([...tests].map((one) => one.split('.')[0]));
const fileOf = (name) =>
  places.flatMap((place) => endings.map((end) => join(root, place, name + end))).find(existsSync);
const isTest = (name) => /^[A-Z]\w*\.(\w+|\*)$/.test(name);
const isFile = (name) =>
  /^[\w./-]+$/.test(name) &&
  (/\.(cpp|h|mjs|md|yaml|html|sh)$/.test(name) || /^\w[\w-]*\/[\w./-]*$/.test(name));

/** What stands between backquotes, and isn't there. */
function missing(name) {
  if (isTest(name)) return name.endsWith('.*') ? !suites.has(name.slice(0, -2)) : !tests.has(name);
  if (isFile(name)) return !fileOf(name);
  return !all.includes(name);
}

test('what docs/security.md cites is there', () => {
  const cited = [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  assert.ok(cited.filter(isTest).length > 20 && cited.filter(isFile).length > 30, 'it is read');
  assert.deepEqual(
    cited.filter((name) => missing(name)),
    [],
  );
  assert.ok(missing('Server.IsNotThere') && missing('nothing.test.mjs') && missing('Nobody.*'));
});

test('each end-to-end test that docs/security.md names by its title is in that file', () => {
  const named = [...text.matchAll(/`([\w-]+\.test\.mjs)`((?:,? "[^"]+")+)/g)].flatMap(([, file, titles]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => ({ file, title })),
  );
  assert.ok(named.length >= 8);
  for (const { file, title } of named) {
    const body = readFileSync(join(root, 'tests/e2e', file), 'utf8');
    const pattern = title
      .split('…')
      .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^\\n]*');
    assert.match(
      body,
      new RegExp(`(test|t\\.test|describe)\\(\\s*['"\`][^\\n]*${pattern}`),
      `${file}: ${title}`,
    );
  }
});

test('each link of docs/security.md leads somewhere', () => {
  for (const [, to] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
    if (!to.startsWith('http')) assert.ok(existsSync(join(root, 'docs', to)), to);
});
