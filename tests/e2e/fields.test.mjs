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
const filtersOf = { 'pages/Questions.tsx': 2 };

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
