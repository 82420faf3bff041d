// SPDX-License-Identifier: Apache-2.0
// docs/interfaces.md: each interface that README names has its row, in both languages, and each test named there exists.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name) => readFileSync(join(root, name), 'utf8');

/** The rows of all tables: their cells. */
function rows(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .filter(([, second]) => !/^(standard and version|規格とバージョン)$/.test(second));
}
const english = rows(read('docs/interfaces.md'));
const japanese = rows(read('docs/interfaces.ja.md'));

/** What a row names as its tests: files of tests/e2e, with titles, and unit tests. */
const cited = (cell) => ({
  files: [...cell.matchAll(/`([\w-]+\.test\.mjs)`((?:,? ?"[^"]+")*)/g)].map(([, file, titles]) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => title),
  })),
  units: [...cell.matchAll(/`([A-Z]\w+)\.(\w+|\*)`/g)].map(([, suite, name]) => ({ suite, name })),
});

const unitTests = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('_test.cpp'))
  .map((name) => read(join('src', name)))
  .join('\n');

function missing({ files, units }) {
  const lacking = [];
  for (const { file, titles } of files) {
    if (!existsSync(join(root, 'tests/e2e', file))) {
      lacking.push(file);
      continue;
    }
    const body = read(join('tests/e2e', file));
    for (const title of titles) {
      const pattern = title
        .split('…')
        .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^\\n]*');
      if (!new RegExp(`test\\(\\s*['"\`]${pattern}`).test(body)) lacking.push(`${file}: ${title}`);
    }
  }
  for (const { suite, name } of units) {
    const pattern = `TEST(?:_[FP])?\\(${suite}, ${name === '*' ? '\\w+' : name}\\)`;
    if (!new RegExp(pattern).test(unitTests)) lacking.push(`${suite}.${name}`);
  }
  return lacking;
}

test('every row is whole, and every test that it names exists', () => {
  assert.ok(english.length >= 30);
  for (const cells of english) {
    assert.equal(cells.length, 4, cells.join(' | '));
    const named = cited(cells[2]);
    assert.ok(named.files.length + named.units.length > 0, `${cells[0]}: no test`);
    assert.deepEqual(missing(named), [], cells[0]);
  }
  assert.deepEqual(missing(cited('`nothing.test.mjs`, `page.test.mjs` "not there", `Nobody.*`')), [
    'nothing.test.mjs',
    'page.test.mjs: not there',
    'Nobody.*',
  ]);
});

test('both languages name the same tests in the same rows', () => {
  assert.deepEqual(
    japanese.map((cells) => cited(cells[2])),
    english.map((cells) => cited(cells[2])),
  );
  for (const cells of japanese) assert.equal(cells.length, 4, cells.join(' | '));
});

/** What programs of others know by its name. */
const names =
  /\b(Open ?API|REST API|OSCAL|JSON|XLSX|CSV|PDF|HTML|OpenID Connect|OIDC|SAML|SCIM|LDAP|WebAuthn|PostgreSQL|SQLite|MySQL|ClickHouse|nginx|Caddy|HAProxy|Envoy|Traefik|SSH|PAM|PKCS ?#11|TPM|TLS|Prometheus|systemd|SMTP|email|webhooks?|Slack|Teams|LINE WORKS|Chatwork|CycloneDX|SPDX|OSV|NVD|CISA|JVN|osquery|Intune|pcap|NetFlow|Windows|Debian|company accounts?|MSI|OCI|container image)\b/gi;

test('what README names has its row', () => {
  const readme = read('README.md');
  const all = english.map(([name, standard]) => `${name} ${standard}`).join('\n');
  const named = new Set([...readme.matchAll(names)].map(([name]) => name.toLowerCase()));
  assert.ok(named.size >= 12, [...named].join(', '));
  assert.deepEqual(
    [...named].filter((name) => !all.toLowerCase().includes(name)),
    [],
  );
  for (const name of ['README.md', 'README.ja.md'])
    assert.match(read(name), /\(docs\/interfaces(\.ja)?\.md\)/, `${name} leads there`);
});
