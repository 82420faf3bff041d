// SPDX-License-Identifier: Apache-2.0
// What long lists have in common: a search, filters and an order that stand in the address, what there is in all, and a
// way to take it away.
import { Anchor, Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState, type ReactNode } from 'react';
import { useWords } from './i18n';

export interface Choice {
  name: string;
  label: string;
  data: { value: string; label: string }[];
}

export function ListBar({
  filters,
  narrow,
  any,
  choices,
  sorts = [],
  csv,
  children,
}: {
  filters: Record<string, string>;
  narrow: (some: Record<string, string>) => void;
  any: boolean;
  choices: Choice[];
  /** The first is how the list comes when nobody chose; none: it has one order. */
  sorts?: { value: string; label: string }[];
  csv: string;
  /** What else it is narrowed down by. */
  children?: ReactNode;
}) {
  const { t } = useWords();
  const q = filters.q ?? '';
  const [text, setText] = useState(q);
  // A saved view, or going back, changes it from outside.
  useEffect(() => setText(q), [q]);
  const search = useDebouncedCallback((typed: string) => narrow({ q: typed }), 250);
  const first = sorts[0]?.value ?? '';
  return (
    <Group align="flex-end" role="search" aria-label={t('app.search')}>
      <TextInput
        label={t('app.search')}
        size="xs"
        type="search"
        maxLength={200}
        value={text}
        onChange={(e) => {
          setText(e.currentTarget.value);
          search(e.currentTarget.value);
        }}
      />
      {choices.map((one) => (
        <Select
          key={one.name}
          label={one.label}
          size="xs"
          w="10rem"
          clearable
          placeholder={t('app.all')}
          value={filters[one.name] || null}
          onChange={(value) => narrow({ [one.name]: value ?? '' })}
          data={one.data}
        />
      ))}
      {children}
      {sorts.length > 0 && (
        <Select
          label={t('list.sort')}
          size="xs"
          w="10rem"
          allowDeselect={false}
          value={filters.sort || first}
          onChange={(value) => narrow({ sort: value === first ? '' : (value ?? '') })}
          data={sorts}
        />
      )}
      {any && (
        <Button
          size="xs"
          variant="default"
          onClick={() => narrow(Object.fromEntries(Object.keys(filters).map((name) => [name, ''])))}
        >
          {t('list.all')}
        </Button>
      )}
      <Anchor href={csv} download lh="1.9rem">
        {t('list.csv')}
      </Anchor>
    </Group>
  );
}

/** How many there are of what is asked for, and of each kind among them; each leads to those alone. */
export function Totals({ children }: { children: ReactNode }) {
  return (
    <Group gap="sm" role="status">
      {children}
    </Group>
  );
}
