// SPDX-License-Identifier: Apache-2.0
// Reports that are taken away: OSCAL by NIST's schemas, XLSX by another library, PDF by its pages, a signature that holds.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import addFormats from 'ajv-formats';
import Ajv from 'ajv';
import Excel from 'exceljs';
import { sheetsOf, validatorSays } from './judges.mjs';
import { Client, demo, demoMail, demoPassword, folder, sekisho } from './server.mjs';
import { must } from './sekisho.mjs';

const schema = (name) =>
  JSON.parse(readFileSync(new URL(`data/oscal_${name}_schema.json`, import.meta.url), 'utf8'));

async function firm(t) {
  const server = await demo(t, join(folder(t), 's.db'));
  const admin = new Client(server.url);
  await admin.signIn(demoMail('admin'), demoPassword);
  return { server, admin };
}

test('OSCAL catalog, profile, assessment results and POA&M are valid by NIST’s schemas and say the same as the pages', async (t) => {
  const { admin } = await firm(t);
  const parts = {};
  for (const [format, name] of [
    ['catalog', 'catalog'],
    ['profile', 'profile'],
    ['assessment-results', 'assessment-results'],
    ['poam', 'poam'],
  ]) {
    const validate = addFormats(new Ajv({ allErrors: true, strict: false })).compile(schema(name));
    parts[format] = await admin.get(`/reports/oscal?format=${format}`);
    assert.ok(validate(parts[format]), JSON.stringify(validate.errors?.slice(0, 5), null, 1));
    const broken = structuredClone(parts[format]);
    delete Object.values(broken)[0].metadata;
    assert.ok(!validate(broken), 'the schema notices what is missing');
  }
  const all = (value, key, found = []) => {
    for (const [name, one] of Object.entries(value ?? {})) {
      if (name === key) found.push(...[one].flat());
      if (typeof one === 'object') all(one, key, found);
    }
    return found;
  };
  // What other tools ask for beyond the schema: names under an address, references that lead somewhere.
  const statements = new Set(all(parts.catalog, 'parts').map((one) => one.id));
  for (const [format, part] of Object.entries(parts)) {
    for (const ns of all(part, 'ns')) assert.match(ns, /^https:\/\//, format);
    const uuids = all(part, 'uuid');
    assert.equal(new Set(uuids).size, uuids.length, format);
    for (const key of ['observation-uuid', 'risk-uuid', 'subject-uuid', 'party-uuids'])
      for (const one of all(part, key)) assert.ok(uuids.includes(one), `${format}: ${key} ${one}`);
    const roles = all(part, 'roles').map((one) => one.id);
    for (const role of all(part, 'role-id')) assert.ok(roles.includes(role), `${format}: ${role}`);
    for (const href of all(part, 'href').filter((one) => one.startsWith('#')))
      assert.ok(uuids.includes(href.slice(1)), `${format}: ${href}`);
    for (const target of all(part, 'target')) assert.ok(statements.has(target['target-id']), format);
    for (const seen of all(part, 'observations')) assert.ok(seen.subjects.length > 0, format);
  }
  const { risks } = parts.poam['plan-of-action-and-milestones'];
  assert.ok(risks.every((risk) => risk.remediations?.[0].description.length > 0));
  const file = async (format) => {
    const reply = await admin.call('GET', `/reports/oscal?format=${format}`);
    return /filename="([^"]+)"/.exec(reply.headers.get('content-disposition'))[1];
  };
  assert.equal(
    all(parts.profile, 'rlinks')[0].href,
    await file('catalog'),
    'the profile finds the catalog as it is saved',
  );
  const controls = JSON.stringify(parts.catalog).match(/"class":"measure"|"id":"(exec|admin|worker)-/g);
  assert.ok(controls.length >= 98, String(controls.length));
  const actions = (await admin.get('/actions?verdict=fail&limit=500')).items;
  assert.equal(parts.poam['plan-of-action-and-milestones']['poam-items'].length, actions.length);
});

