// SPDX-License-Identifier: Apache-2.0
// The frame of every page before the console.
import { Container, Group, Paper, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { LanguageButton } from './basics';
import { useWords } from './i18n';

export function Gate({
  title,
  text,
  wide,
  children,
}: {
  title: string;
  text?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const { t } = useWords();
  document.title = `${title} · ${t('app.name')}`;
  return (
    <Container size={wide ? 760 : 480} py="xl">
      <Group component="header" justify="space-between" mb="lg">
        <Group gap="xs">
          <img src="/icon.svg" alt="" width={28} height={28} />
          <strong>{t('app.name')}</strong>
        </Group>
        <LanguageButton />
      </Group>
      <Paper component="main" withBorder radius="md" p="lg">
        <Title order={1} size="h3" mb="xs">
          {title}
        </Title>
        {text && <p className="soft">{text}</p>}
        {children}
      </Paper>
    </Container>
  );
}
