// SPDX-License-Identifier: Apache-2.0
// Writes src/world.json anew: the outline of the land, and where each country's bubble stands, from Natural Earth (public
// domain; https://www.naturalearthdata.com) in the Equal Earth projection with the Pacific in the middle. No borders.
//     npm install --no-save world-atlas@2 d3-geo@3 topojson-client@3 i18n-iso-countries@7 && node scripts/world.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { geoArea, geoCentroid, geoEqualEarth, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';

const require = createRequire(import.meta.url);
const read = (name) => JSON.parse(readFileSync(require.resolve(name), 'utf8'));
const land = read('world-atlas/land-110m.json');
const countries = read('world-atlas/countries-50m.json');
const codes = new Map(read('i18n-iso-countries/codes.json').map(([two, , number]) => [number, two]));
const [width, height] = [800, 360];

const shapes = feature(land, land.objects.land).features.flatMap((one) => one.geometry.coordinates);
const inhabited = {
  type: 'MultiPolygon',
  coordinates: shapes.filter((polygon) => geoCentroid({ type: 'Polygon', coordinates: polygon })[1] > -60),
};
const projection = geoEqualEarth().rotate([-150, 0]).fitSize([width, height], inhabited);
const outline = geoPath(projection).digits(1)(inhabited);
const places = {};
for (const one of feature(countries, countries.objects.countries).features) {
  const code = codes.get(one.id);
  if (!code) continue;
  const parts = one.geometry.type === 'Polygon' ? [one.geometry.coordinates] : one.geometry.coordinates;
  const polygons = parts
    .map((coordinates) => ({ type: 'Polygon', coordinates }))
    .sort((a, b) => geoArea(b) - geoArea(a));
  places[code] ??= projection(geoCentroid(polygons[0])).map((at) => Math.round(at * 10) / 10);
}
writeFileSync(
  new URL('../src/world.json', import.meta.url),
  `${JSON.stringify({ source: 'Natural Earth 4.1.0 (public domain)', width, height, outline, places })}\n`,
);
console.log(`${Object.keys(places).length} countries`);
