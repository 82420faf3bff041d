// What a list is narrowed down to, kept in the page's address: it survives a reload and can be passed on.
import { useLocation, useSearch } from 'wouter';

/** The filters of those names, '' where there is none, and what changes some of them. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [path, go] = useLocation();
  const search = new URLSearchParams(useSearch());
  const filters = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  const query = (of: Record<Name, string>) => {
    const given = names.filter((name) => of[name] !== '').map((name) => [name, of[name]]);
    return new URLSearchParams(given).toString();
  };
  const narrow = (some: Partial<Record<Name, string>>) => {
    const next = query({ ...filters, ...some });
    go(next === '' ? path : `${path}?${next}`, { replace: true });
  };
  return { filters, narrow, query: query(filters), any: names.some((name) => filters[name] !== '') };
}
