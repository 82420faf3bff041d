// SPDX-License-Identifier: Apache-2.0
// Prints the API's document, joined from the rooms' parts as the server joins them.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const server = new URL('../../src/server/', import.meta.url);
const join = (into, from) => {
  for (const [key, value] of Object.entries(from)) {
    if (typeof into[key] === 'object' && !Array.isArray(value)) join(into[key], value);
    else into[key] = value;
  }
  return into;
};
const rooms = readdirSync(server, { recursive: true }).filter((name) => name.endsWith('api.yaml'));
const parts = rooms.map((name) => parse(readFileSync(new URL(name, server), 'utf8')));
console.log(JSON.stringify(parts.reduce(join, {})));
