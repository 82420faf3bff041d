// SPDX-License-Identifier: Apache-2.0
// What somebody is asked, on the page that they see first.
import { Button, Group, Paper, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useApi, type Schemas } from './api';
import { useWords } from './i18n';
import { Due } from './parts';

/** Nothing where nothing waits. */
export function MyQuestions({ questions }: { questions: Schemas['MyPage']['questions'] }) {
  const { t } = useWords();
  if (questions.open === 0) return null;
  return (
    <Paper withBorder radius="md" p="md">
      <Group justify="space-between" gap="sm">
        <div>
          <Text fw={650}>{t('ask.waiting', { n: questions.open })}</Text>
          <span className="soft">
            {t('ask.answered', { n: questions.all - questions.open, of: questions.all })} · {t('act.due')}{' '}
            <Due due={questions.due} />
          </span>
        </div>
        <Button component={Link} href="/questions?who=mine">
          {t('ask.begin')}
        </Button>
      </Group>
    </Paper>
  );
}

/** The same where only this of one's page is wanted: kept back until it is known. */
export function AskedOfMe() {
  const mine = useApi('/me/page');
  return mine.data ? <MyQuestions questions={mine.data.questions} /> : null;
}
