// SPDX-License-Identifier: Apache-2.0
// The device's key for the browser, for other programs that know PKCS #11, and for SSH, with Debian's own at both ends:
// Chromium and nginx, ssh and sshd, GnuTLS, OpenSC and OpenSSL.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { beside } from './disk.mjs';
import { folder, freePort, office, sekisho, start } from './server.mjs';
import { atEnd, binary, must, run } from './sekisho.mjs';

const module = join(dirname(binary), 'sekisho-pkcs11.so');
/** Who uses the device, and somebody else who has an account on it. */
const person = 'daemon';
const other = 'bin';

/** Runs something as a user with few rights, who sees little of the environment. */
const as = (user, env, ...words) =>
  run('/usr/bin/setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...words], { env });

/** An enrolled device whose agent lets `person` use its key. */
async function device(t) {
  const { admin, agents } = await office(t);
  const at = folder(t);
  chmodSync(at, 0o755);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  const agent = (...words) => sekisho(at, ['agent', ...words, '--folder', join(at, 'agent')]);
  assert.equal(agent('enrol', link).code, 0);
  const once = agent('once');
  assert.equal(once.code, 0, once.err);
  const sockets = join(at, 'run');
  const words = ['key', '--folder', join(at, 'agent'), '--sockets', sockets, '--user', person];
  const key = await start(t, 'agent', words, { ready: /can be asked at/, url: 'none' });
  const state = JSON.parse(readFileSync(join(at, 'agent/device.json'), 'utf8'));
  const certificate = new X509Certificate(readFileSync(join(at, 'agent/access/certificate.pem')));
  return {
    at,
    admin,
    agents,
    key,
    sockets,
    authority: state.authority,
    certificate,
    id: state.device,
    env: { SEKISHO_KEY_SOCKET: join(sockets, 'key.sock'), HOME: '/nonexistent', LANG: 'C.UTF-8' },
  };
}

/** nginx before an application, as a firm has it: only who shows a certificate of its authority comes through. */
async function proxy(t, at, authority) {
  const asked = [];
  const application = createServer((request, answer) => {
    asked.push(request.headers['x-client-cert'] ?? null);
    answer.setHeader('content-type', 'text/html').end('<p>the application</p>');
  }).listen(0, '127.0.0.1');
  await once(application, 'listening');
  atEnd(t, () => application.close());
  const port = await freePort();
  const own = join(at, 'nginx');
  mkdirSync(own);
  writeFileSync(join(own, 'authority.pem'), authority);
  must('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=app.test'.split(
      ' ',
    ),
    ...[
      '-addext',
      'subjectAltName=DNS:app.test',
      '-keyout',
      join(own, 'tls.key'),
      '-out',
      join(own, 'tls.pem'),
    ],
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${own}/${one};`,
  );
  writeFileSync(
    join(own, 'nginx.conf'),
    `daemon off; pid ${own}/pid; error_log ${own}/error.log; worker_processes 1; events {}
    http { access_log off; ${temporary.join(' ')}
      server { listen 127.0.0.1:${port} ssl http2; server_name app.test; ssl_protocols TLSv1.3;
        ssl_certificate ${own}/tls.pem; ssl_certificate_key ${own}/tls.key;
        ssl_client_certificate ${own}/authority.pem; ssl_verify_client on;
        location / { proxy_pass http://127.0.0.1:${application.address().port};
          proxy_set_header X-Client-Cert $ssl_client_escaped_cert; } } }`,
  );
  const nginx = spawn('/usr/sbin/nginx', ['-c', join(own, 'nginx.conf'), '-p', own], { stdio: 'inherit' });
  atEnd(t, async () => {
    const over = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await over;
  });
  await listening(port);
  return { port, asked, certificate: join(own, 'tls.pem') };
}

async function listening(port) {
  for (let i = 0; i < 100; ++i) {
    const socket = connect(port, '127.0.0.1');
    const there = await new Promise((done) => {
      socket.on('connect', () => done(true)).on('error', () => done(false));
    });
    socket.destroy();
    if (there) return;
    await pause(50);
  }
  throw new Error(`nothing listens at ${port}`);
}

/** What Chromium shows, with its home in `home`: as a user, under the firm's policy, which stands in /etc of this
 * Chromium alone; `elsewhere`: on a machine that has no such folder of sockets. */
async function chromium(one, home, port, { user = person, elsewhere = false } = {}) {
  const policy = JSON.stringify({
    AutoSelectCertificateForUrls: [JSON.stringify({ pattern: `https://app.test:${port}`, filter: {} })],
  });
  const words = [
    ...[
      '--no-sandbox',
      '--headless=new',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
    ],
    ...[`--user-data-dir=${home}/profile`, '--host-resolver-rules=MAP app.test 127.0.0.1'],
    ...['--dump-dom', `https://app.test:${port}/`],
  ];
  const script = `set -e
    mount -t tmpfs none /etc/chromium; mkdir -p /etc/chromium/policies/managed
    printf %s "$POLICY" > /etc/chromium/policies/managed/sekisho.json
    ${elsewhere ? `mount -t tmpfs none ${one.sockets}` : ''}
    exec setpriv --reuid=${user} --regid=${user} --clear-groups /usr/bin/chromium "$@"`;
  const env = { ...one.env, HOME: home, POLICY: policy };
  const done = await beside(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ...words],
    env,
  );
  assert.equal(done.code, 0, done.err);
  return done.out;
}

