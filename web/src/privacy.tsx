// SPDX-License-Identifier: Apache-2.0
// What is kept of people, where it is set and acted upon: the settings' card, one's own data, forgetting who left.
import { Anchor, Button, Checkbox, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useChange, type Schemas } from './api';
import { Failed } from './basics';
import { countIn, CountInput } from './count';
import { Field, Form } from './form';
import { learn, useWords } from './i18n';
import { NotSaved, useFilledIn } from './overtaken';
import { Ask, Card } from './parts';
import { saveFile } from './save';
import type { Word } from './words';
import { privacy } from './words/privacy';

learn(privacy);

type Kept = Schemas['Privacy'];
type Id = Kept['kinds'][number]['id'];

/** Everything that is kept of one person, as a file. */
const save = (data: unknown) =>
  saveFile('sekisho-data.json', new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));

export function MyData() {
  const { t } = useWords();
  const take = useChange(async () => save(await call('GET', '/me/data')));
  return (
    <Card title={t('privacy.mine')}>
      <p style={{ marginTop: 0 }}>{t('privacy.mine.text')}</p>
      {take.error && <Failed error={take.error} />}
      <Group>
        <Anchor component={Link} href="/privacy">
          {t('privacy.title')}
        </Anchor>
        <Button variant="default" loading={take.isPending} onClick={() => take.mutate(undefined)}>
          {t('privacy.take')}
        </Button>
      </Group>
    </Card>
  );
}

/** For an administrator: another's data, and forgetting them once they have left. */
export function PersonData({ person, done }: { person: Schemas['Person']; done: () => void }) {
  const { t } = useWords();
  const [sure, setSure] = useState(false);
  const take = useChange(async () => save(await call('POST', `/people/${person.id}/data`)));
  const forget = useChange(() => call('DELETE', `/people/${person.id}/identity`), done);
  const failed = take.error ?? forget.error;
  return (
    <Stack mt="md">
      <strong>{t('privacy.person')}</strong>
      {failed && <Failed error={failed} />}
      <Group>
        <Button variant="default" loading={take.isPending} onClick={() => take.mutate(undefined)}>
          {t('privacy.take')}
        </Button>
      </Group>
      {person.state === 'disabled' ? (
        <>
          <Checkbox
            checked={sure}
            onChange={(e) => setSure(e.currentTarget.checked)}
            label={t('privacy.forget.sure', { name: person.name })}
            description={t('privacy.forget.text')}
          />
          <Group>
            <Button
              color="red.9"
              disabled={!sure}
              loading={forget.isPending}
              onClick={() => forget.mutate(undefined)}
            >
              {t('privacy.forget')}
            </Button>
          </Group>
        </>
      ) : (
        <span className="soft">{t('privacy.forget.first')}</span>
      )}
    </Stack>
  );
}

function RetentionForm({ kept }: { kept: Kept }) {
  const { t } = useWords();
  const [days, setDays] = useState(
    Object.fromEntries(kept.kinds.map((one) => [one.id, String(one.days)])) as Record<Id, string>,
  );
  const [sure, setSure] = useState(false);
  const meant = kept.kinds.map((one) => ({ ...one, next: countIn(days[one.id], one.least, one.most) }));
  const shorter = meant.filter((one) => one.next !== null && one.next < one.days);
  const saving = useFilledIn('/privacy', kept, () =>
    Object.fromEntries(meant.map((one) => [one.id, one.next])),
  );
  const { save: change } = saving;
  return (
    <Form
      error={change.error}
      submit={() => {
        if (meant.every((one) => one.next !== null)) change.mutate(undefined);
      }}
    >
      <Stack>
        {kept.kinds.map((one) => (
          <Field at={`/${one.id}`} key={one.id}>
            <CountInput
              label={t(`privacy.kind.${one.id}` as Word)}
              description={t('privacy.bounds', one)}
              min={one.least}
              max={one.most}
              value={days[one.id]}
              set={(value) => {
                setDays({ ...days, [one.id]: value });
                setSure(false);
              }}
            />
          </Field>
        ))}
        {shorter.length > 0 && (
          <Checkbox
            checked={sure}
            onChange={(e) => setSure(e.currentTarget.checked)}
            label={t('privacy.shorter')}
            description={shorter
              .map((one) =>
                t('privacy.shorter.one', {
                  kind: t(`privacy.kind.${one.id}` as Word),
                  from: one.days,
                  to: one.next ?? 0,
                }),
              )
              .join(' ')}
          />
        )}
        <NotSaved saving={saving} />
        <Group>
          <Button type="submit" loading={change.isPending} disabled={shorter.length > 0 && !sure}>
            {change.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
          <Anchor component={Link} href="/privacy">
            {t('privacy.notice')}
          </Anchor>
        </Group>
      </Stack>
    </Form>
  );
}

export function RetentionCard() {
  const { t } = useWords();
  return (
    <Card title={t('privacy.retention')}>
      <p style={{ marginTop: 0 }}>{t('privacy.retention.text')}</p>
      <Ask path="/privacy">{(kept) => <RetentionForm kept={kept} />}</Ask>
    </Card>
  );
}
