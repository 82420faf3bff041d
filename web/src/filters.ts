// SPDX-License-Identifier: Apache-2.0
// What a list is narrowed down to, kept in the page's address: it survives a reload and can be passed on.
import { useLocation, useSearch } from 'wouter';

/** Filters as they stand in an address; those that are empty don't. */
export const queryOf = (filters: object) =>
  new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();

/** The filters of those names, '' where there is none, and what changes some of them. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [path, go] = useLocation();
  const search = new URLSearchParams(useSearch());
  const filters = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  const narrow = (some: Partial<Record<Name, string>>) => {
    const next = queryOf({ ...filters, ...some });
    go(next === '' ? path : `${path}?${next}`, { replace: true });
  };
  const query = queryOf(filters);
  return { filters, narrow, query, any: query !== '' };
}
