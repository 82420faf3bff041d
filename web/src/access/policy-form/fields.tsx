// SPDX-License-Identifier: Apache-2.0
// Inputs that several fields of a policy share.
import { Anchor, Group, Select, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Field } from '../../form';
import { useWords } from '../../i18n';
import type { Texts } from './state';

const units = ['minute', 'hour', 'day'] as const;

/** "12 hours": a number and its unit. What is no number stays as it is typed; the server says what is wrong. */
export function Length({
  at,
  label,
  value,
  set,
}: {
  at: string;
  label: string;
  value: string;
  set: (value: string) => void;
}) {
  const { t } = useWords();
  const [, number = '', unit = 'hour'] = /^(.*?) ?(minute|hour|day)s?$/.exec(value) ?? [];
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <Field at={at}>
        <TextInput
          label={label}
          inputMode="numeric"
          style={{ flex: '1 1 auto' }}
          value={number}
          onChange={(e) => set(`${e.currentTarget.value.trim()} ${unit}s`)}
        />
      </Field>
      <Select
        aria-label={t('pform.unit', { field: label })}
        w="7rem"
        allowDeselect={false}
        value={unit}
        onChange={(next) => set(`${number} ${next}s`)}
        data={units.map((one) => ({ value: one, label: t(`pform.${one}`) }))}
      />
    </Group>
  );
}

/** One text for both languages, or one for each. */
export function InBoth({
  at,
  label,
  value,
  set,
  lines,
}: {
  at: string;
  label: string;
  value: Texts;
  set: (value: Texts) => void;
  lines?: boolean;
}) {
  const { t } = useWords();
  const [apart, setApart] = useState(value.ja !== value.en);
  const input = (name: string, shown: string, change: (text: string) => void) => {
    const given = {
      label: name,
      value: shown,
      onChange: (e: React.ChangeEvent<HTMLInputElement & HTMLTextAreaElement>) =>
        change(e.currentTarget.value),
    };
    return lines ? <Textarea autosize minRows={1} maxRows={8} {...given} /> : <TextInput {...given} />;
  };
  if (!apart && value.ja === value.en)
    return (
      <div>
        <Field at={at}>{input(label, value.ja, (text) => set({ ja: text, en: text }))}</Field>
        <Anchor
          component="button"
          type="button"
          size="sm"
          underline="always"
          aria-label={t('pform.split.of', { field: label })}
          onClick={() => setApart(true)}
        >
          {t('pform.split')}
        </Anchor>
      </div>
    );
  return (
    <>
      <Field at={`${at}/ja`}>
        {input(t('pform.ja', { field: label }), value.ja, (ja) => set({ ...value, ja }))}
      </Field>
      <Field at={`${at}/en`}>
        {input(t('pform.en', { field: label }), value.en, (en) => set({ ...value, en }))}
      </Field>
    </>
  );
}
