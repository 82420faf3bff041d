// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Code, Group, SegmentedControl, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { ApiError } from '../api';
import { Failed } from '../basics';
import { useWords, type Lang } from '../i18n';
import { Ask, Card, Page } from '../parts';
import { saveFile } from '../save';
import { words, type Word } from '../words';

const kinds = [
  { kind: 'executive', formats: ['html', 'pdf'] },
  { kind: 'administrator', formats: ['html', 'pdf', 'xlsx', 'csv'] },
  { kind: 'partner', formats: ['html', 'pdf'] },
  { kind: 'oscal', formats: ['catalog', 'profile', 'assessment-results', 'poam'] },
] as const;

function Take({ kind, format, lang }: { kind: string; format: string; lang: Lang }) {
  const { t } = useWords();
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const named = `reports.${kind}.${format}`;
  const name = named in words ? t(named as Word) : format.toUpperCase();
  const take = async () => {
    setBusy(true);
    setError(null);
    try {
      const reply = await fetch(`/api/v1/reports/${kind}?format=${format}&lang=${lang}`, {
        headers: { 'accept-language': lang },
      });
      if (!reply.ok) throw new ApiError(reply.status, (await reply.json()).title, []);
      const file =
        /filename="([^"]+)"/.exec(reply.headers.get('content-disposition') ?? '')?.[1] ?? 'sekisho';
      saveFile(file, await reply.blob());
    } catch (caught) {
      setError(caught as Error);
    }
    setBusy(false);
  };
  return (
    <>
      <Button
        variant="default"
        loading={busy}
        onClick={() => void take()}
        aria-label={`${t(`reports.${kind}` as 'reports.executive')} ${name}`}
      >
        {name}
      </Button>
      {error && <Failed error={error} />}
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
