// SPDX-License-Identifier: Apache-2.0
// A place with an sshd of its own, whose PAM asks Sekisho's guard: namespaces in which /etc, /run and the network are
// ours. Nothing of the system is changed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, binary, folder, must } from './sekisho.mjs';

/** Waits until `is` gives something true; that. */
export async function until(is, what = 'it') {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await is();
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`${what} did not come`);
}

const setup = `
  mount --make-rprivate /
  for place in /mnt /run /home; do mount -t tmpfs -o mode=755 tmpfs $place; done
  mkdir -p /run/sshd /home/aoki; chown 4242 /home/aoki
  touch /mnt/sekisho; mount --bind "$1" /mnt/sekisho; cp "$2" /mnt/pam_sekisho.so
  install -m 644 "$3/other.pub" /mnt/emergency
  for name in passwd shadow pam.d/sshd; do mount --bind "$3/$(basename $name)" /etc/$name; done
  ip link set lo up
  echo ready
  exec sleep infinity`;

const pam = (options) => `auth required pam_deny.so
account required /mnt/pam_sekisho.so ${options}
session required /mnt/pam_sekisho.so key ${options}
session required pam_env.so user_readenv=1
session required /mnt/pam_sekisho.so ${options}
`;

const sshd = (at) => `ListenAddress 127.0.0.1:22
HostKey ${at}/host
PidFile none
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
AuthorizedKeysCommand /mnt/sekisho access keys %u %t %k
AuthorizedKeysCommandUser root
PrintMotd no
StrictModes no
PrintLastLog no
Match User kinkyu
AuthorizedKeysFile /mnt/emergency
`;

/** `logins` are made there, beside what the system has. The guard's settings are `settings`. */
export async function ground(t, { settings, breakGlass = '', logins = ['aoki'] }) {
  const at = folder(t);
  for (const name of ['host', 'laptop', 'other'])
    must('/usr/bin/ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-f', join(at, name)]);
  copyFileSync('/etc/passwd', join(at, 'passwd'));
  copyFileSync('/etc/shadow', join(at, 'shadow'));
  logins.forEach((login, n) => {
    writeFileSync(join(at, 'passwd'), `${login}:x:${4242 + n}:4242::/home/aoki:/bin/sh\n`, { flag: 'a' });
    writeFileSync(join(at, 'shadow'), `${login}:*:20000::::::\n`, { flag: 'a' });
  });
  const options = breakGlass ? `break-glass=${breakGlass}` : '';
  writeFileSync(join(at, 'sshd'), pam(options));
  writeFileSync(join(at, 'sshd_config'), sshd(at));
  writeFileSync(join(at, 'guard.yaml'), settings);
  const module = join(dirname(binary), 'pam_sekisho.so');
  const holder = spawn('/usr/bin/unshare', ['-m', '-n', '/bin/sh', '-ec', setup, 'sh', binary, module, at], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(t, async () => {
    holder.kill('SIGKILL');
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
  });
  await once(holder.stdout, 'data');
  const inside = (...args) => ['-t', String(holder.pid), '-m', '-n', ...args];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ASAN_OPTIONS: 'detect_leaks=0' };
  /** Begins a program there, ended with the test; {child, said(), end(signal)}. */
  const begin = (args, { stdin = 'ignore' } = {}) => {
    const child = spawn('/usr/bin/nsenter', inside(...args), { env, stdio: [stdin, 'pipe', 'pipe'] });
    const gone = once(child, 'close');
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    const end = async (signal = 'SIGTERM') => {
      child.kill(signal);
      await gone;
    };
    atEnd(t, () => end('SIGKILL'));
    return { child, gone, out: () => out, err: () => err, said: () => out + err, end };
  };
  const client = (key, login) => [
    ...['/usr/bin/ssh', '-F', 'none', '-i', join(at, key), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', `${login}@127.0.0.1`],
  ];
  return {
    at,
    begin,
    sh: (script) => must('/usr/bin/nsenter', inside('/bin/sh', '-ec', script), { env }),
    /** The SubjectPublicKeyInfo (DER) of a key that was made here. */
    publicKey: (name) => {
      const pem = must('/usr/bin/ssh-keygen', ['-e', '-m', 'PKCS8', '-f', join(at, `${name}.pub`)]);
      return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
    },
    guard: async (lang = 'en') => {
      const guard = begin([
        ...['/usr/bin/env', `LANG=${lang === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8'}`],
        ...['/mnt/sekisho', 'access', 'guard', '--config', join(at, 'guard.yaml')],
      ]);
      await until(() => /at its post/.test(guard.said()), `the guard: ${guard.said()}`);
      return guard;
    },
    sshd: async () => {
      const server = begin(['/usr/sbin/sshd', '-D', '-e', '-f', join(at, 'sshd_config')]);
      await until(() => /Server listening/.test(server.said()), `sshd: ${server.said()}`);
      return server;
    },
    /** Logs in and runs a command; {code, out, err}. */
    ssh: async (command, { key = 'laptop', login = 'aoki' } = {}) => {
      const session = begin([...client(key, login), command]);
      const [code] = await session.gone;
      return { code, out: session.out(), err: session.err() };
    },
    /** Logs in at a terminal and stays. */
    stay: (command, { key = 'laptop', login = 'aoki' } = {}) => {
      const [ssh, ...rest] = client(key, login);
      return begin([ssh, '-tt', ...rest, command], { stdin: 'pipe' });
    },
  };
}

/** Which of these processes are alive. */
export const alive = (pids) =>
  pids.filter((pid) => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
