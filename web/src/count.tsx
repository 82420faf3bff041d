// SPDX-License-Identifier: Apache-2.0
// How many of something: whatever is typed stays as it was typed, and what can't be meant is said at the field.
import { TextInput } from '@mantine/core';
import { useWords } from './i18n';

/** The whole number that a text says, full-width digits too; null when it says none within the bounds. */
export function countIn(text: string, min: number, max: number): number | null {
  const plain = text.normalize('NFKC').trim();
  const number = Number(plain);
  return /^\d{1,9}$/.test(plain) && number >= min && number <= max ? number : null;
}

export function CountInput(given: {
  label: string;
  description?: string;
  value: string;
  set: (value: string) => void;
  min: number;
  max: number;
  w?: string;
  mayBeEmpty?: boolean;
}) {
  const { t } = useWords();
  const empty = given.mayBeEmpty === true && given.value.trim() === '';
  const wrong = !empty && countIn(given.value, given.min, given.max) === null;
  return (
    <TextInput
      label={given.label}
      description={given.description}
      inputMode="numeric"
      w={given.w}
      value={given.value}
      onChange={(e) => given.set(e.currentTarget.value)}
      error={wrong && t('form.count', { min: given.min, max: given.max })}
    />
  );
}