test('the workbook opens elsewhere: every measure, and text stays text', async (t) => {
  const { admin } = await firm(t);
  const device = await admin.get('/devices/1');
  await admin.must('PUT', '/devices/1', {
    name: '=HYPERLINK("http://evil.example")',
    person: device.person?.id ?? null,
    state: 'active',
  });
  await admin.must('POST', '/checks/ask-SK-admin-B2/answers', { reply: 'no', note: '=1+1' });
  for (const lang of ['ja', 'en']) {
    const book = new Excel.Workbook();
    await book.xlsx.load(await admin.get(`/reports/administrator?format=xlsx&lang=${lang}`));
    let rows = 0;
    book.eachSheet((sheet) =>
      sheet.eachRow((row) => {
        ++rows;
        row.eachCell((cell) => assert.equal(cell.formula, undefined));
      }),
    );
    assert.ok(rows > 90 + 32, String(rows));
    const file = join(folder(t), 'a.xlsx');
    writeFileSync(file, await admin.get(`/reports/administrator?format=xlsx&lang=${lang}`));
    const sheets = await sheetsOf(file);
    assert.equal(
      sheets.reduce((sum, one) => sum + one.formulas, 0),
      0,
    );
    for (const one of sheets) assert.match(one.titles ?? '', /^\$?1:\$?1$/, `${one.name} repeats its head`);
    assert.ok(
      sheets.some((one) => one.dates > 0),
      'days are days',
    );
    const csv = (await admin.get(`/reports/administrator?format=csv&lang=${lang}`)).toString();
    assert.equal(csv.charCodeAt(0), 0xfeff, 'spreadsheets know UTF-8 by its mark');
    assert.ok(csv.split('\r\n').length > 90 + 32);
    assert.doesNotMatch(csv, /(^|,|")[=+@]/m);
    assert.match(csv, /"No\.1-1"/);
    assert.doesNotMatch(csv, /(^|,)"\d{1,2}-\d{1,2}"/m, 'a spreadsheet would make it a day');
  }
});

test('the validator of the W3C has nothing against the reports', async (t) => {
  const { admin } = await firm(t);
  const files = [];
  const reports = { executive: 'ja', administrator: 'en', partner: 'ja' };
  for (const [kind, lang] of Object.entries(reports)) {
    files.push(join(folder(t), `${kind}.html`));
    writeFileSync(files.at(-1), await admin.get(`/reports/${kind}?format=html&lang=${lang}`));
  }
  const broken = join(folder(t), 'broken.html');
  writeFileSync(broken, '<!doctype html><html lang="ja"><title>x</title><p><b>y</p><img src="z">');
  files.push(broken);
  const said = await validatorSays(files);
  assert.deepEqual(
    said.filter((one) => !one.includes('broken.html')),
    [],
  );
  assert.ok(said.length >= 2, 'it finds what is wrong');
});

test('the executive’s report is one A4 page, in both languages', async (t) => {
  const { admin } = await firm(t);
  for (const lang of ['ja', 'en']) {
    const pdf = await admin.get(`/reports/executive?format=pdf&lang=${lang}`);
    const file = join(folder(t), 'e.pdf');
    writeFileSync(file, pdf);
    const info = must('pdfinfo', [file]);
    assert.match(info, /Pages:\s+1\n/);
    assert.match(info, /Page size:.*A4/);
    const text = must('pdftotext', [file, '-']);
    assert.match(text, lang === 'ja' ? /まず直すこと/ : /fix first/i);
  }
  const html = (await admin.get('/reports/administrator?format=html&lang=ja')).toString();
  assert.match(html, /98/);
  assert.doesNotMatch(html, /<script/);
});

test('papers say why each measure that is met is met, and of which day', async (t) => {
  const { admin } = await firm(t);
  const met = (await admin.get('/measures')).items.filter((one) => one.status === 'met');
  assert.ok(met.length > 3, String(met.length));
  for (const lang of ['ja', 'en']) {
    const partner = (await admin.get(`/reports/partner?format=html&lang=${lang}`)).toString();
    const [, table] = partner.match(/<table class="met-by">(.*?)<\/table>/s);
    const rows = [...table.matchAll(/<tr><td>(\S+) [^<]+<\/td><td class="soft">([^<]*)<\/td><\/tr>/g)];
    assert.deepEqual(rows.map((row) => row[1]).sort(), met.map((one) => one.id).sort());
    for (const [, id, why] of rows) {
      const day = /\d{4}-\d{2}-\d{2}/;
      assert.match(why, day, id);
      const devices =
        lang === 'ja' ? /端末の数: \d+ \/ \d+.*日以内の結果/ : /devices: \d+ \/ \d+.*of the last \d+ days/;
      const answer = lang === 'ja' ? /人の答え/ : /a person’s answer|a person's answer|a person&#39;s answer/;
      assert.ok(devices.test(why) || answer.test(why), `${id}: ${why}`);
    }
    const executive = (await admin.get(`/reports/executive?format=html&lang=${lang}`)).toString();
    const line =
      lang === 'ja'
        ? /「できている」(\d+) 件の根拠: 端末で確かめた (\d+) 項目/
        : /What the (\d+) measures that are met rest on: (\d+) checks/;
    assert.equal(Number(executive.match(line)[1]), met.length);
  }
});

test('the administrator’s PDF is what a person reads: ten pages, then an appendix, tagged, with its bars', async (t) => {
  const { admin } = await firm(t);
  for (const lang of ['ja', 'en']) {
    const work = folder(t);
    const file = join(work, 'a.pdf');
    writeFileSync(file, await admin.get(`/reports/administrator?format=pdf&lang=${lang}`));
    const info = must('pdfinfo', [file]);
    assert.match(info, /Tagged:\s+yes/);
    const pages = must('pdftotext', ['-layout', file, '-']).split('\f');
    const appendix = pages.findIndex((page) =>
      new RegExp(lang === 'ja' ? '^\\s*付録' : '^\\s*Appendix').test(page),
    );
    assert.ok(appendix > 1 && appendix <= 10, `the appendix is on page ${appendix + 1}`);
    assert.ok(pages.length <= 26, `${pages.length} pages in all`);
    const before = pages.slice(0, appendix).join('');
    // The organisation's time, and what it works by.
    assert.match(before, /\d\d:\d\d UTC\+09:00/);
    assert.doesNotMatch(before, /未選択|not chosen|sekisho answer|sudo/);
    assert.match(before, /VPN/);
    // Nothing for Linux comes before what is for the PCs that there are.
    const whole = pages.join('');
    assert.ok(whole.indexOf('Windows') < whole.indexOf('sudo') || !whole.includes('sudo'));
    // What is met is green on the first page, what isn't is red.
    must('pdftoppm', ['-r', '40', '-f', '1', '-l', '1', '-singlefile', file, join(work, 'a')]);
    const picture = readFileSync(join(work, 'a.ppm'));
    const [header] = /^P6\n\d+ \d+\n255\n/.exec(picture.toString('latin1', 0, 40));
    const near = (at, colour) => colour.every((part, i) => Math.abs(picture[at + i] - part) < 12);
    let [green, red] = [0, 0];
    for (let at = header.length; at < picture.length; at += 3) {
      green += near(at, [0x1c, 0x7a, 0x43]);
      red += near(at, [0xb3, 0x26, 0x1e]);
    }
    assert.ok(green > 100 && red > 100, `${green} green and ${red} red dots`);
  }
});

test('a partner checks the signature offline, and any change shows', async (t) => {
  const { server, admin } = await firm(t);
  const { fingerprint } = await admin.get('/report-key');
  const file = join(folder(t), 'report.html');
  for (const lang of ['ja', 'en']) {
    const html = (await admin.get(`/reports/partner?format=html&lang=${lang}`)).toString();
    // No device and nobody is named to a partner.
    assert.doesNotMatch(html, /pc-00|鈴木|demo\.example/);
    writeFileSync(file, html);
    const good = sekisho(server.state, ['verify', file, '--fingerprint', fingerprint]);
    assert.equal(good.code, 0, good.err);
    const plain = sekisho(server.state, ['verify', file], { lang: 'ja' });
    assert.equal(plain.code, 0);
    assert.ok(plain.out.includes(fingerprint));
    assert.equal(
      sekisho(server.state, [
        'verify',
        file,
        '--fingerprint',
        fingerprint.replace(/^./, (c) => (c === '0' ? '1' : '0')),
      ]).code,
      1,
    );
    for (const at of [100, Math.floor(html.length / 2), html.length - 200]) {
      writeFileSync(file, html.slice(0, at) + (html[at] === 'x' ? 'y' : 'x') + html.slice(at + 1));
      const bad = sekisho(server.state, ['verify', file], { lang });
      assert.equal(bad.code, 1, `changed at ${at}`);
      assert.notEqual(bad.err, '');
    }
  }
  writeFileSync(file, 'not a report');
  assert.equal(sekisho(server.state, ['verify', file]).code, 1);
  assert.equal(sekisho(server.state, ['verify', join(folder(t), 'none')]).code, 2);
  await admin.refused(422, 'GET', '/reports/partner?format=xlsx');
  await admin.refused(404, 'GET', '/reports/none');
  assert.ok((await admin.get('/audit')).items.some((entry) => entry.action === 'report-taken'));
});
