// SPDX-License-Identifier: Apache-2.0
// The words that people read: as business writes them, the same everywhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const top = fileURLToPath(new URL('../../', import.meta.url));
const files = (...patterns) =>
  execFileSync('git', ['-C', top, 'ls-files', ...patterns], { encoding: 'utf8' })
    .trim()
    .split('\n');
const text = (file) => readFileSync(top + file, 'utf8');

/** Each with what to write instead, and where it is meant otherwise. */
const banned = [
  [/(?<!外部の)支援/, 'サポート'],
  [/控え(?=[をのがはもに（])|控え先/, 'バックアップ'],
  [/弱点/, '脆弱性'],
  [/(?<!月)[のい中]版(?!権)/, 'バージョン', /年\d+月の版/],
  [/写す|写しま/, 'コピー'],
  [/釣り合い/, 'バランス'],
  [/頁/, 'ページ'],
  [/要り(ます|ません)/, '必要です'],
  [
    /98 の対策|98 measures(?! the numbers)/i,
    'the ministry’s number of measures is not ours',
    /ガイドラインの 98 の対策|The guideline has 98 measures/,
  ],
  [/\bweakness(es)?\b/i, 'vulnerability', /sekisho weaknesses|sekisho-weaknesses|weaknesses\.tsv/],
  [/\bbusiness mail\b/i, 'business email compromise'],
  [/\bforged mails?\b/i, 'spoofed email'],
  [/\bUSB memory\b/i, 'USB drive'],
  [/\bfrom afar\b/i, 'remotely'],
  [/(?<![-/.@_"])\bmails?\b(?![-/_:."()])/i, 'email'],
];

