// SPDX-License-Identifier: Apache-2.0
// Programs that nobody here wrote, by which what is written for others is read.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

const run = promisify(execFile);
const vnu = createRequire(import.meta.url).resolve('vnu-jar/build/dist/vnu.jar');

/** What the W3C's validator (vnu) has against pages, by their files. */
export async function validatorSays(files) {
  const { stdout, stderr } = await run('/usr/bin/java', [
    '-jar', vnu, '--format', 'json', '--exit-zero-always', '--stdout', ...files,
  ]); // prettier-ignore
  const { messages } = JSON.parse(stdout || stderr);
  return messages
    .filter((one) => one.type === 'error')
    .map((one) => `${one.url}:${one.lastLine}: ${one.message}`);
}

/** The sheets of a workbook as openpyxl reads them: name, rows, formulas, and the rows that each printed page repeats. */
export async function sheetsOf(file) {
  const { stdout } = await run('/usr/bin/python3', [
    '-c',
    `import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps([{'name': sheet.title, 'rows': sheet.max_row, 'titles': sheet.print_title_rows,
  'formulas': sum(cell.data_type == 'f' for row in sheet.iter_rows() for cell in row),
  'dates': sum(cell.is_date for row in sheet.iter_rows() for cell in row)} for sheet in book]))`,
    file,
  ]);
  return JSON.parse(stdout);
}

/** A mail as three readers read it, which have to agree: mailparser, postal-mime, and Python's email. */
export async function mailReadThrice(text) {
  const bare = (body) => (body ?? '').replaceAll('\r\n', '\n').trim();
  const first = await simpleParser(text, { skipTextToHtml: true });
  const second = await PostalMime.parse(text);
  const asked = run('/usr/bin/python3', [
    '-c',
    `import email, email.policy, json, sys
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
part = lambda kind: (lambda one: one.get_content() if one else '')(mail.get_body((kind,)))
print(json.dumps({'subject': mail['subject'], 'from': mail['from'].addresses[0].addr_spec, 'text': part('plain'),
  'html': part('html'), 'defects': [str(one) for part in mail.walk() for one in part.defects]}))`,
  ]);
  asked.child.stdin.end(text);
  const third = JSON.parse((await asked).stdout);
  assert.deepEqual(third.defects, []);
  const read = [
    [first.subject, first.from.value[0].address, first.text, first.html],
    [second.subject, second.from.address, second.text, second.html],
    [third.subject, third.from, third.text, third.html],
  ].map(([subject, from, plain, html]) => ({ subject, from, plain: bare(plain), html: bare(html || '') }));
  assert.deepEqual(read[1], read[0], 'postal-mime reads otherwise than mailparser');
  assert.deepEqual(read[2], read[0], 'Python reads otherwise than mailparser');
  return read[0];
}
