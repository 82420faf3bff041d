// SPDX-License-Identifier: Apache-2.0
// One PC by itself, as Windows would run it: sekisho.exe check and what goes with it, under wine. What wine has no such
// thing for (BitLocker, Security Center, Windows Update, UAC, the explorer's double click) is said in docs/agent.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { folder, freshLists, sekisho } from './sekisho.mjs';
import { program, until, windows } from './wine.mjs';

const source = (path) => new URL(`../../${path}`, import.meta.url).pathname;
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const { wine, drive } = windows({ before, after });
const run = (lang, ...words) => wine([program, '--lang', lang, ...words]);
/** A path of this system, as Windows names it. */
const windowsPath = (path) => 'Z:' + path.replaceAll('/', '\\');
const kept = () =>
  join(
    drive,
    'users',
    readdirSync(join(drive, 'users')).find((name) => name !== 'Public'),
    'AppData/Local/Sekisho',
  );
/** Every file below a folder, with when it was written. */
const files = (root) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => `${path} ${statSync(path).mtimeMs}`)
    .sort();
test('a check tells what it found, in both languages, and writes nothing', () => {
  assert.ok(run('en', 'check').code < 2);
  const before = files(drive);
  const [ja, en] = ['ja', 'en'].map((lang) => run(lang, 'check'));
  assert.ok(ja.code < 2, ja.err);
  assert.equal(ja.code, en.code);
  assert.match(ja.out, /まず直すこと/);
  assert.match(en.out, /What to fix first/);
  assert.deepEqual(en.out.replaceAll(/管理者\s*C-[23]|関所/g, '').match(/.*[ぁ-ん一-龠].*/g), null);
  assert.match(ja.out, /Windows では、この項目はまだ調べられません/);
  assert.match(ja.out, /この OS にはない項目です/);
  assert.doesNotMatch(ja.out + en.out, /\r|\uFFFD|apt-get|systemctl/);
  assert.deepEqual(files(drive), before, 'nothing was written');
  assert.ok(!existsSync(kept()));
  assert.match(run('en', 'check', '--role', 'executive').out, /Executives?/);
  assert.match(run('en', 'check', '--why', 'automatic-login').out, /automatic-login/);
  assert.equal(run('en', 'check', '--why', 'nothing').code, 2);
  assert.equal(run('en', 'check', '--method', 'nothing').code, 2);
  assert.match(run('en', 'check', '--method', '1').out, /Method: (?!not chosen)/);
});

