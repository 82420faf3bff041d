// The few parts that every page has, the first one included: kept apart from the rest so that signing in loads little.
import { Alert, Button, Group, Loader, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from './api';
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
  const fields = error instanceof ApiError ? error.fields : [];
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
