// SPDX-License-Identifier: Apache-2.0
// A system to change: a writable copy of the one that runs.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, binary, check, folder, freshLists, must, reportOf, run } from './sekisho.mjs';

/** As process 1 of namespaces of its own: /proc, /sys and the network are the copy's. */
const kStart = `
  mount -t proc proc "$0/proc"
  mount -t sysfs sysfs "$0/sys"
  touch "$0/usr/local/bin/sekisho"
  mount --bind "$1" "$0/usr/local/bin/sekisho"
  ip link set lo up
  exec chroot "$0" /bin/sh -ec "$2"`;

/** A copy of this system that can be changed freely: what is written stays in a folder. */
export function system(t) {
  const lists = folder(t);
  freshLists(lists);
  const at = mkdtempSync(join(tmpdir(), 'sekisho-system.'));
  for (const name of ['upper', 'work', 'root']) mkdirSync(join(at, name));
  must('/bin/mount', [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=/,upperdir=${at}/upper,workdir=${at}/work`,
    join(at, 'root'),
  ]);
  atEnd(t, () => {
    // What ran in there is killed with it, and gone a moment later.
    for (let tries = 0; run('/bin/umount', ['-R', join(at, 'root')]).code !== 0; ++tries) {
      if (tries === 100) throw new Error(`${at} is still in use`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    rmSync(at, { recursive: true, force: true });
  });
  const root = join(at, 'root');
  for (const [name, minor] of [
    ['null', 3],
    ['urandom', 9],
  ])
    must('/bin/mknod', ['-m', '666', join(root, 'dev', name), 'c', '1', `${minor}`]);
  return {
    root,
    chroot: (...args) => must('/usr/sbin/chroot', [root, ...args]),
    path: (name) => join(root, name),
    check: () => check(lists, ['--root', root]),
    /** Runs a script as a system of its own, which ends with it. `look NAME` in it is a check of
     * that running system; gives what each saw, by NAME. */
    live(script, { input = '' } = {}) {
      const look = 'look() { sekisho check --format json > "/opt/$1.json" || [ $? -eq 1 ]; }\n';
      const done = run(
        '/usr/bin/unshare',
        ['-m', '-n', '-p', '-f', '--kill-child', '/bin/sh', '-ec', kStart, root, binary, look + script],
        {
          input,
          env: {
            PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            LANG: 'C.UTF-8',
            HOME: '/root',
          },
        },
      );
      if (done.code !== 0) throw new Error(`${script}\n${done.code}\n${done.out}${done.err}`);
      return {
        out: done.out,
        saw: (name) => reportOf(readFileSync(join(root, 'opt', `${name}.json`), 'utf8')),
      };
    },
  };
}