test('its JSON, HTML and OSCAL are those of every system', (t) => {
  const state = folder(t);
  const linux = JSON.parse(sekisho(state, ['check', '--format', 'json']).out);
  const there = JSON.parse(run('en', 'check', '--format', 'json').out);
  const ajv = new Ajv2020({ allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(json(source('docs/report.schema.json')));
  assert.ok(validate(there), JSON.stringify(validate.errors, null, 1));
  assert.deepEqual(Object.keys(there).sort(), Object.keys(linux).sort());
  assert.deepEqual(
    there.checks.map((one) => one.id),
    linux.checks.map((one) => one.id),
  );
  const html = join(state, 'report.html');
  const oscal = join(state, 'report.oscal.json');
  const ran = run(
    'ja',
    'check',
    '--html',
    windowsPath(html),
    '--format',
    'oscal',
    '--output',
    windowsPath(oscal),
  );
  assert.ok(ran.code < 2, ran.err);
  const page = readFileSync(html, 'utf8');
  assert.match(page, /^<!doctype html><html lang="ja">.*<\/html>\n$/s);
  assert.doesNotMatch(page, /<script|https?:\/\/(?!www\.w3)[^<"]*\.(js|css|png)/);
  const open = [];
  for (const [, end, name] of page.matchAll(/<(\/?)([a-z0-9]+)[^>]*?>/g))
    if (end) assert.equal(open.pop(), name);
    else if (!['meta', 'br', 'img', 'link', 'input', 'hr'].includes(name)) open.push(name);
  assert.deepEqual(open, [], 'what is opened is closed');
  assert.deepEqual(Object.keys(json(oscal)), ['assessment-results']);
  assert.equal(run('en', 'check', '--output', 'Z:\\no\\such\\folder\\report.txt').code, 2);
});

/** A recording of the repository's, as if it were made now. */
function recorded(state, file) {
  const path = join(state, basename(file));
  const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  writeFileSync(path, JSON.stringify({ ...json(source(file)), recorded_at: now }));
  return path;
}

test('a recording is reported alike on both systems', (t) => {
  const state = folder(t);
  freshLists(state);
  mkdirSync(kept(), { recursive: true });
  for (const name of ['known-exploited.json', 'end-of-life.json'])
    copyFileSync(join(state, 'sekisho', name), join(kept(), name));
  for (const file of [
    'tests/windows/sound.json',
    ...readdirSync(source('tests/windows/recorded'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => `tests/windows/recorded/${name}`),
  ]) {
    const path = recorded(state, file);
    for (const words of [
      ['check', '--format', 'json'],
      ['check', '--why', 'all'],
      ['check', '--role', 'teleworker'],
    ]) {
      const without = (text) =>
        text
          .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?( ?[A-Z]{3}| ?UTC)?/g, 'THEN')
          .replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY');
      const linux = sekisho(state, [...words, '--facts', path], { env: { TZ: 'UTC' } });
      const there = run('en', ...words, '--facts', windowsPath(path));
      assert.equal(there.code, linux.code, there.err);
      assert.equal(without(there.out), without(linux.out), `${file} ${words.join(' ')}`);
    }
  }
  const sound = JSON.parse(
    run(
      'en',
      'check',
      '--format',
      'json',
      '--facts',
      windowsPath(recorded(state, 'tests/windows/sound.json')),
    ).out,
  );
  assert.ok(sound.checks.filter((one) => one.verdict === 'pass').length > 10);
  // How old one is that doesn't say so isn't known.
  const undated = JSON.parse(
    run('en', 'check', '--format', 'json', '--facts', windowsPath(source('tests/windows/sound.json'))).out,
  );
  assert.deepEqual(
    undated.checks.filter((one) => one.verdict === 'pass'),
    [],
  );
  const bad = join(state, 'bad.json');
  for (const text of ['', '{', '{"computer": 1}', '[]']) {
    writeFileSync(bad, text);
    assert.equal(run('en', 'check', '--facts', windowsPath(bad)).code, 2, text);
    assert.equal(sekisho(state, ['check', '--facts', bad]).code, 2, text);
  }
});

test('what a person says is kept, and counts in the next report', (t) => {
  const answers = join(folder(t), 'answers.json');
  assert.match(run('ja', 'answer', '--list').out, /未回答/);
  const said = run('en', 'answer', 'ask-SK-admin-J1', 'yes', '--note', '金庫に保管', '--by', '管理 太郎');
  assert.equal(said.code, 0, said.err);
  assert.match(said.out, /Recorded/);
  assert.match(run('ja', 'answer', '--list').out, /はい（金庫に保管）  管理 太郎/);
  assert.ok(existsSync(join(kept(), 'sekisho.db')), 'where it is said to be');
  const report = JSON.parse(run('en', 'check', '--format', 'json').out);
  assert.equal(report.checks.find((one) => one.id === 'ask-SK-admin-J1').verdict, 'pass');
  assert.equal(run('en', 'answer', 'method', '1').code, 0);
  assert.match(run('en', 'check').out, /Method: (?!not chosen)/);
  assert.equal(run('en', 'answer', 'nothing', 'yes').code, 2);
  assert.equal(run('en', 'answer', 'ask-SK-admin-J1', 'maybe').code, 2);
  writeFileSync(answers, 'nonsense: 1\n');
  assert.equal(run('en', 'choose', '--answers', windowsPath(answers)).code, 2);
  assert.match(run('en', 'choose', '--diagram').out, /flowchart|graph/);
});

test('the guideline is shown, and an organisation’s own content laid over it', (t) => {
  const own = join(folder(t), 'own.yaml');
  assert.match(run('ja', 'guideline', 'methods').out, /VPN/);
  assert.match(run('en', 'guideline', 'measures', '--role', 'executive').out, /SK-exec/);
  assert.ok(JSON.parse(run('en', 'guideline', 'checklist', '--json').out).notice);
  writeFileSync(own, run('ja', 'guideline', 'template').out);
  const imported = run('en', 'guideline', 'import', windowsPath(own));
  assert.equal(imported.code, 0, imported.err);
  assert.ok(existsSync(join(kept(), 'guideline.yaml')));
  assert.match(run('en', 'guideline', 'reset').out, /removed/);
  assert.ok(!existsSync(join(kept(), 'guideline.yaml')));
});

test('lists count as of their day, and are renewed from a file, a folder or https', (t) => {
  const state = folder(t);
  for (const name of ['known-exploited.json', 'end-of-life.json'])
    execFileSync('rm', ['-f', join(kept(), name)]);
  assert.match(run('en', 'feeds').out, /built in/);
  freshLists(state);
  for (const name of ['known-exploited.json', 'end-of-life.json']) {
    const taken = run('en', 'feeds', 'update', '--from', windowsPath(join(state, 'sekisho', name)));
    assert.equal(taken.code, 0, taken.err);
    assert.ok(existsSync(join(kept(), name)));
  }
  assert.doesNotMatch(run('en', 'feeds').out.split('To renew')[0], /stale|built in/);
  // Those of the server are not taken, and a list that is not one changes nothing.
  const before = readFileSync(join(kept(), 'known-exploited.json'), 'utf8');
  writeFileSync(join(state, 'nvd.json'), '{"format": "NVD_CVE", "vulnerabilities": []}');
  assert.match(
    run('en', 'feeds', 'update', '--from', windowsPath(join(state, 'nvd.json'))).err,
    /not used on Windows/,
  );
  writeFileSync(join(state, 'broken.json'), '{"vulnerabilities": 1}');
  assert.equal(run('en', 'feeds', 'update', '--from', windowsPath(join(state, 'broken.json'))).code, 2);
  assert.equal(readFileSync(join(kept(), 'known-exploited.json'), 'utf8'), before);
  const nowhere = run('ja', 'feeds', 'update', '--from', 'https://127.0.0.1:9/list.json');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err, /取れませんでした/);
  assert.match(run('en', 'feeds', 'update', '--from', 'http://127.0.0.1/list.json').err, /https/);
  // Old lists let nothing pass, and it is said how to renew them.
  const old = json(join(kept(), 'end-of-life.json'));
  writeFileSync(join(kept(), 'end-of-life.json'), JSON.stringify({ ...old, as_of: '2026-01-01' }));
  const sound = windowsPath(recorded(folder(t), 'tests/windows/sound.json'));
  const report = JSON.parse(run('en', 'check', '--format', 'json', '--facts', sound).out);
  const support = report.checks.find((one) => one.id === 'os-support');
  assert.equal(support.verdict, 'unknown');
  assert.match(support.fact.en, /sekisho feeds update/);
  assert.match(run('ja', 'check', '--facts', sound).out, /sekisho feeds update で新しくできます/);
});

test('wrong words are named, in one language', () => {
  for (const [words, ja, en] of [
    [['chekc'], /「chekc」.*もしかして: check/, /Did you mean check\?/],
    [['check', '--format', 'xml'], /使えるのは: text、json/, /It can be: text, json/],
    [['check', '--facts'], /「--facts」の値がない/, /'--facts' has no value/],
    [['check', '--facts', 'C:\\none.json'], /none\.json/, /none\.json/],
    [['check', '--root', '/'], /「--root」/, /no option '--root'/],
    [['service'], /sekisho service の後に/, /after sekisho service/],
    [['service', 'remove'], /サービスは入っていません/, /not installed/],
    [['agent', 'status'], /登録されていません/, /not enrolled/],
  ]) {
    const [inJa, inEn] = [run('ja', ...words), run('en', ...words)];
    assert.equal(inJa.code, 2, words.join(' '));
    assert.match(inJa.err, ja);
    assert.match(inEn.err, en);
    assert.doesNotMatch(inEn.err, /[ぁ-ん一-龠]/);
  }
  assert.match(run('ja', 'check', '--help').out, /端末は変えず/);
});

test('without a word it checks, and leaves the report where it is found', async () => {
  const desk = join(drive, 'デスク トップ');
  mkdirSync(desk);
  copyFileSync(program, join(desk, 'sekisho.exe'));
  // With a console of its own, as the explorer starts it.
  wine(['start', '/unix', join(desk, 'sekisho.exe')]);
  const report = await until(() => readdirSync(desk).find((name) => /^sekisho-report-.*\.html$/.test(name)));
  assert.match(readFileSync(join(desk, report), 'utf8'), /^<!doctype html>/);
  assert.deepEqual(readdirSync(desk).sort(), ['sekisho.exe', report].sort());
});

test('the zip holds the program and its papers, and is the same each time', (t) => {
  const zip = join(dirname(program), 'sekisho-windows.zip');
  const pack = () => execFileSync(source('scripts/windows-package'), { encoding: 'utf8' });
  const sums = pack();
  const first = readFileSync(zip);
  assert.equal(pack(), sums);
  assert.ok(first.equals(readFileSync(zip)), 'byte by byte');
  const out = folder(t);
  execFileSync('unzip', ['-q', zip, '-d', out]);
  assert.ok(readFileSync(join(out, 'sekisho/sekisho.exe')).equals(readFileSync(program)));
  const readme = readFileSync(join(out, 'sekisho/README.txt'), 'utf8');
  assert.ok(readme.startsWith('\uFEFF'));
  assert.match(readme, /ダブルクリック/);
  assert.match(readme, /Double-click/);
  assert.equal(readme.split('\n').length, readme.split('\r\n').length);
  for (const name of [
    'openssl',
    'curl',
    'yaml-cpp',
    'sqlite',
    'fmt',
    'cli11',
    'boost',
    'zlib',
    'mingw-w64',
    'gcc-runtime',
  ])
    assert.ok(statSync(join(out, `sekisho/licences/${name}.txt`)).size > 500, name);
  assert.match(wine([join(out, 'sekisho/sekisho.exe'), '--version']).out, /^sekisho \d/);
});

test('the MSI installs the program and removes it, leaves nothing where a link fails, and is the same each time', (t) => {
  const msi = join(dirname(program), 'sekisho.msi');
  execFileSync(source('scripts/windows-package'));
  const make = () => execFileSync(source('scripts/windows-msi'), { encoding: 'utf8' });
  assert.equal(make(), make());
  const out = folder(t);
  execFileSync('msiextract', ['-C', out, msi]);
  const [packed] = readdirSync(out, { recursive: true }).filter((name) => name.endsWith('sekisho.exe'));
  assert.ok(readFileSync(join(out, packed)).equals(readFileSync(program)));
  const table = (name) => execFileSync('msiinfo', ['export', msi, name], { encoding: 'utf8' });
  assert.match(table('Property'), /^MsiHiddenProperties\tLINK;InstallAgent;AgainAgent\r?$/m);
  // What was before is taken away before the new files come.
  assert.match(table('InstallExecuteSequence'), /^RemoveExistingProducts\t\t1501\r?$/m);

  const at = join(drive, 'Program Files/Sekisho');
  const installer = (...words) => wine(['msiexec', ...words, '/qn']).code;
  assert.notEqual(installer('/i', msi, 'LINK=nowhere'), 0);
  assert.equal(existsSync(at), false);
  assert.equal(installer('/i', msi), 0);
  assert.match(wine([join(at, 'sekisho.exe'), '--version']).out, /^sekisho \d/);
  assert.ok(readFileSync(join(at, 'NOTICES.txt'), 'utf8').includes('OpenSSL'));
  assert.notEqual(wine(['sc', 'query', 'Sekisho']).code, 0, 'without a link there is no service');
  assert.equal(installer('/x', msi), 0);
  assert.equal(existsSync(at), false);
});
