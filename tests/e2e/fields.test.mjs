// SPDX-License-Identifier: Apache-2.0
// That no form of the console shows errors in a way of its own (web/src/form.tsx).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

const source = new URL('../../web/src/', import.meta.url);
const pages = readdirSync(source, { recursive: true })
  .filter((file) => file.endsWith('.tsx'))
  .map((file) => [file, readFileSync(new URL(file, source), 'utf8')]);

/** Inputs that are sent nowhere, or say themselves what is wrong: filters, views, the wizard's choices, counts. */
const otherwise = [
  'lists.tsx',
  'choose.tsx',
  'count.tsx',
  'pages/Lists.tsx',
  'pages/Audit.tsx',
  'pages/Home.tsx',
];
/** Filters, units and choices out of a list, and what the Field around them holds by another name. */
const filtersOf = {
  'pages/Questions.tsx': 2,
  'access/Timeline.tsx': 1,
  'access/policy-form/fields.tsx': 3,
  'access/policy-form/measures.tsx': 1,
};

test('no input of the console stands outside of what shows its errors', () => {
  const bare = pages.flatMap(([file, text]) => {
    const found = [
      ...text.matchAll(
        /(<Field [^\n]*>\s*)?<(TextInput|Textarea|PasswordInput|NumberInput|FileInput|Select|Checkbox\.Group|Radio\.Group)\s/g,
      ),
    ].filter(([, field]) => field === undefined);
    return otherwise.includes(file) || found.length <= (filtersOf[file] ?? 0)
      ? []
      : found.map(([, , input]) => `${file}: ${input}`);
  });
  assert.deepEqual(bare, []);
  const native = pages.flatMap(([file, text]) => (/<form\b/.test(text) && file !== 'form.tsx' ? [file] : []));
  assert.deepEqual(native, [], 'a form of its own shows errors in its own way');
});

/** The arguments of a call that begins at its opening bracket. */
function argumentsAt(text, open) {
  const found = [''];
  let depth = 0;
  for (let at = open; at < text.length; ++at) {
    const c = text[at];
    if ('([{'.includes(c) && depth++ === 0) continue;
    if (')]}'.includes(c) && --depth === 0) return found.map((one) => one.trim()).filter(Boolean);
    if (c === ',' && depth === 1) found.push('');
    else found[found.length - 1] += c;
  }
  throw new Error('no end');
}

test('whatever changes something that has a version says which one was shown', () => {
  const rooms = new URL('../../src/server/', import.meta.url);
  const versioned = new Set();
  for (const file of readdirSync(rooms, { recursive: true }).filter((one) => one.endsWith('api.yaml'))) {
    let path = '';
    let method = '';
    for (const line of readFileSync(new URL(file, rooms), 'utf8').split('\n')) {
      path = /^ {2}(\/\S+):$/.exec(line)?.[1] ?? path;
      method = /^ {4}(get|put|post|delete):$/.exec(line)?.[1] ?? method;
      if (/^ {6}x-version:/.test(line) && method === 'put') versioned.add(path.replace(/\{\w+\}/g, '*'));
    }
  }
  assert.ok(versioned.has('/organisation') && versioned.has('/devices/*') && versioned.size > 8);
  /** What is sent whole, whatever was there: a list of software, and what the wizard begins with. */
  const whole = ['/devices/*/software'];
  const blind = pages.flatMap(([file, text]) =>
    [...text.matchAll(/\bcall(?:<[^(]*>)?\(/g)].flatMap((one) => {
      const given = argumentsAt(text, one.index + one[0].length - 1);
      if (given[0] !== "'PUT'") return [];
      const path = given[1]
        .slice(1, -1)
        .replace(/\$\{[^}]*\}/g, '*')
        .replace(/\?.*/, '');
      return versioned.has(path) && given.length < 4 && !whole.includes(path) && file !== 'pages/Start.tsx'
        ? [`${file}: ${path}`]
        : [];
    }),
  );
  assert.deepEqual(blind, []);
});
