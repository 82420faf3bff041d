// SPDX-License-Identifier: Apache-2.0
// The measures that a resource asks for: those that the method's policy proposes, each explained, and any other by its number or words.
import { Checkbox, Group, Select } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Guideline, GuidelineRequirement } from '../../api';
import { Field } from '../../form';
import { useWords } from '../../i18n';
import { Tag, useGuideline } from '../../parts';
import type { Rule } from './state';

type Asked = Rule['measures'][number];

const graces = ['1 hour', '1 day', '2 days', '3 days', '7 days', '14 days', '30 days'];

/** All that a policy may ask for: the handbook's items first. */
export const requirementsOf = (guideline: Guideline) => [...guideline.checklist, ...guideline.measures];

const known = (guideline: Guideline, id: string) =>
  requirementsOf(guideline).find((one) => one.id === id || one.ascii_id === id);

/** Why it matters: its own words, else those of what is checked. */
function useWhy() {
  const { tx } = useWords();
  const guideline = useGuideline();
  return (one: GuidelineRequirement) =>
    tx(one.why) ||
    tx(guideline.checks.find((check) => one.checks.includes(check.id) && !check.asked)?.why) ||
    tx(guideline.checks.find((check) => one.checks.includes(check.id))?.why);
}

function Measure({
  at,
  id,
  asked,
  proposed,
  set,
}: {
  at: string;
  id: string;
  asked: Asked | undefined;
  proposed: boolean;
  set: (asked: Asked | undefined) => void;
}) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const why = useWhy();
  const requirement = known(guideline, id);
  const length = (text: string) => {
    const [, n, unit] = /^(\d+) (minute|hour|day)/.exec(text) ?? [];
    return n ? `${n} ${t(`pform.${unit as 'minute' | 'hour' | 'day'}`)}` : text;
  };
  const choices = asked?.grace && !graces.includes(asked.grace) ? [asked.grace, ...graces] : graces;
  return (
    <Group gap="sm" align="flex-start" justify="space-between">
      <Field at={at}>
        <Checkbox
          style={{ flex: '1 1 16rem' }}
          checked={asked !== undefined}
          onChange={(e) => set(e.currentTarget.checked ? { id } : undefined)}
          label={`${id} ${requirement ? tx(requirement.text) : ''}`}
          description={requirement && why(requirement)}
        />
      </Field>
      <Group gap="xs">
        {proposed && <Tag kind="pass">{t('pform.proposed')}</Tag>}
        {asked && (
          <Select
            size="xs"
            w="8.5rem"
            aria-label={t('pform.grace.of', { id })}
            allowDeselect={false}
            value={asked.grace ?? ''}
            onChange={(grace) => set(grace ? { id, grace } : { id })}
            data={[
              { value: '', label: t('pform.grace.none') },
              ...choices.map((one) => ({ value: one, label: `${t('pform.grace')} ${length(one)}` })),
            ]}
          />
        )}
      </Group>
    </Group>
  );
}

export function Measures({
  at,
  value,
  proposed,
  set,
}: {
  at: string;
  value: Asked[];
  proposed: string[];
  set: (value: Asked[]) => void;
}) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  // What was unticked stays in sight, to be ticked again.
  const [seen, setSeen] = useState(() => value.map((one) => one.id));
  const shown = useMemo(
    () => [...new Set([...proposed, ...seen, ...value.map((one) => one.id)])],
    [proposed, seen, value],
  );
  const change = (id: string, asked: Asked | undefined) => {
    setSeen((all) => [...new Set([...all, id])]);
    const others = value.filter((one) => one.id !== id);
    // In its place, so that the text's lines keep theirs.
    set(
      asked === undefined
        ? others
        : others.length < value.length
          ? value.map((one) => (one.id === id ? asked : one))
          : [...value, asked],
    );
  };
  const rest = useMemo(() => {
    const [on, asked]: { value: string; label: string }[][] = [[], []];
    for (const one of requirementsOf(guideline)) {
      if (shown.includes(one.id)) continue;
      const looks = one.checks.some((id) =>
        guideline.checks.some((check) => check.id === id && !check.asked),
      );
      (looks ? on : asked)!.push({ value: one.id, label: `${one.id} ${tx(one.text)}` });
    }
    return [
      { group: t('pform.measures.on'), items: on! },
      { group: t('pform.measures.asked'), items: asked! },
    ];
  }, [guideline, shown, t, tx]);
  return (
    <fieldset className="plain">
      <legend>{t('pform.measures')}</legend>
      <p className="soft" style={{ margin: '0 0 0.5rem' }}>
        {t('pform.measures.why')} {t('pform.grace.why')}
      </p>
      <div style={{ display: 'grid', gap: '0.75rem' }}>
        {shown.map((id) => {
          const place = value.findIndex((one) => one.id === id);
          return (
            <Measure
              key={id}
              at={`${at}/measures/${place === -1 ? id : place}`}
              id={id}
              asked={value[place]}
              proposed={proposed.includes(id)}
              set={(asked) => change(id, asked)}
            />
          );
        })}
        <Field at={`${at}/measures`}>
          <Select
            label={t('pform.measures.add')}
            placeholder={t('pform.measures.find')}
            searchable
            limit={60}
            nothingFoundMessage={t('app.none')}
            value={null}
            onChange={(id) => id && change(id, { id })}
            data={rest}
          />
        </Field>
      </div>
    </fieldset>
  );
}
