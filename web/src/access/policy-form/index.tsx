// SPDX-License-Identifier: Apache-2.0
// A policy in a form: its resources one by one, each with what it says by the server.
import { Button, Group, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call, useApi, type Schemas } from '../../api';
import { useWords } from '../../i18n';
import { InBoth } from './fields';
import { RuleForm } from './rule';
import { filled, formOf, freeId, newRule, numbered, type Filled, type PolicyForm, type Rule } from './state';

export type Draft = Schemas['PolicyDraft'];
export { filled, formOf, type Filled };

/** A text read into a form; or changed by one. */
export const drafted = (text: string, form?: PolicyForm) =>
  call('POST', '/access/policy/draft', form ? { text, form } : { text });

/** What the built-in policies of the methods in use ask for; of all of them where none is. */
function useProposed(): Rule['measures'] {
  const built = useApi('/access/policies/built-in');
  const items = built.data?.items ?? [];
  const used = items.some((one) => one.in_use) ? items.filter((one) => one.in_use) : items;
  const found = new Map<string, Rule['measures'][number]>();
  for (const { form } of used)
    for (const rule of form?.resources ?? [])
      for (const one of rule.measures) if (!found.has(one.id)) found.set(one.id, one);
  return [...found.values()];
}

/** What the form says, a moment after it was typed; or why that isn't clear. */
function useSaid(text: string, form: PolicyForm) {
  const [settled] = useDebouncedValue(JSON.stringify(form), 350);
  return useQuery({
    queryKey: ['/access/policy/draft', text, settled],
    queryFn: () => drafted(text, JSON.parse(settled) as PolicyForm),
    placeholderData: keepPreviousData,
    enabled: form.resources.length > 0,
    staleTime: Infinity,
  });
}

const slipsAt = (error: Error | null, at: string) =>
  error instanceof ApiError
    ? error.fields
        .filter((one) => one.where === at || one.where.startsWith(`${at}/`))
        .map((one) => one.message)
    : [];

export function PolicyFormFields({
  text,
  value,
  set,
  error,
  countries,
}: {
  text: string;
  value: Filled;
  set: (change: (value: Filled) => Filled) => void;
  /** Of the last look: what is wrong with it stands open. */
  error: Error | null;
  countries: boolean;
}) {
  const { t, tx } = useWords();
  const [open, setOpen] = useState(new Set<number>());
  const [removed, setRemoved] = useState<{ at: number; one: Filled['rules'][number] } | null>(null);
  const proposed = useProposed();
  const said = useSaid(text, formOf(value));
  const toggle = (key: number, to: boolean) =>
    setOpen((all) => {
      const next = new Set(all);
      if (to) next.add(key);
      else next.delete(key);
      return next;
    });
  const add = (rule: Rule, after: number) => {
    const one = numbered(rule);
    set((all) => ({ ...all, rules: all.rules.toSpliced(after, 0, one) }));
    toggle(one.key, true);
  };
  return (
    <Stack gap="md">
      <InBoth
        at="/form/policy/name"
        label={t('pform.name')}
        value={value.policy.name}
        set={(name) => set((all) => ({ ...all, policy: { ...all.policy, name } }))}
      />
      <InBoth
        at="/form/policy/about"
        label={t('pform.about')}
        lines
        value={value.policy.about}
        set={(about) => set((all) => ({ ...all, policy: { ...all.policy, about } }))}
      />
      <strong>{t('pform.resources', { n: value.rules.length })}</strong>
      {value.rules.length === 0 && <p className="soft">{t('pform.none')}</p>}
      {value.rules.map(({ key, rule }, n) => {
        const at = `/form/resources/${n}`;
        return (
          <RuleForm
            key={key}
            at={at}
            rule={rule}
            set={(change) =>
              set((all) => ({
                ...all,
                rules: all.rules.map((one) =>
                  one.key === key ? { key, rule: { ...one.rule, ...change } } : one,
                ),
              }))
            }
            open={open.has(key) || slipsAt(error, at).length > 0}
            toggle={() => toggle(key, !open.has(key))}
            copy={() =>
              add(
                {
                  ...rule,
                  id: freeId(`${rule.id}-copy`, value),
                  name: {
                    ja: t('pform.copied.name', { name: rule.name.ja }),
                    en: t('pform.copied.name', { name: rule.name.en }),
                  },
                },
                n + 1,
              )
            }
            remove={() => {
              setRemoved({ at: n, one: { key, rule } });
              set((all) => ({ ...all, rules: all.rules.filter((one) => one.key !== key) }));
            }}
            proposed={proposed.map((one) => one.id)}
            countries={countries}
            words={said.data?.words.resources.find((one) => one.id === rule.id)}
            slips={slipsAt(said.error, at)}
          />
        );
      })}
      {removed && (
        <Group role="status">
          <span>{t('pform.removed', { name: tx(removed.one.rule.name) })}</span>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              set((all) => ({ ...all, rules: all.rules.toSpliced(removed.at, 0, removed.one) }));
              setRemoved(null);
            }}
          >
            {t('pform.undo')}
          </Button>
        </Group>
      )}
      <div>
        <Button
          variant="default"
          onClick={() => add(newRule(t('pform.new'), proposed, value), value.rules.length)}
        >
          {t('pform.add')}
        </Button>
      </div>
    </Stack>
  );
}
