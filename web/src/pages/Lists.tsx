// SPDX-License-Identifier: Apache-2.0
// The handbook's checklist and Sekisho's measures: the same rows, other filters.
import { Anchor, Group, Select } from '@mantine/core';
import { Link } from 'wouter';
import type { Requirement } from '../api';
import { queryOf, useFilters } from '../filters';
import { useWords } from '../i18n';
import {
  administers,
  Ask,
  Assign,
  Card,
  CheckFact,
  Empty,
  mark,
  ourMark,
  Page,
  requirementShare,
  roleWord,
  ShareBar,
  StatusTag,
  useGuideline,
  useMe,
  useRequirement,
  useRequirementName,
  VerdictTag,
} from '../parts';
import { AnswerForm } from '../answer';

const statuses = ['failing', 'not_met', 'partly_met', 'unknown', 'met', 'not_applicable'] as const;
/** Not met and partly met are asked for together too. */
const has = (wanted: string, status: string) =>
  wanted === status || (wanted === 'failing' && (status === 'not_met' || status === 'partly_met'));
const roles = ['executive', 'administrator', 'teleworker'] as const;

function RequirementRow({ one }: { one: Requirement }) {
  const { t, tx } = useWords();
  const { known, measure } = useRequirement(one.id);
  const guideline = useGuideline();
  const name = useRequirementName();
  if (!known) return null;
  const category = guideline.categories.find((category) => category.letter === known.category);
  return (
    <div className="row">
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Link href={`/requirements/${one.id}`} style={{ color: 'inherit', fontWeight: 600 }}>
            {mark(known.priority)} {name(one.id)} {tx(known.text)}
          </Link>
          <div className="soft" style={{ fontSize: '0.875rem' }}>
            {tx(category?.name)}
            {measure?.role && ` · ${t(roleWord(measure.role))}`}
            {measure && ` · ${t(`level.${measure.level}`)}`}
            {ourMark(known) && ` · ${mark(known.priority)}${t('item.ourpriority')}`}
            {known.from.source === 'project' && ` · ${t('item.source.project')}`}
          </div>
        </div>
        <div style={{ flexShrink: 0, textAlign: 'right' }}>
          <StatusTag status={one.status} />
        </div>
      </Group>
      {one.applies ? (
        <>
          <div style={{ margin: '0.45rem 0' }}>
            <ShareBar share={requirementShare(one)} label={name(one.id)} />
          </div>
          {one.checks.map((check) => (
            <CheckLine key={check.id} check={check} />
          ))}
          <div style={{ marginTop: 6 }}>
            <Assign item={one.id} assignment={one.assignment} />
          </div>
        </>
      ) : (
        <div className="soft">{tx(one.reason)}</div>
      )}
    </div>
  );
}

export function CheckLine({ check }: { check: Requirement['checks'][number] }) {
  const { t, tx } = useWords();
  const me = useMe();
  const spec = useGuideline().checks.find((one) => one.id === check.id);
  return (
    <div style={{ padding: '0.15rem 0' }}>
      <Group gap="xs" align="baseline" wrap="nowrap">
        <VerdictTag verdict={check.verdict} partly={check.partly} />
        <div style={{ minWidth: 0 }}>
          <Link href={`/checks/${check.id}`} style={{ color: 'inherit' }}>
            {tx(spec?.title)}
          </Link>{' '}
          <span className="soft" style={{ fontSize: '0.8125rem' }}>
            ({t(check.asked ? 'list.asked' : 'list.automatic')})
          </span>
          <div style={{ fontSize: '0.9rem' }}>
            <CheckFact check={check} />
          </div>
          {check.asked && <AnswerForm check={check} />}
          {spec?.of_clouds && administers(me) && ['fail', 'unknown'].includes(check.verdict) && (
            <Anchor component={Link} href={`/clouds/guides?check=${check.id}`} size="sm">
              {t('check.guides')}
            </Anchor>
          )}
        </div>
      </Group>
    </div>
  );
}

const names = ['method', 'category', 'role', 'level', 'status', 'priority', 'pillar'] as const;

export default function Lists({ kind }: { kind: 'checklist' | 'measures' }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const { filters, narrow } = useFilters(names);
  const filter = (name: (typeof names)[number], label: string, data: { value: string; label: string }[]) => (
    <Select
      key={name}
      label={label}
      size="xs"
      clearable
      placeholder={t('app.all')}
      data={data}
      value={filters[name] || null}
      onChange={(value) => narrow({ [name]: value ?? '' })}
    />
  );
  // The first three are of what is there already.
  const { status, priority, pillar, ...sent } = filters;
  const known = new Map(
    (kind === 'checklist' ? guideline.checklist : guideline.measures).map((one) => [one.ascii_id, one]),
  );
  return (
    <Page title={t(`nav.${kind}`)} text={t(`list.${kind}`)}>
      <Group align="flex-end">
        {kind === 'checklist' &&
          filter(
            'method',
            t('list.method'),
            guideline.methods.map((one) => ({ value: one.id, label: tx(one.name) })),
          )}
        {kind === 'measures' &&
          filter(
            'category',
            t('list.category'),
            guideline.categories.map((one) => ({
              value: one.letter,
              label: `${one.letter} ${tx(one.name)}`,
            })),
          )}
        {filter(
          'role',
          t('list.role'),
          roles.map((one) => ({ value: one, label: t(roleWord(one)) })),
        )}
        {kind === 'measures' &&
          filter(
            'level',
            t('list.level'),
            (['basic', 'advanced'] as const).map((one) => ({ value: one, label: t(`level.${one}`) })),
          )}
        {filter(
          'status',
          t('list.status'),
          statuses.map((one) => ({ value: one, label: t(`status.${one}`) })),
        )}
        {filter(
          'priority',
          t('list.priority'),
          (['must', 'should', 'none'] as const).map((one) => ({ value: one, label: t(`priority.${one}`) })),
        )}
        {kind === 'measures' &&
          filter(
            'pillar',
            t('list.pillar'),
            guideline.pillars.map((one) => ({ value: one.id, label: tx(one.name) })),
          )}
      </Group>
      <Ask path={`/${kind}?${queryOf(sent)}`} keep>
        {({ items }) => {
          const shown = items.filter(
            (one) =>
              (!status || has(status, one.status)) &&
              (!priority || known.get(one.id)?.priority === priority) &&
              (!pillar || known.get(one.id)?.pillar === pillar),
          );
          return (
            <>
              <span className="soft" role="status">
                {t('list.count', { n: shown.length })}
              </span>
              <Card flush>
                {shown.length === 0 && <Empty>{t('list.empty')}</Empty>}
                {shown.map((one) => (
                  <RequirementRow key={one.id} one={one} />
                ))}
              </Card>
            </>
          );
        }}
      </Ask>
      <p className="soft">{tx(guideline.notice)}</p>
    </Page>
  );
}