const owned = (user, path) => must('/bin/chown', ['-R', `${user}:${user}`, path]);

test('the browser shows the device by a key that it does not have; a copied profile and home open nothing', async (t) => {
  const one = await device(t);
  const { port, asked, certificate } = await proxy(t, one.at, one.authority);
  const home = join(one.at, 'home');
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
  const db = `sql:${home}/.pki/nssdb`;
  must('certutil', ['-N', '-d', db, '--empty-password']);
  must('certutil', ['-A', '-d', db, '-n', 'app', '-t', 'P,,', '-i', certificate]);
  must('modutil', ['-dbdir', db, '-add', 'Sekisho', '-libfile', module, '-force'], { env: one.env });
  owned(person, home);

  assert.match(await chromium(one, home, port), /the application/);
  // What nginx passes on is the certificate itself; its SHA-256 is what the device is known by.
  const shown = new X509Certificate(decodeURIComponent(asked.at(-1)));
  const mark = (x509) => createHash('sha256').update(x509.raw).digest('hex');
  assert.equal(mark(shown), mark(one.certificate));
  assert.equal(shown.subject, `CN=${one.id}`);
  assert.equal(shown.subjectAltName, `URI:urn:sekisho:device:${one.id}`);
  assert.deepEqual(shown.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'clientAuth');

  // Somebody who got hold of all that the person's home holds, on another machine.
  const copy = join(one.at, 'copy');
  cpSync(home, copy, { recursive: true });
  owned(person, copy);
  const before = asked.length;
  assert.match(await chromium(one, copy, port, { elsewhere: true }), /No required SSL certificate was sent/);
  // Another user of the same machine, with all of it.
  owned(other, copy);
  assert.match(await chromium(one, copy, port, { user: other }), /No required SSL certificate was sent/);
  assert.equal(asked.length, before);
  // And the person's own browser goes on.
  assert.match(await chromium(one, home, port), /the application/);
  // The agent away: nothing hangs, nothing opens.
  await one.key.stop();
  assert.match(await chromium(one, home, port), /No required SSL certificate was sent/);
});

