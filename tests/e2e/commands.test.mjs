// SPDX-License-Identifier: Apache-2.0
// The commands as a person meets them: what they print, what they refuse, what they keep.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { atEnd, binary, check, folder, freshLists, must, run, sekisho } from './sekisho.mjs';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

test('help and errors are in the language of the terminal', (t) => {
  const state = folder(t);
  assert.match(sekisho(state, ['--help'], { lang: 'ja' }).out, /まず直すこと/);
  assert.match(sekisho(state, ['--help'], { lang: 'en' }).out, /what to fix first/);
  assert.match(sekisho(state, ['--lang', 'ja', 'check', '--help'], { lang: 'en' }).out, /端末は変えず/);
  const wrong = sekisho(state, ['chekc'], { lang: 'ja' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /「chekc」というコマンドはありません。もしかして: check/);
  assert.equal(sekisho(state, []).out, sekisho(state, ['--help']).out);
});

test('what is wrong with the arguments is named, with what could stand there, in one language', (t) => {
  const state = folder(t);
  for (const [words, ja, en] of [
    [['chekc'], /「chekc」.*もしかして: check/, /no command 'chekc'. Did you mean check\?/],
    [
      ['zzzzzz'],
      /「zzzzzz」.*使えるのは: check、guideline/,
      /no command 'zzzzzz'. There are: check, guideline/,
    ],
    [['guideline'], /sekisho guideline の後に/, /after sekisho guideline. There are: methods/],
    [['guideline', 'method'], /「method」.*もしかして: methods/, /Did you mean methods\?/],
    [
      ['check', '--formt', 'json'],
      /「--formt」.*もしかして: --format/,
      /no option '--formt'. Did you mean --format/,
    ],
    [
      ['check', '--format', 'xml'],
      /--format に「xml」は使えません。使えるのは: text、json/,
      /can't be 'xml'. It can be: text, json/,
    ],
    [['check', '--bound', '5'], /--bound は 100 から 60000 の数/, /--bound is a number from 100 to 60000/],
    [['check', '--method'], /「--method」の値がない/, /'--method' has no value/],
    [['check', 'extra'], /「extra」は余分です/, /'extra' is one word too many/],
    [['check', '--root', '/', '--facts', 'x'], /一緒に使えません/, /can't be used together/],
    [['agent', 'enrol'], /「link」がありません/, /'link' is missing/],
    [['--lang', 'fr', 'check'], /--lang に「fr」は使えません/, /--lang can't be 'fr'/],
  ]) {
    const [inJa, inEn] = ['ja', 'en'].map((lang) => sekisho(state, words, { lang }));
    assert.equal(inJa.code, 2, words.join(' '));
    assert.match(inJa.err, ja);
    assert.match(inEn.err, en);
    assert.doesNotMatch(inEn.err, /[ぁ-ん一-龠]/);
    const english = inJa.err.replaceAll(/[a-zA-Z-]+(?=[、」 ])|--[a-z]+|sekisho/g, '');
    assert.doesNotMatch(english, / (is|was|not|are|the) /, inJa.err);
  }
  assert.match(sekisho(state, ['help']).out, /guideline/);
  const help = sekisho(state, ['check', '--help'], { lang: 'ja' }).out;
  assert.match(help, /使い方:/);
  assert.doesNotMatch(help, /Usage|Options:|TEXT|UINT/);
});

test('every part of the guideline shows in both languages and as JSON', (t) => {
  const state = folder(t);
  for (const part of [
    'methods',
    'measures',
    'checklist',
    'incidents',
    'threats',
    'cloud',
    'zero-trust',
    'wifi',
    'glossary',
    'limits',
  ]) {
    const ja = sekisho(state, ['guideline', part], { lang: 'ja' });
    const en = sekisho(state, ['guideline', part], { lang: 'en' });
    assert.equal(ja.code, 0, ja.err);
    assert.match(ja.out, /[ぁ-ん]/);
    assert.doesNotMatch(
      en.out.replaceAll(/管理者C-[23]/g, ''),
      /[ぁ-ん一-龠]/,
      `${part} has Japanese in English`,
    );
    assert.ok(JSON.parse(sekisho(state, ['guideline', part, '--json']).out).notice);
  }
  assert.equal(sekisho(state, ['guideline', 'nothing']).code, 2);
});

test('filters narrow the guideline', (t) => {
  const state = folder(t);
  const measures = (...args) =>
    JSON.parse(sekisho(state, ['guideline', 'measures', '--json', ...args]).out).measures;
  const all = measures().length;
  assert.ok(all > 90);
  for (const one of measures())
    assert.match(
      one.ascii_id,
      /^(SK-(exec|admin|worker)-[A-M]\d+|admin-C-[23])$/,
      'only two are the ministry’s',
    );
  assert.ok(measures('--role', 'executive').every((m) => m.role === 'executive'));
  assert.ok(measures('--category', 'c').every((m) => m.category === 'C'));
  assert.ok(measures('--level', 'advanced').every((m) => m.difficulty === 'high'));
  assert.ok(measures('--priority', 'must').every((m) => m.importance === 'high' && m.difficulty === 'low'));
  assert.ok(measures('--method', 'standalone').length < all);
  assert.deepEqual(measures('--method', '1'), measures('--method', 'vpn'));
  const items = (method) =>
    JSON.parse(sekisho(state, ['guideline', 'checklist', '--method', method, '--json']).out).checklist;
  assert.equal(items('vpn').length, 32);
  const gone = items('standalone').filter((i) => !i.applies);
  assert.deepEqual(
    gone.map((i) => i.id),
    ['3-2', '7-3'],
  );
  assert.match(gone[0].reason.ja, /社内のネットワークにつながない/);
  assert.equal(sekisho(state, ['guideline', 'measures', '--method', 'telepathy']).code, 2);
  // One alone, by any of its numbers.
  for (const id of ['管理者C-2', 'admin-C-2', 'SK-admin-B3']) {
    const [only, ...others] = measures(id);
    assert.ok([only.id, only.ascii_id].includes(id), id);
    assert.deepEqual(others, []);
  }
  const wrong = sekisho(state, ['guideline', 'measures', 'SK-admin-B33']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /SK-admin-B33.*SK-admin-B3/s);
});

test('a former id is understood and answered with the one of now', (t) => {
  const state = folder(t);
  assert.equal(sekisho(state, ['answer', 'ask-admin-J-1', 'yes']).code, 0);
  const { out } = sekisho(state, ['check', '--format', 'json']);
  const asked = JSON.parse(out).checks.filter((one) => /ask-.*J-?1$/.test(one.id) && one.source);
  assert.deepEqual(
    asked.map((one) => [one.id, one.verdict]),
    [['ask-SK-admin-J1', 'pass']],
  );
});

test('the form for the official text imports, empty and filled in', (t) => {
  const state = folder(t);
  const form = sekisho(state, ['guideline', 'template']);
  assert.equal(form.code, 0);
  const file = join(state, 'form.yaml');
  writeFileSync(file, form.out);
  assert.equal(sekisho(state, ['guideline', 'import', file]).code, 0);
  const filled = form.out.replace(
    '{id: SK-admin-B4, official: "", text: {ja: "", en: ""}}',
    '{id: SK-admin-B4, official: 管理者B-3, text: {ja: "公式の文面", en: ""}}',
  );
  assert.notEqual(filled, form.out);
  writeFileSync(file, filled);
  assert.equal(sekisho(state, ['guideline', 'import', file]).code, 0);
  const shown = sekisho(state, ['guideline', 'measures', '--category', 'B'], { lang: 'ja' }).out;
  assert.match(shown, /管理者B-3 公式の文面（総務省のガイドライン、書き起こしによる）/);
  assert.match(shown, /SK-admin-B3 .*（Sekisho 独自）/);
});

test('an overlay is imported whole or not at all', (t) => {
  const state = folder(t);
  const good = join(state, 'good.yaml');
  const bad = join(state, 'bad.yaml');
  writeFileSync(
    good,
    'overlay: {ja: 自社版, en: Our own}\nmeasures:\n  - id: 管理者C-2\n    text: {ja: 毎週更新する, en: Update every week}\n',
  );
  writeFileSync(
    bad,
    'measures:\n  - id: 管理者C-2\n    text: {ja: 毎週}\n  - id: 管理者C-3\n    checks: [nothing]\n',
  );
  const refused = sekisho(state, ['guideline', 'import', bad], { lang: 'ja' });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /bad\.yaml:3: 「en」がありません/);
  assert.match(refused.err, /何も取り込みませんでした/);
  assert.ok(!existsSync(join(state, 'sekisho/guideline.yaml')));
  assert.equal(sekisho(state, ['guideline', 'import', good]).code, 0);
  assert.match(sekisho(state, ['guideline', 'measures']).out, /Update every week/);
  assert.equal(sekisho(state, ['guideline', 'import', bad]).code, 2);
  assert.match(sekisho(state, ['guideline', 'measures']).out, /Update every week/, 'the good one stays');
  assert.equal(sekisho(state, ['guideline', 'reset']).code, 0);
  assert.doesNotMatch(sekisho(state, ['guideline', 'measures']).out, /Update every week/);
  assert.equal(sekisho(state, ['guideline', 'import', join(state, 'none.yaml')]).code, 2);
});

const answers =
  'connection: connected\nwork: everything\ndata: keep_off\nsystems: office\npeaks: fine\nbudget: balance\n';

test('choose ranks the methods and says why', (t) => {
  const state = folder(t);
  const file = join(state, 'answers.yaml');
  writeFileSync(file, answers);
  const choice = JSON.parse(sekisho(state, ['choose', '--answers', file, '--json']).out);
  assert.equal(choice.leaf, 'remote_desktop');
  assert.equal(choice.ranking.length, 7);
  assert.ok(
    choice.ranking
      .filter((m) => !m.fits)
      .every((m) => m.ruled_out_by.length > 0 && m.ruled_out_by[0].effect.ja),
  );
  assert.ok(choice.answers.every((a) => a.effect.en));
  assert.ok(choice.checklists.remote_desktop.length === 32);
  const text = sekisho(state, ['choose', '--answers', file], { lang: 'ja' });
  assert.match(text.out, /リモートデスクトップ方式  ← フローチャートの答え/);
  writeFileSync(file, answers.replace('everything', 'all'));
  const wrong = sekisho(state, ['choose', '--answers', file], { lang: 'ja' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /answers\.yaml: 「work」に「all」という答えはありません/);
});

test('choose asks in the terminal, insists on a number, and changes nothing when it is left', (t) => {
  const state = folder(t);
  const asked = sekisho(state, ['choose'], { input: '1\nx\n9\n1\n2\n1\n2\n2\n' });
  assert.equal(asked.code, 0, asked.err);
  assert.match(asked.out, /Answer with a number from 1 to 4/);
  assert.match(asked.out, /Remote desktop  ← the flowchart's answer/);
  assert.equal(sekisho(state, ['choose'], { input: '1\n' }).code, 2);
  assert.ok(!existsSync(join(state, 'sekisho')));
});

test('the diagram is Mermaid with every node', (t) => {
  const out = sekisho(folder(t), ['choose', '--diagram']).out;
  assert.match(out, /^flowchart TD\n/);
  assert.equal(out.match(/\(\[/g).length, 13, 'leaves');
});

test('answers are kept with who, when and until when, and the next report counts them', (t) => {
  const state = folder(t);
  const root = folder(t);
  const before = check(state, ['--root', root]);
  assert.equal(before.verdict('ask-SK-admin-J1'), 'unknown');
  const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const said = sekisho(
    state,
    ['answer', 'ask-SK-admin-J1', 'yes', '--by', '花子', '--note', '掲示した', '--until', day(30)],
    { lang: 'ja' },
  );
  assert.equal(said.code, 0, said.err);
  assert.ok(said.out.includes(day(30)), said.out);
  assert.equal(statSync(join(state, 'sekisho/sekisho.db')).mode & 0o777, 0o600);
  const after = check(state, ['--root', root]);
  assert.equal(after.verdict('ask-SK-admin-J1'), 'pass');
  const record = after.checks.find((c) => c.id === 'ask-SK-admin-J1');
  assert.equal(record.source, 'person:花子');
  assert.equal(record.valid_until, `${day(31)}T00:00:00Z`);
  assert.equal(after.handbook.find((h) => h.id === '7-1').status, 'met');
  sekisho(state, ['answer', 'ask-SK-admin-J1', 'no']);
  assert.equal(check(state, ['--root', root]).verdict('ask-SK-admin-J1'), 'fail');
  assert.match(
    sekisho(state, ['answer', '--list'], { lang: 'ja' }).out,
    /ask-SK-admin-J1.*\n(    \d\. .*\n)*.*いいえ/,
  );
  for (const wrong of [
    ['ask-none', 'yes'],
    ['ask-SK-admin-J1', 'perhaps'],
    ['ask-SK-admin-J1', 'yes', '--until', 'soon'],
    ['ask-SK-admin-J1', 'yes', '--until', '2001-01-01'],
    ['ask-SK-admin-J1', 'yes', '--until', '9999-12-31'],
    ['ask-SK-admin-J1'],
    ['method', 'none'],
    ['smartphone', 'maybe'],
  ])
    assert.equal(sekisho(state, ['answer', ...wrong]).code, 2, wrong.join(' '));
  assert.equal(
    check(state, ['--root', root]).verdict('ask-SK-admin-J1'),
    'fail',
    'what was refused changed nothing',
  );
});

test('the method and the situation decide what applies', (t) => {
  const state = folder(t);
  const root = folder(t);
  const status = (report, id) => report.handbook.find((h) => h.id === id);
  assert.equal(sekisho(state, ['answer', 'uses_online_meeting', 'no']).code, 0);
  assert.equal(sekisho(state, ['answer', 'method', 'cloud']).code, 0);
  const report = check(state, ['--root', root]);
  assert.equal(report.method, 'cloud');
  assert.equal(status(report, '3-3').status, 'not_applicable');
  const listed = JSON.parse(sekisho(state, ['guideline', 'checklist', '--json']).out).checklist;
  assert.equal(listed.find((i) => i.id === '3-3').applies, false);
  assert.match(status(report, '3-3').reason.ja, /オンライン会議を使わない/);
  assert.equal(status(report, '7-3').status, 'not_applicable');
  assert.equal(status(check(state, ['--root', root, '--method', 'vpn']), '7-3').applies, true);
  assert.equal(sekisho(state, ['check', '--root', root, '--method', 'none']).code, 2);
});

test('the exit status tells whether some ◎ item fails', (t) => {
  const state = folder(t);
  const root = folder(t);
  assert.equal(sekisho(state, ['check', '--root', root]).code, 0, 'nothing is known, nothing fails');
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID=10\n');
  assert.equal(sekisho(state, ['check', '--root', root]).code, 1);
  assert.equal(sekisho(state, ['check', '--root', join(root, 'none')]).code, 2);
});

test('a check writes nothing and needs no network', (t) => {
  const state = join(folder(t), 'not-there');
  const report = check(state, [], { before: ['/usr/bin/unshare', '-n'] });
  assert.ok(!existsSync(state));
  assert.ok(report.checks.filter((c) => !c.asked).length >= 35);
  assert.ok(
    report.checks.every((c) => c.verdict !== 'pass' || c.fact.en),
    'no pass without a fact',
  );
});

test('what a person may not read is unknown, with how to let it be read', (t) => {
  const state = folder(t);
  chmodSync(state, 0o755);
  const report = check('/nonexistent', [], {
    before: ['/usr/bin/setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  });
  assert.equal(report.verdict('empty-passwords'), 'unknown');
  assert.match(report.fact('empty-passwords'), /sudo sekisho check can tell/);
});

test('a program that hangs makes its check unknown and the rest go on', (t) => {
  const root = folder(t);
  for (const at of ['usr/bin', 'etc', 'usr/share/wayland-sessions', 'bin', 'lib64', 'lib'])
    mkdirSync(join(root, at), { recursive: true });
  writeFileSync(join(root, 'usr/share/wayland-sessions/gnome.desktop'), '');
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/bash\n');
  // A real program that waits: sleep with its libraries, under the name that the check calls.
  must('/bin/cp', ['/bin/sleep', join(root, 'usr/bin/real')]);
  must('/bin/cp', ['-rL', '/lib64/ld-linux-x86-64.so.2', join(root, 'lib64/')]);
  mkdirSync(join(root, 'lib/x86_64-linux-gnu'));
  must('/bin/cp', ['-L', '/lib/x86_64-linux-gnu/libc.so.6', join(root, 'lib/x86_64-linux-gnu/')]);
  must('/bin/cp', ['-L', '/bin/dash', join(root, 'bin/sh')]);
  writeFileSync(join(root, 'usr/bin/gsettings'), '#!/bin/sh\n/usr/bin/real 60\n');
  chmodSync(join(root, 'usr/bin/gsettings'), 0o755);
  const report = check(folder(t), ['--root', root, '--bound', '1000']);
  assert.equal(report.verdict('screen-lock'), 'unknown');
  assert.match(report.fact('screen-lock'), /no answer within|did not answer in time/);
  assert.equal(report.verdict('uid-zero'), 'pass');
});

test('the JSON report is what its schema says', (t) => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(json(join(here, '../../docs/report.schema.json')));
  const report = JSON.parse(sekisho(folder(t), ['check', '--format', 'json']).out);
  assert.ok(validate(report), JSON.stringify(validate.errors, null, 1));
  assert.ok(report.fix_first.length <= 5);
  // Nothing is good without a word of why, and that is one command away.
  const good = report.checks.filter((one) => one.verdict === 'pass');
  assert.ok(good.length > 3);
  const why = sekisho(folder(t), ['check', '--why', 'all'], { lang: 'en' }).out;
  for (const one of good) {
    assert.ok(one.basis.list.length > 0 && one.basis_words.length > 0, one.id);
    assert.match(why, new RegExp(`\\b${one.id}\\b`));
  }
  assert.equal(sekisho(folder(t), ['check', '--why', 'nothing']).code, 2);
  assert.ok(report.measures.length > 90);
  delete report.handbook[0].status;
  assert.ok(!validate(report), 'the schema notices what is missing');
});

test('the OSCAL results validate against NIST’s schema', (t) => {
  const schema = json(join(here, 'data/oscal_assessment-results_schema.json'));
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  const state = folder(t);
  sekisho(state, ['answer', 'ask-SK-admin-J1', 'no']);
  const text = sekisho(state, ['check', '--format', 'oscal']).out;
  const results = JSON.parse(text);
  assert.ok(validate(results), JSON.stringify(validate.errors?.slice(0, 5), null, 1));
  const [result] = results['assessment-results'].results;
  assert.ok(result.observations.some((o) => o.methods[0] === 'INTERVIEW'));
  assert.ok(result.risks.every((r) => r.status === 'open'));
  delete results['assessment-results'].metadata;
  assert.ok(!validate(results));
});

test('feeds are replaced from files, whole or not at all', (t) => {
  const state = folder(t);
  freshLists(state);
  const today = new Date().toISOString().slice(0, 10);
  const root = folder(t);
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID=13\n');
  assert.equal(check(state, ['--root', root]).verdict('os-support'), 'pass');
  const product = join(state, 'debian.json');
  writeFileSync(product, '[{"cycle": "13", "eol": "2026-01-01", "latest": "13.1"}]');
  const kev = join(state, 'kev.json');
  writeFileSync(
    kev,
    `{"dateReleased": "${today}T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2026-0001", "vulnerabilityName": "x", "dateAdded": "2026-11-20", "vendorProject": "Sudo", "product": "Sudo"}]}`,
  );
  const broken = join(state, 'broken.json');
  writeFileSync(broken, '{"dateReleased": "2026-11-20", "vulnerabilities": [{"cveID": "nonsense"}]}');
  const refused = sekisho(state, ['feeds', 'update', '--from', product, '--from', broken], { lang: 'ja' });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /何も変えていません/);
  assert.equal(check(state, ['--root', root]).verdict('os-support'), 'pass');
  const updated = sekisho(state, ['feeds', 'update', '--from', product, '--from', kev]);
  assert.equal(updated.code, 0, updated.err);
  const after = check(state, ['--root', root]);
  assert.equal(after.verdict('os-support'), 'fail');
  assert.ok(after.feeds.some((f) => f.as_of === today));
  assert.equal(json(join(state, 'sekisho/known-exploited.json')).vulnerabilities.length, 1);
  // Nothing takes the place of what is newer.
  writeFileSync(kev, readFileSync(kev, 'utf8').replace(today, '2026-01-01'));
  const older = sekisho(state, ['feeds', 'update', '--from', kev]);
  assert.equal(older.code, 2);
  assert.match(older.err, /it is of 2026-01-01, older than what is there/);
  for (const wrong of ['http://example.org/x.json', join(state, 'none.json'), 'ftp://x/y'])
    assert.equal(sekisho(state, ['feeds', 'update', '--from', wrong]).code, 2);
});

test('feeds are fetched over HTTPS from a server that proves itself', async (t) => {
  const state = folder(t);
  const at = (name) => join(state, name);
  must('/usr/bin/openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    at('key.pem'),
    '-out',
    at('cert.pem'),
  ]);
  const server = createServer(
    { key: readFileSync(at('key.pem')), cert: readFileSync(at('cert.pem')) },
    (request, response) => {
      if (request.url === '/big.json') {
        response.writeHead(200);
        const block = Buffer.alloc(1 << 20, 32);
        const send = () => {
          while (response.write(block));
        };
        response.on('drain', send);
        response.on('error', () => {});
        return send();
      }
      if (request.url !== '/api/debian.json') return response.writeHead(404).end();
      return response.end('[{"cycle": "13", "eol": "2026-01-02"}]');
    },
  );
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  const address = (path) => `https://localhost:${server.address().port}/${path}`;
  // Asynchronously, for the server lives in this process. The namespace has the test's own list of
  // authorities, so that the machine's is left alone.
  const update = (path, trusted) =>
    new Promise((resolve) => {
      const bind = trusted ? `mount --bind ${at('cert.pem')} /etc/ssl/certs/ca-certificates.crt && ` : '';
      const child = spawn(
        '/usr/bin/unshare',
        ['-m', '/bin/sh', '-c', `${bind}exec "$0" "$@"`, binary, 'feeds', 'update', '--from', address(path)],
        {
          env: {
            PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
            LANG: 'C.UTF-8',
            XDG_DATA_HOME: state,
            ASAN_OPTIONS: 'detect_leaks=0',
          },
        },
      );
      let err = '';
      child.stderr.on('data', (data) => {
        err += data;
      });
      child.on('close', (code) => resolve({ code, err }));
    });
  const untrusted = await update('api/debian.json', false);
  assert.equal(untrusted.code, 2);
  assert.match(untrusted.err, /could not be fetched/);
  assert.equal((await update('none.json', true)).code, 2);
  assert.match((await update('big.json', true)).err, /too large/);
  assert.ok(!existsSync(join(state, 'sekisho/end-of-life.json')));
  const good = await update('api/debian.json', true);
  assert.equal(good.code, 0, good.err);
  assert.equal(json(join(state, 'sekisho/end-of-life.json')).products.debian[0].eol, '2026-01-02');
});

test('a full disk is an error, not half a report', () => {
  const done = run('/bin/sh', ['-c', `${binary} guideline measures > /dev/full`], {
    env: { XDG_DATA_HOME: '/nonexistent', LANG: 'C', ASAN_OPTIONS: 'detect_leaks=0' },
  });
  assert.equal(done.code, 2);
});

test('records of another person are not written under sudo', (t) => {
  const state = folder(t);
  const refused = sekisho(state, ['answer', 'ask-SK-admin-J1', 'yes'], { env: { SUDO_UID: '1000' } });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /without sudo/);
  assert.deepEqual(readdirSync(state), []);
});

test('docs/checks.md is what data/ says', () => {
  const page = must(join(here, '../../scripts/checks-page'), [], {
    env: { PATH: process.env.PATH, SEKISHO_BINARY: binary, ASAN_OPTIONS: 'detect_leaks=0' },
  });
  assert.equal(page, readFileSync(join(here, '../../docs/checks.md'), 'utf8'), 'run make docs');
});

test('answer asks in a terminal: situations first, then what they leave', (t) => {
  const state = folder(t);
  const keys = ['y', 'n', '', '', '', 'n', 'y', '', 'y', 'q'];
  const asked = run('/usr/bin/script', ['-qec', `${binary} answer`, '/dev/null'], {
    env: { LANG: 'C.UTF-8', HOME: state, XDG_DATA_HOME: state, ASAN_OPTIONS: 'detect_leaks=0' },
    input: `${keys.join('\n')}\n`,
  });
  assert.match(asked.out, /Does telework connect to the office network\?/);
  assert.match(asked.out, /Recorded; it holds until/);
  const root = folder(t);
  const report = check(state, ['--root', root]);
  assert.deepEqual(report.situations, {
    company_owned: true,
    connects_office: true,
    smartphone: false,
    uses_online_meeting: false,
  });
  assert.equal(report.checks.filter((c) => c.asked && c.verdict === 'pass').length, 1);
  assert.doesNotMatch(
    sekisho(state, ['answer', '--list']).out,
    /ask-SK-admin-E6/,
    'what does not apply is not asked',
  );
});
