// SPDX-License-Identifier: Apache-2.0
// What was handed to whom, and what of it is late.
import { Anchor, Group, SegmentedControl } from '@mantine/core';
import { Link, useLocation, useSearch } from 'wouter';
import type { paths } from '../api.d';
import { useWords } from '../i18n';
import { Ask, Assign, Card, Empty, Page, Tag, useGuideline } from '../parts';

type List = paths['/assignments']['get']['responses'][200]['content']['application/json'];

function Row({ one }: { one: List['items'][number] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const check = guideline.checks.find((spec) => spec.id === one.item);
  const requirement = [...guideline.checklist, ...guideline.measures].find(
    (entry) => entry.ascii_id === one.item,
  );
  return (
    <div className="row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Anchor
          component={Link}
          href={check ? `/checks/${one.item}` : `/requirements/${one.item}`}
          style={{ flex: '1 1 14rem', minWidth: 0 }}
        >
          {tx(check?.title ?? requirement?.text)}
        </Anchor>
        <Group gap="xs">
          {one.late && <Tag kind="fail">{t('handed.late')}</Tag>}
          {one.done && <Tag kind="pass">{t('handed.done')}</Tag>}
          <Assign item={one.item} assignment={{ person: one.person, due: one.due ?? null, left: one.left }} />
        </Group>
      </Group>
    </div>
  );
}

export default function Assignments() {
  const { t } = useWords();
  const [, go] = useLocation();
  const late = new URLSearchParams(useSearch()).get('late') === 'true';
  return (
    <Page title={t(late ? 'home.overdue' : 'handed.title')}>
      <Group>
        <SegmentedControl
          value={late ? 'late' : 'all'}
          onChange={(value) => go(value === 'late' ? '/assignments?late=true' : '/assignments')}
          data={[
            { value: 'late', label: t('home.overdue') },
            { value: 'all', label: t('handed.title') },
          ]}
        />
      </Group>
      <Ask path={`/assignments${late ? '?late=true' : ''}`}>
        {({ items }) => (
          <>
            <span className="soft" role="status">
              {t('list.count', { n: items.length })}
            </span>
            <Card flush>
              {items.length === 0 && <Empty>{t('handed.none')}</Empty>}
              {[...items]
                .sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9'))
                .map((one) => (
                  <Row key={one.item} one={one} />
                ))}
            </Card>
          </>
        )}
      </Ask>
    </Page>
  );
}
