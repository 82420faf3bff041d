// SPDX-License-Identifier: Apache-2.0
// Real receivers of mail and webhooks: npm's smtp-server and Node's HTTP server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { SMTPServer } from 'smtp-server';
import { atEnd } from './sekisho.mjs';

/** Waits until `ask()` gives something. */
export async function until(ask, what) {
  for (let i = 0; i < 300; ++i) {
    const got = await ask();
    if (got) return got;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error(`${what} did not come`);
}

export async function mailbox(t, { port = 0, ...options } = {}) {
  const mails = [];
  const logins = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    ...options,
    onAuth: ({ username, password }, _session, done) => {
      logins.push([username, password]);
      done(password === 'geheim' ? null : new Error('no'), { user: username });
    },
    onData: (stream, { envelope }, done) => {
      let text = '';
      stream.on('data', (data) => (text += data));
      stream.on('end', () => {
        mails.push({ from: envelope.mailFrom.address, to: envelope.rcptTo.map((one) => one.address), text });
        done();
      });
    },
  });
  server.on('error', () => {});
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  atEnd(t, () => new Promise((done) => server.close(done)));
  return { mails, logins, url: `smtp://127.0.0.1:${server.server.address().port}` };
}

/** Answers with a status, or as a function of the request says. */
export async function receiver(t, answer = 200) {
  const calls = [];
  const server = createServer((request, reply) => {
    let text = '';
    request.on('data', (data) => (text += data));
    request.on('end', () => {
      const type = request.headers['content-type'];
      const body = type === 'application/json' ? JSON.parse(text) : text;
      calls.push({ path: request.url, type, headers: request.headers, text, body });
      if (typeof answer === 'function') answer(request, reply, calls);
      else reply.writeHead(answer).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://127.0.0.1:${server.address().port}` };
}

/** A mail as its reader sees it: subject, text (as `body`) and HTML. */
export function read(mail) {
  const [head, ...rest] = mail.text.split('\r\n\r\n');
  const subject = /^Subject: (.*(?:\r\n .*)*)/m
    .exec(head)[1]
    .replace(/\r\n /g, '')
    .replace(/\?=\s*=\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?(.*?)\?=/gi, (_, text) => Buffer.from(text, 'base64').toString());
  assert.match(head, /^MIME-Version: 1\.0/m);
  assert.match(head, /^Date: /m);
  assert.match(head, /^Message-ID: <[^@]+@firm\.example>/im);
  const border = /^Content-Type: multipart\/alternative; boundary="([^"]+)"/m.exec(head)[1];
  const parts = rest.join('\r\n\r\n').split(`--${border}`);
  assert.equal(parts.at(-1).trim(), '--');
  const decoded = (type) => {
    const part = parts.find((one) => one.includes(`Content-Type: ${type}`));
    const [, ...lines] = part.split('\r\n\r\n');
    return Buffer.from(lines.join('').replace(/\s/g, ''), 'base64').toString();
  };
  return { subject, body: decoded('text/plain'), html: decoded('text/html') };
}
