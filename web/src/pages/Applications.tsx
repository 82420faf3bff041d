// The web applications of the organisation: what is open to oneself, what isn't, and why.
import { Anchor, Stack } from '@mantine/core';
import type { Schemas } from '../api';
import { useApi } from '../api';
import { Failed, Loading } from '../basics';
import { learn, useWords } from '../i18n';
import { Card, Empty, Page, Tag } from '../parts';
import { applications } from '../words/applications';

learn(applications);

type Application = Schemas['WebApplication'];
type On = Application['on'][number];

function OnDevice({ on }: { on: On }) {
  const { t, tx } = useWords();
  const kind = { allow: 'pass', step_up: 'partly_met', deny: 'fail' }[on.answer];
  return (
    <div className="row">
      <span>{on.device === null ? t('apps.nodevice') : on.device_name}</span>{' '}
      <Tag kind={kind}>{t(`apps.${on.answer}`)}</Tag>
      {on.answer !== 'allow' && <p style={{ margin: '0.2rem 0', whiteSpace: 'pre-line' }}>{tx(on.why)}</p>}
    </div>
  );
}

function One({ one }: { one: Application }) {
  const { t } = useWords();
  const open = one.on.some((on) => on.answer !== 'deny');
  return (
    <Card title={one.name}>
      {open && (
        <Anchor href={one.url} underline="always" lh="1.75rem">
          {t('apps.open', { name: one.name })}
        </Anchor>
      )}
      {one.on.map((on) => (
        <OnDevice key={on.device ?? 0} on={on} />
      ))}
    </Card>
  );
}

export default function Applications() {
  const { t } = useWords();
  const answer = useApi<{ items: Application[] }>('/applications');
  return (
    <Page title={t('apps.title')} text={t('apps.text')}>
      {answer.isLoading && <Loading />}
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {answer.data && answer.data.items.length === 0 && <Empty>{t('apps.none')}</Empty>}
      <Stack>
        {answer.data?.items.map((one) => (
          <One key={one.id} one={one} />
        ))}
      </Stack>
    </Page>
  );
}
