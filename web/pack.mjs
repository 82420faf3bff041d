// SPDX-License-Identifier: Apache-2.0
// Packs dist/ into one file that the program carries: a line of JSON that says which paths are the
// console's and where each file's bytes are, plain and compressed by gzip and brotli, then the bytes.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { unworn } from './scripts/colours.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.ps1': 'text/plain; charset=utf-8',
};
const dist = new URL('dist', import.meta.url).pathname;
const files = readdirSync(dist, { recursive: true })
  .map((name) => join(dist, name))
  .filter((path) => statSync(path).isFile() && !path.endsWith('.pack'))
  .sort();

// A component of Mantine's whose styles were forgotten would show, but wrong.
const marks = (text) => new Set(text.match(/\bm_[0-9a-f]{6,8}\b/g));
const textOf = (ending) =>
  files
    .filter((path) => path.endsWith(ending))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
const [styled, defined] = [
  marks(textOf('.css')),
  marks(readFileSync(new URL('node_modules/@mantine/core/styles.css', import.meta.url), 'utf8')),
];
const lacking = [...marks(textOf('.js'))].filter((mark) => defined.has(mark) && !styled.has(mark));
if (lacking.length > 0) throw new Error(`src/mantine.css lacks the styles of ${lacking.join(', ')}`);

// One of Mantine's colours whose variables were left out would be no colour.
const worn = unworn.filter((colour) => textOf('.js').match(new RegExp(`color: ?["'\`]${colour}\\b`)));
if (worn.length > 0) throw new Error(`scripts/colours.mjs leaves out ${worn.join(', ')}, which is worn`);

// Paths that the server gives the page for are those that the console knows.
const routes = JSON.parse(readFileSync(new URL('src/routes.json', import.meta.url), 'utf8'));
const sources = readdirSync(new URL('src', import.meta.url), { recursive: true })
  .filter((name) => name.endsWith('.tsx'))
  .map((name) => readFileSync(new URL(`src/${name}`, import.meta.url), 'utf8'));
const known = sources
  .flatMap((text) => [...text.matchAll(/<Route path="([^"]+)"|location\.pathname === '([^']+)'/g)])
  .map(([, route, path]) => route ?? path);
const sorted = (paths) => [...new Set(paths)].sort().join(' ');
if (sorted(routes) !== sorted(known))
  throw new Error(`src/routes.json is not what the console knows: ${sorted(known)}`);

const parts = [];
let size = 0;
const place = (bytes) => {
  const at = [size, bytes.length];
  parts.push(bytes);
  size += bytes.length;
  return at;
};
const index = files.map((path) => {
  const bytes = readFileSync(path);
  const mode = { params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } };
  return {
    path: '/' + relative(dist, path),
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 20)}"`,
    bytes: place(bytes),
    // The page itself is filled in for each reader, so it is sent plain.
    gzip: path.endsWith('.html') ? null : place(gzipSync(bytes, { level: 9 })),
    br: path.endsWith('.html') ? null : place(brotliCompressSync(bytes, mode)),
  };
});
writeFileSync(
  join(dist, 'console.pack'),
  Buffer.concat([Buffer.from(JSON.stringify({ routes, files: index }) + '\n'), ...parts]),
);
const scripts = index.filter((file) => file.path.endsWith('.js'));
console.log(
  `console.pack: ${index.length} files; scripts ${scripts.reduce((sum, file) => sum + file.br[1], 0)} bytes compressed`,
);
