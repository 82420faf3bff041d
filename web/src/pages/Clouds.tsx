// SPDX-License-Identifier: Apache-2.0
// Settings of clouds and meetings, as exports hold them: what is open, who is left out, where to mend it.
import { Anchor, Button, Checkbox, FileInput, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApiError, call, tagOf, useChange, type Schemas } from '../api';
import { Failed } from '../basics';
import { CloudReaders } from '../cloud-readers';
import { CloudRegister } from '../cloud-register';
import { Field, Form } from '../form';
import { learn, useWords } from '../i18n';
import type { Word } from '../words';
import { Ask, Card, Empty, Page, Tag, useGuideline, VerdictTag } from '../parts';
import { clouds } from '../words/clouds';

learn(clouds);

type Clouds = Schemas['Clouds'];
type Reading = Schemas['CloudReading'];
type Row = Schemas['CloudRow'];

/** As it is sent, base64url, it must not be more than 10 MiB. */
const mostBytes = 7_000_000;

async function base64url(file: File): Promise<string> {
  const url = await new Promise<string>((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result as string);
    reader.onerror = () => fail(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
  return url
    .slice(url.indexOf(',') + 1)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function HowToExport() {
  const { t } = useWords();
  return (
    <Card title={t('clouds.how')}>
      <ul style={{ margin: 0, paddingLeft: '1.2rem' }}>
        <li>
          {t('clouds.how.script')}{' '}
          <Anchor href="/sekisho-cloud-export.ps1" download>
            {t('clouds.how.script.get')}
          </Anchor>
        </li>
        <li>{t('clouds.how.m365')}</li>
        <li>{t('clouds.how.other')}</li>
        <li>
          {t('clouds.how.api')}
          <ul>
            <li>{t('clouds.consent.m365')}</li>
            <li>{t('clouds.consent.google')}</li>
            <li>{t('clouds.consent.others')}</li>
          </ul>
        </li>
      </ul>
    </Card>
  );
}

function ReadForm({ given }: { given: Clouds }) {
  const { t, number } = useWords();
  const [files, setFiles] = useState<File[]>([]);
  const [moved, setMoved] = useState(false);
  const [emergency, setEmergency] = useState(given.reading?.emergency.join(' ') ?? '');
  const send = useChange(
    async () => {
      const contents = await Promise.all(
        files.map(async (file) => ({ name: file.name, content: await base64url(file) })),
      );
      const names = emergency.split(/\s+/).filter(Boolean);
      return call('PUT', '/clouds', { files: contents, emergency: names, moved }, tagOf(given));
    },
    () => {
      setFiles([]);
      setMoved(false);
    },
  );
  const ofOthers = send.error instanceof ApiError && send.error.fields.some((one) => one.where === '/moved');
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const tooBig = bytes > mostBytes;
  return (
    <Card title={t(given.reading ? 'clouds.again' : 'clouds.read')}>
      <Form error={send.error} submit={() => send.mutate(undefined)}>
        <Stack gap="sm">
          <Field at="/files">
            <FileInput
              label={t('clouds.files')}
              description={t('clouds.files.why')}
              multiple
              value={files}
              onChange={(chosen) => {
                setFiles(chosen);
                setMoved(false);
                send.reset();
              }}
              clearable
              clearButtonProps={{ 'aria-label': t('app.file.clear') }}
              placeholder={t('app.none')}
            />
          </Field>
          {tooBig && (
            <p role="alert" style={{ margin: 0, color: 'var(--bad)' }}>
              {t('clouds.toobig', { mb: number(Math.ceil(bytes / 1_000_000)) })}
            </p>
          )}
          <Field at="/emergency">
            <TextInput
              label={t('clouds.emergency')}
              description={t('clouds.emergency.why')}
              value={emergency}
              onChange={(e) => setEmergency(e.currentTarget.value)}
            />
          </Field>
          {/* Asked only where it is in question; it is there from the start, as a place for what is wrong. */}
          <Field at="/moved">
            <Checkbox
              label={t('clouds.moved')}
              description={t('clouds.moved.why')}
              checked={moved}
              onChange={(e) => setMoved(e.currentTarget.checked)}
              style={{ display: ofOthers || moved ? undefined : 'none' }}
            />
          </Field>
          {send.error && <Failed error={send.error} />}
          <div>
            <Button type="submit" disabled={files.length === 0 || tooBig} loading={send.isPending}>
              {t(given.reading ? 'clouds.again' : 'clouds.read')}
            </Button>
          </div>
        </Stack>
      </Form>
    </Card>
  );
}

function LeftOut({ people }: { people: Row['people'] }) {
  const { t, tx } = useWords();
  if (people.length === 0) return null;
  return (
    <details className="why">
      <summary>{t('clouds.people', { n: people.length })}</summary>
      <ul>
        {people.map((one) => (
          <li key={`${one.sign_in} ${one.name}`}>
            {one.name} {one.sign_in !== one.name && <span className="soft">{one.sign_in}</span>}{' '}
            {one.guest && <Tag kind="not_applicable">{t('clouds.guest')}</Tag>}{' '}
            {one.emergency && <Tag kind="not_applicable">{t('clouds.spare')}</Tag>}{' '}
            {!one.sure && <Tag kind="unknown">{t('clouds.unsure')}</Tag>}{' '}
            <span className="soft">{one.reasons.map((reason) => tx(reason)).join(' / ')}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Measures({ ids }: { ids: string[] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const known = [...guideline.checklist, ...guideline.measures];
  return (
    <span className="soft">
      {t('clouds.measures')}:{' '}
      {ids.map((id, at) => (
        <span key={id}>
          {at > 0 && ', '}
          <Anchor
            component={Link}
            href={`/requirements/${id}`}
            title={tx(known.find((one) => one.ascii_id === id)?.text)}
          >
            {id}
          </Anchor>
        </span>
      ))}
    </span>
  );
}

/** Meet has a guide of its own. */
const guideOf = (row: Row) => (row.id.startsWith('google.meet_') ? 'meet' : row.service);

function Setting({ row, newest }: { row: Row; newest: string }) {
  const { t, tx, day } = useWords();
  const worse = row.before === 'pass' && row.verdict === 'fail';
  const better = row.before === 'fail' && row.verdict === 'pass';
  return (
    <div className="row">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <strong>{tx(row.title)}</strong>
        <span style={{ whiteSpace: 'nowrap' }}>
          {worse && <Tag kind="partly_met">{t('clouds.worse')}</Tag>}
          {better && <Tag kind="not_applicable">{t('clouds.better')}</Tag>}{' '}
          {row.severe && row.verdict === 'fail' ? (
            <Tag kind="fail">{t('clouds.severe')}</Tag>
          ) : (
            <VerdictTag verdict={row.verdict} />
          )}
        </span>
      </Group>
      <div>
        {tx(row.fact)}
        {row.made_at !== newest && (
          <span className="soft"> {t('clouds.older', { day: day(row.made_at) })}</span>
        )}
      </div>
      <LeftOut people={row.people} />
      <div className="soft">
        {t('clouds.where')}: {tx(row.where)}{' '}
        <Anchor component={Link} href={`/clouds/guides/${guideOf(row)}#${row.id}`}>
          {t('clouds.guide')}
        </Anchor>
      </div>
      {row.requirements.length > 0 && <Measures ids={row.requirements} />}
    </div>
  );
}

/** What is urgent first, then what is to be fixed, then what is severe and isn't known. */
const order = (row: Row) => (row.verdict === 'fail' ? (row.severe ? 0 : 1) : 2);
const isOpen = (row: Row) => row.verdict === 'fail' || (row.verdict === 'unknown' && row.severe);

function Folded({ title, rows, newest }: { title: Word; rows: Row[]; newest: string }) {
  const { t } = useWords();
  if (rows.length === 0) return null;
  return (
    <details>
      <summary className="row">{t(title, { n: rows.length })}</summary>
      {rows.map((row) => (
        <Setting key={row.id} row={row} newest={newest} />
      ))}
    </details>
  );
}

function Service({ name, rows }: { name: string; rows: Row[] }) {
  const { t, day } = useWords();
  const of = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict);
  const newest = rows
    .map((row) => row.made_at)
    .sort()
    .at(-1)!;
  return (
    <Card
      title={`${name} · ${day(newest)}`}
      flush
      aside={
        <span className="soft">
          {t('clouds.counts', {
            fail: of('fail').length,
            unknown: of('unknown').length,
            pass: of('pass').length,
          })}
        </span>
      }
    >
      {rows
        .filter(isOpen)
        .sort((a, b) => order(a) - order(b))
        .map((row) => (
          <Setting key={row.id} row={row} newest={newest} />
        ))}
      <Folded newest={newest} title="clouds.unknown" rows={of('unknown').filter((row) => !isOpen(row))} />
      <Folded newest={newest} title="clouds.good" rows={of('pass')} />
      <Folded newest={newest} title="clouds.elsewhere" rows={of('not_applicable')} />
    </Card>
  );
}

function Summary({ given, reading }: { given: Clouds; reading: Reading }) {
  const { t, time, day } = useWords();
  const forget = useChange(() => call('DELETE', '/clouds', undefined, tagOf(given)));
  const open = reading.rows.filter((row) => row.severe && row.verdict === 'fail').length;
  const judged = reading.rows.some((row) => row.verdict === 'fail' || row.verdict === 'pass');
  const old = new Date(reading.holds_until) <= new Date();
  return (
    <Card title={open > 0 ? t('clouds.open', { n: open }) : t(judged ? 'clouds.closed' : 'clouds.nothing')}>
      <Stack gap="xs">
        <div>
          {t(reading.by ? 'clouds.taken' : 'clouds.taken.server', {
            by: reading.by,
            at: time(reading.taken_at),
            made: time(reading.made_at),
          })}{' '}
          {old ? (
            <strong style={{ color: 'var(--bad)' }}>{t('clouds.old')}</strong>
          ) : (
            t('clouds.until', { day: day(reading.holds_until) })
          )}
        </div>
        <div className="soft">{t('clouds.counted')}</div>
        {forget.error && <Failed error={forget.error} />}
        <Group>
          <Button
            size="xs"
            variant="default"
            loading={forget.isPending}
            onClick={() => forget.mutate(undefined)}
          >
            {t('clouds.forget')}
          </Button>
          <span className="soft">{t('clouds.forget.why')}</span>
        </Group>
      </Stack>
    </Card>
  );
}

/** What is another verdict than in the reading before, the worse first. */
function Changed({ rows, names }: { rows: Row[]; names: Map<string, Schemas['Text']> }) {
  const { t, tx } = useWords();
  const changed = rows
    .filter((row) => row.before !== null && row.before !== row.verdict)
    .sort((a, b) => Number(b.verdict === 'fail') - Number(a.verdict === 'fail'));
  if (changed.length === 0) return null;
  return (
    <Card title={t('clouds.changed')} flush>
      {changed.map((row) => (
        <div className="row" key={row.id}>
          <span className="soft">{tx(names.get(row.service))}</span> {tx(row.title)}:{' '}
          <VerdictTag verdict={row.before!} /> → <VerdictTag verdict={row.verdict} />
        </div>
      ))}
    </Card>
  );
}

function Read({ given }: { given: Clouds }) {
  const { t, tx } = useWords();
  const { reading } = given;
  if (reading === null)
    return (
      <>
        <Card>
          <Empty>{t('clouds.none')}</Empty>
        </Card>
        <CloudRegister read={new Set()} may />
        <HowToExport />
        <ReadForm given={given} />
        <CloudReaders />
      </>
    );
  const of = (id: string) => reading.rows.filter((row) => row.service === id);
  return (
    <>
      <Summary given={given} reading={reading} />
      <Changed rows={reading.rows} names={new Map(given.services.map((one) => [one.id, one.name]))} />
      {given.services
        .filter((one) => of(one.id).length > 0)
        .map((one) => (
          <Service key={one.id} name={tx(one.name)} rows={of(one.id)} />
        ))}
      <CloudRegister read={new Set(reading.rows.map((row) => row.service))} may />
      <ReadForm key={reading.taken_at} given={given} />
      <CloudReaders />
      <HowToExport />
    </>
  );
}

export default function CloudsPage() {
  const { t } = useWords();
  return (
    <Page
      title={t('nav.clouds')}
      text={t('clouds.text')}
      aside={
        <Button component={Link} href="/clouds/guides" variant="default">
          {t('clouds.guides')}
        </Button>
      }
    >
      <Ask path="/clouds">{(given) => <Read given={given} />}</Ask>
    </Page>
  );
}
