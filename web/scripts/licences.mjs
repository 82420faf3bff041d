// SPDX-License-Identifier: Apache-2.0
// The notices of all packages whose code is in the console, into dist/licenses.txt: by what was bundled, not by what
// was asked for. A package without its licence's text fails the build; where its makers ship none, it is in licences/.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const own = new URL('../licences', import.meta.url).pathname;

/** {name, version, license, text} of a package in its folder. */
function notice(folder, name) {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((file) => file.isFile() && /^(licen[cs]e|copying|notice)/i.test(file.name))
    .map((file) => join(folder, file.name))
    .sort();
  // What a package took from others it names there.
  const taken = join(folder, 'licenses');
  if (existsSync(taken)) for (const file of readdirSync(taken).sort()) files.push(join(taken, file));
  const ours = join(own, `${name.replace('/', '+')}.txt`);
  if (files.length === 0 && existsSync(ours)) files.push(ours);
  const text = files.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n');
  if (!license || text === '') throw new Error(`${name} ${version} has no licence to ship`);
  return { name, version, license, text };
}

export function licences() {
  const folders = new Map();
  return {
    name: 'licences',
    // Styles as well, which leave no module behind.
    transform(_, id) {
      const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replace(/^\0/, ''));
      if (found) folders.set(found[1], found[2]);
    },
    generateBundle() {
      const notices = [...folders].map(([folder, name]) => notice(folder, name));
      notices.sort((a, b) => (a.name < b.name ? -1 : 1));
      // src/mantine.css is taken from Mantine's.
      for (const name of ['@mantine/core', 'preact', 'echarts'])
        if (!notices.some((one) => one.name === name))
          throw new Error(`${name} is not among what is bundled`);
      const parts = notices.map(
        ({ name, version, license, text }) =>
          `${'='.repeat(78)}\n${name} ${version} (${license})\n\n${text}\n`,
      );
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: `The console of Sekisho (Apache License 2.0) contains the following.\n\n${parts.join('\n')}`,
      });
    },
  };
}
