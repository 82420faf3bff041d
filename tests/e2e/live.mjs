// A system to change: a writable copy of the one that runs.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, must } from './sekisho.mjs';

/** A copy of this system that can be changed freely: what is written stays in a folder. */
export function system(t) {
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
  t.after(() => {
    must('/bin/umount', ['-R', join(at, 'root')]);
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
    check: () => check('/nonexistent', ['--root', root]),
  };
}
