// SPDX-License-Identifier: Apache-2.0
// The few parts that every page has, the first one included: kept apart from the rest so that signing in loads little.
import { Alert, Button, Code, Group, Loader, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { useUnplaced } from './form';
import { setLanguage, useWords } from './i18n';

export function LanguageButton() {
  const { t, lang } = useWords();
  return (
    <Button
      size="compact-sm"
      variant="default"
      lang={lang === 'ja' ? 'en' : 'ja'}
      onClick={() => setLanguage(lang === 'ja' ? 'en' : 'ja')}
    >
      {t('app.language')}
    </Button>
  );
}

/** Into the clipboard; where a browser keeps that to https, by the older way. */
async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement('textarea');
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand('copy');
    box.remove();
    if (!copied) throw new Error();
  }
}

export function Copy({ text, what }: { text: string; what?: string }) {
  const { t } = useWords();
  const [done, setDone] = useState(false);
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        void copy(text).then(
          () => setDone(true),
          () => setDone(false),
        );
      }}
    >
      {t(done ? 'app.copied' : 'app.copy')}
      {what ? `: ${what}` : ''}
    </Button>
  );
}

/** A text that is to be taken elsewhere, whole and with a button for it. */
export function ToCopy({ text, id }: { text: string; id?: string }) {
  return (
    <Stack gap="xs">
      <Code block tabIndex={0} data-testid={id} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {text}
      </Code>
      <div>
        <Copy text={text} />
      </div>
    </Stack>
  );
}

/** Whom to call, as a link that a telephone dials. */
export function CallFirst({ number }: { number: string }) {
  const { t } = useWords();
  const dialled = /^[+\d][\d\s()-]{5,}/.exec(number)?.[0].replace(/[^+\d]/g, '');
  if (number === '') return <p>{t('contacts.unknown')}</p>;
  return (
    <p style={{ fontSize: '1.15rem', whiteSpace: 'pre-line' }}>
      {t('contacts.call')}:{' '}
      {dialled ? (
        <a href={`tel:${dialled}`}>
          <strong>{number}</strong>
        </a>
      ) : (
        <strong>{number}</strong>
      )}
    </p>
  );
}

export function Loading() {
  const { t } = useWords();
  return (
    <Group p="xl" justify="center" role="status">
      <Loader size="sm" />
      <span>{t('app.loading')}</span>
    </Group>
  );
}

export function Failed({ error, again }: { error: Error; again?: () => void }) {
  const { t } = useWords();
  const fields = useUnplaced(error);
  return (
    <Alert
      icon={<IconAlertTriangle />}
      color="red"
      title={t('app.error')}
      role="alert"
      variant="outline"
      styles={{ title: { color: 'var(--bad)' } }}
    >
      <Text c="var(--mantine-color-text)">{error.message}</Text>
      {fields.map((field) => (
        <Text key={field.where + field.message} size="sm" c="var(--mantine-color-text)">
          {/* Of a field that is not here: better by the name that programs have for it than by none. */}
          {field.where.startsWith('/') ? `${field.where.slice(1)}: ` : ''}
          {field.message}
        </Text>
      ))}
      {again && (
        <Button mt="sm" size="xs" variant="default" onClick={again}>
          {t('app.again')}
        </Button>
      )}
    </Alert>
  );
}
