// SPDX-License-Identifier: Apache-2.0
import { Button, Group, SegmentedControl } from '@mantine/core';
import { Link, useLocation, useSearch } from 'wouter';
import { useWords } from '../i18n';
import { Ask, Card, Empty, Page } from '../parts';
import { AnswerForm } from '../answer';
import { ActionRow } from './Home';

export default function Actions() {
  const { t } = useWords();
  const [, go] = useLocation();
  const verdict = new URLSearchParams(useSearch()).get('verdict') === 'unknown' ? 'unknown' : 'fail';
  return (
    <Page title={t(verdict === 'fail' ? 'act.title' : 'act.unknown')}>
      <Group>
        <SegmentedControl
          value={verdict}
          onChange={(value) => go(`/actions?verdict=${value}`)}
          data={[
            { value: 'fail', label: t('act.title') },
            { value: 'unknown', label: t('act.unknown') },
          ]}
        />
        {verdict === 'unknown' && (
          <Button size="xs" component={Link} href="/questions">
            {t('ask.inturn')}
          </Button>
        )}
      </Group>
      <Ask path={`/actions?verdict=${verdict}&limit=500`}>
        {({ items }) => (
          <Card flush>
            {items.length === 0 && <Empty>{t('home.nofix')}</Empty>}
            {items.map((action) => (
              <ActionRow
                key={action.id}
                action={action}
                answer={action.asked && <AnswerForm check={action} />}
              />
            ))}
          </Card>
        )}
      </Ask>
    </Page>
  );
}