test('programs that nobody here wrote find the key, sign with it, and cannot read it', async (t) => {
  const one = await device(t);
  const mine = (program, ...words) => as(person, one.env, program, ...words);
  const tried = mine('pkcs11-tool', '--module', module, '--test');
  assert.equal(tried.code, 0, tried.out + tried.err);
  assert.match(tried.out, /No errors/);
  const listed = mine('pkcs11-tool', '--module', module, '-O').out;
  assert.match(listed, /Certificate Object; type = X.509 cert/);
  assert.match(listed, /Access: +sensitive, always sensitive, never extractable/);
  const read = mine(
    'pkcs11-tool',
    '--module',
    module,
    '--read-object',
    '--type',
    'privkey',
    '--label',
    'Sekisho',
  );
  assert.equal(read.out, '', 'nothing to be had');
  // GnuTLS signs and verifies by the certificate.
  const url = 'pkcs11:token=Sekisho;object=Sekisho;type=private';
  const gnutls = mine('p11tool', '--provider', module, '--test-sign', url);
  assert.equal(gnutls.code, 0, gnutls.out + gnutls.err);
  assert.match(gnutls.out + gnutls.err, /Verifying against public key in the token... ok/);
  // OpenSSL, by its engine.
  const at = join(one.at, 'openssl');
  mkdirSync(at);
  writeFileSync(join(at, 'text'), 'some text');
  writeFileSync(join(at, 'key.pem'), one.certificate.publicKey.export({ type: 'spki', format: 'pem' }));
  owned(person, at);
  const env = { ...one.env, PKCS11_MODULE_PATH: module };
  const text = join(at, 'text');
  const signature = join(at, 'signature');
  const signed = as(
    ...[person, env, 'openssl', 'dgst', '-engine', 'pkcs11', '-keyform', 'engine', '-sign', url],
    ...['-sha256', '-out', signature, text],
  );
  assert.equal(signed.code, 0, signed.err);
  const verified = ['dgst', '-sha256', '-verify', join(at, 'key.pem'), '-signature', signature, text];
  assert.match(must('openssl', verified), /Verified OK/);
  // Another user finds a slot without a token.
  const stranger = as(other, one.env, 'pkcs11-tool', '--module', module, '-L');
  assert.match(stranger.out, /\(empty\)/);
  assert.equal(await one.key.stop(), 0);
});

test('ssh signs in by the device’s key through its agent, which signs nothing else', async (t) => {
  const one = await device(t);
  const agent = join(one.sockets, 'ssh.sock');
  const env = { ...one.env, SSH_AUTH_SOCK: agent };
  const listed = as(person, env, 'ssh-add', '-L');
  assert.equal(listed.code, 0, listed.err);
  assert.match(listed.out, new RegExp(`^ecdsa-sha2-nistp256 \\S+ sekisho ${one.id}\n$`));
  const strangers = as(other, env, 'ssh-add', '-L');
  assert.notEqual(strangers.code, 0);
  assert.equal(strangers.out, '');

  const at = join(one.at, 'sshd');
  mkdirSync(at);
  const port = await freePort();
  must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(at, 'host')]);
  writeFileSync(join(at, 'keys'), listed.out);
  writeFileSync(
    join(at, 'config'),
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${at}/host\nAuthorizedKeysFile ${at}/keys\nStrictModes no
PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n`,
  );
  mkdirSync('/run/sshd', { recursive: true });
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(at, 'config')], { stdio: 'ignore' });
  atEnd(t, () => sshd.kill('SIGTERM'));
  await listening(port);
  writeFileSync(join(at, 'known'), `[127.0.0.1]:${port} ${readFileSync(join(at, 'host.pub'), 'utf8')}`);
  const ssh = (user, ...words) =>
    as(
      ...[user, one.env, 'ssh', '-F', 'none', '-p', `${port}`, '-o', 'BatchMode=yes'],
      ...['-o', `IdentityAgent=${agent}`, '-o', `UserKnownHostsFile=${at}/known`, ...words],
    );
  const entered = ssh(person, 'root@127.0.0.1', 'echo in');
  assert.equal(entered.out, 'in\n', entered.err);
  const refused = ssh(other, 'root@127.0.0.1', 'echo in');
  assert.match(refused.err, /Permission denied/);
  assert.equal(refused.out, '');

  // A forwarded agent, as a server that it is forwarded to has it: nothing else is signed, taken or removed.
  writeFileSync(join(at, 'device.pub'), listed.out);
  writeFileSync(join(at, 'file'), 'a file');
  must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(at, 'more')]);
  owned(person, at);
  const file = as(
    person,
    env,
    'ssh-keygen',
    '-Y',
    'sign',
    '-f',
    join(at, 'device.pub'),
    '-n',
    'file',
    join(at, 'file'),
  );
  assert.notEqual(file.code, 0, 'a file is no sign-in');
  assert.equal(existsSync(join(at, 'file.sig')), false);
  for (const words of [[join(at, 'more')], ['-D'], ['-x'], ['-s', module]])
    assert.notEqual(
      run(
        '/usr/bin/setsid',
        ['-w', 'setpriv', `--reuid=${person}`, `--regid=${person}`, '--clear-groups', 'ssh-add', ...words],
        { env },
      ).code,
      0,
      words.join(' '),
    );
  assert.equal(as(person, env, 'ssh-add', '-L').out, listed.out);
  assert.equal(ssh(person, 'root@127.0.0.1', 'echo still').out, 'still\n');
});
