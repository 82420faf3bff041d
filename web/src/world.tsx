// SPDX-License-Identifier: Apache-2.0
// A map of the world with a bubble for each country; who cannot see it reads the table beside it.
import world from './world.json';

const places: Record<string, number[] | undefined> = world.places;
const largest = 22;

/** Bubbles whose areas are as their values, the largest first so that small ones lie on top. */
export function WorldMap({
  label,
  places: list,
}: {
  label: string;
  places: { code: string; value: number; title: string }[];
}) {
  const most = Math.max(1, ...list.map((one) => one.value));
  return (
    <svg
      viewBox={`0 0 ${world.width} ${world.height}`}
      width="100%"
      role="img"
      aria-label={label}
      style={{ display: 'block', marginBlock: '0.5rem' }}
    >
      <path d={world.outline} fill="var(--mantine-color-default-border)" />
      {[...list]
        .sort((a, b) => b.value - a.value)
        .map((one) => {
          const [x, y] = places[one.code] ?? [];
          return (
            x !== undefined && (
              <circle
                key={one.code}
                cx={x}
                cy={y}
                r={Math.max(1.5, largest * Math.sqrt(one.value / most))}
                fill="var(--mantine-primary-color-filled)"
                fillOpacity={0.55}
                stroke="var(--mantine-primary-color-filled)"
                strokeWidth={0.7}
              >
                <title>{one.title}</title>
              </circle>
            )
          );
        })}
    </svg>
  );
}
