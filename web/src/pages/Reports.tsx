// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Code, Group, SegmentedControl, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { Failed } from '../basics';
import { useWords, type Lang } from '../i18n';
import { make, useMaking } from '../making';
import { Ask, Card, Page } from '../parts';
import { words, type Word } from '../words';

const kinds = [
  { kind: 'executive', formats: ['html', 'pdf'] },
  { kind: 'administrator', formats: ['html', 'pdf', 'xlsx', 'csv'] },
  { kind: 'partner', formats: ['html', 'pdf'] },
  { kind: 'oscal', formats: ['catalog', 'profile', 'assessment-results', 'poam'] },
] as const;

function Take({ kind, format, lang }: { kind: string; format: string; lang: Lang }) {
  const { t } = useWords();
  const making = useMaking(kind, format, lang);
  const named = `reports.${kind}.${format}`;
  const name = named in words ? t(named as Word) : format.toUpperCase();
  const whole = `${t(`reports.${kind}` as 'reports.executive')} ${name}`;
  const busy = making !== undefined && !making.error;
  const progress = making?.progress;
  return (
    <>
      <Button
        variant="default"
        loading={busy}
        onClick={() => void make(kind, format, lang)}
        aria-label={whole}
      >
        {name}
      </Button>
      {busy && format === 'pdf' && (
        <div style={{ flexBasis: '100%' }}>
          <progress
            value={progress?.share ?? 0}
            aria-label={whole}
            style={{ width: '100%', accentColor: 'var(--mantine-primary-color-filled)' }}
            data-testid={`making-${kind}`}
          />
          <span className="soft">
            {t(`reports.step.${progress?.step ?? 0}` as Word, { n: progress?.pages ?? 0 })}
          </span>
          <div className="soft" role="status">
            {t('reports.making')}
          </div>
        </div>
      )}
      {making?.error && <Failed error={making.error} />}
    </>
  );
}

export default function Reports() {
  const { t, lang } = useWords();
  const [chosen, setChosen] = useState<Lang>(lang);
  return (
    <Page title={t('nav.reports')}>
      <Group>
        <span>{t('reports.language')}</span>
        <SegmentedControl
          value={chosen}
          onChange={(value) => setChosen(value as Lang)}
          data={[
            { value: 'ja', label: '日本語' },
            { value: 'en', label: 'English' },
          ]}
        />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {kinds.map(({ kind, formats }) => (
          <Card key={kind} title={t(`reports.${kind}`)}>
            <p style={{ marginTop: 0 }}>{t(`reports.${kind}.text`)}</p>
            <Group>
              {formats.map((format) => (
                <Take key={format} kind={kind} format={format} lang={chosen} />
              ))}
            </Group>
            {kind === 'partner' && (
              <Ask path="/report-key">
                {({ fingerprint }) => (
                  <p className="soft" style={{ marginBottom: 0 }}>
                    {t('reports.key')}: <Code>{fingerprint}</Code>
                    <br />
                    {t('reports.key.text')}{' '}
                    <Anchor href="/verify.html" download="sekisho-verify.html" underline="always">
                      {t('reports.verifier')}
                    </Anchor>
                  </p>
                )}
              </Ask>
            )}
          </Card>
        ))}
      </SimpleGrid>
    </Page>
  );
}