/** What of a file people read, line by line. */
function shown(file) {
  const lines = text(file).split('\n');
  const code = /\.(cpp|h)$/.test(file);
  const words = /words(\/\w+)?\.ts$/.test(file);
  let fenced = false;
  return lines.map((line) => {
    if (code) {
      if (/^\s*(\/\/|#include)/.test(line)) return '';
      // One word in ASCII is a name.
      return (line.match(/"(?:[^"\\]|\\.)*"/g) ?? [])
        .map((one) => one.slice(1, -1))
        .filter((one) => /\s|[^ -~]/.test(one))
        .join(' ¦ ');
    }
    if (words) return line.replace(/^\s*'[a-z0-9._-]+':/i, '');
    if (file.endsWith('.yaml')) return /^\s*#/.test(line) ? '' : line.replace(/\bid: [\w-]+/, '');
    if (line.startsWith('```')) fenced = !fenced;
    return fenced ? '' : line.replace(/`[^`]*`|\]\([^)]*\)/g, '');
  });
}

function faults(list, look = shown) {
  const found = [];
  for (const file of list)
    look(file).forEach((line, at) => {
      for (const [word, instead, meant] of banned) {
        const rest = meant ? line.replace(new RegExp(meant, 'gi'), '') : line;
        if (word.test(rest))
          found.push(`${file}:${at + 1}: ${rest.match(word)[0]} → ${instead}: ${line.trim().slice(0, 90)}`);
      }
    });
  return found;
}

test('no text that people read uses a word that business does not', () => {
  const list = [
    ...files(
      'data/*.yaml',
      'data/**/*.yaml',
      'docs/*.md',
      'README*.md',
      'web/src/words.ts',
      'web/src/words/*.ts',
    ),
    ...files('src/*.cpp', 'src/*.h').filter((file) => !/_test\.cpp$|vuldef\.cpp$/.test(file)),
  ];
  assert.ok(list.length > 200);
  assert.deepEqual(faults(list), []);
});

test('each banned word would be found', () => {
  for (const line of [
    '支援の終わった OS',
    '控えを取る',
    '弱点がある',
    'この版は',
    '写す',
    'この頁',
    '98 の対策',
    'a weakness',
    'Business mail fraud',
    'a forged mail',
    'USB memory',
    'wiped from afar',
    'open the mail at once',
  ])
    assert.ok(faults(['x'], () => [line]).length > 0, line);
});

/** Japanese that pages show: of the guideline's data and of the console. */
function japanese() {
  const texts = [];
  const data = files('data/*.yaml', 'data/**/*.yaml').filter(
    (file) => !/(^data\/(software|appliances|glossary)|observe)/.test(file),
  );
  for (const file of data)
    for (const line of text(file).split('\n')) {
      if (/^\s*#|run:|SELECT/.test(line)) continue;
      for (const [, quoted, single, plain] of line.matchAll(
        /\bja: (?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^}\n]*?)(?=, en:|\}|$))/g,
      ))
        texts.push(quoted ?? single ?? plain);
    }
  const pages = files('web/src/words.ts', 'web/src/words/*.ts').map(text).join('\n');
  for (const [, one] of pages.matchAll(/'[a-z0-9._-]+': \[\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/gi))
    texts.push(one.slice(1, -1));
  return texts;
}

/** Words that a reader may not know: what is written in Latin letters or in katakana. */
const technical = (one) =>
  one
    .replace(/https?:\S+|\{\{\w+\}\}|\/?etc\/\S+|sekisho(\.exe)?( [a-z]+)*/g, '')
    .match(/[A-Za-z][A-Za-z0-9.+/_-]*[A-Za-z0-9]|[ァ-ヶー]{3,}/g) ?? [];

test('every term that a page shows is in the glossary, or an ordinary word', () => {
  const ordinary = new Set(text('tests/e2e/data/ordinary-words.txt').split(/\s+/));
  const glossary = text('data/glossary.yaml')
    .split('\n')
    .filter((line) => /^\s+(term|also):/.test(line))
    .join('\n');
  const texts = japanese();
  assert.ok(texts.length > 1000);
  const used = new Set(texts.flatMap(technical));
  const lacking = [...used].filter((word) => !ordinary.has(word) && !glossary.includes(word));
  assert.deepEqual(lacking.sort(), [], 'explain it in data/glossary.yaml, or add it to ordinary-words.txt');
  const idle = [...ordinary].filter((word) => word && !used.has(word));
  assert.deepEqual(idle, [], 'nothing shows these any more');
});

/** The words of `list` that no page in `code` can ask for: by name, or by a name that is put together. */
function unasked(list, code, elsewhere) {
  const named = new Set([...code.matchAll(/'([\w-]+\.[\w.-]+)'/g)].map(([, word]) => word));
  const made = [...code.matchAll(/`((?:[\w-]+\.[\w.-]*|\$\{\w+\}\.)(?:\$\{[^}`]*\}|[\w.-])*)`/g)]
    .map(([, word]) => word)
    .filter((word) => word.includes('${'))
    .map(
      (word) =>
        new RegExp(
          `^${word
            .split(/\$\{[^}]*\}/)
            .map((part) => part.replaceAll('.', '\\.'))
            .join('([\\w-]+(?:\\.[\\w-]+)*)')}$`,
        ),
    );
  // What stands for the variable part has to stand somewhere itself: list.${kind} is not every word of lists.
  const known = new Set([...`${code}\n${elsewhere}`.matchAll(/[A-Za-z_][\w-]*|\d+/g)].map(([word]) => word));
  return list.filter(
    (word) =>
      !named.has(word) &&
      !made.some((pattern) =>
        pattern
          .exec(word)
          ?.slice(1)
          .every((part) => known.has(part) || named.has(part)),
      ),
  );
}

const wordKeys = (files) =>
  files.flatMap((file) => [...text(file).matchAll(/^ {2}'([\w.-]+)': \[/gm)].map(([, word]) => word));

test('every word of the console is on some page, and each once', () => {
  const all = files('web/src/*.ts', 'web/src/*.tsx').filter((file) => !file.endsWith('api.d.ts'));
  const ofWords = all.filter((file) => /\/words(\/\w+)?\.ts$/.test(file));
  const code = all
    .filter((file) => !ofWords.includes(file))
    .map(text)
    .join('\n');
  const elsewhere = files('src/server/*.yaml', 'src/*.cpp', 'data/*.yaml').map(text).join('\n');
  const list = wordKeys(ofWords);
  assert.ok(list.length > 900, `${list.length} words`);
  assert.deepEqual(unasked(list, code, elsewhere), []);
  assert.deepEqual(
    list.filter((word, at) => list.indexOf(word) !== at),
    [],
  );
  // It would notice one.
  for (const word of ['app.zzyzx', 'list.zzyzx', 'state.zzyzx', 'setupcard.people.zzyzx'])
    assert.deepEqual(unasked([word], code, elsewhere), [word]);
});
